"""The experiments about the learning rate of a network: what holds for any seed, batch and number of steps."""

import numpy as np
import pytest
import torch
from torch import nn

from core import Run, trace
from core.catalogue.optimizers import OPTIMIZERS
from core.evidence.experiments import training
from core.evidence.experiments.measure import batches
from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_over_all_items_the_steepest_point_is_near_the_best_rate_and_the_lowest_is_beyond(seed: int) -> None:
    numbers = ask("X63", seed=seed).numbers
    for rule in ("Gradient descent", "AdamW"):
        assert 0.2 < numbers[f"steepest / best, {rule}"] < 5
        assert numbers[f"lowest / best, {rule}"] > 2
        assert numbers[f"steepest, {rule}"] < numbers[f"lowest, {rule}"] < numbers[f"back at the start, {rule}"]


@pytest.mark.parametrize("seed", [0, 2])
def test_small_batches_hide_the_steepest_point(seed: int) -> None:
    assert ask("X63", seed=seed, batch=32).numbers["steepest / best, AdamW"] < 0.05


def test_the_best_rate_of_the_sweep_is_the_lowest_dot_of_its_line() -> None:
    finding = ask("X63")
    assert finding.plot is not None
    for series in finding.plot.series:
        rule, _, kind = series.name.partition(", ")
        if kind == "constant rate":
            best = series.x[np.nanargmin(series.y)]
            assert finding.numbers[f"best of a sweep, {rule}"] == best


def test_the_range_test_is_cut_where_the_weights_are_destroyed() -> None:
    finding = ask("X63")
    assert finding.plot is not None
    for series in finding.plot.series:
        if series.name.endswith("range test"):
            assert np.isfinite(series.y).all()
            assert series.y.max() <= 2 * series.y[0]


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_at_0_0003_adamw_is_far_behind_its_best(seed: int) -> None:
    numbers = ask("X64", seed=seed).numbers
    # The promise of the tips: more than 20 times the loss.
    assert numbers["loss at the chosen rate / lowest"] > 20
    assert 0.001 < numbers["best rate"] < 0.1


def test_more_steps_bring_the_small_rate_closer_in_loss() -> None:
    losses = [ask("X64", steps=steps).numbers["loss at 0.0003"] for steps in (100, 600, 1500)]
    assert losses == sorted(losses, reverse=True)


def test_the_best_of_the_rates_is_told_as_such() -> None:
    finding = ask("X64", lr=0.01)
    assert finding.numbers["best rate"] == 0.01
    assert finding.numbers["loss at the chosen rate / lowest"] == 1
    assert "the lowest of all the rates tried" in finding.sentence


def test_the_steps_on_rosenbrock_are_those_of_a_run() -> None:
    loss = trace(Run("rosenbrock", "adam", (-1.5, 2.0), 2000, {"lr": 0.05})).loss
    assert ask("X64", lr=0.05).numbers["steps on Rosenbrock at the chosen rate"] == (loss <= 1e-4).argmax()
    assert "more than 20 000 steps" in ask("X64", lr=1e-5).sentence


def test_smoothing_keeps_a_constant_and_lags_behind_a_step() -> None:
    assert training._smoothed(np.full(5, 2.0)) == pytest.approx(2.0)
    seen = training._smoothed(np.array([0.0] * 10 + [1.0]))
    # One step of the corrected mean: a tenth over 1 − 0.9¹¹.
    assert seen[-1] == pytest.approx(0.1 / (1 - 0.9**11))


@pytest.mark.parametrize(("key", "lr", "batch"), [("sgd", 0.05, 100), ("momentum", 0.01, 128), ("adamw", 0.003, 32)])
def test_training_is_torchs(key: str, lr: float, batch: int) -> None:
    steps, seed = 12, 4
    rates = np.linspace(lr, lr / 2, steps)
    losses, final = training._train(key, rates[:, None], batch, seed)

    random = np.random.default_rng(seed)
    x = random.standard_normal((512, 10))
    inputs, targets = torch.tensor(x), torch.tensor((np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + x[:, 3])[:, None])
    linear = [nn.Linear(10, 64).double(), nn.Linear(64, 64).double(), nn.Linear(64, 1).double()]
    for layer in linear:
        # As PyTorch draws them; it keeps the transposed matrix.
        bound = layer.in_features**-0.5
        weight = random.uniform(-bound, bound, (layer.in_features, layer.out_features))
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(weight.T.copy()))
            layer.bias.copy_(torch.tensor(random.uniform(-bound, bound, layer.out_features)))
    module = nn.Sequential(linear[0], nn.ReLU(), linear[1], nn.ReLU(), linear[2])
    peer = OPTIMIZERS[key].torch
    assert peer is not None
    settings = {hyper.name: hyper.default for hyper in OPTIMIZERS[key].hypers}
    arguments = eval(f"dict({peer.arguments})", settings | {"lr": lr})
    optimizer = getattr(torch.optim, peer.name)(module.parameters(), **arguments)
    for rate, seen, items in zip(rates, losses[:, 0], batches(random, 512, batch), strict=False):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(module(inputs[items]), targets[items])
        loss.backward()
        optimizer.step()
        # A dozen steps in float64, in which Adam's divisions enlarge rounding a little.
        assert seen == pytest.approx(loss.item(), rel=1e-8)
    with torch.no_grad():
        assert final[0] == pytest.approx(nn.functional.mse_loss(module(inputs), targets).item(), rel=1e-8)


def test_rates_do_not_disturb_each_other() -> None:
    with np.errstate(all="ignore"):
        together, _ = training._train("adamw", np.tile([1e-4, 1e-2, 1e3], (20, 1)), 32, 7)
        alone, _ = training._train("adamw", np.full((20, 1), 1e-2), 32, 7)
    # Libraries may sum a single matrix in another order.
    np.testing.assert_allclose(together[:, 1], alone[:, 0], rtol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_norm_grows_with_the_width_and_jumps_at_a_bad_batch_only(seed: int) -> None:
    numbers = ask("X84", seed=seed).numbers
    assert numbers["level, your width / this"] > 1.2
    assert numbers["jump at the bad batch"] > 4 * numbers["swings before it"]
    assert ask("X84", seed=seed, spoilt=1.0).numbers["jump at the bad batch"] < 4
