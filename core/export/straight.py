"""Exact derivatives as readable NumPy or torch: straight-line code from a graph, steps named after what they are."""

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from core.formula import Formula, derivatives
from core.formula.graph import Graph, Operation, Value
from core.formula.source import Library
from core.formula.update_source import function_source
from core.formula.vocabulary import FUNCTIONS

# Python's own order of binding, from loosest to tightest.
_CHOICE, _COMPARE, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(7)
_BINARY: Mapping[Operation, tuple[str, int]] = MappingProxyType(
    {
        "add": (" + ", _SUM),
        "sub": (" - ", _SUM),
        "mul": ("*", _PRODUCT),
        "div": ("/", _PRODUCT),
        "mod": (" % ", _PRODUCT),
        "lt": (" < ", _COMPARE),
        "le": (" <= ", _COMPARE),
        "gt": (" > ", _COMPARE),
        "ge": (" >= ", _COMPARE),
        "eq": (" == ", _COMPARE),
        "ne": (" != ", _COMPARE),
    }
)
# What a step is called; one that is not here is called by its operation.
_NAMES: Mapping[Operation, str] = MappingProxyType(
    {
        "add": "sum", "sub": "difference", "mul": "product", "div": "quotient", "mod": "remainder", "pow": "power",
        "neg": "negative", "sqrt": "root", "where": "choice", "lt": "below", "le": "below", "gt": "above",
        "ge": "above", "eq": "equal", "ne": "unequal", "abs": "size", "min": "smaller", "max": "larger",
    }
)  # fmt: skip
# A part that is longer or used twice gets a name.
_LONG = 48


def gradient_source(formula: Formula, library: Library = "numpy") -> str:
    """The function ``gradient``: numbers for each variable to an array of shape ``(d,)``; for torch, to a list.

    Where the formula reads the step, so do both of these functions.
    """
    graph, value, inputs = formula.written(formula.variables, formula.timed)
    slopes = derivatives.gradient(graph, value, inputs)
    lines, texts = _statements(graph, slopes, library)
    docstring = "The exact gradient, by the chain rule."
    return _function("gradient", docstring, formula, lines, f"[{', '.join(texts)}]", library)


def hessian_source(formula: Formula, library: Library = "numpy") -> str:
    """The function ``hessian``: numbers for each variable to an array of shape ``(d, d)``; for torch, to lists."""
    graph, value, inputs = formula.written(formula.variables, formula.timed)
    rows = derivatives.hessian(graph, value, inputs)
    lines, texts = _statements(graph, [entry for row in rows for entry in row], library)
    size = len(rows)
    written = ", ".join(f"[{', '.join(texts[row * size : (row + 1) * size])}]" for row in range(size))
    return _function("hessian", "The exact second derivatives.", formula, lines, f"[{written}]", library)


def _function(name: str, docstring: str, formula: Formula, lines: Sequence[str], result: str, library: Library) -> str:
    # An array of nothing but whole numbers would stay one.
    array = f"np.array({result}, dtype=float)" if library == "numpy" else result
    return function_source(name, formula.parameters, [f'"""{docstring}"""', *lines], array)


def _statements(graph: Graph, outputs: Sequence[Value], library: Library) -> tuple[list[str], list[str]]:
    """Assignments for what is long or used twice, and a text for each output."""
    parts = _Parts(graph, library)
    needed = parts.needed(outputs)
    uses: dict[Value, int] = {}
    for value in [*outputs, *(part for whole in needed for part in parts.of(whole))]:
        uses[value] = uses.get(value, 0) + 1
    texts: dict[Value, tuple[str, int]] = {}
    counts: dict[str, int] = {}
    lines: list[str] = []
    for value in needed:
        text, binding = parts.text(value, texts)
        node = graph.nodes[value]
        if node.operation not in ("input", "constant") and (uses[value] > 1 or len(text) > _LONG):
            stem = "power" if value in graph.powers else _NAMES.get(node.operation, node.operation)
            counts[stem] = counts.get(stem, 0) + 1
            lines.append(f"{stem}_{counts[stem]} = {text}")
            text, binding = f"{stem}_{counts[stem]}", _ATOM
        texts[value] = text, binding
    return lines, [texts[output][0] for output in outputs]


