"""The experiment about features in different units: what they cost gradient descent and Adam, and what helps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS, PALETTE
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.evidence.experiments.measure import descend, first, steps_text
from core.evidence.experiments.telling import whole
from core.formula.words import digits

_ADAM = OPTIMIZERS["adam"]
_HOUSES = 200
# The share of the prices' variance at which a fit counts as found: its errors are then 1 % of their spread.
_FITTED = 1e-4
# Adam is given the best of these rates for each scaling, so that units are compared and not rates.
_ADAM_RATES = np.geomspace(0.01, 100, 13)
_ADAM_BUDGET = 5000
_BISECTIONS = 120
_CURVE_POINTS = 120

_SCALINGS: Mapping[str, Callable[[Array], Array]] = {
    "as they are": lambda features: features,
    "only centred": lambda features: features - features.mean(axis=0),
    "only divided": lambda features: features / features.std(axis=0),
    "min–max": lambda features: (features - features.min(axis=0)) / np.ptp(features, axis=0),
    "standardised": lambda features: (features - features.mean(axis=0)) / features.std(axis=0),
}
_RAW, _STANDARD = "as they are", "standardised"


def _houses(mean: float, spread: float, correlation: float, seed: int) -> tuple[Array, Array]:
    """Floor areas and bedrooms, of shape ``(200, 2)``, and prices, which a linear function of them gives exactly.

    Bedrooms are 1 to 5, equally likely; areas are normal with ``mean`` and ``spread``. A house's price follows from
    how many spreads its area lies above the mean, so it is the same whatever the unit.
    """
    random = np.random.default_rng(seed)
    own = random.standard_normal(_HOUSES)
    rooms = random.integers(1, 6, _HOUSES).astype(np.float64)
    typical = (rooms - 3) / np.sqrt(2)
    relative = correlation * typical + np.sqrt(1 - correlation**2) * own
    return np.column_stack([mean + spread * relative, rooms]), 250 + 50 * relative + 10 * rooms


@dataclass(frozen=True, eq=False)
class _Fit:
    """Least squares along its own axes, the columns of ``axes``: the loss is half the mean squared error.

    ``curvatures``, largest first, and ``solution`` belong to the axes. Errors are in units of the prices' variance.
    """

    axes: Array
    curvatures: Array
    solution: Array
    variance: float

    @property
    def condition(self) -> float:
        return float(self.curvatures[0] / self.curvatures[-1])

    def excess(self, away: Array) -> Array:
        """The mean squared error, ``away`` from the solution along each axis, shape ``(..., 3)``, above the lowest."""
        return np.asarray(away**2 @ self.curvatures / self.variance)

    def left(self, steps: Array) -> Array:
        """The excess after each of ``steps`` steps of gradient descent at 1/L from weights of 0, shape ``(steps,)``."""
        kept = np.log1p(-self.curvatures / self.curvatures[0])
        return self.excess(self.solution * np.exp(kept * steps[:, None]))

    def steps(self) -> float:
        """The number of steps after which the fit is found."""
        low, high = 0.0, 1.0
        while self.left(np.array([high]))[0] > _FITTED:
            low, high = high, 2 * high
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.left(np.array([middle]))[0] > _FITTED else (low, middle)
        return float(np.ceil(high))


def _fit(features: Array, prices: Array) -> _Fit:
    # Singular values of the features are exact to far smaller ones than eigenvalues of their squares are.
    design = np.column_stack([np.ones(_HOUSES), features]) / np.sqrt(_HOUSES)
    left, values, axes = np.linalg.svd(design, full_matrices=False)
    solution = left.T @ prices / np.sqrt(_HOUSES) / values
    return _Fit(axes.T, values**2, solution, float(prices.var()))


def _adam(fit: _Fit) -> Array:
    """The excess before each step of Adam and after the last: shape ``(budget + 1, rates)``."""

    def look(point: Array) -> tuple[Array, Array]:
        away = point @ fit.axes - fit.solution
        return fit.excess(away), away * fit.curvatures @ fit.axes.T

    start = np.zeros((len(_ADAM_RATES), 3))
    return descend(_ADAM.key, start, [_ADAM_RATES[:, None]] * (_ADAM_BUDGET + 1), look)[1]


def _scaling(settings: Mapping[str, float]) -> Finding:
    seed = int(settings["seed"])
    features, prices = _houses(settings["mean"], settings["spread"], settings["correlation"], seed)
    fits = {name: _fit(scaled(features), prices) for name, scaled in _SCALINGS.items()}
    steps = {name: fit.steps() for name, fit in fits.items()}
    adam = {name: _adam(fits[name]) for name in (_RAW, _STANDARD)}
    needed = {name: [first(column <= _FITTED) for column in left.T] for name, left in adam.items()}
    raw, standard = (min(counts) for counts in needed.values())
    numbers = {
        **{f"condition number, {name}": fit.condition for name, fit in fits.items()},
        **{f"steps, {name}": count for name, count in steps.items()},
        "steps of Adam, as they are": raw,
        "steps of Adam, standardised": standard,
        "gain of gradient descent": steps[_RAW] / steps[_STANDARD],
    }
    sentence = (
        f"With features as they are the condition number is {digits(fits[_RAW].condition)} and gradient descent needs "
        f"{digits(steps[_RAW])} steps to fit the prices; divided by their spread, {digits(steps['only divided'])}; "
        f"between 0 and 1, {digits(steps['min–max'])}; standardised, with a condition number of "
        f"{digits(fits[_STANDARD].condition)}, {digits(steps[_STANDARD])}. Adam at the best of {len(_ADAM_RATES)} "
        f"rates needs {steps_text(raw, _ADAM_BUDGET)} before and {steps_text(standard, _ADAM_BUDGET)} after "
        "standardising."
    )
    return Finding(numbers, sentence, _picture(fits, steps, adam[_RAW][:, needed[_RAW].index(raw)]))


def _picture(fits: Mapping[str, _Fit], steps: Mapping[str, float], adam: Array) -> Plot:
    series = []
    for (name, fit), color in zip(fits.items(), [color for color in PALETTE if color != _ADAM.color], strict=False):
        # A factor of 10 after a fit is found, less than one step is not seen on a log axis.
        at = np.unique(np.geomspace(1, max(10 * steps[name], 10), _CURVE_POINTS).round())
        series.append(Series(name, at, fit.left(at), color))
    at = np.unique(np.geomspace(1, _ADAM_BUDGET, _CURVE_POINTS).round())
    series.append(Series("as they are, Adam", at, adam[at.astype(int)], _ADAM.color, "dot"))
    marks = (Mark("y", _FITTED, "found"),)
    return Plot("step", "excess error, variance of the prices = 1", tuple(series), True, True, marks)


_CROSSING = "No chance in it; a crossing may lie on the line."
_DRAWN = "Known to that many digits; the data are drawn with seed 0."

_X44 = Experiment(
    key="X44",
    question="How much do features in different units slow gradient descent down, and which scaling helps?",
    settings=(
        Hyper("mean", r"\mu", 2000, (0, 3000), (0, 3000), "linear", "Mean floor area, in the unit it is given in."),
        Hyper("spread", "s", 500, (1, 1000), (1, 1000), "log", "Standard deviation of the floor area."),
        Hyper(
            "correlation",
            r"\rho",
            0.0,
            (0.0, 0.999),
            (0.0, 0.999),
            "linear",
            "Correlation of area and bedrooms; scaling one feature at a time leaves it as it is.",
        ),
        whole("seed", "n", 0, (0, 99), "Draws other houses."),
    ),
    find=_scaling,
    expected=(
        Expected("condition number, as they are", 1.05e8, 0.005e8, _DRAWN),
        Expected("condition number, only divided", 610, 0.5, _DRAWN),
        Expected("condition number, min–max", 46.6, 0.05, _DRAWN),
        Expected("condition number, standardised", 1.167, 0.0005, _DRAWN),
        Expected("steps, only divided", 1684, 1, _CROSSING),
        Expected("steps, min–max", 172, 1, _CROSSING),
        Expected("steps, standardised", 3, 0, "After 2 steps 12 times the error that counts is left."),
        Expected("steps, as they are", 3.155e8, 0.005e8, _DRAWN),
        Expected("steps of Adam, as they are", 4767, 10, "Rounding shifts a slow crossing."),
        Expected("steps of Adam, standardised", 75, 1, _CROSSING),
        Expected("condition number, standardised", 723.2, 0.05, _DRAWN, {"correlation": 0.997}),
        Expected("steps, standardised", 527, 1, _CROSSING, {"correlation": 0.997}),
        # Bedrooms, 1 to 5 and equally likely, spread by √2: areas as wide, and three, ten and thirty times as wide.
        Expected("steps, only centred", 10, 1, _CROSSING, {"mean": 0, "spread": 1.414}),
        Expected("steps, only centred", 103, 1, _CROSSING, {"mean": 0, "spread": 4.24}),
        Expected("steps, only centred", 1171, 1, _CROSSING, {"mean": 0, "spread": 14.14}),
        Expected("steps, only centred", 10_545, 1, _CROSSING, {"mean": 0, "spread": 42.4}),
    ),
)

ALL: tuple[Experiment, ...] = (_X44,)
