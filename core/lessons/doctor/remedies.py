"""What helps: changes of one run, each computed from that run, tried, and kept only if it does help."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from core.catalogue.hypers import Hyper
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.sensitivity import held, late
from core.engine.status import point_text
from core.engine.trace import trace
from core.formula.words import apart, digits
from core.lessons.doctor.findings import rising_again
from core.lessons.doctor.signs import Signs

Array = npt.NDArray[np.float64]

LONGEST = 5000
"""The largest number of steps that is ever advised."""

# Values that a sweep may cost, each for all its runs at once: a few hundredths of a second. Longer runs are swept over
# their beginning; what is found there is tried in full.
_SWEEP, _SHORTEST = 75_000, 60
# Learning rates per sweep, values of another hyperparameter, and how far rates reach from the run's own.
_RATES, _VALUES, _REACH = 33, 9, 1e4
# A slider that ends between this and 1 is that of a share that is kept.
_MEMORY = 0.9
# A rate below its limit is this share of it: the largest that a reader would still call just below.
_BELOW = 0.98
# How many of the best of a sweep are tried.
_OFFERS = 2
# What is left of the height after a change that helps, and by which share a fall is longer then.
_HELPS, _LONGER = 0.5, 0.1
# How far aside a start is moved, as a share of the picture's diagonal, and how far towards a minimum.
_ASIDE, _NEARER = 0.01, (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class Fix:
    """A change that helps, in a few words, and the changed run."""

    label: str
    run: Run


Remedy = Callable[[Signs], Iterator[Fix]]
"""Changes that may help a run, the best first."""


def best(signs: Signs, remedies: tuple[Remedy, ...]) -> Fix | None:
    """The first of what ``remedies`` offer that helps, and after which the run does not rise again."""
    for fix in (fix for remedy in remedies for fix in remedy(signs)):
        changed = Signs(trace(fix.run))
        if _ends_lower(changed, signs) and rising_again(changed) is None:
            return fix
    return None


def _ends_lower(changed: Signs, signs: Signs) -> bool:
    """Whether a changed run arrives at a lowest minimum, or at most half of the height at its end is left.

    One that failed ends lower wherever it ends below its start. Where no lowest value is known, the fall must be longer
    by a tenth.
    """
    if changed.path.status.failed or changed.arrived:
        return changed.arrived
    start, old, new = float(signs.path.loss[0]), signs.bottom + signs.height, changed.bottom + changed.height
    if signs.path.status.failed:
        return new < start or not np.isfinite(start)
    if signs.objective.minimum is None:
        return old - new > _LONGER * abs(start - old)
    bottom = min(changed.bottom, signs.bottom)
    return new < old and new - bottom <= _HELPS * (old - bottom)


# --- The learning rate ---


def below_limit(signs: Signs) -> Iterator[Fix]:
    """The learning rate just below the largest that the rule bears at the curvature the run meets."""
    run, lr = signs.path.run, signs.path.run.settings["lr"]
    if signs.limit is None or not signs.steepest > 0 or not signs.share:
        return
    # The schedule has a say too.
    rate = _BELOW * signs.limit / signs.steepest / float(np.abs(signs.path.rate_share).max())
    if 0 < rate < lr:
        # Three significant digits, none of them rounded up.
        unit = 10.0 ** (math.floor(math.log10(rate)) - 2)
        rate = float(f"{math.floor(rate / unit * (1 + 1e-12)) * unit:.3g}")
        yield Fix(f"Lower α to {apart(rate, lr)[0]}, just below {digits(signs.limit)}/L", _with(run, "lr", rate))


def _other_rate(signs: Signs, low: float, high: float) -> Iterator[Fix]:
    run, hyper = signs.path.run, signs.path.run.resolved_optimizer.hypers[0]
    lr = run.settings["lr"]
    ends = (max(low * lr, hyper.bounds[0], 1e-12), min(high * lr, hyper.bounds[1])) if lr else hyper.slider
    if not ends[0] < ends[1]:
        return
    rates = np.array([float(f"{rate:.2g}") for rate in np.geomspace(*ends, _RATES)]).clip(*hyper.bounds)
    levels, own = _levels(run, "lr", rates)
    for at in _lowest(held(levels), own)[:_OFFERS]:
        yield _changed(run, hyper, "α", float(rates[at]))


# The learning rate below the run's own, above it, or anywhere, at and beside which it ends lowest.
lower_rate, higher_rate, other_rate = (
    partial(_other_rate, low=low, high=high) for low, high in ((1 / _REACH, 1.0), (1.0, _REACH), (1 / _REACH, _REACH))
)


# --- Other settings of the rule and its schedule ---


def other_memory(signs: Signs) -> Iterator[Fix]:
    """The value of a hyperparameter that is the share a memory keeps with which the run ends lowest."""
    run, offers = signs.path.run, []
    others = [hyper for hyper in run.resolved_optimizer.hypers[1:] if _MEMORY < hyper.slider[1] < 1]
    for hyper in others:
        low, high = hyper.slider
        # Memories differ most close to 1.
        values = np.unique([*np.linspace(low, high, _VALUES).round(2), 0.95, 0.98, 0.99]).clip(low, high)
        levels, own = _levels(run, hyper.name, values, len(others))
        offers += [
            (levels[at], _changed(run, hyper, _called(hyper), float(values[at]))) for at in _lowest(levels, own)[:1]
        ]
    yield from (fix for _, fix in sorted(offers, key=lambda offer: offer[0])[:_OFFERS])


def zeros(signs: Signs) -> Iterator[Fix]:
    """Its declared value for each hyperparameter that is 0, and a 0 for each that may be 0 apart from the rate."""
    run = signs.path.run
    for hyper in run.resolved_optimizer.hypers:
        now = run.settings[hyper.name]
        value = hyper.default if now == 0 else 0.0
        if value != now and hyper.bounds[0] <= value and (now == 0 or hyper.name != "lr"):
            yield Fix(f"Set {_called(hyper)} to {digits(value)}", _with(run, hyper.name, value))


def falling_rate(signs: Signs) -> Iterator[Fix]:
    """A schedule along which the learning rate falls to 0."""
    if signs.path.run.schedule != "cosine":
        run = replace(signs.path.run, schedule="cosine", schedule_hypers={})
        yield Fix("Let α fall to 0 along a cosine", run)


# --- What all racers share ---


def longer(signs: Signs) -> Iterator[Fix]:
    """More steps."""
    run = signs.path.run
    for times in (2, 4, 10):
        if run.steps * times <= LONGEST:
            yield Fix(f"Give all rules {digits(run.steps * times)} steps", replace(run, steps=run.steps * times))


def start_aside(signs: Signs) -> Iterator[Fix]:
    """A start a little aside, along the direction in which the loss curves down the most where the run ends."""
    run, hessian = signs.path.run, signs.objective.parsed.hessian(signs.path.x[-1])
    if np.isfinite(hessian).all():
        way = np.linalg.eigh(hessian)[1][:, 0] * _ASIDE * float(np.linalg.norm(np.ptp(signs.objective.domain, axis=1)))
        yield from (_starting(run, np.array(run.start) + side) for side in (way, -way))


def start_nearer(signs: Signs) -> Iterator[Fix]:
    """The start moved towards a lowest minimum, ever farther."""
    begun = np.array(signs.path.run.start)
    if signs.has_lowest:
        goal = min(map(np.array, signs.lowest), key=lambda point: float(np.linalg.norm(point - begun)))
        yield from (_starting(signs.path.run, begun + share * (goal - begun)) for share in _NEARER)


def declared_start(signs: Signs) -> Iterator[Fix]:
    """The objective's own start."""
    yield _starting(signs.path.run, np.array(signs.objective.start))


