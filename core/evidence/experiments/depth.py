"""Experiments about gradients that vanish or explode on their way through many layers, and what clipping can do."""

from collections.abc import Mapping, Sequence

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import PALETTE
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.gradients import CLIP_EPSILON
from core.evidence.experiments.telling import whole
from core.formula.words import digits
from core.problems.network.depth import STACKS, WIDTH, signal
from core.problems.network.perceptron import Norm


def _by_norm(gradient: Array, limit: float) -> Array:
    """``gradient`` shortened to ``limit``, as ``torch.nn.utils.clip_grad_norm_`` does."""
    length = np.sqrt((gradient**2).sum())
    return np.asarray(gradient * np.minimum(1.0, limit / (length + CLIP_EPSILON)))


def _by_value(gradient: Array, limit: float) -> Array:
    """Each entry cut to ±``limit``, as ``torch.nn.utils.clip_grad_value_`` does."""
    return np.clip(gradient, -limit, limit)


def _turned(before: Array, after: Array) -> float:
    """The angle between two vectors of the plane in degrees."""
    return float(np.degrees(abs(np.arctan2(after[1], after[0]) - np.arctan2(before[1], before[0]))))


def _clip_facts(settings: Mapping[str, float]) -> Finding:
    limit, depth = settings["limit"], int(settings["depth"])
    gradient = np.array([settings["gx"], settings["gy"]])
    by_norm, by_value = _by_norm(gradient, limit), _by_value(gradient, limit)
    broken = np.array([gradient[0], np.nan])
    lost = [int(np.isnan(clip(broken, limit)).sum()) for clip in (_by_norm, _by_value)]
    stack = STACKS[0]
    # Clipping multiplies every layer's gradient by one factor, so their norms are clipped as their entries are.
    layers = signal(stack, depth, 1.0, 0).gradients
    clipped = _by_norm(layers, limit)
    norm = float(np.sqrt((gradient**2).sum()))
    numbers = {
        "norm before clipping": norm,
        "by norm, first entry": float(by_norm[0]),
        "by norm, second entry": float(by_norm[1]),
        "by value, first entry": float(by_value[0]),
        "by value, second entry": float(by_value[1]),
        "turned by norm, degrees": _turned(gradient, by_norm),
        "turned by value, degrees": _turned(gradient, by_value),
        "entries lost to one that is not a number, by norm": lost[0],
        "entries lost to one that is not a number, by value": lost[1],
        "first / last layer, before": float(layers[0] / layers[-1]),
        "first / last layer, after": float(clipped[0] / clipped[-1]),
    }
    sentence = (
        f"Clipped to {digits(limit)}, the gradient ({digits(gradient[0])}, {digits(gradient[1])}) becomes "
        f"({digits(by_norm[0])}, {digits(by_norm[1])}) by its norm, in the same direction, and ({digits(by_value[0])}, "
        f"{digits(by_value[1])}) by value, {digits(_turned(gradient, by_value))} degrees away. If one of the two "
        f"entries is not a number, clipping by norm leaves {lost[0]} such entries and clipping by value {lost[1]}. In "
        f"{depth} sigmoid layers the gradient of the first is {digits(layers[0] / layers[-1])} times that of the last "
        f"before clipping and {digits(clipped[0] / clipped[-1])} times after it."
    )
    arrows = (("gradient", gradient), ("clipped by norm", by_norm), ("clipped by value", by_value))
    series = tuple(
        Series(name, np.array([0.0, end[0]]), np.array([0.0, end[1]]), color, mode="lines+markers")
        for (name, end), color in zip(arrows, PALETTE, strict=False)
    )
    return Finding(numbers, sentence, Plot("first entry", "second entry", series))


def _entry(name: str, symbol: str, default: float) -> Hyper:
    return Hyper(name, symbol, default, (0.1, 100.0), (0.1, 10.0), "log", "One of the gradient's two entries.")


_X49 = Experiment(
    key="X49",
    question="What does clipping do to a gradient, and what does it not repair?",
    settings=(
        _entry("gx", "g_1", 3.0),
        _entry("gy", "g_2", 0.4),
        Hyper("limit", "c", 1.0, (0.001, 100.0), (0.001, 100.0), "log", "Largest norm, or largest entry."),
        whole("depth", "d", 20, (2, 60), "Sigmoid layers, from Xavier's weights."),
    ),
    find=_clip_facts,
    expected=(
        Expected("norm before clipping", 9.16**0.5, 1e-12, "The root of 3² + 0.4², by hand."),
        Expected("by norm, first entry", 3 / 9.16**0.5, 1e-6, "By hand; PyTorch adds 10⁻⁶ to the norm."),
        Expected("by value, first entry", 1.0, 0.0, "A minimum."),
        Expected("by value, second entry", 0.4, 0.0, "It is within the limit."),
        Expected("turned by norm, degrees", 0.0, 1e-12, "One factor for both entries; rounding."),
        Expected("turned by value, degrees", 14.2068, 0.0001, "The angles of (1, 0.4) and (3, 0.4), by hand."),
        Expected("entries lost to one that is not a number, by norm", 2, 0, "A count: so is the norm, and the factor."),
        Expected("entries lost to one that is not a number, by value", 1, 0, "A count: it stays what it is."),
        Expected("first / last layer, before", 3.71e-13, 0.01e-13, "Seeded: 20 slopes of at most 1/4."),
        Expected("first / last layer, after", 3.71e-13, 0.01e-13, "The same: one factor for all layers."),
    ),
)


