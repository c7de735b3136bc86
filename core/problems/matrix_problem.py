"""An associative memory of matrices: the loss, its exact derivatives, and any update rule run on its weights.

Eight keys are to give eight values, some far more often than others. Where a rule looks at whole matrices or layers
(Muon, LAMB) or at the curvature of each weight (Sophia), this shows what a picture of two variables cannot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.catalogue.hypers import complete
from core.catalogue.optimizers import optimizer
from core.engine.status import MAX_LOSS, MAX_POSITION
from core.formula.rule import Kind
from core.formula.update_source import numpy_update
from core.formula.words import outside

Array = npt.NDArray[np.float64]

ITEMS = 8


@dataclass(frozen=True, eq=False)
class Memory:
    """What is to be remembered: item i is column i of ``keys`` and ``values``, asked for with ``frequencies[i]``.

    ``keys`` and ``values`` have shape ``(8, 8)`` with orthonormal columns; the frequencies fall and add up to 1.
    Weights are a list of one matrix W or of two, W₁ and W₂ in the order in which they are applied, each ``(8, 8)``.
    """

    keys: Array
    values: Array
    frequencies: Array

    def errors(self, weights: Sequence[Array]) -> Array:
        """The squared error of each item, ``(8,)``: 1 where an item is answered by 0, 0 where it is known."""
        return np.asarray((self._residual(weights) ** 2).sum(axis=0))

    def loss(self, weights: Sequence[Array]) -> float:
        """½ Σ pᵢ‖W₂W₁kᵢ − vᵢ‖², or ½ Σ pᵢ‖Wkᵢ − vᵢ‖² for one matrix."""
        return float(self.frequencies @ self.errors(weights)) / 2

    def gradient(self, weights: Sequence[Array]) -> list[Array]:
        """The exact gradient of the loss, one matrix for each of ``weights``."""
        outer = self._residual(weights) * self.frequencies @ self.keys.T
        if len(weights) == 1:
            return [outer]
        first, second = weights
        return [second.T @ outer, outer @ first.T]

    def hessian_diag(self, weights: Sequence[Array]) -> list[Array]:
        """The exact diagonal of the Hessian, one matrix for each of ``weights``: in each, the loss is quadratic."""
        spread = self._spread
        if len(weights) == 1:
            return [np.tile(np.diag(spread), (ITEMS, 1))]
        first, second = weights
        return [
            np.outer((second**2).sum(axis=0), np.diag(spread)),
            np.tile(np.diag(first @ spread @ first.T), (ITEMS, 1)),
        ]

    def hessian(self, weights: Sequence[Array]) -> Array:
        """The exact Hessian over all weights, matrix by matrix, row by row: ``(64, 64)``, or ``(128, 128)`` for two."""
        spread = self._spread
        if len(weights) == 1:
            return np.asarray(np.kron(np.eye(ITEMS), spread), dtype=np.float64)
        first, second = weights
        outer = self._residual(weights) * self.frequencies @ self.keys.T
        size = ITEMS * ITEMS
        # One direction for every weight; how the gradient changes along it is a column of the Hessian.
        along = np.eye(2 * size).reshape(2 * size, 2, ITEMS, ITEMS)
        along_first, along_second = along[:, 0], along[:, 1]
        change = (along_second @ first + second @ along_first) @ spread
        columns = [
            along_second.swapaxes(-1, -2) @ outer + second.T @ change,
            change @ first.T + outer @ along_first.swapaxes(-1, -2),
        ]
        return np.asarray(np.stack(columns, axis=1).reshape(2 * size, 2 * size))

    def newton_direction(self, weights: Sequence[Array], damping: float) -> list[Array]:
        """The solution d of (Hessian + damping·I)d = gradient, the shortest one if there are many."""
        damped = self.hessian(weights) + damping * np.eye(ITEMS * ITEMS * len(weights))
        gradient = np.concatenate([slope.ravel() for slope in self.gradient(weights)])
        return list((np.linalg.pinv(damped, hermitian=True) @ gradient).reshape(len(weights), ITEMS, ITEMS))

    @property
    def _spread(self) -> Array:
        """Σ pᵢ kᵢkᵢᵀ."""
        return np.asarray(self.keys * self.frequencies @ self.keys.T)

    def _residual(self, weights: Sequence[Array]) -> Array:
        answers = self.keys
        for matrix in weights:
            answers = matrix @ answers
        return answers - self.values


def memory(exponent: float = 1.0, rotated: bool = False, seed: int = 0) -> Memory:
    """A memory whose item i, from 1, is asked for in proportion to i to the power of −``exponent``; 1 is Zipf's law.

    The keys are the axes or, if ``rotated``, a random orthonormal basis. Values and rotation are drawn from ``seed``.
    """
    if not 0 <= exponent <= 10:
        raise ValueError(f"exponent must lie in {outside(exponent, 0, 10)}.")
    keys = orthogonal((seed, 1)) if rotated else np.eye(ITEMS)
    frequencies = np.arange(1.0, ITEMS + 1) ** -exponent
    return Memory(keys, orthogonal((seed, 0)), frequencies / frequencies.sum())


def orthogonal(seed: tuple[int, ...]) -> Array:
    """A random orthogonal matrix of shape ``(8, 8)``, all directions being equally likely."""
    basis, triangle = np.linalg.qr(np.random.default_rng(seed).standard_normal((ITEMS, ITEMS)))
    # Without it the basis would depend on the signs that the algorithm happens to choose.
    return np.asarray(basis * np.sign(np.diag(triangle)))


@dataclass(frozen=True, eq=False)
class MatrixRun:
    """What a rule did to the weights.

    ``weights`` holds, for each matrix, its value at every step, ``(steps+1, 8, 8)`` with the start in front;
    ``gradients`` likewise the gradient with which each step began, ``(steps, 8, 8)``, and ``state``, by name, what the
    rule kept for each weight after it. ``loss`` has shape ``(steps+1,)``, and ``errors``, of each item,
    ``(steps+1, 8)``. A run that diverges ends before the step that did.
    """

    weights: tuple[Array, ...]
    gradients: tuple[Array, ...]
    state: Mapping[str, tuple[Array, ...]]
    loss: Array
    errors: Array

    @property
    def updates(self) -> tuple[Array, ...]:
        """What each step added to each matrix, ``(steps, 8, 8)``."""
        return tuple(np.diff(matrix, axis=0) for matrix in self.weights)

    @property
    def relative_steps(self) -> Array:
        """The Frobenius norm of each matrix's step over that of the matrix before it, ``(steps, matrices)``."""
        lengths = [
            np.linalg.norm(step, axis=(1, 2)) / np.linalg.norm(matrix[:-1], axis=(1, 2))
            for step, matrix in zip(self.updates, self.weights, strict=True)
        ]
        return np.stack(lengths, axis=1)


