"""What a text's names stand for: what it imports, and what it assigns as far as that is simple arithmetic."""

import ast
import math
import operator
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeGuard

Value = Any
"""A number, a bool, a short string, ``None`` or a tuple of such."""
Function = ast.FunctionDef | ast.AsyncFunctionDef

# The largest number, and the longest power of whole numbers, that are computed as such.
_LARGEST, _EXACT, _MOST_EXPONENT = 1e300, 2**53, 64
_LONGEST_TEXT = 200


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
    {"float": float, "int": int, "max": max, "min": min, "round": round, "math.ceil": math.ceil, "math.sqrt": math.sqrt}
)


def dotted(node: ast.AST | None) -> str:
    """``node`` as a dotted name such as "self.optimizer"; empty if it is none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether ``value`` is a number and not a bool."""
    return isinstance(value, int | float) and not isinstance(value, bool)


_Named = Callable[[ast.AST], Value | Open]


def value_of(node: ast.expr, named: _Named) -> Value | Open:
    """The value of ``node``; ``named`` gives that of a name."""
    try:
        return _value(node, named)
    except _Unknown:
        return named(node) if dotted(node) else open_value(node)


def open_value(node: ast.expr) -> Open:
    """``node`` as something without a value, on one line and not long."""
    text = " ".join(ast.unparse(node).split())
    return Open(text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…")


def _value(node: ast.expr, named: _Named) -> Value:
    match node:
        case ast.Constant(None | bool() as constant):
            return constant
        case ast.Constant(str() as text) if len(text) <= _LONGEST_TEXT:
            return text
        case ast.Constant(int() | float() as number):
            return _number(number)
        case ast.Name() | ast.Attribute() if not isinstance(value := named(node), Open):
            return value
        case ast.UnaryOp(ast.USub(), operand):
            return -_number(_value(operand, named))
        case ast.BinOp(left, op, right) if type(op) in _BINARY:
            return _computed(_BINARY[type(op)], _value(left, named), _value(right, named))
        case ast.Tuple(items) | ast.List(items):
            values = tuple(_value(item, named) for item in items)
            # Values that are made of others could grow without end.
            if not any(isinstance(value, tuple) for value in values):
                return values
        case ast.Call(function, arguments, []) if dotted(function) in _CALLS:
            return _computed(_CALLS[dotted(function)], *(_value(one, named) for one in arguments))
        case _:
            pass
    raise _Unknown


def _number(value: Value) -> int | float:
    """``value`` if it is a number of a usual size; a huge whole one, or nan, is no setting."""
    if not is_number(value) or not abs(value) < _LARGEST:
        raise _Unknown
    return value if isinstance(value, float) or abs(value) <= _EXACT else float(value)


def _computed(operation: Callable[..., Any], *values: Value) -> int | float:
    numbers = [_number(value) for value in values]
    if operation is operator.pow and not (isinstance(numbers[1], int) and abs(numbers[1]) <= _MOST_EXPONENT):
        numbers = [float(number) for number in numbers]
    try:
        return _number(operation(*numbers))
    except (ArithmeticError, TypeError, ValueError):
        raise _Unknown from None


def blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of statements inside ``statement``, in their order."""
    yield getattr(statement, "body", [])
    for part in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
        yield part.body
    yield getattr(statement, "orelse", [])
    yield getattr(statement, "finalbody", [])


@dataclass(frozen=True)
class _Binding:
    """A name is given ``value`` on ``line``, ``sure`` unless in a branch or a loop; by ``node`` if it is known."""

    line: int
    value: Value | Open
    sure: bool
    node: ast.expr | None


@dataclass
class Names:
    """All names of a text, as far as it tells what they stand for."""

    imports: dict[str, str] = field(default_factory=dict)
    functions: dict[str, list[Function]] = field(default_factory=lambda: defaultdict(list))
    classes: set[str] = field(default_factory=set)
    _bindings: dict[str, list[_Binding]] = field(default_factory=lambda: defaultdict(list))

    def path(self, node: ast.AST) -> str:
        """What ``node`` names in full, such as "torch.optim.SGD"; empty if it is no name."""
        first, dot, rest = dotted(node).partition(".")
        return self.imports.get(first, first) + dot + rest

    def expression(self, node: ast.expr) -> ast.expr:
        """What ``node`` was assigned if it is a name that was assigned once, else ``node`` itself."""
        bound = self._bindings.get(dotted(node), [])
        return bound[0].node or node if len(bound) == 1 else node

    def value(self, node: ast.expr) -> Value | Open:
        """The value of ``node`` where it stands."""
        return value_of(node, self._named)

    def _named(self, node: ast.AST) -> Value | Open:
        """The value that a name was given last, if that is sure."""
        path, line = dotted(node), getattr(node, "lineno", 1)
        bound = self._bindings.get(path, [])
        first = bound[0].value if bound else Open(path)
        if all(type(one.value) is type(first) and one.value == first for one in bound):
            return first
        if not all(one.sure for one in bound):
            return Open(path)
        return ([one for one in bound if one.line <= line] or bound[:1])[-1].value


def names_of(tree: ast.Module) -> Names:
    """The names of the program ``tree``."""
    names = Names()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                names.functions[node.name].append(node)
            case ast.ClassDef(name):
                names.classes.add(name)
            case ast.Import(aliases):
                names.imports |= {alias.asname: alias.name for alias in aliases if alias.asname}
            case ast.ImportFrom(module, aliases):
                names.imports |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in aliases}
            case _:
                pass
    _bind(names, tree.body, True)
    return names


def _bind(names: Names, body: list[ast.stmt], sure: bool) -> None:
    """Enters what the statements of ``body`` assign, in their order."""
    for statement in body:
        for target, node in _assigned(statement):
            value = names.value(node) if node is not None else Open(target)
            names._bindings[target].append(_Binding(statement.lineno, value, sure, node))
        main = isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)
        local = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
        for part in blocks(statement):
            _bind(names, part, local or (sure and (main or isinstance(statement, ast.ClassDef | ast.With))))


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    """The names that ``statement`` itself assigns, each with the expression if it is given that one alone."""
    match statement:
        case ast.Assign(targets, value):
            for target in targets:
                yield from _pairs(target, value)
        case ast.AnnAssign(target, _, value) if value is not None:
            yield from _pairs(target, value)
        case ast.AugAssign(target) | ast.For(target) | ast.AsyncFor(target):
            yield from _pairs(target, None)
        case ast.FunctionDef(args=arguments) | ast.AsyncFunctionDef(args=arguments):
            for parameter in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                yield parameter.arg, None
        case _:
            pass


def _pairs(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(target, ast.Tuple | ast.List):
        same = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
        for index, one in enumerate(target.elts):
            yield from _pairs(one, value.elts[index] if same else None)  # type: ignore[union-attr]
    elif path := dotted(target):
        yield path, value
