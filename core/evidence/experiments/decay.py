"""What weight decay does coupled to the gradient (L2) and decoupled from it (AdamW, Lion), and when it pays."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.trace import trace
from core.evidence.experiments.measure import curve, seeing
from core.evidence.experiments.telling import KNOWN_DIGITS, learning_rate, whole
from core.formula.words import apart, digits

_GD, _ADAM, _ADAMW, _LION = (OPTIMIZERS[key] for key in ("sgd", "adam", "adamw", "lion"))
_DECAY = "weight_decay: (0, 100) = 0.1"
# L2 regularisation is a gradient: of λx²/2.
ADAM_L2 = seeing("adam", "g + weight_decay*x", _DECAY)
_GD_L2 = seeing("sgd", "g + weight_decay*x", _DECAY)
_STEP = "step"


def _weight_decay(default: float, low: float, high: float) -> Hyper:
    return Hyper("weight_decay", r"\lambda", default, (low, high), (low, high), "log", "Strength of the decay.")


# What a thousandth of λ does shows that it is not λ that sets the shrinking.
_LESS = 1000


def _no_gradient(settings: Mapping[str, float]) -> Finding:
    lr, decay = settings["lr"], settings["weight_decay"]
    decoupled, coupled, weak = (
        trace(Run("0", rule, (1.0,), 100, {"lr": lr, "weight_decay": strength})).x[:, 0]
        for rule, strength in ((_ADAMW.key, decay), (ADAM_L2, decay), (ADAM_L2, decay / _LESS))
    )
    sentence = (
        f"Where the loss has no gradient, 50 steps at α = {digits(lr)} and λ = {digits(decay)} take a weight "
        f"from {' to '.join(apart(1, decoupled[50]))} with AdamW, which is (1 − αλ)^50, and to {digits(coupled[50])} "
        f"with L2 in Adam; a thousandth of that λ gives {digits(weak[50])} with L2."
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
        Expected("Adam + L2 after 50 steps", 0.53682, 1e-5, KNOWN_DIGITS),
        Expected("Adam + L2 after 50 steps, λ/1000", 0.53687, 1e-5, KNOWN_DIGITS),
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
        f"After 2000 steps under gradients that alternate between ±{digits(size)}, λ = {digits(decay)} leaves "
        f"{digits(decoupled[-1])} of the weight with AdamW and {digits(coupled[-1])} with L2 in Adam. Over gradients "
        f"from 0.001 to 1000 AdamW's share changes by {digits(spread)}; that of L2 lies between "
        f"{' and '.join(apart(least, most))}."
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
        Expected("left, AdamW", 0.8202, 0.0001, KNOWN_DIGITS),
        Expected("left, Adam + L2", 0.9998, 0.0001, KNOWN_DIGITS),
        Expected("left, Adam + L2", 0.0230, 0.0001, KNOWN_DIGITS, {"size": 0.01}),
        Expected("change over all sizes, AdamW", 0.0, 1e-4, "only ε knows the size: 10⁻⁸ of 0.001"),
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
        ("Adam + L2", ADAM_L2, _ADAM.color),
        ("gradient descent + L2", _GD_L2, _GD.color),
    )
    paths = {
        name: trace(Run(f"(x - {minimum!r})**2/2", rule, (0.0,), 20_000, hypers)).x[:, 0] for name, rule, _ in rules
    }
    ends = {name: float(path[-1]) for name, path in paths.items()}
    side = {1.0: "outside", 0.0: "at the edge of", -1.0: "inside"}[float(np.sign(minimum - edge))]
    sentence = (
        f"The loss is lowest at {digits(minimum)}, {side} the box of ±1/λ = ±{digits(edge)}. AdamW ends at "
        f"{digits(ends['AdamW'])} and Lion at {digits(ends['Lion'])}, Adam with L2 at {digits(ends['Adam + L2'])} and "
        f"gradient descent with L2 at {digits(ends['gradient descent + L2'])}, where the penalised loss is lowest "
        f"({digits(minimum / (1 + decay))})."
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


_DIMENSIONS = 50
_DRAWS = 20
_STRENGTHS = np.concatenate([[0.0], np.geomspace(1e-4, 100.0, 121)])


def _ridge_error(noise: float, samples: int, strengths: Array) -> Array:
    """The squared distance from the true weights, averaged over 20 draws, for each of ``strengths``.

    50 true weights of norm 1, standard normal inputs, and the minimum of mean squared error/2 + λ·norm²/2 (the shortest
    of them at λ = 0). The distance is also the error on new points before noise.
    """
    random = np.random.default_rng(0)
    x = random.standard_normal((_DRAWS, samples, _DIMENSIONS))
    true = random.standard_normal((_DRAWS, _DIMENSIONS))
    true /= np.linalg.norm(true, axis=1, keepdims=True)
    y = np.einsum("rnd,rd->rn", x, true) + noise * random.standard_normal((_DRAWS, samples))
    left, scale, right = np.linalg.svd(x, full_matrices=False)
    along = scale * np.einsum("rnk,rn->rk", left, y)
    shrunk = along / (scale**2 + samples * strengths[:, None, None])
    fitted = np.einsum("srk,rkd->srd", shrunk, right)
    return np.asarray(((fitted - true) ** 2).sum(axis=-1).mean(axis=-1))


def _strength_text(strength: float) -> str:
    return f"λ = {digits(strength)}"


def _decay_pays(settings: Mapping[str, float]) -> Finding:
    lr, decay, samples = settings["lr"], settings["weight_decay"], int(settings["samples"])
    strengths = np.append(_STRENGTHS, decay)
    noisy, clean = (_ridge_error(noise, samples, strengths) for noise in (settings["noise"], 0.0))
    best, best_clean = int(noisy[:-1].argmin()), int(clean[:-1].argmin())
    half_life = np.log(2) / -np.log1p(-lr * decay)
    sentence = (
        f"Fitting {_DIMENSIONS} weights to {digits(samples)} points with noise {digits(settings['noise'])}, the error "
        f"is {digits(noisy[0])} without decay, {digits(noisy[-1])} at {_strength_text(decay)} and lowest, "
        f"{digits(noisy[best])}, at {_strength_text(strengths[best])}. Without noise the same decay makes it "
        f"{digits(clean[-1])} and {_strength_text(strengths[best_clean])} is best. What acts in a step is αλ: at α = "
        f"{digits(lr)} a weight without gradient halves in {digits(half_life, '.0f')} steps."
    )
    numbers = {
        "error, λ = 0": float(noisy[0]),
        "error, this λ": float(noisy[-1]),
        "lowest error": float(noisy[best]),
        "best λ": float(strengths[best]),
        "error without noise, λ = 0": float(clean[0]),
        "error without noise, this λ": float(clean[-1]),
        "best λ without noise": float(strengths[best_clean]),
        "half-life in steps": float(half_life),
    }
    series = (
        Series("with noise", strengths[1:-1], noisy[1:-1], _ADAMW.color),
        Series("without noise", strengths[1:-1], clean[1:-1], _GD.color, "dash"),
    )
    marks = (Mark("x", decay, "this λ"),)
    return Finding(numbers, sentence, Plot("λ", "squared error of the weights", series, True, True, marks))


_X61 = Experiment(
    key="X61",
    question="Does weight decay always help?",
    settings=(
        Hyper("noise", r"\sigma", 1.0, (0.0, 3.0), (0.0, 3.0), "linear", "Noise in the data; the signal has size 1."),
        whole("samples", "n", 60, (20, 200), "Points to fit 50 weights to."),
        _weight_decay(0.1, 0.001, 10.0),
        learning_rate(3e-4, (1e-5, 1e-2)),
    ),
    find=_decay_pays,
    expected=(
        Expected("error, λ = 0", 5.6548, 0.0005, "seeded; d/(n − d − 1) is 5.56, and 20 draws scatter by 0.9"),
        Expected("error, this λ", 1.146, 0.005, "seeded; only rounding is left"),
        Expected("error without noise, this λ", 0.0950, 0.0005, "seeded; only rounding is left"),
        Expected("best λ", 50 / 60, 0.4, "dσ²/n, and a minimum that is flat"),
        Expected("error without noise, λ = 0", 0.0, 1e-20, "enough points give the weights exactly"),
        Expected("best λ without noise", 0.0, 0.0, "any decay moves the exact weights"),
        Expected("half-life in steps", 23104.56, 0.01, "ln 2/−ln(1 − 3·10⁻⁵)"),
        Expected("half-life in steps", 231_048.71, 0.01, "ln 2/−ln(1 − 3·10⁻⁶)", {"weight_decay": 0.01}),
    ),
)


ALL: tuple[Experiment, ...] = (_X35, _X36, _X37, _X61)
