"""The loss of every line through a table as a landscape, and the runs of the variants as tracks in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.catalogue.explore import LOW, WIDE
from core.catalogue.objectives import Objective
from core.engine.status import Outcome, Status
from core.problems.batches.data import Array, Pair
from core.problems.batches.descent import DECAYS, least_squares, line
from core.problems.batches.race import START, Ran, Settings, Variant, level

# Room around the ellipse on which the loss is that of the start, as a share of its half extents.
_ROOM = 0.15
# Points of a grid per side by which the scale of the heights is chosen.
_GRID = 41


@dataclass(frozen=True, eq=False)
class BatchTrack:
    """Where the run of one variant went, until it diverged (``core.engine.tracks.Track``)."""

    x: Array
    loss: Array
    grad: Array
    rate_share: Array
    status: Status
    steps: int
    velocity: None = None
    run: None = None

    @property
    def grad_norm(self) -> Array:
        """The length of the exact gradient."""
        norm: Array = np.hypot(*self.grad.T)
        return norm


def bowl(pair: Pair, start: Sequence[float]) -> Objective:
    """The mean squared error over slope and intercept, shown as far as it is no higher than at ``start``, with room.

    Starts lower than ``START`` have the same view, so that they can be compared.
    """
    features = line(pair.x)
    best, lowest = least_squares(features, pair.y)
    reach = max(level(pair, point) for point in (start, START))
    # Half the size of the ellipse of that height.
    inverse = np.linalg.inv(np.linalg.qr(features)[1])
    half = np.sqrt(reach * pair.x.size * (inverse**2).sum(axis=1)) * (1 + _ROOM)
    slope, intercept = best.tolist()
    # Distances from the lowest point: nothing cancels next to it.
    tilted = f"({float(pair.x.mean())!r}*(x - ({slope!r})) + (y - ({intercept!r})))**2"
    domain = tuple(zip((best - half).tolist(), (best + half).tolist(), strict=True))
    return Objective(
        key="least_squares",
        name="Mean squared error",
        formula=f"{tilted} + {float(pair.x.var())!r}*(x - ({slope!r}))**2 + {lowest!r}",
        domain=domain,
        start=tuple(start),
        minima=((slope, intercept),),
        minimum=lowest,
        idea="The loss of every line through the data: w is across, b is up.",
        levels=_levels(pair, half),
        called=("w", "b"),
    )


def _levels(pair: Pair, half: Array) -> Literal["linear", "log"]:
    """The scale of heights over so much to either side of the lowest point (see ``Objective``)."""
    across, up = (np.linspace(-size, size, _GRID) for size in half)
    heights = (pair.x.mean() * across[:, None] + up) ** 2 + pair.x.var() * across[:, None] ** 2
    return "log" if float(np.mean(heights < LOW * heights.max())) > WIDE else "linear"


def tracks(objective: Objective, runs: Sequence[Ran], settings: Settings) -> list[tuple[Variant, BatchTrack]]:
    """The ``runs`` of ``settings`` on the bowl ``objective``."""
    factors = DECAYS[settings.decay].factor(np.maximum(np.arange(settings.updates + 1.0), 1.0))
    return [(ran.variant, _track(objective, ran, factors)) for ran in runs]


def _track(objective: Objective, ran: Ran, factors: Array) -> BatchTrack:
    steps = len(ran.weights) - 1
    last, outcome = (steps, Outcome.FINISHED) if ran.diverged_at < 0 else (ran.diverged_at, Outcome.DIVERGED)
    # The update that diverged does not belong to a track.
    rows = slice(steps + 1 if ran.diverged_at < 0 else last)
    weights = ran.weights[rows]
    with np.errstate(over="ignore", invalid="ignore"):
        grad = objective.parsed.grad(weights.T).T
    return BatchTrack(weights, ran.loss[rows], grad, factors[rows], Status(outcome, last, ""), steps)
