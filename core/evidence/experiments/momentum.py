"""What momentum changes and what it does not: speed, stable range, overshoot, conventions."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS, Dash, Optimizer
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.status import Outcome
from core.engine.trace import Path, trace
from core.evidence.experiments.measure import curve, edited, first
from core.evidence.experiments.telling import learning_rate, whole

_GD, _BALL, _NAG = (OPTIMIZERS[key] for key in ("sgd", "momentum", "nesterov"))
_STEP = "step"
# Where only + − × ÷ and √ are used, float64 gives the same digits on every platform; four are shown.
_FOUR_DIGITS = "exact arithmetic apart from rounding, compared at the four digits that are shown"
_ONE_STEP = "a crossing can move by one step where a platform rounds differently"


def _ravine(kappa: float) -> str:
    return f"(x**2 + {kappa!r}*y**2)/2"


def _beta(default: float = 0.9) -> Hyper:
    # Beyond 0.99 transients outlive the budgets below.
    return Hyper("beta", r"\beta", default, (0.0, 0.99), (0.0, 0.99), "linear", "Share of the velocity that is kept.")


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
    steps: dict[str, float] = {}
    series = []
    for name, rule, dash, hypers in racers:
        distance = np.linalg.norm(trace(Run(_ravine(kappa), rule.key, (1.0, 1.0), budget, hypers)).x, axis=1)
        relative = distance / distance[0]
        steps[name] = first(relative <= 1e-6)
        series.append(curve(name, relative[: int(steps[name]) + 1], color=rule.color, dash=dash))
    gd, ball, _, nag = steps.values()
    sentence = (
        f"At κ = {kappa:g}, each rule at its best settings, the distance to the minimum shrinks a million times in "
        f"{gd:.0f} steps of gradient descent, {ball:.0f} of the heavy ball and {nag:.0f} of Nesterov's method: "
        f"gradient descent takes {gd / ball:.4g} times as many as the heavy ball, and √κ is {root:.4g}."
    )
    numbers = {f"steps, {name}": count for name, count in steps.items()} | {
        "gradient descent / heavy ball": gd / ball,
        "√κ": float(root),
    }
    plot = Plot(_STEP, "distance to the minimum / distance at the start", tuple(series), log_x=True, log_y=True)
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
    measured = {rule: _measured_edge(rule.key, beta, curvature) for rule in theory}
    rates = np.linspace(0.0, 4.2 / curvature, _GRID)
    series = []
    for rule in theory:
        ends = trace_many(Run(f"{curvature!r}*x**2/2", rule.key, (1.0,), 60, {"beta": beta}), hypers={"lr": rates})
        series.append(curve(rule.name, np.abs(ends.x[0]), rates, rule.color, rule.dash))
    ball, nag = measured.values()
    sentence = (
        f"With β = {beta:.4g} and a curvature of {curvature:.4g} the heavy ball is stable up to a learning rate of "
        f"{ball:.4g} and Nesterov's method up to {nag:.4g}, "
        + ("the same, for without momentum both are gradient descent." if beta == 0 else f"{nag / ball:.4g} of it.")
    )
    numbers = {
        "largest stable lr, heavy ball": ball,
        "2(1 + β)/L": theory[_BALL],
        "largest stable lr, Nesterov": nag,
        "2(1 + β)/((1 + 2β)L)": theory[_NAG],
    }
    marks = tuple(Mark("x", edge, f"edge, {rule.name}") for rule, edge in theory.items())
    plot = Plot("learning rate", "distance to the minimum after 60 steps", tuple(series), log_y=True, marks=marks)
    return Finding(numbers, sentence, plot)


_X20 = Experiment(
    key="X20",
    question="Up to which learning rate do the heavy ball and Nesterov's method stay stable?",
    settings=(
        _beta(),
        Hyper("curvature", "L", 1.0, (0.01, 100.0), (0.01, 100.0), "log", "Curvature of the parabola."),
    ),
    find=_stable_range,
    expected=(
        Expected("largest stable lr, heavy ball", 3.8, 1e-5, "the last of three grids has a spacing of 5e-7"),
        Expected("largest stable lr, Nesterov", 1.357143, 1e-5, "the last of three grids has a spacing of 5e-7"),
    ),
)


_SUTSKEVER = "beta: (0, 1) = 0.9\nv = beta*v - lr*grad(x + beta*v)\nx = x + v"
_TWO_SEQUENCES = "beta: (0, 1) = 0.9\ny: state = x\nold = x\nx = y - lr*grad(y)\ny = x + beta*(x - old)"
_PYTORCH = "beta: (0, 1) = 0.9\nb = beta*b + g\nx = x - lr*(g + beta*b)"


def _nesterov_forms(settings: Mapping[str, float]) -> Finding:
    lr, beta = settings["lr"], settings["beta"]
    forms = (_NAG.key, _SUTSKEVER, _TWO_SEQUENCES, _PYTORCH)
    shown, sutskever, pair, torch = (
        trace(Run(_ravine(25.0), form, (1.0, 1.0), 200, {"lr": lr, "beta": beta})) for form in forms
    )
    ahead = shown.x[1:] - beta * shown.terms["v"]
    same = float(max(np.abs(shown.x - other.x).max() for other in (sutskever, pair)))
    recovered = float(np.abs(torch.x[1:] - ahead).max())
    apart = float(np.abs(torch.x - shown.x).max())
    sentence = (
        f"Over 200 steps the look-ahead form, Sutskever's and the one with two sequences differ by at most {same:.4g}. "
        f"PyTorch's parameter is up to {apart:.4g} away from them, but within {recovered:.4g} of θ − βv, the point "
        "where the others take the gradient: one method, of which PyTorch stores the other point."
    )
    numbers = {
        "largest difference of three forms": same,
        "PyTorch's parameter from θ": apart,
        "PyTorch's parameter from θ − βv": recovered,
        "flat coordinate after step 1": float(shown.x[1, 0]),
        "flat coordinate after step 1, PyTorch": float(torch.x[1, 0]),
    }
    series = (
        curve("θ, look-ahead form", shown.x[:61, 0], color=_NAG.color),
        curve("PyTorch's parameter", torch.x[:61, 0], color=_BALL.color),
        Series("θ − βv", np.arange(1.0, 61.0), ahead[:60, 0], _GD.color, "dot"),
    )
    return Finding(numbers, sentence, Plot(_STEP, "flat coordinate", series))


_X21 = Experiment(
    key="X21",
    question="Are the different ways to write Nesterov's method one method?",
    # Below 2/75 every β is stable at a curvature of 25; an unstable run would only magnify rounding.
    settings=(learning_rate(0.01, (1e-4, 0.025)), _beta()),
    find=_nesterov_forms,
    expected=(
        Expected("largest difference of three forms", 0.0, 1e-12, "rounding over 200 steps"),
        Expected("PyTorch's parameter from θ − βv", 0.0, 1e-12, "rounding over 200 steps"),
        Expected("flat coordinate after step 1", 0.99, 1e-12, "one step by hand"),
        Expected("flat coordinate after step 1, PyTorch", 0.981, 1e-12, "one step by hand"),
    ),
)


def _where_the_rate_stands(settings: Mapping[str, float]) -> Finding:
    factor, drop = settings["factor"], int(settings["drop"])
    inside = edited("momentum", ("v = beta*v + g", "v = beta*v + lr*g"), ("x = x - lr*v", "x = x - v"))

    def pair(schedule: str, **hypers: float) -> tuple[Path, Path]:
        outer, inner = (
            trace(Run(_ravine(25.0), rule, (1.0, 1.0), 2 * drop, {"lr": 0.01, "beta": 0.9}, schedule, hypers))
            for rule in (_BALL.key, inside)
        )
        return outer, inner

    constant_out, constant_in = pair("constant")
    out, within = pair("step", gamma=factor, period=drop)
    constant = float(np.abs(constant_out.x - constant_in.x).max())
    dropped = float(np.abs(out.x - within.x).max())
    sentence = (
        f"At a constant rate the two forms differ by {constant:.4g} at most; when the rate is multiplied by "
        f"{factor:.4g} after step {drop}, they come to differ by {dropped:.4g} within {drop} more. With the rate "
        "inside the velocity, what is stored keeps the old rate."
    )
    numbers = {"largest difference, constant rate": constant, "largest difference, falling rate": dropped}
    series = (
        curve("rate outside: x − lr·v", out.x[:, 0], color=_BALL.color),
        curve("rate inside: v = βv + lr·g", within.x[:, 0], color=_NAG.color, dash="dash"),
    )
    return Finding(numbers, sentence, Plot(_STEP, "flat coordinate", series, marks=(Mark("x", drop, "rate falls"),)))


_X22 = Experiment(
    key="X22",
    question="Does it matter whether the learning rate stands inside the velocity or outside?",
    settings=(
        Hyper("factor", r"\gamma", 0.1, (0.0, 1.0), (0.0, 1.0), "linear", "What the rate is multiplied by."),
        whole("drop", "t_0", 20, (1, 100), "The step after which the rate falls."),
    ),
    find=_where_the_rate_stands,
    expected=(
        Expected("largest difference, constant rate", 0.0, 1e-12, "rounding over 40 steps"),
        Expected("largest difference, falling rate", 0.5036, 0.0001, _FOUR_DIGITS),
    ),
)


_DAMPENED = "beta: (0, 1) = 0.9\ntau: (0, 1) = 0\nv = beta*v + where(t > 1, 1 - tau, 1)*g\nx = x - lr*v"


def _dampening(settings: Mapping[str, float]) -> Finding:
    beta, tau, lr = settings["beta"], settings["tau"], settings["lr"]
    # 0.99^2000 is 2e-9: the last step is the limit to more digits than are shown.
    plain = trace(Run("x", _BALL.key, (0.0,), 2000, {"lr": lr, "beta": beta}))
    damped = trace(Run("x", _DAMPENED, (0.0,), 2000, {"lr": lr, "beta": beta, "tau": tau}))
    steps, damped_steps = (lr * path.terms["v"][:, 0] for path in (plain, damped))
    limit, damped_limit = float(steps[-1]), float(damped_steps[-1])
    sentence = (
        f"On a slope of 1 the first step is {lr:.4g}, the learning rate. Without dampening the steps settle at "
        f"{limit:.4g}, {limit / lr:.4g} times that; with dampening {tau:.4g} at {damped_limit:.4g}, "
        f"{damped_limit / lr:.4g} times that."
    )
    numbers = {
        "last step, no dampening": limit,
        "last step, dampened": damped_limit,
        "lr/(1 − β)": lr / (1 - beta),
        "lr(1 − τ)/(1 − β)": lr * (1 - tau) / (1 - beta),
    }
    at = np.arange(1.0, 2001.0)
    series = (
        curve("no dampening", steps, at, _BALL.color),
        curve(f"dampening {tau:.4g}", damped_steps, at, _NAG.color, "dash"),
    )
    return Finding(numbers, sentence, Plot(_STEP, "step length", series, log_x=True))


_X23 = Experiment(
    key="X23",
    question="How long do momentum's steps become on a steady slope, with and without dampening?",
    settings=(
        learning_rate(0.01, (1e-4, 1.0)),
        _beta(),
        Hyper("tau", r"\tau", 0.9, (0.0, 1.0), (0.0, 1.0), "linear", "Dampening: the share of g left out."),
    ),
    find=_dampening,
    expected=(
        Expected("last step, no dampening", 0.1, 1e-6, "0.9^2000 is nothing"),
        Expected("last step, dampened", 0.01, 1e-6, "0.9^2000 is nothing"),
    ),
)


def _overshoot(settings: Mapping[str, float]) -> Finding:
    lr, beta = settings["lr"], settings["beta"]
    ball, nag = (trace(Run("x**2/2", rule.key, (1.0,), 400, {"lr": lr, "beta": beta})) for rule in (_BALL, _NAG))
    far, near = (max(0.0, -float(path.x.min())) for path in (ball, nag))
    # A difference below rounding is none.
    less = "which is less" if near < far - 1e-9 else "which makes no difference"
    sentence = (
        f"From a distance of 1, at a learning rate of {lr:.4g} and β = {beta:.4g}, the heavy ball overshoots the "
        f"minimum by {far:.4g} and Nesterov's method by {near:.4g}, {less}."
    )
    numbers = {"overshoot, heavy ball": far, "overshoot, Nesterov": near}
    series = tuple(curve(rule.name, path.x[:101, 0], color=rule.color) for rule, path in ((_BALL, ball), (_NAG, nag)))
    return Finding(numbers, sentence, Plot(_STEP, "x", series, marks=(Mark("y", 0.0, "minimum"),)))


_X24 = Experiment(
    key="X24",
    question="Which overshoots more, the heavy ball or Nesterov's method?",
    # Nesterov's method is stable below 4/3 whatever β is.
    settings=(learning_rate(0.1, (0.001, 1.3)), _beta()),
    find=_overshoot,
    expected=(
        Expected("overshoot, heavy ball", 0.604, 0.001, _FOUR_DIGITS),
        Expected("overshoot, Nesterov", 0.355, 0.001, _FOUR_DIGITS),
    ),
)


# Curvature 25, then 1, then 25 again, joined so that the slope is continuous (Lessard, Recht & Packard 2016).
THREE_PIECES = "where(x < 1, 12.5*x**2, where(x < 2, x**2/2 + 24*x - 12, 12.5*x**2 - 24*x + 36))"


def _cycle(settings: Mapping[str, float]) -> Finding:
    start = settings["start"]
    ball, gd, nag = (
        trace(Run(THREE_PIECES, rule.key, (start,), 300, hypers))
        for rule, hypers in (
            (_BALL, {"lr": 1 / 9, "beta": 4 / 9}),
            (_GD, {"lr": 1 / 25}),
            (_NAG, {"lr": 1 / 25, "beta": 2 / 3}),
        )
    )
    low, middle, high = np.sort(ball.x[-3:, 0])
    # A run that converges is within rounding of 0 long before 300 steps; the cycle spans more than 3.
    cycles = bool(high - low > 1e-3)
    outcome = (
        f"the heavy ball ends in a cycle through {high:.4g}, {middle:.4g} and {low:.4g} for ever"
        if cycles
        else f"the heavy ball reaches the minimum (it ends at {ball.x[-1, 0]:.4g})"
    )
    sentence = (
        f"From {start:.4g}, with the settings that are best on a quadratic, {outcome}, while gradient descent ends at "
        f"{gd.x[-1, 0]:.4g} and Nesterov's method at {nag.x[-1, 0]:.4g}; the minimum is at 0."
    )
    numbers = {
        "last three points, highest": float(high),
        "last three points, middle": float(middle),
        "last three points, lowest": float(low),
        "end, gradient descent": float(gd.x[-1, 0]),
        "end, Nesterov": float(nag.x[-1, 0]),
    }
    pairs = ((_BALL, ball), (_GD, gd), (_NAG, nag))
    series = tuple(curve(rule.name, path.x[:41, 0], color=rule.color) for rule, path in pairs)
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
        f"After {steps} steps gradient descent is {gd:.4g} above the minimum (guaranteed: {bounds[0][-1]:.4g}) and "
        f"Nesterov's method {nag:.4g} (guaranteed: {bounds[1][-1]:.4g}); {lower} is lower."
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


ALL: tuple[Experiment, ...] = (_X19, _X20, _X21, _X22, _X23, _X24, _X25, _X26)
