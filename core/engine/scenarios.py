"""Prepared runs worth looking at: what the pages open with and offer to load."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from core.catalogue.objectives import OBJECTIVES, Objective, objective
from core.catalogue.racers import RACERS, Racer, own_racer
from core.engine.run import Run


@dataclass(frozen=True)
class Scenario:
    """An objective, the racers on it with the hyperparameters that differ from their defaults, and why.

    ``objective`` is a key or a formula, and ``rules`` has the key of each racer or the text of a rule. All start at the
    objective's own start unless ``start`` is given, as it is for a formula. ``given`` are fields of ``Run`` that all
    share, such as ``noise``, and ``own`` those of single racers, such as a schedule.
    """

    key: str
    title: str
    idea: str
    objective: str
    rules: Mapping[str, Mapping[str, float]] = field(hash=False)
    steps: int = 500
    start: tuple[float, ...] | None = None
    given: Mapping[str, Any] = field(default_factory=dict, hash=False)
    own: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)

    @property
    def resolved_objective(self) -> Objective:
        """The objective's declaration."""
        return OBJECTIVES.get(self.objective) or objective(self.objective, len(self.start or ()))

    @property
    def racers(self) -> list[Racer]:
        """Who races, in the order given."""
        texts = [rule for rule in self.rules if rule not in RACERS]
        return [RACERS.get(rule) or own_racer(rule, texts.index(rule) + 1) for rule in self.rules]

    def runs(self) -> list[Run]:
        """The runs of all racers, in the order given."""
        start = self.start or self.resolved_objective.start
        return [
            Run(
                self.objective,
                racer.optimizer.reference,
                start,
                self.steps,
                self.rules[rule],
                **self.given,
                **self.own.get(rule, {}),
            )
            for rule, racer in zip(self.rules, self.racers, strict=True)
        ]

    @cached_property
    def completed(self) -> frozenset[Run]:
        """Its runs with every default written out, by which it is known."""
        return frozenset(run.completed for run in self.runs())


def _catalogue(*scenarios: Scenario) -> Mapping[str, Scenario]:
    return MappingProxyType({scenario.key: scenario for scenario in scenarios})


# Races of several rules in two variables; the first is what the Optimizers page opens with.
RACES = _catalogue(
    Scenario(
        "valley",
        "Four rules, tuned by hand",
        "Each rule has a learning rate that suits it. The winner is decided by that choice more than by the rule.",
        "rosenbrock",
        {"sgd": {"lr": 0.0008}, "momentum": {"lr": 0.0008}, "rmsprop": {"lr": 0.01}, "adam": {"lr": 0.1}},
    ),
    Scenario(
        "one_rate",
        "One learning rate for all",
        "At 0.0008 gradient descent, momentum and Nesterov make progress, while the adaptive rules, whose steps do not "
        "grow with the slope, hardly leave the start.",
        "rosenbrock",
        {rule: {"lr": 0.0008} for rule in ("sgd", "momentum", "nesterov", "rmsprop", "adam")},
        steps=2000,
    ),
    Scenario(
        "too_fast",
        "A little too fast",
        "At 0.003 momentum, Nesterov and gradient descent diverge within a few steps; RMSProp and Adam, whose steps do "
        "not grow with the slope, do not.",
        "rosenbrock",
        {rule: {"lr": 0.003} for rule in ("sgd", "momentum", "nesterov", "rmsprop", "adam")},
        steps=2000,
    ),
    Scenario(
        "beale",
        "Beale from (1, 1)",
        "At the start the gradient points straight along y and gives no hint that the minimum lies further along x.",
        "beale",
        {rule: {"lr": 0.001} for rule in ("sgd", "momentum", "adam")},
        steps=1000,
    ),
    Scenario(
        "saddle",
        "Leaving a saddle",
        "The start is a thousandth away from the line on which every rule without noise ends in the saddle.",
        "saddle",
        {"sgd": {"lr": 0.1}, "momentum": {"lr": 0.1}, "adam": {"lr": 0.1}},
        steps=200,
    ),
    Scenario(
        "basins",
        "Four minima, one start",
        "Which minimum a rule ends in depends on the start and on how far its first steps carry it.",
        "himmelblau",
        {"sgd": {"lr": 0.01}, "momentum": {"lr": 0.01}, "rmsprop": {"lr": 0.05}, "adam": {"lr": 0.3}},
        steps=300,
        start=(-0.2, 0.7),
    ),
)

# Descents in one variable; the first is what the Foundations page opens with.
DESCENTS = _catalogue(
    Scenario(
        "walk",
        "A walk to the bottom",
        "Every step goes against the slope and shrinks with it. Turn the learning rate α past 2, and the walk runs "
        "away.",
        "parabola",
        {"sgd": {"lr": 0.3}},
        steps=45,
    ),
    Scenario(
        "tenfold",
        "Ten times the learning rate",
        "Now every step jumps across the bottom and lands twice as far away as it began: the walk leads uphill, for "
        "ever.",
        "parabola",
        {"sgd": {"lr": 3.0}},
        steps=45,
    ),
    Scenario(
        "stall",
        "The run that never arrives",
        "On the way to the minimum at 2.25 the slope vanishes at the flat inflection at 0, and each step is as short "
        "as the slope is small.",
        "quartic",
        {"sgd": {"lr": 0.012}},
        steps=500,
    ),
    Scenario(
        "arrive",
        "The same hill from the other side",
        "Started at 0.5, beyond the inflection, the same learning rate reaches the minimum.",
        "quartic",
        {"sgd": {"lr": 0.012}},
        steps=100,
        start=(0.5,),
    ),
    Scenario(
        "through",
        "Rules with memory",
        "At the same rate of 0.012 momentum and Nesterov roll through the flat inflection and settle at the minimum. "
        "RMSProp remembers how steep it was but not where it was going, so it creeps just as gradient descent does.",
        "quartic",
        {rule: {"lr": 0.012} for rule in ("sgd", "momentum", "nesterov", "rmsprop")},
        steps=200,
    ),
    Scenario(
        "bounce",
        "Too large, and still bounded",
        "At 0.12 the learning rate is above the stability limit 8/81, yet the curve's walls keep the point hopping "
        "between two places.",
        "quartic",
        {"sgd": {"lr": 0.12}},
        steps=100,
        start=(0.5,),
    ),
    Scenario(
        "wells",
        "The nearer well, not the deeper",
        "Gradient descent ends in the well on whose side it starts.",
        "double_well",
        {"sgd": {"lr": 0.1}},
        steps=200,
    ),
)

# Gradient descent on landscapes of two variables, for the mountain picture; the first is what it opens with.
HILLS = _catalogue(
    Scenario(
        "himmelblau_hill",
        "Four valleys",
        "The ball ends in the valley on whose slope it starts. Move the start across a ridge, and it ends in another.",
        "himmelblau",
        {"sgd": {"lr": 0.005}},
        steps=120,
    ),
    Scenario(
        "ravine_hill",
        "A ravine",
        "Here the steepest way down points almost across the ravine, and the ball zigzags: the steepest direction is "
        "not the one to the minimum.",
        "ravine",
        {"sgd": {"lr": 0.018}},
        steps=120,
    ),
    Scenario(
        "saddle_hill",
        "A saddle",
        "A flat place that is no valley: the slope vanishes on the saddle, and the ball lingers there before it falls.",
        "saddle",
        {"sgd": {"lr": 0.1}},
        steps=120,
    ),
)
