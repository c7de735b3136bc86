"""Experiments about races: who wins at which learning rate, where a rate fails, how first steps and starts differ."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import OBJECTIVES, Objective
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.findings import Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.many import losses_at
from core.engine.run import Run
from core.engine.status import Outcome
from core.engine.trace import Path, trace
from core.evidence.experiments.measure import curve
from core.evidence.experiments.telling import learning_rate, whole
from core.formula.words import apart, counted, digits, listed

_VALLEY = OBJECTIVES["rosenbrock"]

# The rules that the race compares, and the rates at which the winner is named: one for each that someone could pick.
_RACERS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam")
_NAMED_RATES = (0.0008, 0.003, 0.01, 0.1)
_SWEPT_RATES = np.union1d(np.geomspace(1e-4, 1.0, 41), _NAMED_RATES)


def _winner(settings: Mapping[str, float]) -> Finding:
    start, steps = (settings["x0"], settings["y0"]), int(settings["steps"])
    losses = {OPTIMIZERS[key].name: losses_at(Run(_VALLEY.key, key, start, steps), _SWEPT_RATES)[0] for key in _RACERS}
    numbers: dict[str, float] = {}
    parts: list[str] = []
    winners: set[str] = set()
    for rate in _NAMED_RATES:
        at = {name: float(loss[np.searchsorted(_SWEPT_RATES, rate)]) for name, loss in losses.items()}
        # AdaGrad's steps are never longer than lr, so at least one rule has not diverged.
        lowest = float(np.nanmin(list(at.values())))
        first = [name for name, loss in at.items() if loss == lowest]
        numbers[f"lowest loss at lr {digits(rate)}"] = lowest
        parts.append(f"{listed(first)} at {digits(rate)} ({digits(lowest)})")
        winners.update(first)
    numbers["different winners"] = len(winners)
    count = f"{len(winners)} different winners" if len(winners) > 1 else "the same winner at each of these rates"
    plot = Plot(
        "learning rate α",
        f"loss after {counted(steps)}",
        tuple(
            Series(optimizer.name, _SWEPT_RATES, losses[optimizer.name], optimizer.color, optimizer.dash)
            for optimizer in (OPTIMIZERS[key] for key in _RACERS)
        ),
        log_x=True,
        log_y=True,
        marks=tuple(Mark("x", rate, digits(rate)) for rate in _NAMED_RATES),
    )
    return Finding(numbers, f"After {counted(steps)} the lowest loss belongs to {listed(parts)}: {count}.", plot)


_WINNER = Experiment(
    key="X42",
    question="Which rule wins on Rosenbrock's valley, and does it win at every learning rate?",
    settings=(
        whole("steps", "T", 2000, (100, 3000), "Steps that every rule takes, at every learning rate."),
        Hyper("x0", "x_0", -1.5, (-2.0, 2.0), (-2.0, 2.0), "linear", "Where all rules start, in x."),
        Hyper("y0", "y_0", 2.0, (-1.0, 3.0), (-1.0, 3.0), "linear", "Where all rules start, in y."),
    ),
    find=_winner,
    expected=(
        Expected("lowest loss at lr 0.0008", 3.9e-7, 0.05e-7, "Nesterov's loss; the figure is known to two digits."),
        Expected("lowest loss at lr 0.003", 0.0089, 0.00005, "RMSProp's loss; the figure is known to two digits."),
        Expected("lowest loss at lr 0.01", 0.0077, 0.00005, "Adam's loss; the figure is known to two digits."),
        Expected("lowest loss at lr 0.1", 0.0, 1e-20, "Adam arrives (5·10⁻²³); what is left is rounding."),
        Expected("different winners", 3, 0, "A count: Nesterov, RMSProp and Adam."),
    ),
)


# Half a percent below the limit, as the counterpart to whatever the reader chooses.
_BELOW_LIMIT = 0.00199


def _sharp_limit(settings: Mapping[str, float]) -> Finding:
    lr, steps = settings["lr"], int(settings["steps"])
    curvature = float(np.linalg.eigvalsh(_VALLEY.parsed.hessian(np.array(_VALLEY.minima[0]))).max())
    limit = 2 / curvature
    own, below = (_descend(rate, steps) for rate in (lr, _BELOW_LIMIT))
    numbers = {
        "largest curvature at the minimum": curvature,
        "limit 2/L": limit,
        "lr as a share of the limit": lr / limit,
        f"final loss at lr {digits(_BELOW_LIMIT)}": float(below.loss[-1]),
    }
    rate, edge = apart(lr, limit)
    where = f"At lr = {rate}, which is {digits(lr / limit)} of the limit 2/L = {edge},"
    if own.status.outcome is Outcome.DIVERGED:
        numbers["diverges at step"] = own.status.step
        outcome = f"{where} the run diverges at step {digits(own.status.step)}"
    else:
        numbers["final loss"] = float(own.loss[-1])
        arrives = "arrives" if own.status.outcome is Outcome.MINIMUM else "stays bounded but does not arrive"
        outcome = f"{where} the run {arrives}: after {counted(steps)} the loss is {digits(own.loss[-1])}"
    plot = Plot(
        "step",
        "loss",
        (
            curve(f"lr = {digits(_BELOW_LIMIT)}", below.loss, dash="dash"),
            curve(f"yours: lr = {digits(lr)}", own.loss),
        ),
        log_y=True,
    )
    sentence = (
        f"{outcome}; at lr = {digits(_BELOW_LIMIT)}, just below the limit, it is {digits(below.loss[-1])} after "
        f"{counted(steps)}."
    )
    return Finding(numbers, sentence, plot)


def _descend(lr: float, steps: int) -> Path:
    return trace(Run(_VALLEY.key, "sgd", _VALLEY.start, steps, {"lr": lr}))


_SHARP_LIMIT = Experiment(
    key="X43",
    question="How exactly does the curvature at the minimum of Rosenbrock's valley limit the learning rate?",
    settings=(
        learning_rate(0.00201, (0.0005, 0.01), (0.0015, 0.004)),
        whole("steps", "T", 20_000, (1000, 20_000), "Steps of gradient descent."),
    ),
    find=_sharp_limit,
    expected=(
        Expected("largest curvature at the minimum", 1001.6, 0.005, "An exact eigenvalue; two decimals are known."),
        Expected("limit 2/L", 0.0019968, 5e-9, "An exact eigenvalue; five digits are known."),
        Expected("final loss at lr 0.00199", 0.0, 1e-15, "It arrives (8·10⁻¹⁸); what is left depends on rounding."),
        Expected("final loss", 0.0053, 0.0004, "It hovers between 0.0049 and 0.0054 and never settles."),
        Expected("final loss", 3.52, 0.005, "Three digits are known.", {"lr": 0.0008, "steps": 1000}),
        Expected("final loss", 0.000496, 5e-7, "Three digits are known.", {"lr": 0.0008, "steps": 10_000}),
    ),
)


_FIRST_STEPS = 20
# Steps that RAdam takes before it trusts its second moment, at the default beta2, and the first that it does.
_RAW_STEPS = 6


def _first_steps(settings: Mapping[str, float]) -> Finding:
    lr, gamma = settings["lr"], settings["gamma"]
    # Adadelta keeps its own rate of 1: that it needs none is its point.
    hypers: dict[str, dict[str, float]] = {
        "adam": {"lr": lr},
        "rmsprop": {"lr": lr, "gamma": gamma},
        "nadam": {"lr": lr},
        "radam": {"lr": lr},
        "adadelta": {},
    }
    paths = {key: trace(Run(_VALLEY.key, key, _VALLEY.start, _FIRST_STEPS, chosen)) for key, chosen in hypers.items()}
    moves = {key: np.diff(path.x, axis=0) for key, path in paths.items()}
    first = {key: float(np.abs(move[0]).max()) for key, move in moves.items()}
    lengths = {key: np.sqrt((move**2).sum(axis=1)) for key, move in moves.items()}
    numbers = {f"{OPTIMIZERS[key].name}: first step per coordinate": step for key, step in first.items()}
    numbers["RMSProp: first step as a multiple of lr"] = first["rmsprop"] / lr
    for step, length in enumerate(lengths["radam"][:_RAW_STEPS], start=1):
        numbers[f"RAdam: length of step {digits(step)}"] = float(length)
    longest = float(lengths["radam"][:_RAW_STEPS].max())
    radam = paths["radam"].status
    end = f", and it diverges at step {digits(radam.step)}" if radam.outcome is Outcome.DIVERGED else ""
    sentence = (
        f"At lr = {digits(lr)} the first step of Adam is {digits(first['adam'] / lr)} times lr in each coordinate, "
        f"NAdam's {digits(first['nadam'] / lr)} times and RMSProp's {digits(first['rmsprop'] / lr)} times; Adadelta's, "
        f"at its own rate of 1, is {digits(first['adadelta'])}; RAdam's longest early step is {digits(longest)}{end}."
    )
    plot = Plot(
        "step",
        "length of the step",
        tuple(
            Series(
                OPTIMIZERS[key].name,
                np.arange(1.0, len(length) + 1),
                length,
                OPTIMIZERS[key].color,
                OPTIMIZERS[key].dash,
                "lines+markers",
            )
            for key, length in lengths.items()
        ),
        log_y=True,
        marks=(Mark("y", lr, "lr"),),
    )
    return Finding(numbers, sentence, plot)


_SURPRISES = Experiment(
    key="X66",
    question="How long is the very first step of an adaptive rule?",
    settings=(
        learning_rate(0.01, (1e-4, 1.0)),
        Hyper(
            "gamma",
            r"\gamma",
            0.99,
            (0.0, 0.9999),
            (0.5, 0.999),
            "linear",
            "RMSProp's memory: PyTorch's default is 0.99, the lecture's 0.9.",
        ),
    ),
    find=_first_steps,
    expected=(
        Expected("RMSProp: first step as a multiple of lr", 10.0, 1e-6, "1/√(1 − 0.99); eps takes about 10⁻¹⁰ of it."),
        Expected("RMSProp: first step as a multiple of lr", 10**0.5, 1e-6, "1/√(1 − 0.9), by hand.", {"gamma": 0.9}),
        Expected("Adadelta: first step per coordinate", 0.00316, 0.000005, "√(eps/(1 − rho)), to three digits."),
        Expected("NAdam: first step per coordinate", 0.01056, 0.000005, "The figure is known to four digits."),
        Expected("RAdam: length of step 1", 1.63, 0.005, "lr times the gradient's norm, to three digits."),
        Expected("RAdam: length of step 2", 2.60, 0.005, "The figure is known to three digits."),
        Expected("RAdam: length of step 3", 1.21, 0.005, "The figure is known to three digits."),
        Expected("RAdam: length of step 4", 0.77, 0.005, "The figure is known to two digits."),
        Expected("RAdam: length of step 5", 0.51, 0.005, "The figure is known to two digits."),
        Expected("RAdam: length of step 6", 1e-4, 0.5e-4, "The order of magnitude is known."),
    ),
)


# Far above what float64 loses when the loss is squared, and far below anything worth drawing.
_SMALLEST_LOSS = 1e-120


def _zigzag(settings: Mapping[str, float]) -> Finding:
    kappa = settings["kappa"]
    curvatures = np.array([1.0, kappa])
    point = np.array([kappa, settings["y0"]])
    losses = [float(curvatures @ point**2) / 2]
    for _ in range(int(settings["steps"])):
        if losses[-1] < _SMALLEST_LOSS:
            break
        slope = curvatures * point
        point = point - float(slope @ slope) / float(curvatures @ slope**2) * slope
        losses.append(float(curvatures @ point**2) / 2)
    loss = np.array(losses)
    factors = loss[1:] / loss[:-1]
    bound = ((kappa - 1) / (kappa + 1)) ** 2
    # Rounding moves both sides by some 1e-16 of the loss, magnified where nearly everything cancels.
    tight = bool(np.isclose(factors, bound, rtol=1e-6, atol=1e-12).all())
    numbers = {
        "first factor on the loss": float(factors[0]),
        "largest factor on the loss": float(factors.max()),
        "worst case ((κ − 1)/(κ + 1))²": bound,
        "steps taken": len(factors),
        "final loss": losses[-1],
    }
    sentence = (
        "With the best step length along every gradient the loss goes from "
        f"{' to '.join(apart(losses[0], losses[-1]))} in {counted(len(factors))}, and a step leaves at most "
        f"{digits(factors.max())} of it; the worst case for κ = {digits(kappa)} is {digits(bound)}, "
        + ("and every step from here meets it." if tight else "which not every step from here meets.")
    )
    steps = np.arange(len(loss), dtype=np.float64)
    plot = Plot(
        "step",
        "loss",
        (
            Series("exact line search", steps, loss),
            Series("worst case", steps, losses[0] * bound**steps, dash="dot"),
        ),
        log_y=True,
    )
    return Finding(numbers, sentence, plot)


_ZIGZAG = Experiment(
    key="X68",
    question="Does the best possible step length at every step make steepest descent fast?",
    settings=(
        Hyper("kappa", r"\kappa", 100.0, (1.0, 1e4), (2.0, 1000.0), "log", "Condition number: the curvature along y."),
        Hyper(
            "y0",
            "y_0",
            1.0,
            (0.0, 100.0),
            (0.0, 5.0),
            "linear",
            "Where the run starts in y; in x it starts at κ. 1 is the worst case.",
        ),
        whole("steps", "T", 50, (1, 500), "Steps of steepest descent with exact line search."),
    ),
    find=_zigzag,
    expected=(
        Expected("first factor on the loss", 0.960788, 5e-7, "(99/101)²; six digits are known."),
        Expected("largest factor on the loss", (99 / 101) ** 2, 1e-9, "Rounding stays far below this in 50 steps."),
    ),
)


def _journey(objective: Objective, settings: Mapping[str, float]) -> Finding:
    start, steps, lr = np.array([settings["x0"], settings["y0"]]), int(settings["steps"]), settings["lr"]
    minimum = np.array(objective.minima[0])
    path = trace(Run(objective.key, "sgd", (settings["x0"], settings["y0"]), steps, {"lr": lr}))
    slope = objective.parsed.grad(start)
    curvatures, lowest = (np.linalg.eigvalsh(objective.parsed.hessian(point)) for point in (start, minimum))
    way = minimum - start
    off = float(np.degrees(np.arctan2(abs(slope[0] * way[1] - slope[1] * way[0]), -slope @ way)))
    numbers = {
        "loss at the start": float(path.loss[0]),
        "slope along x": float(slope[0]),
        "slope along y": float(slope[1]),
        "smaller curvature at the start": float(curvatures[0]),
        "larger curvature at the start": float(curvatures[1]),
        "larger / smaller curvature at the minimum": float(lowest[1] / lowest[0]),
        "degrees between the first step and the way to the minimum": off,
        "loss at the end": float(path.loss[-1]),
        "distance from the minimum at the end": float(np.linalg.norm(path.x[-1] - minimum)),
    }
    fate = (
        f"the run diverges at step {digits(path.status.step)}"
        if path.status.outcome is Outcome.DIVERGED
        else f"the loss is {digits(path.loss[-1])} after {counted(steps)}"
    )
    sentence = (
        f"At ({digits(start[0])}, {digits(start[1])}) the loss is {digits(path.loss[0])} and its gradient "
        f"({digits(slope[0])}, {digits(slope[1])}), so the first step is {digits(off)} degrees off the way to the "
        f"minimum ({digits(minimum[0])}, {digits(minimum[1])}). The curvatures at the start are "
        f"{digits(curvatures[0])} and {digits(curvatures[1])}. At lr = {digits(lr)} {fate}."
    )
    return Finding(numbers, sentence, Plot("step", "loss", (curve("gradient descent", path.loss),), log_y=True))


def _from(low: float, high: float, name: str, default: float) -> Hyper:
    return Hyper(
        f"{name}0", f"{name}_0", default, (low, high), (low, high), "linear", f"Where the run starts, in {name}."
    )


_JOURNEY_STEPS = whole("steps", "T", 1000, (100, 100_000), "Steps of gradient descent.")
_ROSENBROCK = Experiment(
    key="X80",
    question="How high, how steep and how curved is Rosenbrock's function at the start of a race?",
    settings=(
        learning_rate(0.0008, (1e-4, 0.01)),
        _JOURNEY_STEPS,
        _from(-2.0, 2.0, "x", -1.5),
        _from(-1.0, 6.0, "y", 2.0),
    ),
    find=partial(_journey, _VALLEY),
    expected=(
        Expected("loss at the start", 12.5, 0.0, "2.5² + 100·0.25², without rounding."),
        Expected("loss at the start", 906.25, 0.0, "2.5² + 100·3², without rounding.", {"y0": -0.75}),
        Expected("loss at the start", 906.25, 0.0, "2.5² + 100·3², without rounding.", {"y0": 5.25}),
        Expected(
            "larger / smaller curvature at the minimum", 2508.01, 0.01, "Exact eigenvalues; two decimals are known."
        ),
    ),
)
_BEALE = Experiment(
    key="X81",
    question="Does gradient descent from (1, 1) reach the minimum of Beale's function, and does its arrow point there?",
    settings=(
        learning_rate(0.001, (1e-4, 0.1)),
        _JOURNEY_STEPS,
        _from(-4.0, 4.0, "x", 1.0),
        _from(-4.0, 4.0, "y", 1.0),
    ),
    find=partial(_journey, OBJECTIVES["beale"]),
    expected=(
        Expected("loss at the start", 909 / 64, 0.0, "1.5² + 2.25² + 2.625², without rounding."),
        Expected("slope along x", 0.0, 0.0, "Each term has the factor y − 1, y² − 1 or y³ − 1."),
        Expected("slope along y", 27.75, 0.0, "2·1.5 + 4·2.25 + 6·2.625, without rounding."),
        Expected("smaller curvature at the start", -9.83, 0.005, "An exact eigenvalue; two decimals are known."),
        Expected("larger curvature at the start", 78.3, 0.05, "An exact eigenvalue; one decimal is known."),
        Expected("degrees between the first step and the way to the minimum", 75.96, 0.005, "arctan(2/0.5), by hand."),
        Expected("loss at the end", 0.081, 0.0005, "Three decimals are known."),
        Expected("loss at the end", 0.0, 1e-24, "It arrives (8·10⁻²⁶); what is left is rounding.", {"steps": 100_000}),
    ),
)


ALL: tuple[Experiment, ...] = (_WINNER, _SHARP_LIMIT, _SURPRISES, _ZIGZAG, _ROSENBROCK, _BEALE)
