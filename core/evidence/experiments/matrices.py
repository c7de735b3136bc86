"""What Muon, LAMB and Sophia do to matrices, seen on an associative memory."""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.findings import Expected, Experiment, Finding, Mark, Plot, Series
from core.evidence.experiments.measure import curve, first, steps_text
from core.evidence.experiments.telling import learning_rate, whole
from core.formula.words import apart, digits
from core.problems.matrix_problem import ITEMS, MatrixRun, Memory, memory, orthogonal, singular_values, train

_GD, _MOMENTUM, _ADAM, _ADAMW, _SOPHIA, _LAMB, _MUON = (
    OPTIMIZERS[key] for key in ("sgd", "momentum", "adam", "adamw", "sophia", "lamb", "muon")
)
_NOTHING = [np.zeros((ITEMS, ITEMS))]
_STEP = "step"
_CROSSING = "a crossing can move by a step or two where rounding differs"
_DRAWN_MATRIX = "a fixed polynomial of fixed numbers"

_EXPONENT = Hyper(
    "exponent", "s", 1.0, (0.0, 2.0), (0.0, 2.0), "linear", "Item i is asked for in proportion to i^−s; 0 is evenly."
)
_SEED = whole("seed", "n", 0, (0, 99), "Draws keys, values and weights.")


def _steps(run: MatrixRun, error: float) -> list[float]:
    """The number of steps until each item's error is at most ``error``; infinity if it never is."""
    return [first(of_item <= error) for of_item in run.errors.T]


def _settled(run: MatrixRun, error: float) -> list[float]:
    """The number of steps after which each item's error stays at or below ``error``; infinity if it does not."""
    above = run.errors > error
    return [np.inf if of_item[-1] else float(len(of_item) - of_item[::-1].argmax()) for of_item in above.T]


_ORDER_STEPS = 1500


def _order(settings: Mapping[str, float]) -> Finding:
    lr, exponent, seed = settings["lr"], settings["exponent"], int(settings["seed"])
    aligned, turned = (memory(exponent, rotated, seed) for rotated in (False, True))
    share = aligned.frequencies[0]
    # Rates at which every rule first moves the answer for the most frequent item by about ``lr`` a step.
    beta = {hyper.name: hyper.default for hyper in _MOMENTUM.hypers}["beta"]
    raced = (
        ("gradient descent", _GD, aligned, lr / share),
        ("momentum", _MOMENTUM, aligned, lr * (1 - beta) / share),
        ("Adam, keys along the axes", _ADAM, aligned, lr / ITEMS**0.5),
        ("Adam, keys turned", _ADAM, turned, lr / ITEMS**0.5),
        (_MUON.name, _MUON, aligned, lr),
    )
    runs = {
        name: train(problem, optimizer.key, _NOTHING, _ORDER_STEPS, {"lr": rate})
        for name, optimizer, problem, rate in raced
    }
    halved = {name: _steps(run, 0.5) for name, run in runs.items()}
    gradient = singular_values(runs[_MUON.name].gradients[0][:1])[0]
    update = singular_values(runs[_MUON.name].updates[0][:1])[0] / lr
    parts = [
        f"{name} after {steps_text(steps[0], _ORDER_STEPS)} and {steps_text(steps[-1], _ORDER_STEPS)}"
        for name, steps in halved.items()
    ]
    sentence = (
        f"The most frequent item is asked for {digits(share / aligned.frequencies[-1])} times as often as the rarest. "
        f"Their errors halve with {'; with '.join(parts)}. The first gradient's singular values lie between "
        f"{' and '.join(apart(gradient[-1], gradient[0]))}, those of Muon's first step between "
        f"{' and '.join(apart(update[-1], update[0]))} learning rates."
    )
    numbers = {
        **{f"steps, {name}, most frequent": steps[0] for name, steps in halved.items()},
        **{f"steps, {name}, rarest": steps[-1] for name, steps in halved.items()},
        "largest / smallest singular value, gradient": float(gradient[0] / gradient[-1]),
        "largest / smallest singular value, Muon's step": float(update[0] / update[-1]),
    }
    items = np.arange(1.0, ITEMS + 1)
    series = tuple(
        Series(
            name,
            items,
            np.array(halved[name]),
            optimizer.color,
            "dot" if problem is turned else optimizer.dash,
            "lines+markers",
        )
        for name, optimizer, problem, _ in raced
    )
    title = "item, the most frequent first"
    return Finding(numbers, sentence, Plot(title, "steps until its error halves", series, log_y=True))


