"""Experiments about batch normalisation: what it allows in training, whether steadiness is why, what it does."""

from collections.abc import Callable, Mapping

import numpy as np

from core.experiments.telling import listed, whole
from core.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.hypers import Hyper
from core.network.batchnorm import BatchNorm, Bias, Shift, Start, Trained, train
from core.optimizers import PALETTE

_RATES = np.geomspace(0.01, 10, 7)
_STEPS, _LAST = 300, 30
# What guessing costs, and what counts as learning: half of it.
_GUESSED = float(np.log(2))
_LEARNS = _GUESSED / 2
# The place of the rate at which movements are compared: at the smallest one nothing diverges.
_COMPARED = 0
_PLAIN, _NORMAL, _DISTURBED, _SMALL = (
    "He's start",
    "BatchNorm",
    "BatchNorm, disturbed",
    "PyTorch's start",
)


def _largest(losses: Array) -> float:
    """The largest rate that learns, 0 if none does."""
    return float(np.max(np.where(losses <= _LEARNS, _RATES, 0.0)))


def _told_rate(rate: float) -> str:
    return f"up to a rate of {rate:.4g}" if rate else "at no rate"


def _covariate_shift(settings: Mapping[str, float]) -> Finding:
    depth, disturbance, seed = int(settings["depth"]), settings["disturbance"], int(settings["seed"])

    def trained(start: Start, shift: Callable[[int], Shift]) -> Trained:
        return train(_RATES, _STEPS, start, [shift(layer) for layer in range(depth)], seed)

    count = len(_RATES)
    kinds = {
        _PLAIN: trained(Start.HE, lambda layer: Bias(count)),
        _NORMAL: trained(Start.HE, lambda layer: BatchNorm(count, 0.0, (seed, layer))),
        _DISTURBED: trained(Start.HE, lambda layer: BatchNorm(count, disturbance, (seed, layer))),
        _SMALL: trained(Start.PYTORCH, lambda layer: Bias(count)),
    }
    ends = {name: kind.losses[-_LAST:].mean(axis=0) for name, kind in kinds.items()}
    largest = {name: _largest(losses) for name, losses in ends.items()}
    lowest = {name: float(np.nanmin(losses)) for name, losses in ends.items()}
    moved = {name: float(kind.moved[_COMPARED]) for name, kind in kinds.items()}
    numbers = {
        **{f"largest rate that learns, {name}": rate for name, rate in largest.items()},
        **{f"lowest loss, {name}": loss for name, loss in lowest.items()},
        **{f"movement of the means, {name}": step for name, step in moved.items()},
        **{
            f"loss at rate {_RATES[place]:.4g}, {name}": float(losses[place])
            for name, losses in ends.items()
            for place in (2, 4)
        },
    }
    plain, normal, disturbed, small = (largest[name] for name in kinds)
    sentence = (
        f"With {depth} hidden layers gradient descent learns {_told_rate(plain)} from He's start and "
        f"{_told_rate(normal)} with BatchNorm, to a loss of {lowest[_PLAIN]:.4g} and {lowest[_NORMAL]:.4g} at the best "
        f"rate. With BatchNorm whose outputs are shifted and scaled at random in every step it learns "
        f"{_told_rate(disturbed)}; the means then move by {moved[_DISTURBED]:.4g} standard deviations a step, against "
        f"{moved[_PLAIN]:.4g} without BatchNorm. From PyTorch's own smaller start it learns {_told_rate(small)}."
    )
    series = tuple(
        Series(name, _RATES, losses, color, "solid" if name.startswith(_NORMAL) else "dash", "lines+markers")
        for (name, losses), color in zip(ends.items(), PALETTE, strict=False)
    )
    marks = (Mark("y", _GUESSED, "guessing"), Mark("y", _LEARNS, "learns"))
    title = f"mean loss of steps {_STEPS - _LAST + 1} to {_STEPS}"
    return Finding(numbers, sentence, Plot("learning rate α", title, series, True, True, marks))


_GRID = "A place on a grid of seven rates; its neighbours are far from the line between learning and not."
_CHAOS = "Seeded; rounding grows in 300 steps at this rate and may change the third digit."

_X45 = Experiment(
    key="X45",
    question="Does batch normalisation help because it keeps the inputs of each layer steady?",
    settings=(
        whole("depth", "d", 8, (2, 8), "Hidden layers of 32 units."),
        Hyper(
            "disturbance",
            r"\delta",
            0.3,
            (0.0, 1.0),
            (0.0, 1.0),
            "linear",
            "How much outputs of BatchNorm are shifted and scaled at random, anew in every step.",
        ),
        whole("seed", "s", 0, (0, 99), "Draws items, weights and batches."),
    ),
    find=_covariate_shift,
    expected=(
        Expected("largest rate that learns, BatchNorm", 10**0.5, 1e-9, _GRID),
        Expected("largest rate that learns, BatchNorm, disturbed", 10**0.5, 1e-9, _GRID),
        Expected("largest rate that learns, He's start", 10**-0.5, 1e-9, _GRID),
        Expected("largest rate that learns, PyTorch's start", 0.0, 0.0, "It stays at ln 2 at every rate."),
        Expected("loss at rate 0.1, BatchNorm", 0.083, 0.01, _CHAOS),
        Expected("loss at rate 1, BatchNorm", 0.093, 0.03, _CHAOS),
        Expected("loss at rate 1, BatchNorm, disturbed", 0.207, 0.05, _CHAOS),
        Expected("loss at rate 0.1, PyTorch's start", _GUESSED, 0.001, "A tenth of that changes at most."),
        Expected("movement of the means, BatchNorm, disturbed", 0.368, 0.01, "Given by the random shifts."),
        Expected("movement of the means, He's start", 0.143, 0.005, "Mostly the chance of a batch of 64 items."),
    ),
)


