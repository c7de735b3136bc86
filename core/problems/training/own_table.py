"""A visitor's own table as data to train on: which column is the answer, which are features, and what is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.catalogue.hypers import unknown_key
from core.formula.words import digits, listed
from core.problems.batches.own_data import Cells, excerpt, own_cells
from core.problems.training.split import (
    Array,
    Dataset,
    Split,
    held_back,
    split_classes,
    split_numbers,
    standardise,
)

OWN = "own"
# Rows and classes that a split still makes sense for.
LEAST_ROWS, MOST_CLASSES = 8, 10
_LEAST_OF_A_CLASS = 2
# Spread of a column as a share of its largest number, below which rounding is a good part of what differs.
_LEAST_SPREAD = 1e-9


@dataclass(frozen=True, eq=False)
class OwnTable:
    """What a pasted table offers.

    ``numbers`` are the columns of numbers that vary, ``classes`` the texts of those columns that can be classes (texts,
    or 0 and 1), ``unusable`` why other columns are neither, in a sentence each. Names and texts are the visitor's:
    escape them wherever they are shown as markup.
    """

    numbers: Mapping[str, Array]
    classes: Mapping[str, tuple[str, ...]]
    unusable: Mapping[str, str]

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns that can be the answer: those of classes first, the last one of the table before the others."""
        numbers = [name for name in self.numbers if name not in self.classes]
        return (*reversed([*self.classes]), *reversed(numbers))

    def features(self, target: str) -> tuple[str, ...]:
        """The columns that can be features beside ``target``."""
        return tuple(name for name in self.numbers if name != target)


@lru_cache(maxsize=16)
def own_table(text: str) -> OwnTable:
    """The columns of the pasted ``text``. Raises ``ValueError`` with a sentence for what is not such a table."""
    cells = own_cells(text)
    if len(cells.rows) < LEAST_ROWS:
        raise ValueError(
            f"The table has {len(cells.rows)} row{'s' * (len(cells.rows) != 1)} of data; training needs at least "
            f"{LEAST_ROWS}, a quarter of which are held back."
        )
    numbers: dict[str, Array] = {}
    classes: dict[str, tuple[str, ...]] = {}
    unusable: dict[str, str] = {}
    for index, name in enumerate(cells.names):
        texts = cells.columns[index]
        problem = cells.problem(index)
        if problem:
            why = _no_classes(cells, index)
            if not why:
                classes[name] = texts
            else:
                unusable[name] = f"{problem} {why}"
            continue
        column = np.array([float(cell) for cell in texts])
        if column.std() <= _LEAST_SPREAD * np.abs(column).max():
            unusable[name] = f"Column {index + 1} ({name}) is the same in every row, or nearly."
            continue
        numbers[name] = column
        if set(column.tolist()) == {0.0, 1.0} and not _no_classes(cells, index):
            classes[name] = tuple(digits(number) for number in column)
    for column in numbers.values():
        column.flags.writeable = False
    table = OwnTable(numbers, classes, unusable)
    if not table.targets or not table.features(table.targets[0]):
        why = f" {next(iter(unusable.values()))}" if unusable else ""
        raise ValueError(f"The table needs a column to predict and at least one other column of numbers.{why}")
    return table


def _no_classes(cells: Cells, index: int) -> str:
    """Why the texts of column ``index`` cannot be classes; empty if they can."""
    texts, where = cells.columns[index], f"Column {index + 1} ({cells.names[index]})"
    if "" in texts:
        return f"Row {cells.rows[texts.index('')]} of it is empty, so it cannot be a class either."
    counts = {text: texts.count(text) for text in dict.fromkeys(texts)}
    if not 2 <= len(counts) <= MOST_CLASSES:
        return f"{where} has {len(counts)} different texts; classes can be 2 to {MOST_CLASSES}."
    if unprintable := next((text for text in counts if not text.isprintable()), None):
        return f"{where} has a class with characters that cannot be seen: {excerpt(unprintable)}."
    rare = [text for text, count in counts.items() if count < _LEAST_OF_A_CLASS]
    if rare:
        return f"{where} has the class {excerpt(rare[0])} in one row only; a class needs {_LEAST_OF_A_CLASS} or more."
    return ""


@lru_cache(maxsize=16)
def own_dataset(text: str, target: str = "", features: tuple[str, ...] = ()) -> Dataset:
    """The pasted ``text`` as a set of data: what predicts ``target`` (the first that is offered) from ``features``.

    Without names every column of numbers is a feature. Raises ``ValueError`` with a sentence for what cannot be.
    """
    table = own_table(text)
    answer = target or table.targets[0]
    if answer not in table.targets:
        raise ValueError(table.unusable.get(answer) or unknown_key("column", answer, table.targets))
    offered = table.features(answer)
    for name in features:
        if name == answer:
            raise ValueError(f"{name} is what is predicted; it cannot be a feature as well.")
        if name in table.classes and name not in table.numbers:
            raise ValueError(f"{name} is a column of texts; features are numbers.")
        if name not in offered:
            raise ValueError(table.unusable.get(name) or unknown_key("column", name, offered))
    chosen = tuple(name for name in offered if name in features) if features else offered
    if not chosen:
        raise ValueError(f"There is no column of numbers to predict {answer} from.")
    x = np.stack([table.numbers[name] for name in chosen], axis=1)
    if answer in table.classes:
        texts = table.classes[answer]
        labels = tuple(sorted(set(texts)))
        y = np.array([labels.index(text) for text in texts], dtype=np.int64)
        rows = sum(count - held_back(count) for count in np.bincount(y).tolist())

        def loaded(seed: int) -> Split:
            return standardise(split_classes(x, y, seed, labels, chosen, ""))

    else:
        labels, numbers, rows = (), table.numbers[answer], len(x) - held_back(len(x))

        def loaded(seed: int) -> Split:
            return split_numbers(x, numbers, seed, chosen)

    return Dataset(
        key=OWN,
        name="Your table",
        kind="classes" if labels else "numbers",
        idea=f"Your own table: {answer} from {listed(chosen)}.",
        source="pasted",
        features=len(chosen),
        classes=len(labels),
        rows=rows,
        loaded=loaded,
        plane=bool(labels) and len(chosen) == 2,
    )


def own_split(text: str, target: str = "", features: tuple[str, ...] = (), seed: int = 0) -> Split:
    """The rows of the pasted ``text``, split. Raises ``ValueError`` with a sentence for everything that cannot be."""
    return own_dataset(text, target, features).load(seed)
