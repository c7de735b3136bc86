"""How runs end: when one counts as diverged, undefined or converged, and the sentence that says so."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# Beyond these a run counts as diverged: far outside every picture, and far inside what float64 can hold.
MAX_POSITION = 1e12
MAX_LOSS = 1e100
# The gradient norm at or below which the end of a run counts as converged.
CONVERGED_NORM = 1e-6


class Outcome(StrEnum):
    """How a run ended."""

    CONVERGED = "converged"
    FINISHED = "finished"
    DIVERGED = "diverged"
    UNDEFINED = "undefined"


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


def status(x: Array, loss: Array, grad_norm: Array, fails_at: int | None) -> Status:
    if fails_at is None:
        last = len(x) - 1
        if grad_norm[-1] <= CONVERGED_NORM:
            sentence = (
                f"Converged: after {last} steps the gradient norm is {grad_norm[-1]:.4g}, at most {CONVERGED_NORM:g}."
            )
            return Status(Outcome.CONVERGED, last, sentence)
        sentence = (
            f"Budget spent: after {last} steps the loss is {loss[-1]:.4g} and the gradient norm {grad_norm[-1]:.4g}."
        )
        return Status(Outcome.FINISHED, last, sentence)
    outcome, reason = failure(x[fails_at], float(loss[fails_at]), fails_at)
    if fails_at == 0:
        return Status(outcome, 0, f"Undefined at the start: {reason}.")
    before = f"the last point was {point_text(x[fails_at - 1])} with loss {loss[fails_at - 1]:.4g}"
    return Status(outcome, fails_at, f"{outcome.capitalize()} at step {fails_at}: {reason}; {before}.")


def failure(point: Array, loss: float, step: int) -> tuple[Outcome, str]:
    """What it means that a run reached ``point`` with ``loss`` at ``step``, one of them out of bounds, and why."""
    if step == 0:
        return Outcome.UNDEFINED, f"the objective has no usable value at {point_text(point)}"
    if np.isnan(point).any():
        return Outcome.UNDEFINED, "the rule computed a position that is not a number"
    if (np.abs(point) > MAX_POSITION).any():
        return Outcome.DIVERGED, f"the position left ±{MAX_POSITION:g}"
    if np.isnan(loss):
        return Outcome.UNDEFINED, f"the objective has no value at {point_text(point)}"
    return Outcome.DIVERGED, f"the loss passed {MAX_LOSS:g} in size"


def point_text(point: Iterable[float]) -> str:
    """A point with four significant digits."""
    return f"({', '.join(f'{coordinate:.4g}' for coordinate in point)})"
