"""The landscape of two variables from above, with the paths of a race on it."""

import numpy as np
import plotly.graph_objects as go

from core.figures import labels, marks
from core.figures.landscape import Landscape, landscape
from core.figures.look import DIGITS, SMALL_SIZE, Look, axis, compact, layout
from core.figures.trail import View, cut
from core.objectives import Objective
from core.summary import Race

# Points of the grid per side. The values under the pointer come from a coarser one: they are exact where they stand.
GRID = 130
_POINTER_STEP = 3
_HOVER = f"(%{{x:{DIGITS}}}, %{{y:{DIGITS}}})<br>f = %{{customdata[1]:{DIGITS}}}"


def contour(objective: Objective, race: Race, look: Look, view: View | None = None) -> go.Figure:
    """``objective``, a function of two variables, as quiet contours with the paths of ``race`` on top.

    ``view`` is the rectangle shown, ``objective.domain`` unless given; both axes show exactly it, in the units of x and
    y. Heights are clipped for display (``landscape``), paths outside the view are cut (``trail``); numbers under the
    pointer are true values. The note under the x axis, also ``layout.meta["levels"]``, says what the lines stand for.
    """
    view = view or (objective.domain[0], objective.domain[1])
    land = landscape(objective, view, GRID)
    data = [_lines(land, look), _pointer(land)]
    cuts = [cut(path.x, path.status, view) for _, path in race]
    heads = [head for (racer, _), shown in zip(race, cuts, strict=True) if (head := marks.head(racer, shown))]
    begun = marks.distinct((path.x[0] for _, path in race), view)
    stars = [*objective.minima, *objective.other_minima]
    placed, _ = labels.place(heads, look, view, [*begun, *((x, y) for x, y in stars)])
    named = {note["text"] for note in placed}
    for (racer, path), shown in zip(race, cuts, strict=True):
        unnamed = shown.end.label(racer.name) not in named
        data += marks.strokes(racer, shown, look, path.loss, _HOVER, legend=unnamed)
    data += marks.stars(objective, look)
    if begun:
        data.append(marks.starts(begun, look))
    note = f"{objective.called[0]}<br><span style='font-size:{SMALL_SIZE}px'>{land.note}</span>"
    return go.Figure(
        {
            "data": data,
            "layout": layout(
                look,
                f"{objective.formula} in {view}",
                xaxis=axis(look, note, view[0], showgrid=False),
                yaxis=axis(look, objective.called[1], view[1], showgrid=False),
                margin={"l": 52, "r": 16, "t": 14, "b": 64},
                showlegend=any(trace.get("showlegend") for trace in data),
                annotations=placed,
                meta={"levels": land.note},
            ),
        }
    )


def _lines(land: Landscape, look: Look) -> dict[str, object]:
    return {
        "type": "contour",
        "x0": land.x[0],
        "dx": land.x[1] - land.x[0],
        "y0": land.y[0],
        "dy": land.y[1] - land.y[0],
        "z": compact(land.height(land.value)),
        "zmin": land.low,
        "zmax": land.high,
        "autocontour": False,
        "contours": {"start": land.first, "end": land.last, "size": land.spacing, "coloring": "fill"},
        "line": {"color": look.line, "width": 0.8},
        "colorscale": look.colorscale,
        "showscale": False,
        "hoverinfo": "skip",
    }


def _pointer(land: Landscape) -> dict[str, object]:
    """An invisible layer that tells the value under the pointer."""
    every = slice(None, None, _POINTER_STEP)
    value = land.value[every, every]
    return {
        "type": "heatmap",
        "x0": land.x[0],
        "dx": land.x[_POINTER_STEP] - land.x[0],
        "y0": land.y[0],
        "dy": land.y[_POINTER_STEP] - land.y[0],
        "z": compact(np.where(np.abs(value) < 1e30, value, np.nan)),
        "zsmooth": "fast",
        "opacity": 0,
        "showscale": False,
        "hovertemplate": f"f(%{{x:{DIGITS}}}, %{{y:{DIGITS}}}) = %{{z:{DIGITS}}}<extra></extra>",
    }
