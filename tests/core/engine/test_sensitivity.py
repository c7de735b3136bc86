"""The loss against the learning rate: every point of a curve is a run, and what diverges spoils no picture."""

import re
from dataclasses import replace

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.catalogue.racers import RACERS
from core.engine.sensitivity import RATES, best_rates, held, late, rate_plot, too_dear
from core.engine.summary import Race

RULES = ("sgd", "momentum", "nesterov", "adam")


def _race(lr: float, objective: str = "rosenbrock", steps: int = 200) -> Race:
    return [(RACERS[key], trace(Run(objective, key, (-1.5, 2.0), steps, {"lr": lr}))) for key in RULES]


def test_a_curve_covers_its_slider_and_has_the_losses_of_single_runs() -> None:
    picture = rate_plot(_race(0.0008))
    assert [series.name for series in picture.series[::2]] == [OPTIMIZERS[key].name for key in RULES]
    for key, series in zip(RULES, picture.series[::2], strict=True):
        (low, high) = OPTIMIZERS[key].hypers[0].slider
        assert (len(series.x), series.x[0], series.x[-1]) == (RATES, pytest.approx(low), pytest.approx(high))
        for index in (0, 50, 90):
            path = trace(Run("rosenbrock", key, (-1.5, 2.0), 200, {"lr": float(series.x[index])}))
            loss = series.y[index]
            # Equal but for how pow rounds in an array.
            assert np.isnan(loss) or loss == pytest.approx(path.loss[-1], rel=1e-9)


def test_the_dot_is_the_race_and_one_that_diverged_has_none() -> None:
    for lr, count in ((0.0008, 4), (0.01, 1)):
        dots = [series for series in rate_plot(_race(lr)).series if series.mode == "markers"]
        assert all(dot.x.tolist() == [lr] for dot in dots)
        assert sum(bool(np.isfinite(dot.y).all()) for dot in dots) == count


def test_a_run_that_leaves_where_the_objective_is_defined_has_no_dot() -> None:
    path = trace(Run("sqrt(x) + y**2", "sgd", (1.0, 1.0), 50, {"lr": 0.4}))
    # Its last loss is an ordinary number; the run ended all the same.
    assert len(path.loss) < 50
    assert abs(path.loss[-1]) < 2
    assert np.isnan(rate_plot([(RACERS["sgd"], path)]).series[1].y).all()


@pytest.mark.parametrize("lr", [1e-4, 0.01, 1.0])
def test_what_ends_far_above_its_beginning_does_not_stretch_the_axis(lr: float) -> None:
    race = _race(lr, "bowl")
    began = race[0][1].loss[0]
    for series in rate_plot(race).series:
        known = series.y[np.isfinite(series.y)]
        assert (known <= 1e3 * began).all()
    # Gradient descent with a rate of 1 is beyond its limit 2/3, and its loss is finite and huge.
    assert race[0][1].loss[-1] < 1e3 * began or lr == 1.0


def test_the_best_rate_is_the_one_at_and_beside_which_runs_stay_lowest() -> None:
    race = _race(0.0008)
    for (rate, loss), (_, path), series in zip(best_rates(race), race, rate_plot(race).series[::2], strict=True):
        at = int(np.flatnonzero(series.x == rate)[0])
        ends = []
        for near in series.x[max(at - 2, 0) : at + 3]:
            run = replace(path.run, hypers={"lr": float(near)})
            ends.append(float(np.median(trace(run).loss[-late(200) :])))
        # Equal but for how pow rounds in an array.
        assert loss == pytest.approx(max(ends), rel=1e-9)


def test_a_lucky_rate_is_not_the_best() -> None:
    losses = np.full((2, RATES), 3.0)
    # Low where the last step, or where one rate alone, is low; where five hold, higher.
    losses[0, 10] = losses[1, 20] = 0.0
    losses[1, 60:65] = 1.0, 1.5, 1.2, 1.0, 1.0
    race = _race(0.0008)
    for (rate, loss), series in zip(best_rates(race, lambda *_: losses), rate_plot(race).series[::2], strict=True):
        assert (rate, loss) == (series.x[62], 1.5)


def test_beside_a_failure_and_beyond_the_ends_nothing_is_better() -> None:
    np.testing.assert_array_equal(held(np.array([1.0, 2, 3, 4, np.nan, 6, 7, 8, 9])), [3, 4, *[np.inf] * 5, 9, 9])


def test_a_rule_that_always_diverges_has_no_best_rate() -> None:
    race = [(RACERS["sgd"], trace(Run("-x**2 - y**2", "sgd", (1e5, 1.0), 5000, {"lr": 1.0})))]
    (best,) = best_rates(race, lambda *_: np.full((2, 40), np.nan))
    assert np.isnan(best).all()


LONG = "+".join(f"sin({k}*x)*cos({k + 1}*y)*exp(-x**2)" for k in range(1, 9))
HEAVY = ("newton", "sam", "sophia", "nadam", "muon", "lamb", "radam", "amsgrad")


def _dear(objective: str, steps: int) -> Race:
    return [(RACERS[key], trace(Run(objective, key, (0.3, 0.4), steps, {"lr": 1e-4}))) for key in HEAVY]


def test_curves_that_cost_too_much_are_refused_with_what_to_lower() -> None:
    said = too_dear(_dear(LONG, 5000))
    (fewer,) = (int(number) for number in re.findall(r"drawn for (\d+) steps or fewer", said))
    assert 0 < fewer < 5000
    assert too_dear(_dear(LONG, fewer)) == ""
    assert too_dear(_dear(LONG, fewer + 10)) != ""
    for key, objective in OBJECTIVES.items():
        if objective.dimension == 2:
            assert too_dear(_dear(key, 5000)) == ""
