"""Expressions of Python in the language of schedules."""

import ast
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.lessons.clinic.values import dotted, is_number

# Longer than a schedule may be; a longer one is not written to its end.
LONGEST = 1_500


class Inexpressible(Exception):
    """The language has no words for it: ``reason`` says for what, with ``quotes`` of the text at its braces."""

    def __init__(self, reason: str, *quotes: str) -> None:
        super().__init__(reason)
        self.reason, self.quotes = reason, quotes


def written_number(number: float) -> str:
    """``number`` as the language reads it back."""
    return repr(int(number)) if float(number).is_integer() and abs(number) < 1e15 else repr(float(number))


_SIGNS: Mapping[type[ast.AST], str] = MappingProxyType(
    {
        ast.Add: "+",
        ast.Sub: "-",
        ast.Mult: "*",
        ast.Div: "/",
        ast.Mod: "%",
        ast.Pow: "**",
        ast.Lt: "<",
        ast.LtE: "<=",
        ast.Gt: ">",
        ast.GtE: ">=",
        ast.Eq: "==",
        ast.NotEq: "!=",
    }
)
_CALLS = frozenset({"abs", "cos", "sin", "exp", "sqrt", "log", "floor", "tanh"})
_NAMED = MappingProxyType({"math.pi": "pi", "np.pi": "pi", "numpy.pi": "pi", "math.e": "e"})


def translated(node: ast.expr, names: Mapping[str, str]) -> str:
    """The expression ``node`` of Python in the language; ``names`` are texts that stand for its names.

    Raises ``Inexpressible``.
    """
    text = _translated(node, names)
    if len(text) > LONGEST:
        raise Inexpressible("it is too long")
    return text


def _translated(node: ast.expr, names: Mapping[str, str]) -> str:
    match node:
        case ast.Constant(value) if is_number(value) and abs(value) < 1e300:
            return written_number(value)
        case ast.Name() | ast.Attribute():
            path = dotted(node)
            known: Any = names.get(path, _NAMED.get(path))
            if known is None:
                raise Inexpressible("the text does not give {} a number", path or "what it is of")
            return str(known)
        case ast.UnaryOp(ast.USub(), operand):
            return f"(-{translated(operand, names)})"
        case ast.BinOp(left, ast.FloorDiv(), right):
            return f"floor({translated(left, names)}/{translated(right, names)})"
        case ast.BinOp(left, op, right) if type(op) in _SIGNS:
            return f"({translated(left, names)} {_SIGNS[type(op)]} {translated(right, names)})"
        case ast.IfExp(test, first, second):
            return _chosen(test, translated(first, names), translated(second, names), names)
        case ast.Call(function, arguments, []):
            return _called(dotted(function), [translated(one, names) for one in arguments])
        case _:
            raise Inexpressible("the function has parts that the language of schedules does not have")


def _called(path: str, arguments: list[str]) -> str:
    name = path.rpartition(".")[2]
    if name in ("min", "max") and len(arguments) >= 2:
        text = arguments[0]
        for other in arguments[1:]:
            text = f"{name}({text}, {other})"
        return text
    if len(arguments) == 1 and name == "float":
        return arguments[0]
    if len(arguments) == 1 and name == "int":
        (inner,) = arguments
        return f"where({inner} < 0, -floor(-{inner}), floor({inner}))"
    if len(arguments) == 1 and name in _CALLS:
        return f"{name}({arguments[0]})"
    if len(arguments) == 2 and name == "pow":
        return f"({arguments[0]} ** {arguments[1]})"
    raise Inexpressible("the function calls what the language of schedules does not have")


def _chosen(test: ast.expr, first: str, second: str, names: Mapping[str, str]) -> str:
    """``first`` where ``test`` holds, else ``second``."""
    if len(first) + len(second) > LONGEST:
        raise Inexpressible("it is too long")
    match test:
        case ast.Compare(left, [op], [right]) if type(op) in _SIGNS:
            return f"where({translated(left, names)} {_SIGNS[type(op)]} {translated(right, names)}, {first}, {second})"
        case ast.BoolOp(ast.And(), [one, *others]):
            inner = first
            for other in reversed(others):
                inner = _chosen(other, inner, second, names)
            return _chosen(one, inner, second, names)
        case ast.UnaryOp(ast.Not(), inner_test):
            return _chosen(inner_test, second, first, names)
        case _:
            raise Inexpressible("the function asks what the language of schedules cannot")
