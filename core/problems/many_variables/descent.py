"""Any update rule run on a problem of many variables: its losses, how it ends, and some of its points."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from core.engine.gradients import CLIP_EPSILON
from core.engine.run import Run
from core.engine.status import MAX_LOSS, MAX_POSITION, REST_NORM, Outcome, Status, failure, moving_status
from core.formula import Rule, emit
from core.formula.graph import Graph, Value
from core.formula.lower import Values
from core.formula.update_source import numpy_update
from core.formula.words import counted, digits
from core.problems.many_variables.families import Array, Problem, Surface, curvatures, newton_direction

# Points kept of a path: so many at equal distances and so many that are dense at the start, where it moves most. Eight
# paths of a thousand variables then take 10 MB, however long they are.
_EVEN, _DENSE = 120, 40
# A curvature below this share of the largest is rounding.
_ROUNDING = 1e-12
# A minimum that lies higher is not the lowest, which is 0: where a gradient is nearly 0 at that one, so is the loss.
_HIGHER = 1e-3


@dataclass(frozen=True, eq=False)
class Descent:
    """What one run did in d variables.

    ``loss`` has shape ``(steps+1,)`` and ends before the step that failed. ``points`` ``(n, d)`` are those after the
    steps ``moments`` ``(n,)``, the first and the last among them. ``evaluations`` counts the gradients asked for.
    """

    loss: Array
    evaluations: int
    status: Status
    moments: npt.NDArray[np.int64]
    points: Array


@np.errstate(all="ignore")
def descend(problem: Problem, run: Run, start: Array | None = None) -> Descent:
    """Takes the steps of ``run`` on ``problem``: its rule, settings, schedule, noise, clipping and seed.

    The objective and the start of ``run`` are not used; ``start`` ``(d,)`` is that of the problem unless it is given.
    In two variables the steps are those that ``trace`` takes, to rounding.
    """
    surface, rule = problem.surface, run.resolved_optimizer.parsed
    oracle = _Oracle(surface, run)
    begin, update = numpy_update(rule)
    settings = [np.float64(run.settings[name]) for name in rule.hypers]
    rates, factor = settings[0] * run.factors, _factors(run)
    oracles = {name: getattr(oracle, name) for name in ("grad", "hessian_diag", "newton_direction", "value")}
    kept = _moments(run.steps)
    x = problem.start if start is None else start
    loss, points, moments = [surface.value(x)], [x], [0]
    state = begin([x], *settings)
    outcome, taken = None, 0
    for t in range(1, run.steps + 1):
        oracle.begin(t)
        lr = rates[t - 1] * factor(loss[-1], t)
        g = oracle.grad([x]) if "g" in rule.reads else None
        (after,), state = update([x], g, loss[-1], t, run.steps, lr, *settings[1:], *state, **oracles)
        height = surface.value(after)
        # NaN is not at most anything.
        if not (np.abs(after).max() <= MAX_POSITION and abs(height) <= MAX_LOSS):
            outcome = failure(after, height, t)
            break
        x, taken = after, t
        loss.append(height)
        if t in kept:
            points.append(x)
            moments.append(t)
    if moments[-1] != taken:
        points.append(x)
        moments.append(taken)
    status = _failed(outcome, after, taken + 1, loss[-1]) if outcome else _ended(surface, x, loss[-1], taken)
    return Descent(np.array(loss), oracle.evaluations, status, np.array(moments), np.array(points))


def _moments(steps: int) -> set[int]:
    even, dense = np.linspace(0, steps, _EVEN), np.geomspace(1, steps, _DENSE)
    return {int(moment) for moment in np.concatenate([even, dense]).round()}


class _Oracle:
    """What a rule may ask of ``surface``, in the lists of one array that ``numpy_update`` speaks; it counts the price.

    Gradients have the noise of the step that began last and are clipped, as those of ``GivenGradient``.
    """

    def __init__(self, surface: Surface, run: Run) -> None:
        self.surface = surface
        self.run = run
        self.noise: Array | float = 0.0
        self.evaluations = 0

    def begin(self, t: int) -> None:
        if self.run.noise > 0:
            size = len(self.surface.minimum)
            self.noise = self.run.noise * np.random.default_rng((self.run.seed, t)).standard_normal(size)

    def value(self, x: Sequence[Array]) -> float:
        return self.surface.value(x[0])

    def grad(self, x: Sequence[Array]) -> list[Array]:
        self.evaluations += 1
        gradient = self.surface.gradient(x[0]) + self.noise
        limit = self.run.clip_limit
        if limit is not None:
            gradient = gradient * np.minimum(limit / (np.sqrt((gradient**2).sum()) + CLIP_EPSILON), 1.0)
        return [gradient]

    def hessian_diag(self, x: Sequence[Array]) -> list[Array]:
        self.evaluations += 1
        return [self.surface.hessian(x[0])[0]]

    def newton_direction(self, x: Sequence[Array], damping: float) -> list[Array]:
        # One for the Hessian.
        self.evaluations += 1
        (gradient,) = self.grad(x)
        return [newton_direction(self.surface, x[0], gradient, damping)]


def _factors(run: Run) -> Callable[[float, int], float]:
    """What a schedule that follows the loss multiplies ``lr`` by, from the loss before step t; 1 for any other."""
    schedule = run.resolved_schedule
    if not schedule.follows_loss:
        return lambda loss, t: 1.0
    begin, step = _following(schedule.parsed)
    state = begin(*run.schedule_inputs)

    def factor(loss: float, t: int) -> float:
        nonlocal state
        result, *state = step(np.float64(loss), np.float64(t), np.float64(run.steps), *run.schedule_inputs, *state)
        return float(result)

    return factor


class _OfLoss:
    """The oracle of a schedule, which is told the loss."""

    def loss(self, graph: Graph, point: Values) -> Value:
        return graph.input("loss")

    def gradient(self, graph: Graph, point: Values) -> Values:
        raise TypeError("A schedule asks for no gradient.")

    def hessian(self, graph: Graph, point: Values) -> Sequence[Values]:
        raise TypeError("A schedule asks for no Hessian.")


@lru_cache(maxsize=16)
def _following(rule: Rule) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The state of ``rule``, a schedule, before the first step, and its factor and state from those before a step."""
    graph = Graph()
    hypers = [f"{emit.Input.HYPER}{index}" for index in range(len(rule.hypers))]
    memory = [f"{emit.Input.NUMBER}{index}" for index in range(len(rule.state))]
    tuned: dict[str, Values] = {
        name: (graph.input(written),) for name, written in zip(rule.hypers, hypers, strict=True)
    }
    kept: dict[str, Values] = {name: (graph.input(written),) for name, written in zip(rule.state, memory, strict=True)}
    shared: dict[str, Values] = {name: (graph.input(name),) for name in ("t", "T")}
    begun = rule.start(graph, (), tuned)
    done = rule.step(graph, (), {**shared, **tuned, **kept}, _OfLoss()).names
    after = [done[name][0] for name in ("factor", *rule.state)]
    begin = emit.function(graph, hypers, [begun[name][0] for name in rule.state], emit.SCALAR)
    return begin, emit.function(graph, ["loss", "t", "T", *hypers, *memory], after, emit.SCALAR)


