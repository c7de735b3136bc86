"""How runs get on: loss, gradient norm and learning rate over the steps, or over the gradients these cost."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from core.figures import labels, marks
from core.figures.look import DIGITS, SMALL_SIZE, Look, axis, layout, number
from core.figures.trail import Array, Cut, Trail, View, cut
from core.objectives import Objective
from core.status import Outcome
from core.trace import Path

Against = Literal["steps", "evaluations"]

# What a log axis shows for anything smaller, zero included: below it, float64 differences are rounding.
FLOOR = 1e-16
# A loss may lie this far (relative to its size) below the known minimum and still be it, rounded.
_ROUNDING = 1e-12
# Pixels: of the axes' height on a small screen, between labels, of a character.
_HEIGHT, _GAP, _CHARACTER = 240.0, 16.0, 7.0


def loss_progress(
    trails: Sequence[Trail],
    look: Look,
    step: int | None = None,
    against: Against = "steps",
    objective: Objective | None = None,
) -> go.Figure:
    """The loss of every trail (all on one objective) over steps or gradient evaluations.

    ``objective`` may know more about it than the runs, which of a formula know no minimum. With a known minimum: the
    loss above it on a log axis, where values below ``FLOOR`` are drawn at ``FLOOR``, as the axis says. Without one, or
    if a trail goes below it: the plain loss on a linear axis. Trails that leave the range of the others end in a mark
    at its edge; numbers under the pointer are the true loss. ``step`` draws a hairline.
    """
    losses = [trail.path.loss for trail in trails]
    known = objective or (trails[0].path.run.resolved_objective if trails else None)
    minimum = known.minimum if known else None
    if minimum is None or any((loss < minimum - _ROUNDING * (1 + abs(minimum))).any() for loss in losses):
        return _progress(trails, losses, losses, "loss", False, look, step, against)
    above = "loss" if minimum == 0 else "loss above the minimum"
    heights = [loss - minimum for loss in losses]
    return _progress(trails, heights, losses, f"{above}, log scale, floor {_power(FLOOR)}", True, look, step, against)


def gradient_progress(
    trails: Sequence[Trail], look: Look, step: int | None = None, against: Against = "steps"
) -> go.Figure:
    """The length of the exact gradient of every trail, as ``loss_progress`` shows the loss, always on a log axis."""
    norms = [trail.path.grad_norm for trail in trails]
    title = f"gradient norm, log scale, floor {_power(FLOOR)}"
    return _progress(trails, norms, norms, title, True, look, step, against)


def rate_progress(
    trails: Sequence[Trail], look: Look, step: int | None = None, against: Against = "steps"
) -> go.Figure:
    """The learning rate of every trail as a share of the one set, which is what its schedule does."""
    shares = [rate_share(trail.path) for trail in trails]
    return _progress(trails, shares, shares, "learning rate, share of the one set", False, look, step, against)


def rate_share(path: Path) -> Array:
    """The learning rate of each step of ``path`` as a share of the one set, of shape ``(steps+1,)``.

    Row t belongs to step t; row 0, the start, repeats the first step. It is 1 where the rate set is 0.
    """
    lr = path.run.settings["lr"]
    shares = path.terms["lr"] / lr if lr else np.ones(len(path.x) - 1)
    return np.concatenate([shares[:1] if shares.size else np.ones(1), shares])


def _progress(
    trails: Sequence[Trail],
    heights: Sequence[Array],
    values: Sequence[Array],
    title: str,
    logarithmic: bool,
    look: Look,
    step: int | None,
    against: Against,
) -> go.Figure:
    costs = [_cost_of_a_step(trail, against) for trail in trails]
    # Where nan stands, a path ended or the objective has no value; fmax would take the floor for it.
    scaled = [np.log10(np.maximum(height, FLOOR)) if logarithmic else height for height in heights]
    scaled = [np.where(np.isfinite(height), height, np.nan) for height in scaled]
    view = _view(trails, scaled, costs, logarithmic)
    data, cuts = [], []
    for trail, height, value, cost in zip(trails, scaled, values, costs, strict=True):
        points = np.stack([cost * np.arange(len(height)), height], axis=1)
        shown = cut(points, trail.path.status, view)
        cuts.append((trail, shown))
        data += [
            _on_axis(trace, logarithmic) for trace in marks.strokes(trail, shown, look, value, _hover(title), False)
        ]
    notes = _names(cuts, view, look)
    if step is not None and trails:
        data.append(_hairline(step * costs[0], view, look, logarithmic))
    longest = max((len(trail.name) for trail, _ in cuts), default=0)
    up = view[1]
    ticks = {"type": "log", "dtick": max(1, ceil((up[1] - up[0]) / 6))} if logarithmic else {}
    return go.Figure(
        {
            "data": data,
            "layout": layout(
                look,
                f"{title} {against} {view}",
                xaxis=axis(
                    look, {"steps": "step", "evaluations": "gradient evaluations"}[against], view[0], showgrid=False
                ),
                yaxis=axis(look, title, up, **ticks),
                margin={"l": 58, "r": 14 + _CHARACTER * longest, "t": 14, "b": 46},
                annotations=notes,
            ),
        }
    )


def _cost_of_a_step(trail: Trail, against: Against) -> float:
    if against == "steps":
        return 1.0
    # Every step of a rule asks for the same number of gradients, the step that failed included.
    asked = trail.path.status.step
    return trail.path.evaluations / asked if asked else 1.0


def _view(trails: Sequence[Trail], scaled: Sequence[Array], costs: Sequence[float], logarithmic: bool) -> View:
    """The steps of the longest run across; upwards what runs that did not diverge reach, and every start."""
    last = max((cost * trail.path.run.steps for trail, cost in zip(trails, costs, strict=True)), default=1.0)
    starts = [height[:1] for height in scaled]
    tame = [h for h, trail in zip(scaled, trails, strict=True) if trail.path.status.outcome is not Outcome.DIVERGED]
    seen = np.concatenate([*starts, *tame, np.empty(0)])
    seen = seen[np.isfinite(seen)]
    low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 1.0)
    if logarithmic:
        return (0.0, last), (floor(low * 2 - 0.2) / 2, ceil(high * 2 + 0.2) / 2)
    room = max(0.06 * (high - low), 1e-6 * max(abs(low), abs(high))) or 0.5
    return (0.0, last), (low - room, high + room)


def _names(cuts: Sequence[tuple[Trail, Cut]], view: View, look: Look) -> list[dict[str, Any]]:
    """Names at the ends of the trails, moved apart; in the margin where a trail lasts to the end."""
    bottom, top = view[1]
    lasting = [(t, s) for t, s in cuts if s.end.point is not None and not s.end.note and s.end.edge is None]
    early = [label for t, s in cuts if s.end.note and (label := marks.head(t, s)) is not None]
    placed, _ = labels.place(early, look, view)
    ends = [s.end.point[1] for _, s in lasting if s.end.point is not None]
    pixels = [_HEIGHT * (end - bottom) / (top - bottom) for end in ends]
    for (trail, shown), before, after in zip(lasting, pixels, labels.spread(pixels, _GAP), strict=True):
        assert shown.end.point is not None
        placed.append(
            {
                "text": trail.name,
                "x": shown.end.point[0],
                "y": shown.end.point[1],
                "showarrow": False,
                "font": {"color": trail.color, "size": SMALL_SIZE, "weight": 600},
                "xanchor": "left",
                "yanchor": "middle",
                "xshift": 8,
                "yshift": after - before,
            }
        )
    return placed


def _on_axis(trace: dict[str, Any], logarithmic: bool) -> dict[str, Any]:
    """A trace made in axis coordinates as Plotly wants it: on a log axis, the numbers themselves."""
    if not logarithmic:
        return trace
    # Off the view by less than this, a float64 holds every power.
    return {**trace, "y": 10.0 ** np.clip(np.asarray(trace["y"], dtype=np.float64), -300.0, 300.0)}


def _hover(title: str) -> str:
    return f"{title.split(',')[0].removesuffix(' above the minimum')} = %{{customdata[1]:{DIGITS}}}"


def _hairline(x: float, view: View, look: Look, logarithmic: bool) -> dict[str, Any]:
    line = {
        "type": "scatter",
        "mode": "lines",
        "showlegend": False,
        "hoverinfo": "skip",
        "x": [x, x],
        "y": list(view[1]),
        "line": {"color": look.quiet, "width": 1},
    }
    return _on_axis(line, logarithmic)


def _power(value: float) -> str:
    return number(value) if log10(value) != round(log10(value)) else f"10<sup>−{-round(log10(value))}</sup>"
