"""The picture of a finding: its series with direct names, its reference lines; and the same made small."""

import math
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.catalogue.optimizers import PALETTE
from core.engine.findings import Array, Mark, Plot, Series
from core.figures.look import SMALL_SIZE, Look, axis, compact, layout, written

# Room around the data, as a share of its range.
_ROOM = 0.06
# A log axis goes at most this many powers of ten below its largest value.
_DECADES = 18.0
# Values that are no farther apart, for their size, differ by rounding alone.
_ROUNDING = 1e-9
# The share of the way across beyond which the name of a line stands before it, as there is no room behind it.
_LATE = 0.8
# Pixels that a small picture is high, and numbers on each of its axes.
PREVIEW_HEIGHT = 170
_SMALL = SMALL_SIZE - 1
_TICKS = 4


def plot(picture: Plot, look: Look) -> go.Figure:
    """``picture`` with the ranges of its finite values; on log axes, values that are not positive are left out.

    Series are named in a legend above the axes, reference lines at the line.
    """
    across = _limits([series.x for series in picture.series], _marked(picture, "x"), picture.log_x)
    up = _limits([series.y for series in picture.series], _marked(picture, "y"), picture.log_y)
    return go.Figure(
        {
            "data": [_trace(series, index, picture) for index, series in enumerate(picture.series)],
            "layout": layout(
                look,
                f"{picture.x_title} {picture.y_title} {across} {up}",
                xaxis=axis(look, picture.x_title, across, showgrid=False, **_scale(picture.log_x)),
                yaxis=axis(look, picture.y_title, up, **_scale(picture.log_y)),
                showlegend=len(picture.series) > 1,
                margin={"l": 64, "r": 18, "t": 34 if len(picture.series) > 1 else 14, "b": 46},
                shapes=[_line(mark, picture, look) for mark in picture.marks],
                annotations=[_name(mark, picture, look, across) for mark in picture.marks],
            ),
        }
    )


def preview(picture: Plot, look: Look) -> go.Figure:
    """``picture`` with narrow margins and few numbers on its axes, for a height of ``PREVIEW_HEIGHT`` pixels."""
    figure = plot(picture, look)
    named = len(picture.series) > 1
    figure.update_layout(
        margin={"l": 52, "r": 8, "t": 24 if named else 8, "b": 38},
        legend={"font": {"size": _SMALL}, "itemsizing": "trace", "itemclick": False, "itemdoubleclick": False},
        dragmode=False,
    )
    for side in (figure.layout.xaxis, figure.layout.yaxis):
        side.update(fixedrange=True, nticks=_TICKS + 1, tickfont_size=_SMALL, title_font_size=_SMALL, title_standoff=4)
        if side.type == "log":
            # Whole powers of ten; Plotly would number 2 and 5 between them.
            low, high = side.range
            side.dtick = max(1, math.ceil((high - low) / _TICKS))
    figure.update_traces(line_width=1.8, marker_size=5)
    return figure


def _marked(picture: Plot, which: str) -> list[float]:
    return [mark.value for mark in picture.marks if mark.axis == which]


def _scale(logarithmic: bool) -> dict[str, Any]:
    return {"type": "log"} if logarithmic else {}


def _limits(values: list[Array], marks: list[float], logarithmic: bool) -> tuple[float, float]:
    """The range of the finite values in axis units, with some room around it."""
    everything = np.concatenate([np.ravel(part).astype(np.float64) for part in [*values, np.array(marks)]])
    usable = everything[np.isfinite(everything) & ((everything > 0) | (not logarithmic))]
    if logarithmic:
        usable = np.log10(usable)
    if not usable.size:
        return 0.0, 1.0
    low, high = float(usable.min()), float(usable.max())
    if logarithmic:
        low = max(low, high - _DECADES)
    room = _ROOM * (high - low) if high - low > _ROUNDING * max(abs(low), abs(high)) else 0.5
    return low - room, high + room


def _trace(series: Series, index: int, picture: Plot) -> dict[str, Any]:
    color = series.color or PALETTE[index % len(PALETTE)]
    usable = np.isfinite(series.x) & np.isfinite(series.y)
    if picture.log_x:
        usable &= series.x > 0
    if picture.log_y:
        usable &= series.y > 0
    return {
        "type": "scatter",
        "mode": series.mode,
        "name": series.name,
        "showlegend": bool(series.name),
        "x": compact(np.where(usable, series.x, np.nan)),
        "y": compact(np.where(usable, series.y, np.nan)),
        "line": {"color": color, "width": 2, "dash": series.dash},
        "marker": {"color": color, "size": 7},
        "text": [f"{x}: {y}" for x, y in zip(written(series.x), written(series.y), strict=True)],
        "hovertemplate": f"{series.name}<br>%{{text}}<extra></extra>",
    }


def _line(mark: Mark, picture: Plot, look: Look) -> dict[str, Any]:
    other = "y" if mark.axis == "x" else "x"
    return {
        "type": "line",
        f"{mark.axis}0": mark.value,
        f"{mark.axis}1": mark.value,
        f"{other}0": 0,
        f"{other}1": 1,
        f"{other}ref": "paper",
        "line": {"color": look.quiet, "width": 1, "dash": "dot"},
    }


def _name(mark: Mark, picture: Plot, look: Look, across: tuple[float, float]) -> dict[str, Any]:
    logarithmic = picture.log_x if mark.axis == "x" else picture.log_y
    position = float(np.log10(mark.value)) if logarithmic else mark.value
    note = {
        "text": mark.label,
        "showarrow": False,
        "font": {"size": SMALL_SIZE, "color": look.quiet},
        "bgcolor": look.veil,
    }
    if mark.axis == "x":
        late = position - across[0] > _LATE * (across[1] - across[0])
        side = {"xanchor": "right", "xshift": -4} if late else {"xanchor": "left", "xshift": 4}
        return {**note, "x": position, "y": 1, "yref": "paper", "yanchor": "top", **side}
    return {**note, "y": position, "x": 1, "xref": "paper", "xanchor": "right", "yanchor": "bottom"}
