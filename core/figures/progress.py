"""How runs get on, over the steps: axes for losses, gradient norms and learning rates, and lines in some of them."""

from collections.abc import Sequence
from math import ceil, floor
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.catalogue.objectives import Objective
from core.engine.findings import Array, Plot, Series, drawn_moments
from core.engine.status import Outcome
from core.engine.summary import Race
from core.engine.trace import Path
from core.engine.tracks import FLOOR, Entrant, Tracks, base
from core.figures.look import Look, axis, compact, layout, note, readable, written
from core.figures.plot import plot
from core.formula.words import digits

_SHARE = "learning rate, share of the one set"
# Pixels of a character of a racer's name, which the right margin leaves room for, and beside it.
_CHARACTER, _BESIDE = 6.7, 16
# A log axis of fewer powers of ten has 2 and 5 between them.
_FEW_DECADES = 2
# The height of such a name, as a share of axes that are at least 200 pixels high; and its contrast (WCAG 2.2, 1.4.3).
_LABEL, _INK = 0.085, 4.5


def loss_axes(
    race: Tracks, look: Look, objective: Objective, along: tuple[str, float] | None = None, also: Sequence[float] = ()
) -> go.Figure:
    """Axes for the losses of ``race`` over its steps, or ``along`` something else, with its title and its end.

    ``objective`` may know more about it than the runs, which of a formula know no minimum. With a known minimum: for
    the loss above it, on a log axis that ends at ``FLOOR``, as it says where that is reached. Without one, or if a path
    goes below it: for the plain loss on a linear axis. Heights ``also`` to be seen count as the axis does.
    """
    return _axes(race, *_heights(race, [objective] * len(race)), look, along=along, also=also)


def losses(race: Race, look: Look, first: int = 0, fork: int | None = None) -> go.Figure:
    """The losses of ``race`` from the step ``first`` on, each line with its name at its end.

    The axes are those of ``loss_axes``, whatever objective each run descends: heights are above its own minimum. The
    step ``fork``, if there is one, is marked.
    """
    heights, title, logarithmic = _heights(race, [path.run.resolved_objective for _, path in race])
    figure = _axes(race, heights, title, logarithmic, look, first)
    low, high = figure.layout.yaxis.range
    scaled = [np.log10(np.maximum(height, FLOOR)) if logarithmic else height for height in heights]
    # Far outside of the axes a browser cannot draw.
    limits = low - (high - low), high + (high - low)
    for (racer, _), height, up in zip(race, heights, scaled, strict=True):
        drawn = np.clip(up, *limits)
        figure.add_trace(_line(racer, 10.0**drawn if logarithmic else drawn, height, first))
    places = _spread([min(max((np.nan_to_num(up[-1]) - low) / (high - low), 0.0), 1.0) for up in scaled])
    for (racer, path), place in zip(race, places, strict=True):
        name = {"yref": "paper", "xanchor": "left", "yanchor": "middle", "xshift": 6}
        color = readable(racer.color, look.background, _INK)
        figure.add_annotation(note(racer.name, max(len(path.loss) - 1, first), place, color, 600, **name))
    if logarithmic and high - low < _FEW_DECADES:
        figure.update_yaxes(dtick="D2")
    if fork is not None:
        figure.add_vline(fork, line={"color": look.quiet, "width": 1, "dash": "dot"})
        figure.add_annotation(note("fork", fork, 1, look.quiet, yref="paper", yanchor="bottom"))
    return figure


def _line(racer: Entrant, drawn: Array, height: Array, first: int) -> dict[str, Any]:
    """A line of one run through ``drawn``, which stands for ``height``, from the step ``first`` on."""
    last = len(height) - 1
    steps = np.minimum(first + drawn_moments(max(last - first, 0)), last)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": racer.name,
        "showlegend": False,
        "x": steps,
        "y": compact(drawn[steps]),
        "line": {"color": racer.color, "width": 2, "dash": racer.dash},
        "text": written(height[steps]),
        "hovertemplate": f"{racer.name}, step %{{x}}: %{{text}}<extra></extra>",
    }


