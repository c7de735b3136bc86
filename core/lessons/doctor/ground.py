"""The ground that a run walks on, and what its rule bears there: slopes, curvatures and the stationary point nearby."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from core.catalogue.objectives import Objective
from core.catalogue.optimizers import optimizer
from core.engine.rest import rests
from core.engine.status import REST_NORM, Outcome
from core.problems.theory import step_factors

Array = npt.NDArray[np.float64]

# Products of learning rate and curvature at which a rule is asked whether it comes back to a minimum.
_PRODUCTS = np.geomspace(0.01, 10.0, 400)
# The place of the limit is refined to so many parts of one of these steps.
_FINER = 1001
# Steps of Newton's method to the stationary point that a run is near, and what a gradient of 0 is, as a share of the
# slopes in the picture. At a multiple zero a step covers half of the way or more.
_STEPS, _ZERO = 50, 1e-9
# Points a side at which the slopes and curvatures of a picture are looked at.
_GRID = 21


@dataclass(frozen=True, eq=False)
class Stationary:
    """A stationary point ``x`` of shape ``(d,)``: of which kind it is, and its ascending curvatures."""

    x: Array
    kind: Outcome
    curvatures: Array


def eigenvalues(objective: Objective, points: Array) -> Array:
    """The curvatures at those of ``points``, of shape ``(n, d)``, where they are finite: ``(m, d)``, each ascending."""
    hessian = np.moveaxis(objective.parsed.hessian(points.T), -1, 0)
    usable = np.asarray((np.abs(hessian) <= 1e300).all(axis=(1, 2)))
    return np.asarray(np.linalg.eigvalsh(hessian[usable]))


@lru_cache(maxsize=256)
def largest_product(rule: str, settings: tuple[tuple[str, float], ...]) -> float | None:
    """The product of learning rate and curvature up to which ``rule`` settles; ``None`` if no such number describes it.

    ``settings`` are all its hyperparameters.
    """
    try:
        factors = step_factors(optimizer(rule), dict(settings), _PRODUCTS)
    except ValueError:
        return None
    unstable = np.flatnonzero(~(factors < 1))
    if not unstable.size or not unstable[0]:
        return None
    between = np.linspace(_PRODUCTS[unstable[0] - 1], _PRODUCTS[unstable[0]], _FINER)
    stable = step_factors(optimizer(rule), dict(settings), between) < 1
    # As exactly as the place is known.
    return float(f"{between[stable][-1]:.4g}")


@lru_cache(maxsize=64)
def landscape(objective: Objective) -> tuple[float, float, float]:
    """The median norm of the gradient and the median size of the larger curvature in the picture, and its lowest value.

    The first two are 0 where none is finite, the last is infinite.
    """
    sides = [np.linspace(low, high, _GRID) for low, high in objective.domain]
    grid = np.stack([axis.ravel() for axis in np.meshgrid(*sides)])
    norms, values = np.sqrt((objective.parsed.grad(grid) ** 2).sum(axis=0)), objective.parsed.value(grid)
    norms, sizes = norms[np.isfinite(norms)], np.abs(eigenvalues(objective, grid.T)).max(axis=1, initial=0.0)
    return (
        float(np.median(norms)) if norms.size else 0.0,
        float(np.median(sizes)) if sizes.size else 0.0,
        float(values[np.isfinite(values)].min(initial=np.inf)),
    )


def stationary_point(objective: Objective, end: Array, close: float, slope: float) -> Stationary | None:
    """The stationary point that Newton's method finds from ``end`` without leaving a distance of ``close``, if any.

    ``slope`` is how steep it usually is.
    """
    formula, point = objective.parsed, end
    for _ in range(_STEPS):
        grad = formula.grad(point)
        if float(np.sqrt((grad**2).sum())) <= _ZERO * slope:
            break
        try:
            point = point - np.linalg.solve(formula.hessian(point), grad)
        except np.linalg.LinAlgError:
            return None
        if not float(np.sqrt(((point - end) ** 2).sum())) <= close:
            return None
    grad = formula.grad(point)
    if not float(np.sqrt((grad**2).sum())) <= max(_ZERO * slope, REST_NORM):
        return None
    rest = rests(formula, point[:, None], grad[:, None])
    return Stationary(point, Outcome(rest.outcomes[0]), rest.curvatures[:, 0])
