"""A race in many variables: its losses over the steps, and its paths in the plane in which they move most."""

from collections.abc import Sequence
from math import ceil, floor
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.catalogue.racers import Racer
from core.engine.findings import drawn_moments
from core.engine.tracks import FLOOR
from core.figures import labels, marks
from core.figures.look import Array, Look, axis, layout
from core.figures.trail import Cut, View, cut
from core.formula.words import digits
from core.lessons.wide_race import Lane, WideRace

# Beyond so many times the height of the start a divergence would flatten everything else.
_HIGHEST = 1e2
# Room around the data, as a share of its range.
_ROOM = 0.07
# Numbers on an axis of losses, about.
_TICKS = 6


def wide_losses(racers: Sequence[Racer], race: WideRace, look: Look) -> go.Figure:
    """The loss of each racer over the steps, on a log axis that ends at ``FLOOR`` and a little above the start."""
    last = max(len(lane.loss) for lane in race.lanes) - 1
    curves = [_curve(lane) for lane in race.lanes]
    heights = np.concatenate([heights for _, heights in curves])
    top = float(np.log10(_HIGHEST * race.lanes[0].loss[0] + FLOOR))
    high = min(float(heights.max()), top)
    low = min(float(heights.min()), high - 1)
    room = _ROOM * (high - low)
    view = ((-0.01 * last, 1.02 * last), (low - room, high + room))
    parts = [
        cut(np.column_stack([moments, heights]), lane.status, view, moments)
        for (moments, heights), lane in zip(curves, race.lanes, strict=True)
    ]
    cut_off = f", cut off at {digits(FLOOR)}" if heights.min() <= np.log10(FLOOR) else ""
    figure = _figure(racers, race, parts, view, look, "step", f"loss, log scale{cut_off}", [])
    powers = np.arange(ceil(view[1][0]), floor(view[1][1]) + 1, max(1, round((high - low) / _TICKS)))
    return figure.update_yaxes(
        tickvals=powers, ticktext=[f"10<sup>{power}</sup>".replace("-", "−") for power in powers]
    )


def _curve(lane: Lane) -> tuple[Any, Array]:
    moments = drawn_moments(len(lane.loss) - 1)
    return moments, np.log10(np.maximum(lane.loss[moments], FLOOR))


def wide_paths(racers: Sequence[Racer], race: WideRace, look: Look) -> go.Figure:
    """The paths in the plane of their two leading principal directions; the minimum is at (0, 0).

    Both axes say what share of the movement they show.
    """
    view = _view(race)
    parts = [cut(lane.points, lane.status, view, lane.moments) for lane in race.lanes]
    star = marks.minima([(0.0, 0.0)], [0.0], look, local=False)
    star["hovertext"] = ["minimum<br>f = 0"]
    begun = (float(race.start[0]), float(race.start[1]))
    first, second = (
        f"{which} principal direction, {digits(share, '.1%')} of the movement"
        for which, share in zip(("first", "second"), race.shares, strict=True)
    )
    return _figure(
        racers, race, parts, view, look, first, second, [star, marks.starts([begun], look)], [(0.0, 0.0), begun]
    )


def _view(race: WideRace) -> View:
    """Around the minimum, the start and all points that are not thrown out."""
    points = np.concatenate([race.start[None], np.zeros((1, 2)), *(lane.points[lane.near] for lane in race.lanes)])
    low, high = points.min(axis=0), points.max(axis=0)
    # Where all movement is along one direction, the other has no range of its own.
    room = np.maximum(_ROOM * (high - low), 1e-3 * max(float((high - low).max()), 1e-9))
    (left, right), (bottom, top) = np.stack([low - room, high + room], axis=1).tolist()
    return (left, right), (bottom, top)


def _figure(
    racers: Sequence[Racer],
    race: WideRace,
    parts: Sequence[Cut],
    view: View,
    look: Look,
    across: str,
    up: str,
    more: list[dict[str, Any]],
    clear: Sequence[tuple[float, float]] = (),
) -> go.Figure:
    """``parts`` of paths in ``view``, each with its name at its end or, where there is no room, in the legend."""
    heads = [head for racer, part in zip(racers, parts, strict=True) if (head := marks.head(racer, part))]
    placed, _ = labels.arrange(heads, look, view, clear)
    named = {note["text"] for note in placed}
    data: list[dict[str, Any]] = []
    for racer, part, lane in zip(racers, parts, race.lanes, strict=True):
        unnamed = part.end.label(racer.name) not in named
        data += marks.strokes(racer, part, look, lane.loss, legend=unnamed)
    listed = any(trace.get("showlegend") for trace in data)
    return go.Figure(
        {
            "data": data + more,
            "layout": layout(
                look,
                f"{across} {up} {view}",
                xaxis=axis(look, across, view[0], showgrid=False),
                yaxis=axis(look, up, view[1]),
                margin={"l": 58, "r": 16, "t": 34 if listed else 14, "b": 46},
                showlegend=listed,
                annotations=placed,
            ),
        }
    )
