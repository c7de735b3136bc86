"""A ravine whose axes are turned: the same function for gradient descent, another one for Adam."""

from dataclasses import replace

import numpy as np

from core.catalogue.objectives import Objective
from core.catalogue.racers import RACERS
from core.engine.summary import Race
from core.engine.trace import Path, trace
from core.evidence.experiments import EXPERIMENTS
from core.evidence.experiments.invariance import RAVINE_RATE, ravine, turned
from core.evidence.experiments.measure import first, steps_text
from core.formula.latex import measured
from core.formula.words import digits
from core.lessons.demo import Demo, hyper_turn

# How far from the minimum along and across the ravine a run starts unless told otherwise.
_OFFSET = (1.0, 1.0)
# Reached by this loss a run counts as arrived; it began at 50.5.
ARRIVED = 1e-6
# Adam at its slowest needs more than 3300 steps.
_BUDGET = 6000

# Those of the experiment that turns it further.
ANGLE, ADAM_RATE = (setting.default for setting in EXPERIMENTS["X32"].settings)


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


def arrivals(race: Race) -> list[str]:
    """A sentence per rule of a ``race`` in the ravine turned by ``ANGLE``: its steps to a loss of 1e-6.

    There and in the same ravine laid straight, started from the same place on it.
    """
    sentences = []
    for racer, path in race:
        run = replace(path.run, steps=_BUDGET)
        straight = turned(run.start[0], run.start[1], -ANGLE)
        there = trace(run)
        here = trace(replace(run, objective=turned_ravine(0.0).formula, start=straight))
        sentences.append(
            f"**{racer.name}** brings the loss to ${measured(ARRIVED).latex}$ in {_steps(here)} with the ravine along "
            f"the axes, and in {_steps(there)} with it turned by {digits(ANGLE)}°."
        )
    return sentences


def _steps(path: Path) -> str:
    arrived = first(path.loss <= ARRIVED)
    if np.isinf(arrived) and path.status.failed:
        return f"no number of steps ({path.status.outcome})"
    return steps_text(arrived, _BUDGET)


TURNED = Demo(
    key="turned",
    title=f"A ravine turned by {digits(ANGLE)}°",
    look_for="Adam scales each coordinate by itself, but here the ravine lies diagonally between them, so it crawls "
    "along the floor. Gradient descent runs just as it would with the ravine along the axes.",
    objective=turned_ravine(ANGLE),
    steps=600,
    entrants=((RACERS["sgd"], {}), (RACERS["adam"], {})),
    turns=(hyper_turn("lr", RAVINE_RATE, "sgd"), hyper_turn("lr", ADAM_RATE, "adam")),
    tell=arrivals,
)
