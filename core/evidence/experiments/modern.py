"""What newer rules trade: memory (Lion), curvature (Sophia), singular values (Muon)."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import OBJECTIVES
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.run import Run
from core.engine.trace import trace
from core.evidence.experiments.measure import curve, first, steps_text
from core.evidence.experiments.telling import learning_rate, whole
from core.formula.vocabulary import NEWTON_SCHULZ, NEWTON_SCHULZ_STEPS
from core.formula.words import apart, digits, listed

_ADAMW, _LION, _SOPHIA, _MUON = (OPTIMIZERS[key] for key in ("adamw", "lion", "sophia", "muon"))
# float32, as weights, gradients and states are kept in plain training.
_BYTES = 4
_GIGA = 1e9


def _gigabytes(numbers_per_weight: int, weights: float) -> float:
    return numbers_per_weight * weights * _BYTES / _GIGA


def _memory(settings: Mapping[str, float]) -> Finding:
    weights = settings["weights"]
    kept = {optimizer.name: optimizer.parsed.numbers_per_weight for optimizer in OPTIMIZERS.values()}
    state = {name: _gigabytes(count, weights) for name, count in kept.items()}
    # Weights and gradients are two more numbers for each weight.
    adamw, lion = (state[optimizer.name] + _gigabytes(2, weights) for optimizer in (_ADAMW, _LION))
    sentence = (
        f"For {digits(weights)} weights in float32 AdamW keeps {digits(state[_ADAMW.name])} GB of state and Lion "
        f"{digits(state[_LION.name])} GB; with weights and gradients that is {digits(adamw)} against {digits(lion)} "
        f"GB, {digits(100 * (1 - lion / adamw))} % less."
    )
    numbers = {f"state in GB, {name}": size for name, size in state.items()}
    counts = sorted({count for count in kept.values() if count})
    sizes = weights * np.geomspace(0.1, 10.0, 3)
    series = tuple(
        Series(f"{count}: {listed(_some(kept, count))}", sizes, count * sizes * _BYTES / _GIGA) for count in counts
    )
    marks = (Mark("x", weights, "this model"),)
    return Finding(numbers, sentence, Plot("number of weights", "state in GB", series, True, True, marks))


def _some(kept: Mapping[str, int], count: int) -> list[str]:
    """The first rules that keep ``count`` numbers: as many as a legend has room for."""
    return [name for name, numbers in kept.items() if numbers == count][:3]


_X38 = Experiment(
    key="X38",
    question="How much memory does each rule's state take?",
    settings=(Hyper("weights", "n", 1e9, (1e6, 1e12), (1e6, 1e12), "log", "Number of weights of the model."),),
    find=_memory,
    expected=(
        Expected("state in GB, AdamW", 8.0, 1e-9, "2 numbers of 4 bytes"),
        Expected("state in GB, Lion", 4.0, 1e-9, "1 number of 4 bytes"),
        Expected("state in GB, Momentum", 4.0, 1e-9, "1 number of 4 bytes"),
        Expected("state in GB, AMSGrad", 12.0, 1e-9, "3 numbers of 4 bytes"),
        Expected("state in GB, Gradient descent", 0.0, 0.0, "no state"),
    ),
)


_LAST = 200


def _lion_step(settings: Mapping[str, float]) -> Finding:
    lr = settings["lr"]
    # The start is no multiple of a rate: sign steps would land exactly on 0 and look perfect.
    path = trace(Run("(x**2 + 100*y**2)/2", _LION.key, (1.003, 0.777), 3000, {"lr": lr}))
    lengths = np.linalg.norm(np.diff(path.x, axis=0), axis=1)
    swings = np.ptp(path.x[-_LAST:], axis=0) / 2
    slopes = path.grad_norm[0], path.grad_norm[-_LAST:].min()
    # Lengths that differ by rounding only are one length.
    shortest, longest = apart(*np.round([lengths.min(), lengths.max()], 12))
    long = longest if shortest == longest else f"between {shortest} and {longest}"
    sentence = (
        f"While the gradient's norm falls from {' to '.join(apart(*slopes))}, every step of Lion is {long} long (α√2 "
        f"is {digits(lr * 2**0.5)}). Over the last {_LAST} of 3000 steps the coordinates swing by "
        f"{digits(swings[0] / lr)} and {digits(swings[1] / lr)} learning rates to each side."
    )
    numbers = {
        "shortest step": float(lengths.min()),
        "longest step": float(lengths.max()),
        "α√2": lr * 2**0.5,
        "swing / α, flat coordinate": float(swings[0] / lr),
        "swing / α, steep coordinate": float(swings[1] / lr),
    }
    at = np.arange(1.0, len(lengths) + 1)
    series = (
        curve("length of the step", lengths, at, _LION.color),
        curve("norm of the gradient", path.grad_norm[:-1], at, _ADAMW.color, "dot"),
    )
    return Finding(numbers, sentence, Plot("step", "length", series, log_x=True, log_y=True))


_X39 = Experiment(
    key="X39",
    question="How long are Lion's steps, and where do they end?",
    # Below 0.0005, 3000 steps do not reach the minimum.
    settings=(learning_rate(0.01, (0.0005, 0.1)),),
    find=_lion_step,
    expected=(
        Expected("shortest step", 0.0141421, 1e-7, "sign steps of 0.01 in two coordinates"),
        Expected("longest step", 0.0141421, 1e-7, "sign steps of 0.01 in two coordinates"),
        Expected("swing / α, flat coordinate", 1.0, 1e-6, "the cycle is a multiple of the step"),
        Expected("swing / α, steep coordinate", 1.0, 1e-6, "the cycle is a multiple of the step"),
    ),
)


_VALLEY = OBJECTIVES["rosenbrock"]
_VALLEY_START = (-1.5, 2.0)
_SOPHIA_BUDGET = 7000


def _sophia(settings: Mapping[str, float]) -> Finding:
    path = trace(Run(_VALLEY.key, _SOPHIA.key, _VALLEY_START, _SOPHIA_BUDGET, settings))
    steps = first(path.loss <= 1e-3)
    until = int(min(steps, _SOPHIA_BUDGET))
    ratio = np.abs(path.terms["m"]) / np.maximum(settings["gamma"] * path.terms["h"], path.run.settings["eps"])
    clipped = float((ratio[:until] >= 1).mean())
    hessian = _VALLEY.parsed.hessian(np.array(_VALLEY_START))
    signs, normal = _estimate_spread(hessian)
    sentence = (
        f"Sophia needs {steps_text(steps, _SOPHIA_BUDGET)} to bring Rosenbrock's function to 0.001, and until then "
        f"{digits(100 * clipped)} % of the coordinates' steps are clipped to α. The Hessian's diagonal at the start is "
        f"({digits(hessian[0, 0])}, {digits(hessian[1, 1])}); one estimate of it from random signs scatters by "
        f"({digits(signs[0])}, {digits(signs[1])}), from normal numbers by ({digits(normal[0])}, {digits(normal[1])})."
    )
    numbers = {
        "steps to 0.001": steps,
        "clipped in %": 100 * clipped,
        "lowest loss": float(path.loss.min()),
        "curvature along x at the start": float(hessian[0, 0]),
        "scatter of one estimate, signs": float(signs[0]),
        "scatter of one estimate, normal": float(normal[0]),
    }
    series = (curve("loss", path.loss[: until + 1], color=_SOPHIA.color),)
    return Finding(numbers, sentence, Plot("step", "loss", series, log_y=True))


def _estimate_spread(hessian: Array) -> tuple[Array, Array]:
    """The standard deviation of Hutchinson's estimate u·(Hu) of the diagonal, u being signs or normal numbers.

    Signs leave the other entries of the row; normal numbers, whose squares have the variance 2, add the diagonal's own.
    """
    diagonal = np.diag(hessian)
    others = (hessian**2).sum(axis=1) - diagonal**2
    return np.sqrt(others), np.sqrt(others + 2 * diagonal**2)


_X40 = Experiment(
    key="X40",
    question="What does Sophia do with the Hessian's diagonal?",
    settings=(
        learning_rate(0.01, (0.003, 0.1)),
        Hyper("gamma", r"\gamma", 0.01, (0.001, 1.0), (0.001, 1.0), "log", "Scales the curvature: small clips more."),
    ),
    find=_sophia,
    expected=(
        Expected("steps to 0.001", 948, 20, "rounding can shift when a coordinate stops being clipped"),
        Expected("clipped in %", 20.7, 0.5, "rounding can shift when a coordinate stops being clipped"),
        Expected("curvature along x at the start", 1902.0, 1e-9, "1200x² − 400y + 2, by hand"),
        Expected("scatter of one estimate, signs", 600.0, 1e-9, "the off-diagonal entry −400x, by hand"),
        Expected("scatter of one estimate, normal", 2755.94, 0.01, "√(600² + 2·1902²), by hand"),
    ),
)


def _orthogonalized(matrix: Array, rounds: int) -> Array:
    """``rounds`` of Muon's Newton–Schulz polynomial on ``matrix`` after division by its Frobenius norm, in float64."""
    a, b, c = NEWTON_SCHULZ
    x = matrix / np.linalg.norm(matrix)
    for _ in range(rounds):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x


