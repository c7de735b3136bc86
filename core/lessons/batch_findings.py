"""What theory says about batches beside what this table shows: stable rates, scatter of gradients, noise floors."""

import numpy as np
import numpy.typing as npt

from core.catalogue.optimizers import PALETTE
from core.engine.findings import Finding, Mark, Plot, Series
from core.formula.words import apart, digits, listed
from core.problems.batches.data import Array, Pair
from core.problems.batches.descent import descend, least_squares, line, updates_per_epoch
from core.problems.batches.race import Settings, variants
from core.problems.batches.theory import SIZE, batch_sizes, largest_stable_rate, measured_scatter, noise_floor

_BLUE, _ORANGE = PALETTE[:2]


def stable_rates(pair: Pair, settings: Settings) -> Finding:
    """The largest stable rate of every batch size, and where the chosen rate stands below or above it.

    Raises ``ValueError`` where rounding would decide about it.
    """
    features, samples = line(pair.x), pair.x.size
    raced = variants(samples, settings.batch, settings.replacement)
    stable = {one.name: largest_stable_rate(features, one.batch, one.replacement) for one in raced}
    shares = {name: 100 * settings.rate / limit for name, limit in stable.items()}
    numbers = {f"largest stable rate, {name}": limit for name, limit in stable.items()}
    numbers |= {f"your rate in % of it, {name}": share for name, share in shares.items()}
    tried = batch_sizes(samples, settings.batch)
    limits = [largest_stable_rate(features, size, settings.replacement) for size in tried]
    own = 100 * settings.rate / limits[tried.index(settings.batch)]
    rates = listed([f"{digits(limit)} for {name} (you: {digits(shares[name])} %)" for name, limit in stable.items()])
    sentence = (
        f"You are at {digits(own)} % of the largest stable rate for batches of {settings.batch}. That rate is {rates}. "
        "The smaller the batch, the more its curvature varies, and the smaller the steps must be; with all samples the "
        "limit is 2/L, where L is the largest curvature."
    )
    at = np.array(tried, dtype=np.float64)
    series = (
        Series("largest stable rate", at, np.array(limits), _BLUE),
        Series("you", np.array([float(settings.batch)]), np.array([settings.rate]), _ORANGE, mode="markers"),
    )
    marks = (Mark("y", stable[raced[0].name], "2/L, all samples"),)
    return Finding(numbers, sentence, Plot(SIZE, "learning rate, log scale", series, True, True, marks))


_DRAWS = 2000


def scatter_of_gradients(pair: Pair, settings: Settings) -> Finding:
    """The variance of a batch's gradient at the start, measured over batches of every size, beside S/B."""
    batch = settings.batch
    scatter = measured_scatter(
        line(pair.x), pair.y, np.array(settings.start), batch=batch, draws=_DRAWS, seed=settings.seed
    )
    measured, theory = scatter.own(settings.replacement)
    how = "with replacement" if settings.replacement else "without replacement"
    # What rounding leaves of zero is told as zero.
    sentence = (
        f"At the start the gradients of single samples have the variance S = {digits(scatter.single)}, both components "
        f"together. Over {_DRAWS} batches of {batch} drawn {how} it is {digits(measured if theory else 0)}; theory "
        f"says {digits(theory)}. Without replacement the factor (n − B)/(n − 1) brings it to zero once all "
        f"{pair.x.size} samples are in."
    )
    return Finding(scatter.numbers, sentence, scatter.plot)


# Rates as shares of the largest stable one.
_SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_CHAINS, _LONGEST, _SHORTEST = 20, 3000, 60
# Samples looked at, and shuffles made, by all runs together: less than a second.
_LOOKS, _SHUFFLES = 10_000_000, 15_000
# A run has forgotten its start after so many of its own time constants, and is measured for as many again or more.
_FORGOTTEN = 3.0
# Share of the spread of y that the loss of a perfect line keeps from rounding.
_PERFECT = 1e-20


