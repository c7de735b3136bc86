"""A line fitted to a few points, with every number of one step of gradient descent, and the bowl it walks in."""

import math
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from core.catalogue.objectives import Objective
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.run import Run
from core.engine.trace import Path, trace
from core.formula.objective import MAX_CHARACTERS
from core.problems.example_data import Data, check_size, checked
from core.problems.theory import Curvature, spectrum, stable_limit

Array = npt.NDArray[np.float64]

# The worked example of the guide: three points on the line through the origin with slope 2.
DATA: Data = ((1.0, 2.0), (2.0, 4.0), (3.0, 6.0))
WEIGHT, BIAS, RATE = 0.5, 0.1, 0.01
# More points than this are written as completed squares: with one square a point a formula grows too long.
_SPELLED = 10


class Convention(Enum):
    """How squared residuals become the loss: divided by their number or not, halved or not.

    The value is the name shown, the share of the sum for one point, whether it is divided by the number of points,
    and PyTorch's expression for it, of ``prediction`` and ``y``.
    """

    MEAN = ("mean of the squares (MSE, 1/n)", 1.0, True, "mse_loss(prediction, y)")
    HALF_MEAN = ("half the mean of the squares", 0.5, True, "mse_loss(prediction, y) / 2")
    SUM = ("sum of the squares", 1.0, False, 'mse_loss(prediction, y, reduction="sum")')
    HALF_SUM = ("half the sum of the squares", 0.5, False, 'mse_loss(prediction, y, reduction="sum") / 2')

    @property
    def label(self) -> str:
        """The name shown."""
        return self.value[0]

    @property
    def torch(self) -> str:
        """PyTorch's expression for the loss; ``mse_loss`` is that of ``torch.nn.functional``."""
        return self.value[3]

    @property
    def below(self) -> str:
        """What the sum of the squares is divided by, with n for the number of points: empty if by nothing."""
        return ("" if self.value[1] == 1 else "2") + ("n" if self.value[2] else "")

    def factor(self, points: int) -> float:
        """What the sum of the squares of so many ``points`` is multiplied by."""
        return self.value[1] / points if self.value[2] else self.value[1]

    def divisor(self, points: int) -> int:
        """One over ``factor``, a whole number."""
        return round(1 / self.factor(points))


@dataclass(frozen=True, eq=False)
class Step:
    """One step with all its numbers; arrays have one entry a point, ``residuals`` are prediction minus y."""

    predictions: Array
    residuals: Array
    squares: Array
    loss: float
    slope_w: float
    slope_b: float
    next_w: float
    next_b: float
    next_predictions: Array
    next_loss: float


