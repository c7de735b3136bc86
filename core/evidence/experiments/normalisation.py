"""Experiments about batch normalisation: what it allows in training, whether steadiness is why, what it does."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import PALETTE
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.evidence.experiments.measure import batches, descend
from core.evidence.experiments.telling import whole
from core.formula.words import apart, digits, listed
from core.problems.network.perceptron import EPSILON, Activation, Layer, Network, Norm, Reals, cross_entropy

_RATES = np.geomspace(0.01, 10, 7)
_STEPS, _LAST = 300, 30
# What guessing costs, and what counts as learning: half of it.
_GUESSED = float(np.log(2))
_LEARNS = _GUESSED / 2
# The index of the rate at which movements are compared: at the smallest one nothing diverges.
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


def _rate_text(rate: float) -> str:
    return f"up to a rate of {digits(rate)}" if rate else "at no rate"


# The task: items of ten standard normal features; the class is the sign of x₁x₂ + x₃x₄ + x₅.
_INPUTS, _WIDTH, _CLASSES = 10, 32, 2
_ITEMS, _BATCH = 512, 64
# How the first weights are drawn, evenly around 0: their variance times the layer's inputs.
HE, PYTORCH = 2.0, 1 / 3


def trained(
    rates: Array, steps: int, depth: int, norm: Norm, variance: float, seed: int, disturbance: float = 0.0
) -> tuple[Array, Array]:
    """A deep ReLU network of two classes trained by gradient descent in batches at each of ``rates``, ``(rates,)``.

    All rates share the items, the first weights, of ``variance`` over the layer's inputs, and the batches. Behind each
    norm ``disturbance`` d multiplies every unit by exp(d·N) and adds d·N to it, with normal numbers N that are drawn
    anew in each step.

    The first return is the loss of each step's batch before the step, of shape ``(steps, rates)``; NaN once a rate has
    diverged. The second, ``(rates,)``, is how far the means that leave the middle layer move from one step to the next:
    the mean over steps of the mean distance over the mean standard deviation of its units.
    """
    random, noise = np.random.default_rng(seed), np.random.default_rng((seed, 1))
    x = random.standard_normal((_ITEMS, _INPUTS))
    classes = (x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3] + x[:, 4] > 0).astype(np.intp)
    hidden = [Layer(inputs, _WIDTH, Activation.RELU, norm) for inputs in (_INPUTS, *[_WIDTH] * (depth - 1))]
    network = Network((*hidden, Layer(_WIDTH, _CLASSES)))
    start = network.start([random.uniform(-1, 1, shape) * np.sqrt(3 * variance / shape[0]) for shape in network.shapes])
    picked = batches(random, _ITEMS, _BATCH)
    means: list[Reals] = []
    spreads: list[Reals] = []

    def look(weights: Reals) -> tuple[Reals, Reals]:
        items = next(picked)
        factor, added = _disturbed(network, disturbance, noise)
        weights = factor * weights + added
        passed = network.forward(weights, x[items])
        middle = passed[(depth - 1) // 2].values
        means.append(middle.mean(axis=1))
        spreads.append(middle.std(axis=1).mean(axis=1))
        loss, back = cross_entropy(passed[-1].values, classes[items])
        return loss, factor * network.backward(weights, passed, back)

    _, losses = descend("sgd", np.tile(start, (len(rates), 1)), [rates[:, None]] * steps, look)
    moved = np.abs(np.diff(means, axis=0)).mean(axis=2) / np.array(spreads[1:])
    return losses, moved.mean(axis=0)


def _disturbed(network: Network, disturbance: float, random: np.random.Generator) -> tuple[Array, Array]:
    """What multiplies each weight of ``network`` and what is then added: 1 and 0 but for the rows behind a norm."""
    factor, added = np.ones(network.size), np.zeros(network.size)
    for layer, times, plus in zip(network.layers, network.rows(factor), network.rows(added), strict=True):
        if layer.scaled:
            times[-2:] = np.exp(disturbance * random.standard_normal(layer.outputs))
            plus[-1] = disturbance * random.standard_normal(layer.outputs)
    return factor, added


def _covariate_shift(settings: Mapping[str, float]) -> Finding:
    depth, disturbance, seed = int(settings["depth"]), settings["disturbance"], int(settings["seed"])
    train = partial(trained, _RATES, _STEPS, depth)
    kinds = {
        _PLAIN: train(Norm.NONE, HE, seed),
        _NORMAL: train(Norm.BATCH, HE, seed),
        _DISTURBED: train(Norm.BATCH, HE, seed, disturbance),
        _SMALL: train(Norm.NONE, PYTORCH, seed),
    }
    ends = {name: losses[-_LAST:].mean(axis=0) for name, (losses, _) in kinds.items()}
    largest = {name: _largest(losses) for name, losses in ends.items()}
    lowest = {name: float(np.nanmin(losses)) for name, losses in ends.items()}
    moved = {name: float(moves[_COMPARED]) for name, (_, moves) in kinds.items()}
    numbers = {
        **{f"largest rate that learns, {name}": rate for name, rate in largest.items()},
        **{f"lowest loss, {name}": loss for name, loss in lowest.items()},
        **{f"movement of the means, {name}": step for name, step in moved.items()},
        **{
            f"loss at rate {digits(_RATES[index])}, {name}": float(losses[index])
            for name, losses in ends.items()
            for index in (2, 4)
        },
    }
    plain, normal, disturbed, small = (largest[name] for name in kinds)
    sentence = (
        f"With {depth} hidden layers gradient descent learns {_rate_text(plain)} from He's start and "
        f"{_rate_text(normal)} with BatchNorm, to a loss of {digits(lowest[_PLAIN])} and {digits(lowest[_NORMAL])} at "
        f"the best rate. With BatchNorm whose outputs are shifted and scaled at random in every step it learns "
        f"{_rate_text(disturbed)}; the means then move by {digits(moved[_DISTURBED])} standard deviations a step, "
        f"against {digits(moved[_PLAIN])} without BatchNorm. From PyTorch's own smaller start it learns "
        f"{_rate_text(small)}."
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


# What a new batch weighs in the running averages, in PyTorch.
_NEW = 0.1
_FIRST, _SECOND = (1.0, 2.0, 3.0), (7.0, 8.0, 9.0)
_UNIT_ITEMS, _FEATURES = 32, 5
_FACTORS = np.geomspace(1e-3, 1e3, 61)


def _normalised(*batch: float) -> Reals:
    values, _ = Norm.BATCH.forward(np.array(batch)[:, None])
    return values[:, 0]


def _unit(factors: Array) -> tuple[Reals, Reals, Reals]:
    """A unit with random weights times each of ``factors``, normalised and compared with random targets.

    Returns half the mean squared error, shape ``(factors,)``, its gradient, ``(factors, 5)``, and the cosine between
    weights and gradient, ``(factors,)``.
    """
    random = np.random.default_rng(0)
    x, target = random.standard_normal((_UNIT_ITEMS, _FEATURES)), random.standard_normal((_UNIT_ITEMS, 1))
    weights = factors[:, None] * random.standard_normal(_FEATURES)
    unit = Network((Layer(_FEATURES, 1, norm=Norm.BATCH, biased=False),))
    loss, gradient = unit.loss_and_gradient(weights, x, target)
    lengths = np.linalg.norm(weights, axis=1) * np.linalg.norm(gradient, axis=1)
    return loss / 2, gradient / 2, (weights * gradient).sum(axis=1) / lengths


def _facts(settings: Mapping[str, float]) -> Finding:
    value, factor = settings["value"], settings["factor"]
    batch = np.array([*_FIRST, value])
    first, second = _normalised(*_FIRST, value), _normalised(value, *_SECOND)
    running_mean, running_variance = _NEW * batch.mean(), 1 - _NEW + _NEW * batch.var(ddof=1)
    evaluated = float((value - running_mean) / np.sqrt(running_variance + EPSILON))
    losses, gradients, cosines = _unit(np.array([1.0, factor]))
    lengths = np.linalg.norm(gradients, axis=1)
    numbers = {
        **{f"{digits(given)}, normalised": float(out) for given, out in zip(_FIRST, first, strict=False)},
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
    outputs = listed([digits(out) for out in first])
    sentence = (
        f"BatchNorm turns 1, 2, 3 and {digits(value)} into {outputs}, dividing by the root of the biased variance "
        f"{digits(batch.var())}; the same {digits(value)} becomes {digits(second[0])} in a batch with 7, 8 and 9, and "
        f"{digits(evaluated)} in evaluation after one batch, with the running variance {digits(running_variance)}. "
        f"Multiplying the weights before it by {digits(factor)} changes the loss from "
        f"{' to '.join(apart(losses[0], losses[1]))} and divides the gradient by {digits(lengths[0] / lengths[1])}."
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
        Expected("gradient's length over the multiplied one's", 10.0, 1e-4, "Exact but for the 10⁻⁵ in the root."),
        Expected("cosine of weights and gradient", 0.0, 1e-4, "Exact but for the 10⁻⁵ in the root."),
    ),
)

ALL: tuple[Experiment, ...] = (_X45, _X46)
