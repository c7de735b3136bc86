"""The ways to write momentum: which of them are one method, where the learning rate stands, what dampening does."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.findings import Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.run import Run
from core.engine.trace import Path, trace
from core.evidence.experiments.measure import curve, edited
from core.evidence.experiments.telling import BETA, KNOWN_DIGITS, learning_rate, whole
from core.formula.words import digits

_GD, _BALL, _NAG = (OPTIMIZERS[key] for key in ("sgd", "momentum", "nesterov"))
_STEP = "step"
_RAVINE = "(x**2 + 25.0*y**2)/2"

_SUTSKEVER = "beta: (0, 1) = 0.9\nv = beta*v - lr*grad(x + beta*v)\nx = x + v"
_TWO_SEQUENCES = "beta: (0, 1) = 0.9\ny: state = x\nold = x\nx = y - lr*grad(y)\ny = x + beta*(x - old)"
_PYTORCH = "beta: (0, 1) = 0.9\nb = beta*b + g\nx = x - lr*(g + beta*b)"


def _nesterov_forms(settings: Mapping[str, float]) -> Finding:
    lr, beta = settings["lr"], settings["beta"]
    forms = (_NAG.key, _SUTSKEVER, _TWO_SEQUENCES, _PYTORCH)
    shipped, sutskever, pair, torch = (
        trace(Run(_RAVINE, form, (1.0, 1.0), 200, {"lr": lr, "beta": beta})) for form in forms
    )
    ahead = shipped.x[1:] - beta * shipped.terms["v"]
    same = float(max(np.abs(shipped.x - other.x).max() for other in (sutskever, pair)))
    recovered = float(np.abs(torch.x[1:] - ahead).max())
    apart = float(np.abs(torch.x - shipped.x).max())
    sentence = (
        "Over 200 steps the look-ahead form, Sutskever's and the one with two sequences differ by at most "
        f"{digits(same)}. PyTorch's parameter is up to {digits(apart)} away from them, but within {digits(recovered)} "
        "of θ − βv, the point where the others take the gradient: it is one method, but PyTorch stores the other point."
    )
    numbers = {
        "largest difference of three forms": same,
        "PyTorch's parameter from θ": apart,
        "PyTorch's parameter from θ − βv": recovered,
        "flat coordinate after step 1": float(shipped.x[1, 0]),
        "flat coordinate after step 1, PyTorch": float(torch.x[1, 0]),
    }
    series = (
        curve("θ, look-ahead form", shipped.x[:61, 0], color=_NAG.color),
        curve("PyTorch's parameter", torch.x[:61, 0], color=_BALL.color),
        Series("θ − βv", np.arange(1.0, 61.0), ahead[:60, 0], _GD.color, "dot"),
    )
    return Finding(numbers, sentence, Plot(_STEP, "flat coordinate", series))


_X21 = Experiment(
    key="X21",
    question="Are the different ways to write Nesterov's method one method?",
    # Below 2/75 every β is stable at a curvature of 25; an unstable run would only magnify rounding.
    settings=(learning_rate(0.01, (1e-4, 0.025)), BETA),
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
            trace(Run(_RAVINE, rule, (1.0, 1.0), 2 * drop, {"lr": 0.01, "beta": 0.9}, schedule, hypers))
            for rule in (_BALL.key, inside)
        )
        return outer, inner

    constant_out, constant_in = pair("constant")
    out, within = pair("step", gamma=factor, period=drop)
    constant = float(np.abs(constant_out.x - constant_in.x).max())
    dropped = float(np.abs(out.x - within.x).max())
    sentence = (
        f"At a constant rate the two forms differ by {digits(constant)} at most; when the rate is multiplied by "
        f"{digits(factor)} after step {drop}, they come to differ by {digits(dropped)} within {drop} more. With the "
        "rate inside the velocity, what is stored keeps the old rate."
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
        Expected("largest difference, falling rate", 0.5036, 0.0001, KNOWN_DIGITS),
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
        f"On a slope of 1 the first step is {digits(lr)}, the learning rate. Without dampening the steps settle at "
        f"{digits(limit)}, {digits(limit / lr)} times that; with dampening {digits(tau)} at {digits(damped_limit)}, "
        f"{digits(damped_limit / lr)} times that."
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
        curve(f"dampening {digits(tau)}", damped_steps, at, _NAG.color, "dash"),
    )
    return Finding(numbers, sentence, Plot(_STEP, "step length", series, log_x=True))


_X23 = Experiment(
    key="X23",
    question="How long do momentum's steps become on a steady slope, with and without dampening?",
    settings=(
        learning_rate(0.01, (1e-4, 1.0)),
        BETA,
        Hyper("tau", r"\tau", 0.9, (0.0, 1.0), (0.0, 1.0), "linear", "Dampening: the share of g left out."),
    ),
    find=_dampening,
    expected=(
        Expected("last step, no dampening", 0.1, 1e-6, "0.9^2000 is nothing"),
        Expected("last step, dampened", 0.01, 1e-6, "0.9^2000 is nothing"),
    ),
)


ALL: tuple[Experiment, ...] = (_X21, _X22, _X23)
