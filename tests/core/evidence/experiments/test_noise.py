"""The experiments about noise: theory and measurement meet at any settings, and sentences say which case it is."""

import re

import numpy as np
import pytest

from core.evidence.experiments.noise import _falling
from core.formula.words import digits
from tests.core.evidence.experiments.findings import ask

_NAMES = ("constant", "1/√t", "linear", "cosine", "1/t", "1/t²")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("lr", [0.1, 0.5])
def test_what_is_left_after_noisy_steps_is_what_is_expected(lr: float, seed: int) -> None:
    numbers = ask("X12", lr=lr, seed=seed, steps=3000).numbers
    for name in _NAMES:
        # Four standard errors of a mean of 400 squares.
        assert numbers[f"mean of x², {name}"] == pytest.approx(numbers[f"expected, {name}"], rel=0.28)


@pytest.mark.parametrize("seed", range(4))
def test_the_decays_arrive_in_the_known_order(seed: int) -> None:
    numbers = ask("X12", seed=seed).numbers
    left = [numbers[f"mean of x², {name}"] for name in ("1/t²", "constant", "1/√t", "linear", "cosine", "1/t")]
    assert left == sorted(left, reverse=True)
    averaged = numbers["mean of x², average of the constant's second half"]
    assert left[-1] < averaged < left[-2]


@pytest.mark.parametrize("lr", [0.02, 0.1, 1.0])
def test_one_over_time_leaves_what_it_does_by_hand(lr: float) -> None:
    steps, before = 2000, 1 / lr
    by_hand = (steps + (before - 1) ** 2) / (steps + before - 1) ** 2
    # The same arithmetic in another order, over 2000 steps.
    assert ask("X12", lr=lr, steps=steps).numbers["expected, 1/t"] == pytest.approx(by_hand, rel=1e-10)


@pytest.mark.parametrize("lr", [0.02, 0.1, 1.0])
def test_all_decays_start_at_the_chosen_rate_and_never_rise(lr: float) -> None:
    falling = _falling(lr, 500)
    assert set(falling) == set(_NAMES)
    for name, rates in falling.items():
        # Rounding of a quotient.
        assert rates[0] == pytest.approx(lr, rel=1e-15), name
        assert (np.diff(rates) <= 0).all(), name
        assert (rates > 0).all(), name


@pytest.mark.parametrize("noise", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("lr", [0.01, 0.5, 1.5, 1.9])
def test_the_floor_is_the_theoretical_one(lr: float, noise: float) -> None:
    numbers = ask("X14", lr=lr, noise=noise).numbers
    assert numbers["theory α·σ²/(2 − α) at your rate"] == pytest.approx(lr * noise**2 / (2 - lr), rel=1e-12)
    # 1 % of chance at the smallest rate, 4 standard errors.
    for kind in ("lowest", "highest"):
        assert numbers[f"{kind} measured / theory"] == pytest.approx(1.0, abs=0.04)


def test_without_noise_there_is_no_floor() -> None:
    finding = ask("X14", noise=0.0)
    assert finding.numbers["mean of x² at your rate"] == 0.0
    assert finding.sentence.endswith("there is no floor.")


@pytest.mark.parametrize("seed", range(3))
def test_noise_crosses_the_barrier_both_ways(seed: int) -> None:
    numbers = ask("X17", noise=2.0, seed=seed).numbers
    crossed = [numbers[f"in the lower basin in %, noise {digits(level)}"] for level in (0.0, 0.3, 0.6, 1.0, 2.0)]
    assert crossed[:2] == [0.0, 0.0]
    assert 0 < crossed[2] < 5
    assert crossed[3] > 90
    assert crossed[4] < 90
    assert numbers["in the lower basin in %, your noise"] == crossed[4]
    # After so many steps with so much noise it no longer matters where a run began: four standard errors.
    assert 100 - numbers["left the lower basin in %, your noise"] == pytest.approx(crossed[4], abs=8)


def test_at_a_small_rate_it_takes_more_noise() -> None:
    # Four standard errors of a share of 1000 runs.
    share = ask("X17", lr=0.02, noise=2.0).numbers["in the lower basin in %, your noise"]
    assert share == pytest.approx(28.7, abs=6.0)


def test_runs_that_noise_throws_out_are_told() -> None:
    finding = ask("X17", lr=0.2, noise=3.0)
    lost = finding.numbers["diverged in %, your noise"]
    assert lost > 0
    assert f"{digits(lost)} % have diverged" in finding.sentence
    assert "diverged" not in ask("X17").sentence


@pytest.mark.parametrize("key", ["X12", "X14", "X17"])
def test_nothing_undefined_is_drawn_on_a_logarithmic_axis(key: str) -> None:
    plot = ask(key).plot
    assert plot is not None
    for series in plot.series:
        drawn = series.y[1:] if plot.log_x else series.y
        assert np.isfinite(drawn).all()
        assert (drawn > 0).all() or not plot.log_y


def test_the_sentence_about_decays_gives_their_sums() -> None:
    finding = ask("X12")
    sums = re.search(r"add up to (\S+) only, those of 1/t to (\S+) so far", finding.sentence)
    assert sums is not None
    # Σ 0.1/k² up to 10 000, whose rest is 0.1/10 000.
    assert float(sums[1]) == pytest.approx(0.1 * (np.pi**2 / 6 - 1e-4), abs=5e-5)
    # Σ 1/(k + 9), close to its integral and half of its ends.
    assert float(sums[2]) == pytest.approx(np.log(10_010 / 10) + 0.05, abs=0.005)
