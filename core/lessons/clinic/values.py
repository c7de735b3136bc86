"""What the text gives a value: constants, simple arithmetic with them, and names that were assigned such."""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeGuard

Value = Any
"""A number, a bool, a short string, ``None``, a tuple of values or a dict of values by strings."""

# The largest number, and the longest power of whole numbers, that are computed as such.
_LARGEST = 1e300
_EXACT = 2**53
_MOST_EXPONENT = 64
_LONGEST_TEXT = 200
# Numbers in a list or a dict, all levels together.
_MOST_ITEMS = 200


@dataclass(frozen=True)
class Open:
    """An expression whose value the text does not give; ``text`` is how it is written."""

    text: str


class _Unknown(Exception):
    """The value cannot be told."""


_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.FloorDiv: operator.floordiv,
        ast.Mod: operator.mod,
        ast.Pow: operator.pow,
    }
)
_CALLS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "abs": abs,
        "float": float,
        "int": int,
        "max": max,
        "min": min,
        "round": round,
        "math.ceil": math.ceil,
        "math.floor": math.floor,
        "math.sqrt": math.sqrt,
        "math.log": math.log,
        "math.exp": math.exp,
    }
)
_CONSTANTS: Mapping[str, float] = MappingProxyType({"math.pi": math.pi, "math.e": math.e})


def dotted(node: ast.AST) -> str:
    """``node`` as a dotted name such as "self.optimizer"; empty if it is none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether ``value`` is a number and not a bool."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def written(node: ast.AST) -> str:
    """``node`` as it would be written, on one line and not long."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"


def value_of(node: ast.expr, name: Callable[[str], Value | Open]) -> Value | Open:
    """The value of ``node``; ``name`` gives that of a dotted name."""
    try:
        return _value(node, name)
    except _Unknown:
        return Open(written(node))


def _value(node: ast.expr, name: Callable[[str], Value | Open]) -> Value:
    match node:
        case ast.Constant(value):
            return _constant(value)
        case ast.Name() | ast.Attribute():
            return _named(dotted(node), name)
        case ast.UnaryOp(ast.USub() | ast.UAdd() as sign, operand):
            number = _number(_value(operand, name))
            return -number if isinstance(sign, ast.USub) else number
        case ast.UnaryOp(ast.Not(), operand):
            return not _value(operand, name)
        case ast.BinOp(left, op, right):
            return _computed(op, _number(_value(left, name)), _number(_value(right, name)))
        case ast.Tuple(items) | ast.List(items):
            return _small(tuple(_value(item, name) for item in items))
        case ast.Dict(keys, items):
            if not all(isinstance(key, ast.Constant) and isinstance(key.value, str) for key in keys):
                raise _Unknown
            pairs = zip(keys, items, strict=True)
            return _small({key.value: _value(item, name) for key, item in pairs if isinstance(key, ast.Constant)})
        case ast.Subscript(owner, ast.Constant(key)):
            return _element(_value(owner, name), key)
        case ast.Call(function, arguments, keywords):
            return _called(dotted(function), arguments, keywords, name)
        case _:
            raise _Unknown


def _small(value: Value) -> Value:
    """A list or dict ``value`` unless it is large, as one made of others again and again would be."""
    if _items(value) > _MOST_ITEMS:
        raise _Unknown
    return value


def _items(value: Value) -> int:
    parts = value.values() if isinstance(value, dict) else value
    return sum(_items(part) if isinstance(part, tuple | dict) else 1 for part in parts) + 1


def _constant(value: object) -> Value:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, str) and len(value) <= _LONGEST_TEXT:
        return value
    raise _Unknown


def _named(path: str, name: Callable[[str], Value | Open]) -> Value:
    if path in _CONSTANTS:
        return _CONSTANTS[path]
    value = name(path) if path else Open("")
    if isinstance(value, Open):
        raise _Unknown
    return value


def _number(value: Value) -> int | float:
    """``value`` if it is a number of a usual size; a huge whole one, or nan, is no setting."""
    if not is_number(value) or not abs(value) < _LARGEST:
        raise _Unknown
    number: int | float = value
    return number if isinstance(number, float) or abs(number) <= _EXACT else float(number)


def _computed(op: ast.operator, left: float, right: float) -> int | float:
    if type(op) not in _BINARY:
        raise _Unknown
    if isinstance(op, ast.Pow) and not (isinstance(right, int) and abs(right) <= _MOST_EXPONENT):
        left, right = float(left), float(right)
    try:
        return _number(_BINARY[type(op)](left, right))
    except (ArithmeticError, ValueError):
        raise _Unknown from None


def _element(owner: Value, key: object) -> Value:
    try:
        return owner[key]
    except (KeyError, IndexError, TypeError):
        raise _Unknown from None


def _called(
    path: str, arguments: list[ast.expr], keywords: list[ast.keyword], name: Callable[[str], Value | Open]
) -> Value:
    if path == "dict" and not arguments:
        if not all(keyword.arg for keyword in keywords):
            raise _Unknown
        return _small({keyword.arg: _value(keyword.value, name) for keyword in keywords})
    values = [_value(argument, name) for argument in arguments]
    if keywords:
        raise _Unknown
    if path == "len" and len(values) == 1 and isinstance(values[0], tuple | dict):
        return len(values[0])
    if path not in _CALLS:
        raise _Unknown
    if len(values) == 1 and isinstance(values[0], tuple):
        values = list(values[0])
    try:
        return _number(_CALLS[path](*map(_number, values)))
    except (ArithmeticError, TypeError, ValueError):
        raise _Unknown from None
