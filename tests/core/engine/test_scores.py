"""Scores of a race: by hand where there is a formula, in gradients as the rules ask for them, and in words."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.catalogue.racers import RACERS, own_racer
from core.engine.scenarios import RACES
from core.engine.scores import (
    BEST,
    END,
    GRADIENTS,
    LEVEL,
    MEAN,
    MEASURES,
    SHARE,
    STEPS,
    Measure,
    Standings,
    default_target,
    recounted,
    standings,
)
from core.engine.summary import Race
from core.engine.tracks import FLOOR
from core.formula.words import digits
from tests.numerals import misprints

START = -4.0


def _race(rules: Mapping[str, Mapping[str, float]], objective: str = "rosenbrock", steps: int = 200) -> Race:
    start = OBJECTIVES[objective].start
    return [
        (RACERS[key], trace(Run(objective, RACERS[key].optimizer.key, start, steps, lr))) for key, lr in rules.items()
    ]


def _names(stand: Standings, measure: Measure) -> list[str]:
    return [stand.racers[place].name for place in stand.winners(measure)]


@pytest.mark.parametrize("lr", [0.05, 0.3, 0.9, 1.4])
def test_gradient_descent_on_the_parabola_scores_what_its_formula_says(lr: float) -> None:
    # Its loss after t steps is START²/2 · (1 − lr)^2t.
    steps, target = 20, 1e-2
    race = _race({"sgd": {"lr": lr}}, "parabola", steps)
    (score,) = standings(race, target).scores
    powers = math.log10(START**2 / 2) + math.log10((1 - lr) ** 2) * np.arange(steps + 1)
    # Rounding adds 1e-16 of the loss at each step.
    assert score.end == pytest.approx(max(10 ** powers[-1], FLOOR), rel=1e-12)
    assert (score.best, score.level) == (score.end, score.end)
    assert score.mean == pytest.approx(np.maximum(powers, math.log10(FLOOR)).mean(), rel=1e-12)
    reached = np.flatnonzero(powers <= math.log10(target))[:1].tolist()
    assert [score.steps, score.gradients] == 2 * (reached or [math.inf])


def test_the_start_may_be_the_target_and_the_target_itself_is_reached() -> None:
    race = _race({"sgd": {"lr": 0.5}}, "parabola", 4)
    for target, steps in ((8.0, 0), (2.0, 1), (math.nextafter(2.0, 0), 2)):
        assert standings(race, target).scores[0].steps == steps


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_gradients_up_to_each_point_add_up_to_those_of_the_run(key: str) -> None:
    rule = OPTIMIZERS[key]
    path = trace(Run("booth", key, (1.0, 1.5), 60, {"lr": 1e-3}))
    always, sometimes = rule.parsed.cost
    each = np.diff(path.gradients)
    assert path.gradients[0] == 0
    assert path.gradients[-1] == path.evaluations
    assert each.min() >= always
    assert each.max() <= always + sometimes


def test_a_path_that_is_cut_short_has_gradients_for_its_points_only() -> None:
    path = trace(Run("rosenbrock", "sam", (-1.5, 2.0), 50, {"lr": 0.01}))
    assert path.status.failed
    assert len(path.gradients) == len(path.x)
    # The step that failed asked for two more.
    assert path.evaluations == path.gradients[-1] + 2


def test_sam_is_charged_two_gradients_a_step_and_newton_what_it_declares() -> None:
    race = _race({"sgd": {"lr": 0.1}, "sam": {"lr": 0.1, "rho": 0.0}, "newton": {"lr": 0.1}}, "bowl", 100)
    stand = standings(race, 1e-3)
    for (racer, _), score in zip(race, stand.scores, strict=True):
        assert score.gradients == score.steps * racer.optimizer.parsed.cost[0]
    descent, sam, _ = stand.scores
    # With no radius SAM is gradient descent that asks twice.
    assert (sam.steps, sam.end) == (descent.steps, descent.end)
    assert sam.gradients == 2 * descent.gradients
    assert stand.shared == 100
    assert sam.level == race[0][1].loss[50]


def test_sam_gets_there_in_fewer_steps_and_gradient_descent_with_fewer_gradients() -> None:
    race = _race({"sgd": {"lr": 0.0015}, "sam": {"lr": 0.0015}}, "beale", 2000)
    stand = standings(race, default_target(race))
    for measure in (END, MEAN, STEPS):
        assert _names(stand, measure) == ["SAM"]
    for measure in (GRADIENTS, LEVEL):
        assert _names(stand, measure) == ["Gradient descent"]
    said = stand.sentence()
    assert said.startswith("Who wins depends on what is counted: **SAM** ends lowest")
    by_steps, by_gradients = said.split(";")
    assert f"gets to 0.01 in the fewest steps ({digits(stand.scores[1].steps)})" in by_steps
    assert f"**Gradient descent** gets to 0.01 with the fewest gradients ({digits(stand.scores[0].gradients)})" in (
        by_gradients
    )


def test_in_the_opening_race_adam_ends_lowest_and_momentum_stays_lowest() -> None:
    opening = RACES["valley"]
    race = [(RACERS[key], trace(run)) for key, run in zip(opening.rules, opening.runs(), strict=True)]
    stand = standings(race, default_target(race))
    assert _names(stand, END) == ["Adam"]
    assert _names(stand, MEAN) == ["Momentum"]


def test_the_order_of_the_racers_does_not_matter() -> None:
    race = _race({"sgd": {"lr": 8e-4}, "momentum": {"lr": 8e-4}, "sam": {"lr": 8e-4}, "adam": {"lr": 0.1}})
    there = standings(race, 5.0)
    for order in permutations(race):
        stand = standings(order, 5.0)
        assert set(zip(stand.racers, stand.scores, strict=True)) == set(zip(there.racers, there.scores, strict=True))
        for measure in stand.measures:
            assert _names(stand, measure) == _names(there, measure)
        assert stand.sentence() == there.sentence()


def test_who_reads_the_same_shares_the_first_place() -> None:
    race = _race({"sgd": {"lr": 0.3}, "sgd2": {"lr": 0.3 * (1 + 1e-9)}, "adam": {"lr": 1e-3}}, "bowl", 30)
    assert race[0][1].loss[-1] != race[1][1].loss[-1]
    stand = standings(race, 1e-3)
    for measure in stand.measures:
        assert stand.winners(measure) == [0, 1]
    assert "**Gradient descent** and **Gradient descent 2** end lowest" in stand.sentence()
    assert standings(race[::-1], 1e-3).sentence() == stand.sentence()


def test_what_lies_below_the_floor_is_one_place_and_says_so() -> None:
    race = _race({"sgd": {"lr": 0.3}, "newton": {"lr": 1.0}}, "bowl", 200)
    stand = standings(race, 1e-3)
    assert race[0][1].loss[-1] != race[1][1].loss[-1]
    assert stand.winners(END) == [0, 1]
    assert {stand.text(END, place) for place in (0, 1)} == {f"≤ {digits(FLOOR)}"}
    assert stand.winners(STEPS) == [1]


def test_a_run_that_fails_wins_nothing_wherever_it_was_before() -> None:
    # Past its limit of 2 gradient descent leaves from 1e-3, where Adam has not got to when it ends.
    race = [
        (RACERS["sgd"], trace(Run("parabola", "sgd", (1e-3,), 100, {"lr": 5.0}))),
        (RACERS["adam"], trace(Run("parabola", "adam", (-4.0,), 100, {"lr": 1e-3}))),
    ]
    assert race[0][1].status.failed
    stand = standings(race, 1e-3)
    assert stand.scores[0].best < stand.scores[1].best
    for measure in stand.measures:
        assert 0 not in stand.winners(measure)
        assert measure is BEST or stand.text(measure, 0) == "diverged"
    # What it asked for before it failed cuts nobody's race short.
    assert stand.shared == 100
    assert "Nobody gets to 0.001." in stand.sentence()


def test_where_everyone_fails_nobody_wins() -> None:
    race = _race({"sgd": {"lr": 1.0}, "momentum": {"lr": 1.0}})
    stand = standings(race, default_target(race))
    assert stand.sentence() == "Every run fails, so nobody wins."
    assert [stand.winners(measure) for measure in stand.measures] == [[]] * len(MEASURES)


def test_a_race_of_one_has_no_winner_and_is_told_all_the_same() -> None:
    race = _race({"sgd": {"lr": 0.3}}, "bowl", 50)
    stand = standings(race, 1e-3)
    assert [stand.winners(measure) for measure in stand.measures] == [[]] * len(MEASURES)
    assert f"gets to 0.001 with {digits(stand.scores[0].gradients)} gradients" in stand.sentence()
    failed = standings(_race({"sgd": {"lr": 5.0}}), 1e-3)
    assert "runs alone. Diverged at step" in failed.sentence()


def test_without_a_known_minimum_losses_are_as_they_are_and_have_no_logarithm() -> None:
    race = _race({"sgd": {"lr": 0.01}, "adam": {"lr": 0.05}}, "cubic", 100)
    target = default_target(race)
    stand = standings(race, target)
    assert stand.minimum is None
    assert MEAN not in stand.measures
    assert [score.end for score in stand.scores] == [path.loss[-1] for _, path in race]
    lowest = min(path.loss.min() for _, path in race)
    # The target is rounded to six digits.
    assert target == pytest.approx(lowest + SHARE * (race[0][1].loss[0] - lowest), rel=1e-5)
    assert _names(stand, STEPS) == _names(stand, END)


def test_losses_count_from_a_minimum_that_is_not_zero() -> None:
    race = _race({"sgd": {"lr": 0.012}, "momentum": {"lr": 0.012}}, "quartic", 200)
    stand = standings(race, default_target(race))
    minimum = OBJECTIVES["quartic"].minimum
    assert minimum
    assert stand.heading(END) == "Loss above the minimum at the end"
    for score, (_, path) in zip(stand.scores, race, strict=True):
        assert score.end == path.loss[-1] - minimum
    assert stand.loss_text(minimum) == f"≤ {digits(FLOOR)}"
    assert stand.loss_text(minimum + 0.5) == "0.5"
    assert stand.loss_text(math.inf) == "fails"


def test_a_path_below_the_declared_minimum_is_not_counted_from_it() -> None:
    # The sheet of McCormick's function falls without end beyond its domain.
    run = Run("mccormick", "sgd", (-1.5, -3.0), 200, {"lr": 0.5})
    path = trace(run)
    assert path.loss.min() < (run.resolved_objective.minimum or 0.0) - 1
    below = [(RACERS["sgd"], path)]
    assert standings(below, 1.0).minimum is None
    # A target that was set above the minimum stays the same loss.
    above = [(RACERS["sgd"], trace(replace(run, hypers={"lr": 1e-3})))]
    minimum = standings(above, 1.0).minimum
    assert minimum
    assert recounted(0.5, above, below) == 0.5 + minimum
    assert recounted(0.5, above, above) == 0.5


@pytest.mark.parametrize("key", OBJECTIVES)
def test_the_target_lies_between_the_start_and_the_minimum(key: str) -> None:
    race = _race({"sgd": {"lr": 1e-4}, "adam": {"lr": 0.01}}, key)
    target = default_target(race)
    first, minimum = race[0][1].loss[0], OBJECTIVES[key].minimum
    if minimum is not None:
        # Rounded to one digit.
        assert target == pytest.approx(SHARE * (first - minimum), rel=0.5)
    else:
        assert min(path.loss.min() for _, path in race) < target < first


def test_a_target_is_a_number_where_the_start_is_the_minimum_or_has_no_loss() -> None:
    assert default_target([(RACERS["sgd"], trace(Run("parabola", "sgd", (0.0,), 5)))]) == SHARE
    assert default_target([(RACERS["sgd"], trace(Run("log(x)", "sgd", (-1.0,), 5)))]) == SHARE


def test_a_rule_of_ones_own_races_and_one_without_gradients_is_charged_none() -> None:
    runs = {text: own_racer(text) for text in ("x = x - lr*g", "x = 0.9*x", "h = grad(x - lr*g)\nx = x - lr*h")}
    race = [(racer, trace(Run("parabola", text, (START,), 50, {"lr": 0.3}))) for text, racer in runs.items()]
    stand = standings(race, 1e-2)
    assert [path.gradients[-1] for _, path in race] == [50, 0, 100]
    assert stand.shared == 50
    assert [score.gradients / score.steps for score in stand.scores] == [1, 0, 2]


@pytest.mark.parametrize("key", RACES)
def test_what_is_said_of_a_race_has_its_numbers_as_numbers_are_written(key: str) -> None:
    scenario = RACES[key]
    race = [(RACERS[rule], trace(run)) for rule, run in zip(scenario.rules, scenario.runs(), strict=True)]
    stand = standings(race, default_target(race))
    said = stand.sentence()
    assert misprints(said) == []
    for words in re.findall(r"\(([^)]*)\)", said):
        assert words in {stand.text(measure, place) for measure in MEASURES for place in range(len(race))}
    for place, measure in ((place, measure) for measure in MEASURES for place in range(len(race))):
        assert misprints(stand.text(measure, place)) == []
