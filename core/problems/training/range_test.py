"""A learning-rate range test: one short training whose rate rises at every step, and what its curve suggests.

Smith 2017, arXiv:1506.01186; the steepest place as a suggestion is fastai's. Nothing here imports torch before
something is computed.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.formula.words import counted, digits
from core.problems.training.settings import Training

Array = npt.NDArray[np.float64]

# Steps on either side that a smoothed loss takes in, as a share of all; the slope is taken over as many.
_SMOOTHED = 0.05
# Losses among which the middle one is taken first, so that a single spike is none.
_MIDDLE = 5
# Times the fall of the loss by which it may rise above its start before the rest is left out.
_RISE = 0.5
# Times the spread of the noise that the loss must fall, or nothing is suggested.
_CLEAR = 3.0
LEAST_STEPS, MOST_STEPS = 20, 1000
# Multiplications of a test: ten seconds or so.
MOST_RANGE = 4e10


@dataclass(frozen=True, eq=False)
class RangeTest:
    """The curve of a test and its suggestions.

    ``rates``, ``losses`` and ``smoothed`` have the shape ``(n,)`` and end where the loss left all bounds; each loss is
    that of the batch after the step at its rate. ``steepest`` and ``lowest`` are rates, NaN where the loss does not
    clearly fall. ``noise`` is the standard deviation of what smoothing took away, ``ended`` the sentence about the end.
    """

    rates: Array
    losses: Array
    smoothed: Array
    steepest: float
    lowest: float
    noise: float
    ended: str

    @property
    def tenth(self) -> float:
        """A tenth of the rate at which the loss is lowest."""
        return self.lowest / 10

    @property
    def sentence(self) -> str:
        """What it suggests."""
        if math.isnan(self.steepest):
            return (
                "The loss does not fall clearly more than its noise, so nothing is suggested: take larger batches, "
                f"more steps or other rates. {self.ended}"
            )
        return (
            f"The loss falls fastest at {digits(self.steepest)} and is lowest at {digits(self.lowest)}, a tenth of "
            f"which is {digits(self.tenth)}. {self.ended}"
        )


def limits(training: Training) -> str:
    """What the suggestions of a test of ``training`` cannot promise, in a sentence or two."""
    rows = training.batch_rows * training.accumulation
    return (
        f"Both are places to begin a search, not the best rate: each rate has one step, so what only hurts after many "
        "steps is not seen, and by then the network has learnt from the rates before. The lowest place itself is too "
        f"large. Every step saw {counted(rows, 'row')}; smaller batches make the curve noisy and want smaller rates. "
        "Single spikes and the first steps are smoothed over, and nothing behind the first loss that is no number "
        "counts."
    )


def range_test(training: Training, lowest: float, highest: float, steps: int = 100) -> RangeTest:
    """``training`` from its start for ``steps``, the rate rising from ``lowest`` to ``highest`` by the same factor.

    Schedules are left out. Raises ``ValueError`` with name, range and value. Imports torch.
    """
    plan = range_plan(training, lowest, highest, steps)
    from core.problems.training.stack import rising

    rates = np.geomspace(lowest, highest, steps)
    return read_curve(rates, rising(plan, rates))


def range_plan(training: Training, lowest: float, highest: float, steps: int = 100) -> Training:
    """The training that a test is, checked; its ``work`` is what the test costs."""
    if not 0 < lowest < highest:
        raise ValueError(
            f"lowest must be above 0 and below highest; {digits(lowest)} and {digits(highest)} were given."
        )
    if not LEAST_STEPS <= steps <= MOST_STEPS:
        raise ValueError(f"steps must lie in [{LEAST_STEPS}, {MOST_STEPS}]; {digits(steps)} was given.")
    lr = next(hyper for hyper in training.resolved_optimizer.hypers if hyper.name == "lr")
    lr.check(highest)
    hypers = {**dict(training.hypers), "lr": lr.check(lowest)}
    # One step more shows what the last one did.
    return replace(training, hypers=hypers, steps=steps + 1, schedule="constant", schedule_hypers=())


def range_too_dear(plan: Training, most: float = MOST_RANGE) -> str:
    """Why the test that is ``plan`` costs more than ``most`` multiplications, and what to lower; empty if not."""
    if plan.work <= most:
        return ""
    return (
        f"This test costs about {digits(plan.work / most, '.2g')} times as much as a page may spend. Take fewer steps, "
        "a smaller batch or a smaller model."
    )


def read_curve(rates: Array, losses: Array) -> RangeTest:
    """What the ``losses`` behind the steps at ``rates``, both of shape ``(n,)`` and rates rising, suggest."""
    lost = np.flatnonzero(~np.isfinite(losses))
    end = int(lost[0]) if lost.size else len(losses)
    ended = (
        f"Behind {digits(rates[end])} the loss was no number, and the test ended."
        if lost.size
        else f"The test ended at {digits(rates[-1])}."
    )
    if end < 2 * _MIDDLE:
        return RangeTest(rates[:end], losses[:end], losses[:end], math.nan, math.nan, math.nan, ended)
    reach = max(2, round(_SMOOTHED * len(rates)))
    # A climb to infinity would draw the smoothed losses before it up with it, so those are found first.
    calm = _middle(losses[:end])
    low = int(calm.argmin())
    begun = float(np.median(calm[:reach]))
    climbed = np.flatnonzero(calm[low:] > begun + _RISE * (begun - calm[low]))
    visible = low + int(climbed[0]) + 1 if climbed.size and begun > calm[low] else end
    if visible < end:
        ended = f"At {digits(rates[visible - 1])} it had risen far above its start, and the rest is left out."
    if visible <= 2 * reach:
        return RangeTest(rates[:visible], losses[:visible], calm[:visible], math.nan, math.nan, math.nan, ended)
    smoothed = _mean(calm[:visible], reach)
    quiet = slice(0, max(int(smoothed.argmin()), reach) + 1)
    # What is around the curve while nothing is thrown about yet; robust, so that spikes do not count.
    noise = 1.4826 * float(np.median(np.abs((losses[:visible] - smoothed)[quiet])))
    lowest = int(smoothed.argmin())
    fall = float(smoothed[:reach].mean() - smoothed[lowest])
    if fall <= _CLEAR * noise or fall <= 1e-9 * abs(smoothed[0]) or lowest < reach:
        return RangeTest(rates[:visible], losses[:visible], smoothed, math.nan, math.nan, noise, ended)
    # Over several steps, in equal factors of the rate: the slope of fewer would be that of the noise.
    places = np.arange(reach, lowest - reach + 1) if lowest >= 2 * reach else np.array([lowest // 2])
    before, after = np.maximum(places - reach, 0), np.minimum(places + reach, lowest)
    slopes = (smoothed[after] - smoothed[before]) / (after - before)
    steepest = int(places[slopes.argmin()])
    return RangeTest(
        rates[:visible], losses[:visible], smoothed, float(rates[steepest]), float(rates[lowest]), noise, ended
    )


def _middle(losses: Array) -> Array:
    """The middle one of each loss and its neighbours; at the ends that of the outermost ones."""
    inner = np.median(np.lib.stride_tricks.sliding_window_view(losses, _MIDDLE), axis=-1)
    return np.pad(inner, _MIDDLE // 2, mode="edge")


def _mean(losses: Array, reach: int) -> Array:
    """The mean of each loss and its neighbours, nearer ones counting more; unlike a trailing mean it does not lag."""
    shares = np.concatenate([np.arange(1, reach + 2), np.arange(reach, 0, -1)]).astype(np.float64)
    # Mirrored at a point, so that a slope at an end stays one.
    wide = np.pad(losses, reach, mode="reflect", reflect_type="odd")
    seen: Array = np.convolve(wide, shares / shares.sum(), mode="valid")
    return seen
