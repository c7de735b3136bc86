"""The edge of stability over two settings: up to which learning rate a rule comes back to a minimum."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.catalogue.objectives import Objective, Point
from core.catalogue.optimizers import Optimizer
from core.engine.arrival import arrived, known_minima
from core.engine.run import Run
from core.engine.status import point_text
from core.engine.trace import Path
from core.engine.two_settings import Axis, scale, settings_of
from core.formula.words import digits
from core.problems.theory.curvature import curvature
from core.problems.theory.linear import step_factors

Array = npt.NDArray[np.float64]

# Learning rates among which the edge is looked for, for each of so many values of the other setting.
_RATES, _OTHERS = 201, 25


@dataclass(frozen=True, eq=False)
class Edge:
    """Where a rule stops coming back to a minimum: ``rates`` for values of the ``other`` setting, both ``(n,)``.

    A rate is NaN where none in the range is the edge. ``sentence`` says what the edge is or, with no values, why there
    is none.
    """

    rates: Array
    other: Array
    sentence: str


def minimum_of(path: Path) -> Point:
    """The known minimum that ``path`` arrived at, or else the lowest; empty where none is known."""
    known = known_minima(path.run.resolved_objective)
    at = int(arrived(known, path.x[-1:].T, path.loss[-1:])[0])
    return known.points[max(at, 0)] if known.points else ()


def edge(settings: tuple[Any, ...], across: Axis, up: Axis, minimum: Point) -> Edge:
    """The edge near ``minimum`` in the map of ``core.engine.two_settings.ends_over``, whose arguments these are."""
    run = Run(*settings)
    known = {one.name: one for one in settings_of(run)}
    if "lr" not in (across[0], up[0]):
        return _none("Theory knows an edge of the learning rate only: make it one of the two settings to see it.")
    rate, (other, low, high, _) = (across, up) if across[0] == "lr" else (up, across)
    if reason := _unknown(run.resolved_objective, minimum) or _unsteady(run):
        return _none(reason)
    curvatures = curvature(run.resolved_objective.parsed, minimum).values
    curved = curvatures[curvatures > 0]
    rates = np.geomspace(*rate[1:3], _RATES) if known["lr"].hyper.scale == "log" else np.linspace(*rate[1:3], _RATES)
    # What is no number of the rule moves no edge.
    own = known[other].of == "rule"
    values = scale(known[other].hyper, low, high, _OTHERS).edges if own else np.array([low, high])
    optimizer = run.resolved_optimizer
    try:
        if own:
            inside = [known[other].hyper.clamp(float(value)) for value in values]
            limits = np.array([_limit(optimizer, {**run.settings, other: value}, rates, curved) for value in inside])
        else:
            limits = np.full(2, _limit(optimizer, run.settings, rates, curved))
    except ValueError as error:
        return _none(f"Theory draws no edge here. {error}")
    where = f"the minimum {point_text(minimum)}, whose largest curvature is {digits(curved[-1])}"
    # A single place would be no line.
    if np.isfinite(limits).sum() < 2:
        return _none(f"No learning rate in this range is the edge at which {optimizer.name} stops settling at {where}.")
    return Edge(
        limits,
        values,
        f"The dashed line is theory's edge: beyond it a small step away from {where}, is made larger and not smaller.",
    )


def _none(reason: str) -> Edge:
    return Edge(np.empty(0), np.empty(0), reason)


def _limit(optimizer: Optimizer, hypers: Mapping[str, float], rates: Array, curvatures: Array) -> float:
    """The lowest of ``rates``, between two of them, from which on a distance does not shrink; NaN if there is none."""
    factors = np.max([step_factors(optimizer, hypers, rates * one, one) for one in curvatures.tolist()], axis=0)
    # Of nan, too, nothing is known.
    beyond = np.flatnonzero(~(factors < 1))
    if not beyond.size or not beyond[0]:
        return np.nan
    after = beyond[0]
    share = (1 - factors[after - 1]) / (factors[after] - factors[after - 1])
    return float(rates[after - 1] + share * (rates[after] - rates[after - 1]))


def _unknown(objective: Objective, minimum: Point) -> str:
    """Why the ``minimum`` has no curvature that could limit a step; empty if it has."""
    if not minimum:
        return "No minimum of this objective is known, so there is no curvature to draw theory's edge by."
    if objective.kink:
        return "This objective has a kink at its minimum, where no curvature limits a step."
    box = objective.parsed.box
    if box is not None and any(at in ends for at, ends in zip(minimum, box, strict=False)):
        return "The minimum lies at the edge of the box, where a slope is left and curvature alone decides nothing."
    if not np.isfinite(objective.parsed.hessian(minimum)).all():
        return "The second derivatives at the minimum are not finite, so there is no curvature to draw an edge by."
    largest = curvature(objective.parsed, minimum).largest
    return "" if largest > 0 else "At its minimum this objective has no curvature, so nothing limits a small step."


def _unsteady(run: Run) -> str:
    """Why steps near a minimum are not all alike; empty if they are."""
    if run.schedule != "constant":
        return "Under a schedule the learning rate changes from step to step, so theory draws no single edge."
    if run.resolved_objective.parsed.timed:
        return "Each step is given another function of this objective, so theory draws no single edge."
    return ""
