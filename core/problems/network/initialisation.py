"""How the first weights of a layer are drawn, how large they are, and why."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from core.formula.words import digits

Array = npt.NDArray[np.float64]

# What every weight is where all of them are equal.
_EQUAL = 0.5


def _normal(random: np.random.Generator, fan_in: int, fan_out: int, variance: float) -> Array:
    return random.normal(0.0, math.sqrt(variance), (fan_out, fan_in))


def _uniform(random: np.random.Generator, fan_in: int, fan_out: int, variance: float) -> Array:
    edge = math.sqrt(3 * variance)
    return random.uniform(-edge, edge, (fan_out, fan_in))


def _equal(random: np.random.Generator, fan_in: int, fan_out: int, variance: float) -> Array:
    return np.full((fan_out, fan_in), _EQUAL)


@dataclass(frozen=True)
class _Start:
    name: str
    variance: Callable[[int, int], float]
    written: str
    draw: Callable[[np.random.Generator, int, int, float], Array]
    why: str


class Initialisation(Enum):
    """How the first weights are drawn; the biases start at 0 in all of them."""

    XAVIER = _Start(
        "Xavier",
        lambda fan_in, fan_out: 2 / (fan_in + fan_out),
        "2/(fan_in + fan_out)",
        _normal,
        "It keeps the size of values going forward and of gradients going back about equal from layer to layer where "
        "the activation passes small sums on unchanged, as tanh does.",
    )
    HE = _Start(
        "He",
        lambda fan_in, fan_out: 2 / fan_in,
        "2/fan_in",
        _normal,
        "ReLU sets half of the sums to 0, which halves the mean square; twice the variance makes up for it.",
    )
    PYTORCH = _Start(
        "nn.Linear's own",
        lambda fan_in, fan_out: 1 / (3 * fan_in),
        "1/(3·fan_in)",
        _uniform,
        "PyTorch draws evenly between ±1/√fan_in, which is neither of the two; it draws the biases too, which are 0 "
        "here.",
    )
    EQUAL = _Start(
        "all equal",
        lambda fan_in, fan_out: 0.0,
        "0",
        _equal,
        "Hidden units that start equal get equal gradients and stay equal, so they count as one.",
    )

    @property
    def label(self) -> str:
        """The name shown."""
        return self.value.name

    def variance(self, fan_in: int, fan_out: int) -> float:
        """The variance of each weight of a layer with ``fan_in`` inputs and ``fan_out`` outputs.

        Source: Glorot & Bengio 2010, AISTATS; He et al. 2015, arXiv:1502.01852.
        """
        return self.value.variance(fan_in, fan_out)

    def draw(self, random: np.random.Generator, fan_in: int, fan_out: int) -> Array:
        """First weights of shape ``(fan_out, fan_in)``."""
        return self.value.draw(random, fan_in, fan_out, self.variance(fan_in, fan_out))

    def explained(self, fan_in: int, fan_out: int) -> str:
        """Two sentences: what the weights of such a layer are, in numbers, and why."""
        variance = self.variance(fan_in, fan_out)
        if self is Initialisation.EQUAL:
            return f"Every weight starts at {digits(_EQUAL)}. {self.value.why}"
        return (
            f"With {fan_in} inputs and {fan_out} output{'s' * (fan_out != 1)} the variance is {self.value.written} = "
            f"{digits(variance)}, so a typical weight is ±{digits(math.sqrt(variance))}. {self.value.why}"
        )
