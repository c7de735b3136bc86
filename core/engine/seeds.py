"""A noisy run with many seeds: how its losses spread over the steps, and where it ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from core.engine.gradients import noise_table
from core.engine.run import Run
from core.engine.sensitivity import late
from core.engine.status import failed
from core.formula.words import counted, digits

Array = npt.NDArray[np.float64]

SHARES = (0.1, 0.5, 0.9)
"""The shares of seeds whose loss is at most that of ``Spread.losses``: the band and the median."""
# Noise is drawn anew for every step of every seed, some ten microseconds each; and, as for maps, what a value of a step
# does by itself and for each run: about a second and a half in all.
_DRAWS, _BUDGET = 100_000, 0.5
_ONCE, _EACH = 0.5e-6, 1.8e-9


@dataclass(frozen=True, eq=False)
class Spread:
    """How ``count`` seeds of a run spread.

    ``losses``, of shape ``(3, steps+1)``, are those of the seeds at the ``SHARES``, infinite where so many have failed.
    ``ends``, of shape ``(d, n)``, are the last points of those that have not, and ``covariance``, of shape ``(d, d)``,
    is how those lie about their mean, over the last ``late`` steps.
    """

    count: int
    losses: Array
    ends: Array
    covariance: Array
    late: int

    @property
    def failed(self) -> int:
        """How many seeds diverged or became undefined."""
        return self.count - int(self.ends.shape[1])


def spread(settings: tuple[Any, ...], count: int) -> Spread:
    """How the ``Run`` with the fields ``settings`` and ``count - 1`` more of it, with the next seeds, spread."""
    run = Run(*settings)
    points, losses = paths(run, count)
    usable = np.where(np.isnan(losses), np.inf, losses)
    ordered = np.sort(usable, axis=1)
    ranks = [round(share * (count - 1)) for share in SHARES]
    kept = points[:, :, np.isfinite(losses[-1])]
    last = late(run.steps)
    around = kept[:, -last:] - kept[:, -last:].mean(axis=2, keepdims=True) if kept.shape[2] else kept[:, -last:]
    covariance = np.einsum("itn,jtn->ij", around, around) / (last * max(1, kept.shape[2] - 1))
    return Spread(count, ordered[:, ranks].T, kept[:, -1], covariance, last)


def paths(run: Run, count: int) -> tuple[Array, Array]:
    """The points of ``count`` seeds of ``run``, ``(d, steps+1, count)``, and their losses, ``(steps+1, count)``.

    The seeds are that of ``run`` and the following. Column k equals the single run with that seed: bit for bit where
    the objective and the rule only use + − × ÷ and √, to rounding otherwise. From the step that fails on, the loss is
    NaN.
    """
    formula, rule, compiled = run.resolved_objective.parsed, run.resolved_optimizer.parsed, run.program(recording=False)
    settings = run.settings
    hypers = (*(np.float64(settings[name]) for name in rule.hypers[1:]), *run.schedule_inputs)
    point = tuple(np.full(count, at) for at in run.start)
    points = np.empty((len(point), run.steps + 1, count))
    points[:, 0] = point
    at = iter(range(1, run.steps + 1))

    def record(row: tuple[Any, ...]) -> bool:
        points[:, next(at)] = row[1:]
        return False

    with np.errstate(all="ignore"):
        state = compiled.start(point, (*hypers, np.float64(settings["lr"])))
        compiled.run(point, state, hypers, np.float64(run.steps), run.clip_limit, _steps(run, count), record)
        losses = formula.value(points)
    lost = np.logical_or.accumulate(failed(points, losses), axis=0)
    losses[lost] = np.nan
    return points, losses


def _steps(run: Run, count: int) -> Iterator[tuple[Any, ...]]:
    """``(t, lr, *noise)`` for each step."""
    drawn = run.noise * _noise(run.seed, count, run.steps, len(run.start))
    for t, (factor, numbers) in enumerate(zip(run.factors, drawn, strict=True), start=1):
        yield (np.float64(t), run.settings["lr"] * factor, *numbers)


@lru_cache(maxsize=2)
def _noise(first: int, count: int, steps: int, size: int) -> Array:
    """``noise_table`` of ``count`` seeds from ``first`` on, of shape ``(steps, size, count)``."""
    # Not kept twice.
    tables = [noise_table.__wrapped__(first + place, steps, size) for place in range(count)]
    return np.stack(tables, axis=-1)


def too_dear(run: Run, count: int) -> str:
    """Why ``count`` seeds of ``run`` cost more than a page may spend, and what to lower; empty if they do not."""
    each = run.program(recording=False).size * (_ONCE + _EACH * count)
    most = min(_DRAWS // count, int(_BUDGET / each))
    if run.steps <= most:
        return ""
    return (
        f"{counted(count, 'seed')} of {counted(run.steps)} each cost more than a page may spend on them. With so many "
        f"seeds it is {counted(most)} or fewer; with as many steps, {digits(max(1, _DRAWS // run.steps))} seeds or "
        "fewer, if the formula is not too long."
    )
