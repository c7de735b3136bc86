"""A demonstration: a few runs side by side on one objective, what of them can be turned, and what to look for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import Objective
from core.catalogue.optimizers import OPTIMIZERS, Dash, optimizer
from core.catalogue.racers import Racer
from core.catalogue.schedules import SCHEDULES
from core.engine.run import Run
from core.engine.summary import Race, retell
from core.engine.trace import trace


@dataclass(frozen=True)
class Turn:
    """A number that can be turned: that of ``hyper``, for the racers with the keys ``of``.

    ``hyper`` is named as the program of a run names it (``core.engine.live``): a hyperparameter of the rule, one of the
    schedule after the schedule's key, ``noise`` or ``clip_norm``.
    """

    hyper: Hyper
    of: tuple[str, ...]

    @property
    def key(self) -> str:
        """What it is called in a link, after the demonstration."""
        return "_".join((*self.of, self.hyper.name))


@dataclass(frozen=True, eq=False)
class Demo:
    """Runs side by side from the start of ``objective``, ``steps`` long.

    ``entrants`` are who runs, each with the fields of its ``Run`` that nobody turns; ``turns`` are all other numbers in
    which they differ from their defaults. ``tell`` says what happened, and ``beside`` is the view beside the landscape.
    ``look_for`` says in a sentence or two what to look at.
    """

    key: str
    title: str
    look_for: str
    objective: Objective
    steps: int
    entrants: tuple[tuple[Racer, Mapping[str, Any]], ...]
    turns: tuple[Turn, ...]
    tell: Callable[[Race], Sequence[str]] = retell
    beside: Literal["loss", "norm", "rate"] = "loss"

    def race(
        self,
        start: tuple[float, ...] | None = None,
        steps: int | None = None,
        turned: Mapping[str, float] | None = None,
    ) -> Race:
        """The runs, in order; what is not given, or of the ``turns`` by their keys not ``turned``, is as declared."""
        race = []
        for racer, given in self.entrants:
            rule = racer.optimizer.reference
            run = Run(self.objective.reference, rule, start or self.objective.start, steps or self.steps, **given)
            for turn in self.turns:
                if racer.key in turn.of:
                    run = _with(run, turn.hyper.name, (turned or {}).get(turn.key, turn.hyper.default))
            race.append((racer, trace(run)))
        return race


def _with(run: Run, name: str, value: float) -> Run:
    """``run`` with another number."""
    if name in run.settings:
        return replace(run, hypers={**run.settings, name: value})
    if name.startswith(prefix := f"{run.schedule}_"):
        return replace(run, schedule_hypers={**run.schedule_settings, name.removeprefix(prefix): value})
    numbers: dict[str, Any] = {name: value}
    return replace(run, **numbers)


def variant(key: str, name: str, rule: str, color: str, dash: Dash = "solid") -> Racer:
    """Who runs by ``rule``, a key or a text, under a name and in a colour of its own."""
    return Racer(key, name, optimizer(rule), dash, color)


def hyper_turn(name: str, default: float, *of: str) -> Turn:
    """The hyperparameter ``name`` of a shipped rule, the first of ``of`` if it is one, with a default."""
    rules = [OPTIMIZERS[of[0]]] if of[0] in OPTIMIZERS else OPTIMIZERS.values()
    hyper = next(one for rule in rules for one in rule.hypers if one.name == name)
    return Turn(replace(hyper, default=default), of)


def schedule_turn(schedule: str, name: str, default: float, *of: str) -> Turn:
    """The hyperparameter ``name`` of ``schedule``, with a default."""
    (hyper,) = (one for one in SCHEDULES[schedule].hypers if one.name == name)
    return Turn(replace(hyper, name=f"{schedule}_{name}", default=default), of)


def noise_turn(default: float, most: float, *of: str) -> Turn:
    """The noise of the gradients, up to ``most`` on its dial."""
    noise = "Standard deviation of what is added to each coordinate of the gradient."
    return Turn(Hyper("noise", r"\sigma", default, (0, 1e3), (0, most), "linear", noise, label="Gradient noise"), of)


def clip_turn(default: float, *of: str) -> Turn:
    """The largest norm that a gradient may have."""
    clip = "Longer gradients are scaled down to it."
    return Turn(
        Hyper("clip_norm", "c", default, (1e-3, 1e6), (0.1, 100), "log", clip, label="Largest gradient norm"), of
    )