class _Parts:
    """How the values of a graph are written from their parts; a product that stands for a power is one."""

    def __init__(self, graph: Graph, library: Library) -> None:
        self.graph = graph
        self.library = library

    def of(self, value: Value) -> tuple[Value, ...]:
        power = self.graph.powers.get(value)
        return self.graph.nodes[value].arguments if power is None else (power[0],)

    def needed(self, outputs: Sequence[Value]) -> list[Value]:
        """``outputs`` and what they are written from, in computing order."""
        seen = set(outputs)
        stack = list(seen)
        while stack:
            for part in self.of(stack.pop()):
                if part not in seen:
                    seen.add(part)
                    stack.append(part)
        return sorted(seen)

    def text(self, value: Value, texts: Mapping[Value, tuple[str, int]]) -> tuple[str, int]:
        """The text of ``value`` and how tightly it binds, from the texts of its parts."""

        def bound(part: Value, binding: int) -> str:
            text, own = texts[part]
            return text if own >= binding else f"({text})"

        node = self.graph.nodes[value]
        if value in self.graph.powers:
            base, exponent = self.graph.powers[value]
            return f"{bound(base, _ATOM)}**{exponent}", _POWER
        match node.operation:
            case "input":
                return node.name, _ATOM
            case "constant":
                return _number(node.number, "np.pi" if self.library == "numpy" else "math.pi")
            case "neg":
                return f"-{bound(node.arguments[0], _SIGN)}", _SIGN
            case "pow":
                base, exponent = node.arguments
                return f"{bound(base, _ATOM)}**{bound(exponent, _SIGN)}", _POWER
            case "where" if self.library == "numpy":
                condition, *branches = node.arguments
                yes, no = (self.branch(part, bound(part, _COMPARE)) for part in branches)
                return f"{yes} if {bound(condition, _COMPARE)} else {no}", _CHOICE
            case operation if operation in _BINARY:
                sign, binding = _BINARY[operation]
                left, right = node.arguments
                if operation == "mul" and self.graph.number(right) is not None:
                    left, right = right, left
                less = bound(right, _PRODUCT)
                if operation in ("add", "sub") and less.startswith("-") and "%" not in less:
                    # Adding what is negative is taking it away; but (-y) % 2 is not the negative of y % 2.
                    return f"{bound(left, _SUM)}{' - ' if operation == 'add' else ' + '}{less[1:]}", _SUM
                return f"{bound(left, binding)}{sign}{bound(right, binding + 1)}", binding
            case operation:
                template = FUNCTIONS[operation].numpy if self.library == "numpy" else FUNCTIONS[operation].torch
                return template.format(*(self.argument(operation, part, texts) for part in node.arguments)), _ATOM

    def argument(self, operation: Operation, part: Value, texts: Mapping[Value, tuple[str, int]]) -> str:
        """The text of a function's argument; torch's functions take tensors only, but where() beyond its condition."""
        text = texts[part][0]
        if self.library == "numpy" or self.graph.number(part) is None:
            return text
        if operation == "where":
            return f"{text}.0" if text.lstrip("-").isdigit() else text
        return f"torch.tensor({text}, dtype=torch.float64)"

    def branch(self, part: Value, text: str) -> str:
        return f"np.float64({text})" if self.raises and self.graph.number(part) is not None else text

    @cached_property
    def raises(self) -> bool:
        """Whether Python's own numbers, which raise where NumPy's become inf or nan, could meet in a division."""
        plain: set[Value] = set()
        for value, node in enumerate(self.graph.nodes):
            parts = [part in plain for part in node.arguments]
            if node.operation in ("div", "mod", "pow") and all(parts):
                return True
            chosen = node.operation == "where" and any(parts[1:])
            if node.operation == "constant" or chosen or (node.operation in (*_BINARY, "neg") and all(parts)):
                plain.add(value)
        return False


def _number(number: float, pi: str) -> tuple[str, int]:
    """The text of a number and how tightly it binds."""
    if number - number != 0:
        return f'float("{number}")', _ATOM
    turns = number / math.pi
    if turns and turns == round(turns) and turns * math.pi == number:
        return (pi, _ATOM) if turns == 1 else (f"{int(turns)}*{pi}", _PRODUCT)
    whole = number == int(number) and 0 < abs(number) < 1e15
    return str(int(number)) if whole else repr(number), _SIGN if number < 0 else _ATOM
