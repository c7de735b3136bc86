"""What gradient descent does on x⁴ − 3x³ + 2: it creeps at a flat inflection, and hops beyond the stability limit."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import OBJECTIVES
from core.engine.findings import Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.run import Run
from core.engine.status import Outcome
from core.engine.trace import Path, trace
from core.evidence.experiments.measure import curve
from core.evidence.experiments.telling import learning_rate, whole
from core.formula.words import apart, counted, digits
from core.problems.theory.cycles import LONGEST_CYCLE, cycle_length

_STEP = "step"
_POSITION = "position x"
_HILL = OBJECTIVES["quartic"]
_MINIMUM = _HILL.minima[0][0]
_LIMIT = 2 / float(_HILL.parsed.hessian(np.array([_MINIMUM]))[0, 0])
# How close to a minimum counts as having arrived, where a position is what is looked at.
_ARRIVED = 1e-6


def _start(default: float) -> Hyper:
    return Hyper("start", "x_0", default, (-1.0, 3.2), (-1.0, 3.2), "linear", "Where the run starts.")


def _stall(settings: Mapping[str, float]) -> Finding:
    lr, start, steps = settings["lr"], settings["start"], int(settings["steps"])
    path = trace(Run(_HILL.key, "sgd", (start,), steps, {"lr": lr}))
    x = path.x[:, 0]
    numbers = {
        "height at the start": float(path.loss[0]),
        "slope at the start": float(path.terms["g"][0, 0]),
        "position": float(x[-1]),
        "loss": float(path.loss[-1]),
        "distance to the minimum": abs(float(x[-1]) - _MINIMUM),
    }
    series = [curve("gradient descent", x)]
    creeps = bool(x.max() < 0)
    if creeps:
        # Near 0 the slope is −9x², so 1/x changes by −9·lr at every step.
        predicted = 1 / (1 / start - 9 * lr * np.arange(steps + 1))
        numbers["predicted position"] = float(predicted[-1])
        series.append(curve("predicted: 1/(1/x₀ − 9αt)", predicted, dash="dot"))
    marks = (Mark("y", 0.0, "flat inflection"), Mark("y", _MINIMUM, "minimum"))
    plot = Plot(_STEP, _POSITION, tuple(series), marks=marks)
    return Finding(numbers, _stall_sentence(path, lr, numbers), plot)


def _stall_sentence(path: Path, lr: float, numbers: Mapping[str, float]) -> str:
    x, away = path.x[:, 0], numbers["distance to the minimum"]
    taken = f"After {counted(path.run.steps)} at lr = {digits(lr)}"
    if path.status.outcome is Outcome.DIVERGED:
        return (
            f"At lr = {digits(lr)} the run diverges at step {digits(path.status.step)}; its last position was "
            f"{digits(x[-1])}."
        )
    if away <= _ARRIVED:
        since = int(np.flatnonzero(np.abs(x - _MINIMUM) > _ARRIVED).max(initial=-1)) + 1
        return (
            f"{taken} the run has arrived: x = {digits(x[-1])}, within {digits(_ARRIVED)} of the minimum since step "
            f"{since}."
        )
    if "predicted position" in numbers:
        return (
            f"{taken} the run has not arrived: it is at x = {digits(x[-1])}, still left of the flat inflection at 0 (a "
            f"slope of −9x² alone would have led to {digits(numbers['predicted position'])}), and the minimum is "
            f"{digits(away)} away."
        )
    if (x == x[0]).all():
        return f"{taken} the run is where it started, at x = {digits(x[0])}: the slope there does not move it."
    return f"{taken} the run has not arrived: it is at x = {digits(x[-1])}, {digits(away)} from the minimum."


_STALL = Experiment(
    key="X01",
    question="Does gradient descent on x⁴ − 3x³ + 2 reach the bottom from −0.5?",
    settings=(
        learning_rate(0.012, (1e-4, 1.0), (0.001, 1.0)),
        _start(-0.5),
        whole("steps", "T", 1000, (10, 20_000), "Steps of gradient descent."),
    ),
    find=_stall,
    expected=(
        Expected("height at the start", 2.4375, 0.0, "(−½)⁴ + 3/8 + 2, without rounding."),
        Expected("height at the start", 2.0, 0.0, "All other terms are 0.", {"start": 0.0}),
        Expected("slope at the start", -2.75, 0.0, "4·(−½)³ − 9·(−½)², without rounding."),
        Expected("position", -0.00892, 5e-6, "The position is known to three digits."),
        Expected("position", 2.25, 0.0, "−0.5 + 1·2.75, without rounding, and the slope there is 0.", {"lr": 1.0}),
        Expected("loss", 2.0, 1e-4, "It approaches 2, the height of the inflection, from above."),
        Expected("predicted position", -1 / (9 * 0.012 * 1000 + 2), 1e-12, "The same closed form."),
    ),
)


_BOUNCES = 5000
_DRAWN_BOUNCES = 80


def _bounce(settings: Mapping[str, float]) -> Finding:
    lr, start = settings["lr"], settings["start"]
    path = trace(Run(_HILL.key, "sgd", (start,), _BOUNCES, {"lr": lr}))
    x = path.x[:, 0]
    tail = x[-2 * LONGEST_CYCLE :]
    diverged = path.status.outcome is Outcome.DIVERGED
    period = 0 if diverged else cycle_length(tail)
    side = "above" if lr > _LIMIT else "not above"
    numbers = {
        "cycle length in steps (0: none up to 64)": period,
        "lowest place at the end": float(tail.min()),
        "highest place at the end": float(tail.max()),
        "limit 2/f″ at the minimum": _LIMIT,
        "first place": float(x[min(1, len(x) - 1)]),
    }
    if diverged:
        outcome = f"the run diverges at step {digits(path.status.step)}"
    elif period == 1:
        at = "the minimum" if abs(x[-1] - _MINIMUM) <= 1e-3 else "which is not the minimum"
        outcome = (
            f"after {counted(_BOUNCES)} it moves by at most {digits(_ARRIVED)} a step, at x = {digits(x[-1])}, {at}"
        )
    elif period:
        outcome = (
            f"after {counted(_BOUNCES)} the run repeats itself every {period} steps, between "
            f"{' and '.join(apart(tail.min(), tail.max()))}, to within {digits(_ARRIVED)}"
        )
    else:
        outcome = (
            f"after {counted(_BOUNCES)} the run hops about between {' and '.join(apart(tail.min(), tail.max()))} "
            f"without repeating itself within {LONGEST_CYCLE} steps"
        )
    own, limit = apart(lr, _LIMIT)
    where = f"From {digits(start)} at lr = {own}, {side} the stability limit {limit} at the minimum, "
    plot = Plot(
        _STEP,
        _POSITION,
        (Series("gradient descent", np.arange(float(len(x[:_DRAWN_BOUNCES]))), x[:_DRAWN_BOUNCES]),),
        marks=(Mark("y", _MINIMUM, "minimum"),),
    )
    return Finding(numbers, f"{where}{outcome}.", plot)


_BOUNCE = Experiment(
    key="X02",
    question="Does a learning rate above the stability limit make gradient descent diverge?",
    settings=(
        learning_rate(0.12, (0.001, 0.2), (0.01, 0.15)),
        _start(0.5),
    ),
    find=_bounce,
    expected=(
        Expected("cycle length in steps (0: none up to 64)", 2, 0, "A count."),
        Expected("limit 2/f″ at the minimum", 8 / 81, 1e-12, "An exact fraction."),
        Expected("lowest place at the end", 1.7706, 5e-5, "The cycle attracts, so rounding dies out."),
        Expected("highest place at the end", 2.4920, 5e-5, "The cycle attracts, so rounding dies out."),
    ),
)


ALL: tuple[Experiment, ...] = (_STALL, _BOUNCE)
