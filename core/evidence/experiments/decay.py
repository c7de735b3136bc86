"""What weight decay does when it is coupled to the gradient (L2) and when it is not (AdamW, Lion)."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.findings import Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.trace import trace
from core.evidence.experiments.measure import curve, seeing
from core.evidence.experiments.telling import learning_rate

_GD, _ADAM, _ADAMW, _LION = (OPTIMIZERS[key] for key in ("sgd", "adam", "adamw", "lion"))
_DECAY = "weight_decay: (0, 100) = 0.1"
# L2 regularisation is a gradient: of λx²/2.
_ADAM_L2 = seeing("adam", "g + weight_decay*x", _DECAY)
_GD_L2 = seeing("sgd", "g + weight_decay*x", _DECAY)
_STEP = "step"
_KNOWN = "the same arithmetic apart from rounding; this many digits are known"


def _weight_decay(default: float, low: float, high: float) -> Hyper:
    return Hyper("weight_decay", r"\lambda", default, (low, high), (low, high), "log", "Strength of the decay.")


# What a thousandth of λ does shows that it is not λ that sets the shrinking.
_LESS = 1000


def _no_gradient(settings: Mapping[str, float]) -> Finding:
    lr, decay = settings["lr"], settings["weight_decay"]
    decoupled, coupled, weak = (
        trace(Run("0", rule, (1.0,), 100, {"lr": lr, "weight_decay": strength})).x[:, 0]
        for rule, strength in ((_ADAMW.key, decay), (_ADAM_L2, decay), (_ADAM_L2, decay / _LESS))
    )
    sentence = (
        f"Where the loss has no gradient, 50 steps at α = {lr:.4g} and λ = {decay:.4g} take a weight from 1 to "
        f"{decoupled[50]:.4g} with AdamW, which is (1 − αλ)^50, and to {coupled[50]:.4g} with L2 in Adam; a "
        f"thousandth of that λ gives {weak[50]:.4g} with L2."
    )
    numbers = {
        "AdamW after 50 steps": float(decoupled[50]),
        "AdamW after 100 steps": float(decoupled[100]),
        "Adam + L2 after 50 steps": float(coupled[50]),
        "Adam + L2 after 50 steps, λ/1000": float(weak[50]),
    }
    series = (
        curve("AdamW", decoupled, color=_ADAMW.color),
        curve("Adam + L2", coupled, color=_ADAM.color),
        curve("Adam + L2, λ/1000", weak, color=_GD.color, dash="dot"),
    )
    return Finding(numbers, sentence, Plot(_STEP, "weight", series))


_X35 = Experiment(
    key="X35",
    question="Is L2 regularisation in Adam the same as weight decay?",
    settings=(learning_rate(0.01, (0.001, 0.1)), _weight_decay(0.1, 1e-3, 1.0)),
    find=_no_gradient,
    expected=(
        Expected("AdamW after 100 steps", 0.904792, 1e-6, "0.999^100, by hand"),
        Expected("Adam + L2 after 50 steps", 0.53682, 1e-5, _KNOWN),
        Expected("Adam + L2 after 50 steps, λ/1000", 0.53687, 1e-5, _KNOWN),
    ),
)


_ALTERNATING = "where(t % 2 == 1, -size, size)*g"
_SIZE = "size: (0, 1000000) = 1"
_SIZED_ADAMW = seeing("adamw", _ALTERNATING, _SIZE)
_SIZED_L2 = seeing("adam", f"{_ALTERNATING} + weight_decay*x", _SIZE, _DECAY)


def _gradient_size(settings: Mapping[str, float]) -> Finding:
    size, decay = settings["size"], settings["weight_decay"]
    sizes = np.append(np.geomspace(1e-3, 1e3, 61), size)
    decoupled, coupled = (
        trace_many(Run("x", rule, (1.0,), 2000, {"lr": 0.001, "weight_decay": decay}), hypers={"size": sizes}).x[0]
        for rule in (_SIZED_ADAMW, _SIZED_L2)
    )
    least, most = float(coupled.min()), float(coupled.max())
    spread = float(np.ptp(decoupled))
    sentence = (
        f"After 2000 steps under gradients that alternate between ±{size:.4g}, λ = {decay:.4g} leaves "
        f"{decoupled[-1]:.4g} of the weight with AdamW and {coupled[-1]:.4g} with L2 in Adam. Over gradients from "
        f"0.001 to 1000 AdamW's share changes by {spread:.4g}; that of L2 lies between {least:.4g} and {most:.4g}."
    )
    numbers = {
        "left, AdamW": float(decoupled[-1]),
        "left, Adam + L2": float(coupled[-1]),
        "change over all sizes, AdamW": spread,
        "least over all sizes, Adam + L2": least,
        "most over all sizes, Adam + L2": most,
    }
    series = (
        Series("AdamW", sizes[:-1], decoupled[:-1], _ADAMW.color),
        Series("Adam + L2", sizes[:-1], coupled[:-1], _ADAM.color),
    )
    marks = (Mark("x", size, "this gradient"),)
    return Finding(
        numbers, sentence, Plot("size of the gradient", "weight after 2000 steps", series, True, marks=marks)
    )


_X36 = Experiment(
    key="X36",
    question="Does the size of a weight's gradient decide how much it decays?",
    settings=(
        Hyper("size", "s", 100.0, (1e-3, 1e3), (1e-3, 1e3), "log", "Size of the alternating gradient."),
        _weight_decay(0.1, 1e-3, 1.0),
    ),
    find=_gradient_size,
    expected=(
        Expected("left, AdamW", 0.8202, 0.0001, _KNOWN),
        Expected("left, Adam + L2", 0.9998, 0.0001, _KNOWN),
        Expected("left, Adam + L2", 0.0230, 0.0001, _KNOWN, {"size": 0.01}),
        Expected("change over all sizes, AdamW", 0.0, 1e-4, "only ε knows the size: 1e-8 of 1e-3"),
        Expected("least over all sizes, Adam + L2", 0.0, 0.03, "L2 outweighs the smallest gradients"),
    ),
)


def _box(settings: Mapping[str, float]) -> Finding:
    minimum, decay = settings["minimum"], settings["weight_decay"]
    edge = 1 / decay
    # αλ is the same for every λ, so that 20 000 steps are always twenty times the memory of the decay.
    hypers = {"lr": 1e-3 / decay, "weight_decay": decay}
    rules = (
        ("AdamW", _ADAMW.key, _ADAMW.color),
        ("Lion", _LION.key, _LION.color),
        ("Adam + L2", _ADAM_L2, _ADAM.color),
        ("gradient descent + L2", _GD_L2, _GD.color),
    )
    paths = {
        name: trace(Run(f"(x - {minimum!r})**2/2", rule, (0.0,), 20_000, hypers)).x[:, 0] for name, rule, _ in rules
    }
    ends = {name: float(path[-1]) for name, path in paths.items()}
    place = {1.0: "outside", 0.0: "at the edge of", -1.0: "inside"}[float(np.sign(minimum - edge))]
    sentence = (
        f"The loss is lowest at {minimum:.4g}, {place} the box of ±1/λ = ±{edge:.4g}. AdamW ends at "
        f"{ends['AdamW']:.4g} and Lion at {ends['Lion']:.4g}, Adam with L2 at {ends['Adam + L2']:.4g} and gradient "
        f"descent with L2 at {ends['gradient descent + L2']:.4g}, where the penalised loss is lowest "
        f"({minimum / (1 + decay):.4g})."
    )
    numbers = {f"end, {name}": end for name, end in ends.items()} | {
        "1/λ": edge,
        "minimum of the penalised loss": minimum / (1 + decay),
    }
    series = tuple(curve(name, paths[name], color=color) for name, _, color in rules)
    marks = (Mark("y", edge, "1/λ"), Mark("y", minimum, "minimum of the loss"))
    return Finding(numbers, sentence, Plot(_STEP, "weight", series, log_x=True, marks=marks))


_X37 = Experiment(
    key="X37",
    question="Can AdamW and Lion reach a minimum that lies far out?",
    settings=(
        Hyper("minimum", "c", 20.0, (0.1, 100.0), (0.1, 100.0), "log", "Where the loss is lowest."),
        _weight_decay(0.1, 0.01, 1.0),
    ),
    find=_box,
    expected=(
        Expected("end, AdamW", 10.0, 0.01, "Adam's step stays a little under one learning rate"),
        Expected("end, Lion", 10.0, 0.01, "e^−20 of the way is left, and steps are 0.01"),
        Expected("end, Adam + L2", 18.1818, 0.01, "20/1.1"),
        Expected("end, gradient descent + L2", 18.1818, 1e-4, "20/1.1"),
    ),
)


ALL: tuple[Experiment, ...] = (_X35, _X36, _X37)
