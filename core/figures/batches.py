"""Descents on batches: their paths in the bowl of the loss, and their lines among the samples."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.engine.status import Outcome, Status
from core.figures import marks
from core.figures.contour import lines, pointer
from core.figures.look import SMALL_SIZE, Look, axis, compact, layout
from core.figures.trail import View, cut
from core.formula.words import digits
from core.problems.batches.data import Array, Pair
from core.problems.batches.descent import least_squares, line, losses
from core.problems.batches.race import Ran, level

# Points of the bowl per side; a parabola is smooth.
_GRID = 61
# Lines of the bowl up to the start's, evenly spaced in the root of the loss above the lowest.
_LINES = 6
# Height, as a multiple of the root at the start, that has the strongest colour: beyond the corners, to keep them quiet.
_PALE = 2.4
# Room around the ellipse on which the loss is that of the start, as a share of its half extents.
_ROOM = 0.15
# What is still to come of a path is drawn, faintly.
_TO_COME = 0.3


def batch_paths(pair: Pair, runs: Sequence[Ran], moment: int, look: Look) -> go.Figure:
    """The loss over slope w and intercept b as quiet contours, and the path of each run up to update ``moment``.

    The view holds all lines whose loss is at most that of the start. Paths outside it are cut; a star marks least
    squares, a ring the start, a dot where each run stands.
    """
    start = runs[0].weights[0]
    best, lowest = least_squares(line(pair.x), pair.y)
    reach = level(pair, start.tolist())
    view = _bowl_view(pair, best, reach)
    across, up, loss = _grid(pair, view, _GRID)
    levels = {"start": 1 / _LINES, "end": 10 / _LINES, "size": 1 / _LINES}
    height = np.sqrt(np.maximum(loss - lowest, 0.0) / reach)
    data = [
        lines(across, up, height, (0.0, _PALE), levels, look),
        pointer(*_grid(pair, view, _GRID // 2), "w = %{x}, b = %{y}<br>loss = %{text}"),
    ]
    for ran in reversed(runs):
        data += _path(ran, moment, view, look)
    data.append(marks.minima([(float(best[0]), float(best[1]))], [lowest], look, local=False))
    data.append(marks.starts(marks.distinct([start], view), look))
    note = f"lines at even steps of √(loss − {digits(lowest)})"
    return go.Figure(
        {
            "data": data,
            "layout": layout(
                look,
                f"{view}",
                xaxis=axis(
                    look, f"slope w<br><span style='font-size:{SMALL_SIZE}px'>{note}</span>", view[0], showgrid=False
                ),
                yaxis=axis(look, "intercept b", view[1], showgrid=False),
                margin={"l": 56, "r": 16, "t": 34, "b": 64},
                showlegend=True,
                legend_traceorder="reversed",
            ),
        }
    )


def _bowl_view(pair: Pair, best: Array, reach: float) -> View:
    """The box of the ellipse on which the loss is ``reach`` above its lowest, with some room."""
    upper = np.linalg.qr(line(pair.x))[1]
    inverse = np.linalg.inv(upper)
    half = np.sqrt(reach * pair.x.size * (inverse**2).sum(axis=1)) * (1 + _ROOM)
    (left, bottom), (right, top) = best - half, best + half
    return (float(left), float(right)), (float(bottom), float(top))


def _grid(pair: Pair, view: View, size: int) -> tuple[Array, Array, Array]:
    across, up = (np.linspace(low, high, size) for low, high in view)
    points = np.stack(np.broadcast_arrays(across[None, :], up[:, None]), axis=-1)
    return across, up, losses(line(pair.x), pair.y, points)


def _path(ran: Ran, moment: int, view: View, look: Look) -> list[dict[str, Any]]:
    """The part of a run until ``moment``, faintly what follows, and a dot where it stands."""
    variant = ran.variant
    walked = _walked(ran)
    here = min(moment, len(walked) - 1)
    pen = {"color": variant.color, "width": 1.5 if variant.batch == 1 else 2.5}
    common = {"type": "scatter", "legendgroup": variant.name, "cliponaxis": True}
    parts = [(walked[: here + 1], 1.0), (walked[here:], _TO_COME)]
    traces: list[dict[str, Any]] = []
    for (points, opacity), begin in zip(parts, (0, here), strict=True):
        status = Status(Outcome.FINISHED, len(points) - 1, "")
        shown_part = cut(points, status, view)
        drawn = np.concatenate([shown_part.points, np.full((1, 2), np.nan), shown_part.flights])
        steps = np.concatenate([shown_part.steps + begin, np.full(1 + len(shown_part.flights), np.nan)])
        traces.append(
            {
                **common,
                "mode": "lines",
                "name": variant.name,
                "showlegend": opacity == 1.0,
                "opacity": opacity,
                "x": compact(drawn[:, 0]),
                "y": compact(drawn[:, 1]),
                "line": pen,
                "customdata": compact(steps),
                "hovertemplate": f"<b>{variant.name}</b>, update %{{customdata}}<br>"
                "w = %{x}, b = %{y}<extra></extra>",
            }
        )
    traces.append(
        {
            **common,
            "mode": "markers",
            "showlegend": False,
            "x": compact(walked[here : here + 1, 0]),
            "y": compact(walked[here : here + 1, 1]),
            "hovertemplate": f"<b>{variant.name}</b> after update {digits(here)}<extra></extra>",
            "marker": {"color": variant.color, "size": 10, "line": {"color": look.background, "width": 1.5}},
        }
    )
    return traces


def _walked(ran: Ran) -> Array:
    """The weights of a run until it diverged."""
    return ran.weights if ran.diverged_at < 0 else ran.weights[: ran.diverged_at]


def batch_lines(pair: Pair, runs: Sequence[Ran], moment: int, look: Look) -> go.Figure:
    """The samples, and the line that each run has fitted after update ``moment``; its names are the table's."""
    (left, right), (bottom, top) = view = _with_room(pair.x), _with_room(pair.y)
    ends = np.array([left, right])
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": f"{pair.x.size} samples",
            "showlegend": False,
            "x": compact(pair.x),
            "y": compact(pair.y),
            "marker": {"color": look.quiet, "size": 5, "opacity": 0.55},
            "hovertemplate": "x = %{x}<br>y = %{y}<extra></extra>",
        }
    ]
    best = least_squares(line(pair.x), pair.y)[0]
    drawn: list[tuple[str, str, str, float, Array]] = [("least squares", look.text, "dash", 1.5, best)]
    for ran in reversed(runs):
        walked = _walked(ran)
        width = 2.0 if ran.variant.batch == 1 else 3.0
        drawn.append(
            (ran.variant.name, ran.variant.color, ran.variant.dash, width, walked[min(moment, len(walked) - 1)])
        )
    for name, color, dash, width, (slope, intercept) in drawn:
        # A line beyond these is out of sight at either end.
        heights = np.clip(slope * ends + intercept, bottom - 9 * (top - bottom), top + 9 * (top - bottom))
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": ends,
                "y": heights,
                "line": {"color": color, "width": width, "dash": dash},
                "hovertemplate": f"<b>{name}</b><extra></extra>",
            }
        )
    return go.Figure(
        {
            "data": data,
            "layout": layout(
                look,
                f"{view}",
                xaxis=axis(look, _named(pair.x_name), view[0], showgrid=False),
                yaxis=axis(look, _named(pair.y_name), view[1]),
                margin={"l": 56, "r": 16, "t": 34, "b": 48},
                showlegend=True,
                legend_traceorder="reversed",
            ),
        }
    )


# Longer names would not fit beside a short axis.
_LONGEST = 44


def _named(text: str) -> str:
    """A column's name, which may be a visitor's text, as a title: nothing in it is markup."""
    return escape(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…", quote=False)


def _with_room(column: Array) -> tuple[float, float]:
    low, high = float(column.min()), float(column.max())
    return low - 0.06 * (high - low), high + 0.06 * (high - low)
