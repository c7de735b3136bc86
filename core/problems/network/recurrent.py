"""The gradient through time of three recurrent cells, written out in NumPy: a tanh RNN, an LSTM and a GRU.

The cells are those of PyTorch (``nn.RNNCell``, ``nn.LSTMCell``, ``nn.GRUCell``), with 8 inputs and 32 units, in
float64. Weights are drawn evenly within ±1/√32, as there, but for the RNN's recurrent matrix; biases are 0 but for the
gate that keeps the memory: the LSTM's forget gate and the GRU's update gate.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from core.engine.findings import Array

INPUTS, UNITS = 8, 32
SEQUENCES = 16

State = tuple[Array, ...]


class Cell(Protocol):
    """One step of a recurrent network, forward and back. The first array of a state is what the cell gives out."""

    @property
    def weights(self) -> "Weights":
        """What the cell has learnt, or starts with."""

    def start(self) -> State:
        """The state before the first step: zeros of shape ``(sequences, 32)``."""

    def step(self, x: Array, state: State) -> tuple[State, Any]:
        """The state after the inputs ``x``, of shape ``(sequences, 8)``, and what the way back needs."""

    def back(self, gradient: State, saved: Any) -> tuple[Array, State]:
        """From the gradient with respect to the state after a step: that of its inputs, and of the state before it."""


@dataclass(frozen=True, eq=False)
class Weights:
    """``inputs`` of shape ``(8, parts·32)``, ``recurrent`` ``(32, parts·32)`` and ``bias`` ``(parts·32,)``."""

    inputs: Array
    recurrent: Array
    bias: Array


@dataclass(frozen=True, eq=False)
class Plain:
    """h = tanh(x U + h W + b)."""

    weights: Weights

    def start(self) -> State:
        """The state h before the first step."""
        return (np.zeros((SEQUENCES, UNITS)),)

    def step(self, x: Array, state: State) -> tuple[State, Any]:
        """See ``Cell.step``."""
        w = self.weights
        h = np.tanh(x @ w.inputs + state[0] @ w.recurrent + w.bias)
        return (h,), h

    def back(self, gradient: State, saved: Any) -> tuple[Array, State]:
        """See ``Cell.back``."""
        inner = gradient[0] * (1 - saved**2)
        return inner @ self.weights.inputs.T, (inner @ self.weights.recurrent.T,)


@dataclass(frozen=True, eq=False)
class Lstm:
    """c = f·c + i·g and h = o·tanh(c), the parts of the weights in PyTorch's order i, f, g, o."""

    weights: Weights

    def start(self) -> State:
        """The state (h, c) before the first step."""
        return np.zeros((SEQUENCES, UNITS)), np.zeros((SEQUENCES, UNITS))

    def step(self, x: Array, state: State) -> tuple[State, Any]:
        """See ``Cell.step``."""
        w = self.weights
        before = state[1]
        sums = np.split(x @ w.inputs + state[0] @ w.recurrent + w.bias, 4, axis=1)
        i, f, g, o = _sigmoid(sums[0]), _sigmoid(sums[1]), np.tanh(sums[2]), _sigmoid(sums[3])
        c = f * before + i * g
        out = np.tanh(c)
        return (o * out, c), (before, i, f, g, o, out)

    def back(self, gradient: State, saved: Any) -> tuple[Array, State]:
        """See ``Cell.back``."""
        before, i, f, g, o, out = saved
        h_gradient, c_gradient = gradient
        c_gradient = c_gradient + h_gradient * o * (1 - out**2)
        inner = np.concatenate(
            [
                c_gradient * g * i * (1 - i),
                c_gradient * before * f * (1 - f),
                c_gradient * i * (1 - g**2),
                h_gradient * out * o * (1 - o),
            ],
            axis=1,
        )
        return inner @ self.weights.inputs.T, (inner @ self.weights.recurrent.T, c_gradient * f)


