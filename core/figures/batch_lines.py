"""The samples of a table with the line of least squares, for the lines of descents on batches to be drawn on."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.figures.look import Look, axis, compact, layout, note
from core.problems.batches.data import Array, Pair
from core.problems.batches.descent import least_squares, line
from core.problems.batches.race import Ran

# Longer names would not fit beside a short axis.
_LONGEST = 44
# Pixels of a character of a name, which the right margin leaves room for.
_CHARACTER = 7.0


def batch_lines(pair: Pair, runs: Sequence[Ran], look: Look) -> go.Figure:
    """The samples and the best line, with a margin for the names of ``runs``; its axes are called as the table says."""
    across, up = _with_room(pair.x), _with_room(pair.y)
    ends = np.array(across)
    slope, intercept = least_squares(line(pair.x), pair.y)[0]
    longest = max(len(ran.variant.name) for ran in runs)
    samples = {
        "type": "scatter",
        "mode": "markers",
        "name": f"{pair.x.size} samples",
        "x": compact(pair.x),
        "y": compact(pair.y),
        "marker": {"color": look.quiet, "size": 5, "opacity": 0.55},
        "hovertemplate": "x = %{x}<br>y = %{y}<extra></extra>",
    }
    best = {
        "type": "scatter",
        "mode": "lines",
        "name": "least squares",
        "x": ends,
        "y": slope * ends + intercept,
        "line": {"color": look.text, "width": 1.5, "dash": "dash"},
        "hovertemplate": "<b>least squares</b><extra></extra>",
    }
    return go.Figure(
        {
            "data": [samples, best],
            "layout": layout(
                look,
                f"{across} {up}",
                xaxis=axis(look, _named(pair.x_name), across, showgrid=False),
                yaxis=axis(look, _named(pair.y_name), up),
                margin={"l": 56, "r": 16 + _CHARACTER * longest, "t": 14, "b": 48},
                annotations=[_best_name(slope, intercept, across[0], look)],
            ),
        }
    )


def _best_name(slope: float, intercept: float, left: float, look: Look) -> dict[str, Any]:
    """The name of the best line where it begins, on the side where it does not go."""
    side = "top" if slope >= 0 else "bottom"
    height = slope * left + intercept
    return note("least squares", left, height, look.text, bgcolor=look.veil, xanchor="left", yanchor=side, xshift=4)


def _named(text: str) -> str:
    """A column's name, which may be a visitor's text, as a title: nothing in it is markup."""
    return escape(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…", quote=False)


def _with_room(column: Array) -> tuple[float, float]:
    low, high = float(column.min()), float(column.max())
    return low - 0.06 * (high - low), high + 0.06 * (high - low)