def floors(pair: Pair, settings: Settings) -> Finding:
    """How far above the lowest loss batches hover at several constant rates, measured, beside the closed form.

    Runs begin at the lowest loss. Rates at which they have not settled in the time there is are left out. Raises
    ``ValueError`` where rounding would decide about the theory.
    """
    features, batch = line(pair.x), settings.batch
    limit = largest_stable_rate(features, batch, settings.replacement)
    if batch == pair.x.size and not settings.replacement:
        return Finding({}, "With all samples in every batch, each once, nothing is left to chance: there is no floor.")
    if least_squares(features, pair.y)[1] <= _PERFECT * pair.y.var():
        return Finding({}, "This line fits every sample, so all agree at the lowest loss: there is no floor.")
    rates = limit * np.array(_SHARES)
    heights, settled = _settled_heights(pair, settings, rates)
    theory = _closed_form(pair, settings, fine := limit * np.geomspace(min(_SHARES), 0.99, 60))
    yours = float(_closed_form(pair, settings, np.array([settings.rate]))[0])
    ratios = heights / _closed_form(pair, settings, rates)
    numbers = {"closed form at your rate": yours} | {
        f"measured / closed form at α = {digits(rate, '.3g')}": float(ratio)
        for rate, ratio in zip(rates[settled], ratios[settled], strict=True)
    }
    series = (
        Series("closed form, batches drawn afresh", fine, theory, _BLUE, "dash"),
        Series("measured", rates[settled], heights[settled], _ORANGE, mode="markers"),
    )
    marks = (Mark("x", settings.rate, "your rate"),) if rates[0] <= settings.rate < limit else ()
    plot = Plot("constant learning rate, log scale", "loss above the lowest, log scale", series, True, True, marks)
    return Finding(numbers, _floor_sentence(pair, settings, limit, yours, bool(settled.any())), plot)


def _closed_form(pair: Pair, settings: Settings, rates: Array) -> Array:
    features, batch = line(pair.x), settings.batch
    return np.array([noise_floor(features, pair.y, batch, float(rate), settings.replacement) for rate in rates])


def _settled_heights(pair: Pair, settings: Settings, rates: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """The mean loss above the lowest over the second half of runs at each of ``rates``, and which have settled."""
    features, batch = line(pair.x), settings.batch
    best, lowest = least_squares(features, pair.y)
    chains = max(4, min(_CHAINS, _LOOKS // (rates.size * batch * _SHORTEST)))
    together = rates.size * chains
    passes = _SHUFFLES // together
    most = min(_LONGEST, _LOOKS // (together * batch), passes * updates_per_epoch(pair.x.size, batch))
    updates = max(_SHORTEST, most)
    runs = descend(
        features,
        pair.y,
        batch=batch,
        rate=np.repeat(rates, chains),
        updates=updates,
        start=best.tolist(),
        replacement=settings.replacement,
        seeds=range(settings.seed, settings.seed + together),
    )
    heights = (runs.loss[:, updates // 2 :] - lowest).mean(axis=1).reshape(rates.size, chains).mean(axis=1)
    slowest = float(np.linalg.eigvalsh(2 / pair.x.size * features.T @ features)[0])
    return heights, (2 * rates * slowest * (updates // 2) >= _FORGOTTEN) & np.isfinite(heights)


def _floor_sentence(pair: Pair, settings: Settings, limit: float, yours: float, some: bool) -> str:
    batch, samples = settings.batch, pair.x.size
    if yours == float("inf"):
        rate, stable = apart(settings.rate, limit)
        sentence = f"Your rate {rate} is not stable for batches of {batch}; below {stable} there is a floor."
    else:
        halved = float(_closed_form(pair, settings, np.array([settings.rate / 2]))[0])
        sentence = (
            f"At your rate {digits(settings.rate)} batches of {batch} hover {digits(yours)} above the lowest loss in "
            f"the long run; half the rate divides that height by {digits(yours / halved)}. For small rates it is "
            "proportional to α/B."
        )
    if not settings.replacement:
        sentence += (
            " The batches of one shuffled pass partly cancel each other's errors, which lowers what is measured."
        )
        if samples % batch:
            sentence += f" The last of them holds only {samples % batch}, which raises it."
    if not some:
        sentence += (
            " None of these rates settles in the steps available, because the bowl is so elongated; standardise the "
            "data."
        )
    return sentence
