"""A set of data that a network is trained on: what it is, and how it is split into a part to learn and one to judge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core.formula.words import digits, listed

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Kind = Literal["classes", "numbers", "text"]

# The share of the rows that is held back.
HELD_BACK = 0.25
AS_THEY_ARE = "The features are left as they are."


@dataclass(frozen=True, eq=False)
class Split:
    """Rows to learn from and rows to judge by, all read-only.

    ``train_x`` and ``valid_x`` are float64 of shape ``(rows, features)``, or for text int64 of shape ``(rows,
    characters)``. The answers are int64 classes from 0 of shape ``(rows,)``, float64 numbers of that shape, or for text
    the next character at each place. ``labels`` are the names of the classes, in order; ``features`` those of the
    columns. ``balance`` is the share of each class among the rows to learn from. ``baseline`` is the loss on the rows
    held back of always answering with those shares, or with the mean; ``baseline_accuracy`` that of the most frequent
    class. ``standardised`` says in a sentence what was done to the numbers; ``target_scale`` are mean and standard
    deviation by which a number was standardised.
    """

    train_x: npt.NDArray[Any]
    train_y: npt.NDArray[Any]
    valid_x: npt.NDArray[Any]
    valid_y: npt.NDArray[Any]
    labels: tuple[str, ...]
    features: tuple[str, ...]
    standardised: str
    target_scale: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        for part in (self.train_x, self.train_y, self.valid_x, self.valid_y):
            part.flags.writeable = False

    @cached_property
    def balance(self) -> tuple[float, ...]:
        """The share of each class among the rows to learn from; nothing for numbers."""
        counts = np.bincount(self.train_y.ravel(), minlength=len(self.labels)) if self.labels else np.zeros(0)
        return tuple((counts / max(counts.sum(), 1)).tolist())

    @cached_property
    def baseline(self) -> float:
        """The loss of a model that has learnt the shares of the classes only (cross-entropy), or the mean (squares)."""
        if not self.labels:
            return float(np.mean((self.valid_y - np.mean(self.train_y)) ** 2))
        return float(-np.mean(np.log(np.array(self.balance)[self.valid_y])))

    @cached_property
    def baseline_accuracy(self) -> float | None:
        """The share of the rows held back that the most frequent class gets right; none for numbers."""
        return float(np.mean(self.valid_y == int(np.argmax(self.balance)))) if self.labels else None


@dataclass(frozen=True)
class Dataset:
    """A set of data: what it is, where it is from, and its size.

    ``features`` and ``classes`` are counts, ``classes`` being 0 for numbers; ``rows`` are those to learn from, and
    those of text are windows of ``features`` characters. ``plane`` tells whether it has two features that can be drawn,
    ``image`` the rows and columns of the picture that the features are, or none.
    """

    key: str
    name: str
    kind: Kind
    idea: str
    source: str
    features: int
    classes: int
    rows: int
    loaded: Callable[[int], Split]
    plane: bool = False
    image: tuple[int, int] | None = None

    def load(self, seed: int) -> Split:
        """The rows, where they are made here with the noise of ``seed``, and split by it."""
        return self.loaded(seed)


def split_classes(
    x: Array, y: Whole, seed: int, labels: tuple[str, ...], features: tuple[str, ...], note: str
) -> Split:
    """Holds back a quarter of every class, drawn by ``seed``."""
    random = np.random.default_rng((seed, 1))
    train: list[Whole] = []
    valid: list[Whole] = []
    for label in range(len(labels)):
        rows = random.permutation(np.flatnonzero(y == label))
        count = held_back(len(rows))
        valid.append(rows[:count])
        train.append(rows[count:])
    learn, judge = np.sort(np.concatenate(train)), np.sort(np.concatenate(valid))
    return Split(x[learn], y[learn], x[judge], y[judge], labels, features, note)


def split_numbers(x: Array, y: Array, seed: int, features: tuple[str, ...]) -> Split:
    """Holds back a quarter of the rows, drawn by ``seed``, and standardises features and answers."""
    rows = np.random.default_rng((seed, 1)).permutation(len(x))
    count = held_back(len(x))
    learn, judge = np.sort(rows[count:]), np.sort(rows[:count])
    mean, spread = float(y[learn].mean()), float(y[learn].std()) or 1.0
    scaled = (y - mean) / spread
    split = Split(x[learn], scaled[learn], x[judge], scaled[judge], (), features, "", (mean, spread))
    return standardise(split, f"so was the answer, whose spread is {digits(spread)}")


def held_back(rows: int) -> int:
    """How many of ``rows`` are held back."""
    return max(1, round(HELD_BACK * rows))


def standardise(split: Split, also: str = "") -> Split:
    """``split`` with the mean 0 and the spread 1 for each feature, over the rows to learn from."""
    x = np.asarray(split.train_x, dtype=np.float64)
    mean, spread = x.mean(axis=0), x.std(axis=0)
    # A column that happens not to vary among these rows is only moved.
    spread[spread == 0] = 1
    note = "Every feature was given the mean 0 and the spread 1, measured on the rows to learn from"
    return Split(
        (x - mean) / spread,
        split.train_y,
        (np.asarray(split.valid_x, dtype=np.float64) - mean) / spread,
        split.valid_y,
        split.labels,
        split.features,
        f"{note}; {also}." if also else f"{note}.",
        split.target_scale,
    )


def shares_text(split: Split, most: int = 4) -> str:
    """The balance of the classes in a sentence, that of the ``most`` frequent ones if there are many."""
    order: Sequence[int] = np.argsort(-np.array(split.balance), kind="stable")[:most].tolist()
    shares = listed([f"{split.labels[one]} {digits(100 * split.balance[one], '.3g')} %" for one in order])
    return f"{'The most frequent classes' if len(split.labels) > most else 'The classes'}: {shares}."
