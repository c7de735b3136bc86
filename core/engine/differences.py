"""What tells runs apart: every setting in which they differ, in words."""

from collections.abc import Mapping, Sequence

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import VARIABLES
from core.engine.run import Run
from core.formula.words import apart

# What stands where a run does not have a setting.
NONE = "–"

Value = float | str | None


def differences(runs: Sequence[Run]) -> dict[str, list[str]]:
    """The settings in which ``runs`` differ, by what they are called: the value of each run, in order, as a text.

    Numbers have as many digits as tell them apart; a run that has no such setting has ``NONE``.
    """
    settings = [_settings(run) for run in runs]
    names = dict.fromkeys(name for of in settings for name in of)
    columns = {name: [of.get(name) for of in settings] for name in names}
    return {name: _texts(values) for name, values in columns.items() if len(set(values)) > 1}


def _settings(run: Run) -> dict[str, Value]:
    """Everything that ``run`` depends on, by what it is called."""
    objective, optimizer, schedule = run.resolved_objective, run.resolved_optimizer, run.resolved_schedule
    starts: Mapping[str, Value] = {f"Start {name}": at for name, at in zip(VARIABLES, run.start, strict=False)}
    return {
        "Objective": objective.name if objective.key == objective.reference else objective.formula,
        "Update rule": optimizer.name if optimizer.key == optimizer.reference else _line(optimizer.rule),
        **_hypers(optimizer.hypers, run.settings, ""),
        "Schedule": schedule.name if schedule.key == schedule.reference else _line(schedule.reference),
        **_hypers(schedule.hypers, run.schedule_settings, f"{schedule.name}: "),
        **starts,
        "Steps": float(run.steps),
        "Noise": float(run.noise),
        "Seed": float(run.seed) if run.noise else None,
        "Largest gradient norm": None if run.clip_norm is None else float(run.clip_norm),
    }


def _hypers(hypers: Sequence[Hyper], settings: Mapping[str, float], owner: str) -> dict[str, Value]:
    # Rules give the same words to numbers of different names, such as their memories.
    return {
        owner + hyper.words + ("" if hyper.name == "lr" else f" ({hyper.name})"): settings[hyper.name]
        for hyper in hypers
    }


def _line(text: str) -> str:
    """A program of several lines on one."""
    return "; ".join(line.strip() for line in text.splitlines() if line.strip())


def _texts(values: Sequence[Value]) -> list[str]:
    numbers = [value for value in values if isinstance(value, float)]
    written = dict(zip(numbers, apart(*numbers), strict=True))
    return [NONE if value is None else value if isinstance(value, str) else written[value] for value in values]
