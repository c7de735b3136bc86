"""A function of one variable as a line, with its minima."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.catalogue.objectives import Objective
from core.figures import marks
from core.figures.look import Array, Look, axis, compact, layout, written
from core.figures.trail import MARGIN, View, widened

GRID = 801
# Values beyond these shares of the curve are ignored by the y axis where they stand out.
_LOWEST, _HIGHEST = 0.02, 0.98
_STANDS_OUT = 4.0


def curve(objective: Objective, look: Look) -> go.Figure:
    """``objective``, a function of one variable, over its domain.

    The y axis covers the values there, without poles and other extreme ones; the curve is cut where it leaves it for
    good, and interrupted where it has no value.
    """
    across = objective.domain[0]
    x = np.linspace(*across, GRID)
    f = objective.parsed.value(x[None, :])
    up = _heights(f)
    return go.Figure(
        {
            "data": [
                _line(x, f, (across, up), look),
                *marks.box(objective, look, (across, up)),
                *marks.stars(objective, look),
            ],
            "layout": layout(
                look,
                f"{objective.formula} in {across}",
                xaxis=axis(look, "x", across, showgrid=False),
                yaxis=axis(look, "f(x)", up),
            ),
        }
    )


def _heights(f: Array) -> tuple[float, float]:
    """The part of the y axis to show for the values ``f``, with a little room above and more below, for the arrow."""
    finite = np.sort(f[np.isfinite(f)])
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite[0]), float(finite[-1])
    inner = [float(finite[round(share * (finite.size - 1))]) for share in (_LOWEST, _HIGHEST)]
    if high - low > _STANDS_OUT * (inner[1] - inner[0]) > 0:
        low, high = inner
    span = high - low
    if span <= 1e-12 * max(abs(low), abs(high), 1.0):
        low, span = low - 0.5, 1.0
    return low - 0.26 * span, low + 1.07 * span


def _line(x: Array, f: Array, view: View, look: Look) -> dict[str, Any]:
    _, (bottom, top) = view
    low, high = widened(view, MARGIN)[1]
    y = np.where(np.isfinite(f), f, np.nan)
    # From beyond one side to beyond the other within one pixel: a pole, not a wall.
    above, below = y > top, y < bottom
    pole = (above[:-1] & below[1:]) | (below[:-1] & above[1:])
    y[:-1][pole] = np.nan
    return {
        "type": "scatter",
        "mode": "lines",
        "showlegend": False,
        "x": compact(x),
        "y": compact(np.clip(y, low, high)),
        "line": {"color": look.quiet, "width": 1.8},
        "text": written(f),
        "hovertemplate": "f(%{x}) = %{text}<extra></extra>",
    }
