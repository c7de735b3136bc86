"""Backpropagation through a network small enough to be drawn: every value going forward, every gradient going back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from core.formula.words import digits, outside
from core.problems.network.initialisation import Initialisation
from core.problems.network.perceptron import Activation

Array = npt.NDArray[np.float64]

INPUTS = 2
FEWEST, MOST = 2, 3
ACTIVATIONS = (Activation.TANH, Activation.RELU)
LARGEST = 100.0
LARGEST_SEED = 10_000
_DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Node:
    """A number of the graph: ``value`` going forward, ``gradient`` of the loss with respect to it.

    ``layer`` counts from the inputs, ``row`` from the top. A unit also has a sum before its activation and a bias,
    each with its gradient; elsewhere these are ``None``.
    """

    key: str
    label: str
    layer: int
    row: int
    value: float
    gradient: float
    sum: float | None = None
    sum_gradient: float | None = None
    bias: float | None = None
    bias_gradient: float | None = None


@dataclass(frozen=True)
class Edge:
    """A connection: ``carried`` is what it adds to its target, ``returned`` what it adds to its source's gradient.

    ``weight`` and its ``gradient`` are ``None`` on the edge into the loss, which has no weight.
    """

    source: str
    target: str
    label: str
    carried: float
    returned: float
    weight: float | None = None
    gradient: float | None = None


@dataclass(frozen=True, eq=False)
class Parameters:
    """Weights and biases, or their gradients: shapes ``(hidden, 2)``, ``(hidden,)``, ``(hidden,)`` and a number."""

    inner: Array
    inner_bias: Array
    outer: Array
    outer_bias: float


@dataclass(frozen=True)
class Example:
    """A network of two inputs, ``hidden`` units and one output, its squared loss (ŷ − y)² at one point.

    Raises ``ValueError`` for other than 2 or 3 units, inputs or a target beyond ±100, and a seed out of range.
    """

    hidden: int = 3
    activation: Activation = Activation.TANH
    initialisation: Initialisation = Initialisation.XAVIER
    seed: int = 0
    inputs: tuple[float, float] = (1.0, -0.5)
    target: float = 1.0

    def __post_init__(self) -> None:
        if self.hidden not in range(FEWEST, MOST + 1):
            raise ValueError(f"hidden must be {FEWEST} or {MOST} units; {self.hidden} was given.")
        if self.seed not in range(LARGEST_SEED + 1):
            raise ValueError(f"seed must be a whole number in {outside(self.seed, 0, LARGEST_SEED)}.")
        if len(self.inputs) != INPUTS:
            raise ValueError(f"inputs must be {INPUTS} numbers; {len(self.inputs)} were given.")
        for name, value in (("x1", self.inputs[0]), ("x2", self.inputs[1]), ("target", self.target)):
            if not -LARGEST <= value <= LARGEST:
                raise ValueError(f"{name} must lie in {outside(value, -LARGEST, LARGEST)}.")

    @cached_property
    def parameters(self) -> Parameters:
        """The first weights and biases."""
        random = np.random.default_rng(self.seed)
        inner = self.initialisation.draw(random, INPUTS, self.hidden)
        outer = self.initialisation.draw(random, self.hidden, 1)
        return Parameters(inner, np.zeros(self.hidden), outer[0], 0.0)

    @cached_property
    def sums(self) -> Array:
        """Each hidden unit's sum before the activation, of shape ``(hidden,)``."""
        return np.asarray(self.parameters.inner @ np.array(self.inputs) + self.parameters.inner_bias)

    @cached_property
    def outputs(self) -> Array:
        """Each hidden unit's output, of shape ``(hidden,)``."""
        return np.asarray(self.activation.output(self.sums))

    @cached_property
    def prediction(self) -> float:
        """The network's output ŷ."""
        return float(self.parameters.outer @ self.outputs + self.parameters.outer_bias)

    @property
    def loss(self) -> float:
        """(ŷ − y)²."""
        return (self.prediction - self.target) ** 2

    @cached_property
    def gradients(self) -> Parameters:
        """The loss's slope along every weight and bias, by the chain rule from the loss back."""
        slope = 2 * (self.prediction - self.target)
        back = self._sum_slopes
        return Parameters(np.outer(back, self.inputs), back, slope * self.outputs, slope)

    @cached_property
    def _sum_slopes(self) -> Array:
        slope = 2 * (self.prediction - self.target)
        return np.asarray(slope * self.parameters.outer * self.activation.slope(self.outputs))

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Inputs, hidden units, output and loss, each from top to bottom."""
        slope = 2 * (self.prediction - self.target)
        into = self.parameters.inner.T @ self._sum_slopes
        inputs = [
            Node(f"x{row + 1}", _indexed("x", row), 0, row, float(value), float(into[row]))
            for row, value in enumerate(self.inputs)
        ]
        units = [
            Node(
                key=f"h{row + 1}",
                label=_indexed("h", row),
                layer=1,
                row=row,
                value=float(self.outputs[row]),
                gradient=float(slope * self.parameters.outer[row]),
                sum=float(self.sums[row]),
                sum_gradient=float(self._sum_slopes[row]),
                bias=float(self.parameters.inner_bias[row]),
                bias_gradient=float(self._sum_slopes[row]),
            )
            for row in range(self.hidden)
        ]
        # The output has no activation, so its value is its sum.
        output = Node(
            "y_hat", "ŷ", 2, 0, self.prediction, slope, self.prediction, slope, self.parameters.outer_bias, slope
        )
        return (*inputs, *units, output, Node("loss", "L", 3, 0, self.loss, 1.0))

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Every connection, in the order of sources and then of targets."""
        weights, slopes, back = self.parameters, self.gradients, self._sum_slopes
        slope = 2 * (self.prediction - self.target)
        inner = [
            Edge(
                source=f"x{column + 1}",
                target=f"h{row + 1}",
                label=_indexed("w", row, column),
                carried=float(weights.inner[row, column] * self.inputs[column]),
                returned=float(weights.inner[row, column] * back[row]),
                weight=float(weights.inner[row, column]),
                gradient=float(slopes.inner[row, column]),
            )
            for column in range(INPUTS)
            for row in range(self.hidden)
        ]
        outer = [
            Edge(
                source=f"h{row + 1}",
                target="y_hat",
                label=_indexed("v", row),
                carried=float(weights.outer[row] * self.outputs[row]),
                returned=float(weights.outer[row] * slope),
                weight=float(weights.outer[row]),
                gradient=float(slopes.outer[row]),
            )
            for row in range(self.hidden)
        ]
        return (*inner, *outer, Edge("y_hat", "loss", "ŷ − y", self.prediction - self.target, slope))


