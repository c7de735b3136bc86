"""The sections of the Pitfalls page: what each is about, a small picture from a run, experiments without a claim."""

from dataclasses import replace
from functools import partial

import numpy as np

from core.catalogue.optimizers import OPTIMIZERS, PALETTE
from core.engine.findings import Mark, Plot
from core.engine.run import Run
from core.engine.scenarios import DESCENTS, RACES
from core.engine.trace import trace
from core.evidence.experiments.measure import curve
from core.formula.words import digits
from core.lessons import demos, flat_walk, saddle_race, turned
from core.lessons.failures import FAILURES
from core.lessons.sections import Section, picture_of

_STEP = "step"


def _minima() -> Plot:
    """Two starts a tenth apart, on either side of the hilltop between the two wells."""
    series = []
    for start, color in zip((0.15, 0.05), PALETTE, strict=False):
        (run,) = replace(DESCENTS["wells"], start=(start,)).runs()
        series.append(curve(f"from {digits(start)}", trace(run).x[:, 0], color=color))
    return Plot(_STEP, "x", tuple(series))


def _saddles() -> Plot:
    names = {"sgd": "descent", "momentum": "momentum", "adam": "Adam"}
    series = (
        curve(names[run.optimizer], np.abs(trace(run).x[:, 1]), color=run.resolved_optimizer.color)
        for run in RACES["saddle"].runs()
    )
    return Plot(_STEP, "distance |y|", tuple(series), log_y=True)


def _cycles() -> Plot:
    lr, steps = 0.05, 100
    series = [
        # No multiple of the rate: sign steps from one would land exactly on 0 and look perfect.
        curve(name, trace(Run("parabola", key, (1.003,), steps, {"lr": lr})).x[:, 0], color=OPTIMIZERS[key].color)
        for name, key in (("Lion", "lion"), ("descent", "sgd"))
    ]
    return Plot(_STEP, "x", tuple(series), marks=(Mark("y", 0.0, ""),))


# Where a pitfall lies, in the order to read of them.
_STEPS = "In the steps, or in the layers they pass"
_LANDSCAPE = "In the landscape"

