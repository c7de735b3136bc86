"""The small pictures of the Techniques page, each drawn from a run that takes a few hundredths of a second."""

from dataclasses import replace

import numpy as np

from core.experiments import EXPERIMENTS
from core.experiments.measure import curve
from core.findings import Mark, Plot, Series
from core.lessons.flat_walk import RADIUS, RATE, VALLEY, sharpness, walks
from core.lessons.state_memory import DEFAULT, GIGA, Precision, memories
from core.lessons.two_features import SETTINGS, Bowl
from core.network.batchnorm import BatchNorm, Bias, Shift, Start, train
from core.optimizers import OPTIMIZERS
from core.optimizers.declaration import BLUE, ORANGE, TEAL
from core.run import Run
from core.trace import trace


def _found(experiment: str, title: str, names: dict[str, str], given: dict[str, float] | None = None) -> Plot:
    """The picture of ``experiment``, of its series only those in ``names``, under the short names given there.

    ``title`` is that of the upright axis, which has room for three words.
    """
    picture = EXPERIMENTS[experiment].run(given).plot
    if picture is None:
        raise ValueError(f"Experiment {experiment} draws no picture.")
    series = {one.name: one for one in picture.series}
    return replace(
        picture, y_title=title, series=tuple(replace(series[name], name=short) for name, short in names.items())
    )


def scaling() -> Plot:
    """The way of gradient descent on two features, as they are and standardised, and the contour it begins on."""
    ratio, _ = SETTINGS
    cases = {"as they are": (Bowl(ratio.default, 0.0), BLUE), "standardised": (Bowl(1.0, 0.0), ORANGE)}
    ways, contours = [], []
    for name, (bowl, color) in cases.items():
        path = bowl.descent(20)
        ways.append(Series(name, path.x[:, 0], path.x[:, 1], color, mode="lines+markers"))
        around = bowl.contour(float(path.loss[0]))
        contours.append(Series("", around[0], around[1], color, "dot"))
    return Plot("first weight", "second weight", (*ways, *contours))


_RATES = np.geomspace(0.03, 3, 5)
_STEPS, _LAST, _DEPTH = 100, 20, 8


def batch_norm() -> Plot:
    """The loss of a deep network after a hundred steps at five learning rates, with and without BatchNorm."""
    count = len(_RATES)
    kinds: dict[str, list[Shift]] = {
        "without": [Bias(count) for _ in range(_DEPTH)],
        "with BatchNorm": [BatchNorm(count, 0.0, (0, layer)) for layer in range(_DEPTH)],
    }
    series = []
    with np.errstate(all="ignore"):
        for (name, shifts), color in zip(kinds.items(), (BLUE, ORANGE), strict=True):
            loss = train(_RATES, _STEPS, Start.HE, shifts, 0).losses[-_LAST:].mean(axis=0)
            series.append(Series(name, _RATES, loss, color, mode="lines+markers"))
    return Plot("learning rate", f"loss after {_STEPS} steps", tuple(series), log_x=True)


def accumulation() -> Plot:
    """How wrong a gathered gradient is, with BatchNorm and without."""
    names = {"BatchNorm, weighted by items": "BatchNorm", "weighted by items": "no BatchNorm"}
    return _found("X47", "relative error", names)


def nesterov() -> Plot:
    """How far momentum and Nesterov's method overshoot a minimum."""
    return _found("X24", "position", {"Momentum": "Momentum", "Nesterov": "Nesterov"})


_CLIPPED = {"gradient": "gradient", "clipped by norm": "by norm", "clipped by value": "by value"}


def clipping() -> Plot:
    """A gradient, and where clipping by norm and by value leave it."""
    return _found(
        "X49", "second entry", {"gradient": "gradient", "clipped by norm": "by norm", "clipped by value": "by value"}
    )


def initialisation() -> Plot:
    """How large values are behind each of thirty ReLU layers."""
    return _found("X08", "size of values", {"Xavier": "Xavier", "He": "He"}, {"width": 64})


def decay() -> Plot:
    """How a weight without a gradient shrinks under AdamW and under Adam with an L2 term."""
    return _found("X35", "weight", {"AdamW": "AdamW", "Adam + L2": "Adam + L2"})


def correction() -> Plot:
    """The length of Adam's steps with and without bias correction."""
    return _found("X30", "step / rate", {"no bias correction": "uncorrected", "Adam": "Adam"})


_PEAK, _RISE, _SHOWN = 0.5, 50.0, 200
# What explodes is drawn up to here, so that the rest is not squeezed flat.
_HIGHEST = 1e8


def warmup() -> Plot:
    """The loss on a quartic at a rate that only a slow start survives."""
    cases = {"none": ("constant", {}, BLUE), "50 steps": ("warmup_linear", {"warmup": _RISE, "start": 0.001}, ORANGE)}
    series = []
    for name, (schedule, hypers, color) in cases.items():
        path = trace(Run("x**4/4", "sgd", (5.0,), _SHOWN, {"lr": _PEAK}, schedule, hypers))
        series.append(_below(curve(name, path.loss, color=color), _HIGHEST))
    return Plot("step", "loss", tuple(series), log_y=True)


def sam() -> Plot:
    """The sharpness along the walks of gradient descent and SAM."""
    race = walks(VALLEY.start, RATE.default, RADIUS)
    series = tuple(curve(racer.name, sharpness(path), color=racer.color) for racer, path in race)
    return Plot("step", "sharpness", series, marks=(Mark("y", 2.0, "flattest"),))


def formats() -> Plot:
    """Which share of a gradient is left when it is stored in 16 bits."""
    return replace(_found("X65", "stored / true", {"float16": "float16", "bfloat16": "bfloat16"}), marks=())


def memory() -> Plot:
    """Memory for a model of the size that the page opens with, for rules that keep 0, 1 and 2 numbers a weight."""
    chosen = ("sgd", "momentum", "adamw")
    sizes = {one.rule.key: one for one in memories(DEFAULT * GIGA, Precision.FLOAT32)}
    series = tuple(
        Series(
            OPTIMIZERS[key].name.replace("Gradient descent", "none"),
            np.array([0.0, sizes[key].total]),
            np.full(2, float(OPTIMIZERS[key].parsed.numbers_per_weight)),
            color,
            mode="lines+markers",
        )
        for key, color in zip(chosen, (BLUE, TEAL, ORANGE), strict=True)
    )
    return Plot(f"GB for {DEFAULT:g} billion weights", "numbers kept", series)


def averaging() -> Plot:
    """The expected loss against the learning rate for a constant rate, a falling one, and Schedule-Free."""
    names = {"constant rate": "fixed", "linear decay": "falling", "Schedule-Free": "Schedule-Free"}
    found = _found("X71", "expected loss", names)
    return replace(found, series=tuple(_below(series, _POOREST) for series in found.series))


# Beyond this loss, which is that of the start, a rate is of no use.
_POOREST = 5.0


def _below(series: Series, most: float) -> Series:
    kept = series.y <= most
    return replace(series, x=series.x[kept], y=series.y[kept])
