"""Gradient descent at the edge of stability: on a parabola, and on a small network, in pieces that can be watched."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.catalogue.hypers import Hyper
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.run import Run
from core.engine.trace import trace
from core.evidence.experiments.measure import curve
from core.evidence.experiments.telling import learning_rate, whole
from core.formula.words import apart, counted, digits
from core.problems.network.perceptron import Activation, Layer, Network, Reals

# Two hidden layers of 20 units, fitted to 20 points of the Chebyshev polynomial T₄.
_NETWORK = Network((Layer(1, 20, Activation.TANH), Layer(20, 20, Activation.TANH), Layer(20, 1)))
_INPUTS = np.linspace(-1.0, 1.0, 20)[:, None]
_TARGETS = np.cos(4 * np.arccos(_INPUTS))
_LOOKS = 50
# Power iterations at each look; the vector is kept, so that later looks start close.
_POWERS = 12
# For the difference of two gradients: small against the weights, large against rounding.
_NUDGE = 1e-4
_EXPLODED = 1e6


@dataclass(frozen=True, eq=False)
class Descent:
    """How far a descent has come: ``step`` is the next one to take.

    ``losses`` are the first and the last one, ``rises`` counts the steps that raised it. ``looks`` are pairs of a step
    and the sharpness there; ``vector`` points along the direction in which it was found.
    """

    step: int
    weights: Array
    vector: Array
    losses: tuple[float, ...]
    rises: int
    looks: tuple[tuple[int, float], ...]

    @property
    def exploded(self) -> bool:
        """Whether the loss is beyond all use, so that the descent is over."""
        return bool(self.losses) and not self.losses[-1] <= _EXPLODED


def begin(seed: int) -> Descent:
    """The descent before its first step, with the first weights that ``seed`` draws."""
    rng = np.random.default_rng(seed)
    weights = _NETWORK.start([rng.normal(size=shape) / np.sqrt(shape[0]) for shape in _NETWORK.shapes])
    return Descent(0, weights, rng.normal(size=weights.size), (), 0, ())


def advance(descent: Descent, lr: float, steps: int) -> Descent:
    """``descent`` continued to the next of its fifty looks at the sharpness, the last of them after ``steps`` steps.

    A descent that has ended, or exploded, must not be continued.
    """
    every = steps // _LOOKS
    until = min(-(-descent.step // every) * every, steps)
    weights, losses, rises = descent.weights, descent.losses, descent.rises
    with np.errstate(all="ignore"):
        for step in range(descent.step, until + 1):
            mean, slope = chebyshev(weights)
            loss = float(mean)
            rises += bool(losses) and loss > losses[-1]
            losses = (*losses[:1], loss)
            if not loss <= _EXPLODED:
                return Descent(step + 1, weights, descent.vector, losses, rises, descent.looks)
            last, weights = weights, weights - lr * slope
        curvature, vector = sharpness(last, descent.vector)
    return Descent(until + 1, weights, vector, losses, rises, (*descent.looks, (until, curvature)))


def ended(descent: Descent, steps: int) -> bool:
    """Whether a descent of ``steps`` steps is over."""
    return descent.exploded or descent.step > steps


def finding(descent: Descent, lr: float, steps: int) -> Finding:
    """What a descent that has ended found."""
    limit, last = 2 / lr, descent.looks[-1][1]
    start, loss = descent.looks[0][1], descent.losses[-1]
    numbers = {
        "limit 2/α": limit,
        "sharpness at the end": last,
        "sharpness as a share of the limit": last / limit,
        "sharpness at the start": start,
        "loss at the end": loss,
        "steps that raised the loss": descent.rises,
    }
    if descent.exploded:
        sentence = (
            f"At lr = {digits(lr)} the run explodes: the loss passes {digits(_EXPLODED)} at step {descent.step - 1}, "
            f"and the sharpness last seen is {digits(last)}, with the limit 2/α at {digits(limit)}."
        )
    else:
        where = "at" if 0.9 <= last / limit <= 1.1 else "below" if last < limit else "above"
        sentence = (
            f"After {counted(steps)} the sharpness, {digits(start)} at the start, is {digits(last)}: {where} the limit "
            f"2/α = {digits(limit)}. The loss went from {' to '.join(apart(descent.losses[0], loss))}, and "
            f"{descent.rises} of the steps raised it."
        )
    at, sharp = np.array(descent.looks).T
    plot = Plot(
        "step",
        "sharpness: largest curvature of the loss",
        (Series("sharpness", at, sharp),),
        marks=(Mark("y", limit, "2/α"),),
    )
    return Finding(numbers, sentence, plot)


def chebyshev(weights: Array) -> tuple[Reals, Reals]:
    """The mean squared error of the network with each of ``weights``, ``(*copies, size)``, and its gradient."""
    return _NETWORK.loss_and_gradient(weights, _INPUTS, _TARGETS)


def sharpness(weights: Array, vector: Array) -> tuple[float, Array]:
    """The eigenvalue of the loss's Hessian at ``weights`` that is largest in size, and a vector along its direction.

    Power iteration from ``vector``; Hessian times vector is a difference of two gradients.
    """
    value = 0.0
    for _ in range(_POWERS):
        unit = vector / np.sqrt(vector @ vector)
        _, (ahead, behind) = chebyshev(np.stack([weights + _NUDGE * unit, weights - _NUDGE * unit]))
        vector = (ahead - behind) / (2 * _NUDGE)
        value = float(unit @ vector)
    return value, vector


def _edge(settings: Mapping[str, float]) -> Finding:
    lr, steps = settings["lr"], int(settings["steps"])
    descent = begin(int(settings["seed"]))
    while not ended(descent, steps):
        descent = advance(descent, lr, steps)
    return finding(descent, lr, steps)


_EDGE = Experiment(
    key="X11",
    question="Does full-batch gradient descent keep the sharpness of a network below the limit 2/α?",
    settings=(
        learning_rate(0.1, (0.02, 0.5), (0.05, 0.4)),
        whole("steps", "T", 4000, (500, 5000), "Steps of full-batch gradient descent."),
        whole("seed", "s", 0, (0, 999), "Draws other first weights."),
    ),
    find=_edge,
    expected=(
        Expected("limit 2/α", 20, 1e-12, "Exact apart from rounding."),
        Expected("sharpness as a share of the limit", 1.0, 0.05, "It hovers about the limit and never settles."),
        Expected(
            "sharpness as a share of the limit", 1.0, 0.05, "It hovers about the limit and never settles.", {"lr": 0.2}
        ),
    ),
)


_REGIMES = (0.1, 0.5, 1.0, 1.5, 1.9, 2.0, 2.1)
# One of each kind; rates as far below 1 as others are above it would be hidden by them.
_DRAWN_REGIMES = (0.3, 1.5, 2.0, 2.1)


def _parabola(rate: float, steps: int) -> Array:
    """Distances to the minimum of x²/2, whose curvature is 1, from 1: shape ``(steps + 1,)``."""
    return np.abs(trace(Run("parabola", "sgd", (1.0,), steps, {"lr": rate})).x[:, 0])


def _regimes(settings: Mapping[str, float]) -> Finding:
    rate, steps = settings["rate"], int(settings["steps"])
    factor = 1 - rate
    own = _parabola(rate, steps)
    numbers = {
        "factor per step, 1 − αL": factor,
        "distance": float(own[-1]),
        "closed form": abs(factor) ** steps,
    }
    numbers |= {f"distance at αL = {digits(known)}": float(_parabola(known, steps)[-1]) for known in _REGIMES}
    if rate < 1:
        way = "approaches the minimum from one side"
    elif rate == 1:
        way = "reaches the minimum in one step"
    elif rate < 2:
        way = "hops from side to side and comes closer"
    elif rate == 2:
        way = "hops from side to side for ever"
    else:
        way = "hops from side to side and moves away"
    sentence = (
        f"At αL = {digits(rate)} every step multiplies the distance by {digits(abs(factor))}, so the run {way}: from 1 "
        f"it is at a distance of {digits(own[-1])} after {counted(steps)}."
    )
    series = [curve(f"αL = {digits(known)}", _parabola(known, steps), dash="dot") for known in _DRAWN_REGIMES]
    plot = Plot("step", "distance to the minimum", (curve(f"yours: αL = {digits(rate)}", own), *series), log_y=True)
    return Finding(numbers, sentence, plot)


_REGIME = Experiment(
    key="X09",
    question="What does the product of learning rate and curvature decide on a parabola?",
    settings=(
        Hyper(
            "rate",
            r"\alpha L",
            1.9,
            (0.01, 2.5),
            (0.01, 2.5),
            "linear",
            "Learning rate times curvature: below 1 smooth, below 2 stable.",
        ),
        whole("steps", "T", 50, (1, 60), "Steps of gradient descent."),
    ),
    find=_regimes,
    expected=(
        *(
            Expected(
                f"distance at αL = {digits(known)}",
                abs(1 - known) ** 50,
                1e-12 * max(1.0, abs(1 - known) ** 50),
                "A closed form; 50 multiplications round by some 10⁻¹⁴.",
            )
            for known in _REGIMES
        ),
        Expected("distance", 0.9**50, 1e-12, "A closed form; 50 multiplications round by some 10⁻¹⁴."),
    ),
)


ALL: tuple[Experiment, ...] = (_REGIME, _EDGE)
