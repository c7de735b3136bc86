"""A graph to Python source, and that source to a function; or to JavaScript.

The source is made here from nothing but a graph: every name in it is invented here, numbers are bound as float64
objects, and nothing a visitor typed is part of it. There are four dialects: NumPy scalars (an operation on them takes
a twentieth of one on a small array), NumPy arrays, torch tensors, and JavaScript.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np

from core.formula.graph import NUMPY, Graph, Operation, Value
from core.formula.lower import ARITHMETIC, COMPARISONS
from core.formula.vocabulary import FUNCTIONS

# Deeper nesting would not fit Python's parser; shallower costs an assignment more.
_MAX_DEPTH = 12


class Input(StrEnum):
    """What the name of an input begins with, by what it is."""

    POINT = "x_"
    STATE = "s_"
    # State that is one number for all coordinates.
    NUMBER = "p_"
    HYPER = "h_"
    NOISE = "n_"


# The inputs that are arrays, all of one shape, to an ``ArrayWriter``. It overwrites the states.
ARRAYS = (Input.POINT, Input.STATE)


@dataclass(frozen=True)
class Dialect:
    """How each operation is written, ``{0}``, ``{1}``… being its arguments, and what those texts refer to.

    ``number`` makes what a constant is bound to by a name or, if that is a text, the constant as it is written.
    ``assigns`` begins an assignment.
    """

    templates: Mapping[Operation, str]
    environment: Mapping[str, Any]
    number: Callable[[float], Any]
    assigns: str = ""


_SIGNS: dict[Operation, str] = {
    **{operation: f"({{0}} {sign} {{1}})" for sign, operation in {**ARITHMETIC, **COMPARISONS}.items()},
    "neg": "(-{0})",
}
ARRAY = Dialect(
    MappingProxyType(
        {operation: _SIGNS.get(operation) or FUNCTIONS[operation].numpy.replace("np.", "") for operation in NUMPY}
    ),
    MappingProxyType({name: getattr(np, name) for name in NUMPY.values()}),
    np.float64,
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


def _literal(number: float) -> str:
    """``number`` in JavaScript, where the shortest digits that name a float64 name the same one."""
    return repr(number).replace("inf", "Infinity").replace("nan", "NaN")


SCRIPT = Dialect(
    MappingProxyType(
        {
            **{operation: f"Math.{operation}({{0}})" for operation in NUMPY},
            **_SIGNS,
            "eq": "({0} === {1})",
            "ne": "({0} !== {1})",
            "mod": "mod({0}, {1})",
            "pow": "pow({0}, {1})",
            # As in SCALAR; Math.min and Math.max put zeros in order, and Math.sign keeps the sign of one.
            "min": "({0} <= {1} || {0} !== {0} ? {0} : {1})",
            "max": "({0} >= {1} || {0} !== {0} ? {0} : {1})",
            "sign": "({0} > 0 ? 1 : {0} < 0 ? -1 : {0} === 0 ? 0 : {0})",
            "where": "({0} ? {1} : {2})",
        }
    ),
    MappingProxyType(
        {
            # The remainder has the sign of the divisor, even where it is zero.
            "mod": "(a, b, r = a % b) => (r === 0 ? (b > 0 ? 0 : -0) : (b < 0) !== (r < 0) ? r + b : r)",
            # In C these powers are 1, in JavaScript NaN.
            "pow": "(a, b) => (a === 1 || (a === -1 && (b === Infinity || b === -Infinity)) ? 1 : Math.pow(a, b))",
        }
    ),
    _literal,
    "const ",
)
# Arguments that a template repeats must be names.
_REPEATS = ("min", "max", "sign")
# True and false cannot be overwritten with numbers.
_CONDITIONS = tuple(COMPARISONS.values())
# Operations that can write into an array given as their last argument. The ufunc of pow rounds differently from **.
_IN_PLACE = {operation for operation in NUMPY if operation not in ("pow", "where", *_CONDITIONS)}


class Writer:
    """Writes the values of ``graph`` that ``outputs`` need, in ``dialect``.

    Inputs appear under their own names, which the caller has chosen. A value used once is written where it is used,
    except that it is not written into another part of the program: ``parts`` counts those that come before the last,
    to which all other values belong.
    """

    def __init__(
        self,
        graph: Graph,
        outputs: Iterable[Value],
        dialect: Dialect,
        parts: Mapping[Value, int] = MappingProxyType({}),
    ) -> None:
        self.graph = graph
        self.dialect = dialect
        self.environment: dict[str, Any] = dict(dialect.environment)
        self.outputs = list(outputs)
        self.parts = parts
        self.needed = graph.ancestors(self.outputs)
        self._texts: dict[Value, str] = {}
        self._depths: dict[Value, int] = {}
        uses: dict[Value, int] = {}
        named: set[Value] = set(self.outputs)
        for value in self.needed:
            node = graph.nodes[value]
            for argument in node.arguments:
                uses[argument] = uses.get(argument, 0) + 1
                if node.operation in _REPEATS or parts.get(argument) != parts.get(value):
                    named.add(argument)
        self._once = {value for value, count in uses.items() if count == 1} - named

    def statements(self, values: Sequence[Value] | None = None) -> list[str]:
        """Assignments for ``values`` (all needed ones if not given), which must come in computing order."""
        lines: list[str] = []
        for value in self.needed if values is None else values:
            node = self.graph.nodes[value]
            if node.operation == "input":
                self._texts[value] = node.name
            elif node.operation == "constant":
                self._texts[value] = self._constant(node.number)
            else:
                lines += self._operation(value)
        return lines

    def _operation(self, value: Value) -> list[str]:
        """Gives ``value`` a text; returns the statements that this takes."""
        depth = 1 + max(self._depths.get(argument, 0) for argument in self.graph.nodes[value].arguments)
        if value in self._once and depth < _MAX_DEPTH:
            self._texts[value], self._depths[value] = self._expression(value), depth
            return []
        line = f"{self.dialect.assigns}v{value} = {self._expression(value)}"
        self._texts[value] = f"v{value}"
        return [line]

    def _expression(self, value: Value) -> str:
        node = self.graph.nodes[value]
        return self.dialect.templates[node.operation].format(*(self._texts[argument] for argument in node.arguments))

    def _constant(self, number: float) -> str:
        bound = self.dialect.number(number)
        if isinstance(bound, str):
            return bound
        name = f"k{len(self.environment)}"
        self.environment[name] = bound
        return name

    def is_array(self, value: Value) -> bool:
        """Whether ``value`` is surely an array of the points' shape."""
        return False

    def text(self, value: Value) -> str:
        """What stands for ``value`` after its statement."""
        return self._texts[value]


