"""Trees as text, in the order in which they are written: of the language itself, and Python for exported code."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

from core.formula.graph import Graph
from core.formula.lower import lower
from core.formula.tree import Binary, Call, Compare, Expression, Name, Negative, Number, names_in, walk
from core.formula.vocabulary import CONSTANTS, RULE_FUNCTIONS

Library = Literal["numpy", "torch"]

# Python's own order of binding, from loosest to tightest.
_COMPARE, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(6)
_BINDING = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "%": _PRODUCT}
_CONSTANTS: Mapping[Library, Mapping[str, str]] = {
    "numpy": {"pi": "np.pi", "e": "np.e"},
    "torch": {"pi": "math.pi", "e": "math.e"},
}


def strict_source(tree: Expression, special: Callable[[Expression], tuple[str, int] | None] = lambda tree: None) -> str:
    """``tree`` as text of the language, with no more brackets than it needs.

    ``special`` writes those parts for which it does not return ``None``, and says how tightly they bind.
    """

    def bound(node: Expression, binding: int) -> str:
        text, own = written(node)
        return text if own >= binding else f"({text})"

    def written(node: Expression) -> tuple[str, int]:
        if (other := special(node)) is not None:
            return other
        match node:
            case Number():
                return node.text, _ATOM
            case Name():
                return node.name, _ATOM
            case Negative():
                return f"-{bound(node.operand, _SIGN)}", _SIGN
            case Compare():
                return f"{bound(node.left, _SUM)} {node.operator} {bound(node.right, _SUM)}", _COMPARE
            case Call():
                return f"{node.function}({', '.join(written(argument)[0] for argument in node.arguments)})", _ATOM
            case Binary(operator="**"):
                return f"{bound(node.left, _ATOM)}**{bound(node.right, _SIGN)}", _POWER
            case Binary():
                binding = _BINDING[node.operator]
                space = " " if binding == _SUM else ""
                left, right = bound(node.left, binding), bound(node.right, binding + 1)
                return f"{left}{space}{node.operator}{space}{right}", binding

    return written(tree)[0]


def python_source(tree: Expression, library: Library, call: Callable[[Call], str | None] = lambda call: None) -> str:
    """``tree`` as a Python expression for ``library``; ``call`` writes the calls it does not return ``None`` for.

    A part without names that Python's own floats would compute differently (``1/0``, ``(-8)**(1/3)``) is written as its
    value.
    """

    def special(node: Expression) -> tuple[str, int] | None:
        if _is_fragile(node):
            return _folded(node)
        match node:
            case Number():
                return _number(node), _ATOM
            case Name():
                return _CONSTANTS[library].get(node.name, node.name), _ATOM
            case Call():
                return call(node) or _function(node), _ATOM
            case Binary("/", _, Call("min" | "max" | "clip") as right) if not is_literal(right):
                # Of two zeros libraries return either one; dividing by -0 would lead to the other side.
                positive = Binary("+", right, Number(0.0, "0", right.span), right.span)
                return source(replace(node, right=positive)), _PRODUCT
            case _:
                return None

    def source(node: Expression) -> str:
        return strict_source(node, special)

    def _function(node: Call) -> str:
        template = RULE_FUNCTIONS[node.function]
        if library == "numpy":
            texts = [source(argument) for argument in node.arguments]
            if node.function == "where":
                # Arrays of whole numbers have no negative powers.
                texts = [
                    repr(_value(part)) if _is_whole(part) else text
                    for part, text in zip(node.arguments, texts, strict=True)
                ]
            return template.numpy.format(*texts)
        # torch's functions take tensors only, except where() beyond its condition.
        if isinstance(node.arguments[0], Compare) and is_literal(node.arguments[0]):
            # torch's condition is a tensor of truths.
            return f"({source(node.arguments[1 if _value(node.arguments[0]) else 2])})"
        arguments = [
            f"torch.tensor({source(argument)}, dtype=torch.float64)" if is_literal(argument) else source(argument)
            for argument in node.arguments
        ]
        return template.torch.format(*arguments)

    return source(tree)


def _number(node: Number) -> str:
    """A number as typed, unless Python would refuse its zeros or keep it as a whole number that torch cannot take."""
    if node.text.isdigit() and (node.text != str(int(node.text)) or int(node.text) > 2**53):
        return repr(node.value)
    return node.text


def is_literal(tree: Expression) -> bool:
    """Whether ``tree`` is a number: nothing in it has a name, but for constants."""
    return all(name in CONSTANTS for name in names_in(tree))


def _is_whole(tree: Expression) -> bool:
    return not isinstance(tree, Compare) and is_literal(tree) and _value(tree).is_integer()


def _is_fragile(tree: Expression) -> bool:
    """Whether ``tree`` is a number that Python's floats would raise for, or turn complex or into a whole number."""
    if isinstance(tree, Number | Name) or not is_literal(tree):
        return False
    for node in walk(tree):
        if isinstance(node, Call | Compare):
            return True
        if isinstance(node, Binary) and node.operator in ("/", "%") and _value(node.right) == 0:
            return True
        if isinstance(node, Binary) and node.operator == "**" and not _value(node.left) > 0:
            return True
        # Beyond this, Python's whole numbers are more exact than float64, and may be endless.
        if not abs(_value(node)) <= 2**53:
            return True
    return False


def _value(tree: Expression) -> float:
    graph = Graph()
    number = graph.number(lower(tree, graph, {})[0])
    assert number is not None
    return number


def _folded(tree: Expression) -> tuple[str, int]:
    value = _value(tree)
    if value - value != 0:
        return f'float("{value}")', _ATOM
    return repr(value), _SIGN if value < 0 else _ATOM
