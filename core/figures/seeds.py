"""A noisy run with many seeds as pictures: the band of its losses over the steps, and the cloud of its ends."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.catalogue.objectives import Objective
from core.catalogue.racers import Racer
from core.engine.findings import Plot, Series, drawn_moments
from core.engine.seeds import Spread
from core.engine.tracks import FLOOR
from core.figures.contour import contour
from core.figures.curve import curve
from core.figures.look import Array, Look, compact, faded
from core.figures.plot import plot
from core.figures.trail import View
from core.formula.words import counted, digits

_BAND, _DOT = 0.22, 0.6
# The cloud has so much of the picture's width and height at least, and the picture shows as much of the domain.
_ROOM, _LEAST = 0.75, 0.02


def seeds_figure(seeds: Spread, racer: Racer, objective: Objective, look: Look) -> go.Figure:
    """The median loss over the steps and the band that holds all but the lowest and the highest tenth of the seeds.

    With a known minimum it is the loss above that, on a log axis. A line ends where so many seeds have failed.
    """
    base = objective.minimum
    moments = drawn_moments(seeds.losses.shape[1] - 1)
    low, median, high = (_above(np.where(np.isfinite(row), row, np.nan)[moments], base) for row in seeds.losses)
    above = "" if base in (None, 0.0) else " above the minimum"
    series = tuple(
        Series(name, moments.astype(np.float64), row, racer.color)
        for name, row in (("", low), (f"10 to 90 % of {counted(seeds.count, 'seed')}", high), ("median", median))
    )
    drawn = plot(Plot("step", f"loss{above}", series, log_y=base is not None), look)
    bottom, top, _ = drawn.data
    thin: dict[str, Any] = {"line": {"width": 0}, "hoverinfo": "skip", "hovertemplate": None}
    bottom.update(thin)
    top.update(thin | {"fill": "tonexty", "fillcolor": faded(racer.color, _BAND)})
    return drawn


def cloud_figure(seeds: Spread, racer: Racer, objective: Objective, look: Look) -> go.Figure:
    """Where the seeds ended, in the part of the landscape around them, or on the curve of one variable."""
    dots = {
        "type": "scatter",
        "mode": "markers",
        "name": f"ends of {counted(seeds.ends.shape[1], 'seed')}",
        "showlegend": True,
        "marker": {"color": racer.color, "size": 7, "opacity": _DOT, "line": {"color": look.background, "width": 1}},
        "hovertemplate": "%{text}<extra></extra>",
        "text": [f"({', '.join(map(digits, end))})" for end in seeds.ends.T],
    }
    if objective.dimension == 1:
        drawn = curve(objective, look)
        heights = objective.parsed.value(seeds.ends)
        drawn.add_trace({**dots, "x": compact(seeds.ends[0]), "y": compact(heights)})
    else:
        drawn = contour(objective, [], look, _around(seeds.ends, objective))
        drawn.add_trace({**dots, "x": compact(seeds.ends[0]), "y": compact(seeds.ends[1])})
    drawn.update_layout(showlegend=True, margin_t=34)
    return drawn


def _around(ends: Array, objective: Objective) -> View:
    """The part of the domain that holds the ``ends``, with room; all of it if they are nowhere in it."""
    view = []
    for along, (low, high) in zip(ends, objective.domain, strict=True):
        inside = along[(along >= low) & (along <= high)]
        if not inside.size:
            return objective.domain[0], objective.domain[1]
        middle = (inside.min() + inside.max()) / 2
        half = max((inside.max() - inside.min()) / 2 / _ROOM, _LEAST * (high - low))
        view.append((max(low, float(middle - half)), min(high, float(middle + half))))
    return view[0], view[1]


def _above(losses: Array, base: float | None) -> Array:
    return losses if base is None else np.maximum(losses - base, FLOOR)
