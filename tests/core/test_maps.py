"""Sweeps: each value is what the single run ends with, and a run that fails has none."""

import numpy as np
import pytest

from core import Run, trace
from core.maps import rate_sweep
from core.status import Outcome

START = (-1.5, 2.0)
RATES = np.array([1e-4, 8e-4, 0.00199, 0.003, 0.1])


@pytest.mark.parametrize(
    ("optimizer", "hypers"), [("sgd", {}), ("momentum", {"beta": 0.5}), ("adam", {"beta1": 0.8}), ("x = x - lr*g", {})]
)
def test_each_loss_is_that_of_the_single_run_or_nan(optimizer: str, hypers: dict[str, float]) -> None:
    losses = rate_sweep("rosenbrock", START, 300, optimizer, hypers, RATES)
    assert losses.shape == RATES.shape
    for rate, loss in zip(RATES, losses, strict=True):
        path = trace(Run("rosenbrock", optimizer, START, 300, {**hypers, "lr": float(rate)}))
        if path.status.outcome in (Outcome.DIVERGED, Outcome.UNDEFINED):
            assert np.isnan(loss)
        else:
            # The same operations; powers of arrays and of single numbers may differ in the last digit.
            assert loss == pytest.approx(path.loss[-1], rel=1e-9)


def test_diverged_and_undefined_runs_have_no_loss() -> None:
    assert np.isnan(rate_sweep("rosenbrock", START, 300, "sgd", {}, [8e-4, 0.003])).tolist() == [False, True]
    # A long step leaves where the logarithm has a value.
    assert np.isnan(rate_sweep("x - log(x)", (10.0,), 10, "sgd", {}, [0.1, 100.0])).tolist() == [False, True]


def test_a_formula_of_one_variable_and_a_single_rate_will_do() -> None:
    # One step of gradient descent on x² from 1 at 0.25 halves x.
    np.testing.assert_allclose(rate_sweep("x**2", (1.0,), 1, "sgd", {}, 0.25), [0.25], rtol=1e-15)


def test_the_rates_replace_the_rate_of_the_settings() -> None:
    with_rate = rate_sweep("bowl", (1.0, 1.0), 20, "sgd", {"lr": 0.5}, [0.1, 0.2])
    np.testing.assert_array_equal(with_rate, rate_sweep("bowl", (1.0, 1.0), 20, "sgd", {}, [0.1, 0.2]))


def test_a_bad_rate_or_setting_is_refused() -> None:
    with pytest.raises(ValueError, match="lr must lie in"):
        rate_sweep("bowl", (1.0, 1.0), 20, "sgd", {}, [-1.0])
    with pytest.raises(ValueError, match="no hyperparameter beta"):
        rate_sweep("bowl", (1.0, 1.0), 20, "sgd", {"beta": 0.9}, [0.1])
