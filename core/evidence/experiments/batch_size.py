"""Small batches against large ones: the same networks trained at one learning rate and at the best one of each size."""

from collections.abc import Iterator, Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.findings import Array, Expected, Experiment, Finding, Plot, Series
from core.evidence.experiments.measure import descend
from core.evidence.experiments.telling import learning_rate, whole
from core.formula.words import digits, listed
from core.problems.network.perceptron import Activation, Layer, Network, Reals

_BATCHES = (4, 16, 64, 256)
# Half a decade apart, and wide enough that at the defaults no batch size is best at an end.
_RATES = np.array([0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0])
_REPETITIONS = 6
_EPOCHS = 60
_INPUTS, _TEACHER = 10, 5
_NETWORK = Network((Layer(_INPUTS, 32, Activation.RELU), Layer(32, 1)))
_TRAINING, _VALIDATION, _TEST = 256, 1000, 2000
_CHAOS = "rounding grows in training and may change some of the 12 000 answers; one seed is known to half a point"
_TUNED_COLOR, _SAME_COLOR = OPTIMIZERS["sgd"].color, OPTIMIZERS["momentum"].color


def _points(noise: float, seed: int) -> tuple[Array, Array]:
    """Points of two classes, told apart by a random network of 5 hidden units: ``x`` and ``y``, which is 0 or 1.

    Their shapes are (repetitions, points, 10) and (repetitions, points, 1). The points are for training, for choosing
    the rate and for testing, in this order; ``noise`` is the share of wrong labels among the first two kinds.
    """
    random = np.random.default_rng((seed, 0))
    x = random.standard_normal((_REPETITIONS, _TRAINING + _VALIDATION + _TEST, _INPUTS))
    inner = random.standard_normal((_REPETITIONS, _INPUTS, _TEACHER))
    score = np.maximum(x @ inner, 0) @ random.standard_normal((_REPETITIONS, _TEACHER, 1))
    truth = (score > np.median(score, axis=1, keepdims=True)).astype(np.float64)
    wrong = random.random(truth.shape) < noise
    wrong[:, _TRAINING + _VALIDATION :] = False
    return x, np.where(wrong, 1 - truth, truth)


def _accuracy(points: tuple[Array, Array], rates: Array, batch: int, seed: int) -> tuple[Array, Array]:
    """The shares of right answers on the validation and test points, each of shape (rates, repetitions).

    The network is trained for 60 epochs by gradient descent on the logistic loss, from He's initial weights. All rates
    see the same weights at the start and the same batches.
    """
    random = np.random.default_rng((seed, 1))
    start = _NETWORK.start(
        [random.standard_normal((_REPETITIONS, *shape)) * (2 / shape[0]) ** 0.5 for shape in _NETWORK.shapes]
    )
    x, y = points
    seen = _shuffled(x[:, :_TRAINING], y[:, :_TRAINING], batch, random)

    def look(weights: Reals) -> tuple[None, Reals]:
        inputs, labels = next(seen)
        passed = _NETWORK.forward(weights, inputs)
        # The gradient of the logistic loss, which itself nobody looks at.
        error = Activation.SIGMOID.output(passed[-1].values) - labels
        return None, _NETWORK.backward(weights, passed, error / batch)

    updates = _EPOCHS * _TRAINING // batch
    weights, _ = descend("sgd", np.tile(start, (len(rates), 1, 1)), [rates[:, None, None]] * updates, look)
    score = _NETWORK.answers(weights, x[:, _TRAINING:])
    right = ((score > 0) == (y[:, _TRAINING:] > 0.5))[..., 0]
    return right[..., :_VALIDATION].mean(axis=-1), right[..., _VALIDATION:].mean(axis=-1)


