"""Two features in different units: what the bowl is, what scaling changes of it, and what the sentence says."""

import numpy as np
import pytest

from core.formula.words import digits
from core.lessons.two_features import SETTINGS, VIEW, Bowl

RATIO, CORRELATION = SETTINGS
CASES = [(ratio, rho) for ratio in (1.0, 2.5, 10.0) for rho in (-0.95, 0.0, 0.6, 0.95)]
every = pytest.mark.parametrize(("ratio", "rho"), CASES)


@every
def test_the_bowl_is_half_the_mean_squared_error_of_such_features(ratio: float, rho: float) -> None:
    # Enough houses for moments to three digits; their sample moments are then made exact by whitening.
    raw = np.random.default_rng(0).standard_normal((500, 2))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(raw.T @ raw / len(raw))).T
    features = np.column_stack([ratio * white[:, 0], rho * white[:, 0] + np.sqrt(1 - rho**2) * white[:, 1]])
    weights = np.array([0.7, -0.4])
    loss = ((features @ weights) ** 2).mean() / 2
    # Twelve digits of the coefficients are written into the formula.
    assert Bowl(ratio, rho).objective.parsed.value(weights) == pytest.approx(loss, rel=1e-10)


@every
def test_standardising_leaves_the_condition_number_of_the_correlation(ratio: float, rho: float) -> None:
    # By hand: the eigenvalues of [[1, ρ], [ρ, 1]] are 1 ± ρ. Rounding is magnified by κ.
    assert Bowl(1.0, rho).curvature.condition == pytest.approx((1 + abs(rho)) / (1 - abs(rho)), rel=1e-9)


def test_without_correlation_the_condition_number_is_the_square_of_the_ratio() -> None:
    assert Bowl(4.0, 0.0).curvature.condition == pytest.approx(16, rel=1e-12)


@every
def test_both_descents_begin_with_the_same_loss_inside_the_picture(ratio: float, rho: float) -> None:
    raw, scaled = Bowl(ratio, rho).descent(), Bowl(1.0, rho).descent()
    assert raw.loss[0] == pytest.approx(scaled.loss[0], rel=1e-9)
    for path in (raw, scaled):
        for values, (low, high) in zip(path.x.T, VIEW, strict=True):
            assert low < values.min() <= values.max() < high


@every
def test_the_steps_are_the_first_at_which_a_ten_thousandth_is_left(ratio: float, rho: float) -> None:
    bowl = Bowl(ratio, rho)
    steps = int(bowl.steps)
    loss = bowl.descent(steps).loss
    assert loss[steps] <= 1e-4 * loss[0] < loss[steps - 1]
    assert f"needs {steps} step" in bowl.sentence
    assert f"κ = {digits(bowl.curvature.condition)};" in bowl.sentence


def test_every_setting_offered_is_found_within_the_budget() -> None:
    for ratio in RATIO.bounds:
        for rho in CORRELATION.bounds:
            assert np.isfinite(Bowl(ratio, rho).steps)


@every
def test_the_contour_lies_at_its_height(ratio: float, rho: float) -> None:
    bowl = Bowl(ratio, rho)
    around = bowl.contour(0.3)
    np.testing.assert_allclose(bowl.objective.parsed.value(around), 0.3, rtol=1e-9)  # rounding, times κ
    np.testing.assert_allclose(around[:, 0], around[:, -1], atol=1e-12)
