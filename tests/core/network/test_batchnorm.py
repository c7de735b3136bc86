"""The deep network with and without BatchNorm: its training is PyTorch's, at every rate, and its start as told."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from core.network import batchnorm
from core.network.batchnorm import BATCH, CLASSES, INPUTS, ITEMS, WIDTH, BatchNorm, Bias, Start, train

_RATES = np.array([0.03, 0.3])
_DEPTH, _STEPS, _SEED = 3, 12, 4


class _Disturbed(nn.Module):
    """Outputs multiplied and shifted by the numbers that the NumPy layer draws."""

    def __init__(self, disturbance: float, seed: tuple[int, int]) -> None:
        super().__init__()
        self.disturbance, self.random = disturbance, np.random.default_rng(seed)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        factor = np.exp(self.disturbance * self.random.standard_normal(WIDTH))
        return values * torch.tensor(factor) + torch.tensor(self.disturbance * self.random.standard_normal(WIDTH))


def _torch_losses(rate: float, start: Start, disturbance: float | None) -> list[float]:
    """The losses of the same training in PyTorch; without BatchNorm where no disturbance is given."""
    random = np.random.default_rng(_SEED)
    x = random.standard_normal((ITEMS, INPUTS))
    classes = torch.tensor(x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3] + x[:, 4] > 0).long()
    layers: list[nn.Module] = []
    for number, (inputs, outputs) in enumerate(pairwise([INPUTS, *[WIDTH] * _DEPTH, CLASSES])):
        layer = nn.Linear(inputs, outputs).double()
        drawn = random.uniform(-1, 1, (1, inputs, outputs)) * np.sqrt(3 * start.value / inputs)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(drawn[0].T.copy()))
            layer.bias.zero_()
        layers.append(layer)
        if number < _DEPTH:
            if disturbance is not None:
                layers += [nn.BatchNorm1d(WIDTH).double(), _Disturbed(disturbance, (_SEED, number))]
            layers.append(nn.ReLU())
    module = nn.Sequential(*layers)
    optimizer = torch.optim.SGD(module.parameters(), lr=rate)
    losses = []
    for _, picked in zip(range(_STEPS), batchnorm._batches(random), strict=False):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(module(torch.tensor(x[picked])), classes[picked])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("start", Start)
@pytest.mark.parametrize("disturbance", [None, 0.0, 0.4])
def test_every_rate_is_trained_as_torch_trains_it(start: Start, disturbance: float | None) -> None:
    shifts = [
        Bias(len(_RATES)) if disturbance is None else BatchNorm(len(_RATES), disturbance, (_SEED, layer))
        for layer in range(_DEPTH)
    ]
    losses = train(_RATES, _STEPS, start, shifts, _SEED).losses
    for place, rate in enumerate(_RATES):
        # Sums in another order, magnified in 12 steps; a wrong factor anywhere shows in the second loss.
        np.testing.assert_allclose(losses[:, place], _torch_losses(rate, start, disturbance), rtol=1e-8)


@pytest.mark.parametrize("start", Start)
def test_the_variance_of_the_first_weights_is_what_the_start_says(start: Start) -> None:
    given = nn.Linear(WIDTH, 4000, bias=False)
    if start is Start.HE:
        nn.init.kaiming_uniform_(given.weight, nonlinearity="relu")
    # 128 000 weights: their variance is known to half a percent, four times that is far.
    assert float(given.weight.detach().var()) * WIDTH == pytest.approx(start.value, rel=0.02)


def test_a_pass_takes_every_item_once() -> None:
    batches = batchnorm._batches(np.random.default_rng(0))
    for _ in range(2):
        seen = np.concatenate([next(batches) for _ in range(ITEMS // BATCH)])
        assert sorted(seen) == list(range(ITEMS))


def test_the_movement_of_the_means_is_that_of_a_plain_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    shifts = [BatchNorm(1, 0.5, (_SEED, layer)) for layer in range(2)]
    seen: list[np.ndarray] = []
    forward = shifts[0].forward

    def watched(values: np.ndarray) -> np.ndarray:
        seen.append(np.maximum(forward(values), 0.0)[0])
        return seen[-1][None]

    # The middle of two layers is the first.
    monkeypatch.setattr(shifts[0], "forward", watched)
    moved = train(np.array([0.1]), 5, Start.HE, shifts, _SEED).moved
    steps = [
        np.mean(np.abs(after.mean(axis=0) - before.mean(axis=0))) / np.mean(after.std(axis=0))
        for before, after in pairwise(seen)
    ]
    # The same arithmetic in another order.
    assert moved[0] == pytest.approx(np.mean(steps), rel=1e-12)


def test_a_rate_that_diverges_ends_in_nan_and_harms_no_other() -> None:
    with np.errstate(all="ignore"):
        both = train(np.array([0.1, 100.0]), 60, Start.HE, [Bias(2) for _ in range(8)], 0)
        alone = train(np.array([0.1]), 60, Start.HE, [Bias(1) for _ in range(8)], 0)
    assert np.isnan(both.losses[-1, 1])
    # Batched products may round differently with another number of copies.
    np.testing.assert_allclose(both.losses[:, 0], alone.losses[:, 0], rtol=1e-6)
