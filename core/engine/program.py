"""A rule on an objective, compiled to one Python loop: what ``trace`` and ``trace_many`` run."""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from core.engine.gradients import GivenGradient
from core.formula import Formula, Rule, emit, parse_rule
from core.formula.emit import Input
from core.formula.graph import Graph, Value
from core.formula.lower import Values, each
from core.formula.rule import Kind, Step
from core.formula.rule_reader import FACTOR

# Nothing is multiplied by 1, so a loop with it is the loop without a schedule.
_UNSCHEDULED = parse_rule("factor = 1", goal=FACTOR)


@dataclass(frozen=True)
class Column:
    """A recorded name and how many numbers it has at each step."""

    name: str
    size: int


@dataclass(frozen=True)
class Program:
    """A compiled loop over steps.

    ``run(point, state, hypers, T, clip_norm, steps, observe)`` takes ``point`` and ``state`` as tuples of coordinates,
    ``hypers`` without ``lr`` (the rule's, then the schedule's), and ``steps`` as an iterable of ``(t, lr, *noise)``,
    where ``lr`` is still to be multiplied by the factor of a schedule inside the loop. After each step it calls
    ``observe`` with a tuple and stops if that returns something true; it returns the new ``(point, state)``. For
    recording, the tuple holds the numbers of ``columns`` one after the other; otherwise it is the loss before the step
    and the point after it. ``start(point, hypers)`` gives the state before the first step. ``size`` is how many values
    a step computes, each for all runs at once.
    """

    run: Callable[..., tuple[tuple[Any, ...], tuple[Any, ...]]]
    start: Callable[[tuple[Any, ...], tuple[Any, ...]], tuple[Any, ...]]
    columns: tuple[Column, ...]
    size: int


@dataclass(frozen=True)
class Draft:
    """One step as values of ``graph``, from which a loop is written in any dialect.

    ``point`` are inputs, and so are those that ``states`` and ``settings`` name: what is kept from step to step, and
    the hyperparameters without ``lr``; the rule's come before the schedule's. ``beginning`` is the state before the
    first step, ``updated`` the point, held in the objective's box, and the state after ``step``, whose learning rate
    ``planned`` multiplied.
    """

    graph: Graph
    point: Values
    states: list[str]
    settings: list[str]
    beginning: list[Value]
    updated: list[Value]
    planned: Step
    step: Step

    @property
    def points(self) -> list[str]:
        """What the coordinates of ``point`` are called."""
        return names_of(self.graph, self.point)


def drafted(graph: Graph, rule: Rule, schedule: Rule, oracle: GivenGradient) -> Draft:
    """One step of ``rule`` under ``schedule``, written into ``graph``, whose other inputs are ``lr``, ``t`` and ``T``.

    ``oracle`` answers the rule and the schedule. The lines of the schedule come first; they multiply ``lr``.
    """
    point = coordinates(graph, Input.POINT, oracle.formula)
    hypers = _numbers(graph, Input.HYPER, rule.hypers[1:])
    # The names of a schedule are its own, so what belongs to it is counted on from the rule's.
    tuned = _numbers(graph, Input.HYPER, schedule.hypers, len(hypers))
    lr: Values = (graph.input("lr"),)
    shared: dict[str, Values] = {"T": (graph.input("T"),), "t": (graph.input("t"),)}
    start = rule.start(graph, point, {**hypers, "lr": lr})
    kept = schedule.start(graph, (), tuned)
    state: dict[str, Values] = {}
    for index, name in enumerate(rule.state):
        prefix = Input.STATE if rule.kinds[name] is Kind.TENSOR else Input.NUMBER
        state[name] = tuple(graph.input(f"{prefix}{index}_{coordinate}") for coordinate in range(len(start[name])))
    memory = _numbers(graph, Input.NUMBER, kept, len(state))
    planned = schedule.step(graph, point, {**shared, **tuned, **memory}, oracle)
    given = {**shared, **hypers, **state, "lr": each(graph, "mul", lr, planned.names["factor"])}
    step = rule.step(graph, point, given, oracle)
    step.names["x"] = oracle.formula.held(graph, step.names["x"])
    updated = [value for name in ("x", *rule.state) for value in step.names[name]]
    updated += [value for name in schedule.state for value in planned.names[name]]
    return Draft(
        graph,
        point,
        names_of(graph, [*_flat(state), *_flat(memory)]),
        names_of(graph, [*_flat(hypers), *_flat(tuned)]),
        [*_flat(start), *_flat(kept)],
        updated,
        planned,
        step,
    )


def hoisted(
    graph: Graph, wanted: list[Value], dialect: emit.Dialect, *fixed: Container[str]
) -> tuple[emit.Writer, list[list[Value]]]:
    """A writer for ``wanted``, and what is needed for it in parts.

    The first part needs only the inputs in the first of ``fixed``, the next what else needs only those in the second,
    and so on; what is left is the last.
    """
    needed = graph.ancestors(wanted)
    parts: dict[Value, int] = {}
    for place, inputs in enumerate(fixed):
        for value in emit.depending_only_on(graph, needed, inputs):
            parts.setdefault(value, place)
    writer = emit.writer_for(graph, wanted, dialect, parts)
    places = range(len(fixed) + 1)
    return writer, [[value for value in needed if parts.get(value, len(fixed)) == place] for place in places]


