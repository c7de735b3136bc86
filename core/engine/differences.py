"""What tells runs apart: every setting in which they differ, in words."""

from collections.abc import Mapping, Sequence
from itertools import chain

from core.catalogue.objectives import VARIABLES
from core.engine.run import Run
from core.formula.words import apart

# What stands where a run does not have a setting.
NONE = "–"

Value = float | str | None


def differences(runs: Sequence[Run]) -> dict[str, list[str]]:
    """The settings in which ``runs`` differ, by what they are called: the value of each run, in order, as a text.

    Numbers have as many digits as tell them apart; a run that has no such setting has ``NONE``. What some rules or
    schedules have and others have not is no difference where all that have it leave it at its default.
    """
    settings = [_settings(run) for run in runs]
    chosen = {name for run in runs for name, (value, default) in _hypers(run).items() if value != default}
    columns = {name: [of.get(name) for of in settings] for name in dict.fromkeys(chain.from_iterable(settings))}
    return {
        name: _texts(values)
        for name, values in columns.items()
        if len(set(values) - {None}) > 1 or (None in values and name in chosen)
    }


def _settings(run: Run) -> dict[str, Value]:
    """Everything that ``run`` depends on, by what it is called."""
    objective, optimizer, schedule = run.resolved_objective, run.resolved_optimizer, run.resolved_schedule
    starts: Mapping[str, Value] = {f"Start {name}": at for name, at in zip(VARIABLES, run.start, strict=False)}
    return {
        "Objective": objective.name if objective.key == objective.reference else objective.formula,
        "Update rule": optimizer.name if optimizer.key == optimizer.reference else _line(optimizer.rule),
        **{name: value for name, (value, _) in _hypers(run).items()},
        "Schedule": schedule.name if schedule.key == schedule.reference else _line(schedule.reference),
        **starts,
        "Steps": float(run.steps),
        "Noise": float(run.noise),
        "Seed": float(run.seed) if run.noise else None,
        "Largest gradient norm": "no limit" if run.clip_norm is None else float(run.clip_norm),
    }


def _hypers(run: Run) -> dict[str, tuple[float, float]]:
    """The hyperparameters of rule and schedule by what they are called: their values and their defaults."""
    schedule = run.resolved_schedule
    own = [("", hyper, run.settings) for hyper in run.resolved_optimizer.hypers]
    own += [(f"{schedule.name}: ", hyper, run.schedule_settings) for hyper in schedule.hypers]
    # Rules give the same words to numbers of different names, such as their memories.
    return {
        owner + hyper.words + ("" if hyper.name == "lr" else f" ({hyper.name})"): (settings[hyper.name], hyper.default)
        for owner, hyper, settings in own
    }


def _line(text: str) -> str:
    """A program of several lines on one."""
    return "; ".join(line.strip() for line in text.splitlines() if line.strip())


def _texts(values: Sequence[Value]) -> list[str]:
    numbers = [value for value in values if isinstance(value, float)]
    written = dict(zip(numbers, apart(*numbers), strict=True))
    return [NONE if value is None else value if isinstance(value, str) else written[value] for value in values]
