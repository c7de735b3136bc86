"""The experiment about averaging: its exact means are those of every step's noise carried to the end one by one."""

import numpy as np
import pytest

from core import Run, trace
from core.evidence.experiments import EXPERIMENTS, averaging
from tests.core.evidence.experiments.findings import ask

EXPERIMENT = EXPERIMENTS["X71"]
_STEPS = 30


def _carried(curvature: float, rate: float, beta: float, noise: float) -> float:
    """The expected loss of Schedule-Free in one dimension: the share of start and of each step's noise in its x."""
    x = np.zeros(_STEPS + 1)
    x[0] = 1
    z = x.copy()
    for t in range(1, _STEPS + 1):
        slope = curvature * ((1 - beta) * z + beta * x)
        slope[t] += noise
        z = z - rate * slope
        x = (1 - 1 / t) * x + z / t
    return curvature * float(x @ x) / 2


@pytest.mark.parametrize("noise", [0.0, 0.7])
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_the_expected_loss_of_schedule_free_adds_up_over_starts_and_noises(beta: float, noise: float) -> None:
    curvatures = np.array([0.1, 1.0])
    losses = averaging._free(curvatures, noise, beta, _STEPS)
    for index in (5, 20, 30):
        rate = float(averaging._RATES[index])
        by_hand = sum(_carried(curvature, rate, beta, noise) for curvature in curvatures)
        # float64 sums of 30 steps in another order.
        assert losses[index] == pytest.approx(by_hand, rel=1e-10)


@pytest.mark.parametrize(("rule", "beta"), [("schedule_free", 0.9), ("schedule_free", 0.0), ("sgd", None)])
def test_without_noise_the_losses_are_those_of_the_shipped_rules(rule: str, beta: float | None) -> None:
    curvatures = np.array([0.1, 1.0])
    if beta is None:
        losses = averaging._scheduled(curvatures, 0.0, np.ones(_STEPS))
    else:
        losses = averaging._free(curvatures, 0.0, beta, _STEPS)
    for index in (5, 20, 30):
        hypers = {"lr": float(averaging._RATES[index])} | ({} if beta is None else {"beta": beta})
        path = trace(Run("(0.1*x**2 + y**2)/2", rule, (1.0, 1.0), _STEPS, hypers))
        # float64 sums of 30 steps in another order.
        assert losses[index] == pytest.approx(path.loss[-1], rel=1e-9)


def test_the_expected_loss_of_gradient_descent_is_that_of_many_runs() -> None:
    factors, noise, runs = np.linspace(1, 0.1, _STEPS), 0.5, 20_000
    random = np.random.default_rng(0)
    index = 25
    points = np.ones(runs)
    for factor in factors:
        points -= factor * averaging._RATES[index] * (0.4 * points + noise * random.standard_normal(runs))
    loss = averaging._scheduled(np.array([0.4]), noise, factors)[index]
    # 20 000 squares: their mean is known to 1 %, four times that is far.
    assert loss == pytest.approx(0.2 * float((points**2).mean()), rel=0.04)


def test_a_constant_rate_leaves_the_known_floor() -> None:
    losses = averaging._scheduled(np.ones(1), 1.0, np.ones(5000))
    # α/(2 − α) of the noise's variance, half of it as loss; by then all but the smallest rates have arrived.
    for index in (20, 30, 38):
        rate = averaging._RATES[index]
        assert losses[index] == pytest.approx(rate / (2 - rate) / 2, rel=1e-6)


@pytest.mark.parametrize("steps", [1000, 5000])
def test_schedule_free_beats_a_constant_rate_and_not_a_decay_unless_it_is_a_plain_average(steps: int) -> None:
    numbers = ask("X71", steps=steps).numbers
    names = ("average of all points", "linear decay", "cosine", "Schedule-Free", "constant rate")
    left = [numbers[f"lowest loss, {name}"] for name in names]
    assert left == sorted(left)


def test_with_few_steps_it_is_level_with_the_constant_rate() -> None:
    numbers = ask("X71", steps=200).numbers
    assert numbers["lowest loss, Schedule-Free"] == pytest.approx(numbers["lowest loss, constant rate"], rel=0.01)


def test_beta_0_is_the_plain_average() -> None:
    numbers = ask("X71", beta=0.0).numbers
    assert numbers["lowest loss, Schedule-Free"] == numbers["lowest loss, average of all points"]


def test_no_best_rate_at_the_defaults_is_at_an_end_of_those_tried() -> None:
    for steps in (200, 1000, 5000):
        numbers = ask("X71", steps=steps).numbers
        best = [rate for label, rate in numbers.items() if label.startswith("best rate")]
        assert len(best) == 5
        assert min(best) > averaging._RATES[0]
        assert max(best) < averaging._RATES[-1]
