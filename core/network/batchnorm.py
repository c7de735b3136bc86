"""A deep ReLU network with two classes, trained at many learning rates at once, in NumPy.

The task: 512 items of ten standard normal features; the class is the sign of x₁x₂ + x₃x₄ + x₅. Hidden layers of 32
units are matrices, each followed by biases or by BatchNorm and then by ReLU; the loss is the cross-entropy of two
scores. Items, weights at the start and batches come from one seed and are shared by all learning rates.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.findings import Array

INPUTS, WIDTH, CLASSES = 10, 32, 2
ITEMS, BATCH = 512, 64
# PyTorch's, added to the variance.
_EPS = 1e-5


class Start(Enum):
    """How weights start, even around 0: the value is their variance times the layer's inputs."""

    HE = 2.0
    PYTORCH = 1 / 3


class Shift(Protocol):
    """What follows a hidden layer's matrix: one copy for each learning rate, values of shape (rates, items, 32)."""

    def forward(self, values: Array) -> Array:
        """What is passed on."""

    def backward(self, back: Array, rates: Array) -> Array:
        """The gradient before it, given the one behind it; its own weights take a step at ``rates``, (rates, 1, 1)."""


class Bias:
    """A number added to each unit, 0 at first."""

    def __init__(self, rates: int) -> None:
        self.bias = np.zeros((rates, 1, WIDTH))

    def forward(self, values: Array) -> Array:
        return values + self.bias

    def backward(self, back: Array, rates: Array) -> Array:
        self.bias -= rates * back.sum(axis=1, keepdims=True)
        return back


class BatchNorm:
    """Each unit normalised over the batch, scaled and shifted: by 1 and 0 at first, trained.

    Behind it, ``disturbance`` d multiplies each unit by exp(d·N) and adds d·N to it, with normal numbers N that are
    drawn anew for each unit in each step.
    """

    def __init__(self, rates: int, disturbance: float, seed: Sequence[int]) -> None:
        self.scale, self.shift = np.ones((rates, 1, WIDTH)), np.zeros((rates, 1, WIDTH))
        self.disturbance, self.random = disturbance, np.random.default_rng(seed)

    def forward(self, values: Array) -> Array:
        centred = values - values.mean(axis=1, keepdims=True)
        self.spread = np.sqrt((centred * centred).mean(axis=1, keepdims=True) + _EPS)
        self.normal = centred / self.spread
        self.factor = np.exp(self.disturbance * self.random.standard_normal(WIDTH))
        added = self.disturbance * self.random.standard_normal(WIDTH)
        out: Array = self.normal * (self.scale * self.factor)
        out += self.shift * self.factor + added
        return out

    def backward(self, back: Array, rates: Array) -> Array:
        total = back.sum(axis=1, keepdims=True)
        along = (back * self.normal).sum(axis=1, keepdims=True)
        inner: Array = self.normal * (-along / back.shape[1])
        inner += back
        inner -= total / back.shape[1]
        inner *= self.scale * self.factor / self.spread
        self.scale -= rates * self.factor * along
        self.shift -= rates * self.factor * total
        return inner


@dataclass(frozen=True, eq=False)
class Trained:
    """``losses`` of shape ``(steps, rates)``, of each step's batch before the step; NaN once a rate has diverged.

    ``moved``, of shape ``(rates,)``, is how far the means that leave the middle layer move from one step to the next:
    the mean over steps of the mean distance over the mean standard deviation of its units.
    """

    losses: Array
    moved: Array


def train(rates: Array, steps: int, start: Start, shifts: Sequence[Shift], seed: int) -> Trained:
    """The network with one hidden layer for each of ``shifts``, trained by gradient descent at each of ``rates``.

    ``rates`` has shape ``(rates,)``. Each pass over the items is in a new order, in batches of 64.
    """
    random = np.random.default_rng(seed)
    x = random.standard_normal((ITEMS, INPUTS))
    classes = (x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3] + x[:, 4] > 0).astype(np.intp)
    matrices = [
        np.repeat(random.uniform(-1, 1, (1, *shape)) * np.sqrt(3 * start.value / shape[0]), len(rates), axis=0)
        for shape in pairwise([INPUTS, *[WIDTH] * len(shifts), CLASSES])
    ]
    offset = np.zeros((len(rates), 1, CLASSES))
    factor = rates[:, None, None]
    losses, moved = np.empty((steps, len(rates))), np.empty((steps, len(rates)))
    means = np.zeros((len(rates), WIDTH))
    for step, picked in zip(range(steps), _batches(random), strict=False):
        inputs = [np.broadcast_to(x[picked], (len(rates), BATCH, INPUTS))]
        for matrix, shift in zip(matrices, shifts, strict=False):
            inputs.append(np.maximum(shift.forward(inputs[-1] @ matrix), 0.0))
        losses[step], back = _cross_entropy(inputs[-1] @ matrices[-1] + offset, classes[picked])
        middle = inputs[(len(shifts) + 1) // 2]
        before, means = means, middle.mean(axis=1)
        moved[step] = np.abs(means - before).mean(axis=1) / middle.std(axis=1).mean(axis=1)

        offset -= factor * back.sum(axis=1, keepdims=True)
        for layer in reversed(range(len(matrices))):
            slope = inputs[layer].transpose(0, 2, 1) @ back
            if layer:
                back = (back @ matrices[layer].transpose(0, 2, 1)) * (inputs[layer] > 0)
                back = shifts[layer - 1].backward(back, factor)
            matrices[layer] -= factor * slope
    # The first step has none before it.
    return Trained(losses, moved[1:].mean(axis=0))


def _cross_entropy(scores: Array, classes: npt.NDArray[np.intp]) -> tuple[Array, Array]:
    """The mean loss of each learning rate, and its gradient with respect to the scores, (rates, items, classes)."""
    scores = scores - scores.max(axis=-1, keepdims=True)
    logarithms = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    items = np.arange(len(classes))
    back = np.exp(logarithms)
    back[:, items, classes] -= 1
    return -logarithms[:, items, classes].mean(axis=1), back / len(classes)


def _batches(random: np.random.Generator) -> Iterator[npt.NDArray[np.intp]]:
    while True:
        yield from random.permutation(ITEMS).reshape(-1, BATCH)
