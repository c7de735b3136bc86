"""A graph to Python source, and that source to a function.

The source is made here from nothing but a graph: every name in it is invented here, numbers are bound as float64
objects, and nothing a visitor typed is part of it. There are three dialects: NumPy scalars (an operation on them takes
a twentieth of one on a small array), NumPy arrays, and torch tensors.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from core.formula.graph import Graph, Operation, Value

# Deeper nesting would not fit Python's parser; shallower costs an assignment more.
_MAX_DEPTH = 12


@dataclass(frozen=True)
class Dialect:
    """How each operation is written, ``{0}``, ``{1}``… being its arguments, and what those texts refer to."""

    templates: Mapping[Operation, str]
    environment: Mapping[str, Any]
    number: Callable[[float], Any]
    # Arrays are given back as soon as they are not needed: a cache-sized block then stays in the cache.
    frees: bool = False


_COMMON: dict[Operation, str] = {
    "add": "({0} + {1})",
    "sub": "({0} - {1})",
    "mul": "({0}*{1})",
    "div": "({0}/{1})",
    "mod": "({0} % {1})",
    "pow": "({0}**{1})",
    "neg": "(-{0})",
    "lt": "({0} < {1})",
    "le": "({0} <= {1})",
    "gt": "({0} > {1})",
    "ge": "({0} >= {1})",
    "eq": "({0} == {1})",
    "ne": "({0} != {1})",
}
_NUMPY_NAMES: dict[Operation, str] = {
    "sqrt": "sqrt", "exp": "exp", "log": "log", "sin": "sin", "cos": "cos", "tan": "tan", "asin": "arcsin",
    "acos": "arccos", "atan": "arctan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "abs": "abs", "sign": "sign",
    "floor": "floor", "min": "minimum", "max": "maximum", "where": "where",
}  # fmt: skip


def _calls(names: Mapping[Operation, str]) -> dict[Operation, str]:
    arity = {"min": 2, "max": 2, "where": 3}
    return {
        operation: f"{name}({', '.join(f'{{{place}}}' for place in range(arity.get(operation, 1)))})"
        for operation, name in names.items()
    }


ARRAY = Dialect(
    MappingProxyType({**_COMMON, **_calls(_NUMPY_NAMES)}),
    MappingProxyType({name: getattr(np, name) for name in _NUMPY_NAMES.values()}),
    np.float64,
    frees=True,
)
SCALAR = Dialect(
    MappingProxyType(
        {
            **ARRAY.templates,
            # The same results as minimum, maximum and where, including NaN, without a detour through arrays.
            "min": "({0} if {0} <= {1} or {0} != {0} else {1})",
            "max": "({0} if {0} >= {1} or {0} != {0} else {1})",
            "where": "({1} if {0} else {2})",
            "abs": "abs({0})",
        }
    ),
    MappingProxyType({**ARRAY.environment, "abs": abs}),
    np.float64,
)
# Arguments that a template repeats must be names.
_REPEATS = ("min", "max")


class Writer:
    """Writes the values of ``graph`` that ``outputs`` need, in ``dialect``.

    Inputs appear under their own names, which the caller has chosen. A value used once is written where it is used.
    """

    def __init__(self, graph: Graph, outputs: Iterable[Value], dialect: Dialect) -> None:
        self.graph = graph
        self.dialect = dialect
        self.environment: dict[str, Any] = dict(dialect.environment)
        self.outputs = list(outputs)
        self.needed = self._needed()
        self._uses: dict[Value, int] = {}
        self._named: set[Value] = set(self.outputs)
        for value in self.needed:
            node = graph.nodes[value]
            for argument in node.arguments:
                self._uses[argument] = self._uses.get(argument, 0) + 1
                if node.operation in _REPEATS:
                    self._named.add(argument)
        self._texts: dict[Value, str] = {}
        self._depths: dict[Value, int] = {}
        # The assigned values that the text of a value mentions.
        self._mentions: dict[Value, frozenset[Value]] = {}

    def _needed(self) -> list[Value]:
        seen = set(self.outputs)
        stack = list(seen)
        while stack:
            for argument in self.graph.nodes[stack.pop()].arguments:
                if argument not in seen:
                    seen.add(argument)
                    stack.append(argument)
        return sorted(seen)

    def statements(self, values: Sequence[Value] | None = None) -> list[str]:
        """Assignments for ``values`` (all needed ones if not given), which must come in computing order."""
        assigned: list[Value] = []
        lines: list[str] = []
        mentioned: list[frozenset[Value]] = []
        for value in self.needed if values is None else values:
            node = self.graph.nodes[value]
            if node.operation == "input":
                self._texts[value] = node.name
            elif node.operation == "constant":
                self._texts[value] = self._constant(node.number)
            elif self._write(value):
                assigned.append(value)
                mentioned.append(self._mentions[value])
                lines.append(f"v{value} = {self._texts[value]}")
                self._texts[value], self._depths[value] = f"v{value}", 0
                self._mentions[value] = frozenset([value])
        return self._freeing(lines, assigned, mentioned) if self.dialect.frees else lines

    def _write(self, value: Value) -> bool:
        """Prepares the text of ``value``; returns whether it deserves a name."""
        node = self.graph.nodes[value]
        text = self.dialect.templates[node.operation].format(*(self._texts[argument] for argument in node.arguments))
        self._texts[value] = text
        self._depths[value] = 1 + max((self._depths.get(argument, 0) for argument in node.arguments), default=0)
        nothing: frozenset[Value] = frozenset()
        self._mentions[value] = nothing.union(*(self._mentions.get(argument, nothing) for argument in node.arguments))
        return self._uses.get(value, 0) != 1 or value in self._named or self._depths[value] >= _MAX_DEPTH

    def _freeing(self, lines: list[str], assigned: list[Value], mentioned: list[frozenset[Value]]) -> list[str]:
        last = {value: place for place, values in enumerate(mentioned) for value in values}
        kept = set(self.outputs)
        result: list[str] = []
        for place, line in enumerate(lines):
            result.append(line)
            done = [f"v{value}" for value in assigned if last.get(value) == place and value not in kept]
            if done:
                result.append(f"del {', '.join(done)}")
        return result

    def _constant(self, number: float) -> str:
        name = f"k{len(self.environment)}"
        self.environment[name] = self.dialect.number(number)
        return name

    def text(self, value: Value) -> str:
        """What stands for ``value`` after its statement."""
        return self._texts[value]


def compiled(name: str, parameters: Sequence[str], body: Sequence[str], environment: Mapping[str, Any]) -> Any:
    """The function ``name(*parameters)`` whose statements are ``body``, seeing only ``environment``."""
    source = "\n".join([f"def {name}({', '.join(parameters)}):", *(f"    {line}" for line in body)])
    scope = {"__builtins__": {}, **environment}
    exec(compile(source, f"<{name}>", "exec"), scope)
    return scope[name]


def function(graph: Graph, inputs: Sequence[str], outputs: Sequence[Value], dialect: Dialect) -> Any:
    """``f(*inputs) -> tuple of outputs`` in ``dialect``; a constant output is a scalar."""
    writer = Writer(graph, outputs, dialect)
    body = writer.statements()
    results = "".join(f"{writer.text(output)}, " for output in outputs)
    return compiled("computed", inputs, [*body, f"return ({results})"], writer.environment)
