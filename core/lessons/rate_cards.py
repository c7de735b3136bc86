"""Too small and too large a learning rate at a glance: two runs each on a parabola, and how far they come."""

from dataclasses import dataclass

import numpy as np

from core.catalogue.objectives import OBJECTIVES
from core.catalogue.optimizers.declaration import BLUE, ORANGE
from core.engine.findings import Plot, Series
from core.engine.run import Run
from core.engine.trace import trace

_PARABOLA = OBJECTIVES["parabola"]
_STEPS = 20
# Of the limit 2/L a hundredth and a tenth, then a twentieth less and more than all of it.
_SLOW, _BETTER, _SWINGS, _DIVERGES = 0.02, 0.2, 1.9, 2.1


@dataclass(frozen=True, eq=False)
class Card:
    """What a learning rate of the wrong size does, in words with the numbers of the runs in ``picture``."""

    title: str
    sentence: str
    picture: Plot
    alt: str


def cards() -> tuple[Card, ...]:
    """Too small and too large, in this order."""
    limit = 2 / float(_PARABOLA.parsed.hessian(np.array(_PARABOLA.minima[0]))[0, 0])
    slow, better, swings, diverges = (
        trace(Run(_PARABOLA.key, "sgd", _PARABOLA.start, _STEPS, {"lr": rate})).x[:, 0]
        for rate in (_SLOW, _BETTER, _SWINGS, _DIVERGES)
    )

    def left(x: np.ndarray) -> float:
        return abs(float(x[-1] / x[0]))

    def drawn(first: float, x: np.ndarray, second: float, other: np.ndarray) -> Plot:
        steps = np.arange(_STEPS + 1.0)
        series = (
            Series(f"α = {first:g}", steps, x, ORANGE, mode="lines+markers"),
            Series(f"α = {second:g}", steps, other, BLUE, mode="lines+markers"),
        )
        return Plot("step", "position x", series)

    return (
        Card(
            "Too small",
            f"At α = {_SLOW:g}, {100 * left(slow):.4g} % of the distance to the minimum is left after {_STEPS} steps, "
            f"at {_BETTER:g} only {100 * left(better):.4g} %: far below the limit, a tenth of the rate costs ten times "
            "the steps. All that is lost is time; which minimum is found depends on the start.",
            drawn(_SLOW, slow, _BETTER, better),
            "Position against the step on a parabola: the small rate creeps, ten times as much arrives",
        ),
        Card(
            "Too large",
            f"At α = {_SWINGS:g} every step lands on the other side, yet closer: {100 * left(swings):.4g} % is left "
            f"after {_STEPS}. At {_DIVERGES:g}, beyond the limit 2/L = {limit:.4g}, every step lands further out: "
            f"{left(diverges):.4g} times as far away. Where the curvature changes, such a run may hop about for ever "
            "instead.",
            drawn(_DIVERGES, diverges, _SWINGS, swings),
            "Position against the step on a parabola: below the limit the swings shrink, above it they grow",
        ),
    )
