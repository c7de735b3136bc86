"""Settings away from the defaults, where a misplaced eps or a wrong exponent shows; all follow from declarations."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core import OPTIMIZERS, Run, trace
from core.catalogue.hypers import Hyper

# How far a start is moved to see what becomes of the difference: far more than rounding, and nothing beside the path.
NUDGE = 1e-9
GROWTH = 3.0
# Within it, no gradient of the objectives used is so large that rounding hides a step.
REACH = 10.0


def loud(hypers: Sequence[Hyper]) -> list[dict[str, float]]:
    """Three settings of hyperparameters, except for the learning rate; each has another value in each of them."""
    others = [hyper for hyper in hypers if hyper.name != "lr"]
    return [{hyper.name: _values(hyper)[(index + turn) % 3] for index, hyper in enumerate(others)} for turn in range(3)]


def _values(hyper: Hyper) -> Sequence[float]:
    """Three values within the bounds, none of them at an end, where an implementation may refuse it, or the default."""
    low, high = hyper.slider
    if hyper.scale == "log":
        top = min(100 * high, hyper.bounds[1])
        return 0.01 * top, 0.1 * top, 0.9 * top
    values = [low + share * (high - low) for share in (0.125, 0.5, 0.875)]
    return [round(value) for value in values] if hyper.whole else values


def halves(rate: float) -> list[float]:
    """``rate`` and smaller ones, each half of the one before, down to a millionth."""
    return [rate * 0.5**times for times in range(20)]


def steady(run: Run, below: float = np.inf) -> Run:
    """``run`` at the largest rate, less than ``below``, at which it descends nearby and roundings do not grow.

    They do not where two starts side by side stay side by side.
    """
    largest = OPTIMIZERS[run.optimizer].hypers[0].slider[1]
    for rate in (rate for rate in halves(largest) if rate < below):
        slower = replace(run, hypers={**run.settings, "lr": rate})
        start = tuple(number + NUDGE for number in run.start)
        path, beside = trace(slower), trace(replace(slower, start=start, noise=run.noise + NUDGE))
        descends = len(path.x) == len(beside.x) == run.steps + 1 and path.loss[-1] < path.loss[0]
        if descends and np.abs(path.x).max() <= REACH and np.abs(path.x - beside.x).max() <= GROWTH * NUDGE:
            return slower
    raise AssertionError(f"At no learning rate is there a steady run of {run.optimizer}.")
