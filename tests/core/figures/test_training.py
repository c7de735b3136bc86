"""Curves of trainings: they keep their axes while they grow, and the clock stands on all of them."""

import numpy as np

from core.figures import LIGHT
from core.figures.training import Curve, Guide, layer_figure, loss_figure, score_figure, training_curves
from core.problems.training.reports import Outcome
from tests.core.lessons.test_training_story import FINISHED, _ran

X = np.arange(5.0)
ADAM = Curve("Adam", X, np.array([1.0, 0.5, 0.2, 0.1, 0.05]), "#8A63D2")


def test_the_axes_of_a_growing_curve_are_there_from_the_beginning() -> None:
    for count in range(6):
        curve = Curve("Adam", X[:count], ADAM.y[:count], ADAM.color)
        figure = training_curves([curve], "loss", 100, 300, LIGHT, True, ["Adam", "A longer name"])
        assert figure.layout.xaxis.range == (0.0, 100.0)
        assert (
            figure.layout.margin.r
            == training_curves([], "loss", 100, 300, LIGHT, True, ["A longer name"]).layout.margin.r
        )


def test_names_stand_where_the_curves_end_or_at_the_clock() -> None:
    for step, y in ((None, 0.05), (2, 0.2)):
        figure = training_curves([ADAM], "loss", 4, 300, LIGHT, True, step=step)
        (name,) = [one for one in figure.layout.annotations if one.text == "Adam"]
        assert np.isclose(name.y, np.log10(y))
    assert len(figure.layout.shapes) == 1
    assert figure.data[-1].x == (2.0,)


def test_what_diverges_does_not_flatten_the_others() -> None:
    bad = Curve("Momentum", X, np.array([1.0, 1e9, np.inf, np.nan, np.nan]), "#D9730D")
    for curves in ([ADAM, bad], [bad]):
        low, high = training_curves(
            curves, "loss", 4, 300, LIGHT, True, guides=[Guide(0.7, "guessing")]
        ).layout.yaxis.range
        assert high <= 2
        assert low < high
    nothing = Curve("SAM", X, np.full(5, np.nan), "#D9730D")
    assert training_curves([nothing], "loss", 4, 300, LIGHT).layout.yaxis.range == (0.0, 1.0)


def test_losses_are_solid_on_what_is_learnt_from_and_dashed_on_what_is_held_back() -> None:
    runs = [_ran("adam", [1.0, 0.5, 0.25], [1.0, 0.4, 0.2])]
    figure = loss_figure(runs, 0.7, 2, 300, LIGHT, ["Adam"])
    assert [(trace.line.dash, trace.y[-1]) for trace in figure.data] == [
        ("solid", np.float32(0.2)),
        ("dash", np.float32(0.25)),
    ]
    assert [one.text for one in figure.layout.annotations] == ["guessing", "Adam"]


def test_layers_have_no_curves_before_the_first_step() -> None:
    early = _ran("adam", [1.0], end=None)
    assert len(layer_figure(early, "ratios", 10, 240, LIGHT).data) == 0
    assert len(score_figure([early], 10, 240, LIGHT).data) == 1
    later = _ran("adam", [1.0, 0.5, 0.3])
    assert [trace.name for trace in layer_figure(later, "gradient_norms", 2, 240, LIGHT).data] == ["hidden"]


def test_the_score_of_numbers_is_r_squared_and_has_no_line_for_guessing() -> None:
    numbers = _ran("adam", [1.4, 0.7, 0.35], accuracy=None)
    figure = score_figure([numbers], 2, 240, LIGHT)
    assert figure.layout.yaxis.title.text == "R², held back"
    assert np.allclose(figure.data[0].y, [-1.0, 0.0, 0.5])
    assert FINISHED.outcome is Outcome.FINISHED
