"""What can be looked at while a network trains: its boundary, its mistakes, its fit, its text. Imports torch."""

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.problems.training.reports import Boundary, Fit, Mistakes, Sample, View
from core.problems.training.split import Dataset, Split

Tensor = torch.Tensor

# Points of the grid along each axis, and the share of the data's width that is shown around them.
_GRID, _MARGIN = 48, 0.15
# Mistakes that are shown, and characters: those given and those written.
_MOST_MISTAKES, _GIVEN, _WRITTEN = 24, 16, 160


def probabilities(scores: Tensor) -> Tensor:
    """The share of each class; a single score is that of the second of two."""
    if scores.shape[-1] > 1:
        return scores.softmax(dim=-1)
    second = torch.sigmoid(scores)
    return torch.cat([1 - second, second], dim=-1)


def view(net: nn.Module, dataset: Dataset, split: Split, scores: Tensor, seed: int) -> View:
    """What there is to see of ``net``, which is not training; ``scores`` are its answers to the rows held back."""
    if dataset.kind == "text":
        return _sample(net, split, seed)
    if dataset.kind == "numbers":
        mean, spread = split.target_scale
        # What diverges leaves float32 first.
        with np.errstate(over="ignore", invalid="ignore"):
            answers = (scores[:, 0].double().numpy() * spread + mean).astype(np.float32)
        return Fit((split.valid_y * spread + mean).astype(np.float32), answers)
    return _boundary(net, split, scores.dtype) if dataset.plane else _mistakes(split, scores)


def _boundary(net: nn.Module, split: Split, dtype: torch.dtype) -> Boundary:
    points = np.concatenate([split.train_x, split.valid_x])
    low, high = points.min(axis=0), points.max(axis=0)
    low, high = low - _MARGIN * (high - low), high + _MARGIN * (high - low)
    axes = [np.linspace(*ends, _GRID) for ends in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    certainty, classes = probabilities(net(torch.tensor(grid, dtype=dtype))).max(dim=-1)
    shape = (_GRID, _GRID)
    domain = (float(low[0]), float(high[0]), float(low[1]), float(high[1]))
    return Boundary(
        classes.numpy().astype(np.uint8).reshape(shape), certainty.numpy().astype(np.float32).reshape(shape), domain
    )


def _mistakes(split: Split, scores: Tensor) -> Mistakes:
    answers = probabilities(scores).argmax(dim=-1).numpy()
    confusion = np.zeros((len(split.labels),) * 2, dtype=np.int64)
    np.add.at(confusion, (split.valid_y, answers), 1)
    rows: npt.NDArray[np.int64] = np.flatnonzero(answers != split.valid_y)[:_MOST_MISTAKES]
    return Mistakes(
        confusion,
        rows,
        split.valid_x[rows].astype(np.float32),
        split.valid_y[rows].astype(np.uint8),
        answers[rows].astype(np.uint8),
    )


def _sample(net: nn.Module, split: Split, seed: int) -> Sample:
    random = torch.Generator().manual_seed(seed)
    places = split.valid_x.shape[1]
    codes = [int(code) for code in split.valid_x[0, :_GIVEN]]
    for _ in range(_WRITTEN):
        shares = probabilities(net(torch.tensor([codes[-places:]]))[0, -1])
        if not torch.isfinite(shares).all():
            break
        codes.append(int(torch.multinomial(shares, 1, generator=random)))
    written = "".join(split.labels[code] for code in codes)
    return Sample(written[:_GIVEN], written[_GIVEN:])
