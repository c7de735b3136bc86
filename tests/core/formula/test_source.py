"""Trees as Python source: what exported code computes is what the formula says, in NumPy and in torch."""

import ast
import math
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest

from core import OBJECTIVES
from core.formula import Formula, FormulaError, parse
from core.formula.graph import Graph
from core.formula.lower import lower
from core.formula.source import Library, python_source
from core.formula.syntax import Budget, parse_expression
from core.formula.tree import Binary, Call, Compare, Expression, Name, Negative, Number, names_in, walk
from core.formula.vocabulary import CONSTANTS, FUNCTIONS

Array = npt.NDArray[np.float64]

libraries = pytest.mark.parametrize("library", get_args(Library))


def _tree(text: str) -> Expression:
    return parse_expression(text, Budget(10_000))


def _evaluated(text: str, library: Library, x: Array, y: Array) -> Array:
    """What the source ``text`` gives at the points (x, y); the source was written by us, from a checked tree."""
    if library == "numpy":
        with np.errstate(all="ignore"):
            result = eval(text, {"np": np, "x": x, "y": y})
    else:
        import torch

        names = {"x": torch.tensor(x), "y": torch.tensor(y), "torch": torch, "math": math}
        result = eval(text, names)
    return np.broadcast_to(np.asarray(result, dtype=np.float64), x.shape)


def _points(domain: tuple[tuple[float, float], ...], seed: int) -> Array:
    random = np.random.default_rng(seed)
    rows = [random.uniform(*domain[column % len(domain)], size=200) for column in range(2)]
    return np.array(rows)


def _assert_same(formula: Formula, library: Library, points: Array) -> None:
    x, y = points
    source = python_source(formula.tree, library)
    expected = formula.value(points[: len(formula.variables)])
    values = _evaluated(source, library, x, y)
    # Powers are products there and pow here, and libraries round functions differently: a few roundings of the
    # largest number on the way.
    np.testing.assert_allclose(values, expected, rtol=1e-11, atol=1e-11, err_msg=source)


@libraries
@pytest.mark.parametrize("key", OBJECTIVES)
def test_the_source_of_an_objective_computes_the_objective(key: str, library: Library) -> None:
    objective = OBJECTIVES[key]
    points = _points(objective.domain, 2)
    source = python_source(objective.parsed.tree, library)
    expected = objective.parsed.value(points[: objective.dimension])
    # Relative to the largest value: near a minimum large terms cancel.
    scale = float(np.abs(expected).max())
    np.testing.assert_allclose(_evaluated(source, library, *points), expected, rtol=1e-12, atol=1e-14 * scale)


@libraries
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_written_as_the_library_calls_it(name: str, library: Library) -> None:
    arguments = "x > y, x, y" if name == "where" else ", ".join(("x", "y", "0.5")[: FUNCTIONS[name].arity])
    _assert_same(parse(f"{name}({arguments})"), library, _points(((-0.95, 0.95),), 4))


TABLE: dict[str, tuple[str, str]] = {
    "x + y - 1": ("x + y - 1", "x + y - 1"),
    "x-(y-1)": ("x - (y - 1)", "x - (y - 1)"),
    "x+(y+1)": ("x + (y + 1)", "x + (y + 1)"),
    "(x*y)/2": ("x*y/2", "x*y/2"),
    "x*(y/2)": ("x*(y/2)", "x*(y/2)"),
    "x%2*y": ("x%2*y", "x%2*y"),
    "-x**2": ("-x**2", "-x**2"),
    "(-x)**2": ("(-x)**2", "(-x)**2"),
    "x**-2": ("x**-2", "x**-2"),
    "x**-y**2": ("x**-y**2", "x**-y**2"),
    "x^2^y": ("x**2**y", "x**2**y"),
    "(x**2)**y": ("(x**2)**y", "(x**2)**y"),
    "-(x+y)": ("-(x + y)", "-(x + y)"),
    "-x*y": ("-x*y", "-x*y"),
    "x*-y": ("x*-y", "x*-y"),
    "--x": ("--x", "--x"),
    "2*pi*x": ("2*np.pi*x", "2*math.pi*x"),
    "e**x": ("np.e**x", "math.e**x"),
    "asin(x)": ("np.arcsin(x)", "torch.asin(x)"),
    "ln(x)": ("np.log(x)", "torch.log(x)"),
    "max(x, 0)": ("np.maximum(x, 0)", "torch.maximum(x, torch.tensor(0, dtype=torch.float64))"),
    "clip(x, -1, y)": (
        "np.minimum(np.maximum(x, -1), y)",
        "torch.minimum(torch.maximum(x, torch.tensor(-1, dtype=torch.float64)), y)",
    ),
    "where(x > 0, y, 1)": ("np.where(x > 0, y, 1.0)", "torch.where(x > 0, y, torch.tensor(1, dtype=torch.float64))"),
    "1e-3*x": ("1e-3*x", "1e-3*x"),
    ".5*x": (".5*x", ".5*x"),
    # Numbers that Python would refuse, turn complex or compute without end.
    "(-8)**(1/3)*x": ('float("nan")*x', 'float("nan")*x'),
    "1/0 + x": ('float("inf") + x', 'float("inf") + x'),
    "-1/0 + x": ('float("-inf") + x', 'float("-inf") + x'),
    "0**-1*x": ('float("inf")*x', 'float("inf")*x'),
    "x - 9**9**9": ('x - float("inf")', 'x - float("inf")'),
    "x % (5 % 0)": ('x%float("nan")', 'x%float("nan")'),
    "sqrt(2)*x": ("1.4142135623730951*x", "1.4142135623730951*x"),
    "x**(0 - sqrt(4))": ("x**(0 - 2.0)", "x**(0 - 2.0)"),
    "2**0.5*x": ("2**0.5*x", "2**0.5*x"),
    "x**(1/3)": ("x**(1/3)", "x**(1/3)"),
}


