"""The models: as many weights as declared, drawn as said, and gradients of every order that a rule may ask for."""

import itertools
import math

import pytest
import torch

from core.problems.training.data import DATASETS, dataset
from core.problems.training.models import MODELS, Model, suited
from core.problems.training.nets import build, layers, matrices
from core.problems.training.split import Dataset

PAIRS = [(entry, model) for entry in DATASETS.values() for model in suited(entry)]
NAMES = [f"{entry.key}-{model.key}" for entry, model in PAIRS]


def inputs(entry: Dataset, rows: int = 5) -> torch.Tensor:
    return torch.tensor(entry.load(0).train_x[:rows]).to(torch.int64 if entry.kind == "text" else torch.float32)


def test_every_set_has_a_model_and_every_model_a_set() -> None:
    assert {entry.key for entry, _ in PAIRS} == set(DATASETS)
    assert {model.key for _, model in PAIRS} == set(MODELS)


@pytest.mark.parametrize(("entry", "model"), PAIRS, ids=NAMES)
def test_a_model_has_the_weights_that_are_declared_and_answers_for_each_class(entry: Dataset, model: Model) -> None:
    chosen = [[(choice.name, option) for option in choice.options] for choice in model.choices]
    small = {hyper.name: min(4.0, hyper.slider[1]) for hyper in model.hypers}
    for options in itertools.islice(itertools.product(*chosen), 0, None, 7):
        settings = model.complete({**small, **dict(options)})
        net = build(model.key, settings, entry, 0)
        assert sum(one.numel() for one in net.parameters()) == model.weights(entry, settings)
        scores = net(inputs(entry))
        assert scores.shape == (
            5,
            *([32] if entry.kind == "text" else []),
            1 if model.key == "logistic" else entry.classes or 1,
        )
        assert sum(map(len, layers(net).values())) == len(list(net.parameters()))
        assert all(matrix.ndim >= 2 for matrix in matrices(net))


@pytest.mark.parametrize(("entry", "model"), PAIRS, ids=NAMES)
def test_the_loss_has_second_derivatives(entry: Dataset, model: Model) -> None:
    small = {hyper.name: hyper.slider[0] * (4 if hyper.name == "width" else 1) for hyper in model.hypers}
    net = build(model.key, model.complete(small), entry, 0).double()
    x = inputs(entry)
    loss = (net(x if entry.kind == "text" else x.double()) ** 2).mean()
    weights = list(net.parameters())
    first = torch.autograd.grad(loss, weights, create_graph=True)
    second = torch.autograd.grad(sum((one**2).sum() for one in first), weights, materialize_grads=True)
    assert all(torch.isfinite(one).all() for one in second)


@pytest.mark.parametrize("initialisation", ["pytorch", "xavier", "he", "orthogonal", "zeros"])
def test_weights_are_drawn_as_the_initialisation_says(initialisation: str) -> None:
    settings = MODELS["mlp"].complete({"width": 200, "depth": 2, "initialisation": initialisation})
    net = build("mlp", settings, DATASETS["digits"], 0)
    weight, bias = net.hidden_2.linear.weight.detach(), net.hidden_2.linear.bias.detach()
    variance = {"pytorch": 1 / 600, "xavier": 1 / 200, "he": 2 / 200, "orthogonal": 1 / 200, "zeros": 0.0}
    # 40 000 draws: their variance is within a few per cent.
    assert float(weight.var()) == pytest.approx(variance[initialisation], rel=0.05)
    assert bool(bias.any()) == (initialisation == "pytorch")
    if initialisation == "pytorch":
        assert float(weight.abs().max()) <= 1 / math.sqrt(200)
    if initialisation == "orthogonal":
        torch.testing.assert_close(weight @ weight.T, torch.eye(200), atol=1e-5, rtol=0)


def test_building_takes_no_random_number_from_anybody_else_and_the_same_seed_gives_the_same_weights() -> None:
    before = torch.random.get_rng_state()
    nets = [build("mlp", MODELS["mlp"].complete({}), DATASETS["moons"], seed) for seed in (1, 1, 2)]
    torch.testing.assert_close(torch.random.get_rng_state(), before)
    first, same, other = (net.output.linear.weight for net in nets)
    torch.testing.assert_close(first, same, atol=0, rtol=0)
    assert not torch.equal(first, other)


def test_a_character_is_guessed_from_those_before_it_alone() -> None:
    net = build("transformer", MODELS["transformer"].complete({}), DATASETS["text"], 0)
    codes = torch.tensor(DATASETS["text"].load(0).train_x[:1])
    changed = codes.clone()
    changed[0, 20:] = (changed[0, 20:] + 1) % 28
    torch.testing.assert_close(net(codes)[0, :20], net(changed)[0, :20])
    assert not torch.allclose(net(codes)[0, 20], net(changed)[0, 20])


def test_a_model_that_does_not_suit_the_data_says_why() -> None:
    refusals = {
        ("spirals", "logistic"): "has 3",
        ("moons", "conv"): "form none",
        ("text", "mlp"): "not text",
        ("moons", "transformer"): "reads text",
        ("digits", "linear"): "predicts numbers",
        ("diabetes", "softmax"): "predicts classes",
    }
    for (key, model), words in refusals.items():
        assert words in MODELS[model].refusal(dataset(key))


def test_attention_of_every_size_offered_stays_small() -> None:
    (largest,) = [MODELS["transformer"].weights(DATASETS["text"], {"width": 64, "heads": 8})]
    assert largest <= 60_000