def _singular_values(settings: Mapping[str, float]) -> Finding:
    rounds = int(settings["rounds"])
    random = np.random.default_rng(0)
    # The orthogonal factors of a random 4 × 6 matrix, with singular values of our choice.
    left, _, right = np.linalg.svd(random.standard_normal((4, 6)), full_matrices=False)
    values = np.geomspace(1.0, settings["weakest"], 4)
    matrix = (left * values) @ right
    before, after = matrix / np.linalg.norm(matrix), _orthogonalized(matrix, rounds)
    old, new = (np.linalg.svd(each, compute_uv=False).astype(np.float64) for each in (before, after))
    target = left @ right
    near_old, near_new = (
        float((each * target).sum() / np.linalg.norm(each) / np.linalg.norm(target)) for each in (before, after)
    )
    vector = float(np.linalg.norm(_orthogonalized(random.standard_normal((4, 1)), rounds)))
    sentence = (
        f"The singular values lie between {' and '.join(apart(old.min(), old.max()))} before and between "
        f"{' and '.join(apart(new.min(), new.max()))} after {rounds} round{'s' * (rounds != 1)} of Newton–Schulz; the "
        f"cosine to the nearest orthogonal matrix goes from {' to '.join(apart(near_old, near_new))}. A vector has one "
        f"singular value and only gets the length {digits(vector)}."
    )
    numbers = {
        "smallest singular value before": float(old.min()),
        "smallest singular value after": float(new.min()),
        "largest singular value after": float(new.max()),
        "cosine to UVᵀ before": near_old,
        "cosine to UVᵀ after": near_new,
        "length of a vector after": vector,
    }
    at = np.arange(1.0, 5.0)
    series = (
        Series("before", at, old, _ADAMW.color, "dot", "lines+markers"),
        Series("after", at, new, _MUON.color, mode="lines+markers"),
    )
    marks = (Mark("y", 1.0, "orthogonal"),)
    return Finding(numbers, sentence, Plot("rank", "singular value", series, log_y=True, marks=marks))


_X41 = Experiment(
    key="X41",
    question="What does Muon do to a matrix of gradients?",
    settings=(
        Hyper("weakest", r"\sigma_4", 0.002, (1e-6, 1.0), (1e-6, 1.0), "log", "Smallest singular value, of largest 1."),
        whole("rounds", "k", NEWTON_SCHULZ_STEPS, (1, 10), "Rounds of the polynomial."),
    ),
    find=_singular_values,
    expected=(
        Expected("length of a vector after", 0.6964, 0.0001, "five rounds of one number, by hand"),
        Expected("smallest singular value after", 0.6882, 0.0001, "a fixed polynomial of four fixed numbers"),
        Expected("largest singular value after", 0.8956, 0.0001, "a fixed polynomial of four fixed numbers"),
        Expected("cosine to UVᵀ after", 0.9934, 0.0001, "a fixed polynomial of four fixed numbers"),
    ),
)


ALL: tuple[Experiment, ...] = (_X38, _X39, _X40, _X41)
