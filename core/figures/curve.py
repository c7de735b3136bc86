"""A function of one variable with the trails on it, and one step taken apart: slope, tangent, arrow."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.figures import labels, marks
from core.figures.look import DIGITS, SMALL_SIZE, Look, axis, compact, layout, number
from core.figures.trail import MARGIN, Array, Trail, View, cut, widened
from core.objectives import Objective

GRID = 801
# Values beyond these shares of the curve are ignored by the y axis where they stand out.
_LOWEST, _HIGHEST = 0.02, 0.98
_STANDS_OUT = 4.0
# Half the width of the tangent and the height of the arrow above the axis, as shares of the view.
_TANGENT, _ARROW = 0.14, 0.045


def curve(
    objective: Objective,
    trails: Sequence[Trail],
    look: Look,
    step: int | None = None,
    view: tuple[tuple[float, float], ...] | None = None,
) -> go.Figure:
    """``objective``, a function of one variable, with ``trails`` as connected dots on it.

    ``view`` is the part of x shown, ``((low, high),)``, ``objective.domain`` unless given. The y axis covers the values
    there, without poles and other extreme ones; the curve is cut where it leaves it for good, and interrupted where it
    has no value. ``step`` t (0 up to the last iterate) shows how the first trail goes from iterate t to t + 1: the
    tangent at x_t with its slope and, along the axis, the step x_(t+1) − x_t, called −lr·f′(x) only if it is that.
    """
    across = (view or objective.domain)[0]
    x = np.linspace(*across, GRID)
    f = objective.parsed.value(x[None, :])
    up = _heights(f)
    shown_view = (across, up)
    data = [_line(x, f, shown_view, look)]
    listed = [(trail, np.stack([trail.path.x[:, 0], trail.path.loss], axis=1)) for trail in trails]
    cuts = [(trail, cut(points, trail.path.status, shown_view)) for trail, points in listed]
    heads = [label for trail, shown in cuts if (label := marks.head(trail, shown)) is not None]
    stars = {
        local: [(point[0], float(objective.parsed.value(point))) for point in points]
        for points, local in ((objective.minima, False), (objective.other_minima, True))
    }
    begun = marks.distinct((points[0] for _, points in listed), shown_view)
    keep_clear = [*begun, *stars[False], *stars[True]]
    drawing: list[dict[str, Any]] = []
    if step is not None and trails:
        traces, drawing, slope = _step(objective, trails[0], step, shown_view, look)
        data += traces
        heads = [*slope, *heads]
    placed, left_over = labels.place(heads, look, shown_view, keep_clear)
    hover = f"x = %{{x:{DIGITS}}}<br>f = %{{customdata[1]:{DIGITS}}}"
    for trail, shown in cuts:
        unnamed = shown.end.point is None or shown.end.label(trail.name) in left_over
        data += marks.strokes(trail, shown, look, trail.path.loss, hover, legend=unnamed)
    for local, points in stars.items():
        if points:
            data.append(marks.minima([(p, v) for p, v in points], [v for _, v in points], look, local, dimension=1))
    if begun:
        data.append(marks.starts(begun, look))
    return go.Figure(
        {
            "data": data,
            "layout": layout(
                look,
                f"{objective.formula} in {across}",
                xaxis=axis(look, "x", across, showgrid=False),
                yaxis=axis(look, "f(x)", up),
                showlegend=any(trace.get("showlegend") for trace in data),
                annotations=[*drawing, *placed],
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
        "hovertemplate": f"f(%{{x:{DIGITS}}}) = %{{y:{DIGITS}}}<extra></extra>",
    }


def _step(
    objective: Objective, trail: Trail, step: int, view: View, look: Look
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[labels.Label]]:
    """The traces and annotations of one step, and the label of its slope, which is still to be placed."""
    (left, right), (bottom, top) = view
    path = trail.path
    here = float(path.x[min(step, len(path.x) - 1), 0])
    height = float(path.loss[min(step, len(path.loss) - 1)])
    slope = float(objective.parsed.grad(np.array([here]))[0])
    if not (left <= here <= right and bottom <= height <= top and np.isfinite(slope)):
        return [], [], []
    traces: list[dict[str, Any]] = [_tangent(here, height, slope, view, look)]
    notes: list[dict[str, Any]] = []
    slope_label = [labels.Label(f"slope {number(slope)}", look.text, (here, height))]
    if step + 1 >= len(path.x):
        return traces, notes, slope_label
    there = float(path.x[step + 1, 0])
    level = bottom + _ARROW * (top - bottom)
    landing = float(np.clip(path.loss[step + 1], bottom, top))
    feet = [(here, height), (there, landing)] if left <= there <= right else [(here, height)]
    traces.append(
        {
            "type": "scatter",
            "mode": "lines",
            "showlegend": False,
            "hoverinfo": "skip",
            "x": [value for x, _ in feet for value in (x, x, None)],
            "y": [value for _, y in feet for value in (y, level, None)],
            "line": {"color": trail.color, "width": 1, "dash": "dot"},
        }
    )
    tip = min(max(there, left), right)
    notes.append(
        {
            "x": tip,
            "y": level,
            "ax": here,
            "ay": level,
            "xref": "x",
            "yref": "y",
            "axref": "x",
            "ayref": "y",
            "text": "",
            "showarrow": True,
            "arrowhead": 2,
            "arrowsize": 1,
            "arrowwidth": 2,
            "arrowcolor": trail.color,
        }
    )
    middle = (here + tip) / 2
    place = (middle - left) / (right - left)
    notes.append(
        {
            "x": middle,
            "y": level,
            "text": _step_text(trail, step, slope),
            "showarrow": False,
            "font": {"color": trail.color, "size": SMALL_SIZE, "weight": 600},
            "bgcolor": look.veil,
            "borderpad": 1,
            # Towards the inside, so that the label stays on the page near either edge.
            "xanchor": "left" if place < 0.3 else "right" if place > 0.7 else "center",
            "yanchor": "bottom",
            "yshift": 5,
        }
    )
    return traces, notes, slope_label


def _step_text(trail: Trail, step: int, slope: float) -> str:
    path = trail.path
    taken = float(path.x[step + 1, 0] - path.x[step, 0])
    plain = -float(path.terms["lr"][step].item()) * slope
    # Both were rounded: the position when the step was added to it, the step itself when it was computed.
    rounding = 4 * np.finfo(np.float64).eps * (abs(float(path.x[step, 0])) + abs(taken))
    return f"{'−lr·f′(x)' if abs(taken - plain) <= rounding else 'step'} = {number(taken)}"


def _tangent(here: float, height: float, slope: float, view: View, look: Look) -> dict[str, Any]:
    (left, right), (bottom, top) = view
    # Of the same length on the page whatever the slope.
    lean = slope * (right - left) / (top - bottom)
    half = _TANGENT * (right - left) / float(np.hypot(1.0, lean))
    x = np.array([here - half, here + half])
    return {
        "type": "scatter",
        "mode": "lines",
        "showlegend": False,
        "hoverinfo": "skip",
        "x": compact(x),
        "y": compact(height + slope * (x - here)),
        "line": {"color": look.text, "width": 1.5, "dash": "dash"},
    }
