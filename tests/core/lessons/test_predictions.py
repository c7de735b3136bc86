"""Predictions: a plain loop gives what is right, it changes with the settings, and every answer is met kindly."""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest

from core import OBJECTIVES, trace
from core.catalogue.objectives import Objective
from core.catalogue.racers import RACERS
from core.catalogue.schedules import SCHEDULES
from core.engine.run import Run
from core.engine.scenarios import DESCENTS, HILLS, RACES, Scenario
from core.lessons import demos, failures, flat_walk, saddle_race, turned
from core.lessons import foreseen as see
from core.lessons.demo import Demo
from core.lessons.playground import CASES
from core.lessons.prediction import Answer, Prediction, Shown, judged
from core.lessons.predictions import PREDICTIONS, asked_at
from core.lessons.rate_check import QUADRATICS
from core.lessons.schedule_race import NOISE, OPENING, RACE, SEED, race_runs, schedule_hypers, schedule_racer
from core.problems.batches.bowl import bowl, tracks
from core.problems.batches.data import DATASETS, Pair
from core.problems.batches.race import BATCH, RATE, START, UPDATES, Settings, race
from core.problems.example import Convention, Example
from tests.numerals import misprints
from ui import navigation

every = pytest.mark.parametrize("prediction", PREDICTIONS.values(), ids=PREDICTIONS)
Array = np.ndarray[Any, np.dtype[np.float64]]
Slope = Callable[[Array], Array]
LEARN = [page.path for page in navigation.ALL if page.section == "Learn"]


# --- Descents as plain loops, apart from the engine ---


def _loop(
    slope: Slope, start: tuple[float, ...], steps: int, step: Callable[[Array, int, dict[str, Array]], Array]
) -> Array:
    """The points of a descent, which ends before one that is not a number or beyond 1e12."""
    points, kept = [np.array(start)], dict[str, Array]()
    with np.errstate(all="ignore"):
        for t in range(1, steps + 1):
            new = step(points[-1], t, kept)
            if not np.abs(new).max() <= 1e12:
                break
            points.append(new)
    return np.array(points)


def gd(
    slope: Slope, start: tuple[float, ...], steps: int, lr: float, noise: float = 0.0, clip: float = math.inf
) -> Array:
    def step(x: Array, t: int, _: dict[str, Array]) -> Array:
        g = slope(x) + (noise * np.random.default_rng((0, t)).standard_normal(x.size) if noise else 0.0)
        return x - lr * g * min(1.0, clip / np.linalg.norm(g))

    return _loop(slope, start, steps, step)


def momentum(slope: Slope, start: tuple[float, ...], steps: int, lr: float, beta: float = 0.9) -> Array:
    def step(x: Array, _: int, kept: dict[str, Array]) -> Array:
        kept["v"] = beta * kept.get("v", np.zeros_like(x)) + slope(x)
        return x - lr * kept["v"]

    return _loop(slope, start, steps, step)


def nesterov(slope: Slope, start: tuple[float, ...], steps: int, lr: float, beta: float = 0.9) -> Array:
    def step(x: Array, _: int, kept: dict[str, Array]) -> Array:
        v = kept.get("v", np.zeros_like(x))
        kept["v"] = beta * v + lr * slope(x - beta * v)
        return x - kept["v"]

    return _loop(slope, start, steps, step)


def adam(
    slope: Slope,
    start: tuple[float, ...],
    steps: int,
    lr: float,
    eps: float = 1e-8,
    beta2: float = 0.999,
    decay: float = 0.0,
    coupled: float = 0.0,
    corrected: bool = True,
) -> Array:
    def step(x: Array, t: int, kept: dict[str, Array]) -> Array:
        g = slope(x) + coupled * x
        kept["m"] = 0.9 * kept.get("m", 0 * x) + 0.1 * g
        kept["v"] = beta2 * kept.get("v", 0 * x) + (1 - beta2) * g**2
        m, v = (kept["m"] / (1 - 0.9**t), kept["v"] / (1 - beta2**t)) if corrected else (kept["m"], kept["v"])
        return x - lr * (m / (np.sqrt(v) + eps) + decay * x)

    return _loop(slope, start, steps, step)


def rmsprop(slope: Slope, start: tuple[float, ...], steps: int, lr: float, noise: float = 0.0) -> Array:
    def step(x: Array, t: int, kept: dict[str, Array]) -> Array:
        g = slope(x) + (noise * np.random.default_rng((0, t)).standard_normal(x.size) if noise else 0.0)
        kept["v"] = 0.99 * kept.get("v", 0 * x) + 0.01 * g**2
        return x - lr * g / (np.sqrt(kept["v"]) + 1e-8)

    return _loop(slope, start, steps, step)


def adagrad(slope: Slope, start: tuple[float, ...], steps: int, lr: float, noise: float) -> Array:
    def step(x: Array, t: int, kept: dict[str, Array]) -> Array:
        g = slope(x) + noise * np.random.default_rng((0, t)).standard_normal(x.size)
        kept["G"] = kept.get("G", 0 * x) + g**2
        return x - lr * g / (np.sqrt(kept["G"]) + 1e-10)

    return _loop(slope, start, steps, step)


def lion(slope: Slope, start: tuple[float, ...], steps: int, lr: float) -> Array:
    def step(x: Array, _: int, kept: dict[str, Array]) -> Array:
        g, m = slope(x), kept.get("m", 0 * x)
        kept["m"] = 0.99 * m + 0.01 * g
        return x - lr * np.sign(0.9 * m + 0.1 * g)

    return _loop(slope, start, steps, step)


