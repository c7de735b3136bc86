"""What an experiment is and what it finds: numbers, a sentence made from them, and data for a picture."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.catalogue.hypers import Hyper, complete
from core.catalogue.optimizers import Dash

Array = npt.NDArray[np.float64]


def drawn_moments(last: int) -> npt.NDArray[np.int64]:
    """At most 600 of the moments 0 … ``last``, both among them and dense at the start, on a linear or log axis alike.

    A curve is drawn about 700 pixels wide, so no more can be seen.
    """
    chosen = np.concatenate([np.linspace(0, last, 300), np.geomspace(1, max(last, 1), 300)])
    return np.unique(np.minimum(chosen.round().astype(np.int64), last))


@dataclass(frozen=True, eq=False)
class Series:
    """One line or set of dots: ``x`` and ``y`` of shape ``(n,)``; an empty colour takes the palette's next.

    A series without a name is not listed.
    """

    name: str
    x: Array
    y: Array
    color: str = ""
    dash: Dash = "solid"
    mode: Literal["lines", "markers", "lines+markers"] = "lines"


@dataclass(frozen=True)
class Mark:
    """A labelled reference line at ``value`` of one axis."""

    axis: Literal["x", "y"]
    value: float
    label: str


@dataclass(frozen=True, eq=False)
class Plot:
    """A picture as data: axis titles with units, series, reference lines."""

    x_title: str
    y_title: str
    series: tuple[Series, ...]
    log_x: bool = False
    log_y: bool = False
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, eq=False)
class Finding:
    """What one run of an experiment found: ``numbers`` by label, in the order to show them, and one sentence."""

    numbers: Mapping[str, float]
    sentence: str
    plot: Plot | None = None


@dataclass(frozen=True)
class Expected:
    """What ``Experiment.run`` finds: ``number`` within ``tolerance`` of ``value``, and why so close.

    It is found at the defaults, or with ``settings`` in place of some of them.
    """

    number: str
    value: float
    tolerance: float
    reason: str
    settings: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What a text quotes it by: the number, and settings that are not the defaults, as in "steps | lr=0.1"."""
        settings = ", ".join(f"{name}={value:g}" for name, value in self.settings.items())
        return f"{self.number} | {settings}" if settings else self.number


@dataclass(frozen=True)
class Experiment:
    """Something a reader can run: a pure function of its ``settings`` (by name), seeded, quick.

    ``question`` is what it answers, in one sentence. ``expected`` are outcomes that tests assert and
    statements quote. One that ``needs_torch`` cannot run without PyTorch.
    """

    key: str
    question: str
    settings: tuple[Hyper, ...]
    find: Callable[[Mapping[str, float]], Finding]
    expected: tuple[Expected, ...]
    needs_torch: bool = False

    def run(self, settings: Mapping[str, float] | None = None) -> Finding:
        """The finding at ``settings``; what is missing takes its default. Raises ``ValueError`` for a bad setting."""
        with np.errstate(all="ignore"):
            return self.find(complete(self.settings, settings or {}, f"Experiment {self.key}"))
