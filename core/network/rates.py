"""A 10-64-64-1 network trained at many learning rates at once, in NumPy.

The task: 512 items of ten standard normal features, target sin(2x₁) + x₂x₃ + x₄, mean squared error. The layers are
linear with ReLU between them, in float64; weights and biases start uniform within ±1/√(inputs of the layer), as in
``torch.nn.Linear``. Items, start and order of the batches come from one seed. All learning rates share them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from core.findings import Array

SIZES = (10, 64, 64, 1)
ITEMS = 512
# OpenBLAS starts threads for products of more than 64³ numbers, which here cost more than they bring.
_ROWS = 64
_WEIGHTS = sum((inputs + 1) * outputs for inputs, outputs in pairwise(SIZES))


@dataclass(frozen=True, eq=False)
class Trained:
    """``losses`` of shape ``(steps, rates)``, of each step's batch before the step; ``final`` of shape ``(rates,)``.

    ``final`` is the loss over all items after the last step. A rate that diverges ends in infinity or NaN.
    """

    losses: Array
    final: Array


def train(step: Callable[..., tuple[Array, ...]], memories: int, rates: Array, batch: int, seed: int) -> Trained:
    """The network trained by ``step``, one copy for each column of ``rates``.

    ``step(weights, gradient, t, lr, *state)`` returns the new weights and state; the state is ``memories`` arrays of
    the weights' shape, zero at first. ``rates`` has shape ``(steps, copies)``: the learning rate of each step. Each
    pass over the items is in a new order and takes as many whole batches of ``batch`` items as there are.
    """
    random = np.random.default_rng(seed)
    x = random.standard_normal((ITEMS, SIZES[0]))
    y = target(x)
    weights = np.repeat(start(random), rates.shape[1], axis=0)
    state = [np.zeros_like(weights) for _ in range(memories)]
    losses = np.empty(rates.shape)
    for t, (rate, items) in enumerate(zip(rates, _batches(random, batch), strict=False), 1):
        losses[t - 1], gradient = loss_and_gradient(weights, x[items], y[items])
        weights, *state = step(weights, gradient, float(t), rate[:, None], *state)
    return Trained(losses, loss_and_gradient(weights, x, y)[0])


def target(x: Array) -> Array:
    """What the network is to learn, of shape ``(items, 1)``, for features ``x`` of shape ``(items, 10)``."""
    return (np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + x[:, 3])[:, None]


def start(random: np.random.Generator) -> Array:
    """Weights before training, of shape ``(1, weights)``: layer by layer, each matrix and then its biases."""
    weights = np.empty((1, _WEIGHTS))
    for matrix, bias in _layers(weights):
        bound = matrix.shape[1] ** -0.5
        matrix[:] = random.uniform(-bound, bound, matrix.shape)
        bias[:] = random.uniform(-bound, bound, bias.shape)
    return weights


def loss_and_gradient(weights: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """The mean squared error of each copy, of shape ``(copies,)``, and its gradient, of the shape of ``weights``."""
    loss, gradient = np.zeros(len(weights)), np.zeros_like(weights)
    for at in range(0, len(x), _ROWS):
        part_loss, part_gradient = _sums(weights, x[at : at + _ROWS], y[at : at + _ROWS])
        loss += part_loss
        gradient += part_gradient
    return loss / len(x), gradient / len(x)


def _sums(weights: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """The sum of the squared errors and its gradient."""
    gradient = np.empty_like(weights)
    layers = [*_layers(weights)]
    inputs = [np.broadcast_to(x, (len(weights), *x.shape))]
    for matrix, bias in layers[:-1]:
        inputs.append(np.maximum(inputs[-1] @ matrix + bias, 0.0))
    matrix, bias = layers[-1]
    error = inputs[-1] @ matrix + bias - y
    back = 2 * error
    for i, (d_matrix, d_bias) in reversed([*enumerate(_layers(gradient))]):
        d_matrix[:] = inputs[i].transpose(0, 2, 1) @ back
        d_bias[:] = back.sum(axis=1, keepdims=True)
        if i > 0:
            back = (back @ layers[i][0].transpose(0, 2, 1)) * (inputs[i] > 0)
    return (error**2).sum(axis=(1, 2)), gradient


def _layers(weights: Array) -> Iterator[tuple[Array, Array]]:
    """Views of ``weights``, of shape ``(copies, weights)``: each layer's matrix and biases."""
    at = 0
    for inputs, outputs in pairwise(SIZES):
        matrix, bias = np.split(weights[:, at : at + (inputs + 1) * outputs], [inputs * outputs], axis=1)
        yield matrix.reshape(-1, inputs, outputs), bias.reshape(-1, 1, outputs)
        at += (inputs + 1) * outputs


def _batches(random: np.random.Generator, size: int) -> Iterator[npt.NDArray[np.intp]]:
    while True:
        yield from random.permutation(ITEMS)[: ITEMS // size * size].reshape(-1, size)
