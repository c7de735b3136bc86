"""The minimum that a run heads to, and the quadratic that touches the objective there, if one does."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.catalogue.objectives import Objective
from core.engine.rest import rests
from core.engine.status import REST_NORM, Outcome, point_text
from core.engine.trace import Path
from core.formula import Formula
from core.formula.words import digits
from core.problems.theory.curvature import Curvature, curvature

Array = npt.NDArray[np.float64]

# Newton's method from next to a minimum doubles its digits at every step.
_REFINED = 4
# A run at rest this near to a minimum, relative to a point beyond 1, rests at that one.
_SAME = 1e-3
# Second derivatives that differ by no more, relative to the largest, are one and the same, rounded.
_ROUNDING = 1e-9
# How far aside of a minimum, relative to a point beyond 1, and in which ways, the curvature must be as it is there, but
# for this share of the largest.
_ASIDE, _JUMP = 1e-6, 0.1
_WAYS = np.array([[1.0, -1.0, 1.0, -1.0, 0.3, -0.3], [1.0, -1.0, -1.0, 1.0, 1.0, -1.0]])


@dataclass(frozen=True, eq=False)
class Bottom:
    """A minimum and the curvature there. ``everywhere`` says whether the objective is that quadratic all along a run.

    If it is not, what theory makes of the curvature holds near the minimum only.
    """

    point: tuple[float, ...]
    curvature: Curvature
    everywhere: bool


def bottom(path: Path) -> Bottom:
    """Where ``path`` heads to: the minimum nearest to its end or, of a run that failed, to its start.

    Minima are those that the declaration of the objective or a search knows, and the end of a run that rests at one.
    Raises ``ValueError`` with a sentence where there is none, or one at which no quadratic touches the objective.
    """
    objective = path.run.resolved_objective
    point = _nearest(path, objective)
    curved = _curvature(objective, point)
    everywhere = _is_quadratic(objective, np.vstack([point, path.x]))
    if not everywhere and curved.smallest <= 0:
        raise ValueError(
            f"At the minimum {point_text(point)} the smallest curvature is {digits(curved.smallest)}, so along its "
            "direction no quadratic says what happens, and no fixed factor describes the run."
        )
    return Bottom(tuple(float(number) for number in point), curved, everywhere)


def opening_curvature(objective: Objective) -> Curvature | None:
    """The curvature at the first minimum that is known of ``objective``, by which its controls can be scaled.

    ``None`` where there is none, or where nothing curves upwards.
    """
    known = [*objective.minima, *objective.other_minima]
    if not known or objective.kink:
        return None
    hessian = objective.parsed.hessian(np.array(known[0]))
    if not np.isfinite(hessian).all():
        return None
    curved = curvature(objective.parsed, known[0])
    return curved if curved.largest > 0 else None


def _nearest(path: Path, objective: Objective) -> Array:
    outcome = path.status.outcome
    if outcome in (Outcome.SADDLE, Outcome.MAXIMUM):
        raise ValueError(
            f"This run rests at a {outcome}, {point_text(path.x[-1])}, from which any disturbance leads away: theory "
            "speaks of minima, to which a run comes back."
        )
    reference = path.x[0] if path.status.failed else path.x[-1]
    known = [np.array(point) for point in (*objective.minima, *objective.other_minima)]
    distances = [float(np.linalg.norm(point - reference)) for point in known]
    # Lists of minima need not have all.
    if outcome is Outcome.MINIMUM and not min(distances, default=np.inf) <= _SAME * max(1, np.abs(reference).max()):
        return _refined(objective.parsed, reference)
    if not known:
        raise ValueError(
            "No minimum of this formula is known, and the run does not rest at one, so there is none to come back to."
        )
    nearest = known[int(np.argmin(distances))]
    # What the catalogue declares has all its digits.
    return nearest if objective.reference == objective.key else _refined(objective.parsed, nearest)


@np.errstate(all="ignore")
def _refined(formula: Formula, point: Array) -> Array:
    """``point``, next to a minimum, to the last digit; as it is where the Hessian has no inverse."""
    for _ in range(_REFINED):
        gradient, hessian = formula.grad(point), formula.hessian(point)
        if not np.isfinite(hessian).all() or np.linalg.matrix_rank(hessian) < len(point):
            return point
        moved = point - np.linalg.solve(hessian, gradient)
        if not np.linalg.norm(formula.grad(moved)) < np.linalg.norm(gradient):
            return point
        point = moved
    return point


def _curvature(objective: Objective, point: Array) -> Curvature:
    """The curvature at the minimum ``point``. Raises ``ValueError`` where the slope has none or jumps."""
    formula = objective.parsed
    gradient = formula.grad(point)
    resting = bool(np.linalg.norm(gradient) <= REST_NORM)
    kink = objective.kink and point.tolist() in [list(minimum) for minimum in objective.minima]
    if kink or not resting or rests(formula, point[:, None], gradient[:, None]).kinks[0]:
        raise ValueError(
            f"At the minimum {point_text(point)} the loss has a kink, so no quadratic touches it there: however near, "
            "the slope does not shrink, and no fixed learning rate brings a run to rest."
        )
    curved = curvature(formula, point)
    beside = _hessians(formula, point[:, None] + _ASIDE * np.maximum(np.abs(point[:, None]), 1) * _WAYS[: len(point)])
    here = formula.hessian(point)[..., None]
    if not (np.abs(beside - here) <= _JUMP * np.abs(here).max()).all() and curved.largest > 0:
        raise ValueError(
            f"At the minimum {point_text(point)} the curvature jumps from one side to the other, so no single "
            "quadratic touches the loss there."
        )
    if curved.largest <= 0:
        raise ValueError(
            f"At the minimum {point_text(point)} the second derivatives are {digits(0)}, so no quadratic says what "
            "happens: the nearer a run comes, the smaller the share of the distance that a step covers."
        )
    return curved


@np.errstate(all="ignore")
def _hessians(formula: Formula, x: Array) -> Array:
    return formula.hessian(x)


def _is_quadratic(objective: Objective, points: Array) -> bool:
    """Whether the second derivatives are the same at all ``points``, ``(n, d)``, and at the corners of the domain."""
    corners = np.stack([axis.ravel() for axis in np.meshgrid(*objective.domain)], axis=1)
    hessians = _hessians(objective.parsed, np.concatenate([points, corners]).T)
    change = np.abs(hessians - hessians[..., :1])
    return bool((change <= _ROUNDING * np.abs(hessians[..., 0]).max()).all())