@libraries
@pytest.mark.parametrize("text", TABLE)
def test_an_expression_is_written_as_a_person_would(text: str, library: Library) -> None:
    written = python_source(_tree(text), library)
    expected = TABLE[text][get_args(Library).index(library)]
    # A folded power of a number may keep or lose its brackets.
    assert written == expected or written == expected.replace("(0 - 2.0)", "-2.0")


@libraries
@pytest.mark.parametrize("text", TABLE)
def test_what_is_written_computes_the_formula(text: str, library: Library) -> None:
    _assert_same(parse(text), library, _points(((-2.0, 2.0), (0.1, 2.0)), 3))


# A number that Python's own arithmetic would get wrong, slow or not at all, alone and beside a variable.
FRAGILE = (
    "(-8)**(1/3)", "1/0", "-1/0", "0/0", "0**-1", "0**0", "9**9**9", "9**9**9**9", "5 % 0", "-5 % 0", "2**-1",
    "(2**16)**16", "10**16*10**16", "1000000*1000000*1000000*1000000", "(-2)**2", "(-2)**0.5", "1e100**10", "1e90*1e90",
    "123456789012345678901234567890", "9007199254740993 - 9007199254740992", "9007199254740993", "7 % -3", "7.5 % 0.1",
    "007", "00", "007.5", "00e1", "0", "-0", "1/(0*-1)", "1/(1 - 1)", "sqrt(-1)", "log(0)", "min(1, 2)", "max(1, 0/0)",
    "where(1 < 2, 3, 4)", "where(0/0 < 1, 3, 4)", "sign(0/0)", "floor(-1/2)", "abs(-3)", "pi**e", "e**-pi", "-pi",
    "2**16", "10**16", "1e6**16", "1000001**16", "2**17", "0.5**16", "1e-300**2", "1/1e-100**4", "tan(pi/2)",
)  # fmt: skip


AROUND = ("{}", "x + ({})", "({})*x", "x**({})", "({})**x", "max(x, {})", "-({})", "x % ({})")


@libraries
@pytest.mark.parametrize("number", FRAGILE)
def test_a_fragile_number_becomes_its_float64_value(number: str, library: Library) -> None:
    x = np.array([-1.5, -0.0, 0.5, 2.0])
    for around in AROUND:
        formula = parse(around.format(number))
        source = python_source(formula.tree, library)
        # One power or product, rounded by each library.
        np.testing.assert_allclose(
            _evaluated(source, library, x, x), formula.value(np.array([x, x])), rtol=1e-12, err_msg=source
        )


@libraries
@pytest.mark.parametrize("condition", ["1 < 2", "2 < 1", "pi > e", "0/0 < 1", "x > 1/0", "1/0 > x", "x*0 == 0"])
@pytest.mark.parametrize("branches", ["x, y", "1, 2", "x + 1, 2 - y", "1/0, y"])
def test_a_condition_without_names_is_still_a_condition(condition: str, branches: str, library: Library) -> None:
    _assert_same(parse(f"3*where({condition}, {branches})**2"), library, _points(((-2.0, 2.0),), 6))


UNDEFINED_SOMEWHERE = (
    "sign(x/y)", "min(x/y, 1)", "max(1, x/y)", "clip(x/y, -1, 1)", "abs(x/y)", "floor(x/y)", "where(x/y > 0, 1, 2)",
    "x % y", "x**y", "sqrt(x)", "log(x)",
)  # fmt: skip


