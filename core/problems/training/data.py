"""The data that networks are trained on, each declared once. Nothing here imports torch, and scikit-learn only to load.

To add a set, add one declaration.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from core.catalogue.hypers import unknown_key
from core.problems.training.own_table import OWN, own_dataset, own_split, own_table
from core.problems.training.split import (
    AS_THEY_ARE,
    Array,
    Dataset,
    Split,
    Whole,
    split_classes,
    split_numbers,
)
from core.problems.training.text import TEXT

__all__ = ["DATASETS", "OWN", "VOCABULARY", "Dataset", "Split", "dataset", "own_split", "own_table"]

# Characters that the model of text sees at a time, and from one window to the next.
WINDOW, STRIDE = 32, 8
# The share of the text, at its end, that is held back.
HELD_TEXT = 0.15
VOCABULARY = tuple(sorted(set(TEXT)))


def _moons(random: np.random.Generator) -> tuple[Array, Whole]:
    angle = np.linspace(0, np.pi, 200)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    x = np.concatenate([upper, lower]) - (0.5, 0.25)
    return x + random.normal(0, 0.15, x.shape), np.repeat(np.arange(2), 200)


def _circles(random: np.random.Generator) -> tuple[Array, Whole]:
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    y = np.tile(np.arange(2), 200)
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1) * np.where(y == 0, 1.0, 0.5)[:, None]
    return x + random.normal(0, 0.08, x.shape), y


def _spirals(random: np.random.Generator) -> tuple[Array, Whole]:
    radius = np.tile(np.linspace(0.05, 1.0, 160), 3)
    y = np.repeat(np.arange(3), 160)
    angle = 4.2 * radius + y * 2 * np.pi / 3 + random.normal(0, 0.12, radius.shape)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), y


def _xor(random: np.random.Generator) -> tuple[Array, Whole]:
    x = random.uniform(-1, 1, (400, 2))
    y = (x[:, 0] * x[:, 1] < 0).astype(np.int64)
    return x + random.normal(0, 0.05, x.shape), y


def _plane(made: Callable[[np.random.Generator], tuple[Array, Whole]]) -> Callable[[int], Split]:
    @lru_cache(maxsize=4)
    def load(seed: int) -> Split:
        x, y = made(np.random.default_rng((seed, 0)))
        labels = tuple(f"class {label}" for label in range(int(y.max()) + 1))
        return split_classes(x, y, seed, labels, ("x₁", "x₂"), AS_THEY_ARE)

    return load


@lru_cache(maxsize=4)
def _digits(seed: int) -> Split:
    from sklearn.datasets import load_digits

    measured = load_digits()
    names = tuple(f"pixel {row}, {column}" for row in range(1, 9) for column in range(1, 9))
    labels = tuple(map(str, range(10)))
    note = "Pixels were divided by 16, so that they lie between 0 and 1."
    return split_classes(measured.data / 16, measured.target.astype(np.int64), seed, labels, names, note)


@lru_cache(maxsize=4)
def _diabetes(seed: int) -> Split:
    from sklearn.datasets import load_diabetes

    measured = load_diabetes(scaled=False)
    return split_numbers(measured.data, measured.target.astype(np.float64), seed, tuple(measured.feature_names))


@lru_cache(maxsize=1)
def _text(seed: int) -> Split:
    codes = np.array([VOCABULARY.index(character) for character in TEXT], dtype=np.int64)
    cut = round((1 - HELD_TEXT) * len(codes))
    (train_x, train_y), (valid_x, valid_y) = _windows(codes[:cut], STRIDE), _windows(codes[cut:], WINDOW)
    note = "The last part of the text is held back, whatever the seed."
    return Split(train_x, train_y, valid_x, valid_y, VOCABULARY, (), note)


def _windows(codes: Whole, stride: int) -> tuple[Whole, Whole]:
    windows = np.lib.stride_tricks.sliding_window_view(codes, WINDOW + 1)[::stride]
    return windows[:, :-1].copy(), windows[:, 1:].copy()


_ALL = (
    Dataset(
        key="moons",
        name="Two moons",
        kind="classes",
        idea="Two half circles that reach into each other: no straight line parts them, a slightly bent one does.",
        source="made here, as scikit-learn's make_moons, with noise of 0.15",
        features=2,
        classes=2,
        rows=300,
        loaded=_plane(_moons),
        plane=True,
    ),
    Dataset(
        key="circles",
        name="Circles",
        kind="classes",
        idea="One class around the other: the boundary has to close.",
        source="made here, as scikit-learn's make_circles, with noise of 0.08",
        features=2,
        classes=2,
        rows=300,
        loaded=_plane(_circles),
        plane=True,
    ),
    Dataset(
        key="xor",
        name="XOR",
        kind="classes",
        idea="The class is whether the two signs differ: neither feature says anything by itself.",
        source="made here, after Minsky & Papert 1969, Perceptrons",
        features=2,
        classes=2,
        rows=300,
        loaded=_plane(_xor),
        plane=True,
    ),
    Dataset(
        key="spirals",
        name="Three spirals",
        kind="classes",
        idea="Three arms wound around each other: hard for a shallow network, and for a large learning rate.",
        source="made here, after the two spirals of Lang & Witbrock 1988",
        features=2,
        classes=3,
        rows=360,
        loaded=_plane(_spirals),
        plane=True,
    ),
    Dataset(
        key="digits",
        name="Handwritten digits",
        kind="classes",
        idea="1797 digits that people wrote by hand, of 8 by 8 pixels each.",
        source="Alpaydin & Kaynak 1998, doi:10.24432/C50P49; the test part, from scikit-learn",
        features=64,
        classes=10,
        rows=1347,
        loaded=_digits,
        image=(8, 8),
    ),
    Dataset(
        key="diabetes",
        name="Diabetes",
        kind="numbers",
        idea="Ten measurements of 442 patients, and how far their disease had progressed a year later.",
        source="Efron, Hastie, Johnstone & Tibshirani 2004, doi:10.1214/009053604000000067; from scikit-learn",
        features=10,
        classes=0,
        rows=332,
        loaded=_diabetes,
    ),
    Dataset(
        key="text",
        name="A short text",
        kind="text",
        idea="A page about a walker in the fog. The network guesses each character from those before it.",
        source="written here",
        features=WINDOW,
        classes=len(VOCABULARY),
        rows=322,
        loaded=_text,
    ),
)

DATASETS: Mapping[str, Dataset] = MappingProxyType({entry.key: entry for entry in _ALL})


def dataset(key: str, table: str = "", target: str = "", features: tuple[str, ...] = ()) -> Dataset:
    """The declaration with this key or, for ``OWN``, one made from the pasted ``table``.

    Raises ``ValueError`` naming the known ones, or with a sentence about the table.
    """
    if key == OWN:
        return own_dataset(table, target, features)
    if key not in DATASETS:
        raise ValueError(unknown_key("data set", key, [*DATASETS, OWN]))
    return DATASETS[key]
