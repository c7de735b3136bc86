"""Families of objectives that exist in any number of variables: their members, exact derivatives and sources."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import OBJECTIVES, Point
from core.formula.words import outside

Array = npt.NDArray[np.float64]

SMALLEST, LARGEST = 2, 1000


class Surface(Protocol):
    """An objective of d variables; a point ``x``, its gradient and ``minimum`` have shape ``(d,)``.

    The Hessian of each has three diagonals: ``hessian`` gives the middle one, ``(d,)``, and that beside it, ``(d-1,)``.
    """

    @property
    def minimum(self) -> Array: ...
    def value(self, x: Array) -> float: ...
    def gradient(self, x: Array) -> Array: ...
    def hessian(self, x: Array) -> tuple[Array, Array]: ...


@dataclass(frozen=True, eq=False)
class Quadratic:
    """½ Σ λᵢxᵢ² with the ``curvatures`` λ, in ascending order."""

    curvatures: Array

    @property
    def minimum(self) -> Array:
        return np.zeros_like(self.curvatures)

    def value(self, x: Array) -> float:
        return float((self.curvatures * x**2).sum() / 2)

    def gradient(self, x: Array) -> Array:
        return self.curvatures * x

    def hessian(self, x: Array) -> tuple[Array, Array]:
        return self.curvatures, np.zeros(len(x) - 1)

    def descended(self, start: Array, lr: float, step: int) -> float:
        """The loss of gradient descent after ``step`` steps, in closed form: ½ Σ λᵢ(1 − αλᵢ)²ᵗxᵢ²."""
        with np.errstate(over="ignore", under="ignore"):
            return self.value((1 - lr * self.curvatures) ** step * start)


@dataclass(frozen=True)
class ChainedRosenbrock:
    """Σ 100(xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)² over neighbours among ``dimension`` variables."""

    dimension: int

    @property
    def minimum(self) -> Array:
        return np.ones(self.dimension)

    def value(self, x: Array) -> float:
        here = x[:-1]
        return float(((1 - here) ** 2 + 100 * (x[1:] - here**2) ** 2).sum())

    # In the order of operations of the catalogue's member, so that in two variables no digit differs.
    def gradient(self, x: Array) -> Array:
        here = x[:-1]
        off = x[1:] - here**2
        slope = np.zeros_like(x)
        slope[:-1] = -2 * (1 - here) - 400 * (here * off)
        slope[1:] += 200 * off
        return slope

    def hessian(self, x: Array) -> tuple[Array, Array]:
        here = x[:-1]
        middle = np.zeros_like(x)
        middle[:-1] = 2 - 400 * (x[1:] - 3 * here**2)
        middle[1:] += 200
        return middle, -400 * here


def newton_direction(surface: Surface, x: Array, gradient: Array, damping: float) -> Array:
    """(H + damping·I)⁻¹ ``gradient`` by elimination along the three diagonals; NaN where that matrix is singular."""
    # Only here, because it takes a tenth of a second to load.
    from scipy.linalg.lapack import dgtsv

    middle, beside = surface.hessian(x)
    *_, direction, failure = dgtsv(beside, middle + damping, beside, gradient)
    return np.asarray(direction) if failure == 0 else np.full_like(x, np.nan)


def curvatures(surface: Surface, x: Array) -> Array:
    """The eigenvalues of the Hessian at ``x``, ascending, of shape ``(d,)``."""
    middle, beside = surface.hessian(x)
    if not beside.any():
        return np.sort(middle)
    return np.asarray(np.linalg.eigvalsh(np.diag(middle) + np.diag(beside, 1) + np.diag(beside, -1)))


@dataclass(frozen=True)
class Family:
    """An objective for each number of variables, of which the catalogue has that of two.

    ``pair`` is the start of the first two variables, which all further pairs repeat. ``make`` gives the member of d
    variables and, of a quadratic, condition number κ; ``kappa`` says which κ there are, ``None`` if there is none.
    ``plane`` is the member of two variables as a run calls it, ``{kappa}`` standing for κ.
    """

    key: str
    name: str
    idea: str
    formula: str
    source: str
    plane: str
    make: Callable[[int, float], Surface]
    kappa: Hyper | None = None
    pair: Point | None = None

    @property
    def start(self) -> Point:
        """The start of each pair of variables."""
        return self.pair or OBJECTIVES[self.key].start


def _kappa(default: float) -> Hyper:
    return Hyper(
        "kappa", r"\kappa", default, (1, 1e6), (1, 1e4), "log", "The largest curvature; the smallest is 1 in any case."
    )


_QUADRATIC = "(x**2 + {kappa!r}*y**2)/2"

_DECLARATIONS = (
    Family(
        "rosenbrock",
        "Chained Rosenbrock",
        "Each variable is to be the square of the one before it, so what is learnt at one end has to pass through all "
        "others to reach the other end. From four variables on there is a second minimum, near (−1, 1, …, 1).",
        r"\sum_{i=1}^{d-1} 100\,(x_{i+1} - x_i^2)^2 + (1 - x_i)^2",
        "after Toint 1978, Mathematics of Computation 32, 839 (chained); Moré, Garbow & Hillstrom 1981, "
        "doi:10.1145/355934.355936 (start); Shang & Qiu 2006, doi:10.1162/evco.2006.14.1.119 (second minimum)",
        "rosenbrock",
        lambda dimension, kappa: ChainedRosenbrock(dimension),
        pair=(-1.2, 1.0),
    ),
    Family(
        "ravine",
        "Ravine",
        "A quadratic whose curvatures lie between 1 and κ in equal ratios, so that every scale has as many directions "
        "as any other.",
        r"\frac{1}{2}\sum_{i=1}^{d} \lambda_i x_i^2, \qquad \lambda_i = \kappa^{(i-1)/(d-1)}",
        "Boyd & Vandenberghe 2004, Convex Optimization, section 9.3.2, in d variables",
        _QUADRATIC,
        lambda dimension, kappa: Quadratic(np.geomspace(1, kappa, dimension)),
        _kappa(100),
    ),
    Family(
        "bowl",
        "Bowl",
        "A quadratic whose curvatures lie between 1 and κ at equal distances, so that most directions are about as "
        "steep as the steepest.",
        r"\frac{1}{2}\sum_{i=1}^{d} \lambda_i x_i^2, \qquad \lambda_i = 1 + (\kappa - 1)\frac{i-1}{d-1}",
        "Boyd & Vandenberghe 2004, Convex Optimization, section 9.3.2, in d variables",
        _QUADRATIC,
        lambda dimension, kappa: Quadratic(np.linspace(1, kappa, dimension)),
        _kappa(3),
    ),
)
FAMILIES: Mapping[str, Family] = MappingProxyType({family.key: family for family in _DECLARATIONS})
"""The families by key, which is that of their member in the catalogue; the first opens a page."""


@dataclass(frozen=True)
class Problem:
    """The member of the family ``family`` with ``dimension`` variables, as plain values.

    ``kappa`` is the condition number of a quadratic, by default that of its member in the catalogue. Raises
    ``ValueError`` for what does not exist.
    """

    family: str
    dimension: int
    kappa: float | None = None

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise ValueError(f"There is no family {self.family!r}; known are {', '.join(FAMILIES)}.")
        if not SMALLEST <= self.dimension <= LARGEST or self.dimension != int(self.dimension):
            bounds = outside(self.dimension, SMALLEST, LARGEST)
            raise ValueError(f"dimension must be a whole number in {bounds}.")
        hyper = FAMILIES[self.family].kappa
        if hyper is not None:
            object.__setattr__(self, "kappa", hyper.check(hyper.default if self.kappa is None else self.kappa))
        elif self.kappa is not None:
            raise ValueError(f"The family {self.family} has no condition number to choose.")

    @property
    def surface(self) -> Surface:
        """Its values and derivatives."""
        return _surface(self)

    @property
    def start(self) -> Array:
        """Where every path begins, of shape ``(d,)``: the pair of the family, over and over."""
        return np.resize(np.array(FAMILIES[self.family].start), self.dimension)

    @property
    def plane(self) -> "Problem":
        """The member of two variables."""
        return Problem(self.family, SMALLEST, self.kappa)

    @property
    def objective(self) -> str:
        """What a ``Run`` calls the member of two variables."""
        return FAMILIES[self.family].plane.format(kappa=self.kappa)


@lru_cache(maxsize=64)
def _surface(problem: Problem) -> Surface:
    # A bowl and a ravine of κ = 1 are the same ball, and Rosenbrock's function has no κ.
    return FAMILIES[problem.family].make(problem.dimension, problem.kappa or 1.0)
