"""Numbers that a text gives as expressions without names, such as the bounds in ``beta: (0, 1)``."""

import re

from core.formula.check import check_expression
from core.formula.errors import FormulaError
from core.formula.graph import Graph
from core.formula.lower import lower
from core.formula.syntax import Budget, parse_expression
from core.formula.tree import Span

_PAIR = re.compile(r"[ \t]*\(([^,]*),([^,]*)\)[ \t]*")


def number_at(text: str, span: Span, budget: Budget) -> float:
    """The finite number that the expression at ``span`` is. Raises ``FormulaError`` if it is none."""
    tree = parse_expression(text, budget, *span)
    check_expression(tree, text, ())
    graph = Graph()
    number = graph.number(lower(tree, graph, {})[0])
    if number is None or not abs(number) < float("inf"):
        raise FormulaError("Bounds and default are finite numbers.", text, *span)
    return number


def bounds_at(text: str, span: Span, budget: Budget) -> tuple[float, float] | None:
    """The numbers low and high that stand as ``(low, high)`` at ``span``; ``None`` if nothing of that form does."""
    match = _PAIR.fullmatch(text, *span)
    if match is None:
        return None
    low, high = (number_at(text, Span(*match.span(group)), budget) for group in (1, 2))
    return low, high