_X72 = Experiment(
    key="X72",
    question="Does Muon learn rare things as fast as frequent ones?",
    settings=(learning_rate(0.02, (0.005, 0.1)), _EXPONENT, _SEED),
    find=_order,
    expected=(
        Expected("steps, gradient descent, most frequent", 18, 1, "ln 2/−2 ln(1 − 0.02), rounded up"),
        Expected("steps, gradient descent, rarest", 139, 1, "ln 2/−2 ln(1 − 0.02/8), rounded up"),
        Expected("steps, Muon, most frequent", 14, 2, _CROSSING),
        Expected("steps, Muon, rarest", 20, 2, _CROSSING),
        Expected("steps, Adam, keys along the axes, rarest", 20, 2, _CROSSING),
        Expected("steps, Adam, keys turned, rarest", 39, 2, _CROSSING),
        Expected("largest / smallest singular value, gradient", 8.0, 1e-9, "the frequencies: 1 and 1/8"),
        Expected("largest / smallest singular value, Muon's step", 1.5817, 0.001, _DRAWN_MATRIX),
    ),
)


_LAYER_STEPS = 500
_LAYERS: tuple[tuple[str, Literal["solid", "dash"]], ...] = (("large layer", "solid"), ("small layer", "dash"))


def _layers(settings: Mapping[str, float]) -> Finding:
    lr, scale, seed = settings["lr"], settings["scale"], int(settings["seed"])
    weights = [scale * orthogonal((seed, 2)), orthogonal((seed, 3)) / scale]
    problem = memory(seed=seed)
    runs = {
        optimizer.name: train(problem, optimizer.key, weights, _LAYER_STEPS, {"lr": lr})
        for optimizer in (_GD, _ADAMW, _LAMB)
    }
    steps = {name: run.relative_steps for name, run in runs.items()}
    adamw, lamb = steps[_ADAMW.name], steps[_LAMB.name]
    ends = {name: float(run.loss[-1]) if len(run.loss) > _LAYER_STEPS else np.inf for name, run in runs.items()}
    sentence = (
        f"The layers have the norms {digits(np.linalg.norm(weights[0]))} and {digits(np.linalg.norm(weights[1]))}. "
        f"With α = {digits(lr)} AdamW's first step changes them by {digits(100 * adamw[0, 0])} % and "
        f"{digits(100 * adamw[0, 1])} %, LAMB's by {digits(100 * lamb[0, 0])} % and {digits(100 * lamb[0, 1])} %. In "
        f"step {len(lamb)} LAMB still changes them by {digits(100 * lamb[-1, 0])} % and {digits(100 * lamb[-1, 1])} %, "
        f"AdamW by {digits(100 * adamw[-1, 0])} % and {digits(100 * adamw[-1, 1])} %; the loss is "
        f"{digits(ends[_LAMB.name])} with LAMB and {digits(ends[_ADAMW.name])} with AdamW."
    )
    numbers = {
        **{
            f"first step, small layer / large layer, {name}": float(step[0, 1] / step[0, 0])
            for name, step in steps.items()
        },
        "first step of the large layer in %, AdamW": float(100 * adamw[0, 0]),
        "first step of the small layer in %, AdamW": float(100 * adamw[0, 1]),
        "first step of either layer in %, LAMB": float(100 * lamb[0, 0]),
        "last step of the small layer in %, LAMB": float(100 * lamb[-1, 1]),
        **{f"loss at the end, {name}": end for name, end in ends.items()},
    }
    series = tuple(
        curve(
            f"{optimizer.name}, {layer}",
            steps[optimizer.name][:, column],
            np.arange(1.0, len(steps[optimizer.name]) + 1),
            optimizer.color,
            dash,
        )
        for optimizer in (_ADAMW, _LAMB)
        for column, (layer, dash) in enumerate(_LAYERS)
    )
    marks = (Mark("y", lr, "α"),)
    return Finding(numbers, sentence, Plot(_STEP, "length of the step / norm of the layer", series, True, True, marks))


_X73 = Experiment(
    key="X73",
    question="What does LAMB change for layers of very different size?",
    settings=(
        learning_rate(0.01, (0.001, 0.1)),
        Hyper("scale", "c", 10.0, (1.0, 30.0), (1.0, 30.0), "log", "The layers start c times as large and as small."),
        _SEED,
    ),
    find=_layers,
    expected=(
        Expected("first step, small layer / large layer, Gradient descent", 1e4, 1e-3, "the fourth power of 10"),
        # AdamW's decay adds 0.0001 to both.
        Expected(
            "first step, small layer / large layer, AdamW", 100.0, 5.0, "sign steps: the square of 10, less decay"
        ),
        Expected("first step, small layer / large layer, LAMB", 1.0, 1e-9, "both are α"),
        Expected("first step of either layer in %, LAMB", 1.0, 1e-9, "α"),
        Expected("last step of the small layer in %, LAMB", 1.0, 1e-9, "α, as long as there is any gradient"),
        Expected("loss at the end, LAMB", 3e-4, 3e-4, "it hops about the minimum in steps of one hundredth"),
        Expected("loss at the end, AdamW", 1.3e-8, 1e-8, "what the decay holds back"),
    ),
)


