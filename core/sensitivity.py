"""How the end of a race depends on the learning rates, as a picture with "you are here"."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.findings import Plot, Series
from core.maps import losses_at
from core.objectives import Objective
from core.run import Run
from core.summary import Race

# Learning rates per curve, evenly spaced on a log scale: dense enough for the edge of stability to look like one.
RATES = 160
# Runs times steps that a picture may cost; longer races are swept at fewer rates.
_BUDGET = 200_000


def swept(settings: tuple[Any, ...], rates: tuple[float, float, int]) -> npt.NDArray[np.float64]:
    """``losses_at`` with plain values only.

    ``settings`` are the fields of a ``Run`` in their order; ``rates = (lowest, highest, count)`` are evenly spaced on a
    log scale.
    """
    return losses_at(Run(*settings), np.geomspace(*rates))


def rate_plot(race: Race, sweep: Callable[..., npt.NDArray[np.float64]] = swept) -> Plot:
    """The loss at the end of the race against the learning rate, one curve per racer and a dot where each one is.

    A curve covers its rule's slider and the rate of the race. Where a run diverges the curve has a gap. With a known
    minimum the loss above it is shown, on a log axis. ``sweep`` may be a cache in front of ``swept``: no curve depends
    on the learning rate of the race, so moving that costs nothing.
    """
    run = race[0][1].run
    base = run.resolved_objective.minimum
    count = max(20, min(RATES, _BUDGET // run.steps))
    series: list[Series] = []
    for racer, path in race:
        (lr,) = (hyper for hyper in racer.optimizer.hypers if hyper.name == "lr")
        here = path.run.settings["lr"]
        low, high = min(max(lr.slider[0], 1e-12), here or lr.slider[0]), max(lr.slider[1], here)
        losses = sweep(_without_rate(path.run), (low, high, count))
        rates = np.geomspace(low, high, count)
        series.append(Series(racer.name, rates, _above(losses, base), racer.color, racer.dash))
        dot = _above(path.loss[-1:], base)
        series.append(Series("", np.array([here]), dot, racer.color, mode="markers"))
    return Plot("learning rate", _title(run.resolved_objective, run.steps), tuple(series), True, base is not None)


def _without_rate(run: Run) -> tuple[Any, ...]:
    """The fields of ``run`` with its learning rate left at the default."""
    others = tuple((name, value) for name, value in run.settings.items() if name != "lr")
    bare = replace(run, hypers=others)
    return tuple(getattr(bare, field.name) for field in fields(Run))


def _above(losses: npt.NDArray[np.float64], base: float | None) -> npt.NDArray[np.float64]:
    # Below this, differences in float64 are rounding; log axes need something positive.
    return losses if base is None else np.maximum(losses - base, 1e-16)


def _title(objective: Objective, steps: int) -> str:
    above = "" if objective.minimum in (None, 0.0) else " above the minimum"
    return f"loss{above} after {steps} steps"
