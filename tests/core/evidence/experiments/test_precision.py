"""The experiment about number formats: they round as PyTorch's do, and scaling goes wrong where it must."""

import numpy as np
import pytest
import torch

from core.evidence.experiments.precision import in_bfloat16, in_float16
from tests.core.evidence.experiments.findings import ask


def _values() -> np.ndarray:
    random = np.random.default_rng(0)
    spread = np.exp(random.uniform(-30, 15, 2000)) * random.choice([-1.0, 1.0], 2000)
    halfway = np.array([1 + 2.0**-8, 1 + 3 * 2.0**-8, 2.0**-25, 3 * 2.0**-25, 65_519.0, 65_520.0, 0.0])
    # float32 first: PyTorch may round to it on the way to 16 bits.
    return np.concatenate([spread, halfway, -halfway]).astype(np.float32).astype(np.float64)


@pytest.mark.parametrize(("rounded", "dtype"), [(in_float16, torch.float16), (in_bfloat16, torch.bfloat16)])
def test_numbers_are_rounded_as_torch_rounds_them(rounded, dtype: torch.dtype) -> None:
    values = _values()
    expected = torch.tensor(values, dtype=torch.float32).to(dtype).double().numpy()
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(rounded(values), expected)


def test_what_is_called_the_smallest_and_largest_number_is() -> None:
    numbers = ask("X65").numbers
    assert numbers["smallest float16"] == torch.finfo(torch.float16).smallest_normal * 2.0**-10
    assert numbers["largest float16"] == torch.finfo(torch.float16).max


@pytest.mark.parametrize("scale", [1.0, 1024.0, 65_536.0, 2.0**24])
def test_clipping_too_early_leaves_the_limit_over_the_scale(scale: float) -> None:
    numbers = ask("X65", scale=scale, norm=1.28).numbers
    assert numbers["norm left, clipped before unscaling"] == pytest.approx(1 / scale, rel=1e-12)
    assert numbers["norm left, clipped after unscaling"] == pytest.approx(1, rel=1e-12)


def test_a_short_gradient_is_shortened_only_if_it_is_clipped_too_early() -> None:
    numbers = ask("X65", norm=0.01).numbers
    assert numbers["norm left, clipped after unscaling"] == pytest.approx(0.01, rel=1e-12)
    assert numbers["norm left, clipped before unscaling"] == pytest.approx(2.0**-16, rel=1e-12)


def test_a_scale_that_is_too_large_overflows_and_is_told_so() -> None:
    finding = ask("X65", value=10.0)
    assert finding.numbers["in float16, scaled and divided again"] == np.inf
    assert "it is infinite in float16" in finding.sentence
    assert finding.numbers["in float16"] == 10
