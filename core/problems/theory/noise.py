"""How far noise keeps gradient descent away from the minimum of a quadratic, in closed form and as it was measured."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.catalogue.objectives import Objective
from core.engine.run import Run
from core.engine.seeds import Spread
from core.formula.words import digits
from core.problems.theory.curvature import curvature

Array = npt.NDArray[np.float64]

# Second derivatives that differ by no more than this, relative to the largest, are the same.
_SAME = 1e-9
_PLACES = 64
# The share of its final variance from which on a direction counts as settled.
_SETTLED = 0.99


@dataclass(frozen=True)
class Rest:
    """The variance along one direction of a quadratic: what theory says of the long run, and what was measured."""

    curvature: float
    theory: float
    measured: float


def stationary_variance(lr: float, noise: float, curvatures: npt.ArrayLike) -> Array:
    """The variance of gradient descent in the long run along directions of ``curvatures``, each above 0.

    A step multiplies a distance by 1 − αλ and adds −α times noise of variance σ², so the variance v that stays is
    (1 − αλ)²v + α²σ² = v, that is v = ασ²/(λ(2 − αλ)). Infinite where αλ ≥ 2: nothing stays.
    Raises ``ValueError`` for a curvature that is not above 0.
    """
    values = np.asarray(curvatures, dtype=np.float64)
    if not (values > 0).all():
        raise ValueError(f"A variance that stays needs curvatures above 0; {digits(values.min())} was given.")
    with np.errstate(divide="ignore"):
        return np.where(lr * values < 2, lr * noise**2 / (values * (2 - lr * values)), np.inf)


def noise_floor(run: Run, seeds: Spread) -> tuple[tuple[Rest, ...], str]:
    """The variance along each direction beside theory's, and a sentence; without theory, no rows and the reason."""
    if reason := _unknown(run):
        return (), reason
    objective, lr = run.resolved_objective, run.settings["lr"]
    shape = curvature(objective.parsed, objective.start)
    if not shape.smallest > 0:
        return (), "This quadratic has a direction without upward curvature, along which noise adds up for ever."
    theory = stationary_variance(lr, run.noise, shape.values)
    if not np.isfinite(theory).all():
        limit = digits(2 / shape.largest)
        return (), f"The learning rate is at or beyond 2/L = {limit}, where no variance stays: the run moves away."
    if seeds.ends.shape[1] < 2:
        return (), "Fewer than two seeds got to the end, which have no variance."
    measured = np.einsum("ik,ij,jk->k", shape.vectors, seeds.covariance, shape.vectors)
    rows = tuple(map(Rest, shape.values.tolist(), theory.tolist(), measured.tolist()))
    begun = run.steps - seeds.late
    reached = 1 - (1 - lr * shape.smallest) ** (2 * begun)
    sentence = (
        f"On a quadratic gradient descent keeps the variance ασ²/(λ(2 − αλ)) along a direction of curvature λ: "
        f"noise holds it that far from the minimum. Measured over the last {digits(seeds.late)} steps of all seeds it "
        f"is {digits(measured[-1])} along the steepest direction, where theory says {digits(theory[-1])}."
    )
    if reached < _SETTLED:
        sentence += (
            f" Along the flattest it is not settled yet: by step {digits(begun)} theory expects "
            f"{digits(100 * reached)} % of its final variance."
        )
    return rows, sentence


def _unknown(run: Run) -> str:
    """Why theory has no closed form for the variance of ``run``; empty if it has."""
    reasons = {
        f"The variance in closed form is known for gradient descent; that of {run.resolved_optimizer.name} is only "
        "measured.": run.optimizer != "sgd",
        "Under a schedule the variance follows the learning rate, so there is no single one.": run.schedule
        != "constant",
        "Clipping changes the noise, so the closed form does not hold.": run.clip_norm is not None,
        "The closed form holds on a quadratic, and this objective is none.": not _is_quadratic(run.resolved_objective),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _is_quadratic(objective: Objective) -> bool:
    """Whether the second derivatives are the same everywhere in the picture, and nothing holds a run back."""
    formula = objective.parsed
    if formula.box is not None or formula.timed:
        return False
    low, high = np.array(objective.domain).T
    x = np.random.default_rng(0).uniform(low, high, (_PLACES, objective.dimension)).T
    with np.errstate(all="ignore"):
        hessian = formula.hessian(x)
    size = float(np.abs(hessian).max())
    # Not true of nan either.
    return bool((np.abs(hessian - hessian[..., :1]) <= _SAME * size).all()) and size > 0
