"""The network that trains at many rates at once: its gradient and its training are PyTorch's."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from core.experiments.measure import array_step
from core.network import rates
from core.network.rates import ITEMS, SIZES, loss_and_gradient, start, target, train
from core.optimizers import OPTIMIZERS


def _module(weights: np.ndarray) -> nn.Sequential:
    """PyTorch's network with these weights, of shape ``(weights,)``."""
    layers: list[nn.Module] = []
    at = 0
    for inputs, outputs in pairwise(SIZES):
        layer = nn.Linear(inputs, outputs).double()
        matrix = weights[at : at + inputs * outputs].reshape(inputs, outputs)
        bias = weights[at + inputs * outputs : at + (inputs + 1) * outputs]
        with torch.no_grad():
            # PyTorch keeps the transposed matrix.
            layer.weight.copy_(torch.tensor(matrix.T.copy()))
            layer.bias.copy_(torch.tensor(bias))
        layers += [layer, nn.ReLU()]
        at += (inputs + 1) * outputs
    return nn.Sequential(*layers[:-1])


def _flat(module: nn.Sequential, of: str) -> np.ndarray:
    """Weights (``data``) or gradients (``grad``) of the module in the order of the NumPy network."""
    parts = []
    for layer in module:
        if isinstance(layer, nn.Linear):
            parts += [getattr(layer.weight, of).T.flatten(), getattr(layer.bias, of)]
    return torch.cat(parts).numpy()


def _items(count: int) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(5).standard_normal((count, SIZES[0]))
    return x, target(x)


def test_every_copys_loss_and_gradient_are_torchs() -> None:
    x, y = _items(20)
    weights = np.concatenate([start(np.random.default_rng(seed)) for seed in (1, 2, 3)])
    loss, gradient = loss_and_gradient(weights, x, y)
    assert loss.shape == (3,)
    for copy in range(3):
        module = _module(weights[copy])
        expected = nn.functional.mse_loss(module(torch.tensor(x)), torch.tensor(y))
        expected.backward()
        # float64 sums in another order.
        assert loss[copy] == pytest.approx(expected.item(), rel=1e-12)
        np.testing.assert_allclose(gradient[copy], _flat(module, "grad"), rtol=1e-9, atol=1e-14)


def test_the_start_is_that_of_torchs_linear_layers() -> None:
    weights = start(np.random.default_rng(0))[0]
    assert weights.shape == (sum((i + 1) * o for i, o in pairwise(SIZES)),)
    module = _module(weights)
    for layer in module:
        if isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            seen = torch.cat([layer.weight.detach().flatten(), layer.bias.detach()])
            assert seen.abs().max() <= bound
            # 65 or more uniform numbers leave the outer tenth empty with a chance below 1e-3; the seed is fixed.
            assert seen.abs().max() > 0.9 * bound


@pytest.mark.parametrize(("key", "lr"), [("sgd", 0.05), ("momentum", 0.01), ("adamw", 0.003)])
def test_training_is_torchs(key: str, lr: float) -> None:
    steps, batch, seed = 12, 128, 4
    rule = OPTIMIZERS[key]
    schedule = np.linspace(lr, lr / 2, steps)
    trained = train(array_step(key), len(rule.parsed.state), schedule[:, None], batch, seed)

    random = np.random.default_rng(seed)
    x = random.standard_normal((ITEMS, SIZES[0]))
    module = _module(start(random)[0])
    assert rule.torch is not None
    settings = {hyper.name: hyper.default for hyper in rule.hypers}
    arguments = eval(f"dict({rule.torch.arguments})", settings | {"lr": lr})
    optimizer = getattr(torch.optim, rule.torch.name)(module.parameters(), **arguments)
    batches = rates._batches(random, batch)
    for step in range(steps):
        items = next(batches)
        optimizer.param_groups[0]["lr"] = schedule[step]
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(module(torch.tensor(x[items])), torch.tensor(target(x[items])))
        loss.backward()
        optimizer.step()
        # A dozen steps in float64, in which Adam's divisions enlarge rounding a little.
        assert trained.losses[step, 0] == pytest.approx(loss.item(), rel=1e-8)
    with torch.no_grad():
        final = nn.functional.mse_loss(module(torch.tensor(x)), torch.tensor(target(x)))
    assert trained.final[0] == pytest.approx(final.item(), rel=1e-8)


def test_rates_do_not_disturb_each_other() -> None:
    step, columns = array_step("adamw"), np.array([1e-4, 1e-2, 1e3])
    with np.errstate(all="ignore"):
        together = train(step, 2, np.tile(columns, (20, 1)), 32, 7)
        alone = train(step, 2, np.full((20, 1), 1e-2), 32, 7)
    # Libraries may sum a single matrix in another order.
    np.testing.assert_allclose(together.losses[:, 1], alone.losses[:, 0], rtol=1e-9)


@pytest.mark.parametrize("size", [16, 100, ITEMS])
def test_a_pass_over_the_items_shows_none_twice(size: int) -> None:
    batches = rates._batches(np.random.default_rng(0), size)
    for _ in range(2):
        seen = np.concatenate([next(batches) for _ in range(ITEMS // size)])
        assert len(set(seen.tolist())) == len(seen) == ITEMS // size * size
