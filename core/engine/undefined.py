"""Where something that is not a number came from: the operation, with its numbers, and the setting that made it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from core.engine.replay import replayed
from core.engine.run import Run
from core.formula import Formula
from core.formula.graph import Graph
from core.formula.lower import Values, lower
from core.formula.objective import STEP
from core.formula.rule import Step
from core.formula.tree import Binary, Call, Expression, Name, Span, children, names_in, walk
from core.formula.vocabulary import ORACLES, TENSOR_FUNCTIONS
from core.formula.words import digits, listed

Array = npt.NDArray[np.float64]
Numbers = Callable[[Expression], Array]
"""The value of a part of an expression: one number, or one per coordinate."""


def position_reason(run: Run, x: Array, terms: Mapping[str, Array], step: int) -> str:
    """Which operation of the rule made a coordinate of ``x[step]`` not a number, in which coordinate, and why.

    ``x`` and ``terms`` are as in a ``Path``, up to and with that step.
    """
    rule, variables = run.resolved_optimizer.parsed, run.resolved_objective.parsed.variables
    coordinate = int(np.isnan(x[step]).argmax())
    name, end = "x", len(rule.lines)
    while True:
        graph, done = replayed(run, x, terms, step)
        row = next((row for row in reversed(range(end)) if rule.lines[row].name == name), None)
        if row is None and (step == 1 or name not in terms):
            return f"in {variables[coordinate]}, {name} had no value at the start"
        if row is None:
            # It was kept from an earlier step.
            column = terms[name] if terms[name].ndim == 1 else terms[name][:, coordinate]
            usable = np.flatnonzero(~np.isnan(column[: step - 1]))
            step, end = (int(usable[-1]) + 2 if usable.size else 1), len(rule.lines)
            continue
        numbers = _numbers(graph, done, row)
        part, coordinate = _origin(rule.lines[row].tree, numbers, coordinate)
        if not isinstance(part, Name) or part.name not in {*rule.assigned, *rule.state}:
            break
        name, end = part.name, row
    where = f"in {variables[coordinate]}" + f" at step {digits(step)}" * (step < len(x) - 1)
    if isinstance(part, Name):
        what = "gradient" if part.name == "g" else part.name
        return f"{where}, the {what} has no value"
    text = _source(rule.text, part.span)
    if isinstance(part, Call) and part.span in done.calls:
        return f"{where}, {text} has no value"
    lines = {line.name: line.tree for line in rule.lines[:row]}
    zeros = _zeros(part, numbers, coordinate, lines, run.settings)
    because = f", because {listed(zeros)} {'is' if len(zeros) == 1 else 'are'} 0" if zeros else ""
    return f"{where}, {text} is {_operation(part, numbers, coordinate)}{because}"


def value_reason(formula: Formula, point: Array) -> str:
    """Which operation left ``formula`` without a finite value at ``point``, as ``log(x) is log(-1.5)``.

    Of one that knows the step it is the first that does so.
    """
    graph = Graph()
    names = {name: (graph.constant(float(x)),) for name, x in zip(formula.variables, point, strict=True)}

    def finite(step: int) -> bool:
        (value,) = lower(formula.tree, graph, names | {STEP: (graph.constant(step),)})
        return abs(graph.number(value) or 0.0) < np.inf

    steps = range(1, formula.cycle + 1)
    # The mean may overflow where no part of it does.
    names[STEP] = (graph.constant(next((step for step in steps if not finite(step)), 1)),)

    def numbers(tree: Expression) -> Array:
        return np.array([graph.number(value) for value in lower(tree, graph, names)], dtype=np.float64)

    lost = np.isnan if np.isnan(numbers(formula.tree)).any() else _infinite
    part, _ = _origin(formula.tree, numbers, 0, lost)
    return f"{_source(formula.text, part.span)} is {_operation(part, numbers, 0)}"


def _infinite(values: Array) -> npt.NDArray[np.bool_]:
    return ~np.isfinite(values)


def _numbers(graph: Graph, done: Step, row: int) -> Numbers:
    """The values of the parts of line ``row``."""

    def known(call: Call, _: object) -> Values | None:
        return done.calls.get(call.span)

    def numbers(tree: Expression) -> Array:
        return np.array([graph.number(value) for value in lower(tree, graph, done.before[row], known)], np.float64)

    return numbers


def _at(values: npt.NDArray[Any], coordinate: int) -> Any:
    """What ``values`` has for ``coordinate``; one number is shared by all."""
    return values[coordinate if len(values) > 1 else 0]


def _origin(
    tree: Expression, numbers: Numbers, coordinate: int, lost: Callable[[Array], npt.NDArray[np.bool_]] = np.isnan
) -> tuple[Expression, int]:
    """The innermost part of ``tree`` that is lost while its own parts are not, and the coordinate it is lost in."""
    parts = children(tree)
    if isinstance(tree, Call) and tree.function == "where":
        parts = (parts[0], parts[1 if _at(numbers(parts[0]), coordinate) else 2])
    for part in parts:
        wrong = lost(numbers(part))
        if _at(wrong, coordinate):
            return _origin(part, numbers, coordinate, lost)
        if wrong.any() and isinstance(tree, Call) and tree.function in {*ORACLES, *TENSOR_FUNCTIONS}:
            # A norm, for one, is lost with any of its coordinates.
            return _origin(part, numbers, int(wrong.argmax()), lost)
    return tree, coordinate


def _source(text: str, span: Span) -> str:
    """What stands at ``span``, with the brackets that the first and the last part of it stand in."""
    written = text[span.start : span.end]
    depth = lowest = 0
    for character in written:
        depth += (character == "(") - (character == ")")
        lowest = min(lowest, depth)
    return "(" * -lowest + written + ")" * (depth - lowest)


def _operation(part: Expression, numbers: Numbers, coordinate: int) -> str:
    """``part``, an operation, with numbers for what it is done to."""
    values = [digits(_at(numbers(operand), coordinate)) for operand in children(part)]
    match part:
        case Binary():
            left, right = (f"({value})" if value.startswith("−") or "·" in value else value for value in values)
            return (
                f"{left}{part.operator}{right}"
                if part.operator in ("/", "*", "**")
                else f"{left} {part.operator} {right}"
            )
        case Call():
            return f"{part.function}({', '.join(values)})"
        case _:
            return "not a number"


def _zeros(
    part: Expression, numbers: Numbers, coordinate: int, lines: Mapping[str, Expression], hypers: Mapping[str, float]
) -> list[str]:
    """The hyperparameters whose being 0 makes a divisor in ``part`` 0: those in it or, if none, a line behind it."""
    divisors = [node.right for node in walk(part) if isinstance(node, Binary) and node.operator in ("/", "%")]
    names = [name for tree in divisors if _at(numbers(tree), coordinate) == 0 for name in names_in(tree)]
    behind = [name for known in names if known in lines for name in names_in(lines[known])]
    for among in (names, behind):
        if zeros := [name for name in dict.fromkeys(among) if hypers.get(name) == 0]:
            return zeros
    return []
