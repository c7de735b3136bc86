"""How runs get on, over the steps: axes for their losses, gradient norms and learning rates, and one such rate."""

from collections.abc import Sequence
from math import ceil, floor

import numpy as np
import plotly.graph_objects as go

from core.catalogue.objectives import Objective
from core.engine.findings import Array, Plot, Series
from core.engine.status import Outcome
from core.engine.trace import Path
from core.engine.tracks import FLOOR, Tracks, base
from core.figures.look import Look, axis, layout
from core.figures.plot import plot
from core.formula.words import digits

_SHARE = "learning rate, share of the one set"
# Pixels of a character of a racer's name, which the right margin leaves room for.
_CHARACTER = 7.6


def loss_axes(
    race: Tracks, look: Look, objective: Objective, along: tuple[str, float] | None = None, also: Sequence[float] = ()
) -> go.Figure:
    """Axes for the losses of ``race`` over its steps, or ``along`` something else, with its title and its end.

    ``objective`` may know more about it than the runs, which of a formula know no minimum. With a known minimum: for
    the loss above it, on a log axis that ends at ``FLOOR``, as it says where that is reached. Without one, or if a path
    goes below it: for the plain loss on a linear axis. Heights ``also`` to be seen count as the axis does.
    """
    losses = [path.loss for _, path in race]
    minimum = base(race, objective)
    if minimum is None:
        return _axes(race, losses, "loss", False, look, along, also)
    above = "loss" if minimum == 0 else "loss above the minimum"
    return _axes(race, [loss - minimum for loss in losses], f"{above}, log scale", True, look, along, also)


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
    along: tuple[str, float] | None = None,
    also: Sequence[float] = (),
) -> go.Figure:
    """The steps of the race across, or what ``along`` says; upwards every start and what runs not diverging reach.

    A log axis also shows how runs diverge if all of them do.
    """
    across, last = along or ("step", float(max(path.steps for _, path in race)))
    # Where nan stands, a path ended or the objective has no value; fmax would take the floor for it.
    scaled = [np.log10(np.maximum(height, FLOOR)) if logarithmic else height for height in [*heights, np.array(also)]]
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
            f"{title} {last} {low} {high}",
            xaxis=axis(look, across, (0.0, last), showgrid=False),
            yaxis=axis(look, title, (low, high), **ticks),
            margin={"l": 58, "r": 28 + _CHARACTER * longest, "t": 14, "b": 46},
        )
    )
