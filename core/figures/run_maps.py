"""Maps of runs, cell by cell, to click in: the loss over two settings, and where two rules end from each start."""

from collections.abc import Sequence
from itertools import product
from math import ceil, floor
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.catalogue.racers import Racer
from core.engine.basins import Basins, Meeting
from core.engine.tracks import FLOOR
from core.engine.two_settings import OUTCOMES, Scale, Setting, SettingsMap
from core.figures import marks
from core.figures.contour import lines
from core.figures.landscape import landscape
from core.figures.look import BASINS, SMALL_SIZE, Array, Look, axis, compact, layout
from core.formula.words import counted, digits
from core.problems.theory.edge import Edge

# The failed: orange beside the blue of the losses, which every kind of sight tells apart.
_DIVERGED = BASINS[1]
# Beyond the strongest colours of a landscape, one that is told from text and from any failure.
_STRONGEST = {"light": "#34506C", "dark": "#AFC1D4"}
# The least share of a step in the loss that counts as one.
_FLAT = 1e-12
# Each meeting of two runs, in colours told apart with every kind of sight; where both agree the landscape is seen best.
_MEETINGS = {
    Meeting.SAME: BASINS[4],
    Meeting.FIRST: BASINS[0],
    Meeting.SECOND: BASINS[1],
    Meeting.DIFFERENT: BASINS[2],
    Meeting.NEITHER: "",
}
_OPACITY = 0.75
# Points of the landscape below a map per side.
_GROUND = 90


def settings_figure(sheet: SettingsMap, edge: Edge, racer: Racer, look: Look) -> go.Figure:
    """The loss at the end over two settings, with theory's ``edge`` and a dot where ``racer`` stands.

    The colour is that of the loss above the known minimum, on a log scale, or else of the loss itself; the strongest
    is that of the start and of all above it. ``customdata`` of a cell is its number, counted along rows.
    """
    heights, low, high, bar = _heights(sheet)
    base = look.landscape
    data: list[dict[str, Any]] = [
        {
            "type": "heatmap",
            "x": sheet.x.edges,
            "y": sheet.y.edges,
            "z": compact(heights),
            "zmin": low,
            "zmax": high,
            "colorscale": _even([*base[::3], _STRONGEST[look.name]]),
            "hoverinfo": "skip",
            "colorbar": {**bar, "thickness": 14, "outlinewidth": 0, "tickfont": {"color": look.quiet}},
        }
    ]
    for place, (name, color) in enumerate((("diverged", _DIVERGED), ("undefined", look.text)), start=1):
        if (sheet.outcome == place).any():
            data += _tinted(sheet.x, sheet.y, sheet.outcome == place, color, name)
    data += [
        *_edge_line(sheet, edge, look),
        _cells(sheet.x, sheet.y, _told(sheet), "%{text}"),
        {
            "type": "scatter",
            "mode": "markers",
            "name": f"{racer.name}, this race",
            "showlegend": True,
            "x": [sheet.across.value(sheet.run)],
            "y": [sheet.up.value(sheet.run)],
            "hoverinfo": "skip",
            "cliponaxis": False,
            "marker": {"color": racer.color, "size": 13, "line": {"color": look.background, "width": 2.5}},
        },
    ]
    drawn = go.Figure(
        {
            "data": data,
            "layout": layout(
                look,
                f"{sheet.run.objective} {sheet.across} {sheet.up}",
                xaxis=_side(look, sheet.across, sheet.x),
                yaxis=_side(look, sheet.up, sheet.y),
                margin={"l": 64, "r": 14, "t": 34, "b": 46},
                showlegend=True,
            ),
        }
    )
    # The dashes of the edge are seen there, too.
    return drawn.update_layout(legend_itemsizing="trace")


def basins_figure(both: Basins, look: Look) -> go.Figure:
    """Where two rules end at the same minimum, and where not, over the landscape; a ring is the start of the race.

    ``customdata`` of a cell is its number, counted along rows.
    """
    objective = both.pair[0][1].run.resolved_objective
    view = (objective.domain[0], objective.domain[1])
    land = landscape(objective, view, _GROUND)
    levels = {"start": land.first, "end": land.last, "size": land.spacing}
    ground = lines(land.x, land.y, land.height(land.value), (land.low, land.high), levels, look)
    # Plotly draws contours above all tints, so these are lines alone.
    own = {"contours": {**levels, "coloring": "none"}, "line": {"color": look.quiet, "width": 0.8}, "showlegend": False}
    data = [{**ground, **own}]
    names, shares = both.names, both.shares
    for meeting, color in _MEETINGS.items():
        title = f"{names[meeting]}, {digits(100 * shares[meeting], '.3g')} %"
        tint = color or look.quiet
        data += _tinted(both.x, both.y, both.meeting == meeting, tint, title, _OPACITY)
    texts = [names[Meeting(meeting)] for meeting in both.meeting.ravel().tolist()]
    begun = marks.distinct([both.pair[0][1].x[0]], view)
    # Only what can be clicked answers to the pointer.
    data += [{**one, "hoverinfo": "skip"} for one in (*marks.stars(objective, look), marks.starts(begun, look))]
    data.append(_cells(both.x, both.y, texts, "from (%{x}, %{y}): %{text}"))
    return go.Figure(
        {
            "data": data,
            "layout": layout(
                look,
                f"basins {objective.formula}",
                xaxis=axis(look, f"start {objective.called[0]}", view[0], showgrid=False),
                yaxis=axis(look, f"start {objective.called[1]}", view[1], showgrid=False),
                margin={"l": 58, "r": 14, "t": 74, "b": 46},
                showlegend=True,
            ),
        }
    )


