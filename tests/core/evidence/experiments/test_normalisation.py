"""The experiments about batch normalisation: the order of the kinds at any seed, and PyTorch's layer to the digit."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from core.evidence.experiments import normalisation
from core.evidence.experiments.measure import batches
from core.problems.network.perceptron import Network, Norm, Passed
from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize("seed", range(1, 4))
def test_batchnorm_allows_larger_rates_even_where_its_outputs_are_disturbed(seed: int) -> None:
    numbers = ask("X45", seed=seed).numbers
    plain, normal, disturbed = (
        numbers[f"largest rate that learns, {name}"] for name in ("He's start", "BatchNorm", "BatchNorm, disturbed")
    )
    # Ten times, on a grid of half decades.
    assert normal > 9 * plain > 0
    assert disturbed > 9 * plain
    # Although nothing is steady any more.
    moved = [numbers[f"movement of the means, {name}"] for name in ("BatchNorm", "He's start", "BatchNorm, disturbed")]
    assert moved == sorted(moved)
    assert moved[2] > 2 * moved[1] > 4 * moved[0]


def test_batchnorm_does_not_reach_the_lowest_loss_here() -> None:
    numbers = ask("X45").numbers
    assert numbers["lowest loss, He's start"] < numbers["lowest loss, BatchNorm"] / 2


def test_no_disturbance_is_plain_batchnorm_and_a_large_one_learns_at_no_rate() -> None:
    none, large = ask("X45", disturbance=0.0, depth=3), ask("X45", disturbance=1.0)
    for label in ("largest rate that learns", "lowest loss", "movement of the means"):
        assert none.numbers[f"{label}, BatchNorm, disturbed"] == none.numbers[f"{label}, BatchNorm"]
    assert "in every step it learns at no rate" in large.sentence


def test_a_shallow_network_learns_from_pytorchs_start_and_a_deep_one_does_not() -> None:
    for depth, learns in ((2, True), (8, False)):
        finding = ask("X45", depth=depth)
        assert (finding.numbers["largest rate that learns, PyTorch's start"] > 0) == learns
        assert finding.sentence.endswith("it learns at no rate.") != learns
    # Guessing costs ln 2.
    assert finding.numbers["lowest loss, PyTorch's start"] == pytest.approx(math.log(2), abs=0.001)


@pytest.mark.parametrize("value", [6.0, -20.0, 2.0])
def test_the_layer_is_pytorchs(value: float) -> None:
    numbers = ask("X46", value=value).numbers
    layer = nn.BatchNorm1d(1).double()
    out = layer(torch.tensor([[1.0], [2.0], [3.0], [value]], dtype=torch.float64)).flatten().tolist()
    normalised = [numbers[f"{given}, normalised"] for given in (1, 2, 3)] + [numbers["your value, normalised"]]
    # float64 throughout.
    assert normalised == pytest.approx(out, rel=1e-12, abs=1e-15)
    assert numbers["running variance"] == pytest.approx(float(layer.running_var), rel=1e-12)
    evaluated = layer.eval()(torch.tensor([[value]], dtype=torch.float64))
    assert numbers["your value in evaluation"] == pytest.approx(evaluated.item(), rel=1e-12)
    other = nn.BatchNorm1d(1).double()(torch.tensor([[value], [7.0], [8.0], [9.0]], dtype=torch.float64))
    assert numbers["your value with 7, 8 and 9"] == pytest.approx(other[0].item(), rel=1e-12)


def test_a_single_value_cannot_be_normalised_in_pytorch() -> None:
    with pytest.raises(ValueError, match="more than 1 value"):
        nn.BatchNorm1d(1)(torch.ones(1, 1))


@pytest.mark.parametrize("factor", [0.01, 1.0, 30.0])
def test_the_units_loss_and_gradient_are_torchs(factor: float) -> None:
    losses, gradients, cosines = normalisation._unit(np.array([factor]))
    random = np.random.default_rng(0)
    x, target = torch.tensor(random.standard_normal((32, 5))), torch.tensor(random.standard_normal(32))
    weights = (factor * torch.tensor(random.standard_normal(5))).requires_grad_()
    layer = nn.BatchNorm1d(1, affine=False).double()
    loss = ((layer((x @ weights)[:, None])[:, 0] - target) ** 2).mean() / 2
    loss.backward()
    gradient = weights.grad
    assert gradient is not None
    # float64, and differences of numbers of about 1.
    assert losses[0] == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(gradients[0], gradient.numpy(), rtol=1e-9, atol=1e-13)
    cosine = nn.functional.cosine_similarity(weights.detach(), gradient, dim=0).item()
    assert cosines[0] == pytest.approx(cosine, abs=1e-10)


@pytest.mark.parametrize("factor", [0.1, 10.0, 1000.0])
def test_larger_weights_leave_the_loss_and_divide_the_gradient(factor: float) -> None:
    numbers = ask("X46", factor=factor).numbers
    # Exact but for the 1e-5 in the root, against a variance that shrinks with the square of the factor.
    close = 1e-5 * max(1, factor**-2)
    assert numbers["loss, weights multiplied"] == pytest.approx(numbers["loss"], rel=close)
    assert numbers["gradient's length over the multiplied one's"] == pytest.approx(factor, rel=close)


def test_tiny_weights_feel_the_number_in_the_root() -> None:
    numbers = ask("X46", factor=0.001).numbers
    assert abs(numbers["loss, weights multiplied"] - numbers["loss"]) > 0.1


_DEPTH, _STEPS, _SEED = 3, 12, 4


class _Disturbed(nn.Module):
    """Outputs multiplied and shifted by the numbers that the NumPy layers draw, all from one generator."""

    def __init__(self, disturbance: float, random: np.random.Generator) -> None:
        super().__init__()
        self.disturbance, self.random = disturbance, random

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        factor = np.exp(self.disturbance * self.random.standard_normal(32))
        return values * torch.tensor(factor) + torch.tensor(self.disturbance * self.random.standard_normal(32))


def _torch_losses(rate: float, variance: float, disturbance: float | None) -> list[float]:
    """The losses of the same training in PyTorch; without BatchNorm where no disturbance is given."""
    random, noise = np.random.default_rng(_SEED), np.random.default_rng((_SEED, 1))
    x = random.standard_normal((512, 10))
    classes = torch.tensor(x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3] + x[:, 4] > 0).long()
    layers: list[nn.Module] = []
    for number, (inputs, outputs) in enumerate(pairwise([10, *[32] * _DEPTH, 2])):
        layer = nn.Linear(inputs, outputs).double()
        drawn = random.uniform(-1, 1, (inputs, outputs)) * np.sqrt(3 * variance / inputs)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(drawn.T.copy()))
            layer.bias.zero_()
        layers.append(layer)
        if number < _DEPTH:
            if disturbance is not None:
                layers += [nn.BatchNorm1d(32).double(), _Disturbed(disturbance, noise)]
            layers.append(nn.ReLU())
    module = nn.Sequential(*layers)
    optimizer = torch.optim.SGD(module.parameters(), lr=rate)
    losses = []
    for _, picked in zip(range(_STEPS), batches(random, 512, 64), strict=False):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(module(torch.tensor(x[picked])), classes[picked])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("variance", [normalisation.HE, normalisation.PYTORCH])
@pytest.mark.parametrize("disturbance", [None, 0.0, 0.4])
def test_every_rate_is_trained_as_torch_trains_it(variance: float, disturbance: float | None) -> None:
    rates = np.array([0.03, 0.3])
    norm = Norm.NONE if disturbance is None else Norm.BATCH
    losses, _ = normalisation.trained(rates, _STEPS, _DEPTH, norm, variance, _SEED, disturbance or 0.0)
    for column, rate in enumerate(rates):
        # Sums in another order, magnified in 12 steps; a wrong factor anywhere shows in the second loss.
        np.testing.assert_allclose(losses[:, column], _torch_losses(rate, variance, disturbance), rtol=1e-8)


def test_the_variances_of_the_first_weights_are_hes_and_pytorchs() -> None:
    layer = nn.Linear(32, 4000, bias=False)
    # 128 000 weights: their variance is known to half a percent, four times that is far.
    assert float(layer.weight.detach().var()) * 32 == pytest.approx(normalisation.PYTORCH, rel=0.02)
    nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
    assert float(layer.weight.detach().var()) * 32 == pytest.approx(normalisation.HE, rel=0.02)


def test_the_movement_of_the_means_is_that_of_a_plain_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[np.ndarray] = []
    forward = Network.forward

    def watched(network: Network, weights: np.ndarray, inputs: np.ndarray) -> list[Passed]:
        passed = forward(network, weights, inputs)
        # The middle of two layers is the first.
        seen.append(passed[0].values[0])
        return passed

    monkeypatch.setattr(Network, "forward", watched)
    _, moved = normalisation.trained(np.array([0.1]), 5, 2, Norm.BATCH, normalisation.HE, _SEED, 0.5)
    steps = [
        np.mean(np.abs(after.mean(axis=0) - before.mean(axis=0))) / np.mean(after.std(axis=0))
        for before, after in pairwise(seen)
    ]
    # The same arithmetic in another order.
    assert moved[0] == pytest.approx(np.mean(steps), rel=1e-12)


def test_a_rate_that_diverges_ends_in_nan_and_harms_no_other() -> None:
    with np.errstate(all="ignore"):
        both, _ = normalisation.trained(np.array([0.1, 100.0]), 60, 8, Norm.NONE, normalisation.HE, 0)
        alone, _ = normalisation.trained(np.array([0.1]), 60, 8, Norm.NONE, normalisation.HE, 0)
    assert np.isnan(both[-1, 1])
    # Batched products may round differently with another number of copies.
    np.testing.assert_allclose(both[:, 0], alone[:, 0], rtol=1e-6)
