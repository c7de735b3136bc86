"""The landscape that networks were trained in: what there is to see of it, what that costs, and who computes it.

Nothing here imports torch; ``terrain`` computes what is declared here, in a process of its own.
"""

import math
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from threading import BoundedSemaphore

import numpy as np
import numpy.typing as npt

import core
from core.formula.words import digits
from core.problems.training.settings import Training

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

# Weights that are kept of each training, and points of a line.
SNAPSHOTS, POINTS = 40, 41
# Multiplications, steps and numbers of all, which take about a minute and a hundred megabytes.
MOST_WORK, MOST_STEPS, MOST_NUMBERS = 1e11, 8000, 12_000_000
LONGEST = 180.0

_PROGRAM = "from core.problems.training.terrain import main; main()"
_ROOT = Path(core.__file__).parents[1]
# One at a time, beside the trainings.
_FREE = BoundedSemaphore(1)


@dataclass(frozen=True)
class Effort:
    """How closely one looks.

    A grid has ``side`` points on each side; curvature is measured at ``places`` of a path, with at most ``products`` of
    the Hessian with a vector each; losses are those of at most ``rows`` rows, evenly spaced.
    """

    side: int
    places: int
    products: int
    rows: int


# From the closest: the first that can be afforded is taken.
EFFORTS = (
    *(Effort(41, 10, 80, 10**6), Effort(21, 6, 60, 10**6), Effort(21, 6, 60, 256)),
    *(Effort(13, 4, 40, 64), Effort(13, 4, 40, 24)),
)


@dataclass(frozen=True, eq=False)
class Walk:
    """A training in a plane: where it was after ``steps`` ``(n,)``.

    ``points`` ``(n, 2)`` are its weights projected into the plane. ``actual`` is the loss of the weights themselves,
    ``drawn`` that of their projections, which is what the picture shows there, both ``(n,)``. ``near`` says which of
    them a divergence has not thrown out. ``held`` is the share of its movement, in squares, that lies in the plane.
    ``diverged`` is the step at which it did, or 0.
    """

    steps: Whole
    points: Array
    actual: Array
    drawn: Array
    near: npt.NDArray[np.bool_]
    held: float
    diverged: int = 0


@dataclass(frozen=True, eq=False)
class Slice:
    """The training loss on a plane through one end: ``loss`` ``(n, n)``, rows along ``y``, NaN where not finite.

    The end is at (0, 0). ``shares`` are those of all movement along either axis.
    """

    x: Array
    y: Array
    loss: Array
    shares: tuple[float, float]
    walks: tuple[Walk, ...]


@dataclass(frozen=True, eq=False)
class Sharpness:
    """The largest eigenvalue of the Hessian of the loss that is minimised, after ``steps``; all ``(n,)``.

    ``rates`` are the learning rates of those steps. Where power iteration had not ``settled`` it is a lower bound.
    """

    steps: Whole
    top: Array
    rates: Array
    settled: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Way:
    """The losses on the straight line from one end, of the training ``one``, to that of ``other``.

    Where these are the same, the line is from its start to its end.
    """

    one: int
    other: int
    share: Array
    train: Array
    valid: Array

    @property
    def barrier(self) -> float:
        """How far the training loss rises, at most, above the straight line between its two ends."""
        return float(np.max(self.train - (1 - self.share) * self.train[0] - self.share * self.train[-1]))


@dataclass(frozen=True, eq=False)
class Terrain:
    """What there is to see: the plane of the joined paths, one of random directions through the end of ``best``.

    All losses are those of ``rows`` rows, of ``all_rows`` that there are to learn from.
    """

    joined: Slice
    random: Slice
    sharpness: tuple[Sharpness, ...]
    ways: tuple[Way, ...]
    best: int
    rows: int
    all_rows: int


def pairs(count: int) -> list[tuple[int, int]]:
    """The ends between which lines are drawn; of a single training, its own start and end."""
    return list(combinations(range(count), 2)) or [(0, 0)]


def effort(trainings: Sequence[Training]) -> Effort:
    """How closely one can look, for what these ``trainings`` cost.

    Raises ``ValueError`` with a sentence where they cost too much, or are not of one model, data and seed.
    """
    if len({(*_place(training), training.weights) for training in trainings}) != 1:
        raise ValueError("One landscape has the same data, model and seed for all.")
    steps = sum(training.steps for training in trainings)
    if steps > MOST_STEPS:
        raise ValueError(
            f"The landscape is drawn by training again, which for all configurations together takes {digits(steps)} "
            f"steps; at most {digits(MOST_STEPS)} are taken here. Take fewer steps."
        )
    numbers = len(trainings) * (SNAPSHOTS + 2) * trainings[0].weights
    if numbers > MOST_NUMBERS:
        most = MOST_NUMBERS // (len(trainings) * (SNAPSHOTS + 2))
        raise ValueError(
            f"The model has {digits(trainings[0].weights)} weights; of {digits(len(trainings))} configurations the "
            f"landscape is drawn for up to {digits(most)}."
        )
    dear = _work(trainings, EFFORTS[-1])
    if dear > MOST_WORK:
        raise ValueError(
            f"The landscape would take about {digits(dear, '.2g')} multiplications; at most {digits(MOST_WORK)} are "
            "done here. Take fewer steps or a smaller model."
        )
    return next(one for one in EFFORTS if _work(trainings, one) <= MOST_WORK)


def _place(training: Training) -> tuple[object, ...]:
    data = (training.dataset, training.table, training.target, training.features, training.seed)
    return (*data, training.model, *sorted(training.model_values.items()))


def _work(trainings: Sequence[Training], effort: Effort) -> float:
    first, count = trainings[0], len(trainings)
    each = first.resolved_model.work(first.resolved_dataset, first.model_values)
    once = min(first.resolved_dataset.rows, effort.rows) * each
    # A product with the Hessian takes two passes there and back; half of those that are allowed is usual.
    curved = count * effort.places * effort.products / 2 * 4
    passes = 2 * effort.side**2 + 4 * count * SNAPSHOTS + len(pairs(count)) * POINTS + curved
    return sum(training.work for training in trainings) + passes * once


def terrain(trainings: Sequence[Training], seed: int = 0) -> Terrain:
    """The landscape of these ``trainings``, which are trained once more for it; ``seed`` draws random directions.

    Raises ``ValueError`` with a sentence where it costs too much or another is being computed.
    """
    effort(trainings)
    if not _FREE.acquire(timeout=1.0):
        raise ValueError("Another landscape is being computed on this server; try again in a minute.")
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            input=pickle.dumps((tuple(trainings), seed)),
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            env={**os.environ, **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")},
            timeout=LONGEST,
        )
    except subprocess.TimeoutExpired:
        raise ValueError(
            f"The landscape was not ready after {digits(LONGEST)} seconds. Take fewer steps or a smaller model."
        ) from None
    finally:
        _FREE.release()
    if done.returncode:
        raise ValueError(f"The process that computed the landscape ended unexpectedly (code {done.returncode}).")
    found: Terrain = pickle.loads(done.stdout)
    return found


def threshold(rates: Array) -> Array:
    """The sharpness beyond which plain gradient descent with all rows is unstable, 2/α (Cohen et al. 2021)."""
    return np.divide(2.0, rates, out=np.full_like(rates, math.inf), where=rates > 0)