_CURVED_STEPS = 600
_MOMENTUM_RATES = np.geomspace(0.01, 3.0, 12)
# A step is at its limit if it is as long as α apart from rounding.
_AT_LIMIT = 1 - 1e-6
_KNOWN = 0.01


def _best_momentum(problem: Memory) -> tuple[float, MatrixRun]:
    """The rate, of twelve, at which momentum is the first to know every item to an error of 0.01, and its run."""
    runs = {rate: train(problem, _MOMENTUM.key, _NOTHING, _CURVED_STEPS, {"lr": rate}) for rate in _MOMENTUM_RATES}
    best = min(runs, key=lambda rate: max(_settled(runs[rate], _KNOWN)))
    return float(best), runs[best]


def _curvature(settings: Mapping[str, float]) -> Finding:
    lr, gamma, rotated = settings["lr"], settings["gamma"], settings["rotated"] == 1
    problem = memory(settings["exponent"], rotated, int(settings["seed"]))
    run = train(problem, _SOPHIA.key, _NOTHING, _CURVED_STEPS, {"lr": lr, "gamma": gamma})
    rate, momentum = _best_momentum(problem)
    clipped = (np.abs(run.updates[0]) >= lr * _AT_LIMIT).mean(axis=(1, 2))
    (curvature,) = problem.hessian_diag(_NOTHING)
    learnt = run.state["h"][0] / curvature
    sophia_steps, momentum_steps = _settled(run, _KNOWN), _settled(momentum, _KNOWN)
    needs = [
        f"{steps_text(steps[0], _CURVED_STEPS)} for the most frequent item and "
        f"{steps_text(steps[-1], _CURVED_STEPS)} for the rarest"
        for steps in (sophia_steps, momentum_steps)
    ]
    sentence = (
        f"Sophia's first step is clipped to α on {digits(100 * clipped[0])} % of the weights and the last of "
        f"{_CURVED_STEPS} on {digits(100 * clipped[-1])} %. After its first estimate h holds "
        f"{digits(100 * learnt[0].min())} % of the curvature, at the end {digits(100 * learnt[-1].min())} %. To stay "
        f"below an error of {digits(_KNOWN)} it needs {needs[0]}; momentum at {digits(rate)}, the best of "
        f"{len(_MOMENTUM_RATES)} rates, needs {needs[1]}."
    )
    numbers = {
        "clipped in %, first step": float(100 * clipped[0]),
        "clipped in %, step 100": float(100 * clipped[99]),
        "clipped in %, last step": float(100 * clipped[-1]),
        "h in % of the curvature, first look": float(100 * learnt[0].min()),
        "h in % of the curvature, at the end": float(100 * learnt[-1].min()),
        "steps, Sophia, most frequent": sophia_steps[0],
        "steps, Sophia, rarest": sophia_steps[-1],
        "steps, momentum, most frequent": momentum_steps[0],
        "steps, momentum, rarest": momentum_steps[-1],
        "momentum's best rate": rate,
    }
    series = tuple(
        curve(f"{optimizer.name}, {item}", traced.errors[:, column], color=optimizer.color, dash=dash)
        for optimizer, traced in ((_SOPHIA, run), (_MOMENTUM, momentum))
        for column, item, dash in _ENDS
    )
    return Finding(numbers, sentence, Plot(_STEP, "error of the item", series, log_y=True))


_ENDS: tuple[tuple[int, str, Literal["solid", "dash"]], ...] = (
    (0, "most frequent item", "solid"),
    (-1, "rarest item", "dash"),
)

_X74 = Experiment(
    key="X74",
    question="How much of Sophia is curvature and how much is clipping?",
    settings=(
        learning_rate(0.01, (0.003, 0.1)),
        Hyper("gamma", r"\gamma", 0.01, (0.001, 1.0), (0.001, 1.0), "log", "Scales the curvature: small clips more."),
        _EXPONENT,
        whole("rotated", "r", 0, (0, 1), "0 lays the keys along the axes, 1 turns them."),
        _SEED,
    ),
    find=_curvature,
    expected=(
        Expected("clipped in %, first step", 98.4375, 3.2, "63 of 64 weights; two more may lie at the limit"),
        Expected("clipped in %, last step", 0.0, 0.0, "by then every step is short of α by orders of magnitude"),
        Expected("h in % of the curvature, first look", 1.0, 1e-9, "1 − β₂"),
        Expected("h in % of the curvature, at the end", 45.2843, 1e-3, "1 − 0.99^60: sixty looks in 600 steps"),
        Expected("steps, Sophia, rarest", 162, 10, "sign steps near the minimum multiply rounding"),
        Expected("steps, momentum, rarest", 42, 2, _CROSSING),
    ),
)


ALL: tuple[Experiment, ...] = (_X72, _X73, _X74)
