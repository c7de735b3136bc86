"""How networks get on while they train: curves over the steps, with their names at their ends and a clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from core.catalogue.optimizers import PALETTE
from core.catalogue.optimizers.declaration import Dash
from core.figures.labels import Label, stacked
from core.figures.look import Array, Look, axis, compact, layout, note, readable, written
from core.lessons.training_story import Ran
from core.problems.training.reports import Report

# Decades below the highest start that a log axis shows at most, and above it, so that a divergence leaves the rest in
# sight.
_BELOW, _ABOVE = 8.0, 1.0
# Pixels of a character of a name, which the right margin leaves room for.
_CHARACTER = 7.4
# Pixels of a figure that are not its axes.
_TOP, _BOTTOM = 14, 44
# Contrast of a name to the page.
_READABLE = 4.5
# What a report tells of each layer.
OfLayers = Literal["gradient_norms", "ratios"]


@dataclass(frozen=True, eq=False)
class Curve:
    """One line over the steps: ``x`` and ``y`` of shape ``(n,)``, in growing order of ``x``.

    A curve that is not ``named`` has its name under the pointer only.
    """

    name: str
    x: Array
    y: Array
    color: str
    dash: Dash = "solid"
    named: bool = True
    faint: bool = False


@dataclass(frozen=True)
class Guide:
    """A labelled height."""

    value: float
    label: str


def training_curves(
    curves: Sequence[Curve],
    title: str,
    steps: int,
    height: int,
    look: Look,
    logarithmic: bool = False,
    names: Sequence[str] = (),
    guides: Sequence[Guide] = (),
    step: int | None = None,
) -> go.Figure:
    """``curves`` over ``steps``, whose axis is there from the beginning, in a figure ``height`` pixels high.

    The margin has room for all ``names`` that will come. At ``step`` stands a clock, with a dot on each curve.
    """
    up = _limits(curves, [guide.value for guide in guides], logarithmic)
    view = ((0.0, float(steps)), up)
    ends = [_end(curve, logarithmic, step) for curve in curves]
    heads = [
        Label(curve.name, readable(curve.color, look.background, _READABLE), end)
        for curve, end in zip(curves, ends, strict=True)
        if end is not None and curve.named
    ]
    placed = stacked(heads, look, view, height - _TOP - _BOTTOM)
    longest = max((len(name) for name in [*names, *(curve.name for curve in curves if curve.named)]), default=0)
    scale: dict[str, Any] = {"type": "log", "dtick": max(1, ceil((up[1] - up[0]) / 5))} if logarithmic else {}
    data = [_trace(curve, logarithmic) for curve in curves]
    if step is not None:
        data += [_dot(curve, end, logarithmic) for curve, end in zip(curves, ends, strict=True) if end is not None]
    return go.Figure(
        {
            "data": data,
            "layout": layout(
                look,
                f"{title} {steps}",
                xaxis=axis(look, "step", view[0], showgrid=False),
                yaxis=axis(look, title, up, **scale),
                margin={"l": 58, "r": 22 + _CHARACTER * longest, "t": _TOP, "b": _BOTTOM},
                shapes=[_level(guide, look) for guide in guides] + ([] if step is None else [_clock(step, look)]),
                annotations=[*(_name(guide, logarithmic, look) for guide in guides), *placed],
            ),
        }
    )


def _usable(curve: Curve, logarithmic: bool) -> Any:
    return np.isfinite(curve.y) & ((curve.y > 0) | (not logarithmic))


def _limits(curves: Sequence[Curve], also: Sequence[float], logarithmic: bool) -> tuple[float, float]:
    """The range upwards in axis units, in steps that are coarse enough to stand still while a curve grows."""
    usable = [curve.y[_usable(curve, logarithmic)] for curve in curves]
    levels = np.array([value for value in also if np.isfinite(value) and (value > 0 or not logarithmic)])
    everything = np.concatenate([*usable, levels])
    if not everything.size:
        return (-1.0, 1.0) if logarithmic else (0.0, 1.0)
    if not logarithmic:
        low, high = float(everything.min()), float(everything.max())
        unit = 10.0 ** floor(np.log10(max(high - low, 1e-9 * max(abs(low), abs(high)), 1e-300))) / 2
        return floor(low / unit - 0.1) * unit, ceil(high / unit + 0.1) * unit
    begin = max([float(values[0]) for values in usable if values.size] + [float(value) for value in levels])
    low = max(float(np.log10(everything.min())), np.log10(begin) - _BELOW)
    high = min(float(np.log10(everything.max())), np.log10(begin) + _ABOVE)
    return floor(low * 2 - 0.1) / 2, ceil(high * 2 + 0.1) / 2


def _end(curve: Curve, logarithmic: bool, step: int | None) -> tuple[float, float] | None:
    """Where a curve is at ``step``, or where it ends, in axis units."""
    usable = _usable(curve, logarithmic)
    if step is not None:
        usable &= curve.x <= step
    if not usable.any():
        return None
    x, y = float(curve.x[usable][-1]), float(curve.y[usable][-1])
    return x, float(np.log10(y)) if logarithmic else y


def _trace(curve: Curve, logarithmic: bool) -> dict[str, Any]:
    y = np.where(_usable(curve, logarithmic), curve.y, np.nan)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": curve.name,
        "x": compact(curve.x),
        "y": compact(y),
        "line": {"color": curve.color, "width": 1.3 if curve.faint else 2, "dash": curve.dash},
        "opacity": 0.65 if curve.faint else 1,
        "text": written(curve.y),
        "hovertemplate": f"<b>{curve.name}</b><br>step %{{x}}: %{{text}}<extra></extra>",
    }


def _dot(curve: Curve, end: tuple[float, float], logarithmic: bool) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [end[0]],
        "y": [10 ** end[1] if logarithmic else end[1]],
        "marker": {"color": curve.color, "size": 8},
        "hoverinfo": "skip",
    }


def _level(guide: Guide, look: Look) -> dict[str, Any]:
    pen = {"color": look.quiet, "width": 1, "dash": "dot"}
    return {"type": "line", "y0": guide.value, "y1": guide.value, "x0": 0, "x1": 1, "xref": "paper", "line": pen}


def _name(guide: Guide, logarithmic: bool, look: Look) -> dict[str, Any]:
    height = float(np.log10(guide.value)) if logarithmic else guide.value
    side: dict[str, Any] = {"xref": "paper", "xanchor": "right", "yanchor": "bottom", "bgcolor": look.veil}
    return note(guide.label, 0.99, height, look.quiet, **side)


def _clock(step: int, look: Look) -> dict[str, Any]:
    pen = {"color": look.quiet, "width": 1}
    return {"type": "line", "x0": step, "x1": step, "y0": 0, "y1": 1, "yref": "paper", "line": pen}


def loss_figure(
    runs: Sequence[Ran],
    baseline: float,
    steps: int,
    height: int,
    look: Look,
    names: Sequence[str],
    step: int | None = None,
) -> go.Figure:
    """The losses of ``runs``: solid on the samples to learn from, dashed on those held back, and what guessing has."""
    curves = []
    for ran in runs:
        color, at = ran.racer.color, _at(ran)
        learnt = np.array([one.train_loss for one in ran.reports])
        held = np.array([one.valid_loss for one in ran.reports])
        curves.append(Curve(f"{ran.name}, training", at, learnt, color, named=False, faint=True))
        curves.append(Curve(ran.name, at, held, color, "dash"))
    guides = [Guide(baseline, "guessing")]
    return training_curves(curves, "loss, log scale", steps, height, look, True, names, guides, step)


def score_figure(runs: Sequence[Ran], steps: int, height: int, look: Look, step: int | None = None) -> go.Figure:
    """The accuracy of ``runs`` on what is held back, or for numbers R²."""
    scores = [np.array([_score(ran, one) for one in ran.reports], dtype=np.float64) for ran in runs]
    curves = [
        Curve(ran.name, _at(ran), values, ran.racer.color, ran.racer.dash)
        for ran, values in zip(runs, scores, strict=True)
    ]
    guess = runs[0].facts.baseline_accuracy
    title = "R², held back" if guess is None else "accuracy, held back"
    guides = [] if guess is None else [Guide(guess, "guessing")]
    return training_curves(curves, title, steps, height, look, guides=guides, step=step)


def _score(ran: Ran, report: Report) -> float:
    score = ran.score(report)
    # Far below what guessing scores nothing can be told apart.
    return np.nan if score is None or not np.isfinite(score) else max(score, -1.0)


def rate_figure(runs: Sequence[Ran], steps: int, height: int, look: Look, step: int | None = None) -> go.Figure:
    """The learning rates of ``runs``."""
    curves = [
        Curve(ran.name, _at(ran), np.array([one.rate for one in ran.reports]), ran.racer.color, ran.racer.dash)
        for ran in runs
    ]
    return training_curves(curves, "learning rate, log scale", steps, height, look, True, step=step)


def layer_figure(
    ran: Ran,
    what: OfLayers,
    steps: int,
    height: int,
    look: Look,
    step: int | None = None,
) -> go.Figure:
    """Of each layer of ``ran`` the norm of its gradient, or how long a step is as a share of its weights."""
    # The first report comes before the first step.
    told = [one for one in ran.reports if getattr(one, what)]
    at = np.array([float(one.step) for one in told])
    values = np.array([getattr(one, what) for one in told], dtype=np.float64)
    curves = [
        Curve(name, at, values[:, place], PALETTE[place % len(PALETTE)])
        for place, name in enumerate(ran.facts.layers)
        if told
    ]
    return training_curves(curves, _TITLES[what], steps, height, look, True, ran.facts.layers, step=step)


_TITLES: Mapping[OfLayers, str] = {"gradient_norms": "gradient norm, log scale", "ratios": "step / weights, log scale"}


def _at(ran: Ran) -> Array:
    return np.array([float(one.step) for one in ran.reports])
