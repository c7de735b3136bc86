"""Experiments on the guide's worked example, a line through three points: slopes, one step, how squares are summed."""

from collections.abc import Callable, Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.run import Run
from core.engine.trace import trace
from core.evidence.experiments.measure import curve
from core.evidence.experiments.telling import learning_rate
from core.formula import parse
from core.formula.words import apart, digits, listed

# Three points on the line through the origin with slope 2, fitted by w·x + b: the guide's worked example.
_DATA = ((1, 2), (2, 4), (3, 6))
_SQUARES = " + ".join(f"(w*{x} + b - {y})**2" for x, y in _DATA)
_EXAMPLE = parse(f"({_SQUARES})/{len(_DATA)}", variables=("w", "b"))
_EXAMPLE_CURVATURE = float(np.linalg.eigvalsh(_EXAMPLE.hessian(np.zeros(2))).max())
_WEIGHT = Hyper("w", "w", 0.5, (-5.0, 5.0), (-5.0, 5.0), "linear", "The slope of the line before the step.")
_BIAS = Hyper("b", "b", 0.1, (-5.0, 5.0), (-5.0, 5.0), "linear", "The intercept of the line before the step.")
_DIFFERENCES = np.geomspace(1e-12, 1.0, 61)


def _worked_example(settings: Mapping[str, float]) -> Finding:
    lr, h = settings["lr"], settings["h"]
    point = np.array([settings["w"], settings["b"]])
    exact = _EXAMPLE.grad(point)
    after = point - lr * exact
    before, then = float(_EXAMPLE.value(point)), float(_EXAMPLE.value(after))
    forward, central = (float(slope[0]) for slope in _differences(point, np.array([h])))
    numbers = {
        "exact slope along w": float(exact[0]),
        "exact slope along b": float(exact[1]),
        "central difference along w": central,
        "forward difference along w": forward,
        "w after one step": float(after[0]),
        "b after one step": float(after[1]),
        "loss before": before,
        "loss after": then,
    }
    sentence = (
        f"The exact slope along w is {digits(exact[0])}; with h = {digits(h)} the central difference is off by "
        f"{digits(abs(central - exact[0]))} and the forward difference by {digits(abs(forward - exact[0]))}. A step "
        f"with lr = {digits(lr)} takes the loss from {' to '.join(apart(before, then))}."
    )
    missed = [np.abs(slope - exact[0]) for slope in _differences(point, _DIFFERENCES)]
    plot = Plot(
        "difference h",
        "error of the slope along w",
        (
            Series("forward", _DIFFERENCES, missed[0], mode="lines+markers"),
            Series("central", _DIFFERENCES, missed[1], mode="lines+markers"),
        ),
        log_x=True,
        log_y=True,
        marks=(Mark("x", h, "your h"),),
    )
    return Finding(numbers, sentence, plot)


def _differences(point: Array, h: Array) -> tuple[Array, Array]:
    """The forward and the central difference along w for each ``h``."""

    def at(offset: Array) -> Array:
        return _EXAMPLE.value(np.stack([point[0] + offset, np.full_like(offset, point[1])]))

    return (at(h) - at(np.zeros_like(h))) / h, (at(h) - at(-h)) / (2 * h)


_WORKED = Experiment(
    key="X05",
    question="Does the exact slope agree with small differences of the loss?",
    settings=(
        Hyper(
            "h",
            "h",
            1e-5,
            (1e-12, 1.0),
            (1e-12, 1.0),
            "log",
            ("How far apart the two points are at which the loss is measured."),
        ),
        learning_rate(0.01, (1e-4, 1.0)),
        _WEIGHT,
        _BIAS,
    ),
    find=_worked_example,
    expected=(
        Expected("exact slope along w", -13.6, 1e-12, "Exact apart from rounding."),
        Expected("exact slope along b", -5.8, 1e-12, "Exact apart from rounding."),
        Expected("central difference along w", -13.6, 1e-8, "On a parabola only rounding is left: about 10⁻¹⁵/h."),
        Expected("forward difference along w", -13.6 + 14 / 3 * 1e-5, 1e-8, "It misses by h·14/3, half the curvature."),
        Expected("forward difference along w", -13.6 + 14 / 30, 1e-9, "The same; rounding is 10⁻¹⁵/h.", {"h": 0.1}),
        Expected(
            "forward difference along w", -13.6033, 5e-5, "Rounding of losses near 10, 1.8·10⁻¹⁵, over h.", {"h": 1e-12}
        ),
        Expected("w after one step", 0.636, 1e-12, "Exact apart from rounding."),
        Expected("b after one step", 0.158, 1e-12, "Exact apart from rounding."),
        Expected("loss before", 9.91, 1e-12, "Exact apart from rounding."),
        Expected("loss after", 7.84523, 5e-6, "Five decimals are known."),
    ),
)


# What each convention's loss is as a multiple of the mean of the squares.
_CONVENTIONS: Mapping[str, float] = {
    "mean": 1.0,
    "half the mean": 0.5,
    "sum": float(len(_DATA)),
    "half the sum": len(_DATA) / 2,
}
_FITTING = 20


