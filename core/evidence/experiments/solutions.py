"""Experiments about models with more weights than data: which of the many exact fits a rule and its noise choose."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS, Optimizer
from core.engine.findings import Array, Expected, Experiment, Finding, Plot, Series
from core.evidence.experiments.measure import descend
from core.evidence.experiments.telling import learning_rate, whole
from core.formula.words import counted, digits, listed

_SAMPLES = 40
_GD, _MOMENTUM, _ADAM = (OPTIMIZERS[key] for key in ("sgd", "momentum", "adam"))

# Batches from one sample to all, and the rules compared with them.
_BATCHES = (1, 5, _SAMPLES)
_RACERS = (_MOMENTUM, _ADAM)
# A fit is exact when no answer is off by more than this; batches give up after as many passes.
_EXACT, _PASSES = 1e-13, 3000
_RULE_STEPS = 4000


def _by_batches(features: Array, answers: Array, batch: int, seed: int) -> tuple[Array, list[float]]:
    """Weights by gradient descent from 0 in batches, each pass in a new order, and the largest error of each pass."""
    random = np.random.default_rng((seed, batch))
    samples, size = features.shape
    # The largest curvature of a batch of standard normal features is about this; a little less than its inverse.
    rate = 0.8 * batch / (size**0.5 + batch**0.5) ** 2
    weights = np.zeros(size)
    errors: list[float] = []
    for _ in range(_PASSES):
        for picked in random.permutation(samples).reshape(-1, batch):
            part = features[picked]
            weights -= rate / batch * (part.T @ (part @ weights - answers[picked]))
        errors.append(float(np.abs(features @ weights - answers).max()))
        if errors[-1] < _EXACT:
            break
    return weights, errors


def _by_optimizer(features: Array, answers: Array, optimizer: Optimizer, lr: float) -> Array:
    """Weights by a shipped rule from 0 on all samples, its rate falling to 0 in a line so that it comes to rest."""
    rates = lr * (1 - np.arange(_RULE_STEPS) / _RULE_STEPS)

    def look(weights: Array) -> tuple[None, Array]:
        return None, features.T @ (features @ weights - answers) / len(answers)

    return descend(optimizer.key, np.zeros(features.shape[1]), rates, look)[0]


def _which_fit(settings: Mapping[str, float]) -> Finding:
    size, relevant, lr, seed = (int(settings["size"]), int(settings["relevant"]), settings["lr"], int(settings["seed"]))
    random = np.random.default_rng(seed)
    features = random.standard_normal((_SAMPLES, size))
    truth = np.zeros(size)
    truth[:relevant] = random.choice([-1.0, 1.0], relevant) * 2 / relevant**0.5
    answers = features @ truth
    shortest = np.linalg.pinv(features) @ answers
    fits, passes = {}, {}
    for batch in _BATCHES:
        fits[f"B = {batch}"], errors = _by_batches(features, answers, batch, seed)
        passes[batch] = errors
    for optimizer in _RACERS:
        fits[optimizer.name] = _by_optimizer(features, answers, optimizer, lr)
    away = {name: float(np.linalg.norm(weights - shortest)) for name, weights in fits.items()}
    # Of standard normal features the mean squared error is the squared distance of the weights.
    tested = {name: float(((weights - truth) ** 2).sum()) for name, weights in fits.items()}
    misfit = {name: float(np.abs(features @ weights - answers).max()) for name, weights in fits.items()}
    numbers = {
        **{f"distance from the shortest fit, {name}": distance for name, distance in away.items()},
        **{f"test error, {name}": error for name, error in tested.items()},
        **{f"largest error on the data, {name}": error for name, error in misfit.items()},
        "largest difference of test errors between batch sizes": float(
            np.ptp([tested[f"B = {batch}"] for batch in _BATCHES])
        ),
    }
    sentence = (
        f"With {size} weights and {digits(_SAMPLES)} samples there are many exact fits. From 0, batches of "
        f"{listed([str(batch) for batch in _BATCHES])} all find the shortest one, to "
        f"{digits(max(away[f'B = {batch}'] for batch in _BATCHES))}, with a test error of {digits(tested['B = 1'])}. "
        f"Adam's is {digits(away[_ADAM.name])} away from it, with a test error of {digits(tested[_ADAM.name])}, and "
        f"momentum's {digits(away[_MOMENTUM.name])}. Here {relevant} of the features matter{'s' * (relevant == 1)}."
    )
    series = tuple(
        Series(f"B = {batch}", np.arange(1.0, len(errors) + 1), np.array(errors)) for batch, errors in passes.items()
    )
    return Finding(numbers, sentence, Plot("passes over the data", "largest error on the data", series, True, True))


_ARRIVES = "Descent from 0 stays in the span of the data; what is left is the tolerance of the fit."
_SEEDED = "Seeded, and at rest; rounding does not reach the third digit."

_X59 = Experiment(
    key="X59",
    question="Where many fits are exact, does the batch size or the rule decide which one is found?",
    settings=(
        whole("size", "d", 100, (80, 200), "Weights; there are 40 samples."),
        whole("relevant", "k", 10, (1, 80), "Features that matter, all equally."),
        learning_rate(0.01, (0.003, 0.1)),
        whole("seed", "s", 0, (0, 99), "Draws the data and the batches."),
    ),
    find=_which_fit,
    expected=(
        *(Expected(f"distance from the shortest fit, B = {batch}", 0.0, 1e-12, _ARRIVES) for batch in _BATCHES),
        Expected("distance from the shortest fit, Momentum", 0.0, 1e-12, _ARRIVES),
        Expected("largest difference of test errors between batch sizes", 0.0, 1e-11, _ARRIVES),
        Expected("largest error on the data, Adam", 0.0, 1e-3, "Its rate has fallen to 0, not its fit to rounding."),
        Expected("distance from the shortest fit, Adam", 0.553, 0.005, _SEEDED),
    ),
)


_INPUTS, _DRAWS = 100, 10
_STEPS, _DRAWN = 20_000, 100
_Slope = Callable[[int, Array], Array]


def _squares(slope: _Slope, start: float, lr: float) -> Iterator[Array]:
    """The weights u² − v², of shape (10, 100), before every 200th step and after the last.

    u and v start at ``start`` and follow ``slope``, the gradient with respect to the weights at a step.
    """
    u = np.full((_DRAWS, _INPUTS), start)
    v = u.copy()
    for step in range(_STEPS):
        weights = u * u - v * v
        if step % (_STEPS // _DRAWN) == 0:
            yield weights
        move = 2 * lr * slope(step, weights)
        u -= move * u
        v += move * v
    yield u * u - v * v


def _noise_helps(settings: Mapping[str, float]) -> Finding:
    lr, start, relevant, seed = settings["lr"], settings["start"], int(settings["relevant"]), int(settings["seed"])
    random = np.random.default_rng((seed, 60))
    features = random.standard_normal((_DRAWS, _SAMPLES, _INPUTS))
    truth = np.zeros((_DRAWS, _INPUTS))
    truth[:, :relevant] = random.choice([-1.0, 1.0], (_DRAWS, relevant))
    answers = (features @ truth[..., None])[..., 0]
    turned = np.ascontiguousarray(features.swapaxes(1, 2))
    picked, draws = random.integers(_SAMPLES, size=(_STEPS, _DRAWS)), np.arange(_DRAWS)

    def one_sample(step: int, weights: Array) -> Array:
        sample = features[draws, picked[step]]
        error = (sample * weights).sum(axis=1) - answers[draws, picked[step]]
        return np.asarray(sample * error[:, None])

    def all_samples(step: int, weights: Array) -> Array:
        error = features @ weights[..., None] - answers[..., None]
        return np.asarray((turned @ error)[..., 0] / _SAMPLES)

    numbers: dict[str, float] = {}
    series: list[Series] = []
    ends = []
    for name, slope, color in (("one sample", one_sample, _ADAM.color), ("all samples", all_samples, _GD.color)):
        path = np.array([*_squares(slope, start, lr)])
        away = np.linalg.norm(path - truth, axis=2)
        ends.append(away[-1])
        numbers[f"distance from the truth, {name}"] = float(away[-1].mean())
        misfit = np.abs((features @ path[-1][..., None])[..., 0] - answers)
        numbers[f"largest error on the data, {name}"] = float(misfit.max())
        series.append(Series(name, np.linspace(0, _STEPS, _DRAWN + 1), away.mean(axis=1), color))
    closer = int((ends[0] < ends[1]).sum())
    numbers["draws in which one sample is closer"] = closer
    noisy, exact = (float(end.mean()) for end in ends)
    sentence = (
        f"Weights u² − v² fitted to {digits(_SAMPLES)} samples of {_INPUTS} features, {relevant} of which matter: "
        f"after {counted(_STEPS)} at rate {digits(lr)} from u = v = {digits(start)} the distance from the truth is "
        f"{digits(noisy)} with one sample a step and {digits(exact)} with all, on average over {_DRAWS} draws; one "
        f"sample is closer in {closer}."
    )
    return Finding(numbers, sentence, Plot("step", "distance from the true weights", tuple(series), log_y=True))


_BY_DRAWS = "Seeded: 10 draws of data, each at rest."

_X60 = Experiment(
    key="X60",
    question="Can the noise of small batches lead to a better fit?",
    settings=(
        learning_rate(0.02, (0.005, 0.025)),
        Hyper(
            "start",
            "u_0",
            0.1,
            (0.03, 0.2),
            (0.03, 0.2),
            "log",
            ("Where u and v start; a small value favours few weights."),
        ),
        whole("relevant", "k", 5, (1, 10), "Features that matter."),
        whole("seed", "s", 0, (0, 99), "Draws the data and the samples of each step."),
    ),
    find=_noise_helps,
    expected=(
        Expected("distance from the truth, one sample", 0.740, 0.01, _BY_DRAWS),
        Expected("distance from the truth, all samples", 0.853, 0.002, _BY_DRAWS),
        Expected("draws in which one sample is closer", 10, 1, "A count of 10; a draw may be close."),
        Expected("largest error on the data, one sample", 0.0, 1e-5, "It fits; the last digits settle late."),
        Expected("largest error on the data, all samples", 0.0, 1e-5, "It fits; the last digits settle late."),
    ),
)

ALL: tuple[Experiment, ...] = (_X59, _X60)
