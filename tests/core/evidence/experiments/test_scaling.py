"""The experiment about feature scaling: its closed form is a plain loop's, and each scaling does what it can."""

import numpy as np
import pytest

from core.evidence.experiments import scaling
from tests.core.evidence.experiments.findings import ask

SCALINGS = ("as they are", "only centred", "only divided", "min–max", "standardised")


def _designs(mean: float, spread: float, correlation: float) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Each scaling's features with a column of ones, and the prices."""
    features, prices = scaling._houses(mean, spread, correlation, 0)
    away, deviation = features - features.mean(axis=0), features.std(axis=0)
    span = features.max(axis=0) - features.min(axis=0)
    scaled = (features, away, features / deviation, (features - features.min(axis=0)) / span, away / deviation)
    ones = np.ones((len(features), 1))
    return {name: np.hstack([ones, part]) for name, part in zip(SCALINGS, scaled, strict=True)}, prices


@pytest.mark.parametrize("correlation", [0.0, 0.9])
@pytest.mark.parametrize("spread", [1.0, 4.0])
def test_the_steps_of_the_closed_form_are_those_of_a_plain_loop(spread: float, correlation: float) -> None:
    numbers = ask("X44", mean=3, spread=spread, correlation=correlation).numbers
    designs, prices = _designs(3, spread, correlation)
    for name, design in designs.items():
        hessian = design.T @ design / len(design)
        curvatures = np.linalg.eigvalsh(hessian)
        # Eigenvalues of a matrix of squares are exact to 1e-16 of the largest.
        assert numbers[f"condition number, {name}"] == pytest.approx(curvatures[-1] / curvatures[0], rel=1e-9)
        weights, steps = np.zeros(3), 0
        while np.mean((design @ weights - prices) ** 2) > 1e-4 * prices.var():
            weights -= design.T @ (design @ weights - prices) / len(design) / curvatures[-1]
            steps += 1
        # A crossing may lie on the line.
        assert numbers[f"steps, {name}"] == pytest.approx(steps, abs=1), name


def test_adam_takes_the_steps_of_a_plain_loop_at_the_best_of_the_rates() -> None:
    designs, prices = _designs(3, 4.0, 0.0)
    for name in ("as they are", "standardised"):
        design, needed = designs[name], []
        for lr in scaling._ADAM_RATES:
            weights, m, v, steps = np.zeros(3), np.zeros(3), np.zeros(3), 0
            while steps < 600 and np.mean((design @ weights - prices) ** 2) > 1e-4 * prices.var():
                steps += 1
                slope = design.T @ (design @ weights - prices) / len(design)
                m, v = 0.9 * m + 0.1 * slope, 0.999 * v + 0.001 * slope**2
                weights -= lr * m / (1 - 0.9**steps) / (np.sqrt(v / (1 - 0.999**steps)) + 1e-8)
            needed.append(steps)
        assert min(needed) < 600
        # A crossing may lie on the line.
        assert ask("X44", mean=3, spread=4.0).numbers[f"steps of Adam, {name}"] == pytest.approx(min(needed), abs=1)


def test_prices_do_not_depend_on_the_unit() -> None:
    metres, feet = (scaling._houses(mean, spread, 0.5, 3) for mean, spread in ((186, 46), (2000, 500)))
    np.testing.assert_array_equal(metres[1], feet[1])
    assert ask("X44", mean=186, spread=46).numbers["steps, standardised"] == ask("X44").numbers["steps, standardised"]
    for kind in ("steps", "condition number"):
        # Standardising takes the unit away, but for rounding.
        first, second = (
            ask("X44", mean=m, spread=s).numbers[f"{kind}, standardised"] for m, s in ((186, 46), (2000, 500))
        )
        assert first == pytest.approx(second, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_scalings_come_in_the_known_order(seed: int) -> None:
    numbers = ask("X44", seed=seed).numbers
    for kind in ("condition number", "steps"):
        ordered = [numbers[f"{kind}, {name}"] for name in SCALINGS]
        assert ordered == sorted(ordered, reverse=True)
        assert ordered[0] > 1e7
    assert numbers["steps, standardised"] <= 3
    # Adam gains too, but thousands of times less.
    gain = numbers["steps of Adam, as they are"] / numbers["steps of Adam, standardised"]
    assert 5 < gain < numbers["gain of gradient descent"] / 1000


def test_standardising_does_not_cure_correlation() -> None:
    numbers = {rho: ask("X44", correlation=rho).numbers for rho in (0.0, 0.9, 0.997)}
    for rho, of_rho in numbers.items():
        features, _ = scaling._houses(2000, 500, rho, 0)
        measured = abs(np.corrcoef(features.T)[0, 1])
        # For two standardised features beside the constant, by hand; the curvature of the constant is 1, in between.
        assert of_rho["condition number, standardised"] == pytest.approx((1 + measured) / (1 - measured), rel=1e-9)
    steps = [of_rho["steps, standardised"] for of_rho in numbers.values()]
    assert steps == sorted(steps)
    assert steps[-1] > 100 * steps[0]


def test_where_no_rate_brings_adam_there_the_sentence_says_so() -> None:
    finding = ask("X44", correlation=0.997)
    assert np.isinf(finding.numbers["steps of Adam, as they are"])
    assert "more than 5000 steps before" in finding.sentence
