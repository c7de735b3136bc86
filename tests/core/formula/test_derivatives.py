"""Values and derivatives against torch's own autograd, at kinks, and at the edges of what a point may be."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from core.formula import FormulaError, emit, parse
from core.formula.graph import Graph
from core.formula.torch_code import objective_function
from core.formula.tree import Binary, Call, Compare, Expression, Name, Negative, Number

Array = npt.NDArray[np.float64]

POINTS = 4
# Each point is also computed with every intermediate result moved by a few units in the last place.
WOBBLED = 3
WOBBLE = 4 * np.finfo(float).eps
# A number counts as well conditioned if that moves it by less than this, relatively …
CONDITION = 1e-12
# … and then the two sides, which round differently in up to a hundred operations, must agree to this …
TOLERANCE = 1e-10
# … or to this, because y/-y has the slope 0 on one side and one of two roundings on the other.
ROUNDING = 1e-13

_TORCH: dict[str, Callable[..., torch.Tensor]] = {
    "sqrt": torch.sqrt, "exp": torch.exp, "log": torch.log, "sin": torch.sin, "cos": torch.cos, "tan": torch.tan,
    "asin": torch.asin, "acos": torch.acos, "atan": torch.atan, "sinh": torch.sinh, "cosh": torch.cosh,
    "abs": torch.abs, "floor": torch.floor,
    "ln": torch.log,
    # torch's own slope of tanh is 1 - tanh**2, which has no correct digit where tanh is close to 1.
    "tanh": lambda a: 2 / (1 + torch.exp(-2 * a)) - 1,
    # NaN is passed on.
    "sign": lambda a: torch.where(a.isnan(), a, torch.sign(a)),
    "min": torch.minimum, "max": torch.maximum,
    "clip": lambda a, low, high: _TORCH["min"](_TORCH["max"](a, low), high),
    "where": torch.where,
    "+": torch.add, "-": torch.sub, "*": torch.mul, "/": torch.div, "%": torch.remainder, "**": torch.pow,
    "<": torch.lt, "<=": torch.le, ">": torch.gt, ">=": torch.ge, "==": torch.eq, "!=": torch.ne,
}  # fmt: skip


def by_torch(tree: Expression, x: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
    """``tree`` interpreted with torch's functions; all columns of ``x`` but every fourth are computed with wobble."""
    clean = np.arange(x.shape[1]) % (1 + WOBBLED) == 0

    def visit(node: Expression) -> torch.Tensor:
        match node:
            case Number(value):
                return torch.tensor(value, dtype=torch.float64)
            case Name("x" | "y" as name):
                return x["xy".index(name)]
            case Name(name):
                return torch.tensor({"pi": np.pi, "e": np.e}[name], dtype=torch.float64)
            case Negative(operand):
                return -visit(operand)
            case Compare(operator, left, right):
                return _TORCH[operator](visit(left), visit(right))
            case Binary(operator, left, right):
                return wobbled(operator, _TORCH[operator](visit(left), visit(right)))
            case Call(function, arguments):
                return wobbled(function, _TORCH[function](*[visit(argument) for argument in arguments]))

    def wobbled(operation: str, value: torch.Tensor) -> torch.Tensor:
        # Whole numbers stay whole, or a power of a negative number would be lost.
        if value.ndim == 0 or operation in ("floor", "sign"):
            return value
        factors = 1 + random.uniform(-WOBBLE, WOBBLE, value.shape)
        return value * torch.from_numpy(np.where(clean, 1.0, factors))

    return visit(tree).expand(x.shape[1])


@dataclass(frozen=True)
class Reference:
    """Numbers from torch, of shape (..., points), and whether each is finite and well conditioned."""

    numbers: Array
    sound: npt.NDArray[np.bool_]


