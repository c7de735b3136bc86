"""What a batch of samples gives: a gradient that scatters, more updates in a pass, and a sum that needs no memory."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from core.catalogue.hypers import Hyper
from core.engine.findings import Array, Expected, Experiment, Finding, Plot, Series
from core.engine.gradients import gradient, streamed_gradient
from core.evidence.experiments.telling import whole
from core.formula.words import digits, listed
from core.problems.batches.descent import descend, least_squares, losses, updates_per_epoch
from core.problems.batches.theory import measured_scatter

_SEED = whole("seed", "s", 0, (0, 99), "Draws data and batches.")


def _problem(samples: int, size: int, noise: float, seed: tuple[int, int]) -> tuple[Array, Array]:
    """Features, standard normal, and answers of a random linear law with noise added."""
    random = np.random.default_rng(seed)
    features = random.standard_normal((samples, size))
    return features, features @ random.standard_normal(size) + noise * random.standard_normal(samples)


def _spread_of_answers(default: float, high: float) -> Hyper:
    help_text = "Standard deviation of what no line explains in the answers."
    return Hyper("noise", r"\sigma", default, (0.0, high), (0.0, high), "linear", help_text)


_POPULATION, _DRAWS = 200, 4000


def _variance(settings: Mapping[str, float]) -> Finding:
    batch, noise, seed = int(settings["batch"]), settings["noise"], int(settings["seed"])
    features, answers = _problem(_POPULATION, 3, noise, (seed, 13))
    scatter = measured_scatter(features, answers, np.zeros(3), batch=batch, draws=_DRAWS, seed=seed)
    ratios = np.concatenate([scatter.measured[kind][:-1] / scatter.theory[kind][:-1] for kind in (True, False)])
    (drawn, of_drawn), (shuffled, of_shuffled) = scatter.own(True), scatter.own(False)
    numbers = scatter.numbers | {
        "lowest measured / theory, all sizes": float(ratios.min()),
        "highest measured / theory, all sizes": float(ratios.max()),
        "all samples, without replacement": float(scatter.measured[False][-1]),
    }
    sentence = (
        f"Over {_DRAWS} batches of {batch} of {digits(_POPULATION)} samples the gradient's variance is {digits(drawn)} "
        f"with replacement, where theory says S/B = {digits(of_drawn)}, and {digits(shuffled)} without, where the "
        f"factor (n − B)/(n − 1) makes it {digits(of_shuffled)}. Over sizes from 1 to 128 measured and theoretical "
        f"values have ratios of {digits(ratios.min())} to {digits(ratios.max())}; with all samples, each used once, "
        "nothing is left to chance."
    )
    return Finding(numbers, sentence, scatter.plot)


_VARIANCE = Experiment(
    key="X13",
    question="How much does the gradient of a batch scatter?",
    settings=(
        whole("batch", "B", 16, (1, _POPULATION), "Samples in your batch."),
        _spread_of_answers(1.0, 3.0),
        _SEED,
    ),
    find=_variance,
    expected=(
        Expected("lowest measured / theory, all sizes", 1.0, 0.1, "4000 draws scatter by some 3 %; 10 % is promised"),
        Expected("highest measured / theory, all sizes", 1.0, 0.1, "4000 draws scatter by some 3 %; 10 % is promised"),
        Expected("all samples, without replacement", 0.0, 1e-25, "rounding of a sum of 200 numbers, squared"),
    ),
)


_DIMENSIONS = 10
_BATCHES = (1, 10, 100)
_LONG_BATCH = 10
_TRIED = np.geomspace(0.0003, 0.6, 16)
_REPEATS = 3


def _epoch(settings: Mapping[str, float]) -> Finding:
    samples, noise, epochs = int(settings["samples"]), settings["noise"], int(settings["epochs"])
    features, answers = _problem(samples, _DIMENSIONS, noise, (samples, 15))
    start = np.zeros(_DIMENSIONS)
    lowest = least_squares(features, answers)[1]
    before = float(losses(features, answers, start)) - lowest
    hessian = 2 / samples * features.T @ features
    run = partial(descend, features, answers, start=start.tolist(), replacement=False)
    # One update on everything, with the best length along the gradient, and many at the rate that suits the bowl best.
    slope = gradient(features, answers, start)
    once = start - float(slope @ slope) / float(slope @ hessian @ slope) * slope
    once_left = (float(losses(features, answers, once)) - lowest) / before
    curvatures = np.linalg.eigvalsh(hessian)
    best_rate = 2 / float(curvatures[0] + curvatures[-1])
    full_left = (run(batch=samples, rate=best_rate, updates=epochs, seeds=(0,)).loss[0] - lowest) / before
    left: dict[int, float] = {}
    chosen: dict[int, float] = {}
    for batch in _BATCHES:
        ends = run(
            batch=batch,
            rate=np.repeat(_TRIED, _REPEATS),
            updates=updates_per_epoch(samples, batch),
            seeds=[*range(_REPEATS)] * len(_TRIED),
        ).loss[:, -1]
        means = ((ends - lowest) / before).reshape(len(_TRIED), _REPEATS).mean(axis=1)
        index = int(np.nanargmin(means))
        left[batch], chosen[batch] = float(means[index]), float(_TRIED[index])
    per_epoch = updates_per_epoch(samples, _LONG_BATCH)
    long = run(batch=_LONG_BATCH, rate=chosen[_LONG_BATCH], updates=epochs * per_epoch, seeds=(0,))
    long_left = (long.loss[0, ::per_epoch] - lowest) / before
    numbers = {
        "left after one epoch, all samples": once_left,
        **{f"left after one epoch, B = {batch}": share for batch, share in left.items()},
        **{f"rate, B = {batch}": rate for batch, rate in chosen.items()},
        "left at the end, all samples": float(full_left[-1]),
        f"left at the end, B = {_LONG_BATCH}": float(long_left[-1]),
        "updates per epoch, B = 1": samples,
    }
    last = "below" if full_left[-1] < long_left[-1] else "not below"
    sentence = (
        f"One pass over {digits(samples)} samples leaves {digits(once_left)} of the excess loss as the best single "
        "update along their gradient, and "
        f"{listed([f'{digits(share)} in batches of {batch}' for batch, share in left.items()])}, each at the best of "
        f"{len(_TRIED)} rates. After {epochs} passes the full batch is at {digits(full_left[-1])}, {last} the "
        f"{digits(long_left[-1])} of batches of {_LONG_BATCH} at their constant rate."
    )
    passes = np.arange(epochs + 1.0)
    # A logarithmic axis has no place for what has arrived to the last digit.
    series = (
        Series("all samples", passes, np.where(full_left > 0, full_left, np.nan), mode="lines+markers"),
        Series(f"batches of {_LONG_BATCH}", passes, np.where(long_left > 0, long_left, np.nan), mode="lines+markers"),
    )
    return Finding(numbers, sentence, Plot("passes over the data", "share of the excess loss left", series, log_y=True))


_EPOCH = Experiment(
    key="X15",
    question="Is a pass over the data better spent on one exact update or on many rough ones?",
    settings=(
        whole(
            "samples",
            "n",
            1000,
            (100, 2000),
            ("Number of samples; with one update for each, a pass makes as many updates."),
        ),
        _spread_of_answers(0.1, 2.0),
        whole("epochs", "E", 20, (2, 50), "Passes for the long comparison."),
    ),
    find=_epoch,
    expected=(
        Expected("left after one epoch, all samples", 0.01091, 0.00001, "No chance in it; four digits are known."),
        Expected("left after one epoch, B = 1", 0.0, 1e-4, "Far below what one exact update leaves."),
        Expected("left after one epoch, B = 10", 0.0, 1e-4, "Far below what one exact update leaves."),
        Expected("left after one epoch, B = 100", 0.0, 1e-4, "Far below what one exact update leaves."),
        Expected("left at the end, all samples", 0.0, 1e-20, "Twenty factors of some 0.01; rounding is left."),
        Expected("left at the end, B = 10", 3e-5, 2.9e-5, "Above 0 is the promise: a constant rate keeps its noise."),
        Expected("updates per epoch, B = 1", 1000, 0, "One for each sample."),
    ),
)


_STREAMED = (1, 10, 100, 1000)


def _stream(settings: Mapping[str, float]) -> Finding:
    samples, portion = int(settings["samples"]), int(settings["portion"])
    features, answers = _problem(samples, _DIMENSIONS, 1.0, (samples, 16))
    at = np.zeros(_DIMENSIONS)
    whole_sum = gradient(features, answers, at)
    sizes = sorted({*_STREAMED, portion})
    differences = {}
    for size in sizes:
        portions = ((features[i : i + size], answers[i : i + size]) for i in range(0, samples, size))
        differences[size] = float(np.abs(streamed_gradient(portions, at) - whole_sum).max())
    largest = float(np.abs(whole_sum).max())
    numbers = {
        "largest difference, your portions": differences[portion],
        "largest difference, all portions tried": max(differences.values()),
        "largest component of the gradient": largest,
        "difference / component, all portions tried": max(differences.values()) / largest,
        "portions": updates_per_epoch(samples, portion),
        "share of the data in memory in %": 100 * min(portion, samples) / samples,
    }
    sentence = (
        f"The gradient over {digits(samples)} samples, added up in portions of {portion}, differs from the one "
        f"computed at once by at most {digits(differences[portion])}, where its largest component is "
        f"{digits(largest)}: rounding. No more than {digits(numbers['share of the data in memory in %'])} % of the "
        "data were needed at a time."
    )
    scaled = np.array([differences[size] * 1e16 for size in sizes])
    series = (Series("largest difference", np.array(sizes, dtype=np.float64), scaled, mode="lines+markers"),)
    plot = Plot("samples in a portion", "difference in units of 10⁻¹⁶", series, log_x=True)
    return Finding(numbers, sentence, plot)


_STREAM = Experiment(
    key="X16",
    question="Must all data be in memory for an exact gradient?",
    settings=(
        whole("samples", "n", 1000, (1000, 20_000), "Samples over which the gradient is computed."),
        whole("portion", "k", 50, (1, 1000), "Samples in memory at a time."),
    ),
    find=_stream,
    expected=(
        Expected("difference / component, all portions tried", 0.0, 2e-15, "sums in another order: some roundings"),
    ),
)


ALL: tuple[Experiment, ...] = (_VARIANCE, _EPOCH, _STREAM)
