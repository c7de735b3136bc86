"""The experiments about training loops: gathered gradients by theory, schedulers as PyTorch runs them."""

import numpy as np
import pytest

from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize("size", [2, 16, 100, 128])
@pytest.mark.parametrize("seed", [0, 7])
def test_weights_by_items_are_right_to_rounding_and_batch_norm_is_not(size: int, seed: int) -> None:
    numbers = ask("X47", size=size, seed=seed).numbers
    for norm in ("no normalisation", "LayerNorm", "GroupNorm"):
        # Up to 128 sums in float32, each right to 6e-8.
        assert numbers[f"relative error, {norm}"] < 1e-6
    assert numbers["relative error, BatchNorm"] > 0.02


def test_batch_norm_errs_more_the_smaller_the_parts() -> None:
    errors = [ask("X47", size=size).numbers["relative error, BatchNorm"] for size in (128, 64, 32, 16, 8)]
    assert errors == sorted(errors)


@pytest.mark.parametrize(("uneven", "wrong"), [(32, False), (64, False), (40, True), (100, True), (200, True)])
def test_counting_parts_alike_is_wrong_only_if_they_are_not(uneven: int, wrong: bool) -> None:
    numbers = ask("X47", uneven=uneven).numbers
    naive = numbers["relative error, uneven, divided by their number"]
    assert naive > 0.01 if wrong else naive < 1e-6
    assert numbers["relative error, uneven, weighted by items"] < 1e-6


@pytest.mark.parametrize(("size", "parts"), [(2, 128), (32, 8), (128, 2)])
def test_without_division_equal_parts_add_up(size: int, parts: int) -> None:
    finding = ask("X47", size=size)
    # Sums in float32.
    assert finding.numbers["length without division"] == pytest.approx(parts, rel=1e-5)
    assert f"over {parts} parts" in finding.sentence


@pytest.mark.parametrize("peak", [0.001, 0.01, 0.3])
def test_the_rate_that_is_left_is_one_cycles_start_whatever_was_asked_for(peak: float) -> None:
    for lr in (1e-5, 3e-4, 0.1):
        numbers = ask("X67", peak=peak, lr=lr).numbers
        assert numbers["learning rate after building all"] == pytest.approx(peak / 25, rel=1e-12)
        assert numbers["cosine at T_max"] == pytest.approx(0, abs=1e-15)
        assert numbers["cosine at 2·T_max"] == pytest.approx(lr, rel=1e-9)


@pytest.mark.parametrize(("epochs", "batches"), [(20, 2), (50, 40)])
def test_one_cycle_by_epoch_gets_as_far_as_its_formula(epochs: int, batches: int) -> None:
    numbers = ask("X67", epochs=epochs, batches=batches).numbers
    steps = epochs * batches
    # Up along half a cosine in 30 % of the steps, less one.
    top = 0.3 * steps - 1
    share = 1 - 0.96 * (1 + np.cos(np.pi * epochs / top)) / 2
    assert numbers["one-cycle, largest, by epoch"] == pytest.approx(0.01 * (share if epochs < top else 1), rel=0.01)
    assert numbers["one-cycle, largest, by batch"] == pytest.approx(0.01, rel=0.01)


@pytest.mark.parametrize("lr", [0.01, 0.1, 1.0])
def test_a_loop_that_never_zeroes_swings_for_ever(lr: float) -> None:
    numbers = ask("X82", lr=lr).numbers
    # Nothing damps it, and a quarter of a swing takes at most 16 of the last 25 steps.
    assert numbers["furthest in the last half, never zeroed"] > 0.9
    assert numbers["distance after 50 steps, zeroed"] == pytest.approx(abs(1 - lr) ** 50, abs=1e-12)


def test_pytorch_moves_the_momentum_against_the_rate() -> None:
    numbers = ask("X79", low=0.01, ratio=4.0, up=20).numbers
    assert (numbers["lowest rate"], numbers["highest rate"]) == pytest.approx((0.01, 0.04))
    assert numbers["steps up"] == numbers["steps down"] == 20
    assert numbers["momentum at the highest rate"] < numbers["momentum at the lowest rate"]