def reference(values: torch.Tensor, defined: torch.Tensor) -> Reference:
    """What to compare with; ``defined`` are the function's values, without which no slope counts."""
    table = values.detach().numpy().reshape(*values.shape[:-1], POINTS, 1 + WOBBLED)
    with np.errstate(all="ignore"):
        spread = np.abs(table - table[..., :1]).max(axis=-1)
        sound = spread <= CONDITION * np.abs(table[..., 0])
    finite = torch.isfinite(values) & torch.isfinite(defined)
    return Reference(table[..., 0], sound & finite.numpy().reshape(table.shape).all(axis=-1))


def slopes(value: torch.Tensor, x: torch.Tensor, create_graph: bool) -> torch.Tensor:
    if not value.requires_grad:
        return torch.zeros_like(x)
    (gradient,) = torch.autograd.grad(value.sum(), x, create_graph=create_graph, allow_unused=True)
    return torch.zeros_like(x) if gradient is None else gradient


def agrees(ours: Array, torchs: Reference) -> bool:
    """Whether at some point all numbers could be compared; asserts that those which could are equal."""
    assert ours.shape == torchs.numbers.shape
    np.testing.assert_allclose(ours[torchs.sound], torchs.numbers[torchs.sound], rtol=TOLERANCE, atol=ROUNDING)
    return bool(torchs.sound.reshape(-1, POINTS).all(axis=0).any())


def cases(
    random_formula: Callable[[np.random.Generator, int], str], seed: int, count: int
) -> list[tuple[str, Array, torch.Tensor, torch.Tensor]]:
    """Formulas with points (2, POINTS), the same points repeated for torch, and torch's values there."""
    random = np.random.default_rng(seed)
    drawn = []
    while len(drawn) < count:
        text = random_formula(random, int(random.integers(1, 5)))
        try:
            formula = parse(text)
        except FormulaError:  # More than 300 characters or 24 levels.
            continue
        points = random.uniform(0.2, 1.6, (2, POINTS)) * random.choice([1.0, 1.0, 1.0, -1.0], (2, POINTS))
        x = torch.from_numpy(np.repeat(points, 1 + WOBBLED, axis=1)).requires_grad_()
        drawn.append((text, points, x, by_torch(formula.tree, x, random)))
    return drawn


def test_values_and_gradients_of_random_formulas_are_those_of_torch(
    random_formula: Callable[[np.random.Generator, int], str],
) -> None:
    values_compared = gradients_compared = not_zero = 0
    for text, points, x, value in cases(random_formula, 4, 2000):
        formula = parse(text)
        try:
            values_compared += agrees(formula.value(points), reference(value, value))
            torchs = reference(slopes(value, x, create_graph=False), value)
            for ours in (formula.grad(points), np.stack([formula.grad(point) for point in points.T], axis=-1)):
                compared = agrees(ours, torchs)
            gradients_compared += compared
            not_zero += compared and bool(torchs.numbers[torchs.sound].any())
        except AssertionError as error:
            raise AssertionError(text) from error
    assert values_compared >= 1500
    assert gradients_compared >= 1500
    # Constants alone would not test a chain rule.
    assert not_zero >= 1100


def test_hessians_of_random_formulas_are_those_of_torch(
    random_formula: Callable[[np.random.Generator, int], str],
) -> None:
    compared = 0
    for text, points, x, value in cases(random_formula, 5, 400):
        gradient = slopes(value, x, create_graph=True)
        torchs = reference(torch.stack([slopes(row, x, create_graph=True) for row in gradient]), value)
        try:
            compared += agrees(parse(text).hessian(points), torchs)
        except AssertionError as error:
            raise AssertionError(text) from error
    assert compared >= 300