def _through_depth(settings: Mapping[str, float]) -> Finding:
    depth, gain = int(settings["depth"]), settings["gain"]
    signals = {stack: signal(stack, depth, gain, int(settings["seed"])) for stack in STACKS}
    first = {stack.name: float(each.gradients[0]) for stack, each in signals.items()}
    ratio = {stack.name: float(each.gradients[0] / each.gradients[-1]) for stack, each in signals.items()}
    numbers = {f"first layer, {name}": norm for name, norm in first.items()}
    numbers |= {f"first / last layer, {name}": times for name, times in ratio.items()}
    least, most = min(first, key=first.__getitem__), max(first, key=first.__getitem__)
    size = next(float(each.sizes[-1]) for stack, each in signals.items() if stack.name == most)
    batch = next(stack.name for stack in STACKS if stack.norm is Norm.BATCH)
    scaled = "" if gain == 1 else f", all of them multiplied by {digits(gain)}"
    sentence = (
        f"In {depth} layers of width {WIDTH}, before any training and with the named first weights{scaled}, the "
        f"gradient of the first layer is smallest for {least}, {digits(first[least])}, which is {digits(ratio[least])} "
        f"times that of the last layer, and largest for {most}, {digits(first[most])}, where the values that come out "
        f"have size {digits(size)}. With {batch}, it is {digits(ratio[batch])} times that of the last."
    )
    layers = np.arange(1.0, depth + 1)
    series = tuple(
        Series(stack.name, layers, np.log10(each.gradients), color, "dash" if stack.residual else "solid")
        for (stack, each), color in zip(signals.items(), PALETTE, strict=False)
    )
    return Finding(numbers, sentence, Plot("layer", "log₁₀ of the gradient's norm", series))


_DRAWN = "Seeded, and known to three digits; other seeds change it by up to some times."
_X50 = Experiment(
    key="X50",
    question="In which deep networks do gradients vanish, and in which do they explode?",
    settings=(
        whole("depth", "d", 30, (2, 60), "Layers between inputs and loss."),
        Hyper("gain", "q", 1.0, (0.25, 4.0), (0.5, 2.0), "log", "Factor on all first weights."),
        whole("seed", "s", 0, (0, 999), "Draws other inputs, targets and first weights."),
    ),
    find=_through_depth,
    expected=(
        Expected("first / last layer, sigmoid, Xavier", 1.96e-19, 0.01e-19, _DRAWN),
        Expected("first / last layer, tanh, Xavier", 1.21, 0.01, _DRAWN),
        Expected("first / last layer, ReLU, He", 0.649, 0.005, _DRAWN),
        Expected("first / last layer, ReLU, He", 0.664, 0.005, _DRAWN, {"gain": 2**0.5}),
        Expected("first layer, ReLU, He", 0.623, 0.005, _DRAWN),
        Expected("first layer, ReLU, He", 4.92e8, 0.01e8, _DRAWN, {"gain": 2**0.5}),
        Expected("first layer, ReLU, Xavier", 7.28e-6, 0.01e-6, _DRAWN),
        Expected("first / last layer, residual sigmoid, Xavier", 0.0374, 0.0005, _DRAWN),
        Expected("first layer, residual ReLU, He", 1.249e13, 0.01e13, _DRAWN),
        Expected("first layer, residual ReLU, He, scaled", 7.9, 0.05, _DRAWN),
        Expected("first / last layer, BatchNorm ReLU, He", 309, 1, _DRAWN),
    ),
)


_NAMED_POWERS = (1, 5, 10, 50, 100)


def _powers(settings: Mapping[str, float]) -> Finding:
    diagonal, beside = settings["diagonal"], settings["beside"]
    matrix = np.array([[diagonal, beside], [0.0, diagonal]])
    powers = np.arange(1.0, _NAMED_POWERS[-1] + 1)
    norms = np.array([np.linalg.norm(np.linalg.matrix_power(matrix, int(k)), 2) for k in powers])
    largest = int(norms.argmax())
    numbers = {
        "norm of W": float(norms[0]),
        "spectral radius of W": diagonal,
        **{f"norm of the power {k}": float(norms[k - 1]) for k in _NAMED_POWERS[1:]},
        "largest norm": float(norms[largest]),
        "largest at power": largest + 1,
    }
    sentence = (
        f"W has the norm {digits(norms[0])} and the spectral radius {digits(diagonal)}. Its powers are largest at "
        f"power {largest + 1}, with norm {digits(norms[largest])}, and have norm {digits(norms[49])} at 50 and "
        f"{digits(norms[-1])} at 100."
    )
    series = (
        Series("norm of the power", powers, np.log10(norms), PALETTE[0]),
        Series("spectral radius to the power", powers, powers * np.log10(diagonal), PALETTE[1], "dash"),
    )
    return Finding(numbers, sentence, Plot("power k", "log₁₀ of the size", series, marks=(Mark("y", 0.0, "size 1"),)))


