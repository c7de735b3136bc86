"""What dividing by past gradients does: AdaGrad, RMSProp, Adam and AMSGrad, where they shine and where they trip."""

import math
import re
from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.trace import Path, trace
from core.evidence.experiments.measure import curve, descend, edited, first, seeing
from core.evidence.experiments.telling import learning_rate, listed, whole

_GD, _ADAGRAD, _RMSPROP, _ADAM, _AMSGRAD = (OPTIMIZERS[key] for key in ("sgd", "adagrad", "rmsprop", "adam", "amsgrad"))
_STEP = "step"
_ROUNDING = "the same arithmetic apart from rounding; this many digits are known"


# Without noise, and with it: a noisy sum needs more steps to show its law.
_QUIET, _NOISY = 1000, 4000


def _adagrad_rate(settings: Mapping[str, float]) -> Finding:
    lr, noise = settings["lr"], settings["noise"]

    def run(rule: str, steps: int, noise: float = 0.0, **hypers: float) -> Path:
        return trace(Run("(x**2 + 10*y**2)/2", rule, (1.0, 1.0), steps, {"lr": lr, **hypers}, noise=noise))

    quiet, loud = run(_ADAGRAD.key, _QUIET), run(_ADAGRAD.key, _NOISY, noise)
    # The memory of Hinton's lecture.
    rms = run(_RMSPROP.key, _QUIET, gamma=0.9)
    rate, loud_rate = (lr / np.sqrt(path.terms["G"][:, 0]) for path in (quiet, loud))
    half, end = float(rate[_QUIET // 2 - 1]), float(rate[-1])
    loud_half, loud_end = float(loud_rate[_QUIET // 2 - 1]), float(loud_rate[-1])
    distance = float(np.abs(quiet.x[-1]).max())
    hover = float(np.abs(rms.x[-20:, 0]).max())
    # One part in a thousand over 500 steps cannot be seen in the picture.
    settled = "it has settled" if end > 0.999 * half else "it is still falling"
    sentence = (
        f"Without noise AdaGrad's effective rate α/√G in the flat direction is {half:.4g} after {_QUIET // 2} steps "
        f"and {end:.4g} after {_QUIET} ({settled}), at a distance of {distance:.4g} from the minimum; RMSProp is "
        f"within {hover:.4g} of it. With noise of size {noise:.4g} AdaGrad's rate falls from {loud_half:.4g} after "
        f"{_QUIET // 2} steps to {loud_end:.4g} after {_NOISY}."
    )
    numbers = {
        f"effective rate after {_QUIET // 2} steps": half,
        f"effective rate after {_QUIET} steps": end,
        "distance, AdaGrad": distance,
        "distance, RMSProp": hover,
        f"effective rate after {_QUIET // 2} steps, noise": loud_half,
        f"effective rate after {_NOISY} steps, noise": loud_end,
    }
    steps = np.arange(1.0, _NOISY + 1)
    series = (
        curve("no noise", rate, steps[:_QUIET], _ADAGRAD.color),
        curve(f"noise {noise:.4g}", loud_rate, steps, _RMSPROP.color),
        curve("α/√t", lr / np.sqrt(steps), steps, _GD.color, "dot"),
    )
    return Finding(numbers, sentence, Plot(_STEP, "effective rate α/√G", series, log_x=True, log_y=True))


_X27 = Experiment(
    key="X27",
    question="Does AdaGrad's learning rate always shrink to nothing?",
    settings=(
        learning_rate(0.1, (0.01, 1.0)),
        Hyper("noise", r"\sigma", 1.0, (0.01, 10.0), (0.01, 10.0), "log", "Noise added to each gradient."),
    ),
    find=_adagrad_rate,
    expected=(
        Expected("effective rate after 1000 steps", 0.0316, 0.0001, _ROUNDING),
        Expected("distance, AdaGrad", 0.0, 1e-14, "linear convergence ends at rounding"),
        Expected("distance, RMSProp", 0.05, 0.0005, "a cycle of half the learning rate, reached to 1 % or better"),
        Expected(
            "effective rate after 4000 steps, noise",
            0.1 / 4000**0.5,
            0.0001,
            "the root of 4000 squared normals varies by 1 %; the first gradients add a little",
        ),
    ),
)


_FEATURES, _EXAMPLES, _DRAWS = 60, 4000, 3
# Wide enough that no rule's best rate is at an end.
_RATES = np.geomspace(1e-3, 3.0, 13)


def _sparse_features(settings: Mapping[str, float]) -> Finding:
    power, noise = settings["power"], settings["noise"]
    frequency = np.arange(1.0, _FEATURES + 1) ** -power
    random = np.random.default_rng(0)
    target = random.standard_normal((_FEATURES, _DRAWS))
    seen = (random.random((_EXAMPLES, _FEATURES, _DRAWS)) < frequency[:, None]).astype(np.float64)
    answers = np.einsum("tfd,fd->td", seen, target) + noise * random.standard_normal((_EXAMPLES, _DRAWS))
    rules = (_ADAGRAD, _ADAM, _GD, _RMSPROP)
    losses, rare = {}, {}
    for rule in rules:
        error = _online(rule.key, seen, answers) - target[:, None, :]
        # E(x·e)² of independent 0/1 features, halved.
        mean = (frequency[:, None, None] * error).sum(axis=0)
        spread = ((frequency * (1 - frequency))[:, None, None] * error**2).sum(axis=0)
        loss = ((spread + mean**2) / 2).mean(axis=-1)
        # A rate at which the rule diverged.
        loss[~np.isfinite(loss)] = np.inf
        losses[rule.name] = loss
        rare[rule.name] = float((error[_FEATURES // 2 :, loss.argmin()] ** 2).mean())
    best = {name: float(loss.min()) for name, loss in losses.items()}
    ranked = sorted(best, key=lambda name: best[name])
    told = listed([f"{name} {best[name]:.4g}" for name in ranked])
    sentence = (
        f"Each at the best of {len(_RATES)} learning rates, after {_EXAMPLES} examples whose features appear with "
        f"probability j^−{power:.4g}, the rules reach these losses: {told}. Lowest is {ranked[0]}."
    )
    numbers = (
        {f"loss, {name}": value for name, value in best.items()}
        | {"loss, second best / AdaGrad": min(best[rule.name] for rule in rules[1:]) / best[_ADAGRAD.name]}
        | {f"error of rare weights, {rule.name}": rare[rule.name] for rule in (_ADAGRAD, _GD)}
    )
    start = float(((frequency[:, None] * target**2).sum(axis=0)).mean())
    series = []
    for rule in rules:
        useful = losses[rule.name] < start
        series.append(Series(rule.name, _RATES[useful], losses[rule.name][useful], rule.color, mode="lines+markers"))
    return Finding(numbers, sentence, Plot("learning rate", "loss on new data", tuple(series), log_x=True, log_y=True))


_X28 = Experiment(
    key="X28",
    question="Which rule learns best from features that are rare?",
    settings=(
        Hyper("power", "s", 1.5, (0.5, 2.0), (0.5, 2.0), "linear", "Feature j appears with probability j^−s."),
        Hyper("noise", r"\sigma", 0.5, (0.0, 1.0), (0.0, 1.0), "linear", "Noise in the answers."),
    ),
    find=_sparse_features,
    expected=(
        Expected("loss, second best / AdaGrad", 1.92, 0.5, "three draws of the data; AdaGrad stays clearly lowest"),
        Expected("loss, AdaGrad", 0.00647, 0.00002, _ROUNDING),
        Expected("loss, Adam", 0.01246, 0.00002, _ROUNDING),
        Expected("loss, Gradient descent", 0.01624, 0.00002, _ROUNDING),
    ),
)


def _online(key: str, seen: Array, answers: Array) -> Array:
    """The weights, of shape ``(features, rates, draws)``, after one squared-error step of a rule per example."""
    examples = zip(seen[:, :, None, :], answers, strict=True)

    def look(weights: Array) -> tuple[None, Array]:
        features, answer = next(examples)
        return None, features * ((features * weights).sum(axis=0) - answer)

    return descend(key, np.zeros((_FEATURES, len(_RATES), _DRAWS)), [_RATES[:, None]] * len(answers), look)[0]


def _epsilon(settings: Mapping[str, float]) -> Finding:
    gradient, eps = settings["gradient"], settings["eps"]
    slopes = np.append(np.geomspace(1e-10, 1.0, 200), gradient)

    def factors(rule: str) -> Array:
        # On x²/2 the gradient is x itself; at a rate of 1 the step is the factor.
        ends = trace_many(Run("x**2/2", rule, (1.0,), 1, {"lr": 1.0, "eps": eps}), starts=slopes[None])
        moved: Array = slopes - ends.x[0]
        return moved

    outside = factors(_ADAGRAD.key)
    within = factors(edited("adagrad", ("(sqrt(G) + eps)", "sqrt(G + eps)")))
    rms_within = edited("rmsprop", ("(sqrt(v) + eps)", "sqrt(v + eps)"))
    far_out, far_in = (
        float(trace(Run("1e-5*x**2/2", rule, (1.0,), 100, {"lr": 0.01, "gamma": 0.9, "eps": eps})).x[-1, 0])
        for rule in (_RMSPROP.key, rms_within)
    )
    sentence = (
        f"A gradient of {gradient:.4g} with ε = {eps:.4g} moves AdaGrad's first step by {outside[-1]:.4g} learning "
        f"rates where ε is added to the root and by {within[-1]:.4g} where it is added under it. On a curvature of "
        f"1e-5, 100 steps of RMSProp go from 1 to {far_out:.4g} and to {far_in:.4g}."
    )
    numbers = {
        "step / lr, √G + ε": float(outside[-1]),
        "step / lr, √(G + ε)": float(within[-1]),
        "RMSProp after 100 steps, √v + ε": far_out,
        "RMSProp after 100 steps, √(v + ε)": far_in,
    }
    series = (
        Series("√G + ε, outside", slopes[:-1], outside[:-1], _ADAGRAD.color),
        Series("√(G + ε), inside", slopes[:-1], within[:-1], _RMSPROP.color, "dash"),
    )
    marks = (Mark("x", gradient, "this gradient"),)
    return Finding(numbers, sentence, Plot("gradient", "first step / learning rate", series, log_x=True, marks=marks))


_X29 = Experiment(
    key="X29",
    question="Does it matter whether ε stands under the root or outside?",
    settings=(
        Hyper("gradient", "g", 1e-6, (1e-10, 1.0), (1e-10, 1.0), "log", "Size of the gradient."),
        Hyper("eps", r"\epsilon", 1e-8, (1e-12, 1e-2), (1e-12, 1e-2), "log", "The ε of both forms."),
    ),
    find=_epsilon,
    expected=(
        Expected("step / lr, √G + ε", 0.990099, 1e-6, "one step by hand: 1/(1 + 0.01)"),
        Expected("step / lr, √(G + ε)", 0.0099995, 1e-6, "one step by hand: 1/√(1 + 10⁴)"),
        Expected("RMSProp after 100 steps, √v + ε", 0.0888, 0.0001, _ROUNDING),
        Expected("RMSProp after 100 steps, √(v + ε)", 0.905, 0.0005, _ROUNDING),
    ),
)


_UNCORRECTED = edited("adam", ("m/(1 - beta1**t)", "m"), ("v/(1 - beta2**t)", "v"))


def _bias_correction(settings: Mapping[str, float]) -> Finding:
    corrected, raw = (
        -np.diff(trace(Run("x", rule, (0.0,), 1000, {"lr": 1.0, **settings})).x[:, 0])
        for rule in (_ADAM.key, _UNCORRECTED)
    )
    ratio = raw / corrected
    largest = int(ratio.argmax())
    sentence = (
        f"On a constant slope, with β₁ = {settings['beta1']:.4g} and β₂ = {settings['beta2']:.4g}, Adam's first step "
        f"without bias correction is {ratio[0]:.4g} times as long as with it; the largest ratio is "
        f"{ratio[largest]:.4g} at step {largest + 1}, and at step 1000 it is {ratio[-1]:.4g}."
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
        Expected("ratio at step 1", 3.1623, 0.0001, _ROUNDING),
        Expected("largest ratio", 6.5685, 0.0001, _ROUNDING),
        Expected("step of the largest ratio", 12, 0, "the neighbours are lower by far more than rounding"),
        Expected("ratio at step 1000", 1.2576, 0.0001, _ROUNDING),
    ),
)


_ROSENBROCK = "((1 - x)**2 + 100*(y - x**2)**2)"
# Stable on the unscaled function from this start, where the limit 2/L is 0.000956.
_GD_RATE = 0.0008


def _loss_scale(settings: Mapping[str, float]) -> Finding:
    scale, lr = settings["scale"], settings["lr"]
    start = (-1.5, 2.0)
    (adam, adam_scaled), (gd, gd_scaled) = (
        tuple(trace(Run(f"{factor!r}*{_ROSENBROCK}", key, start, 2000, {"lr": rate})) for factor in (1.0, scale))
        for key, rate in ((_ADAM.key, lr), (_GD.key, _GD_RATE))
    )
    apart = np.abs(adam.x - adam_scaled.x).max(axis=1)
    common = min(len(gd.x), len(gd_scaled.x))
    gd_apart = np.abs(gd.x[:common] - gd_scaled.x[:common]).max(axis=1)
    survived = len(gd_scaled.x) - 1
    fate = (
        f"gradient descent diverges at step {survived + 1}"
        if survived < 2000
        else f"gradient descent's points move by up to {gd_apart.max():.4g}"
    )
    sentence = (
        f"With the loss multiplied by {scale:.4g} Adam's points move by at most {apart.max():.4g} in 2000 steps, "
        f"while {fate}."
    )
    numbers = {
        "largest change of Adam's points": float(apart.max()),
        "largest change of gradient descent's points": float(gd_apart.max()),
        "steps gradient descent survives": float(survived),
    }
    series = (
        curve(_ADAM.name, apart, color=_ADAM.color),
        curve(_GD.name, gd_apart, color=_GD.color),
    )
    return Finding(numbers, sentence, Plot(_STEP, "distance from the unscaled run", series, log_x=True, log_y=True))


_X31 = Experiment(
    key="X31",
    question="What happens to Adam when the loss is multiplied by a number?",
    settings=(
        Hyper("scale", "c", 1000.0, (1e-3, 1e6), (1e-3, 1e6), "log", "What the loss is multiplied by."),
        learning_rate(0.01, (0.001, 0.1)),
    ),
    find=_loss_scale,
    expected=(
        Expected("largest change of Adam's points", 0.0, 1e-8, "ε is not scaled; rounding adds less"),
        Expected("steps gradient descent survives", 2, 1, "each step multiplies the distance by millions"),
    ),
)


def ravine(degrees: float) -> str:
    """½(u² + 100v²) as a formula, where u and v are x and y turned by ``degrees``."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return f"(({cosine!r}*x + {sine!r}*y)**2 + 100*({cosine!r}*y - {sine!r}*x)**2)/2"


def turned(x: float, y: float, degrees: float) -> tuple[float, float]:
    """The point (x, y) turned about the origin by ``degrees``."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return cosine * x - sine * y, sine * x + cosine * y


def _in_ravine(key: str, lr: float, degrees: float) -> Path:
    """The ravine with its axes turned, from the same place on it."""
    return trace(Run(ravine(degrees), key, turned(1.0, 1.0, degrees), 5000, {"lr": lr}))


def _axes(settings: Mapping[str, float]) -> Finding:
    degrees = settings["angle"]
    straight, askew = (_in_ravine(_ADAM.key, 0.01, angle) for angle in (0.0, degrees))
    gd_straight, gd_turned = (_in_ravine(_GD.key, 2 / 101, angle) for angle in (0.0, degrees))
    counts = [first(path.loss <= 1e-6) for path in (straight, askew, gd_straight, gd_turned)]
    sentence = (
        f"To bring the loss to 1e-6 Adam needs {counts[0]:.0f} steps when the ravine lies along the axes and "
        f"{counts[1]:.0f} when it is turned by {degrees:.4g}°; gradient descent needs {counts[2]:.0f} and "
        f"{counts[3]:.0f}."
    )
    names = ("Adam", "Adam, turned", "gradient descent", "gradient descent, turned")
    numbers = {f"steps, {name}": count for name, count in zip(names, counts, strict=True)}
    series = (
        curve("Adam along the axes", straight.loss[: int(counts[0]) + 1], color=_ADAM.color),
        curve("Adam turned", askew.loss[: int(counts[1]) + 1], color=_ADAM.color, dash="dash"),
        curve("gradient descent, either way", gd_turned.loss[: int(counts[3]) + 1], color=_GD.color),
    )
    return Finding(numbers, sentence, Plot(_STEP, "loss", series, log_x=True, log_y=True))


_X32 = Experiment(
    key="X32",
    question="Does Adam care how the axes lie?",
    settings=(Hyper("angle", r"\varphi", 45.0, (0.0, 90.0), (0.0, 90.0), "linear", "Turn of the ravine, in degrees."),),
    find=_axes,
    expected=(
        Expected("steps, Adam", 305, 2, "a crossing can move by a step where a platform rounds differently"),
        Expected("steps, Adam, turned", 3306, 10, "rounding in cos and sin shifts a slow crossing"),
        Expected("steps, gradient descent", 444, 1, "a crossing can move by a step"),
        Expected("steps, gradient descent, turned", 444, 1, "a crossing can move by a step"),
    ),
)


def _reddi(key: str) -> str:
    """A shipped rule on the example of Reddi, Kale & Kumar 2018: gradient C every third step, −1 otherwise."""
    text = seeing(key, "where((t - 1) % 3 == 0, C, -1)*g", "C: (2, 100) = 3")
    declared, box = text.split("seen = ")
    box = re.sub(r"\blr\b", "lr/sqrt(t)", box)
    return f"{declared}seen = {box}\nx = clip(x, -1, 1)"


def _wrong_end(settings: Mapping[str, float]) -> Finding:
    large, steps = settings["C"], int(settings["steps"])
    hypers = {"lr": 0.5, "beta1": 0.0, "beta2": 1 / (1 + large**2), "C": large}
    adam, amsgrad = (trace(Run("x", _reddi(rule.key), (0.0,), steps, hypers)).x[:, 0] for rule in (_ADAM, _AMSGRAD))
    wrong, right = float(adam[-1]), float(amsgrad[-1])
    sentence = (
        f"The gradient is {large:.4g} every third step and −1 otherwise, {(large - 2) / 3:.4g} on average, so −1 is "
        f"the best point of [−1, 1] and 1 the worst. From 0, Adam is at {wrong:.4g} and AMSGrad at "
        f"{right:.4g} after {steps} steps."
    )
    numbers = {"end, Adam": wrong, "end, AMSGrad": right, "mean gradient": (large - 2) / 3}
    series = tuple(
        curve(rule.name, x, color=rule.color, dash=rule.dash) for rule, x in ((_ADAM, adam), (_AMSGRAD, amsgrad))
    )
    return Finding(numbers, sentence, Plot(_STEP, "x", series, log_x=True, marks=(Mark("y", -1.0, "best"),)))


_X33 = Experiment(
    key="X33",
    question="Can Adam walk to the worst point of a straight line?",
    settings=(
        Hyper("C", "C", 3.0, (2.1, 10.0), (2.1, 10.0), "linear", "The rare gradient; above 2 it decides."),
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
        f"After {silence} steps with gradient 0, a gradient of 1 moves Adam by {after[0]:.4g} learning rates in its "
        f"first step and, if it lasts, by up to {after[largest]:.4g} (in step {largest + 1}); from the start it "
        f"would be {fresh[0]:.4g}."
    )
    numbers = {
        "first step / lr": float(after[0]),
        "largest step / lr": float(after[largest]),
        "(1 − β₁)/√(1 − β₂)": 0.1 / float(np.sqrt(1 - beta2)),
    }
    at = np.arange(1.0, _AWAKE + 1)
    series = (
        Series(f"after {silence} silent steps", at, after, _ADAM.color),
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
        Expected("first step / lr", 3.1623, 0.001, "0.999^20 000 is 2e-9"),
        Expected("first step / lr", 0.2**0.5, 1e-6, "(1 − 0.9)/√(1 − 0.95), by hand", {"beta2": 0.95}),
    ),
)


ALL: tuple[Experiment, ...] = (_X27, _X28, _X29, _X30, _X31, _X32, _X33, _X34)
