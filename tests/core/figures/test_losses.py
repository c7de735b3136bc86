"""The losses of several runs in one picture: above the minimum of each, named at their ends, with the fork marked."""

from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pytest

from core import OBJECTIVES, Run, trace
from core.catalogue.racers import RACERS, distinct
from core.engine.summary import Race
from core.figures import DARK, LIGHT, losses
from core.figures.look import contrast


def _race(*runs: Run) -> Race:
    return list(zip(distinct(RACERS[run.optimizer] for run in runs), map(trace, runs), strict=True))


def _run(key: str = "adam", objective: str = "rosenbrock", steps: int = 200, lr: float = 0.05) -> Run:
    return Run(objective, key, OBJECTIVES[objective].start, steps, {"lr": lr})


def _names(figure: go.Figure) -> dict[str, go.layout.Annotation]:
    return {note.text: note for note in figure.layout.annotations}


def test_heights_are_above_the_minimum_of_the_objective_of_each_run() -> None:
    race = _race(_run(), _run("sgd", "styblinski_tang", lr=0.01))
    figure = losses(race, LIGHT)
    assert figure.layout.yaxis.title.text == "loss above the minimum, log scale"
    for (_, path), line in zip(race, figure.data, strict=True):
        height = path.loss - path.run.resolved_objective.minimum
        # Sent in half of the digits.
        np.testing.assert_allclose(line.y, height[np.asarray(line.x, int)], rtol=1e-6)


def test_without_a_minimum_that_is_known_losses_are_what_they_are() -> None:
    path = trace(Run("x**2 + y", "sgd", (1.0, 1.0), 50, {"lr": 0.1}))
    figure = losses([*_race(_run()), (RACERS["sgd"], path)], LIGHT)
    assert (figure.layout.yaxis.title.text, figure.layout.yaxis.type) == ("loss", None)


def test_every_line_is_named_where_it_ends_in_letters_that_can_be_read() -> None:
    race = _race(_run(steps=100), _run("rmsprop"))
    for look in (LIGHT, DARK):
        names = _names(losses(race, look))
        assert {name: note.x for name, note in names.items()} == {"Adam": 100, "RMSProp": 200}
        assert all(contrast(note.font.color, look.background) >= 4.5 for note in names.values())


@pytest.mark.parametrize("steps", [200, 5000])
def test_names_of_lines_that_end_together_do_not_cover_each_other(steps: int) -> None:
    # After five thousand steps all are at the bottom of the picture.
    keys = ("adam", "amsgrad", "nadam", "adamw", "radam", "adamax")
    race = _race(*(_run(key, "bowl", steps, 0.05 if steps > 200 else 1e-5) for key in keys))
    places = sorted(note.y for note in losses(race, LIGHT).layout.annotations)
    assert min(high - low for low, high in pairwise(places)) > 0.08
    assert 0 <= places[0] < places[-1] <= 1


def test_a_line_that_leaves_the_picture_stays_near_it() -> None:
    race = _race(_run(), _run("sgd", lr=0.5))
    assert race[1][1].status.failed
    figure = losses(race, LIGHT)
    low, high = figure.layout.yaxis.range
    drawn = np.log10(figure.data[1].y)
    assert drawn.max() == pytest.approx(2 * high - low)
    # The pointer tells what it is.
    assert "10" in figure.data[1].text[-1]
    assert _names(figure)["Gradient descent"].y == 1.0


def test_a_picture_may_begin_later_and_marks_the_fork() -> None:
    figure = losses(_race(_run()), LIGHT, 80, 120)
    assert figure.layout.xaxis.range == (80, 200)
    assert min(figure.data[0].x) == 80
    assert figure.layout.yaxis.range[1] < losses(_race(_run()), LIGHT).layout.yaxis.range[1]
    assert (figure.layout.shapes[0].x0, _names(figure)["fork"].x) == (120, 120)
    assert not losses(_race(_run()), LIGHT).layout.shapes


def test_a_log_axis_of_few_powers_of_ten_has_more_numbers() -> None:
    assert losses(_race(_run(steps=5, lr=1e-4)), LIGHT).layout.yaxis.dtick == "D2"
    assert losses(_race(_run("newton", steps=30, lr=1.0)), LIGHT).layout.yaxis.dtick != "D2"
