"""What is measured of a path before anybody judges it: heights, ways and curvatures along it, and its ground."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.catalogue.objectives import Objective
from core.catalogue.optimizers import optimizer
from core.engine.arrival import Known, arrived, known_minima
from core.engine.trace import Path
from core.problems.theory import step_factors

Array = npt.NDArray[np.float64]

# A run's end is judged by the last of so many parts of it, and by no fewer steps than these.
_PARTS, _FEWEST = 5, 20
# Of the last points so many must have arrived, or the very last ones.
_MOSTLY, _LAST = 0.8, 4
# Products of learning rate and curvature at which a rule is asked whether it comes back to a minimum, and into how many
# parts of one of these steps the limit is refined.
_PRODUCTS, _FINER = np.geomspace(0.01, 10.0, 400), 1001
# A way that is so many times as long as its extent goes to and fro.
TO_AND_FRO = 3.0
# A slope that is less than this share of the usual one is next to none.
_LEVEL = 0.1
# Points a side at which the slopes and curvatures of a picture are looked at.
_GRID = 21


@dataclass(frozen=True, eq=False)
class Signs:
    """What can be measured of ``path``, each when it is first asked for.

    Numbers beyond all bounds are no errors here: whoever asks has NumPy ignore them.
    """

    path: Path

    @property
    def objective(self) -> Objective:
        """What was to be minimised."""
        return self.path.run.resolved_objective

    @property
    def taken(self) -> int:
        """The steps that were taken and did not fail."""
        return len(self.path.x) - 1

    @property
    def late(self) -> int:
        """How many points at the end stand for it."""
        return min(self.taken + 1, max(self.taken // _PARTS, _FEWEST))

    @cached_property
    def bottom(self) -> float:
        """The lowest value known: that of the objective, or of the path where it went lower or nothing is known."""
        lowest = float(self.path.loss.min())
        return lowest if self.objective.minimum is None else min(lowest, self.objective.minimum)

    @cached_property
    def heights(self) -> Array:
        """The loss above ``bottom`` at each point."""
        return np.asarray(self.path.loss - self.bottom)

    @cached_property
    def height(self) -> float:
        """The height at the end, by the median of the late ones: the very last may be a lucky one."""
        return float(np.median(self.heights[-self.late :]))

    @cached_property
    def before(self) -> float:
        """The same of as many points before those, or of what there is."""
        return float(np.median(self.heights[-2 * self.late : -self.late] if self.taken >= self.late else self.heights))

    @cached_property
    def known(self) -> Known:
        """The minima that are known of the objective."""
        return known_minima(self.objective)

    def at_lowest(self, points: slice) -> npt.NDArray[np.bool_]:
        """Whether each of ``points`` has arrived at a lowest minimum."""
        x, loss = self.path.x[points], self.path.loss[points]
        low = False if self.known.level is None else loss <= self.known.level
        return np.asarray(low | (arrived(Known(self.lowest, self.known.reach), x.T) >= 0))

    @property
    def lowest(self) -> tuple[tuple[float, ...], ...]:
        """Those of the known minima that are lowest."""
        return self.known.points[: max(1, len(self.objective.minima))]

    @property
    def has_lowest(self) -> bool:
        """Whether a lowest minimum is known at all."""
        return self.objective.minimum is not None and bool(self.known.points)

    @cached_property
    def arrived(self) -> bool:
        """Whether the run ends at a lowest minimum."""
        if not self.has_lowest:
            return False
        late = self.at_lowest(slice(-self.late, None))
        return bool(late[-1] and (late.mean() >= _MOSTLY or late[-_LAST:].all() or self.taken < _LAST))

    @cached_property
    def lengths(self) -> Array:
        """How long each step was."""
        return np.asarray(np.linalg.norm(np.diff(self.path.x, axis=0), axis=1))

    @cached_property
    def progress(self) -> float:
        """What the second half of the steps did: the share of its height that is left, or of the whole fall if less."""
        half, reach = self.taken // 2, max(1, self.late // 2)
        middle = float(np.median(self.heights[max(0, half - reach) : half + reach + 1]))
        if self.objective.minimum is not None:
            return self.height / middle if middle > 0 else 1.0
        fall = float(self.path.loss[0]) - self.bottom
        return 1 - (middle - self.height) / fall if fall > 0 else 1.0

    @cached_property
    def slow(self) -> bool:
        """Whether the second half brought little: the height was not even halved."""
        return not self.arrived and self.progress > (0.5 if self.objective.minimum is not None else 0.95)

    def turning(self, first: int) -> float:
        """How many times as long as its own extent the way from the point ``first`` on is: 1 if it is straight."""
        extent = float(np.sqrt((np.ptp(self.path.x[first:], axis=0) ** 2).sum()))
        return float(self.lengths[first:].sum()) / extent if extent > 0 else 0.0

    @cached_property
    def hopping(self) -> bool:
        """Whether the late points go to and fro, and the loss has no trend there beside its own swings."""
        swing = float(np.ptp(np.percentile(self.heights[-2 * self.late :], (10, 90))))
        trendless = abs(self.before - self.height) <= max(0.25 * swing, 1e-3 * self.height)
        return trendless and self.turning(self.taken + 1 - self.late) >= TO_AND_FRO

    @cached_property
    def steepest(self) -> float:
        """The largest curvature that the run has to live with: at its start, at its end and at the minimum it is for.

        NaN where no such curvature is finite and positive.
        """
        points = [self.path.x[:1]]
        points += [] if self.path.status.failed else [self.path.x[-1:]]
        points += [np.array([self.objective.minima[0]])] if self.objective.minima and not self.objective.kink else []
        largest = float(eigenvalues(self.objective, np.concatenate(points)).max(initial=0.0))
        return largest if largest > 0 else np.nan

    @cached_property
    def limit(self) -> float | None:
        """The largest product of learning rate and curvature that the rule bears; ``None`` if it has no such limit.

        It has one if it answers in proportion to the gradient near a minimum.
        """
        run = self.path.run
        return _largest_product(run.optimizer, tuple(run.settings.items()))

    @cached_property
    def curvatures(self) -> Array:
        """The curvatures at the end, ascending; NaN where they are not finite."""
        values = eigenvalues(self.objective, self.path.x[-1:])
        return values[0] if values.size else np.array([np.nan])

    @property
    def is_level(self) -> bool:
        """Whether the slope at the end is much smaller than the usual one in the picture."""
        return bool(self.path.grad_norm[-1] < _LEVEL * self.usual.slope)

    @property
    def usual(self) -> "Usual":
        """What is usual in the picture."""
        return _usual(self.objective)

    @cached_property
    def share(self) -> float:
        """The learning rate of the last steps as a share of the one that is set."""
        return float(np.median(self.path.rate_share[-self.late :]))

    @cached_property
    def pace(self) -> float:
        """How far the second half of the run got per step, as the crow flies."""
        half = self.taken // 2
        return float(np.linalg.norm(self.path.x[-1] - self.path.x[half])) / max(self.taken - half, 1)


class Usual(NamedTuple):
    """The median slope and the median larger curvature in a picture, 0 where none is finite, and its lowest value."""

    slope: float
    curvature: float
    deepest: float


def eigenvalues(objective: Objective, points: Array) -> Array:
    """The curvatures at those of ``points``, of shape ``(n, d)``, where they are finite: ``(m, d)``, each ascending."""
    hessian = np.moveaxis(objective.parsed.hessian(points.T), -1, 0)
    usable = np.asarray((np.abs(hessian) <= 1e300).all(axis=(1, 2)))
    return np.asarray(np.linalg.eigvalsh(hessian[usable]))


@lru_cache(maxsize=64)
def _usual(objective: Objective) -> Usual:
    sides = [np.linspace(low, high, _GRID) for low, high in objective.domain]
    grid = np.stack([axis.ravel() for axis in np.meshgrid(*sides)])
    norms, values = np.sqrt((objective.parsed.grad(grid) ** 2).sum(axis=0)), objective.parsed.value(grid)
    norms, sizes = norms[np.isfinite(norms)], np.abs(eigenvalues(objective, grid.T)).max(axis=1, initial=0.0)
    slope, curvature = (float(np.median(one)) if one.size else 0.0 for one in (norms, sizes))
    return Usual(slope, curvature, float(values[np.isfinite(values)].min(initial=np.inf)))


@lru_cache(maxsize=256)
def _largest_product(rule: str, settings: tuple[tuple[str, float], ...]) -> float | None:
    # A rule may have such factors at some rates and none at others.
    try:
        unstable = np.flatnonzero(~(step_factors(optimizer(rule), dict(settings), _PRODUCTS) < 1))
        if not unstable.size or not unstable[0]:
            return None
        between = np.linspace(_PRODUCTS[unstable[0] - 1], _PRODUCTS[unstable[0]], _FINER)
        stable = step_factors(optimizer(rule), dict(settings), between) < 1
    except ValueError:
        return None
    # As exactly as the place is known.
    return float(f"{between[stable][-1]:.4g}")
