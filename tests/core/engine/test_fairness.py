"""Equal terms: everyone is tuned with as many gradients, to a rate that theory knows, and not by luck."""

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace, trace_many
from core.catalogue.racers import RACERS, Racer, own_racer
from core.engine import fairness
from core.engine.fairness import (
    MOST_RATES,
    OTHERS,
    RATES,
    Budget,
    affordable,
    as_declared,
    at_one_rate,
    common_rates,
    robustness,
    searched,
    second,
    too_dear,
    tried_rates,
    tried_values,
    tuned,
)
from core.engine.sensitivity import late, without
from core.engine.summary import Race
from core.engine.trace import Path
from core.problems.theory import curvature


def _path(
    key: str, objective: str = "rosenbrock", steps: int = 300, noise: float = 0.0, **hypers: float
) -> tuple[Racer, Path]:
    racer, start = RACERS[key], OBJECTIVES[objective].start
    return racer, trace(Run(objective, racer.optimizer.key, start, steps, hypers, noise=noise))


def _search(run: Run, budget: Budget) -> tuple[float, ...]:
    return searched(without(run, "lr"), tried_rates(run, budget.rates))


# --- The same rate, the library's settings ---


def test_at_one_rate_nothing_but_the_rate_changes() -> None:
    race = [_path("momentum", beta=0.5, lr=1e-4), _path("adam", lr=0.1, beta2=0.9)]
    for (_, before), (_, after) in zip(race, at_one_rate(race, 1e-3), strict=True):
        assert after.run.settings == before.run.settings | {"lr": 1e-3}
        assert replace(after.run, hypers=before.run.hypers) == before.run


def test_a_run_that_is_on_those_terms_already_is_not_run_again() -> None:
    race = [_path("adam"), _path("sgd", lr=0.0005)]
    library = as_declared(race)
    assert library[0][1] is race[0][1]
    assert library[1][1].run.settings == {"lr": OPTIMIZERS["sgd"].hypers[0].default}
    assert at_one_rate(race, 0.0005)[1][1] is race[1][1]


def test_rates_for_all_are_those_that_every_rule_takes() -> None:
    own = "lr: (0.01, 0.1) = 0.05\nx = x - lr*g"
    mine = (own_racer(own), trace(Run("parabola", own, (1.0,), 10)))
    assert common_rates([mine, _path("sgd", "parabola")]) == (0.01, 0.1)
    other = own.replace("0.01, 0.1", "0.2, 3").replace("0.05", "1")
    low, high = common_rates([mine, (own_racer(other), trace(Run("parabola", other, (1.0,), 10)))])
    assert low > high


# --- As many gradients for everyone ---


@pytest.mark.parametrize("key", OPTIMIZERS)
@pytest.mark.parametrize("lr", [1e-4, 1e4])
def test_a_tuned_run_asks_for_as_many_gradients_as_the_race_has_steps(key: str, lr: float) -> None:
    steps = 101
    racer, path = _path(key, "booth", steps, lr=lr)
    one = tuned(racer, path, Budget(20))
    assert one.chosen
    spent = trace(one.run).gradients[-1]
    most = sum(racer.optimizer.parsed.cost)
    assert steps - most < spent <= steps


def test_tuning_costs_everyone_rates_times_gradients() -> None:
    steps, rates = 60, 12
    for key in ("sgd", "sam", "newton", "sophia", "adam"):
        racer, path = _path(key, "matyas", steps)
        one = tuned(racer, path, Budget(rates))
        tried = [
            trace(replace(one.run, hypers=one.run.settings | {"lr": rate})) for rate in tried_rates(path.run, rates)
        ]
        spent = sum(int(one.gradients[-1]) for one in tried if not one.status.failed)
        ran = sum(not one.status.failed for one in tried)
        assert one.runs == len(tried) == rates
        # A run ends with the last whole step that it has gradients for.
        assert ran * (steps - sum(racer.optimizer.parsed.cost)) < spent <= ran * steps
        assert ran >= 6


def test_a_rule_that_always_fails_is_given_steps_by_what_it_declares() -> None:
    path = trace(Run("log(x) + y", "sam", (-1.0, 1.0), 90, {"lr": 1.0}))
    assert path.status.failed
    assert affordable(path, 90) == 45


def test_what_a_rule_asks_for_that_fails_as_it_is_set_is_counted_where_it_does_not() -> None:
    # By its text it may ask for two gradients a step, and never does.
    text = "h = where(t > 1000000, grad(x), g)\nx = x - lr*h"
    path = trace(Run("booth", text, (1.0, 1.5), 90, {"lr": 10.0}))
    assert path.status.failed
    assert affordable(path, 90) == 90


# --- The rate that is chosen ---


