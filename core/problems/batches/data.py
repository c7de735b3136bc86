"""The data that a line is fitted to: a measured set and a made one with their sources, and two checked columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from core.catalogue.hypers import unknown_key
from core.formula.words import digits

Array = npt.NDArray[np.float64]

STANDARDISING = (
    "Subtracts each column's mean and divides by its standard deviation, so that both have mean 0 and spread 1. The "
    "line stays the same, expressed in other units; the bowl of its loss becomes round, and one learning rate suits "
    "the slope and the intercept alike."
)

# Beyond these a square or its sum over a table would leave what float64 holds with its full precision.
SMALLEST, LARGEST = 1e-12, 1e12
# Spread of a column as a share of its largest number, below which rounding is a good part of what differs.
_LEAST_SPREAD = 1e-9


@dataclass(frozen=True, eq=False)
class Pair:
    """Two columns of one length, checked: ``x`` and ``y`` of shape ``(n,)``, read-only, and what each is, with units.

    ``code`` is Python (with ``numpy`` as ``np``) that assigns the same numbers to ``x`` and ``y``.
    """

    x_name: str
    y_name: str
    x: Array
    y: Array
    code: str

    def __post_init__(self) -> None:
        for name, column in ((self.x_name, self.x), (self.y_name, self.y)):
            _check_column(name, column)
            column.flags.writeable = False
        if self.x.shape != self.y.shape:
            raise ValueError(f"x has {self.x.size} numbers and y has {self.y.size}; each row needs both.")

    def standardised(self) -> "Pair":
        """The pair with ``STANDARDISING`` applied to both columns (standard deviation: the root of the mean square)."""
        lines = (f"{name} = ({name} - {name}.mean()) / {name}.std()" for name in ("x", "y"))
        x, y = ((column - column.mean()) / column.std() for column in (self.x, self.y))
        code = "\n".join([self.code, *lines])
        return Pair(f"{self.x_name}, standardised", f"{self.y_name}, standardised", x, y, code)

    def in_units(self, slope: float, intercept: float) -> tuple[float, float]:
        """Slope and intercept in the units of this pair, of a line that has the given ones on ``standardised()``."""
        rescaled = float(slope * self.y.std() / self.x.std())
        return rescaled, float(self.y.mean() + intercept * self.y.std() - rescaled * self.x.mean())


def _check_column(name: str, column: Array) -> None:
    if column.ndim != 1 or column.size < 2:
        raise ValueError(f"{name} has too few rows; a line needs at least 2.")
    size = np.abs(column)
    if not ((size <= LARGEST) & ((size >= SMALLEST) | (size == 0))).all():
        raise ValueError(
            f"{name} has a number that is neither 0 nor between {digits(SMALLEST)} and {digits(LARGEST)} in size; "
            "give it in other units."
        )
    if column.std() <= _LEAST_SPREAD * size.max():
        raise ValueError(f"{name} is the same in every row, or nearly; a line needs numbers that differ.")


def literal_pair(x_name: str, y_name: str, x: Array, y: Array) -> Pair:
    """A pair whose code writes out every number. Raises ``ValueError`` as the check of a pair does."""
    lines = (f"{name} = np.array({_written(column)})" for name, column in (("x", x), ("y", y)))
    return Pair(x_name, y_name, x, y, "\n".join(lines))


# Numbers on one line of written-out data.
_A_LINE = 8


def _written(column: Array) -> str:
    numbers = [repr(number) for number in column.tolist()]
    rows = (", ".join(numbers[begin : begin + _A_LINE]) for begin in range(0, len(numbers), _A_LINE))
    return "[\n" + "".join(f"    {row},\n" for row in rows) + "]"


@dataclass(frozen=True)
class Dataset:
    """A shipped set of points: what it is, where it is from, what its columns are (with units), how to load it.

    ``known`` are slope and intercept of the least-squares line where they were built in.
    """

    key: str
    name: str
    idea: str
    source: str
    x_name: str
    y_name: str
    code: str
    columns: Callable[[], tuple[Array, Array]]
    known: tuple[float, float] | None = None

    def load(self) -> Pair:
        """The points, in the order of the source."""
        return _loaded(self.key)


@cache
def _loaded(key: str) -> Pair:
    entry = dataset(key)
    return Pair(entry.x_name, entry.y_name, *entry.columns(), entry.code)


def _diabetes() -> tuple[Array, Array]:
    # The files that load_diabetes reads: importing it would take a second, and these take a few milliseconds.
    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0], "datasets", "data")
    # The third column is the body mass index.
    x = np.loadtxt(folder / "diabetes_data_raw.csv.gz", usecols=2)
    return x, np.loadtxt(folder / "diabetes_target.csv.gz")


_SLOPE, _INTERCEPT = 2.0, 1.0


def _known_line() -> tuple[Array, Array]:
    x = np.linspace(-1.0, 3.0, 40)
    # A pattern without a linear part, so that it does not tilt the line.
    scatter = np.cos(7.0 * np.arange(40.0))
    scatter -= scatter.mean()
    scatter -= (scatter @ (x - 1)) / ((x - 1) @ (x - 1)) * (x - 1)
    return x, _SLOPE * x + _INTERCEPT + scatter


_ALL = (
    Dataset(
        key="diabetes",
        name="Diabetes",
        idea="Body mass index of 442 patients and how far their disease had progressed a year later. The two are "
        "related, but only loosely, so no line fits well: this is what real data look like.",
        source="Efron, Hastie, Johnstone & Tibshirani 2004, doi:10.1214/009053604000000067; from scikit-learn, as "
        "measured",
        x_name="body mass index in kg/m²",
        y_name="progression after a year (a score without a unit)",
        code="from sklearn.datasets import load_diabetes\n\n"
        "measured = load_diabetes(scaled=False)\n"
        'x = measured.data[:, measured.feature_names.index("bmi")]\n'
        "y = measured.target",
        columns=_diabetes,
    ),
    Dataset(
        key="known_line",
        name="Known answer",
        idea=f"40 points made from the line y = {digits(_SLOPE)}x + {digits(_INTERCEPT)} with a scatter that does not "
        "tilt it: slope 2 and intercept 1 are the exact answer.",
        source="made here",
        x_name="x (no unit)",
        y_name="y (no unit)",
        code="x = np.linspace(-1.0, 3.0, 40)\n"
        "scatter = np.cos(7.0 * np.arange(40.0))\n"
        "scatter -= scatter.mean()\n"
        "scatter -= (scatter @ (x - 1)) / ((x - 1) @ (x - 1)) * (x - 1)\n"
        f"y = {_SLOPE} * x + {_INTERCEPT} + scatter",
        columns=_known_line,
        known=(_SLOPE, _INTERCEPT),
    ),
)

DATASETS: Mapping[str, Dataset] = MappingProxyType({entry.key: entry for entry in _ALL})


def dataset(key: str) -> Dataset:
    """The declaration with this key. Raises ``ValueError`` naming the known ones."""
    if key not in DATASETS:
        raise ValueError(unknown_key("data set", key, DATASETS))
    return DATASETS[key]
