"""What can be found of a run: each finding with its test, a function from signs to the evidence or ``None``."""

from enum import StrEnum

import numpy as np

from core.engine.arrival import arrived
from core.engine.replay import replayed
from core.engine.status import AT_REST, REST_NORM, Outcome, point_text
from core.engine.trace import Path
from core.formula.words import apart, counted, digits
from core.lessons.doctor.ground import Stationary
from core.lessons.doctor.signs import Signs

# Growth of the loss at the end of a run that has not failed yet: over its start, and over as many steps before.
_GROWN, _GROWING = 10.0, 2.0
# Steps whose growth is told.
_TOLD = 10
# The share of the first height below which a run has been calm for a while, that above which it rose again, and how
# many times as high as it had been calm.
_CALM, _RISEN, _TIMES = 1e-4, 1e-5, 1e3
# Below these shares of the usual slope and curvature of a picture its ground is flat.
_FLAT = 0.05
# A way that is so many times as long as its extent goes to and fro.
_TO_AND_FRO = 3.0
# The share of the last steps that turn back, and the share of the largest stable product, that make a bounce.
_TURNING, _NEAR_LIMIT = 0.8, 0.5
# A learning rate below this share of its peak has run out, if no more than that share of the way comes after it, and
# if at least the other share came in as many steps before.
_RUN_OUT, _MOVING = 0.05, 0.02
# Of the share of the gradient that a step was at first, no more than this is left: the run stands still.
_STILL = 0.02
# By how much a rate, or the length of a step, must have fallen under a memory that only grows to starve a run.
_STARVED, _SHORTER = 2.0, 5.0
# Steps that a trend needs.
_FEW = 10
# The share by which a memory is made larger to see what a step keeps of it; a memory of 10 000 steps loses less.
_MORE = 1e-5
# The share of the picture's diagonal within which an end belongs to a minimum.
_BESIDE = 0.05


class Finding(StrEnum):
    """What a run suffers from, or that it is well; the value is a plain title."""

    UNDEFINED_START = "Has no value where it starts"
    UNDEFINED = "Stepped to where there is no value"
    BOTTOMLESS = "Falls without end"
    DIVERGING = "Diverges"
    STUCK = "Does not move"
    RISING_AGAIN = "Rises again after it had arrived"
    ARRIVED = "Arrived"
    HILLTOP = "Stands on a hilltop"
    SADDLE = "Held up at a saddle"
    HIGHER = "Ended in a higher minimum"
    INFLECTION = "Held up where it is flat and no minimum"
    NOISE_FLOOR = "As low as the noise allows"
    EXHAUSTED = "The learning rate ran out"
    BOUNCING = "Bounces along the stiffest direction"
    CIRCLING = "Hops about the minimum"
    SWINGING = "Swings past the minimum again and again"
    BESIDE = "Rests beside the minimum"
    PLATEAU = "Lost on a plateau"
    STARVED = "Starved by a memory that only grows"
    CRAWLING = "Crawls"
    UNDERWAY = "Still on its way"


# --- Runs that failed ---


def undefined_start(signs: Signs) -> str | None:
    """Whether there was no value at the start."""
    status = signs.path.status
    return str(status) if status.outcome is Outcome.UNDEFINED and status.step == 0 else None


def undefined(signs: Signs) -> str | None:
    """Whether a step led to where there is no value."""
    return str(signs.path.status) if signs.path.status.outcome is Outcome.UNDEFINED else None


def bottomless(signs: Signs) -> str | None:
    """Whether the loss fell until it was beyond all bounds."""
    loss = signs.path.loss
    if signs.path.status.outcome is not Outcome.DIVERGED or signs.objective.minimum is not None or signs.taken < 2:
        return None
    if loss[-1] > loss.min() or loss[-1] >= loss[0]:
        return None
    return (
        f"Its loss fell from {' to '.join(apart(loss[0], loss[-1]))} in {counted(signs.taken)}, and the next step led "
        "out of all bounds."
    )