def test_the_torch_function_of_a_formula_gives_its_values(
    random_formula: Callable[[np.random.Generator, int], str],
) -> None:
    compared = 0
    for text, points, _, value in cases(random_formula, 6, 500):
        formula, torchs = parse(text), reference(value, value)
        function = objective_function(formula)
        values = function(torch.from_numpy(points))
        assert values.dtype == torch.float64
        try:
            compared += agrees(values.numpy(), torchs)
        except AssertionError as error:
            raise AssertionError(text) from error
        (x, y), sound = points[:, 0], torchs.sound[0]
        if sound:
            one = function(torch.tensor([x, y], dtype=torch.float64)).numpy()
            np.testing.assert_allclose(one, formula.value((x, y)), rtol=TOLERANCE)
    assert compared >= 300


FUNCTIONS_OF_X = [
    "sqrt(x)", "exp(x)", "log(x)", "ln(x)", "sin(x)", "cos(x)", "tan(x)", "asin(x)", "acos(x)", "atan(x)", "sinh(x)",
    "cosh(x)", "tanh(x)", "abs(x)", "sign(x)", "floor(x)", "min(x, 1/2)", "max(x, 1/2)", "clip(x, 0.4, 0.6)",
    "where(x > 0.5, x**2, x)", "x % 0.3", "2 % x", "x**0.3", "2**x", "x**x", "x**-3", "1/x", "-x", "x**7", "x^16",
    "x**17", "x**-16", "x**-17",
]  # fmt: skip


@pytest.mark.parametrize("text", FUNCTIONS_OF_X)
def test_each_function_has_the_value_and_both_derivatives_of_torch(text: str) -> None:
    formula = parse(text, ("x",))
    points = np.array([[0.12, 0.37, 0.71, 0.93]])
    x = torch.from_numpy(np.repeat(np.vstack([points, points]), 1 + WOBBLED, axis=1)).requires_grad_()
    value = by_torch(formula.tree, x, np.random.default_rng(7))
    slope = slopes(value, x, create_graph=True)
    # Nothing here is ill conditioned: a few roundings each, in the second derivative a few more.
    first, second = slope[0], slopes(slope[0], x, create_graph=False)[0]
    for ours, torchs in (
        (formula.value(points), value),
        (formula.grad(points)[0], first),
        (formula.hessian(points)[0, 0], second),
    ):
        np.testing.assert_allclose(ours, torchs.detach().numpy()[:: 1 + WOBBLED], rtol=1e-12, atol=0)


ORIGIN = (0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "point", "gradient"),
    [
        ("sqrt(x**2 + y**2)", ORIGIN, (0, 0)),
        ("(x**2 + y**2)**0.5", ORIGIN, (0, 0)),
        ("sqrt(x**2)*y", (0, 3), (0, 0)),
        ("sqrt(x)", (0, 1), (np.inf, 0)),
        ("abs(x) + y", ORIGIN, (0, 1)),
        ("abs(-x)", ORIGIN, (0, 0)),
        ("sign(x)", ORIGIN, (0, 0)),
        ("sign(x)", (2, 0), (0, 0)),
        ("min(x, y)", (1, 1), (0.5, 0.5)),
        ("max(y, x)", (1, 1), (0.5, 0.5)),
        ("max(2*y, x + 1)", (1, 1), (0.5, 1)),
        ("max(x, 0) + max(0, y)", ORIGIN, (0.5, 0.5)),
        ("max(x, x)", (1, 1), (1, 0)),
        ("max(0, 1 - x*y)", (1, 1), (-0.5, -0.5)),
        ("max(1, sqrt(x))", ORIGIN, (0, 0)),
        ("clip(x, 1, 5)", (1, 0), (0.5, 0)),
        ("clip(x, 1, 5)", (0.5, 0), (0, 0)),
        ("clip(x, 1, 5)", (5, 0), (0.5, 0)),
        ("clip(x, 1, 5)", (6, 0), (0, 0)),
        ("clip(3, x, y)", (1, 2), (0, 1)),
        ("floor(x)", (2, 0), (0, 0)),
        ("floor(x)*x", (2.5, 0), (2, 0)),
        ("x % y", (7, 3), (1, -2)),
        ("where(x >= 0, x, -x)", ORIGIN, (1, 0)),
        ("where(x > 0, sqrt(x), 0)", (0, 1), (0, 0)),
        ("where(x > 0, log(x), x)", (-1, 1), (1, 0)),
        ("x**2", ORIGIN, (0, 0)),
        ("x**1", ORIGIN, (1, 0)),
        ("x**0", ORIGIN, (0, 0)),
        ("x**1.5", ORIGIN, (0, 0)),
        ("x**y", (0, 2), (0, 0)),
        ("x**y", (0, 1), (1, 0)),
        ("x*sqrt(x)", (0, 1), (0, 0)),
        ("sqrt(x)*y", ORIGIN, (0, 0)),
        ("exp(-1/x**2) + y", ORIGIN, (0, 1)),
        ("x**(0*y)", (0, 1), (0, 0)),
        ("x**(2 + 0*y)", (-1.5, 1), (-3, 0)),
        ("x**max(2, y)", (-1.5, 1), (-3, 0)),
        ("tanh(x)", (30, 0), (4*np.exp(-60), 0)),
        ("3", (1, 2), (0, 0)),
        ("pi*e", (1, 2), (0, 0)),
        ("x", (1, 2), (1, 0)),
    ],
)  # fmt: skip
def test_a_kink_or_an_edge_has_the_promised_gradient(
    text: str, point: tuple[float, float], gradient: tuple[float, float]
) -> None:
    formula = parse(text)
    # A single point and a batch are different code. The numbers are exact but for the two exponentials.
    np.testing.assert_allclose(formula.grad(point), gradient, rtol=1e-14)
    np.testing.assert_allclose(formula.grad(np.array(point)[:, None]), np.array(gradient)[:, None], rtol=1e-14)


