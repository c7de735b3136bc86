"""Derivatives written out as readable NumPy: they are the derivatives, and they read like a person's."""

import re

import numpy as np
import numpy.typing as npt
import pytest

from core import OBJECTIVES
from core.export.straight import gradient_source, hessian_source
from core.formula import Formula, parse

Array = npt.NDArray[np.float64]

# How operations nest, where brackets matter; functions; kinks; what folds away.
FORMULAS = (
    "sin(x - (y - x*y))**2", "sin(x - (y + x))*x", "exp(x/(y/x))", "exp(x/(y*x*x))", "sin((x % 2) % y)*x*y",
    "sin(x % (y % 2))*x",
    "-y % 2/y", "x - -x % y*y", "(x - y)**3/(x + y)", "(x**y)**2", "x**(y**2)", "(-x)**2*y", "-(x**2)*y",
    "-sin(x)*-cos(y)",
    "2**x*3**-y", "(x + 3)**(y - 0.5)", "sqrt(x**2 + y**2)", "log(x**2 + 1)*tan(y/9)", "asin(x/9)*acos(y/9)*atan(x*y)",
    "sinh(x)*cosh(y)*tanh(x*y)", "abs(x - y)*sign(x + y)", "floor(3*x)*y", "min(x**2, y**2)", "max(x*y, x + y)*x",
    "clip(x*y, -1, 1)*x", "where(x > y, x**2*y, y**2 - x)", "where(x*x <= y, sin(x), where(y != x, x*y, 1))", "7", "x",
    "y**2", "pi*x**2 - e*y*2*pi", "1e30*x**2*y", "0.1*x*y**2", "x**16*y", "x**2.5*y", "1/x**2", "x/y - y/x - (x - y)/2",
    "(-x)**y*x", "(-2)**x*y", "(1/0 - x)**2", "x*(0/0)*y",
)  # fmt: skip


def _evaluated(name: str, source: str, points: Array) -> Array:
    scope = {"np": np}
    exec(source, scope)
    with np.errstate(all="ignore"):
        return np.moveaxis(np.array([scope[name](*point) for point in points.T]), 0, -1)


def _assert_exact(formula: Formula, points: Array) -> None:
    for name, source, expected in (
        ("gradient", gradient_source(formula), formula.grad(points)),
        ("hessian", hessian_source(formula), formula.hessian(points)),
    ):
        values = _evaluated(name, source, points)
        assert values.dtype == np.float64
        finite = np.abs(expected[np.isfinite(expected)])
        # Powers are products there and pow here; near a zero, large terms cancel.
        np.testing.assert_allclose(values, expected, rtol=1e-11, atol=1e-13 * finite.max(initial=1.0), err_msg=source)


@pytest.mark.parametrize("key", OBJECTIVES)
def test_the_derivatives_of_an_objective_are_written_out_exactly(key: str) -> None:
    objective = OBJECTIVES[key]
    random = np.random.default_rng(3)
    inside = np.array([random.uniform(*bounds, size=30) for bounds in objective.domain])
    _assert_exact(objective.parsed, np.column_stack([inside, np.zeros(objective.dimension), *objective.minima]))


@pytest.mark.parametrize("text", FORMULAS)
def test_the_derivatives_of_a_formula_are_written_out_exactly(text: str) -> None:
    random = np.random.default_rng(4)
    _assert_exact(parse(text), np.column_stack([random.uniform(-2, 2, size=(2, 40)), [0.0, 0.0], [1.0, 1.0]]))


def test_the_steps_are_named_after_what_they_are() -> None:
    assert gradient_source(OBJECTIVES["rosenbrock"].parsed).splitlines() == [
        "def gradient(x, y):",
        '    """The exact gradient, by the chain rule."""',
        "    difference_1 = y - x**2",
        "    return np.array([-2*(1 - x) - 400*(x*difference_1), 200*difference_1], dtype=float)",
    ]


@pytest.mark.parametrize("text", FORMULAS)
def test_every_step_is_used_and_no_number_has_a_name(text: str) -> None:
    for source in (gradient_source(parse(text)), hessian_source(parse(text))):
        names = re.findall(r"^    (\w+) = (.*)$", source, re.MULTILINE)
        for name, value in names:
            assert len(re.findall(rf"\b{name}\b", source)) > 1
            assert re.search(r"[a-z]", value)
