"""Who can take part in a race: every rule, as often as wanted, each with hyperparameters of its own."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from core.catalogue.optimizers import OPTIMIZERS, PALETTE, Dash, Optimizer, optimizer
from core.catalogue.schedules import SCHEDULES
from core.formula import FormulaError

# So often one rule may race; the dashes that its copies have, beginning behind its own.
ALIKE = 8
_DASHES: tuple[Dash, ...] = ("solid", "dot", "dash", "dashdot")
# What a first line that is a comment may call a rule: no sign that is markup anywhere.
_NAMED = re.compile(r"#[ \t]*([^\W_][\w +.,()–-]{1,30})[ \t]*(?:\n|$)")


@dataclass(frozen=True)
class Racer:
    """A rule under a name of its own. ``key`` begins the names of its hyperparameters in a link (``adam2_lr``).

    ``tint`` is a colour of its own, for races in which the rule is the same for all.
    """

    key: str
    name: str
    optimizer: Optimizer
    dash: Dash
    tint: str = ""

    @property
    def color(self) -> str:
        """The racer's own colour or else the rule's; a second copy differs by its dash."""
        return self.tint or self.optimizer.color


def _copy(shipped: Optimizer, count: int) -> Racer:
    dash = _DASHES[(_DASHES.index(shipped.dash) + count - 1) % len(_DASHES)]
    return Racer(counted_key(shipped.key, count), counted_name(shipped.name, count), shipped, dash)


def counted_key(key: str, count: int) -> str:
    """What the ``count``th racer with ``key`` is called: the first has the key itself."""
    return f"{key}{count}" if count > 1 else key


def counted_name(name: str, count: int) -> str:
    """The name of the ``count``th racer called ``name``."""
    return f"{name} {count}" if count > 1 else name


# All first ones before all second ones, as they are listed to choose from.
RACERS: Mapping[str, Racer] = MappingProxyType(
    {
        racer.key: racer
        for count in range(1, ALIKE + 1)
        for racer in (_copy(shipped, count) for shipped in OPTIMIZERS.values())
    }
)


def next_copy(racer: Racer, taken: Iterable[str]) -> Racer | None:
    """The first racer with the rule of ``racer`` whose key is not ``taken``, if there is one."""
    keys = (counted_key(racer.optimizer.key, count) for count in range(1, ALIKE + 1))
    return next((RACERS[key] for key in keys if key in RACERS and key not in {*taken}), None)


def distinct(racers: Iterable[Racer]) -> list[Racer]:
    """``racers``, each in its own colour unless that is taken, as long as there are enough."""
    made: list[Racer] = []
    for racer in racers:
        taken = {one.color for one in made}
        free = [racer.color, *PALETTE]
        made.append(replace(racer, tint=next((color for color in free if color not in taken), racer.color)))
    return made


# Behind the key of a racer, these name its schedule and the numbers of that in a link.
_TAKEN = {"schedule"} | {f"{key}_{hyper.name}" for key, schedule in SCHEDULES.items() for hyper in schedule.hypers}


def own_racer(text: str, count: int = 1) -> Racer:
    """The racer for a visitor's rule ``text``, the ``count``th of those that race.

    A comment in the first line is its name. Raises ``FormulaError`` with a sentence and a place.
    """
    if text in OPTIMIZERS or text.replace("_", "").isalnum():
        raise FormulaError("Every line is an assignment, such as x = x - lr*g.", text, 0, len(text))
    own = optimizer(text)
    for hyper in own.hypers:
        if hyper.name in _TAKEN:
            message = f"{hyper.name} is what a link calls the schedule of a rule; use another name."
            at = text.index(hyper.name)
            raise FormulaError(message, text, at, at + len(hyper.name))
    named = _NAMED.match(text)
    name = named[1].strip() if named else own.name
    if name in {racer.name for racer in RACERS.values()} or name == own.name:
        name = counted_name(own.name, count)
    return Racer(counted_key(own.key, count), name, own, own.dash)
