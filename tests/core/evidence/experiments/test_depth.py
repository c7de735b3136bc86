"""The experiments about depth: clipping is PyTorch's, powers are exact, and what holds for any seed and depth."""

import numpy as np
import pytest
import torch

from core.evidence.experiments import depth
from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize("gradient", [(3.0, 4.0), (3.0, 0.4), (0.1, 0.2), (3.0, np.nan), (3.0, np.inf)])
@pytest.mark.parametrize("limit", [0.01, 1.0])
def test_both_ways_to_clip_are_torchs(gradient: tuple[float, float], limit: float) -> None:
    weight = torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))
    for ours, theirs in (
        (depth._by_norm, torch.nn.utils.clip_grad_norm_),
        (depth._by_value, torch.nn.utils.clip_grad_value_),
    ):
        weight.grad = torch.tensor(gradient, dtype=torch.float64)
        theirs(weight, limit)
        with np.errstate(invalid="ignore"):
            clipped = ours(np.array(gradient), limit)
        np.testing.assert_allclose(clipped, weight.grad.numpy(), rtol=1e-14)


def test_the_gradient_3_4_clipped_at_1_keeps_its_direction_by_norm_only() -> None:
    numbers = ask("X49", gx=3.0, gy=4.0).numbers
    # PyTorch adds 1e-6 to the norm.
    assert numbers["by norm, first entry"] == pytest.approx(0.6, abs=1e-6)
    assert numbers["by norm, second entry"] == pytest.approx(0.8, abs=1e-6)
    assert (numbers["by value, first entry"], numbers["by value, second entry"]) == (1, 1)
    assert numbers["turned by norm, degrees"] < 1e-9
    assert numbers["turned by value, degrees"] == pytest.approx(np.degrees(np.arctan(4 / 3)) - 45)


@pytest.mark.parametrize("limit", [0.001, 0.1, 100.0])
@pytest.mark.parametrize("layers", [5, 20, 60])
def test_clipping_does_not_repair_a_vanishing_gradient(limit: float, layers: int) -> None:
    numbers = ask("X49", limit=limit, depth=layers).numbers
    before, after = numbers["first / last layer, before"], numbers["first / last layer, after"]
    # One factor for all layers, but for rounding.
    assert after == pytest.approx(before, rel=1e-12)
    # A sigmoid's slope is at most 1/4 and Xavier's matrices keep lengths about as they are.
    assert before < 2 * 0.25 ** (layers - 1) * layers


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("layers", [15, 30, 60])
def test_who_vanishes_who_explodes_and_who_does_neither(layers: int, seed: int) -> None:
    numbers = ask("X50", depth=layers, seed=seed).numbers
    first = {label.removeprefix("first layer, "): n for label, n in numbers.items() if label.startswith("first layer")}
    ratio = {label.removeprefix("first / last layer, "): n for label, n in numbers.items() if "/" in label}
    assert ratio["sigmoid, Xavier"] < 0.25 ** (layers - 1) * layers
    for sound in ("tanh, Xavier", "ReLU, He"):
        assert 0.02 < ratio[sound] < 50
    # Xavier's variance is half of what ReLU needs: values and the way back both lose it.
    assert first["ReLU, Xavier"] < 3 * 2 ** (-layers / 2)
    assert 1e-3 < ratio["residual sigmoid, Xavier"] < 1
    # A skip adds at least its own variance: sizes double at least every two layers, going forward and back.
    assert first["residual ReLU, He"] > 2.0**layers
    assert first["residual ReLU, He, scaled"] < 100
    # Over 40 seeds the factor per layer is between 1.19 and 1.24 at these depths.
    assert ratio["BatchNorm ReLU, He"] ** (1 / (layers - 1)) == pytest.approx(1.21, abs=0.04)


def test_weights_smaller_than_those_of_he_by_the_root_of_two_are_xaviers() -> None:
    small = ask("X50", gain=0.5**0.5).numbers
    assert small["first layer, ReLU, He"] == pytest.approx(ask("X50").numbers["first layer, ReLU, Xavier"], rel=1e-9)


def test_batchnorm_hardly_notices_the_size_of_the_weights() -> None:
    ratios = [ask("X50", gain=gain).numbers["first / last layer, BatchNorm ReLU, He"] for gain in (0.5, 1.0, 2.0)]
    # Only through the 1e-5 that it adds to variances of about 1.
    assert ratios == pytest.approx([ratios[1]] * 3, rel=0.01)


@pytest.mark.parametrize(("diagonal", "beside"), [(0.5, 10.0), (0.9, 3.0), (1.1, 0.0), (0.1, 50.0)])
def test_powers_of_the_matrix_have_the_norms_of_their_closed_form(diagonal: float, beside: float) -> None:
    numbers = ask("X51", diagonal=diagonal, beside=beside).numbers
    for k in (5, 10, 50, 100):
        power = np.array([[diagonal**k, k * diagonal ** (k - 1) * beside], [0.0, diagonal**k]])
        # Rounding of up to 100 products.
        assert numbers[f"norm of the power {k}"] == pytest.approx(np.linalg.norm(power, 2), rel=1e-11)


@pytest.mark.parametrize("beside", [0.0, 10.0, 50.0])
def test_the_spectral_radius_decides_and_the_norm_does_not(beside: float) -> None:
    for diagonal, vanishes in ((0.5, True), (0.8, True), (1.05, False), (1.2, False)):
        numbers = ask("X51", diagonal=diagonal, beside=beside).numbers
        assert (numbers["norm of the power 100"] < 1e-4) == vanishes
        assert numbers["norm of W"] > 1 or beside == 0


def test_powers_may_grow_before_they_vanish() -> None:
    numbers = ask("X51", diagonal=0.9).numbers
    # k·0.9^(k−1) is largest at k = 1/ln(1/0.9) = 9.5.
    assert numbers["largest at power"] in (9, 10)
    assert numbers["largest norm"] > numbers["norm of W"] > 1
    assert numbers["norm of the power 100"] < 0.1


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("deep", [2, 4, 10])
def test_the_chain_rule_is_right_in_every_draw_and_the_product_in_none(deep: int, seed: int) -> None:
    numbers = ask("X83", depth=deep, seed=seed).numbers
    # Rounding of a loss over a difference of 2e-6, beside gradients that may be small.
    assert numbers["error of δ₁xᵀ / gradient"] < 1e-5
    assert numbers["error of ∂L/∂Wₙ·Wₙ·…·W₂ / gradient"] > 0.3
