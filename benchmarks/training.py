"""Training the digits' perceptron: our step against an ordinary loop with torch's own optimizers over lists of tensors.

Both take the same forward and backward pass over a batch of 32; torch's optimizers run with ``foreach=True``. Besides,
without a goal: the generated class on a list of tensors, as it is taken home, again with both passes.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from benchmarks.measure import Result, interleaved, report
from core import OPTIMIZERS
from core.formula.torch_code import rule_optimizer
from core.problems.training.data import DATASETS
from core.problems.training.moving import movers
from core.problems.training.nets import build
from core.problems.training.settings import Training

_GOAL = 1.2
_STEPS, _BATCH = 300, 32
_RULES = ("sgd", "momentum", "adam", "adamw", "rmsprop")


def _repeated(
    made: Callable[[nn.Sequential], tuple[Callable[[], Any], Callable[[], Any]]], seed: int = 0
) -> Callable[[], None]:
    """Steps of a network; ``made`` gives what clears its gradients and what moves it."""
    digits = DATASETS["digits"]
    split = digits.load(seed)
    x, y = torch.tensor(split.train_x[:_BATCH], dtype=torch.float32), torch.tensor(split.train_y[:_BATCH])
    training = Training("digits")
    net = build("mlp", training.model_values, digits, seed)
    clear, move = made(net)

    def take() -> None:
        for _ in range(_STEPS):
            clear()
            nn.functional.cross_entropy(net(x), y).backward()
            move()

    return take


def _ours(key: str) -> Callable[[nn.Sequential], tuple[Callable[[], Any], Callable[[], Any]]]:
    def made(net: nn.Sequential) -> tuple[Callable[[], Any], Callable[[], Any]]:
        training = Training("digits", optimizer=key)
        moving = movers(training, net, lambda gradients: gradients)
        return moving.clear, lambda: moving.step(training.settings["lr"], 1.0, torch.ones)

    return made


def _ordinary(
    build_optimizer: Callable[[Any], Any],
) -> Callable[[nn.Sequential], tuple[Callable[[], Any], Callable[[], Any]]]:
    def made(net: nn.Sequential) -> tuple[Callable[[], Any], Callable[[], Any]]:
        optimizer = build_optimizer(net.parameters())
        return optimizer.zero_grad, optimizer.step

    return made


def main() -> None:
    """Prints two rows for each rule."""
    torch.set_num_threads(1)
    results = []
    for key in _RULES:
        entry, settings = OPTIMIZERS[key], Training(optimizer=key).settings
        assert entry.torch is not None
        arguments: dict[str, Any] = eval(f"dict({entry.torch.arguments})", {"dict": dict}, dict(settings))
        foreach = getattr(torch.optim, entry.torch.name)
        own = rule_optimizer(entry.parsed)
        mine, home, theirs = interleaved(
            _repeated(_ours(key)),
            _repeated(_ordinary(lambda weights, own=own, settings=settings: own(weights, **settings))),
            _repeated(
                _ordinary(lambda weights, cls=foreach, arguments=arguments: cls(weights, **arguments, foreach=True))
            ),
            repeats=9,
        )
        for name, time, goal in ((entry.name, mine, f"≤ {_GOAL}"), (f"{entry.name}, list of tensors", home, "–")):
            ratio = time / theirs
            met = goal == "–" or ratio <= _GOAL
            results.append(Result(name, time / _STEPS, theirs / _STEPS, ratio, goal, "of torch's time", met))
    report(results)


if __name__ == "__main__":
    main()
