"""The parser against Python's own: the same text is the same tree."""

import ast
from collections.abc import Callable

import numpy as np
import pytest

from core.formula import FormulaError, parse
from core.formula.syntax import MAX_LEVELS, Budget, parse_expression
from core.formula.tree import Binary, Call, Compare, Expression, Name, Negative, Number, walk

_OPERATORS: dict[type[ast.operator | ast.cmpop], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%", ast.Pow: "**",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
Shape = tuple[object, ...]


def ours(tree: Expression) -> Shape:
    """The structure of ``tree`` without places."""
    match tree:
        case Number(value):
            return ("number", value)
        case Name(name):
            return ("name", name)
        case Negative(operand):
            return ("-", ours(operand))
        case Binary(operator, left, right) | Compare(operator, left, right):
            return (operator, ours(left), ours(right))
        case Call(function, arguments):
            return (function, *[ours(argument) for argument in arguments])


def pythons(tree: ast.AST) -> Shape:
    """The same structure from Python's tree."""
    match tree:
        case ast.Expression(body):
            return pythons(body)
        case ast.Constant(value):
            return ("number", float(value))  # type: ignore[arg-type]
        case ast.Name(name):
            return ("name", name)
        case ast.UnaryOp(ast.UAdd(), operand):
            return pythons(operand)
        case ast.UnaryOp(ast.USub(), operand):
            return ("-", pythons(operand))
        case ast.BinOp(left, operator, right):
            return (_OPERATORS[type(operator)], pythons(left), pythons(right))
        case ast.Compare(left, [operator], [right]):
            return (_OPERATORS[type(operator)], pythons(left), pythons(right))
        case ast.Call(ast.Name(function), arguments):
            return (function, *[pythons(argument) for argument in arguments])
    raise AssertionError(ast.dump(tree))


def test_random_formulas_are_the_trees_that_python_reads(
    random_formula: Callable[[np.random.Generator, int], str],
) -> None:
    random = np.random.default_rng(3)
    seen: set[object] = set()
    for _ in range(2000):
        text = random_formula(random, int(random.integers(1, 6)))
        tree = parse_expression(text, Budget(10_000))
        assert ours(tree) == pythons(ast.parse(text.replace("^", "**"), mode="eval")), text
        for node in walk(tree):
            seen.add(getattr(node, "operator", getattr(node, "function", type(node))))
            written = text[node.span.start : node.span.end]
            if isinstance(node, Name):
                assert written == node.name
            elif isinstance(node, Number):
                assert float(written) == node.value
            elif isinstance(node, Call):
                assert written.startswith(f"{node.function}(")
                assert written.endswith(")")
    # Six operators, six comparisons, twenty functions, and numbers, names and signs.
    assert len(seen) == 6 + 6 + 20 + 3


@pytest.mark.parametrize(
    ("text", "bracketed"),
    [
        ("-x**2", "-(x**2)"),
        ("-x^2", "-(x**2)"),
        ("2**-x", "2**(-x)"),
        ("2^-x", "2**(-x)"),
        ("x**-y**2", "x**(-(y**2))"),
        ("x**y**2", "x**(y**2)"),
        ("x^y**2^e", "x**(y**(2**e))"),
        ("x-y-1", "(x-y)-1"),
        ("x-y+1", "(x-y)+1"),
        ("x/y/2", "(x/y)/2"),
        ("x/y*2", "(x/y)*2"),
        ("x%y*2", "(x%y)*2"),
        ("x*y%2", "(x*y)%2"),
        ("x+y*2", "x+(y*2)"),
        ("x*-y", "x*(-y)"),
        ("-x*y", "(-x)*y"),
        ("--x", "-(-x)"),
        ("-+-x", "-(-x)"),
        ("+x", "x"),
        ("x - -y", "x-(-y)"),
        ("2*x**2", "2*(x**2)"),
        ("-2**2", "-(2**2)"),
        ("-sin(x)**2", "-((sin(x))**2)"),
        ("where(x+1<y*2, x, y)", "where((x+1)<(y*2), x, y)"),
    ],
)
def test_operators_bind_as_in_python(text: str, bracketed: str) -> None:
    assert ours(parse(text).tree) == ours(parse(bracketed).tree)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-3**2", -9.0),
        ("2**-1", 0.5),
        ("2^3^2", 512.0),
        ("10-4-3", 3.0),
        ("24/4/2", 3.0),
        ("7%4*2", 6.0),
        ("-7%4", 1.0),
    ],
)
def test_numbers_come_out_as_on_paper(text: str, value: float) -> None:
    assert parse(text).value((0, 0)) == value


@pytest.mark.parametrize(
    ("text", "value"), [("3.", 3.0), (".5", 0.5), ("2.5E2", 250.0), ("1e-3", 1e-3), ("00.10", 0.1)]
)
def test_numbers_may_be_written_as_in_python(text: str, value: float) -> None:
    tree = parse(text).tree
    assert isinstance(tree, Number)
    assert tree.value == value


@pytest.mark.parametrize(("left", "right"), [("(", ")"), ("sin(", ")"), ("-", ""), ("2**", ""), ("where(x<y,1,", ")")])
def test_nesting_is_limited_whatever_it_is_made_of(left: str, right: str) -> None:
    def nested(times: int) -> str:
        return left * times + "x" + right * times

    assert parse(nested(MAX_LEVELS // 2)).text
    with pytest.raises(FormulaError, match="nested too deeply"):
        parse(nested(MAX_LEVELS + 1)[:300])


@pytest.mark.parametrize("part", ["-x", "(x)", "sin(x)", "x**2", "2**-x", "where(x<y,1,2)"])
def test_what_stands_side_by_side_is_not_nested(part: str) -> None:
    text = "+".join([part] * (MAX_LEVELS + 1))
    assert ours(parse_expression(text, Budget(1000))) == pythons(ast.parse(text, mode="eval"))


def test_a_formula_may_have_150_parts_and_300_characters() -> None:
    assert parse("+".join(["x"] * 75)).value((1, 0)) == 75
    with pytest.raises(FormulaError, match="150 parts"):
        parse("+".join(["x"] * 76))
    assert parse(" " * 299 + "x").value((1, 0)) == 1
    with pytest.raises(FormulaError, match="300 characters; this one has 301"):
        parse(" " * 300 + "x")
