"""What is known in closed form about batches: their gradients' scatter, the noise floor, the largest stable rate."""

import numpy as np

from core.batches.data import Array
from core.batches.descent import least_squares
from core.gradients import gradient


def batch_factor(samples: int, batch: int, replacement: bool) -> float:
    """The variance of a mean over ``batch`` of ``samples`` values as a share of the variance of one value.

    1/B with replacement and (n − B)/(n − 1) of that without (Cochran 1977, Sampling Techniques, chapter 2).
    """
    return 1 / batch if replacement or samples == 1 else (samples - batch) / (samples - 1) / batch


def gradient_scatter(features: Array, answers: Array, weights: Array) -> Array:
    """The covariance S of the gradients of single samples at ``weights``, of shape ``(d, d)``.

    S times ``batch_factor`` is the covariance of a batch's gradient.
    """
    each = gradient(features[:, None, :], answers[:, None], np.broadcast_to(weights, features.shape))
    off = each - each.mean(axis=0)
    scatter: Array = off.T @ off / answers.size
    return scatter


# Smallest singular value of the features as a share of the largest: below this rounding has six digits of it.
_LEAST_SPREAD = 1e-10


def _turned(features: Array) -> tuple[Array, Array]:
    """The features along the directions of the Hessian's eigenvectors, of shape ``(n, d)``, and its eigenvalues.

    Raises ``ValueError`` where rounding hides the smallest of them.
    """
    left, sizes, _ = np.linalg.svd(features, full_matrices=False)
    if sizes[-1] < _LEAST_SPREAD * sizes[0]:
        raise ValueError(
            "The columns are so far from zero, or so alike, that rounding would decide about the answer; standardise "
            "the columns."
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
