"""The minimum that a run heads to: found wherever theory can speak of one, and refused with the reason elsewhere."""

from contextlib import suppress

import numpy as np
import pytest

from core import OBJECTIVES, Run, trace
from core.catalogue.objectives import own_objective
from core.engine.trace import Path
from core.problems.theory import bottom, curvature, opening_curvature


def _path(objective: str, start: tuple[float, ...], lr: float = 0.01, steps: int = 200) -> Path:
    return trace(Run(objective, "sgd", start, steps, {"lr": lr}))


@pytest.mark.parametrize("key", ["parabola", "bowl", "ravine", "booth", "matyas"])
def test_a_shipped_quadratic_is_one_everywhere_and_its_own_minimum_to_the_last_digit(key: str) -> None:
    objective = OBJECTIVES[key]
    found = bottom(_path(key, objective.start))
    assert found.everywhere
    assert found.point == objective.minima[0]
    np.testing.assert_array_equal(found.curvature.values, curvature(objective.parsed, found.point).values)


@pytest.mark.parametrize(
    "text",
    [
        "(x**2 + 100*y**2)/2",
        "(41678*x^2+1704*x*y+20*y^2-228972*x-5260*y+347080)/20",
        "(x-1)**2 + (x+y)**2/7",
        "(x+y)**2",
    ],
)
def test_a_quadratic_in_whatever_words_is_one_everywhere(text: str) -> None:
    assert bottom(_path(text, (1.0, 2.0), 1e-4)).everywhere


@pytest.mark.parametrize("start", [(0.3, 0.2), (-0.3, 0.3), (-1.0, -1.0), (1.0, -1.0)])
def test_of_several_minima_it_is_the_one_where_the_run_ends(start: tuple[float, float]) -> None:
    path = _path("himmelblau", start)
    found = bottom(path)
    assert not found.everywhere
    assert np.linalg.norm(path.x[-1] - found.point) < 1e-6
    assert found.point in OBJECTIVES["himmelblau"].minima


def test_of_a_run_that_is_thrown_out_it_is_the_one_nearest_to_the_start() -> None:
    path = _path("himmelblau", (3.1, 2.1), 0.5)
    assert path.status.failed
    assert bottom(path).point == (3.0, 2.0)


def test_a_minimum_that_no_list_has_is_where_a_run_rests() -> None:
    assert OBJECTIVES["rastrigin"].other_minima == ()
    path = _path("rastrigin", (3.1, 2.1), 0.001)
    found = bottom(path)
    # To the last digit, where the run is only near.
    assert np.linalg.norm(OBJECTIVES["rastrigin"].parsed.grad(found.point)) < 1e-12
    assert np.linalg.norm(path.x[-1] - found.point) < 1e-8


def test_a_minimum_that_was_searched_for_has_all_its_digits() -> None:
    objective = own_objective("(x - pi)**2 * (1 + (x - pi)**2) + (y - 1/3)**2", 2)
    found = bottom(_path(objective.formula, (2.5, 1.0)))
    assert found.point == pytest.approx((np.pi, 1 / 3), rel=1e-15, abs=0)


@pytest.mark.parametrize(
    ("text", "start", "words"),
    [
        ("flat_quartic", (1.0,), "the second derivatives are 0"),
        ("x^4", (1.0,), "the second derivatives are 0"),
        ("x^2 + y^4", (1.0, 1.0), "the smallest curvature is 0"),
        ("hyperbola_valley", (2.0, 2.0), "the smallest curvature is 0"),
        ("abs(x)", (1.0,), "has a kink"),
        ("absolute", (1.0,), "has a kink"),
        ("ackley", (0.1, 0.1), "has a kink"),
        ("abs(x) + y^2", (1.0, 1.0), "has a kink"),
        ("sqrt(x^2 + y^2)", (1.0, 1.0), "has a kink"),
        ("max(x, y)^2 + x^2", (1.0, 1.0), "the curvature jumps"),
        ("where(x > 0, x^2, 5*x^2)", (1.0,), "the curvature jumps"),
        ("x", (1.0,), "No minimum of this formula is known"),
        ("exp(x)", (1.0,), "No minimum of this formula is known"),
        ("x*y", (1.0, 1.0), "No minimum of this formula is known"),
        ("0*x", (1.0,), "No minimum of this formula is known"),
        ("monkey_saddle", (0.1, 0.1), "No minimum of this formula is known"),
        ("saddle", (0.5, 0.0), "rests at a saddle, ("),
        ("-x^2 + x^4", (0.0,), "rests at a maximum, x = 0"),
    ],
)
def test_where_theory_does_not_apply_the_reason_is_given(text: str, start: tuple[float, ...], words: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        bottom(_path(text, start, 0.1 if text == "saddle" else 0.01, 400))
    assert words in str(error.value)
    assert "nan" not in str(error.value).lower()


@pytest.mark.parametrize("key", OBJECTIVES)
def test_what_is_found_of_a_shipped_objective_is_a_minimum_that_curves(key: str) -> None:
    objective = OBJECTIVES[key]
    for lr in (1e-3, 10.0):
        path = _path(key, objective.start, lr, 30)
        with suppress(ValueError):
            found = bottom(path)
            assert found.curvature.largest > 0
            assert np.linalg.norm(objective.parsed.grad(found.point)) < 1e-6
    known = opening_curvature(objective)
    assert known is None or known.largest > 0
