"""Multilayer perceptrons in NumPy, many at once: what they answer, and the exact gradient of their loss.

The weights of a network are one flat array of shape ``(*copies, size)``, so that any rule can step them as one point.
Values have the shape ``(*copies, items, units)``; what all copies share needs no axes for them. Arithmetic keeps the
type of the weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

# Of float64 or float32.
Reals = npt.NDArray[Any]
# The mean loss of each copy and its gradient, given the answers, (*copies, items, outputs), and what was wanted.
Loss = Callable[[Reals, npt.NDArray[Any]], tuple[Reals, Reals]]

GROUPS = 8
# PyTorch's, added to the variance.
EPSILON = 1e-5


class Activation(Enum):
    """What a unit does with its sum: the name, the output, perhaps into ``out``, and its slope given the output."""

    LINEAR = ("linear", lambda z, out=None: z, lambda h: 1.0)
    SIGMOID = ("sigmoid", lambda z, out=None: 1 / (1 + np.exp(-z)), lambda h: h * (1 - h))
    TANH = ("tanh", np.tanh, lambda h: 1 - h * h)
    # At 0, where the slope jumps, it is 0, as PyTorch has it.
    RELU = ("ReLU", lambda z, out=None: np.maximum(z, 0.0, out=out), lambda h: h > 0)

    def __init__(self, label: str, output: Callable[..., Any], slope: Callable[[Any], Any]) -> None:
        self.label, self.output, self.slope = label, output, slope


class Norm(Enum):
    """How the sums of a layer are normalised; the value is its name. GroupNorm has 8 groups."""

    NONE = "no normalisation"
    BATCH = "BatchNorm"
    LAYER = "LayerNorm"
    GROUP = "GroupNorm"

    def forward(self, sums: Reals) -> tuple[Reals, Callable[[Reals], Reals]]:
        """``sums``, of shape ``(*copies, items, units)``, normalised, and the function that takes a gradient back."""
        if self is Norm.NONE:
            return sums, lambda back: back
        shape = (*sums.shape[:-1], GROUPS, -1) if self is Norm.GROUP else sums.shape

        def mean(values: Reals) -> Reals:
            batch = self is Norm.BATCH
            means: Reals = _total(values) / sums.shape[-2] if batch else values.mean(axis=-1, keepdims=True)
            return means

        seen = sums.reshape(shape)
        centred = seen - mean(seen)
        spread = np.sqrt(mean(centred * centred) + EPSILON)
        normal = centred / spread

        def backward(back: Reals) -> Reals:
            given = back.reshape(shape)
            inner: Reals = (given - mean(given) - normal * mean(given * normal)) / spread
            return inner.reshape(sums.shape)

        return normal.reshape(sums.shape), backward


class Passed(NamedTuple):
    """The ``values`` that a layer made of its inputs, and what the way back needs."""

    inputs: Reals
    normal: Reals | None
    unnormalise: Callable[[Reals], Reals]
    output: Reals
    values: Reals


@dataclass(frozen=True)
class Layer:
    """Values h become ``activation(a·norm(h W) + b)`` or, if ``residual`` is not 0, h plus that times ``residual``.

    Without a norm there is no a, and without ``biased`` neither a nor b. The layer's weights are rows of a number for
    each of its outputs: W, a, b.
    """

    inputs: int
    outputs: int
    activation: Activation = Activation.LINEAR
    norm: Norm = Norm.NONE
    biased: bool = True
    residual: float = 0.0

    @cached_property
    def scaled(self) -> bool:
        """Whether there is an a."""
        return self.biased and self.norm is not Norm.NONE

    @cached_property
    def size(self) -> int:
        """How many weights there are."""
        return (self.inputs + self.biased + self.scaled) * self.outputs

    def forward(self, rows: Reals, inputs: Reals) -> Passed:
        """What the layer makes of ``inputs``."""
        normal, unnormalise = self.norm.forward(inputs @ rows[..., : self.inputs, :])
        sums = normal * rows[..., -2:-1, :] if self.scaled else normal
        if self.biased:
            sums += rows[..., -1:, :]
        # Into the sums, unless the way back needs them: room for another array may cost more than the arithmetic.
        output = self.activation.output(sums, out=sums if self.biased or self.norm is Norm.NONE else None)
        values = inputs + self.residual * output if self.residual else output
        return Passed(inputs, normal if self.scaled else None, unnormalise, output, values)

    def backward(self, rows: Reals, passed: Passed, back: Reals, into: Reals) -> Reals:
        """From the gradient of the values to that of the products h W; that of ``rows`` is written ``into``.

        ``back`` may be overwritten.
        """
        slope = self.activation.slope(passed.output)
        inner = back * (self.residual * slope) if self.residual else np.multiply(back, slope, out=back)
        if self.biased:
            _total(inner, into[..., -1:, :])
        if passed.normal is not None:
            _total(inner * passed.normal, into[..., -2:-1, :])
            inner *= rows[..., -2:-1, :]
        inner = passed.unnormalise(inner)
        np.matmul(passed.inputs.mT, inner, out=into[..., : self.inputs, :])
        return inner


def _total(values: Reals, into: Reals | None = None) -> Reals:
    """The sum over the items, written ``into``: as a product, which is several times as fast."""
    return np.matmul(np.ones((1, values.shape[-2]), values.dtype), values, out=into)


def squares(answers: Reals, targets: npt.NDArray[Any]) -> tuple[Reals, Reals]:
    """The mean squared error, over items and outputs."""
    error = answers - targets
    back = error * (2 / (error.shape[-2] * error.shape[-1]))
    return (back * error).sum(axis=(-2, -1)) / 2, back


def cross_entropy(scores: Reals, classes: npt.NDArray[Any]) -> tuple[Reals, Reals]:
    """The mean cross-entropy of the softmax of ``scores``; ``classes``, of shape ``(items,)``, count from 0."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    back = np.exp(shifted)
    total = back.sum(axis=-1, keepdims=True)
    items, right = len(classes), (..., np.arange(len(classes)), classes)
    loss = (np.log(total[..., 0]) - shifted[right]).sum(axis=-1) / items
    back /= total
    back[right] -= 1
    back /= items
    return loss, back


