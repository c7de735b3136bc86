"""Axes for the loss of descents on batches: over updates, samples looked at or time, with a band of seeds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.engine.findings import drawn_moments
from core.figures.look import CLEAR, Look, axis, compact, layout, note, written
from core.problems.batches.data import Array, Pair
from core.problems.batches.descent import Band
from core.problems.batches.race import Axis, Ran, level

# A loss below this share of the start's leaves the picture at the bottom, so that what noise does stays in sight;
# above this multiple at the top, so that a divergence does not flatten the rest.
_DEEPEST, _HIGHEST = 1e-6, 30.0
# Decades of room above and below.
_ROOM = 0.15
# Pixels of a character of a name, which the right margin leaves room for.
_CHARACTER = 7.0


def batch_progress(
    pair: Pair, runs: Sequence[Ran], bands: Sequence[Band], along: Axis, seconds: Sequence[float], look: Look
) -> go.Figure:
    """Axes for the loss above the lowest of each run along ``along``.

    Where there are ``bands``, one for each run, they are drawn with their medians. An update of each run takes so many
    ``seconds``. On an axis of samples a dotted line marks one pass over all of them.
    """
    moments = drawn_moments(runs[0].loss.size - 1)
    costs = [along.of(ran, time) for ran, time in zip(runs, seconds, strict=True)]
    top = level(pair, runs[0].weights[0].tolist())
    low, high = _heights([ran.excess for ran in runs] + [known.median for known in bands], top)
    right = max(float(cost[-1]) for cost in costs)
    across = (
        (float(np.log10(min(cost[1] for cost in costs))), float(np.log10(right))) if along.logarithmic else (0, right)
    )
    known = [(ran, cost[moments], one) for ran, cost, one in zip(runs, costs, bands, strict=False)]
    data = [_band(ran, cost, one, along) for ran, cost, one in known]
    data += [_median(ran, cost, one, along) for ran, cost, one in reversed(known)]
    longest = max(len(ran.variant.name) for ran in runs)
    scale = {"type": "log"} if along.logarithmic else {}
    # Over few decades Plotly writes the numbers between them too.
    ticks = {"dtick": 1} if high - low > 2 else {}
    return go.Figure(
        {
            "data": data,
            "layout": layout(
                look,
                f"{along.title} {across} {low} {high}",
                xaxis=axis(look, along.title, across, showgrid=False, **scale),
                yaxis=axis(look, "loss above the lowest, log scale", (low, high), type="log", **ticks),
                margin={"l": 62, "r": 16 + _CHARACTER * longest, "t": 34 if along.logarithmic else 14, "b": 46},
                annotations=[_pass_name(pair, look)] if along.logarithmic else [],
                shapes=[_pass_line(pair, look)] if along.logarithmic else [],
            ),
        }
    )


def _heights(curves: Sequence[Array], top: float) -> tuple[float, float]:
    """The range upwards, in powers of ten: what the curves reach, but no further from the start than is told above."""
    seen = np.concatenate([values[np.isfinite(values) & (values > 0)] for values in curves] + [np.array([top])])
    low, high = max(float(seen.min()), _DEEPEST * top), min(float(seen.max()), _HIGHEST * top)
    return float(np.log10(low)) - _ROOM, float(np.log10(high)) + _ROOM


def _drawn(cost: Array, values: Array, along: Axis) -> tuple[Array, Array]:
    """The points that an axis has a place for, elsewhere NaN; a zero is too low for any axis and drawn as the least."""
    usable = np.isfinite(values) & ((cost > 0) | (not along.logarithmic))
    return np.where(usable, cost, np.nan), np.where(usable, np.clip(values, 1e-300, 1e300), np.nan)


def _median(ran: Ran, cost: Array, known: Band, along: Axis) -> dict[str, Any]:
    x, y = _drawn(cost, known.median, along)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{ran.variant.name}, median",
        "x": compact(x),
        "y": compact(y),
        "line": {"color": ran.variant.color, "width": 1.3},
        "text": [f"{cost}: {above}" for cost, above in zip(written(x), written(y), strict=True)],
        "hovertemplate": f"<b>{ran.variant.name}, median</b><br>%{{text}} above<extra></extra>",
    }


def _band(ran: Ran, cost: Array, known: Band, along: Axis) -> dict[str, Any]:
    # Where one of ten runs has diverged the band is open at the top.
    (x, low), (_, high) = (_drawn(cost, np.minimum(edge, 1e299), along) for edge in (known.low, known.high))
    usable = np.isfinite(x) & np.isfinite(low)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{ran.variant.name}, 10–90 %",
        "x": np.concatenate([x[usable], x[usable][::-1]]),
        "y": np.concatenate([low[usable], high[usable][::-1]]),
        "fill": "toself",
        "fillcolor": ran.variant.color,
        "opacity": 0.2,
        "line": {"color": CLEAR, "width": 0},
        "hoverinfo": "skip",
    }


def _pass_line(pair: Pair, look: Look) -> dict[str, Any]:
    pen = {"color": look.quiet, "width": 1, "dash": "dot"}
    return {"type": "line", "x0": pair.x.size, "x1": pair.x.size, "y0": 0, "y1": 1, "yref": "paper", "line": pen}


def _pass_name(pair: Pair, look: Look) -> dict[str, Any]:
    return note("one pass", float(np.log10(pair.x.size)), 1, look.quiet, yref="paper", yanchor="bottom")
