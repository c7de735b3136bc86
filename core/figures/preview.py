"""A finding's picture made small: what a section shows beside its introduction."""

import math

import plotly.graph_objects as go

from core.figures.look import SMALL_SIZE, Look
from core.figures.plot import plot
from core.findings import Plot

# Pixels.
HEIGHT = 170
_SMALL = SMALL_SIZE - 1
# Numbers on an axis.
_TICKS = 4


def preview(picture: Plot, look: Look) -> go.Figure:
    """``picture`` with narrow margins and few numbers on its axes, for a height of ``HEIGHT`` pixels."""
    figure = plot(picture, look)
    named = len(picture.series) > 1
    figure.update_layout(
        margin={"l": 52, "r": 8, "t": 24 if named else 8, "b": 38},
        legend={"font": {"size": _SMALL}, "itemsizing": "trace", "itemclick": False, "itemdoubleclick": False},
        dragmode=False,
    )
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        axis.update(fixedrange=True, nticks=_TICKS + 1, tickfont_size=_SMALL, title_font_size=_SMALL, title_standoff=4)
        if axis.type == "log":
            # Whole powers of ten; Plotly would number 2 and 5 between them.
            low, high = axis.range
            axis.dtick = max(1, math.ceil((high - low) / _TICKS))
    figure.update_traces(line_width=1.8, marker_size=5)
    return figure
