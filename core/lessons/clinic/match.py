"""Whether a call is one that a declaration of the catalogue writes, and with which numbers in it.

Declarations hold PyTorch's counterpart as Python with the names of hyperparameters in it. Here such a text is laid over
a call, and what stands where a name does, or arithmetic with one, gives the number of the name.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import isclose
from typing import Any

from core.lessons.clinic.signatures import SIGNATURES
from core.lessons.clinic.values import Open, Value, dotted, is_number, value_of

# What a call says of other things than the learning rate: of its own past, of momentum, of how little is too little.
BESIDE = frozenset({"params", "optimizer", "last_epoch", "cycle_momentum", "base_momentum", "max_momentum"})
# Declared texts write sums and products, whose last digit differs from how somebody else computes them.
_CLOSE = 1e-12
# Digits up to which a number was probably typed and not computed.
_FEW = 13
_FUNCTIONS = frozenset({"int", "max", "min"})


@dataclass(frozen=True)
class Function:
    """A function of one number: what its parameter is called, and the expression it returns."""

    parameter: str
    body: ast.expr


@dataclass(frozen=True)
class Rest:
    """The number of steps that are left of a run after ``begin``."""

    begin: float


@dataclass(frozen=True)
class Called:
    """A call of a class of PyTorch, with a value for every parameter: what was given, or the default.

    A value is also ``Open``, a ``Rest``, a ``Called``, a tuple of such, or a ``Function``. Those in ``told`` were
    given; ``unclear`` has the expressions of those whose value the text does not tell.
    """

    name: str
    arguments: Mapping[str, Any]
    told: frozenset[str]
    line: int
    unclear: Mapping[str, str]

    def with_arguments(self, **changed: Any) -> "Called":
        """The same call with other values."""
        return replace(self, arguments={**self.arguments, **changed})


@lru_cache(maxsize=256)
def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def matched(text: str, called: Called, known: Mapping[str, float]) -> dict[str, float] | None:
    """The numbers of the names in the declared ``text`` under which it is ``called``; ``None`` if there are none.

    ``known`` are some of them.
    """
    return _solved([(_expression(text), called)], known)


def matched_value(node: ast.expr, value: Value, known: Mapping[str, float]) -> dict[str, float] | None:
    """The same for one declared argument and the ``value`` that it must have."""
    return _solved([(node, value)], known)


def _solved(begun: list[tuple[ast.expr, Any]], given: Mapping[str, float]) -> dict[str, float] | None:
    known, waiting = dict(given), begun
    while waiting:
        later: list[tuple[ast.expr, Any]] = []
        before = len(known)
        for node, value in waiting:
            parts = _parts(node, value, known)
            if parts is None:
                return None
            later += parts
        stuck = [node for node, _ in later] == [node for node, _ in waiting]
        if stuck and len(known) == before:
            return None
        waiting = later
    return known


def _parts(node: ast.expr, value: Any, known: dict[str, float]) -> list[tuple[ast.expr, Any]] | None:
    """What remains to be compared, nothing if ``node`` is ``value``; ``None`` if it is not. Adds to ``known``."""
    match node:
        case ast.Call(ast.Name(name)) if name in SIGNATURES:
            return _arguments(node, value) if isinstance(value, Called) and value.name == name else None
        case ast.List(items) | ast.Tuple(items):
            same = isinstance(value, tuple) and len(value) == len(items)
            return list(zip(items, value, strict=True)) if same else None
        case ast.Lambda():
            return _same_function(node, value, known)
        case ast.Constant(constant):
            return [] if _equal(constant, value) else None
        case _:
            return _numbers(node, value, known)


def _arguments(node: ast.Call, called: Called) -> list[tuple[ast.expr, Any]]:
    signature = SIGNATURES[called.name]
    declared = dict(zip(signature.parameters, node.args, strict=False))
    declared |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg is not None}
    compared = [name for name in signature.parameters if name not in BESIDE]
    return [
        (declared[name] if name in declared else ast.Constant(signature.defaults[name]), called.arguments[name])
        for name in compared
        if name in declared or name in signature.defaults
    ]


def _equal(constant: Any, value: Any) -> bool:
    if is_number(constant) and is_number(value):
        return isclose(constant, value, rel_tol=_CLOSE)
    return type(constant) is type(value) and bool(constant == value)


def _numbers(node: ast.expr, value: Any, known: dict[str, float]) -> list[tuple[ast.expr, Any]] | None:
    """Compares an expression of numbers, or finds the one name in it that is not known yet."""
    if not is_number(value):
        return None
    open_names = _open_names(node, known)
    if not open_names:
        number = _number(node, known)
        return [] if number is not None and isclose(number, value, rel_tol=_CLOSE, abs_tol=_CLOSE) else None
    if len(open_names) > 1:
        return [(node, value)]
    (name,) = open_names
    found = _undone(node, float(value), known)
    if found is None:
        return None
    known[name] = found
    return [(node, value)]


def _open_names(node: ast.expr, known: Mapping[str, float]) -> set[str]:
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return names - known.keys() - _FUNCTIONS


def _number(node: ast.expr, known: Mapping[str, float]) -> float | None:
    value = value_of(node, lambda name: known.get(name, Open(name)))
    return float(value) if is_number(value) else None


def _undone(node: ast.expr, value: float, known: Mapping[str, float]) -> float | None:
    """What the one open name in ``node`` must be for ``node`` to be ``value``."""
    match node:
        case ast.Name():
            return value
        case ast.Call(ast.Name("int"), [inner]):
            # Any number from here to the next would do.
            return _undone(inner, value + 0.5, known)
        case ast.Call(ast.Name("max"), arguments):
            having = [one for one in arguments if _open_names(one, known)]
            return _undone(having[0], value, known) if len(having) == 1 else None
        case ast.BinOp(left, op, right):
            first, second = _number(left, known), _number(right, known)
            if second is not None:
                return _undone_left(left, op, second, value, known)
            if first is not None:
                return _undone_right(first, op, right, value, known)
    return None


def _undone_left(
    left: ast.expr, op: ast.operator, second: float, value: float, known: Mapping[str, float]
) -> float | None:
    match op:
        case ast.Add():
            return _undone(left, value - second, known)
        case ast.Sub():
            return _undone(left, value + second, known)
        case ast.Mult() if second:
            return _undone(left, _quotient(value, second), known)
    return None


def _undone_right(
    first: float, op: ast.operator, right: ast.expr, value: float, known: Mapping[str, float]
) -> float | None:
    match op:
        case ast.Add():
            return _undone(right, value - first, known)
        case ast.Sub():
            return _undone(right, first - value, known)
        case ast.Mult() if first:
            return _undone(right, _quotient(value, first), known)
    return None


def _quotient(product: float, factor: float) -> float:
    """The other factor; if one of few digits gives ``product`` up to its own last ones, that is what was meant."""
    other = product / factor
    short = (float(f"{other:.{count}g}") for count in range(1, _FEW))
    return next((one for one in short if _rounded(one * factor) == _rounded(product)), other)


def _rounded(number: float) -> float:
    return float(f"{number:.15g}")


def _same_function(node: ast.Lambda, value: Any, known: dict[str, float]) -> list[tuple[ast.expr, Any]] | None:
    """Compares two functions by their expressions, sign by sign; numbers stand for names."""
    if not isinstance(value, Function) or len(node.args.args) != 1:
        return None
    bound = node.args.args[0].arg
    waiting = [(node.body, value.body)]
    while waiting:
        declared, own = waiting.pop()
        match declared, own:
            case ast.Name(one), ast.Name(other) if one == bound:
                if other != value.parameter:
                    return None
            case ast.Name(name), ast.expr():
                number = _number(own, {})
                if number is None or not isclose(known.setdefault(name, number), number, rel_tol=_CLOSE):
                    return None
            case ast.BinOp(left, op, right), ast.BinOp(own_left, own_op, own_right) if type(op) is type(own_op):
                waiting += [(left, own_left), (right, own_right)]
            case ast.Call(function, inner), ast.Call(own_function, own_inner) if len(inner) == len(own_inner):
                if dotted(function) != dotted(own_function):
                    return None
                waiting += list(zip(inner, own_inner, strict=True))
            case ast.Constant(), ast.expr():
                if not _equal(declared.value, _number(own, {})):
                    return None
            case _:
                return None
    return []
