"""The figures of a race in many variables: its losses, its paths in a plane, names beside them that do not collide."""

import numpy as np
import plotly.io
import pytest

from core import Run
from core.catalogue.racers import RACERS, distinct
from core.engine.scenarios import RACES
from core.figures import DARK, LIGHT, Look, wide_losses, wide_paths
from core.formula.words import digits
from core.lessons.wide_race import wide_race
from core.problems.many_variables import FAMILIES, Problem

RUNS = next(iter(RACES.values())).runs()
RACING = [RACERS[run.optimizer] for run in RUNS]
looks = pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)


@looks
@pytest.mark.parametrize("family", FAMILIES)
def test_both_figures_name_every_racer_once_in_its_colour_and_dash(family: str, look: Look) -> None:
    race = wide_race(Problem(family, 50), RUNS, tuned=False)
    for figure in (wide_losses(RACING, race, look), wide_paths(RACING, race, look)):
        named = [note.text for note in figure.layout.annotations]
        listed = [one.name for one in figure.data if one.showlegend]
        assert sorted(named + listed) == sorted(racer.name for racer in RACING)
        for racer in RACING:
            (line,) = [one for one in figure.data if one.name == racer.name]
            assert (line.line.color, line.line.dash) == (racer.color, racer.dash)
        assert "NaN" not in plotly.io.to_json(figure)


def test_the_axes_say_what_share_of_the_movement_they_show_and_the_minimum_is_a_star() -> None:
    race = wide_race(Problem("rosenbrock", 50), RUNS, tuned=False)
    figure = wide_paths(RACING, race, LIGHT)
    for axis, which, share in zip("xy", ("first", "second"), race.shares, strict=True):
        said = f"{which} principal direction, {digits(share, '.1%')} of the movement"
        assert figure.layout[f"{axis}axis"].title.text == said
    star, ring = figure.data[-2:]
    assert (star.marker.symbol, star.x[0], star.y[0]) == ("star", 0, 0)
    assert (ring.marker.symbol, ring.x[0], ring.y[0]) == ("circle-open", race.start[0], race.start[1])


def test_points_under_the_pointer_have_their_step_and_their_loss() -> None:
    race = wide_race(Problem("rosenbrock", 50), RUNS, tuned=False)
    lane, line = race.lanes[1], wide_paths(RACING, race, LIGHT).data[2]
    assert line.name == RACING[1].name
    np.testing.assert_array_equal(line.customdata, lane.moments)
    assert list(line.text) == [digits(loss) for loss in lane.loss[lane.moments]]
    # Float32 keeps seven digits.
    np.testing.assert_allclose(np.column_stack([line.x, line.y]), lane.points, atol=1e-5)


def test_a_rule_that_diverges_leaves_both_figures_and_the_others_stay_readable() -> None:
    runs = [Run("rosenbrock", "sgd", (1.0, 1.0), 200, {"lr": 0.02}), RUNS[3]]
    racers = distinct([RACERS["sgd"], RACING[3]])
    race = wide_race(Problem("rosenbrock", 50), runs, tuned=False)
    failed = race.lanes[0].status
    assert failed.failed
    for figure in (wide_losses(racers, race, LIGHT), wide_paths(racers, race, LIGHT)):
        words = [note.text for note in figure.layout.annotations] + [one.name for one in figure.data]
        assert f"Gradient descent: diverged at step {failed.step}" in words
    low, high = wide_losses(racers, race, LIGHT).layout.yaxis.range
    other = np.log10(race.lanes[1].loss)
    # The other's curve takes more than a tenth of the height, whatever 1e100 the first one reached.
    assert (other.max() - other.min()) / (high - low) > 0.1
    assert high < np.log10(1000 * race.lanes[0].loss[0])
    view = wide_paths(racers, race, LIGHT).layout
    assert np.ptp(view.xaxis.range) < 4 * np.abs(race.start).max() + 10


def test_an_axis_of_losses_says_where_it_is_cut_off() -> None:
    for steps, cut_off in ((20, False), (400, True)):
        run = Run("bowl", "sgd", (1.0, 1.0), steps, {"lr": 0.5})
        figure = wide_losses(RACING[:1], wide_race(Problem("bowl", 30), [run], tuned=False), LIGHT)
        assert ("cut off at 10⁻¹⁶" in figure.layout.yaxis.title.text) is cut_off


def test_every_rule_at_once_and_nothing_that_moves_can_be_drawn() -> None:
    keys = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "lion", "muon")
    racers = distinct(RACERS[key] for key in keys)
    race = wide_race(Problem("bowl", 30), [Run("bowl", key, (1.0, 1.0), 100) for key in keys], tuned=False)
    still = wide_race(Problem("bowl", 30), [Run("bowl", "sgd", (1.0, 1.0), 3, {"lr": 0.0})], tuned=False)
    for figure in (wide_losses(racers, race, LIGHT), wide_paths(racers, race, LIGHT)):
        assert len({one.line.color for one in figure.data if one.name}) == len(keys)
    for figure in (wide_losses(racers[:1], still, LIGHT), wide_paths(racers[:1], still, LIGHT)):
        for axis in (figure.layout.xaxis, figure.layout.yaxis):
            assert axis.range[0] < axis.range[1]