_FOUR = "Four digits of an exact product are known."
_X51 = Experiment(
    key="X51",
    question="Do gradients explode wherever the norm of a weight matrix is above 1?",
    settings=(
        Hyper("diagonal", "a", 0.5, (0.1, 1.2), (0.1, 1.2), "linear", "Both entries on the diagonal."),
        Hyper("beside", "b", 10.0, (0.0, 50.0), (0.0, 50.0), "linear", "The entry above the diagonal."),
    ),
    find=_powers,
    expected=(
        Expected("norm of W", 10.0249, 0.0001, _FOUR),
        Expected("spectral radius of W", 0.5, 0.0, "The entry on the diagonal."),
        Expected("norm of the power 5", 3.125, 0.002, _FOUR),
        Expected("norm of the power 10", 0.1953, 0.0001, _FOUR),
        Expected("norm of the power 50", 1000 * 0.5**50, 1e-17, "50·10·0.5⁴⁹ and almost nothing beside it."),
        Expected("norm of the power 100", 2000 * 0.5**100, 1e-31, "100·10·0.5⁹⁹ and almost nothing beside it."),
    ),
)


_STEP = 1e-6


def _squared(inputs: Array, layers: Sequence[Array]) -> Array:
    """Half the squared length of what tanh layers without biases make of ``inputs``."""
    values = inputs
    for layer in layers:
        values = np.tanh(layer @ values)
    return np.asarray(values @ values / 2)


def _backwards(inputs: Array, layers: Sequence[Array]) -> tuple[Array, Array]:
    """The gradient along the first layer's W by the chain rule, and the product ∂L/∂Wₙ·Wₙ·…·W₂."""
    values = [inputs]
    for layer in layers:
        values.append(np.tanh(layer @ values[-1]))
    delta = values[-1] * (1 - values[-1] ** 2)
    said = np.outer(delta, values[-2])
    for layer, below in zip(layers[:0:-1], values[-2:0:-1], strict=True):
        said = said @ layer
        delta = (layer.T @ delta) * (1 - below**2)
    return np.outer(delta, inputs), said


def _chain(settings: Mapping[str, float]) -> Finding:
    depth, width = int(settings["depth"]), int(settings["width"])
    random = np.random.default_rng(int(settings["seed"]))
    inputs = random.standard_normal(width)
    layers = [random.standard_normal((width, width)) / width**0.5 for _ in range(depth)]
    exact, said = _backwards(inputs, layers)
    measured = np.zeros_like(exact)
    for index in np.ndindex(measured.shape):
        moved = np.zeros_like(exact)
        moved[index] = _STEP
        ends = [_squared(inputs, [layers[0] + sign * moved, *layers[1:]]) for sign in (1, -1)]
        measured[index] = (ends[0] - ends[1]) / (2 * _STEP)
    size = float(np.linalg.norm(measured))
    numbers = {
        "error of δ₁xᵀ / gradient": float(np.linalg.norm(exact - measured)) / size,
        "error of ∂L/∂Wₙ·Wₙ·…·W₂ / gradient": float(np.linalg.norm(said - measured)) / size,
        "length of the gradient": size,
    }
    sentence = (
        f"In {depth} tanh layers of {width} units, small differences of the loss give the first layer a gradient of "
        f"length {digits(size)}. The chain rule's δ₁xᵀ misses it by {digits(numbers['error of δ₁xᵀ / gradient'])} of "
        f"that, which is rounding, and the product ∂L/∂Wₙ·Wₙ·…·W₂ by "
        f"{digits(numbers['error of ∂L/∂Wₙ·Wₙ·…·W₂ / gradient'])}."
    )
    series = (
        Series("δ₁xᵀ", measured.ravel(), exact.ravel(), PALETTE[0], mode="markers"),
        Series("∂L/∂Wₙ·Wₙ·…·W₂", measured.ravel(), said.ravel(), PALETTE[1], mode="markers"),
    )
    return Finding(numbers, sentence, Plot("slope by small differences", "slope by formula", series))


_X83 = Experiment(
    key="X83",
    question="Which formula gives the gradient of a deep network's first weights?",
    settings=(
        whole("depth", "n", 4, (2, 10), "Layers."),
        whole("width", "k", 6, (2, 12), "Inputs, and units of every layer."),
        whole("seed", "s", 0, (0, 99), "Draws inputs and weights."),
    ),
    find=_chain,
    expected=(
        Expected("error of δ₁xᵀ / gradient", 0.0, 1e-7, "Rounding over a difference of 2·10⁻⁶."),
        Expected("error of ∂L/∂Wₙ·Wₙ·…·W₂ / gradient", 1.0, 0.5, "Seeded; far from 0 in every draw."),
    ),
)


ALL: tuple[Experiment, ...] = (_X49, _X50, _X51, _X83)
