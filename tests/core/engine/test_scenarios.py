"""The prepared runs: every one of them runs, and does what the card beside it claims."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace, trace_many
from core.catalogue.racers import RACERS
from core.engine.scenarios import DESCENTS, RACES, Scenario
from core.engine.status import Outcome
from core.engine.trace import Path

Array = npt.NDArray[np.float64]

EVERY: Mapping[str, Scenario] = {**RACES, **DESCENTS}
every = pytest.mark.parametrize("scenario", EVERY.values(), ids=EVERY)


def _paths(scenario: Scenario) -> dict[str, Path]:
    return dict(zip(scenario.rules, map(trace, scenario.runs()), strict=True))


@every
def test_a_scenario_runs_as_it_is_declared(scenario: Scenario) -> None:
    paths = _paths(scenario)
    assert list(paths) == list(scenario.rules)
    for key, path in paths.items():
        assert path.run.optimizer == RACERS[key].optimizer.key
        assert path.run.start == (scenario.start or OBJECTIVES[scenario.objective].start)
        assert path.run.steps == scenario.steps
        assert path.run.settings.items() >= scenario.rules[key].items()
        assert len(path.x) > 1


@every
def test_a_scenario_is_told_in_sentences(scenario: Scenario) -> None:
    assert scenario.title
    assert not scenario.title.endswith(".")
    assert scenario.idea[0].isupper()
    assert scenario.idea.endswith(".")


def test_keys_are_unique_and_say_which_page_they_belong_to() -> None:
    assert len(EVERY) == len(RACES) + len(DESCENTS)
    assert all(key == scenario.key for key, scenario in EVERY.items())
    assert {scenario.resolved_objective.dimension for scenario in RACES.values()} == {2}
    assert {scenario.resolved_objective.dimension for scenario in DESCENTS.values()} == {1}


def _travelled(path: Path) -> float:
    return float(np.linalg.norm(path.x[-1] - path.x[0]))


def _ends(scenario: Scenario) -> dict[str, Outcome]:
    return {key: path.status.outcome for key, path in _paths(scenario).items()}


def test_valley_has_four_rules_and_a_winner_that_a_learning_rate_can_dethrone() -> None:
    scenario = RACES["valley"]
    paths = _paths(scenario)
    assert len(paths) == 4
    assert Outcome.DIVERGED not in {path.status.outcome for path in paths.values()}
    losses = {key: float(path.loss[-1]) for key, path in paths.items()}
    winner = min(losses, key=lambda key: losses[key])
    assert winner == "adam"
    # The same rule at another rate is last.
    slow = trace(replace(paths["adam"].run, hypers={"lr": 0.0008}))
    assert slow.loss[-1] > max(losses.values())


def test_one_rate_moves_the_three_and_hardly_the_adaptive_ones() -> None:
    scenario = RACES["one_rate"]
    assert {hypers["lr"] for hypers in scenario.rules.values()} == {0.0008}
    assert "0.0008" in scenario.idea
    paths = _paths(scenario)
    for key in ("sgd", "momentum", "nesterov"):
        assert _travelled(paths[key]) > 2.5, key
        assert paths[key].loss[-1] < 0.5, key
    for key in ("rmsprop", "adam"):
        # Steps about as long as the learning rate, apart from the first few of RMSProp.
        steps = np.abs(np.diff(paths[key].x, axis=0))
        assert np.median(steps) < 2 * 0.0008, key
        assert paths[key].loss[-1] > 3, key
    assert _travelled(paths["adam"]) < 0.3
    assert _travelled(paths["rmsprop"]) < 1.5


def test_too_fast_throws_out_the_three_and_not_the_adaptive_ones() -> None:
    scenario = RACES["too_fast"]
    assert {hypers["lr"] for hypers in scenario.rules.values()} == {0.003}
    assert "0.003" in scenario.idea
    ends = _ends(scenario)
    assert {key for key, end in ends.items() if end is Outcome.DIVERGED} == {"sgd", "momentum", "nesterov"}
    assert all(_paths(scenario)[key].status.step < 10 for key in ("sgd", "momentum", "nesterov"))
    assert ends["rmsprop"] is not Outcome.DIVERGED
    assert ends["adam"] is not Outcome.DIVERGED


def test_beale_starts_with_a_slope_straight_along_y() -> None:
    scenario = RACES["beale"]
    start = scenario.start or scenario.resolved_objective.start
    assert start == (1.0, 1.0)
    slope = scenario.resolved_objective.parsed.grad(start)
    assert slope[0] == 0
    assert slope[1] != 0
    # The minimum lies to the side.
    assert scenario.resolved_objective.minima[0][0] - start[0] > 1


def test_the_saddle_is_left_for_a_minimum_only_because_of_the_offset() -> None:
    scenario = RACES["saddle"]
    for key, path in _paths(scenario).items():
        # Momentum and Adam are still swinging around it a little after 200 steps.
        assert np.abs(path.x[-1] - [0, 1]).max() < 1e-3, key
    start = scenario.start or scenario.resolved_objective.start
    assert abs(start[1]) == 0.001
    # On the line itself every rule without noise ends in the saddle.
    for run in scenario.runs():
        on_the_line = trace(replace(run, start=(start[0], 0.0), steps=2000))
        assert np.abs(on_the_line.x[-1]).max() < 1e-3, run.optimizer
        assert (on_the_line.x[:, 1] == 0).all()


def _nearest(minima: Array, ends: Array) -> set[int]:
    """Which of ``minima`` (k, 2) the ``ends`` (n, 2) lie in, those that lie in none left out."""
    distances = np.abs(minima[:, None] - ends[None]).max(axis=2)
    return set(distances.argmin(axis=0)[distances.min(axis=0) < 1e-2].tolist())


def test_basins_end_in_several_minima_from_one_start() -> None:
    scenario = RACES["basins"]
    minima = np.array(scenario.resolved_objective.minima)
    ends = np.array([path.x[-1] for path in _paths(scenario).values()])
    assert len(minima) == 4
    assert (np.abs(minima[:, None] - ends[None]).max(axis=2).min(axis=0) < 1e-2).all()
    # How far the first steps carry a rule decides.
    assert len(_nearest(minima, ends)) > 1
    # And so does the start.
    (run, *_) = scenario.runs()
    around = np.array(run.start)[:, None] + np.array([[0, 0.5, -0.5, 0, 0], [0, 0, 0, 0.9, -0.9]])
    assert len(_nearest(minima, trace_many(run, starts=around).x.T)) > 1


def test_stall_never_arrives() -> None:
    scenario = DESCENTS["stall"]
    (run,) = scenario.runs()
    path = trace(replace(run, steps=1000))
    assert abs(path.loss[-1] - 2) < 1e-4
    assert (path.x[:, 0] < 0).all()
    # Ten times the steps do not help, because each is as short as the slope is small.
    assert trace(replace(run, steps=10_000)).x[-1, 0] < 0
    lengths = np.abs(np.diff(path.x[:, 0]))
    np.testing.assert_allclose(lengths, 0.012 * path.grad_norm[:-1], rtol=1e-9)
    assert scenario.resolved_objective.minima == ((2.25,),)


def test_arrive_reaches_the_minimum_at_the_rate_of_stall() -> None:
    scenario = DESCENTS["arrive"]
    assert scenario.rules == DESCENTS["stall"].rules
    assert scenario.start == (0.5,)
    (path,) = _paths(scenario).values()
    assert path.status.outcome is Outcome.MINIMUM
    # The end is as near as the gradient norm that counts as rest, over the curvature 20.
    assert path.x[-1, 0] == pytest.approx(2.25, abs=1e-7)


def test_only_what_remembers_where_it_was_going_gets_through() -> None:
    scenario = DESCENTS["through"]
    paths = _paths(scenario)
    assert {tuple(hypers.items()) for hypers in scenario.rules.values()} == {
        tuple(DESCENTS["stall"].rules["sgd"].items())
    }
    for key in ("momentum", "nesterov"):
        # The swing about the minimum has nearly died out.
        assert paths[key].x[-1, 0] == pytest.approx(2.25, abs=1e-3)
    # Thousands of steps do not help the others.
    for run in scenario.runs():
        if run.optimizer in ("sgd", "rmsprop"):
            assert (trace(replace(run, steps=10_000)).x < 0).all()


def test_bounce_is_a_bounded_cycle_of_two_places_above_the_limit_of_stability() -> None:
    scenario = DESCENTS["bounce"]
    (rate,) = (hypers["lr"] for hypers in scenario.rules.values())
    curvature = float(scenario.resolved_objective.parsed.hessian([2.25])[0, 0])
    assert 2 / curvature == pytest.approx(8 / 81, rel=1e-14)
    assert rate > 8 / 81
    assert "8/81" in scenario.idea
    assert f"{rate}" in scenario.idea
    (path,) = _paths(scenario).values()
    assert path.status.outcome is Outcome.FINISHED
    late = path.x[-20:, 0]
    # Two alternating places, and the minimum between them; the cycle attracts slowly.
    np.testing.assert_allclose(late[2:], late[:-2], atol=1e-4)
    low, high = sorted(late[-2:])
    assert high - low > 0.5
    assert low < 2.25 < high
    assert (np.abs(path.x) < 3).all()


def test_wells_ends_in_the_nearer_and_shallower_well() -> None:
    scenario = DESCENTS["wells"]
    objective = scenario.resolved_objective
    (path,) = _paths(scenario).values()
    ((shallow,),) = objective.other_minima
    assert path.x[-1, 0] == pytest.approx(shallow, abs=1e-7)
    assert objective.minimum is not None
    assert path.loss[-1] > objective.minimum + 0.1
    assert path.x[0, 0] * path.x[-1, 0] > 0
    # From the other side it ends in the other one.
    (run,) = scenario.runs()
    assert trace(replace(run, start=(-1.7,))).x[-1, 0] == pytest.approx(objective.minima[0][0], abs=1e-7)


@every
def test_the_card_says_the_numbers_it_runs_with(scenario: Scenario) -> None:
    """Every rate that a card names is one of its own."""
    rates = {f"{hypers['lr']:g}" for hypers in scenario.rules.values()}
    starts = {f"{number:g}" for number in scenario.start or scenario.resolved_objective.start}
    minima = {f"{number:g}" for minimum in scenario.resolved_objective.minima for number in minimum}
    named = {word.strip(".,;()") for word in scenario.idea.split()}
    numbers = {word for word in named if word.replace(".", "", 1).isdigit() and "." in word}
    assert numbers <= rates | starts | minima


def test_a_walk_arrives_and_ten_times_its_learning_rate_leads_away_twice_as_far_each_step() -> None:
    (walk,), (tenfold,) = DESCENTS["walk"].runs(), DESCENTS["tenfold"].runs()
    assert tenfold.settings["lr"] == pytest.approx(10 * walk.settings["lr"])
    assert trace(walk).status.outcome is Outcome.MINIMUM
    assert "Turn the learning rate α past 2, and the walk runs away." in DESCENTS["walk"].idea
    assert abs(trace(replace(walk, hypers={"lr": 1.99})).x[-1, 0]) < abs(walk.start[0])
    assert abs(trace(replace(walk, hypers={"lr": 2.01})).x[-1, 0]) > abs(walk.start[0])
    assert (np.abs(np.diff(np.abs(trace(walk).x[:, 0]))) > 0).all()
    far = trace(tenfold).x[:, 0]
    assert far[1:] == pytest.approx(-2 * far[:-1])


def test_the_first_scenario_of_a_page_is_its_opening_and_names_shipped_rules_only() -> None:
    assert all(set(scenario.rules) <= set(RACERS) for scenario in EVERY.values())
    assert next(iter(RACES)) == "valley"
    assert next(iter(DESCENTS)) == "walk"
    assert set(OPTIMIZERS) <= set(RACERS)


def test_a_run_of_a_scenario_can_be_reproduced_from_its_fields() -> None:
    (run, *_) = RACES["valley"].runs()
    assert run == Run("rosenbrock", "sgd", (-1.5, 2.0), 500, {"lr": 0.0008})
