"""What if: a run that goes on otherwise from one of its steps, and what came of that in a sentence."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from core.engine.run import Run
from core.engine.status import Outcome, failed
from core.engine.trace import Array, Moment, Numbers, Path, Stretch, concluded, kept_at, stretch
from core.formula.rule import Kind
from core.formula.words import apart, counted, digits, listed

# What a run does that fails at a step, and the same beside one that does not.
_FAILS = {Outcome.DIVERGED: ("diverges", "diverging"), Outcome.UNDEFINED: ("becomes undefined", "becoming undefined")}


def forked(run: Run, step: int, then: Run) -> Path:
    """``run`` up to ``step``, and from there on the steps ``step`` + 1, … of ``then``: the path of ``then``.

    It goes on from the point of ``run`` with what ``carried`` names of the memory of its rule, and with that of its
    schedule under the same names; whatever else ``then`` keeps starts there as its texts say. Steps count on, and noise
    is that of seed and step. Before the first step nothing has been kept, so that a fork at step 0 is ``trace(then)``.

    ``terms`` are those of the rule of ``then``. Before the fork they hold what ``run`` recorded under the same name in
    the same shape, and NaN where it recorded none; but the row of ``step`` has, of all that the rule keeps, what it
    began with there. ``ValueError`` is raised where both do not descend the same objective from the same start, and for
    a step that one of them does not reach.
    """
    if (run.resolved_objective.parsed, run.start) != (then.resolved_objective.parsed, then.start):
        raise ValueError("A run goes on on its own objective, and has one start.")
    most = min(run.steps, then.steps)
    if not 0 <= step <= most:
        raise ValueError(f"A run of {counted(most)} forks at a step from 0 to {most}; {step} was given.")
    start = tuple(map(np.float64, run.start))
    before = stretch(run, Moment(0, start, kept_at(run, start)), step)
    lost = failed(before.x.T, before.loss)
    if step and lost.any():
        raise ValueError(f"The run failed at step {int(lost.argmax())}, so it cannot fork at step {step}.")
    state = _taken_over(run, then, before.end)
    after = stretch(then, Moment(step, before.end.point, state), then.steps)
    return concluded(then, _joined(before, after, _parted(then, state)[0]))


def carried(run: Run, then: Run) -> tuple[str, ...]:
    """What the rule of ``then`` takes over at a fork of what that of ``run`` keeps, by name.

    Both keep it, in as many numbers, and it is a memory of the same in both as far as the catalogue says: what momentum
    calls v is a velocity, and no memory of squares as Adam's.
    """
    old, new = run.resolved_optimizer, then.resolved_optimizer
    return tuple(
        name
        for name in new.parsed.state
        if name in old.parsed.state
        and old.parsed.kinds[name] is new.parsed.kinds[name]
        and len({memory[name] for memory in (old.state, new.state) if name in memory}) < 2
    )


def _taken_over(run: Run, then: Run, at: Moment) -> Numbers:
    """What ``then`` keeps when it goes on from where ``run`` is."""
    rule, schedule = _parted(then, kept_at(then, at.point))
    if at.step:
        old_rule, old_schedule = _parted(run, at.state)
        rule |= {name: old_rule[name] for name in carried(run, then)}
        schedule |= {name: old_schedule[name] for name in schedule.keys() & old_schedule.keys()}
    return tuple(number for values in (*rule.values(), *schedule.values()) for number in values)


def _parted(run: Run, state: Numbers) -> tuple[dict[str, Numbers], dict[str, Numbers]]:
    """``state`` by name: what the rule of ``run`` keeps, and what its schedule keeps."""
    rule, left = run.resolved_optimizer.parsed, iter(state)
    widths = {name: len(run.start) if rule.kinds[name] is Kind.TENSOR else 1 for name in rule.state}
    kept = {name: tuple(next(left) for _ in range(width)) for name, width in widths.items()}
    return kept, {name: (next(left),) for name in run.looped_schedule.parsed.state}


def _joined(before: Stretch, after: Stretch, kept: Mapping[str, Numbers]) -> Stretch:
    """Both as one stretch with the terms of the latter, whose rule began with what it had ``kept``."""
    terms = {}
    for name, values in after.terms.items():
        earlier = _earlier(before, name, values)
        if name in kept and len(earlier):
            earlier[-1] = np.reshape(kept[name], values.shape[1:])
        terms[name] = np.concatenate([earlier, values])
    x, loss = (np.concatenate([one, other[1:]]) for one, other in ((before.x, after.x), (before.loss, after.loss)))
    return Stretch(x, loss, terms, after.end)


def _earlier(before: Stretch, name: str, values: Array) -> Array:
    """What was recorded ``before`` under ``name`` in the shape of ``values``, or as many NaN."""
    known = before.terms.get(name)
    if known is not None and known.shape[1:] == values.shape[1:]:
        return known.copy()
    return np.full((len(before.x) - 1, *values.shape[1:]), np.nan)


def memory_sentence(run: Run, then: Run, step: int) -> str:
    """Which names the rule of ``then`` takes over at a fork of ``run`` at ``step``, and which start there."""
    kept = carried(run, then) if step else ()
    fresh = [name for name in then.resolved_optimizer.parsed.state if name not in kept]
    parts = [
        f"{verb} {listed(names)}" for verb, names in (("takes over", kept), ("starts afresh with", fresh)) if names
    ]
    name = then.resolved_optimizer.name
    if not parts:
        return f"{name} remembers nothing from step to step, so the point is all that it takes over."
    return f"{name} {' and '.join(parts)}; t counts on from step {digits(step)}."


def fork_sentence(name: str, before: Path, after: Path, step: int) -> str:
    """What came of going on as ``after`` at ``step`` instead of as ``before``, the path of who is called ``name``."""
    if before.run.completed == after.run.completed:
        return f"Nothing changes at step {digits(step)}, so both futures are the same."
    ends = [path.loss[-1] for path in (after, before)]
    new, old = apart(*ends)
    same = ends[0] == ends[1]
    match after.status.failed, before.status.failed:
        case False, False:
            end = f"ends with the same loss, {new}" if same else f"ends with a loss of {new} instead of {old}"
        case True, False:
            end = f"{_failing(after, 0)} instead of ending with a loss of {old}"
        case False, True:
            end = f"ends with a loss of {new} instead of {_failing(before, 1)}"
        case _:
            alike = _failing(after, 1) == _failing(before, 1)
            end = _failing(after, 0) + (" all the same" if alike else f" instead of {_failing(before, 1)}")
    return f"{_change(name, before.run, after.run, step)}, the run {end}."


def _failing(path: Path, form: int) -> str:
    return f"{_FAILS[path.status.outcome][form]} at step {digits(path.status.step)}"


def _change(name: str, run: Run, then: Run, step: int) -> str:
    """What is different from ``step`` on."""
    old, new = run.settings["lr"], then.settings["lr"]
    if run.optimizer != then.optimizer:
        return f"Handed from {name} to {then.resolved_optimizer.name} at step {digits(step)}"
    if old != new and replace(run, hypers={**run.settings, "lr": new}).completed == then.completed:
        turned = "raised" if new > old else "lowered"
        return f"With {name}'s learning rate {turned} to {digits(new)} at step {digits(step)}"
    return f"With other settings of {name} from step {digits(step)}"
