"""What Adam does not notice, and what it does: a loss multiplied by a number, and axes that are turned."""

import math
from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.findings import Expected, Experiment, Finding, Plot
from core.engine.run import Run
from core.engine.trace import Path, trace
from core.evidence.experiments.measure import curve, first, steps_text
from core.evidence.experiments.telling import learning_rate
from core.formula.words import digits

_GD, _ADAM = (OPTIMIZERS[key] for key in ("sgd", "adam"))
_STEP = "step"
_LONGEST = 5000

_ROSENBROCK = "((1 - x)**2 + 100*(y - x**2)**2)"
# Stable on the unscaled function from this start, where the limit 2/L is 0.000956.
_GD_RATE = 0.0008


def _loss_scale(settings: Mapping[str, float]) -> Finding:
    scale, lr = settings["scale"], settings["lr"]
    start = (-1.5, 2.0)
    (adam, adam_scaled), (gd, gd_scaled) = (
        tuple(trace(Run(f"{factor!r}*{_ROSENBROCK}", key, start, 2000, {"lr": rate})) for factor in (1.0, scale))
        for key, rate in ((_ADAM.key, lr), (_GD.key, _GD_RATE))
    )
    apart = np.abs(adam.x - adam_scaled.x).max(axis=1)
    common = min(len(gd.x), len(gd_scaled.x))
    gd_apart = np.abs(gd.x[:common] - gd_scaled.x[:common]).max(axis=1)
    survived = len(gd_scaled.x) - 1
    fate = (
        f"gradient descent diverges at step {survived + 1}"
        if survived < 2000
        else f"gradient descent's points move by up to {digits(gd_apart.max())}"
    )
    sentence = (
        f"With the loss multiplied by {digits(scale)} Adam's points move by at most {digits(apart.max())} in 2000 "
        f"steps, while {fate}."
    )
    numbers = {
        "largest change of Adam's points": float(apart.max()),
        "largest change of gradient descent's points": float(gd_apart.max()),
        "steps gradient descent survives": float(survived),
    }
    series = (
        curve(_ADAM.name, apart, color=_ADAM.color),
        curve(_GD.name, gd_apart, color=_GD.color),
    )
    return Finding(numbers, sentence, Plot(_STEP, "distance from the unscaled run", series, log_x=True, log_y=True))


_X31 = Experiment(
    key="X31",
    question="What happens to Adam when the loss is multiplied by a number?",
    settings=(
        Hyper("scale", "c", 1000.0, (1e-3, 1e6), (1e-3, 1e6), "log", "What the loss is multiplied by."),
        learning_rate(0.01, (0.001, 0.1)),
    ),
    find=_loss_scale,
    expected=(
        Expected("largest change of Adam's points", 0.0, 1e-8, "ε is not scaled; rounding adds less"),
        Expected("steps gradient descent survives", 2, 1, "each step multiplies the distance by millions"),
    ),
)


def ravine(degrees: float) -> str:
    """½(u² + 100v²) as a formula, where u and v are x and y turned by ``degrees``."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return f"(({cosine!r}*x + {sine!r}*y)**2 + 100*({cosine!r}*y - {sine!r}*x)**2)/2"


def turned(x: float, y: float, degrees: float) -> tuple[float, float]:
    """The point (x, y) turned about the origin by ``degrees``."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return cosine * x - sine * y, sine * x + cosine * y


RAVINE_RATE = 0.0198
"""The learning rate for gradient descent in the ravine, whose best is 2/101."""


def _in_ravine(key: str, lr: float, degrees: float) -> Path:
    """The ravine with its axes turned, from the same place on it."""
    return trace(Run(ravine(degrees), key, turned(1.0, 1.0, degrees), _LONGEST, {"lr": lr}))


def _axes(settings: Mapping[str, float]) -> Finding:
    degrees, lr = settings["angle"], settings["lr"]
    straight, askew = (_in_ravine(_ADAM.key, lr, angle) for angle in (0.0, degrees))
    gd_straight, gd_turned = (_in_ravine(_GD.key, RAVINE_RATE, angle) for angle in (0.0, degrees))
    counts = [first(path.loss <= 1e-6) for path in (straight, askew, gd_straight, gd_turned)]
    sentence = (
        f"To bring the loss to 10⁻⁶ for the first time Adam at rate {digits(lr)} needs "
        f"{steps_text(counts[0], _LONGEST)} when the ravine lies along the axes and {steps_text(counts[1], _LONGEST)} "
        f"when it is turned by {digits(degrees)}°; gradient descent at its best rate, {digits(RAVINE_RATE)}, needs "
        f"{digits(counts[2])} and {digits(counts[3])}."
    )
    names = ("Adam", "Adam, turned", "gradient descent", "gradient descent, turned")
    numbers = {f"steps, {name}": count for name, count in zip(names, counts, strict=True)}
    series = (
        curve("Adam along the axes", straight.loss[: int(min(counts[0], _LONGEST)) + 1], color=_ADAM.color),
        curve("Adam turned", askew.loss[: int(min(counts[1], _LONGEST)) + 1], color=_ADAM.color, dash="dash"),
        curve("gradient descent, either way", gd_turned.loss[: int(counts[3]) + 1], color=_GD.color),
    )
    return Finding(numbers, sentence, Plot(_STEP, "loss", series, log_x=True, log_y=True))


_X32 = Experiment(
    key="X32",
    question="Does the direction of the axes matter to Adam?",
    settings=(
        Hyper("angle", r"\varphi", 45.0, (0.0, 90.0), (0.0, 90.0), "linear", "Turn of the ravine, in degrees."),
        learning_rate(0.01, (0.005, 0.3)),
    ),
    find=_axes,
    expected=(
        Expected("steps, Adam", 305, 2, "a crossing can move by a step where a platform rounds differently"),
        Expected("steps, Adam, turned", 3306, 10, "rounding in cos and sin shifts a slow crossing"),
        Expected("steps, Adam", 82, 1, "a crossing can move by a step", {"lr": 0.1}),
        Expected("steps, Adam, turned", 501, 3, "rounding in cos and sin shifts a slow crossing", {"lr": 0.1}),
        Expected("steps, gradient descent", 440, 1, "a crossing can move by a step"),
        Expected("steps, gradient descent, turned", 440, 1, "a crossing can move by a step"),
    ),
)


ALL: tuple[Experiment, ...] = (_X31, _X32)
