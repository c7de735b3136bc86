"""Hyperparameters: how one is declared, and how values given for a set of them are checked."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from core.formula.latex import symbol
from core.formula.rule import Declaration
from core.formula.words import outside

# What a slider offers for a hyperparameter that nothing shipped has, if its bounds are too wide for one.
_WIDE = 1e3
# What names that are letters or abbreviations are in words.
_WORDS: Mapping[str, str] = {
    "lr": "Learning rate",
    "beta": "Momentum",
    "beta1": "Memory of gradients",
    "beta2": "Memory of squares",
    "gamma": "Share that is kept",
    "eps": "Epsilon",
    "rho": "Memory of squares",
    "k": "Steps between estimates",
    "clip_norm": "Largest gradient norm",
    "noise": "Noise",
    "eta_min": "Lowest factor",
    "low": "Lowest factor",
    "span": "Length of the fall",
    "multiply": "Growth of the stretches",
    "half": "Steps up",
    "up": "Steps up",
    "pct_start": "Share that rises",
    "div_factor": "Peak over first rate",
    "final_div_factor": "First over last rate",
    "warmup": "Warm-up steps",
    "threshold": "Least progress",
    "kappa": "Condition number",
    "tau": "Dampening",
    "C": "Rare gradient",
    "a": "First weight",
    "h": "Distance",
    "w": "Slope before",
    "b": "Intercept before",
    "gx": "Slope along x",
    "gy": "Slope along y",
    "x0": "Start x",
    "y0": "Start y",
    "uneven": "Items in a part",
    "weakest": "Smallest singular value",
    "beside": "Entry above the diagonal",
    "diagonal": "Entries on the diagonal",
    "keep": "Bias of the gate",
    "drop": "Step of the drop",
    "spoilt": "Size of the wrong targets",
    "rotated": "Turned keys",
}


@dataclass(frozen=True)
class Hyper:
    """One hyperparameter: how it is written, what it may be, and which part of that a slider offers.

    ``bounds`` are inclusive and enforced by every run; ``slider`` lies within them. All numbers are kept as floats,
    whatever kind they were declared with: a slider takes one kind only. ``label`` is its name in words where the name
    alone does not give it.
    """

    name: str
    symbol: str
    default: float
    bounds: tuple[float, float]
    slider: tuple[float, float]
    scale: Literal["log", "linear"]
    help: str
    whole: bool = False
    label: str = ""

    @property
    def words(self) -> str:
        """Its name in words."""
        return self.label or _WORDS.get(self.name, self.name.replace("_", " ").capitalize())

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


def own_hyper(declared: Declaration, shipped: Iterable[Hyper]) -> Hyper:
    """What a visitor's text has ``declared``, with the slider of a ``shipped`` one of that name where that fits."""
    low, high = declared.bounds
    name, default = declared.name, declared.default
    for known in (hyper for hyper in shipped if hyper.name == name):
        start, end = max(low, known.slider[0]), min(high, known.slider[1])
        if start < end:
            whole = known.whole and default == round(default)
            return Hyper(name, known.symbol, default, declared.bounds, (start, end), known.scale, known.help, whole)
    reach = max(10 * abs(default), 1.0)
    slider = (max(low, default - reach), min(high, default + reach)) if high - low > _WIDE else declared.bounds
    return Hyper(name, symbol(name), default, declared.bounds, slider, "linear", "")
