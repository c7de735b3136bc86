"""Trainings at many learning rates, by many rules, from many seeds: what is swept, what it costs, and its table.

Nothing here imports torch before something is computed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from core.catalogue.optimizers import Optimizer, optimizer
from core.formula.rule import Kind, Rule
from core.formula.torch_class import needs_closure
from core.formula.tree import calls_in, names_in
from core.formula.vocabulary import GLOBAL_FUNCTIONS, TENSOR_FUNCTIONS
from core.formula.words import counted, digits, listed
from core.problems.training.engines import Engine
from core.problems.training.settings import Training

if TYPE_CHECKING:
    from core.problems.training.stack import Ends

Array = npt.NDArray[np.float64]

# Seeds whose networks are trained together. A number of its own, so that no result depends on who computes.
_SEEDS_TOGETHER = 4
# Multiplications of a step beyond which networks of a stack would share the processor's memory, not its time.
_MOST_TOGETHER = 5e8
# A step takes about as long as so many multiplications before it has done one; so does a training.
_STEP, _BEGIN = 3e6, 1e8
# Half a minute or so of two processors.
MOST_SWEEP = 1.2e11


@dataclass(frozen=True)
class Sweep:
    """What is swept: ``training`` by each of ``rules`` (catalogue keys or texts), at each of ``rates``, of each seed.

    The rule of ``training`` keeps its hyperparameters; the others have their defaults. Raises ``ValueError``.
    """

    training: Training
    rules: tuple[str, ...]
    rates: tuple[float, ...]
    seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        for name in ("rules", "rates", "seeds"):
            values = tuple(getattr(self, name))
            object.__setattr__(self, name, values)
            if not values or len(set(values)) < len(values):
                raise ValueError(f"{name} must be one or more, each once; {list(values)} were given.")
        self.units  # noqa: B018 (each training checks itself)

    @cached_property
    def optimizers(self) -> tuple[Optimizer, ...]:
        """The declarations of the rules."""
        return tuple(map(optimizer, self.rules))

    @cached_property
    def units(self) -> tuple["Unit", ...]:
        """The tasks: for each rule, and then each few of the seeds, the trainings at all rates."""
        groups = [self.seeds[begin : begin + _SEEDS_TOGETHER] for begin in range(0, len(self.seeds), _SEEDS_TOGETHER)]
        made = []
        for rule, seeds in product(self.rules, groups):
            own = dict(self.training.hypers) if rule == self.training.optimizer else {}
            first, *_ = [
                replace(self.training, optimizer=rule, hypers={**own, "lr": rate}, seed=seed)
                for seed, rate in product(seeds, self.rates)
            ]
            made.append(Unit(first, self.rates, seeds))
        return tuple(made)

    @property
    def count(self) -> int:
        """How many trainings there are."""
        return len(self.rules) * len(self.rates) * len(self.seeds)

    @property
    def notes(self) -> list[str]:
        """Why some networks are trained one after the other, in sentences."""
        return list(dict.fromkeys(unit.apart for unit in self.units if unit.apart))

    @property
    def cost(self) -> float:
        """What it costs in multiplications, roughly; what a step takes beside them is counted as some."""
        return sum(unit.cost for unit in self.units)


class Unit(NamedTuple):
    """One training at many rates, of some seeds."""

    training: Training
    rates: tuple[float, ...]
    seeds: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many trainings it is."""
        return len(self.rates) * len(self.seeds)

    @property
    def apart(self) -> str:
        """Why its networks are trained one after the other, in a sentence; empty if they are trained together."""
        training = self.training
        entry = training.resolved_optimizer
        if reason := _asks_more(entry.parsed):
            return f"{entry.name} {reason}, so its networks are trained one after the other."
        if training.model_values.get("normalisation") == "batch":
            return "Batch norm keeps running means, so the networks are trained one after the other."
        if training.work / training.steps * self.size > _MOST_TOGETHER:
            return "A step is so large that the networks are trained one after the other."
        return ""

    @property
    def cost(self) -> float:
        """What it costs, as ``Sweep.cost``."""
        apart = self.size if self.apart else 1
        return self.training.work * self.size + apart * (_BEGIN + _STEP * self.training.steps)

    def computed(self) -> "Ends":
        """How its trainings end. Imports torch."""
        from core.problems.training.stack import one_by_one, together

        return one_by_one(*self) if self.apart else together(*self)


