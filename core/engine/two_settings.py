"""The end of a run over two of its settings: what can vary, over which values, and how low each run ends."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import VARIABLES
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.status import MAX_POSITION, Outcome
from core.formula.words import counted, digits, form_apart

Array = npt.NDArray[np.float64]
# The name of a setting, its lowest and highest value, and how many values a map has at most.
Axis = tuple[str, float, float, int]

# Runs along a side of a map, from fine to coarse.
_SIDES = (50, 35, 20)
# Seconds that a map may cost, and what a value of a step does: by itself and for each run. Measured on one core, with
# sines and exponentials; sums and products take a tenth for each run.
_BUDGET = 1.5
_ONCE, _EACH = 0.5e-6, 1.8e-9
# Values of a step of a schedule that differs from run to run.
_SCHEDULED = 60
OUTCOMES = (Outcome.FINISHED, Outcome.DIVERGED, Outcome.UNDEFINED)
"""How the runs of a map end: taken all steps, at rest or not; diverged; undefined. Maps hold places in this row."""


@dataclass(frozen=True)
class Setting:
    """A number of a run that a map can vary: a hyperparameter, or a coordinate of the start as if it were one.

    ``label`` says it in words, unlike those of the others.
    """

    label: str
    hyper: Hyper
    of: Literal["rule", "schedule", "start"]

    @property
    def name(self) -> str:
        """What tells it from the others; for the rule's own, as the rule calls it."""
        return self.hyper.name if self.of == "rule" else f"{self.of} {self.hyper.name}"

    def value(self, run: Run) -> float:
        """What ``run`` is set to."""
        if self.of == "start":
            return run.start[VARIABLES.index(self.hyper.name)]
        return (run.settings if self.of == "rule" else run.schedule_settings)[self.hyper.name]

    def span(self, run: Run) -> tuple[float, float]:
        """The range of its slider, wide enough for what ``run`` is set to."""
        low, high = self.hyper.slider
        here = self.value(run)
        if self.hyper.scale == "linear":
            return min(low, here), max(high, here)
        high = max(high, here)
        # Only so many powers of ten can be seen, and zero is no place on a log axis.
        return min(low, max(here, 1e-12 * high)) if here else low, high


@dataclass(frozen=True, eq=False)
class Scale:
    """The values along a side of a map, of shape ``(n,)``, and the ``edges`` of their cells, of shape ``(n+1,)``."""

    values: Array
    edges: Array
    logarithmic: bool


@dataclass(frozen=True, eq=False)
class SettingsMap:
    """How ``run`` ends over two of its settings, in rows along ``up``.

    ``loss``, of shape ``(rows, columns)``, is NaN where a run failed; ``outcome`` holds places in ``OUTCOMES``.
    """

    run: Run
    across: Setting
    up: Setting
    x: Scale
    y: Scale
    loss: Array
    outcome: npt.NDArray[np.int64]

    def at(self, cell: int) -> tuple[float, float]:
        """The values of the two settings in a cell; cells are counted along rows."""
        row, column = divmod(cell, self.x.values.size)
        return float(self.x.values[column]), float(self.y.values[row])


def settings_of(run: Run) -> tuple[Setting, ...]:
    """All numbers of ``run`` that a map can vary: those of its rule, of its schedule and of its start."""
    objective, everywhere = run.resolved_objective, (-MAX_POSITION, MAX_POSITION)
    starts = zip(VARIABLES, objective.called, objective.start, objective.domain, strict=False)
    settings = [
        *(Setting(hyper.words, hyper, "rule") for hyper in run.resolved_optimizer.hypers),
        *(Setting(f"{hyper.words} of the schedule", hyper, "schedule") for hyper in run.resolved_schedule.hypers),
        *(
            Setting(f"Start {called}", Hyper(name, name, begin, everywhere, seen, "linear", ""), "start")
            for name, called, begin, seen in starts
        ),
    ]
    # A visitor's names may be the same in words.
    often = Counter(one.label for one in settings)
    return tuple(
        one if often[one.label] == 1 else replace(one, label=f"{one.label} ({one.hyper.name})") for one in settings
    )


def scale(hyper: Hyper, low: float, high: float, count: int) -> Scale:
    """The middles of ``count`` equal parts of a range, on the scale of ``hyper``; fewer if only whole numbers count.

    They are rounded to as many digits as tell them apart, so that what a click sets is what the map shows.
    """
    logarithmic = hyper.scale == "log"
    spaced = np.geomspace if logarithmic else np.linspace
    if hyper.whole:
        values = np.unique(np.round(spaced(low, high, count)))
        between = (values[1:] + values[:-1]) / 2
        return Scale(values, np.array([values[0] - 0.5, *between, values[-1] + 0.5]), logarithmic)
    parts = spaced(low, high, 2 * count + 1)
    form = form_apart(*parts[1::2])
    return Scale(np.array([hyper.clamp(float(f"{value:{form}}")) for value in parts[1::2]]), parts[::2], logarithmic)


