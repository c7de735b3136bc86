"""All samples, a batch, one at a time: the three variants side by side on one table, what they cost and may expect."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import PALETTE, Dash
from core.engine.findings import drawn_moments
from core.formula.words import digits
from core.problems.batches.data import Array, Pair
from core.problems.batches.descent import Band, Descents, band, descend, least_squares, line, losses, seconds_per_update
from core.problems.batches.theory import largest_stable_rate, noise_floor

# Below and to the right of the shipped lines' weights, so that all of a path is seen.
START = (-1.0, 1.0)
# A batch that is neither small nor large for the shipped tables.
BATCH = 32
# So many runs give each edge of the band five runs beyond it.
SEEDS = 50
RATE = Hyper(
    "lr", r"\alpha", 0.05, (1e-30, 1e6), (1e-4, 2.0), "log", ("Learning rate: the factor that multiplies the gradient.")
)
# Some passes over the shipped tables; the slowest run of many seeds then still takes less than a second.
UPDATES = Hyper("updates", "T", 500, (1, 2000), (1, 2000), "linear", "Steps of each variant.", whole=True)
# Where a run begins at the lowest point, what is shown is this share of the spread of y.
_LEAST_SHARE = 0.1


def batch_stops(samples: int) -> list[int]:
    """The batch sizes that a slider stops at: powers of two and halfway between them, and all ``samples``."""
    powers = [2**power for power in range(samples.bit_length())]
    return sorted({stop for power in powers for stop in (power, 3 * power) if stop < samples} | {samples})


@dataclass(frozen=True)
class Settings:
    """One comparison: the batch size in the middle, and what all three variants share; ``start`` is (w, b)."""

    batch: int
    rate: float
    updates: int
    start: tuple[float, float]
    replacement: bool
    seed: int
    decay: str


@dataclass(frozen=True)
class Variant:
    """A batch size with its name and look; only all samples without replacement are the same for every seed."""

    key: str
    name: str
    batch: int
    replacement: bool
    color: str
    dash: Dash


def variants(samples: int, batch: int, replacement: bool) -> tuple[Variant, ...]:
    """All samples, ``batch`` and one at a time; only two where ``batch`` is one of the others."""
    blue, orange, teal, *_ = PALETTE
    full = Variant("full", f"all {digits(samples)} at once", samples, False, blue, "solid")
    one = Variant("one", "1 at a time", 1, replacement, orange, "dot")
    middle = Variant("middle", f"{batch} at a time", batch, replacement, teal, "solid")
    same = batch == 1 or (batch == samples and not replacement)
    return (full, one) if same else (full, middle, one)


@dataclass(frozen=True, eq=False)
class Ran:
    """The run of one variant: ``weights`` (updates + 1, 2), ``loss`` and ``excess`` over the lowest (updates + 1,).

    ``samples`` (updates + 1,) are those looked at; NaN follows a divergence, which was at update ``diverged_at``, −1 if
    there was none.
    """

    variant: Variant
    weights: Array
    loss: Array
    excess: Array
    samples: Array
    diverged_at: int


def race(pair: Pair, settings: Settings) -> list[Ran]:
    """The run of each variant with the seed of ``settings``. Raises ``ValueError`` for settings out of range."""
    features = line(pair.x)
    lowest = least_squares(features, pair.y)[1]
    runs = []
    for variant in variants(pair.x.size, settings.batch, settings.replacement):
        descents = _descents(pair, variant, settings, (settings.seed,))
        loss = descents.loss[0]
        runs.append(
            Ran(variant, descents.weights[0], loss, loss - lowest, descents.samples, int(descents.diverged_at[0]))
        )
    return runs


def ensemble(pair: Pair, settings: Settings) -> list[Band]:
    """For each variant the band of the loss above the lowest over ``SEEDS`` seeds, at the moments that are drawn.

    The first seed is that of ``settings``. All samples at once do not depend on the seed; their band has no width.
    """
    features = line(pair.x)
    lowest = least_squares(features, pair.y)[1]
    moments = drawn_moments(settings.updates)
    bands = []
    for variant in variants(pair.x.size, settings.batch, settings.replacement):
        many = 1 if _certain(variant, pair) else SEEDS
        seeds = range(settings.seed, settings.seed + many)
        runs = _descents(pair, variant, settings, seeds)
        bands.append(band(runs.loss[:, moments] - lowest))
    return bands


def _certain(variant: Variant, pair: Pair) -> bool:
    return variant.batch == pair.x.size and not variant.replacement


def _descents(pair: Pair, variant: Variant, settings: Settings, seeds: Sequence[int]) -> Descents:
    return descend(
        line(pair.x),
        pair.y,
        batch=variant.batch,
        rate=settings.rate,
        updates=settings.updates,
        start=settings.start,
        replacement=variant.replacement,
        seeds=seeds,
        decay=settings.decay,
    )


def level(pair: Pair, start: Sequence[float]) -> float:
    """The loss above the lowest that a picture must reach up to: that of the start, or a tenth of the spread of y."""
    features = line(pair.x)
    lowest = least_squares(features, pair.y)[1]
    return max(float(losses(features, pair.y, np.array(start))) - lowest, _LEAST_SHARE * float(pair.y.var()))


def fingerprint(pair: Pair) -> str:
    """A text that is the same for the same numbers, by which results about a table can be kept without the table."""
    return sha256(pair.x.tobytes() + pair.y.tobytes()).hexdigest()


@dataclass(frozen=True)
class Axis:
    """What a run costs: ``of`` gives it for every moment of a run, whose update takes so many seconds."""

    title: str
    logarithmic: bool
    of: Callable[[Ran, float], Array]


AXES: Mapping[str, Axis] = MappingProxyType(
    {
        "Updates": Axis("update", False, lambda ran, _: np.arange(float(ran.loss.size))),
        "Samples": Axis("samples looked at, log scale", True, lambda ran, _: ran.samples),
        "Time": Axis(
            "time on this machine in µs", False, lambda ran, seconds: 1e6 * seconds * np.arange(float(ran.loss.size))
        ),
    }
)


def timed(pair: Pair, batch: int) -> float:
    """Seconds that an update on ``batch`` samples takes on this machine: to be shown, never relied on."""
    return seconds_per_update(line(pair.x), pair.y, batch)


@dataclass(frozen=True)
class Outlook:
    """What theory says of a variant: its largest stable rate, and how far above the lowest loss it hovers."""

    limit: float
    floor: float


def outlook(pair: Pair, variant: Variant, rate: float) -> Outlook:
    """The outlook of ``variant`` at a constant ``rate``. Raises ``ValueError`` where rounding would decide about it."""
    features = line(pair.x)
    return Outlook(
        largest_stable_rate(features, variant.batch, variant.replacement),
        noise_floor(features, pair.y, variant.batch, rate, variant.replacement),
    )


def calm_rate(outlooks: Sequence[Outlook]) -> float:
    """Half of the smallest of the largest stable rates, rounded to two digits: no variant diverges at it."""
    return float(f"{min(one.limit for one in outlooks) / 2:.1e}")
