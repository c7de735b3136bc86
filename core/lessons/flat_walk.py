"""SAM beside gradient descent in the valley ½(w₁w₂ − 1)²: settings, runs, and how flat each ends, in words."""

import numpy as np

from core.catalogue.objectives import OBJECTIVES
from core.catalogue.racers import RACERS, Racer
from core.engine.findings import Array, Mark, Plot
from core.engine.summary import Race
from core.engine.trace import Path
from core.evidence.experiments.measure import curve
from core.formula.words import counted, digits
from core.lessons.demo import Demo, hyper_turn

VALLEY = OBJECTIVES["hyperbola_valley"]


def preview() -> Plot:
    """The sharpness along both walks, small."""
    series = tuple(
        curve(name, sharpness(path), color=racer.color)
        for name, (racer, path) in zip(("descent", "SAM"), WALKS.race(), strict=True)
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


WALKS = Demo(
    key="sam",
    title="A valley of equal minima",
    look_for="Along the floor every point has loss 0. Gradient descent stays where it came down; SAM moves on along "
    "the floor to where the valley is flattest, at two gradients a step.",
    objective=VALLEY,
    steps=5000,
    entrants=((RACERS["sgd"], {}), (RACERS["sam"], {})),
    # Gradient descent from the valley's own start diverges from about 0.2 on. At this radius SAM reaches the flattest
    # minimum within the steps shown.
    turns=(hyper_turn("lr", 0.01, "sgd", "sam"), hyper_turn("rho", 0.2, "sam")),
    tell=walk_sentences,
)