def diverging(signs: Signs) -> str | None:
    """Whether the loss grew beyond all bounds, or is about to."""
    path = signs.path
    if path.status.outcome is not Outcome.DIVERGED:
        noisy = _GROWN**2 if path.run.noise else 1.0
        grown = signs.height > noisy * _GROWN * max(signs.heights[0], 1e-12)
        if not grown or not signs.height > _GROWING * signs.before:
            return None
    first = max(0, signs.taken - _TOLD)
    last = signs.taken
    told = f"The loss was {digits(path.loss[0])} at the start"
    if last:
        told += f" and {digits(path.loss[last])} at step {digits(last)}"
    growth = signs.heights[last] / signs.heights[first] if signs.heights[first] > 0 else np.inf
    if last - first > 1 and np.isfinite(growth):
        factor = digits(growth ** (1 / (last - first)))
        told += f"; over the last {counted(last - first)} it grew by a factor of {factor} a step"
    return f"{told}. {_product(signs, signs.steepest, 'the largest curvature it meets')}".rstrip()


def _product(signs: Signs, curvature: float, what: str) -> str:
    """Where the learning rate stands beside what the rule bears at a ``curvature``; empty where nothing is known."""
    if signs.limit is None or not curvature > 0:
        return ""
    lr = signs.path.run.settings["lr"] * signs.share
    product, limit = apart(lr * curvature, signs.limit)
    return (
        f"α is {digits(lr)} and {what} is {digits(curvature)}; their product is {product}, and the rule settles "
        f"only below {limit}."
    )


# --- Runs that stand or went wrong ---


def stuck(signs: Signs) -> str | None:
    """Whether no step moved the point though it is on no stationary point that has a name."""
    path = signs.path
    if not signs.taken or signs.lengths.any() or signs.arrived or path.status.outcome in AT_REST[:3]:
        return None
    slope = path.grad_norm[0]
    if slope <= REST_NORM:
        return f"In {counted(signs.taken)} it never left {point_text(path.x[0])}, where the slope is {digits(slope)}."
    return (
        f"In {counted(signs.taken)} it never left {point_text(path.x[0])}, though the gradient norm there is "
        f"{digits(slope)}; α was {digits(path.run.settings['lr'])}."
    )