def _asks_more(rule: Rule) -> str:
    """What ``rule`` does that stacked weights do not allow; nothing if it treats every weight by itself."""
    trees = [*rule.initial.values(), *(line.tree for line in rule.lines)]
    if needs_closure(rule):
        return "asks for losses or gradients itself"
    called = {call.function for tree in trees for call in calls_in(tree)}
    if whole := sorted(called & {*TENSOR_FUNCTIONS, *GLOBAL_FUNCTIONS}):
        return f"looks at whole tensors ({listed(whole)})"
    depends, before = {"lr"}, 0
    while before < len(depends):
        before = len(depends)
        assigned = [*rule.initial.items(), *((line.name, line.tree) for line in rule.lines)]
        depends |= {name for name, tree in assigned if depends & set(names_in(tree))}
    tests = [call.arguments[0] for tree in trees for call in calls_in(tree) if call.function == "where"]
    if any(rule.kind(test) is Kind.SHARED and depends & set(names_in(test)) for test in tests):
        return "decides by its learning rate what to do"
    return ""


@dataclass(frozen=True, eq=False)
class Table:
    """How the trainings of a sweep ended; its arrays have the shape ``(rules, rates, seeds)``.

    Losses are means over all rows, NaN where a training diverged; ``diverged_at`` is the step of that, or 0.
    """

    sweep: Sweep
    train_loss: Array
    valid_loss: Array
    diverged_at: npt.NDArray[np.int64]

    @property
    def diverged(self) -> npt.NDArray[np.bool_]:
        """Which trainings diverged."""
        return self.diverged_at > 0

    @cached_property
    def spread(self) -> "Spread":
        """The loss on the rows held back over the seeds."""
        # One that diverged is higher than any.
        losses = np.sort(np.where(self.diverged, np.inf, self.valid_loss), axis=2)
        low, high = losses[:, :, 0], losses[:, :, -1]
        # Of two the higher: between a number and infinity there is none.
        return Spread(low, losses[:, :, losses.shape[2] // 2], high)

    @property
    def sentence(self) -> str:
        """Which rule ends lowest at which rate, and how often trainings diverged."""
        median = self.spread.median
        seeds = counted(len(self.sweep.seeds), "seed")
        if not np.isfinite(median).any():
            return f"No rule at any of these learning rates keeps the median of {seeds} from diverging."
        row, column = np.unravel_index(int(np.argmin(median)), median.shape)
        lost = int(self.diverged.sum())
        return (
            f"{self.sweep.optimizers[row].name} at {digits(self.sweep.rates[column])} ends lowest: "
            f"{digits(median[row, column])} on the rows held back, the median of {seeds}. "
            f"{digits(lost)} of {counted(self.diverged.size, 'training')} diverged."
        )


def rates_between(low: float, high: float, count: int) -> tuple[float, ...]:
    """``count`` learning rates of three digits, evenly spaced on a log scale. Raises ``ValueError``."""
    if not 0 < low < high:
        raise ValueError(f"low must be above 0 and below high; {digits(low)} and {digits(high)} were given.")
    return tuple(float(f"{rate:.3g}") for rate in np.geomspace(low, high, count))


class Spread(NamedTuple):
    """The lowest, the middle and the highest over the seeds, of shape ``(rules, rates)``; infinite if diverged."""

    low: Array
    median: Array
    high: Array


def too_dear(plan: Sweep, most: float = MOST_SWEEP) -> str:
    """Why ``plan`` costs more than ``most``, and what to lower; empty if it does not."""
    if plan.cost <= most:
        return ""
    lower = ["fewer steps", "fewer rates, rules or seeds", "smaller batches", "a smaller model"]
    alone = " Rules that allow training together cost far less." if plan.notes else ""
    return (
        f"These {counted(plan.count, 'training')} cost about {digits(plan.cost / most, '.2g')} times as much as a page "
        f"may spend. Take {', '.join(lower[:-1])} or {lower[-1]}.{alone}"
    )


def sweep(plan: Sweep, engine: Engine | None = None, told: Callable[[int, int], object] | None = None) -> Table:
    """The table of ``plan``, which does not depend on what computes it, bit for bit.

    ``told`` is called with how many tasks are done, and of how many. Raises
    ``ImportError`` where the engine's library is missing.
    """
    units = plan.units
    ends: list[Ends] = []
    for end in (engine or Engine()).computed([partial(Unit.computed, unit) for unit in units]):
        ends.append(end)
        if told is not None:
            told(len(ends), len(units))
    shape = (len(plan.rules), len(plan.seeds), len(plan.rates))
    learnt, judged, failed = (
        np.concatenate([getattr(end, name) for end in ends]).reshape(shape).swapaxes(1, 2)
        for name in ("train_loss", "valid_loss", "diverged_at")
    )
    return Table(plan, learnt, judged, failed)
