"""The experiments about the learning rate of a network: what holds for any seed, batch and number of steps."""

import numpy as np
import pytest

from core import Run, trace
from core.experiments import training
from tests.core.experiments.findings import ask


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_over_all_items_the_steepest_point_is_near_the_best_rate_and_the_lowest_is_beyond(seed: int) -> None:
    numbers = ask("X63", seed=seed).numbers
    for rule in ("Gradient descent", "AdamW"):
        assert 0.2 < numbers[f"steepest / best, {rule}"] < 5
        assert numbers[f"lowest / best, {rule}"] > 2
        assert numbers[f"steepest, {rule}"] < numbers[f"lowest, {rule}"] < numbers[f"back at the start, {rule}"]


@pytest.mark.parametrize("seed", [0, 2])
def test_small_batches_hide_the_steepest_point(seed: int) -> None:
    assert ask("X63", seed=seed, batch=32).numbers["steepest / best, AdamW"] < 0.05


def test_the_best_rate_of_the_sweep_is_the_lowest_dot_of_its_line() -> None:
    finding = ask("X63")
    assert finding.plot is not None
    for series in finding.plot.series:
        rule, _, kind = series.name.partition(", ")
        if kind == "constant rate":
            best = series.x[np.nanargmin(series.y)]
            assert finding.numbers[f"best of a sweep, {rule}"] == best


def test_the_range_test_is_cut_where_the_weights_are_destroyed() -> None:
    finding = ask("X63")
    assert finding.plot is not None
    for series in finding.plot.series:
        if series.name.endswith("range test"):
            assert np.isfinite(series.y).all()
            assert series.y.max() <= 2 * series.y[0]


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_at_0_0003_adamw_is_far_behind_its_best(seed: int) -> None:
    numbers = ask("X64", seed=seed).numbers
    # The promise of the tips: more than 20 times the loss.
    assert numbers["loss at the chosen rate / lowest"] > 20
    assert 0.001 < numbers["best rate"] < 0.1


def test_more_steps_bring_the_small_rate_closer_in_loss() -> None:
    losses = [ask("X64", steps=steps).numbers["loss at 0.0003"] for steps in (100, 600, 1500)]
    assert losses == sorted(losses, reverse=True)


def test_the_best_of_the_rates_is_told_as_such() -> None:
    finding = ask("X64", lr=0.01)
    assert finding.numbers["best rate"] == 0.01
    assert finding.numbers["loss at the chosen rate / lowest"] == 1
    assert "the lowest of all the rates tried" in finding.sentence


def test_the_steps_on_rosenbrock_are_those_of_a_run() -> None:
    loss = trace(Run("rosenbrock", "adam", (-1.5, 2.0), 2000, {"lr": 0.05})).loss
    assert ask("X64", lr=0.05).numbers["steps on Rosenbrock at the chosen rate"] == (loss <= 1e-4).argmax()
    assert "more than 20000 steps" in ask("X64", lr=1e-5).sentence


def test_smoothing_keeps_a_constant_and_lags_behind_a_step() -> None:
    assert training._smoothed(np.full(5, 2.0)) == pytest.approx(2.0)
    seen = training._smoothed(np.array([0.0] * 10 + [1.0]))
    # One step of the corrected mean: a tenth over 1 − 0.9¹¹.
    assert seen[-1] == pytest.approx(0.1 / (1 - 0.9**11))
