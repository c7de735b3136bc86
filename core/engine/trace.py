"""One run, step by step: a ``Run`` to a ``Path``, also from the middle of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from core.engine.gradients import noise_table
from core.engine.rest import rest_status
from core.engine.run import Run
from core.engine.status import (
    MAX_LOSS,
    MAX_POSITION,
    REST_NORM,
    Outcome,
    Status,
    failed,
    failure,
    held_status,
    moving_status,
    point_text,
)
from core.engine.undefined import position_reason, value_reason
from core.formula.rule import Kind
from core.formula.words import digits

Array = npt.NDArray[np.float64]
Numbers = tuple[np.float64, ...]

# Steps between two looks at whether a run has diverged.
_CHUNK = 512


@dataclass(frozen=True)
class Path:
    """What one run did.

    ``x`` and ``grad`` have shape ``(steps+1, d)`` with the start in row 0, ``loss`` and ``grad_norm`` shape
    ``(steps+1,)``; they end before the step that diverged, and are exact even where the rule saw noise. ``terms`` holds
    every name the rule assigned, and ``g`` and ``lr`` as the rule was given them, with one row per step:
    ``(steps, d)``, or ``(steps,)`` for what is one number. ``evaluations`` counts the gradients the rule asked for, a
    step that failed included; ``gradients`` (steps+1,) those it had asked for up to each point.
    """

    run: Run
    x: Array
    loss: Array
    grad: Array
    grad_norm: Array
    terms: Mapping[str, Array]
    status: Status
    evaluations: int
    gradients: npt.NDArray[np.int64]

    @property
    def steps(self) -> int:
        """The steps that the run was to take."""
        return self.run.steps

    @property
    def velocity(self) -> Array | None:
        """The term that points against the momentum's push after each step, if the rule has one."""
        name = self.run.resolved_optimizer.velocity
        return self.terms[name] if name else None

    @property
    def rate_share(self) -> Array:
        """The learning rate of each step as a share of the one set, of shape ``(steps+1,)``.

        Row t belongs to step t; row 0, the start, repeats the first step. It is 1 where the rate set is 0.
        """
        lr = self.run.settings["lr"]
        shares = self.terms["lr"] / lr if lr else np.ones(len(self.x) - 1)
        return np.concatenate([shares[:1] if shares.size else np.ones(1), shares])


@dataclass(frozen=True)
class Moment:
    """Where a run stands after ``step`` steps: its point, and what its rule and then its schedule keep for the next."""

    step: int
    point: Numbers
    state: Numbers


@dataclass(frozen=True)
class Stretch:
    """What consecutive steps of a run did.

    ``x`` and ``loss`` begin with the point before the first of them; ``terms`` have one row per step, and the gradients
    that each asked for under the empty name. ``end`` is where the last of them led.
    """

    x: Array
    loss: Array
    terms: Mapping[str, Array]
    end: Moment


def trace(run: Run) -> Path:
    """Runs one optimizer and records every step. A run that diverges or becomes undefined is a shorter path."""
    point = tuple(map(np.float64, run.start))
    return concluded(run, stretch(run, Moment(0, point, kept_at(run, point)), run.steps))


def kept_at(run: Run, point: Numbers) -> Numbers:
    """What the rule and the schedule of ``run`` keep before their first step, which is taken at ``point``."""
    # What is kept is a plain number or, after an anchor such as z: state = x, a copy of one.
    with np.errstate(all="ignore"):
        start = run.program(recording=True).start(point, (*_hypers(run), np.float64(run.settings["lr"])))
    return tuple(map(np.float64, start))


def _hypers(run: Run) -> Numbers:
    """The hyperparameters that the loop takes: those of the rule without ``lr``, and those of the schedule."""
    settings = run.settings
    return (*(np.float64(settings[name]) for name in run.resolved_optimizer.parsed.hypers[1:]), *run.schedule_inputs)


