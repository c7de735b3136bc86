"""Bounds behind a formula: a box that holds runs, and the steps after which an objective begins anew."""

import os
from random import Random

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace, trace_many
from core.catalogue.objectives import Objective, boxed, own_objective, penalised
from core.engine.status import Outcome
from core.formula import FormulaError, parse, read

BREAKING = "where(t == 1, 1010*x, -10*x); t: (1, 101); x: (-1, 1)"
DRAWN = Random(f"{os.environ['TEST_SEED']} bounds").sample(list(OBJECTIVES.values()), 8)


@pytest.mark.parametrize("text", ["t*x**2 - sin(t*y)", "where(t == 2, abs(x), y/t)", "x + exp(y)/t"])
def test_a_formula_of_the_step_is_the_mean_over_its_cycle(text: str) -> None:
    whole = parse(f"{text}; t: (1, 5)")
    parts = [
        parse(text.replace("t ", f"{step} ").replace("t*", f"{step}*").replace("/t", f"/{step}"))
        for step in range(1, 6)
    ]
    x = np.random.default_rng(3).normal(size=(2, 7))
    # The same terms in another order.
    for of in ("value", "grad", "hessian"):
        mean = np.mean([getattr(part, of)(x) for part in parts], axis=0)
        np.testing.assert_allclose(getattr(whole, of)(x), mean, rtol=1e-13, atol=1e-15)


def test_each_step_is_given_the_gradient_of_its_own_part() -> None:
    path = trace(Run("where(t == 1, 3*x, -x); t: (1, 3)", "sgd", (0.0,), 7, {"lr": 0.5}))
    np.testing.assert_array_equal(-np.diff(path.x[:, 0]) / 0.5, [3, -1, -1, 3, -1, -1, 3])
    np.testing.assert_allclose(path.loss, path.x[:, 0] / 3, rtol=1e-15)


def test_adam_is_broken_as_its_paper_says_and_amsgrad_and_descent_are_not() -> None:
    ends = {
        key: trace(Run(BREAKING, key, (0.5,), 5000, hypers)).x[-1, 0]
        for key, hypers in {
            "adam": {"lr": 0.3, "beta2": 0.9},
            "amsgrad": {"lr": 0.3, "beta2": 0.9},
            "sgd": {"lr": 0.001},
        }.items()
    }
    assert ends["adam"] == 1
    assert ends["amsgrad"] < -0.5
    # After a whole number of cycles and half of one, and rounding.
    assert ends["sgd"] < -0.49
    assert own_objective(BREAKING, 1).minima == ((-1.0,),)


@pytest.mark.parametrize("entry", DRAWN, ids=[entry.key for entry in DRAWN])
def test_no_rule_leaves_the_box_of_any_objective(entry: Objective) -> None:
    own = own_objective(boxed(entry), entry.dimension)
    assert own.parsed.box is not None
    low, high = np.array(own.parsed.box).T
    for optimizer in OPTIMIZERS.values():
        path = trace(Run(own.formula, optimizer.key, own.start, 40))
        assert ((path.x[1:] >= low) & (path.x[1:] <= high)).all(), optimizer.key
        assert path.status.outcome is not Outcome.DIVERGED


def test_a_step_out_of_the_box_ends_at_its_edge() -> None:
    path = trace(Run("(x - 3)**2 + (y + 1)**2; x: (-1, 1)", "sgd", (0.0, 0.0), 60, {"lr": 0.3}))
    x = np.zeros(2)
    for row in path.x[1:]:
        x = np.clip(x - 0.3 * 2 * (x - [3, -1]), [-1, -np.inf], [1, np.inf])
        # The same operations in another order.
        np.testing.assert_allclose(row, x, rtol=1e-14)
    assert path.status.outcome is Outcome.HELD
    assert "edge of its box: after 60 steps it is at (1, −1), and the only slope left, 4, leads out" in str(path.status)
    many = trace_many(path.run, starts=np.array([[0.0, -0.5], [0.0, 2.0]]))
    assert list(many.status) == [Outcome.HELD] * 2


