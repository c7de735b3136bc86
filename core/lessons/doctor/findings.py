"""What can be found of a run: each finding with its test, a function from signs to the evidence or ``None``."""

import re
from enum import StrEnum

import numpy as np

from core.engine.arrival import arrived
from core.engine.status import AT_REST, REST_NORM, Outcome, point_text
from core.formula.words import apart, counted, digits
from core.lessons.doctor.signs import TO_AND_FRO, Signs, eigenvalues

# Growth of the loss at the end of a run that has not failed yet: over its start, and over as many steps before.
_GROWN, _GROWING = 10.0, 2.0
# Steps whose growth is told.
_TOLD = 10
# The share of the first height below which a run has been calm for a while, that above which it rose again, and how
# many times as high as it had been calm.
_CALM, _RISEN, _TIMES = 1e-4, 1e-5, 1e3
# Below these shares of the usual slope and curvature of a picture its ground is flat; below minus the second it curves
# down.
_FLAT, _DOWN = 0.05, 0.1
# So many last steps are looked at; the share of them that turn back, and that of the largest stable product, that make
# a bounce.
_WINDOW, _TURNING, _NEAR_LIMIT = 64, 0.8, 0.5
# How many times shorter steps must have become under a memory that only grows to starve a run.
_SHORTER = 3.0


class Finding(StrEnum):
    """What a run suffers from, or that it is well; the value is a plain title."""

    UNDEFINED = "Is where there is no value"
    BOTTOMLESS = "Falls without end"
    DIVERGING = "Diverges"
    STUCK = "Does not move"
    RISING_AGAIN = "Rises again after it had arrived"
    ARRIVED = "Arrived"
    SADDLE = "Held up where the slope is 0"
    HIGHER = "Ended in a higher minimum"
    NOISE_FLOOR = "As low as the noise allows"
    BOUNCING = "Bounces from wall to wall"
    CIRCLING = "Hops about the minimum"
    PLATEAU = "Lost where it is flat"
    STARVED = "Starved by a memory that only grows"
    CRAWLING = "Crawls"
    UNDERWAY = "Still on its way"


# --- Runs that failed ---


def undefined(signs: Signs) -> str | None:
    """Whether the run is, or a step led it, where there is no value."""
    return str(signs.path.status) if signs.path.status.outcome is Outcome.UNDEFINED else None


def bottomless(signs: Signs) -> str | None:
    """Whether the loss fell until it was beyond all bounds."""
    loss = signs.path.loss
    if signs.path.status.outcome is not Outcome.DIVERGED or signs.objective.minimum is not None or signs.taken < 2:
        return None
    if loss[-1] > loss.min() or loss[-1] >= loss[0]:
        return None
    fell = " to ".join(apart(loss[0], loss[-1]))
    return f"Its loss fell from {fell} in {counted(signs.taken)}, and the next step led out of all bounds."


def diverging(signs: Signs) -> str | None:
    """Whether the loss grew beyond all bounds, or is about to."""
    path, last = signs.path, signs.taken
    if path.status.outcome is not Outcome.DIVERGED:
        noisy = _GROWN**2 if path.run.noise else 1.0
        grown = signs.height > noisy * _GROWN * max(signs.heights[0], 1e-12)
        if not grown or not signs.height > _GROWING * signs.before:
            return None
    first = max(0, last - _TOLD)
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
    told = f"α is {digits(lr)} and {what} is {digits(curvature)}; their product is {product}, and the rule settles "
    return f"{told}only below {limit}."


# --- Runs that stand or went wrong ---


