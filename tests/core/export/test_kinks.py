"""Kinks: value and derivatives are the same in every dialect, wherever a point stands."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core import OBJECTIVES, Run
from core.export import numpy_script, torch_script
from core.formula import parse
from core.formula.torch_code import objective_function
from tests.programs import run_here

FORMULAS = (
    "max(x, 0) + y", "max(0, x)*max(y, x)", "min(x, y)*x", "min(max(x, 0), y)", "clip(x, -1, 1) + clip(y, 0, 1)*x",
    "max(0, 1 - x*y) + 0.05*(x**2 + y**2)", "sqrt(x**2 + y**2)", "sqrt(x**2)*y", "sqrt(abs(x)) + y", "abs(x)*abs(y)",
    "(x**2)**0.5 + abs(y)**1.5", "abs(x - y)**0.3*y", "x**(2 + 0*y)", "x**max(2, y)", "max(1, sqrt(x)) + y**2",
    "min(1, exp(x*500)) + y", "max(log(x), 0)*y", "where(x > 0, x*log(x), 0) + y**2", "where(x > y, sqrt(x - y), x)",
    "1 % x + y", "x % y", "2*x % 1", "tanh(20*x) + y", "asin(x)*y", "acos(x) + abs(y)", "sign(x)*y + floor(y)",
    "where(x > 0, 1, 0)*y", "y/where(x > 0, 1, 0)", "2**where(x > 0, -1, 1) + y", "1/max(x, 0) + y",
    "1/min(-x*0, x*0) + y", "max(sqrt(x), sqrt(y))", "x*sqrt(x) + y*sqrt(abs(y))",
    "sqrt(x)*y", "sqrt(x)**2 + y", "exp(-1/x**2) + exp(-1/y**4)*x", "log(max(x, y))",
    "exp(-max(0, x)**2) + max(y, 0)**3", "3",
)  # fmt: skip
POINTS = list(product((-1.0, -0.5, 0.0, 1.0, 1.5), repeat=2))


def _by_torch(objective: Any, point: tuple[float, ...]) -> tuple[Any, Any, Any]:
    x = torch.tensor(point, dtype=torch.float64, requires_grad=True)
    value = objective(x)
    (slopes,) = torch.autograd.grad(value, x, create_graph=True)
    rows = [
        torch.autograd.grad(slope, x, retain_graph=True, materialize_grads=True)[0]
        if slope.requires_grad
        else torch.zeros(2, dtype=torch.float64)
        for slope in slopes
    ]
    return value.detach().numpy(), slopes.detach().numpy(), torch.stack(rows).numpy()


def _same(given: Any, expected: Any, what: Any) -> None:
    # A few roundings each.
    np.testing.assert_allclose(given, expected, rtol=1e-12, atol=1e-14, err_msg=str(what))


@pytest.mark.parametrize(
    "text", [*FORMULAS, *(objective.formula for objective in OBJECTIVES.values() if objective.dimension == 2)]
)
def test_every_dialect_has_the_same_value_and_derivatives_at_a_kink(text: str, tmp_path: Path) -> None:
    formula = parse(text)
    # A rule that asks for everything, so that everything is written.
    rule = "x = x - lr*(g + 0*hessian_diag(x))"
    run = Run(text, rule, (0.5, 0.25), 1, {"lr": 0.0})
    numpy, in_torch = (run_here(write(run), tmp_path) for write in (numpy_script, torch_script))
    function = objective_function(formula)
    array = np.array(POINTS).T
    many = formula.value(array), formula.grad(array), formula.hessian(array)
    for column, point in enumerate(POINTS):
        value, slopes, second = formula.value(point), formula.grad(point), formula.hessian(point)
        for whole, one in zip(many, (value, slopes, second), strict=True):
            _same(whole[..., column], one, point)
        if not np.isfinite(value):
            continue
        scalars = [np.float64(number) for number in point]
        with np.errstate(all="ignore"):
            _same(numpy.names["objective"](*scalars), value, point)
            _same(numpy.names["gradient"](*scalars), slopes, point)
            _same(numpy.names["hessian"](*scalars), second, point)
        for objective in (function, lambda x: in_torch.names["objective"](*x)):
            torchs = _by_torch(objective, point)
            _same(torchs[0], value, point)
            if np.isfinite(slopes).all():
                _same(torchs[1], slopes, point)
            if np.isfinite(slopes).all() and np.isfinite(second).all():
                _same(torchs[2], second, point)
