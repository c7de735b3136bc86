"""Too small and too large a learning rate at a glance: two runs each on a parabola, and how far they come."""

from dataclasses import dataclass

import numpy as np

from core.catalogue.objectives import OBJECTIVES
from core.catalogue.optimizers.declaration import BLUE, ORANGE
from core.engine.findings import Plot, Series
from core.engine.run import Run
from core.engine.trace import trace
from core.formula.words import counted, digits

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
            Series(f"α = {digits(first)}", steps, x, ORANGE, mode="lines+markers"),
            Series(f"α = {digits(second)}", steps, other, BLUE, mode="lines+markers"),
        )
        return Plot("step", "position x", series)

    return (
        Card(
            "Too small",
            f"At α = {digits(_SLOW)}, {digits(100 * left(slow))} % of the distance to the minimum is left after "
            f"{counted(_STEPS)}, at {digits(_BETTER)} only {digits(100 * left(better))} %: far below the limit, a "
            "tenth of the rate costs ten times the steps. All that is lost is time; which minimum is found depends on "
            "the start.",
            drawn(_SLOW, slow, _BETTER, better),
            "Position against the step on a parabola: the small rate creeps, ten times that rate arrives",
        ),
        Card(
            "Too large",
            f"At α = {digits(_SWINGS)} every step lands on the other side, yet closer: {digits(100 * left(swings))} % "
            f"is left after {_STEPS}. At {digits(_DIVERGES)}, beyond the limit 2/L = {digits(limit)}, every step lands "
            f"further out: {digits(left(diverges))} times as far away. Where the curvature changes, such a run may hop "
            "about for ever instead.",
            drawn(_DIVERGES, diverges, _SWINGS, swings),
            "Position against the step on a parabola: below the limit the swings shrink, above it they grow",
        ),
    )
