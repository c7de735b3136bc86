"""Functions of one number that a text defines, as one expression each."""

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from core.lessons.clinic.match import Function
from core.lessons.clinic.names import Function as Definition
from core.lessons.clinic.names import Names
from core.lessons.clinic.values import dotted, is_number

# What an expression may grow to while names in it are written out.
_MOST_NODES = 300
# Questions inside each other; what follows one is written out for both answers.
_MOST_QUESTIONS = 8


class _TooLarge(Exception):
    pass


class _NotOne(Exception):
    """The function is not one expression of its argument."""


def function_of(node: ast.expr, names: Names, scope: Definition | None) -> Function | None:
    """The function that ``node`` writes or names; ``None`` if it is not one expression of one number."""
    path = dotted(node)
    defined = names.functions.get(path.rpartition(".")[2], [])
    if path and len(defined) == 1:
        return _one_expression(defined[0].args, defined[0].body, names, defined[0])
    if path and (assigned := names.expression(path, scope)) is not None:
        node = assigned
    if isinstance(node, ast.Lambda):
        return _one_expression(node.args, [ast.Return(node.body)], names, scope)
    return None


def _one_expression(
    arguments: ast.arguments, body: Sequence[ast.stmt], names: Names, scope: Definition | None
) -> Function | None:
    listed = [one.arg for one in arguments.args if one.arg != "self"]
    if not listed or len(listed) - 1 > len(arguments.defaults):
        return None
    defaults = zip(listed[1:], arguments.defaults[len(arguments.defaults) - len(listed) + 1 :], strict=True)
    try:
        replaced = {name: _Written(names, scope, {}, listed[0]).expression(value) for name, value in defaults}
        return Function(listed[0], _returned(list(body), _Written(names, scope, replaced, listed[0])))
    except (_TooLarge, _NotOne):
        return None


def _returned(body: list[ast.stmt], written: "_Written", questions: int = 0) -> ast.expr:
    """What the statements of ``body`` return, inside so many ``questions``."""
    for index, statement in enumerate(body):
        match statement:
            case ast.Return(value) if value is not None:
                return written.expression(value)
            case ast.Expr(ast.Constant()):
                continue
            case ast.Assign([ast.Name(name)], value):
                written = written.knowing(name, written.expression(value))
            case ast.If(test, first, second) if questions < _MOST_QUESTIONS:
                rest = body[index + 1 :]
                answers = [_returned([*block, *rest], written, questions + 1) for block in (first, second)]
                return ast.IfExp(written.expression(test), *answers)
            case _:
                raise _NotOne
    raise _NotOne


class _Written(ast.NodeTransformer):
    """Writes out names whose values the text gives, in copies."""

    def __init__(
        self, names: Names, scope: Definition | None, replaced: Mapping[str, ast.expr], parameter: str
    ) -> None:
        self.names, self.scope, self.replaced, self.parameter = names, scope, replaced, parameter

    def knowing(self, name: str, value: ast.expr) -> "_Written":
        """The same, and ``name`` is written as ``value``."""
        return _Written(self.names, self.scope, {**self.replaced, name: value}, self.parameter)

    def expression(self, node: ast.expr) -> ast.expr:
        """``node`` with what is known of its names. Raises ``_TooLarge``."""
        made: ast.expr = self.visit(node)
        size, level = 0, [made]
        while level:
            size += len(level)
            if size > _MOST_NODES:
                raise _TooLarge
            level = [child for one in level for child in ast.iter_child_nodes(one) if isinstance(child, ast.expr)]
        return made

    def visit(self, node: ast.AST) -> Any:
        """A copy of ``node``."""
        if isinstance(node, ast.Name | ast.Attribute):
            return self._name(node)
        fields: dict[str, Any] = {}
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                fields[name] = [self.visit(one) if isinstance(one, ast.expr) else one for one in value]
            elif name != "func" and isinstance(value, ast.expr):
                fields[name] = self.visit(value)
            else:
                fields[name] = value
        return type(node)(**fields)

    def _name(self, node: ast.Name | ast.Attribute) -> ast.expr:
        path = dotted(node)
        if path == self.parameter:
            return node
        if path in self.replaced:
            return self.replaced[path]
        value = self.names.named(path, getattr(node, "lineno", 1), self.scope)
        return ast.Constant(value) if is_number(value) else node
