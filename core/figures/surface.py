"""The landscape of two variables in three dimensions, with the trails on it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.figures.landscape import Landscape, landscape
from core.figures.look import DIGITS, SMALL_SIZE, Look, compact, layout, number
from core.figures.marks import distinct
from core.figures.trail import Array, Cut, Trail, View, clipped, cut, within
from core.objectives import Objective

GRID = 90
# How far above the surface trails float, as a share of its height, so that they do not sink into its facets.
_LIFT = 0.012
# The longest straight piece of a trail, as a share of the view: longer steps follow the ground in between.
_PIECE = 0.02
_PLACE = f"(%{{x:{DIGITS}}}, %{{y:{DIGITS}}})<br>f = "


def surface(objective: Objective, trails: Sequence[Trail], look: Look, view: View | None = None) -> go.Figure:
    """``objective``, a function of two variables, as a surface over ``view`` with ``trails`` slightly above it.

    The vertical axis is log10 of the value above the minimum where the objective's levels are logarithmic, and says so;
    heights are clipped for display (``landscape``). Straight steps are laid over the ground and end at the edge of the
    view; the dots are the iterates, and numbers under the pointer are true values.
    """
    view = view or (objective.domain[0], objective.domain[1])
    land = landscape(objective, view, GRID)
    data = [_ground(land, look)]
    for trail in trails:
        shown = cut(trail.path.x, trail.path.status, view)
        data += _trail(trail, shown, land, look)
    begun = np.array(distinct((trail.path.x[0] for trail in trails), view))
    if begun.size:
        data.append(_points(begun, land, "start", {"symbol": "circle-open", "size": 6, "color": look.text}))
    lowest = np.array(distinct(objective.minima, view))
    if lowest.size:
        star = {"symbol": "diamond", "size": 5, "color": look.text}
        data.append(_points(lowest, land, "minimum", star))
    low, high = land.low, land.high
    scene = {
        "xaxis": _axis(look, "x", view[0]),
        "yaxis": _axis(look, "y", view[1]),
        "zaxis": _axis(look, land.title, (low, high + 0.03 * (high - low))),
        "aspectmode": "manual",
        "aspectratio": {"x": 1.0, "y": 1.0, "z": 0.6},
        "camera": {"eye": {"x": -0.76, "y": -1.25, "z": 1.25}, "center": {"x": 0, "y": 0, "z": -0.14}},
        "uirevision": f"{objective.formula} in {view}",
    }
    return go.Figure(
        {
            "data": data,
            "layout": layout(
                look,
                f"{objective.formula} in {view}",
                scene=scene,
                margin={"l": 0, "r": 0, "t": 8, "b": 0},
                showlegend=bool(trails),
                meta={"levels": land.note},
            ),
        }
    )


def surface_heights(objective: Objective, view: View | None = None) -> dict[str, Any]:
    """How ``surface`` turns a loss into a height, for whatever draws on top of it.

    With ``log``, a height is log10 of the loss above the minimum, otherwise the loss itself; it is clipped to ``low`` …
    ``high``, and ``lift`` keeps a line above the surface.
    """
    land = landscape(objective, view or (objective.domain[0], objective.domain[1]), GRID)
    return {"log": land.logarithmic, "low": land.low, "high": land.high, "lift": _LIFT * (land.high - land.low)}


def _axis(look: Look, title: str, limits: tuple[float, float]) -> dict[str, Any]:
    return {
        "title": {"text": title, "font": {"color": look.quiet, "size": SMALL_SIZE}},
        "range": list(limits),
        "tickfont": {"color": look.quiet, "size": 10},
        "gridcolor": look.grid,
        "linecolor": look.grid,
        "zeroline": False,
        "showbackground": False,
        "showspikes": False,
        "nticks": 6,
        "exponentformat": "power",
    }


def _ground(land: Landscape, look: Look) -> dict[str, Any]:
    lines = {
        "show": True,
        "start": land.first,
        "end": land.last,
        "size": land.spacing,
        "color": look.ridge,
        "width": 1,
        "highlight": False,
    }
    return {
        "type": "surface",
        "x": compact(land.x),
        "y": compact(land.y),
        "z": compact(land.height(land.value)),
        "customdata": compact(land.value),
        "cmin": land.low,
        "cmax": land.high,
        "colorscale": look.colorscale,
        "showscale": False,
        "lighting": {"ambient": 0.85, "diffuse": 0.25, "specular": 0.02, "roughness": 1.0, "fresnel": 0.0},
        "contours": {"z": lines, "x": {"highlight": False}, "y": {"highlight": False}},
        "hovertemplate": _PLACE + f"%{{customdata:{DIGITS}}}<extra></extra>",
    }


def _trail(trail: Trail, shown: Cut, land: Landscape, look: Look) -> list[dict[str, Any]]:
    common = {"type": "scatter3d", "legendgroup": trail.name, "opacity": trail.opacity}
    ground = draped(np.concatenate([shown.points, shown.flights]), land.view)
    inside = within(shown.points, land.view)
    dots, steps = shown.points[inside], shown.steps[inside]
    value = land.objective.parsed.value(dots.T)
    traces: list[dict[str, Any]] = [
        {
            **common,
            "mode": "lines",
            "name": shown.end.label(trail.name),
            "hoverinfo": "skip",
            **_above(ground, land),
            "line": {"color": trail.color, "width": 5, "dash": trail.dash},
        },
        {
            **common,
            "mode": "markers",
            "showlegend": False,
            **_above(dots, land),
            "customdata": compact(np.stack([steps, value], axis=1)),
            "marker": {"color": trail.color, "size": 2.5},
            "hovertemplate": f"<b>{trail.name}</b>, step %{{customdata[0]}}<br>{_PLACE}"
            f"%{{customdata[1]:{DIGITS}}}<extra></extra>",
        },
    ]
    if shown.end.point is not None:
        symbol = "diamond" if shown.end.edge else "x" if shown.end.note else "circle"
        mark = {"symbol": symbol, "size": 5, "color": trail.color, "line": {"color": look.background, "width": 1}}
        traces.append(
            {**_points(np.array([shown.end.point]), land, "", mark), **common, "hovertext": shown.end.label(trail.name)}
        )
    return traces


def draped(points: Array, view: View) -> Array:
    """The broken line through ``points`` (n, 2), clipped to ``view`` and cut into pieces short enough to lie on the
    ground; rows of nan separate what is not connected."""
    if len(points) < 2:
        return points
    enter, leave = clipped(points[:-1], points[1:], view)
    # Comparing with nan, next to a gap, is false, as it should be.
    seen = enter <= leave
    start, way = points[:-1][seen], np.diff(points, axis=0)[seen]
    enter, leave = enter[seen], leave[seen]
    low, high = np.array(view).T
    length = (np.abs(way) / (high - low)).max(axis=1, initial=0.0) * (leave - enter)
    count = np.ceil(length / _PIECE).astype(int) + 1
    row = np.repeat(np.arange(len(count)), count + 2)
    at = np.arange(len(row)) - np.repeat(np.cumsum(count + 2) - (count + 2), count + 2)
    share = enter[row] + (leave - enter)[row] * at / count[row]
    line = np.clip(start[row] + share[:, None] * way[row], low, high)
    line[at > count[row]] = np.nan
    # A gap between two pieces that meet would only break the dashes.
    gaps = np.flatnonzero(at > count[row])[:-1]
    meets = (line[gaps - 1] == line[gaps + 1]).all(axis=1)
    return np.delete(line, np.concatenate([gaps[meets], gaps[meets] + 1]), axis=0)


def _above(points: Array, land: Landscape) -> dict[str, Any]:
    height = land.height(land.objective.parsed.value(points.T)) + _LIFT * (land.high - land.low)
    return {"x": compact(points[:, 0]), "y": compact(points[:, 1]), "z": compact(height)}


def _points(points: Array, land: Landscape, called: str, marker: dict[str, Any]) -> dict[str, Any]:
    values = land.objective.parsed.value(points.T)
    return {
        "type": "scatter3d",
        "mode": "markers",
        "showlegend": False,
        **_above(points, land),
        "marker": marker,
        "hoverinfo": "text",
        "hovertext": [
            f"{called} ({number(float(x))}, {number(float(y))})<br>f = {number(float(value))}"
            for (x, y), value in zip(points, values, strict=True)
        ],
    }
