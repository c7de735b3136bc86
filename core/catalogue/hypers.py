"""Hyperparameters: how one is declared, and how values given for a set of them are checked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from core.formula.words import outside


@dataclass(frozen=True)
class Hyper:
    """One hyperparameter: how it is written, what it may be, and which part of that a slider offers.

    ``bounds`` are inclusive and enforced by every run; ``slider`` lies within them. All numbers are kept as floats,
    whatever kind they were declared with: a slider takes one kind only.
    """

    name: str
    symbol: str
    default: float
    bounds: tuple[float, float]
    slider: tuple[float, float]
    scale: Literal["log", "linear"]
    help: str
    whole: bool = False

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "default", float(self.default))
        for ends in ("bounds", "slider"):
            low, high = getattr(self, ends)
            put(self, ends, (float(low), float(high)))

    def check(self, value: float) -> float:
        """``value`` as a float. Raises ``ValueError`` naming the hyperparameter, its range and the value."""
        low, high = self.bounds
        number = float(value)
        if not low <= number <= high:
            raise ValueError(f"{self.name} must lie in {outside(number, low, high)}.")
        if self.whole and number != round(number):
            raise ValueError(f"{self.name} must be a whole number in {outside(number, low, high)}.")
        return number

    def clamp(self, value: float) -> float:
        """The number nearest to ``value`` within the bounds."""
        low, high = self.bounds
        return min(max(value, low), high)


def complete(hypers: Sequence[Hyper], given: Mapping[str, float], owner: str) -> dict[str, float]:
    """A value for each of ``hypers``: the one given, checked, or the default.

    Raises ``ValueError`` for a name that ``owner`` does not have and for a value out of range.
    """
    names = [hyper.name for hyper in hypers]
    for name in given:
        if name not in names:
            has = ", ".join(names) or "none"
            raise ValueError(f"{owner} has no hyperparameter {name}; its hyperparameters: {has}.")
    return {hyper.name: hyper.check(given.get(hyper.name, hyper.default)) for hyper in hypers}


def unknown_key(what: str, key: str, known: Collection[str]) -> str:
    """The sentence about a key that is not in a catalogue."""
    near = get_close_matches(key, known, n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    return f"Unknown {what} {key!r}; known are {', '.join(known)}.{meant}"
