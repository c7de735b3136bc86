"""Where momentum is safe and where not: the stable range, overshoot, and a cycle that never ends."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.findings import Expected, Experiment, Finding, Mark, Plot
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.status import Outcome
from core.engine.trace import trace
from core.evidence.experiments.measure import curve
from core.evidence.experiments.telling import BETA, KNOWN_DIGITS, learning_rate
from core.formula.words import digits

_GD, _BALL, _NAG = (OPTIMIZERS[key] for key in ("sgd", "momentum", "nesterov"))
_STEP = "step"

# Steps until which the slower mode of the iteration rules: 0.99^500 is 0.0066.
_SETTLE = 500
_GRID = 200


def _measured_edge(key: str, beta: float, curvature: float) -> float:
    """The largest stable learning rate, found by running: stable is what has not grown between 500 and 1000 steps."""
    low, high = 0.0, 4.4 / curvature
    for _ in range(3):
        rates = np.linspace(low, high, _GRID)
        early, late = (
            trace_many(Run(f"{curvature!r}*x**2/2", key, (1.0,), steps, {"beta": beta}), hypers={"lr": rates})
            for steps in (_SETTLE, 2 * _SETTLE)
        )
        stable = (np.abs(late.x[0]) <= np.abs(early.x[0])) & (late.status != Outcome.DIVERGED)
        # The last stable one: further below, a complex mode may happen to be larger at 1000 steps than at 500.
        edge = int(np.flatnonzero(stable)[-1])
        low, high = rates[edge], rates[edge + 1]
    return float(low)


def _stable_range(settings: Mapping[str, float]) -> Finding:
    beta, curvature = settings["beta"], settings["curvature"]
    theory = {
        _BALL: 2 * (1 + beta) / curvature,
        _NAG: 2 * (1 + beta) / ((1 + 2 * beta) * curvature),
    }
    measured = {optimizer: _measured_edge(optimizer.key, beta, curvature) for optimizer in theory}
    rates = np.linspace(0.0, 4.2 / curvature, _GRID)
    series = []
    for optimizer in theory:
        ends = trace_many(Run(f"{curvature!r}*x**2/2", optimizer.key, (1.0,), 60, {"beta": beta}), hypers={"lr": rates})
        series.append(curve(optimizer.name, np.abs(ends.x[0]), rates, optimizer.color, optimizer.dash))
    ball, nag = measured.values()
    sentence = (
        f"With β = {digits(beta)} and a curvature of {digits(curvature)} the heavy ball is stable up to a learning "
        f"rate of {digits(ball)} and Nesterov's method up to {digits(nag)}, "
        + ("the same, for without momentum both are gradient descent." if beta == 0 else f"{digits(nag / ball)} of it.")
    )
    numbers = {
        "largest stable lr, heavy ball": ball,
        "2(1 + β)/L": theory[_BALL],
        "largest stable lr, Nesterov": nag,
        "2(1 + β)/((1 + 2β)L)": theory[_NAG],
    }
    marks = tuple(Mark("x", edge, f"edge, {optimizer.name}") for optimizer, edge in theory.items())
    plot = Plot("learning rate", "distance to the minimum after 60 steps", tuple(series), log_y=True, marks=marks)
    return Finding(numbers, sentence, plot)


_X20 = Experiment(
    key="X20",
    question="Up to which learning rate do the heavy ball and Nesterov's method stay stable?",
    settings=(
        BETA,
        Hyper("curvature", "L", 1.0, (0.01, 100.0), (0.01, 100.0), "log", "Curvature of the parabola."),
    ),
    find=_stable_range,
    expected=(
        Expected("largest stable lr, heavy ball", 3.8, 1e-5, "the last of three grids has a spacing of 5·10⁻⁷"),
        Expected("largest stable lr, Nesterov", 1.357143, 1e-5, "the last of three grids has a spacing of 5·10⁻⁷"),
    ),
)


def _overshoot(settings: Mapping[str, float]) -> Finding:
    lr, beta = settings["lr"], settings["beta"]
    ball, nag = (
        trace(Run("x**2/2", optimizer.key, (1.0,), 400, {"lr": lr, "beta": beta})) for optimizer in (_BALL, _NAG)
    )
    far, near = (max(0.0, -float(path.x.min())) for path in (ball, nag))
    # A difference below rounding is none.
    less = "which is less" if near < far - 1e-9 else "which makes no difference"
    sentence = (
        f"From a distance of 1, at a learning rate of {digits(lr)} and β = {digits(beta)}, the heavy ball overshoots "
        f"the minimum by {digits(far)} and Nesterov's method by {digits(near)}, {less}."
    )
    numbers = {"overshoot, heavy ball": far, "overshoot, Nesterov": near}
    series = tuple(
        curve(optimizer.name, path.x[:101, 0], color=optimizer.color)
        for optimizer, path in ((_BALL, ball), (_NAG, nag))
    )
    return Finding(numbers, sentence, Plot(_STEP, "x", series, marks=(Mark("y", 0.0, "minimum"),)))


_X24 = Experiment(
    key="X24",
    question="Which overshoots more, the heavy ball or Nesterov's method?",
    # Nesterov's method is stable below 4/3 whatever β is.
    settings=(learning_rate(0.1, (0.001, 1.3)), BETA),
    find=_overshoot,
    expected=(
        Expected("overshoot, heavy ball", 0.604, 0.001, KNOWN_DIGITS),
        Expected("overshoot, Nesterov", 0.355, 0.001, KNOWN_DIGITS),
    ),
)


# Curvature 25, then 1, then 25 again, joined so that the slope is continuous (Lessard, Recht & Packard 2016).
THREE_PIECES = "where(x < 1, 12.5*x**2, where(x < 2, x**2/2 + 24*x - 12, 12.5*x**2 - 24*x + 36))"


def _cycle(settings: Mapping[str, float]) -> Finding:
    start = settings["start"]
    ball, gd, nag = (
        trace(Run(THREE_PIECES, optimizer.key, (start,), 300, hypers))
        for optimizer, hypers in (
            (_BALL, {"lr": 1 / 9, "beta": 4 / 9}),
            (_GD, {"lr": 1 / 25}),
            (_NAG, {"lr": 1 / 25, "beta": 2 / 3}),
        )
    )
    low, middle, high = np.sort(ball.x[-3:, 0])
    # A run that converges is within rounding of 0 long before 300 steps; the cycle spans more than 3.
    cycles = bool(high - low > 1e-3)
    outcome = (
        f"the heavy ball ends in a cycle through {digits(high)}, {digits(middle)} and {digits(low)} for ever"
        if cycles
        else f"the heavy ball reaches the minimum (it ends at {digits(ball.x[-1, 0])})"
    )
    sentence = (
        f"From {digits(start)}, with the settings that are best on a quadratic, {outcome}, while gradient descent ends "
        f"at {digits(gd.x[-1, 0])} and Nesterov's method at {digits(nag.x[-1, 0])}; the minimum is at 0."
    )
    numbers = {
        "last three points, highest": float(high),
        "last three points, middle": float(middle),
        "last three points, lowest": float(low),
        "end, gradient descent": float(gd.x[-1, 0]),
        "end, Nesterov": float(nag.x[-1, 0]),
    }
    pairs = ((_BALL, ball), (_GD, gd), (_NAG, nag))
    series = tuple(curve(optimizer.name, path.x[:41, 0], color=optimizer.color) for optimizer, path in pairs)
    return Finding(numbers, sentence, Plot(_STEP, "x", series, marks=(Mark("y", 0.0, "minimum"),)))


_X25 = Experiment(
    key="X25",
    question="Can the heavy ball fail on a strongly convex function?",
    settings=(Hyper("start", r"x_0", 3.3, (-10.0, 10.0), (-5.0, 5.0), "linear", "Where all three start."),),
    find=_cycle,
    expected=(
        Expected("last three points, highest", 2.11592, 1e-4, "the cycle attracts, so rounding dies out"),
        Expected("last three points, middle", 0.64653, 1e-4, "the cycle attracts, so rounding dies out"),
        Expected("last three points, lowest", -1.80245, 1e-4, "the cycle attracts, so rounding dies out"),
        Expected("end, gradient descent", 0.0, 1e-9, "both converge linearly"),
        Expected("end, Nesterov", 0.0, 1e-9, "both converge linearly"),
    ),
)


ALL: tuple[Experiment, ...] = (_X20, _X24, _X25)
