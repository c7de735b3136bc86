"""The experiments about exact fits: batches agree, Adam differs, and noise favours few weights, at any seed."""

import numpy as np
import pytest

from core.evidence.experiments import solutions
from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize("size", [80, 150])
@pytest.mark.parametrize("seed", range(1, 4))
def test_all_batch_sizes_find_the_shortest_fit_and_adam_another_exact_one(size: int, seed: int) -> None:
    numbers = ask("X59", size=size, seed=seed).numbers
    for name in ("B = 1", "B = 5", "B = 40", "Momentum"):
        # Batches stop at an error of 1e-13, momentum at rounding.
        assert numbers[f"distance from the shortest fit, {name}"] < 1e-12
        assert numbers[f"test error, {name}"] == pytest.approx(numbers["test error, B = 1"], rel=1e-10)
    assert numbers["largest error on the data, Adam"] < 1e-3
    assert numbers["distance from the shortest fit, Adam"] > 0.2


def test_no_exact_fit_is_shorter() -> None:
    random = np.random.default_rng(7)
    features, answers = random.standard_normal((40, 100)), random.standard_normal(40)
    weights, errors = solutions._by_batches(features, answers, 5, 0)
    assert errors[-1] < 1e-13
    # The shortest is a combination of the samples: nothing of it lies outside their span.
    span = np.linalg.qr(features.T)[0]
    assert np.linalg.norm(weights - span @ (span.T @ weights)) < 1e-12


def test_adams_fit_is_worse_where_few_features_matter_and_better_where_all_matter_alike() -> None:
    few, alike = ([ask("X59", size=80, relevant=k, seed=seed).numbers for seed in range(6)] for k in (1, 80))
    for numbers in few:
        assert numbers["test error, Adam"] > 1.5 * numbers["test error, B = 1"]
    # A single draw may go either way.
    assert np.mean([numbers["test error, Adam"] / numbers["test error, B = 1"] for numbers in alike]) < 0.95


def test_the_test_error_is_that_on_new_data() -> None:
    truth, weights = np.array([1.0, -2.0, 0.5]), np.array([0.8, -1.5, 0.9])
    new = np.random.default_rng(0).standard_normal((200_000, 3))
    # 200 000 squares: their mean is known to 0.3 %.
    assert np.mean((new @ (weights - truth)) ** 2) == pytest.approx(((weights - truth) ** 2).sum(), rel=0.012)


def test_squares_follow_the_gradient_of_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    features, answers = random.standard_normal((6, 100)), random.standard_normal(6)

    def loss(both: np.ndarray) -> float:
        error = features @ (both[0] ** 2 - both[1] ** 2) - answers
        return float((error**2).mean() / 2)

    def slope(step: int, weights: np.ndarray) -> np.ndarray:
        return (weights @ features.T - answers) @ features / 6

    lr, both = 0.01, np.full((2, 100), 0.1)
    change = np.zeros_like(both)
    for index in np.ndindex(*both.shape):
        moved = np.zeros_like(both)
        moved[index] = 1e-5
        change[index] = (loss(both + moved) - loss(both - moved)) / 2e-5
    after = both - lr * change
    monkeypatch.setattr(solutions, "_STEPS", 1)
    monkeypatch.setattr(solutions, "_DRAWN", 1)
    before, then = solutions._squares(slope, 0.1, lr)
    np.testing.assert_array_equal(before, np.zeros((solutions._DRAWS, 100)))
    # Central differences of a polynomial of degree 4 are exact to about 1e-9 here.
    np.testing.assert_allclose(then[0], after[0] ** 2 - after[1] ** 2, atol=1e-9)
    assert np.abs(then).max() > 1e-4


@pytest.mark.parametrize("seed", range(1, 4))
def test_noise_leads_closer_to_sparse_truths(seed: int) -> None:
    numbers = ask("X60", seed=seed).numbers
    # Of 10 draws.
    assert numbers["draws in which one sample is closer"] >= 9
    assert numbers["distance from the truth, one sample"] < numbers["distance from the truth, all samples"]


def test_the_start_matters_more_than_the_noise() -> None:
    near, far = (ask("X60", start=start).numbers for start in (0.03, 0.2))
    assert near["distance from the truth, all samples"] < far["distance from the truth, one sample"]


def test_a_larger_rate_is_noisier_and_leads_closer() -> None:
    ends = [ask("X60", lr=lr).numbers["distance from the truth, one sample"] for lr in (0.005, 0.01, 0.02)]
    assert ends == sorted(ends, reverse=True)
    exact = [ask("X60", lr=lr).numbers["distance from the truth, all samples"] for lr in (0.005, 0.02)]
    # Without noise the rate hardly matters.
    assert exact[0] == pytest.approx(exact[1], rel=0.02)
