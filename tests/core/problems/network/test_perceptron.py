"""The networks: whatever their layers do, values, losses and gradients of every copy are PyTorch's."""

from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

from core.problems.network.perceptron import GROUPS, Activation, Layer, Network, Norm, cross_entropy, squares

_ITEMS, _INPUTS, _UNITS, _OUTPUTS = 7, 3, 16, 4
_ACTIVATIONS = {
    Activation.LINEAR: nn.Identity(),
    Activation.SIGMOID: nn.Sigmoid(),
    Activation.TANH: nn.Tanh(),
    Activation.RELU: nn.ReLU(),
}
_NORMS = {
    Norm.NONE: nn.Identity(),
    Norm.BATCH: nn.BatchNorm1d(_UNITS, affine=False).double(),
    Norm.LAYER: nn.LayerNorm(_UNITS, elementwise_affine=False),
    Norm.GROUP: nn.GroupNorm(GROUPS, _UNITS, affine=False),
}

every_layer = pytest.mark.parametrize(
    ("activation", "norm", "biased", "residual"), [*product(Activation, Norm, (True, False), (0.0, 0.7))]
)


def _network(activation: Activation, norm: Norm, biased: bool, residual: float) -> Network:
    """One layer of the kind twice between two plain ones, so that what is passed on both ways is seen."""
    kind = Layer(_UNITS, _UNITS, activation, norm, biased, residual)
    return Network((Layer(_INPUTS, _UNITS, Activation.TANH), kind, kind, Layer(_UNITS, _OUTPUTS, biased=biased)))


def _answers(network: Network, weights: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """What PyTorch makes of ``x``: W, a and b are taken from ``weights`` row by row, layer after layer."""
    at = 0
    for layer in network.layers:
        rows = weights[at : at + layer.size].reshape(-1, layer.outputs)
        at += layer.size
        sums = x @ rows[: layer.inputs]
        if layer.norm is not Norm.NONE:
            sums = _NORMS[layer.norm](sums)
        if layer.biased:
            scale = rows[-2] if layer.norm is not Norm.NONE else 1.0
            sums = sums * scale + rows[-1]
        branch = _ACTIVATIONS[layer.activation](sums)
        x = x + layer.residual * branch if layer.residual else branch
    assert at == len(weights)
    return x


@every_layer
@pytest.mark.parametrize("loss", [squares, cross_entropy])
def test_losses_and_gradients_are_torchs(loss, activation, norm, biased, residual) -> None:  # type: ignore[no-untyped-def]
    network = _network(activation, norm, biased, residual)
    random = np.random.default_rng(1)
    weights = random.standard_normal((2, 3, network.size)) / 2
    # One task for each of three copies, which the other two share.
    x = random.standard_normal((3, _ITEMS, _INPUTS))
    classes = random.integers(0, _OUTPUTS, _ITEMS)
    targets = random.standard_normal((3, _ITEMS, _OUTPUTS))
    losses, gradient = network.loss_and_gradient(weights, x, targets if loss is squares else classes, loss)
    assert losses.shape == (2, 3)
    for copy in np.ndindex(2, 3):
        own = torch.tensor(weights[copy], requires_grad=True)
        answers = _answers(network, own, torch.tensor(x[copy[1]]))
        expected = (
            nn.functional.mse_loss(answers, torch.tensor(targets[copy[1]]))
            if loss is squares
            else nn.functional.cross_entropy(answers, torch.tensor(classes))
        )
        (slope,) = torch.autograd.grad(expected, own)
        # float64 sums in another order.
        assert losses[copy] == pytest.approx(expected.item(), rel=1e-12)
        np.testing.assert_allclose(gradient[copy], slope.numpy(), rtol=1e-8, atol=1e-13)
        np.testing.assert_allclose(network.answers(weights, x)[copy], answers.detach().numpy(), rtol=1e-9, atol=1e-13)


@every_layer
def test_float32_stays_float32_and_nothing_given_is_changed(activation, norm, biased, residual) -> None:  # type: ignore[no-untyped-def]
    network = _network(activation, norm, biased, residual)
    random = np.random.default_rng(2)
    weights, x = (random.standard_normal(shape, np.float32) for shape in (network.size, (_ITEMS, _INPUTS)))
    targets = np.zeros((_ITEMS, _OUTPUTS), np.float32)
    before = [array.copy() for array in (weights, x, targets)]
    loss, gradient = network.loss_and_gradient(weights, x, targets)
    assert loss.dtype == gradient.dtype == np.float32
    for array, copy in zip((weights, x, targets), before, strict=True):
        assert np.array_equal(array, copy)


def test_a_network_of_two_items_in_batchnorm_is_torchs() -> None:
    network = _network(Activation.RELU, Norm.BATCH, False, 0.0)
    random = np.random.default_rng(3)
    weights, x = random.standard_normal(network.size), random.standard_normal((2, _INPUTS))
    own = torch.tensor(weights, requires_grad=True)
    _answers(network, own, torch.tensor(x)).square().mean().backward()
    assert own.grad is not None
    _, gradient = network.loss_and_gradient(weights, x, np.zeros((2, _OUTPUTS)))
    # Two items leave differences of nearly equal numbers.
    np.testing.assert_allclose(gradient, own.grad.numpy(), rtol=1e-7, atol=1e-13)


def test_a_start_has_the_given_matrices_scales_of_1_and_biases_of_0() -> None:
    network = _network(Activation.TANH, Norm.LAYER, True, 0.0)
    random = np.random.default_rng(4)
    matrices = [random.standard_normal((5, layer.inputs, layer.outputs)) for layer in network.layers]
    weights = network.start(matrices)
    assert weights.shape == (5, network.size)
    for layer, rows, matrix in zip(network.layers, network.rows(weights), matrices, strict=True):
        assert np.array_equal(rows[:, : layer.inputs], matrix)
        numbers = [1.0, 0.0] if layer.norm is Norm.LAYER else [0.0]
        assert np.array_equal(
            rows[:, layer.inputs :], np.broadcast_to(np.array(numbers)[:, None], (5, len(numbers), layer.outputs))
        )