@dataclass(frozen=True)
class Network:
    """Layers one behind the other."""

    layers: tuple[Layer, ...]

    @cached_property
    def size(self) -> int:
        """How many weights there are."""
        return sum(layer.size for layer in self.layers)

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """The shape of each layer's W: inputs and outputs."""
        return [(layer.inputs, layer.outputs) for layer in self.layers]

    def rows(self, weights: Reals) -> list[Reals]:
        """Views of ``weights``: the rows of each layer, of shape ``(*copies, rows, outputs)``."""
        views, at = [], 0
        for layer in self.layers:
            views.append(weights[..., at : at + layer.size].reshape(*weights.shape[:-1], -1, layer.outputs))
            at += layer.size
        return views

    def start(self, matrices: Sequence[Reals]) -> Reals:
        """Weights with W from ``matrices``, each of shape ``(*copies, inputs, outputs)``, every a 1 and every b 0."""
        weights = np.zeros((*matrices[0].shape[:-2], self.size), matrices[0].dtype)
        for layer, rows, matrix in zip(self.layers, self.rows(weights), matrices, strict=True):
            rows[..., : layer.inputs, :] = matrix
            if layer.scaled:
                rows[..., -2, :] = 1
        return weights

    def forward(self, weights: Reals, inputs: Reals) -> list[Passed]:
        """What each layer makes of ``inputs``."""
        passed: list[Passed] = []
        for layer, rows in zip(self.layers, self.rows(weights), strict=True):
            passed.append(layer.forward(rows, passed[-1].values if passed else inputs))
        return passed

    def answers(self, weights: Reals, inputs: Reals) -> Reals:
        """What the last layer makes of ``inputs``."""
        return self.forward(weights, inputs)[-1].values

    def backward(self, weights: Reals, passed: Sequence[Passed], back: Reals) -> Reals:
        """The gradient along ``weights``, from what was ``passed`` on and that of the answers, which is overwritten."""
        gradient = np.empty_like(weights)
        rows, into = self.rows(weights), self.rows(gradient)
        for at in reversed(range(len(self.layers))):
            layer = self.layers[at]
            inner = layer.backward(rows[at], passed[at], back, into[at])
            # Nobody asks for the gradient along the network's inputs.
            if at:
                matrix = rows[at][..., : layer.inputs, :].mT
                # The products of a single column are quicker without BLAS.
                through = inner * matrix if layer.outputs == 1 else inner @ matrix
                back = back + through if layer.residual else through
        return gradient

    def loss_and_gradient(
        self, weights: Reals, inputs: Reals, wanted: npt.NDArray[Any], loss: Loss = squares
    ) -> tuple[Reals, Reals]:
        """The loss of each copy, of shape ``(*copies,)``, and its gradient, of the shape of ``weights``."""
        passed = self.forward(weights, inputs)
        mean, back = loss(passed[-1].values, wanted)
        return mean, self.backward(weights, passed, back)