SECTIONS: tuple[Section, ...] = (
    Section(
        "divergence",
        "Divergence, and what NaN looks like",
        "NaN is the last symptom of a failing run. Usually the loss has long been growing by the same factor at every "
        "step; or else nothing grows, and a single step leads to where the loss is not defined.",
        partial(picture_of, "X76", "log₁₀ of the loss", {"float32": "float32", "float16": "float16"}),
        "The logarithm of a diverging loss grows evenly, for hundreds of steps, to the end of the number format",
        ("X76", "X09", "X48", "X49", "X65"),
        chip="Divergence",
        group=_STEPS,
        demos=FAILURES,
    ),
    Section(
        "edge",
        "The edge of stability",
        "The limit 2/L holds at one place only. In a network the largest curvature L changes with the weights: it "
        "grows until the learning rate is at the limit, and stays there, while the loss goes up and down but falls in "
        "the long run.",
        partial(picture_of, "X11", "sharpness", {"sharpness": "sharpness"}, {"steps": 1000}),
        "The sharpness of a small network grows until it reaches 2/α and hovers there",
        ("X11",),
        chip="Edge of stability",
        group=_STEPS,
        demos=(demos.EDGE,),
    ),
    Section(
        "cycles",
        "Steps that never get shorter",
        "A rule that steps by signs alone takes equally long steps to the very end, so it cannot come to rest. It "
        "swings about the minimum at the distance of a step until its learning rate is lowered.",
        _cycles,
        "Position over the steps: Lion swings about the minimum for ever, gradient descent settles on it",
        ("X39",),
        chip="Endless swings",
        group=_STEPS,
        demos=(demos.CYCLES,),
    ),
    Section(
        "decay",
        "AdaGrad's decay",
        "AdaGrad divides by the root of the sum of all squared gradients so far, and is said to stop learning because "
        "of that. Whether it does depends on whether the gradients die out or, as with noise, never do.",
        partial(picture_of, "X27", "rate α/√G", {"no noise": "no noise", "noise 1": "noise 1"}),
        "AdaGrad's effective rate over the steps: it settles without noise and keeps falling with it",
        ("X27", "X29"),
        chip="AdaGrad fades",
        group=_STEPS,
        demos=(demos.ADAGRAD,),
    ),
    Section(
        "depth",
        "Vanishing and exploding gradients",
        "On its way back a gradient is multiplied once per layer, or once per time step. Thirty factors below 1 leave "
        "almost nothing of it; thirty above 1 make it huge. Real remedies change the factor; clipping changes only "
        "the length.",
        partial(
            picture_of,
            "X50",
            "log₁₀ of gradient norm",
            {"sigmoid, Xavier": "sigmoid", "ReLU, He": "ReLU, He", "residual ReLU, He": "residual"},
            {"depth": 15},
        ),
        "Gradient norm by layer in fifteen layers: falling towards the first with sigmoids, level with ReLU, large in "
        "all with unscaled residual layers",
        chip="Depth",
        group=_STEPS,
        demos=(demos.DEPTH,),
    ),
    Section(
        "minima",
        "Local minima",
        "Gradient descent ends in the minimum on whose slope it starts, and a smaller learning rate does not change "
        "which one that is. Noise can carry a run out of a bad minimum, but also out of a good one.",
        _minima,
        "Gradient descent from two starts a tenth apart ends in two different minima",
        ("X03", "X10", "X17"),
        chip="Local minima",
        group=_LANDSCAPE,
        demos=(demos.WELLS,),
    ),
    Section(
        "saddles",
        "Saddle points",
        "At a saddle the slope is 0, although there is a way down. What counts is how far from the ridge a run "
        "arrives, and how fast the rule makes that distance grow. Exactly on the ridge only noise helps.",
        _saddles,
        "Distance from the saddle's ridge over the steps: Adam leaves first, then momentum, then gradient descent",
        chip="Saddles",
        group=_LANDSCAPE,
        demos=(saddle_race.SADDLE, saddle_race.CUBE),
    ),
    Section(
        "plateaus",
        "Plateaus",
        "Where the slope is small, a step that is proportional to it is small too. A schedule that lowers the learning "
        "rate makes that worse; memory of past slopes, or a step that does not depend on their size, gets across.",
        partial(
            picture_of,
            "X55",
            "distance",
            {
                "Gradient descent, constant": "plain",
                "Gradient descent, cosine": "cosine",
                "Momentum, constant": "momentum",
            },
        ),
        "Distance from the minimum over the steps: with cosine decay a run leaves the plateau later than at a constant "
        "rate, momentum long before both",
        chip="Plateaus",
        group=_LANDSCAPE,
        demos=(demos.PLATEAU,),
    ),
    Section(
        "ravines",
        "Ravines and turned axes",
        "Rules that scale each coordinate by itself are fast in a ravine that lies along an axis, and lose much of "
        "that advantage when it lies diagonally. For gradient descent the direction of the axes makes no difference.",
        partial(
            picture_of,
            "X32",
            "loss",
            {"Adam along the axes": "Adam", "Adam turned": "turned", "gradient descent, either way": "descent"},
        ),
        "Loss over the steps in a ravine: Adam is fast where it lies straight and slow where it is turned by 45 "
        "degrees",
        ("X19", "X32"),
        chip="Ravines",
        group=_LANDSCAPE,
        demos=(turned.TURNED,),
    ),
    Section(
        "sharpness",
        "Sharp and flat minima",
        "Flat minima are said to generalise better. In some studies sharpness does go with test error, in others it "
        "does not, and it can be changed at will without changing what the network computes. Which minimum a rule "
        "prefers can be measured; what that is worth is disputed.",
        flat_walk.preview,
        "Sharpness over the steps in the valley xy = 1: gradient descent stays at a sharp place, SAM moves to the "
        "flat one",
        ("X57", "X59", "X60"),
        chip="Sharp and flat",
        group=_LANDSCAPE,
        demos=(flat_walk.WALKS,),
    ),
)
