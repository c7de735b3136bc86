"""Where two rules end from the same starts: which minimum each arrives at, and where they part."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from core.catalogue.racers import Racer
from core.engine.arrival import arrived, known_minima
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.status import point_text
from core.engine.summary import Race
from core.engine.trace import Path
from core.engine.two_settings import Scale, Setting, bare, scale, settings_of, side, too_dear
from core.formula.words import counted, digits

Labels = npt.NDArray[np.int64]

# What a label says that is no place in ``Known.points``.
NOWHERE, FAILED = -1, -2
# Rules in one map.
_RULES = 2


class Meeting(IntEnum):
    """What two runs from one start have in common."""

    SAME = 0
    FIRST = 1
    SECOND = 2
    DIFFERENT = 3
    NEITHER = 4


@dataclass(frozen=True, eq=False)
class Basins:
    """Where the runs of two racers end from each start of a grid, in rows along y.

    ``labels`` are their places in ``known_minima`` of the objective, or ``NOWHERE`` or ``FAILED``, of shape
    ``(rows, columns)`` each; ``meeting`` are values of ``Meeting``.
    """

    pair: tuple[tuple[Racer, Path], tuple[Racer, Path]]
    x: Scale
    y: Scale
    labels: tuple[Labels, Labels]
    meeting: Labels

    def start(self, cell: int) -> tuple[float, float]:
        """The start of a cell; cells are counted along rows."""
        row, column = divmod(cell, self.x.values.size)
        return float(self.x.values[column]), float(self.y.values[row])

    @property
    def shares(self) -> dict[Meeting, float]:
        """How much of the picture each meeting has; together 1."""
        return {one: float((self.meeting == one).mean()) for one in Meeting}

    @property
    def names(self) -> dict[Meeting, str]:
        """Each meeting in words."""
        first, second = (racer.name for racer, _ in self.pair)
        return {
            Meeting.SAME: "both end at the same minimum",
            Meeting.FIRST: f"only {first} arrives",
            Meeting.SECOND: f"only {second} arrives",
            Meeting.DIFFERENT: "they end at different minima",
            Meeting.NEITHER: "neither arrives",
        }


@dataclass(frozen=True)
class BasinRow:
    """How many of a hundred starts end at one place, by each of two rules; ``loss`` is that of a minimum in words."""

    end: str
    loss: str
    first: float
    second: float


def labels_over(settings: tuple[Any, ...], count: int) -> Labels:
    """Where the runs end from ``count`` × ``count`` starts: of shape ``(count, count)``, rows along y.

    ``settings`` are the fields of a ``Run`` in two variables in their order; its own start is not looked at.
    """
    run = Run(*settings)
    x, y = _scales(run, count)
    starts = np.stack(np.meshgrid(x.values, y.values)).reshape(2, -1)
    many = trace_many(run, starts)
    places = arrived(known_minima(run.resolved_objective), many.x, many.loss)
    return np.where(many.diverged_at >= 0, FAILED, places).reshape(count, count)


def basins(pair: Race, sweep: Callable[..., Labels] = labels_over) -> Basins:
    """Where the two racers of ``pair``, in two variables, end, on as fine a grid as they may cost (``basins_refused``).

    ``sweep`` may be a cache in front of ``labels_over``.
    """
    one, other = pair
    runs = [path.run for _, path in pair]
    count = min(side(run, maps=_RULES) for run in runs)
    first, second = (sweep(bare(run, _starts(run)), count) for run in runs)
    came = (first >= 0, second >= 0)
    cases = [came[0] & came[1] & (first == second), came[0] & ~came[1], came[1] & ~came[0], came[0] & came[1]]
    meeting = np.select(cases, [*Meeting][:-1], Meeting.NEITHER)
    return Basins((one, other), *_scales(runs[0], count), (first, second), meeting.astype(np.int64))


def basins_refused(race: Race) -> str:
    """Why there is no map of where two racers of ``race`` end, and what to do about it; empty if there is one."""
    run = race[0][1].run
    if len(run.start) != 2:
        return "A map of starts needs two variables; with one, the starts are a line. Choose a function of x and y."
    if len(race) < 2:
        return "Two rules are compared here, and one races: let another one join it."
    if not known_minima(run.resolved_objective).points:
        return "No minimum of this objective is known, so there is nothing to arrive at."
    return next((reason for _, path in race if (reason := too_dear(path.run, maps=_RULES))), "")


def basin_rows(both: Basins) -> list[BasinRow]:
    """How much of the picture ends where, in percent: at each minimum, the lowest first, and at none."""
    run = both.pair[0][1].run
    formula, points = run.resolved_objective.parsed, known_minima(run.resolved_objective).points
    ends = [
        *((place, point_text(point), digits(formula.value(point))) for place, point in enumerate(points)),
        (NOWHERE, f"not arrived in {counted(run.steps)}", ""),
        (FAILED, "diverged or undefined", ""),
    ]
    return [
        BasinRow(text, loss, *(100 * float((labels == place).mean()) for labels in both.labels))
        for place, text, loss in ends
    ]


def _starts(run: Run) -> Sequence[Setting]:
    return [one for one in settings_of(run) if one.of == "start"]


def _scales(run: Run, count: int) -> tuple[Scale, Scale]:
    x, y = (scale(one.hyper, *one.hyper.slider, count) for one in _starts(run))
    return x, y
