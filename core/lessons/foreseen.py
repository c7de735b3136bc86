"""What predictions are about: of what is shown, the right answer to a question with its reason, or ``None``."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from core.catalogue.objectives import Objective
from core.engine.arrival import arrived, known_minima
from core.engine.run import Run
from core.engine.trace import Path, trace
from core.engine.tracks import Track
from core.evidence.experiments.measure import first
from core.evidence.experiments.saddles import ESCAPED
from core.formula.words import apart, counted, digits, listed
from core.lessons.flat_walk import sharpness
from core.lessons.playground import long_run
from core.lessons.prediction import Seen, Shown, place_text
from core.problems.batches.descent import line, updates_per_epoch
from core.problems.batches.race import Variant
from core.problems.batches.theory import noise_floor
from core.problems.example import Convention, Example
from core.problems.theory import curvature, stable_limit

Array = npt.NDArray[np.float64]
See = Callable[[Shown], Seen | None]

FATES = ARRIVES, STOPS, MOVES, AWAY = (
    "It arrives at a minimum",
    "It stops on the way",
    "It is still moving",
    "It runs away",
)
SETTLING = SETTLES, _ = "It settles", AWAY
BOTH, NEITHER = "Both", "Neither"
WAYS = LEFT, RIGHT, NOWHERE = "To the left", "To the right", "Nowhere"
CHANGES = GROWS, SHRINKS, STAYS = "It grows", "It shrinks", "It stays"
LENGTHS = SHORTER, ALIKE, LONGER = "Shorter", "About as long", "Longer"
SIDES = ONE_SIDE, HOPS, NOT_AT_ALL = "From one side", "Hopping from side to side", "Not at all"
NEARNESS = NEARER, AS_NEAR, FARTHER = "Nearer", "Just as near", "Farther away"
HEIGHTS = HALF, AS_HIGH, TWICE, FAR_MORE = "Half as high", "As high", "Twice as high", "Far more than twice"
TENFOLD = _, SOMEWHAT, TEN_TIMES = ALIKE, "Somewhat longer", "About ten times as long"
RISING = ALWAYS_FALLS, RISES = "At every step", "It rises now and then"
WALK = CAME_DOWN, ON_THE_WAY, FLATTEST = "Where it came down", "On the way to the flattest", "At the flattest"
EDGE = SAME_PLACE, FLATTER, _ = "Where the other does", "Where the valley is flatter", AWAY
LOOKED = 100
"""Updates in which rises of the loss are counted."""

# A run stands still that has covered less than this share of the picture in its last quarter.
_STILL = 0.02
# Choices that fit in a line or two.
_MOST = 5
# What is nearer to a minimum than this share of the first distance is rounding.
_ROUNDING = 1e-9
# A formula has room for a factor before it up to so many characters.
_ROOM = 280


def _lengths(track: Track) -> Array:
    """How long each step was, of shape ``(steps taken,)``."""
    return np.asarray(np.linalg.norm(np.diff(track.x, axis=0), axis=1))


def _away(objective: Objective, track: Track) -> Array | None:
    """How far each point is from the known minimum that is nearest to the last one, of shape ``(steps taken + 1,)``."""
    points = known_minima(objective).points
    if not points:
        return None
    minima = np.array(points)
    nearest = minima[np.linalg.norm(minima - track.x[-1], axis=1).argmin()]
    return np.asarray(np.linalg.norm(track.x - nearest, axis=1))


def _lost(track: Track) -> str:
    return f"is lost at step {digits(track.status.step)}"


def _ends_of(tracks: Iterable[tuple[str, Track]]) -> str:
    """How each of ``tracks``, with its name, ended."""
    ends = [
        f"{name} {_lost(track) if track.status.failed else f'ends with a loss of {digits(track.loss[-1])}'}"
        for name, track in tracks
    ]
    return f"{listed(ends)}."


# --- Its fate ---


def fate(key: str = "") -> See:
    """Which of ``FATES`` becomes of the racer ``key``."""

    def see(shown: Shown) -> Seen | None:
        _, track = shown.lead(key)
        sizes, steps = _lengths(track), len(track.x) - 1
        if track.status.failed:
            grew = f" Its first step was {digits(sizes[0])} long, its last {digits(sizes[-1])}." if steps > 1 else ""
            return AWAY, f"{track.status}{grew}"
        known, left = known_minima(shown.objective), _away(shown.objective, track)
        # Of fewer steps one cannot tell.
        if left is None or steps < 4:
            return None
        last, slope, far = digits(sizes[-1]), digits(track.grad_norm[-1]), digits(left[-1])
        if arrived(known, track.x[-1:].T, track.loss[-1:])[0] >= 0:
            return ARRIVES, (
                f"After {counted(steps)} it is {far} away from the minimum. Its first step was {digits(sizes[0])} "
                f"long, its last {last}."
            )
        end, widths = place_text(track.x[-1]), np.array([high - low for low, high in shown.objective.domain])
        if (np.ptp(track.x[-max(2, len(track.x) // 4) :], axis=0) / widths).max() < _STILL:
            return STOPS, (
                f"It stops at {end}, because the slope there is only {slope} and its last step was {last} long; the "
                f"nearest minimum is still {far} away."
            )
        return MOVES, (
            f"After {counted(steps)} it is at {end}, {far} away from the nearest minimum. The slope there is {slope}, "
            f"and its last step was {last} long."
        )

    return see


def _settles(objective: Objective, track: Track) -> tuple[str, str] | None:
    """Whether ``track`` ends nearer to a minimum than it began, and that in numbers, the end of a sentence."""
    if track.status.failed:
        return AWAY, _lost(track)
    left = _away(objective, track)
    if left is None or not left[0]:
        return None
    return SETTLES if left[-1] < left[0] else AWAY, f"goes from a distance of {' to '.join(apart(left[0], left[-1]))}"


# --- The way it goes ---


def first_way(shown: Shown) -> Seen | None:
    """Where the first step of a run in one variable goes."""
    _, track = shown.lead()
    if shown.objective.dimension != 1 or len(track.x) < 2:
        return None
    slope, moved = float(track.grad[0, 0]), float(track.x[1, 0] - track.x[0, 0])
    way = RIGHT if moved > 0 else LEFT if moved < 0 else NOWHERE
    uphill = f": uphill is to the {'right' if slope > 0 else 'left'}" if slope else ""
    goes = f"{digits(abs(moved))} {way.lower()}" if moved else "nowhere"
    return way, f"At {place_text(track.x[0])} the slope is {digits(slope)}{uphill}. The step goes against it, {goes}."


def last_length(shown: Shown) -> Seen | None:
    """How long the last step is beside the first."""
    _, track = shown.lead()
    sizes = _lengths(track)
    if len(sizes) < 3 or not sizes[0]:
        return None
    ratio = sizes[-1] / sizes[0]
    return SHORTER if ratio < 0.8 else LONGER if ratio > 1.25 else ALIKE, (
        f"Step 1 begins where the slope is {digits(track.grad_norm[0])} and is {digits(sizes[0])} long, step "
        f"{len(sizes)} begins where it is {digits(track.grad_norm[-2])} and is {digits(sizes[-1])} long."
    )


def place(key: str = "", steps: int | None = None) -> See:
    """Where the racer ``key`` is after so many steps, or at its end."""

    def see(shown: Shown) -> Seen | None:
        name, track = shown.lead(key)
        at = len(track.x) - 1 if steps is None else steps
        if (steps is None and track.status.failed) or not 0 < at < len(track.x):
            return None
        point, sizes = tuple(map(float, track.x[at])), _lengths(track)
        if not all(low <= number <= high for number, (low, high) in zip(point, shown.objective.domain, strict=True)):
            return None
        went = (
            f"{name[:1].upper()}{name[1:]} goes from {place_text(track.x[0])} to {place_text(point)} in {counted(at)}"
        )
        return point, (f"{went}; the first of them is {digits(sizes[0])} long, the last {digits(sizes[at - 1])}.")

    return see


def way_down(share: float) -> See:
    """After how many steps ``share`` of the loss above the minimum is left."""

    def see(shown: Shown) -> Seen | None:
        least = shown.objective.minimum
        above = shown.lead()[1].loss - (least or 0.0)
        step = first(above <= share * above[0]) if above[0] > 0 else 0.0
        if least is None or not 0 < step < np.inf:
            return None
        left = [f"{digits(100 * above[at] / above[0])} % after step {at}" for at in sorted({1, int(step)})]
        return float(step), (
            f"At the start the loss is {digits(above[0])} above the minimum; of that {listed(left)} are left. A step "
            "takes a share of what is left."
        )

    return see


def angle(shown: Shown) -> Seen | None:
    """By how many degrees the first step misses the way to the end."""
    _, track = shown.lead()
    if track.status.failed or shown.objective.dimension != 2 or len(track.x) < 3:
        return None
    step, way = track.x[1] - track.x[0], track.x[-1] - track.x[0]
    size = np.linalg.norm(step) * np.linalg.norm(way)
    if not size:
        return None
    begun, then, end = (place_text(track.x[at]) for at in (0, 1, -1))
    return float(round(np.degrees(np.arccos(np.clip(step @ way / size, -1, 1))))), (
        f"From {begun} the first step leads to {then}, and the run ends at {end}. The step is at right angles to the "
        "contour line, which says nothing of what lies farther on."
    )


def never_rises(key: str) -> See:
    """Whether the loss of the racer ``key`` falls at every step."""

    def see(shown: Shown) -> Seen | None:
        name, track = shown.lead(key)
        changes = np.diff(track.loss)
        if len(changes) < 2:
            return None
        count, (start, end) = int((changes > 0).sum()), apart(*map(float, track.loss[[0, -1]]))
        most = f", at step {changes.argmax() + 1} by {digits(changes.max())}" if count else ""
        return RISES if count else ALWAYS_FALLS, (
            f"The loss of {name} rises in {count} of {counted(len(changes))}{most}, and goes from {start} to {end}."
        )

    return see


# --- A line through points ---


def weight_change(shown: Shown) -> Seen | None:
    """What the first step does to the first coordinate, the slope w."""
    _, track = shown.lead()
    if len(track.x) < 2:
        return None
    before, after = map(float, track.x[:2, 0])
    return GROWS if after > before else SHRINKS if after < before else STAYS, (
        f"Along w the loss has the slope {digits(track.grad[0, 0])}. The step goes against it, so w goes from "
        f"{' to '.join(apart(before, after))}."
    )


def rate_settles(shown: Shown) -> Seen | None:
    """Whether the learning rate that is set settles in this bowl."""
    settled = _settles(shown.objective, shown.lead()[1])
    if settled is None or shown.run is None:
        return None
    limit = stable_limit("sgd", curvature(shown.objective.parsed, shown.objective.minima[0]).largest)
    rate, most = apart(shown.run.settings["lr"], limit)
    return settled[0], f"The limit 2/L of this bowl is {most}, and the rate is {rate}. The run {settled[1]}."


def nearest_weight(shown: Shown) -> Seen | None:
    """Which of w and b ends nearer to its best value."""
    _, track = shown.lead()
    if track.status.failed:
        return None
    best = shown.objective.minima[0]
    off = dict(zip(shown.objective.called, np.abs(track.x[-1] - np.array(best)).tolist(), strict=True))
    ends = [
        f"{name} is {digits(one)} away from {digits(at)}" for (name, one), at in zip(off.items(), best, strict=True)
    ]
    return _ranked(
        off,
        f"After {counted(len(track.x) - 1)} {listed(ends)}. The bowl is steep one way and flat the other, and both "
        "share one rate.",
    )


def sum_settles(shown: Shown) -> Seen | None:
    """Whether the same rate settles on the sum of the squares."""
    example = shown.data
    if not isinstance(example, Example) or example.convention is not Convention.MEAN:
        return None
    summed = replace(example, convention=Convention.SUM)
    settled = _settles(shown.objective, summed.path(shown.race[0][1].steps))
    if settled is None:
        return None
    rate, limit = apart(example.lr, summed.limit)
    return settled[0], (
        f"The sum is {len(example.data)} times as steep as the mean, so its limit 2/L is {limit}; the rate is {rate}. "
        f"The run on the sum {settled[1]}."
    )


# --- Learning rates ---


def _at_rate(run: Run, factor: float) -> Path | None:
    """``run`` at so many times its learning rate; ``None`` if that is 0, or more than the rule takes."""
    rate, most = factor * run.settings["lr"], run.resolved_optimizer.hypers[0].bounds[1]
    return trace(replace(run, hypers={**run.settings, "lr": rate})) if 0 < rate <= most else None


def approach(shown: Shown) -> Seen | None:
    """From which side the first run comes to the minimum, along the steepest direction there."""
    _, track = shown.lead()
    settled, run = _settles(shown.objective, track), shown.run
    if settled is None or run is None or not shown.objective.minima or len(track.x) < 4:
        return None
    minimum = shown.objective.minima[0]
    bowl = curvature(shown.objective.parsed, minimum)
    along = (track.x - np.array(minimum)) @ bowl.vectors[:, -1]
    felt = along[np.abs(along) > _ROUNDING * np.abs(along[0])]
    steps, changes = len(felt) - 1, int((np.diff(np.sign(felt)) != 0).sum())
    if steps < 1 or 1 < changes <= steps / 2:
        return None
    return NOT_AT_ALL if settled[0] == AWAY else HOPS if changes > 1 else ONE_SIDE, (
        f"Along the steepest direction, of curvature {digits(bowl.largest)}, it changes sides in {changes} of "
        f"{counted(steps)}: α times that curvature is {digits(run.settings['lr'] * bowl.largest)}. It {settled[1]}."
    )


def other_rate(factor: float) -> See:
    """Whether so many times the learning rate settles."""

    def see(shown: Shown) -> Seen | None:
        seen = _beside(shown, factor)
        return None if seen is None else (seen[1][0], seen[2])

    return see


def half_rate(shown: Shown) -> Seen | None:
    """How near to the minimum half the learning rate comes in the same steps."""
    seen = _beside(shown, 0.5)
    if seen is None:
        return None
    path, (became, _), words = seen
    own, left = _away(shown.objective, shown.lead()[1]), _away(shown.objective, path)
    if own is None or left is None or became == AWAY:
        return None
    if not shown.lead()[1].status.failed and max(own[-1], left[-1]) < _ROUNDING * own[0]:
        return AS_NEAR, words
    return NEARER if shown.lead()[1].status.failed or left[-1] < own[-1] else FARTHER, words


def _beside(shown: Shown, factor: float) -> tuple[Path, tuple[str, str], str] | None:
    """The first run at so many times its learning rate, whether that settles, and both runs in a sentence."""
    own, run = _settles(shown.objective, shown.lead()[1]), shown.run
    path = None if run is None else _at_rate(run, factor)
    if own is None or run is None or path is None:
        return None
    settled = _settles(shown.objective, path)
    if settled is None:
        return None
    rate, other = apart(run.settings["lr"], path.run.settings["lr"])
    words = f"At {rate} the run {own[1]}; at {other} it {settled[1]}, both in at most {counted(run.steps)}."
    return path, settled, words


def hundredth(shown: Shown) -> Seen | None:
    """The step from which on at most a hundredth of the distance is left."""
    left = _away(shown.objective, shown.lead()[1])
    if left is None or not left[0] or left[-1] > 0.01 * left[0]:
        return None
    step = int(np.flatnonzero(left > 0.01 * left[0])[-1]) + 1
    start, end = apart(left[0], left[step])
    return float(step), (
        f"The distance goes from {start} to {end} in {counted(step)}: on average a step leaves "
        f"{digits(100 * (left[step] / left[0]) ** (1 / step))} % of it."
    )


def places(shown: Shown) -> Seen | None:
    """Round how many places gradient descent in one variable goes in the long run."""
    run = shown.run
    if run is None or run.optimizer != "sgd" or shown.objective.dimension != 1 or not shown.objective.minima:
        return None
    outcome = long_run(run)
    if not outcome.period:
        return None
    rate, limit = apart(run.settings["lr"], outcome.limit)
    low, high = digits(outcome.points.min()), digits(outcome.points.max())
    where = (
        f"rests at x = {low}" if outcome.period == 1 else f"goes round {outcome.period} places, from {low} to {high}"
    )
    return float(outcome.period), f"The limit at the minimum is {limit} and the rate {rate}; the point {where}."


# --- Who is ahead ---


def _ranked(scores: Mapping[str, float], words: str, largest: bool = False) -> Seen | None:
    """The name with the smallest of ``scores``, or the largest; ``None`` if two share it or there is no choice.

    What is not finite comes last.
    """
    sign = -1.0 if largest else 1.0
    order = sorted(scores, key=lambda name: sign * scores[name] if np.isfinite(scores[name]) else np.inf)
    if not 2 <= len(order) <= _MOST or not np.isfinite(scores[order[0]]):
        return None
    return (order[0], words) if digits(scores[order[0]]) != digits(scores[order[1]]) else None


def _scored(what: str, scores: Mapping[str, float], lost: str = "lost") -> str:
    """``scores`` by name in a sentence; what is not finite is ``lost``."""
    each = [f"{name} {digits(score) if np.isfinite(score) else lost}" for name, score in scores.items()]
    return f"{what}: {listed(each)}."


def lowest(shown: Shown) -> Seen | None:
    """Which run ends with the lowest loss."""
    least = shown.objective.minimum
    losses = {
        racer.name: np.inf if track.status.failed else float(track.loss[-1]) - (least or 0.0)
        for racer, track in shown.race
    }
    return _ranked(losses, _scored(f"Loss at the end{'' if least is None else ', above the minimum'}", losses))


def farthest(shown: Shown) -> Seen | None:
    """Which run ends farthest from the minimum."""
    left = {racer.name: _away(shown.objective, track) for racer, track in shown.race if not track.status.failed}
    ends = {name: float(one[-1]) for name, one in left.items() if one is not None}
    return _ranked(ends, _scored("Distance from the minimum", ends), largest=True) if ends else None


def longest_way(shown: Shown) -> Seen | None:
    """Which run goes the longest way."""
    ways = {r.name: np.inf if t.status.failed else float(_lengths(t).sum()) for r, t in shown.race}
    winner = lowest(shown)
    told = f" {winner[1]}" if winner else ""
    return _ranked(ways, _scored("Length of the way", ways) + told, largest=True)


def first_below(share: float) -> See:
    """Which run is first to have ``share`` of its loss left."""

    def see(shown: Shown) -> Seen | None:
        steps = {racer.name: float(first(track.loss < share * track.loss[0])) for racer, track in shown.race}
        return _ranked(steps, _scored("Steps it takes", steps, "never"))

    return see


def leaves_saddle(shown: Shown) -> Seen | None:
    """Which run is first away from the ridge y = 0."""
    steps = {racer.name: float(first(np.abs(track.x[:, 1]) > ESCAPED)) for racer, track in shown.race}
    return _ranked(steps, _scored("Steps it takes", steps, "never"))


def liveliest(shown: Shown) -> Seen | None:
    """Which of the runs with noise takes the longer steps at the end."""
    lively = {name: float(_lengths(track)[-100:].mean()) for name, track in _noisy(shown)}
    return (
        _ranked(lively, _scored("Average length of the last hundred steps", lively), largest=True) if lively else None
    )


def noisy_names(shown: Shown) -> tuple[str, ...]:
    """The names of the runs with noise."""
    return tuple(name for name, _ in _noisy(shown))


def _noisy(shown: Shown) -> Iterable[tuple[str, Track]]:
    return (
        (racer.name, track)
        for racer, track in shown.race
        if track.run is not None and track.run.noise > 0 and len(track.x) > 200
    )


def runaways(shown: Shown) -> Seen | None:
    """How many of several rules run away."""
    if len(shown.race) < 2:
        return None
    tracks = [(racer.name, track) for racer, track in shown.race]
    return float(sum(track.status.failed for _, track in tracks)), _ends_of(tracks)


def survivor(factor: float = 1.0) -> See:
    """Which of two runs is still there at the end, at so many times their learning rates."""

    def see(shown: Shown) -> Seen | None:
        tracks: dict[str, Track] = {}
        for racer, track in shown.race:
            other = track if factor == 1 or track.run is None else _at_rate(track.run, factor)
            if other is None:
                return None
            tracks[racer.name] = other
        if len(tracks) != 2:
            return None
        left = [name for name, track in tracks.items() if not track.status.failed]
        return (left[0] if len(left) == 1 else BOTH if left else NEITHER), _ends_of(tracks.items())

    return see


# --- Batches ---


def one_epoch(shown: Shown) -> Seen | None:
    """Which run is lowest once it has looked at as many samples as there are."""
    if not isinstance(shown.data, tuple):
        return None
    samples, losses = shown.data[0].x.size, dict[str, float]()
    for racer, track in shown.race:
        update = updates_per_epoch(samples, racer.batch) if isinstance(racer, Variant) else 1
        if update >= len(track.loss) and not track.status.failed:
            return None
        reached = update < len(track.loss)
        losses[racer.name] = float(track.loss[update]) - (shown.objective.minimum or 0.0) if reached else np.inf
    words = _scored("Loss after one pass, above the lowest possible", losses)
    return _ranked(losses, f"{words} All at once is one update, one at a time is {digits(samples)}.")


def half_batch(shown: Shown) -> Seen | None:
    """How high the run in the middle hovers with half its batch, as theory says."""
    if not isinstance(shown.data, tuple):
        return None
    pair, settings = shown.data
    sizes = settings.batch, settings.batch // 2
    if sizes[1] < 1 or sizes[0] >= pair.x.size:
        return None
    try:
        whole, half = (noise_floor(line(pair.x), pair.y, size, settings.rate, settings.replacement) for size in sizes)
    except ValueError:
        # Rounding would decide.
        return None
    if not (0 < whole < np.inf and half < np.inf):
        return None
    ratio = half / whole
    return HALF if ratio < 0.7 else AS_HIGH if ratio < 1.4 else TWICE if ratio < 3 else FAR_MORE, (
        f"At this rate batches of {sizes[0]} hover {digits(whole)} above the lowest loss and batches of {sizes[1]} "
        f"{digits(half)}, which is {digits(ratio)} times as high."
    )


def rises_alone(shown: Shown) -> Seen | None:
    """In how many of the first updates the loss rises where one sample is looked at."""
    track = shown.get("one")
    if track is None or len(track.loss) <= LOOKED:
        return None
    count = int((np.diff(track.loss[: LOOKED + 1]) > 0).sum())
    start, end = apart(*map(float, track.loss[[0, LOOKED]]))
    return float(count), (
        f"In {count} of the first {LOOKED} updates the loss of all samples rises, because the one that was looked at "
        f"wanted something else. Yet over all of them it goes from {start} to {end}."
    )


# --- Single rules ---


def tenfold(shown: Shown) -> Seen | None:
    """How long Adam's first step is on ten times the function."""
    track = shown.get("adam")
    if track is None or track.run is None or len(shown.objective.formula) > _ROOM:
        return None
    larger = f"10*({shown.objective.formula})"
    before, after = (_lengths(trace(replace(track.run, steps=1, objective=on))) for on in (track.run.objective, larger))
    if not before.size or not after.size or not before[0]:
        return None
    ratio = after[0] / before[0]
    one, other = digits(before[0]), digits(after[0])
    return ALIKE if ratio < 1.25 else SOMEWHAT if ratio < 5 else TEN_TIMES, (
        f"Adam's first step is {one} long, and {other} on ten times the function. It divides the gradient by its own "
        f"recent size, and only ε, here {digits(track.run.settings['eps'])}, keeps that from cancelling."
    )