def test_the_tuned_rate_of_gradient_descent_on_the_bowl_is_the_one_of_theory() -> None:
    bowl = OBJECTIVES["bowl"]
    curved = curvature(bowl.parsed, bowl.minima[0])
    best = 2 / (curved.largest + curved.smallest)
    # Sixty rates over four decades are 17 % apart, and the one above must do as well.
    for count, far in ((RATES, 1.17), (MOST_RATES, 1.12)):
        one = tuned(*_path("sgd", "bowl", 40), Budget(count))
        assert best / far**1.5 < one.chosen["lr"] <= best * far**0.5
    # Twice that is past the limit 2/L.
    assert one.twice > one.level
    assert one.half > one.level


def test_what_is_tuned_does_not_depend_on_the_rate_that_is_set() -> None:
    asked = []

    def search(*given: Any) -> tuple[float, float, float, float, float]:
        asked.append(given)
        return searched(*given)

    for lr, beta in ((1e-3, 0.5), (0.2, 0.9)):
        racer, path = _path("momentum", "bowl", 50, lr=lr, beta=beta)
        tuned(racer, path, Budget(20, OTHERS), search)
    assert asked[0] == asked[1]


def test_how_low_a_setting_ends_is_the_median_of_its_last_losses() -> None:
    racer, path = _path("momentum", steps=200)
    one = tuned(racer, path, Budget(RATES))
    for factor, level in ((1.0, one.level), (0.5, one.half)):
        run = replace(one.run, hypers=one.run.settings | {"lr": one.chosen["lr"] * factor})
        # Equal but for how pow rounds in an array.
        assert level == pytest.approx(float(np.median(trace(run).loss[-late(200) :])), rel=1e-9)
    assert math.isinf(one.twice)


def test_a_lucky_last_step_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("bowl", "sgd", (1.0, 1.0), 50)
    many = trace_many(run, hypers={"lr": np.full(20, 0.1)})
    late_loss = np.linspace(3.0, 2.0, 20)
    lucky = replace(many, loss=np.where(np.arange(20) == 4, 0.0, late_loss), late_loss=late_loss)
    monkeypatch.setattr(fairness, "trace_many", lambda *_, hypers, **__: lucky if len(hypers["lr"]) == 20 else cut)
    cut = replace(many, late_loss=np.ones(3), diverged_at=np.full(3, -1))
    assert _search(run, Budget(20))[0] == tried_rates(run, 20)[-1]


def test_a_rate_beside_which_runs_fail_is_not_chosen_on_a_fine_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("bowl", "sgd", (1.0, 1.0), 50)
    count = MOST_RATES
    many = trace_many(run, hypers={"lr": np.full(count, 0.1)})
    losses, failed = np.full(count, 1.0), np.full(count, -1)
    losses[70], failed[71] = 0.0, 3
    losses[30:35] = 0.5
    fine = replace(many, late_loss=losses, diverged_at=failed)
    rest = replace(many, late_loss=np.ones(3), diverged_at=np.full(3, -1))
    monkeypatch.setattr(fairness, "trace_many", lambda *_, hypers, **__: fine if len(hypers["lr"]) == count else rest)
    assert _search(run, Budget(count))[0] == tried_rates(run, count)[32]


def test_of_rates_that_end_equally_low_the_middle_one_is_chosen() -> None:
    # A rule that goes to the minimum at any rate.
    text = "x = 0*lr*g"
    run = Run("parabola", text, (3.0,), 20)
    assert _search(run, Budget(41))[0] == tried_rates(run, 41)[20]


def test_a_second_number_is_tuned_with_the_rate_and_not_for_the_worse() -> None:
    racer, path = _path("momentum", steps=300)
    alone, both = (tuned(racer, path, Budget(20, others)) for others in (1, OTHERS))
    assert set(alone.chosen) == {"lr"}
    assert set(both.chosen) == {"lr", "beta"}
    assert both.level < alone.level
    assert (alone.runs, both.runs) == (20, 20 * OTHERS)
    # Gradient descent has nothing else to tune, and is tried at more rates instead.
    tried = []

    def search(*given: Any) -> tuple[float, float, float, float, float]:
        tried.append(len(given[1]))
        return searched(*given)

    descent = tuned(*_path("sgd"), Budget(20, OTHERS), search)
    assert (set(descent.chosen), descent.runs, tried) == ({"lr"}, 20 * OTHERS, [20 * OTHERS])


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_all_that_is_tried_is_allowed_in_order_and_shown_as_it_ran(key: str) -> None:
    run = Run("bowl", key, (1.0, 1.0), 10)
    rates = tried_rates(run, RATES)
    assert list(rates) == sorted(set(rates))
    assert all(float(f"{rate:.3g}") == rate for rate in rates)
    other = second(RACERS[key])
    if other is None:
        return
    values = tried_values(other, OTHERS)
    assert len(values) == OTHERS
    for value in values:
        other.check(value)
        assert float(f"{value:.6g}") == value