_EPS = 1e-5
# What a new batch weighs in the running averages, in PyTorch.
_NEW = 0.1
_FIRST, _SECOND = (1.0, 2.0, 3.0), (7.0, 8.0, 9.0)
_ITEMS, _FEATURES = 32, 5
_FACTORS = np.geomspace(1e-3, 1e3, 61)


def _normalised(*batch: float) -> Array:
    values = np.array(batch)
    return np.asarray((values - values.mean()) / np.sqrt(values.var() + _EPS))


def _unit(factors: Array) -> tuple[Array, Array, Array]:
    """A unit with random weights times each of ``factors``, normalised and compared with random targets.

    Returns half the mean squared error, shape ``(factors,)``, its gradient, ``(factors, 5)``, and the cosine between
    weights and gradient, ``(factors,)``.
    """
    random = np.random.default_rng(0)
    x, target = random.standard_normal((_ITEMS, _FEATURES)), random.standard_normal(_ITEMS)
    weights = factors[:, None] * random.standard_normal(_FEATURES)
    values = weights @ x.T
    spread = np.sqrt(values.var(axis=1, keepdims=True) + _EPS)
    normal = (values - values.mean(axis=1, keepdims=True)) / spread
    error = normal - target
    along = (error * normal).mean(axis=1, keepdims=True)
    gradient = ((error - error.mean(axis=1, keepdims=True) - normal * along) / spread) @ x / _ITEMS
    lengths = np.linalg.norm(weights, axis=1) * np.linalg.norm(gradient, axis=1)
    return (error**2).mean(axis=1) / 2, gradient, (weights * gradient).sum(axis=1) / lengths


def _facts(settings: Mapping[str, float]) -> Finding:
    value, factor = settings["value"], settings["factor"]
    batch = np.array([*_FIRST, value])
    first, second = _normalised(*_FIRST, value), _normalised(value, *_SECOND)
    running_mean, running_variance = _NEW * batch.mean(), 1 - _NEW + _NEW * batch.var(ddof=1)
    evaluated = float((value - running_mean) / np.sqrt(running_variance + _EPS))
    losses, gradients, cosines = _unit(np.array([1.0, factor]))
    lengths = np.linalg.norm(gradients, axis=1)
    numbers = {
        **{f"{given:g}, normalised": float(out) for given, out in zip(_FIRST, first, strict=False)},
        "your value, normalised": float(first[-1]),
        "your value with 7, 8 and 9": float(second[0]),
        "your value in evaluation": evaluated,
        "variance that normalises": float(batch.var()),
        "running variance": float(running_variance),
        "loss": float(losses[0]),
        "loss, weights multiplied": float(losses[1]),
        "length of the gradient": float(lengths[0]),
        "length of the gradient, weights multiplied": float(lengths[1]),
        "gradient's length over the multiplied one's": float(lengths[0] / lengths[1]),
        "cosine of weights and gradient": float(cosines[0]),
    }
    outputs = listed([f"{out:.4g}" for out in first])
    sentence = (
        f"BatchNorm turns 1, 2, 3 and {value:.4g} into {outputs}, dividing by the root of the biased variance "
        f"{batch.var():.4g}; the same {value:.4g} becomes {second[0]:.4g} in a batch with 7, 8 and 9, and "
        f"{evaluated:.4g} in evaluation after one batch, with the running variance {running_variance:.4g}. Multiplying "
        f"the weights before it by {factor:.4g} changes the loss from {losses[0]:.4g} to {losses[1]:.4g} and divides "
        f"the gradient by {lengths[0] / lengths[1]:.4g}."
    )
    _, curve, _ = _unit(_FACTORS)
    series = (Series("length of the gradient", _FACTORS, np.linalg.norm(curve, axis=1)),)
    marks = (Mark("x", factor, "yours"),)
    return Finding(
        numbers, sentence, Plot("factor on the weights", "length of the gradient", series, True, True, marks)
    )


_BY_HAND = "By hand; rounded to the last digit given."

_X46 = Experiment(
    key="X46",
    question="What does a BatchNorm layer do with a value, and with the size of the weights before it?",
    settings=(
        Hyper("value", "x_4", 6.0, (-20.0, 20.0), (-20.0, 20.0), "linear", "The last value; the others are 1, 2, 3."),
        Hyper("factor", "k", 10.0, (0.001, 1000.0), (0.001, 1000.0), "log", "Multiplies the weights before the layer."),
    ),
    find=_facts,
    expected=(
        Expected("1, normalised", -1.069, 0.0005, _BY_HAND),
        Expected("2, normalised", -0.535, 0.0005, _BY_HAND),
        Expected("3, normalised", 0.0, 1e-15, "It is the mean."),
        Expected("your value, normalised", 1.604, 0.0005, _BY_HAND),
        Expected("your value with 7, 8 and 9", -1.342, 0.0005, _BY_HAND),
        Expected("variance that normalises", 3.5, 1e-12, _BY_HAND),
        Expected("running variance", 1.36667, 5e-6, _BY_HAND),
        Expected("gradient's length over the multiplied one's", 10.0, 1e-4, "Exact but for the 1e-5 in the root."),
        Expected("cosine of weights and gradient", 0.0, 1e-4, "Exact but for the 1e-5 in the root."),
    ),
)

ALL: tuple[Experiment, ...] = (_X45, _X46)
