"""Experiments about flat and sharp minima: what sharpness measures, and which rules walk to a valley's flat end."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import OBJECTIVES
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.status import Outcome
from core.engine.trace import trace
from core.evidence.experiments.measure import curve
from core.evidence.experiments.telling import learning_rate, whole
from core.formula.words import counted, digits

# ½(w₁w₂ − 1)²: its minimum is a curve along which the loss is 0 and the curvature w₁² + w₂².
_VALLEY = OBJECTIVES["hyperbola_valley"]
_GD, _SAM, _NOISY = (OPTIMIZERS[key] for key in ("sgd", "sam", "momentum"))

_SCALES = (1.0, 10.0, 100.0)
_DIRECTIONS = np.linspace(0, 2 * np.pi, 3600, endpoint=False)


def _sharpness(point: Array) -> float:
    return float(np.linalg.eigvalsh(_VALLEY.parsed.hessian(point)).max())


def _relative(point: Array) -> float:
    """The largest curvature if a step is measured in shares of each weight."""
    return float(np.linalg.eigvalsh(np.outer(point, point) * _VALLEY.parsed.hessian(point)).max())


def _rise(point: Array, radius: float) -> float:
    """The largest loss at a distance of ``radius``."""
    circle = point[:, None] + radius * np.array([np.cos(_DIRECTIONS), np.sin(_DIRECTIONS)])
    return float(_VALLEY.parsed.value(circle).max())


def _rescaled(settings: Mapping[str, float]) -> Finding:
    scale, radius = settings["a"], settings["radius"]
    flat, point = np.ones(2), np.array([scale, 1 / scale])
    known = {f"sharpness, a = {digits(a)}": _sharpness(np.array([a, 1 / a])) for a in _SCALES}
    rises = _rise(flat, radius), _rise(point, radius)
    numbers = {
        **known,
        "sharpness, your a": _sharpness(point),
        "sharpness in shares of the weights, a = 1": _relative(flat),
        "sharpness in shares of the weights, your a": _relative(point),
        "largest loss nearby, a = 1": rises[0],
        "largest loss nearby, your a": rises[1],
        "loss, your a": float(_VALLEY.parsed.value(point)),
    }
    sentence = (
        f"The weights ({digits(scale)}, {digits(1 / scale)}) have the product 1, as (1, 1) have: the function is the "
        f"same. But the sharpness is {digits(numbers['sharpness, your a'])} instead of "
        f"{digits(known['sharpness, a = 1'])}, and the loss within {digits(radius)} rises to {digits(rises[1])} "
        f"instead of {digits(rises[0])}. Measured in shares of each weight the sharpness is {digits(_relative(point))} "
        "at both."
    )
    scales = np.geomspace(1, 1000, 60)
    series = (
        Series("sharpness", scales, scales**2 + scales**-2, _GD.color),
        Series("in shares of the weights", scales, np.array([_relative(np.array([a, 1 / a])) for a in scales])),
    )
    marks = (Mark("x", scale, "yours"),)
    return Finding(numbers, sentence, Plot("first weight a", "sharpness at (a, 1/a)", series, True, True, marks))


_X56 = Experiment(
    key="X56",
    question="Is sharpness a property of what a network computes?",
    settings=(
        Hyper("a", "a", 10.0, (1.0, 1000.0), (1.0, 1000.0), "log", "The first weight; the second is 1/a."),
        Hyper("radius", "r", 0.01, (0.001, 0.5), (0.001, 0.5), "log", "How far from the point the loss is examined."),
    ),
    find=_rescaled,
    expected=(
        Expected("sharpness, a = 1", 2.0, 1e-12, "a² + 1/a², by hand"),
        Expected("sharpness, a = 10", 100.01, 1e-9, "a² + 1/a², by hand"),
        Expected("sharpness, a = 100", 10_000.0001, 1e-7, "a² + 1/a², by hand"),
        Expected("sharpness in shares of the weights, your a", 2.0, 1e-9, "w₁²w₂²·(1 + 1), by hand"),
        Expected("loss, your a", 0.0, 1e-30, "rounding of a product that is 1"),
        Expected("largest loss nearby, a = 1", 1e-4, 1e-6, "½·2·0.01², and a little of higher order"),
        Expected("largest loss nearby, your a", 5e-3, 1e-5, "½·100·0.01², and a little of higher order"),
    ),
)


_HIGH_START = 0.05
_HIGH_RATES = (0.09, 0.15)
# A wide minimum near −1 with curvature 2 and a narrow one near 1 with curvature 25, as deep as each other.
_TWO_WELLS = "-ln(exp(-(x + 1)**2/0.98) + exp(-(x - 1)**2/0.08))"
_STARTS = np.linspace(-3, 3, 401)
_WELL_STEPS = 3000


def _label_noise(start: float, lr: float, noise: float, steps: int) -> Array:
    """w₁² + w₂² before each step and after the last, of gradient descent whose target 1 is off by ±``noise``."""
    signs = np.random.default_rng(0).choice([-noise, noise], steps).tolist()
    first, second = start, _HIGH_START
    sizes = [first**2 + second**2]
    for sign in signs:
        back = lr * (first * second - 1 + sign)
        first, second = first - back * second, second - back * first
        sizes.append(first**2 + second**2)
    return np.array(sizes)


def _wells(lr: float, rho: float) -> tuple[float, float]:
    """Shares in % of 401 starts between −3 and 3 that end nearest to the wide minimum and to the top between the two.

    ``rho`` 0 is gradient descent.
    """
    run = Run(_TWO_WELLS, _SAM.key, (0.0,), _WELL_STEPS, {"lr": lr, "rho": rho})
    ends = trace_many(run, starts=_STARTS[None]).x[0]
    between = np.linspace(-1, 1, 20_001)
    top = between[run.resolved_objective.parsed.value(between[None]).argmax()]
    nearest = np.abs(ends - np.array([-1.0, top, 1.0])[:, None]).argmin(axis=0)
    return 100 * float((nearest == 0).mean()), 100 * float((nearest == 1).mean())


def _walk(settings: Mapping[str, float]) -> Finding:
    lr, rho, noise, steps = settings["lr"], settings["rho"], settings["noise"], int(settings["steps"])
    start = (settings["start"], _HIGH_START)
    paths = {
        "gradient descent": trace(Run(_VALLEY.key, _GD.key, start, steps, {"lr": lr})),
        "SAM": trace(Run(_VALLEY.key, _SAM.key, start, steps, {"lr": lr, "rho": rho})),
    }
    sizes = {name: (path.x**2).sum(axis=1) for name, path in paths.items()}
    sizes["noisy labels"] = _label_noise(start[0], lr, noise, steps)
    numbers = {f"w₁² + w₂² at the end, {name}": float(size[-1]) for name, size in sizes.items()}
    for rate in _HIGH_RATES:
        path = trace(Run(_VALLEY.key, _GD.key, start, steps, {"lr": rate}))
        end = np.inf if path.status.outcome is Outcome.DIVERGED else float(path.x[-1] @ path.x[-1])
        numbers[f"w₁² + w₂² at the end, gradient descent at {digits(rate)}"] = end
    plain, sam = _wells(lr, 0.0), _wells(lr, rho)
    numbers |= {
        "gradients, gradient descent": paths["gradient descent"].evaluations,
        "gradients, SAM": paths["SAM"].evaluations,
        "in the wide minimum in %, gradient descent": plain[0],
        "in the wide minimum in %, SAM": sam[0],
        "on top in %, SAM": sam[1],
    }
    descent, walked, noisy = (digits(size[-1]) for size in sizes.values())
    sentence = (
        f"After {counted(steps)} at rate {digits(lr)} from ({digits(start[0])}, {digits(start[1])}) w₁² + w₂², the "
        f"sharpness on the floor of the valley, is {descent} by gradient descent, {walked} by SAM with ρ = "
        f"{digits(rho)}, for twice the gradients, and {noisy} with labels that are off by {digits(noise)}; the "
        f"flattest minimum has 2. One variable shows nothing of it: there {digits(plain[0])} % of the runs end in the "
        f"wider of two minima by gradient descent and {digits(sam[0])} % by SAM, which leaves {digits(sam[1])} % on "
        "top between the two."
    )
    series = tuple(
        curve(name, size, color=optimizer.color)
        for (name, size), optimizer in zip(sizes.items(), (_GD, _SAM, _NOISY), strict=True)
    )
    marks = (Mark("y", 2.0, "flattest"),)
    return Finding(numbers, sentence, Plot("step", "w₁² + w₂²", series, True, True, marks))


_X57 = Experiment(
    key="X57",
    question="Does SAM move to the flat end of a valley, and do noise and large rates do so too?",
    settings=(
        Hyper("rho", r"\rho", 0.1, (0.01, 0.3), (0.01, 0.3), "linear", "How far uphill SAM takes its gradient."),
        learning_rate(0.01, (0.001, 0.05)),
        Hyper("noise", r"\nu", 0.5, (0.0, 1.0), (0.0, 1.0), "linear", "How far labels are off, up or down."),
        Hyper("start", "w_1", 5.0, (2.0, 6.0), (2.0, 6.0), "linear", "Where all runs start; further out is sharper."),
        whole("steps", "T", 20_000, (1000, 20_000), "Steps of every run in the valley."),
    ),
    find=_walk,
    expected=(
        Expected("w₁² + w₂² at the end, gradient descent", 25.07, 0.005, "No chance in it; four digits are known."),
        Expected("w₁² + w₂² at the end, SAM", 2.03, 0.005, "No chance in it; three digits are known."),
        Expected("w₁² + w₂² at the end, noisy labels", 14.5, 0.2, "20 seeds scatter by 0.04."),
        Expected("w₁² + w₂² at the end, gradient descent at 0.09", 18.5, 0.05, "Three digits are known."),
        Expected("w₁² + w₂² at the end, gradient descent at 0.15", 7.07, 0.005, "Three digits are known."),
        Expected("in the wide minimum in %, gradient descent", 57.6, 0.5, "401 starts, counted to one or two."),
        Expected("in the wide minimum in %, SAM", 55.9, 0.5, "401 starts, counted to one or two."),
        Expected("on top in %, SAM", 3.4, 0.5, "A belt of twice ρ among 401 starts, counted to one or two."),
    ),
)

ALL: tuple[Experiment, ...] = (_X56, _X57)
