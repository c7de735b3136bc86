"""Where a run has arrived: at which of the known minima of an objective, if at one."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from core.catalogue.objectives import Objective, Point
from core.formula import Formula

Array = npt.NDArray[np.float64]

# The share of a picture's width and height within which an end counts as arrived: a few pixels, as far as a rule hops
# that takes steps of a fixed size.
NEAR = 0.01
# The share of the heights in a picture by which an end may lie above the lowest minimum and count as arrived: where
# minima form a curve, all of it is as low as the points of it that are known.
LOW = 1e-8
# Points a side of the grid on which heights are looked at and dips looked for: several in the narrowest dip shipped.
_GRID = 201
# Steps of Newton's method from the grid to the bottom of a dip, and the least share of the largest curvature that the
# smallest has there: along a curve of minima it is rounding.
_STEPS, _CURVED = 8, 1e-6


@dataclass(frozen=True)
class Known:
    """The minima that a run can arrive at, lowest first, and what counts as arriving.

    A run has arrived at the nearest of ``points``, distances being counted in ``reach``, one for each variable, if that
    is no farther than 1, or if its loss is at most ``level``; with ``None`` only the distance counts.
    """

    points: tuple[Point, ...]
    reach: tuple[float, ...]
    level: float | None = None


@lru_cache(maxsize=64)
def known_minima(objective: Objective) -> Known:
    """What is known of ``objective``: its declared minima or, where it has too many to declare, those in its domain."""
    formula = objective.parsed
    sides = [np.linspace(low, high, _GRID) for low, high in objective.domain]
    grid = np.stack(np.meshgrid(*sides, indexing="ij"))
    with np.errstate(all="ignore"):
        values = formula.value(grid)
        points = [*objective.minima, *objective.other_minima]
        reach = tuple(NEAR * (high - low) for low, high in objective.domain)
        if not objective.other_minima:
            for dip in _dips(formula, grid, values):
                if arrived(Known(tuple(points), reach), dip) < 0 and formula.within(dip):
                    points.append(tuple(map(float, dip[:, 0])))
    heights = values[np.isfinite(values)]
    level = objective.minimum + LOW * float(np.ptp(heights)) if objective.minimum is not None and heights.size else None
    return Known(tuple(points), reach, level)


def arrived(known: Known, x: Array, loss: npt.ArrayLike = np.inf) -> npt.NDArray[np.int64]:
    """The place in ``known.points`` that each of the ends ``x`` of shape ``(d, B)`` has arrived at, or -1 for none.

    ``loss`` has shape ``(B,)``.
    """
    if not known.points:
        return np.full(x.shape[1], -1)
    points, reach = np.array(known.points).T[..., None], np.array(known.reach)[:, None, None]
    away = (((x[:, None] - points) / reach) ** 2).sum(axis=0)
    low = False if known.level is None else np.asarray(loss) <= known.level
    return np.where((away.min(axis=0) <= 1) | low, away.argmin(axis=0), -1)


def _dips(formula: Formula, grid: Array, values: Array) -> list[Array]:
    """The bottoms, of shape ``(d, 1)`` and lowest first, of the dips that ``values`` on ``grid`` show."""
    inner = (slice(1, -1),) * values.ndim
    lower = np.ones_like(values[inner], dtype=bool)
    for shifts in np.ndindex(*(3,) * values.ndim):
        lower &= values[inner] <= values[tuple(slice(shift, shift + _GRID - 2) for shift in shifts)]
    x = grid[(slice(None), *inner)][:, lower]
    spacing = (grid.reshape(len(grid), -1)[:, -1] - grid.reshape(len(grid), -1)[:, 0]) / (_GRID - 1)
    begun = x
    for _ in range(_STEPS):
        hessian = np.moveaxis(formula.hessian(x), -1, 0)
        usable = np.asarray(np.isfinite(hessian).all(axis=(1, 2)))
        x, begun, hessian = x[:, usable], begun[:, usable], hessian[usable]
        curvatures = np.linalg.eigvalsh(hessian)
        round_ = np.asarray(curvatures[:, 0] > _CURVED * np.abs(curvatures[:, -1]))
        x, begun, hessian = x[:, round_], begun[:, round_], hessian[round_]
        x = x - np.linalg.solve(hessian, formula.grad(x).T[..., None])[..., 0].T
    near = (np.abs(x - begun) <= 2 * spacing[:, None]).all(axis=0)
    x = x[:, near]
    order = np.argsort(formula.value(x), kind="stable")
    return [x[:, [place]] for place in order]
