"""What part of a path a picture can show, and how a path that leaves it ends."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.engine.status import Outcome, Status
from core.figures.look import Array
from core.formula.words import digits

Steps = npt.NDArray[np.intp]
# (low, high) across and upwards: the rectangle that the axes show.
View = tuple[tuple[float, float], tuple[float, float]]
Edge = Literal["left", "right", "down", "up"]

# Beyond this many widths of the view on either side nothing is sent, so that no axis meets a number like 1e300.
MARGIN = 3.0
# A longer path is thinned: its first steps are kept in full, the rest by the extremes of equal blocks of steps.
MAX_POINTS = 1500
_KEPT_IN_FULL = 500
# Each block gives its first point and four extremes; the path's last point comes on top.
_BLOCKS = (MAX_POINTS - 1 - _KEPT_IN_FULL) // 5


@dataclass(frozen=True)
class End:
    """Where a path ends in the view.

    ``point`` is the last iterate or, if the line leaves the view for good, the place on the ``edge`` where it does so;
    ``None`` if it never meets the view. ``note`` says what happened ("diverged at step 6", "left the view at step 12"),
    and is empty if the path simply ends in the view.
    """

    point: tuple[float, float] | None
    edge: Edge | None
    note: str

    def label(self, name: str) -> str:
        return f"{name}: {self.note}" if self.note else name


@dataclass(frozen=True, eq=False)
class Cut:
    """The drawable part of a path.

    ``points`` of shape (n, 2) are iterates within ``MARGIN`` of the view, ``steps`` (n,) their step numbers; a row of
    nan separates what was not consecutive. ``flights`` of shape (m, 2) are the parts within ``MARGIN`` of the straight
    lines to and from iterates beyond it, each closed by a row of nan; their ends are no iterates.
    """

    points: Array
    steps: Steps
    flights: Array
    end: End


def cut(points: Array, status: Status, view: View, moments: Steps | None = None) -> Cut:
    """The part of the path ``points`` (shape (steps+1, 2), in axis coordinates) that is worth sending for ``view``.

    Of a path of which not every point is known, ``moments`` are the steps of those that are. What lies beyond the view
    is left for the axes to clip; what lies beyond ``MARGIN`` widths of it is cut off.
    """
    wide = widened(view, MARGIN)
    kept = thinned(points, wide)
    drawn = points[kept]
    inside = within(drawn, wide)
    entry, leave = clipped(drawn[:-1], drawn[1:], wide)
    flying = (entry <= leave) & ~(inside[:-1] & inside[1:])
    start, way = drawn[:-1][flying], np.diff(drawn, axis=0)[flying]
    gap = np.full_like(start, np.nan)
    flights = np.stack(
        [start + entry[flying, None] * way, start + leave[flying, None] * way, gap],
        axis=1,
    ).reshape(-1, 2)
    visible = inside | np.roll(inside, 1)
    rows = np.where(inside[:, None], drawn, np.nan)[visible]
    steps = np.arange(len(points)) if moments is None else moments
    return Cut(rows, steps[kept[visible]], flights, ending(points, status, view, steps))


def ending(points: Array, status: Status, view: View, steps: Steps) -> End:
    """Where and how the path ``points`` of shape (n, 2), which are those after ``steps``, ends in ``view``."""
    note = _failure(status)
    if within(points[-1:], view)[0]:
        return End((float(points[-1, 0]), float(points[-1, 1])), None, note)
    entry, leave = clipped(points[:-1], points[1:], view)
    crossing = np.flatnonzero(entry <= leave)
    if not crossing.size:
        return End(None, None, note)
    last = crossing[-1]
    low, high = np.array(view).T
    point = np.clip(points[last] + leave[last] * (points[last + 1] - points[last]), low, high)
    distance = np.concatenate([point - low, high - point]) / np.tile(high - low, 2)
    edges: tuple[Edge, ...] = ("left", "down", "right", "up")
    edge = edges[int(distance.argmin())]
    return End((float(point[0]), float(point[1])), edge, note or f"left the view at step {steps[last + 1]}")


def thinned(points: Array, box: View) -> Steps:
    """The rows of ``points`` to draw: all of them up to ``MAX_POINTS``, else the first 500, the last one and, of 199
    equal blocks between, the first row and the extremes of both coordinates (outliers beyond ``box`` count as on it).
    """
    count = len(points)
    if count <= MAX_POINTS:
        return np.arange(count)
    size = -(-(count - _KEPT_IN_FULL) // _BLOCKS)
    rest = np.arange(_KEPT_IN_FULL, _KEPT_IN_FULL + size * _BLOCKS).reshape(_BLOCKS, size).clip(max=count - 1)
    low, high = np.array(box).T
    blocks = points.clip(low, high)[rest]
    within = np.stack([blocks.argmin(axis=1), blocks.argmax(axis=1)]).transpose(1, 0, 2).reshape(_BLOCKS, 4)
    extremes = np.take_along_axis(rest, within, axis=1)
    kept: Steps = np.unique(np.concatenate([np.arange(_KEPT_IN_FULL), rest[:, 0], extremes.ravel(), [count - 1]]))
    return kept


def clipped(start: Array, end: Array, box: View) -> tuple[Array, Array]:
    """The shares of the way, each of shape (n,), at which lines from ``start`` to ``end`` enter and leave ``box``.

    The line misses the box where it would enter after leaving (Liang & Barsky 1984, doi:10.1145/357332.357333).
    """
    low, high = np.array(box).T
    way = end - start
    # A step next to nothing overflows, to the infinity that a step of nothing gives.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        first, second = (low - start) / way, (high - start) / way
    # A line along an edge's direction is between the two edges all the way or never.
    still, between = way == 0, (start >= low) & (start <= high)
    enter = np.where(still, np.where(between, -np.inf, np.inf), np.fmin(first, second))
    leave = np.where(still, np.where(between, np.inf, -np.inf), np.fmax(first, second))
    return np.maximum(enter.max(axis=1, initial=0.0), 0.0), np.minimum(leave.min(axis=1, initial=1.0), 1.0)


def widened(view: View, spans: float) -> View:
    """``view`` with ``spans`` times its width added on either side."""
    (left, right), (bottom, top) = view
    across, up = spans * (right - left), spans * (top - bottom)
    return (left - across, right + across), (bottom - up, top + up)


def within(points: Array, box: View) -> npt.NDArray[np.bool_]:
    """Which of ``points`` (n, 2) lie in ``box``, of shape (n,)."""
    low, high = np.array(box).T
    inside: npt.NDArray[np.bool_] = ((points >= low) & (points <= high)).all(axis=1)
    return inside


def _failure(status: Status) -> str:
    if status.outcome not in (Outcome.DIVERGED, Outcome.UNDEFINED):
        return ""
    return f"{status.outcome} at step {digits(status.step)}" if status.step else f"{status.outcome} at the start"