def sam(slope: Slope, start: tuple[float, ...], steps: int, lr: float, rho: float) -> Array:
    def step(x: Array, _: int, __: dict[str, Array]) -> Array:
        g = slope(x)
        return x - lr * slope(x + rho * g / (np.linalg.norm(g) + 1e-12))

    return _loop(slope, start, steps, step)


def scheduled(start: tuple[float, ...], rates: Array, noise: float, seed: int) -> float:
    """The loss at the end of momentum in the bowl at these rates."""
    x, v = np.array(start), np.zeros(2)
    for t, rate in enumerate(rates, 1):
        v = 0.9 * v + _bowl(x) + noise * np.random.default_rng((seed, t)).standard_normal(2)
        x = x - rate * v
    return float(x[0] ** 2 + 3 * x[1] ** 2) / 2


# Slopes, by hand.
def _parabola(x: Array) -> Array:
    return x


def _quartic(x: Array) -> Array:
    return 4 * x**3 - 9 * x**2


def _wells(x: Array) -> Array:
    return x**3 - x + 0.1


def _bowl(x: Array) -> Array:
    return x * np.array([1.0, 3.0])


def _ravine(x: Array) -> Array:
    return x * np.array([1.0, 100.0])


def _rosenbrock(p: Array) -> Array:
    x, y = p
    return np.array([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)])


def _himmelblau(p: Array) -> Array:
    x, y = p
    one, other = x**2 + y - 11, x + y**2 - 7
    return np.array([4 * x * one + 2 * other, 2 * one + 4 * y * other])


def _saddle(p: Array) -> Array:
    x, y = p
    return np.array([x, -y + y**3])


def _booth(p: Array) -> Array:
    x, y = p
    one, other = x + 2 * y - 7, 2 * x + y - 5
    return np.array([2 * one + 4 * other, 4 * one + 2 * other])


def _valley(p: Array) -> Array:
    x, y = p
    return np.array([(x * y - 1) * y, (x * y - 1) * x])


def _plateau(x: Array) -> Array:
    return x * np.exp(-(x**2) / 2)


def _layers(x: Array) -> Array:
    return 20 * x**19 * (x**20 - 1)


def _turned(p: Array) -> Array:
    u, v = (p[0] + p[1]) / math.sqrt(2), (p[1] - p[0]) / math.sqrt(2)
    return np.array([u - 100 * v, u + 100 * v]) / math.sqrt(2)


def _line(p: Array) -> Array:
    w, b = p
    x = np.array([1.0, 2.0, 3.0])
    off = w * x + b - 2 * x
    return np.array([2 * (off * x).mean(), 2 * off.mean()])


