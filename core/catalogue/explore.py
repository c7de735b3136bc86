"""What is worth knowing of a formula nobody has described: its minima, the part to show and how to draw its heights."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import floor, log10
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.formula import Formula

Array = npt.NDArray[np.float64]
Point = tuple[float, ...]
Domain = tuple[tuple[float, float], ...]

# Newton's method begins on grids of so many points a side, with these half-widths around the origin. Their spacings are
# round numbers, on which the kinks of what people type often lie.
_REACHES = (3.0, 12.0)
_SIDE = {1: 61, 2: 13}
_STEPS = 40
# A gradient that Newton's method follows by no more than this is as good as none.
_FLAT = 1e-9
# Beyond this curvature lies a pole, not a point.
_STEEP = 1e6
# Curvatures below this share of the largest are no curvatures.
_SINGULAR = 1e-7
# Where curvatures do not tell, a minimum is where no value on a circle of this radius is lower.
_RADIUS, _DIRECTIONS = 1e-3, 32
# Relative to the largest rise on that circle.
_LEVEL = 0.02
# The half-width shown around a single point, that around several in units of theirs, and the share of the widest that
# every side has at least.
_HALF, _ROOM, _NARROWEST = 3.0, 1.75, 0.75
# Points on an edge of a box, halvings of the space between two, and the room around a box as a share of its width.
_EDGE, _HALVINGS, _MARGIN = 401, 60, 0.15
# So many of the lowest minima are brought into the picture, and so many of each kind are marked; more are a pattern.
_SHOWN, _MARKED = 4, 24
# Minima farther out than this are looked at only if none is nearer.
_NEAR = 5.0
# Nothing is looked for beyond: the controls of a start reach only ten times as far.
_FAR = 1e5
# Points a side at which the values are looked at, and the share of their range that is rounding.
_GRID = {1: 801, 2: 61}
_SAME = 1e-9
# Heights are drawn on a log scale if the lowest of these shares of their range covers more than that share of the
# domain.
LOW, WIDE = 1 / 20, 1 / 6


@dataclass(frozen=True)
class Exploration:
    """What was found of a formula; the fields are those of an ``Objective``."""

    domain: Domain
    start: Point
    minima: tuple[Point, ...]
    minimum: float | None
    other_minima: tuple[Point, ...] = ()
    kink: bool = False
    levels: Literal["linear", "log"] = "linear"


@np.errstate(all="ignore")
def explore(formula: Formula) -> Exploration:
    """Looks for the minima of ``formula``, and for the part of its domain in which they and what lies around show.

    Stationary points are found by Newton's method from grids around the origin, with the exact gradient and Hessian,
    and told apart by the eigenvalues of the latter. What is found need not be all there is; ``minimum`` is ``None``
    if the domain has lower values than that of the lowest minimum found.
    """
    spots, minima = stationary_points(formula)
    if formula.box is not None:
        minima = sorted([*_inside(formula, minima), *_on_edges(formula)], key=formula.value)
    heights = [float(formula.value(point)) for point in minima]
    deepest = [point for point, height in zip(minima, heights, strict=True) if height <= heights[0] + _SAME]
    domain = _domain(spots, deepest if len(deepest) <= _SHOWN else deepest[:1])
    if formula.box is not None:
        domain = _around(formula.box, domain)
    grid = _grid(domain, _GRID[len(domain)])
    values = formula.value(grid[:, formula.within(grid)])
    values = values[np.isfinite(values)]
    span = float(np.ptp(values)) if values.size else 0.0
    inside = [point for point in minima if all(low <= x <= high for x, (low, high) in zip(point, domain, strict=True))]
    minimum = float(formula.value(inside[0])) if inside else None
    if minimum is None or span == 0 or values.min() < minimum - _SAME * span:
        return Exploration(domain, _start(formula, domain), (), None, tuple(inside) if span else ())
    lowest = [point for point in inside if formula.value(point) <= minimum + _SAME * span]
    others = inside[len(lowest) :]
    wide = len(domain) == 2 and float(np.mean(values - minimum < LOW * span)) > WIDE
    return Exploration(
        domain,
        _start(formula, domain),
        tuple(lowest[:_MARKED]),
        # Of a zero, rounding leaves something.
        0.0 if abs(minimum) <= 1e-14 * span else minimum,
        tuple(others) if len(others) <= _MARKED else (),
        any(_has_kink(formula, point) for point in lowest[:_MARKED]),
        "log" if wide else "linear",
    )


def _inside(formula: Formula, points: Sequence[Point]) -> list[Point]:
    return [point for point in points if formula.within(np.array(point))]


def _on_edges(formula: Formula) -> list[Point]:
    """The points on the edges of the box of ``formula`` from which no way inside it leads down."""
    box = formula.box or ()
    sides = [np.linspace(max(low, -_REACHES[-1]), min(high, _REACHES[-1]), _EDGE) for low, high in box]
    found: list[Point] = []
    for axis, ends in enumerate(box):
        for end in (end for end in ends if np.isfinite(end)):
            along = sides[1 - axis] if len(box) == 2 else np.zeros(1)
            edge = np.stack([along, along])[: len(box)]
            edge[axis] = end
            # Where the slope along the edge changes its sign, halved again and again.
            if len(box) == 2:
                edge = _settled(formula, edge, 1 - axis)
            left = np.abs(formula.free(edge, formula.grad(edge)))
            steep = np.abs(formula.grad(edge)).max(axis=0)
            found += [tuple(map(float, point)) for point in edge[:, (left <= _FLAT * (1 + steep)).all(axis=0)].T]
    return list(dict.fromkeys(tuple(round(x, 12) + 0.0 for x in point) for point in found))


def _settled(formula: Formula, edge: Array, axis: int) -> Array:
    """The ends of ``edge``, points in a row along ``axis``, and the points on it where its slope turns upwards."""
    slope = formula.grad(edge)[axis]
    turning = (slope[:-1] < 0) & (slope[1:] >= 0)
    low, high = edge[:, :-1][:, turning], edge[:, 1:][:, turning]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rising = formula.grad(middle)[axis] >= 0
        low, high = np.where(rising, low, middle), np.where(rising, middle, high)
    return np.concatenate([edge[:, [0, -1]], high], axis=1)


def _around(box: Domain, domain: Domain) -> Domain:
    """``box`` with some room around it; where it has no end, that of ``domain``."""
    sides = []
    for (low, high), shown in zip(box, domain, strict=True):
        ends = [end if np.isfinite(end) else other for end, other in zip((low, high), shown, strict=True)]
        first, last = (
            ends if ends[0] < ends[1] else (low, low + 2 * _HALF) if np.isfinite(low) else (high - 2 * _HALF, high)
        )
        room = _MARGIN * (last - first)
        sides.append((float(f"{first - room:.4g}"), float(f"{last + room:.4g}")))
    return tuple(sides)


def stationary_points(formula: Formula) -> tuple[Array, list[Point]]:
    """The different stationary points of ``formula``, without those on a curve (d, n), and its minima, lowest first.

    They are those found from starts within a distance of 12 or so of the origin.
    """
    dimension = len(formula.variables)
    starts = np.concatenate([_grid(((-reach, reach),) * dimension, _SIDE[dimension]) for reach in _REACHES], axis=1)
    # Steps by curvatures end at any stationary point; steps by their sizes go downhill.
    x, downhill = np.concatenate([starts, starts], axis=1), np.arange(2 * starts.shape[1]) >= starts.shape[1]
    ends = []
    for _ in range(_STEPS):
        gradient, curvatures, directions = _shape(formula, x)
        usable = np.asarray(np.isfinite(gradient).all(axis=0) & np.isfinite(curvatures).all(axis=1))
        sizes = np.where(downhill[:, None], np.abs(curvatures), curvatures)
        inverse = np.where(np.abs(sizes) > _SINGULAR**2 * np.abs(sizes).max(axis=1, keepdims=True), 1 / sizes, 0.0)
        step = np.einsum("nij,nj,nkj,kn->in", directions, inverse, directions, gradient)
        still = np.asarray(np.abs(step).max(axis=0) <= _FLAT)
        flat = np.asarray(np.abs(gradient).max(axis=0) <= _FLAT * np.clip(np.abs(curvatures).max(axis=1), 1, _STEEP))
        ends.append((x - step)[:, usable & still & flat])
        left = usable & ~still
        x, downhill = (x - step)[:, left], downhill[left]
        if not x.size:
            break
    return _distinct(formula, np.concatenate(ends, axis=1))


def _shape(formula: Formula, x: Array) -> tuple[Array, Array, Array]:
    """At the points ``x`` (d, n): the gradients (d, n), the curvatures (n, d) and their directions (n, d, d)."""
    hessians = np.moveaxis(formula.hessian(x), -1, 0)
    finite = np.asarray(np.isfinite(hessians).all(axis=(1, 2)) & (np.abs(x) < _FAR).all(axis=0))
    curvatures, directions = np.linalg.eigh(np.where(finite[:, None, None], hessians, 0.0))
    return formula.grad(x), np.where(finite[:, None], curvatures, np.nan), directions


def _distinct(formula: Formula, ends: Array) -> tuple[Array, list[Point]]:
    # Of those that stand for the same point the flattest; zeros without the dust of rounding.
    order = np.argsort(np.linalg.norm(formula.grad(ends), axis=0), kind="stable")
    ends = np.round(ends[:, order], 12) + 0.0
    _, first = np.unique(np.round(ends, 4), axis=1, return_index=True)
    points = ends[:, first]
    _, curvatures, _ = _shape(formula, points)
    sizes = np.abs(curvatures)
    clear = np.asarray(sizes.min(axis=1) > _SINGULAR * sizes.max(axis=1))
    values = formula.value(points)
    rises = formula.value(points[:, :, None] + _circle(len(points), _RADIUS)[:, None, :]) - values[:, None]
    bowl = np.where(clear, (curvatures > 0).all(axis=1), ~(rises < -1e-14 * np.abs(values)[:, None]).any(axis=1))
    # A way along which the value hardly rises belongs to a curve of minima, which a few of its points stand for.
    alone = clear | (rises.min(axis=1) > _LEVEL * rises.max(axis=1))
    curve = np.flatnonzero(bowl & ~alone)
    minima = points[:, np.concatenate([np.flatnonzero(bowl & alone), curve[:: 1 + len(curve) // _SHOWN]])]
    distances = np.abs(minima).max(axis=0)
    near = minima[:, distances <= max(_NEAR, distances.min(initial=np.inf))]
    heights = np.round(formula.value(near) / _SAME)
    listed = near[:, np.lexsort([np.linalg.norm(near, axis=0), heights])]
    return points[:, alone] if (~alone).sum() > 1 else points, [tuple(map(float, point)) for point in listed.T]


def _circle(dimension: int, radius: float) -> Array:
    turns = np.linspace(0, 2 * np.pi, _DIRECTIONS, endpoint=False)
    return radius * np.stack([np.cos(turns), np.sin(turns)])[:dimension]


def _has_kink(formula: Formula, minimum: Point) -> bool:
    """Whether the slope next to ``minimum`` is not much less than that farther away."""
    near, far = (
        np.abs(formula.grad(np.array(minimum)[:, None] + _circle(len(minimum), radius))).max()
        for radius in (1e-3 * _RADIUS, _RADIUS)
    )
    return bool(near > 0.1 * far)


def _domain(points: Array, minima: Sequence[Point]) -> Domain:
    """Around the stationary points near the origin and the lowest minima."""
    near = points[:, (np.abs(points) <= _HALF).all(axis=0)]
    # A curve of minima goes through many pictures; where there is nothing else, one of its points will do.
    known = [point for point in minima if np.equal(point, points.T).all(axis=1).any()]
    known = known or list(minima[: not near.size])
    spots = np.concatenate([near, np.array(known).reshape(-1, len(points)).T], axis=1)
    if not spots.size:
        return ((-_HALF, _HALF),) * len(points)
    low, high = spots.min(axis=1), spots.max(axis=1)
    center, half = (low + high) / 2, _ROOM * (high - low) / 2
    half = np.maximum(half, _NARROWEST * half.max()) if half.max() > 1e-2 else np.full(len(points), _HALF)
    # A lone point near the origin does not move the picture.
    center = np.where((low == high) & (np.abs(center) <= half / 2), 0.0, center)
    digits = 1 - floor(log10(half.max()))
    return tuple((round(float(c - h), digits), round(float(c + h), digits)) for c, h in zip(center, half, strict=True))


def _start(formula: Formula, domain: Domain) -> Point:
    """A point halfway to a corner at which the formula has a value, if one has: off the axes of symmetric formulas."""
    corners = [
        tuple(round(low + share * (high - low), 6) for share, (low, high) in zip(shares, domain, strict=True))
        for shares in product((0.25, 0.75), repeat=len(domain))
    ]
    preferred = corners[1:] + corners[:1] if len(domain) == 2 else corners
    return next((corner for corner in preferred if np.isfinite(formula.value(corner))), preferred[0])


def _grid(domain: Domain, side: int) -> Array:
    """``side`` points a side over ``domain``, as columns."""
    sides = [np.round(np.linspace(low, high, side), 12) for low, high in domain]
    return np.stack([axis.ravel() for axis in np.meshgrid(*sides)])