def test_a_minimum_inside_the_box_is_one_and_a_slope_back_inside_is_no_rest() -> None:
    assert trace(Run("x**2; x: (-1, 1)", "sgd", (0.5,), 100, {"lr": 0.3})).status.outcome is Outcome.MINIMUM
    assert trace(Run("x**2; x: (0.5, 1)", "sgd", (1.0,), 100, {"lr": 0.3})).status.outcome is Outcome.HELD
    assert trace(Run("x**2; x: (0.5, 1)", "sgd", (1.0,), 1, {"lr": 0.01})).status.outcome is Outcome.FINISHED


@pytest.mark.parametrize(
    ("text", "dimension", "minima"),
    [
        ("x**2; x: (1, 2)", 1, ((1.0,),)),
        ("(1 - x)**2 + 100*(y - x**2)**2; x: (-2, 0.5)", 2, ((0.5, 0.25),)),
        ("x**2 + y**2; x: (1, 2); y: (1, 3)", 2, ((1.0, 1.0),)),
        ("x**2 + y**2; x: (-1, 2); y: (1, 3)", 2, ((0.0, 1.0),)),
        ("x**2 + y**2; x: (-1, 2)", 2, ((0.0, 0.0),)),
        ("-x**2; x: (-1, 2)", 1, ((2.0,),)),
    ],
)
def test_the_minima_of_a_box_are_found_inside_and_on_its_edge(
    text: str, dimension: int, minima: tuple[tuple[float, ...], ...]
) -> None:
    own = own_objective(text, dimension)
    np.testing.assert_allclose(own.minima, minima, atol=1e-9)
    assert own.parsed.box is not None
    assert own.parsed.within(np.array(own.start))
    for (low, high), (left, right) in zip(own.domain, own.parsed.box, strict=True):
        assert low < left or left == -np.inf
        assert high > right or right == np.inf


@pytest.mark.parametrize("entry", OBJECTIVES.values(), ids=OBJECTIVES)
def test_a_box_and_a_penalty_are_switched_on_and_off(entry: Objective) -> None:
    once = own_objective(boxed(entry), entry.dimension)
    assert boxed(once) == entry.formula
    both = penalised(once)
    assert parse(both, once.parsed.variables).box == once.parsed.box
    assert parse(both, once.parsed.variables).value(np.ones(entry.dimension)) == pytest.approx(
        entry.parsed.value(np.ones(entry.dimension)) + 0.1 * entry.dimension
    )


def test_what_is_typed_by_habit_keeps_its_bounds() -> None:
    assert read("2x² + t y; t:(1, 4) ; x: (-pi, 1)") == "2*x**2 + t*y; t:(1, 4) ; x: (-pi, 1)"
    assert read("x^2;") == "x**2"
    assert "x \\in \\left[-1, 0.5\\right]" in parse("x; x: (-1, 0.5)").latex
    assert "\\sum_{t=1}^{4}" in parse("t*x; t: (1, 4)").latex


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("t*x", "after how many steps t begins anew"),
        ("x; x: (2, 1)", "lower bound comes first"),
        ("x; x: (1, 2); x: (1, 2)", "stand here twice"),
        ("x; z: (1, 2)", "Behind a semicolon stand bounds"),
        ("x; x: 1, 2", "Behind a semicolon stand bounds"),
        ("x; x: (1, y)", "Unknown name y"),
        ("x; x: (1, 1/0)", "finite numbers"),
        ("t*x; t: (0, 5)", "counted from 1"),
        ("t*x; t: (1, 2.5)", "counted from 1"),
        ("t*x; t: (1, 1e6)", "of at most 666"),
    ],
)
def test_bounds_that_are_none_are_refused_in_a_sentence(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message):
        parse(text)
