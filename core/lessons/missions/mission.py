"""What a mission is: what a race starts from, what of it stays, what is asked of it, and the verdict."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from core.catalogue.optimizers import OPTIMIZERS
from core.engine.run import Run
from core.engine.scenarios import Scenario
from core.engine.status import point_text
from core.engine.summary import Race
from core.engine.trace import trace
from core.formula.words import counted, digits, listed


class Verdict(NamedTuple):
    """How a race stands to a mission.

    ``value`` is what is compared with par, the lower the better, and ``words`` tell it; ``missing`` says in a sentence
    what a race lacks that does not solve the mission.
    """

    value: float
    words: str
    missing: str = ""

    @property
    def solved(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


@dataclass(frozen=True)
class Goal:
    """What is asked of the runs that count; ``numbers`` are what it goes by, for the words of the task."""

    judge: Callable[[Race], Verdict]
    numbers: Mapping[str, float | str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Lock:
    """What a run must be to count: in words that follow "asks for", and as a test."""

    words: str
    holds: Callable[[Run], bool]


# What a mission can keep of the runs that it begins with, by the fields of a run, in words.
_KEPT: Mapping[str, Callable[[Run], str]] = {
    "objective": lambda run: f"the function {run.resolved_objective.name}",
    "start": lambda run: f"the start {point_text(run.start)}",
    "steps": lambda run: counted(run.steps),
    "noise": lambda run: f"noise of size {digits(run.noise)}" if run.noise else "no noise",
    "seed": lambda run: f"{digits(run.seed)} as the seed of the noise",
    "clip_norm": lambda run: f"gradients cut to {digits(run.clip_norm)}" if run.clip_norm else "uncut gradients",
    "schedule": lambda run: f"the schedule “{run.resolved_schedule.name}”",
}


@dataclass(frozen=True)
class Mission:
    """Something to make happen.

    ``text`` has a line for the title, one for the task, with names of numbers in braces, and three for hints,
    from vague to nearly the solution. A race begins with the runs of ``begin``. Of these stay the fields in
    ``keeps``, the learning rate within ``rates`` and, if any are given, the ``rules``; ``locks`` are whatever else a
    run must be to count. ``solved_by`` are fields of ``begin`` that solve it when they are replaced.
    """

    key: str
    level: int
    text: str
    begin: Scenario
    goal: Goal
    solved_by: Mapping[str, Any] = field(hash=False)
    keeps: tuple[str, ...] = ("objective", "start", "noise", "clip_norm")
    rules: tuple[str, ...] = ()
    rates: tuple[float, float] = (0.0, math.inf)
    locks: tuple[Lock, ...] = ()

    @property
    def title(self) -> str:
        """What it is called."""
        return self.text.splitlines()[0]

    @property
    def task(self) -> str:
        """What is to be made to happen, with its numbers."""
        numbers = {
            "noise": self.begin.given.get("noise", 0.0),
            "rate": self.rates[self.rates[0] == 0],
            **self.goal.numbers,
        }
        told = {name: value if isinstance(value, str) else digits(value) for name, value in numbers.items()}
        return self.text.splitlines()[1].format(**told)

    @property
    def hints(self) -> list[str]:
        """Three sentences that lead to a solution."""
        return self.text.splitlines()[2:]

    @property
    def solution(self) -> Scenario:
        """Runs that solve it."""
        return replace(self.begin, **self.solved_by)

    @cached_property
    def par(self) -> float:
        """The value that its stored solution reaches."""
        solution = self.solution
        return self.check(
            [(racer, trace(run)) for racer, run in zip(solution.racers, solution.runs(), strict=True)]
        ).value

    @cached_property
    def locked(self) -> tuple[Lock, ...]:
        """All that a run must be to count."""
        first = self.begin.runs()[0].completed

        def kept(name: str) -> Lock:
            return Lock(_KEPT[name](first), lambda run: bool(getattr(run.completed, name) == getattr(first, name)))

        locks = [kept(name) for name in self.keeps]
        if self.rules:
            names = " or ".join(OPTIMIZERS[rule].name for rule in self.rules)
            locks.append(Lock(names, lambda run: run.optimizer in self.rules))
        low, high = self.rates
        if low > 0 or high < math.inf:
            bound = f"at least {digits(low)}" if low > 0 else f"at most {digits(high)}"
            locks.append(Lock(f"a learning rate of {bound}", lambda run: low <= run.settings["lr"] <= high))
        return (*locks, *self.locks)

    def check(self, race: Race) -> Verdict:
        """How ``race`` stands to it, judged by nothing but its runs; those that break a lock do not count."""
        broken = [[lock.words for lock in self.locked if not lock.holds(path.run)] for _, path in race]
        counting = [pair for pair, words in zip(race, broken, strict=True) if not words]
        if counting:
            return self.goal.judge(counting)
        # Whoever comes nearest to counting, rules of one's own first, which race last.
        (racer, _), words = min(reversed([*zip(race, broken, strict=True)]), key=lambda one: len(one[1]))
        return Verdict(math.inf, "", f"{racer.name} does not count: this mission asks for {listed(words)}.")

    def against_par(self, value: float) -> str:
        """How ``value`` stands against par, in a sentence."""
        if digits(value) == digits(self.par):
            return "That is par."
        return f"Par is {digits(self.par)}{', and this is better' if value < self.par else ''}."
