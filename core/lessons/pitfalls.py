"""The sections of the Pitfalls page: what each is about, a small picture from a run, experiments without a claim."""

import numpy as np

from core.experiments import EXPERIMENTS
from core.experiments.edge import advance, begin, ended, finding
from core.experiments.measure import curve
from core.findings import Mark, Plot, Series
from core.lessons.sections import Section
from core.lessons.turned import straight_and_turned
from core.network.depth import STACKS, signal
from core.optimizers import OPTIMIZERS, PALETTE
from core.run import Run
from core.trace import trace

_GD, _MOMENTUM, _ADAM, _ADAGRAD, _LION, _SAM = (
    OPTIMIZERS[key] for key in ("sgd", "momentum", "adam", "adagrad", "lion", "sam")
)
_STEP = "step"


def _minima() -> Plot:
    """Two starts a tenth apart, on either side of the hilltop between the two wells."""
    starts = (0.15, 0.05)
    series = tuple(
        curve(f"from {start:g}", trace(Run("double_well", "sgd", (start,), 120, {"lr": 0.1})).x[:, 0], color=color)
        for start, color in zip(starts, PALETTE, strict=False)
    )
    return Plot(_STEP, "x", series)


def _saddles() -> Plot:
    series = []
    for name, rule in (("descent", _GD), ("momentum", _MOMENTUM), ("Adam", _ADAM)):
        away = np.abs(trace(Run("saddle", rule.key, (1.0, 1e-6), 200, {"lr": 0.1})).x[:, 1])
        series.append(curve(name, away, color=rule.color))
    return Plot(_STEP, "distance |y|", tuple(series), log_y=True)


def _depth() -> Plot:
    names = {"sigmoid, Xavier": "sigmoid", "ReLU, He": "ReLU, He", "residual ReLU, He": "residual"}
    layers = np.arange(1.0, 16.0)
    chosen = [stack for stack in STACKS if stack.name in names]
    series = tuple(
        Series(names[stack.name], layers, signal(stack, len(layers), 1.0, 0).gradients, color)
        for stack, color in zip(chosen, PALETTE, strict=False)
    )
    return Plot("layer", "gradient norm", series, log_y=True)


def _plateaus() -> Plot:
    runs = (("plain", _GD, "constant", _GD.color), ("cosine", _GD, "cosine", PALETTE[5]))
    series = [
        curve(name, trace(Run("plateau", rule.key, (4.0,), 600, {"lr": 0.5}, schedule)).x[:, 0], color=color)
        for name, rule, schedule, color in (*runs, ("momentum", _MOMENTUM, "constant", _MOMENTUM.color))
    ]
    return Plot(_STEP, "x", tuple(series))


def _axes() -> Plot:
    straight, turned = straight_and_turned("adam", 45.0, 400)
    descent, _ = straight_and_turned("sgd", 0.0, 400)
    series = (
        curve("Adam", straight, color=_ADAM.color),
        curve("turned", turned, color=_ADAM.color, dash="dot"),
        curve("descent", descent, color=_GD.color),
    )
    return Plot(_STEP, "loss", series, log_y=True)


def _decay() -> Plot:
    lr, steps = 0.1, 1000
    series = []
    for name, noise, color in (("no noise", 0.0, _ADAGRAD.color), ("noise 1", 1.0, PALETTE[0])):
        run = Run("(x**2 + 10*y**2)/2", "adagrad", (1.0, 1.0), steps, {"lr": lr}, noise=noise)
        rate = lr / np.sqrt(trace(run).terms["G"][:, 0])
        series.append(curve(name, rate, np.arange(1.0, steps + 1), color))
    return Plot(_STEP, "rate α/√G", tuple(series), log_x=True, log_y=True)


def _cycles() -> Plot:
    lr, steps = 0.05, 100
    series = [
        # No multiple of the rate: sign steps from one would land exactly on 0 and look perfect.
        curve(name, trace(Run("parabola", rule.key, (1.003,), steps, {"lr": lr})).x[:, 0], color=rule.color)
        for name, rule in (("Lion", _LION), ("descent", _GD))
    ]
    return Plot(_STEP, "x", tuple(series), marks=(Mark("y", 0.0, ""),))


def _edge() -> Plot:
    lr, steps = 0.1, 1000
    descent = begin(0)
    while not ended(descent, steps):
        descent = advance(descent, lr, steps)
    found = finding(descent, lr, steps).plot
    assert found is not None
    return Plot(_STEP, "sharpness", found.series, marks=found.marks)


