"""The gallery on a page: nothing in it is beyond what a page accepts, and its controls can show all of it."""

import pytest

from core.catalogue.hypers import Hyper
from core.catalogue.racers import RACERS, own_racer
from core.catalogue.schedules import SCHEDULES
from core.engine.scenarios import Scenario
from core.lessons.gallery import GALLERY
from ui.controls import hyper_key, schedule_hyper_key, schedule_key
from ui.controls.objective import start_state
from ui.controls.scenarios import race_state
from ui.kit.limits import (
    MAX_CLIP,
    MAX_CURVE_RACERS,
    MAX_NOISE,
    MAX_RACERS,
    MAX_SEED,
    MAX_START,
    MAX_STEPS,
    MAX_TEXT,
    MIN_CLIP,
    OWN,
)

every = pytest.mark.parametrize("scenario", GALLERY.values(), ids=GALLERY)


@every
def test_a_scenario_is_within_the_limits_of_a_page(scenario: Scenario) -> None:
    runs = scenario.runs()
    assert 1 <= len(runs) <= (MAX_CURVE_RACERS if len(runs[0].start) == 1 else MAX_RACERS)
    for run in runs:
        assert 1 <= run.steps <= MAX_STEPS
        assert all(abs(number) <= MAX_START for number in run.start)
        assert 0 <= run.noise <= MAX_NOISE
        assert run.clip_norm is None or MIN_CLIP <= run.clip_norm <= MAX_CLIP
        assert run.seed <= MAX_SEED
        assert max(len(run.objective), len(run.optimizer)) <= MAX_TEXT


def _within(hyper: Hyper, value: object) -> bool:
    return isinstance(value, int | float) and hyper.bounds[0] <= value <= hyper.bounds[1]


@every
def test_the_controls_of_a_page_can_show_a_scenario(scenario: Scenario) -> None:
    runs = scenario.runs()
    state = race_state(scenario.racers, runs)
    objective = runs[0].resolved_objective
    assert state["f"] == (OWN if scenario.objective == objective.formula else objective.name)
    assert state.get("formula", scenario.objective) == scenario.objective
    assert (state["steps"], state["noise"], state["clip"]) == (scenario.steps, runs[0].noise, runs[0].clip_norm or 0)
    assert start_state(runs[0].start, "").items() <= state.items()
    assert state.get("rules", []) == [racer.name for racer in scenario.racers if racer.key in RACERS]
    for racer, run in zip(scenario.racers, runs, strict=True):
        if racer.key not in RACERS:
            assert own_racer(str(state[racer.key])).optimizer == racer.optimizer
        for hyper in racer.optimizer.hypers:
            assert state[hyper_key(racer, hyper.name)] == run.settings[hyper.name]
            assert _within(hyper, run.settings[hyper.name])
        schedule = run.resolved_schedule
        assert state[schedule_key(racer)] == schedule.name
        # A page has one text for the schedule that a visitor writes.
        assert schedule.key in SCHEDULES
        for hyper in schedule.hypers:
            value = state[schedule_hyper_key(racer, schedule, hyper.name)]
            assert value == run.schedule_settings[hyper.name]
            assert _within(hyper, value)


def test_no_two_scenarios_set_the_controls_alike() -> None:
    states = [race_state(scenario.racers, scenario.runs()) for scenario in GALLERY.values()]
    assert all(one not in states[:index] for index, one in enumerate(states))
