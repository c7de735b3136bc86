"""The same race on other terms: one learning rate for all, what libraries set, or everyone tuned at the same cost."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.catalogue.hypers import Hyper
from core.catalogue.racers import Racer
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.sensitivity import held, late, without
from core.engine.summary import Race
from core.engine.trace import Path, trace
from core.formula.words import counted, digits, listed

Array = npt.NDArray[np.float64]

# Learning rates that are tried, and values of a second hyperparameter with each of them, where one is tuned too.
RATES, OTHERS = 60, 5
MOST_RATES = 160
# Where gradients are noisy every setting runs with so many draws of the noise and is judged by their median.
_SEEDS = 3
# Rates that differ by this factor or less must do as well as one for that to be the best.
_NEAR = 1.12
# The lowest rate that is tried where a slider begins at 0, as a share of its end.
_LOWEST = 1e-4
# What tuning may cost: values of a step times steps, counted twice (for the repeats and the run that is shown) and
# once more for every so many runs at once, which take as long as the overhead of one: three seconds.
_MOST, _AT_ONCE = 6_000_000, 250
# A search of the rate and of one value more: those chosen and how high they end, as they are, at half the rate and at
# twice; NaN where no rate holds.
Found = tuple[float, float, float, float, float]


@dataclass(frozen=True)
class Budget:
    """What everyone may spend on tuning: runs at ``rates`` learning rates, each with ``others`` second values.

    A rule that has no second number is tried at so many more rates, so that all have as many runs.
    """

    rates: int = RATES
    others: int = 1


@dataclass(frozen=True)
class Tuned:
    """What tuning made of a rule.

    ``run`` has the settings that were chosen, which ``chosen`` repeats by name, and the steps that its gradients are
    enough for. ``level`` is how high it ends: the median of the last fifth of its losses, over all draws of the noise;
    ``half`` and ``twice`` are the same at half and at twice the rate. They are infinite where it fails, as is ``level``
    if it does so at every rate; ``run`` then has the declared one, and ``chosen`` nothing. ``runs`` were tried;
    ``edge`` says that the rate is the lowest or the highest of them, so that one beyond might do better.
    """

    racer: Racer
    run: Run
    chosen: Mapping[str, float] = field(hash=False)
    level: float
    half: float
    twice: float
    runs: int
    edge: bool


def at_one_rate(race: Race, rate: float) -> Race:
    """``race`` with the learning rate ``rate`` for all. Raises ``ValueError`` if a rule does not take it."""
    return [_again(racer, path, dict(path.run.hypers) | {"lr": rate}) for racer, path in race]


def common_rates(race: Race) -> tuple[float, float]:
    """The lowest and the highest learning rate that every rule of ``race`` takes; in that order if there is one."""
    bounds = [racer.optimizer.hypers[0].bounds for racer, _ in race]
    return max(low for low, _ in bounds), min(high for _, high in bounds)


def as_declared(race: Race) -> Race:
    """``race`` with every hyperparameter at its default, which is that of the library that has the rule."""
    return [_again(racer, path, {}) for racer, path in race]


def _again(racer: Racer, path: Path, hypers: Mapping[str, float]) -> tuple[Racer, Path]:
    run = replace(path.run, hypers=hypers)
    return racer, path if run.completed == path.run.completed else trace(run)


def second(racer: Racer) -> Hyper | None:
    """The hyperparameter that is tuned with the learning rate: the next that is declared, mostly a memory."""
    return next((hyper for hyper in racer.optimizer.hypers if hyper.name != "lr"), None)


def affordable(path: Path, gradients: int) -> int:
    """The steps, 1 at least and those of ``path`` at most, for which the rule asks for at most so many ``gradients``.

    They are counted in ``path`` or, where that is cut short, in a run at the lowest rate that is tried.
    """
    if path.status.failed:
        run = path.run
        path = trace(replace(run, hypers=run.settings | {"lr": min(tried_rates(run, 2))}))
    if not path.status.failed:
        return max(1, int(np.searchsorted(path.gradients, gradients, side="right")) - 1)
    each = max(1.0, sum(path.run.resolved_optimizer.parsed.cost))
    return max(1, min(path.steps, int(gradients / each)))


def too_dear(race: Race, budget: Budget) -> str:
    """Why tuning ``race`` costs more than a page may spend on it, and what to lower; empty if it does not."""
    steps = race[0][1].run.steps
    size = sum(path.run.program(recording=False).size * (2 + _runs(path.run, budget) / _AT_ONCE) for _, path in race)
    if steps * size <= _MOST:
        return ""
    fewer = max(10, 10 * int(_MOST / size / 10))
    return (
        f"Tuning these rules over {counted(steps)} costs {digits(steps * size / _MOST)} times what a page may spend on "
        f"it. It is done for {counted(fewer)} or fewer, with fewer learning rates or rules, or on a shorter formula."
    )


def _runs(run: Run, budget: Budget) -> int:
    return budget.rates * budget.others * (_SEEDS if run.noise else 1)


def tried_rates(run: Run, count: int) -> tuple[float, ...]:
    """``count`` learning rates over the slider of the rule and the rate of ``run``, evenly on a log scale.

    They have three digits, so that what is shown and typed is what ran.
    """
    lr, here = run.resolved_optimizer.hypers[0], run.settings["lr"]
    low, high = lr.slider[0] or _LOWEST * lr.slider[1], max(lr.slider[1], here)
    return tuple(lr.clamp(float(f"{rate:.3g}")) for rate in np.geomspace(min(low, here or low), high, count))


def tried_values(hyper: Hyper, count: int) -> tuple[float, ...]:
    """``count`` values over the slider of ``hyper``, evenly on its scale; of a memory, evenly in what it forgets."""
    low, high = hyper.slider
    if hyper.scale == "log":
        values = np.geomspace(low, high, count)
    elif 0 <= low < high < 1 and 1 - high < (1 - low) / 10:
        values = 1 - np.array([float(f"{share:.2g}") for share in np.geomspace(1 - low, 1 - high, count)])
    else:
        values = np.linspace(low, high, count)
    if hyper.whole:
        values = values.round()
    return tuple(hyper.clamp(float(f"{value:.6g}")) for value in values)


def searched(
    settings: tuple[Any, ...], rates: tuple[float, ...], other: str = "", values: tuple[float, ...] = (math.nan,)
) -> Found:
    """The setting at which a run ends lowest, with plain values only, and whether it holds.

    ``settings`` are the fields of a ``Run`` in their order; all ``rates`` are tried with all ``values`` of the
    hyperparameter ``other``, if there is one. As for ``tuned_rate``, how low a run ends is the median of the last fifth
    of its losses, and the rates within 12 % of one must do as well; on a grid too coarse to have any, half the rate and
    twice the rate alone tell. Of settings that end equally low the middle one is chosen. Runs with noise are judged by
    the median over a few seeds.
    """
    run = Run(*settings)
    grid = np.array([(rate, value) for value in values for rate in rates])
    ends = _levels(run, grid, other).reshape(len(values), len(rates))
    level = np.concatenate([held(row, _beside(rates)) for row in ends])
    if not np.isfinite(level).any():
        return (math.nan,) * 5
    lowest = np.flatnonzero(level == level.min())
    rate, value = grid[lowest[len(lowest) // 2]].tolist()
    lr = run.resolved_optimizer.hypers[0]
    repeats = _levels(run, np.array([(lr.clamp(rate * factor), value) for factor in (1.0, 0.5, 2.0)]), other)
    return rate, value, *repeats.tolist()


def tuned(racer: Racer, path: Path, budget: Budget, search: Callable[..., Found] = searched) -> Tuned:
    """The run of ``path`` tuned with ``budget``, each of its runs asking for as many gradients as that has steps.

    ``search`` may be a cache in front of ``searched``: what it is given does not depend on what is tuned.
    """
    run = replace(path.run, steps=affordable(path, path.run.steps))
    other = second(racer) if budget.others > 1 else None
    names = ["lr", *([other.name] if other is not None else [])]
    second_grid = () if other is None else (other.name, tried_values(other, budget.others))
    rates = tried_rates(path.run, budget.rates * (budget.others if other is None else 1))
    rate, value, *ends = search(without(run, *names), rates, *second_grid)
    chosen = {} if math.isnan(rate) else dict(zip(names, (rate, value), strict=False))
    level, half, twice = ends if chosen else (math.inf,) * 3
    hypers = run.settings | {"lr": racer.optimizer.hypers[0].default} | chosen
    edge = rate in (min(rates), max(rates))
    return Tuned(racer, replace(run, hypers=hypers), chosen, level, half, twice, _runs(run, budget), edge)


def robustness(everyone: Sequence[Tuned]) -> str:
    """Whose tuned rate does not hold: who fails at every rate, at half or at twice the tuned one, or at what edge."""
    able = [one for one in everyone if one.chosen]
    kinds = (
        ("No rate that was tried holds for {names}", [one for one in everyone if not one.chosen]),
        ("At half the tuned rate {names} fail{s}", [one for one in able if math.isinf(one.half)]),
        ("At twice the tuned rate {names} fail{s}", [one for one in able if math.isinf(one.twice)]),
        ("{names} end{s} at the edge of the rates tried; one beyond may be better", [one for one in able if one.edge]),
    )
    said = [
        words.format(names=listed([f"**{one.racer.name}**" for one in those]), s="s" if len(those) == 1 else "")
        for words, those in kinds
        if those
    ]
    return " ".join(f"{sentence}." for sentence in said) or "Nobody fails at half or at twice the tuned rate."


def _beside(rates: tuple[float, ...]) -> int:
    """How many on either side of one of ``rates`` are within ``_NEAR`` of it."""
    if len(rates) < 2 or rates[-1] <= rates[0]:
        return 0
    apart = math.log(rates[-1] / rates[0]) / (len(rates) - 1)
    return min(round(math.log(_NEAR) / apart), len(rates) - 1)


def _levels(run: Run, grid: Array, other: str) -> Array:
    """How high ``run`` ends for each row of ``grid``, a rate and a value of ``other``; infinite where it fails."""
    seeds = run.seed ^ np.arange(_SEEDS if run.noise else 1)
    rates, values = np.repeat(grid, len(seeds), axis=0).T
    hypers = {"lr": rates} | ({other: values} if other else {})
    many = trace_many(run, hypers=hypers, seeds=np.tile(seeds, len(grid)), late=late(run.steps))
    level = np.where(many.diverged_at >= 0, np.inf, many.late_loss).reshape(len(grid), len(seeds))
    return np.asarray(np.median(level, axis=1))