@dataclass(frozen=True)
class Example:
    """Linear regression ŷ = w·x + b on ``data`` from ``w`` and ``b``, at the learning rate ``lr``.

    Raises ``ValueError`` for data that ``checked`` refuses, w or b beyond a million, and a rate that gradient descent
    does not take.
    """

    data: Data = DATA
    w: float = WEIGHT
    b: float = BIAS
    lr: float = RATE
    convention: Convention = Convention.MEAN

    def __post_init__(self) -> None:
        checked(self.data)
        check_size("w", self.w)
        check_size("b", self.b)
        (rate,) = OPTIMIZERS["sgd"].hypers
        rate.check(self.lr)

    @property
    def x(self) -> Array:
        """The inputs, of shape ``(n,)``."""
        return np.array([point[0] for point in self.data])

    @property
    def y(self) -> Array:
        """The targets, of shape ``(n,)``."""
        return np.array([point[1] for point in self.data])

    @property
    def factor(self) -> float:
        """What the sum of the squares is multiplied by to give the loss."""
        return self.convention.factor(len(self.data))

    def loss(self, w: npt.ArrayLike, b: npt.ArrayLike) -> Array:
        """The loss of the lines ``w``, ``b``, arrays of one shape, summed point by point."""
        lines = np.multiply.outer(np.asarray(w, dtype=np.float64), self.x) + np.asarray(b, dtype=np.float64)[..., None]
        return np.asarray(self.factor * ((lines - self.y) ** 2).sum(axis=-1))

    @cached_property
    def step(self) -> Step:
        """The first step of gradient descent."""
        predictions = self.w * self.x + self.b
        residuals = predictions - self.y
        slope_w = float(2 * self.factor * (residuals @ self.x))
        slope_b = float(2 * self.factor * residuals.sum())
        after_w, after_b = self.w - self.lr * slope_w, self.b - self.lr * slope_b
        return Step(
            predictions=predictions,
            residuals=residuals,
            squares=residuals**2,
            loss=float(self.factor * (residuals @ residuals)),
            slope_w=slope_w,
            slope_b=slope_b,
            next_w=after_w,
            next_b=after_b,
            next_predictions=after_w * self.x + after_b,
            next_loss=float(self.loss(after_w, after_b)),
        )

    @property
    def flat(self) -> bool:
        """Whether all x are equal, to rounding: the bowl is a gutter, and all lines through one point are as good."""
        return self.curvature.smallest == 0

    @cached_property
    def solution(self) -> tuple[float, float]:
        """The (w, b) with the lowest loss; with all x equal, the level line, which is one of many."""
        x, y = self.x, self.y
        across = x - x.mean()
        w = 0.0 if self._one_x else float(across @ (y - y.mean()) / (across @ across))
        return w, float(y.mean() - w * x.mean())

    @cached_property
    def hessian(self) -> Array:
        """The second derivatives in (w, b), the same everywhere: shape ``(2, 2)``."""
        x = self.x
        return 2 * self.factor * np.array([[x @ x, x.sum()], [x.sum(), len(x)]])

    @cached_property
    def curvature(self) -> Curvature:
        """The curvatures of the bowl; the smaller one is 0 if all x are equal."""
        return spectrum(self.hessian)

    @property
    def limit(self) -> float:
        """The learning rate at which gradient descent stops to settle, 2/L."""
        return stable_limit("sgd", self.curvature.largest)

    @property
    def share(self) -> float:
        """The learning rate as a share of the limit, from 0; 1 and more do not settle."""
        return self.lr / self.limit

    @property
    def formula(self) -> str:
        """The loss in the formula language, with x for w and y for b: one square a point, or completed squares.

        Many points give n·(x̄·x + y − ȳ)² + S·(x − w*)² + R, S being the sum of (xᵢ − x̄)² and R what is left at the
        solution: sums of squares, in which nothing cancels.
        """
        squares = [f"({_line(x)} + y{_minus(y)})**2" for x, y in self.data]
        divisor = self.convention.divisor(len(self.data))
        spelled = f"({' + '.join(squares)}){f'/{divisor}' if divisor > 1 else ''}"
        if self.convention is not Convention.HALF_SUM and divisor == 1:
            spelled = " + ".join(squares)
        return spelled if len(squares) <= _SPELLED and len(spelled) <= MAX_CHARACTERS else self._completed

    @property
    def _one_x(self) -> bool:
        return bool((self.x == self.x[0]).all())

    @property
    def _completed(self) -> str:
        x, y = self.x, self.y
        w, _ = self.solution
        across, up = x - x.mean(), y - y.mean()
        left = self.factor * float(((w * across - up) ** 2).sum())
        parts = [f"{self.factor * len(x)!r}*({_line(float(x.mean()))} + y{_minus(float(y.mean()))})**2"]
        if not self._one_x:
            parts.append(f"{float(self.factor * (across @ across))!r}*(x{_minus(w)})**2")
        return " + ".join([*parts, repr(left)])

    @property
    def objective(self) -> Objective:
        """The loss as an objective of x = w and y = b, shown around the start and the solution."""
        low = float(self.loss(*self.solution))
        return Objective(
            key="own",
            name=self.convention.label[0].upper() + self.convention.label[1:],
            formula=self.formula,
            domain=tuple(_around(a, b) for a, b in zip((self.w, self.b), self.solution, strict=True)),
            start=(self.w, self.b),
            minima=(self.solution,),
            minimum=low,
            idea="The loss of every line through the data: w is across, b is up.",
            levels="log",
            called=("w", "b"),
        )

    def path(self, steps: int) -> Path:
        """Gradient descent from (w, b), recorded. Raises ``ValueError`` for a number of steps a run does not take."""
        return trace(Run(self.formula, "sgd", (self.w, self.b), steps, {"lr": self.lr}))


@dataclass(frozen=True)
class ConventionRow:
    """One way to write the loss down: the loss and its slopes at the start, the limit, the rate in % of that."""

    name: str
    loss: float
    slope_w: float
    slope_b: float
    limit: float
    percent: float


def convention_rows(example: Example) -> list[ConventionRow]:
    """The line, data and learning rate of ``example`` under each convention."""
    others = (replace(example, convention=convention) for convention in Convention)
    return [
        ConventionRow(
            other.convention.label,
            other.step.loss,
            other.step.slope_w,
            other.step.slope_b,
            other.limit,
            100 * other.share,
        )
        for other in others
    ]


def _line(x: float) -> str:
    return "x" if x == 1 else f"{_short(x)}*x"


def _minus(value: float) -> str:
    return f" - {_short(value)}" if value >= 0 else f" + {_short(-value)}"


def _short(value: float) -> str:
    """``value`` with all its digits, without a needless point."""
    return str(int(value)) if value == int(value) else repr(value)


def _around(start: float, end: float) -> tuple[float, float]:
    """A range with the end in its middle, in which the start is not at the rim.

    It is the same for starts about as far from the end, so that the picture stays when one is dragged.
    """
    half = 2.0 ** max(0, math.ceil(math.log2(1.25 * abs(start - end) or 1)))
    return end - half, end + half
