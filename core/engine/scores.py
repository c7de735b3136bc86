"""Who wins a race by which score: how low it ends, how low it stays, what it costs to get there."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.catalogue.racers import Racer
from core.engine.status import Status
from core.engine.summary import Race
from core.engine.trace import Path
from core.engine.tracks import FLOOR, base
from core.formula.words import digits, listed

# The share of the way from the start down to the minimum that is left at the target, unless another is chosen.
SHARE = 1e-3


@dataclass(frozen=True)
class Score:
    """One run of a race in numbers that compare: the lower, the better.

    ``end`` and ``best`` are its last and its lowest loss, ``level`` is the one after as many gradients as everyone in
    the race asks for, ``mean`` the average over its points, the start included, of log₁₀ of the loss. All four count
    from the known minimum and from ``FLOOR`` upwards; without a known minimum the losses are as they are, and ``mean``
    is NaN. ``steps`` and ``gradients`` are those until the loss is first at the target or below, infinite if it never
    is. Of a run that failed everything but ``best`` is infinite: where it was before helps nobody.
    """

    end: float
    best: float
    mean: float
    steps: float
    gradients: float
    level: float


@dataclass(frozen=True)
class Measure:
    """A way to compare runs.

    ``of`` gives the number of a score; ``heading`` names it in a table, ``wins`` tells what the lowest does by it, with
    "{s}" where one winner has an s. Both may have ``target`` and ``shared`` in them, and ``heading`` ``height``.
    """

    of: Callable[[Score], float]
    heading: str
    wins: str
    help: str
    reaches: bool = False


END = Measure(lambda one: one.end, "{height} at the end", "end{s} lowest", "As of the last step.")
BEST = Measure(
    lambda one: one.best, "Lowest {height}", "come{s} lowest on the way", "What keeping the best point would give."
)
MEAN = Measure(
    lambda one: one.mean,
    "Mean log₁₀ {height}",
    "stay{s} lowest on average, on a log scale",
    "The area under its curve on a log scale, per step: low if it is fast, and stays where it got.",
)
STEPS = Measure(
    lambda one: one.steps,
    "Steps to {target}",
    "get{s} to {target} in the fewest steps",
    "Until the loss is first at the target or below.",
    True,
)
GRADIENTS = Measure(
    lambda one: one.gradients,
    "Gradients to {target}",
    "get{s} to {target} with the fewest gradients",
    "Gradient evaluations up to the same step, as the run counted them. A Hessian counts as one, a loss as none.",
    True,
)
LEVEL = Measure(
    lambda one: one.level,
    "{height} after {shared}",
    "stand{s} lowest after {shared}",
    "After as many gradients as the cheapest run takes in all.",
)
MEASURES = (END, BEST, MEAN, GRADIENTS, STEPS, LEVEL)


@dataclass(frozen=True)
class Standings:
    """The scores of a race, one for each of its runs and in their order.

    ``minimum`` is what losses are counted from, ``None`` if none is known; ``target`` is counted so too. ``shared`` is
    the number of gradients after which everyone is looked at, ``statuses`` say how runs ended.
    """

    racers: tuple[Racer, ...]
    statuses: tuple[Status, ...]
    scores: tuple[Score, ...]
    minimum: float | None
    target: float
    shared: int

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures that this race has a number for."""
        return tuple(one for one in MEASURES if one is not MEAN or self.minimum is not None)

    @property
    def height(self) -> str:
        """What the losses of this race are called."""
        return "loss above the minimum" if self.minimum else "loss"

    def heading(self, measure: Measure) -> str:
        """What ``measure`` is called in a table."""
        words = self._filled(measure.heading)
        return words[0].upper() + words[1:]

    def text(self, measure: Measure, place: int) -> str:
        """The number of the run at ``place`` by ``measure`` as it is read."""
        value = measure.of(self.scores[place])
        if self.statuses[place].failed and not math.isfinite(value):
            return str(self.statuses[place].outcome)
        if math.isinf(value) and measure.reaches:
            return "not reached"
        return self._height(value) if measure in (END, BEST, LEVEL) else digits(value)

    def loss_text(self, loss: float) -> str:
        """A ``loss`` as the table writes it, counted from the known minimum; an infinite one is that of a failure."""
        return "fails" if math.isinf(loss) else self._height(max(loss - (self.minimum or 0.0), self._floor))

    @property
    def _floor(self) -> float:
        return -math.inf if self.minimum is None else FLOOR

    def _height(self, height: float) -> str:
        return digits(height) if height > self._floor else f"≤ {digits(FLOOR)}"

    def winners(self, measure: Measure) -> list[int]:
        """The places of the runs that are lowest by ``measure``, as far as digits tell.

        There is none if all failed or none got there, and none in a race of one.
        """
        able = [
            (measure.of(score), place)
            for place, (score, status) in enumerate(zip(self.scores, self.statuses, strict=True))
            if not status.failed and not math.isinf(measure.of(score))
        ]
        if not able or len(self.scores) == 1:
            return []
        best = self.text(measure, min(able)[1])
        return [place for _, place in able if self.text(measure, place) == best]

    def _filled(self, words: str, several: bool = False) -> str:
        shared = f"{digits(self.shared)} gradient{'s' * (self.shared != 1)}"
        return words.format(height=self.height, target=digits(self.target), shared=shared, s="" if several else "s")

    def sentence(self) -> str:
        """Who wins by which measure, with its numbers, and whether that is the same for all."""
        if len(self.scores) == 1:
            return self._alone()
        if all(status.failed for status in self.statuses):
            return "Every run fails, so nobody wins."
        won: dict[tuple[str, ...], list[str]] = {}
        for measure in self.measures:
            places = self.winners(measure)
            names = tuple(sorted(self.racers[place].name for place in places))
            if names and measure in self._telling:
                words = self._filled(measure.wins, len(names) > 1)
                won.setdefault(names, []).append(f"{words} ({self.text(measure, places[0])})")
        parts = [f"{listed([f'**{name}**' for name in names])} {listed(words)}" for names, words in won.items()]
        opening = "Who wins depends on what is counted: " if len(won) > 1 else "By every score the winner is the same: "
        nobody = "" if self.winners(STEPS) else f" Nobody gets to {digits(self.target)}."
        return f"{opening}{'; '.join(parts)}.{nobody}"

    @property
    def _telling(self) -> list[Measure]:
        """The measures by which not everyone able has the number that it has by another one before."""
        able = [score for score, status in zip(self.scores, self.statuses, strict=True) if not status.failed]
        # Of several with the same numbers the first one stays.
        return [*{tuple(map(one.of, able)): one for one in reversed(self.measures)}.values()]

    def _alone(self) -> str:
        name, status, score = self.racers[0].name, self.statuses[0], self.scores[0]
        if status.failed:
            return f"**{name}** runs alone. {status}"
        cost = f"{digits(score.gradients)} gradients" if score.gradients != 1 else "1 gradient"
        reached = (
            f"does not get to {digits(self.target)}"
            if math.isinf(score.steps)
            else f"gets to {digits(self.target)} with {cost}"
        )
        return f"**{name}** runs alone: it ends with a {self.height} of {self.text(END, 0)} and {reached}."