@libraries
@pytest.mark.parametrize("text", UNDEFINED_SOMEWHERE)
def test_what_is_undefined_is_undefined_in_both_libraries(text: str, library: Library) -> None:
    special = np.array([0.0, -0.0, 1.0, -2.5, np.inf, -np.inf, np.nan])
    x, y = (row.ravel() for row in np.meshgrid(special, special))
    formula = parse(text)
    values = _evaluated(python_source(formula.tree, library), library, x, y)
    expected = formula.value(np.array([x, y]))
    if text == "x % y":
        # The remainder by an infinite number is a convention of each library.
        finite = np.isfinite(y) & (y != 0)
        values, expected = values[finite], expected[finite]
    np.testing.assert_array_equal(values, expected)


# --- Binding: the source read back by Python's own parser ---

_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%", ast.Pow: "**",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
Nested = tuple[Any, ...]


def _number(value: float) -> Nested:
    return ("number", "nan" if value != value else float(value).hex())


def _ours(tree: Expression) -> Nested:
    """``tree`` as nested tuples, each part without variables as the number it is."""
    if not any(isinstance(node, Name) and node.name not in CONSTANTS for node in walk(tree)):
        graph = Graph()
        value = graph.number(lower(tree, graph, {})[0])
        assert value is not None
        return _number(value)
    match tree:
        case Negative(operand):
            return ("negative", _ours(operand))
        case Binary("/", left, Call("min" | "max" | "clip") as right) if {"x", "y"} & {*names_in(right)}:
            # Which makes a zero one of the sign +.
            return ("/", _ours(left), ("+", _ours(right), _number(0)))
        case Binary(sign, left, right) | Compare(sign, left, right):
            return (sign, _ours(left), _ours(right))
        case Call(function, arguments):
            return (function, *map(_ours, arguments))
        case Name(name):
            return ("name", name)
    raise AssertionError(tree)


def _pythons(node: ast.expr) -> Nested:
    """The same from Python's tree of a source."""
    parts = list(ast.walk(node))
    variables = {part.id for part in parts if isinstance(part, ast.Name)} & {"x", "y"}
    if not variables:
        source = ast.unparse(node)
        return _number(float(eval(source, {"np": np, "math": math})))
    match node:
        case ast.UnaryOp(ast.USub(), operand):
            return ("negative", _pythons(operand))
        case ast.BinOp(left, sign, right):
            return (_SIGNS[type(sign)], _pythons(left), _pythons(right))
        case ast.Compare(left, [sign], [right]):
            return (_SIGNS[type(sign)], _pythons(left), _pythons(right))
        case ast.Call(ast.Name(function), arguments):
            return (function, *map(_pythons, arguments))
        case ast.Name(name):
            return ("name", name)
    raise AssertionError(ast.dump(node))


def _with_our_calls(tree: Expression, library: Library) -> str:
    def call(node: Call) -> str:
        return f"{node.function}({', '.join(python_source(part, library, call) for part in node.arguments)})"

    return python_source(tree, library, call)


@libraries
def test_python_reads_the_source_of_random_formulas_as_the_same_trees(
    random_formula: Callable[[np.random.Generator, int], str], library: Library
) -> None:
    random = np.random.default_rng(11)
    for _ in range(500):
        text = random_formula(random, int(random.integers(1, 6)))
        tree = _tree(text)
        source = _with_our_calls(tree, library)
        assert _pythons(ast.parse(source, mode="eval").body) == _ours(tree), (text, source)


@libraries
def test_the_source_of_random_formulas_computes_them(
    random_formula: Callable[[np.random.Generator, int], str], library: Library
) -> None:
    random = np.random.default_rng(12)
    x, y = points = random.uniform(-2, 2, size=(2, 5))
    compared = 0
    for _ in range(500):
        text = random_formula(random, int(random.integers(1, 5)))
        try:
            formula = parse(text)
        except FormulaError:
            # Too long for a formula.
            continue
        # Where a jump lies, a rounding decides the side; such formulas only have to be computable.
        smooth = not any(
            (isinstance(node, Call) and node.function in ("floor", "sign", "where", "tan"))
            or isinstance(node, Compare)
            or (isinstance(node, Binary) and node.operator in ("%", "**"))
            for node in walk(formula.tree)
        )
        values = _evaluated(python_source(formula.tree, library), library, x, y)
        if smooth:
            compared += 1
            np.testing.assert_allclose(values, formula.value(points), rtol=1e-9, atol=1e-9, err_msg=text)
    assert compared > 100


def test_what_is_called_specially_is_written_specially() -> None:
    text = python_source(
        _tree("2*max(x, 1)**2 - sin(y)"), "torch", lambda call: "special" if call.function == "max" else None
    )
    assert text == "2*special**2 - torch.sin(y)"


def test_a_number_is_written_with_the_digits_it_was_typed_with() -> None:
    assert python_source(_tree("0.30*x + 1.e2"), "numpy") == "0.30*x + 1.e2"
    assert isinstance(_tree("0.30"), Number)