def _conventions(settings: Mapping[str, float]) -> Finding:
    lr, start = settings["lr"], (settings["w"], settings["b"])
    # A run's variables are x and y.
    squares = " + ".join(f"(x*{x} + y - {y})**2" for x, y in _DATA)
    numbers: dict[str, float] = {}
    ends: dict[str, float] = {}
    slopes: list[str] = []
    series = []
    for name, factor in _CONVENTIONS.items():
        path = trace(Run(f"{factor / len(_DATA)!r}*({squares})", "sgd", start, _FITTING, {"lr": lr}))
        slope = float(path.terms["g"][0, 0])
        numbers[f"slope along w, {name}"] = slope
        slopes.append(f"{digits(slope)} ({name})")
        series.append(curve(name, path.loss / factor))
        ends[f"mean of the squares at the end, {name}"] = float(path.loss[-1] / factor)
    limits = {name: 2 / (factor * _EXAMPLE_CURVATURE) for name, factor in _CONVENTIONS.items()}
    numbers |= {f"limit 2/L, {name}": limit for name, limit in limits.items()} | ends
    beyond = [f"the {name} ({digits(limit)})" for name, limit in limits.items() if lr > limit]
    sentence = (
        f"The same line and the same data have the slope {listed(slopes)} along w, depending on how the squares are "
        f"added up; lr = {digits(lr)} is "
        + (
            f"above the stability limit for {listed(beyond)}."
            if beyond
            else "above the stability limit for none of them."
        )
    )
    plot = Plot("step", "mean of the squares", tuple(series), log_y=True)
    return Finding(numbers, sentence, plot)


_CONVENTION = Experiment(
    key="X06",
    question="Does it matter for gradient descent whether squares are averaged, halved or summed?",
    settings=(learning_rate(0.1, (0.001, 1.0)), _WEIGHT, _BIAS),
    find=_conventions,
    expected=(
        Expected("slope along w, mean", -13.6, 1e-12, "Exact apart from rounding."),
        Expected("slope along w, half the mean", -6.8, 1e-12, "Exact apart from rounding."),
        Expected("slope along w, sum", -40.8, 1e-12, "Exact apart from rounding."),
        Expected("slope along w, half the sum", -20.4, 1e-12, "Exact apart from rounding."),
        Expected("limit 2/L, mean", 0.180295, 5e-7, "Six decimals are known."),
    ),
)


def _in_turn(point: Array, lr: float) -> Array:
    """One step in which b's slope is taken where w has already moved to."""
    w = point[0] - lr * _EXAMPLE.grad(point)[0]
    return np.array([w, point[1] - lr * _EXAMPLE.grad(np.array([w, point[1]]))[1]])


def _step(settings: Mapping[str, float]) -> Finding:
    lr = settings["lr"]
    start = np.array([settings["w"], settings["b"]])
    steps: Mapping[str, Callable[[Array], Array]] = {
        "at once": lambda point: point - lr * _EXAMPLE.grad(point),
        "in turn": lambda point: _in_turn(point, lr),
    }
    predictions = {f"prediction at x = {x}": float(start[0] * x + start[1]) for x, _ in _DATA}
    numbers, series = dict(predictions), []
    for name, step in steps.items():
        points = [start]
        for _ in range(_FITTING):
            points.append(step(points[-1]))
        numbers |= {f"w after one step, {name}": float(points[1][0]), f"b after one step, {name}": float(points[1][1])}
        series.append(curve(name, _EXAMPLE.value(np.array(points).T), dash="solid" if name == "at once" else "dash"))
    sentence = (
        f"The line predicts {listed([f'{digits(value)}' for value in predictions.values()])}. A step with lr = "
        f"{digits(lr)} moves w to {digits(numbers['w after one step, at once'])} and b to "
        f"{digits(numbers['b after one step, at once'])} where both slopes are taken first; with b's slope taken after "
        f"w has moved, b comes to {digits(numbers['b after one step, in turn'])}, which is another method."
    )
    return Finding(numbers, sentence, Plot("step", "loss", tuple(series), log_y=True))


_ONE_STEP = Experiment(
    key="X77",
    question="What does a step of gradient descent compute, and do its parameters move at once or in turn?",
    settings=(learning_rate(0.01, (1e-4, 0.15)), _WEIGHT, _BIAS),
    find=_step,
    expected=(
        Expected("prediction at x = 1", 0.6, 1e-12, "Exact apart from rounding."),
        Expected("prediction at x = 2", 1.1, 1e-12, "Exact apart from rounding."),
        Expected("prediction at x = 3", 1.6, 1e-12, "Exact apart from rounding."),
        Expected("w after one step, at once", 0.636, 1e-12, "Exact apart from rounding."),
        Expected("b after one step, at once", 0.158, 1e-12, "Exact apart from rounding."),
        Expected("b after one step, in turn", 0.15256, 1e-12, "0.1 + 0.01·5.256, by hand."),
    ),
)


ALL: tuple[Experiment, ...] = (_WORKED, _CONVENTION, _ONE_STEP)
