"""Declarations as controls: the stops of a slider, the text of a number, what a link may say."""

import math
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest

from core import OPTIMIZERS
from core.catalogue.hypers import Hyper
from core.catalogue.racers import RACERS, own_racer
from core.catalogue.schedules import SCHEDULES, Schedule
from core.engine.scenarios import DESCENTS, RACES, Scenario
from core.evidence.experiments import EXPERIMENTS
from core.formula import FormulaError
from ui.controls import hyper_key, linear_step, log_stops, rate_dials, schedule_hyper_key, schedule_key, slider_dial
from ui.kit.share import number_text

SCENARIOS: dict[str, Scenario] = {**RACES, **DESCENTS}
HYPERS = {f"{key}.{hyper.name}": hyper for key, optimizer in OPTIMIZERS.items() for hyper in optimizer.hypers}
LOG = {name: hyper for name, hyper in HYPERS.items() if hyper.scale == "log"}
LINEAR = {name: hyper for name, hyper in HYPERS.items() if hyper.scale == "linear" and not hyper.whole}
WHOLE = {name: hyper for name, hyper in HYPERS.items() if hyper.whole}

logarithmic = pytest.mark.parametrize("hyper", LOG.values(), ids=LOG)
linear = pytest.mark.parametrize("hyper", LINEAR.values(), ids=LINEAR)


def _prepared() -> Iterator[tuple[str, Hyper, float]]:
    """Every hyperparameter that a scenario sets, and its value there."""
    for scenario in SCENARIOS.values():
        for key, hypers in scenario.rules.items():
            for name, value in hypers.items():
                yield f"{scenario.key}.{key}.{name}", HYPERS[f"{RACERS[key].optimizer.key}.{name}"], value


PREPARED = list(_prepared())


def test_every_hyperparameter_has_a_slider_of_one_of_three_kinds() -> None:
    assert len(LOG) + len(LINEAR) + len(WHOLE) == len(HYPERS)
    assert LOG
    assert LINEAR
    assert WHOLE


# --- Logarithmic sliders ---


@logarithmic
def test_the_stops_reach_from_end_to_end_in_order(hyper: Hyper) -> None:
    stops = log_stops(*hyper.slider)
    assert (stops[0], stops[-1]) == hyper.slider
    assert all(first < second for first, second in pairwise(stops))


@logarithmic
def test_the_declared_default_is_a_stop(hyper: Hyper) -> None:
    low, high = hyper.slider
    # Only what lies beyond the slider (Sophia's eps) has to be added.
    assert hyper.default in log_stops(low, high) or not low <= hyper.default <= high


@logarithmic
def test_a_stop_is_a_number_of_two_digits_or_one_two_five(hyper: Hyper) -> None:
    decades = math.log10(hyper.slider[1] / hyper.slider[0])
    for stop in log_stops(*hyper.slider):
        # Fifteen digits of a float are those it was written with.
        digits = f"{stop:.14e}".partition("e")[0].replace(".", "").rstrip("0")
        assert len(digits) <= 2 if decades < 6 else digits in ("1", "2", "5"), stop


@logarithmic
def test_neighbouring_stops_are_close_enough_to_search_with(hyper: Hyper) -> None:
    stops = log_stops(*hyper.slider)
    assert max(second / first for first, second in pairwise(stops)) < 2.5 + 1e-9


@logarithmic
def test_every_stop_reads_back_to_the_very_same_number(hyper: Hyper) -> None:
    stops = log_stops(*hyper.slider)
    texts = [number_text(stop) for stop in stops]
    assert [float(text) for text in texts] == stops
    assert len(set(texts)) == len(texts)
    assert max(map(len, texts)) <= 8


def test_a_stop_is_the_float_that_is_written() -> None:
    stops = log_stops(1e-4, 1.0)
    for number in (3e-4, 0.003, 0.07, 0.0008, 0.1, 0.3):
        assert number in stops


