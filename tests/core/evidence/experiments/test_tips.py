"""The experiments behind the tips: what they measure agrees with theory and with plain loops, and is told as it is."""

import numpy as np
import pytest

from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize("lr", [1e-4, 1e-3, 1e-2])
def test_a_chain_explodes_without_clipping_and_travels_at_most_its_steps_with_it(lr: float) -> None:
    finding = ask("X48", lr=lr)
    numbers = finding.numbers
    assert numbers["gradient at the start"] == pytest.approx((1.2**50 - 0.5) * 50 * 1.2**49, rel=1e-12)
    assert numbers["steps survived without clipping"] == 0
    assert "gradient descent leaves every bound at step 1." in finding.sentence
    assert f"such a step is {lr:.4g} long" in finding.sentence
    assert abs(1.2 - numbers["w at the end, clipped"]) <= 300 * lr


def test_where_nothing_explodes_clipping_changes_nothing() -> None:
    finding = ask("X48", depth=2, clip_norm=100.0, lr=0.1)
    assert finding.numbers["clipped steps in %"] == 0
    assert finding.numbers["steps survived without clipping"] == 300
    assert finding.sentence.count("ends at w = 0.7071") == 2


def test_clipping_at_too_large_a_norm_saves_nothing() -> None:
    finding = ask("X48", depth=60, clip_norm=100.0, lr=0.1)
    assert finding.sentence.count("leaves every bound at step 1") == 2
    assert finding.numbers["clipped steps in %"] == 100


def test_clipping_does_not_make_too_large_a_rate_stable() -> None:
    # Near the minimum the limit is 2/642 = 0.0031.
    for lr, stable in ((0.001, True), (0.003, True), (0.01, False), (0.1, False)):
        assert (ask("X48", lr=lr).numbers["loss at the end, clipped"] < 1e-12) == stable


def _steps_by_hand(start: float, factor: list[float], lr: float) -> float:
    x = start
    for step, part in enumerate(factor):
        if abs(x) < 1:
            return step
        x -= lr * part * x * np.exp(-(x**2) / 2)
    return np.inf


@pytest.mark.parametrize(("lr", "start"), [(0.5, 4.0), (0.2, 3.0), (1.0, 4.5)])
def test_schedules_are_those_of_a_plain_loop_and_never_help_across_a_plateau(lr: float, start: float) -> None:
    numbers = ask("X55", lr=lr, start=start).numbers
    n = np.arange(2000)
    shapes = {
        "constant": np.ones(2000),
        "cosine": (1 + np.cos(np.pi * n / 2000)) / 2,
        "warm-up + cosine": np.where(n + 1 < 200, (n + 1) / 200, (1 + np.cos(np.pi * (n + 1 - 200) / 1800)) / 2),
    }
    for name, shape in shapes.items():
        # A crossing can move by a step.
        by_hand = _steps_by_hand(start, list(shape), lr)
        assert numbers[f"steps, Gradient descent, {name}"] == pytest.approx(by_hand, abs=1)
    for rule in ("Gradient descent", "Momentum", "Adam"):
        assert numbers[f"steps, {rule}, constant"] <= numbers[f"steps, {rule}, cosine"]
        assert numbers[f"steps, {rule}, cosine"] < numbers[f"steps, {rule}, warm-up + cosine"] or np.isinf(
            numbers[f"steps, {rule}, cosine"]
        )
    assert numbers["steps, Momentum, constant"] < numbers["steps, Gradient descent, constant"] / 3


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
    found = ask("X61", noise=0.7, samples=80, weight_decay=0.2).numbers["error, this λ"]
    assert found == pytest.approx(np.mean(errors), rel=1e-10)


@pytest.mark.parametrize(("lr", "decay"), [(3e-4, 0.01), (1e-3, 0.1), (1e-2, 10.0)])
def test_half_of_a_weight_is_left_after_its_half_life(lr: float, decay: float) -> None:
    steps = ask("X61", lr=lr, weight_decay=decay).numbers["half-life in steps"]
    assert (1 - lr * decay) ** steps == pytest.approx(0.5, rel=1e-9)


def _ends_lower(lr: float, warmup: float, start: float) -> bool:
    x = start
    for t in range(1, 1001):
        x -= lr * min(t / warmup, 1) * x**3
        if abs(x) > 1e12:
            return False
    return abs(x) < start


@pytest.mark.parametrize("start", [1.0, 5.0, 10.0])
@pytest.mark.parametrize("warmup", [1, 20, 200])
def test_the_largest_rate_is_where_a_plain_loop_begins_to_fail(start: float, warmup: int) -> None:
    numbers = ask("X62", start=start, warmup=warmup).numbers
    limit = numbers["largest rate, warm-up"]
    assert _ends_lower(0.999 * limit, warmup, start)
    assert not _ends_lower(1.001 * limit, warmup, start)
    # By hand; the search is this fine.
    assert numbers["largest rate, no warm-up"] == pytest.approx(2 / start**2, rel=0.0005)


def test_a_longer_warm_up_allows_more_on_the_quartic_and_little_on_the_parabola() -> None:
    plot = ask("X62").plot
    assert plot is not None
    quartic, parabola = (series.y for series in plot.series)
    assert (np.diff(quartic) > 0).all()
    assert quartic[-1] > 100 * quartic[0]
    assert parabola[-1] < 1.5 * parabola[0]


def test_no_warm_up_is_called_so() -> None:
    assert "With no warm-up the peak" in ask("X62", warmup=1).sentence
    assert "With 2 steps of linear warm-up the peak" in ask("X62", warmup=2).sentence
