"""Who can take part in a race: every rule, and a second copy of it with hyperparameters of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from core.catalogue.optimizers import OPTIMIZERS, PALETTE, Dash, Optimizer, optimizer
from core.catalogue.schedules import SCHEDULES
from core.formula import FormulaError

_COPY_DASHES: Mapping[str, Dash] = {"solid": "dot", "dash": "dot", "dot": "dash", "dashdot": "dash"}


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


RACERS: Mapping[str, Racer] = MappingProxyType(
    {key: Racer(key, shipped.name, shipped, shipped.dash) for key, shipped in OPTIMIZERS.items()}
    | {
        f"{key}2": Racer(f"{key}2", f"{shipped.name} 2", shipped, _COPY_DASHES[shipped.dash])
        for key, shipped in OPTIMIZERS.items()
    }
)


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


def own_racer(text: str) -> Racer:
    """The racer for a visitor's rule ``text``. Raises ``FormulaError`` with a sentence and a place."""
    if text in OPTIMIZERS or text.replace("_", "").isalnum():
        raise FormulaError("Every line is an assignment, such as x = x - lr*g.", text, 0, len(text))
    own = optimizer(text)
    for hyper in own.hypers:
        if hyper.name in _TAKEN:
            message = f"{hyper.name} is what a link calls the schedule of a rule; use another name."
            at = text.index(hyper.name)
            raise FormulaError(message, text, at, at + len(hyper.name))
    return Racer(own.key, own.name, own, own.dash)
