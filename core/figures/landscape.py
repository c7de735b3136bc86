"""An objective of two variables as heights on a grid: what is drawn, on which scale, and the sentence that says so."""

from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np

from core.catalogue.objectives import Objective
from core.figures.look import Array
from core.figures.trail import View
from core.formula.words import apart, digits

# Between two steps of a scale with evenly spaced lines, about this many lines.
_LINES = 13
# All is drawn alike beyond these shares of the grid's values if the extremes stand out by so many times the range
# between. On a log scale the low end always is: lower lines fall apart where a valley is narrower than the grid.
_LOWEST, _HIGHEST = 0.01, 0.995
_STANDS_OUT = 0.5


@dataclass(frozen=True, eq=False)
class Landscape:
    """Heights of an objective over ``view``.

    ``x`` (n,) and ``y`` (n,) are the grid, ``value`` (n, n) the true values there with rows along y, nan where the
    objective has no finite value. A height is the value itself or, if ``logarithmic``, log10 of the value above the
    minimum; for display, and only there, heights are clipped to ``low`` … ``high``. Contour lines run from ``first``
    in steps of ``spacing`` to at most ``last``; ``note`` says so in words.
    """

    objective: Objective
    view: View
    x: Array
    y: Array
    value: Array
    logarithmic: bool
    low: float
    high: float
    first: float
    last: float
    spacing: float
    note: str

    def height(self, value: Array) -> Array:
        """Values of the objective as heights, clipped for display; same shape."""
        return np.clip(_unclipped(self.objective, value, self.logarithmic), self.low, self.high)

    @property
    def title(self) -> str:
        """What the heights are, as an axis title."""
        if not self.logarithmic:
            return "f"
        return "log₁₀ f" if self.objective.minimum == 0 else "log₁₀ (f − min f)"


def landscape(objective: Objective, view: View, size: int) -> Landscape:
    """The heights of ``objective``, a function of two variables, on a grid of ``size`` × ``size`` points."""
    x, y = (np.linspace(low, high, size) for low, high in view)
    value = objective.parsed.value(np.stack(np.broadcast_arrays(x[None, :], y[:, None])))
    value = np.where(np.isfinite(value), value, np.nan)
    logarithmic = objective.levels == "log" and objective.minimum is not None
    heights = np.sort(_unclipped(objective, value[np.isfinite(value)], logarithmic))
    if not heights.size:
        return Landscape(objective, view, x, y, value, logarithmic, 0.0, 1.0, 2.0, 2.0, 1.0, "no finite value here")
    low, high = float(heights[0]), float(heights[-1])
    inner_low, inner_high = (float(heights[round(share * (heights.size - 1))]) for share in (_LOWEST, _HIGHEST))
    room = _STANDS_OUT * (inner_high - inner_low)
    low = inner_low if logarithmic or low < inner_low - room else low
    high = inner_high if high > inner_high + room else high
    # The differences between equal values are rounding, not hills.
    if high - low <= 1e-12 * max(abs(low), abs(high), 1.0):
        flat = f"no contour lines: f = {digits(float(np.nanmedian(value)))} everywhere"
        return Landscape(objective, view, x, y, value, logarithmic, low, low + 1.0, low + 2, low + 2, 1.0, flat)
    if logarithmic:
        low = max(low, high - 12.0)
        spacing = 1.0 if high - low > 4.5 else 0.5
    else:
        spacing = round_spacing((high - low) / _LINES)
    first, last = ceil(low / spacing) * spacing, floor(high / spacing) * spacing
    note = _note(objective, logarithmic, first, last, spacing)
    return Landscape(objective, view, x, y, value, logarithmic, low, high, first, last, spacing, note)


def _unclipped(objective: Objective, value: Array, logarithmic: bool) -> Array:
    if not logarithmic:
        return value
    # The smallest positive float stands in for log 0; it is clipped for display anyway.
    return np.log10(np.maximum(value - (objective.minimum or 0.0), 5e-324))


def round_spacing(wanted: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is at least ``wanted``."""
    power = 10.0 ** floor(log10(wanted))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= wanted * (1 - 1e-9))


def _note(objective: Objective, logarithmic: bool, first: float, last: float, spacing: float) -> str:
    if not logarithmic:
        return f"contour lines every {digits(spacing)}, from {' to '.join(apart(first, last))}"
    minimum = objective.minimum or 0.0
    above = "f" if minimum == 0 else f"f {'−' if minimum > 0 else '+'} {digits(abs(minimum))}"
    kind = "powers of ten" if spacing == 1.0 else "powers of √10"
    return f"contour lines at {kind}: {above} = {digits(10.0**first)} … {digits(10.0**last)}"
