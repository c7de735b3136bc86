"""What was known when: rules and events in order of time, what grew from what, and a race of each time's rules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.catalogue.events import EVENTS, Event
from core.catalogue.hypers import unknown_key
from core.catalogue.objectives import OBJECTIVES
from core.catalogue.optimizers import OPTIMIZERS, Optimizer
from core.catalogue.racers import RACERS, Racer
from core.engine.run import Run
from core.engine.sensitivity import tuned_rate

Kind = Literal["rule", "event"]

# The ravine would flatter every rule that scales each coordinate on its own, because its walls follow the axes.
# Rosenbrock's valley turns, so no direction stays a coordinate.
RACE_OBJECTIVE = "rosenbrock"
# Long enough for the valley to be travelled at a good rate, short enough for rules to end at different places.
RACE_STEPS = 250
# Learning rates tried per rule, evenly spaced on a log scale over its slider: neighbours differ by about 6 %.
RACE_RATES = 160
RACE_NOTE = (
    "Every rule runs at that learning rate on its slider which ends lowest here, judged by the median of the last "
    "fifth of its losses, also at the neighbouring rates, so that no lucky last step decides. Everything else is at "
    "its default. So this is a race between tuned learning rates as much as between rules, and a later year does not "
    "promise a lower loss. The gradients are exact and there are only two unknowns: rules made for noise, for sparse "
    "features or for the matrices of large networks cannot show their strengths here. The race counts steps and not "
    "their cost: a step of Newton, SAM or Sophia can need more than one gradient, and one of Armijo up to four "
    "losses as well. Polyak's step is told the lowest loss."
)

OPEN = (
    "Every rule in this race still had its learning rate searched for, and which one is best still changes with the "
    "function."
)
"""What is wrong with all that is known."""


@dataclass(frozen=True)
class Entry:
    """One point of the timeline.

    ``color`` is empty for an event, ``parent`` and ``fixes`` are empty where there is no predecessor among the rules,
    ``consequence`` is empty for a rule: what came of a rule are its ``successors``. ``years`` is the year, with that of
    the publication if it came later.
    """

    kind: Kind
    key: str
    name: str
    year: int
    years: str
    authors: str
    source: str
    idea: str
    color: str
    parent: str
    fixes: str
    consequence: str


def timeline_entries() -> list[Entry]:
    """Every rule and every event in order of year; within a year rules come first, in the order of their catalogue."""
    entries = [*map(_from_optimizer, OPTIMIZERS.values()), *map(_from_event, EVENTS.values())]
    return sorted(entries, key=lambda entry: entry.year)


def years() -> list[int]:
    """The years in which a rule appeared, in order."""
    return sorted({optimizer.year for optimizer in OPTIMIZERS.values()})


def known_by(year: int) -> list[str]:
    """The keys of the rules that had appeared by the end of ``year``, in order of year; none before the first."""
    return [entry.key for entry in timeline_entries() if entry.kind == "rule" and entry.year <= year]


def successors(key: str) -> list[Entry]:
    """The rules that grew from the rule ``key``, in order of year; ``fixes`` of each says what had been missing.

    An event has none. Raises ``ValueError`` for a key of neither.
    """
    if key not in OPTIMIZERS and key not in EVENTS:
        raise ValueError(unknown_key("entry", key, [*OPTIMIZERS, *EVENTS]))
    return [entry for entry in timeline_entries() if entry.parent == key]


def best_rate(key: str) -> float:
    """The learning rate at and beside which the rule ``key`` ends its race lowest (see ``held``).

    It is one of ``RACE_RATES`` over its slider; everything else is at its default. A rule that bears
    no stretch of rates gets its declared default, at which the race then shows it fail. Raises ``ValueError`` for an
    unknown key.
    """
    if key not in OPTIMIZERS:
        raise ValueError(unknown_key("optimizer", key, OPTIMIZERS))
    return tuned_rate(Run(RACE_OBJECTIVE, key, OBJECTIVES[RACE_OBJECTIVE].start, RACE_STEPS), RACE_RATES)


def lineage(year: int) -> list[str]:
    """The keys of the rules of ``year`` and of all that they grew from, as ``known_by`` orders them."""
    line = [key for key, optimizer in OPTIMIZERS.items() if optimizer.year == year]
    # It grows while it is walked along.
    for key in line:
        parent = OPTIMIZERS[key].parent
        if parent and parent not in line:
            line.append(parent)
    return [key for key in known_by(year) if key in line]


def race_by(
    year: int,
    rate: Callable[[str], float] = best_rate,
    start: tuple[float, ...] | None = None,
    keys: Sequence[str] | None = None,
) -> list[tuple[Racer, Run]]:
    """Everything known by ``year``, or of it the rules ``keys``, at its best learning rate in one valley, in order.

    ``rate`` may be a cache in front of ``best_rate``, whose result does not depend on the year. What such a race shows
    and what it does not is said in ``RACE_NOTE``.
    """
    start = start or OBJECTIVES[RACE_OBJECTIVE].start
    return [
        (RACERS[key], Run(RACE_OBJECTIVE, key, start, RACE_STEPS, {"lr": rate(key)}))
        for key in known_by(year)
        if keys is None or key in keys
    ]


@dataclass(frozen=True)
class Chapter:
    """A year of the story: the rules that were ``new`` in it, and the sentence that says what was ``wrong``.

    It is about what was known then, and ``mended`` is the first rule that did something about it, ``None`` if none has.
    """

    year: int
    new: tuple[Entry, ...]
    wrong: str
    mended: Entry | None


def story() -> list[Chapter]:
    """A chapter for each year in which a rule appeared, in order."""
    rules = [entry for entry in timeline_entries() if entry.kind == "rule"]
    chapters = []
    for year in years():
        mended = next((entry for entry in rules if entry.year > year), None)
        new = tuple(entry for entry in rules if entry.year == year)
        chapters.append(Chapter(year, new, mended.fixes if mended else OPEN, mended))
    return chapters


def _from_optimizer(optimizer: Optimizer) -> Entry:
    return Entry(
        kind="rule",
        key=optimizer.key,
        name=optimizer.name,
        year=optimizer.year,
        years=optimizer.years,
        authors=optimizer.authors,
        source=optimizer.source,
        idea=optimizer.idea,
        color=optimizer.color,
        parent=optimizer.parent,
        fixes=optimizer.fixes,
        consequence="",
    )


def _from_event(event: Event) -> Entry:
    return Entry(
        kind="event",
        key=event.key,
        name=event.name,
        year=event.year,
        years=event.years,
        authors=event.authors,
        source=event.source,
        idea=event.idea,
        color="",
        parent="",
        fixes="",
        consequence=event.consequence,
    )
