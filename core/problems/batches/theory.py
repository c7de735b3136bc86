"""What is known about batches: their gradients' scatter, also measured, the noise floor, the largest stable rate."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.catalogue.optimizers import PALETTE
from core.engine.findings import Mark, Plot, Series
from core.engine.gradients import gradient
from core.problems.batches.data import Array
from core.problems.batches.descent import least_squares

SIZE = "batch size B, log scale"
"""What an axis of batch sizes is called."""


def batch_factor(samples: int, batch: int, replacement: bool) -> float:
    """The variance of a mean over ``batch`` of ``samples`` values as a share of the variance of one value.

    1/B with replacement and (n − B)/(n − 1) of that without (Cochran 1977, Sampling Techniques, chapter 2).
    """
    return 1 / batch if replacement or samples == 1 else (samples - batch) / (samples - 1) / batch


def gradient_scatter(features: Array, answers: Array, weights: Array) -> Array:
    """The covariance S of the gradients of single samples at ``weights``, of shape ``(d, d)``.

    S times ``batch_factor`` is the covariance of a batch's gradient.
    """
    off = _deviations(features, answers, weights)
    scatter: Array = off.T @ off / answers.size
    return scatter


def _deviations(features: Array, answers: Array, weights: Array) -> Array:
    """How far the gradient of each sample is from the mean of all, of shape ``(n, d)``."""
    each = gradient(features[:, None, :], answers[:, None], np.broadcast_to(weights, features.shape))
    off: Array = each - each.mean(axis=0)
    return off


def batch_sizes(samples: int, batch: int) -> list[int]:
    """The batch sizes that a curve is drawn through: powers of two below ``samples``, ``samples`` and ``batch``."""
    powers = [2**power for power in range(samples.bit_length()) if 2**power < samples]
    return sorted({*powers, batch, samples})


@dataclass(frozen=True, eq=False)
class Scatter:
    """The variance of a batch's gradient, all components together, for each of ``sizes``; ``batch`` is one of them.

    ``single`` is that of one sample. ``theory`` and ``measured`` have one entry for each size, by whether samples are
    drawn with replacement.
    """

    sizes: list[int]
    batch: int
    single: float
    theory: Mapping[bool, Array]
    measured: Mapping[bool, Array]

    def own(self, replacement: bool) -> tuple[float, float]:
        """What was measured for batches of ``batch``, and what theory says of them."""
        index = self.sizes.index(self.batch)
        return float(self.measured[replacement][index]), float(self.theory[replacement][index])

    @property
    def numbers(self) -> dict[str, float]:
        """The variances of one sample and of ``batch``, by label."""
        (drawn, of_drawn), (shuffled, of_shuffled) = self.own(True), self.own(False)
        return {
            "variance of one sample's gradient, S": self.single,
            "your batch, with replacement": drawn,
            "S/B": of_drawn,
            "your batch, without replacement": shuffled,
            "S/B·(n − B)/(n − 1)": of_shuffled,
        }

    @property
    def plot(self) -> Plot:
        """Measured and theoretical variance against the batch size."""
        # Zero, at all samples without replacement, has no place on a logarithmic axis; nor has what rounding leaves.
        sizes = np.array(self.sizes[:-1], dtype=np.float64)
        series = tuple(
            one
            for kind, name, color in ((True, "with replacement", PALETTE[0]), (False, "without", PALETTE[1]))
            for one in (
                Series(f"theory, {name}", sizes, self.theory[kind][:-1], color, "dash"),
                Series(f"measured, {name}", sizes, self.measured[kind][:-1], color, mode="markers"),
            )
        )
        marks = (Mark("x", self.batch, "your batch"),)
        return Plot(SIZE, "variance of the gradient, log scale", series, True, True, marks)


# Batches drawn at once: with 2000 samples some megabytes.
_AT_ONCE = 250


def measured_scatter(features: Array, answers: Array, weights: Array, *, batch: int, draws: int, seed: int) -> Scatter:
    """The variance of a batch's gradient at ``weights`` over so many ``draws`` of every size, beside S/B.

    ``draws`` is a multiple of 250; every size is the beginning of the same draws, which come from
    ``default_rng((seed, k))``, k being 1 with replacement and 0 without.
    """
    samples = answers.size
    off = _deviations(features, answers, weights)
    single = float((off**2).sum() / samples)
    sizes = batch_sizes(samples, batch)
    theory, measured = {}, {}
    for replacement in (True, False):
        random = np.random.default_rng((seed, int(replacement)))
        total = np.zeros(len(sizes))
        for _ in range(draws // _AT_ONCE):
            if replacement:
                order = random.integers(samples, size=(_AT_ONCE, samples))
            else:
                order = random.permuted(np.tile(np.arange(samples), (_AT_ONCE, 1)), axis=1)
            means = np.cumsum(off[order], axis=1)[:, np.array(sizes) - 1] / np.array(sizes)[:, None]
            total += (means**2).sum(axis=2).sum(axis=0)
        measured[replacement] = total / draws
        theory[replacement] = np.array([single * batch_factor(samples, size, replacement) for size in sizes])
    return Scatter(sizes, batch, single, theory, measured)


# Smallest singular value of the features as a share of the largest: below this rounding has six digits of it.
_LEAST_SPREAD = 1e-10


def _turned(features: Array) -> tuple[Array, Array]:
    """The features along the directions of the Hessian's eigenvectors, of shape ``(n, d)``, and its eigenvalues.

    Raises ``ValueError`` where rounding hides the smallest of them.
    """
    left, sizes, _ = np.linalg.svd(features, full_matrices=False)
    if sizes[-1] < _LEAST_SPREAD * sizes[0]:
        raise ValueError(
            "The columns are so far from zero, or so alike, that rounding would decide the answer; standardise the "
            "columns."
        )
    return left * sizes, 2 / len(features) * sizes**2


def _growth(turned: Array, curvatures: Array, factor: float) -> tuple[Array, Array]:
    """The map C → mean of H_B·C·H_B over batches, against C → HC + CH: a symmetric matrix of shape ``(d², d²)``.

    H_B is a batch's estimate of the Hessian H and ``factor`` its ``batch_factor``. The second value is the root of the
    second map, which is diagonal: both maps are divided by it on either side, so that no curvature is too small.
    """
    samples, size = turned.shape
    root = np.sqrt(curvatures[:, None] + curvatures).ravel()
    products = (turned[:, :, None] * turned[:, None, :]).reshape(samples, size**2) / root
    of_one_sample = 4 / samples * products.T @ products
    of_all = np.diag(np.outer(curvatures, curvatures).ravel() / root**2)
    return of_all + factor * (of_one_sample - of_all), root


def largest_stable_rate(features: Array, batch: int, replacement: bool) -> float:
    """The learning rate above which the expected squared distance from the minimum grows without end.

    With all samples it is 2/λ_max. With fewer, the curvature that a batch sees changes from batch to batch, and the
    limit is lower. Beyond it single runs may last, in bursts that get ever larger and rarer. Exact where every update
    draws its batch afresh; batches of one epoch without replacement share no sample, which it does not account for.
    Raises ``ValueError`` where rounding hides the smallest curvature.
    """
    growth, _ = _growth(*_turned(features), batch_factor(len(features), batch, replacement))
    return float(1 / np.linalg.eigvalsh(growth)[-1])


def noise_floor(features: Array, answers: Array, batch: int, rate: float, replacement: bool) -> float:
    """By how much the expected mean squared error stays above its minimum at a constant ``rate``.

    For small rates it is proportional to rate/batch; infinity at rates that are not stable. Exact where every update
    draws its batch afresh; one epoch's batches without replacement make up for each other, and the floor is lower
    (Mishchenko, Khaled & Richtárik 2020, arXiv:2006.05988). Raises ``ValueError`` as ``largest_stable_rate`` does.
    """
    factor = batch_factor(answers.size, batch, replacement)
    turned, curvatures = _turned(features)
    growth, root = _growth(turned, curvatures, factor)
    if rate * np.linalg.eigvalsh(growth)[-1] >= 1:
        return float("inf")
    best = least_squares(turned, answers)[0]
    scatter = gradient_scatter(turned, answers, best).ravel() / root
    spread = np.linalg.solve(np.eye(len(root)) - rate * growth, rate * factor * scatter) / root
    return float(np.diag(curvatures).ravel() @ spread) / 2


def steady_spread(rate: float, noise: float, curvature: float = 1.0) -> float:
    """The mean of x² where x ← x − rate·(curvature·x + noise·N) has settled, N standard normal; infinity if it cannot.

    It is rate·noise²/(curvature·(2 − rate·curvature)): close to proportional to the rate (Bottou, Curtis & Nocedal
    2018, arXiv:1606.04838, section 4; Mandt, Hoffman & Blei 2017, arXiv:1704.04289).
    """
    return rate * noise**2 / (curvature * (2 - rate * curvature)) if rate * curvature < 2 else float("inf")
