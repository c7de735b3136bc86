"""The gradient of the normalised network is PyTorch's, whatever the normalisation."""

import numpy as np
import pytest
import torch
from torch import nn

from core.network.normalised import GROUPS, SIZES, Norm, gradient

LAYERS = {
    Norm.NONE: nn.Identity(),
    Norm.BATCH: nn.BatchNorm1d(SIZES[1], affine=False).double(),
    Norm.LAYER: nn.LayerNorm(SIZES[1], elementwise_affine=False),
    Norm.GROUP: nn.GroupNorm(GROUPS, SIZES[1], affine=False),
}


@pytest.mark.parametrize("norm", Norm)
@pytest.mark.parametrize("items", [2, 37])
def test_the_gradient_is_torchs(norm: Norm, items: int) -> None:
    random = np.random.default_rng(items)
    x, classes = random.standard_normal((items, SIZES[0])), random.integers(0, SIZES[2], items)
    weights = (random.standard_normal(SIZES[:2]) / 4, random.standard_normal(SIZES[1:]) / 8)
    first, second = (torch.tensor(weight, requires_grad=True) for weight in weights)
    scores = torch.relu(LAYERS[norm](torch.tensor(x) @ first)) @ second
    nn.functional.cross_entropy(scores, torch.tensor(classes)).backward()
    assert first.grad is not None
    assert second.grad is not None
    expected = torch.cat([first.grad.flatten(), second.grad.flatten()]).numpy()
    found = gradient(weights, x, classes, norm)
    # float64 sums in another order; two items in BatchNorm leave differences of nearly equal numbers.
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-13)


def test_float32_stays_float32() -> None:
    weights = (np.ones(SIZES[:2], np.float32), np.ones(SIZES[1:], np.float32))
    for norm in Norm:
        found = gradient(weights, np.ones((4, SIZES[0]), np.float32), np.zeros(4, np.int64), norm)
        assert found.dtype == np.float32
