"""The figures about learning rates: what theory is drawn on, and points that say whose they are."""

import numpy as np
import plotly.io
import pytest

from core import OPTIMIZERS, Run, trace
from core.catalogue.racers import RACERS
from core.engine.summary import Race
from core.figures import DARK, LIGHT, Look, gauge, rates_figure, tuning_plane
from core.lessons.rate_check import QUADRATICS, Check, check, rate_hyper
from core.problems.theory import METHODS, contraction, stable_limit

looks = pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)


def _check(shape: str = "parabola", rule: str = "sgd", **hypers: float) -> Check:
    scenario = QUADRATICS[shape]
    run = Run(scenario.objective, rule, scenario.resolved_objective.start, 100, {**scenario.rules[rule], **hypers})
    return check(trace(run), scenario.resolved_objective)


def _race(lr: float, rules: tuple[str, ...] = ("sgd", "adam"), objective: str = "rosenbrock") -> Race:
    return [(RACERS[key], trace(Run(objective, key, (-1.5, 2.0), 100, {"lr": lr}))) for key in rules]


@looks
@pytest.mark.parametrize("rule", ["momentum", "nesterov"])
@pytest.mark.parametrize("shape", QUADRATICS)
def test_the_plane_of_rate_and_momentum_is_lightest_at_the_best_and_ends_at_the_limit(
    shape: str, rule: str, look: Look
) -> None:
    checked = _check(shape, rule)
    curvatures = tuple(checked.curvatures.tolist())
    figure = tuning_plane(rule, curvatures, checked.best, checked.horizon, look)
    paint, pointer, *_, limit, star = figure.data
    assert (star.x[0], star.y[0]) == (checked.best.lr, checked.best.beta)
    rates, betas = (paint[f"{axis}0"] + paint[f"d{axis}"] * np.arange(n) for axis, n in (("x", 121), ("y", 91)))
    for row, column in ((0, 0), (45, 60), (80, 20), (90, 120)):
        factor = contraction(rule, curvatures, float(rates[column]), float(betas[row]))
        assert paint.z[row, column] == pytest.approx(-np.log10(max(1 - factor, 10**-2.5)), abs=1e-5)
    assert pointer.z[1, 2] == pytest.approx(contraction(rule, curvatures, float(rates[10]), float(betas[5])), rel=1e-6)
    # No settings on the grid are better than the best.
    assert paint.z.min() >= -np.log10(1 - checked.best.contraction) - 1e-6
    ends = [stable_limit(rule, checked.largest, float(beta)) for beta in betas]
    assert list(limit.x[: len(betas)]) == ends
    text = plotly.io.to_json(figure)
    assert "NaN" not in text
    assert len(text) < 100_000


@pytest.mark.parametrize("lr", [0.0, 1e-300, 2.0, 2.4, 2.6, 5.0, 5.1, 1e6])
def test_a_rate_however_large_leaves_an_axis_on_which_the_limit_is_seen(lr: float) -> None:
    checked = _check(lr=lr)
    axes = gauge(checked.horizon, LIGHT).layout
    low, high = axes.xaxis.range
    assert (low, 2.5) <= (0, high) <= (0, 5)
    assert lr <= high or high == 5
    assert axes.yaxis.range[1] > 1
    # A drag is a hand's and not Plotly's.
    assert axes.xaxis.fixedrange
    assert axes.yaxis.fixedrange
    assert axes.dragmode is False


def test_at_the_opening_the_axis_is_that_of_the_slider() -> None:
    for shape, scenario in QUADRATICS.items():
        for rule in METHODS:
            assert _check(shape, rule).horizon == rate_hyper(rule, scenario).slider[1]


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
