"""Gradient descent where the curvature changes from place to place: cases, and where each ends up in the long run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.run import Run
from core.engine.scenarios import DESCENTS, Scenario
from core.engine.trace import trace
from core.formula.words import apart, counted, digits
from core.problems.theory import curvature
from core.problems.theory.cycles import LONGEST_CYCLE, cycle_length, multiplier

Array = npt.NDArray[np.float64]

_CASES = (
    replace(DESCENTS["stall"], title="Too small to arrive"),
    DESCENTS["arrive"],
    replace(DESCENTS["bounce"], title="Too large, and bounded"),
    Scenario(
        "chaos",
        "Larger still",
        "At 0.14 the point never repeats itself, and never leaves.",
        "quartic",
        {"sgd": {"lr": 0.14}},
        steps=100,
        start=(0.5,),
    ),
)
CASES: Mapping[str, Scenario] = MappingProxyType({case.key: case for case in _CASES})
"""Descents on the quartic, the first as a well-known playground has it."""

# Steps after which a run counts as settled, and at which the furthest rate is well beyond the edge of divergence.
_LONG = 5000
_SLIDER = (0.001, 0.2)
# How near the end of the run a minimum must be to be the one it went to.
_NEAR = 1e-3


def case_rate(case: Scenario) -> Hyper:
    """The learning rate of ``case`` as a slider over everything that happens on its objective."""
    (lr, *_) = OPTIMIZERS["sgd"].hypers
    return replace(lr, default=case.rules["sgd"]["lr"], slider=_SLIDER, scale="linear")


@dataclass(frozen=True, eq=False)
class LongRun:
    """Where gradient descent is after thousands of steps.

    ``diverged`` is the step at which it was lost, or ``None``. ``points`` of shape ``(n,)`` are one round of its cycle
    of ``period`` steps, or its last steps if it has none (``period`` 0). ``limit`` is 2/f″ at the minimum.
    """

    run: Run
    diverged: int | None
    period: int
    points: Array
    limit: float
    multiplier: float


def long_run(run: Run) -> LongRun:
    """``run``, of gradient descent in one variable on an objective with a known minimum, continued for long."""
    path = trace(replace(run, steps=_LONG))
    objective = run.resolved_objective
    limit = 2 / curvature(objective.parsed, objective.minima[0]).largest
    if path.status.failed:
        return LongRun(run, path.status.step, 0, path.x[-1:, 0], limit, np.inf)
    tail = path.x[-2 * LONGEST_CYCLE :, 0]
    period = cycle_length(tail)
    points = tail[-period:] if period else tail
    return LongRun(run, None, period, points, limit, multiplier(objective.parsed, points, run.settings["lr"]))


def long_run_text(outcome: LongRun) -> str:
    """``outcome`` in sentences with its numbers."""
    lr = outcome.run.settings["lr"]
    side = "above" if lr > outcome.limit else "below" if lr < outcome.limit else "at"
    own, limit = apart(lr, outcome.limit)
    opening = f"α = {own} is {side} the limit 2/f″ = {limit} at the minimum."
    if outcome.diverged is not None:
        return f"{opening} This run diverges at step {digits(outcome.diverged)}."
    low, high = float(outcome.points.min()), float(outcome.points.max())
    if not outcome.period:
        return (
            f"{opening} After {counted(_LONG)} the point hops about between {' and '.join(apart(low, high))} without "
            f"repeating itself within {LONGEST_CYCLE} steps, and without leaving."
        )
    if outcome.period == 1:
        minima = np.array([x for (x,) in outcome.run.resolved_objective.minima])
        at = "the minimum" if np.abs(minima - high).min() <= _NEAR else "which is not the minimum"
        return (
            f"{opening} After {counted(_LONG)} it moves by less than a millionth a step, at x = {digits(high)}, {at}."
        )
    return (
        f"{opening} After {counted(_LONG)} the point goes round the same {outcome.period} places between "
        f"{' and '.join(apart(low, high))} for ever. One round multiplies a small deviation by "
        f"{digits(outcome.multiplier)}, the product of 1 − αf″ over its places: below 1 in size, so the round attracts "
        "what is near it."
    )
