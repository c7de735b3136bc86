"""The losses of a race against what they cost: steps, gradients, or numbers that the rules have to write."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.catalogue.racers import Racer
from core.engine.findings import Array, drawn_moments
from core.engine.summary import Race
from core.engine.trace import Path
from core.engine.tracks import FLOOR, base
from core.figures.labels import Label, stacked
from core.figures.look import Look, compact, note, readable, written
from core.figures.progress import loss_axes
from core.formula.words import digits

# Pixels of the figure, and of its margins above and below the axes.
HEIGHT = 380
_MARGINS = 60
# Contrast that small text needs (WCAG 2.2).
_READABLE = 4.5
# Pixels of a character of a label, and room beside it.
_CHARACTER, _ROOM = 6.7, 16
# The share of the way across beyond which a label would not fit inside the axes of a phone.
_OUT = 0.5
# Where a loss is sent that lies far above every axis.
_HIGHEST = 1e30


@dataclass(frozen=True)
class Cost:
    """What losses are drawn against: its name, the title of the axis with its unit, and it at each point of a path.

    ``idea`` says in a sentence when it is what counts.
    """

    name: str
    title: str
    idea: str
    of: Callable[[Path], Array]


COSTS = (
    Cost(
        "Steps",
        "steps",
        "A step counts as one, whatever the rule asks for in it.",
        lambda path: np.arange(float(len(path.x))),
    ),
    Cost(
        "Gradients",
        "gradient evaluations",
        "Where a network is trained, gradients take nearly all of the time.",
        lambda path: path.gradients.astype(np.float64),
    ),
    Cost(
        "State × steps",
        "numbers written per weight",
        "A step writes every weight and all that its rule keeps for it; this takes the time where gradients are cheap.",
        lambda path: np.arange(float(len(path.x))) * (1 + path.run.resolved_optimizer.parsed.numbers_per_weight),
    ),
)


def cost_figure(race: Race, look: Look, cost: Cost, target: float) -> go.Figure:
    """The losses of ``race`` against their ``cost``, with a line at ``target`` and the name of everyone at its end.

    Heights are those of ``loss_axes``: ``target`` counts from the known minimum, if there is one.
    """
    objective = race[0][1].run.resolved_objective
    minimum = base(race, objective)
    costs = [cost.of(path) for _, path in race]
    last = max(1.0, *(float(along[-1]) for along in costs))
    figure = loss_axes(race, look, objective, (cost.title, last), (target,))
    view = figure.layout.xaxis.range, figure.layout.yaxis.range
    labels = []
    for (racer, path), along in zip(race, costs, strict=True):
        heights = path.loss if minimum is None else np.maximum(path.loss - minimum, FLOOR)
        moments = drawn_moments(len(heights) - 1)
        figure.add_trace(_line(racer, cost, along[moments], heights[moments]))
        end = float(heights[-1] if minimum is None else np.log10(heights[-1]))
        labels.append(_label(racer, path, (float(along[-1]), end), view[1], look))
    outside = max((len(label.text) for label in labels if label.point[0] > _OUT * last), default=0)
    at = float(target if minimum is None else np.log10(target))
    place: dict[str, Any] = {"xref": "paper", "xanchor": "left", "yanchor": "bottom", "xshift": 4, "bgcolor": look.veil}
    named = note(f"target {digits(target)}", 0, at, look.quiet, **place)
    pen = {"color": look.quiet, "width": 1, "dash": "dot"}
    figure.add_shape(type="line", x0=0, x1=1, xref="paper", y0=target, y1=target, line=pen)
    figure.update_layout(
        annotations=[*stacked(labels, look, view, HEIGHT - _MARGINS), named],
        margin_r=_ROOM + _CHARACTER * outside,
    )
    return figure


def _label(racer: Racer, path: Path, end: tuple[float, float], limits: tuple[float, float], look: Look) -> Label:
    """The name at the ``end`` of a path: at the top of the axis where that has no loss, or one beyond the axis."""
    low, high = limits
    across, up = end
    name = f"{racer.name}, {path.status.outcome}" if path.status.failed else racer.name
    up = min(max(up, low), high) if np.isfinite(up) else high
    return Label(name, readable(racer.color, look.background, _READABLE), (across, up))


def _line(racer: Racer, cost: Cost, along: Array, heights: Array) -> dict[str, Any]:
    usable = np.where(np.isfinite(heights), np.clip(heights, -_HIGHEST, _HIGHEST), np.nan)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": racer.name,
        "x": compact(along),
        "y": compact(usable),
        "line": {"color": racer.color, "width": 2, "dash": racer.dash},
        "text": [
            f"{cost.name.lower()} {spent}<br>loss {height}"
            for spent, height in zip(written(along), written(heights), strict=True)
        ],
        "hovertemplate": f"<b>{racer.name}</b><br>%{{text}}<extra></extra>",
    }