def default_target(race: Race) -> float:
    """A loss worth reaching, counted from the known minimum: ``SHARE`` of the height of the start, to one digit.

    Without a known minimum it is the plain loss at which that share is left of the way down to the lowest that a run
    of the race reaches. Where the start leaves no way, or has no loss, it is ``SHARE``.
    """
    first = race[0][1]
    minimum, start = base(race, first.run.resolved_objective), float(first.loss[0])
    if minimum is not None and FLOOR < start - minimum < math.inf:
        return max(FLOOR, float(f"{SHARE * (start - minimum):.1g}"))
    lowest = min((float(path.loss.min()) for _, path in race if not path.status.failed), default=math.nan)
    if minimum is None and lowest < start < math.inf:
        return float(f"{lowest + SHARE * (start - lowest):.6g}")
    return SHARE


def recounted(target: float, race: Race, other: Race) -> float:
    """``target`` of ``race`` as it counts in ``other``, on the same objective, whose paths may leave its minimum."""
    before, after = (base(one, one[0][1].run.resolved_objective) or 0.0 for one in (race, other))
    return target if before == after else target + before - after


def standings(race: Race, target: float) -> Standings:
    """Where everyone in ``race`` stands; ``target`` counts from the known minimum, if there is one."""
    minimum = base(race, race[0][1].run.resolved_objective)
    asked = [int(path.gradients[-1]) for _, path in race if not path.status.failed and path.gradients[-1]]
    shared = min(asked, default=0)
    return Standings(
        tuple(racer for racer, _ in race),
        tuple(path.status for _, path in race),
        tuple(_score(path, minimum, target, shared) for _, path in race),
        minimum,
        target,
        shared,
    )


def _score(path: Path, minimum: float | None, target: float, shared: int) -> Score:
    heights = path.loss if minimum is None else np.maximum(path.loss - minimum, FLOOR)
    best = float(heights.min())
    if path.status.failed:
        return Score(math.inf, best, math.inf if minimum is not None else math.nan, math.inf, math.inf, math.inf)
    there = np.flatnonzero(heights <= target)
    known = there.size > 0
    return Score(
        float(heights[-1]),
        best,
        math.nan if minimum is None else float(np.log10(heights).mean()),
        float(there[0]) if known else math.inf,
        float(path.gradients[there[0]]) if known else math.inf,
        float(heights[np.searchsorted(path.gradients, shared, side="right") - 1]),
    )
