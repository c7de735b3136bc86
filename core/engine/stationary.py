"""The points of an objective at which its slope is 0, and what each of them is."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.catalogue.explore import stationary_points
from core.catalogue.objectives import Objective, Point
from core.engine.rest import rests
from core.engine.status import Outcome

# More are a pattern, and no list.
_MOST = 30


@dataclass(frozen=True)
class Spot:
    """A stationary point: where it is, what it is, its height, and the curvatures there, ascending."""

    point: Point
    kind: Outcome
    value: float
    curvatures: tuple[float, ...]


@lru_cache(maxsize=64)
def stationary(objective: Objective) -> tuple[Spot, ...]:
    """The stationary points found in the domain of ``objective``, the lowest first; 30 at most."""
    formula = objective.parsed
    with np.errstate(all="ignore"):
        found, _ = stationary_points(formula)
        sides = np.array(objective.domain)
        inside = ((found >= sides[:, :1]) & (found <= sides[:, 1:])).all(axis=0) & formula.within(found)
        found = found[:, inside]
        values = formula.value(found)
        found = found[:, np.argsort(values, kind="stable")][:, :_MOST]
        seen = rests(formula, found, formula.grad(found))
    return tuple(
        Spot(tuple(map(float, x)), Outcome(kind), float(value), tuple(map(float, curvatures)))
        for x, kind, value, curvatures in zip(
            found.T, seen.outcomes, formula.value(found), seen.curvatures.T, strict=True
        )
    )
