"""How runs end: when one counts as diverged, undefined or at rest, and the sentence of one that is not at rest."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from core.formula.words import counted, digits

Array = npt.NDArray[np.float64]

# Beyond these a run counts as diverged: far outside every picture, and far inside what float64 can hold.
MAX_POSITION = 1e12
MAX_LOSS = 1e100
# The gradient norm at or below which a run counts as at rest.
REST_NORM = 1e-6


class Outcome(StrEnum):
    """How a run ended: not at rest, or where the gradient is nearly 0, at a point of one of four kinds.

    It is also at rest at the edge of the box that it is held in, if the slope there leads out of it.
    """

    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    SADDLE = "saddle"
    FLAT = "flat"
    HELD = "held"
    FINISHED = "finished"
    DIVERGED = "diverged"
    UNDEFINED = "undefined"


AT_REST = (Outcome.MINIMUM, Outcome.MAXIMUM, Outcome.SADDLE, Outcome.FLAT, Outcome.HELD)


@dataclass(frozen=True)
class Status:
    """How a run ended: the outcome, the last step taken or the one that failed, and the sentence a page prints."""

    outcome: Outcome
    step: int
    value: str

    def __str__(self) -> str:
        return self.value

    @property
    def failed(self) -> bool:
        """Whether the run was cut short because it diverged or became undefined."""
        return self.outcome in (Outcome.DIVERGED, Outcome.UNDEFINED)


def failed(x: Iterable[Array], loss: Array) -> npt.NDArray[np.bool_]:
    """Where a point (columns of ``x``) or its loss is not finite or beyond all bounds."""
    with np.errstate(invalid="ignore"):
        within = np.abs(loss) <= MAX_LOSS
        for coordinate in x:
            within &= np.abs(coordinate) <= MAX_POSITION
    return ~within


def moving_status(loss: float, grad_norm: float, step: int) -> Status:
    """How a run ended that took all its steps and is not at rest."""
    sentence = (
        f"Not at rest after {counted(step)}: the loss is {digits(loss)} and the gradient norm {digits(grad_norm)}."
    )
    return Status(Outcome.FINISHED, step, sentence)


def held_status(point: Array, grad_norm: float, step: int) -> Status:
    """How a run ended at ``point`` on the edge of its box, beyond which alone the loss still falls."""
    sentence = (
        f"Held at the edge of its box: after {counted(step)} it is at {point_text(point)}, and the only slope left, "
        f"{digits(grad_norm)}, leads out of it."
    )
    return Status(Outcome.HELD, step, sentence)


def failure(point: Array, loss: float, step: int) -> Outcome:
    """What it means that a run reached ``point`` with ``loss`` at ``step``, one of them out of bounds."""
    if step == 0 or np.isnan(point).any():
        return Outcome.UNDEFINED
    within = (np.abs(point) <= MAX_POSITION).all()
    return Outcome.UNDEFINED if within and np.isnan(loss) else Outcome.DIVERGED


def point_text(point: Iterable[float]) -> str:
    """A point with four significant digits: "x = 2" in one variable, "(2, 3)" in several."""
    numbers = [digits(number) for number in point]
    return f"({', '.join(numbers)})" if len(numbers) > 1 else f"x = {numbers[0]}"