def _failed(outcome: Outcome, x: Array, step: int, loss: float) -> Status:
    """How a run ended whose step ``step`` led to ``x``, out of bounds."""
    if np.isnan(x).any():
        reason = "the rule gave no number"
    elif (np.abs(x) > MAX_POSITION).any():
        reason = f"a coordinate left ±{digits(MAX_POSITION)}"
    else:
        reason = f"the loss passed {digits(MAX_LOSS)} in size"
    return Status(
        outcome, step, f"{outcome.capitalize()} at step {digits(step)}: {reason}; the loss before was {digits(loss)}."
    )


def _ended(surface: Surface, x: Array, loss: float, steps: int) -> Status:
    """How a run ended that took all its steps."""
    norm = float(np.sqrt((surface.gradient(x) ** 2).sum()))
    if norm > REST_NORM:
        return moving_status(loss, norm, steps)
    values = curvatures(surface, x)
    low, high = float(values[0]), float(values[-1])
    level = _ROUNDING * max(abs(low), abs(high))
    outcome = (
        Outcome.MINIMUM
        if low > level
        else Outcome.MAXIMUM
        if high < -level
        else Outcome.SADDLE
        if low < -level and high > level
        else Outcome.FLAT
    )
    where = "on flat ground" if outcome is Outcome.FLAT else f"at a {outcome}"
    higher = outcome is Outcome.MINIMUM and loss > _HIGHER
    return Status(
        outcome,
        steps,
        f"Ended {where}: after {counted(steps)} the gradient norm is {digits(norm)}, and the curvatures lie between "
        f"{digits(low)} and {digits(high)}."
        + (f" It is not the lowest: the loss is {digits(loss)}, and 0 at the other." if higher else ""),
    )
