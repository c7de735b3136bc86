"""What counts as arrived: the nearest known minimum within reach, or a loss as low as the lowest."""

import numpy as np
import pytest

from core import OBJECTIVES, Run, trace_many
from core.catalogue.objectives import own_objective
from core.engine.arrival import Known, arrived, known_minima
from core.engine.status import Outcome


def test_an_end_has_arrived_at_the_nearest_minimum_within_reach() -> None:
    known = Known(((0.0, 0.0), (4.0, 0.0)), (1.0, 2.0))
    x = np.array([[0.9, 0.0, 1.1, 2.1, 3.2, 9.0], [0.0, 2.0, 0.0, 0.0, 0.0, 9.0]])
    np.testing.assert_array_equal(arrived(known, x), [0, 0, -1, -1, 1, -1])


def test_an_end_as_low_as_the_lowest_minimum_has_arrived_wherever_it_is() -> None:
    known = Known(((0.0,), (4.0,)), (0.1,), level=1e-3)
    np.testing.assert_array_equal(arrived(known, np.array([[3.0, 3.0, -9.0]]), [1e-3, 2e-3, 0.0]), [1, -1, 0])


def test_where_no_minimum_is_known_nothing_arrives() -> None:
    known = known_minima(OBJECTIVES["monkey_saddle"])
    assert known == Known((), known.reach)
    np.testing.assert_array_equal(arrived(known, np.zeros((2, 3)), -1e9), [-1, -1, -1])


@pytest.mark.parametrize("key", OBJECTIVES)
def test_declared_minima_come_first_and_all_that_are_known_are_minima_far_from_one_another(key: str) -> None:
    objective = OBJECTIVES[key]
    known = known_minima(objective)
    declared = (*objective.minima, *objective.other_minima)
    assert known.points[: len(declared)] == declared
    points = np.array(known.points).T.reshape(objective.dimension, -1)
    np.testing.assert_array_equal(arrived(known, points), np.arange(len(known.points)))
    around = (
        np.array(known.reach)[:, None]
        * np.array([np.cos(turns := np.linspace(0, 6.2, 20)), np.sin(turns)])[: objective.dimension]
    )
    for point in points.T:
        assert (objective.parsed.value(point[:, None] + around) >= objective.parsed.value(point) - 1e-9).all(), point


@pytest.mark.parametrize(("key", "count"), [("rastrigin", 121), ("rosenbrock", 1), ("hyperbola_valley", 5)])
def test_minima_too_many_to_declare_are_looked_for(key: str, count: int) -> None:
    assert len(known_minima(OBJECTIVES[key]).points) == count


def test_those_of_a_visitors_formula_are_looked_for() -> None:
    known = known_minima(own_objective("sin(5*x)*cos(5*y) + (x**2 + y**2)/10", 2))
    # Steps of π/5 over a square of several.
    assert len(known.points) > 24
    assert known_minima(own_objective("1/0 + x", 2)).points == ()


def test_most_descents_on_a_dip_that_is_known_arrive_at_it() -> None:
    objective = OBJECTIVES["rastrigin"]
    random = np.random.default_rng(0)
    starts = random.uniform(-4.4, 4.4, (2, 400))
    many = trace_many(Run("rastrigin", "sgd", (0.0, 0.0), 300, {"lr": 1e-3}), starts)
    ends = arrived(known_minima(objective), many.x, many.loss)
    settled = many.status == Outcome.MINIMUM
    assert settled.mean() > 0.9
    np.testing.assert_array_equal(ends[settled] >= 0, True)
