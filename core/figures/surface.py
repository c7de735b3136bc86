"""The landscape of two variables in three dimensions."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.catalogue.objectives import Objective
from core.figures.landscape import Landscape, landscape
from core.figures.look import SMALL_SIZE, Array, Look, compact, layout, written
from core.figures.marks import distinct
from core.figures.trail import View
from core.formula.words import digits

GRID = 90
# Pixels around a scene, which has its titles inside.
MARGIN = {"l": 0, "r": 0, "t": 8, "b": 0}
# How far above the surface a path floats, as a share of its height, so that it does not sink into its facets.
_LIFT = 0.012


def surface(objective: Objective, look: Look) -> go.Figure:
    """``objective``, a function of two variables, as a surface over its domain.

    The vertical axis is log10 of the value above the minimum where the objective's levels are logarithmic, and says so;
    heights are clipped for display (``landscape``). Numbers under the pointer are true values.
    """
    land = _land(objective)
    levels = {"start": land.first, "end": land.last, "size": land.spacing}
    limits = (land.low, land.high)
    data = [ground(land.x, land.y, land.height(land.value), limits, levels, land.value, "f = ", look)]
    data += _box(land, look)
    lowest = np.array(distinct(objective.minima, land.view))
    if lowest.size:
        data.append(_minima(lowest, land, look))
    revision = f"{objective.formula} in {land.view}"
    more = {"scene": scene(("x", "y", land.title), land.view, limits, revision, look), "meta": {"levels": land.note}}
    return go.Figure({"data": data, "layout": layout(look, revision, margin=MARGIN, **more)})


def scene(titles: Sequence[str], view: View, limits: tuple[float, float], revision: str, look: Look) -> dict[str, Any]:
    """Three axes with ``titles`` over ``view`` and the heights ``limits``, and where they are seen from."""
    low, high = limits
    ranges = (*view, (low, high + 0.03 * (high - low)))
    axes = zip("xyz", titles, ranges, strict=True)
    return {
        **{f"{name}axis": _axis(look, title, limits) for name, title, limits in axes},
        "aspectmode": "manual",
        "aspectratio": {"x": 1.0, "y": 1.0, "z": 0.6},
        "camera": {"eye": {"x": -0.66, "y": -1.08, "z": 1.08}, "center": {"x": 0, "y": 0, "z": -0.12}},
        "uirevision": revision,
    }


def surface_heights(objective: Objective) -> dict[str, Any]:
    """How ``surface`` turns a loss into a height, for whatever draws on top of it.

    With ``log``, a height is log10 of the loss above the minimum, otherwise the loss itself; it is clipped to ``low`` …
    ``high``, and ``lift`` keeps a line above the surface.
    """
    land = _land(objective)
    return {"log": land.logarithmic, "low": land.low, "high": land.high, "lift": _lift(land)}


def _land(objective: Objective) -> Landscape:
    return landscape(objective, (objective.domain[0], objective.domain[1]), GRID)


def _lift(land: Landscape) -> float:
    return _LIFT * (land.high - land.low)


def _axis(look: Look, title: str, limits: tuple[float, float]) -> dict[str, Any]:
    return {
        "title": {"text": title, "font": {"color": look.quiet, "size": SMALL_SIZE}},
        "range": list(limits),
        # Plotly would turn their numbers; the contour lines beside it have them, and so has the pointer.
        "showticklabels": False,
        "gridcolor": look.grid,
        "linecolor": look.grid,
        "zeroline": False,
        "showbackground": False,
        "showspikes": False,
        "nticks": 6,
        "exponentformat": "power",
        "hoverformat": ".4~g",
    }


def ground(
    x: Array,
    y: Array,
    heights: Array,
    limits: tuple[float, float],
    levels: Mapping[str, float],
    values: Array,
    called: str,
    look: Look,
) -> dict[str, Any]:
    """``heights`` on the grid of ``x`` and ``y``, coloured over ``limits``, with lines at the ``levels``.

    Under the pointer stand the ``values``, after what they are ``called``.
    """
    lines = {"show": True, **levels, "color": look.ridge, "width": 1, "highlight": False}
    return {
        "type": "surface",
        "x": compact(x),
        "y": compact(y),
        "z": compact(heights),
        "cmin": limits[0],
        "cmax": limits[1],
        "colorscale": look.colorscale,
        "showscale": False,
        "lighting": {"ambient": 0.85, "diffuse": 0.25, "specular": 0.02, "roughness": 1.0, "fresnel": 0.0},
        "contours": {"z": lines, "x": {"highlight": False}, "y": {"highlight": False}},
        "text": written(values),
        "hovertemplate": f"(%{{x}}, %{{y}})<br>{called}%{{text}}<extra></extra>",
    }


def _box(land: Landscape, look: Look) -> list[dict[str, Any]]:
    """The edge of the box that runs are held in, as a line on the surface."""
    ends = land.objective.parsed.box
    if ends is None:
        return []
    (left, right), (bottom, top) = (
        (max(low, first), min(high, last)) for (low, high), (first, last) in zip(ends, land.view, strict=True)
    )
    corners = np.array([(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)])
    edge = np.concatenate([np.linspace(a, b, GRID) for a, b in pairwise(corners)])
    return [
        {
            "type": "scatter3d",
            "mode": "lines",
            "showlegend": False,
            "x": compact(edge[:, 0]),
            "y": compact(edge[:, 1]),
            "z": compact(land.height(land.objective.parsed.value(edge.T)) + _lift(land)),
            "line": {"color": look.text, "width": 3, "dash": "dash"},
            "hoverinfo": "skip",
        }
    ]


def _minima(points: Array, land: Landscape, look: Look) -> dict[str, Any]:
    values = land.objective.parsed.value(points.T)
    return {
        "type": "scatter3d",
        "mode": "markers",
        "showlegend": False,
        "x": compact(points[:, 0]),
        "y": compact(points[:, 1]),
        "z": compact(land.height(values) + _lift(land)),
        "marker": {"symbol": "diamond", "size": 5, "color": look.text},
        "hoverinfo": "text",
        "hovertext": [
            f"minimum ({digits(float(x))}, {digits(float(y))})<br>f = {digits(float(value))}"
            for (x, y), value in zip(points, values, strict=True)
        ],
    }
