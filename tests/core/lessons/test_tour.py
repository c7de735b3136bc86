"""The tour: short enough, and every number said at a stop is one that its runs, or what it tells to set, give."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.catalogue.racers import RACERS
from core.engine.scenarios import DESCENTS, RACES
from core.engine.trace import Path
from core.formula.words import digits
from core.lessons.gallery import GALLERY
from core.lessons.history import known_by, years
from core.lessons.pitfalls import SECTIONS
from core.lessons.rate_check import QUADRATICS
from core.lessons.sections import Section
from core.lessons.techniques import TECHNIQUES
from core.lessons.tour import STOPS, Stop, minutes, numbers
from core.problems.batches.data import dataset
from core.problems.batches.race import BATCH, RATE, START, UPDATES, Settings, race
from tests.numerals import NUMBER, misprints

every = pytest.mark.parametrize("stop", STOPS, ids=[stop.title for stop in STOPS])


def _short(value: float, form: str = ".3g") -> str:
    return digits(value, form)


def _demo(sections: tuple[Section, ...], key: str, turned: Mapping[str, float] | None = None) -> list[Path]:
    """The paths of the first demonstration of a section."""
    (section,) = (one for one in sections if one.key == key)
    return [path for _, path in section.demos[0].race(turned=turned)]


def _lost(path: Path) -> str:
    assert path.status.outcome == "diverged"
    return str(len(path.x))


def _limit(key: str) -> str:
    """2/L at the minimum."""
    objective = OBJECTIVES[key]
    return _short(2 / np.linalg.eigvalsh(objective.parsed.hessian(np.array(objective.minima[0])))[-1])


def _ten_times() -> list[str]:
    (run,) = DESCENTS["tenfold"].runs()
    for rate, settles in ((1.99, True), (2.01, False)):
        jumps = np.abs(np.diff(trace(replace(run, hypers={"lr": rate})).x[:, 0]))
        assert (np.diff(jumps) < 0).all() == settles
    return [_limit("parabola")] * 2


def _stuck() -> list[str]:
    (run,) = DESCENTS["stall"].runs()
    path = trace(run)
    assert path.x[0, 0] < 0
    assert path.x.max() < 0
    for start in (0.1, 0.5, 2.0):
        assert trace(replace(run, start=(start,))).x[-1, 0] == pytest.approx(OBJECTIVES["quartic"].minima[0][0])
    return [*["0"] * 3, str(run.steps), "0", _short(OBJECTIVES["quartic"].minima[0][0])]


def _two() -> list[str]:
    run = Run("parabola", "sgd", OBJECTIVES["parabola"].start, 3)
    factors = [trace(replace(run, hypers={"lr": rate})).x[1, 0] / run.start[0] for rate in (1.9, 2.1)]
    assert max(factors) < 0
    assert QUADRATICS["parabola"].rules["sgd"]["lr"] == 1.9
    shares = [_short(-100 * factor) for factor in factors]
    return [*[_limit("parabola")] * 2, "1.9", "2.1", "1", "1.9", shares[0], "2.1", shares[1]]


def _ravine(rule: str) -> Path:
    return trace(Run("ravine", rule, OBJECTIVES["ravine"].start, 100, QUADRATICS["ravine"].rules[rule]))


def _price() -> list[str]:
    path = _ravine("sgd")
    curvatures = np.linalg.eigvalsh(OBJECTIVES["ravine"].parsed.hessian(path.x[0]))
    assert np.sign(path.x[:2, 1]).tolist() == [1, -1]
    assert abs(path.x[-1, 1] / path.x[0, 1]) < 1e-3
    return [*map(_short, curvatures), _short(100 * (1 - path.x[1, 0] / path.x[0, 0]))]


def _memory() -> list[str]:
    left = _ravine("sgd").x[-1, 0] / _ravine("sgd").x[0, 0]
    assert np.abs(_ravine("momentum").x[-1]).max() < 1e-6
    return [str(QUADRATICS["ravine"].steps), _short(100 * left, ".2g")]


def _samples() -> list[str]:
    pair = dataset("diabetes").load().standardised()
    ran = race(pair, Settings(BATCH, RATE.default, int(UPDATES.default), START, False, 0, "constant"))
    seen = [run.excess[pair.x.size // run.variant.batch] for run in ran]
    assert seen[0] > 5 * max(seen[1:])
    assert ran[0].excess[-1] < min(run.excess[-1] for run in ran[1:])
    return [str(pair.x.size)]


def _race() -> list[str]:
    rates = []
    for key, place in (("valley", 0), ("one_rate", -1)):
        ends = {run.optimizer: trace(run).loss[-1] for run in RACES[key].runs()}
        assert sorted(ends, key=lambda rule: ends[rule])[place] == "adam"
        rates.append(_short(RACES[key].rules["adam"]["lr"]))
    return rates


def _saddle() -> list[str]:
    left = {run.optimizer: int(np.argmax(np.abs(trace(run).x[:, 1]) > 0.5)) for run in RACES["saddle"].runs()}
    assert sorted(left, key=lambda rule: left[rule]) == ["adam", "momentum", "sgd"]
    return ["0"]


def _clipped() -> list[str]:
    plain, clipped = _demo(TECHNIQUES, "clipping")
    assert not clipped.status.failed
    calm = _demo(TECHNIQUES, "clipping", {"sgd_clipped_lr": 0.0008})
    assert not any(path.status.failed for path in calm)
    rate = _short(plain.run.settings["lr"])
    return ["0.0008", rate, _lost(plain), _short(calm[0].run.settings["lr"])]


def _slow_start() -> list[str]:
    plain, warmed = _demo(TECHNIQUES, "warmup")
    assert warmed.loss[-1] < 1e-3
    return [_short(warmed.run.schedule_settings["warmup"]), _lost(plain)]


def _nan() -> list[str]:
    (section,) = (one for one in SECTIONS if one.key == "divergence")
    assert [demo.title for demo in section.demos[:2]] == ["Slow divergence", "Sudden divergence"]
    return [_lost(demo.race()[0][1]) for demo in section.demos[:2]]


def _axes() -> list[str]:
    plain, adam = _demo(SECTIONS, "ravines")
    assert plain.loss[-1] < 1e-6
    return [_short(adam.loss[-1])]


def _wrong_end() -> list[str]:
    ends = [_short(trace(run).x[-1, 0]) for run in GALLERY["breaking-adam"].runs()]
    return ["3", "−1", "−1", *ends]


def _story() -> list[str]:
    first, second = (year for year in years()[:2])
    assert second - first > 100
    assert len(known_by(first)) == 1
    late = [key for key in known_by(years()[-1]) if OPTIMIZERS[key].year > 2010]
    assert len(late) > len(known_by(years()[-1])) / 2
    return ["2010"]


def _kept() -> list[str]:
    assert OPTIMIZERS["sgd"].parsed.numbers_per_weight == 0
    return [str(OPTIMIZERS["adam"].parsed.numbers_per_weight)]


# What each stop says in figures, in the order of its texts; those that are left out say nothing of the kind.
FIGURES: Mapping[str, Callable[[], list[str]]] = {
    "Ten times the rate": _ten_times,
    "Stuck where it is flat": _stuck,
    "The limit": _two,
    "The price of a ravine": _price,
    "A memory for slopes": _memory,
    "A few samples at a time": _samples,
    "A race, and who decides it": _race,
    "Leaving a saddle": _saddle,
    "One enormous step": _clipped,
    "A slow start": _slow_start,
    "What NaN looks like": _nan,
    "Adam knows the axes": _axes,
    "Adam at the wrong end": _wrong_end,
    "How it came to this": _story,
    "Take it home": _kept,
}


@every
def test_every_figure_of_a_stop_is_one_that_its_runs_give(stop: Stop) -> None:
    said = NUMBER.findall(" ".join(stop.texts))
    assert said == (FIGURES[stop.title]() if stop.title in FIGURES else [])


def test_the_figures_are_of_stops_that_there_are() -> None:
    assert FIGURES.keys() <= {stop.title for stop in STOPS}


@every
def test_a_stop_says_one_thing_of_each_kind_in_few_words(stop: Stop) -> None:
    assert len(stop.title.split()) <= 6
    for text in stop.texts[1:]:
        assert text.endswith(".")
        assert 3 <= len(text.split()) <= 25
        assert misprints(text) == []
    assert 15 <= stop.seconds <= 90


def test_the_tour_has_eighteen_to_twenty_stops_and_takes_less_than_twenty_minutes() -> None:
    assert 18 <= len(STOPS) <= 20
    assert minutes() < 20
    # Two hundred words are read in a minute, half of one is tried in, and a page takes three seconds to come.
    word = Stop("", "one", "", "", "", seconds=27)
    assert minutes((replace(word, idea="word " * 199),)) == 2
    assert minutes((replace(word, idea="word " * 99),)) == 1
    assert minutes((word, word, word)) == 2


def test_stops_are_told_apart_by_their_titles_and_numbered_by_page() -> None:
    assert len({stop.title for stop in STOPS}) == len(STOPS)
    there = [number for path in {stop.path for stop in STOPS} for number in numbers(path)]
    assert sorted(map(int, there)) == list(range(1, len(STOPS) + 1))
    assert numbers("") == {}
    # A page is not come back to, so that the way leads forward through the menu.
    assert [stop.path for stop in STOPS] == sorted(
        (stop.path for stop in STOPS), key=list(dict.fromkeys(stop.path for stop in STOPS)).index
    )


def test_racers_that_a_stop_names_are_racers() -> None:
    names = {racer.name for racer in RACERS.values()}
    for stop in STOPS:
        for key, value in stop.settings.items():
            if key.endswith("rules"):
                assert isinstance(value, list)
                assert set(value) <= names