@pytest.mark.parametrize("text", ["abs(x)", "floor(x)", "sign(y)", "4", "x + 2*y", "min(x, y)", "where(x > 0, x, 2*y)"])
def test_the_hessian_is_zero_where_slopes_are_constant_or_jump(text: str) -> None:
    assert np.array_equal(parse(text).hessian(ORIGIN), np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9**9**9", np.inf),
        ("9**9**9*x", np.inf),
        ("(-8)**(1/3)", np.nan),
        ("(-8.0)**(1/3)", np.nan),
        ("0.0**-1", np.inf),
        ("0**0", 1.0),
        ("1/0", np.inf),
        ("-1/0", -np.inf),
        ("0/0", np.nan),
        ("log(0)", -np.inf),
        ("sqrt(-1)", np.nan),
        ("5 % 0", np.nan),
        ("asin(2)", np.nan),
        ("min(0/0, x)", np.nan),
        ("min(x, 0/0)", np.nan),
        ("max(0/0*x, x)", np.nan),
        ("max(x, 0/0*x)", np.nan),
        ("sign(0/0*x)", np.nan),
        ("abs(log(x - 1))", np.inf),
        ("where(0/0 < x, 1, 2)", 2.0),
    ],
)
def test_what_has_no_finite_value_is_inf_or_nan(text: str, value: float) -> None:
    # Python's own integers would take hours for the first of these.
    formula = parse(text)
    results = [
        formula.value((1.0, 2.0)),
        formula.value([[1.0], [2.0]])[0],
        objective_function(formula)(torch.tensor([1.0, 2.0]).double()),
    ]
    for result in results:
        np.testing.assert_equal(np.asarray(result), np.asarray(value))


@pytest.mark.parametrize("exponent", range(1, 17))
def test_a_small_whole_power_is_a_product(exponent: int) -> None:
    points = np.random.default_rng(8).uniform(-3, 3, (1, 100))
    power, product = parse(f"x**{exponent}", ("x",)), parse("*".join(["x"] * exponent), ("x",))
    # One rounding per multiplication, in another order.
    np.testing.assert_allclose(power.value(points), product.value(points), rtol=16e-16)
    np.testing.assert_allclose(power.grad(points), product.grad(points), rtol=1e-14)
    np.testing.assert_allclose(power.hessian(points), product.hessian(points), rtol=1e-14, atol=0)
    inverse = parse(f"x**-{exponent}", ("x",)).value(points)
    np.testing.assert_allclose(inverse * power.value(points), np.ones(100), rtol=1e-15)