def _spread(places: Sequence[float]) -> list[float]:
    """``places`` from 0 to 1, moved as little as keeps names at them from covering each other."""
    order = sorted(range(len(places)), key=places.__getitem__)
    spread, least = list(places), 0.0
    for index in order:
        least = spread[index] = max(places[index], least)
        least += _LABEL
    most = 1.0
    for index in reversed(order):
        most = spread[index] = min(spread[index], most)
        most -= _LABEL
    return spread


def _heights(race: Tracks, objectives: Sequence[Objective]) -> tuple[list[Array], str, bool]:
    """The losses of ``race``, above the minima of ``objectives`` if all are known; what that is; if it is logarithmic.

    What is called so is an axis of the logarithm. A path below its minimum makes all of them plain losses.
    """
    lowest = [base([one], objective) for one, objective in zip(race, objectives, strict=True)]
    known = [(path.loss, low) for (_, path), low in zip(race, lowest, strict=True) if low is not None]
    if len(known) < len(race):
        return [path.loss for _, path in race], "loss", False
    above = "loss above the minimum" if any(lowest) else "loss"
    return [loss - low for loss, low in known], f"{above}, log scale", True


def norm_axes(race: Tracks, look: Look) -> go.Figure:
    """Axes for the lengths of the exact gradients, upwards always a log axis."""
    return _axes(race, [path.grad_norm for _, path in race], "gradient norm, log scale", True, look)


def rate_axes(race: Tracks, look: Look) -> go.Figure:
    """Axes for the learning rates as shares of the one set, which is what a schedule makes of it."""
    return _axes(race, [path.rate_share for _, path in race], _SHARE, False, look)


def schedule_curve(path: Path, look: Look) -> go.Figure:
    """What the schedule of ``path`` makes of the learning rate."""
    shares = path.rate_share
    series = Series(
        path.run.resolved_schedule.name, np.arange(float(shares.size)), shares, path.run.resolved_optimizer.color
    )
    return plot(Plot("step", _SHARE, (series,)), look)


def _axes(
    race: Tracks,
    heights: Sequence[Array],
    title: str,
    logarithmic: bool,
    look: Look,
    first: int = 0,
    along: tuple[str, float] | None = None,
    also: Sequence[float] = (),
) -> go.Figure:
    """The steps of the race from ``first`` on across, or what ``along`` says; upwards what the race reaches.

    That is every start and what runs that did not diverge reach.

    A log axis also shows how runs diverge if all of them do.
    """
    across, last = along or ("step", float(max(path.steps for _, path in race)))
    # Where nan stands, a path ended or the objective has no value; fmax would take the floor for it.
    late = [height[min(first, len(height) - 1) :] for height in heights]
    scaled = [np.log10(np.maximum(height, FLOOR)) if logarithmic else height for height in [*late, np.array(also)]]
    diverged = [path.status.outcome is Outcome.DIVERGED for _, path in race]
    whole = logarithmic and all(diverged)
    seen = [
        height[:1] if gone and not whole else height for height, gone in zip(scaled, [*diverged, False], strict=True)
    ]
    finite = np.concatenate(seen)
    finite = finite[np.isfinite(finite)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if logarithmic:
        if finite.size and finite.min() <= np.log10(FLOOR):
            title = f"{title}, cut off at {digits(FLOOR)}"
        low, high = floor(low * 2 - 0.2) / 2, ceil(high * 2 + 0.2) / 2
    else:
        room = max(0.06 * (high - low), 1e-3 * max(abs(low), abs(high))) or 0.5
        low, high = low - room, high + room
    ticks = {"type": "log", "dtick": max(1, ceil((high - low) / 6))} if logarithmic else {}
    longest = max(len(racer.name) for racer, _ in race)
    return go.Figure(
        layout=layout(
            look,
            f"{title} {first} {last} {low} {high}",
            xaxis=axis(look, across, (first, last), showgrid=False),
            yaxis=axis(look, title, (low, high), **ticks),
            margin={"l": 58, "r": _BESIDE + _CHARACTER * longest, "t": 14, "b": 46},
        )
    )
