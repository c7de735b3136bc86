"""A computation as straight-line code: values that are each one operation on earlier ones.

Building it shares equal values, folds constants and drops operations that change nothing, always exactly: what is
computed is bit for bit what the tree says. Everything executable is written from such a graph (``emit``).
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple, cast

import numpy as np

Value = int
"""A value of a graph, by its place in it."""

Operation = Literal[
    "constant", "input",
    "add", "sub", "mul", "div", "mod", "pow", "neg",
    "sqrt", "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
    "abs", "sign", "floor", "min", "max", "where",
    "lt", "le", "gt", "ge", "eq", "ne",
]  # fmt: skip

# What NumPy calls each operation.
NUMPY: Mapping[Operation, str] = MappingProxyType(
    {
        "add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "mod": "remainder", "pow": "power",
        "neg": "negative", "sqrt": "sqrt", "exp": "exp", "log": "log", "sin": "sin", "cos": "cos", "tan": "tan",
        "asin": "arcsin", "acos": "arccos", "atan": "arctan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh",
        "abs": "abs", "sign": "sign", "floor": "floor", "min": "minimum", "max": "maximum", "where": "where",
        "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal", "ne": "not_equal",
    }
)  # fmt: skip

# Whole powers up to this size become products, which are several times faster than ``pow``.
MAX_PRODUCT_POWER = 16


class Node(NamedTuple):
    operation: Operation
    arguments: tuple[Value, ...] = ()
    name: str = ""
    number: float = 0.0


class Graph:
    """Values in the order they can be computed in."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        # A product that stands for base**n, so that its derivative can be written as n*base**(n-1).
        self.powers: dict[Value, tuple[Value, int]] = {}
        self._known: dict[tuple[object, ...], Value] = {}

    def _add(self, key: tuple[object, ...], node: Node) -> Value:
        value = self._known.get(key)
        if value is None:
            value = len(self.nodes)
            self.nodes.append(node)
            self._known[key] = value
        return value

    def input(self, name: str) -> Value:
        """The value that the caller of the finished function passes as ``name``."""
        return self._add(("input", name), Node("input", name=name))

    def constant(self, number: float) -> Value:
        """A float64 number. Zeros of either sign and NaN are kept apart."""
        number = float(number)
        return self._add(("constant", number.hex()), Node("constant", number=number))

    def number(self, value: Value | None) -> float | None:
        """The number ``value`` is, or ``None`` if it is not a constant."""
        if value is None or self.nodes[value].operation != "constant":
            return None
        return self.nodes[value].number

    def apply(self, operation: Operation, *arguments: Value) -> Value:
        """``operation`` on ``arguments``, or an earlier or simpler value that equals it exactly."""
        numbers = [self.number(argument) for argument in arguments]
        if operation == "where" and numbers[0] is not None:
            return arguments[1] if numbers[0] else arguments[2]
        if operation == "where" and arguments[1] == arguments[2]:
            return arguments[1]
        if arguments and None not in numbers:
            return self.constant(_compute(operation, cast("list[float]", numbers)))
        simpler = self._simplified(operation, arguments, numbers)
        if simpler is not None:
            return simpler
        if operation in ("add", "mul"):
            arguments = tuple(sorted(arguments))
        return self._add((operation, *arguments), Node(operation, arguments))

    def _simplified(
        self, operation: Operation, arguments: Sequence[Value], numbers: Sequence[float | None]
    ) -> Value | None:
        if len(arguments) == 1:
            (a,) = arguments
            return self._negated(a) if operation == "neg" else None
        if len(arguments) != 2:
            return None
        a, b = arguments
        first, second = numbers
        match operation:
            case "mul":
                if first == 1.0:
                    return b
                if second == 1.0:
                    return a
                if first == -1.0:
                    return self.apply("neg", b)
                if second == -1.0:
                    return self.apply("neg", a)
            case "div":
                if second == 1.0:
                    return a
            case "pow":
                if second is not None and abs(second) <= MAX_PRODUCT_POWER and second == round(second):
                    return self.power(a, round(second))
            case "add":
                if (minus := self._negated(b)) is not None:
                    return self.apply("sub", a, minus)
                if (minus := self._negated(a)) is not None:
                    return self.apply("sub", b, minus)
            case "sub":
                if (minus := self._negated(b)) is not None:
                    return self.apply("add", a, minus)
        return None

    def _negated(self, value: Value) -> Value | None:
        """What ``value`` is the negative of, if it was made as one."""
        node = self.nodes[value]
        return node.arguments[0] if node.operation == "neg" else None

    def power(self, base: Value, exponent: int) -> Value:
        """``base`` to a small whole power, as products."""
        if exponent < 0:
            return self.apply("div", self.constant(1.0), self.power(base, -exponent))
        if exponent == 0:
            return self.constant(1.0)
        if exponent == 1:
            return base
        if exponent % 2:
            product = self.apply("mul", self.power(base, exponent - 1), base)
        else:
            half = self.power(base, exponent // 2)
            product = self.apply("mul", half, half)
        self.powers.setdefault(product, (base, exponent))
        return product

    def inline(self, other: "Graph", outputs: Sequence[Value], inputs: Mapping[str, Value]) -> list[Value]:
        """``outputs`` of ``other`` as values of this graph, where its inputs are ``inputs``."""
        here: dict[Value, Value] = {}
        for value in other.ancestors(outputs):
            node = other.nodes[value]
            match node.operation:
                case "input":
                    here[value] = inputs[node.name]
                case "constant":
                    here[value] = self.constant(node.number)
                case _:
                    here[value] = self.apply(node.operation, *(here[argument] for argument in node.arguments))
        return [here[output] for output in outputs]

    def ancestors(self, values: Iterable[Value]) -> list[Value]:
        """``values`` and all that they are computed from, in computing order."""
        seen = set(values)
        stack = list(seen)
        while stack:
            for argument in self.nodes[stack.pop()].arguments:
                if argument not in seen:
                    seen.add(argument)
                    stack.append(argument)
        return sorted(seen)

    def total(self, values: Sequence[Value]) -> Value:
        """The sum of ``values`` from left to right; 0 of none."""
        if not values:
            return self.constant(0.0)
        result, *rest = values
        for value in rest:
            result = self.apply("add", result, value)
        return result

    def norm(self, vector: Sequence[Value]) -> Value:
        """The Euclidean norm of ``vector``."""
        return self.apply("sqrt", self.total([self.power(component, 2) for component in vector]))


@np.errstate(all="ignore")
def _compute(operation: Operation, numbers: Sequence[float]) -> float:
    values = [np.float64(number) for number in numbers]
    # The running code raises scalars with **, which rounds differently from the ufunc on some machines.
    return float(values[0] ** values[1] if operation == "pow" else getattr(np, NUMPY[operation])(*values))
