"""What a claim is; the modules beside this one declare those of a part of the guide each."""

from dataclasses import dataclass
from enum import StrEnum


class Basis(StrEnum):
    """How a statement can be checked."""

    RUNS = "runs"
    SOURCES = "from sources"


class Verdict(StrEnum):
    """How true a statement is."""

    TRUE = "true"
    CONDITIONS = "true under conditions"
    OVERSIMPLIFIED = "oversimplified"
    FALSE = "false"
    CONTESTED = "contested"


@dataclass(frozen=True)
class Claim:
    """One statement. ``topic`` is the key of the rule it is about or the name of its section on ``page``.

    ``experiment`` is the key of the experiment that shows it. It is empty where no numbers decide, as for who did what
    when, what a paper reports or what is used in practice; then ``source`` names what can be looked up. ``correct``
    quotes what the experiment is expected to find as ``{number:format}``, ``{number | setting=value:format}`` away from
    the defaults and ``{X01 number:format}`` from another experiment; in the catalogue the numbers are filled in.
    """

    key: str
    page: str
    topic: str
    said: str
    verdict: Verdict
    correct: str
    source: str
    experiment: str = ""

    @property
    def basis(self) -> Basis:
        """Whether the reader can run it or look it up."""
        return Basis.RUNS if self.experiment else Basis.SOURCES
