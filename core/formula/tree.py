"""The tree of an expression: its kinds of node, each with its place in the text, and how they are visited."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

ArithmeticOperator = Literal["+", "-", "*", "/", "%", "**"]
ComparisonOperator = Literal["<", "<=", ">", ">=", "==", "!="]


class Span(NamedTuple):
    """A place in the text: character positions from 0, ``end`` exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Number:
    value: float
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Negative:
    operand: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    operator: ArithmeticOperator
    left: "Expression"
    right: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class Compare:
    operator: ComparisonOperator
    left: "Expression"
    right: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple["Expression", ...]
    span: Span


Expression = Number | Name | Negative | Binary | Compare | Call


def walk(tree: Expression) -> Iterator[Expression]:
    """Every node of ``tree``, parents first, in the order of the text."""
    yield tree
    for child in children(tree):
        yield from walk(child)


def children(tree: Expression) -> tuple[Expression, ...]:
    """The direct parts of ``tree``, in the order of the text."""
    match tree:
        case Negative():
            return (tree.operand,)
        case Binary() | Compare():
            return (tree.left, tree.right)
        case Call():
            return tree.arguments
        case _:
            return ()


def names_in(tree: Expression) -> list[str]:
    """The names that stand in ``tree``, each as often as it does, in the order of the text."""
    return [node.name for node in walk(tree) if isinstance(node, Name)]


def calls_in(tree: Expression) -> list[Call]:
    """The calls that stand in ``tree``, outer ones first."""
    return [node for node in walk(tree) if isinstance(node, Call)]
