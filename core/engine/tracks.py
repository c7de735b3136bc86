"""Tracks: what a picture needs of a descent, whatever took its steps, and of who is shown to take them."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.catalogue.objectives import Objective
from core.catalogue.optimizers.declaration import Dash
from core.engine.run import Run
from core.engine.status import Status

Array = npt.NDArray[np.float64]

# What a height above the minimum counts as if it is smaller, zero included: below it, float64 differences are rounding.
FLOOR = 1e-16
# A loss may lie this far (relative to its size) below the known minimum and still be it, rounded.
_ROUNDING = 1e-12


class Entrant(Protocol):
    """Who descends: what it is called, in code and in words, and how its track is drawn."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def color(self) -> str: ...
    @property
    def dash(self) -> Dash: ...


class Track(Protocol):
    """Where a descent went, as a ``Path`` says it.

    ``steps`` are those it was to take. ``rate_share`` (steps+1,) is the learning rate of each step as a share of the
    one set; row 0, the start, repeats that of the first step. ``velocity`` (steps, d) points against the push of a
    momentum after each step, and ``run`` takes the steps anew; both are ``None`` where there is none.
    """

    @property
    def x(self) -> Array: ...
    @property
    def loss(self) -> Array: ...
    @property
    def grad(self) -> Array: ...
    @property
    def grad_norm(self) -> Array: ...
    @property
    def rate_share(self) -> Array: ...
    @property
    def velocity(self) -> Array | None: ...
    @property
    def status(self) -> Status: ...
    @property
    def steps(self) -> int: ...
    @property
    def run(self) -> Run | None: ...


Tracks = Sequence[tuple[Entrant, Track]]


def base(race: Tracks, objective: Objective) -> float | None:
    """The minimum that the losses of ``race`` can be counted from; ``None`` if ``objective`` knows none.

    A minimum is known within a domain: if a path goes below it, it is none for this race.
    """
    minimum = objective.minimum
    if minimum is None:
        return None
    lowest = minimum - _ROUNDING * (1 + abs(minimum))
    return None if any((path.loss < lowest).any() for _, path in race) else minimum