@dataclass(frozen=True, eq=False)
class Gru:
    """h = (1 − z)·n + z·h with n = tanh(x Uₙ + bₙ + r·(h Wₙ)), the parts in PyTorch's order r, z, n."""

    weights: Weights

    def start(self) -> State:
        """The state h before the first step."""
        return (np.zeros((SEQUENCES, UNITS)),)

    def step(self, x: Array, state: State) -> tuple[State, Any]:
        """See ``Cell.step``."""
        w = self.weights
        (before,) = state
        given = np.split(x @ w.inputs + w.bias, 3, axis=1)
        kept = np.split(before @ w.recurrent, 3, axis=1)
        r, z = _sigmoid(given[0] + kept[0]), _sigmoid(given[1] + kept[1])
        n = np.tanh(given[2] + r * kept[2])
        return ((1 - z) * n + z * before,), (before, r, z, n, kept[2])

    def back(self, gradient: State, saved: Any) -> tuple[Array, State]:
        """See ``Cell.back``."""
        before, r, z, n, kept = saved
        (given,) = gradient
        n_inner = given * (1 - z) * (1 - n**2)
        z_inner = given * (before - n) * z * (1 - z)
        r_inner = n_inner * kept * r * (1 - r)
        inner = np.concatenate([r_inner, z_inner, n_inner], axis=1)
        recurrent = np.concatenate([r_inner, z_inner, n_inner * r], axis=1)
        return inner @ self.weights.inputs.T, (given * z + recurrent @ self.weights.recurrent.T,)


def _sigmoid(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-z)))


def drawn(parts: int, seed: int) -> Weights:
    """Weights of a cell of ``parts`` gates or values a unit, biases 0."""
    random = np.random.default_rng(seed)
    edge = UNITS**-0.5
    return Weights(
        random.uniform(-edge, edge, (INPUTS, parts * UNITS)),
        random.uniform(-edge, edge, (UNITS, parts * UNITS)),
        np.zeros(parts * UNITS),
    )


def plain(radius: float, seed: int) -> Plain:
    """An RNN whose recurrent matrix is ``radius`` times a random orthogonal one: its eigenvalues all have that size."""
    weights = drawn(1, seed)
    orthogonal, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((UNITS, UNITS)))
    return Plain(Weights(weights.inputs, radius * orthogonal, weights.bias))


def lstm(keep: float, seed: int) -> Lstm:
    """An LSTM whose forget gate has the bias ``keep``."""
    return Lstm(_keeping(drawn(4, seed), keep))


def gru(keep: float, seed: int) -> Gru:
    """A GRU whose update gate has the bias ``keep``."""
    return Gru(_keeping(drawn(3, seed), keep))


def _keeping(weights: Weights, keep: float) -> Weights:
    """``weights`` with a bias for the gate that keeps the memory, which is the second part of both cells."""
    bias = weights.bias.copy()
    bias[UNITS : 2 * UNITS] = keep
    return Weights(weights.inputs, weights.recurrent, bias)


def through_time(cell: Cell, steps: int, seed: int) -> Array:
    """The norm of the loss's gradient with respect to the inputs of each step, of shape ``(steps,)``.

    16 sequences of standard normal inputs; the loss is a fixed random linear function of what the cell gives out after
    the last step, its mean over the sequences.
    """
    random = np.random.default_rng(seed)
    inputs = random.standard_normal((steps, SEQUENCES, INPUTS))
    direction = random.standard_normal(UNITS)
    state, saved = cell.start(), []
    for x in inputs:
        state, needed = cell.step(x, state)
        saved.append(needed)
    gradient = (np.tile(direction / SEQUENCES, (SEQUENCES, 1)), *(np.zeros_like(part) for part in state[1:]))
    norms = np.empty(steps)
    for t in reversed(range(steps)):
        x_gradient, gradient = cell.back(gradient, saved[t])
        norms[t] = np.linalg.norm(x_gradient)
    return norms