@pytest.mark.parametrize("method", ["value", "grad", "hessian"])
@pytest.mark.parametrize(
    ("variables", "given", "same"),
    [
        (("x",), 2, [2.0]),
        (("x",), np.float64(2), [2.0]),
        (("x",), np.array(2), [2.0]),
        (("x",), [2], [2.0]),
        (("x",), [[1, 2]], [[1.0, 2.0]]),
        (("x", "y"), (1, 2), [1.0, 2.0]),
        (("x", "y"), np.array([1, 2], dtype=np.int32), [1.0, 2.0]),
        (("x", "y"), np.array([1, 2], dtype=np.float32), [1.0, 2.0]),
        (("x", "y"), [[1, 2, 3], [4, 5, 6]], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        (("x", "y"), np.asfortranarray([[1, 2, 3], [4, 5, 6]]), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    ],
)
@pytest.mark.parametrize("text", ["x**3 - x", "5"])
def test_points_may_be_integers_and_lists_and_results_are_float64_arrays(
    text: str, variables: tuple[str, ...], given: Any, same: Any, method: str
) -> None:
    formula = parse(text, variables)
    result = getattr(formula, method)(given)
    assert isinstance(result, np.ndarray)
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result, getattr(formula, method)(np.array(same)), strict=True)


@pytest.mark.parametrize("method", ["value", "grad", "hessian"])
@pytest.mark.parametrize(
    ("variables", "shape"),
    [
        (("x", "y"), ()),
        (("x", "y"), (1,)),
        (("x", "y"), (3,)),
        (("x", "y"), (3, 2)),
        (("x", "y"), (0,)),
        (("x",), (2,)),
        (("x",), (2, 1)),
    ],
)
def test_a_wrong_number_of_rows_is_refused_by_name(
    method: str, variables: tuple[str, ...], shape: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match=f"Points of {', '.join(variables)} have {len(variables)} rows") as refused:
        getattr(parse("x", variables), method)(np.zeros(shape))
    assert str(shape) in str(refused.value)


@pytest.mark.parametrize("method", ["value", "grad", "hessian"])
@pytest.mark.parametrize(
    "text", ["x", "5", "-x", "x*y - y", "sin(x) + y", "(1-x)**2 + 100*(y-x**2)**2", "max(x, y)*x + floor(abs(-y))"]
)
def test_points_are_left_as_they_were_and_results_are_new(text: str, method: str) -> None:
    points = np.random.default_rng(9).uniform(1, 2, (2, 5))
    before = points.copy()
    compute = getattr(parse(text), method)
    result = compute(points)
    kept = result.copy()
    assert np.array_equal(points, before)
    result[...] = np.nan
    assert np.array_equal(points, before)
    assert np.array_equal(compute(points), kept)


@pytest.mark.parametrize("dialect", [emit.SCALAR, emit.ARRAY], ids=["scalar", "array"])
def test_constants_in_generated_code_are_float64_and_not_pythons_floats(dialect: emit.Dialect) -> None:
    graph = Graph()
    (number,) = emit.function(graph, [], [graph.constant(-8)], dialect)()
    # Python's own float would make this a complex number.
    assert type(number) is np.float64


def test_a_formula_may_have_other_variables() -> None:
    formula = parse("a*b + c", ("a", "b", "c"))
    assert formula.value((2, 3, 4)) == 10
    assert formula.grad((2, 3, 4)).tolist() == [3, 2, 1]
    assert formula.hessian((2, 3, 4)).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]


def test_a_constant_formula_can_be_differentiated_by_torch() -> None:
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    objective_function(parse("3"))(x).backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0, 0]