def test_a_rate_beyond_the_slider_widens_what_is_tried() -> None:
    run = Run("bowl", "sgd", (1.0, 1.0), 10)
    low, high = OPTIMIZERS["sgd"].hypers[0].slider
    assert tried_rates(run, 9)[0] == low
    assert tried_rates(replace(run, hypers={"lr": 1e-7}), 9)[0] == 1e-7
    assert tried_rates(replace(run, hypers={"lr": 5.0}), 9)[-1] == 5.0
    assert high == 1.0


def test_rates_of_a_rule_whose_bounds_begin_at_nothing_are_tried() -> None:
    text = "lr: (0, 0.00001) = 0.000005\nx = x - lr*g"
    racer, path = own_racer(text), trace(Run("x**2*1e5", text, (1.0,), 100))
    one = tuned(racer, path, Budget(20))
    # Its limit is 1e-5, where it only jumps to and fro.
    assert 1e-6 < one.chosen["lr"] < 1e-5


def test_noisy_runs_are_judged_by_the_median_over_seeds() -> None:
    racer, path = _path("sgd", "bowl", 100, noise=0.5)
    one = tuned(racer, path, Budget(20))
    ends = []
    for seed in range(3):
        run = replace(one.run, seed=seed)
        ends.append(float(np.median(trace(run).loss[-late(100) :])))
    assert one.runs == 60
    # Equal but for how pow rounds in an array.
    assert one.level == pytest.approx(np.median(ends), rel=1e-9)
    assert one.level not in (min(ends), max(ends))


def test_a_rule_that_bears_no_rate_keeps_the_declared_one_and_is_named() -> None:
    racer, path = _path("momentum", "goldstein_price", lr=0.5)
    one = tuned(racer, path, Budget(20))
    assert one.chosen == {}
    assert math.isinf(one.level)
    assert one.run.settings["lr"] == OPTIMIZERS["momentum"].hypers[0].default
    assert robustness([one]) == "No rate that was tried holds for **Momentum**."


def test_it_is_said_whose_rate_does_not_hold_and_whose_is_at_the_edge() -> None:
    everyone = [tuned(*_path(key), Budget(RATES)) for key in ("sgd", "momentum", "adam")]
    said = robustness(everyone)
    assert "At twice the tuned rate **Gradient descent** and **Momentum** fail." in said
    assert everyone[2].chosen["lr"] == OPTIMIZERS["adam"].hypers[0].slider[1]
    assert "**Adam** ends at the edge of the rates tried" in said
    steady = tuned(*_path("rmsprop", "bowl", 40), Budget(RATES))
    assert robustness([steady]) == "Nobody fails at half or at twice the tuned rate."


# --- What a page may spend ---

LONG = "+".join(f"sin({k}*x)*cos({k + 1}*y)*exp(-x**2)" for k in range(1, 9))
HEAVY = ("newton", "sam", "sophia", "nadam", "muon", "lamb", "radam", "amsgrad")


def _dear(objective: str, steps: int) -> Race:
    return [(RACERS[key], trace(Run(objective, key, (0.3, 0.4), steps, {"lr": 1e-4}))) for key in HEAVY]


def test_tuning_that_costs_too_much_is_refused_with_what_to_lower() -> None:
    most = Budget(MOST_RATES, OTHERS)
    said = too_dear(_dear(LONG, 5000), most)
    (fewer,) = (int(number) for number in re.findall(r"done for (\d+) steps or fewer", said))
    assert 0 < fewer < 5000
    assert too_dear(_dear(LONG, fewer), most) == ""
    assert too_dear(_dear(LONG, fewer + 10), most) != ""
    assert "fewer learning rates or rules" in said
    for key, objective in OBJECTIVES.items():
        if objective.dimension == 2:
            assert too_dear(_dear(key, 2000), Budget()) == "", key


def test_noise_is_paid_for_once_more_with_every_seed() -> None:
    race = [(RACERS["adam"], trace(Run("rosenbrock", "adam", (0.3, 0.4), 5000, noise=noise))) for noise in (0.0, 0.1)]
    budget = Budget(MOST_RATES, OTHERS)
    assert too_dear(race[:1], budget) == ""
    assert fairness._runs(race[1][1].run, budget) == 3 * MOST_RATES * OTHERS


def test_what_a_search_finds_is_plain_numbers_for_a_cache() -> None:
    assert {type(number) for number in _search(Run("bowl", "adam", (1.0, 1.0), 50), Budget(20))} == {float}