def rosenbrock(p: Array) -> float:
    return float((1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2)


# --- What the pages show ---


def _scenario(scenario: Scenario, start: tuple[float, ...] | None = None, steps: int = 0, **settings: float) -> Shown:
    """The runs of ``scenario`` with other ``settings`` of rules, by the rule and the name."""
    runs = []
    for run in scenario.runs():
        own = {key.removeprefix(f"{run.optimizer}_"): v for key, v in settings.items() if key.startswith(run.optimizer)}
        runs.append(replace(run, start=start or run.start, steps=steps or run.steps, hypers={**run.settings, **own}))
    race = [(racer, trace(run)) for racer, run in zip(scenario.racers, runs, strict=True)]
    return Shown(scenario.resolved_objective, race)


def _descent(key: str = "walk", **settings: Any) -> Shown:
    return _scenario(DESCENTS[key], **settings)


def _shape(lr: float | None = None) -> Shown:
    """The opening shape of the Learning rate page, a parabola."""
    scenario = QUADRATICS["parabola"]
    return _scenario(replace(scenario, rules={"sgd": scenario.rules["sgd"]}), **({} if lr is None else {"sgd_lr": lr}))


def _case(key: str, **settings: float) -> Shown:
    return _scenario(CASES[key], **settings)


def _demo(demo: Demo, start: tuple[float, ...] | None = None, steps: int | None = None, **turned: float) -> Shown:
    assert set(turned) <= {turn.key for turn in demo.turns}
    return Shown(demo.objective, demo.race(start, steps, turned))


def _fitted(steps: int = 100, **settings: float) -> Shown:
    example = Example(**settings)
    return Shown(example.objective, [(RACERS["sgd"], example.path(steps))], example)


PAIR: Pair = next(iter(DATASETS.values())).load().standardised()


def _batches(**changes: Any) -> Shown:
    opening = Settings(BATCH, RATE.default, int(UPDATES.default), START, False, 0, "constant")
    settings = replace(opening, **changes)
    landscape = bowl(PAIR, settings.start)
    return Shown(landscape, tracks(landscape, race(PAIR, settings), settings), (PAIR, settings))


def _batch_losses(rate: float, looked: int | None = None) -> dict[str, Array]:
    """The mean squared error after each update of the three runs, in plain loops over the batches that are drawn."""
    x, y = PAIR.x, PAIR.y
    losses = {}
    for name, batch in ((f"all {x.size} at once", x.size), ("32 at a time", 32), ("1 at a time", 1)):
        updates = 500 if looked is None else -(-looked // batch)
        w, b = START
        told = [float(((w * x + b - y) ** 2).mean())]
        for picked in _picked(x.size, batch, updates):
            off = w * x[picked] + b - y[picked]
            w, b = w - rate * 2 * float((off * x[picked]).mean()), b - rate * 2 * float(off.mean())
            told.append(float(((w * x + b - y) ** 2).mean()))
        losses[name] = np.array(told)
    return losses


def _picked(samples: int, batch: int, updates: int) -> list[Array]:
    """The samples of each update: what is drawn is the page's own, what is done with it is not."""
    from core.problems.batches.descent import batches

    return [picked[0] for picked, _ in zip(batches(samples, batch, False, (0,)), range(updates), strict=False)]


def _hover(batch: int, rate: float = 0.05, looked: int = 40_000) -> float:
    """How high above the lowest loss fresh batches keep a run on average, measured."""
    x, y = PAIR.x, PAIR.y
    draw = np.random.default_rng(1)
    best = np.linalg.lstsq(np.stack([x, np.ones_like(x)], 1), y, rcond=None)[0]
    lowest = float(((best[0] * x + best[1] - y) ** 2).mean())
    w, b, total = *best, 0.0
    for _ in range(looked):
        picked = draw.choice(x.size, batch, replace=False)
        off = w * x[picked] + b - y[picked]
        w, b = w - rate * 2 * (off @ x[picked]) / batch, b - rate * 2 * off.mean()
        total += ((w * x + b - y) ** 2).mean() - lowest
    return float(total / looked)


def _schedules(noise: float = NOISE.default, seed: float = SEED.default) -> Shown:
    objective = RACE.resolved_objective
    settings = {key: {hyper.name: hyper.default for hyper in schedule_hypers(SCHEDULES[key])} for key in OPENING}
    rule = next(iter(RACE.rules))
    runs = race_runs("bowl", rule, objective.start, RACE.rules[rule]["lr"], settings, noise, int(seed))
    optimizer = RACERS[rule].optimizer
    return Shown(objective, [(schedule_racer(SCHEDULES[key], optimizer), trace(run)) for key, run in runs.items()])


def _rates() -> dict[str, Array]:
    """The opening schedules' rates by their names: 0.05 for a hundred epochs, as the page sets them."""
    t = np.arange(100)
    warm = np.where(t < 10, (t + 1) / 10, 0.0)
    return {
        "Constant": np.full(100, 0.05),
        "Step decay": 0.05 * 0.1 ** (t // 30),
        "Cosine": 0.05 * (1 + np.cos(np.pi * t / 100)) / 2,
        "Warm-up + cosine": 0.05 * np.where(t < 10, warm, (1 + np.cos(np.pi * (t - 10) / 90)) / 2),
    }


# --- The right answers, at the page's settings and at others ---


@dataclass(frozen=True)
class Case:
    """What a page shows when it asks, and what a plain computation says is right; twice, with other settings."""

    opening: Callable[[], Shown]
    right: Callable[[], Answer]
    other: Callable[[], Shown]
    changed: Callable[[], Answer]


def _best(scores: Mapping[str, float], largest: bool = False) -> str:
    return (max if largest else min)(scores, key=lambda name: scores[name])


def _way(points: Array) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def _place(points: Array, step: int) -> tuple[float, ...]:
    return tuple(map(float, points[step]))


def _reach(points: Array, share: float, loss: Callable[[Array], float]) -> float:
    heights = [loss(point) for point in points]
    return float(next(step for step, height in enumerate(heights) if height <= share * heights[0]))


def _mse(p: Array) -> float:
    x = np.array([1.0, 2.0, 3.0])
    return float(((p[0] * x + p[1] - 2 * x) ** 2).mean())


def _miss(points: Array) -> float:
    step, way = points[1] - points[0], points[-1] - points[0]
    turn = math.atan2(step[1], step[0]) - math.atan2(way[1], way[0])
    return float(round(abs((math.degrees(turn) + 180) % 360 - 180)))


def _valley_race(**rates: float) -> dict[str, Array]:
    given = {"sgd": 0.0008, "momentum": 0.0008, "rmsprop": 0.01, "adam": 0.1} | rates
    return {
        RACERS[key].name: rule(_rosenbrock, (-1.5, 2.0), 500, given[key])
        for key, rule in (("sgd", gd), ("momentum", momentum), ("rmsprop", rmsprop), ("adam", adam))
    }


def _ended(points: Array, steps: int) -> bool:
    return len(points) == steps + 1


def _alive(runs: Mapping[str, Array], steps: int) -> str:
    left = [name for name, points in runs.items() if _ended(points, steps)]
    return left[0] if len(left) == 1 else see.BOTH if left else see.NEITHER


def _longest_period(lr: float) -> float:
    points = gd(_quartic, (0.5,), 6000, lr)[-64:, 0]
    return float(next(k for k in range(1, 33) if np.abs(points[k:] - points[:-k]).max() < 1e-6))


def _warm(lr: float) -> dict[str, Array]:
    def rising(x: Array, t: int, _: dict[str, Array]) -> Array:
        return x - lr * (0.001 + (1 - 0.001) * min(t / 50, 1)) * x**3

    return {
        "Gradient descent": gd(lambda x: x**3, (5.0,), 200, lr),
        "With warm-up": _loop(_parabola, (5.0,), 200, rising),
    }


def _calm(noise: float) -> dict[str, float]:
    draws = [noise * np.random.default_rng((0, t)).standard_normal(2) for t in range(1, 501)]
    plain = falling = np.array([-2.5, 2.0])
    fast = average = plain
    for t, draw in enumerate(draws, 1):
        plain = plain - 0.1 * (_bowl(plain) + draw)
        falling = falling - 0.1 * (1 - (t - 1) / 500) * (_bowl(falling) + draw)
        fast = fast - 0.1 * (_bowl(0.1 * fast + 0.9 * average) + draw)
        average = average + (fast - average) / t
    ends = {"Gradient descent": plain, "Falling rate": falling, "Schedule-Free": average}
    return {name: float(x[0] ** 2 + 3 * x[1] ** 2) for name, x in ends.items()}


def _sharp(points: Array) -> float:
    return float((points[-1] ** 2).sum())


def _walked(rho: float) -> str:
    end = _sharp(sam(_valley, (5.0, 0.05), 5000, 0.01, rho))
    plain = _sharp(gd(_valley, (5.0, 0.05), 5000, 0.01))
    return see.FLATTEST if end < 2.2 else see.CAME_DOWN if end > 0.9 * plain else see.ON_THE_WAY


def _edge(lr: float) -> str:
    large = gd(_valley, (5.0, 0.05), 300, lr)
    if not _ended(large, 300):
        return see.AWAY
    return see.FLATTER if _sharp(large) < 0.9 * _sharp(gd(_valley, (5.0, 0.05), 300, 0.05)) else see.SAME_PLACE


def _decays(steps: int) -> dict[str, float]:
    start, lr, share = (-7.0, -4.0), 0.1, 0.5
    ends = {
        "Adam": adam(_booth, start, steps, lr),
        "AdamW": adam(_booth, start, steps, lr, decay=share),
        "Adam with L2": adam(_booth, start, steps, lr, coupled=share),
    }
    return {name: float(np.linalg.norm(points[-1] - [1, 3])) for name, points in ends.items()}


def _lively(lr: float) -> dict[str, float]:
    runs = {
        "AdaGrad with noise": adagrad(_bowl, (-2.5, 2.0), 1000, 0.5, 1.0),
        "RMSProp with noise": rmsprop(_bowl, (-2.5, 2.0), 1000, lr, 1.0),
    }
    return {name: _way(points[-101:]) for name, points in runs.items()}


def _escapes(adam_lr: float) -> dict[str, float]:
    start = (1.0, 0.001)
    runs = {
        "Gradient descent": gd(_saddle, start, 200, 0.1),
        "Momentum": momentum(_saddle, start, 200, 0.1),
        "Adam": adam(_saddle, start, 200, adam_lr),
        "With noise": gd(_saddle, start, 200, 0.1, 0.01),
    }
    return {name: _first(np.abs(points[:, 1]) > 0.5) for name, points in runs.items()}


def _first(holds: Array) -> float:
    return float(np.flatnonzero(holds)[0]) if holds.any() else math.inf


def _crossings(adam_lr: float) -> dict[str, float]:
    def cosine(x: Array, t: int, _: dict[str, Array]) -> Array:
        return x - 0.5 * (1 + math.cos(math.pi * (t - 1) / 600)) / 2 * _plateau(x)

    runs = {
        "Gradient descent": gd(_plateau, (4.0,), 600, 0.5),
        "Cosine decay": _loop(_plateau, (4.0,), 600, cosine),
        "Momentum": momentum(_plateau, (4.0,), 600, 0.5),
        "Adam": adam(_plateau, (4.0,), 600, adam_lr),
    }
    return {
        name: _first(1 - np.exp(-(points[:, 0] ** 2) / 2) < 0.1 * (1 - math.exp(-8))) for name, points in runs.items()
    }


def _turned_ends(adam_lr: float) -> dict[str, float]:
    start = turned.TURNED.objective.start
    lr = turned.RAVINE_RATE
    ends = {"Gradient descent": gd(_turned, start, 600, lr)[-1], "Adam": adam(_turned, start, 600, adam_lr)[-1]}
    return {name: float((x + y) ** 2 + 100 * (y - x) ** 2) for name, (x, y) in ends.items()}


def _tenfold(eps: float, start: tuple[float, ...], slope: Slope) -> str:
    one, ten = (_way(adam(lambda x, by=by: by * slope(x), start, 1, 0.1, eps)) for by in (1, 10))
    return see.ALIKE if ten / one < 1.25 else see.SOMEWHAT if ten / one < 5 else see.TEN_TIMES


_GENTLE = replace(RACES["valley"], objective="bowl", rules={"sgd": {"lr": 0.1}, "adam": {"lr": 0.1, "eps": 10.0}})
_SLOW, _, _, _HARMLESS = failures.FAILURES
_TOO_FAST = RACES["too_fast"]

CASES_OF: dict[str, Case] = {
    "fate": Case(
        _descent,
        lambda: see.ARRIVES if abs(gd(_parabola, (-4.0,), 45, 0.3)[-1, 0]) < 0.1 else see.STOPS,
        lambda: _descent("stall"),
        lambda: see.STOPS if abs(gd(_quartic, (-0.5,), 500, 0.012)[-1, 0]) < 0.02 else see.ARRIVES,
    ),
    "first_way": Case(_descent, lambda: see.RIGHT, lambda: _descent(start=(2.0,)), lambda: see.LEFT),
    "step_length": Case(_descent, lambda: see.SHORTER, lambda: _descent("tenfold"), lambda: see.LONGER),
    "after_three": Case(_descent, lambda: (-4 * 0.7**3,), lambda: _descent(sgd_lr=0.6), lambda: (-4 * 0.4**3,)),
    "way_down": Case(
        _descent,
        lambda: _reach(gd(_parabola, (-4.0,), 45, 0.3), 0.01, lambda x: float(x[0] ** 2)),
        lambda: _descent(sgd_lr=0.1),
        lambda: float(math.ceil(math.log(0.01) / (2 * math.log(0.9)))),
    ),
    "valley": Case(
        lambda: _scenario(HILLS["himmelblau_hill"]),
        lambda: _place(gd(_himmelblau, (-0.5, -0.5), 120, 0.005), -1),
        lambda: _scenario(HILLS["himmelblau_hill"], start=(1.0, 0.5)),
        lambda: _place(gd(_himmelblau, (1.0, 0.5), 120, 0.005), -1),
    ),
    "steepest": Case(
        lambda: _scenario(HILLS["himmelblau_hill"]),
        lambda: _miss(gd(_himmelblau, (-0.5, -0.5), 120, 0.005)),
        lambda: _scenario(HILLS["ravine_hill"]),
        lambda: _miss(gd(_ravine, (-2.7, 0.83), 120, 0.018)),
    ),
    "slope_way": Case(_fitted, lambda: see.GROWS, lambda: _fitted(w=4.0), lambda: see.SHRINKS),
    "rate_settles": Case(
        _fitted,
        lambda: see.SETTLES if _mse(gd(_line, (0.5, 0.1), 100, 0.01)[-1]) < 1 else see.AWAY,
        lambda: _fitted(lr=0.2),
        lambda: see.AWAY if _mse(gd(_line, (0.5, 0.1), 100, 0.2)[-1]) > 10 else see.SETTLES,
    ),
    "tenth": Case(
        _fitted,
        lambda: _reach(gd(_line, (0.5, 0.1), 100, 0.01), 0.1, _mse),
        lambda: _fitted(lr=0.002),
        lambda: _reach(gd(_line, (0.5, 0.1), 100, 0.002), 0.1, _mse),
    ),
    "after_ten": Case(
        _fitted,
        lambda: _place(gd(_line, (0.5, 0.1), 10, 0.01), 10),
        lambda: _fitted(lr=0.1),
        lambda: _place(gd(_line, (0.5, 0.1), 10, 0.1), 10),
    ),
    "nearest_weight": Case(
        _fitted,
        lambda: "wb"[int(np.abs(gd(_line, (0.5, 0.1), 100, 0.01)[-1] - [2, 0]).argmin())],
        lambda: _fitted(5),
        lambda: "wb"[int(np.abs(gd(_line, (0.5, 0.1), 5, 0.01)[-1] - [2, 0]).argmin())],
    ),
    "sum_settles": Case(
        _fitted,
        lambda: see.SETTLES if _mse(gd(_line, (0.5, 0.1), 100, 3 * 0.01)[-1]) < 1 else see.AWAY,
        lambda: _fitted(lr=0.08),
        lambda: see.AWAY if _mse(gd(_line, (0.5, 0.1), 100, 3 * 0.08)[-1]) > 10 else see.SETTLES,
    ),
    "approach": Case(_shape, lambda: see.HOPS, lambda: _shape(0.4), lambda: see.ONE_SIDE),
    "half_rate": Case(
        _shape,
        lambda: see.NEARER if abs(1 - 1.9 / 2) < abs(1 - 1.9) else see.FARTHER,
        lambda: _shape(0.1),
        lambda: see.NEARER if abs(1 - 0.1 / 2) < abs(1 - 0.1) else see.FARTHER,
    ),
    "tenth_more": Case(
        _shape,
        lambda: see.SETTLES if 1.1 * 1.9 < 2 else see.AWAY,
        lambda: _shape(1.0),
        lambda: see.SETTLES if 1.1 * 1.0 < 2 else see.AWAY,
    ),
    "hundredth": Case(
        _shape,
        lambda: float(math.ceil(math.log(0.01) / math.log(0.9))),
        lambda: _shape(0.5),
        lambda: float(math.ceil(math.log(0.01) / math.log(0.5))),
    ),
    "case_fate": Case(
        lambda: _case("stall"),
        lambda: see.STOPS if abs(gd(_quartic, (-0.5,), 500, 0.012)[-1, 0]) < 0.02 else see.ARRIVES,
        lambda: _case("bounce"),
        lambda: see.MOVES if np.ptp(gd(_quartic, (0.5,), 100, 0.12)[-25:]) > 0.5 else see.ARRIVES,
    ),
    "places": Case(
        lambda: _case("bounce"),
        lambda: _longest_period(0.12),
        lambda: _case("bounce", sgd_lr=0.125),
        lambda: _longest_period(0.125),
    ),
    "best_schedule": Case(
        _schedules,
        lambda: _best({name: scheduled((-2.5, 2.0), rates, 2.0, 7) for name, rates in _rates().items()}),
        lambda: _schedules(noise=0.0),
        lambda: _best({name: scheduled((-2.5, 2.0), rates, 0.0, 7) for name, rates in _rates().items()}),
    ),
    "lowest_batch": Case(
        _batches,
        lambda: _best({name: float(one[-1]) for name, one in _batch_losses(0.05).items()}),
        lambda: _batches(rate=0.001),
        lambda: _best({name: float(one[-1]) for name, one in _batch_losses(0.001).items()}),
    ),
    "one_epoch": Case(
        _batches,
        lambda: _best({name: float(one[-1]) for name, one in _batch_losses(0.05, PAIR.x.size).items()}),
        lambda: _batches(rate=0.001),
        lambda: _best({name: float(one[-1]) for name, one in _batch_losses(0.001, PAIR.x.size).items()}),
    ),
    "half_batch": Case(
        _batches,
        lambda: see.TWICE if 1.7 < _hover(16) / _hover(32) < 2.6 else see.AS_HIGH,
        lambda: _batches(batch=384),
        lambda: see.FAR_MORE if _hover(192) / _hover(384) > 5 else see.TWICE,
    ),
    "rises": Case(
        _batches,
        lambda: float((np.diff(_batch_losses(0.05)["1 at a time"][:101]) > 0).sum()),
        lambda: _batches(rate=0.001),
        lambda: float((np.diff(_batch_losses(0.001)["1 at a time"][:101]) > 0).sum()),
    ),
    # Standardised, so the slope goes to the correlation and the intercept to 0, both by 1 − 2α a step.
    "full_place": Case(_batches, lambda: _standard(0.9), lambda: _batches(rate=0.01), lambda: _standard(0.98)),
    "winner": Case(
        lambda: _scenario(RACES["valley"]),
        lambda: _best({name: rosenbrock(points[-1]) for name, points in _valley_race().items()}),
        lambda: _scenario(RACES["valley"], adam_lr=0.001),
        lambda: _best({name: rosenbrock(points[-1]) for name, points in _valley_race(adam=0.001).items()}),
    ),
    "longest_way": Case(
        lambda: _scenario(RACES["valley"]),
        lambda: _best({name: _way(points) for name, points in _valley_race().items()}, largest=True),
        lambda: _scenario(RACES["valley"], rmsprop_lr=0.1),
        lambda: _best({name: _way(points) for name, points in _valley_race(rmsprop=0.1).items()}, largest=True),
    ),
    "ten_times": Case(
        lambda: _scenario(RACES["valley"]),
        lambda: _tenfold(1e-8, (-1.5, 2.0), _rosenbrock),
        lambda: _scenario(_GENTLE, start=(-0.3, 0.1)),
        lambda: _tenfold(10.0, (-0.3, 0.1), _bowl),
    ),
    "run_away": Case(
        lambda: _scenario(RACES["valley"]),
        lambda: float(sum(not _ended(points, 500) for points in _valley_race().values())),
        lambda: _scenario(_TOO_FAST),
        lambda: float(
            sum(
                not _ended(rule(_rosenbrock, (-1.5, 2.0), 2000, 0.003), 2000)
                for rule in (gd, momentum, nesterov, rmsprop, adam)
            )
        ),
    ),
    "every_step": Case(
        lambda: _scenario(RACES["valley"]),
        lambda: _rising(momentum(_rosenbrock, (-1.5, 2.0), 500, 0.0008)),
        lambda: _scenario(RACES["valley"], momentum_beta=0.0),
        lambda: _rising(gd(_rosenbrock, (-1.5, 2.0), 500, 0.0008)),
    ),
    "after_hundred": Case(
        lambda: _scenario(RACES["valley"]),
        lambda: _place(momentum(_rosenbrock, (-1.5, 2.0), 100, 0.0008), 100),
        lambda: _scenario(RACES["valley"], momentum_lr=0.0002),
        lambda: _place(momentum(_rosenbrock, (-1.5, 2.0), 100, 0.0002), 100),
    ),
    "clipped": Case(
        lambda: _demo(demos.CLIPPING),
        lambda: _alive(_clips(0.003), 2000),
        lambda: _demo(demos.CLIPPING, sgd_clipped_lr=0.0005),
        lambda: _alive(_clips(0.0005), 2000),
    ),
    "look_ahead": Case(
        lambda: _demo(demos.LOOK_AHEAD),
        lambda: _alive(_heads(1.8 * 0.01), 200),
        lambda: _demo(demos.LOOK_AHEAD, momentum_nesterov_lr=0.005),
        lambda: _alive(_heads(1.8 * 0.005), 200),
    ),
    "decayed": Case(
        lambda: _demo(demos.DECAY),
        lambda: _best(_decays(500), largest=True),
        lambda: _demo(demos.DECAY, steps=50),
        lambda: _best(_decays(50), largest=True),
    ),
    "uncorrected": Case(
        lambda: _demo(demos.CORRECTION),
        lambda: 0.1 / math.sqrt(1 - 0.999),
        lambda: _demo(demos.CORRECTION, adam_uncorrected_beta2=0.99),
        lambda: 0.1 / math.sqrt(1 - 0.99),
    ),
    "warmed": Case(
        lambda: _demo(demos.WARMUP),
        lambda: _alive(_warm(0.5), 200),
        lambda: _demo(demos.WARMUP, sgd_warmed_lr=0.02),
        lambda: _alive(_warm(0.02), 200),
    ),
    "averaged": Case(
        lambda: _demo(demos.AVERAGING),
        lambda: _best(_calm(1.0)),
        lambda: _demo(demos.AVERAGING, sgd_falling_schedule_free_noise=0.0),
        lambda: _best(_calm(0.0)),
    ),
    "sharpness": Case(
        lambda: _demo(flat_walk.WALKS),
        lambda: _walked(0.2),
        lambda: _demo(flat_walk.WALKS, sam_rho=0.05),
        lambda: _walked(0.05),
    ),
    "growth": Case(
        lambda: _demo(_SLOW),
        lambda: (1 - 0.0205 * 100) ** 2,
        lambda: _demo(_SLOW, sgd_lr=0.021),
        lambda: (1 - 0.021 * 100) ** 2,
    ),
    "swings": Case(
        lambda: _demo(_HARMLESS),
        lambda: see.ARRIVES if np.abs(momentum(_ravine, (-2.7, 0.83), 300, 0.02)[-1]).max() < 0.01 else see.STOPS,
        lambda: _demo(_HARMLESS, momentum_lr=0.05),
        lambda: see.ARRIVES if _ended(momentum(_ravine, (-2.7, 0.83), 300, 0.05), 300) else see.AWAY,
    ),
    "edge": Case(
        lambda: _demo(demos.EDGE),
        lambda: _edge(0.1),
        lambda: _demo(demos.EDGE, large_lr=0.06),
        lambda: _edge(0.06),
    ),
    "lion_step": Case(
        lambda: _demo(demos.CYCLES),
        lambda: _way(lion(_parabola, (-4.0,), 200, 0.06)[-2:]),
        lambda: _demo(demos.CYCLES, lion_sgd_lr=0.13),
        lambda: _way(lion(_parabola, (-4.0,), 200, 0.13)[-2:]),
    ),
    "lively": Case(
        lambda: _demo(demos.ADAGRAD),
        lambda: _best(_lively(0.05), largest=True),
        lambda: _demo(demos.ADAGRAD, forgetful_lr=0.0002),
        lambda: _best(_lively(0.0002), largest=True),
    ),
    "layers": Case(
        lambda: _demo(demos.DEPTH),
        lambda: see.STOPS if abs(gd(_layers, (0.6,), 300, 0.002)[-1, 0] - 0.6) < 0.01 else see.ARRIVES,
        lambda: _demo(demos.DEPTH, start=(1.2,)),
        # It explodes in one step.
        lambda: see.AWAY if abs(1.2 - 0.002 * 20 * 1.2**19 * (1.2**20 - 1)) > 30 else see.STOPS,
    ),
    "well": Case(
        lambda: _demo(demos.WELLS),
        lambda: _place(gd(_wells, (1.7,), 400, 0.02), -1),
        lambda: _demo(demos.WELLS, start=(-0.6,)),
        lambda: _place(gd(_wells, (-0.6,), 400, 0.02), -1),
    ),
    "leaves_saddle": Case(
        lambda: _demo(saddle_race.SADDLE),
        lambda: _best(_escapes(0.1)),
        lambda: _demo(saddle_race.SADDLE, adam_lr=0.001),
        lambda: _best(_escapes(0.001)),
    ),
    "plateau": Case(
        lambda: _demo(demos.PLATEAU),
        lambda: _best(_crossings(0.05)),
        lambda: _demo(demos.PLATEAU, adam_lr=0.01),
        lambda: _best(_crossings(0.01)),
    ),
    "turned": Case(
        lambda: _demo(turned.TURNED),
        lambda: _best(_turned_ends(turned.ADAM_RATE)),
        lambda: _demo(turned.TURNED, adam_lr=0.2),
        lambda: _best(_turned_ends(0.2)),
    ),
}


def _standard(left: float) -> tuple[float, float]:
    together = float((PAIR.x * PAIR.y).mean())
    return together + (START[0] - together) * left**20, START[1] * left**20


def _rising(points: Array) -> str:
    heights = [rosenbrock(point) for point in points]
    return see.RISES if any(after > before for before, after in pairwise(heights)) else see.ALWAYS_FALLS


def _clips(lr: float) -> dict[str, Array]:
    start = (-1.5, 2.0)
    return {
        "Gradient descent": gd(_rosenbrock, start, 2000, lr),
        "Clipped": gd(_rosenbrock, start, 2000, lr, clip=1.0),
    }


def _heads(lr: float) -> dict[str, Array]:
    return {"Momentum": momentum(_ravine, (-2.7, 0.83), 200, lr), "Nesterov": nesterov(_ravine, (-2.7, 0.83), 200, lr)}


def _wrong(prediction: Prediction, shown: Shown, right: Answer) -> list[Answer]:
    """Answers that are not right."""
    if isinstance(right, str):
        return [choice for choice in prediction.offers(shown) if choice != right]
    if isinstance(right, float):
        return [right * 3 + 40]
    return [
        tuple(
            low if number - low > high - number else high
            for number, (low, high) in zip(right, shown.objective.domain, strict=True)
        )
    ]


def _same(one: Answer, other: Answer) -> bool:
    return one == other if isinstance(one, str) else one == pytest.approx(other, rel=1e-6, abs=1e-6)


# --- All of them ---


def test_there_are_many_and_at_least_four_on_every_learn_page() -> None:
    assert len(PREDICTIONS) >= 35
    pages = Counter(page for one in PREDICTIONS.values() for page in one.pages)
    assert set(pages) == set(LEARN)
    assert min(pages.values()) >= 4
    assert {one.kind for one in PREDICTIONS.values()} == {"choice", "number", "place"}
    assert set(CASES_OF) == set(PREDICTIONS)
    assert len({one.belief for one in PREDICTIONS.values()}) == len(PREDICTIONS)


def test_each_stage_asks_in_the_order_of_the_list() -> None:
    assert [one.key for one in asked_at("foundations/hill")] == ["valley", "steepest"]
    assert [one.key for one in asked_at("pitfalls/sam")] == [one.key for one in asked_at("techniques/sam")]
    assert asked_at("nowhere") == []


@every
def test_the_right_answer_is_what_a_plain_loop_gives_and_changes_with_the_settings(prediction: Prediction) -> None:
    case = CASES_OF[prediction.key]
    opening, other = case.opening(), case.other()
    first, second = prediction.see(opening), prediction.see(other)
    assert first is not None
    assert second is not None
    assert _same(first[0], case.right())
    assert _same(second[0], case.changed())
    assert not _same(first[0], second[0])
    assert first[1] != second[1]
    # What is right at first is wrong then, unless it is too near to tell.
    verdict = judged(prediction, other, first[0])
    assert verdict is not None
    assert not verdict.right


@every
def test_every_answer_is_met_kindly_and_with_the_numbers_of_the_run(prediction: Prediction) -> None:
    shown = CASES_OF[prediction.key].opening()
    seen = prediction.see(shown)
    assert seen is not None
    right, why = seen
    if prediction.kind == "choice":
        assert right in prediction.offers(shown)
        assert 2 <= len(prediction.offers(shown)) <= 5
    said = judged(prediction, shown, right)
    assert said is not None
    assert said.right
    assert said.words.startswith("Yes")
    assert why in said.words
    assert prediction.belief not in said.words
    assert re.search(r"\d", why)
    for answer in _wrong(prediction, shown, right):
        wrong = judged(prediction, shown, answer)
        assert wrong is not None
        assert not wrong.right
        assert wrong.words.startswith(("You said", "Your place"))
        assert why in wrong.words
        trapped = not prediction.trap or (isinstance(answer, str) and answer.startswith(prediction.trap))
        assert (prediction.belief in wrong.words) == trapped
        assert not re.search(r"(?i)\b(wrong|sorry|unfortunately|incorrect|failed to)\b", wrong.words)


@every
@pytest.mark.parametrize("changed", [False, True])
def test_what_is_asked_and_said_is_plain(prediction: Prediction, changed: bool) -> None:
    case = CASES_OF[prediction.key]
    shown = (case.other if changed else case.opening)()
    seen = prediction.see(shown)
    assert seen is not None
    texts = [prediction.asks(shown), seen[1], prediction.belief, *prediction.offers(shown)]
    assert re.fullmatch(r"[A-Z0-9].{10,95}\?", texts[0])
    assert re.fullmatch(r"[A-Z].{10,80}\.", prediction.belief)
    assert seen[1].endswith(".")
    assert len(seen[1]) < 420
    for text in texts:
        assert "  " not in text
        assert not misprints(text)
        assert not set("*_$~|<>#\\`") & set(text)


@every
def test_a_trap_is_one_of_the_choices_at_either_setting(prediction: Prediction) -> None:
    case = CASES_OF[prediction.key]
    offered = {choice for shown in (case.opening(), case.other()) for choice in prediction.offers(shown)}
    for trap in prediction.trap:
        assert any(choice.startswith(trap) for choice in offered)


def test_nothing_is_asked_where_it_makes_no_sense() -> None:
    single = _descent()
    for key in (
        "winner",
        "run_away",
        "clipped",
        "ten_times",
        "uncorrected",
        "sharpness",
        "edge",
        "half_batch",
        "steepest",
    ):
        assert PREDICTIONS[key].see(single) is None, key
        assert judged(PREDICTIONS[key], single, "anything") is None, key
    lost = _descent("tenfold")
    assert PREDICTIONS["valley"].see(lost) is None
    assert PREDICTIONS["way_down"].see(lost) is None
    assert PREDICTIONS["first_way"].see(_scenario(RACES["valley"])) is None
    # A run of two steps has not lasted long enough.
    assert PREDICTIONS["fate"].see(_descent(steps=2)) is None
    assert PREDICTIONS["after_three"].see(_descent(steps=2)) is None
    # Two that end alike.
    assert (
        PREDICTIONS["winner"].see(_scenario(replace(RACES["valley"], rules={"sgd": {}, "momentum": {"beta": 0.0}})))
        is None
    )


def test_a_number_or_a_place_that_is_near_enough_is_right() -> None:
    shown = _descent()
    for key, near, far in (("way_down", 9.0, 12.0), ("after_three", (-1.0,), (0.0,))):
        close, off = (judged(PREDICTIONS[key], shown, given) for given in (near, far))
        assert close is not None
        assert off is not None
        assert (close.right, off.right) == (True, False)
    place = judged(PREDICTIONS["after_three"], shown, (0.0,))
    assert place is not None
    assert place.place == pytest.approx((-4 * 0.7**3,))


def test_runs_of_any_function_and_rule_are_asked_about_without_an_error() -> None:
    anywhere = [*asked_at("foundations/race"), *asked_at("learning_rate/shape"), *asked_at("optimizers/race")]
    for text, start in (
        ("x", (1.0,)),
        ("abs(x)", (1.0,)),
        ("0*x", (1.0,)),
        ("1/x", (0.0,)),
        ("log(x)", (2.0,)),
        ("x*y", (1.0, 1.0)),
    ):
        for rule in ("sgd", "momentum", "adam"):
            for steps in (1, 2, 60):
                runs = [Run(text, key, start, steps, {"lr": 0.3}) for key in dict.fromkeys((rule, "adam"))]
                shown = Shown(runs[0].resolved_objective, [(RACERS[run.optimizer], trace(run)) for run in runs])
                for prediction in anywhere:
                    seen = prediction.see(shown)
                    assert seen is None or (seen[1] and prediction.asks(shown))


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_whatever_a_control_is_set_to_nothing_that_is_asked_fails(objective: Objective) -> None:
    """The ends of the learning rate, one step, a start in the minimum, and far outside of the picture."""
    anywhere = [*asked_at("foundations/race"), *asked_at("learning_rate/shape"), *asked_at("optimizers/race")]
    starts = [objective.start, *objective.minima[:1], (1e6,) * objective.dimension]
    for start, lr, steps in product(starts, (0.0, 1e-6, 0.1, 1e6), (1, 30)):
        runs = [Run(objective.key, rule, start, steps, {"lr": lr}) for rule in ("sgd", "momentum", "adam")]
        shown = Shown(objective, [(RACERS[run.optimizer], trace(run)) for run in runs])
        for prediction in anywhere:
            seen = prediction.see(shown)
            if seen is not None and isinstance(seen[0], str):
                assert seen[0] in prediction.offers(shown)


@pytest.mark.parametrize("data", [((1.0, 2.0), (2.0, 4.0), (3.0, 6.0)), ((1.0, 1.0), (1.0, 2.0))])
def test_any_points_and_any_line_are_asked_about_without_an_error(data: tuple[tuple[float, float], ...]) -> None:
    for convention, lr, w, steps in product(Convention, (0.0, 0.01, 1e6), (0.5, 2.0, 1e6), (1, 40)):
        example = Example(data, w, 0.0, lr, convention)
        shown = Shown(example.objective, [(RACERS["sgd"], example.path(steps))], example)
        for prediction in asked_at("update_rule/descent"):
            seen = prediction.see(shown)
            assert seen is None or seen[1]


def test_any_batches_are_asked_about_without_an_error() -> None:
    for batch, rate, updates, start in product(
        (1, 2, PAIR.x.size), (1e-30, 0.05, 1e6), (1, 30, 500), (START, (1e6, 0.0))
    ):
        shown = _batches(batch=batch, rate=rate, updates=updates, start=start)
        for prediction in asked_at("variants/batches"):
            seen = prediction.see(shown)
            assert seen is None or seen[1]
