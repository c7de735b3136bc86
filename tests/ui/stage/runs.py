"""Runs as pages open with them, as a stage shows them."""

from dataclasses import replace

from core import trace
from core.engine.scenarios import DESCENTS, RACES, Scenario
from core.lessons.prediction import Shown


def race(adam: float = 0.1) -> Shown:
    """The race of the Optimizers page, with another rate for Adam."""
    scenario = RACES["valley"]
    return _shown(replace(scenario, rules={**scenario.rules, "adam": {"lr": adam}}))


def descent(steps: int = 45) -> Shown:
    """The walk of the Foundations page."""
    return _shown(replace(DESCENTS["walk"], steps=steps))


def _shown(scenario: Scenario) -> Shown:
    runs = zip(scenario.racers, scenario.runs(), strict=True)
    return Shown(scenario.resolved_objective, [(racer, trace(run)) for racer, run in runs])
