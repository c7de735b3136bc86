"""The declared models, built for torch with weights drawn by a seed. Importing this module imports torch.

A model's direct children are its layers, in order. It answers with scores: one for each class, or a single number.
"""

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from threading import Lock
from typing import Any

import torch
from torch import nn

from core.problems.training.models import Settings, outputs
from core.problems.training.split import Dataset

Tensor = torch.Tensor
# torch draws weights from random numbers that all threads share.
_DRAWING = Lock()

_ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "leaky_relu": nn.LeakyReLU,
    "sigmoid": nn.Sigmoid,
    "identity": nn.Identity,
}
_NORMS: Mapping[str, Callable[[int], nn.Module]] = {
    "none": lambda width: nn.Identity(),
    "batch": nn.BatchNorm1d,
    "layer": nn.LayerNorm,
}
# What sets the matrices of linear layers and the filters of convolutions.
_INITIAL: Mapping[str, Callable[[Tensor], Any]] = {
    "xavier": nn.init.xavier_normal_,
    "he": nn.init.kaiming_normal_,
    "orthogonal": nn.init.orthogonal_,
    "zeros": nn.init.zeros_,
}
# Layers whose matrices are no hidden ones: what reads the input's codes, and what answers.
_OUTER = frozenset({"characters", "places", "output"})


class Block(nn.Module):
    """A hidden layer: linear, norm, activation, and what it was given on top if ``residual``."""

    def __init__(self, linear: nn.Module, norm: nn.Module, activation: nn.Module, residual: bool = False) -> None:
        super().__init__()
        self.linear, self.norm, self.activation, self.residual = linear, norm, activation, residual

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.activation(self.norm(self.linear(x)))
        return x + out if self.residual else out


class Output(nn.Module):
    """The last layer, which flattens what it is given."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.linear(x.flatten(1))
        return answer


class Image(nn.Module):
    """Features as a picture of one channel."""

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__()
        self.rows, self.columns = rows, columns

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(-1, 1, self.rows, self.columns)


class Attention(nn.Module):
    """Each place looks at itself and those before it, and adds what it gathers; norm first (Vaswani et al. 2017).

    Written out, because torch's fused attention has no second derivative, which some rules ask for.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.asked = nn.Linear(width, 3 * width, bias=False)
        self.gathered = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        rows, places, width = x.shape
        parts = self.asked(self.norm(x)).reshape(rows, places, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        scores = query @ key.mT / math.sqrt(width // self.heads)
        later = torch.ones(places, places, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -math.inf).softmax(dim=-1)
        gathered = (weights @ value).permute(0, 2, 1, 3).reshape(rows, places, width)
        out: Tensor = x + self.gathered(gathered)
        return out


class Perceptron(nn.Module):
    """The two linear layers behind attention, which add to what they are given."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inner = nn.Linear(width, 4 * width)
        self.outer = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.outer(nn.functional.gelu(self.inner(self.norm(x))))
        return out


class Places(nn.Module):
    """Adds to each character what stands for its place."""

    def __init__(self, places: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(places, width))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight[: x.shape[1]]


class Guess(nn.Module):
    """The last layer of the transformer: a score for each character, at each place."""

    def __init__(self, width: int, characters: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.linear = nn.Linear(width, characters)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.linear(self.norm(x))
        return scores


def _layers(**layers: nn.Module) -> nn.Sequential:
    model = nn.Sequential()
    for name, layer in layers.items():
        model.add_module(name, layer)
    return model


def _regression(settings: Settings, dataset: Dataset) -> nn.Sequential:
    return _layers(output=Output(dataset.features, 1))


def _softmax(settings: Settings, dataset: Dataset) -> nn.Sequential:
    return _layers(output=Output(dataset.features, outputs(dataset)))


def _mlp(settings: Settings, dataset: Dataset) -> nn.Sequential:
    width, activation = int(settings["width"]), _ACTIVATIONS[str(settings["activation"])]
    norm, residual = _NORMS[str(settings["normalisation"])], settings["residual"] == "on"
    sizes = [dataset.features, *[width] * int(settings["depth"])]
    blocks = {
        f"hidden_{place}": Block(nn.Linear(*size), norm(width), activation(), residual and place > 1)
        for place, size in enumerate(pairwise(sizes), start=1)
    }
    return _layers(**blocks, output=Output(width, outputs(dataset)))


def _conv(settings: Settings, dataset: Dataset) -> nn.Sequential:
    assert dataset.image is not None
    rows, columns = dataset.image
    channels, activation = int(settings["channels"]), _ACTIVATIONS[str(settings["activation"])]
    norm = nn.BatchNorm2d if settings["normalisation"] == "batch" else lambda width: nn.Identity()
    first = Block(nn.Conv2d(1, channels, 3, padding=1), norm(channels), activation())
    second = Block(nn.Conv2d(channels, 2 * channels, 3, padding=1), norm(2 * channels), activation())
    output = Output(2 * channels * (rows // 2) * (columns // 2), outputs(dataset))
    return _layers(
        image=Image(rows, columns), filters_1=first, filters_2=second, pooling=nn.MaxPool2d(2), output=output
    )


def _transformer(settings: Settings, dataset: Dataset) -> nn.Sequential:
    width = int(settings["width"])
    return _layers(
        characters=nn.Embedding(dataset.classes, width),
        places=Places(dataset.features, width),
        attention=Attention(width, int(settings["heads"])),
        perceptron=Perceptron(width),
        output=Guess(width, dataset.classes),
    )


_MODELS: Mapping[str, Callable[[Settings, Dataset], nn.Sequential]] = {
    "linear": _regression,
    "logistic": _regression,
    "softmax": _softmax,
    "mlp": _mlp,
    "conv": _conv,
    "transformer": _transformer,
}


def build(model: str, settings: Settings, dataset: Dataset, seed: int) -> nn.Sequential:
    """The model with the key ``model`` in float32, its weights drawn by ``seed``; ``settings`` has every setting.

    The state of torch's own random numbers is left as it was.
    """
    with _DRAWING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = _MODELS[model](settings, dataset)
        initial = _INITIAL.get(str(settings.get("initialisation", "")))
        if initial is not None:
            for part in net.modules():
                if isinstance(part, nn.Linear | nn.Conv2d):
                    initial(part.weight)
                    assert part.bias is not None
                    nn.init.zeros_(part.bias)
    return net


def layers(net: nn.Sequential) -> dict[str, list[nn.Parameter]]:
    """The parameters of each layer that has any, by its name in words."""
    return {
        name.replace("_", " "): parameters
        for name, layer in net.named_children()
        if (parameters := list(layer.parameters()))
    }


def matrices(net: nn.Sequential) -> list[nn.Parameter]:
    """The matrices of hidden layers, filters included; where there is none, all matrices."""
    found = {
        name: parameter
        for name, parameter in net.named_parameters()
        # A filter has more dimensions; a norm has fewer.
        if parameter.ndim >= 2
    }
    hidden = [parameter for name, parameter in found.items() if name.partition(".")[0] not in _OUTER]
    return hidden or list(found.values())