def _heights(sheet: SettingsMap) -> tuple[Array, float, float, dict[str, Any]]:
    """The losses as they are coloured, the ends of the scale, and its bar."""
    objective, loss = sheet.run.resolved_objective, sheet.loss
    title = f"loss after<br>{counted(sheet.run.steps)}"
    begun = float(objective.parsed.value(sheet.run.start))
    finite = loss[np.isfinite(loss)]
    if objective.minimum is None:
        least = float(finite.min()) if finite.size else begun
        high = begun if np.isfinite(begun) and begun > least else least + 1.0
        if high - least <= _FLAT * abs(high):
            high = least + 1.0
        ticks = np.linspace(least, high, 5)
        return loss, least, high, _bar(title, ticks, [digits(tick) for tick in ticks])
    above = "" if objective.minimum == 0 else "<br>above the minimum"
    heights = np.log10(np.maximum(loss - objective.minimum, FLOOR))
    lowest = floor(float(np.nanmin(heights))) if finite.size else -1
    top = begun - objective.minimum
    highest = ceil(np.log10(top)) if np.isfinite(top) and top > FLOOR else lowest + 1
    highest = max(highest, lowest + 1)
    every = ceil((highest - lowest) / 6)
    powers = np.arange(highest, lowest - 1, -every, dtype=np.float64)
    written = [digits(10.0**power) for power in powers]
    return heights, lowest, highest, _bar(title + above, powers, [f"{written[0]} or more", *written[1:]])


def _bar(title: str, values: Array, texts: Sequence[str]) -> dict[str, Any]:
    # An empty line keeps the title off the highest number.
    return {"title": {"text": f"{title}<br> ", "font": {"size": SMALL_SIZE}}, "tickvals": values, "ticktext": [*texts]}


def _even(colors: Sequence[str]) -> list[list[Any]]:
    return [[place / (len(colors) - 1), color] for place, color in enumerate(colors)]


def _tinted(x: Scale, y: Scale, where: Any, color: str, name: str, opacity: float = 1.0) -> list[dict[str, Any]]:
    """The cells ``where`` something is true in one ``color``, and an entry of the legend for it."""
    tint = {
        "type": "heatmap",
        "x": x.edges,
        "y": y.edges,
        "z": np.where(where, 1.0, np.nan).astype(np.float32),
        "zmin": 0,
        "zmax": 1,
        "colorscale": _even([color, color]),
        "showscale": False,
        "opacity": opacity,
        "hoverinfo": "skip",
    }
    entry = {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "showlegend": True,
        "x": [None],
        "y": [None],
        "marker": {"symbol": "square", "size": 12, "color": color, "opacity": opacity},
    }
    return [tint, entry]


def _cells(x: Scale, y: Scale, texts: Sequence[str], hover: str) -> dict[str, Any]:
    """A mark in each cell that cannot be seen: Plotly lets only marks be clicked. ``texts`` are named by ``hover``."""
    across, up = np.meshgrid(x.values, y.values)
    unseen: dict[str, Any] = {"marker": {"opacity": 0}}
    return {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        "x": across.ravel(),
        "y": up.ravel(),
        "customdata": [str(cell) for cell in range(across.size)],
        "text": [*texts],
        "hovertemplate": f"{hover}<extra></extra>",
        "marker": {"size": 10, "symbol": "square", "opacity": 0},
        "selected": unseen,
        "unselected": unseen,
    }


def _told(sheet: SettingsMap) -> list[str]:
    """Each cell in words."""
    across, up = _small(sheet.across), _small(sheet.up)
    places = product(map(digits, sheet.y.values), map(digits, sheet.x.values))
    ends = [
        f"loss {digits(loss)}" if outcome == 0 else str(OUTCOMES[outcome])
        for loss, outcome in zip(sheet.loss.ravel(), sheet.outcome.ravel(), strict=True)
    ]
    return [f"{across} {x}, {up} {y}<br>{end}" for (y, x), end in zip(places, ends, strict=True)]


def _edge_line(sheet: SettingsMap, edge: Edge, look: Look) -> list[dict[str, Any]]:
    """Theory's edge, dashed, with an outline that parts it from any colour below."""
    if not edge.rates.size:
        return []
    x, y = (edge.rates, edge.other) if sheet.across.name == "lr" else (edge.other, edge.rates)
    line = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "x": x, "y": y}
    return [
        {**line, "showlegend": False, "line": {"color": look.background, "width": 5}},
        {**line, "showlegend": True, "name": "theory's edge", "line": {"color": look.text, "width": 2, "dash": "dash"}},
    ]


def _small(setting: Setting) -> str:
    return setting.label[0].lower() + setting.label[1:]


def _side(look: Look, setting: Setting, scale: Scale) -> dict[str, Any]:
    low, high = scale.edges[[0, -1]].tolist()
    if scale.logarithmic:
        return axis(look, f"{_small(setting)}, log scale", (np.log10(low), np.log10(high)), type="log", showgrid=False)
    return axis(look, _small(setting), (low, high), showgrid=False)
