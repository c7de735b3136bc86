"""Descents on quadratics with what theory says of them: the reader's own run beside the predicted numbers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from core.hypers import Hyper
from core.objectives import Objective
from core.optimizers import OPTIMIZERS
from core.scenarios import Scenario
from core.status import Outcome
from core.theory import Band, Curvature, Regime, Tuning, bands, best_settings, contraction, curvature, stable_limit
from core.theory import regime as regime_of
from core.trace import Path

Array = npt.NDArray[np.float64]

_QUADRATICS = (
    Scenario(
        "parabola",
        "Parabola",
        "One direction, of curvature 1, so that α is αL itself.",
        "parabola",
        {"sgd": {"lr": 1.9}, "momentum": {"lr": 0.5, "beta": 0.5}, "nesterov": {"lr": 0.5, "beta": 0.5}},
        steps=100,
    ),
    Scenario(
        "bowl",
        "Bowl, κ = 3",
        "Curvatures 1 and 3: what suits the steeper direction is a little slow for the other.",
        "bowl",
        {"sgd": {"lr": 0.6}, "momentum": {"lr": 0.5, "beta": 0.2}, "nesterov": {"lr": 0.4, "beta": 0.2}},
        steps=100,
    ),
    Scenario(
        "ravine",
        "Ravine, κ = 100",
        "Curvatures 1 and 100: the steep direction sets the limit, the flat one the time it takes.",
        "ravine",
        {"sgd": {"lr": 0.019}, "momentum": {"lr": 0.03, "beta": 0.7}, "nesterov": {"lr": 0.013, "beta": 0.7}},
        steps=100,
    ),
)
QUADRATICS: Mapping[str, Scenario] = MappingProxyType({scenario.key: scenario for scenario in _QUADRATICS})
"""Quadratics to descend, each with settings to begin with for every rule of ``METHODS``; the first opens the page."""

LIMITS: Mapping[str, str] = MappingProxyType(
    {
        "sgd": r"\alpha < \frac{2}{L}, \qquad |1 - \alpha\lambda|",
        "momentum": r"\alpha < \frac{2(1+\beta)}{L}, \qquad z^2 - (1 + \beta - \alpha\lambda)\,z + \beta = 0",
        "nesterov": r"\alpha < \frac{2(1+\beta)}{(1+2\beta)L}, \qquad "
        r"z^2 - (1+\beta)(1 - \alpha\lambda)\,z + \beta(1 - \alpha\lambda) = 0",
    }
)
"""What settles, and the factor per step along a direction of curvature λ: itself, or the z that is largest in size."""

# Beyond what any β allows of each rule (2/L, 4/L and 2/L), so that divergence can be seen too.
_FURTHEST: Mapping[str, float] = {"sgd": 2.5, "momentum": 5.0, "nesterov": 2.5}
_STOPS = 250
_LASTING = (Regime.CYCLING, Regime.DIVERGING)
# Smaller shares of a distance are rounding.
_FELT = 1e-12
# Distances below this lose digits; a fit needs a few steps.
_SMALLEST, _FEWEST = 1e-150, 6
# What "near" means when steps are counted: this share of the distance is left.
_LEFT = 0.01


def rate_hyper(key: str, scenario: Scenario) -> Hyper:
    """The learning rate of the rule ``key`` as a slider that shows every regime on the quadratic of ``scenario``."""
    (declared, *_) = OPTIMIZERS[key].hypers
    top = float(f"{_FURTHEST[key] / _spectrum(scenario.declared).largest:.2g}")
    bottom = float(f"{top / _STOPS:.1g}")
    return Hyper(
        "lr",
        declared.symbol,
        scenario.rules[key]["lr"],
        declared.bounds,
        (bottom, top),
        "linear",
        "How much of the gradient a step takes. Curvature L decides what is small and what is large.",
    )


def _spectrum(objective: Objective) -> Curvature:
    return curvature(objective.parsed, objective.minima[0])


@dataclass(frozen=True, eq=False)
class Check:
    """A run on a quadratic and what theory says of it.

    ``curvatures`` of shape ``(n,)`` are those of the directions in which the start lies away from the minimum; nothing
    else is felt by the run. ``measured`` is the factor on the distance per step over the steps ``window``, both
    inclusive; ``None`` if they are too few. ``arrived`` is the step from which on the run is exactly at the minimum, if
    it is; ``left_out`` says that some direction is not felt.
    """

    key: str
    lr: float
    beta: float
    curvatures: Array
    left_out: bool
    limit: float
    bands: tuple[Band, ...]
    predicted: float
    measured: float | None
    window: tuple[int, int]
    arrived: int | None
    best: Tuning

    def factor(self, lr: float) -> float:
        """The predicted factor per step at another learning rate."""
        return contraction(self.key, self.curvatures, lr, self.beta)


def check(path: Path) -> Check:
    """``path``, a run of one of ``METHODS`` on a quadratic with a known minimum, beside what theory predicts."""
    run = path.run
    objective = run.resolved_objective
    settings = run.settings
    lr, beta = settings["lr"], settings.get("beta", 0.0)
    found = _spectrum(objective)
    offset = np.array(run.start) - np.array(objective.minima[0])
    shares = np.abs(found.vectors.T @ offset)
    felt = shares > _FELT * shares.max()
    curvatures = found.values[felt] if felt.any() else found.values
    largest = float(curvatures[-1])
    away = path.x - np.array(objective.minima[0])
    measured, window = _measured(np.sqrt((away**2).sum(axis=1)))
    elsewhere = np.flatnonzero(away.any(axis=1))
    arrived = int(elsewhere[-1]) + 1 if elsewhere.size else 0
    return Check(
        run.optimizer,
        lr,
        beta,
        curvatures,
        len(curvatures) < len(found.values),
        stable_limit(run.optimizer, largest, beta),
        bands(run.optimizer, largest, beta),
        contraction(run.optimizer, curvatures, lr, beta),
        measured,
        window,
        # A velocity may carry a point that is at the minimum for one step only.
        arrived if arrived + (beta > 0) < len(path.x) else None,
        best_settings(run.optimizer, float(curvatures[0]), largest),
    )


def _measured(distances: Array) -> tuple[float | None, tuple[int, int]]:
    """The factor on ``distances`` per step, fitted over the second half of those that have all their digits."""
    known = np.flatnonzero(distances > _SMALLEST)
    last = int(known[-1]) if known.size else 0
    usable = distances[: last + 1]
    first = last // 2
    if last - first < _FEWEST:
        return None, (0, 0)
    # With momentum the distance swings; two points in a row swing less than one.
    size = np.log(np.hypot(usable[first + 1 :], usable[first:-1]))
    steps = np.arange(len(size), dtype=np.float64)
    steps -= steps.mean()
    return math.exp(float(steps @ size / (steps @ steps))), (first, last)


def told(path: Path, found: Check) -> list[str]:
    """What theory says of a run and what the run did, in sentences with its numbers."""
    parts = [_place(found), _pace(path, found)]
    if 0 < found.predicted < 1:
        tenth = found.factor(found.lr / 10)
        parts.append(
            f"At this pace a hundredth of the distance is left after {_steps(found.predicted)}; at a tenth of the rate "
            f"after {_steps(tenth)}."
        )
    elif found.lr > 0 and regime_of(found.key, found.lr, float(found.curvatures[-1]), found.beta) in _LASTING:
        parts.append("More steps do not help: nothing shrinks.")
    beta = f" and β = {found.best.beta:.4g}" if found.key != "sgd" else ""
    parts.append(
        f"The best fixed settings here are α = {found.best.lr:.4g}{beta}, with a factor of "
        f"{found.best.contraction:.4g} a step."
    )
    if found.left_out:
        parts.append(
            "The start lies on an axis, so the run feels one direction only, and the numbers here are for that one."
        )
    return parts


def _place(found: Check) -> str:
    share = 100 * found.lr / found.limit
    where = "" if len(found.curvatures) == 1 else " along the steepest direction"
    regime = str(regime_of(found.key, found.lr, float(found.curvatures[-1]), found.beta))
    return (
        f"α = {found.lr:.4g} is **{share:.4g} % of the limit** {found.limit:.4g}{where}. {regime}"
        if found.lr
        else "α = 0 takes no steps at all."
    )


def _pace(path: Path, found: Check) -> str:
    predicted = f"Predicted: every step multiplies the distance by **{found.predicted:.4g}** in the long run."
    if found.arrived is not None:
        return f"{predicted} Your run is exactly at the minimum from step {found.arrived} on."
    if found.measured is None:
        short = path.status.outcome is Outcome.DIVERGED
        return f"{predicted} Your run {'ends too early' if short else 'is too short'} to measure that."
    first, last = found.window
    return f"{predicted} Measured over steps {first} to {last} of your run: **{found.measured:.4g}**."


def _steps(factor: float) -> str:
    """The number of steps in which ``factor`` brings the distance down to a hundredth, in words."""
    if factor >= 1:
        return "more steps than can be counted"
    count = max(1, math.ceil(math.log(_LEFT) / math.log(factor))) if factor > 0 else 1
    return f"{count} step{'s' * (count != 1)}"