@lru_cache(maxsize=256)
def program(
    objective: Formula, rule: Rule, noisy: bool, clipped: bool, recording: bool, schedule: Rule = _UNSCHEDULED
) -> Program:
    """The loop for ``rule`` on ``objective``.

    With ``recording`` it is for one run and records everything; without, it is for many runs at once. ``schedule`` are
    the lines of one that follows the loss; each step computes them first, and multiplies ``lr`` by their factor.
    """
    graph = Graph()
    noise = coordinates(graph, Input.NOISE, objective) if noisy else None
    oracle = GivenGradient(objective, noise, graph.input("clip_norm") if clipped else None, graph.input("t"))
    draft = drafted(graph, rule, schedule, oracle)
    step = draft.step
    if recording:
        recorded = {name: step.names[name] for name in ("x", "g", "lr", *rule.assigned) if name in step.names}
        recorded[""] = (step.evaluations,)
    else:
        recorded = {"loss": (objective.value_at(graph, draft.point),), "x": step.names["x"]}
    observed = [value for values in recorded.values() for value in values]
    run, size = _loop(draft, observed, ["t", "lr", *names_of(graph, noise or ())], recording)
    own = [name.startswith(Input.STATE) and not recording for name in draft.states]
    given = [*draft.points, *draft.settings, "lr"]
    starter = emit.function(graph, given, draft.beginning, emit.SCALAR if recording else emit.ARRAY)

    def fresh(at: tuple[Any, ...], given: tuple[Any, ...]) -> tuple[Any, ...]:
        values = zip(starter(*at, *given), own, strict=True)
        return tuple(_spread(value, at[0]) if copied else value for value, copied in values)

    columns = tuple(Column(name, len(values)) for name, values in recorded.items())
    return Program(run, fresh, columns, size)


def _loop(
    draft: Draft, observed: list[Value], per_step: list[str], recording: bool
) -> tuple[Callable[..., tuple[tuple[Any, ...], tuple[Any, ...]]], int]:
    """The loop, and how many values it computes at each step."""
    graph, points, states, settings = draft.graph, draft.points, draft.states, draft.settings
    dialect = emit.SCALAR if recording else emit.ARRAY
    writer, (constant, rest) = hoisted(graph, [*observed, *draft.updated], dialect, {"T", "clip_norm", *settings})
    before, body = writer.statements(constant), writer.statements(rest)

    # The next step writes into the states, so nobody else may hold one: neither the observer, who keeps what it saw,
    # nor the point, nor another state.
    held = {*observed, *(graph.input(name) for name in points)}
    after = ""
    for name, value in zip(points + states, draft.updated, strict=True):
        whole = name.startswith(emit.ARRAYS) and not recording
        copied = whole and (not writer.is_array(value) or (name.startswith(Input.STATE) and value in held))
        after += f"spread({writer.text(value)}, {points[0]}), " if copied else f"{writer.text(value)}, "
        held.add(value)
    lines = [
        *(
            f"{_tuple(names)} = {argument}"
            for names, argument in ((points, "point"), (states, "state"), (settings, "hypers"))
            if names
        ),
        *before,
        f"for {_tuple(per_step)} in steps:",
        *(f"    {line}" for line in body),
        f"    stop = observe(({''.join(f'{writer.text(value)}, ' for value in observed)}))",
        f"    {_tuple(points + states)} = ({after})",
        "    if stop: break",
        f"return {_tuple(points)}, {_tuple(states)}",
    ]
    parameters = ["point", "state", "hypers", "T", "clip_norm", "steps", "observe"]
    run: Callable[..., tuple[tuple[Any, ...], tuple[Any, ...]]] = emit.compiled(
        "run", parameters, lines, {**writer.environment, "spread": _spread}
    )
    return run, len(rest)


def _spread(number: Any, like: Any) -> Any:
    """``number``, or one for each column, as an array of its own, which the next step may write into."""
    return np.full(np.shape(like), number)


def _numbers(graph: Graph, prefix: Input, names: Iterable[str], first: int = 0) -> dict[str, Values]:
    """An input for each of ``names``, counted from ``first``."""
    return {name: (graph.input(f"{prefix}{index}"),) for index, name in enumerate(names, first)}


def coordinates(graph: Graph, prefix: Input, objective: Formula) -> Values:
    """An input for each variable of ``objective``."""
    return tuple(graph.input(f"{prefix}{coordinate}") for coordinate in range(len(objective.variables)))


def names_of(graph: Graph, values: Iterable[Value]) -> list[str]:
    """What the inputs ``values`` are called."""
    return [graph.nodes[value].name for value in values]


def _flat(values: Mapping[str, Values]) -> list[Value]:
    return [value for part in values.values() for value in part]


def _tuple(names: list[str]) -> str:
    return f"({''.join(f'{name}, ' for name in names)})"
