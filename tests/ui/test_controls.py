"""Declarations as controls: the stops of a slider, the text of a number, what a link may say."""

import math
import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from core import OPTIMIZERS
from core.hypers import Hyper
from core.racers import RACERS
from core.scenarios import DESCENTS, RACES, Scenario
from ui import share
from ui.controls import hyper_key, linear_step, log_stops, scenario_state
from ui.limits import MAX_RACERS, MAX_START, MAX_STEPS
from ui.share import as_link, number_text

SCENARIOS: dict[str, Scenario] = {**RACES, **DESCENTS}
HYPERS = {f"{key}.{hyper.name}": hyper for key, declared in OPTIMIZERS.items() for hyper in declared.hypers}
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
    assert hyper.default in log_stops(low, high, [hyper.default])
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


@pytest.mark.parametrize("extra", [0.0, 1e-300, 0.0123, 0.5, 17.25, 1e6])
def test_a_number_from_a_link_takes_its_place_among_the_stops(extra: float) -> None:
    plain, stops = log_stops(1e-4, 1.0), log_stops(1e-4, 1.0, [extra])
    assert stops == sorted({*plain, extra})


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


@pytest.mark.parametrize("hyper", WHOLE.values(), ids=WHOLE)
def test_a_whole_slider_has_whole_ends_and_a_whole_default(hyper: Hyper) -> None:
    for number in (*hyper.slider, hyper.default, *hyper.bounds):
        assert number == int(number)


# --- What scenarios set ---


@pytest.mark.parametrize(("hyper", "value"), [entry[1:] for entry in PREPARED], ids=[entry[0] for entry in PREPARED])
def test_a_value_of_a_scenario_is_a_stop_of_its_slider(hyper: Hyper, value: float) -> None:
    low, high = hyper.slider
    if hyper.scale == "log":
        assert value in log_stops(low, high)
    else:
        assert low <= value <= high
        assert _reaches(low, linear_step(low, high, hyper.default), value)


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_a_scenario_fits_the_controls(scenario: Scenario) -> None:
    assert 1 <= scenario.steps <= MAX_STEPS
    assert len(scenario.rules) <= MAX_RACERS
    assert all(abs(number) <= MAX_START for number in scenario.start or scenario.declared.start)


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_a_scenario_sets_every_control_it_speaks_of_and_a_link_says_the_same(scenario: Scenario) -> None:
    state = scenario_state(scenario, "")
    start = scenario.start or scenario.declared.start
    expected: dict[str, float] = {"steps": scenario.steps, **dict(zip("xy", start, strict=False))}
    for key, hypers in scenario.rules.items():
        for hyper in RACERS[key].optimizer.hypers:
            expected[hyper_key(RACERS[key], hyper.name)] = hypers.get(hyper.name, hyper.default)
    assert state["f"] == scenario.declared.name
    assert {key: float(str(state[key])) for key in expected} == expected
    if scenario.declared.dimension == 2:
        assert state["rules"] == [RACERS[key].name for key in scenario.rules]
    link = as_link(state)
    assert link.keys() == state.keys()
    assert {key: float(str(link[key])) for key in expected} == expected
    assert all(isinstance(value, str) or all(isinstance(one, str) for one in value) for value in link.values())


@pytest.mark.parametrize("key", RACERS)
def test_links_call_every_hyperparameter_by_a_name_of_its_own(key: str) -> None:
    names = [hyper_key(RACERS[key], hyper.name) for hyper in RACERS[key].optimizer.hypers]
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names)
    others = {
        hyper_key(racer, hyper.name)
        for other, racer in RACERS.items()
        if other != key
        for hyper in racer.optimizer.hypers
    }
    assert others.isdisjoint(names)
    # The controls that are not hyperparameters.
    assert {"f", "formula", "rules", "x", "y", "steps", "t", "view", "curve", "of", "along"}.isdisjoint(names)


# --- Text ---


def test_a_number_reads_back_from_its_text() -> None:
    random = np.random.default_rng(8)
    bits = random.integers(0, 2**63, size=3000, dtype=np.uint64).view(np.float64)
    numbers = [
        *bits[np.isfinite(bits)],
        *random.normal(size=1000),
        *(10 ** random.uniform(-12, 12, size=1000)),
        *(float(f"{number:.3g}") for number in random.normal(size=1000)),
        0.0, 1.0, -1.0, 1 / 3, 0.1 + 0.2, 1e6, 1e-10, 123456.0, 1234567.0, 5e-324, 1.7976931348623157e308,
    ]  # fmt: skip
    for number in map(float, numbers):
        assert float(number_text(number)) == number
        assert float(number_text(-number)) == -number


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.001, "0.001"), (1e-8, "1e-08"), (3e-4, "0.0003"), (1.0, "1"), (500, "500"), (0.1 + 0.2, "0.30000000000000004")],
)
def test_a_number_is_written_as_briefly_as_it_can(number: float, text: str) -> None:
    assert number_text(number) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("", ""),
        ("`` `code` ``", "    code    "),
        ("two\nlines\r\n\tand a tab", "two lines   and a tab"),
        ("nul\x00 bell\x07 escape\x1b", "nul  bell  escape "),
        ("\u202eright to left\u200b\u2028line\ufeff", " right to left  line "),
        ("![image](https://x)", "![image](https://x)"),
        ("<script>", "<script>"),
        ("λ²", "λ²"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 60 + "…"),
        ("`" * 1000, " " * 60 + "…"),
    ],
)
def test_a_foreign_text_is_quoted_as_one_short_line_of_code(text: str, shown: str) -> None:
    assert share.quoted(text) == shown


def test_nothing_that_a_link_can_hold_ends_the_code_or_the_line() -> None:
    random = np.random.default_rng(9)
    for _ in range(500):
        codes = random.integers(0, 0x3000, size=int(random.integers(0, 200)))
        quoted = share.quoted("".join(map(chr, codes)))
        assert len(quoted) <= 61
        assert "`" not in quoted
        assert len(quoted.splitlines()) <= 1
        assert all(character.isprintable() for character in quoted)