class ArrayWriter(Writer):
    """A writer for ``ARRAY`` that overwrites what is no longer needed.

    Working memory then stays small, which the processor's cache rewards.
    """

    def __init__(
        self, graph: Graph, outputs: Iterable[Value], parts: Mapping[Value, int] = MappingProxyType({})
    ) -> None:
        super().__init__(graph, outputs, ARRAY, parts)
        self._last = {argument: value for value in self.needed for argument in graph.nodes[value].arguments}
        self._kept = set(self.outputs)
        self._arrays: set[Value] = set()
        for value in self.needed:
            node = graph.nodes[value]
            if node.name.startswith(ARRAYS) or any(argument in self._arrays for argument in node.arguments):
                self._arrays.add(value)

    def is_array(self, value: Value) -> bool:
        return value in self._arrays

    def _operation(self, value: Value) -> list[str]:
        node = self.graph.nodes[value]
        done = list(dict.fromkeys(argument for argument in node.arguments if self._is_over(argument, value)))
        reused = None
        if node.operation in _IN_PLACE:
            reused = next((argument for argument in done if argument in self._arrays), None)
        if reused is None:
            lines = [f"v{value} = {self._expression(value)}"]
            self._texts[value] = f"v{value}"
        else:
            texts = [self._texts[argument] for argument in (*node.arguments, reused)]
            lines = [f"{NUMPY[node.operation]}({', '.join(texts[:-1])}, out={texts[-1]})"]
            self._texts[value] = self._texts[reused]
            done.remove(reused)
        if done:
            lines.append(f"del {', '.join(self._texts[argument] for argument in done)}")
        return lines

    def _is_over(self, argument: Value, user: Value) -> bool:
        """Whether ``argument`` is a number of our own making that nothing needs after ``user``."""
        node = self.graph.nodes[argument]
        own = node.name.startswith(Input.STATE) or node.operation not in ("input", "constant", *_CONDITIONS)
        return own and self._last[argument] == user and argument not in self._kept and argument not in self.parts


def writer_for(
    graph: Graph, outputs: Iterable[Value], dialect: Dialect, parts: Mapping[Value, int] = MappingProxyType({})
) -> Writer:
    """The writer that suits ``dialect``."""
    return ArrayWriter(graph, outputs, parts) if dialect is ARRAY else Writer(graph, outputs, dialect, parts)


def depending_only_on(graph: Graph, values: Iterable[Value], inputs: Container[str]) -> set[Value]:
    """Those of ``values``, in computing order, that need no other inputs than ``inputs``."""
    known: set[Value] = set()
    for value in values:
        node = graph.nodes[value]
        if node.name in inputs if node.operation == "input" else all(part in known for part in node.arguments):
            known.add(value)
    return known


def compiled(name: str, parameters: Sequence[str], body: Sequence[str], environment: Mapping[str, Any]) -> Any:
    """The function ``name(*parameters)`` whose statements are ``body``, seeing only ``environment``."""
    source = "\n".join([f"def {name}({', '.join(parameters)}):", *(f"    {line}" for line in body)])
    scope = {"__builtins__": {}, **environment}
    exec(compile(source, f"<{name}>", "exec"), scope)
    return scope[name]


def function(graph: Graph, inputs: Sequence[str], outputs: Sequence[Value], dialect: Dialect) -> Any:
    """``f(*inputs) -> tuple of outputs`` in ``dialect``; a constant output is a scalar."""
    writer = writer_for(graph, outputs, dialect)
    body = writer.statements()
    results = "".join(f"{writer.text(output)}, " for output in outputs)
    return compiled("computed", inputs, [*body, f"return ({results})"], writer.environment)
