"""Schedules side by side: only the schedule differs, each has its own look, and decay matters once there is noise."""

from dataclasses import replace

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, SCHEDULES, Run, trace
from core.catalogue.racers import RACERS
from core.engine.many import trace_many
from core.formula.words import digits
from core.lessons.schedule_race import (
    EPOCHS,
    NOISE,
    OPENING,
    RACE,
    SEED,
    SEEDS,
    ends,
    ends_sentence,
    optimizers,
    race_runs,
    schedule_hypers,
    schedule_racer,
)

DEFAULTS = {key: {hyper.name: hyper.default for hyper in schedule_hypers(one)} for key, one in SCHEDULES.items()}


def _runs(rule: str = "momentum", noise: float = NOISE.default, seed: int = int(SEED.default)) -> dict[str, Run]:
    start = OBJECTIVES[RACE.objective].start
    return race_runs(RACE.objective, rule, start, RACE.rules[rule]["lr"], DEFAULTS, noise, seed)


@pytest.mark.parametrize("key", SCHEDULES)
def test_the_defaults_of_the_race_are_within_bounds_and_sliders(key: str) -> None:
    for hyper in schedule_hypers(SCHEDULES[key]):
        hyper.check(hyper.default)
        assert hyper.bounds[0] <= hyper.slider[0] <= hyper.default <= hyper.slider[1] <= hyper.bounds[1]
        if hyper.whole:
            assert hyper.slider[1] <= EPOCHS
    assert [hyper.name for hyper in schedule_hypers(SCHEDULES[key])] == [hyper.name for hyper in SCHEDULES[key].hypers]


@pytest.mark.parametrize("key", [key for key, one in SCHEDULES.items() if key != "constant" and not one.follows_loss])
def test_every_schedule_changes_the_rate_within_the_hundred_epochs(key: str) -> None:
    factors = _runs()[key].factors
    assert len(factors) == EPOCHS
    assert factors.max() - factors.min() > 0.5


def test_step_decay_falls_as_the_claim_about_a_hundred_epochs_says() -> None:
    factors = _runs()["step"].factors
    assert factors[[0, 29, 30, 60, 90]] == pytest.approx([1, 1, 0.1, 0.01, 0.001], rel=1e-12)
    assert _runs()["warmup_cosine"].factors[10] == 1


@pytest.mark.parametrize("key", ["cosine_restarts", "triangular"])
def test_a_cycle_ends_with_the_run(key: str) -> None:
    longer = replace(_runs()[key], steps=EPOCHS + 1).factors
    assert longer[-1] == pytest.approx(1 if key == "cosine_restarts" else 0.1, abs=1e-12)


def test_only_the_schedule_differs() -> None:
    bare = {replace(run, schedule="constant", schedule_hypers=()) for run in _runs().values()}
    assert len(bare) == 1


def test_every_schedule_has_a_name_and_a_look_of_its_own() -> None:
    racers = [schedule_racer(schedule, OPTIMIZERS["adam"]) for schedule in SCHEDULES.values()]
    assert [racer.name for racer in racers] == [schedule.name for schedule in SCHEDULES.values()]
    assert (
        len({racer.key for racer in racers}) == len({(racer.color, racer.dash) for racer in racers}) == len(SCHEDULES)
    )
    # Those that open the race differ in colour alone.
    assert len({schedule_racer(SCHEDULES[key], OPTIMIZERS["adam"]).color for key in OPENING}) == len(OPENING)


@pytest.mark.parametrize("rule", RACE.rules)
def test_with_noise_every_decay_of_the_opening_ends_lower_than_a_constant_rate(rule: str) -> None:
    medians = {key: ends(run).median for key, run in _runs(rule).items() if key in OPENING}
    constant = medians.pop("constant")
    # A quarter of all draws would not hide a difference of this size.
    assert all(end < 0.8 * constant for end in medians.values())


@pytest.mark.parametrize("rule", ["momentum", "sgd"])
def test_without_noise_decay_only_slows_the_run_down(rule: str) -> None:
    losses = {key: trace(run).loss[-1] for key, run in _runs(rule, noise=0.0).items() if key in OPENING}
    assert min(losses, key=lambda key: losses[key]) == "constant"


def test_the_opening_draw_ends_near_the_middle_for_every_schedule() -> None:
    for key, run in _runs().items():
        if key in OPENING:
            ratio = trace(run).loss[-1] / ends(replace(run, seed=0)).median
            # Draws spread over two orders of magnitude.
            assert 1 / 2.5 < ratio < 2.5, key


def test_the_middle_is_that_of_the_single_runs() -> None:
    run = _runs()["cosine"]
    singles = [trace(replace(run, seed=run.seed + more)).loss[-1] for more in range(SEEDS)]
    assert ends(run).median == pytest.approx(float(np.median(singles)), rel=1e-12)
    assert ends(run).diverged == 0


def test_draws_that_diverge_are_counted_and_told() -> None:
    lost = race_runs("rosenbrock", "sgd", (-1.5, 2.0), 0.5, {"constant": {}, "cosine": {}}, 1.0, 0)
    outcomes = {key: ends(run) for key, run in lost.items()}
    assert {end.diverged for end in outcomes.values()} == {SEEDS}
    assert f"Constant diverges in {SEEDS} of {SEEDS}" in ends_sentence(outcomes)
    assert (trace_many(lost["constant"], seeds=np.arange(SEEDS)).diverged_at >= 0).all()


def test_the_best_schedule_is_told_first() -> None:
    outcomes = {key: ends(run) for key, run in _runs().items() if key in OPENING}
    said = ends_sentence(outcomes)
    ranked = sorted(outcomes, key=lambda key: outcomes[key].median)
    positions = [said.index(f"{SCHEDULES[key].name} **{digits(outcomes[key].median)}**") for key in ranked]
    assert positions == sorted(positions)


def test_the_race_offers_the_rules_it_has_rates_for() -> None:
    assert [optimizer.key for optimizer in optimizers().values()] == list(RACE.rules)


def test_a_racer_with_a_tint_has_that_colour_and_one_without_has_its_rules() -> None:
    adam = OPTIMIZERS["adam"]
    assert schedule_racer(SCHEDULES["step"], adam).color == schedule_racer(SCHEDULES["step"], OPTIMIZERS["sgd"]).color
    assert RACERS["adam"].color == RACERS["adam2"].color == adam.color
