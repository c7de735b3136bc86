"""The stacks of many layers: their values and gradients are PyTorch's."""

import numpy as np
import pytest
import torch
from torch import nn

from core.problems.network.depth import STACKS, WIDTH, Stack, propagate, signal
from core.problems.network.perceptron import Activation, Norm

ACTIVATIONS = {Activation.SIGMOID: torch.sigmoid, Activation.TANH: torch.tanh, Activation.RELU: torch.relu}
NORMS = {Norm.NONE: nn.Identity(), Norm.BATCH: nn.BatchNorm1d(WIDTH, affine=False).double()}

every = pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)


@every
def test_values_and_gradients_are_torchs(stack: Stack) -> None:
    depth, items = 4, 20
    random = np.random.default_rng(1)
    inputs, targets = random.standard_normal((2, items, WIDTH))
    layers = [stack.start.draw(random, WIDTH, WIDTH).T for _ in range(depth)]
    result = propagate(stack, inputs, targets, layers)

    matrices = [torch.tensor(layer, requires_grad=True) for layer in layers]
    values = torch.tensor(inputs)
    sizes = [values.square().mean().sqrt().item()]
    for matrix in matrices:
        branch = ACTIVATIONS[stack.activation](NORMS[stack.norm](values @ matrix))
        values = values + depth**stack.power * branch if stack.residual else branch
        sizes.append(values.square().mean().sqrt().item())
    nn.functional.mse_loss(values, torch.tensor(targets)).backward()
    norms = [matrix.grad.norm().item() for matrix in matrices if matrix.grad is not None]
    # float64 sums in another order.
    assert result.sizes == pytest.approx(sizes, rel=1e-12)
    assert result.gradients == pytest.approx(norms, rel=1e-9)


@every
def test_a_seed_decides_everything_and_another_draws_anew(stack: Stack) -> None:
    first, again, other = (signal(stack, 3, 1.0, seed).gradients for seed in (4, 4, 5))
    assert (first == again).all()
    assert (first != other).all()


def test_no_two_stacks_share_a_name_and_only_the_scaled_one_shrinks_its_branches() -> None:
    assert len({stack.name for stack in STACKS}) == len(STACKS)
    assert [stack.name for stack in STACKS if stack.power] == ["residual ReLU, He, scaled"]


@pytest.mark.parametrize("gain", [0.5, 2.0])
def test_the_gain_is_a_factor_on_every_weight(gain: float) -> None:
    relu = next(stack for stack in STACKS if stack.name == "ReLU, He")
    plain, scaled = (signal(relu, 5, factor, 0).sizes for factor in (1.0, gain))
    # ReLU passes a factor on, and powers of two are exact.
    assert scaled == pytest.approx(plain * gain ** np.arange(6), rel=1e-12)
