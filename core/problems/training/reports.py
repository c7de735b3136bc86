"""What a training tells while it runs and when it is over, as plain values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Facts:
    """What is known before the first step.

    ``layers`` are the names of the parts whose gradients are measured. ``balance`` has the share of each of ``labels``,
    nothing for numbers. ``baseline`` and ``baseline_accuracy`` are those of always giving the same answer (see
    ``Split``). ``notes`` are sentences about what was done to the data and how the rule moves the weights.
    """

    weights: int
    layers: tuple[str, ...]
    labels: tuple[str, ...]
    features: tuple[str, ...]
    balance: tuple[float, ...]
    baseline: float
    baseline_accuracy: float | None
    train_rows: int
    valid_rows: int
    target_scale: tuple[float, float]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Boundary:
    """What the model answers on a grid over the plane.

    ``classes`` and ``certainty`` (the share of the class that wins) have the shape ``(y, x)``, from the lowest to the
    highest of each; ``domain`` is ``(x_low, x_high, y_low, y_high)``.
    """

    classes: Codes
    certainty: Reals
    domain: tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Mistakes:
    """What is misclassified among the rows held back.

    ``confusion`` counts rows by class (first) and answer (second). Of the first few mistakes ``rows`` are the places
    among those rows, ``x`` the features, ``truth`` and ``answers`` the classes.
    """

    confusion: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    x: Reals
    truth: Codes
    answers: Codes

    @property
    def count(self) -> int:
        """How many rows are misclassified."""
        return int(self.confusion.sum() - np.trace(self.confusion))


@dataclass(frozen=True, eq=False)
class Fit:
    """What the model answers for the rows held back, and the numbers that it should, both in the units of the data."""

    truth: Reals
    answers: Reals


@dataclass(frozen=True)
class Sample:
    """What the model of text writes on after ``begin``."""

    begin: str
    text: str


View = Boundary | Mistakes | Fit | Sample


@dataclass(frozen=True, eq=False)
class Report:
    """Where a training is after ``step`` steps.

    Losses are means over all rows, as the model is used (without label smoothing, with the norms' running means);
    accuracies are shares of rows, or of characters, and ``None`` for numbers. ``batch_loss`` is what the last step
    minimised, NaN before the first. ``rate`` is the learning rate of the last step, of the next before the first.
    ``gradient_norms`` and ``ratios`` belong to ``Facts.layers``: the gradient's norm at the last step, before clipping
    (NaN if the rule asks for none), and how long that step was as a share of the layer's weights (NaN where all of
    these were 0); both are empty before the first. The first report has the ``facts``, the last the ``end``; ``view``
    comes with some, with the first and the last in any case. ``weights`` come with the last if they are asked for, by
    the names that torch gives them. ``racer`` counts the trainings that run side by side, from 0.
    """

    step: int
    epoch: float
    train_loss: float
    valid_loss: float
    train_accuracy: float | None
    valid_accuracy: float | None
    batch_loss: float
    rate: float
    gradient_norms: tuple[float, ...]
    ratios: tuple[float, ...]
    facts: Facts | None = None
    view: View | None = None
    weights: dict[str, npt.NDArray[Any]] | None = None
    end: "End | None" = None
    racer: int = 0


class Outcome(StrEnum):
    """How a training ended."""

    FINISHED = "finished"
    DIVERGED = "diverged"
    STOPPED = "stopped"


@dataclass(frozen=True)
class End:
    """How a training ended: the outcome, the last step taken or the one that failed, and the sentence to print."""

    outcome: Outcome
    step: int
    sentence: str


@dataclass(frozen=True)
class Rate:
    """A command: from the next step on the learning rate is ``lr``, times what the schedule says; state is kept."""

    lr: float


@dataclass(frozen=True)
class Stop:
    """A command: the training ends as it is."""


Command = Rate | Stop


@dataclass(frozen=True, eq=False)
class Result:
    """A whole training: its reports, of which the last has the end and the weights."""

    reports: tuple[Report, ...]

    @property
    def facts(self) -> Facts:
        """What was known before the first step."""
        facts = self.reports[0].facts
        assert facts is not None
        return facts

    @property
    def end(self) -> End:
        """How it ended."""
        end = self.reports[-1].end
        assert end is not None
        return end
