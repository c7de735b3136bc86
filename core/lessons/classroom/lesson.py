"""What a lesson is: stops, each a link that opens the right picture, and exercises whose answers are computed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.engine.scenarios import Scenario


@dataclass(frozen=True, eq=False)
class Stop:
    """A part of a lesson of some ``minutes``: what the class ``does``, and what the link opens for it.

    That is the page at the path ``page`` with the race of ``scenario``, if there is one, and with the ``fields`` of its
    link as they stand in an address. ``task`` is shown to the students, the controls ``locked`` stay, and those
    ``hidden`` are not even to be seen.
    """

    minutes: int
    does: str
    page: str
    scenario: Scenario | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    task: str = ""
    locked: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Exercise:
    """A question to hand out, and what makes its ``answer``, in Markdown, from the runs that it is about."""

    question: str
    answer: Callable[[], str]


@dataclass(frozen=True, eq=False)
class Lesson:
    """A lesson for ``whom``: its ``aim``, the ``misconception`` that it is built against, stops and exercises."""

    key: str
    title: str
    whom: str
    aim: str
    misconception: str
    stops: tuple[Stop, ...]
    exercises: tuple[Exercise, ...]

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return sum(stop.minutes for stop in self.stops)
