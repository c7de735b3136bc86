"""SAM beside gradient descent in the valley ½(w₁w₂ − 1)²: settings, runs, and how flat each ends, in words."""

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import OBJECTIVES
from core.catalogue.optimizers import OPTIMIZERS
from core.catalogue.racers import RACERS, Racer
from core.engine.findings import Array, Mark, Plot
from core.engine.run import Run
from core.engine.summary import Race
from core.engine.trace import Path, trace
from core.evidence.experiments.measure import curve
from core.formula.words import counted, digits

VALLEY = OBJECTIVES["hyperbola_valley"]
STEPS = 5000
_GD, _SAM = RACERS["sgd"], RACERS["sam"]
(RHO,) = [hyper for hyper in OPTIMIZERS["sam"].hypers if hyper.name == "rho"]
# The radius at which SAM reaches the flattest minimum within the steps shown.
RADIUS = 0.2
# Gradient descent from the valley's own start diverges from about 0.2 on.
RATE = Hyper("lr", r"\alpha", 0.01, (0.0, 1.0), (0.001, 0.2), "log", "The learning rate of both.")


def walks(start: tuple[float, ...], lr: float, rho: float, steps: int = STEPS) -> Race:
    """Gradient descent and SAM with radius ``rho``, from one start at one rate."""
    given: list[tuple[Racer, dict[str, float]]] = [(_GD, {"lr": lr}), (_SAM, {"lr": lr, "rho": rho})]
    return [(racer, trace(Run(VALLEY.key, racer.optimizer.key, start, steps, hypers))) for racer, hypers in given]


def preview() -> Plot:
    """The sharpness along both walks, small."""
    series = tuple(
        curve(name, sharpness(path), color=racer.color)
        for name, (racer, path) in zip(("descent", "SAM"), walks(VALLEY.start, RATE.default, RADIUS), strict=True)
    )
    return Plot("step", "sharpness", series, marks=(Mark("y", 2.0, "flattest"),))


def walk_sentences(race: Race) -> list[str]:
    """How sharp each walk ends, in a sentence each. On the floor of the valley the sharpness is w₁² + w₂²."""
    return [_walk_sentence(racer, path) for racer, path in race]


def sharpness(path: Path) -> Array:
    """w₁² + w₂² before each step and after the last, shape ``(steps + 1,)``."""
    return np.asarray((path.x**2).sum(axis=1))


def _walk_sentence(racer: Racer, path: Path) -> str:
    if path.status.failed:
        return f"{racer.name}: {path.status}"
    sizes = sharpness(path)
    return (
        f"{racer.name} ends where w₁² + w₂² is {digits(sizes[-1])}, from {digits(sizes[0])} at the start, for "
        f"{counted(path.evaluations, 'gradient')}; the loss there is {digits(path.loss[-1])}. The flattest minimum has "
        "2."
    )
