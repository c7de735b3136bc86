"""The gallery: every scenario runs, looks as it should, and every number said of it is one that it gives."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pytest

from core import OPTIMIZERS, Run, trace
from core.catalogue.racers import RACERS
from core.engine.scenarios import Scenario
from core.engine.trace import Path
from core.formula.words import digits
from core.lessons import gallery
from core.lessons.asked import Race
from core.lessons.gallery import GALLERY, GROUPS, Group
from tests.numerals import NUMBER, misprints, value_of

Paths = Mapping[str, Path]
Array = npt.NDArray[np.float64]

every = pytest.mark.parametrize("scenario", GALLERY.values(), ids=GALLERY)


@cache
def _paths(key: str) -> Paths:
    """The runs of a scenario by their racers: a key of the catalogue, or the first line of a rule without its sign."""
    scenario = GALLERY[key]
    names = (rule.split("\n")[0].removeprefix("# ") for rule in scenario.rules)
    return MappingProxyType(dict(zip(names, map(trace, scenario.runs()), strict=True)))


def _at(value: float | np.floating, form: str = ".3g") -> str:
    return digits(float(value), form)


def _point(x: Array) -> str:
    return f"({', '.join(map(_at, x))})"


def _below(path: Path, loss: float = 1e-3) -> str:
    """The first step at which the loss is at most ``loss``."""
    return str(np.flatnonzero(path.loss <= loss)[0])


def _parting(path: Path) -> str:
    """The step at which a run diverged."""
    assert path.status.outcome == "diverged"
    return re.findall(r"at step (\d+)", str(path.status))[0]


def _away(path: Path, half: float = 0.5) -> str:
    """The first step at which y is further than ``half`` from 0."""
    return str(np.flatnonzero(np.abs(path.x[:, 1]) > half)[0])


def _first_step(path: Path) -> Array:
    return np.abs(path.x[1] - path.x[0])


def _sharpness(path: Path) -> float:
    """The largest curvature where a run ended."""
    return float(np.linalg.eigvalsh(path.run.resolved_objective.parsed.hessian(path.x[-1]))[-1])


# --- What the ideas quote, computed from the runs, and what else they say ---


def _four_rules(paths: Paths) -> Iterable[str]:
    ends = {key: float(path.loss[-1]) for key, path in paths.items()}
    assert sorted(ends, key=lambda key: ends[key])[:2] == ["adam", "momentum"]
    yield from (_at(ends[key]) for key in ("adam", "momentum"))
    assert trace(replace(paths["adam"].run, hypers={"lr": 0.0008})).loss[-1] > max(ends.values())


def _one_rate(paths: Paths) -> Iterable[str]:
    yield from (_at(paths[key].loss[-1], ".2g") for key in ("nesterov", "momentum"))
    yield from (_at(paths[key].loss[-1]) for key in ("sgd", "rmsprop", "adam"))
    # Rounding aside.
    assert np.abs(np.diff(paths["adam"].x, axis=0)).max() < 0.0008 * (1 + 1e-9)


def _basins(paths: Paths) -> Iterable[str]:
    yield from {_point(path.x[-1]) for path in paths.values()}
    assert _point(paths["rmsprop"].x[-1]) == _point(paths["adam"].x[-1])
    yield f"from {_point(paths['sgd'].x[0])}".capitalize()
    assert max(path.loss[-1] for path in paths.values()) < 1e-9


def _wrong_well(paths: Paths) -> Iterable[str]:
    yield from (_at(paths[key].x[-1, 0]) for key in ("sgd", "adam", "momentum"))
    assert paths["momentum"].loss[-1] < paths["sgd"].loss[-1] - 0.1
    back = {key: trace(replace(path.run, start=(-1.7,))) for key, path in paths.items()}
    assert {key for key, path in back.items() if path.loss[-1] > -0.2} == {"momentum"}
    yield "−1.7"


def _ladder(paths: Paths) -> Iterable[str]:
    ((x, _),) = paths["sgd"].run.resolved_objective.minima
    yield f"short of {_at(x)}"
    yield _at(paths["Second moment"].x[:, 0].max())
    yield _at(paths["Bias correction (Adam)"].x[:, 0].max())
    yield _at(paths["Decoupled decay (AdamW)"].x[-1, 0])
    # But for epsilon.
    for name, even in (("Averaged gradient", False), ("Second moment", True)):
        x, y = _first_step(paths[name])
        assert bool(x == pytest.approx(y, rel=1e-5)) == even


def _too_fast(paths: Paths) -> Iterable[str]:
    yield from (f"step {_parting(paths[key])}" for key in ("nesterov", "sgd", "momentum"))
    yield from (_at(paths[key].loss[-1]) for key in ("rmsprop", "adam"))


def _curvature_across(path: Path) -> float:
    return float(path.run.resolved_objective.parsed.hessian(path.x[0])[1, 1])


def _above_limit(paths: Paths) -> Iterable[str]:
    path = paths["sgd"]
    yield f"L is {_at(_curvature_across(path))} and 2/L is {_at(2 / _curvature_across(path))}"
    assert path.run.settings["lr"] == pytest.approx(1.01 * 2 / _curvature_across(path))
    yield from {_at(factor) for factor in path.x[1:, 1] / path.x[:-1, 1]}
    yield f"to {_at(path.x[-1, 1])}"
    yield f"to {_at(path.x[-1, 0])}"


def _below_limit(paths: Paths) -> Iterable[str]:
    path = paths["sgd"]
    limit = 2 / _curvature_across(path)
    assert path.run.settings["lr"] == pytest.approx(0.99 * limit)
    yield f"2/L = {_at(limit)}"
    yield from {_at(factor) for factor in path.x[1:, 1] / path.x[:-1, 1]}
    yield f"to {_at(path.x[-1, 1])}"
    on_the_limit = trace(replace(path.run, hypers={"lr": limit}))
    np.testing.assert_allclose(np.abs(on_the_limit.x[:, 1]), 0.83, rtol=1e-12)


def _uphill(paths: Paths) -> Iterable[str]:
    path = paths["sgd"]
    yield from {_at(factor) for factor in path.x[1:, 0] / path.x[:-1, 0]}
    yield f"from {' to '.join(map(_at, path.x[:2, 0]))}, to {_at(path.x[2, 0])}"
    yield f"step {_parting(path)}"
    for rate, shrinks in ((1.99, True), (2.01, False)):
        near = trace(replace(path.run, hypers={"lr": rate}))
        assert (abs(near.x[-1, 0]) < abs(near.x[0, 0])) == shrinks
    yield "below 2"


def _two_places(paths: Paths) -> Iterable[str]:
    path = paths["sgd"]
    ((minimum,),) = path.run.resolved_objective.minima
    assert 2 / path.run.resolved_objective.parsed.hessian([minimum])[0, 0] == pytest.approx(8 / 81)
    yield from (f"limit of 8/81 for the minimum at {_at(minimum)}", "8/81")
    low, high = sorted(path.x[-2:, 0])
    np.testing.assert_allclose(path.x[-10:-2, 0], path.x[-8:, 0], atol=1e-4)
    yield f"between {_at(low)} and {_at(high)}"


def _chaos(paths: Paths) -> Iterable[str]:
    path = paths["sgd"]
    late = path.x[20:, 0]
    yield f"between {_at(late.min())} and {_at(late.max())}"
    # No two of them are alike.
    assert np.diff(np.sort(late)).min() > 1e-6
    beside = trace(replace(path.run, start=(path.run.start[0] + 1e-6,)))
    yield f"more than 0.1 away from this path after {np.flatnonzero(np.abs(beside.x - path.x) > 0.1)[0]} steps"


def _clipping(paths: Paths) -> Iterable[str]:
    yield f"at steps {_parting(paths['sgd'])} and {_parting(paths['momentum'])}"
    assert np.linalg.norm(np.diff(paths["Clipped"].x, axis=0), axis=1).max() == pytest.approx(0.003)
    yield _at(paths["Clipped"].loss[-1])
    yield f"below 0.001 after {_below(paths['Clipped momentum'])}"
    for name, rule in (("Clipped", "sgd"), ("Clipped momentum", "momentum")):
        clipped = trace(replace(paths[rule].run, clip_norm=1.0))
        # As torch does, that limit adds a millionth to the norm.
        np.testing.assert_allclose(clipped.x[:200], paths[name].x[:200], atol=1e-5)


def _two_momentums(paths: Paths) -> Iterable[str]:
    yield f"0.001 after {_below(paths['momentum'])} steps"
    yield f"needs {_below(paths['Averaged momentum'])}"
    yield f"the {_below(paths['sgd'])} of gradient descent"
    yield "0.9v + 0.1g"
    lengths = _first_step(paths["momentum"]) / _first_step(paths["Averaged momentum"])
    np.testing.assert_allclose(lengths, 10)


def _never_arrives(paths: Paths) -> Iterable[str]:
    path = paths["sgd"]
    ((minimum,),) = path.run.resolved_objective.minima
    yield f"at {_at(minimum)}"
    yield f"x is {_at(path.x[-1, 0])}"
    yield f"be {_at(trace(replace(path.run, steps=10 * path.run.steps)).x[-1, 0])}"


def _rolls_through(paths: Paths) -> Iterable[str]:
    assert {_at(paths[key].x[-1, 0]) for key in ("momentum", "nesterov")} == {"2.25"}
    yield "2.25"
    yield from (_at(paths[key].x[-1, 0]) for key in ("sgd", "rmsprop"))


def _plateau(paths: Paths) -> Iterable[str]:
    yield _at(paths["sgd"].grad_norm[0])
    yield from (str(np.flatnonzero(np.abs(path.x[:, 0]) < 1)[0]) for path in paths.values())


def _late_saddle(paths: Paths) -> Iterable[str]:
    assert paths["sgd"].x[0, 1] == 1e-6
    yield _at(paths["sgd"].x[1, 1] / paths["sgd"].x[0, 1])
    yield from (f"after {_away(path)}" for path in paths.values())
    for path in paths.values():
        assert abs(path.x[-1, 1] - 1) < 1e-3
        assert np.abs(trace(replace(path.run, start=(1.0, 0.0), steps=2000)).x[-1]).max() < 1e-3


def _newton_saddle(paths: Paths) -> Iterable[str]:
    newton = paths["newton"]
    assert newton.status.outcome == "saddle"
    yield f"from {_at(newton.loss[0])} to {_at(newton.loss[-1])}"
    yield _point(newton.x[-1])
    assert _point(paths["newton2"].x[-1]) == _point(paths["sgd"].x[-1])
    yield _point(paths["sgd"].x[-1])


def _bottomless(paths: Paths) -> Iterable[str]:
    yield from (_at(paths[key].x[-1, 0]) for key in ("sgd", "adam"))
    yield f"steps {_parting(paths['momentum'])} and {_parting(paths['nesterov'])}"


def _adam_rises(paths: Paths) -> Iterable[str]:
    loss = paths["adam"].loss
    low = int(loss.argmin())
    high = low + int(loss[low:].argmax())
    yield f"{_at(loss[low], '.1g')} at step {low} and back at {_at(loss[high], '.2g')} at step {high}"
    for key in ("amsgrad", "adam2"):
        assert paths[key].loss[500:].max() < 1e-12
    assert paths["adam2"].run.schedule == "cosine"


def _straight(paths: Paths) -> Iterable[str]:
    yield f"below 0.001 after {_below(paths['adam'])}"
    yield f"needs {_below(paths['sgd'])}"
    # From wall to wall.
    assert (np.diff(np.sign(paths["sgd"].x[:15, 1])) != 0).all()


def _turned(paths: Paths) -> Iterable[str]:
    yield f"needs {_below(paths['sgd'])} steps again"
    yield _at(paths["adam"].loss[-1])
    straight = _paths("straight")
    assert [path.run.hypers for path in paths.values()] == [path.run.hypers for path in straight.values()]
    along, across = np.array([1, 1]) / np.sqrt(2), np.array([-1, 1]) / np.sqrt(2)
    # The start is written with six decimals.
    np.testing.assert_allclose(np.stack([along, across]) @ paths["sgd"].x.T, straight["sgd"].x.T, atol=1e-6)
    yield "45°"


def _rmsprop_first(paths: Paths) -> Iterable[str]:
    for key, written in (("rmsprop", "{} rates long, {} in x and in y"), ("rmsprop2", "{} rates, {}")):
        (step,) = {_at(size) for size in _first_step(paths[key])}
        yield written.format(_at(_first_step(paths[key])[0] / 0.15), step)
    (step,) = {_at(size) for size in _first_step(paths["adam"])}
    yield f"begins with {step}"


def _nadam_first(paths: Paths) -> Iterable[str]:
    (step,) = {_at(size) for size in _first_step(paths["nadam"])}
    yield f"{_at(_first_step(paths['nadam'])[0] / 0.5, '.4g')} rates long, {step} in x and in y"
    (step,) = {_at(size) for size in _first_step(paths["adam"])}
    yield f"Adam's is {step}"
    yield f"after {_below(paths['nadam'])} steps"
    yield f"x = {_at(paths['adam'].x[:, 0].max())} and is still at {_at(paths['adam'].loss[-1])}"
    assert paths["nadam"].x[:, 0].max() < paths["adam"].x[:, 0].max()
    yield "0.001"


def _radam(paths: Paths) -> Iterable[str]:
    yield f"{_at(np.linalg.norm(_first_step(paths['radam'])))} long"
    yield f"step {_parting(paths['radam'])}"
    np.testing.assert_allclose(paths["radam"].x[1] - paths["radam"].x[0], -0.02 * paths["radam"].grad[0])
    # At a rate at which it survives: from the sixth step on it divides.
    calm = trace(replace(paths["radam"].run, hypers={"lr": 0.001}))
    lengths = np.linalg.norm(np.diff(calm.x[:7], axis=0), axis=1)
    assert lengths[4] > 100 * lengths[5]
    yield "first 5 steps"
    yield from {f"{_at(size)} in each coordinate" for size in _first_step(paths["adam"])}
    assert len(paths["adam"].x) == 501


def _two_decays(paths: Paths) -> Iterable[str]:
    coupled, decoupled = paths["Adam with L2"].x[-1], paths["adamw"].x[-1]
    yield from (_point(coupled), _point(decoupled))
    # ½(x − 3)² + 5(y − 1.5)² with ½x² + ½y² added to it is lowest there.
    np.testing.assert_allclose(coupled, [3 / 2, 15 / 11], atol=1e-6)
    assert (np.abs(decoupled) < 1).all()
    longer = trace(replace(paths["adamw"].run, steps=20_000)).x
    assert (np.abs(longer[500:]) <= 1).all()


def _lion(paths: Paths) -> Iterable[str]:
    path = paths["lion"]
    assert {_at(size) for size in np.abs(np.diff(path.x, axis=0)).ravel()} == {"0.5"}
    late = path.x[-40:]
    assert len({tuple(point) for point in late}) == 4
    np.testing.assert_array_equal(late[4:], late[:-4])
    yield "rounds of 4 steps"
    yield f"between {' and '.join(_at(loss) for loss in sorted({*path.loss[-40:].tolist()}))}"
    yield _at(paths["lion2"].loss[-1], ".1g")


def _breaking_adam(paths: Paths) -> Iterable[str]:
    (minimum,) = paths["adam"].run.resolved_objective.minima
    yield f"to {_at(minimum[0])}"
    yield from (f"at {_at(paths[key].x[-1, 0])}" for key in ("adam", "amsgrad"))
    assert set(paths["adam"].terms["g"][:6, 0]) == {3.0, -1.0}
    assert (paths["adam"].terms["g"][::3, 0] == 3).all()
    yield from ("3 at every third step", "−1")


def _noise_floor(paths: Paths) -> Iterable[str]:
    for key, rate in (("sgd", "at a rate of 0.2"), ("sgd2", "at 0.02")):
        yield f"{_at(paths[key].loss[-500:].mean())} {rate}"
    yield "last 500"
    yield f"{_below(paths['sgd2'], 1.0)} steps instead of {_below(paths['sgd'], 1.0)}"
    floors = [_mean_loss(paths[key], 500) for key in ("sgd", "sgd2")]
    assert floors[0] > 10 * floors[1]
    assert paths["sgd"].loss[-500:].mean() > 10 * paths["sgd2"].loss[-500:].mean()


def _mean_loss(path: Path, last: int, seeds: int = 10) -> float:
    """The mean loss over the ``last`` steps of runs with several seeds."""
    return float(np.mean([trace(replace(path.run, seed=seed)).loss[-last:].mean() for seed in range(seeds)]))


def _schedules(paths: Paths) -> Iterable[str]:
    yield from (_at(path.loss[-30:].mean()) for path in paths.values())
    yield "last 30"
    constant, *falling = (_mean_loss(path, 30) for path in paths.values())
    assert max(falling) < constant / 5
    assert max(paths[key].rate_share[-1] for key in ("sgd2", "sgd3")) < 1e-3


def _adam_noise(paths: Paths) -> Iterable[str]:
    yield from (_at(path.loss[-100:].mean()) for path in paths.values())
    yield "last 100"
    assert paths["adam2"].run.schedule == "cosine"


def _starved(paths: Paths) -> Iterable[str]:
    path = paths["adagrad"]
    rates = 0.02 / np.sqrt(path.terms["G"][:, 0])
    yield f"{_at(rates[999], '.2g')} after 1000 steps and {_at(rates[-1], '.2g')} after 3000"
    yield _point(path.x[-1])
    kept = 0.02 / np.sqrt(paths["rmsprop"].terms["v"][500:, 0])
    assert kept.mean() == pytest.approx(0.004, rel=0.05)
    yield "about 0.004"
    yield f"{_at(paths['rmsprop'].loss[-600:].mean())} over the last 600 steps"
    assert _mean_loss(path, 600) > 10 * _mean_loss(paths["rmsprop"], 600)


def _noisy_saddle(paths: Paths) -> Iterable[str]:
    yield from (f"after {_away(paths[key])}" for key in ("sgd", "momentum"))
    assert [round(float(paths[key].x[-1, 1]), 1) for key in ("sgd", "momentum")] == [-1, 1]
    for path in paths.values():
        assert (trace(replace(path.run, noise=0.0, steps=2000)).x[:, 1] == 0).all()
        ends = {round(float(trace(replace(path.run, seed=seed, steps=400)).x[-1, 1]), 1) for seed in range(8)}
        assert ends == {-1, 1}
    yield "y = −1"


def _polyak(paths: Paths) -> Iterable[str]:
    path = paths["polyak"]
    np.testing.assert_allclose(path.x[1:], path.x[:-1] / 2, rtol=1e-12)
    yield ", ".join(map(_at, path.x[:3, 0]))
    yield from (_at(path.loss[-1], ".1g"), _at(paths["sgd"].loss[-1]))
    steep = trace(replace(path.run, objective="7*x**2"))
    np.testing.assert_allclose(steep.x[1:], steep.x[:-1] / 2, rtol=1e-12)


def _box(paths: Paths) -> Iterable[str]:
    objective = paths["adam"].run.resolved_objective
    (best,) = objective.minima
    for key in ("momentum", "adam"):
        assert paths[key].status.outcome == "held"
        np.testing.assert_allclose(paths[key].x[-1], best, atol=1e-6)
    yield from (_point(np.array(best)), _point(paths["sgd"].x[-1]))
    assert objective.parsed.value([1.0, 1.0]) == 0
    yield "(1, 1)"


def _undefined(paths: Paths) -> Iterable[str]:
    failed = paths["sgd2"].status
    assert failed.outcome == "undefined"
    yield f"step {failed.step}"
    yield re.findall(r"log\(−[\d.]+\)", str(failed))[0]
    ends = [paths[key].x[-1] for key in ("sgd", "armijo")]
    yield _point(ends[0])
    np.testing.assert_allclose(ends[0], ends[1], atol=0.01)
    objective = paths["sgd"].run.resolved_objective.parsed
    slopes = [np.linalg.norm(objective.grad([-share * 3 / np.sqrt(2)] * 2)) for share in (0.9, 0.99, 0.999, 0.9999)]
    assert (np.diff(np.log10(slopes)) > 0.9).all()
    assert paths["armijo"].terms["rate"].max() == 1.5
    assert paths["armijo"].terms["rate"].min() < 1.5


def _three_places(paths: Paths) -> Iterable[str]:
    path = paths["momentum"]
    np.testing.assert_allclose(path.x[-9:-3], path.x[-6:], atol=1e-6)
    low, middle, high = sorted(path.x[-3:, 0])
    yield f"{_at(high)}, {_at(middle)} and {_at(low)}"
    objective = path.run.resolved_objective.parsed
    slopes = np.concatenate([objective.hessian([x]).ravel() for x in np.linspace(-3, 3, 400)])
    yield f"between {_at(slopes.min())} and {_at(slopes.max())}"
    assert path.run.settings == {"lr": 1 / 9, "beta": 4 / 9}
    yield from ("1/9", "4/9")
    for key in ("sgd", "nesterov"):
        assert abs(paths[key].x[-1, 0]) < 1e-9


def _sam(paths: Paths) -> Iterable[str]:
    for path in paths.values():
        assert path.x[-1].prod() == pytest.approx(1, abs=0.01)
        yield _point(path.x[-1])
    yield from (f"curvature is {_at(_sharpness(paths[key]))}" for key in ("sgd", "sam2"))
    assert _sharpness(paths["sgd"]) > _sharpness(paths["sam"]) > _sharpness(paths["sam2"])


def _curvature(paths: Paths) -> Iterable[str]:
    yield f"{_below(paths['newton'])} steps to a loss of 0.001"
    yield f"{_below(paths['barzilai_borwein'])} and {_below(paths['L-BFGS of one step'])}"
    yield f"y = {_at(paths['L-BFGS of one step'].x[:, 1].min())}"
    yield f"{_at(paths['sgd'].loss[-1])} after 500"


SAID: dict[str, Callable[[Paths], Iterable[str]]] = {
    "four-rules": _four_rules,
    "one-rate": _one_rate,
    "basins": _basins,
    "wrong-well": _wrong_well,
    "ladder": _ladder,
    "too-fast": _too_fast,
    "above-limit": _above_limit,
    "below-limit": _below_limit,
    "uphill": _uphill,
    "two-places": _two_places,
    "chaos": _chaos,
    "clipping": _clipping,
    "two-momentums": _two_momentums,
    "never-arrives": _never_arrives,
    "rolls-through": _rolls_through,
    "plateau": _plateau,
    "late-saddle": _late_saddle,
    "newton-saddle": _newton_saddle,
    "bottomless": _bottomless,
    "adam-rises": _adam_rises,
    "straight": _straight,
    "turned": _turned,
    "rmsprop-first": _rmsprop_first,
    "nadam-first": _nadam_first,
    "radam": _radam,
    "two-decays": _two_decays,
    "lion": _lion,
    "breaking-adam": _breaking_adam,
    "noise-floor": _noise_floor,
    "schedules": _schedules,
    "adam-noise": _adam_noise,
    "starved": _starved,
    "noisy-saddle": _noisy_saddle,
    "polyak": _polyak,
    "box": _box,
    "undefined": _undefined,
    "three-places": _three_places,
    "sam": _sam,
    "curvature": _curvature,
}


# --- All of them ---


def _numbers_in(text: str) -> set[str]:
    """The numbers in a text, but for the one in the name L2."""
    text = re.sub(r"\bL2\b", "", text)
    # A power of ten first, or it would be taken for ten.
    return set(re.findall(rf"−?\b10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|{NUMBER.pattern}", text))


def _given(scenario: Scenario) -> set[float]:
    """The numbers that a scenario is declared with."""
    given = {0.0, 1.0}
    for run in scenario.runs():
        given |= {*run.start, run.steps, run.noise, run.clip_norm or 0.0}
        given |= {*run.settings.values(), *run.schedule_settings.values()}
    return given


@every
def test_every_number_of_a_title_and_an_idea_is_one_of_its_runs(scenario: Scenario) -> None:
    said = list(SAID[scenario.key](_paths(scenario.key)))
    assert said
    for text in said:
        assert re.search(rf"(?<![\d.·]){re.escape(text)}(?![\d·]|\.\d)", scenario.idea), text
    computed = set().union(*map(_numbers_in, said))
    rest = _numbers_in(f"{scenario.title}. {scenario.idea}") - computed
    assert [number for number in rest if value_of(number) not in _given(scenario)] == []


def test_there_are_many_scenarios_and_no_two_alike() -> None:
    assert len(GALLERY) >= 24
    assert len(GALLERY) == sum(map(len, gallery._GROUPED.values()))
    for words in ("title", "idea"):
        assert len({getattr(scenario, words).casefold() for scenario in GALLERY.values()}) == len(GALLERY)
    runs = [frozenset(run.completed for run in scenario.runs()) for scenario in GALLERY.values()]
    assert len(set(runs)) == len(GALLERY)
    assert {scenario.resolved_objective.dimension for scenario in GALLERY.values()} == {1, 2}


def test_each_scenario_is_in_one_group_and_in_the_order_of_the_groups() -> None:
    assert list(GROUPS) == list(Group)
    assert [key for keys in GROUPS.values() for key in keys] == list(GALLERY)
    assert all(GROUPS.values())


@every
def test_a_scenario_is_called_by_a_short_key_and_told_in_two_sentences(scenario: Scenario) -> None:
    assert GALLERY[scenario.key] is scenario
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", scenario.key)
    assert len(scenario.key) <= 16
    assert re.fullmatch(r"[A-Z0-9].{4,32}[^.]", scenario.title)
    assert scenario.idea.endswith(".")
    assert 1 <= len(re.findall(r"[.?!](?= [A-Z½]|$)", scenario.idea)) <= 2
    for text in (scenario.title, scenario.idea):
        assert "  " not in text
        assert not misprints(text)
        # Texts are shown as Markdown, in which these would be marks.
        assert not set("*_$~|<>#\\`") & set(text)


@every
def test_a_scenario_runs_as_declared(scenario: Scenario) -> None:
    runs = scenario.runs()
    assert 1 <= len(runs) <= 8
    # Nobody shares a name, a key or a colour and dash.
    for look in ("name", "key"):
        assert len({getattr(racer, look) for racer in scenario.racers}) == len(runs)
    for racer, path in zip(scenario.racers, _paths(scenario.key).values(), strict=True):
        assert len(path.x) > 1
        assert path.run.optimizer == (racer.optimizer.key if racer.key in RACERS else racer.optimizer.rule)
        # A text names its rule in its first line.
        assert racer.key in RACERS or racer.name == racer.optimizer.rule.split("\n")[0].removeprefix("# ")
    assert len({(run.objective, run.start, run.steps, run.noise, run.clip_norm, run.seed) for run in runs}) == 1


@every
def test_a_scenario_begins_where_its_picture_shows_it(scenario: Scenario) -> None:
    for number, (low, high) in zip(
        scenario.start or scenario.resolved_objective.start, scenario.resolved_objective.domain, strict=True
    ):
        assert low <= number <= high


def test_some_scenarios_fail_and_most_arrive() -> None:
    outcomes = {key: {path.status.outcome for path in _paths(key).values()} for key in GALLERY}
    assert sum("diverged" in ends for ends in outcomes.values()) >= 5
    assert any("undefined" in ends for ends in outcomes.values())
    assert sum("minimum" in ends for ends in outcomes.values()) >= 10


@pytest.mark.parametrize(
    ("rung", "rule"),
    [("Bias correction (Adam)", "adam"), ("Decoupled decay (AdamW)", "adamw"), ("Signs (Lion)", "lion")],
)
def test_a_rung_of_the_ladder_is_the_rule_that_it_is_called_after(rung: str, rule: str) -> None:
    own = _paths("ladder")[rung].run
    shipped = {hyper.name for hyper in OPTIMIZERS[rule].hypers}
    assert {*own.settings} == shipped
    twins = (
        own,
        replace(own, hypers={**own.settings, "lr": 0.03, "beta1": 0.7, "beta2": 0.9}),
        replace(own, objective="rosenbrock", start=(-1.5, 2.0), hypers={**own.settings, "lr": 0.01}),
    )
    for run in twins:
        twin = replace(run, optimizer=rule, hypers=run.settings)
        np.testing.assert_allclose(trace(run).x, trace(twin).x, rtol=0, atol=1e-12)


def test_a_rung_differs_from_the_one_below_by_few_lines() -> None:
    texts = [set(rule.split("\n")[1:]) for rule in GALLERY["ladder"].rules if rule not in RACERS]
    for below, above in pairwise(texts):
        assert below & above
        new = {line for line in above - below if ":" not in line}
        assert 1 <= len(new) <= 3


def test_averaged_momentum_is_the_first_rung_without_a_catalogue() -> None:
    averaged = _paths("two-momentums")["Averaged momentum"].run
    rung = replace(averaged, optimizer=gallery._AVERAGED, hypers={"lr": 0.18})
    np.testing.assert_allclose(trace(averaged).x, trace(rung).x, rtol=0, atol=1e-12)


def test_a_race_that_answers_a_question_is_the_very_same_one() -> None:
    for question, key in (("escapes", "wrong-well"), ("radam", "radam"), ("adam_decay", "adam-noise")):
        shown = gallery.QUESTIONS[question].shown
        assert isinstance(shown, Race)
        assert GALLERY[key].completed == {run.completed for run in shown.runs.values()}
    with pytest.raises(TypeError, match="not answered by a race"):
        gallery._asked("nesterov_form", "key", "Title", "Idea.")


def test_a_run_of_the_gallery_can_be_made_from_its_fields() -> None:
    (run,) = GALLERY["above-limit"].runs()
    assert run == Run("ravine", "sgd", (-2.7, 0.83), 80, {"lr": 0.0202})
