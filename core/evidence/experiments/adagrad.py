"""What dividing by past gradients does: how AdaGrad's rate falls, what rare features gain, where ε stands."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.trace import Path, trace
from core.evidence.experiments.measure import curve, descend, edited
from core.evidence.experiments.telling import KNOWN_DIGITS, learning_rate
from core.formula.words import apart, counted, digits, listed

_GD, _ADAGRAD, _RMSPROP, _ADAM = (OPTIMIZERS[key] for key in ("sgd", "adagrad", "rmsprop", "adam"))
_STEP = "step"

# Without noise, and with it: a noisy sum needs more steps to show its law.
_QUIET, _NOISY = 1000, 4000


def _adagrad_rate(settings: Mapping[str, float]) -> Finding:
    lr, noise = settings["lr"], settings["noise"]

    def run(key: str, steps: int, noise: float = 0.0, **hypers: float) -> Path:
        return trace(Run("(x**2 + 10*y**2)/2", key, (1.0, 1.0), steps, {"lr": lr, **hypers}, noise=noise))

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
        f"Without noise AdaGrad's effective rate α/√G in the flat direction is {digits(half)} after {_QUIET // 2} "
        f"steps and {digits(end)} after {digits(_QUIET)} ({settled}), at a distance of {digits(distance)} from the "
        f"minimum; RMSProp is within {digits(hover)} of it. With noise of size {digits(noise)} AdaGrad's rate falls "
        f"from {digits(loud_half)} after {counted(_QUIET // 2)} to {digits(loud_end)} after {digits(_NOISY)}."
    )
    numbers = {
        f"effective rate after {counted(_QUIET // 2)}": half,
        f"effective rate after {counted(_QUIET)}": end,
        "distance, AdaGrad": distance,
        "distance, RMSProp": hover,
        f"effective rate after {counted(_QUIET // 2)}, noise": loud_half,
        f"effective rate after {counted(_NOISY)}, noise": loud_end,
    }
    steps = np.arange(1.0, _NOISY + 1)
    series = (
        curve("no noise", rate, steps[:_QUIET], _ADAGRAD.color),
        curve(f"noise {digits(noise)}", loud_rate, steps, _RMSPROP.color),
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
        Expected("effective rate after 1000 steps", 0.0316, 0.0001, KNOWN_DIGITS),
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
    optimizers = (_ADAGRAD, _ADAM, _GD, _RMSPROP)
    losses, rare = {}, {}
    for optimizer in optimizers:
        error = _online(optimizer.key, seen, answers) - target[:, None, :]
        # E(x·e)² of independent 0/1 features, halved.
        mean = (frequency[:, None, None] * error).sum(axis=0)
        spread = ((frequency * (1 - frequency))[:, None, None] * error**2).sum(axis=0)
        loss = ((spread + mean**2) / 2).mean(axis=-1)
        # A rate at which the rule diverged.
        loss[~np.isfinite(loss)] = np.inf
        losses[optimizer.name] = loss
        rare[optimizer.name] = float((error[_FEATURES // 2 :, loss.argmin()] ** 2).mean())
    best = {name: float(loss.min()) for name, loss in losses.items()}
    ranked = sorted(best, key=lambda name: best[name])
    ranking = listed([f"{name} {digits(best[name])}" for name in ranked])
    sentence = (
        f"Each at the best of {len(_RATES)} learning rates, after {_EXAMPLES} examples whose features appear with "
        f"probability j^−{digits(power)}, the rules reach these losses: {ranking}. Lowest is {ranked[0]}."
    )
    numbers = (
        {f"loss, {name}": value for name, value in best.items()}
        | {
            "loss, second best / AdaGrad": min(best[optimizer.name] for optimizer in optimizers[1:])
            / best[_ADAGRAD.name]
        }
        | {f"error of rare weights, {optimizer.name}": rare[optimizer.name] for optimizer in (_ADAGRAD, _GD)}
    )
    start = float(((frequency[:, None] * target**2).sum(axis=0)).mean())
    series = []
    for optimizer in optimizers:
        useful = losses[optimizer.name] < start
        series.append(
            Series(
                optimizer.name, _RATES[useful], losses[optimizer.name][useful], optimizer.color, mode="lines+markers"
            )
        )
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
        Expected("loss, AdaGrad", 0.00647, 0.00002, KNOWN_DIGITS),
        Expected("loss, Adam", 0.01246, 0.00002, KNOWN_DIGITS),
        Expected("loss, RMSProp", 0.01367, 0.00002, KNOWN_DIGITS),
        Expected("loss, Gradient descent", 0.01624, 0.00002, KNOWN_DIGITS),
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
    gradient, eps, gamma = (settings[name] for name in ("gradient", "eps", "gamma"))
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
        float(trace(Run("1e-5*x**2/2", rule, (1.0,), 100, {"lr": 0.01, "gamma": gamma, "eps": eps})).x[-1, 0])
        for rule in (_RMSPROP.key, rms_within)
    )
    sentence = (
        f"A gradient of {digits(gradient)} with ε = {digits(eps)} moves AdaGrad's first step by {digits(outside[-1])} "
        f"learning rates where ε is added to the root and by {digits(within[-1])} where it is added under it. On a "
        f"curvature of 10⁻⁵, 100 steps of RMSProp with γ = {digits(gamma)} go from {' to '.join(apart(1, far_out))} "
        f"and to {digits(far_in)}."
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
        Hyper("gamma", r"\gamma", 0.9, (0.0, 0.999), (0.0, 0.999), "linear", "Memory of RMSProp; PyTorch's is 0.99."),
    ),
    find=_epsilon,
    expected=(
        Expected("step / lr, √G + ε", 0.990099, 1e-6, "one step by hand: 1/(1 + 0.01)"),
        Expected("step / lr, √(G + ε)", 0.0099995, 1e-6, "one step by hand: 1/√(1 + 10⁴)"),
        Expected("RMSProp after 100 steps, √v + ε", 0.0888, 0.0001, KNOWN_DIGITS),
        Expected("RMSProp after 100 steps, √(v + ε)", 0.905, 0.0005, KNOWN_DIGITS),
        Expected("RMSProp after 100 steps, √v + ε", 0.0123, 0.0001, KNOWN_DIGITS, {"gamma": 0.99}),
        Expected("RMSProp after 100 steps, √(v + ε)", 0.905, 0.0005, KNOWN_DIGITS, {"gamma": 0.99}),
    ),
)


ALL: tuple[Experiment, ...] = (_X27, _X28, _X29)
