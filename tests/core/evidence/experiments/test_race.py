"""The experiments about comparing rules: their sentences name who is ahead, and the limits are where they say."""

import numpy as np
import pytest

from core import Run, trace
from tests.core.evidence.experiments.findings import ask


def test_the_winner_changes_with_the_learning_rate() -> None:
    sentence = ask("X42").sentence
    for phrase in ("Nesterov at 0.0008 (", "RMSProp at 0.003 (", "Adam at 0.01 (", "Adam at 0.1 ("):
        assert phrase in sentence
    assert "3 different winners" in sentence


def test_the_curves_of_the_race_agree_with_single_runs_and_end_where_rules_diverge() -> None:
    finding = ask("X42", steps=500)
    assert finding.plot is not None
    curves = {series.name: series for series in finding.plot.series}
    for name, key in (("Gradient descent", "sgd"), ("Adam", "adam")):
        series = curves[name]
        at = int(np.flatnonzero(series.x == 0.0008)[0])
        single = trace(Run("rosenbrock", key, (-1.5, 2.0), 500, {"lr": 0.0008}))
        # The same operations, to rounding.
        assert series.y[at] == pytest.approx(single.loss[-1], rel=1e-9)
    assert np.isnan(curves["Gradient descent"].y[curves["Gradient descent"].x >= 0.003]).all()
    assert np.isfinite(curves["AdaGrad"].y).all()


def test_rules_that_all_start_at_the_minimum_share_the_win() -> None:
    finding = ask("X42", x0=1.0, y0=1.0, steps=100)
    assert finding.numbers["different winners"] == 6
    assert "Gradient descent, Momentum, Nesterov, AdaGrad, RMSProp and Adam at 0.0008 (0)" in finding.sentence


@pytest.mark.parametrize(
    ("lr", "phrase"), [(0.00199, "arrives"), (0.00201, "does not arrive"), (0.003, "diverges at step 6")]
)
def test_half_a_percent_decides_about_arriving(lr: float, phrase: str) -> None:
    assert phrase in ask("X43", lr=lr).sentence


def test_a_diverged_descent_reports_no_final_loss() -> None:
    assert "final loss" not in ask("X43", lr=0.003).numbers


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.999])
def test_the_first_step_of_rmsprop_is_set_by_its_memory(gamma: float) -> None:
    numbers = ask("X66", gamma=gamma).numbers
    # eps takes some 1e-10 of the step.
    assert numbers["RMSProp: first step as a multiple of lr"] == pytest.approx((1 - gamma) ** -0.5, rel=1e-8)


def test_radam_explodes_at_rates_where_adam_does_not() -> None:
    assert "diverges" not in ask("X66").sentence
    assert "diverges at step" in ask("X66", lr=0.1).sentence
    ends = {
        key: trace(Run("rosenbrock", key, (-1.5, 2.0), 20, {"lr": 0.1})).status.outcome for key in ("adam", "radam")
    }
    assert ends == {"adam": "finished", "radam": "diverged"}


@pytest.mark.parametrize("kappa", [3.0, 100.0, 1000.0])
def test_the_zigzag_from_the_worst_start_meets_the_bound_at_every_step(kappa: float) -> None:
    finding = ask("X68", kappa=kappa)
    bound = ((kappa - 1) / (kappa + 1)) ** 2
    # Rounding in 50 steps.
    assert finding.numbers["first factor on the loss"] == pytest.approx(bound, rel=1e-9)
    assert finding.numbers["largest factor on the loss"] == pytest.approx(bound, rel=1e-6)
    assert "every step from here meets it" in finding.sentence


def test_the_zigzag_is_absent_on_an_axis_and_on_a_round_bowl() -> None:
    on_axis = ask("X68", y0=0.0)
    assert on_axis.numbers["steps taken"] == 1
    assert on_axis.numbers["final loss"] == 0
    assert "not every step" in on_axis.sentence
    assert ask("X68", kappa=1.0).numbers["steps taken"] == 1


def test_no_start_beats_the_worst_case() -> None:
    for y0 in (0.1, 0.5, 1.0, 2.0, 30.0):
        numbers = ask("X68", y0=y0).numbers
        # Rounding of one division.
        assert numbers["largest factor on the loss"] <= numbers["worst case ((κ − 1)/(κ + 1))²"] + 1e-9


@pytest.mark.parametrize(("experiment", "minimum"), [("X80", (1.0, 1.0)), ("X81", (3.0, 0.5))])
def test_a_start_at_the_minimum_is_no_way_to_go(experiment: str, minimum: tuple[float, float]) -> None:
    finding = ask(experiment, x0=minimum[0], y0=minimum[1])
    assert finding.numbers["loss at the start"] == finding.numbers["loss at the end"] == 0
    assert "nan" not in finding.sentence


def test_a_run_that_leaves_beales_function_is_told_to_diverge() -> None:
    assert "diverges at step" in ask("X81", lr=0.1).sentence
