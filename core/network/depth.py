"""How large values and gradients are in stacks of many equal layers, in NumPy.

64 items of standard normal inputs pass through layers of 64 units without biases; the loss is the mean squared error of
the last layer's values against standard normal targets. Everything is float64 and drawn from one seed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from core.findings import Array
from core.network.initialisation import Initialisation
from core.network.normalised import SIZES, Norm

WIDTH = SIZES[1]
ITEMS = 64


@dataclass(frozen=True)
class _Curve:
    output: Callable[[Array], Array]
    # As a function of the output, which is what a layer keeps.
    slope: Callable[[Array], Array]


class Unit(Enum):
    """What a unit does with its sum."""

    SIGMOID = _Curve(lambda z: 1 / (1 + np.exp(-z)), lambda h: h * (1 - h))
    TANH = _Curve(lambda z: np.tanh(z), lambda h: 1 - h * h)
    RELU = _Curve(lambda z: np.maximum(z, 0.0), lambda h: (h > 0).astype(np.float64))


@dataclass(frozen=True)
class Stack:
    """Equal layers that turn values h into ``skip·h + depth**power·unit(norm(h W))``.

    ``start`` is how each W is drawn. A plain layer has ``skip`` 0 and ``power`` 0.
    """

    name: str
    unit: Unit
    start: Initialisation
    norm: Norm = Norm.NONE
    skip: float = 0.0
    power: float = 0.0


STACKS = (
    Stack("sigmoid, Xavier", Unit.SIGMOID, Initialisation.XAVIER),
    Stack("tanh, Xavier", Unit.TANH, Initialisation.XAVIER),
    Stack("ReLU, Xavier", Unit.RELU, Initialisation.XAVIER),
    Stack("ReLU, He", Unit.RELU, Initialisation.HE),
    Stack("residual sigmoid, Xavier", Unit.SIGMOID, Initialisation.XAVIER, skip=1.0),
    Stack("residual ReLU, He", Unit.RELU, Initialisation.HE, skip=1.0),
    Stack("residual ReLU, He, scaled", Unit.RELU, Initialisation.HE, skip=1.0, power=-0.5),
    Stack("BatchNorm ReLU, He", Unit.RELU, Initialisation.HE, Norm.BATCH),
)


@dataclass(frozen=True, eq=False)
class Signal:
    """``sizes``, of shape ``(depth + 1,)``: the root mean square of the inputs and of the values after each layer.

    ``gradients``, of shape ``(depth,)``: the norm of the loss's gradient with respect to each layer's weights.
    """

    sizes: Array
    gradients: Array


def signal(stack: Stack, depth: int, gain: float, seed: int) -> Signal:
    """What ``depth`` layers of ``stack`` do to values and gradients before any training.

    Every weight is ``gain`` times as large as the stack's initialisation draws it.
    """
    random = np.random.default_rng(seed)
    inputs, targets = random.standard_normal((2, ITEMS, WIDTH))
    layers = [gain * stack.start.draw(random, WIDTH, WIDTH).T for _ in range(depth)]
    return propagate(stack, inputs, targets, layers)


def propagate(stack: Stack, inputs: Array, targets: Array, layers: list[Array]) -> Signal:
    """``inputs``, of shape ``(items, 64)``, through ``layers``, and the gradient of the loss back through them.

    ``targets`` has the shape of ``inputs``, each of ``layers`` the shape ``(64, 64)``: inputs by outputs.
    """
    share = len(layers) ** stack.power
    values, saved = [inputs], []
    for matrix in layers:
        normal, unnormalise = stack.norm.forward(values[-1] @ matrix)
        output = stack.unit.value.output(np.asarray(normal, dtype=np.float64))
        values.append(stack.skip * values[-1] + share * output)
        saved.append((output, unnormalise))
    back = 2 * (values[-1] - targets) / targets.size
    gradients = np.empty(len(layers))
    for layer in reversed(range(len(layers))):
        output, unnormalise = saved[layer]
        inner = unnormalise(share * back * stack.unit.value.slope(output))
        gradients[layer] = np.linalg.norm(values[layer].T @ inner)
        back = stack.skip * back + inner @ layers[layer].T
    return Signal(np.array([np.sqrt((value**2).mean()) for value in values]), gradients)