def ends_over(settings: tuple[Any, ...], across: Axis, up: Axis) -> Array:
    """The last losses over two settings and, behind them, the outcomes: of shape ``(2, rows, columns)``.

    ``settings`` are the fields of a ``Run`` in their order; those that vary are not looked at.
    """
    run = Run(*settings)
    known = {one.name: one for one in settings_of(run)}
    scales = [scale(known[name].hyper, low, high, count) for name, low, high, count in (across, up)]
    grid = np.meshgrid(*(one.values for one in scales))
    given: dict[str, dict[str, Array]] = {"rule": {}, "schedule": {}, "start": {}}
    for (name, *_), values in zip((across, up), grid, strict=True):
        one = known[name]
        given[one.of][one.hyper.name] = values.ravel()
    starts = [
        given["start"].get(axis, np.full(grid[0].size, at)) for axis, at in zip(VARIABLES, run.start, strict=False)
    ]
    many = trace_many(run, np.array(starts), given["rule"], schedule_hypers=given["schedule"])
    outcome = np.select([many.status == OUTCOMES[1], many.status == OUTCOMES[2]], [1.0, 2.0], 0.0)
    return np.array([np.where(outcome > 0, np.nan, many.loss), outcome]).reshape(2, *grid[0].shape)


def settings_map(run: Run, across: Setting, up: Setting, sweep: Callable[..., Array] = ends_over) -> SettingsMap:
    """How ``run`` ends over ``across`` and ``up``, on as fine a grid as it may cost (``too_dear``).

    ``sweep`` may be a cache in front of ``ends_over``: nothing but the range depends on what ``run`` itself is set to.
    """
    axes = axes_of(run, across, up)
    loss, outcome = sweep(bare(run, (across, up)), *axes)
    x, y = (scale(one.hyper, *axis[1:]) for one, axis in zip((across, up), axes, strict=True))
    return SettingsMap(run, across, up, x, y, loss, outcome.astype(np.int64))


def axes_of(run: Run, across: Setting, up: Setting) -> tuple[Axis, Axis]:
    """The two axes of a map as plain values."""
    count = side(run, (across, up))
    return (across.name, *across.span(run), count), (up.name, *up.span(run), count)


def bare(run: Run, varied: Collection[Setting]) -> tuple[Any, ...]:
    """The fields of ``run``, with the settings that are ``varied`` left at their defaults."""
    left = {(one.of, one.hyper.name) for one in varied}
    own = tuple((name, value) for name, value in run.settings.items() if ("rule", name) not in left)
    follows = tuple((name, value) for name, value in run.schedule_settings.items() if ("schedule", name) not in left)
    usual = zip(VARIABLES, run.start, run.resolved_objective.start, strict=False)
    start = tuple(begin if ("start", name) in left else at for name, at, begin in usual)
    made = replace(run, hypers=own, schedule_hypers=follows, start=start)
    return tuple(getattr(made, field.name) for field in fields(Run))


def side(run: Run, varied: Collection[Setting] = (), maps: int = 1) -> int:
    """The runs along a side of the finest map of ``run`` that a page may compute ``maps`` of; 0 if there is none."""
    return next((count for count in _SIDES if maps * _cost(run, varied, count) <= _BUDGET), 0)


def _cost(run: Run, varied: Collection[Setting], count: int) -> float:
    """About how many seconds a map with ``count`` runs a side takes at most."""
    size = run.program(recording=False).size + (_SCHEDULED if any(one.of == "schedule" for one in varied) else 0)
    return run.steps * size * (_ONCE + _EACH * count**2)


def too_dear(run: Run, varied: Collection[Setting] = (), maps: int = 1) -> str:
    """Why even the coarsest map of ``run`` costs more than a page may spend, and what to lower; empty otherwise."""
    if side(run, varied, maps):
        return ""
    fewer = int(_BUDGET / (maps * _cost(replace(run, steps=1), varied, _SIDES[-1])))
    return (
        f"This map would need {digits(_SIDES[-1] ** 2 * maps)} runs of {counted(run.steps)}, more than a page may "
        f"spend on them. It is drawn for {counted(max(10, fewer // 10 * 10))} or fewer, or on a shorter formula."
    )
