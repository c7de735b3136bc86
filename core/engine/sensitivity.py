"""How the end of a race depends on the learning rates, as a picture with "you are here"."""

import math
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.catalogue.objectives import Objective
from core.engine.findings import Plot, Series
from core.engine.many import losses_at
from core.engine.run import Run
from core.engine.summary import Race
from core.engine.trace import Path
from core.engine.tracks import FLOOR
from core.formula.words import counted, digits

Array = npt.NDArray[np.float64]

# Learning rates per curve, evenly spaced on a log scale: dense enough for the edge of stability to look like one.
RATES = 160
# Learning rates on either side whose runs must be low too: of 160 on a slider, all those within about 12 %.
_BESIDE = 2
# Runs times steps that a picture may cost; longer races are swept at fewer rates.
_BUDGET = 200_000
# Values that the curves of a race may cost, each computed for all rates at once: two or three seconds.
_SWEEP = 6_000_000
# Times the height at which a run began that its end is still shown at.
_HIGHEST = 1e3


def swept(settings: tuple[Any, ...], rates: tuple[float, float, int]) -> npt.NDArray[np.float64]:
    """``losses_at`` with plain values only: the last losses and the medians of the late ones, of shape ``(2, count)``.

    ``settings`` are the fields of a ``Run`` in their order; ``rates = (lowest, highest, count)`` are evenly spaced on a
    log scale.
    """
    run = Run(*settings)
    return losses_at(run, np.geomspace(*rates), late(run.steps))


def late(steps: int) -> int:
    """How many losses at the end of a run say, by their median, how high it really is: a fifth of all.

    Past its limit a rule jumps up and down for ever, and its very last loss may be a lucky one.
    """
    return max(1, steps // 5)


def held(losses: Array, beside: int = _BESIDE) -> Array:
    """For each learning rate, in order, the highest of its loss and of those at the ``beside`` rates on either side.

    Lowest where a rule does well and would with a rate a little off. Their median would still take a lucky few where
    the end of a run hangs on the last digits of its rate. Infinite where one of them failed, its loss being NaN. Beyond
    either end are the rates before it.
    """
    wide = np.pad(np.where(np.isnan(losses), np.inf, losses), beside, mode="reflect")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(wide, 2 * beside + 1).max(axis=-1))


def tuned_rate(run: Run, count: int = RATES) -> float:
    """The learning rate at and beside which ``run`` ends lowest (see ``held``), of ``count`` on the slider of its rule.

    A rule that bears no stretch of rates there gets its declared default.
    """
    (lr,) = (hyper for hyper in run.resolved_optimizer.hypers if hyper.name == "lr")
    rates = np.geomspace(*lr.slider, count)
    level = held(losses_at(run, rates, late(run.steps))[1])
    return float(rates[level.argmin()]) if np.isfinite(level).any() else lr.default


def rate_plot(race: Race, sweep: Callable[..., npt.NDArray[np.float64]] = swept) -> Plot:
    """The loss at the end of the race against the learning rate, one curve per racer and a dot where each one is.

    A curve covers its rule's slider and the rate of the race. It has a gap, and a run no dot, where a run diverges or
    ends more than a thousand times as high as it began, beside which nothing else could be seen. With a known minimum
    the loss above it is shown, on a log axis. ``sweep`` may be a cache in front of ``swept``: no curve depends on the
    learning rate of the race, so moving that costs nothing.
    """
    run = race[0][1].run
    base = run.resolved_objective.minimum
    series: list[Series] = []
    for racer, path in race:
        rates, (losses, _) = _curve(path, sweep)
        failed = path.status.failed
        end = np.where(failed, np.nan, path.loss[-1:])
        curve, dot = (_above(_tame(values, path, base), base) for values in (losses, end))
        series.append(Series(racer.name, rates, curve, racer.color, racer.dash))
        series.append(Series("", np.array([path.run.settings["lr"]]), dot, racer.color, mode="markers"))
    return Plot("learning rate", _title(run.resolved_objective, run.steps), tuple(series), True, base is not None)


def step_size(race: Race) -> int:
    """The operations of one step of all of ``race``."""
    return sum(path.run.program(recording=False).size for _, path in race)


def fewer_steps(size: int, most: int) -> int:
    """The steps, a multiple of ten, that race whose steps have ``size`` operations may take for at most ``most``."""
    return max(10, 10 * (most // size // 10))


def too_dear(race: Race) -> str:
    """Why the curves of ``race`` cost more than a page may spend on them, and what to lower; empty if they do not."""
    steps, size = race[0][1].run.steps, step_size(race)
    cost = steps * size
    if cost <= _SWEEP:
        return ""
    return (
        f"These curves need {counted(steps)} of {digits(size)} operations, {digits(cost / 1e6)} million in all, "
        f"and a page may spend {digits(_SWEEP / 1e6)} million on them. They are drawn for "
        f"{counted(fewer_steps(size, _SWEEP))} or fewer, with fewer or simpler rules, or on a shorter formula."
    )


def best_rates(race: Race, sweep: Callable[..., npt.NDArray[np.float64]] = swept) -> list[tuple[float, float]]:
    """The learning rate of the curve of each racer at and beside which it ends lowest, and how low that is (``held``).

    Both are NaN for a rule that bears no stretch of them.
    """
    best = []
    for _, path in race:
        rates, (_, losses) = _curve(path, sweep)
        level = held(losses)
        lowest = int(level.argmin())
        known = np.isfinite(level[lowest])
        best.append((float(rates[lowest]), float(level[lowest])) if known else (math.nan, math.nan))
    return best


def _curve(path: Path, sweep: Callable[..., npt.NDArray[np.float64]]) -> tuple[Array, Array]:
    """The learning rates of the curve of one racer, of shape ``(n,)``, and what ``swept`` says of them."""
    run = path.run
    count = max(20, min(RATES, _BUDGET // run.steps))
    (lr,) = (hyper for hyper in run.resolved_optimizer.hypers if hyper.name == "lr")
    here = run.settings["lr"]
    high = max(lr.slider[1], here)
    low = min(max(lr.slider[0], 1e-12 * high), here or high)
    return np.geomspace(low, high, count), sweep(without(run, "lr"), (low, high, count))


def without(run: Run, *names: str) -> tuple[Any, ...]:
    """The fields of ``run`` with the hyperparameters ``names`` left at their defaults."""
    others = tuple((name, value) for name, value in run.settings.items() if name not in names)
    bare = replace(run, hypers=others)
    return tuple(getattr(bare, field.name) for field in fields(Run))


def _tame(losses: Array, path: Path, base: float | None) -> Array:
    """``losses`` without those that are too high to be shown beside the others."""
    floor = base or 0.0
    return np.where(losses - floor > _HIGHEST * max(abs(path.loss[0] - floor), 1.0), np.nan, losses)


def _above(losses: npt.NDArray[np.float64], base: float | None) -> npt.NDArray[np.float64]:
    return losses if base is None else np.maximum(losses - base, FLOOR)


def _title(objective: Objective, steps: int) -> str:
    above = "" if objective.minimum in (None, 0.0) else " above the minimum"
    return f"loss{above} after {counted(steps)}"
