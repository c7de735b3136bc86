"""The landscape that networks were trained in: the loss on a plane with the paths, and what is measured along them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.catalogue.racers import Racer
from core.engine.findings import Plot, Series
from core.engine.status import Outcome, Status
from core.figures import labels, marks
from core.figures.contour import lines, pointer
from core.figures.landscape import round_spacing
from core.figures.look import Array, Look, axis, compact, layout, note, written
from core.figures.plot import plot
from core.figures.surface import MARGIN, ground, scene
from core.figures.trail import View, cut, within
from core.formula.words import digits
from core.problems.training.land import Sharpness, Slice, Terrain, Walk, threshold

# A log scale from so many times the lowest loss on; heights beyond this percentile are drawn alike.
_WIDE, _HIGHEST = 30.0, 99.0
# About so many contour lines.
_LINES = 12
# About so many threads between a path and the plane.
_THREADS = 24
# A path may lie below the plane.
_SEEN_THROUGH = 0.6
_WHICH = ("first", "second")
_DECADES = 1.5


def terrain_figure(racers: Sequence[Racer], piece: Slice, look: Look, kind: str = "principal") -> go.Figure:
    """The loss on the plane of ``piece`` with the paths of ``racers``, projected; numbers of paths are their own.

    Axes say what share of the movement they show; ``kind`` is what their directions are called. The star at (0, 0) is
    the end that the plane was laid through, where the picture is exact.
    """
    view = _view(piece)
    scale = _scale(piece.loss)
    data = [
        lines(piece.x, piece.y, scale.heights(piece.loss), scale.limits, scale.levels, look),
        pointer(piece.x, piece.y, piece.loss, "loss here: %{text}"),
    ]
    parts = [cut(walk.points, _status(walk), view, walk.steps) for walk in piece.walks]
    heads = [head for racer, part in zip(racers, parts, strict=True) if (head := marks.head(racer, part))]
    begun = marks.distinct((walk.points[0] for walk in piece.walks), view)
    placed, _ = labels.arrange(heads, look, view, [(0.0, 0.0), *begun])
    named = {label["text"] for label in placed}
    for racer, part, walk in zip(racers, parts, piece.walks, strict=True):
        losses = np.full(int(walk.steps[-1]) + 1, np.nan)
        losses[walk.steps] = walk.actual
        for trace in marks.strokes(racer, part, look, losses, part.end.label(racer.name) not in named):
            if "hovertemplate" in trace:
                trace["hovertemplate"] = trace["hovertemplate"].replace("f = ", "its loss: ")
            data.append(trace)
    if begun:
        data.append(marks.starts(begun, look))
    data.append(_end(look))
    first, second = (
        f"{which} {kind} direction, {digits(share, '.1%')} of the movement"
        for which, share in zip(_WHICH, piece.shares, strict=True)
    )
    return go.Figure(
        {
            "data": data,
            "layout": layout(
                look,
                f"{kind} {view}",
                xaxis=axis(look, first, view[0], showgrid=False),
                yaxis=axis(look, second, view[1], showgrid=False),
                margin={"l": 58, "r": 16, "t": 34, "b": 46},
                showlegend=any(trace.get("showlegend") for trace in data),
                annotations=[*placed, note(scale.said, 1, 1, look.quiet, xref="paper", yref="paper", yshift=18)],
                meta={"levels": scale.said},
            ),
        }
    )


def terrain_space(racers: Sequence[Racer], piece: Slice, look: Look, kind: str = "principal") -> go.Figure:
    """The same in three dimensions: each path at its own losses, and threads from there to the plane's.

    Where a thread is long, the picture is far from the truth.
    """
    view, scale = _view(piece), _scale(piece.loss)
    data = [
        ground(piece.x, piece.y, scale.heights(piece.loss), scale.limits, scale.levels, piece.loss, "loss here: ", look)
        | {"opacity": _SEEN_THROUGH}
    ]
    for racer, walk in zip(racers, piece.walks, strict=True):
        shown = within(walk.points, view)
        points, steps = walk.points[shown], walk.steps[shown]
        own, drawn = (scale.heights(losses[shown]) for losses in (walk.actual, walk.drawn))
        every = slice(None, None, max(len(steps) // _THREADS, 1))
        # A gap after each ends it.
        ends = np.stack([own[every], drawn[every], np.full_like(own[every], np.nan)], axis=1)
        threads = np.column_stack([np.repeat(points[every], 3, axis=0), ends.ravel()])
        data += [
            _line(threads, racer.name, look.quiet, 1, hoverinfo="skip"),
            _line(
                np.column_stack([points, own]),
                racer.name,
                racer.color,
                4,
                showlegend=True,
                customdata=steps,
                text=written(walk.actual[shown]),
                hovertemplate=f"<b>{racer.name}</b>, step %{{customdata}}<br>its loss: %{{text}}<extra></extra>",
            ),
        ]
    titles = [f"{which} {kind} direction" for which in _WHICH]
    height = "log₁₀ of the loss" if scale.logarithmic else "loss"
    revision = f"{kind} {view}"
    more = {"scene": scene((*titles, height), view, scale.limits, revision, look), "showlegend": True}
    return go.Figure({"data": data, "layout": layout(look, revision, margin=MARGIN, **more)})


def _line(points: Array, name: str, color: str, width: int, **more: Any) -> dict[str, Any]:
    """A line through ``points`` ``(n, 3)``, in the group ``name`` of the legend."""
    x, y, z = points.T
    return {
        "type": "scatter3d",
        "mode": "lines",
        "name": name,
        "legendgroup": name,
        "showlegend": False,
        "x": compact(x),
        "y": compact(y),
        "z": compact(z),
        "line": {"color": color, "width": width},
        **more,
    }


def _view(piece: Slice) -> View:
    return (float(piece.x[0]), float(piece.x[-1])), (float(piece.y[0]), float(piece.y[-1]))


def _status(walk: Walk) -> Status:
    outcome = Outcome.DIVERGED if walk.diverged else Outcome.FINISHED
    return Status(outcome, walk.diverged or int(walk.steps[-1]), "")


@dataclass(frozen=True)
class _Scale:
    """How losses are heights: the lowest and the highest, the distance of lines, and what the lines are."""

    logarithmic: bool
    limits: tuple[float, float]
    spacing: float
    said: str

    @property
    def levels(self) -> dict[str, float]:
        """Where lines are."""
        (low, high), size = self.limits, self.spacing
        return {"start": ceil(low / size) * size, "end": floor(high / size) * size, "size": size}

    def heights(self, loss: Array) -> Array:
        """The heights of ``loss``, within the limits; same shape."""
        return np.clip(np.log10(np.maximum(loss, 5e-324)) if self.logarithmic else loss, *self.limits)


def _scale(loss: Array) -> _Scale:
    finite = loss[np.isfinite(loss)]
    if not finite.size:
        return _Scale(False, (0.0, 1.0), 2.0, "no finite loss here")
    logarithmic = bool(finite.min() > 0 and finite.max() > _WIDE * finite.min())
    heights = np.log10(finite) if logarithmic else finite
    low, high = (float(number) for number in np.percentile(heights, [0.0, _HIGHEST]))
    if high - low <= 1e-12 * max(abs(low), abs(high), 1.0):
        return _Scale(logarithmic, (low, low + 1.0), 2.0, f"flat: the loss is {digits(finite.mean())} everywhere")
    spacing = round_spacing((high - low) / _LINES)
    each = f"factor {digits(10.0**spacing, '.3g')}" if logarithmic else digits(spacing)
    return _Scale(logarithmic, (low, high), spacing, f"contour lines every {each} of the loss")


def _end(look: Look) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        "x": [0.0],
        "y": [0.0],
        "hoverinfo": "text",
        "hovertext": "the end that the plane goes through",
        "marker": {"symbol": "star", "size": 11, "color": look.text, "line": {"color": look.background, "width": 1}},
    }


def sharpness_figure(racers: Sequence[Racer], sharpness: Sequence[Sharpness], look: Look) -> go.Figure:
    """The largest eigenvalue of each over the steps, solid, and 2/α, dotted in the same colour."""
    series = [
        curve
        for racer, measured in zip(racers, sharpness, strict=True)
        for steps in [measured.steps.astype(np.float64)]
        for curve in (
            Series(racer.name, steps, measured.top, racer.color, racer.dash, "lines+markers"),
            Series(f"2/α of {racer.name}", steps, threshold(measured.rates), racer.color, "dot"),
        )
    ]
    figure = plot(Plot("step", "largest eigenvalue of the Hessian", tuple(series), log_y=True), look)
    low, high = figure.layout.yaxis.range
    # Numbers between powers of ten only where there are few of these.
    return figure.update_yaxes(dtick=1) if high - low > _DECADES else figure


def ways_figure(racers: Sequence[Racer], terrain: Terrain, look: Look) -> go.Figure:
    """The training loss along the straight lines between two ends."""
    series = tuple(Series(way_name(racers, way.one, way.other), way.share, way.train) for way in terrain.ways)
    across = f"share of the way, {series[0].name}" if len(series) == 1 else "share of the way"
    return plot(Plot(across, "training loss", series), look)


def way_name(racers: Sequence[Racer], one: int, other: int) -> str:
    """What the line between two ends, or from a start to its end, is called."""
    if one == other:
        return f"{racers[one].name}, start to end"
    return f"{racers[one].name} to {racers[other].name}"