def uncorrected(shown: Shown) -> Seen | None:
    """How many learning rates long the first step along x is without bias correction."""
    track, adam = shown.get("uncorrected"), shown.get("adam")
    if track is None or adam is None or track.run is None or min(len(track.x), len(adam.x)) < 2:
        return None
    settings = track.run.settings
    if not settings["lr"]:
        return None
    one, other = (float(abs(path.x[1, 0] - path.x[0, 0]) / settings["lr"]) for path in (track, adam))
    return one, (
        f"At first the average of the gradients is {digits(1 - settings['beta1'])} of the first one, and that of their "
        f"squares {digits(1 - settings['beta2'])} of its square: divided by the root, {digits(one)}. Corrected, it is "
        f"{digits(other)}."
    )


def walk(shown: Shown) -> Seen | None:
    """Where on the floor of the valley xy = 1, whose flattest minimum has the sharpness 2, SAM ends."""
    paths = [track for key in ("sgd", "sam") if isinstance(track := shown.get(key), Path)]
    if len(paths) != 2 or any(path.status.failed for path in paths):
        return None
    plain, sam = (float(sharpness(path)[-1]) for path in paths)
    return FLATTEST if sam < 2.2 else CAME_DOWN if sam > 0.9 * plain else ON_THE_WAY, (
        f"SAM ends where the sharpness is {digits(sam)}, gradient descent where it is {digits(plain)}; the flattest "
        "minimum has 2. SAM takes its gradient a little uphill, and there the walls push it along the floor."
    )


