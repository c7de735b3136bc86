"""A ravine whose axes are turned: the same function for gradient descent, another one for Adam."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.objectives import Objective
from core.catalogue.racers import RACERS
from core.engine.run import Run
from core.engine.summary import Race
from core.engine.trace import Path, trace
from core.evidence.experiments import EXPERIMENTS
from core.evidence.experiments.invariance import RAVINE_RATE, ravine, turned
from core.evidence.experiments.measure import first, steps_text
from core.formula.latex import measured
from core.formula.words import digits

# How far from the minimum along and across the ravine a run starts unless told otherwise.
_OFFSET = (1.0, 1.0)
# Reached by this loss a run counts as arrived; it began at 50.5.
ARRIVED = 1e-6
# Adam at its slowest needs more than 3300 steps.
_BUDGET = 6000

STEPS = 600
# Those of the experiment beside the picture.
ANGLE, _ADAM_RATE = EXPERIMENTS["X32"].settings
RATES: Mapping[str, float] = {"sgd": RAVINE_RATE, "adam": _ADAM_RATE.default}
LATEX = (
    r"f(x, y) = \tfrac12\left(u^2 + 100\,v^2\right),\quad "
    r"u = x\cos\varphi + y\sin\varphi,\quad v = y\cos\varphi - x\sin\varphi"
)


def turned_ravine(degrees: float) -> Objective:
    """½(u² + 100v²), where u and v are x and y turned by ``degrees``."""
    x, y = turned(*_OFFSET, degrees)
    return Objective(
        key="turned_ravine",
        name="Turned ravine",
        formula=ravine(degrees),
        domain=((-1.6, 1.6), (-1.6, 1.6)),
        start=(round(x, 6), round(y, 6)),
        minima=((0.0, 0.0),),
        minimum=0.0,
        idea="",
    )


def turned_race(degrees: float, start: tuple[float, ...], steps: int, rates: Mapping[str, float]) -> Race:
    """Each rule of ``rates`` at its learning rate in the ravine turned by ``degrees``, from ``start``."""
    formula = turned_ravine(degrees).formula
    return [(RACERS[rule], trace(Run(formula, rule, start, steps, {"lr": lr}))) for rule, lr in rates.items()]


def arrivals(degrees: float, start: tuple[float, ...], rates: Mapping[str, float]) -> list[str]:
    """A sentence per rule: its steps to a loss of 1e-6 in the turned ravine and in the same one laid straight.

    The straight one is started from the same place on it.
    """
    straight = turned(start[0], start[1], -degrees)
    there = turned_race(degrees, start, _BUDGET, rates)
    here = turned_race(0.0, straight, _BUDGET, rates)
    return [
        f"**{racer.name}** brings the loss to ${measured(ARRIVED).latex}$ in {_steps(other)} with the ravine along the "
        f"axes, and in {_steps(path)} with it turned by {digits(degrees)}°."
        for (racer, path), (_, other) in zip(there, here, strict=True)
    ]


def _steps(path: Path) -> str:
    arrived = first(path.loss <= ARRIVED)
    if np.isinf(arrived) and path.status.failed:
        return f"no number of steps ({path.status.outcome})"
    return steps_text(arrived, _BUDGET)