def stretch(run: Run, begun: Moment, last: int) -> Stretch:
    """The steps of ``run`` from the one after ``begun`` to ``last``, or some way beyond the step that failed."""
    formula, compiled, hypers = run.resolved_objective.parsed, run.program(recording=True), _hypers(run)
    per_step = [np.arange(1.0, run.steps + 1), run.settings["lr"] * run.factors]
    if run.noise > 0:
        per_step += list((run.noise * noise_table(run.seed, run.steps, len(run.start))).T)
    width = sum(column.size for column in compiled.columns)

    taken, point, state = begun.step, begun.point, begun.state
    points, tables = [np.array(point).reshape(1, -1)], [np.empty((0, width))]
    loss = [formula.value(points[0].T)]
    lost = failed(points[0].T, loss[0])
    while taken < last and not lost.any():
        rows: list[tuple[Any, ...]] = []
        chunk = slice(taken, min(taken + _CHUNK, last))
        steps = zip(*(column[chunk] for column in per_step), strict=True)
        with np.errstate(all="ignore"):
            point, state = compiled.run(point, state, hypers, np.float64(run.steps), run.clip_limit, steps, rows.append)
        table = np.fromiter(chain.from_iterable(rows), np.float64, len(rows) * width).reshape(-1, width)
        tables.append(table)
        points.append(table[:, : len(run.start)])
        loss.append(formula.value(points[-1].T))
        lost = failed(points[-1].T, loss[-1])
        taken += len(rows)

    kinds = run.resolved_optimizer.parsed.kinds
    table, terms, at = np.concatenate(tables), dict[str, Array](), 0
    for column in compiled.columns:
        values = table[:, at : at + column.size]
        at += column.size
        terms[column.name] = values if column.size > 1 or kinds.get(column.name) is Kind.TENSOR else values[:, 0]
    return Stretch(np.concatenate(points), np.concatenate(loss), terms, Moment(taken, point, state))


def concluded(run: Run, steps: Stretch) -> Path:
    """The path of ``run`` that took these ``steps`` from its start: as far as it goes, and how it ends."""
    x, loss, terms = steps.x, steps.loss, steps.terms
    lost = failed(x.T, loss)
    fails_at = int(lost.argmax()) if lost.any() else None
    # The start belongs to a path even where the objective is undefined there.
    length = len(x) if fails_at is None else max(1, fails_at)
    asked = length - 1 if fails_at is None else fails_at
    counts = terms[""][:asked].astype(np.int64)
    gradients = np.concatenate([[0], counts[: length - 1].cumsum()])
    recorded = {name: values[: length - 1] for name, values in terms.items() if name}
    formula = run.resolved_objective.parsed
    grad = formula.grad(x[:length].T).T
    with np.errstate(over="ignore", invalid="ignore"):
        grad_norm = np.sqrt((grad**2).sum(axis=1))
    if fails_at is not None:
        end = _failed_status(run, x, loss, terms, fails_at)
    elif grad_norm[-1] > REST_NORM >= np.linalg.norm(formula.free(x[-1], grad[-1])):
        end = held_status(x[-1], grad_norm[-1], length - 1)
    elif grad_norm[-1] <= REST_NORM:
        end = rest_status(formula, x[-1], grad[-1], length - 1)
    else:
        end = moving_status(loss[-1], grad_norm[-1], length - 1)
    return Path(run, x[:length], loss[:length], grad, grad_norm, recorded, end, int(counts.sum()), gradients)


def _failed_status(run: Run, x: Array, loss: Array, terms: Mapping[str, Array], step: int) -> Status:
    """How a run ended that failed at ``step``: what was out of bounds there, and where it had been before."""
    formula, point = run.resolved_objective.parsed, x[step]
    outcome = failure(point, float(loss[step]), step)
    if np.isnan(point).any():
        reason = position_reason(run, x[: step + 1], terms, step)
    elif (np.abs(point) > MAX_POSITION).any():
        reason = f"the position left ±{digits(MAX_POSITION)}"
    elif outcome is Outcome.UNDEFINED and not np.isfinite(loss[step]):
        reason = f"the objective has no value at {point_text(point)}, where {value_reason(formula, point)}"
    else:
        reason = f"the loss passed {digits(MAX_LOSS)} in size"
    if step == 0:
        return Status(outcome, 0, f"Undefined at the start: {reason}.")
    before = f"the last point was {point_text(x[step - 1])} with loss {digits(loss[step - 1])}"
    return Status(outcome, step, f"{outcome.capitalize()} at step {digits(step)}: {reason}; {before}.")
