"""Least squares on two features in different units: its contours and its descent, as they are and standardised."""

from dataclasses import dataclass

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import Objective, own_objective
from core.engine.findings import Array
from core.engine.run import Run
from core.engine.trace import Path, trace
from core.evidence.experiments.measure import first, steps_text
from core.formula.words import digits
from core.problems.theory import METHODS, Curvature, curvature

SETTINGS = (
    Hyper("ratio", "r", 4.0, (1.0, 10.0), (1.0, 10.0), "linear", "Spread of the first feature over that of the other."),
    Hyper(
        "correlation",
        r"\rho",
        0.0,
        (-0.95, 0.95),
        (-0.95, 0.95),
        "linear",
        ("How strongly the two features are correlated."),
    ),
)
# What is shown of both planes: the first weights and the way from there, on equal axes.
VIEW = ((-1.5, 1.5), (-1.5, 1.5))
# The first weights for standardised features; they lie on no axis of any bowl that the settings allow.
_START = (0.9, 1.3)
# A slower descent is said to need more. At the ends of both settings one needs about 8000.
_BUDGET = 10_000
_LEFT = 1e-4
_STEPS = 500
_AROUND = 121


@dataclass(frozen=True)
class Bowl:
    """Half the mean squared error of a linear model whose first feature is ``ratio`` times as spread as its second.

    Both are centred, the second has variance 1, and the best weights are taken as the origin. ``ratio`` 1 is the bowl
    of standardised features, which keep their ``correlation``.
    """

    ratio: float
    correlation: float

    @property
    def objective(self) -> Objective:
        """The bowl as a function of the two weights, which are called x and y."""
        square, product = self.ratio**2, 2 * self.correlation * self.ratio
        return own_objective(f"({square:.12g}*x**2 + ({product:.12g})*x*y + y**2)/2", 2)

    @property
    def curvature(self) -> Curvature:
        """The curvature of the bowl, the same everywhere."""
        return curvature(self.objective.parsed, (0.0, 0.0))

    @property
    def rate(self) -> float:
        """The learning rate with the best contraction, 2/(L + μ)."""
        return METHODS["sgd"].best(self.curvature.smallest, self.curvature.largest).lr

    def descent(self, steps: int = _STEPS) -> Path:
        """Gradient descent at the best rate, from the weights that predict the same whatever the unit."""
        start = (_START[0] / self.ratio, _START[1])
        return trace(Run(self.objective.formula, "sgd", start, steps, {"lr": self.rate}))

    def contour(self, loss: float) -> Array:
        """Points around the bowl at the height ``loss``, shape ``(2, 121)``, closed."""
        angles = np.linspace(0, 2 * np.pi, _AROUND)
        radii = np.sqrt(2 * loss / self.curvature.values)
        return np.asarray(self.curvature.vectors @ (radii[:, None] * np.array([np.cos(angles), np.sin(angles)])))

    @property
    def steps(self) -> float:
        """Steps until a ten-thousandth of the first loss is left; infinity if the budget does not suffice."""
        loss: Array = self.descent(_BUDGET).loss
        return first(loss <= _LEFT * loss[0])

    @property
    def sentence(self) -> str:
        """Condition number, rate and steps in words."""
        return (
            f"κ = {digits(self.curvature.condition)}; at the best rate, {digits(self.rate)}, gradient descent needs "
            f"{steps_text(self.steps, _BUDGET)} to bring the loss to a ten-thousandth of its first value."
        )
