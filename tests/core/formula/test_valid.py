"""Formulas with values, gradients and Hessians computed elsewhere with 30 digits."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from core.formula import parse

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("valid.json").read_text())["formulas"]
FORMULAS = [case["formula"] for case in CASES]
Array = npt.NDArray[np.float64]

# A formula is a dozen operations of half a unit in the last place each (1e-16); 1e-12 leaves room for the conditioning
# of the listed formulas and for none of the usual mistakes, which show in the first digits.
TOLERANCE = 1e-12


def expected(case: dict[str, Any]) -> tuple[Array, Array, Array, Array]:
    """Points (2, n), values (n,), gradients (2, n) and Hessians (2, 2, n)."""
    points = case["points"]
    hessians = [[[p["hess"][0], p["hess"][1]], [p["hess"][1], p["hess"][2]]] for p in points]
    return (
        np.array([[p["x"], p["y"]] for p in points]).T,
        np.array([p["value"] for p in points]),
        np.array([p["grad"] for p in points]).T,
        np.moveaxis(np.array(hessians), 0, -1),
    )


def check(actual: Array, reference: Array) -> None:
    # Where the reference is 0 there is nothing to be relative to.
    error = np.abs(actual - reference)
    assert actual.shape == reference.shape
    assert np.all(error <= np.where(reference == 0, TOLERANCE, TOLERANCE * np.abs(reference)))


@pytest.mark.parametrize("case", CASES, ids=FORMULAS)
def test_a_formula_agrees_with_its_reference_at_each_point(case: dict[str, Any]) -> None:
    formula = parse(case["formula"])
    points, values, gradients, hessians = expected(case)
    for column in range(points.shape[1]):
        check(formula.value(points[:, column]), values[column])
        check(formula.grad(points[:, column]), gradients[:, column])
        check(formula.hessian(points[:, column]), hessians[..., column])


@pytest.mark.parametrize("case", CASES, ids=FORMULAS)
def test_a_formula_agrees_with_its_reference_at_all_points_at_once(case: dict[str, Any]) -> None:
    formula = parse(case["formula"])
    points, values, gradients, hessians = expected(case)
    check(formula.value(points), values)
    check(formula.grad(points), gradients)
    check(formula.hessian(points), hessians)


@pytest.mark.parametrize("batch", [(), (0,), (1,), (3,), (2, 3), (0, 3), (2, 0), (2, 3, 4)], ids=str)
@pytest.mark.parametrize("text", [*FORMULAS, "7", "x", "pi*e"])
def test_results_have_the_shape_of_the_batch(text: str, batch: tuple[int, ...]) -> None:
    formula = parse(text)
    points = np.full((2, *batch), 0.75)
    for result, shape in ((formula.value(points), ()), (formula.grad(points), (2,)), (formula.hessian(points), (2, 2))):
        assert isinstance(result, np.ndarray)
        assert result.dtype == np.float64
        assert result.shape == (*shape, *batch)


@pytest.mark.parametrize("text", FORMULAS)
def test_every_place_of_a_large_batch_holds_its_own_point(text: str) -> None:
    # More points than are computed at once, in rows and columns, and not contiguous in memory.
    points = np.random.default_rng(1).uniform(0.3, 0.9, (150, 140, 2)).transpose(2, 0, 1)
    formula = parse(text)
    values, gradients, hessians = formula.value(points), formula.grad(points), formula.hessian(points)
    for row, column in ((0, 0), (0, 139), (75, 12), (149, 139), (58, 71), (58, 72)):
        point = points[:, row, column]
        # One point and many are computed by different loops, which may differ in the last place of each operation.
        np.testing.assert_allclose(values[row, column], formula.value(point), rtol=TOLERANCE, atol=1e-14)
        np.testing.assert_allclose(gradients[:, row, column], formula.grad(point), rtol=TOLERANCE, atol=1e-13)
        np.testing.assert_allclose(hessians[..., row, column], formula.hessian(point), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_hessian_is_exactly_symmetric(text: str) -> None:
    hessian = parse(text).hessian(np.random.default_rng(2).uniform(0.3, 0.9, (2, 50)))
    assert np.array_equal(hessian[0, 1], hessian[1, 0])
