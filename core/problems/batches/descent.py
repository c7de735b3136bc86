"""Linear regression by gradient descent on all samples, on one or on a batch at a time, for many seeds at once."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from core.catalogue.hypers import unknown_key
from core.engine.gradients import mini_batch_gradient
from core.formula.words import outside
from core.problems.batches.data import Array

Indices = npt.NDArray[np.int64]

# As in every run of the engine, a weight beyond this has diverged.
FAR = 1e12
MOST_UPDATES = 20_000
# Weights kept, and samples looked at: some seconds of computing.
_MOST_KEPT, _MOST_LOOKED_AT = 4_000_000, 250_000_000


@dataclass(frozen=True)
class Decay:
    """How the learning rate falls: ``factor`` on it at update t, counted from 1; ``formula`` is LaTeX.

    ``code`` is the same factor in Python with ``t`` counted from 0, as PyTorch does, empty for none. Of Robbins and
    Monro's two conditions (1951, doi:10.1214/aoms/1177729586) ``reaches`` is the first, that the rates add up to
    infinity, so that any distance can be covered; ``quietens`` the second, that their squares do not, so that the
    noise dies out.
    """

    key: str
    name: str
    formula: str
    code: str
    factor: Callable[[Array], Array]
    reaches: bool
    quietens: bool


_DECAYS = (
    Decay("constant", "Constant", r"\alpha", "", np.ones_like, reaches=True, quietens=False),
    Decay(
        "one_over_root",
        "1/√t",
        r"\alpha/\sqrt{t}",
        "(t + 1) ** -0.5",
        lambda t: t**-0.5,
        reaches=True,
        quietens=False,
    ),
    Decay("one_over_time", "1/t", r"\alpha/t", "1 / (t + 1)", lambda t: 1 / t, reaches=True, quietens=True),
    Decay(
        "one_over_square", "1/t²", r"\alpha/t^2", "1 / (t + 1) ** 2", lambda t: 1 / t**2, reaches=False, quietens=True
    ),
)
DECAYS: Mapping[str, Decay] = MappingProxyType({decay.key: decay for decay in _DECAYS})


def line(x: Array) -> Array:
    """The features of a line with slope w and intercept b, of shape ``(n, 2)``: ``x`` and ones."""
    return np.stack([x, np.ones_like(x)], axis=-1)


def updates_per_epoch(samples: int, batch: int) -> int:
    """Updates until every one of ``samples`` has had its turn. The last batch holds what is left, unless all fit."""
    return -(-samples // batch)


def batches(samples: int, batch: int, replacement: bool, seeds: Sequence[int]) -> Iterator[Indices]:
    """Without end, the samples of the next update for each seed: indices of shape ``(seeds, size)``.

    With replacement every sample is drawn from all, and every ``size`` is ``batch``. Without, the samples are shuffled
    anew in each epoch and taken in turn; an epoch's last batch is smaller if ``batch`` does not divide ``samples``
    (what PyTorch's ``DataLoader`` does by default). The k-th epoch of a seed draws from ``default_rng((seed, k))``,
    k from 0. A batch of all samples has no order, so every seed has the same and the shape is ``(1, samples)``.
    """
    per_epoch = updates_per_epoch(samples, batch)

    def order(random: np.random.Generator) -> Indices:
        return random.integers(samples, size=per_epoch * batch) if replacement else random.permutation(samples)

    everything = np.arange(samples)[None]
    epoch = 0
    while True:
        if batch == samples and not replacement:
            yield everything
        else:
            drawn = np.stack([order(np.random.default_rng((seed, epoch))) for seed in seeds])
            for index in range(per_epoch):
                yield drawn[:, index * batch : (index + 1) * batch]
        epoch += 1


@dataclass(frozen=True, eq=False)
class Descents:
    """Descents side by side, one for each seed; what follows a divergence is NaN.

    ``weights`` have shape ``(seeds, updates + 1, d)`` and ``loss``, over all samples, ``(seeds, updates + 1)``; row 0
    is the start. ``samples`` are those looked at until then, of shape ``(updates + 1,)``. ``diverged_at`` is the first
    update at which a weight is beyond ±1e12, −1 if there is none.
    """

    weights: Array
    loss: Array
    samples: Array
    diverged_at: Indices


def descend(
    features: Array,
    answers: Array,
    *,
    batch: int,
    rate: float | Array,
    updates: int,
    start: Sequence[float],
    replacement: bool,
    seeds: Sequence[int],
    decay: str = "constant",
) -> Descents:
    """Gradient descent on the mean squared error, each update on ``batch`` samples chosen as ``batches`` says.

    ``features`` have shape ``(n, d)`` (for a line: ``line(x)``), ``answers`` ``(n,)``; ``start`` has d numbers;
    ``rate`` is one for all seeds or one for each, multiplied by the factor of ``DECAYS[decay]``. A shorter run is the
    beginning of a longer one. A divergence is a result. Raises ``ValueError`` for settings out of range.
    """
    samples = answers.size
    rates = _checked(samples, batch, rate, updates, seeds, decay)
    weights = np.tile(np.asarray(start, dtype=np.float64), (len(seeds), 1))
    if weights.shape[1] != features.shape[1] or not np.isfinite(weights).all():
        raise ValueError(f"The start must be {features.shape[1]} finite numbers; {list(start)} was given.")
    factors = DECAYS[decay].factor(np.arange(1.0, updates + 1))
    path = np.empty((updates + 1, *weights.shape))
    path[0] = weights
    seen = np.zeros(updates + 1)
    with np.errstate(all="ignore"):
        for t, picked in zip(range(updates), batches(samples, batch, replacement, seeds), strict=False):
            step = mini_batch_gradient(features, answers, weights, picked)
            weights = weights - (factors[t] * rates) * step
            path[t + 1] = weights
            seen[t + 1] = seen[t] + picked.shape[1]
        gone = np.logical_or.accumulate(~(np.abs(path) <= FAR).all(axis=2), axis=0)
        path[gone] = np.nan
        weights = np.ascontiguousarray(path.swapaxes(0, 1))
        loss = losses(features, answers, weights)
    return Descents(weights, loss, seen, np.where(gone.any(axis=0), gone.argmax(axis=0), -1))


def _checked(samples: int, batch: int, rate: float | Array, updates: int, seeds: Sequence[int], decay: str) -> Array:
    """The rates as a column, once every setting is within its range."""
    if not 1 <= batch <= samples:
        raise ValueError(f"The batch size must lie in [1, {samples}], the number of samples; {batch} was given.")
    if not 1 <= updates <= MOST_UPDATES:
        raise ValueError(f"The updates must lie in {outside(updates, 1, MOST_UPDATES)}.")
    if not seeds or min(seeds) < 0:
        raise ValueError("There must be at least one seed, and none below 0.")
    if len(seeds) * updates > _MOST_KEPT or len(seeds) * updates * batch > _MOST_LOOKED_AT:
        raise ValueError("These are too many updates for so many seeds and so large a batch; lower one of the three.")
    if decay not in DECAYS:
        raise ValueError(unknown_key("decay", decay, DECAYS))
    rates = np.asarray(rate, dtype=np.float64)
    if not (np.isfinite(rates) & (rates > 0)).all():
        raise ValueError(f"The learning rate must be finite and above 0; {rate} was given.")
    return np.broadcast_to(rates, (len(seeds),))[:, None]


def losses(features: Array, answers: Array, weights: Array) -> Array:
    """The mean squared error over all samples at ``weights`` of shape ``(*batch, d)``, of shape ``(*batch)``.

    It is the lowest one plus a square, which loses no digits next to the minimum and costs the same for any n.
    """
    best, lowest = least_squares(features, answers)
    upper = np.linalg.qr(features)[1]
    off = (weights - best) @ upper.T
    total: Array = lowest + (off**2).sum(axis=-1) / answers.size
    return total


def least_squares(features: Array, answers: Array) -> tuple[Array, float]:
    """The weights of the lowest mean squared error, of shape ``(d,)``, and that error. No feature may be all 0."""
    # Columns of one size: otherwise a column of ones beside numbers of 1e9 would be taken for rounding.
    size = np.sqrt((features**2).mean(axis=0))
    best = np.asarray(np.linalg.lstsq(features / size, answers, rcond=None)[0] / size, dtype=np.float64)
    return best, float(((features @ best - answers) ** 2).mean())


@dataclass(frozen=True, eq=False)
class Band:
    """What the middle of many runs does: ``median`` and the ``low`` and ``high`` tenths, each of shape ``(k,)``."""

    low: Array
    median: Array
    high: Array


def band(values: Array) -> Band:
    """The median and the 10–90 % band over the first axis of ``values``, of shape ``(seeds, k)``.

    Each is the value of one of the seeds. A run that has diverged (NaN) is above all others; where the seed in
    question has, the band is infinite.
    """
    worst = np.where(np.isnan(values), np.inf, values)
    low, median, high = np.quantile(worst, (0.1, 0.5, 0.9), axis=0, method="nearest")
    return Band(low, median, high)


_TIMED_UPDATES = 201


def seconds_per_update(features: Array, answers: Array, batch: int) -> float:
    """The median time of one update of one descent on this machine, in seconds: to be shown, never relied on."""
    weights = np.zeros((1, features.shape[1]))
    drawn = batches(answers.size, batch, False, (0,))
    times = []
    for _ in range(_TIMED_UPDATES):
        picked = next(drawn)
        began = time.perf_counter()
        weights = weights - 1e-9 * mini_batch_gradient(features, answers, weights, picked)
        times.append(time.perf_counter() - began)
    return float(np.median(times))
