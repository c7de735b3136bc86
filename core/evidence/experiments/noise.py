"""What noise in the gradient does: the floor it keeps a run above, how decays lower it, and which hills it crosses."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.evidence.experiments.measure import curve
from core.evidence.experiments.telling import learning_rate, whole
from core.formula.words import counted, digits, listed
from core.problems.batches.theory import steady_spread

_SEED = whole("seed", "s", 0, (0, 99), "Draws the noise.")
_STEP = "step"


_CHAINS = 400
_CHANCE = "four standard errors of 7 %: a mean over 400 runs"
_EXACT = "no chance in it: the recursion of the expectation; this many digits are known"
_CONSTANT, _ROOT, _TIME, _SQUARE = "constant", "1/√t", "1/t", "1/t²"
_COSINE, _LINEAR = "cosine", "linear"


def _falling(lr: float, steps: int) -> dict[str, Array]:
    """Rates of shape ``(steps,)`` that all start at ``lr``."""
    t = np.arange(float(steps))
    return {
        _CONSTANT: np.full(steps, lr),
        _ROOT: lr / np.sqrt(1 + lr**2 * t),
        _LINEAR: lr * (1 - t / steps),
        _COSINE: lr / 2 * (1 + np.cos(np.pi * t / steps)),
        _TIME: lr / (1 + lr * t),
        _SQUARE: lr / (1 + t) ** 2,
    }


def _decays(settings: Mapping[str, float]) -> Finding:
    lr, steps, seed = settings["lr"], int(settings["steps"]), int(settings["seed"])
    falling = _falling(lr, steps)
    random = np.random.default_rng((seed, 12))
    points = np.ones((len(falling), _CHAINS))
    expected = np.ones(len(falling))
    spread = np.empty((steps + 1, len(falling)))
    spread[0] = 1.0
    # The average of the constant rate's second half.
    tail = np.zeros(_CHAINS)
    for t, rates in enumerate(np.stack(list(falling.values()), axis=1)):
        points -= rates[:, None] * (points + random.standard_normal(_CHAINS))
        spread[t + 1] = (points**2).mean(axis=1)
        expected = (1 - rates) ** 2 * expected + rates**2
        if t >= steps // 2:
            tail += points[0]
    averaged = float(((tail / (steps - steps // 2)) ** 2).mean())
    measured = dict(zip(falling, spread[-1].tolist(), strict=True))
    numbers = {f"mean of x², {name}": value for name, value in measured.items()}
    numbers["mean of x², average of the constant's second half"] = averaged
    numbers |= {f"expected, {name}": value for name, value in zip(falling, expected.tolist(), strict=True)}
    for name in (_CONSTANT, _TIME, _SQUARE):
        numbers[f"sum of the rates, {name}"] = float(falling[name].sum())
        numbers[f"sum of their squares, {name}"] = float((falling[name] ** 2).sum())
    others = listed([f"{digits(measured[name])} with {name}" for name in (_ROOT, _LINEAR, _COSINE, _TIME)])
    sentence = (
        f"After {counted(steps)} with noise 1 on ½x² from x = 1 the mean of x² is {digits(measured[_CONSTANT])} at the "
        f"constant rate {digits(lr)}, {others}, and {digits(averaged)} if the constant rate's second half is averaged. "
        f"1/t² leaves {digits(measured[_SQUARE])}: its rates add up to {digits(falling[_SQUARE].sum())} only, those of "
        f"1/t to {digits(falling[_TIME].sum())} so far, and the latter sum grows without end."
    )
    series = tuple(curve(name, spread[:, column]) for column, name in enumerate(falling))
    marks = (Mark("y", steady_spread(lr, 1.0), "theory, constant rate"),)
    return Finding(numbers, sentence, Plot(_STEP, f"mean of x² over {_CHAINS} runs", series, True, True, marks))


_DECAY = Experiment(
    key="X12",
    question="How must the learning rate fall for noisy gradient descent to arrive?",
    settings=(
        learning_rate(0.1, (0.02, 1.0)),
        whole("steps", "T", 10_000, (500, 10_000), "Steps of every run."),
        _SEED,
    ),
    find=_decays,
    expected=(
        Expected("expected, constant", 0.1 / 1.9, 1e-12, "α/(2 − α); the start is forgotten to far below rounding"),
        Expected("mean of x², constant", 0.0526, 0.28 * 0.0526, _CHANCE),
        Expected("expected, 1/√t", 0.005013, 5e-7, _EXACT),
        Expected("expected, linear", 0.001403, 5e-7, _EXACT),
        Expected("expected, cosine", 7.961e-4, 5e-8, _EXACT),
        Expected("expected, 1/t", 10_081 / 10_009**2, 1e-12, "(T + (1/α − 1)²)/(T + 1/α − 1)², by hand"),
        Expected("mean of x², 1/t", 1.0e-4, 0.28e-4, _CHANCE),
        Expected("expected, 1/t²", 0.7209, 0.0001, "0.711 of the start, ∏(1 − 0.1/k²)², and the noise of early steps"),
        Expected("mean of x², 1/t²", 0.724, 0.05, "early noise moves each run by 0.1, and the mean of 400 by 0.01"),
        Expected("mean of x², average of the constant's second half", 2e-4, 0.56e-4, _CHANCE),
    ),
)


_FLOOR_CHAINS, _FORGET, _MEASURED = 1000, 600, 2000
_RATES = (0.2, 0.1, 0.05, 0.01)


def _floor(settings: Mapping[str, float]) -> Finding:
    lr, noise, seed = settings["lr"], settings["noise"], int(settings["seed"])
    rates = np.array([*_RATES, lr])
    random = np.random.default_rng((seed, 14))
    points = np.zeros((rates.size, _FLOOR_CHAINS))
    total = np.zeros(rates.size)
    own = np.zeros(_FORGET + _MEASURED + 1)
    for t in range(_FORGET + _MEASURED):
        points -= rates[:, None] * (points + noise * random.standard_normal(_FLOOR_CHAINS))
        squares = (points**2).mean(axis=1)
        own[t + 1] = squares[-1]
        if t >= _FORGET:
            total += squares
    measured = total / _MEASURED
    theory = np.array([steady_spread(rate, noise) for rate in rates])
    # Noise may be switched off.
    ratio = measured / theory if noise else np.ones_like(measured)
    numbers = {f"mean of x² at α = {digits(rate)}": float(value) for rate, value in zip(_RATES, measured, strict=False)}
    numbers |= {
        "mean of x² at your rate": float(measured[-1]),
        "theory α·σ²/(2 − α) at your rate": float(theory[-1]),
        "lowest measured / theory": float(ratio.min()),
        "highest measured / theory": float(ratio.max()),
        "floor at 0.1 / floor at 0.05": float(measured[1] / measured[2]) if noise else 1.0,
    }
    sentence = (
        f"With noise σ = {digits(noise)} on ½x² a constant rate of {digits(lr)} settles at a mean of x² of "
        f"{digits(measured[-1])}; theory says α·σ²/(2 − α) = {digits(theory[-1])}. Halving the rate from 0.1 to 0.05 "
        f"divides it by {digits(numbers['floor at 0.1 / floor at 0.05'])}: a smaller rate hovers closer to the minimum."
        if noise
        else f"Without noise a constant rate of {digits(lr)} leaves a mean of x² of {digits(measured[-1])}: there is "
        "no floor."
    )
    order = np.argsort(rates)
    fine = np.geomspace(0.01, 1.9, 60)
    series = (
        Series("theory α·σ²/(2 − α)", fine, np.array([steady_spread(rate, noise) for rate in fine]), dash="dash"),
        Series("measured", rates[order], measured[order], mode="markers"),
    )
    plot = Plot("learning rate α", "mean of x² once settled", series, True, noise > 0, (Mark("x", lr, "yours"),))
    return Finding(numbers, sentence, plot)


# 1000 runs of 2000 steps hold some 20 000 independent squares at α = 0.01, more at larger rates.
_BY_HAND = "α/(2 − α), by hand"
_FIVE_PERCENT = "1 % of chance at the smallest rate; the promise is 5 %"

_NOISE_FLOOR = Experiment(
    key="X14",
    question="How close to the minimum does noisy gradient descent get at a constant rate?",
    settings=(
        learning_rate(0.1, (0.01, 1.9)),
        Hyper(
            "noise", r"\sigma", 1.0, (0.0, 10.0), (0.0, 3.0), "linear", "Standard deviation of the gradient's noise."
        ),
        _SEED,
    ),
    find=_floor,
    expected=(
        *(
            Expected(f"mean of x² at α = {digits(rate)}", value, 0.05 * value, _FIVE_PERCENT)
            for rate, value in zip(_RATES, (0.1111, 0.0526, 0.0256, 0.00503), strict=True)
        ),
        Expected("lowest measured / theory", 1.0, 0.05, _FIVE_PERCENT),
        Expected("highest measured / theory", 1.0, 0.05, _FIVE_PERCENT),
        Expected("theory α·σ²/(2 − α) at your rate", 0.1 / 1.9, 1e-12, _BY_HAND),
        Expected("theory α·σ²/(2 − α) at your rate", 0.2 / 1.8, 1e-12, _BY_HAND, {"lr": 0.2}),
        Expected("theory α·σ²/(2 − α) at your rate", 0.01 / 1.99, 1e-12, _BY_HAND, {"lr": 0.01}),
    ),
)


_WALKERS = 1000
_TILT = 0.1
_LEVELS = (0.0, 0.3, 0.6, 1.0, 2.0)
_LOWER, _TOP, _HIGHER = np.sort(np.roots([1.0, 0.0, -1.0, _TILT]).real).tolist()


def _escape(settings: Mapping[str, float]) -> Finding:
    lr, noise, steps = settings["lr"], settings["noise"], int(settings["steps"])
    random = np.random.default_rng((int(settings["seed"]), 17))
    # The last row starts in the lower minimum: what it takes to leave that one.
    levels = np.array([*_LEVELS, noise, noise])[:, None]
    points = np.repeat([[_HIGHER]] * (levels.size - 1) + [[_LOWER]], _WALKERS, axis=1)
    shares = np.empty((steps + 1, 2))
    shares[0] = (0.0, 1.0)
    slope = np.empty_like(points)
    for t in range(steps):
        np.multiply(points, points, out=slope)
        slope -= 1
        slope *= points
        slope += _TILT + levels * random.standard_normal(_WALKERS)
        slope *= lr
        points -= slope
        shares[t + 1] = (points[-2:] < _TOP).mean(axis=1)
    there = 100 * (points < _TOP).mean(axis=1)
    gone = 100 * (~np.isfinite(points)).mean(axis=1)
    numbers = {f"in the lower basin in %, noise {digits(level)}": float(there[i]) for i, level in enumerate(_LEVELS)}
    numbers |= {
        "in the lower basin in %, your noise": float(there[-2]),
        "left the lower basin in %, your noise": 100 - float(there[-1]),
        "diverged in %, your noise": float(gone[-2]),
    }
    lost = f" {digits(gone[-2])} % have diverged." if gone[-2] else ""
    sentence = (
        f"Of {digits(_WALKERS)} runs from the higher minimum at x = {digits(_HIGHER)}, {digits(there[-2])} % are in "
        f"the lower one's basin after {counted(steps)} at rate {digits(lr)} with noise {digits(noise)}; of as many "
        f"that start in the lower one at {digits(_LOWER)}, {digits(100 - there[-1])} % have left it.{lost} Noise of "
        f"{listed([digits(level) for level in _LEVELS])} brings "
        f"{listed([digits(share) for share in there[:5]])} %."
    )
    series = (
        curve("from the higher minimum", 100 * shares[:, 0]),
        curve("from the lower minimum", 100 * shares[:, 1], dash="dash"),
    )
    return Finding(numbers, sentence, Plot(_STEP, "runs in the lower basin, in %", series))


_WALK = "three standard errors of a share of 1000 runs"

_ESCAPE = Experiment(
    key="X17",
    question="Does noise get a run out of a bad minimum, and does it stay in a good one?",
    settings=(
        learning_rate(0.1, (0.005, 0.2)),
        Hyper("noise", r"\sigma", 1.0, (0.0, 3.0), (0.0, 3.0), "linear", "Standard deviation of the gradient's noise."),
        whole("steps", "T", 5000, (500, 5000), "Steps of every run."),
        _SEED,
    ),
    find=_escape,
    expected=(
        Expected("in the lower basin in %, noise 0", 0.0, 0.0, "Nothing moves a run that stands in a minimum."),
        Expected("in the lower basin in %, noise 0.3", 0.0, 0.5, "A barrier of 30 standard deviations; none crosses."),
        Expected("in the lower basin in %, noise 0.6", 1.5, 1.2, _WALK),
        Expected("in the lower basin in %, noise 1", 97.1, 1.6, _WALK),
        Expected("in the lower basin in %, noise 2", 73.7, 4.2, _WALK),
        Expected(
            "in the lower basin in %, noise 1", 0.0, 0.5, "A barrier five times as high; none crosses.", {"lr": 0.02}
        ),
        Expected(
            "in the lower basin in %, noise 2", 30.4, 3, "Two standard errors; the draws are seeded.", {"lr": 0.02}
        ),
    ),
)


ALL: tuple[Experiment, ...] = (_DECAY, _NOISE_FLOOR, _ESCAPE)
