"""Experiments about points where the slope is 0 without being a minimum: how they are left, and how common they are."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import OBJECTIVES
from core.catalogue.optimizers import OPTIMIZERS, PALETTE
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.status import Outcome
from core.engine.trace import Path, trace
from core.evidence.experiments.measure import curve, first, steps_text
from core.evidence.experiments.telling import learning_rate, whole
from core.formula.words import counted, digits, listed

_ONE_STEP = "A crossing can move by a step where a platform rounds differently."

_CUBE_STEPS = 10_000
_CUBE_RACERS = tuple(OPTIMIZERS[key] for key in ("sgd", "momentum", "nesterov", "adam", "rmsprop"))
_NAMED_STEPS = (100, 1000, 10_000)
FAR = -1000.0
"""A run on x³ that is further down than this counts as lost."""

# What is further down than this would flatten the rest of the picture.
_SEEN = -2.0


def _position(path: Path, step: int) -> float:
    """Where ``path`` is after ``step``; minus infinity once it has left every bound, for x³ has no other way out."""
    return float(path.x[step, 0]) if step < len(path.x) else -np.inf


def _cube(settings: Mapping[str, float]) -> Finding:
    lr, start = settings["lr"], settings["start"]
    paths = {
        optimizer: trace(Run("x**3", optimizer.key, (start,), _CUBE_STEPS, {"lr": lr})) for optimizer in _CUBE_RACERS
    }
    ends = {optimizer.name: _position(path, _CUBE_STEPS) for optimizer, path in paths.items()}
    gd, *_ = paths.values()
    numbers = {f"x after {counted(step)}, {_CUBE_RACERS[0].name}": _position(gd, step) for step in _NAMED_STEPS}
    numbers |= {f"x at the end, {name}": end for name, end in ends.items()}
    numbers |= {
        f"steps to x < {digits(FAR)}, {optimizer.name}": lost(path)
        for optimizer, path in paths.items()
        if ends[optimizer.name] < 0
    }
    if start > 0:
        # The flow dx/dt = −3x² from x₀.
        numbers[f"1/(1/x₀ + 3αt) at t = {_NAMED_STEPS[0]}"] = 1 / (1 / start + 3 * lr * _NAMED_STEPS[0])
    above = [f"{name} ({digits(end)})" for name, end in ends.items() if end >= 0]
    below = [f"{optimizer.name} ({_fall_text(path)})" for optimizer, path in paths.items() if ends[optimizer.name] < 0]
    parts = [f"short of 0 or at it: {listed(above)}"] if above else []
    parts += [f"below 0 and falling for ever: {listed(below)}"] if below else []
    sentence = (
        f"The function x³ has no minimum and no saddle, only a flat place at 0. From x = {digits(start)} with "
        f"α = {digits(lr)}, after {counted(_CUBE_STEPS)} these rules are {'; and these are '.join(parts)}."
    )
    series = []
    for optimizer, path in paths.items():
        x = path.x[:, 0]
        visible = x[: int(min(first(x < _SEEN), len(x)))]
        series.append(curve(optimizer.name, visible, color=optimizer.color, dash=optimizer.dash))
    plot = Plot("step", "x", tuple(series), log_x=True, marks=(Mark("y", 0.0, "flat"),))
    return Finding(numbers, sentence, plot)


def lost(path: Path) -> float:
    """The step after which ``path`` is first below ``FAR``, infinity if it never is.

    A run that diverges on the way there passes it as it goes.
    """
    passed = first(path.x[:, 0] < FAR)
    return float(path.status.step) if np.isinf(passed) and path.status.outcome is Outcome.DIVERGED else passed


def _fall_text(path: Path) -> str:
    passed = lost(path)
    return f"x = {digits(path.x[-1, 0])}" if np.isinf(passed) else f"below {digits(FAR)} after {steps_text(passed, 0)}"


_X52 = Experiment(
    key="X52",
    question="Does momentum escape from the flat point of x³, as a popular demonstration has it?",
    settings=(
        learning_rate(0.01, (0.001, 0.1)),
        Hyper("start", "x_0", 1.0, (-1.0, 2.0), (-1.0, 2.0), "linear", "Where all rules start."),
    ),
    find=_cube,
    expected=(
        Expected("x after 100 steps, Gradient descent", 0.2474, 0.0001, "Four digits are known."),
        Expected("x after 1000 steps, Gradient descent", 0.03215, 0.00001, "Four digits are known."),
        Expected("x after 10 000 steps, Gradient descent", 0.00332, 0.00001, "Three digits are known."),
        Expected("1/(1/x₀ + 3αt) at t = 100", 0.25, 1e-12, "By hand: 1/(1 + 3)."),
        Expected("steps to x < −1000, Momentum", 49, 1, _ONE_STEP),
        Expected("steps to x < −1000, Nesterov", 51, 1, _ONE_STEP),
        Expected("x at the end, Momentum", -np.inf, 0.0, "There is nothing below to hold it."),
        Expected("x at the end, Adam", 0.0, 1e-4, "It creeps towards 0 from above (5·10⁻⁵)."),
        Expected("x at the end, RMSProp", 0.0, 1e-4, "It creeps towards 0 from above (5·10⁻¹¹)."),
    ),
)


_SADDLE = OBJECTIVES["saddle"]
_SADDLE_RACERS = tuple(OPTIMIZERS[key] for key in ("sgd", "momentum", "adam", "rmsprop"))
ESCAPED = 0.5
"""Further than this from the line y = 0 a run has left the saddle; the minima are at |y| = 1."""

# From the smallest offset and at the smallest rate, gradient descent takes ln(0.5/1e-15)/ln(1.02) = 1710 steps.
_QUIET_STEPS = 2500
# Noise of 1e-4 leaves an offset of about 1e-5 at once, and that takes 550.
_NOISY_STEPS = 1000
_SEEDS = range(21)
_STARTS = 2000


def _escape(key: str, lr: float, offset: float) -> Path:
    return trace(Run(_SADDLE.key, key, (1.0, offset), _QUIET_STEPS, {"lr": lr}))


def _noisy_escape(key: str, lr: float, noise: float, seed: int) -> Path:
    return trace(Run(_SADDLE.key, key, (1.0, 0.0), _NOISY_STEPS, {"lr": lr}, noise=noise, seed=seed))


def escape(path: Path) -> float:
    """The step at which ``path`` is first off the saddle; infinity if it never is."""
    return first(np.abs(path.x[:, 1]) > ESCAPED)


def predicted_escape(offset: float, lr: float) -> float:
    """The steps that gradient descent takes to leave from a small ``offset``: near y = 0 each multiplies y by 1 + α."""
    return float(np.log(ESCAPED / offset) / np.log1p(lr))


def _stranded(lr: float) -> int:
    """How many of 2000 starts, even in the square within ±1.5, gradient descent leaves within 0.1 of the saddle."""
    starts = np.random.default_rng(0).uniform(-1.5, 1.5, (2, _STARTS))
    ends = trace_many(Run(_SADDLE.key, "sgd", _SADDLE.start, _QUIET_STEPS, {"lr": lr}), starts=starts).x
    return int((np.abs(ends) < 0.1).all(axis=0).sum())


def _saddle(settings: Mapping[str, float]) -> Finding:
    lr, offset, noise = settings["lr"], settings["offset"], settings["noise"]
    paths = {optimizer: _escape(optimizer.key, lr, offset) for optimizer in _SADDLE_RACERS}
    steps = {optimizer.name: escape(path) for optimizer, path in paths.items()}
    held = sum(np.isinf(escape(_escape(optimizer.key, lr, 0.0))) for optimizer in _SADDLE_RACERS)
    noisy = {
        optimizer.name: [escape(_noisy_escape(optimizer.key, lr, noise, seed)) for seed in _SEEDS]
        for optimizer in _SADDLE_RACERS[:2]
    }
    median = {name: float(np.median(counts)) for name, counts in noisy.items()}
    stranded = _stranded(lr)
    predicted = predicted_escape(offset, lr)
    numbers = {f"steps, {name}": count for name, count in steps.items()}
    numbers |= {
        "ln(0.5/y₀)/ln(1 + α)": predicted,
        "rules that never leave from y = 0": int(held),
        **{f"steps with noise from y = 0, {name}, median": count for name, count in median.items()},
        f"of {_STARTS} random starts, ends at the saddle": stranded,
    }
    gd, ball, adam, rms = steps.values()
    gd_noise, ball_noise = median.values()
    sentence = (
        f"From (1, {digits(offset)}) with α = {digits(lr)} gradient descent leaves the saddle after "
        f"{steps_text(gd, _QUIET_STEPS)} (theory says {digits(predicted)}), momentum after {digits(ball)}, Adam "
        f"after {digits(adam)} and RMSProp after {digits(rms)}. From y = 0 exactly, {held} of these "
        f"{len(steps)} rules never leave it. Noise of {digits(noise)} in the gradient frees gradient descent from "
        f"there after {digits(gd_noise)} steps and momentum after {digits(ball_noise)}, the medians of "
        f"{len(_SEEDS)} runs. Of {_STARTS} random starts {stranded} end at the saddle."
    )
    series = [
        curve(
            optimizer.name,
            np.abs(path.x[: int(min(steps[optimizer.name], _QUIET_STEPS)) + 1, 1]),
            color=optimizer.color,
        )
        for optimizer, path in paths.items()
    ]
    shaken = np.abs(_noisy_escape(_SADDLE_RACERS[0].key, lr, noise, 0).x[:, 1])
    # It starts at 0, which a log axis does not have.
    kept = slice(1, int(min(noisy[_SADDLE_RACERS[0].name][0], _NOISY_STEPS)) + 1)
    series.append(
        curve(
            f"{_SADDLE_RACERS[0].name}, noise, from y = 0",
            shaken[kept],
            np.arange(1.0, len(shaken))[: len(shaken[kept])],
            _SADDLE_RACERS[0].color,
            "dot",
        )
    )
    plot = Plot("step", "distance |y| from the line into the saddle", tuple(series), log_y=True)
    return Finding(numbers, sentence, plot)


_X53 = Experiment(
    key="X53",
    question="How long does a real saddle hold each rule, and which of them does it hold for ever?",
    settings=(
        learning_rate(0.1, (0.02, 0.5)),
        Hyper(
            "offset", "y_0", 1e-6, (1e-15, 0.3), (1e-15, 0.3), "log", "How far beside the line y = 0 the runs start."
        ),
        Hyper(
            "noise", r"\sigma", 0.01, (1e-4, 0.1), (1e-4, 0.1), "log", "Noise in each gradient, for starts at y = 0."
        ),
    ),
    find=_saddle,
    expected=(
        Expected("steps, Gradient descent", 139, 1, _ONE_STEP),
        Expected("steps, Momentum", 50, 1, _ONE_STEP),
        Expected("steps, Adam", 6, 1, _ONE_STEP),
        Expected("steps, RMSProp", 1, 1, _ONE_STEP),
        Expected("rules that never leave from y = 0", 4, 0, "There the slope along y is exactly 0."),
        Expected("of 2000 random starts, ends at the saddle", 0, 0, "Only a line of starts ends there."),
        Expected("steps with noise from y = 0, Gradient descent, median", 68, 2, "Seeded noise, and a crossing."),
        Expected("steps with noise from y = 0, Momentum, median", 21, 2, "Seeded noise, and a crossing."),
    ),
)


_MATRICES = 200_000
# As many matrices of the largest size as the processor's cache holds.
_AT_ONCE = 4000
# Beyond this the density of the eigenvalues, which falls as exp(−λ²/2), is below rounding.
_FURTHEST = 10.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(100)


def _exact(size: int, shift: float) -> float:
    """The share of matrices as in ``_definite`` of ``size`` rows that have only positive eigenvalues.

    The density of all eigenvalues is ∏|λᵢ − λⱼ|·exp(−Σλ²/2), so the share is a ratio of two Pfaffians (de Bruijn
    1955, On some multiple integrals involving determinants).
    """
    return float(np.sqrt(np.linalg.det(_pairs(size, -shift)) / np.linalg.det(_pairs(size, -_FURTHEST))))


def _pairs(size: int, low: float) -> Array:
    """The integrals of sign(y − x)·f(x)·g(y) from ``low`` on, for f and g among the ``size`` weighted polynomials.

    An odd ``size`` has a row and a column more, with the integrals of f alone.
    """
    half = (_FURTHEST - low) / 2
    outer = low + half * (_NODES + 1)
    inner = low + (outer[:, None] - low) / 2 * (_NODES + 1)
    below = (_weighted(size, inner) @ _WEIGHTS) * (outer - low) / 2
    values = _weighted(size, outer) * half * _WEIGHTS
    total = values.sum(axis=1)
    pairs = (2 * below - total[:, None]) @ values.T
    return np.block([[pairs, total[:, None]], [-total, np.zeros(1)]]) if size % 2 else pairs


def _weighted(size: int, x: Array) -> Array:
    """The first ``size`` Hermite polynomials at ``x`` times exp(−x²/2), each scaled to size 1."""
    rows = [np.exp(-(x**2) / 2)]
    for n in range(size - 1):
        rows.append((x * rows[-1] - (np.sqrt(n) * rows[-2] if n else 0)) / np.sqrt(n + 1))
    return np.array(rows)


def _definite(size: int, shift: float, random: np.random.Generator, count: int) -> Array:
    """How many of ``count`` random symmetric matrices have only positive eigenvalues, for each size from 1 to ``size``.

    Entries on the diagonal are normal with mean ``shift`` and variance 1, the others with mean 0 and variance ½. The
    smaller matrices are the corners of the larger ones. A matrix is positive definite if and only if all pivots of
    its elimination are positive.
    """
    entries = random.standard_normal((size, size, count)) * np.sqrt(0.5)
    rest = np.tril(entries.T, -1).T
    rest = rest + rest.transpose(1, 0, 2)
    diagonal = np.arange(size)
    rest[diagonal, diagonal] = entries[diagonal, diagonal] * np.sqrt(2) + shift
    positive = np.zeros(size)
    for pivot in range(size):
        rest = rest[:, :, rest[0, 0] > 0]
        positive[pivot] = rest.shape[2]
        rest = rest[1:, 1:] - rest[1:, :1] * rest[:1, 1:] / rest[0, 0]
    return positive


def _rare_minima(settings: Mapping[str, float]) -> Finding:
    size, shift = int(settings["size"]), settings["shift"]
    random = np.random.default_rng(int(settings["seed"]))
    counts = [_definite(size, shift, random, _AT_ONCE) for _ in range(_MATRICES // _AT_ONCE)]
    share = np.sum(counts, axis=0) / _MATRICES
    dimensions = np.arange(1.0, size + 1)
    exact = np.array([_exact(n, shift) for n in range(1, size + 1)])
    numbers = {f"minima in %, n = {digits(n)}": 100 * float(part) for n, part in zip(dimensions, share, strict=True)}
    numbers |= {
        f"exact minima in %, n = {digits(n)}": 100 * float(part) for n, part in zip(dimensions, exact, strict=True)
    }
    seen = int(np.flatnonzero(share)[-1]) + 1 if share.any() else 0
    numbers["largest n with a minimum among the draws"] = seen
    about = f" with {digits(shift)} added to every curvature" if shift else ""
    by_size = listed([f"{digits(100 * part)} % for n = {digits(n)}" for n, part in zip(dimensions, share, strict=True)])
    sentence = (
        f"Of {digits(_MATRICES)} random n × n matrices of second derivatives{about}, these have only positive "
        f"eigenvalues, as a minimum needs: {by_size}. In the others a downhill direction is left. In theory the last "
        f"share is {digits(100 * exact[-1])} %."
    )
    series = (
        Series("measured", dimensions, np.where(share > 0, share, np.nan), PALETTE[0], mode="lines+markers"),
        Series("exact", dimensions, exact, PALETTE[1], mode="markers"),
    )
    return Finding(numbers, sentence, Plot("dimension n", "share of minima", series, log_y=True))


def _scatter(share: float) -> float:
    """Three standard deviations of a share in 200 000 draws, in per cent."""
    return float(300 * np.sqrt(share * (1 - share) / _MATRICES))


_X54 = Experiment(
    key="X54",
    question="How common are minima among the points of zero slope in random landscapes, as the dimension grows?",
    settings=(
        whole("size", "n", 6, (2, 10), "The largest dimension."),
        Hyper(
            "shift",
            "c",
            0.0,
            (-1.0, 4.0),
            (-1.0, 4.0),
            "linear",
            ("Added to every curvature; it is high in low places."),
        ),
        whole("seed", "s", 0, (0, 999), "Draws other matrices."),
    ),
    find=_rare_minima,
    expected=(
        Expected("minima in %, n = 1", 50.0, _scatter(0.5), "Exact share; three deviations of the draws."),
        Expected("minima in %, n = 2", 14.6447, _scatter(0.146447), "Exact share; three deviations of the draws."),
        Expected("minima in %, n = 3", 2.4921, _scatter(0.024921), "Exact share; three deviations of the draws."),
        Expected("minima in %, n = 4", 0.2457, 0.01, "Exact share; one deviation of the draws, which are seeded."),
        Expected("exact minima in %, n = 2", 100 * (2 - 2**0.5) / 4, 1e-9, "(2 − √2)/4; rounding."),
        Expected("exact minima in %, n = 3", 25 - 100 / (2**0.5 * np.pi), 1e-9, "¼ − 1/(√2·π); rounding."),
        Expected("exact minima in %, n = 6", 0.000462, 1e-6, "Three digits of an exact ratio are known."),
        Expected("minima in %, n = 6", 97.1, 0.3, "These draws, with three deviations.", {"shift": 4.0}),
    ),
)


ALL: tuple[Experiment, ...] = (_X52, _X53, _X54)
