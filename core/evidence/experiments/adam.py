"""What Adam's two memories do: its first steps, a step after silence, and a walk to the wrong end."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.run import Run
from core.engine.trace import trace
from core.evidence.experiments.measure import curve, edited, seeing
from core.evidence.experiments.telling import KNOWN_DIGITS, whole
from core.formula.words import counted, digits

_RMSPROP, _ADAM, _AMSGRAD = (OPTIMIZERS[key] for key in ("rmsprop", "adam", "amsgrad"))
_STEP = "step"

_UNCORRECTED = edited("adam", ("m/(1 - beta1**t)", "m"), ("v/(1 - beta2**t)", "v"))


def _bias_correction(settings: Mapping[str, float]) -> Finding:
    corrected, raw = (
        -np.diff(trace(Run("x", rule, (0.0,), 1000, {"lr": 1.0, **settings})).x[:, 0])
        for rule in (_ADAM.key, _UNCORRECTED)
    )
    ratio = raw / corrected
    largest = int(ratio.argmax())
    sentence = (
        f"On a constant slope, with β₁ = {digits(settings['beta1'])} and β₂ = {digits(settings['beta2'])}, Adam's "
        f"first step without bias correction is {digits(ratio[0])} times as long as with it; the largest ratio is "
        f"{digits(ratio[largest])} at step {largest + 1}, and at step 1000 it is {digits(ratio[-1])}."
    )
    numbers = {
        "ratio at step 1": float(ratio[0]),
        "largest ratio": float(ratio[largest]),
        "step of the largest ratio": float(largest + 1),
        "ratio at step 1000": float(ratio[-1]),
    }
    at = np.arange(1.0, 1001.0)
    series = (
        curve("no bias correction", raw, at, _RMSPROP.color, "dash"),
        curve("Adam", corrected, at, _ADAM.color),
    )
    return Finding(numbers, sentence, Plot(_STEP, "step length / learning rate", series, log_x=True))


_X30 = Experiment(
    key="X30",
    question="What would Adam's first steps be without bias correction?",
    settings=(
        Hyper("beta1", r"\beta_1", 0.9, (0.0, 0.99), (0.0, 0.99), "linear", "Memory of the mean gradient."),
        Hyper("beta2", r"\beta_2", 0.999, (0.5, 0.9999), (0.5, 0.9999), "linear", "Memory of squared gradients."),
    ),
    find=_bias_correction,
    expected=(
        Expected("ratio at step 1", 3.1623, 0.0001, KNOWN_DIGITS),
        Expected("largest ratio", 6.5685, 0.0001, KNOWN_DIGITS),
        Expected("step of the largest ratio", 12, 0, "the neighbours are lower by far more than rounding"),
        Expected("ratio at step 1000", 1.2576, 0.0001, KNOWN_DIGITS),
    ),
)


def _wrong_end(settings: Mapping[str, float]) -> Finding:
    large, steps = settings["C"], int(settings["steps"])
    # The example of Reddi, Kale & Kumar 2018.
    line = f"where(t == 1, {large!r}*x, -x); t: (1, 3); x: (-1, 1)"
    hypers = {"lr": 0.5, "beta1": 0.0, "beta2": 1 / (1 + large**2)}
    adam, amsgrad = (
        trace(Run(line, optimizer.key, (0.0,), steps, hypers, "factor = 1/sqrt(t)")).x[:, 0]
        for optimizer in (_ADAM, _AMSGRAD)
    )
    wrong, right = float(adam[-1]), float(amsgrad[-1])
    sentence = (
        f"The gradient is {digits(large)} every third step and −1 otherwise, {digits((large - 2) / 3)} on average, so "
        f"−1 is the best point of [−1, 1] and 1 the worst. From 0, Adam is at {digits(wrong)} and AMSGrad at "
        f"{digits(right)} after {counted(steps)}."
    )
    numbers = {"end, Adam": wrong, "end, AMSGrad": right, "mean gradient": (large - 2) / 3}
    series = tuple(
        curve(optimizer.name, x, color=optimizer.color, dash=optimizer.dash)
        for optimizer, x in ((_ADAM, adam), (_AMSGRAD, amsgrad))
    )
    return Finding(numbers, sentence, Plot(_STEP, "x", series, log_x=True, marks=(Mark("y", -1.0, "best"),)))


_X33 = Experiment(
    key="X33",
    question="Can Adam end at the worst point of a straight line?",
    settings=(
        Hyper(
            "C", "C", 3.0, (2.1, 10.0), (2.1, 10.0), "linear", ("The rare gradient; above 2 it outweighs the others.")
        ),
        whole("steps", "T", 30_000, (30, 30_000), "Steps of both rules."),
    ),
    find=_wrong_end,
    expected=(
        Expected("end, Adam", 1.0, 0.01, "the last steps are 0.003 long"),
        Expected("end, AMSGrad", -0.998, 0.01, "the last steps are 0.003 long"),
    ),
)


_SILENT = seeing("adam", "where(t > silence, 1, 0)*g", "silence: (0, 100000) = 0")
_AWAKE = 50


def _spike(settings: Mapping[str, float]) -> Finding:
    silence, beta2 = int(settings["silence"]), settings["beta2"]

    def lengths(silence: int) -> Array:
        path = trace(Run("x", _SILENT, (0.0,), silence + _AWAKE, {"lr": 1.0, "beta2": beta2, "silence": silence}))
        return -np.diff(path.x[silence:, 0])

    after, fresh = lengths(silence), lengths(0)
    largest = int(after.argmax())
    sentence = (
        f"After {counted(silence)} with gradient 0, a gradient of 1 moves Adam by {digits(after[0])} learning rates in "
        f"its first step and, if it lasts, by up to {digits(after[largest])} (in step {largest + 1}); from the start "
        f"it would be {digits(fresh[0])}."
    )
    numbers = {
        "first step / lr": float(after[0]),
        "largest step / lr": float(after[largest]),
        "(1 − β₁)/√(1 − β₂)": 0.1 / float(np.sqrt(1 - beta2)),
    }
    at = np.arange(1.0, _AWAKE + 1)
    series = (
        Series(f"after {digits(silence)} silent steps", at, after, _ADAM.color),
        Series("from the start", at, fresh, _ADAM.color, "dot"),
    )
    return Finding(numbers, sentence, Plot("step since the gradient came", "step length / learning rate", series))


_X34 = Experiment(
    key="X34",
    question="How far does Adam jump at the first gradient after a long silence?",
    settings=(
        whole("silence", "n", 20_000, (0, 20_000), "Steps with gradient 0."),
        Hyper("beta2", r"\beta_2", 0.999, (0.9, 0.9999), (0.9, 0.9999), "linear", "Memory of squared gradients."),
    ),
    find=_spike,
    expected=(
        Expected("first step / lr", 3.1623, 0.001, "0.999^20 000 is 2·10⁻⁹"),
        Expected("first step / lr", 0.2**0.5, 1e-6, "(1 − 0.9)/√(1 − 0.95), by hand", {"beta2": 0.95}),
    ),
)


ALL: tuple[Experiment, ...] = (_X30, _X33, _X34)
