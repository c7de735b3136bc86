"""Fifty steps of a perceptron on the digits: the class made from a rule moves the weights as torch.optim's does."""

import numpy as np
import pytest
import torch
from torch import nn

from core import OPTIMIZERS
from core.export.torch_peer.paths import _FIRST_STATES, arguments_of
from core.problems.training.loop import batches, final
from core.problems.training.nets import build
from core.problems.training.settings import Training

RULES = ["sgd", "momentum", "adam", "adamw", "rmsprop", "adagrad", "nadam", "radam", "adamax", "adadelta"]
STEPS = 50
# Its first step is ten times lr for any gradient well above eps, also for one that is nothing but rounding in float32.
CALM = {"rmsprop": {"lr": 1e-3, "eps": 1e-6}}


def theirs(training: Training) -> dict[str, np.ndarray]:
    """The weights after an ordinary loop in PyTorch."""
    dataset = training.resolved_dataset
    split = dataset.load(training.seed)
    net = build(training.model, training.model_values, dataset, training.seed)
    net.to(torch.float64 if training.float64 else torch.float32)
    x = torch.tensor(split.train_x).to(next(net.parameters()))
    y = torch.tensor(split.train_y)
    peer = OPTIMIZERS[training.optimizer].torch
    assert peer is not None
    arguments = arguments_of(OPTIMIZERS[training.optimizer], training.settings)
    optimizer = getattr(torch.optim, peer.name)(net.parameters(), **arguments)
    if peer.name in _FIRST_STATES:
        for weight in net.parameters():
            optimizer.state[weight].update(_FIRST_STATES[peer.name](weight))
    picked = batches(training.seed, len(x), training.batch)
    for _ in range(training.steps):
        rows = next(picked)
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
    return {name: one.numpy() for name, one in net.state_dict().items()}


@pytest.mark.parametrize("settings", ["defaults", "others"])
@pytest.mark.parametrize(("float64", "within"), [(True, 1e-12), (False, 1e-6)])
@pytest.mark.parametrize("key", RULES)
def test_a_generated_class_trains_the_digits_as_torch_does(
    key: str, float64: bool, within: float, settings: str
) -> None:
    # At the defaults a misplaced eps would hardly be seen.
    others = {"eps": 1e-3, "beta1": 0.8, "beta2": 0.95, "gamma": 0.9, "rho": 0.8, "beta": 0.7, "weight_decay": 0.1}
    own = {hyper.name for hyper in OPTIMIZERS[key].hypers}
    hypers = CALM.get(key, {})
    if settings == "others":
        hypers = hypers | {name: value for name, value in others.items() if name in own}
    training = Training("digits", optimizer=key, hypers=hypers, steps=STEPS, float64=float64)
    ours, peers = final(training, every=STEPS).reports[-1].weights, theirs(training)
    assert ours is not None
    assert ours.keys() == peers.keys()
    for name, weight in ours.items():
        np.testing.assert_allclose(weight, peers[name], rtol=within, atol=within, err_msg=name)