def stuck(signs: Signs) -> str | None:
    """Whether no step moved the point though it is on no stationary point that has a name."""
    path = signs.path
    if not signs.taken or signs.lengths.any() or signs.arrived or path.status.outcome in AT_REST[:3]:
        return None
    return (
        f"In {counted(signs.taken)} it never left {point_text(path.x[0])}. The gradient norm there is "
        f"{digits(path.grad_norm[0])}, and α was {digits(path.run.settings['lr'])}."
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
    high = calm + width + int(after.argmax())
    if heights[high] < max(_RISEN * first, _TIMES * highest[calm]):
        return None
    above = "" if signs.bottom == 0 else " above the lowest"
    return (
        f"From step {digits(calm)} to {digits(calm + width - 1)} its loss was no higher than {digits(highest[calm])}"
        f"{above}; at step {digits(high)} it was up at {digits(heights[high])}{above}."
    )


def arrived_well(signs: Signs) -> str | None:
    """Whether the run ends at a lowest minimum, or at one below which none is known."""
    path = signs.path
    if path.status.failed:
        return None
    here = f"It is at {point_text(path.x[-1])} with loss {digits(path.loss[-1])}"
    if signs.arrived:
        which = "the" if len(signs.lowest) == 1 else "a"
        away = np.flatnonzero(~signs.at_lowest(slice(None)))
        since = digits(int(away[-1]) + 1 if away.size else 0)
        moving = ""
        if signs.hopping and path.grad_norm[-1] > REST_NORM:
            moving = f" There it hops to and fro by {digits(float(np.median(signs.lengths[-signs.late :])))}."
        return f"{here}. From step {since} on that is {which} lowest minimum, to within 1 % of the picture.{moving}"
    if signs.has_lowest or signs.usual.deepest < path.loss[-1] - 1e-9 * abs(path.loss[-1]):
        return None
    bowl = signs.slow and signs.is_level and bool(signs.curvatures[0] > 0)
    if path.status.outcome in (Outcome.MINIMUM, Outcome.FLAT) or bowl:
        return f"{here}, and nothing in the picture is lower."
    return None


def saddle(signs: Signs) -> str | None:
    """Whether the run rests at a saddle or on a hilltop, or is near one and hardly gets away."""
    path = signs.path
    held = signs.slow and signs.is_level and bool(signs.curvatures[0] < -_DOWN * signs.usual.curvature)
    if path.status.outcome not in (Outcome.SADDLE, Outcome.MAXIMUM) and not held:
        return None
    curves = " and by ".join(map(digits, signs.curvatures[::-1]))
    return (
        f"At {point_text(path.x[-1])} its gradient norm is {digits(path.grad_norm[-1])}, and the loss curves by "
        f"{curves} there: down where that is negative."
    )


def higher(signs: Signs) -> str | None:
    """Whether the run ends in a minimum above the lowest one that is known."""
    path, value = signs.path, signs.objective.parsed.value
    if path.status.failed or not signs.has_lowest or signs.arrived:
        return None
    in_other = arrived(signs.known, path.x[-signs.late :].T, path.loss[-signs.late :]) >= len(signs.lowest)
    resting = path.status.outcome is Outcome.MINIMUM and not signs.at_lowest(slice(-1, None))[0]
    if not (in_other.mean() > 0.5 or resting):
        return None
    lowest = signs.known.points[0]
    here, there = apart(path.loss[-1], float(value(np.array(lowest))))
    return (
        f"It ended at {point_text(path.x[-1])}, in a minimum where the loss is {here}. There is a lower one at "
        f"{point_text(lowest)}, where it is {there}."
    )


# --- Runs that go to and fro ---


def noise_floor(signs: Signs) -> str | None:
    """Whether the noise of the gradients holds the run above the minimum."""
    path = signs.path
    if not path.run.noise or not signs.slow or not signs.hopping:
        return None
    low, high = apart(path.loss[-signs.late :].min(), path.loss[-signs.late :].max())
    return (
        f"In the last {counted(signs.late - 1)} its loss went up and down between {low} and {high}. The gradient norm "
        f"there is {digits(float(np.median(path.grad_norm[-signs.late :])))}, and the noise on each coordinate is "
        f"{digits(path.run.noise)}."
    )


def bouncing(signs: Signs) -> str | None:
    """Whether the run leaps from wall to wall at the limit of what its rule bears."""
    last, lr = signs.path.x[-_WINDOW:], signs.path.run.settings["lr"] * signs.share
    moves, curvatures = np.diff(last, axis=0), eigenvalues(signs.objective, last)
    if not signs.slow or signs.limit is None or len(moves) < 4 or not curvatures.size:
        return None
    back, stiffest = float(((moves[1:] * moves[:-1]).sum(axis=1) < 0).mean()), float(np.median(curvatures[:, -1]))
    if back < _TURNING or lr * stiffest < _NEAR_LIMIT * signs.limit:
        return None
    hop = digits(float(np.median(signs.lengths[-signs.late :])))
    told = f"Of its last steps, {hop} long each, {digits(back, '.0%')} turn back."
    return f"{told} {_product(signs, stiffest, 'the largest curvature there')}"


def circling(signs: Signs) -> str | None:
    """Whether the run hops about a place with steps that do not get shorter, or swings past it again and again."""
    half = signs.taken // 2
    if not signs.slow or not (signs.hopping or signs.turning(half) >= TO_AND_FRO):
        return None
    extent = float(np.linalg.norm(np.ptp(signs.path.x[half:], axis=0)))
    low, high = apart(signs.path.loss[half:].min(), signs.path.loss[half:].max())
    stayed = f"between {low} and {high}" if low != high else f"at {low}"
    return (
        f"In its last {counted(signs.taken - half)} it travelled {digits(float(signs.lengths[half:].sum()))} "
        f"within a stretch of {digits(extent)}, and its loss stayed {stayed}."
    )


# --- Runs that hardly move ---


def plateau(signs: Signs) -> str | None:
    """Whether the run rests or creeps where the loss is nearly level and there is no minimum."""
    path = signs.path
    # Where the loss curves down, a slope grows only on the way out.
    level = path.grad_norm[-1] <= _FLAT * signs.usual.slope and signs.curvatures[-1] <= _FLAT * signs.usual.curvature
    if path.status.outcome is not Outcome.FLAT and not (signs.slow and level):
        return None
    times = signs.usual.slope / path.grad_norm[-1]
    usual = f", and the usual one in the picture is {digits(times)} times that" if np.isfinite(times) else ""
    return (
        f"At {point_text(path.x[-1])} the gradient norm is {digits(path.grad_norm[-1])}{usual}. It moved by "
        f"{digits(signs.pace)} a step in its second half."
    )


def starved(signs: Signs) -> str | None:
    """Whether something the rule keeps only grows and takes its learning rate away."""
    if not signs.slow or signs.taken < _TOLD:
        return None
    # The very first step may be a long one, because a memory has not filled yet.
    first, last = (float(np.median(part)) for part in np.split(signs.lengths, [signs.taken // 10, -signs.late])[::2])
    rule = signs.path.run.resolved_optimizer
    grows = [
        name for name in rule.parsed.state if re.search(rf"^ *{name} = (?:{name} \+|max\({name}\b)", rule.text, re.M)
    ]
    if first < _SHORTER * last / (signs.share or 1.0) or not grows:
        return None
    kept = signs.path.terms[grows[0]].reshape(signs.taken, -1)
    least, most = (digits(float(values.max())) for values in kept[[0, -1]])
    return (
        f"What the rule keeps as {grows[0]} was {least} after the first step and is {most} at the end. Steps were "
        f"{digits(first)} long at first and are {digits(last)} long now, where the gradient norm is "
        f"{digits(signs.path.grad_norm[-1])}."
    )


def crawling(signs: Signs) -> str | None:
    """Whether the run goes the right way and far too slowly."""
    if not signs.slow or not signs.pace > 0 or signs.before < signs.height:
        return None
    told = f"{_went(signs)}, and it moved on by {digits(signs.pace)} a step."
    if signs.has_lowest:
        away = float(np.linalg.norm(np.array(signs.lowest) - signs.path.x[-1], axis=1).min())
        more = counted(float(np.ceil(away / signs.pace)))
        told += f" The nearest lowest minimum is {digits(away)} away, which takes {more} more at this pace."
    return told


def underway(signs: Signs) -> str:
    """What can be said of a run of which nothing else was found."""
    if signs.objective.minimum is not None and 0 < signs.progress <= 0.5:
        return f"{_went(signs)}: the height above the minimum shrank {digits(1 / signs.progress)} times."
    return f"{_went(signs)}, and none of the usual troubles shows."


def _went(signs: Signs) -> str:
    """How the loss changed in the second half."""
    half, loss = signs.taken // 2, signs.path.loss
    told, (before, after) = f"From step {digits(half)} to {digits(signs.taken)} its loss", apart(loss[half], loss[-1])
    if loss[half] == loss[-1]:
        return f"{told} stayed at {after}"
    return f"{told} {'fell' if loss[-1] < loss[half] else 'rose'} from {before} to {after}"
