"""What stands behind common advice on clipping, schedules, weight decay and warm-up, and where each of it ends."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS, Dash
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.trace import Path, trace
from core.evidence.experiments.measure import curve, edited, first, steps_text
from core.evidence.experiments.telling import learning_rate, whole

_GD, _MOMENTUM, _ADAM, _ADAMW = (OPTIMIZERS[key] for key in ("sgd", "momentum", "adam", "adamw"))
_STEP = "step"
_ROUNDING = "the same arithmetic apart from rounding"


_CLIP_STEPS = 300
_CLIP_START = 1.2


def _fate(path: Path) -> str:
    if path.status.failed:
        return f"leaves every bound at step {path.status.step}"
    return f"ends at w = {path.x[-1, 0]:.4g} with loss {path.loss[-1]:.4g}"


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
        f"The loss ½(w^{depth} − ½)² is lowest at w = {minimum:.4g}; at {_CLIP_START} its gradient is "
        f"{free.grad_norm[0]:.4g}. With α = {lr:.4g} gradient descent {_fate(free)}. With the norm clipped at "
        f"{clip:.4g} it {_fate(clipped)}; {100 * held:.4g} % of its steps were clipped, and such a step is "
        f"{lr * clip:.4g} long."
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
    return Finding(numbers, sentence, Plot(_STEP, "loss", series, log_y=True))


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
        Expected("w at the end, clipped", 1.17, 1e-9, "300 steps of 1e-4 from 1.2", {"lr": 1e-4}),
    ),
)


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
    rules = {_GD: lr, _MOMENTUM: lr, _ADAM: lr * _ADAM_SHARE}
    paths = {
        (rule, name): trace(
            Run(
                _PLATEAU,
                edited(rule.key, ("x - lr*", f"x - lr*{factor}*")),
                (start,),
                _PLATEAU_STEPS,
                {"lr": rate},
            )
        )
        for rule, rate in rules.items()
        for name, factor in _SCHEDULES.items()
    }
    steps = {key: first(np.abs(path.x[:, 0]) < 1) for key, path in paths.items()}
    told = [steps_text(steps[_GD, name], _PLATEAU_STEPS) for name in _SCHEDULES]
    sentence = (
        f"From x = {start:.4g}, where the slope is {paths[_GD, 'constant'].grad_norm[0]:.4g}, gradient descent with "
        f"α = {lr:.4g} leaves the plateau after {told[0]}, with cosine decay after {told[1]}, with warm-up and cosine "
        f"decay after {told[2]}; at the constant rate momentum needs "
        f"{steps_text(steps[_MOMENTUM, 'constant'], _PLATEAU_STEPS)} and Adam, at a tenth of the rate, "
        f"{steps_text(steps[_ADAM, 'constant'], _PLATEAU_STEPS)}."
    )
    numbers = {f"steps, {rule.name}, {name}": count for (rule, name), count in steps.items()}
    series = tuple(
        Series(f"{rule.name}, {name}", drawn.x, drawn.y, rule.color, _DASHES[name])
        for (rule, name), path in paths.items()
        if rule is not _ADAM
        for drawn in [curve("", np.abs(path.x[:, 0]))]
    )
    marks = (Mark("y", 1.0, "off the plateau"),)
    return Finding(numbers, sentence, Plot(_STEP, "distance from the minimum", series, log_x=True, marks=marks))


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


_DIMENSIONS = 50
_DRAWS = 20
_STRENGTHS = np.concatenate([[0.0], np.geomspace(1e-4, 100.0, 121)])


def _ridge_error(noise: float, samples: int, strengths: Array) -> Array:
    """The squared distance from the true weights, averaged over 20 draws, for each of ``strengths``.

    50 true weights of norm 1, standard normal inputs, and the minimum of mean squared error/2 + λ·norm²/2 (the shortest
    of them at λ = 0). The distance is also the error on new points before noise.
    """
    random = np.random.default_rng(0)
    x = random.standard_normal((_DRAWS, samples, _DIMENSIONS))
    true = random.standard_normal((_DRAWS, _DIMENSIONS))
    true /= np.linalg.norm(true, axis=1, keepdims=True)
    y = np.einsum("rnd,rd->rn", x, true) + noise * random.standard_normal((_DRAWS, samples))
    left, scale, right = np.linalg.svd(x, full_matrices=False)
    along = scale * np.einsum("rnk,rn->rk", left, y)
    shrunk = along / (scale**2 + samples * strengths[:, None, None])
    found = np.einsum("srk,rkd->srd", shrunk, right)
    return np.asarray(((found - true) ** 2).sum(axis=-1).mean(axis=-1))


def _strength_text(strength: float) -> str:
    return f"λ = {strength:.4g}"


def _decay_pays(settings: Mapping[str, float]) -> Finding:
    lr, decay, samples = settings["lr"], settings["weight_decay"], int(settings["samples"])
    strengths = np.append(_STRENGTHS, decay)
    noisy, clean = (_ridge_error(noise, samples, strengths) for noise in (settings["noise"], 0.0))
    best, best_clean = int(noisy[:-1].argmin()), int(clean[:-1].argmin())
    half_life = np.log(2) / -np.log1p(-lr * decay)
    sentence = (
        f"Fitting {_DIMENSIONS} weights to {samples} points with noise {settings['noise']:.4g}, the error is "
        f"{noisy[0]:.4g} without decay, {noisy[-1]:.4g} at {_strength_text(decay)} and lowest, {noisy[best]:.4g}, at "
        f"{_strength_text(strengths[best])}. Without noise the same decay makes it {clean[-1]:.4g} and "
        f"{_strength_text(strengths[best_clean])} is best. What acts in a step is αλ: at α = {lr:.4g} a weight without "
        f"gradient halves in {half_life:.0f} steps."
    )
    numbers = {
        "error, λ = 0": float(noisy[0]),
        "error, this λ": float(noisy[-1]),
        "lowest error": float(noisy[best]),
        "best λ": float(strengths[best]),
        "error without noise, λ = 0": float(clean[0]),
        "error without noise, this λ": float(clean[-1]),
        "best λ without noise": float(strengths[best_clean]),
        "half-life in steps": float(half_life),
    }
    series = (
        Series("with noise", strengths[1:-1], noisy[1:-1], _ADAMW.color),
        Series("without noise", strengths[1:-1], clean[1:-1], _GD.color, "dash"),
    )
    marks = (Mark("x", decay, "this λ"),)
    return Finding(numbers, sentence, Plot("λ", "squared error of the weights", series, True, True, marks))


_X61 = Experiment(
    key="X61",
    question="Does weight decay always help?",
    settings=(
        Hyper("noise", r"\sigma", 1.0, (0.0, 3.0), (0.0, 3.0), "linear", "Noise in the data; the signal has size 1."),
        whole("samples", "n", 60, (20, 200), "Points to fit 50 weights to."),
        Hyper("weight_decay", r"\lambda", 0.1, (0.001, 10.0), (0.001, 10.0), "log", "Strength of the decay."),
        learning_rate(3e-4, (1e-5, 1e-2)),
    ),
    find=_decay_pays,
    expected=(
        Expected("error, λ = 0", 5.6548, 0.0005, "seeded; d/(n − d − 1) is 5.56, and 20 draws scatter by 0.9"),
        Expected("error, this λ", 1.146, 0.005, "seeded; only rounding is left"),
        Expected("error without noise, this λ", 0.0950, 0.0005, "seeded; only rounding is left"),
        Expected("best λ", 50 / 60, 0.4, "dσ²/n, and a minimum that is flat"),
        Expected("error without noise, λ = 0", 0.0, 1e-20, "enough points give the weights exactly"),
        Expected("best λ without noise", 0.0, 0.0, "any decay moves the exact weights"),
        Expected("half-life in steps", 23104.56, 0.01, "ln 2/−ln(1 − 3e-5)"),
        Expected("half-life in steps", 231_048.71, 0.01, "ln 2/−ln(1 − 3e-6)", {"weight_decay": 0.01}),
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
    return "no warm-up" if warmup == 1 else f"{warmup:.0f} steps of linear warm-up"


def _warm_up(settings: Mapping[str, float]) -> Finding:
    start, warmup = settings["start"], settings["warmup"]
    warmups = np.append(_WARMUPS, warmup)
    curvature = 3 * start**2
    quartic, loss = _largest_rates("x**4/4", start, 2 / start**2, warmups)
    parabola, _ = _largest_rates(f"{curvature!r}*x**2/2", start, 2 / curvature, warmups)
    times, times_parabola = quartic[-1] / quartic[0], parabola[-1] / parabola[0]
    sentence = (
        f"On ¼x⁴ from {start:.4g}, gradient descent is stable at constant rates up to {quartic[0]:.4g}; at nine tenths "
        f"of that the loss is {loss[0]:.4g} after {_WARM_STEPS} steps. With {_warm_text(warmup)} the peak may be "
        f"{quartic[-1]:.4g}, {times:.4g} times as much, and nine tenths of that give {loss[-1]:.4g}. On a parabola as "
        f"curved as the start, which does not flatten on the way, the limit only goes from {parabola[0]:.4g} to "
        f"{parabola[-1]:.4g}."
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


ALL: tuple[Experiment, ...] = (_X48, _X55, _X61, _X62)