def _starting(run: Run, point: Array) -> Fix:
    start = tuple(float(digit) for digit in np.round(point, 4))
    return Fix(f"Start all rules at {point_text(start)}", replace(run, start=start))


# --- Sweeps and names ---


def _levels(run: Run, name: str, values: Array, sweeps: int = 1) -> tuple[Array, float]:
    """How low ``run`` ends at each of ``values`` of the hyperparameter ``name``, and at its own; NaN where it fails.

    It takes as many of its steps as each of so many ``sweeps`` may cost.
    """
    most = max(_SHORTEST, _SWEEP // sweeps // run.program(recording=False).size)
    short = replace(run, steps=min(run.steps, most))
    many = trace_many(short, hypers={name: np.append(values, run.settings[name])}, late=late(short.steps))
    levels = np.where(many.diverged_at >= 0, np.nan, many.late_loss)
    return levels[:-1], float(levels[-1])


def _lowest(levels: Array, own: float) -> npt.NDArray[np.int64]:
    """The places of the finite ones among ``levels`` that are below ``own``, lowest first."""
    order = np.argsort(levels, kind="stable")
    return order[(np.isfinite(levels) & ~(levels >= own))[order]]


def _with(run: Run, name: str, value: float) -> Run:
    return replace(run, hypers={**dict(run.hypers), name: value})


def _changed(run: Run, hyper: Hyper, called: str, value: float) -> Fix:
    """``run`` with another ``value`` of ``hyper``, written with as many digits as tell it from the run's own."""
    now = run.settings[hyper.name]
    label = f"{'Lower' if value < now else 'Raise'} {called} to {apart(value, now)[0]}"
    return Fix(label, _with(run, hyper.name, value))


def _called(hyper: Hyper) -> str:
    return hyper.words[0].lower() + hyper.words[1:]
