"""Experiments on training a small network: what a range test finds, whether one rate suits all, what norms say."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.run import Run
from core.engine.trace import trace
from core.evidence.experiments.measure import batches, descend, first, steps_text
from core.evidence.experiments.telling import learning_rate, whole
from core.formula.words import counted, digits
from core.problems.network.perceptron import Activation, Layer, Network, Reals

_SGD, _ADAMW, _ADAM = (OPTIMIZERS[key] for key in ("sgd", "adamw", "adam"))
_SEED = whole("seed", "s", 1, (0, 99), "Chooses the items, the start and the order of the batches.")
# Training outside the range test is always in batches of this size.
_BATCH = 32


# The task: items of ten standard normal features, whose target is sin(2x₁) + x₂x₃ + x₄.
_ITEMS = 512
_FEATURES, _WIDTH = 10, 64
# OpenBLAS starts threads for products of more than 64³ numbers, which here cost more than they bring.
_PORTION = 64


def _network(width: int) -> Network:
    hidden = Layer(_FEATURES, width, Activation.RELU), Layer(width, width, Activation.RELU)
    return Network((*hidden, Layer(width, 1)))


_NETWORK = _network(_WIDTH)


def _task(random: np.random.Generator, network: Network) -> tuple[Array, Array, Array]:
    """The items' features and targets, and the start of ``network``, which is that of PyTorch's linear layers."""
    x = random.standard_normal((_ITEMS, _FEATURES))
    y = (np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + x[:, 3])[:, None]
    start = [random.uniform(-1, 1, layer.size) * layer.inputs**-0.5 for layer in network.layers]
    return x, y, np.concatenate(start)


def _loss_and_gradient(weights: Reals, x: Array, y: Array) -> tuple[Array, Array]:
    loss, gradient = np.zeros(len(weights)), np.zeros(weights.shape)
    for at in range(0, len(x), _PORTION):
        some = slice(at, at + _PORTION)
        share = len(x[some]) / len(x)
        part = _NETWORK.loss_and_gradient(weights, x[some], y[some])
        loss += share * part[0]
        gradient += share * part[1]
    return loss, gradient


def _train(key: str, rates: Array, batch: int, seed: int) -> tuple[Array, Array]:
    """The network trained by a shipped rule, one copy for each column of ``rates``, of shape ``(steps, copies)``.

    All copies share the items, the start and the batches. The first return
    is the loss of each step's batch before the step, of the shape of ``rates``; the second that of all items after the
    last step. A rate that diverges ends in infinity or NaN.
    """
    random = np.random.default_rng(seed)
    x, y, start = _task(random, _NETWORK)
    picked = batches(random, _ITEMS, batch)

    def look(weights: Reals) -> tuple[Reals, Reals]:
        items = next(picked)
        return _loss_and_gradient(weights, x[items], y[items])

    weights, losses = descend(key, np.tile(start, (rates.shape[1], 1)), rates[:, :, None], look)
    return losses, _loss_and_gradient(weights, x, y)[0]


# The range of the test: from rates that do nothing to rates that destroy.
_TESTED = (1e-5, 10.0)
# Share of the smoothed loss that the next one keeps; the mean starts at zero and is corrected for it, as Adam's.
_KEPT = 0.9
_CANDIDATES = np.geomspace(1e-3, 1.0, 13)
_SWEEP_STEPS = 300


def _smoothed(losses: Array) -> Array:
    mean, seen = 0.0, np.empty_like(losses)
    for t, loss in enumerate(losses, 1):
        mean = _KEPT * mean + (1 - _KEPT) * float(loss)
        seen[t - 1] = mean / (1 - _KEPT**t)
    return seen


def _range_text(name: str, steepest: float, lowest: float, end: float, best: float) -> str:
    gone = (
        f"is back where it began at {digits(end)}"
        if np.isfinite(end)
        else f"stays below its start up to {digits(_TESTED[1])}"
    )
    return (
        f"{name}: the loss falls fastest at {digits(steepest)}, is lowest at {digits(lowest)} and {gone}; trained at "
        f"constant rates, {digits(best)} is best, so the steepest point is {digits(steepest / best)} times the best "
        f"rate and the lowest {digits(lowest / best)} times"
    )


def _range_test(settings: Mapping[str, float]) -> Finding:
    steps, batch, seed = (int(settings[name]) for name in ("steps", "batch", "seed"))
    rates = np.geomspace(*_TESTED, steps)
    numbers: dict[str, float] = {}
    parts, series = [], []
    for optimizer in (_SGD, _ADAMW):
        seen = _smoothed(_train(optimizer.key, rates[:, None], batch, seed)[0][:, 0])
        low = int(np.nanargmin(seen))
        falls = np.diff(seen[: max(low, 1) + 1])
        _, final = _train(optimizer.key, np.tile(_CANDIDATES, (_SWEEP_STEPS, 1)), _BATCH, seed)
        after = first(~(seen[low:] < seen[0])) + low
        points = {
            "steepest": float(rates[falls.argmin()]),
            "lowest": float(rates[low]),
            # A test that is lowest where it begins is back there at once.
            "back at the start": float(rates[int(after)]) if np.isfinite(after) else np.inf,
            "best of a sweep": float(_CANDIDATES[np.nanargmin(final)]),
        }
        numbers |= {f"{what}, {optimizer.name}": rate for what, rate in points.items()}
        numbers[f"steepest / best, {optimizer.name}"] = points["steepest"] / points["best of a sweep"]
        numbers[f"lowest / best, {optimizer.name}"] = points["lowest"] / points["best of a sweep"]
        parts.append(_range_text(optimizer.name, *points.values()))
        # What follows the destruction of the weights says nothing and would flatten the rest.
        visible = seen <= 2 * seen[0]
        series += [
            Series(f"{optimizer.name}, range test", rates[visible], seen[visible], optimizer.color),
            Series(f"{optimizer.name}, constant rate", _CANDIDATES, final, optimizer.color, "dot", "lines+markers"),
        ]
    over = "all items" if batch == _ITEMS else f"{batch} items"
    sentence = f"Each step of the test sees {over}. {'. '.join(parts)}."
    plot = Plot("learning rate α", "mean squared error", tuple(series), log_x=True, log_y=True)
    return Finding(numbers, sentence, plot)


_SAME_GRID = "The place on a grid of rates, 15 % apart; rounding may move it by two."
_NOISE = "It finds the noise, a hundred times too low or worse."
_SWEEP_GRID = "Neighbours in the sweep, 78 % apart, can be close; it may be the next one."

_RANGE = Experiment(
    key="X63",
    question="Does a learning-rate range test find the best learning rate?",
    settings=(
        whole("steps", "T", 100, (30, 400), "Steps of the test, in which the rate rises from 10⁻⁵ to 10."),
        whole("batch", "B", _ITEMS, (16, _ITEMS), "Items at each step of the test; with few the curve is noisy."),
        _SEED,
    ),
    find=_range_test,
    expected=(
        Expected("steepest, Gradient descent", 0.152, 0.05, _SAME_GRID),
        Expected("lowest, Gradient descent", 0.305, 0.1, _SAME_GRID),
        Expected("best of a sweep, Gradient descent", 0.1, 0.08, _SWEEP_GRID),
        Expected("steepest, AdamW", 0.0142, 0.005, _SAME_GRID),
        Expected(
            "steepest / best, Gradient descent", 1.52, 0.05, "The ratio of two places on the grids; neither may move."
        ),
        Expected("steepest / best, AdamW", 0.80, 0.05, "The ratio of two places on the grids; neither may move."),
        Expected("lowest / best, AdamW", 26.1, 15.0, "Much too large is the promise: the lowest place is flat."),
        Expected("steepest / best, Gradient descent", 0.0, 0.01, _NOISE, {"batch": 32}),
        Expected("steepest / best, AdamW", 0.0, 0.01, _NOISE, {"batch": 32}),
    ),
)


_COMMON = np.array([1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1])
_VALLEY = partial(Run, "rosenbrock", _ADAM.key, (-1.5, 2.0))
_VALLEY_BUDGET = 20_000
_VALLEY_RATE = 0.1


def _one_rate(settings: Mapping[str, float]) -> Finding:
    lr, steps, seed = settings["lr"], int(settings["steps"]), int(settings["seed"])
    rates = np.union1d(_COMMON, lr)
    _, final = _train(_ADAMW.key, np.tile(rates, (steps, 1)), _BATCH, seed)
    chosen, best = float(final[np.searchsorted(rates, lr)]), int(np.nanargmin(final))
    slow, quick = (first(trace(_VALLEY(_VALLEY_BUDGET, {"lr": rate})).loss <= 1e-4) for rate in (lr, _VALLEY_RATE))
    against = (
        f"{digits(chosen / final[best])} times the loss at {digits(rates[best])} ({digits(final[best])})"
        if rates[best] != lr
        else "the lowest of all the rates tried"
    )
    sentence = (
        f"After {counted(steps)} AdamW at {digits(lr)} has brought this network to {digits(chosen)}, which is "
        f"{against}. On Rosenbrock's function Adam needs {steps_text(slow, _VALLEY_BUDGET)} to reach 0.0001 at "
        f"{digits(lr)} and {steps_text(quick, _VALLEY_BUDGET)} at {digits(_VALLEY_RATE)}."
    )
    numbers = {
        **{f"loss at {digits(rate)}": float(loss) for rate, loss in zip(rates, final, strict=True)},
        "best rate": float(rates[best]),
        "loss at the chosen rate / lowest": chosen / float(final[best]),
        "steps on Rosenbrock at the chosen rate": slow,
        f"steps on Rosenbrock at {digits(_VALLEY_RATE)}": quick,
    }
    plot = Plot(
        "learning rate α",
        f"mean squared error after {counted(steps)}",
        (Series(_ADAMW.name, rates, final, _ADAMW.color, mode="lines+markers"),),
        log_x=True,
        log_y=True,
        marks=(Mark("x", lr, digits(lr)),),
    )
    return Finding(numbers, sentence, plot)


_ONE_RATE = Experiment(
    key="X64",
    question="Is 0.0003 a good learning rate for AdamW on any network?",
    settings=(
        learning_rate(3e-4, (1e-5, 0.1)),
        whole("steps", "T", 600, (100, 1500), "Steps of training at every rate, in batches of 32 items."),
        _SEED,
    ),
    find=_one_rate,
    expected=(
        Expected("loss at 0.0003", 0.613, 0.005, "600 steps at a small rate hardly enlarge rounding."),
        Expected("loss at 0.0001", 1.185, 0.005, "600 steps at a small rate hardly enlarge rounding."),
        Expected(
            "loss at the chosen rate / lowest", 31.5, 11.0, "More than 20; the lowest loss rests on noisy batches."
        ),
        Expected("steps on Rosenbrock at the chosen rate", 18_333, 5, "A smooth path of many small steps."),
        Expected("steps on Rosenbrock at 0.1", 765, 5, "A smooth path of many small steps."),
    ),
)


_WATCHED, _BAD_STEP, _WATCHED_RATE = 60, 40, 0.02
# Steps at the start whose mean is what a level is taken to be.
_LEVEL = 20


def _norms(width: int, spoilt: float, seed: int) -> Array:
    """The gradient's norm before each step of plain descent; one batch's targets are ``spoilt`` times too large."""
    random = np.random.default_rng(seed)
    network = _network(width)
    x, y, weights = _task(random, network)
    picked = batches(random, _ITEMS, _BATCH)
    norms = np.empty(_WATCHED)
    for step in range(_WATCHED):
        items = next(picked)
        wanted = y[items] * (spoilt if step == _BAD_STEP else 1.0)
        _, gradient = network.loss_and_gradient(weights, x[items], wanted)
        norms[step] = np.linalg.norm(gradient)
        weights = weights - _WATCHED_RATE * gradient
    return norms


def _watch(settings: Mapping[str, float]) -> Finding:
    width, spoilt, seed = int(settings["width"]), settings["spoilt"], int(settings["seed"])
    norms = {w: _norms(w, spoilt, seed) for w in (_WIDTH, width)}
    level = {w: float(seen[:_LEVEL].mean()) for w, seen in norms.items()}
    ordinary = np.median(norms[_WIDTH][:_BAD_STEP])
    numbers = {
        f"level, width {_WIDTH}": level[_WIDTH],
        "level, your width / this": level[width] / level[_WIDTH],
        "jump at the bad batch": float(norms[_WIDTH][_BAD_STEP] / ordinary),
        "swings before it": float(norms[_WIDTH][:_BAD_STEP].max() / ordinary),
    }
    sentence = (
        f"The norm is about {digits(level[_WIDTH])} with hidden layers of {_WIDTH} units and "
        f"{digits(numbers['level, your width / this'])} times that with {width}, on the same items. A batch whose "
        f"targets are {digits(spoilt)} times too large lifts it to {digits(numbers['jump at the bad batch'])} times "
        f"its usual value, where ordinary batches reach {digits(numbers['swings before it'])}."
    )
    series = tuple(
        Series(f"{w} units", np.arange(float(_WATCHED)), seen, color)
        for (w, seen), color in zip(norms.items(), (_SGD.color, _ADAM.color), strict=False)
    )
    marks = (Mark("x", float(_BAD_STEP), "bad batch"),)
    return Finding(numbers, sentence, Plot("step", "norm of the gradient", series, log_y=True, marks=marks))


_SCATTERED = "Seeded; other seeds change it by a third."
_WATCH = Experiment(
    key="X84",
    question="What do the level of the gradient's norm and a jump in it tell you?",
    settings=(
        whole("width", "k", 256, (16, 256), "Units in each hidden layer of the other network."),
        Hyper(
            "spoilt", "f", 10.0, (1.0, 100.0), (1.0, 100.0), "log", "How many times too large one batch's targets are."
        ),
        _SEED,
    ),
    find=_watch,
    expected=(
        Expected("level, your width / this", 1.6, 0.1, _SCATTERED),
        Expected("jump at the bad batch", 25.0, 2.0, _SCATTERED),
        Expected("swings before it", 2.6, 0.3, _SCATTERED),
    ),
)


ALL: tuple[Experiment, ...] = (_RANGE, _ONE_RATE, _WATCH)