def _shuffled(x: Array, y: Array, batch: int, random: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    """Without end, the next ``batch`` points of each repetition, each pass over them in new orders."""
    repetition = np.arange(_REPETITIONS)[:, None]
    while True:
        order = random.permuted(np.tile(np.arange(_TRAINING), (_REPETITIONS, 1)), axis=1)
        inputs, labels = x[repetition, order], y[repetition, order]
        for begin in range(0, _TRAINING, batch):
            yield inputs[:, begin : begin + batch], labels[:, begin : begin + batch]


def _percent(shares: Array) -> str:
    return listed([digits(100 * share) for share in shares])


def _batch_size(settings: Mapping[str, float]) -> Finding:
    noise, lr, seed = settings["noise"], settings["lr"], int(settings["seed"])
    points = _points(noise, seed)
    tuned, same, chosen = [], [], []
    for batch in _BATCHES:
        validation, test = _accuracy(points, np.append(_RATES, lr), batch, seed)
        best = int(validation[:-1].mean(axis=1).argmax())
        chosen.append(float(_RATES[best]))
        tuned.append(test[best])
        same.append(float(test[-1].mean()))
    means, flat = np.mean(tuned, axis=1), np.array(same)
    gaps = tuned[int(means.argmax())] - tuned[int(means.argmin())]
    error = float(gaps.std(ddof=1) / _REPETITIONS**0.5)
    sentence = (
        f"With {digits(100 * noise)} % of the labels wrong and the same rate {digits(lr)} for all, batches of "
        f"{listed([str(batch) for batch in _BATCHES])} get {_percent(flat)} % of new points right. With the rate "
        f"chosen for each on other data ({listed([digits(rate) for rate in chosen])}) they get {_percent(means)} "
        f"%: the best and the worst are {digits(100 * np.ptp(means))} points apart (standard error "
        f"{digits(100 * error, '.2g')})."
    )
    numbers = {
        **{f"right in %, batch {batch}, same rate": 100 * share for batch, share in zip(_BATCHES, same, strict=True)},
        **{
            f"right in %, batch {batch}, own rate": 100 * float(share)
            for batch, share in zip(_BATCHES, means, strict=True)
        },
        **{f"best rate, batch {batch}": rate for batch, rate in zip(_BATCHES, chosen, strict=True)},
        "spread in points, same rate": 100 * float(np.ptp(flat)),
        "spread in points, own rate": 100 * float(np.ptp(means)),
        "standard error of the spread": 100 * error,
    }
    sizes = np.array(_BATCHES, dtype=np.float64)
    series = (
        Series("best rate of each size", sizes, 100 * means, _TUNED_COLOR, mode="lines+markers"),
        Series(f"same rate {digits(lr)}", sizes, 100 * flat, _SAME_COLOR, "dash", "lines+markers"),
    )
    return Finding(numbers, sentence, Plot("batch size", "new points classified correctly, in %", series, log_x=True))


ALL: tuple[Experiment, ...] = (
    Experiment(
        key="X58",
        question="Do small batches generalise better than large ones?",
        settings=(
            Hyper("noise", r"\nu", 0.1, (0.0, 0.3), (0.0, 0.3), "linear", "Share of wrong labels in training."),
            learning_rate(0.1, (0.003, 3.0)),
            whole("seed", "s", 0, (0, 99), "Draws data, weights and batches."),
        ),
        find=_batch_size,
        expected=(
            *(
                Expected(f"right in %, batch {batch}, {rate} rate", right, 1.0, _CHAOS, settings)
                for settings, rate, known in (
                    ({}, "same", (79.7, 82.4, 84.4, 80.9)),
                    ({}, "own", (84.3, 84.5, 84.4, 84.0)),
                    ({"noise": 0.0}, "same", (90.7, 90.1, 86.8, 82.6)),
                    ({"noise": 0.0}, "own", (90.7, 91.0, 90.7, 90.5)),
                )
                for batch, right in zip(_BATCHES, known, strict=True)
            ),
            Expected("best rate, batch 4", 0.01, 0.0, "both neighbours are 1.3 points worse on the validation points"),
            Expected("best rate, batch 64", 0.1, 0.0, "both neighbours are a point worse on the validation points"),
            Expected("spread in points, same rate", 4.8, 1.0, _CHAOS),
            Expected("spread in points, own rate", 0.57, 0.4, _CHAOS),
        ),
    ),
)
