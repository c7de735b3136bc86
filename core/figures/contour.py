"""The landscape of two variables from above, with the paths of a race on it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.catalogue.objectives import Objective
from core.engine.summary import Race
from core.figures import labels, marks
from core.figures.landscape import landscape
from core.figures.look import SMALL_SIZE, Array, Look, axis, compact, layout, written
from core.figures.trail import View, cut

# Points of the grid per side. The values under the pointer come from a coarser one: they are exact where they stand.
GRID = 130
_POINTER_STEP = 3


def contour(objective: Objective, race: Race, look: Look, view: View | None = None) -> go.Figure:
    """``objective``, a function of two variables, as quiet contours with the paths of ``race`` on top.

    ``view`` is the rectangle shown, ``objective.domain`` unless given; both axes show exactly it, in the units of x and
    y. Heights are clipped for display (``landscape``), paths outside the view are cut (``trail``); numbers under the
    pointer are true values. The note under the x axis, also ``layout.meta["levels"]``, says what the lines stand for.
    """
    view = view or (objective.domain[0], objective.domain[1])
    land = landscape(objective, view, GRID)
    every = slice(None, None, _POINTER_STEP)
    value = land.value[every, every]
    levels = {"start": land.first, "end": land.last, "size": land.spacing}
    data = [
        lines(land.x, land.y, land.height(land.value), (land.low, land.high), levels, look),
        pointer(
            land.x[every],
            land.y[every],
            np.where(np.abs(value) < 1e30, value, np.nan),
            "f(%{x}, %{y}) = %{text}",
        ),
    ]
    cuts = [cut(path.x, path.status, view) for _, path in race]
    heads = [head for (racer, _), part in zip(race, cuts, strict=True) if (head := marks.head(racer, part))]
    begun = marks.distinct((path.x[0] for _, path in race), view)
    stars = [*objective.minima, *objective.other_minima]
    placed, _ = labels.arrange(heads, look, view, [*begun, *((x, y) for x, y in stars)])
    named = {note["text"] for note in placed}
    for (racer, path), part in zip(race, cuts, strict=True):
        unnamed = part.end.label(racer.name) not in named
        data += marks.strokes(racer, part, look, path.loss, legend=unnamed)
    data += [*marks.box(objective, look, view), *marks.stars(objective, look)]
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


def lines(
    x: Array, y: Array, heights: Array, limits: tuple[float, float], levels: Mapping[str, float], look: Look
) -> dict[str, Any]:
    """``heights`` on the grid of ``x`` and ``y`` as quiet contours, coloured over ``limits``.

    The lines are at the ``levels`` from "start" to "end" by "size".
    """
    return {
        "type": "contour",
        **_places(x, y),
        "z": compact(heights),
        "zmin": limits[0],
        "zmax": limits[1],
        "autocontour": False,
        "contours": {**levels, "coloring": "fill"},
        "line": {"color": look.line, "width": 0.8},
        "colorscale": look.colorscale,
        "showscale": False,
        "hoverinfo": "skip",
    }


def pointer(x: Array, y: Array, values: Array, hover: str) -> dict[str, Any]:
    """An invisible layer that tells the value under the pointer, the text of ``hover``."""
    return {
        "type": "heatmap",
        **_places(x, y),
        "z": compact(values),
        "zsmooth": "fast",
        "opacity": 0,
        "showscale": False,
        "text": written(values),
        "hovertemplate": f"{hover}<extra></extra>",
    }


def _places(x: Array, y: Array) -> dict[str, float]:
    """Where the points of an evenly spaced grid are."""
    return {"x0": x[0], "dx": x[1] - x[0], "y0": y[0], "dy": y[1] - y[0]}
