"""What curvature promises of the learning rate of the worked example, and what a run of it did."""

from dataclasses import dataclass, replace

from core.theory import contraction
from core.trace import Path
from core.worked.example import Convention, Example

# As a share of the first gradient norm; what is smaller begins to be rounding.
_ROUNDING = 1e-9
# One part in so many, the last, is measured: by then the slowest direction is left.
_LATE = 4


def predicted_factor(example: Example) -> float:
    """What the gradient is multiplied by per step in the long run, from 0; below 1 the run settles."""
    return contraction("sgd", example.curvature.values, example.lr)


def measured_factor(path: Path) -> float | None:
    """What the gradient norm was multiplied by per step, over the last quarter of what is more than rounding.

    ``None`` for fewer than four such steps.
    """
    (usable,) = (path.grad_norm > _ROUNDING * path.grad_norm[0]).nonzero()
    last = int(usable[-1]) if usable.size else 0
    if last < _LATE:
        return None
    first = last - last // _LATE
    return float((path.grad_norm[last] / path.grad_norm[first]) ** (1 / (last - first)))


def rate_sentences(example: Example, path: Path) -> list[str]:
    """The shape of the bowl, the limit with the share of it that is used, and prediction beside measurement."""
    bowl = example.curvature
    if example.flat:
        shape = (
            f"All x are equal, so the loss is a gutter: flat in one direction, with curvature L = {bowl.largest:.4g} "
            "across. Only the one across is descended."
        )
    else:
        shape = (
            f"The bowl's curvatures are L = {bowl.largest:.4g} along its steepest direction and "
            f"μ = {bowl.smallest:.4g} along its flattest, a condition number κ of {bowl.condition:.5g}."
        )
    measured = measured_factor(path)
    compared = f"In the long run each step should multiply the gradient by {predicted_factor(example):.4g}"
    if measured is not None:
        compared += f"; over the last quarter of this run it was {measured:.4g} a step"
    return [
        shape,
        f"A learning rate settles below the limit 2/L = {example.limit:.6g}, and {example.best.lr:.6g} is the best "
        f"fixed one. Yours, {example.lr:.6g}, is at {100 * example.share:.4g} % of the limit. {example.regime}",
        f"{compared}.",
    ]


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
