"""A checked tree to values of a graph."""

from collections.abc import Callable, Mapping, Sequence

from core.formula.graph import NUMPY, Graph, Operation, Value
from core.formula.tree import Binary, Call, Compare, Expression, Name, Negative, Number
from core.formula.vocabulary import CONSTANTS

ARITHMETIC: Mapping[str, Operation] = {"+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod", "**": "pow"}
COMPARISONS: Mapping[str, Operation] = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}

_ELEMENTWISE: Mapping[str, Operation] = {**{operation: operation for operation in NUMPY}, "ln": "log"}

Values = tuple[Value, ...]
"""One value, shared by all coordinates, or one for each of them."""

Visit = Callable[[Expression], Values]


def lower(
    tree: Expression,
    graph: Graph,
    names: Mapping[str, Values],
    special: Callable[[Call, "Visit"], Values | None] | None = None,
) -> Values:
    """The values that ``tree`` stands for when its names stand for ``names``.

    ``special`` is asked first about each call; it may lower the arguments with the function it is given, and returns
    ``None`` for a call that is elementwise.
    """

    def visit(node: Expression) -> Values:
        match node:
            case Number():
                return (graph.constant(node.value),)
            case Name():
                return names[node.name] if node.name in names else (graph.constant(CONSTANTS[node.name]),)
            case Negative():
                return each(graph, "neg", visit(node.operand))
            case Binary():
                return each(graph, ARITHMETIC[node.operator], visit(node.left), visit(node.right))
            case Compare():
                return each(graph, COMPARISONS[node.operator], visit(node.left), visit(node.right))
            case Call():
                values = None if special is None else special(node, visit)
                return (
                    _elementwise(node.function, [visit(part) for part in node.arguments]) if values is None else values
                )

    def _elementwise(function: str, arguments: list[Values]) -> Values:
        if function == "clip":
            value, low, high = arguments
            return extreme("min", extreme("max", value, low), high)
        if function in ("min", "max"):
            return extreme(_ELEMENTWISE[function], *arguments)
        return each(graph, _ELEMENTWISE[function], *arguments)

    def extreme(operation: Operation, *arguments: Values) -> Values:
        """The smaller or larger argument. Of two zeros libraries return either; here the sign of zero is always +."""
        values = each(graph, operation, *arguments)
        if any(graph.number(part) for argument in arguments for part in argument):
            return values
        return each(graph, "add", values, (graph.constant(0.0),))

    return visit(tree)


def each(graph: Graph, operation: Operation, *arguments: Values) -> Values:
    """``operation`` coordinate by coordinate; what is shared by all of them is repeated."""
    size = max(len(argument) for argument in arguments)
    spread = [broadcast(argument, size) for argument in arguments]
    return tuple(graph.apply(operation, *coordinate) for coordinate in zip(*spread, strict=True))


def broadcast(values: Sequence[Value], size: int) -> Values:
    """``values`` for ``size`` coordinates."""
    return tuple(values) if len(values) == size else tuple(values) * size
