"""The experiments about weight decay: what is measured agrees with theory, and sentences say which case it is."""

import numpy as np
import pytest

from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize("lr", [0.001, 0.01, 0.1])
@pytest.mark.parametrize("strength", [0.001, 0.1, 1.0])
def test_adamw_shrinks_by_its_decay_alone_where_there_is_no_gradient(lr: float, strength: float) -> None:
    numbers = ask("X35", lr=lr, weight_decay=strength).numbers
    # Rounding over 100 steps.
    assert numbers["AdamW after 50 steps"] == pytest.approx((1 - lr * strength) ** 50, rel=1e-12)
    assert numbers["AdamW after 100 steps"] == pytest.approx((1 - lr * strength) ** 100, rel=1e-12)


@pytest.mark.parametrize(("size", "left"), [(0.1, 0.190), (1.0, 0.821), (10.0, 0.982)])
def test_l2_in_adam_decays_least_where_gradients_are_large(size: float, left: float) -> None:
    numbers = ask("X36", size=size).numbers
    # Half a unit of the last digit that is known.
    assert numbers["left, Adam + L2"] == pytest.approx(left, abs=0.0005)
    assert numbers["left, AdamW"] == pytest.approx(0.8202, abs=0.0001)


@pytest.mark.parametrize(
    ("minimum", "strength", "phrase"),
    [
        (20.0, 0.1, "outside the box of ±1/λ = ±10"),
        (5.0, 0.1, "inside the box of ±1/λ = ±10"),
        (10.0, 0.1, "at the edge of the box of ±1/λ = ±10"),
        (100.0, 1.0, "outside the box of ±1/λ = ±1"),
        (0.1, 0.01, "inside the box of ±1/λ = ±100"),
    ],
)
def test_where_the_minimum_lies_is_told_and_the_box_holds(minimum: float, strength: float, phrase: str) -> None:
    finding = ask("X37", minimum=minimum, weight_decay=strength)
    assert phrase in finding.sentence
    edge = finding.numbers["1/λ"]
    step = 0.001 * edge
    reach = min(minimum, edge)
    # Lion swings around the reachable point by a few steps; AdamW stops short of the edge where its gradient fades.
    assert finding.numbers["end, Lion"] == pytest.approx(reach, abs=step)
    assert finding.numbers["end, AdamW"] == pytest.approx(reach, abs=0.06 * edge)
    assert finding.numbers["end, AdamW"] <= edge
    assert finding.numbers["end, gradient descent + L2"] == pytest.approx(minimum / (1 + strength), rel=1e-6)


def test_the_marks_show_box_and_minimum() -> None:
    plot = ask("X37").plot
    assert plot is not None
    assert [mark.value for mark in plot.marks] == [10.0, 20.0]
    assert all(np.isfinite(series.y).all() for series in plot.series)


@pytest.mark.parametrize("noise", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("samples", [60, 100, 200])
def test_the_best_decay_is_that_of_theory(noise: float, samples: int) -> None:
    numbers = ask("X61", noise=noise, samples=samples).numbers
    # dσ²/n for weights of norm 1, on a flat minimum seen through 20 draws.
    assert numbers["best λ"] == pytest.approx(50 * noise**2 / samples, rel=0.5)
    assert numbers["lowest error"] < numbers["error, λ = 0"]
    assert numbers["best λ without noise"] == 0
    # Enough points give the weights exactly, but for rounding.
    assert numbers["error without noise, λ = 0"] < 1e-20


def test_the_error_of_ridge_regression_is_that_of_its_equation() -> None:
    random = np.random.default_rng(0)
    x = random.standard_normal((20, 80, 50))
    true = random.standard_normal((20, 50))
    true /= np.linalg.norm(true, axis=1, keepdims=True)
    y = np.einsum("rnd,rd->rn", x, true) + 0.7 * random.standard_normal((20, 80))
    errors = [
        np.sum((np.linalg.solve(inputs.T @ inputs + 80 * 0.2 * np.eye(50), inputs.T @ out) - weights) ** 2)
        for inputs, out, weights in zip(x, y, true, strict=True)
    ]
    error = ask("X61", noise=0.7, samples=80, weight_decay=0.2).numbers["error, this λ"]
    assert error == pytest.approx(np.mean(errors), rel=1e-10)


@pytest.mark.parametrize(("lr", "decay"), [(3e-4, 0.01), (1e-3, 0.1), (1e-2, 10.0)])
def test_half_of_a_weight_is_left_after_its_half_life(lr: float, decay: float) -> None:
    steps = ask("X61", lr=lr, weight_decay=decay).numbers["half-life in steps"]
    assert (1 - lr * decay) ** steps == pytest.approx(0.5, rel=1e-9)
