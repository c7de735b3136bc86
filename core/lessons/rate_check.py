"""What theory says of a learning rate, beside the reader's own run; quadratics to try it on."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import Objective
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.scenarios import Scenario
from core.engine.status import Outcome, point_text
from core.engine.summary import Race
from core.engine.trace import Path
from core.formula.words import apart, counted, digits
from core.problems.theory import (
    Band,
    Bottom,
    Curvature,
    Regime,
    Tuning,
    bands,
    best_settings,
    bottom,
    contraction,
    curvature,
    regime,
    step_factors,
)

Array = npt.NDArray[np.float64]

_QUADRATICS = (
    Scenario(
        "parabola",
        "Parabola",
        "One direction, of curvature 1, so that αL is simply α.",
        "parabola",
        {"sgd": {"lr": 1.9}, "momentum": {"lr": 0.5, "beta": 0.5}, "nesterov": {"lr": 0.5, "beta": 0.5}},
        steps=100,
    ),
    Scenario(
        "bowl",
        "Bowl, κ = 3",
        "Curvatures 1 and 3, a condition number κ of 3: what suits the steeper direction is a little slow for the "
        "other.",
        "bowl",
        {"sgd": {"lr": 0.6}, "momentum": {"lr": 0.5, "beta": 0.2}, "nesterov": {"lr": 0.4, "beta": 0.2}},
        steps=100,
    ),
    Scenario(
        "ravine",
        "Ravine, κ = 100",
        "Curvatures 1 and 100, a condition number κ of 100: the steep direction sets the limit, the flat one the time "
        "it takes.",
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
# A picture reaches to at most so many times that.
_WIDEST = 2.0
_LASTING = (Regime.CYCLING, Regime.DIVERGING)
# Smaller shares of a distance are rounding.
_FELT = 1e-12
# Distances below this lose digits, as do those that are this share of the point. Where a bowl is so long that more is
# lost, the steps of a page do not lead that far.
_SMALLEST, _ROUNDING = 1e-150, 1e-11
# Steps that a fit needs.
_FEWEST = 6
# Where the loss is no quadratic, a fit begins where this share of the first distance is left for good.
_NEAR = 1e-2
# What "near" means when steps are counted: this share of the distance is left.
_LEFT = 0.01


def rate_hyper(key: str, scenario: Scenario) -> Hyper:
    """The learning rate of the rule ``key`` as a slider that shows every regime on the quadratic of ``scenario``."""
    return scaled_rate(key, _spectrum(scenario.resolved_objective).largest, scenario.rules[key]["lr"])


def scaled_rate(key: str, largest: float, default: float) -> Hyper:
    """The learning rate of the rule ``key`` as a slider that shows every regime where ``largest`` is the curvature."""
    (lr, *_) = OPTIMIZERS[key].hypers
    top = _furthest(key, largest)
    return Hyper(
        "lr",
        lr.symbol,
        default,
        lr.bounds,
        (float(f"{top / _STOPS:.1g}"), top),
        "linear",
        "A step is α times the gradient. The curvature L decides whether α is small or large.",
    )


def _furthest(key: str, largest: float) -> float:
    return float(f"{_FURTHEST[key] / largest:.2g}")


def _spectrum(objective: Objective) -> Curvature:
    return curvature(objective.parsed, objective.minima[0])


@dataclass(frozen=True, eq=False)
class Check:
    """A run of the rule ``key``, and what theory says of it near the ``minimum``, where ``bowl`` has the curvatures.

    ``everywhere`` says that the objective is a quadratic, so that theory holds for the whole run. ``curvatures`` of
    shape ``(n,)`` are those of the directions that curve and in which the start lies away from the minimum; of a
    quadratic nothing else is felt by the run. ``measured`` is the factor on the distance per step over the steps
    ``window``, both inclusive; ``None`` if they are too few. ``arrived`` is the step from which on the run is exactly
    at the minimum, if it is.
    """

    key: str
    lr: float
    beta: float
    bowl: Curvature
    curvatures: Array
    measured: float | None
    window: tuple[int, int]
    arrived: int | None
    minimum: tuple[float, ...]
    everywhere: bool

    @property
    def largest(self) -> float:
        """The largest curvature that is felt, L."""
        return float(self.curvatures[-1])

    @property
    def bands(self) -> tuple[Band, ...]:
        """The regimes in ascending order of learning rate."""
        return bands(self.key, self.largest, self.beta)

    @property
    def limit(self) -> float:
        """The learning rate at which the rule stops to settle."""
        return self.bands[-1].low

    @property
    def percent(self) -> float:
        """The learning rate in per cent of the limit."""
        return 100 * self.lr / self.limit

    @property
    def regime(self) -> Regime:
        """What this learning rate does along the steepest direction."""
        return regime(self.key, self.lr, self.largest, self.beta)

    @property
    def best(self) -> Tuning:
        """The fixed settings that contract most."""
        return best_settings(self.key, float(self.curvatures[0]), self.largest)

    @property
    def furthest(self) -> float:
        """A learning rate that is beyond the limit whatever β is, of two digits."""
        return _furthest(self.key, self.largest)

    @property
    def horizon(self) -> float:
        """The learning rate to which a picture reaches: this one is in it, unless it is far beyond the limit."""
        return min(max(self.furthest, 1.04 * self.lr), _WIDEST * self.furthest)

    @property
    def left_out(self) -> bool:
        """Whether some direction that curves is not felt."""
        return len(self.curvatures) < int(np.count_nonzero(self.bowl.values))

    def factor(self, lr: float) -> float:
        """The predicted factor per step at the learning rate ``lr``."""
        return contraction(self.key, self.curvatures, lr, self.beta)


def check(path: Path, objective: Objective) -> Check:
    """``path``, a run of one of ``METHODS`` on a quadratic ``objective`` with a known minimum, beside theory."""
    return _check(path, Bottom(objective.minima[0], _spectrum(objective), True))


def check_any(path: Path) -> Check | str:
    """``path``, a run of one of ``METHODS`` on any objective, beside theory, or why theory does not apply to it."""
    try:
        return _check(path, bottom(path))
    except ValueError as error:
        return str(error)


def _check(path: Path, to: Bottom) -> Check:
    settings = path.run.settings
    felt, away = _felt(path, to)
    measured, window = _pace_of(path, away, to)
    elsewhere = np.flatnonzero(away.any(axis=1))
    arrived = int(elsewhere[-1]) + 1 if elsewhere.size else 0
    beta = settings.get("beta", 0.0)
    return Check(
        path.run.optimizer,
        settings["lr"],
        beta,
        to.curvature,
        to.curvature.values[felt],
        measured,
        window,
        # A velocity may carry a point that is at the minimum for one step only.
        arrived if arrived + (beta > 0) < len(path.x) else None,
        to.point,
        to.everywhere,
    )


def _felt(path: Path, to: Bottom) -> tuple[npt.NDArray[np.bool_], Array]:
    """The directions that curve and in which ``path`` starts away from the minimum, and how far it is along them."""
    away = (path.x - np.array(to.point)) @ to.curvature.vectors
    curved = to.curvature.values > 0
    felt = curved & (np.abs(away[0]) > _FELT * np.abs(away[0]).max())
    if not felt.any():
        felt = curved
    return felt, away[:, felt]


def _pace_of(path: Path, away: Array, to: Bottom) -> tuple[float | None, tuple[int, int]]:
    """The factor on the distance ``away`` per step that is measured on ``path``, and over which steps."""
    lost = np.maximum(_ROUNDING * np.linalg.norm(path.x, axis=1), _SMALLEST)
    return _measured(np.sqrt((away**2).sum(axis=1)), lost, to.everywhere)


def _measured(distances: Array, lost: Array, everywhere: bool) -> tuple[float | None, tuple[int, int]]:
    """The factor on ``distances`` per step, fitted over the second half of those that are above what is ``lost``.

    Where theory does not hold ``everywhere``, it is the second half of those that are near, if they are enough.
    """
    known = np.flatnonzero(distances > lost)
    last = int(known[-1]) if known.size else 0
    usable = distances[: last + 1]
    far = np.flatnonzero(usable > _NEAR * usable[0])
    within = 0 if everywhere or not far.size else int(far[-1]) + 1
    first = within + (last - within) // 2
    if last - first < _FEWEST:
        first = last // 2
    if last - first < _FEWEST:
        return None, (0, 0)
    # With momentum the distance swings; two points in a row swing less than one.
    size = np.log(np.hypot(usable[first + 1 :], usable[first:-1]))
    steps = np.arange(len(size), dtype=np.float64)
    steps -= steps.mean()
    return math.exp(float(steps @ size / (steps @ steps))), (first, last)


def rate_sentences(path: Path, checked: Check) -> list[str]:
    """What theory says of a run and what the run did, with its numbers."""
    predicted = checked.factor(checked.lr)
    parts = [_shape(checked, path), _share(checked), _pace(path, checked, predicted)]
    if 0 < predicted < 1:
        tenth = checked.factor(checked.lr / 10)
        parts.append(
            f"At this pace it takes {_steps(predicted)} to cut the distance to a hundredth; at a tenth of the rate "
            f"{_steps(tenth)}."
        )
    elif checked.lr > 0 and checked.regime in _LASTING:
        nothing = "nothing shrinks" if checked.everywhere else "near the minimum nothing shrinks"
        parts.append(f"More steps do not help: {nothing}.")
    where = "here" if checked.everywhere else "near the minimum"
    beta = f" and β = {digits(checked.best.beta)}" if checked.key != "sgd" else ""
    parts.append(
        f"The best fixed settings {where}, α = {digits(checked.best.lr)}{beta}, multiply the distance by "
        f"{digits(checked.best.contraction)} at every step."
    )
    if checked.left_out:
        parts.append(
            "The start lies on an axis, so the run moves in one direction only, and the numbers here are for that one."
        )
    return parts


def _shape(checked: Check, path: Path) -> str:
    bowl = checked.bowl
    if not checked.everywhere:
        many = len(bowl.values) > 1
        what = f"curvatures L = {digits(bowl.largest)} and μ = {digits(bowl.smallest)}" if many else ""
        what = what or f"curvature L = {digits(bowl.largest)}"
        away = float(np.linalg.norm(path.x[-1] - np.array(checked.minimum)))
        end = f"{digits(away)} away from it" if away else "exactly there"
        return (
            f"The loss is no quadratic. Near its minimum {point_text(checked.minimum)} it is close to the one with "
            f"{what}, and what theory says holds only there; the run ends {end}."
        )
    if bowl.smallest == 0:
        return (
            "The loss is flat in one direction, along which every point is as good as any other; across it the "
            f"curvature is L = {digits(bowl.largest)}, and the run descends only that way."
        )
    if len(bowl.values) == 1:
        return f"The curvature is L = {digits(bowl.largest)} everywhere."
    return (
        f"The bowl's curvatures are L = {digits(bowl.largest)} along its steepest direction and μ = "
        f"{digits(bowl.smallest)} along its flattest, a condition number κ of {digits(bowl.condition, '.5g')}."
    )


def _share(checked: Check) -> str:
    if not checked.lr:
        return "α = 0 takes no steps at all."
    where = "" if len(checked.curvatures) == 1 else " along the steepest direction"
    own, limit = apart(checked.lr, checked.limit)
    percent, _ = apart(checked.percent, 100)
    return f"α = {own} is **{percent} % of the limit** {limit}{where}. {checked.regime}"


def _pace(path: Path, checked: Check, predicted: float) -> str:
    prediction = f"Predicted: every step multiplies the distance by **{digits(predicted)}** in the long run."
    parts = [prediction]
    if checked.measured is not None:
        first, last = checked.window
        parts.append(f"Measured over steps {first} to {last} of your run: **{digits(checked.measured)}**.")
    if checked.arrived is not None:
        parts.append(f"Your run is exactly at the minimum from step {checked.arrived} on.")
    elif checked.measured is None:
        short = path.status.outcome is Outcome.DIVERGED
        parts.append(f"Your run {'ends too early' if short else 'is too short'} to measure that.")
    return " ".join(parts)


def beside_sentences(race: Race, checked: Check) -> list[str]:
    """The factor per step of every racer at the minimum of ``checked``, from its own lines, beside what it did.

    A rule that no factor describes has the reason instead.
    """
    to = Bottom(checked.minimum, checked.bowl, checked.everywhere)
    return [f"**{racer.name}.** {_beside(path, to)}" for racer, path in race]


def _beside(path: Path, to: Bottom) -> str:
    optimizer, settings = path.run.resolved_optimizer, path.run.settings
    if path.run.resolved_schedule.key != "constant":
        return "Its schedule changes the learning rate, so no single factor describes its steps."
    felt, away = _felt(path, to)
    try:
        factors = [
            float(step_factors(optimizer, settings, np.array([settings["lr"] * curvature]), curvature)[0])
            for curvature in to.curvature.values[felt].tolist()
        ]
    except ValueError as error:
        return str(error)
    measured, (first, last) = _pace_of(path, away, to)
    said = f"Predicted from its lines: a factor of {digits(max(factors))} per step"
    if measured is None:
        return f"{said}. Its run is too short to measure that."
    return f"{said}; measured over steps {first} to {last}: {digits(measured)}."


def _steps(factor: float) -> str:
    """The number of steps in which ``factor`` brings the distance down to a hundredth, in words."""
    if factor >= 1:
        return "more steps than can be counted"
    count = max(1, math.ceil(math.log(_LEFT) / math.log(factor))) if factor > 0 else 1
    return counted(count)
