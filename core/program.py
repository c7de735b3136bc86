"""A rule on an objective, compiled to one Python loop: what ``trace`` and ``trace_many`` run."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from core.formula import Formula, Rule, emit, parse_rule
from core.formula.graph import Graph, Value
from core.formula.lower import Values, each
from core.formula.rule import Kind
from core.formula.rule_reader import FACTOR
from core.gradients import GivenGradient

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
    and the point after it. ``start(point, hypers)`` gives the state before the first step.
    """

    run: Callable[..., tuple[tuple[Any, ...], tuple[Any, ...]]]
    start: Callable[[tuple[Any, ...], tuple[Any, ...]], tuple[Any, ...]]
    columns: tuple[Column, ...]


@lru_cache(maxsize=256)
def program(
    objective: Formula, rule: Rule, noisy: bool, clipped: bool, recording: bool, schedule: Rule = _UNSCHEDULED
) -> Program:
    """The loop for ``rule`` on ``objective``.

    With ``recording`` it is for one run and records everything; without, it is for many runs at once. ``schedule`` are
    the lines of one that follows the loss; each step computes them first, and multiplies ``lr`` by their factor.
    """
    graph = Graph()
    size = len(objective.variables)
    point = _inputs(graph, "x", size)
    hypers = {name: (graph.input(f"h_{place}"),) for place, name in enumerate(rule.hypers[1:])}
    # The names of a schedule are its own; its inputs are told apart from the rule's by theirs.
    tuned = {name: (graph.input(f"h_{place}"),) for place, name in enumerate(schedule.hypers, start=len(hypers))}
    lr: Values = (graph.input("lr"),)
    shared: dict[str, Values] = {"T": (graph.input("T"),), "t": (graph.input("t"),)}
    start = rule.start(graph, point, {**hypers, "lr": lr})
    kept = schedule.start(graph, (), tuned)
    # The writer of arrays may overwrite what is called s_.
    tensors = [name for name in rule.state if rule.kinds[name] is Kind.TENSOR]
    state = {
        name: _inputs(graph, f"{'s' if name in tensors else 'p'}_{place}", len(start[name]))
        for place, name in enumerate(rule.state)
    }
    memory = {name: _inputs(graph, f"q_{place}", 1) for place, name in enumerate(kept)}
    noise = _inputs(graph, "n", size) if noisy else None
    oracle = GivenGradient(objective, noise, graph.input("clip_norm") if clipped else None)
    planned = schedule.step(graph, point, {**shared, **tuned, **memory}, oracle)
    given = {**shared, **hypers, **state, "lr": each(graph, "mul", lr, planned.names["factor"])}
    step = rule.step(graph, point, given, oracle)

    if recording:
        recorded = {name: step.names[name] for name in ("x", "g", "lr", *rule.assigned) if name in step.names}
        recorded[""] = (step.evaluations,)
    else:
        recorded = {"loss": (oracle.loss(graph, point),), "x": step.names["x"]}
    observed = [value for values in recorded.values() for value in values]
    updated = [value for name in ("x", *rule.state) for value in step.names[name]]
    updated += [value for name in schedule.state for value in planned.names[name]]
    run = _loop(graph, observed, updated, point, [*_flat(state), *_flat(memory)], recording, noise)
    own = [name in tensors and not recording for name in rule.state for _ in start[name]] + [False] * len(kept)
    inputs = _names(graph, [*point, *_flat(hypers), *_flat(tuned), graph.input("lr")])
    starter = emit.function(graph, inputs, [*_flat(start), *_flat(kept)], emit.SCALAR if recording else emit.ARRAY)

    def fresh(at: tuple[Any, ...], settings: tuple[Any, ...]) -> tuple[Any, ...]:
        values = zip(starter(*at, *settings), own, strict=True)
        return tuple(np.full(np.shape(at[0]), value) if copied else value for value, copied in values)

    columns = tuple(Column(name, len(values)) for name, values in recorded.items())
    return Program(run, fresh, columns)


def _loop(
    graph: Graph,
    observed: list[Value],
    updated: list[Value],
    point: Values,
    state: list[Value],
    recording: bool,
    noise: Values | None,
) -> Callable[..., tuple[tuple[Any, ...], tuple[Any, ...]]]:
    dialect = emit.SCALAR if recording else emit.ARRAY
    hyper_names = [node.name for node in graph.nodes if node.operation == "input" and node.name.startswith("h_")]
    constant = {"T", "clip_norm", *hyper_names}
    needed = emit.Writer(graph, [*observed, *updated], dialect).needed
    hoisted = emit.depending_only_on(graph, needed, constant)
    writer = emit.writer_for(graph, [*observed, *updated], dialect, hoisted)
    before = writer.statements([value for value in needed if value in hoisted])
    body = writer.statements([value for value in needed if value not in hoisted])

    points, states = _names(graph, point), _names(graph, state)
    per_step = ["t", "lr", *(_names(graph, noise) if noise else [])]
    # The next step writes into what is called s_, so nobody else may hold it: neither the observer, who keeps what it
    # saw, nor the point, nor another state.
    held = {*observed, *point}
    after = ""
    for name, value in zip(points + states, updated, strict=True):
        whole = name.startswith(("x_", "s_")) and not recording
        copied = whole and (not writer.is_array(value) or (name.startswith("s_") and value in held))
        after += f"spread({writer.text(value)}, {points[0]}), " if copied else f"{writer.text(value)}, "
        held.add(value)
    lines = [
        *(
            f"{_tuple(names)} = {argument}"
            for names, argument in ((points, "point"), (states, "state"), (hyper_names, "hypers"))
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
    return run


def _spread(number: Any, like: Any) -> Any:
    """``number``, or one for each column, as an array of its own, which the next step may write into."""
    return np.full(np.shape(like), number)


def _inputs(graph: Graph, stem: str, size: int) -> Values:
    return tuple(graph.input(f"{stem}_{place}") for place in range(size))


def _names(graph: Graph, values: Iterable[Value]) -> list[str]:
    return [graph.nodes[value].name for value in values]


def _flat(values: Mapping[str, Values]) -> list[Value]:
    return [value for part in values.values() for value in part]


def _tuple(names: list[str]) -> str:
    return f"({''.join(f'{name}, ' for name in names)})"