def _sharpness() -> Plot:
    series = []
    for name, rule, more in (("descent", _GD, {}), ("SAM", _SAM, {"rho": 0.2})):
        x = trace(Run("hyperbola_valley", rule.key, (5.0, 0.05), 2000, {"lr": 0.02, **more})).x
        # In the valley xy = 1 the largest curvature of ½(xy − 1)² is x² + y².
        series.append(curve(name, (x**2).sum(axis=1), color=rule.color))
    return Plot(_STEP, "sharpness", tuple(series))


def _divergence() -> Plot:
    found = EXPERIMENTS["X76"].run().plot
    assert found is not None
    return found


SECTIONS: tuple[Section, ...] = (
    Section(
        "minima",
        "Local minima",
        "Descent ends in the minimum on whose slope it starts, and a smaller learning rate does not change which one "
        "that is. Noise can carry a run out of a bad minimum, and out of a good one just as well.",
        _minima,
        "Gradient descent from two starts a tenth apart ends in two different minima",
        ("X03", "X10", "X17"),
    ),
    Section(
        "saddles",
        "Saddle points",
        "On a saddle the slope is 0 and the way down is open. What counts is how far from its ridge a run comes in, "
        "and how fast the rule lets that distance grow. Exactly on the ridge only noise helps.",
        _saddles,
        "Distance from the saddle's ridge over the steps: Adam leaves first, then momentum, then gradient descent",
    ),
    Section(
        "depth",
        "Vanishing and exploding gradients",
        "A gradient is multiplied once per layer, or once per time step, on its way back. Thirty factors a little "
        "below 1 leave nothing, thirty a little above 1 leave nothing else. What helps acts on the factor; clipping "
        "only acts on the length.",
        _depth,
        "Gradient norm by layer in fifteen layers: falling towards the first with sigmoids, level with ReLU, large in "
        "all with unscaled residual layers",
    ),
    Section(
        "plateaus",
        "Plateaus",
        "Where the slope is small, a step that is proportional to it is small too. A schedule that lowers the learning "
        "rate makes that worse; memory of past slopes, or a step that does not depend on their size, gets across.",
        _plateaus,
        "Position over the steps: with cosine decay a run leaves the plateau later than at a constant rate, momentum "
        "long before both",
    ),
    Section(
        "ravines",
        "Ravines and turned axes",
        "Rules that scale each coordinate by itself mend a ravine that lies along an axis, and lose much of that when "
        "it lies across them. Gradient descent does not know which way the axes point.",
        _axes,
        "Loss over the steps in a ravine: Adam is fast where it lies straight and slow where it is turned by 45 "
        "degrees",
        ("X19", "X32"),
    ),
    Section(
        "decay",
        "AdaGrad's decay",
        "AdaGrad divides by the root of all squared gradients so far. It is said to stop learning for that reason. "
        "Whether it does depends on whether the gradients die out or, as with noise, never do.",
        _decay,
        "AdaGrad's effective rate over the steps: it settles without noise and keeps falling with it",
        ("X27", "X29"),
    ),
    Section(
        "cycles",
        "Steps that never get shorter",
        "A rule that keeps only the sign of what it remembers takes equally long steps to the very end, so it cannot "
        "come to rest. It circles the minimum at the distance of a step until its learning rate is lowered.",
        _cycles,
        "Position over the steps: Lion swings about the minimum for ever, gradient descent settles on it",
        ("X39",),
    ),
    Section(
        "edge",
        "The edge of stability",
        "The limit 2/L belongs to one place. In a network the largest curvature L moves with the weights: it grows "
        "until the learning rate is at the limit, and stays there, while the loss goes up and down and, all the same, "
        "falls.",
        _edge,
        "The sharpness of a small network grows until it reaches 2/α and hovers there",
        ("X11",),
    ),
    Section(
        "sharpness",
        "Sharp and flat minima",
        "Flat minima are said to generalise. Sharpness does go with test error in some studies, does not in others, "
        "and can be changed at will without changing the function. Which minimum a rule prefers is a fact; what that "
        "is worth is disputed.",
        _sharpness,
        "Sharpness over the steps in the valley xy = 1: gradient descent stays at a sharp place, SAM walks to the flat "
        "one",
        ("X57", "X59", "X60"),
    ),
    Section(
        "divergence",
        "Divergence, and what NaN looks like",
        "NaN is the last thing that a failing run shows. Long before, the loss grows by the same factor at every step; "
        "or nothing grows, and a step leads to where the loss is not defined.",
        _divergence,
        "The logarithm of a diverging loss grows evenly, for hundreds of steps, until the number format ends",
        ("X76", "X09", "X48", "X49", "X65"),
    ),
)
