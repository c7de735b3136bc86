"""How large values and gradients are in stacks of many equal layers, in NumPy.

64 items of standard normal inputs pass through layers of 64 units without biases; the loss is the mean squared error of
the last layer's values against standard normal targets. Everything is float64 and drawn from one seed.
"""

from dataclasses import dataclass

import numpy as np

from core.engine.findings import Array
from core.problems.network.initialisation import Initialisation
from core.problems.network.perceptron import Activation, Layer, Network, Norm, squares

WIDTH = 64
ITEMS = 64


@dataclass(frozen=True)
class Stack:
    """Equal layers that turn values h into ``activation(norm(h W))`` or, if ``residual``, add it to them.

    ``start`` is how each W is drawn. What a residual layer adds is multiplied by ``depth**power``.
    """

    name: str
    activation: Activation
    start: Initialisation
    norm: Norm = Norm.NONE
    residual: bool = False
    power: float = 0.0


STACKS = (
    Stack("sigmoid, Xavier", Activation.SIGMOID, Initialisation.XAVIER),
    Stack("tanh, Xavier", Activation.TANH, Initialisation.XAVIER),
    Stack("ReLU, Xavier", Activation.RELU, Initialisation.XAVIER),
    Stack("ReLU, He", Activation.RELU, Initialisation.HE),
    Stack("residual sigmoid, Xavier", Activation.SIGMOID, Initialisation.XAVIER, residual=True),
    Stack("residual ReLU, He", Activation.RELU, Initialisation.HE, residual=True),
    Stack("residual ReLU, He, scaled", Activation.RELU, Initialisation.HE, residual=True, power=-0.5),
    Stack("BatchNorm ReLU, He", Activation.RELU, Initialisation.HE, Norm.BATCH),
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
    factor = stack.residual * len(layers) ** stack.power
    layer = Layer(WIDTH, WIDTH, stack.activation, stack.norm, biased=False, residual=factor)
    network = Network((layer,) * len(layers))
    weights = network.start(layers)
    passed = network.forward(weights, inputs)
    _, back = squares(passed[-1].values, targets)
    gradient = network.backward(weights, passed, back)
    values = np.array([inputs, *(layer.values for layer in passed)])
    return Signal(np.sqrt((values**2).mean(axis=(1, 2))), np.linalg.norm(gradient.reshape(len(layers), -1), axis=1))
