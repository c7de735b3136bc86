"""The figures about learning rates: bands, limit and run where theory has them, and points that say whose they are."""

import json

import numpy as np
import plotly.io
import pytest

from core import OPTIMIZERS, Run, trace
from core.catalogue.racers import RACERS
from core.engine.summary import Race
from core.figures import DARK, LIGHT, Look, rates_figure, regimes
from core.formula.words import digits
from core.lessons.rate_check import QUADRATICS, Check, check, rate_hyper
from core.problems.theory import METHODS

looks = pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)


def _check(shape: str = "parabola", rule: str = "sgd", **hypers: float) -> Check:
    scenario = QUADRATICS[shape]
    run = Run(scenario.objective, rule, scenario.resolved_objective.start, 100, {**scenario.rules[rule], **hypers})
    return check(trace(run), scenario.resolved_objective)


def _race(lr: float, rules: tuple[str, ...] = ("sgd", "adam"), objective: str = "rosenbrock") -> Race:
    return [(RACERS[key], trace(Run(objective, key, (-1.5, 2.0), 100, {"lr": lr}))) for key in rules]


@looks
@pytest.mark.parametrize("rule", METHODS)
@pytest.mark.parametrize("shape", QUADRATICS)
def test_the_curve_is_what_theory_predicts_and_the_marks_are_the_run(shape: str, rule: str, look: Look) -> None:
    checked = _check(shape, rule)
    figure = regimes(checked, look)
    curve, ring, dot = figure.data
    assert list(curve.text) == [digits(checked.factor(x)) for x in curve.x]
    assert (ring.x[0], ring.y[0]) == (checked.lr, checked.factor(checked.lr))
    assert (dot.x[0], dot.y[0]) == (checked.lr, checked.measured)
    assert figure.layout.xaxis.range == (0, rate_hyper(rule, QUADRATICS[shape]).slider[1])
    assert figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text


def test_bands_and_limit_stand_where_theory_has_them() -> None:
    checked = _check(lr=1.5)
    figure = regimes(checked, LIGHT)
    rects = [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.type == "rect"]
    assert rects == [(0, 1), (1, 2), (2, 2.5)]
    texts = [note.text for note in figure.layout.annotations]
    assert texts[:3] == ["monotone", "oscillating", "diverging"]
    assert texts[3:] == ["cycling at<br>2", "best<br>1", "<b>you are here</b>, α = 1.5<br>75 % of the limit"]
    assert {1.0, 2.0} <= {shape.x0 for shape in figure.layout.shapes if shape.type == "line"}


def test_the_best_rate_is_marked_only_where_its_beta_is_the_runs() -> None:
    best = _check("bowl", "momentum").best
    for beta, marked in ((best.beta, True), (0.2, False)):
        notes = regimes(_check("bowl", "momentum", beta=beta), LIGHT).layout.annotations
        assert any(note.text.startswith("best") for note in notes) is marked


@pytest.mark.parametrize(("lr", "anchor"), [(1.5, "left"), (2.1, "right"), (1.9, "left")])
def test_the_name_of_the_limit_keeps_clear_of_the_run(lr: float, anchor: str) -> None:
    checked = _check(lr=lr)
    (name,) = [note for note in regimes(checked, LIGHT).layout.annotations if note.text.startswith("cycling")]
    assert name.xanchor == anchor


def test_a_band_too_narrow_for_its_name_has_none() -> None:
    checked = _check(rule="momentum", lr=0.5, beta=0.9)
    assert "monotone" not in [note.text for note in regimes(checked, LIGHT).layout.annotations]


@pytest.mark.parametrize("lr", [0.0, 1e-300, 2.0, 2.4, 2.6, 5.0, 5.1, 1e6])
def test_a_rate_however_large_stands_on_the_axis(lr: float) -> None:
    checked = _check(lr=lr)
    figure = regimes(checked, LIGHT)
    low, high = figure.layout.xaxis.range
    assert (low, 2.5) <= (0, high) <= (0, 5)
    for mark in figure.data[1:]:
        assert low <= mark.x[0] <= high
        assert 0 <= mark.y[0] <= figure.layout.yaxis.range[1]
    assert (figure.data[-1].marker.symbol == "triangle-right") is (lr > high)
    text = plotly.io.to_json(figure)
    assert "NaN" not in text
    assert len(text) < 20_000
    json.loads(text)


@looks
@pytest.mark.parametrize("lr", [0.0008, 0.5])
def test_every_point_of_a_curve_says_whose_it_is_and_can_be_clicked(lr: float, look: Look) -> None:
    race = _race(lr, ("sgd", "adam", "rmsprop"))
    figure = rates_figure(race, look)
    targets = figure.data[6:]
    assert len(targets) == len(race)
    for (racer, _), curve, target in zip(race, figure.data[::2], targets, strict=False):
        assert curve.name == target.name == racer.name
        assert set(target.customdata) == {racer.key}
        assert np.array_equal(curve.x, target.x, equal_nan=True)
        assert target.mode == "markers"
        assert target.marker.opacity == target.unselected.marker.opacity == target.selected.marker.opacity == 0
        assert not target.showlegend


def test_the_limit_of_gradient_descent_is_marked_where_it_races() -> None:
    largest = np.linalg.eigvalsh(
        Run("rosenbrock", "sgd", (1.0, 1.0)).resolved_objective.parsed.hessian(np.ones(2))
    ).max()
    lines = [shape.x0 for shape in rates_figure(_race(0.001), LIGHT).layout.shapes]
    assert lines == pytest.approx([2 / largest], rel=1e-9)
    assert not rates_figure(_race(0.001, ("adam",)), LIGHT).layout.shapes
    for objective in ("x**2 + y**2", "ackley", "-x**2 - y**2"):
        assert not rates_figure(_race(0.001, objective=objective), LIGHT).layout.shapes
    assert OPTIMIZERS["sgd"].hypers[0].slider[1] == 1
