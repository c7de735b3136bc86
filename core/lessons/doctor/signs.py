"""What is measured of a path before anybody judges it: heights, ways, rates and curvatures along it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from core.catalogue.objectives import Objective
from core.engine.arrival import Known, arrived, known_minima
from core.engine.trace import Path
from core.lessons.doctor.ground import Stationary, eigenvalues, landscape, largest_product, stationary_point

Array = npt.NDArray[np.float64]

# A run's end is judged by the last of so many parts of it, and by no fewer steps than these.
PARTS, _FEWEST = 5, 20
# The last steps whose directions are compared with the curvature there, and points of the way at which it is taken.
_WINDOW, _LOOKS = 64, 200
# The share of the picture's diagonal within which that point belongs to the end of a run.
_CLOSE = 0.15
# Of the last points so many must have arrived, or the very last ones.
_MOSTLY, _LAST = 0.8, 4


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

    @cached_property
    def late(self) -> int:
        """How many points at the end stand for it."""
        return min(self.taken + 1, max(self.taken // PARTS, _FEWEST))

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
    def middle(self) -> float:
        """The height halfway, by the median around it."""
        half, reach = self.taken // 2, max(1, self.late // 2)
        return float(np.median(self.heights[max(0, half - reach) : half + reach + 1]))

    @cached_property
    def known(self) -> Known:
        """The minima that are known of the objective."""
        return known_minima(self.objective)

    @cached_property
    def at(self) -> npt.NDArray[np.int64]:
        """The place among the known minima that each of the late points has arrived at, or -1."""
        return arrived(self.known, self.path.x[-self.late :].T, self.path.loss[-self.late :])

    def at_lowest(self, points: slice) -> npt.NDArray[np.bool_]:
        """Whether each of ``points`` has arrived at a lowest minimum."""
        x, loss = self.path.x[points], self.path.loss[points]
        low = False if self.known.level is None else loss <= self.known.level
        lowest = Known(self.known.points[: self.lowest], self.known.reach)
        return np.asarray(low | (arrived(lowest, x.T) >= 0))

    @property
    def lowest(self) -> int:
        """How many of the known minima, which begin with them, are lowest."""
        return max(1, len(self.objective.minima))

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
    def since(self) -> int:
        """The step from which on every point has arrived; for a run whose last point has."""
        away = np.flatnonzero(~self.at_lowest(slice(None)))
        return int(away[-1]) + 1 if away.size else 0

    @cached_property
    def moves(self) -> Array:
        """The steps as vectors, of shape ``(steps, d)``."""
        return np.diff(self.path.x, axis=0)

    @cached_property
    def lengths(self) -> Array:
        """How long each step was."""
        return np.asarray(np.sqrt((self.moves**2).sum(axis=1)))

    @cached_property
    def diagonal(self) -> float:
        """The diagonal of the objective's picture."""
        return float(np.sqrt(sum((high - low) ** 2 for low, high in self.objective.domain)))

    @cached_property
    def rates(self) -> Array:
        """What each step was as a multiple of the gradient there, along it; NaN where that was 0."""
        grad = self.path.grad[:-1]
        size = (grad**2).sum(axis=1)
        return np.asarray(np.where(size > 0, -(self.moves * grad).sum(axis=1) / size, np.nan))

    @cached_property
    def shares(self) -> Array:
        """The learning rate of each step as a share of the largest that the schedule gave."""
        shares = self.path.rate_share[1:]
        return shares / max(float(np.abs(shares).max(initial=0.0)), 1e-300)

    @cached_property
    def progress(self) -> float:
        """What the second half of the steps did: the share of its height that is left, or of the whole fall if less."""
        if self.objective.minimum is not None:
            return self.height / self.middle if self.middle > 0 else 1.0
        fall = float(self.path.loss[0]) - self.bottom
        return 1 - (self.middle - self.height) / fall if fall > 0 else 1.0

    @cached_property
    def slow(self) -> bool:
        """Whether the second half brought little: the height was not even halved."""
        return not self.arrived and self.progress > (0.5 if self.objective.minimum is not None else 0.95)

    @cached_property
    def trendless(self) -> bool:
        """Whether the loss at the end has no trend beside its own swings."""
        late = self.heights[-2 * self.late :]
        swing = float(np.ptp(np.percentile(late, (10, 90))))
        return abs(self.before - self.height) <= max(0.25 * swing, 1e-3 * self.height)

    @cached_property
    def turning(self) -> float:
        """How many times as long as its own extent the way of the late points is: 1 if it is straight."""
        return self._turning(self.taken + 1 - self.late)

    @cached_property
    def swings(self) -> float:
        """The same of the second half of the points."""
        return self._turning(self.taken // 2)

    def _turning(self, first: int) -> float:
        extent = float(np.sqrt((np.ptp(self.path.x[first:], axis=0) ** 2).sum()))
        return float(self.lengths[first:].sum()) / extent if extent > 0 else 0.0

    @cached_property
    def effective(self) -> tuple[float, float]:
        """What a step is as a multiple of the gradient, at first and at the end, if the schedule had no say.

        Medians over the first twentieth and over the late steps; NaN where nothing can be said.
        """
        rates = self.rates / np.where(self.shares != 0, self.shares, np.nan)
        first, last = rates[: max(5, self.taken // 20)], rates[-self.late :]
        first, last = first[np.isfinite(first)], last[np.isfinite(last)]
        return (
            float(np.median(first)) if first.size else np.nan,
            float(np.median(last)) if last.size else np.nan,
        )

    @cached_property
    def curvatures(self) -> Array:
        """The curvatures, ascending, at points spread over the path; those that are finite, of shape ``(n, d)``."""
        looks = np.unique(np.linspace(0, self.taken, min(_LOOKS, self.taken + 1)).round().astype(int))
        return eigenvalues(self.objective, self.path.x[looks])

    @cached_property
    def steepest(self) -> float:
        """The largest curvature that the run has to live with: at its start, at its end and at the minimum it is for.

        NaN where no such curvature is finite and positive.
        """
        points = [self.path.x[:1]]
        points += [] if self.path.status.failed else [self.path.x[-1:]]
        points += [np.array([self.objective.minima[0]])] if self.objective.minima and not self.objective.kink else []
        values = eigenvalues(self.objective, np.concatenate(points))
        largest = float(values.max(initial=0.0))
        return largest if largest > 0 else np.nan

    @cached_property
    def limit(self) -> float | None:
        """The largest product of learning rate and curvature that the rule bears; ``None`` if it has no such limit.

        It has one if it answers in proportion to the gradient near a minimum.
        """
        run = self.path.run
        return largest_product(run.optimizer, tuple(run.settings.items()))

    @cached_property
    def bounces(self) -> float:
        """The share of the last steps that turn back along the direction of the largest curvature there.

        0 if less than half of the way is along it.
        """
        last = slice(max(0, self.taken - _WINDOW), self.taken)
        moves = self.moves[last]
        if len(moves) < 4:
            return 0.0
        hessian = np.moveaxis(self.objective.parsed.hessian(self.path.x[last].T), -1, 0)
        if not np.isfinite(hessian).all():
            return 0.0
        values, vectors = np.linalg.eigh(hessian)
        rows = np.arange(len(values))
        stiff = vectors[rows, :, np.abs(values).argmax(axis=1)]
        # A direction has no sign of its own.
        turns = np.where((stiff[1:] * stiff[:-1]).sum(axis=1) < 0, -1.0, 1.0)
        stiff[1:] *= np.cumprod(turns)[:, None]
        along = (moves * stiff).sum(axis=1)
        way = float(self.lengths[last].sum())
        if not way or float(np.abs(along).sum()) < 0.5 * way:
            return 0.0
        return float((along[1:] * along[:-1] < 0).mean())

    @cached_property
    def slope(self) -> float:
        """The median norm of the gradient in the picture: how steep it usually is."""
        return landscape(self.objective)[0]

    @cached_property
    def usual_curvature(self) -> float:
        """The median size of the larger curvature in the picture."""
        return landscape(self.objective)[1]

    @cached_property
    def deepest(self) -> float:
        """The lowest value at the points of a grid over the picture; infinite if there is none."""
        return landscape(self.objective)[2]

    @cached_property
    def stiffness(self) -> float:
        """The largest curvature at the last points, by its median; NaN if none is finite."""
        values = eigenvalues(self.objective, self.path.x[-_WINDOW:])
        return float(np.median(values[:, -1])) if values.size else np.nan

    @cached_property
    def share(self) -> float:
        """The learning rate of the last steps as a share of the one that is set."""
        return float(np.median(self.path.rate_share[-self.late :]))

    @cached_property
    def stationary_point(self) -> Stationary | None:
        """The stationary point that the end of the run belongs to, by Newton's method; ``None`` if there is none."""
        return stationary_point(self.objective, self.path.x[-1], _CLOSE * self.diagonal, self.slope)

    @cached_property
    def away(self) -> float:
        """How far the end is from the nearest lowest minimum; NaN where none is known."""
        if not self.has_lowest:
            return np.nan
        points = np.array(self.known.points[: self.lowest])
        return float(np.sqrt(((points - self.path.x[-1]) ** 2).sum(axis=1)).min())

    @cached_property
    def pace(self) -> float:
        """How far the second half of the run got per step, as the crow flies."""
        half = self.taken // 2
        return float(np.sqrt(((self.path.x[-1] - self.path.x[half]) ** 2).sum())) / max(self.taken - half, 1)