@pytest.mark.parametrize("ends", [(1e-4, 1.0), (1e-10, 0.1), (1.0, 50.0), (3e-3, 0.7), (0.5, 2.0), (10.0, 1000.0)])
def test_stops_lie_within_the_ends(ends: tuple[float, float]) -> None:
    low, high = ends
    stops = log_stops(low, high)
    assert low <= stops[0] <= stops[-1] <= high


# --- Linear sliders ---


def _reaches(low: float, step: float, number: float) -> bool:
    """Whether a slider from ``low`` by ``step`` stops at ``number``, but for the rounding of the sum."""
    count = round((number - low) / step)
    return math.isclose(low + count * step, number, rel_tol=1e-12, abs_tol=1e-15)


@linear
def test_a_linear_slider_stops_at_its_ends_and_its_default_in_a_hundred_parts(hyper: Hyper) -> None:
    low, high = hyper.slider
    step = linear_step(low, high, hyper.default)
    assert _reaches(low, step, hyper.default)
    assert _reaches(low, step, high)
    assert (high - low) / step >= 100 - 1e-9
    # A power of ten, so that stops are short numbers.
    assert re.fullmatch(r"1e[+-]\d+", f"{step:e}".replace("1.000000", "1"))


@pytest.mark.parametrize(
    ("low", "high", "default"),
    [(0.0, 1.0, 0.5), (0.0, 0.999, 0.9), (0.5, 0.9999, 0.999), (0.0, 0.1, 0.004), (0.0, 1000.0, 3.0), (-2.0, 2.0, 0.25),
     (0.0, 0.999, 0.912345), (0.0, 1e-6, 5e-7)],
)  # fmt: skip
def test_a_step_reaches_what_it_must(low: float, high: float, default: float) -> None:
    step = linear_step(low, high, default)
    assert _reaches(low, step, high)
    assert _reaches(low, step, default)
    assert (high - low) / step >= 100 - 1e-9


def test_a_step_is_more_than_nothing_whatever_number_a_link_gives() -> None:
    declarations = [*OPTIMIZERS.values(), *SCHEDULES.values()]
    hypers = [hyper for entry in declarations for hyper in entry.hypers]
    hypers += [hyper for experiment in EXPERIMENTS.values() for hyper in experiment.settings]
    for hyper in hypers:
        for asked in (5e-324, 1e-310, 2.2e-308, 1e-300, 0.1 + 1e-17, 0.12345678901234567):
            low, high = min(hyper.slider[0], asked), max(hyper.slider[1], asked)
            step = linear_step(low, high, hyper.default)
            assert low + step > low, (hyper, asked)
            assert high - step < high, (hyper, asked)


# --- Dials ---


def test_a_dial_keeps_a_number_as_the_slider_of_its_hyperparameter_does() -> None:
    for hyper in HYPERS.values():
        dial = slider_dial(hyper, "key")
        assert (dial.key, dial.hyper, dial.name) == ("key", hyper, hyper.name)
        kept = dial.kept(hyper.default)
        assert type(kept) is (str if hyper.scale == "log" else int if hyper.whole else float)
        assert float(kept) == hyper.default


def test_every_racer_has_a_dial_for_the_rate_that_its_slider_keeps() -> None:
    dials = rate_dials(RACERS.values(), "z")
    assert {key: [dial.key for dial in own] for key, own in dials.items()} == {
        key: [f"z{hyper_key(racer, 'lr')}"] for key, racer in RACERS.items()
    }


# --- Own rules ---


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_no_own_rule_declares_what_a_link_calls_its_schedule(schedule: Schedule) -> None:
    own = own_racer("x = x - lr*g")
    taken = [schedule_key(own), *(schedule_hyper_key(own, schedule, hyper.name) for hyper in schedule.hypers)]
    for name in (key.removeprefix(hyper_key(own, "")) for key in taken):
        with pytest.raises(FormulaError, match=f"{name} is what a link calls the schedule|A name has at most"):
            own_racer(f"{name}: (0, 1) = 0.5\nx = x - lr*g*{name}")
