"""A run: everything that one optimizer on one objective depends on, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.catalogue.hypers import complete
from core.catalogue.objectives import Objective, objective
from core.catalogue.optimizers import Optimizer, optimizer
from core.catalogue.schedules import SCHEDULES, Schedule, schedule
from core.engine.program import Program, program
from core.engine.status import MAX_POSITION
from core.formula.words import outside

MAX_STEPS = 100_000

Hypers = Mapping[str, float] | tuple[tuple[str, float], ...]
"""Values by the names of hyperparameters; a ``Run`` keeps them as sorted pairs."""


class Ruled:
    """What a rule moves, with its settings and its schedule: a ``Run`` or a training.

    ``optimizer`` and ``schedule`` are catalogue keys or formula text. What is missing in ``hypers`` and
    ``schedule_hypers`` takes its default.
    """

    optimizer: str
    hypers: Hypers
    schedule: str
    schedule_hypers: Hypers

    @property
    def resolved_optimizer(self) -> Optimizer:
        """The declaration that ``optimizer`` names or writes."""
        return optimizer(self.optimizer)

    @property
    def resolved_schedule(self) -> Schedule:
        """The declaration that ``schedule`` names or writes."""
        return schedule(self.schedule)

    @property
    def settings(self) -> dict[str, float]:
        """The value of every hyperparameter of the rule, defaults included."""
        entry = self.resolved_optimizer
        return complete(entry.hypers, dict(self.hypers), entry.name)

    @property
    def schedule_settings(self) -> dict[str, float]:
        """The value of every hyperparameter of the schedule, defaults included."""
        entry = self.resolved_schedule
        return complete(entry.hypers, dict(self.schedule_hypers), entry.name)


@dataclass(frozen=True)
class Run(Ruled):
    """Everything a run depends on, as plain hashable values.

    ``objective`` is a catalogue key or formula text; ``start`` has one number per variable (one or two). ``noise`` is
    the standard deviation added to each coordinate of every gradient, drawn from ``default_rng((seed, t))`` at step t;
    ``clip_norm`` is the largest gradient norm, ``None`` for no limit.
    Raises ``ValueError`` (of which ``FormulaError`` is one) with name, range and value.
    """

    objective: str
    optimizer: str
    start: tuple[float, ...]
    steps: int = 500
    hypers: Hypers = ()
    schedule: str = "constant"
    schedule_hypers: Hypers = ()
    noise: float = 0.0
    clip_norm: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        # Frozen, so values are brought into their plain form through object's own setter.
        put = object.__setattr__
        put(self, "start", tuple(float(number) for number in self.start))
        put(self, "hypers", pairs(self.hypers))
        put(self, "schedule_hypers", pairs(self.schedule_hypers))
        if len(self.start) not in (1, 2):
            raise ValueError(f"start must have 1 or 2 numbers; {len(self.start)} were given.")
        for number in self.start:
            check_range("start", number, -MAX_POSITION, MAX_POSITION)
        put(self, "steps", whole("steps", self.steps, 1, MAX_STEPS))
        put(self, "seed", whole("seed", self.seed, 0, 2**63 - 1))
        check_range("noise", self.noise, 0.0, 1e6)
        if self.clip_norm is not None:
            check_range("clip_norm", self.clip_norm, 1e-12, 1e12)
        self.settings, self.schedule_settings, self.resolved_objective  # noqa: B018 (each checks what it reads)

    @property
    def resolved_objective(self) -> Objective:
        """The declaration that ``objective`` names or writes."""
        return objective(self.objective, len(self.start))

    @property
    def completed(self) -> "Run":
        """The same run with every default written out: two runs are the same if these are equal."""
        seed = self.seed if self.noise else 0
        return replace(self, hypers=self.settings, schedule_hypers=self.schedule_settings, seed=seed)

    @property
    def factors(self) -> npt.NDArray[np.float64]:
        """What ``lr`` is multiplied by at each step before the loop is entered, of shape ``(steps,)``.

        All are 1 for a schedule that follows the loss; that one multiplies inside the loop.
        """
        entry = self.resolved_schedule
        return np.ones(self.steps) if entry.follows_loss else entry.factors(self.steps, self.schedule_settings)

    @property
    def looped_schedule(self) -> Schedule:
        """The schedule that is left to the loop: none, which is the constant one, if all factors are known before."""
        return self.resolved_schedule if self.resolved_schedule.follows_loss else SCHEDULES["constant"]

    @property
    def schedule_inputs(self) -> tuple[np.float64, ...]:
        """The hyperparameters that the loop takes for its schedule, after those of the rule."""
        settings = self.schedule_settings
        return tuple(np.float64(settings[name]) for name in self.looped_schedule.parsed.hypers)

    @property
    def clip_limit(self) -> np.float64 | None:
        """``clip_norm`` as the compiled loop takes it."""
        return None if self.clip_norm is None else np.float64(self.clip_norm)

    def program(self, recording: bool) -> Program:
        """The compiled loop of this run (see ``core.engine.program``)."""
        return program(
            self.resolved_objective.parsed,
            self.resolved_optimizer.parsed,
            self.noise > 0,
            self.clip_norm is not None,
            recording,
            self.looped_schedule.parsed,
        )


def pairs(values: Hypers) -> Hypers:
    """``values`` as ``Ruled`` keeps them: sorted pairs of a name and a float."""
    return tuple(sorted((str(name), float(value)) for name, value in dict(values).items()))


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raises ``ValueError`` with the name, the range and the value unless that lies in ``[low, high]``."""
    if not low <= value <= high:
        raise ValueError(f"{name} must lie in {outside(value, low, high)}.")


def whole(name: str, value: float, low: int, high: int) -> int:
    """``value`` if it is a whole number in ``[low, high]``; otherwise raises ``ValueError`` likewise."""
    if isinstance(value, bool) or not low <= value <= high or value != int(value):
        bounds = f"[{low}, {high}]; {value} was given" if isinstance(value, bool) else outside(value, low, high)
        raise ValueError(f"{name} must be a whole number in {bounds}.")
    return int(value)