def edge(shown: Shown) -> Seen | None:
    """Where in that valley the run at the larger rate comes to rest."""
    small, large = shown.get("sgd"), shown.get("large")
    if not isinstance(small, Path) or not isinstance(large, Path) or small.status.failed:
        return None
    if not large.run.settings["lr"]:
        return None
    before, after = (float(sharpness(path)[-1]) for path in (small, large))
    went = _lost(large) if large.status.failed else f"ends where it is {digits(after)}"
    where = AWAY if large.status.failed else FLATTER if after < 0.9 * before else SAME_PLACE
    return where, (
        f"The small rate ends where the sharpness is {digits(before)}. The large one can stay only where it is below "
        f"2/α = {digits(2 / large.run.settings['lr'])}, and {went}."
    )


def sign_step(shown: Shown) -> Seen | None:
    """How long Lion's last step is."""
    lion, plain = shown.get("lion"), shown.get("sgd")
    if lion is None or plain is None or min(len(lion.x), len(plain.x)) < 2:
        return None
    one, other = _lengths(lion), _lengths(plain)
    return float(one[-1]), (
        f"Lion's first step is {digits(one[0])} long and its last {digits(one[-1])}: it steps by the sign alone. "
        f"Gradient descent begins with {digits(other[0])} and ends with {digits(other[-1])}."
    )


def growth(shown: Shown) -> Seen | None:
    """By what factor the last step multiplies the loss."""
    _, track = shown.lead()
    loss = track.loss
    if len(loss) < 20 or not loss[-2]:
        return None
    return float(loss[-1] / loss[-2]), (
        f"The last step takes the loss from {digits(loss[-2])} to {digits(loss[-1])}. {track.status}"
    )
