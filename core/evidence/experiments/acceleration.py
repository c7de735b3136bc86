"""How many steps momentum saves: in a ravine, and where the function is convex but not strongly so."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS, Dash, Optimizer
from core.engine.findings import Array, Expected, Experiment, Finding, Plot
from core.engine.run import Run
from core.engine.trace import trace
from core.evidence.experiments.measure import curve, first
from core.evidence.experiments.telling import whole
from core.formula.words import counted, digits

_GD, _BALL, _NAG = (OPTIMIZERS[key] for key in ("sgd", "momentum", "nesterov"))
_ONE_STEP = "a crossing can move by one step where a platform rounds differently"


def _square_root(settings: Mapping[str, float]) -> Finding:
    kappa = settings["kappa"]
    root, wide = np.sqrt(kappa), np.sqrt(3 * kappa + 1)
    # The best constant settings on quadratics: Lessard, Recht & Packard 2016, arXiv:1408.3595, table 1.
    racers: tuple[tuple[str, Optimizer, Dash, dict[str, float]], ...] = (
        ("gradient descent", _GD, "solid", {"lr": 2 / (kappa + 1)}),
        ("heavy ball", _BALL, "solid", {"lr": 4 / (root + 1) ** 2, "beta": ((root - 1) / (root + 1)) ** 2}),
        ("Nesterov, lr = 1/L", _NAG, "dash", {"lr": 1 / kappa, "beta": (root - 1) / (root + 1)}),
        ("Nesterov, best lr", _NAG, "solid", {"lr": 4 / (3 * kappa + 1), "beta": (wide - 2) / (wide + 2)}),
    )
    # Gradient descent needs ln(10⁶)/ln((κ+1)/(κ−1)) < 6.91κ steps, the others fewer; the rest is for small κ.
    budget = int(7 * kappa) + 60
    ravine = f"(x**2 + {kappa!r}*y**2)/2"
    steps: dict[str, float] = {}
    series = []
    for name, optimizer, dash, hypers in racers:
        path = trace(Run(ravine, optimizer.key, (1.0, 1.0), budget, hypers))
        distance = np.linalg.norm(path.x, axis=1)
        relative = distance / distance[0]
        steps[name] = first(relative <= 1e-6)
        series.append(curve(name, relative[: int(steps[name]) + 1], color=optimizer.color, dash=dash))
    gd, ball, _, nag = steps.values()
    sentence = (
        f"At κ = {digits(kappa)}, each rule at its best settings, the distance to the minimum shrinks a million times "
        f"in {digits(gd)} steps of gradient descent, {digits(ball)} of the heavy ball and "
        f"{digits(nag)} of Nesterov's method: gradient descent takes {digits(gd / ball)} times as many as the "
        f"heavy ball, and √κ is {digits(root)}."
    )
    numbers = {f"steps, {name}": count for name, count in steps.items()} | {
        "gradient descent / heavy ball": gd / ball,
        "√κ": float(root),
    }
    plot = Plot("step", "distance to the minimum / distance at the start", tuple(series), log_x=True, log_y=True)
    return Finding(numbers, sentence, plot)


_X19 = Experiment(
    key="X19",
    question="How many steps does momentum save in a ravine?",
    # Gradient descent needs about 7κ steps, so κ = 10 000 is what one second allows.
    settings=(Hyper("kappa", r"\kappa", 100.0, (2.0, 1e4), (2.0, 1e4), "log", "Condition number L/μ of the ravine."),),
    find=_square_root,
    expected=(
        Expected("steps, gradient descent", 691, 1, _ONE_STEP),
        Expected("steps, heavy ball", 93, 1, _ONE_STEP),
        Expected("steps, Nesterov, lr = 1/L", 155, 1, _ONE_STEP),
        Expected("steps, Nesterov, best lr", 133, 1, _ONE_STEP),
    ),
)


def _chain_gradient(x: Array) -> Array:
    """The gradient of Nesterov's worst function, ¼(½(x₁² + Σ(xᵢ − xᵢ₊₁)² + xₙ²) − x₁), whose curvature is below 1."""
    gradient = 2 * x
    gradient[1:] -= x[:-1]
    gradient[:-1] -= x[1:]
    gradient[0] -= 1
    return gradient / 4


def _chain_gap(error: Array) -> float:
    """How far the function is above its minimum at a distance ``error`` from it; never negative."""
    return float((error[0] ** 2 + (np.diff(error) ** 2).sum() + error[-1] ** 2) / 8)


def _convex_rates(settings: Mapping[str, float]) -> Finding:
    size, steps = int(settings["size"]), int(settings["steps"])
    lowest = 1 - np.arange(1, size + 1) / (size + 1)
    plain = ahead = before = np.zeros(size)
    gaps = np.empty((2, steps + 1))
    gaps[:, 0] = _chain_gap(lowest)
    for k in range(1, steps + 1):
        plain = plain - _chain_gradient(plain)
        now = ahead - _chain_gradient(ahead)
        ahead, before = now + (k - 1) / (k + 2) * (now - before), now
        gaps[:, k] = _chain_gap(plain - lowest), _chain_gap(now - lowest)
    at = np.arange(1.0, steps + 1)
    radius = float((lowest**2).sum())
    # Nesterov 2004, corollary 2.1.2 and theorem 2.2.2, with L = 1.
    bounds = 2 * radius / (at + 4), 2 * radius / (at + 1) ** 2
    gd, nag = gaps[:, -1]
    lower = "Nesterov's method" if nag < gd else "gradient descent"
    sentence = (
        f"After {counted(steps)} gradient descent is {digits(gd)} above the minimum (guaranteed: "
        f"{digits(bounds[0][-1])}) and Nesterov's method {digits(nag)} (guaranteed: {digits(bounds[1][-1])}); {lower} "
        "is lower."
    )
    numbers = {
        "gap, gradient descent": float(gd),
        "gap, Nesterov": float(nag),
        "bound ∝ 1/k": float(bounds[0][-1]),
        "bound ∝ 1/k²": float(bounds[1][-1]),
    }
    series = (
        curve(_GD.name, gaps[0, 1:], at, _GD.color),
        curve("bound ∝ 1/k", bounds[0], at, _GD.color, "dot"),
        curve(_NAG.name, gaps[1, 1:], at, _NAG.color),
        curve("bound ∝ 1/k²", bounds[1], at, _NAG.color, "dot"),
    )
    return Finding(numbers, sentence, Plot("step k", "loss above the minimum", series, log_x=True, log_y=True))


_X26 = Experiment(
    key="X26",
    question="How much faster is Nesterov's method where the function is convex but not strongly so?",
    settings=(
        whole("size", "n", 200, (2, 400), "Number of variables."),
        whole("steps", "k", 200, (10, 2000), "Steps of each method."),
    ),
    find=_convex_rates,
    expected=(
        Expected("gap, gradient descent", 0.00642, 5e-6, "three digits are known"),
        Expected("gap, Nesterov", 0.000708, 5e-7, "three digits are known"),
    ),
)


ALL: tuple[Experiment, ...] = (_X19, _X26)
