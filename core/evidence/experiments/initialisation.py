"""Experiments about the first weights of a network: why they are random, and how large they should be."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.optimizers import PALETTE
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.evidence.experiments.measure import curve, descend
from core.evidence.experiments.telling import learning_rate, whole
from core.formula.words import counted, digits
from core.problems.network.initialisation import Initialisation
from core.problems.network.perceptron import Activation, Layer, Network, Reals, squares

# As many points as make a task of some difficulty.
_INPUTS, _UNITS, _POINTS = 4, 16, 64
_NETWORK = Network((Layer(_INPUTS, _UNITS, Activation.TANH), Layer(_UNITS, 1)))
# Units whose weights differ by less than this do the same.
_SAME = 1e-6
_STARTS = ("all 0", "all 0.5", "random")


def _task(seed: int) -> tuple[Array, Array, Reals]:
    """Points, ``(64, 4)``, targets that mix all inputs, with a variance of about 1, and the weights of each start."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(_POINTS, _INPUTS))
    first, second, third, fourth = x.T
    y = np.sin(2 * first) + second * third + np.abs(fourth) - 0.8
    drawn = [Initialisation.XAVIER.draw(random, *shape).T for shape in _NETWORK.shapes]
    starts = ([np.full_like(matrix, value) for matrix in drawn] for value in (0.0, 0.5))
    return x, y[:, None], np.array([_NETWORK.start(matrices) for matrices in (*starts, drawn)])


def _distinct(units: Array) -> int:
    """How many of the columns differ by more than rounding from all before them."""
    kept: list[Array] = []
    for unit in units.T:
        if all(np.abs(unit - other).max() > _SAME for other in kept):
            kept.append(unit)
    return len(kept)


def _symmetry(settings: Mapping[str, float]) -> Finding:
    lr, steps = settings["lr"], int(settings["steps"])
    x, y, start = _task(int(settings["seed"]))
    weights, seen = descend("sgd", start, [lr] * steps, lambda weights: _NETWORK.loss_and_gradient(weights, x, y))
    losses = dict(zip(_STARTS, np.vstack([seen, squares(_NETWORK.answers(weights, x), y)[0]]).T, strict=True))
    inner, outer = _NETWORK.rows(weights)
    # A unit is what leads to it and from it.
    columns = np.concatenate([inner, outer[:, :_UNITS].mT], axis=1)
    units = {name: _distinct(column) for name, column in zip(_STARTS, columns, strict=True)}
    numbers = {f"loss, {name}": float(loss[-1]) for name, loss in losses.items()}
    numbers |= {f"different units, {name}": count for name, count in units.items()}
    parts = [
        f"{digits(numbers[f'loss, {name}'])} with {count} different unit{'s' * (count != 1)} if its weights start "
        + ("at random" if name == "random" else f"at {name.removeprefix('all ')}")
        for name, count in units.items()
    ]
    sentence = (
        f"After {counted(steps)} a network of {_UNITS} hidden units has a loss of {', '.join(parts[:-1])}, "
        f"and {parts[-1]}."
    )
    series = tuple(curve(name, loss) for name, loss in losses.items())
    return Finding(numbers, sentence, Plot("step", "mean squared error", series, log_y=True))


_COUNT = "A count: equal units get equal gradients, for ever."
_SYMMETRY = Experiment(
    key="X07",
    question="Why do the weights of a network start at random?",
    settings=(
        learning_rate(0.1, (0.001, 0.1)),
        whole("steps", "T", 2000, (100, 4000), "Steps of full-batch gradient descent."),
        whole("seed", "s", 0, (0, 999), "Draws other points and other random weights."),
    ),
    find=_symmetry,
    expected=(
        Expected("different units, all 0", 1, 0, _COUNT),
        Expected("different units, all 0.5", 1, 0, _COUNT),
        Expected("different units, random", 16, 0, "A count: random units differ from the start."),
    ),
)


# Inputs that are pushed through the layers together.
_BATCH = 64
_SCHEMES = (Initialisation.XAVIER, Initialisation.HE, Initialisation.PYTORCH)


def _sizes(scheme: Initialisation, depth: int, width: int, seed: int) -> Array:
    """The root mean square of the values after each ReLU layer, over that of the inputs: shape ``(depth + 1,)``."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(width, _BATCH))
    sizes = np.empty(depth + 1)
    sizes[0] = np.sqrt((values**2).mean())
    for layer in range(1, depth + 1):
        values = np.maximum(scheme.draw(random, width, width) @ values, 0.0)
        sizes[layer] = np.sqrt((values**2).mean())
    return np.asarray(sizes / sizes[0])


def _depth(settings: Mapping[str, float]) -> Finding:
    depth, width = int(settings["depth"]), int(settings["width"])
    sizes = {scheme: _sizes(scheme, depth, width, int(settings["seed"])) for scheme in _SCHEMES}
    xavier, he, torch = (float(sizes[scheme][-1]) for scheme in _SCHEMES)
    # Xavier's variance is half of He's and ReLU passes any factor on; nn.Linear's is a sixth of He's.
    halved, sixth = 2.0 ** (-depth / 2), 6.0 ** (-depth / 2)
    numbers = {
        "size of the output, He": he,
        "size of the output, Xavier": xavier,
        "size of the output, nn.Linear's own": torch,
        "theory for Xavier, 2^(−d/2)": halved,
        "theory for nn.Linear's own, 6^(−d/2)": sixth,
        "He over Xavier": he / xavier,
    }
    sentence = (
        f"Behind {depth} ReLU layer{'s' * (depth != 1)} of width {width} the values are {digits(he)} times as large as "
        f"the inputs with He's variance, {digits(xavier)} times with Xavier's, where theory says {digits(halved)}, and "
        f"{digits(torch)} times with that of nn.Linear, where it says {digits(sixth)}."
    )
    series = [
        Series(scheme.label, np.arange(depth + 1.0), size, color, mode="lines+markers")
        for (scheme, size), color in zip(sizes.items(), PALETTE, strict=False)
    ]
    plot = Plot("layer", "size of the values, inputs = 1", tuple(series), log_y=True, marks=(Mark("y", 1.0, "inputs"),))
    return Finding(numbers, sentence, plot)


_DEPTH = Experiment(
    key="X08",
    question="How large should the first weights of a deep ReLU network be?",
    settings=(
        whole("depth", "d", 30, (1, 50), "ReLU layers."),
        whole("width", "n", 256, (16, 320), "Units in each layer."),
        whole("seed", "s", 0, (0, 999), "Draws other weights and inputs."),
    ),
    find=_depth,
    expected=(
        Expected("He over Xavier", 2.0**15, 1e-3, "Both scale the same draws, so the ratio is exact but for rounding."),
        Expected("theory for Xavier, 2^(−d/2)", 3.1e-5, 0.05e-5, "Two digits are known."),
        Expected("size of the output, He", 0.87, 0.005, "Seeded; of 60 seeds the least is 0.41 and the most 2.35."),
        Expected("size of the output, Xavier", 2.65e-5, 0.02e-5, "That of He over 2¹⁵."),
    ),
)

ALL: tuple[Experiment, ...] = (_SYMMETRY, _DEPTH)
