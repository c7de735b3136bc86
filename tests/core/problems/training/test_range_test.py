"""A learning-rate range test: below the limit where theory knows one, and not misled by noise, spikes or NaN."""

import numpy as np
import pytest

from core.problems.training.range_test import limits, range_plan, range_test, read_curve
from core.problems.training.settings import Training

RATES = np.geomspace(1e-5, 10, 100)
BOWL = Training("diabetes", "linear", "sgd", batch=0, model_settings={"initialisation": "zeros"})


def curve(noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """A loss that falls from 2 to 0.5, steepest at 0.01, and climbs beyond 1."""
    fall = 1.5 / (1 + (RATES / 0.01) ** 1.5)
    climb = np.maximum(RATES / 1.0 - 1, 0.0) ** 2
    return 0.5 + fall + climb + noise * np.random.default_rng(seed).normal(size=RATES.size)


@pytest.mark.parametrize("steps", [40, 100, 300])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_gradient_descent_on_a_bowl_is_suggested_a_rate_below_its_limit(steps: int, seed: int) -> None:
    rows = BOWL.resolved_dataset.load(seed).train_x
    design = np.column_stack([rows, np.ones(len(rows))])
    limit = 2 / np.linalg.eigvalsh(2 / len(rows) * design.T @ design)[-1]
    plan = Training(**{**BOWL.__dict__, "seed": seed})
    found = range_test(plan, 1e-4, 10.0, steps)
    assert limit / 200 < found.steepest < limit
    assert limit / 200 < found.tenth < limit


def test_the_suggestions_lie_where_the_curve_says() -> None:
    found = read_curve(RATES, curve())
    assert found.steepest == pytest.approx(0.01, rel=0.5)
    assert 0.3 < found.lowest < 2
    assert found.tenth == found.lowest / 10
    assert found.noise < 0.01
    assert "falls fastest at" in found.sentence


@pytest.mark.parametrize("seed", range(5))
def test_noise_moves_them_little(seed: int) -> None:
    found = read_curve(RATES, curve(0.08, seed))
    assert 0.002 < found.steepest < 0.05
    assert 0.04 < found.lowest < 2


def test_spikes_at_the_beginning_and_in_between_move_them_little() -> None:
    losses = curve()
    losses[:2], losses[[45, 70]] = 40.0, 100.0
    found = read_curve(RATES, losses)
    assert 0.003 < found.steepest < 0.03
    assert 0.3 < found.lowest < 2


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_loss_that_is_no_number_ends_the_test(wrong: float) -> None:
    losses = curve()
    losses[80] = wrong
    found = read_curve(RATES, losses)
    assert len(found.rates) == len(found.smoothed) == 80
    assert 0.005 < found.steepest < 0.02
    assert f"Behind {RATES[80]:.4g} the loss was no number" in found.sentence


def test_a_blow_up_neither_flattens_nor_moves_what_was_before() -> None:
    losses = curve()
    losses[85:] = 10.0 ** np.arange(1, 16)
    found = read_curve(RATES, losses)
    assert 0.005 < found.steepest < 0.02
    assert found.losses.max() < 100
    assert "the rest is left out" in found.sentence


@pytest.mark.parametrize(
    "losses", [np.full(100, 2.0), 2 + 0.1 * np.random.default_rng(0).normal(size=100), np.linspace(1, 9, 100)]
)
def test_nothing_is_suggested_where_the_loss_does_not_fall(losses: np.ndarray) -> None:
    found = read_curve(RATES, losses)
    assert np.isnan([found.steepest, found.lowest]).all()
    assert "nothing is suggested" in found.sentence


def test_nor_where_it_ends_at_once() -> None:
    found = read_curve(RATES, np.where(RATES > 2e-5, np.nan, 1.0))
    assert np.isnan(found.steepest)


def test_it_leaves_schedules_out_and_takes_any_rule() -> None:
    plan = Training(optimizer="sam", schedule="cosine", steps=5000, model_settings={"depth": 1, "width": 4})
    assert range_plan(plan, 1e-4, 1.0, 50).schedule == "constant"
    assert range_plan(plan, 1e-4, 1.0, 50).steps == 51
    assert len(range_test(plan, 1e-4, 1.0, 50).rates) > 20
    assert "Every step saw 32 rows" in limits(plan)


@pytest.mark.parametrize(
    ("given", "message"),
    [((1.0, 0.1, 100), "lowest must be above 0 and below highest"), ((0.1, 1.0, 5), r"steps must lie in \[20, 1000\]")],
)
def test_a_wrong_range_is_refused(given: tuple[float, float, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        range_test(BOWL, *given)
