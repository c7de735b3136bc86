"""What schedules of the learning rate do: on a plateau, where the start is steep, over another length of training."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS, Dash
from core.catalogue.schedules import SCHEDULES
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.trace import trace
from core.evidence.experiments.measure import curve, edited, first, steps_text
from core.evidence.experiments.telling import learning_rate, whole
from core.formula.words import counted, digits

_GD, _MOMENTUM, _ADAM = (OPTIMIZERS[key] for key in ("sgd", "momentum", "adam"))

_PLATEAU = "1 - exp(-x**2/2)"
_PLATEAU_STEPS = 2000
_PLATEAU_WARMUP = 200
# Adam's step does not depend on how flat a plateau is, so a tenth of the rate is more than enough for it.
_ADAM_SHARE = 0.1
_COSINE = "(1 + cos(pi*(t - 1)/T))/2"
_SCHEDULES = {
    "constant": "1",
    "cosine": _COSINE,
    "warm-up + cosine": f"where(t < {_PLATEAU_WARMUP}, t/{_PLATEAU_WARMUP}, "
    f"(1 + cos(pi*(t - {_PLATEAU_WARMUP})/(T - {_PLATEAU_WARMUP})))/2)",
}
_DASHES: Mapping[str, Dash] = {
    "constant": "solid",
    "cosine": "dash",
    "warm-up + cosine": "dot",
}


def _plateau(settings: Mapping[str, float]) -> Finding:
    lr, start = settings["lr"], settings["start"]
    rates = {_GD: lr, _MOMENTUM: lr, _ADAM: lr * _ADAM_SHARE}
    paths = {
        (optimizer, name): trace(
            Run(
                _PLATEAU,
                edited(optimizer.key, ("x - lr*", f"x - lr*{factor}*")),
                (start,),
                _PLATEAU_STEPS,
                {"lr": rate},
            )
        )
        for optimizer, rate in rates.items()
        for name, factor in _SCHEDULES.items()
    }
    steps = {key: first(np.abs(path.x[:, 0]) < 1) for key, path in paths.items()}
    needs = [steps_text(steps[_GD, name], _PLATEAU_STEPS) for name in _SCHEDULES]
    sentence = (
        f"From x = {digits(start)}, where the slope is {digits(paths[_GD, 'constant'].grad_norm[0])}, gradient descent "
        f"with α = {digits(lr)} leaves the plateau after {needs[0]}, with cosine decay after {needs[1]}, with warm-up "
        f"and cosine decay after {needs[2]}; at the constant rate momentum needs "
        f"{steps_text(steps[_MOMENTUM, 'constant'], _PLATEAU_STEPS)} and Adam, at a tenth of the rate, "
        f"{steps_text(steps[_ADAM, 'constant'], _PLATEAU_STEPS)}."
    )
    numbers = {f"steps, {optimizer.name}, {name}": count for (optimizer, name), count in steps.items()}
    series = tuple(
        Series(f"{optimizer.name}, {name}", drawn.x, drawn.y, optimizer.color, _DASHES[name])
        for (optimizer, name), path in paths.items()
        if optimizer is not _ADAM
        for drawn in [curve("", np.abs(path.x[:, 0]))]
    )
    marks = (Mark("y", 1.0, "off the plateau"),)
    return Finding(numbers, sentence, Plot("step", "distance from the minimum", series, log_x=True, marks=marks))


_X55 = Experiment(
    key="X55",
    question="Does a schedule help to cross a plateau?",
    settings=(
        learning_rate(0.5, (0.05, 1.0)),
        Hyper("start", "x_0", 4.0, (2.0, 4.5), (2.0, 4.5), "linear", "Where the run starts; further out is flatter."),
    ),
    find=_plateau,
    expected=(
        Expected("steps, Gradient descent, constant", 443, 1, "a crossing can move by a step"),
        Expected("steps, Gradient descent, cosine", 463, 1, "a crossing can move by a step"),
        Expected("steps, Gradient descent, warm-up + cosine", 554, 1, "a crossing can move by a step"),
        Expected("steps, Momentum, constant", 73, 1, "a crossing can move by a step"),
        Expected("steps, Adam, constant", 49, 1, "a crossing can move by a step"),
    ),
)


_WARM = f"warmup: (1, 1000000) = 1\n{edited(_GD.key, ('lr*g', 'lr*min(t/warmup, 1)*g'))}"
_WARM_STEPS = 1000
_WARMUPS = np.array([1.0, 2, 5, 10, 20, 50, 100, 200, 500])
_RATES_TRIED = 200
# How far the limit is looked for, as multiples of the limit without warm-up: below and above.
_SEARCHED = (0.5, 2000.0)


def _largest_rates(objective: str, start: float, limit: float, warmups: Array) -> tuple[Array, Array]:
    """The largest peak rate for each of ``warmups`` at which 1000 steps end lower than they began, and at nine tenths.

    The first return is the rate, to 0.02 %, the second the loss after 1000 steps at nine tenths of it. Every smaller
    rate that was tried ends lower too. ``limit`` is the largest rate without warm-up, known beforehand.
    """
    run = Run(objective, _WARM, (start,), _WARM_STEPS)
    began = float(run.resolved_objective.parsed.value(np.array([start])))

    def ends(rates: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
        many = trace_many(run, hypers={"lr": rates.ravel(), "warmup": np.repeat(warmups, rates.shape[1])})
        lower = (many.diverged_at < 0) & (many.loss < began)
        return many.loss.reshape(rates.shape), lower.reshape(rates.shape)

    low, high = (np.full(len(warmups), limit * factor) for factor in _SEARCHED)
    for _ in range(2):
        rates = np.geomspace(low, high, _RATES_TRIED, axis=1)
        _, lower = ends(rates)
        fails = np.argmin(lower, axis=1)
        each = np.arange(len(warmups))
        low, high = rates[each, fails - 1], rates[each, fails]
    loss, _ = ends(0.9 * low[:, None])
    return low, loss[:, 0]


def _warm_text(warmup: float) -> str:
    return "no warm-up" if warmup == 1 else f"{digits(warmup)} steps of linear warm-up"


def _warm_up(settings: Mapping[str, float]) -> Finding:
    start, warmup = settings["start"], settings["warmup"]
    warmups = np.append(_WARMUPS, warmup)
    curvature = 3 * start**2
    quartic, loss = _largest_rates("x**4/4", start, 2 / start**2, warmups)
    parabola, _ = _largest_rates(f"{curvature!r}*x**2/2", start, 2 / curvature, warmups)
    times, times_parabola = quartic[-1] / quartic[0], parabola[-1] / parabola[0]
    sentence = (
        f"On ¼x⁴ from {digits(start)}, gradient descent is stable at constant rates up to {digits(quartic[0])}; at "
        f"nine tenths of that the loss is {digits(loss[0])} after {counted(_WARM_STEPS)}. With {_warm_text(warmup)} "
        f"the peak may be {digits(quartic[-1])}, {digits(times)} times as much, and nine tenths of that give "
        f"{digits(loss[-1])}. On a parabola as curved as the start, which does not flatten on the way, the limit stays "
        f"2/L = {digits(2 / curvature)}: the peak may be {digits(times_parabola)} times that before {_WARM_STEPS} "
        "steps end higher than they began, and this factor shrinks with more steps."
    )
    numbers = {
        "largest rate, no warm-up": float(quartic[0]),
        "largest rate, warm-up": float(quartic[-1]),
        "ratio": float(times),
        "loss, no warm-up": float(loss[0]),
        "loss, warm-up": float(loss[-1]),
        "largest rate on the parabola, no warm-up": float(parabola[0]),
        "ratio on the parabola": float(times_parabola),
    }
    series = (
        Series("¼x⁴", _WARMUPS, quartic[:-1], _GD.color, mode="lines+markers"),
        Series("parabola", _WARMUPS, parabola[:-1], _MOMENTUM.color, "dash", "lines+markers"),
    )
    marks = (Mark("x", warmup, "this warm-up"),)
    return Finding(numbers, sentence, Plot("steps of warm-up", "largest stable peak rate", series, True, True, marks))


_X62 = Experiment(
    key="X62",
    question="Does warm-up allow a larger learning rate?",
    settings=(
        whole("warmup", "w", 50, (1, 500), "Steps until the rate reaches its peak; 1 is none."),
        Hyper("start", "x_0", 5.0, (1.0, 10.0), (1.0, 10.0), "linear", "Where the run starts; further out is steeper."),
    ),
    find=_warm_up,
    expected=(
        Expected("largest rate, no warm-up", 0.08, 0.0002, "2/x₀², by hand; the search is that fine"),
        Expected("largest rate on the parabola, no warm-up", 2 / 75, 0.0002, "2/L, by hand; the search is that fine"),
        Expected("largest rate, warm-up", 3.454, 0.01, "the search is fine to 0.02 %; rounding shifts it a little"),
        Expected("ratio on the parabola", 1.026, 0.0005, "the search is fine to 0.02 %"),
    ),
)


_FALL = 0.1


def _falls(settings: Mapping[str, float]) -> Finding:
    epochs, period = int(settings["epochs"]), int(settings["period"])
    factors = SCHEDULES["step"].factors(epochs, {"period": period, "gamma": _FALL})
    first_stretch = 100 * float((factors == factors[0]).mean())
    numbers = {
        "falls": float(np.count_nonzero(np.diff(factors))),
        "epochs at the first rate in %": first_stretch,
        "last rate / first rate": float(factors[-1] / factors[0]),
    }
    sentence = (
        f"With a fall to a tenth every {period} epochs, the number of falls in {epochs} epochs is "
        f"{digits(numbers['falls'], '.0f')}: {digits(first_stretch)} % of the epochs are at the first rate, and the "
        f"last one is at {digits(numbers['last rate / first rate'])} of it."
    )
    plot = Plot("epoch", "share of the first rate", (curve("every fall to a tenth", factors),), log_y=True)
    return Finding(numbers, sentence, plot)


_X78 = Experiment(
    key="X78",
    question="What does a fall of the learning rate every 30 epochs do in a run of another length?",
    settings=(
        whole("epochs", "E", 90, (10, 300), "Epochs of training."),
        whole("period", "p", 30, (5, 100), "Epochs between two falls."),
    ),
    find=_falls,
    expected=(
        Expected("falls", 2, 0, "A count: at epochs 30 and 60."),
        Expected("falls", 0, 0, "A count.", {"epochs": 20}),
        Expected("falls", 9, 0, "A count: at epochs 30, 60, … 270.", {"epochs": 300}),
        Expected("epochs at the first rate in %", 100 / 3, 1e-12, "30 of 90."),
        Expected("last rate / first rate", 0.01, 1e-15, "Two tenths."),
        Expected("last rate / first rate", 1e-9, 1e-20, "Nine tenths.", {"epochs": 300}),
    ),
)


ALL: tuple[Experiment, ...] = (_X55, _X62, _X78)
