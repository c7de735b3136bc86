"""The experiment about the direction of steepest descent, which depends on how lengths are measured."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import PALETTE
from core.engine.findings import Expected, Experiment, Finding, Plot, Series
from core.formula.words import digits, listed


def _steepest(settings: Mapping[str, float]) -> Finding:
    g = np.array([settings["gx"], settings["gy"]])
    largest = np.abs(g) == np.abs(g).max()
    # Of two equal coordinates the first is taken: both are steepest.
    single = np.where(np.arange(2) == largest.argmax(), -np.sign(g), 0.0)
    euclid = np.zeros(2) if not g.any() else -g / np.sqrt(g @ g)
    # Adding 0 turns −0 into 0.
    steps = {"ℓ2": euclid + 0, "ℓ∞": -np.sign(g) + 0, "ℓ1": single + 0}
    numbers: dict[str, float] = {}
    for norm, step in steps.items():
        numbers[f"{norm} step, x"], numbers[f"{norm} step, y"] = float(step[0]), float(step[1])
        numbers[f"{norm} decrease"] = float(-g @ step)
    if not g.any():
        sentence = "Where the gradient is 0, no direction is steepest: every step changes the loss by 0 at first order."
    else:
        directions = [f"({digits(step[0])}, {digits(step[1])}) by the {norm} norm" for norm, step in steps.items()]
        tie = ", where the other coordinate would do as well" if largest.all() else ""
        sentence = (
            f"For g = ({digits(g[0])}, {digits(g[1])}) the steepest step of length 1 is {listed(directions)}{tie}."
        )
    turn = np.linspace(0, 2 * np.pi, 121)
    circle, corner = np.array([np.cos(turn), np.sin(turn)]), np.array([[1, 1, -1, -1, 1], [1, -1, -1, 1, 1]])
    diamond = np.array([[1, 0, -1, 0, 1], [0, -1, 0, 1, 0]])
    outlines = (circle, corner.astype(np.float64), diamond.astype(np.float64))
    series = []
    for (norm, step), outline, color in zip(steps.items(), outlines, PALETTE, strict=False):
        series.append(Series("", outline[0], outline[1], color, "dot"))
        series.append(
            Series(f"steepest by {norm}", np.array([0, step[0]]), np.array([0, step[1]]), color, mode="lines+markers")
        )
    return Finding(numbers, sentence, Plot("step in x", "step in y", tuple(series)))


_STEEPEST = Experiment(
    key="X69",
    question="Is the negative gradient the direction of steepest descent?",
    settings=(
        Hyper("gx", "g_x", 3.0, (-10.0, 10.0), (-10.0, 10.0), "linear", "The slope along x."),
        Hyper("gy", "g_y", 1.0, (-10.0, 10.0), (-10.0, 10.0), "linear", "The slope along y."),
    ),
    find=_steepest,
    expected=(
        Expected("ℓ2 step, x", -0.949, 0.0005, "Three digits are known."),
        Expected("ℓ2 step, y", -0.316, 0.0005, "Three digits are known."),
        Expected("ℓ∞ step, x", -1, 0, "A sign."),
        Expected("ℓ∞ step, y", -1, 0, "A sign."),
        Expected("ℓ1 step, x", -1, 0, "A sign."),
        Expected("ℓ1 step, y", 0, 0, "The smaller coordinate does not move."),
    ),
)


ALL: tuple[Experiment, ...] = (_STEEPEST,)
