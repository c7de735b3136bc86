"""What an examination of a text tells: the settings that were recognised, and notes with their lines."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from core.engine.run import Run


class Kind(StrEnum):
    """What a note is about; the value is how its list is headed."""

    TAKEN = "Recognised"
    LEFT = "Not taken"
    WRONG = "Looks wrong"


def _plain(text: str) -> str:
    return f"“{text}”"


@dataclass(frozen=True)
class Note:
    """One sentence about ``line``, in Markdown; ``quotes`` are parts of the visitor's text that stand at its braces."""

    kind: Kind
    line: int
    sentence: str
    quotes: tuple[str, ...] = ()

    def said(self, quoted: Callable[[str], str] = _plain) -> str:
        """The sentence with its quotes, each as ``quoted`` makes it harmless."""
        return self.sentence.format(*map(quoted, self.quotes)) if self.quotes else self.sentence


@dataclass(frozen=True)
class Examined:
    """The settings that a text gives a run, and notes in the order of its lines.

    ``optimizer`` is a key of the catalogue or the text of a rule, ``None`` if none was recognised; ``schedule`` a key
    or the text of a schedule. ``steps`` is how many the text takes, ``None`` if it does not say. ``plain`` is the key
    of the rule that a text of a rule was made from, "" if there is none.
    """

    notes: tuple[Note, ...]
    optimizer: str | None = None
    hypers: dict[str, float] = field(default_factory=dict, hash=False)
    schedule: str = "constant"
    schedule_hypers: dict[str, float] = field(default_factory=dict, hash=False)
    clip_norm: float | None = None
    steps: int | None = None
    plain: str = ""

    def of(self, kind: Kind) -> tuple[Note, ...]:
        """The notes of one kind."""
        return tuple(note for note in self.notes if note.kind is kind)

    def run(self, objective: str, start: tuple[float, ...], steps: int) -> Run:
        """The run with these settings; ``steps`` are taken unless the text says how many.

        Raises ``ValueError`` if no optimizer was recognised.
        """
        if self.optimizer is None:
            raise ValueError("No optimizer was recognised.")
        return Run(
            objective,
            self.optimizer,
            start,
            self.steps or steps,
            self.hypers,
            self.schedule,
            self.schedule_hypers,
            clip_norm=self.clip_norm,
        )
