"""What a point is at which the gradient is nearly 0: a minimum, a maximum, a saddle, or too flat to say."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt

from core.engine.status import REST_NORM, Outcome, Status
from core.formula import Formula
from core.formula.words import counted, digits

Array = npt.NDArray[np.float64]

# Rounding of the second derivatives, relative to the largest curvature, with room for what cancels in them.
_ROUNDING = 1e-12
# Newton's step leads to a simple zero of the gradient, and the curvature hardly changes on the way. At a multiple zero,
# such as that of x³ or x⁴, the step covers half of the way at most, and the curvature falls to half or less.
_CHANGE = 0.25
# How far that zero may be, relative to a point beyond 1: a slope that is nearly 0 far from every zero is flat ground.
_NEAR = 1e-2
# What a formula can have kinks by; whole powers are products.
_UNSMOOTH = frozenset({"abs", "sign", "floor", "min", "max", "where", "sqrt", "pow", "mod"})
# How far to either side of a point slopes are compared, relative to a point beyond 1: a curvature of 100 changes them
# by no more than what counts as 0, a kink by as much as anywhere.
_ASIDE = 1e-8
# Beside a kink a smaller curvature counts as none: what rounding leaves of slopes, divided by that distance, is less.
_LEVEL = 1e-3


@dataclass(frozen=True, eq=False)
class Rests:
    """What points are: ``outcomes`` of shape ``(B,)``, and what that was judged by.

    ``curvatures`` of shape ``(d, B)`` are the eigenvalues of the Hessian, ascending; where ``kinks`` of shape ``(B,)``
    holds, the slope jumps, and the outcome follows from the slopes around instead.
    """

    outcomes: npt.NDArray[np.str_]
    curvatures: Array
    kinks: npt.NDArray[np.bool_]


@np.errstate(all="ignore")
def rests(formula: Formula, x: Array, grad: Array) -> Rests:
    """What the points ``x`` are, whose gradients ``grad`` are nearly 0; both have shape ``(d, B)``, d being 1 or 2."""
    hessian = formula.hessian(x)
    curvatures, step = _eigenvalues(hessian), _newton_step(hessian, grad)
    change = np.abs(_eigenvalues(formula.hessian(x - step)) - curvatures)
    size = np.abs(curvatures)
    clear = (size > _ROUNDING * size.max(axis=0)) & (change <= _CHANGE * size)
    simple = (clear & (np.abs(step) <= _NEAR * np.maximum(np.abs(x), 1))).all(axis=0)
    outcomes = _judged(curvatures > 0, curvatures < 0)
    outcomes[~simple] = Outcome.FLAT
    kinks = np.zeros(x.shape[1], dtype=bool)
    if not _is_smooth(formula):
        kinks = _have_kinks(formula, x, grad, hessian)
        outcomes[kinks] = _judged_around(formula, x[:, kinks], grad[:, kinks])
    return Rests(outcomes, curvatures, kinks)


def rest_status(formula: Formula, x: Array, grad: Array, step: int) -> Status:
    """How a run ended whose last point ``x``, of shape ``(d,)``, has a gradient of nearly 0."""
    rest = rests(formula, x[:, None], grad[:, None])
    outcome, values = Outcome(rest.outcomes[0]), rest.curvatures[:, 0]
    if rest.kinks[0]:
        sides = "on both sides" if len(x) == 1 else f"in each of {_directions(2).shape[1]} directions"
        seen = {
            Outcome.MINIMUM: f"the loss rises {sides}",
            Outcome.MAXIMUM: f"the loss falls {sides}",
            Outcome.SADDLE: "the loss rises in some directions and falls in others",
            Outcome.FLAT: "the loss neither rises on every side nor falls on every side",
        }
        reason = f"; the slope jumps there, and {seen[outcome]}"
    else:
        several = len(x) > 1
        what = "eigenvalues of the Hessian" if several else "second derivative"
        numbers = " and ".join(map(digits, values))
        seen = {
            Outcome.MINIMUM: "are positive" if several else "is positive",
            Outcome.MAXIMUM: "are negative" if several else "is negative",
            Outcome.SADDLE: "differ in sign",
            Outcome.FLAT: "do not tell a minimum from a saddle"
            if several
            else "does not tell a minimum from an inflection",
        }
        reason = f", and the {what}, {numbers}, {seen[outcome]}"
    where = "on flat ground" if outcome is Outcome.FLAT else f"at a {outcome}"
    norm = np.sqrt((grad**2).sum())
    return Status(outcome, step, f"Ended {where}: after {counted(step)} the gradient norm is {digits(norm)}{reason}.")


def _judged(up: npt.NDArray[np.bool_], down: npt.NDArray[np.bool_]) -> npt.NDArray[np.str_]:
    """The outcome where the objective curves ``up`` and ``down`` in directions, the rows of both."""
    conditions = [up.all(axis=0), down.all(axis=0), up.any(axis=0) & down.any(axis=0)]
    return np.select(conditions, [Outcome.MINIMUM, Outcome.MAXIMUM, Outcome.SADDLE], Outcome.FLAT)


def _have_kinks(formula: Formula, x: Array, grad: Array, hessian: Array) -> npt.NDArray[np.bool_]:
    """Where the slope to one side of ``x`` differs from ``grad`` by what no curvature explains.

    One line is enough, if it is no line along which a formula that people write is smooth.
    """
    line = np.array([np.cos(1.0), np.sin(1.0)]) if len(x) > 1 else np.ones(1)
    aside = _aside(x)
    bend = line @ np.tensordot(line, hessian, 1)
    kinks = np.zeros(x.shape[1], dtype=bool)
    for side in (aside, -aside):
        rise = line @ (formula.grad(x + side * line[:, None]) - grad)
        kinks |= np.abs(rise - side * bend) > REST_NORM
    return kinks


def _judged_around(formula: Formula, x: Array, grad: Array) -> npt.NDArray[np.str_]:
    """The outcome by how the slopes around ``x`` rise from ``grad`` in ``_directions``."""
    directions, aside = _directions(len(x))[..., None], _aside(x)
    rises = (directions * (formula.grad(x[:, None] + aside * directions) - grad[:, None])).sum(axis=0)
    outcomes = _judged(rises > _LEVEL * aside, rises < -_LEVEL * aside)
    if len(x) == 1:
        # On a line there is no saddle: what falls to one side only is a step on the way down.
        outcomes[outcomes == Outcome.SADDLE] = Outcome.FLAT
    return outcomes


def _aside(x: Array) -> Array:
    """How far from each point slopes are compared with its own, of shape ``(B,)``."""
    return np.asarray(_ASIDE * np.maximum(np.abs(x).max(axis=0), 1))


def _eigenvalues(hessian: Array) -> Array:
    """The eigenvalues of matrices of shape ``(d, d, B)``, ascending: in closed form, many times faster than LAPACK."""
    if len(hessian) == 1:
        return np.asarray(hessian[0])
    middle, apart = (hessian[0, 0] + hessian[1, 1]) / 2, (hessian[0, 0] - hessian[1, 1]) / 2
    radius = np.hypot(apart, hessian[0, 1])
    return np.stack([middle - radius, middle + radius])


def _newton_step(hessian: Array, grad: Array) -> Array:
    """H⁻¹g by Cramer's rule, of shape ``(d, B)``; not finite where the Hessian has no inverse."""
    if len(grad) == 1:
        return np.asarray(grad / hessian[0])
    (a, b), (_, d) = hessian
    p, q = grad
    return np.asarray(np.stack([d * p - b * q, a * q - b * p]) / (a * d - b * b))


@lru_cache(maxsize=2)
def _directions(size: int) -> Array:
    """Unit vectors along the axes and the diagonals between them, as columns."""
    columns = np.array([way for way in product((-1.0, 0.0, 1.0), repeat=size) if any(way)]).T
    return np.asarray(columns / np.sqrt((columns**2).sum(axis=0)))


@lru_cache(maxsize=256)
def _is_smooth(formula: Formula) -> bool:
    """Whether no part of ``formula`` can have a kink."""
    graph, value, _ = formula.written(formula.inputs)
    return not _UNSMOOTH & {graph.nodes[part].operation for part in graph.ancestors([value])}
