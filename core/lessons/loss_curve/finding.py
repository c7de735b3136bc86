"""What a loss curve says by itself: where it is lost, rises, jumps, rests or falls, each with its numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from core.engine.findings import Mark, Plot, Series
from core.formula.words import apart, counted, digits, listed

Array = npt.NDArray[np.float64]

# Trends are judged by the medians of so many parts, of so many losses each at least.
_PARTS, _FEWEST = 40, 3
# Finite losses without which nothing more is said.
_ENOUGH = 10
# Losses to either side whose medians a spike must exceed: this share of the curve, and between so many.
_SHARE, _SIDE, _WIDEST = 0.005, 5, 40
# A spike is so many times the scatter of the losses above them, and at least so much in the units of ``_Scaled``.
_SPIKE, _HIGH = 8.0, 0.25
# A rise, in the same two measures, of medians.
_RISE, _RISEN = 5.0, 0.1
# What a trend over the last parts must exceed to be one: times its own error, and this share of all falls.
_TREND, _LEVEL = 2.5, 0.002
# The share of the slope of the last half that the last third has at least where it goes on.
_ENDED = 0.3
# The share of the squared errors of a geometric sequence that a power leaves if it suits better.
_MUCH = 0.5
# Of the largest loss, what is less than this share is as good as 0.
_NOTHING = 1e-12
# Levels, as logarithms or shares of the range, that are the same.
_SAME = 0.02
# Points drawn of each line, values in a running median, and spikes that are named.
_DRAWN, _RUNNING, _NAMED = 1000, 50, 4
# Losses that are so many times apart are drawn on a log axis.
_APART = 20.0


class Kind(StrEnum):
    """What can be found in a curve; the value is a plain title."""

    NOT_A_NUMBER = "It is not a number any more"
    DIVERGING = "It diverges"
    RISING = "It rises again"
    SPIKES = "It jumps"
    STANDS = "It hardly falls at all"
    FLOOR = "It has come to a floor"
    FALLING = "It is still falling"


@dataclass(frozen=True)
class CurveFinding:
    """One finding: the ``evidence`` in numbers, what to test ``next``, and the values it speaks of, counted from 1.

    ``symptom`` is the key of the row of ``core.lessons.symptoms.SYMPTOMS`` that says more, or empty.
    """

    kind: Kind
    evidence: str
    next: str
    symptom: str = ""
    at: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class _Scaled:
    """The finite losses of a curve in units in which changes compare, and the medians of its parts.

    They are logarithms where no loss is negative, else shares of the range of the medians. ``places`` are those in the
    whole curve, from 1; ``ends`` those of the last loss of each part. ``scatter`` is how far a loss lies off its
    neighbours, ``unrest`` how far a median does.
    """

    losses: Array
    places: npt.NDArray[np.int64]
    values: Array
    medians: Array
    ends: npt.NDArray[np.int64]
    scatter: float
    unrest: float
    logarithmic: bool

    def level(self, part: int) -> float:
        """The median of a part as a loss."""
        first, last = _cuts(len(self.losses))[part : part + 2]
        return float(np.median(self.losses[first:last]))


@np.errstate(all="ignore")
def diagnose_curve(losses: Array) -> list[CurveFinding]:
    """What ``losses`` of shape ``(n,)``, n being 10 or more, show, the most urgent first; at least one finding."""
    finite = np.isfinite(losses)
    found = list(_lost(losses, finite))
    if finite.sum() < _ENOUGH:
        return found
    scaled = _scaled(losses, finite)
    rise = list(_rising(scaled))
    found += rise
    found += _spikes(scaled)
    return found if rise or not finite[-1] else [*found, _end(scaled)]


# --- What a curve can show ---


def _lost(losses: Array, finite: npt.NDArray[np.bool_]) -> Iterator[CurveFinding]:
    if finite.all():
        return
    first = int(np.flatnonzero(~finite)[0])
    others = int((~finite).sum()) - 1
    before = losses[:first]
    told = f"Value {digits(first + 1)} is {digits(losses[first])}"
    told += (
        f", and {digits(others)} of those behind it {'are' if others > 1 else 'is'} no number either" if others else ""
    )
    if before.size:
        middle = digits(float(np.median(before)))
        told += f". The last one before it was {digits(before[-1])}, and half of all before were below {middle}"
    if before.size > 1 and before[-1] > 2 * np.median(before) > 0:
        following, symptom = "The loss had grown before, so start again at a tenth of the learning rate.", "diverging"
    else:
        following = (
            "Nothing announced it, so look for one operation without a value, such as log 0 or a division by 0: check "
            "loss and gradient for finite values in each step."
        )
        symptom = "poisoned"
    yield CurveFinding(Kind.NOT_A_NUMBER, f"{told}.", following, symptom, (first + 1,))


def _rising(scaled: _Scaled) -> Iterator[CurveFinding]:
    medians = scaled.medians
    lowest = int(medians.argmin())
    tail = medians[lowest + 1 :]
    if tail.size < 2:
        return
    rise = float(np.median(tail[-2:]) - medians[lowest])
    if rise < max(_RISE * scaled.unrest, _RISEN) or float(tail[-2:].min()) - medians[lowest] < rise / 2:
        return
    bottom, end = apart(scaled.level(lowest), scaled.level(len(medians) - 1))
    place = digits(int(scaled.ends[lowest]))
    told = f"It was lowest, about {bottom}, around value {place} and is about {end} at the end"
    at = (int(scaled.ends[lowest]),)
    if np.median(tail[-2:]) > medians[0] + _RISEN:
        told = f"{told}; it began at about {digits(scaled.level(0))}."
        following = "Start again at a tenth of the learning rate. If the loss falls, it was the rate."
        yield CurveFinding(Kind.DIVERGING, told, following, "diverging", at)
        return
    following = (
        "Go on from before the rise at a third of the learning rate. If it still rises on training data, a memory of "
        "squares may have forgotten: AMSGrad or a rate that decays tells. On new data, the model overfits."
    )
    yield CurveFinding(Kind.RISING, f"{told}.", following, "", at)


def _spikes(scaled: _Scaled) -> Iterator[CurveFinding]:
    values, count = scaled.values, len(scaled.values)
    side = min(max(_SIDE, int(_SHARE * count)), _WIDEST)
    if count < 2 * side + 2:
        return
    # The medians of as many losses before and behind each; the beginning has none before it.
    medians = _sliding(values, side)
    before, behind = medians[: -side - 1], medians[side + 1 :]
    excess = np.full(count, -np.inf)
    excess[side : count - side] = values[side : count - side] - np.maximum(before, behind)
    high = excess > max(_SPIKE * scaled.scatter, _HIGH)
    # Losses close to each other belong to one jump, which its highest stands for.
    where = np.flatnonzero(high)
    if not where.size:
        return
    jumps = np.split(where, np.flatnonzero(np.diff(where) > side) + 1)
    tops = [int(jump[np.argmax(values[jump])]) for jump in jumps]
    named = sorted(sorted(tops, key=lambda top: -values[top])[:_NAMED])
    places = [digits(int(scaled.places[top])) for top in named]
    highest = max(tops, key=lambda top: float(values[top]))
    level = float(np.median(scaled.losses[max(0, highest - side) : highest]))
    which = f"; the {digits(len(named))} highest are" if len(tops) > len(named) else ""
    told = (
        f"{counted(len(tops), 'jump')}{which} at value{'s' * (len(named) > 1)} {listed(places)}. The highest reaches "
        f"{digits(scaled.losses[highest])}, from about {digits(level)} before it."
    )
    yield CurveFinding(
        Kind.SPIKES,
        told,
        "Record the norm of the gradient before clipping, and look whether it jumps in the same steps; then clip it "
        "somewhat above its usual size.",
        "spiking",
        tuple(int(scaled.places[top]) for top in tops),
    )


def _end(scaled: _Scaled) -> CurveFinding:
    """What the end of a curve does that does not rise: falls, has come to a floor, or stands where it began."""
    count = len(scaled.medians)
    (late, falls), (half, fell) = (_trend(scaled, max(_FEWEST, count // parts)) for parts in (3, 2))
    # A fall that noise hides in the last third shows in the last half, if it has not ended before.
    if falls or (fell and late < _ENDED * half):
        return CurveFinding(Kind.FALLING, _pace(scaled), "Give it more steps before anything else is changed.")
    level = float(np.median(scaled.medians[-max(_FEWEST, count // 3) :]))
    off = np.flatnonzero(np.abs(scaled.medians - level) > max(3 * scaled.unrest, _SAME))
    since = int(scaled.ends[min(int(off[-1]), count - 2)]) + 1 if off.size else 1
    rest = scaled.losses[np.searchsorted(scaled.places, since) :]
    low, high = apart(*np.percentile(rest, (10, 90)).tolist())
    between = f"eight of ten values lie between {low} and {high}" if low != high else f"all values are about {low}"
    lower = scaled.medians[0] - level > max(3 * scaled.unrest, _SAME)
    if not lower and scaled.values[0] - level < max(_SPIKE * scaled.scatter, _HIGH):
        return CurveFinding(
            Kind.STANDS,
            f"It begins at {digits(scaled.losses[0])} and ends at about {digits(scaled.level(count - 1))}; {between}.",
            "Take a few hundred steps at ten times the learning rate, and fit a single small batch. If that works, "
            "the rate was too small; if it does not, look at the gradients layer by layer.",
            "plateau",
        )
    if scaled.logarithmic and level <= np.log(_NOTHING) + np.log(10):
        following = "If it is as good as 0, nothing is left to gain on these data; look at the loss on new ones."
    elif scaled.scatter > _SAME / 2:
        following = "Lower the learning rate to a tenth: if the loss falls at once, the noise of the batches held it."
    else:
        following = "No noise holds it there: it is a minimum, or the learning rate has run out. Try another rate."
    told = f"From value {digits(since)} on it stays at about {digits(float(np.median(rest)))}; {between}."
    return CurveFinding(Kind.FLOOR, told, following, at=(since,))


def _trend(scaled: _Scaled, parts: int) -> tuple[float, bool]:
    """The slope over the last ``parts`` per value, and whether it is certain that it falls."""
    medians, middles = scaled.medians[-parts:], _middles(scaled)[-parts:]
    slope, off = _line(middles, medians)
    error = max(off / max(parts - 2, 1), scaled.unrest**2) / float(((middles - middles.mean()) ** 2).sum())
    enough = max(_TREND * np.sqrt(error), _LEVEL * np.ptp(scaled.medians) / (middles[-1] - middles[0]))
    return slope, bool(-slope > enough)


def _pace(scaled: _Scaled) -> str:
    """How fast the second half falls: by a factor in so many values, or as a power of their number."""
    half = len(scaled.medians) // 2
    begin, end = apart(scaled.level(half), scaled.level(len(scaled.medians) - 1))
    told = f"In the second half it fell from about {begin} to {end}"
    if not scaled.logarithmic or len(scaled.medians) - half < _FEWEST:
        return f"{told}."
    middles, medians = _middles(scaled)[half:], scaled.medians[half:]
    (rate, off), (power, power_off) = _line(middles, medians), _line(np.log(middles), medians)
    # Swings suit either; a power must be much the better one.
    if power_off > _MUCH * off:
        halving = counted(float(f"{np.log(2) / -rate:.2g}"), "value")
        return f"{told}: about as a geometric sequence that halves every {halving}."
    return (
        f"{told}: about as 1/t to the power of {digits(-power, '.2g')}, so that twice as many values leave "
        f"{digits(2**power, '.0%')} of it."
    )


# --- Measures ---


def _scaled(losses: Array, finite: npt.NDArray[np.bool_]) -> _Scaled:
    kept, places = losses[finite], np.flatnonzero(finite) + 1
    cuts = _cuts(len(kept))
    medians = np.array([np.median(kept[first:last]) for first, last in pairwise(cuts)])
    logarithmic = bool((kept >= 0).all() and kept.max() > 0)
    # Differences of huge numbers are none.
    size = float(np.abs(kept).max()) or 1.0
    if logarithmic:
        values, parts = (np.log(np.maximum(one / size, _NOTHING)) for one in (kept, medians))
    else:
        unit = max(float(np.ptp(medians / size)), _NOTHING)
        values, parts = kept / size / unit, medians / size / unit
    scatter = _spread(np.diff(values)) / np.sqrt(2)
    length = float(np.median(np.diff(cuts)))
    late = np.diff(parts[len(parts) // 2 :])
    # The medians of independent losses scatter by as much; those of losses that hang together by more.
    unrest = max(1.25 * scatter / np.sqrt(length), _spread(late) / np.sqrt(2) if late.size > 3 else 0.0)
    return _Scaled(kept, places, values, parts, places[cuts[1:] - 1], scatter, unrest, logarithmic)


def _cuts(count: int) -> npt.NDArray[np.int64]:
    """Where the parts of ``count`` losses begin, and where the last one ends."""
    parts = int(np.clip(count // _FEWEST, 2, _PARTS))
    return np.linspace(0, count, parts + 1).round().astype(np.int64)


def _middles(scaled: _Scaled) -> Array:
    """The place in the middle of each part."""
    begins = np.concatenate([[0], scaled.ends[:-1]])
    return np.asarray((begins + 1 + scaled.ends) / 2, dtype=np.float64)


def _spread(values: Array) -> float:
    """The standard deviation of normal ``values``, whatever a few of them are."""
    return float(np.median(np.abs(values - np.median(values)))) / 0.6745


def _sliding(values: Array, width: int) -> Array:
    """The median of each run of ``width`` values."""
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(values, width), axis=1))


def _line(across: Array, up: Array) -> tuple[float, float]:
    """The slope of the line through points, by least squares, and the sum of the squares that it leaves."""
    x, y = across - across.mean(), up - up.mean()
    slope = float((x * y).sum() / (x**2).sum())
    return slope, float(((y - slope * x) ** 2).sum())


# --- The picture ---


@np.errstate(all="ignore")
def curve_plot(losses: Array, found: list[CurveFinding]) -> Plot:
    """``losses`` with their running median, and a mark at each value that a finding speaks of, the jumps first."""
    places = np.arange(1, len(losses) + 1, dtype=np.float64)
    finite = np.isfinite(losses)
    kept = losses[finite]
    width = max(3, len(kept) // _RUNNING) if len(kept) > 2 else 1
    smooth = _sliding(kept, width) if kept.size >= width else kept
    middle = places[finite][width // 2 : width // 2 + len(smooth)]
    drawn = _extremes(losses)
    thin = np.unique(np.linspace(0, max(len(smooth) - 1, 0), min(_DRAWN, len(smooth))).round().astype(int))
    positive = bool(kept.size and (kept > 0).all() and kept.max() > _APART * kept.min())
    series = Series("loss", places[drawn], losses[drawn]), Series("running median", middle[thin], smooth[thin])
    marks = [
        Mark("x", float(place), finding.kind.lower().removeprefix("it "))
        for finding in found
        for place in finding.at[:_NAMED]
        if finding.kind in (Kind.NOT_A_NUMBER, Kind.SPIKES, Kind.RISING, Kind.DIVERGING)
    ]
    return Plot("value", "loss", series, log_y=positive, marks=tuple(marks))


def _extremes(losses: Array) -> npt.NDArray[np.int64]:
    """The places of the lowest and the highest loss of each of so many parts as are drawn, in order."""
    if len(losses) <= 2 * _DRAWN:
        return np.arange(len(losses))
    parts = np.array_split(np.arange(len(losses)), _DRAWN)
    low, high = (np.nan_to_num(losses, nan=side, posinf=side, neginf=side) for side in (np.inf, -np.inf))
    return np.unique([part[each] for part in parts for each in (low[part].argmin(), high[part].argmax())])
