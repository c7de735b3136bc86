"""The loss of descents on batches as it falls: over updates, samples looked at or time, with a band of seeds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.engine.findings import drawn_moments
from core.figures import labels
from core.figures.look import CLEAR, Look, axis, compact, layout, note, written
from core.formula.words import digits
from core.problems.batches.data import Array, Pair
from core.problems.batches.descent import Band
from core.problems.batches.race import Axis, Ran, level

# A loss below this share of the start's leaves the picture at the bottom, so that what noise does stays in sight;
# above this multiple at the top, so that a divergence does not flatten the rest.
_DEEPEST, _HIGHEST = 1e-6, 30.0
# Decades of room above and below.
_ROOM = 0.15
# Pixels: of the axes' height on a small screen, between labels, of a character.
_HEIGHT, _GAP, _CHARACTER = 240.0, 16.0, 6.8


def batch_progress(
    pair: Pair,
    runs: Sequence[Ran],
    bands: Sequence[Band],
    along: Axis,
    seconds: Sequence[float],
    moment: int,
    look: Look,
) -> go.Figure:
    """The loss above the lowest of each run along ``along``, with a dot at update ``moment``.

    Where there are ``bands``, one for each run, their medians are drawn with the 10–90 % band around them. ``seconds``
    are those of an update of each run. On an axis of samples a dotted line marks one pass over all of them.
    """
    moments = drawn_moments(runs[0].loss.size - 1)
    costs = [along.of(ran, time) for ran, time in zip(runs, seconds, strict=True)]
    curves = (
        [(cost[moments], known.median) for cost, known in zip(costs, bands, strict=True)]
        if bands
        else [(cost, ran.excess) for cost, ran in zip(costs, runs, strict=True)]
    )
    top = level(pair, runs[0].weights[0].tolist())
    low, high = _heights([values for _, values in curves], top)
    right = max(float(cost[-1]) for cost in costs)
    across = (
        (float(np.log10(min(cost[1] for cost in costs))), float(np.log10(right))) if along.logarithmic else (0, right)
    )
    data = [_band(ran, cost[moments], known, along) for ran, cost, known in zip(runs, costs, bands, strict=False)]
    for ran, (cost, values) in reversed(list(zip(runs, curves, strict=True))):
        data.append(_curve(ran, cost, values, along))
    if not bands:
        data += [_dot(ran, cost, moment, look) for ran, cost in zip(runs, costs, strict=True)]
    names = _names(runs, curves, along, (low, high), look)
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
                margin={"l": 62, "r": 16 + _CHARACTER * longest, "t": 34, "b": 64},
                annotations=[*names, *([_pass_name(pair, look)] if along.logarithmic else [])],
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


def _curve(ran: Ran, cost: Array, values: Array, along: Axis) -> dict[str, Any]:
    x, y = _drawn(cost, values, along)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": ran.variant.name,
        "x": compact(x),
        "y": compact(y),
        "line": {"color": ran.variant.color, "width": 1.3},
        "text": [f"{cost}: {above}" for cost, above in zip(written(x), written(y), strict=True)],
        "hovertemplate": f"<b>{ran.variant.name}</b><br>%{{text}} above<extra></extra>",
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


def _dot(ran: Ran, cost: Array, moment: int, look: Look) -> dict[str, Any]:
    """Where a run stands after update ``moment``, or stood before it diverged."""
    here = min(moment, (ran.loss.size if ran.diverged_at < 0 else ran.diverged_at) - 1)
    return {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        "cliponaxis": False,
        "x": [float(cost[here])] if cost[here] > 0 else [],
        "y": [float(np.clip(ran.excess[here], 1e-300, 1e300))] if cost[here] > 0 else [],
        "marker": {"color": ran.variant.color, "size": 9, "line": {"color": look.background, "width": 1.5}},
        "hoverinfo": "text",
        "hovertext": f"<b>{ran.variant.name}</b> after update {digits(here)}<br>{digits(ran.excess[here])} above",
    }


def _names(
    runs: Sequence[Ran],
    curves: Sequence[tuple[Array, Array]],
    along: Axis,
    limits: tuple[float, float],
    look: Look,
) -> list[dict[str, Any]]:
    """The name of each run at the end of its curve, moved apart; inside the picture where the curve leaves it."""
    low, high = limits
    # The start is always finite.
    lasts = [int(np.flatnonzero(np.isfinite(values))[-1]) for _, values in curves]
    ends = [(float(cost[last]), float(values[last])) for (cost, values), last in zip(curves, lasts, strict=True)]
    heights = [float(np.clip(np.log10(max(value, 1e-300)), low, high)) for _, value in ends]
    pixels = [_HEIGHT * (height - low) / (high - low) for height in heights]
    return [
        note(
            ran.variant.name if ran.diverged_at < 0 else f"{ran.variant.name}: diverged",
            float(np.log10(max(cost, 1e-300))) if along.logarithmic else cost,
            height,
            ran.variant.color,
            weight=600,
            bgcolor=look.veil,
            xanchor="left",
            yanchor="middle",
            xshift=7,
            yshift=after - before,
        )
        for ran, (cost, _), height, before, after in zip(
            runs, ends, heights, pixels, labels.spread(pixels, _GAP), strict=True
        )
    ]


def _pass_line(pair: Pair, look: Look) -> dict[str, Any]:
    pen = {"color": look.quiet, "width": 1, "dash": "dot"}
    return {"type": "line", "x0": pair.x.size, "x1": pair.x.size, "y0": 0, "y1": 1, "yref": "paper", "line": pen}


def _pass_name(pair: Pair, look: Look) -> dict[str, Any]:
    return note("one pass", float(np.log10(pair.x.size)), 1, look.quiet, yref="paper", yanchor="bottom")