def rising_again(signs: Signs) -> str | None:
    """Whether the loss, after a long calm, rose again to where it can be seen."""
    heights, first = signs.heights, signs.heights[0]
    width = max(10, signs.taken // 50)
    if signs.path.run.noise or signs.taken < 5 * width or not first > 0:
        return None
    highest = np.lib.stride_tricks.sliding_window_view(heights, width).max(axis=1)
    calm = int(highest.argmin())
    after = heights[calm + width :]
    if not after.size or highest[calm] > _CALM * first:
        return None
    peak = int(after.argmax())
    if after[peak] < max(_RISEN * first, _TIMES * highest[calm]):
        return None
    high = calm + width + peak
    # The calm before the rise: the last stretch in which it was a thousandth as high.
    small = heights[:high] <= after[peak] / _TIMES
    last = int(np.flatnonzero(small)[-1])
    begun = np.flatnonzero(~small[:last])
    length = last - (int(begun[-1]) if begun.size else -1)
    above = "" if signs.bottom == 0 else " above the lowest"
    return (
        f"At step {digits(last)} its loss was {digits(heights[last])}{above} and had been no higher than "
        f"{digits(after[peak] / _TIMES)} for {counted(length)}; at step {digits(high)} it was up at "
        f"{digits(heights[high])}{above}."
    )


def arrived_well(signs: Signs) -> str | None:
    """Whether the run ends at a lowest minimum, or at one below which none is known."""
    path = signs.path
    if path.status.failed:
        return None
    here = f"It is at {point_text(path.x[-1])} with loss {digits(path.loss[-1])}"
    if signs.arrived:
        which = "the" if signs.lowest == 1 else "a"
        since = f". From step {digits(signs.since)} on that is {which} lowest minimum, to within 1 % of the picture"
        hop = float(np.median(signs.lengths[-signs.late :])) if signs.taken else 0.0
        hopping = signs.trendless and signs.turning >= _TO_AND_FRO and path.grad_norm[-1] > REST_NORM
        moving = f" There it hops to and fro by {digits(hop)}." if hopping else ""
        return f"{here}{since}.{moving}"
    if signs.has_lowest or signs.deepest < path.loss[-1] - 1e-9 * abs(path.loss[-1]):
        return None
    at_minimum = path.status.outcome is Outcome.MINIMUM or (
        signs.slow and (near := _nearby(signs)) is not None and near.kind is Outcome.MINIMUM
    )
    level = path.status.outcome is Outcome.FLAT
    if not at_minimum and not level:
        return None
    return f"{here}, and nothing in the picture is lower."


def _nearby(signs: Signs) -> Stationary | None:
    """The stationary point that the end is beside, if it is near."""
    near = signs.stationary_point
    if near is None:
        return None
    away = np.sqrt(((np.median(signs.path.x[-signs.late :], axis=0) - near.x) ** 2).sum())
    return near if away <= _BESIDE * signs.diagonal else None


def _spot(signs: Signs, near: Stationary) -> str:
    """Where ``near`` is, as exactly as a picture shows it."""
    unit = 10.0 ** (np.floor(np.log10(signs.diagonal)) - 4)
    return point_text(np.round(near.x / unit) * unit + 0.0)


def _is_lowest(signs: Signs, near: Stationary) -> bool:
    if not signs.has_lowest:
        return False
    nearest = arrived(signs.known, near.x[:, None], signs.objective.parsed.value(near.x)[None])[0]
    return bool(0 <= nearest < signs.lowest)


def hilltop(signs: Signs) -> str | None:
    """Whether the run rests on a maximum."""
    status = signs.path.status
    return str(status) if status.outcome is Outcome.MAXIMUM else None


def saddle(signs: Signs) -> str | None:
    """Whether the run rests at a saddle or is near one and hardly gets away."""
    path, near = signs.path, _nearby(signs)
    resting = path.status.outcome is Outcome.SADDLE
    held = signs.slow and near is not None and near.kind is Outcome.SADDLE and path.grad_norm[-1] < 0.1 * signs.slope
    if near is None or not (resting or held):
        return None
    down, up = near.curvatures[0], near.curvatures[-1]
    return (
        f"It is beside {_spot(signs, near)}, where the slope is 0 and the loss curves by {digits(up)} in one "
        f"direction and by {digits(down)} in another; its own gradient norm is {digits(path.grad_norm[-1])}."
    )


def higher(signs: Signs) -> str | None:
    """Whether the run ends in a minimum above the lowest one that is known."""
    path = signs.path
    if path.status.failed or not signs.has_lowest or signs.arrived:
        return None
    in_other = (signs.at >= signs.lowest).mean() > 0.5
    near = _nearby(signs)
    beside_other = signs.slow and near is not None and near.kind is Outcome.MINIMUM and not _is_lowest(signs, near)
    resting = path.status.outcome is Outcome.MINIMUM and not signs.at_lowest(slice(-1, None))[0]
    if not (in_other or beside_other or resting):
        return None
    lowest = signs.known.points[0]
    here, there = apart(path.loss[-1], float(signs.objective.parsed.value(np.array(lowest))))
    return (
        f"It ended at {point_text(path.x[-1])}, in a minimum where the loss is {here}. There is a lower one at "
        f"{point_text(lowest)}, where it is {there}."
    )


def inflection(signs: Signs) -> str | None:
    """Whether the run rests or creeps where the slope vanishes and there is no minimum."""
    path, near = signs.path, _nearby(signs)
    if path.status.outcome is Outcome.FLAT and near is None:
        return (
            f"At {point_text(path.x[-1])} the gradient norm is {digits(path.grad_norm[-1])}, and the loss is "
            f"{digits(path.loss[-1])}, which is not the lowest."
        )
    if near is None or near.kind is not Outcome.FLAT or _is_lowest(signs, near):
        return None
    if path.status.outcome is not Outcome.FLAT and not (signs.slow and path.grad_norm[-1] < 0.1 * signs.slope):
        return None
    half = signs.taken // 2
    return (
        f"At {_spot(signs, near)} slope and curvature both vanish, and there is no minimum. Its gradient norm was "
        f"{digits(path.grad_norm[half])} at step {digits(half)} and is {digits(path.grad_norm[-1])} at the end."
    )


# --- Runs that go to and fro ---


def noise_floor(signs: Signs) -> str | None:
    """Whether the noise of the gradients holds the run above the minimum."""
    path = signs.path
    if not path.run.noise or not signs.slow or not signs.trendless or signs.turning < _TO_AND_FRO:
        return None
    late = path.loss[-signs.late :]
    low, high = apart(late.min(), late.max())
    return (
        f"In the last {counted(signs.late - 1)} its loss went up and down between {low} and {high}. The gradient norm "
        f"there is {digits(float(np.median(path.grad_norm[-signs.late :])))}, and the noise on each coordinate is "
        f"{digits(path.run.noise)}."
    )


def exhausted(signs: Signs) -> str | None:
    """Whether the schedule had taken the learning rate away before the run was there."""
    if not signs.slow or not signs.taken or signs.path.grad_norm[-1] <= REST_NORM:
        return None
    large = np.flatnonzero(np.abs(signs.shares) > _RUN_OUT)
    first = int(large[-1]) + 1 if large.size else 0
    left = signs.taken - first
    after = float(signs.lengths[first:].sum())
    # It must have been moving until then.
    if float(signs.lengths[first // 2 : first].sum()) < _MOVING * signs.lengths.sum():
        return None
    if first == 0 or left < max(3, signs.taken // 50) or after > _RUN_OUT * signs.lengths.sum():
        return None
    lr = signs.path.run.settings["lr"] * signs.path.rate_share[-1]
    return (
        f"From step {digits(first + 1)} on the schedule kept α below {digits(_RUN_OUT, '.0%')} of its peak, down to "
        f"{digits(lr)}. In the {counted(left)} left the point moved by {digits(after)}, though the gradient norm "
        f"there is still {digits(signs.path.grad_norm[-1])}."
    )


def bouncing(signs: Signs) -> str | None:
    """Whether the run leaps from wall to wall at the limit of what its rule bears."""
    if not signs.slow or signs.limit is None or signs.bounces < _TURNING:
        return None
    lr = signs.path.run.settings["lr"] * signs.share
    if not lr * signs.stiffness >= _NEAR_LIMIT * signs.limit:
        return None
    hop = float(np.median(signs.lengths[-signs.late :]))
    return (
        f"Of its last steps, {digits(hop)} long each, {digits(signs.bounces, '.0%')} turn back along the direction of "
        f"the largest curvature. {_product(signs, signs.stiffness, 'that curvature')}"
    )


def circling(signs: Signs) -> str | None:
    """Whether the run hops about a place with steps that do not get shorter."""
    if signs.path.run.noise or not signs.slow or not signs.trendless or signs.turning < _TO_AND_FRO:
        return None
    return _to_and_fro(signs)


def swinging(signs: Signs) -> str | None:
    """Whether the run swings past a place and calms down slowly."""
    return _to_and_fro(signs) if signs.slow and signs.swings >= _TO_AND_FRO else None


def _to_and_fro(signs: Signs) -> str:
    half = signs.taken // 2
    x, loss = signs.path.x[half:], signs.path.loss[half:]
    extent = float(np.sqrt((np.ptp(x, axis=0) ** 2).sum()))
    low, high = apart(loss.min(), loss.max())
    stayed = f"between {low} and {high}" if low != high else f"at {low}"
    return (
        f"In its last {counted(signs.taken - half)} it travelled {digits(float(signs.lengths[half:].sum()))} "
        f"within a stretch of {digits(extent)}, and its loss stayed {stayed}."
    )


# --- Runs that hardly move ---


def beside(signs: Signs) -> str | None:
    """Whether the run stands still where the slope is not 0."""
    path, (early, late) = signs.path, signs.effective
    if not signs.slow or path.grad_norm[-1] <= 1e-3 * signs.slope:
        return None
    way = float(signs.lengths[signs.taken // 2 :].sum())
    if not (abs(late) <= _STILL * early or way <= _STILL / 2 * signs.lengths.sum()):
        return None
    return (
        f"It stands at {point_text(path.x[-1])}, where the gradient norm is {digits(path.grad_norm[-1])}. Of the "
        f"{digits(float(signs.lengths.sum()))} that it travelled, {digits(way)} came in the second half of its steps."
    )


def plateau(signs: Signs) -> str | None:
    """Whether the run is where the loss is nearly level, far from any stationary point."""
    path = signs.path
    if not signs.slow or not signs.curvatures.size or path.grad_norm[-1] > _FLAT * signs.slope:
        return None
    # Where the loss curves down, a slope grows only on the way out.
    if float(signs.curvatures[-1].max()) > _FLAT * signs.usual_curvature:
        return None
    times = signs.slope / path.grad_norm[-1]
    return (
        f"At {point_text(path.x[-1])} the gradient norm is {digits(path.grad_norm[-1])}, and the usual one in the "
        f"picture is {digits(times)} times that. It moved by {digits(signs.pace)} a step in its second half."
    )


def starved(signs: Signs) -> str | None:
    """Whether something the rule keeps only grows and takes its learning rate away."""
    if not signs.slow or signs.taken < _FEW:
        return None
    early, late = signs.effective
    first, last = float(signs.lengths[0]), float(np.median(signs.lengths[-signs.late :])) / (signs.share or 1.0)
    if not (early >= _STARVED * abs(late) or first >= _SHORTER * last):
        return None
    grown = _grown(signs)
    if grown is None:
        return None
    name, least, most = grown
    return (
        f"What the rule keeps as {name} never shrank: it was {digits(least)} after the first step and is "
        f"{digits(most)} at the end. A step was {digits(first)} long at first and is {digits(last)} long now, where "
        f"the gradient norm is {digits(signs.path.grad_norm[-1])}."
    )


def _grown(signs: Signs) -> tuple[str, float, float] | None:
    """The name of a memory that never shrank, with its largest number after the first step and at the end."""
    for name in signs.path.run.resolved_optimizer.parsed.state:
        values = signs.path.terms.get(name)
        if values is None or not np.isfinite(values).all():
            continue
        columns = values.reshape(len(values), -1)
        most = int(columns[-1].argmax())
        grown = not (np.diff(columns, axis=0) < 0).any() and columns[-1, most] > columns[0, most]
        if grown and _forgets_nothing(signs.path, name, most):
            return name, float(columns[0, most]), float(columns[-1, most])
    return None


def _forgets_nothing(path: Path, name: str, coordinate: int) -> bool:
    """Whether the last step kept all of the number ``name``: had it been larger, it would be so by as much."""
    step = len(path.x) - 1
    more = path.terms[name].copy()
    more[step - 2] *= 1 + _MORE
    before, after = (np.ravel(terms[step - 2])[coordinate] for terms in (path.terms[name], more))
    kept = []
    for terms in (path.terms, {**path.terms, name: more}):
        graph, done = replayed(path.run, path.x, terms, step)
        kept.append(np.float64(graph.number(done.names[name][coordinate])))
    return bool(abs((kept[1] - kept[0]) / (after - before) - 1) < _MORE)


def crawling(signs: Signs) -> str | None:
    """Whether the run goes the right way and far too slowly."""
    path = signs.path
    if not signs.slow or not signs.pace > 0 or signs.before < signs.height:
        return None
    half = signs.taken // 2
    told = (
        f"From step {digits(half)} to {digits(signs.taken)} its loss {_went(path.loss[half], path.loss[-1])}, and it "
        f"moved on by {digits(signs.pace)} a step."
    )
    if np.isfinite(signs.away):
        told += (
            f" The nearest lowest minimum is {digits(signs.away)} away, which takes "
            f"{counted(float(np.ceil(signs.away / signs.pace)))} more at this pace."
        )
    return told


def underway(signs: Signs) -> str:
    """What can be said of a run of which nothing else was found."""
    path, half = signs.path, signs.taken // 2
    told = f"From step {digits(half)} to {digits(signs.taken)} its loss {_went(path.loss[half], path.loss[-1])}"
    if signs.objective.minimum is not None and 0 < signs.progress <= 0.5:
        return f"{told}: the height above the minimum shrank {digits(1 / signs.progress)} times."
    return f"{told}, and none of the usual troubles shows."


def _went(before: float, after: float) -> str:
    """How a loss changed from ``before`` to ``after``."""
    if before == after:
        return f"stayed at {digits(after)}"
    return f"{'fell' if after < before else 'rose'} from {' to '.join(apart(before, after))}"