def _indexed(letter: str, *indices: int) -> str:
    return letter + "".join(str(index + 1) for index in indices).translate(_DIGITS)


def _forward(example: Example) -> str:
    unit = next(node for node in example.nodes if node.key == "h1")
    return (
        f"**Forward.** Each hidden unit adds up its inputs times their weights and passes the sum through "
        f"{example.activation.label}: the first gets {digits(example.sums[0])} and gives {digits(unit.value)}. The "
        f"output adds up the units in the same way, ŷ = {digits(example.prediction)}, and the loss is (ŷ − y)² = "
        f"{digits(example.loss)}."
    )


def _backward(example: Example) -> str:
    unit = next(node for node in example.nodes if node.key == "h1")
    slope = 2 * (example.prediction - example.target)
    count = example.hidden * (INPUTS + 2) + 1
    return (
        f"**Backward.** The slope along ŷ is 2(ŷ − y) = {digits(slope)}. Each connection passes it back times its "
        f"weight, each unit times the slope of {example.activation.label} at its sum: the first unit's output has "
        f"{digits(unit.gradient)}, its sum {digits(example.gradients.inner_bias[0])}. A weight's slope is what comes "
        f"back at its end times the value at its beginning. One sweep gives all {count} slopes; differences of the "
        f"loss would need {count + 1} forward passes."
    )


TELLERS: Mapping[str, Callable[[Example], str]] = MappingProxyType({"forward": _forward, "backward": _backward})
"""What happens in each direction, in words with the numbers of an example."""
