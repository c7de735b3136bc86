"""What a rule keeps and does inside, step by step and coordinate by coordinate, as curves."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.optimizers import PALETTE, Dash
from core.engine.findings import Array, Mark, Plot, Series, drawn_moments
from core.engine.trace import Path
from core.formula.latex import plain_symbol

EFFECTIVE = "effective rate"
"""How long a step is per unit of slope."""
# By the coordinate.
_DASHES: tuple[Dash, ...] = ("solid", "dash")


def strips(path: Path) -> Mapping[str, Array]:
    """What can be drawn of ``path``, by what it is called: arrays of shape ``(steps, d)`` or ``(steps, 1)``.

    The effective rate, the gradient that the rule was given, and what its lines assigned but the point.
    """
    with np.errstate(all="ignore"):
        rate = np.abs(np.diff(path.x, axis=0) / path.grad[:-1])
    rate[~np.isfinite(rate) | (rate == 0)] = np.nan
    kept = {name: values for name, values in path.terms.items() if name not in ("x", "lr")}
    return {EFFECTIVE: rate} | {
        plain_symbol(name): values if values.ndim == 2 else values[:, None] for name, values in kept.items()
    }


def strip_plot(path: Path, name: str, step: int) -> Plot:
    """The strip ``name`` of ``path`` over the steps, a curve for each coordinate, with a line at ``step``."""
    values = strips(path)[name]
    at = drawn_moments(len(values) - 1) if len(values) else np.arange(0)
    variables = path.run.resolved_objective.called
    several = values.shape[1] > 1
    steps = np.asarray(at + 1.0, dtype=np.float64)
    series = tuple(
        Series(f"along {variables[axis]}" if several else name, steps, values[at, axis], PALETTE[axis], _DASHES[axis])
        for axis in range(values.shape[1])
    )
    marks = (Mark("x", float(step), f"step {step}"),) if 1 <= step <= len(values) else ()
    return Plot("step", name, series, log_y=name == EFFECTIVE, marks=marks)
