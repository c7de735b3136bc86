"""A prediction: what a reader is asked before a run is played, and what is made of the answer once it has been."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.catalogue.objectives import Objective
from core.engine.run import Run
from core.engine.status import point_text
from core.engine.tracks import Track, Tracks
from core.formula.words import apart, digits
from core.problems.batches.data import Pair
from core.problems.batches.race import Settings
from core.problems.example import Example

Answer = str | float | tuple[float, ...]
Kind = Literal["choice", "number", "place"]
# A place counts as found within this share of the width and the height of the picture.
NEAR = 0.07


@dataclass(frozen=True, eq=False)
class Shown:
    """What a stage shows as it is set at present: ``race`` on ``objective``, and the ``data`` that it is about, if any.

    Nothing that is asked about it is kept: it is computed from this each time.
    """

    objective: Objective
    race: Tracks
    data: Example | tuple[Pair, Settings] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What the racers are called, in order."""
        return tuple(racer.name for racer, _ in self.race)

    def get(self, key: str) -> Track | None:
        """The track of the racer ``key``, if it races."""
        return next((track for racer, track in self.race if racer.key == key), None)

    def lead(self, key: str = "") -> tuple[str, Track]:
        """The name and the track of who is asked about: the racer ``key`` if it races, otherwise the first."""
        return next(((racer.name, track) for racer, track in self.race if racer.key == key), self._first)

    @property
    def _first(self) -> tuple[str, Track]:
        racer, track = self.race[0]
        return racer.name, track

    @property
    def run(self) -> Run | None:
        """The run of the first racer, if a rule took its steps."""
        return self.race[0][1].run


Seen = tuple[Answer, str]
"""The right answer, and what happens and why in sentences with the run's numbers."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """One question about what a stage shows; ``spots`` are the stages it is asked at, each the path of a page and more.

    ``see`` gives the right answer, one of ``choices``, a number of ``unit``s or a place on the objective, with its
    explanation; ``None`` where the question does not apply. A number is right if it is off by at most ``near``, a share
    of the right one and a number, whichever is larger.

    ``belief`` is the misconception that the question catches, and ``trap`` how choices begin that follow from it; with
    none every wrong answer counts as one.
    """

    key: str
    spots: tuple[str, ...]
    question: str | Callable[[Shown], str]
    see: Callable[[Shown], Seen | None]
    belief: str
    choices: tuple[str, ...] | Callable[[Shown], Sequence[str]] = ()
    kind: Kind = "choice"
    unit: str = ""
    near: tuple[float, float] = (0.3, 2.0)
    trap: tuple[str, ...] = ()

    @property
    def pages(self) -> set[str]:
        """The paths of the pages that ask it."""
        return {spot.partition("/")[0] for spot in self.spots}

    def asks(self, shown: Shown) -> str:
        """The question as it is asked of what is shown."""
        return self.question if isinstance(self.question, str) else self.question(shown)

    def offers(self, shown: Shown) -> tuple[str, ...]:
        """The choices, if it has any."""
        return self.choices if isinstance(self.choices, tuple) else tuple(self.choices(shown))


@dataclass(frozen=True)
class Verdict:
    """What is said to an answer, and the right place, if a place was asked for."""

    right: bool
    words: str
    place: tuple[float, ...] = ()


def judged(prediction: Prediction, shown: Shown, given: Answer) -> Verdict | None:
    """What is said to the answer ``given``, of the kind asked for; ``None`` where the question does not apply."""
    seen = prediction.see(shown)
    if seen is None:
        return None
    answer, why = seen
    right, words = _compared(prediction, shown, given, answer)
    trapped = not right and (not prediction.trap or (isinstance(given, str) and given.startswith(prediction.trap)))
    caught = [f"It does not bear out a common belief: “{prediction.belief}”"] if trapped else []
    return Verdict(right, " ".join([words, why, *caught]), answer if isinstance(answer, tuple) else ())


def _compared(prediction: Prediction, shown: Shown, given: Answer, answer: Answer) -> tuple[bool, str]:
    """Whether ``given`` is right, and that in words."""
    if isinstance(answer, tuple) and isinstance(given, tuple):
        return _place(shown, given, answer)
    if isinstance(answer, float) and isinstance(given, float):
        return _number(prediction, given, answer)
    right = given == answer
    return right, f"Yes: “{answer}”." if right else f"You said “{given}”. Here the answer is “{answer}”."


def _number(prediction: Prediction, given: float, answer: float) -> tuple[bool, str]:
    share, least = prediction.near
    said, true = apart(given, answer)
    true = f"{true} {prediction.unit}".rstrip()
    if given == answer:
        return True, f"Yes: {true}."
    if abs(given - answer) <= max(share * abs(answer), least):
        return True, f"Yes, near enough: you said {said}, and it is {true}."
    return False, f"You said {said}. Here it is {true}."


def _place(shown: Shown, given: tuple[float, ...], answer: tuple[float, ...]) -> tuple[bool, str]:
    widths = (high - low for low, high in shown.objective.domain)
    off = math.hypot(*((one - other) / width for one, other, width in zip(given, answer, widths, strict=True)))
    away = f"{digits(100 * off, '.2g')} % of the picture"
    if off <= NEAR:
        return True, f"Yes: your place is {away} away from {place_text(answer)}."
    return False, f"Your place, {place_text(given)}, is {away} away from where it is, {place_text(answer)}."


def place_text(point: Sequence[float]) -> str:
    """A place with four significant digits."""
    return point_text(point) if len(point) > 1 else f"x\u00a0=\u00a0{digits(point[0])}"
