"""Experiments about runs that diverge: what a number format shows of it, how late, and whether clipping saves them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS, PALETTE
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.run import Run
from core.engine.trace import Path, trace
from core.evidence.experiments.measure import curve, first, steps_text
from core.evidence.experiments.telling import learning_rate, whole
from core.formula.words import counted, digits, listed

_GD, _MOMENTUM = (OPTIMIZERS[key] for key in ("sgd", "momentum"))
_STEPS = 3000
ALARM = 1000.0
"""A loss that has grown this many times is no ordinary rise."""

_FORMATS: Mapping[str, type[np.floating[Any]]] = {"float32": np.float32, "float16": np.float16}


def _descent(form: type[np.floating[Any]], power: int, rate: float, start: float) -> tuple[Array, Array]:
    """Weights and losses of gradient descent on |x|^p/p with every operation rounded to ``form``."""
    x, lr, exponent = form(start), form(rate), form(power)
    weights, losses = np.empty(_STEPS + 1), np.empty(_STEPS + 1)
    for step in range(_STEPS + 1):
        size = np.abs(x)
        weights[step], losses[step] = x, size**exponent / exponent
        x = x - lr * (np.sign(x) * size ** (exponent - form(1)))
    return weights, losses


def alarm_step(losses: Array) -> float:
    """The step at which ``losses``, of shape ``(steps + 1,)``, first pass ``ALARM`` times their start; or infinity."""
    return first(losses > ALARM * np.abs(losses[0]))


def _formats(settings: Mapping[str, float]) -> Finding:
    power, rate, start = int(settings["power"]), settings["rate"], settings["start"]
    runs = {name: _descent(form, power, rate, start) for name, form in _FORMATS.items()}
    numbers: dict[str, float] = {}
    parts = []
    for name, (weights, losses) in runs.items():
        alarm, full, lost = alarm_step(losses), first(np.isinf(losses)), first(np.isnan(weights))
        numbers |= {
            f"loss above {digits(ALARM)} times its start, {name}": alarm,
            f"first infinite loss, {name}": full,
            f"first weight that is NaN, {name}": lost,
            f"last finite loss, {name}": _last(losses),
        }
        tail = f", the last finite loss being {digits(_last(losses))}" if np.isfinite(losses).any() else ""
        parts.append(f"in {name} {_in_words(alarm, full, lost)}{tail}")
    sentence = (
        f"Gradient descent on |x|^{power}/{power} from {digits(start)} with α = {digits(rate)}: {'; '.join(parts)}."
    )
    series: list[Series] = []
    for (name, (_, losses)), color in zip(runs.items(), PALETTE, strict=False):
        seen = np.isfinite(losses) & (losses > 0)
        drawn = int(min(first(~seen), len(losses)))
        if drawn:
            series.append(curve(name, np.log10(losses[:drawn]), color=color, dash="dash" if series else "solid"))
    marks = tuple(Mark("y", float(np.log10(np.finfo(form).max)), f"largest {name}") for name, form in _FORMATS.items())
    return Finding(numbers, sentence, Plot("step", "log₁₀ of the loss", tuple(series), marks=marks))


def _last(losses: Array) -> float:
    """The last of ``losses`` that is finite; infinity if none is."""
    finite = losses[np.isfinite(losses)]
    return float(finite[-1]) if finite.size else np.inf


def _in_words(alarm: float, full: float, lost: float) -> str:
    """What happened to a run, in the order of these steps; infinity is never."""
    happened = [
        f"{what} after {steps_text(step, _STEPS)}"
        for step, what in (
            (alarm, f"the loss has grown {digits(ALARM)} times"),
            (full, "it is infinite" if alarm < np.inf else "the loss is infinite"),
            (lost, "the weight is NaN"),
        )
        if step < np.inf
    ]
    return listed(happened) if happened else f"nothing of the kind happens within {counted(_STEPS)}"


_ROUNDED = "Rounding may move a crossing by a step."
_X76 = Experiment(
    key="X76",
    question="When does a diverging run print inf, and when NaN?",
    settings=(
        Hyper("rate", r"\alpha", 2.1, (1.0, 4.0), (1.5, 4.0), "linear", "Learning rate; with p = 2 the limit is 2."),
        Hyper("start", "x_0", 1.0, (0.1, 100.0), (0.1, 100.0), "log", "Where the run starts."),
        whole("power", "p", 2, (2, 6), "The loss is |x|^p/p; above 2 its curvature grows with the distance."),
    ),
    find=_formats,
    expected=(
        # |x| = 1.1^t: ln(1000)/(2 ln 1.1) = 36.2.
        Expected("loss above 1000 times its start, float32", 37, 1, _ROUNDED),
        # x² passes 3.4e38 after ln(3.4e38)/(2 ln 1.1) = 465.4 steps, 65504 after 58.2.
        Expected("first infinite loss, float32", 466, 1, _ROUNDED),
        Expected("first infinite loss, float16", 59, 1, _ROUNDED),
        # 2.1·x passes 3.4e38 after ln(3.4e38/2.1)/ln 1.1 = 923.1 steps; the weight is then infinite, and NaN after.
        Expected("first weight that is NaN, float32", 926, 1, _ROUNDED),
        Expected("first weight that is NaN, float16", 111, 1, _ROUNDED),
    ),
)


_CLIP_STEPS = 300
_CLIP_START = 1.2


def _fate(path: Path) -> str:
    if path.status.failed:
        return f"leaves every bound at step {digits(path.status.step)}"
    return f"ends at w = {digits(path.x[-1, 0])} with loss {digits(path.loss[-1])}"


def _clipping(settings: Mapping[str, float]) -> Finding:
    lr, clip, depth = settings["lr"], settings["clip_norm"], int(settings["depth"])
    objective = f"(x**{depth} - 0.5)**2/2"
    free, clipped = (
        trace(Run(objective, _GD.key, (_CLIP_START,), _CLIP_STEPS, {"lr": lr}, clip_norm=limit))
        for limit in (None, clip)
    )
    minimum = 0.5 ** (1 / depth)
    # The step that fails counts too.
    held = float((clipped.grad_norm[: clipped.status.step] > clip).mean())
    survived = len(free.x) - 1
    sentence = (
        f"The loss ½(w^{depth} − ½)² is lowest at w = {digits(minimum)}; at {digits(_CLIP_START)} its gradient is "
        f"{digits(free.grad_norm[0])}. With α = {digits(lr)} gradient descent {_fate(free)}. With the norm clipped at "
        f"{digits(clip)} it {_fate(clipped)}; {digits(100 * held)} % of its steps were clipped, and such a step is "
        f"{digits(lr * clip)} long."
    )
    numbers = {
        "gradient at the start": float(free.grad_norm[0]),
        "steps survived without clipping": float(survived),
        "lowest loss without clipping": float(free.loss.min()),
        "w at the end, clipped": float(clipped.x[-1, 0]),
        "loss at the end, clipped": float(clipped.loss[-1]),
        "minimum": minimum,
        "clipped steps in %": 100 * held,
    }
    series = (
        curve("clipped", clipped.loss, color=_GD.color),
        # A run that is lost at once is one dot.
        Series(
            "not clipped", np.arange(len(free.x), dtype=np.float64), free.loss, _MOMENTUM.color, "dot", "lines+markers"
        ),
    )
    return Finding(numbers, sentence, Plot("step", "loss", series, log_y=True))


_X48 = Experiment(
    key="X48",
    question="Can clipping save a run that explodes?",
    settings=(
        learning_rate(1e-3, (1e-4, 0.1)),
        Hyper("clip_norm", "c", 1.0, (0.01, 100.0), (0.01, 100.0), "log", "Largest norm that a gradient may have."),
        whole("depth", "n", 50, (2, 60), "How many times the one weight is multiplied."),
    ),
    find=_clipping,
    expected=(
        Expected("gradient at the start", 3.4505593459558e9, 1.0, "(w⁵⁰ − ½)·50w⁴⁹, by hand"),
        Expected("steps survived without clipping", 0, 0, "the first step is millions long"),
        Expected("w at the end, clipped", 0.98623270, 1e-8, "0.5^(1/50)"),
        Expected("loss at the end, clipped", 0.0, 1e-28, "rounding of a converged run"),
        Expected("loss at the end, clipped", 0.009225, 5e-6, "it hops between two places", {"lr": 0.01}),
        Expected("w at the end, clipped", 1.17, 1e-9, "300 steps of 0.0001 from 1.2", {"lr": 1e-4}),
    ),
)


ALL: tuple[Experiment, ...] = (_X76, _X48)