def singular_values(matrices: Array) -> Array:
    """The singular values of each of ``matrices``, ``(steps, 8, 8)`` to ``(steps, 8)``, the largest first."""
    return np.asarray(np.linalg.svd(matrices, compute_uv=False))


def train(
    remembered: Memory, rule: str, weights: Sequence[Array], steps: int, hypers: Mapping[str, float] | None = None
) -> MatrixRun:
    """Runs ``rule``, a shipped one by its key or a text, from ``weights``, one matrix or two.

    Missing hyperparameters take their defaults. Raises ``ValueError`` for a bad rule, hyperparameter, number of steps
    or list of weights.
    """
    if not 1 <= steps <= 100_000:
        raise ValueError(f"steps must lie in {outside(steps, 1, 100_000)}.")
    shapes = [np.shape(matrix) for matrix in weights]
    if shapes not in ([(ITEMS, ITEMS)], [(ITEMS, ITEMS)] * 2):
        raise ValueError(f"weights must be one or two matrices of shape ({ITEMS}, {ITEMS}); {shapes} were given.")
    entry = optimizer(rule)
    given = complete(entry.hypers, hypers or {}, entry.name)
    settings = [np.float64(given[name]) for name in entry.parsed.hypers]
    oracles = {
        "value": remembered.loss,
        "grad": remembered.gradient,
        "hessian_diag": remembered.hessian_diag,
        "newton_direction": remembered.newton_direction,
    }
    start, update = numpy_update(entry.parsed)
    x = [np.array(matrix, dtype=np.float64) for matrix in weights]
    points, slopes, losses = [x], [], [remembered.loss(x)]
    kept: dict[str, list[list[Array]]] = {
        name: [] for name in entry.parsed.state if entry.parsed.kinds[name] is Kind.TENSOR
    }
    with np.errstate(all="ignore"):
        state = start(x, *settings)
        for t in range(1, steps + 1):
            g = remembered.gradient(x)
            x, state = update(x, g, losses[-1], t, steps, *settings, *state, **oracles)
            loss = remembered.loss(x)
            if not (loss <= MAX_LOSS and all((np.abs(matrix) <= MAX_POSITION).all() for matrix in x)):
                break
            points.append(x)
            slopes.append(g)
            losses.append(loss)
            for name, value in zip(entry.parsed.state, state, strict=True):
                if name in kept:
                    kept[name].append(value)
    return MatrixRun(
        _stacked(points, len(weights)),
        _stacked(slopes, len(weights)),
        {name: _stacked(values, len(weights)) for name, values in kept.items()},
        np.array(losses),
        np.stack([remembered.errors(point) for point in points]),
    )


def _stacked(steps: Sequence[Sequence[Array]], matrices: int) -> tuple[Array, ...]:
    """For each of the matrices its values over the steps, of which there may be none."""
    return tuple(np.array([step[index] for step in steps]).reshape(-1, ITEMS, ITEMS) for index in range(matrices))
