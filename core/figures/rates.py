"""The loss against the learning rate as a picture to click in: every point says whose it is."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import plotly.graph_objects as go

from core.engine.findings import Array, Mark
from core.engine.sensitivity import rate_plot, swept
from core.engine.summary import Race
from core.figures.look import Look
from core.figures.plot import plot
from core.formula.words import digits
from core.problems.theory import curvature

# Pixels around a curve that count as on it.
_REACH = 14


def rates_figure(race: Race, look: Look, sweep: Callable[..., Array] = swept) -> go.Figure:
    """``rate_plot`` of ``race`` with the key of its racer as the custom data of every point of a curve.

    Where gradient descent races on an objective with a minimum that curves, its limit there is marked.
    """
    picture = rate_plot(race, sweep)
    drawn = plot(replace(picture, marks=_limit(race)), look)
    # A curve and the dot of the race on it, racer by racer.
    curves, dots = drawn.data[::2], drawn.data[1::2]
    seen: dict[str, Any] = {"marker": {"opacity": 1}}
    for dot in dots:
        dot.update(selected=seen, unselected=seen, marker={"size": 11, "line": {"width": 2, "color": look.background}})
    drawn.add_traces([_clickable(racer.key, curve) for (racer, _), curve in zip(race, curves, strict=True)])
    return drawn


def _clickable(key: str, curve: go.Scatter) -> dict[str, Any]:
    """Marks along ``curve`` that cannot be seen: Plotly lets only marks be clicked."""
    unseen: dict[str, Any] = {"marker": {"opacity": 0}}
    return {
        "type": "scatter",
        "mode": "markers",
        "name": curve.name,
        "showlegend": False,
        "x": curve.x,
        "y": curve.y,
        "customdata": [key] * len(curve.x),
        "text": curve.text,
        "hovertemplate": curve.hovertemplate,
        "marker": {"size": _REACH, "opacity": 0, "color": curve.line.color},
        "selected": unseen,
        "unselected": unseen,
    }


def _limit(race: Race) -> tuple[Mark, ...]:
    objective = race[0][1].run.resolved_objective
    if objective.kink or not objective.minima or all(racer.optimizer.key != "sgd" for racer, _ in race):
        return ()
    largest = curvature(objective.parsed, objective.minima[0]).largest
    racer, path = next(pair for pair in race if pair[0].optimizer.key == "sgd")
    low, high = racer.optimizer.hypers[0].slider
    here = path.run.settings["lr"]
    if not largest > 0 or not min(low, here) < 2 / largest < max(high, here):
        return ()
    return (Mark("x", 2 / largest, f"2/L at the minimum, {digits(2 / largest)}"),)
