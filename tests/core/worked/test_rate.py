"""The learning rate of the worked example: what is predicted of it is what its runs do."""

import numpy as np
import pytest

from core.worked.example import Convention, Example
from core.worked.rate import convention_rows, measured_factor, predicted_factor, rate_sentences

LIMIT = Example().limit


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.99, 1.01, 1.2])
def test_the_measured_factor_is_the_predicted_one(share: float) -> None:
    example = Example(lr=share * LIMIT)
    measured = measured_factor(example.path(600))
    assert measured is not None
    # The direction that shrinks least is not quite alone after three quarters of the run.
    assert measured == pytest.approx(predicted_factor(example), rel=2e-3)


def test_rounding_is_not_measured() -> None:
    example = Example(lr=0.17)
    path = example.path(5000)
    assert path.grad_norm[-1] < 1e-12
    # Beyond rounding nothing shrinks, and the factor would be 1.
    assert measured_factor(path) == pytest.approx(predicted_factor(example), rel=2e-3)


def test_where_there_is_nothing_to_measure_nothing_is_told() -> None:
    for path in (Example().path(3), Example(w=2.0, b=0.0).path(50)):
        assert measured_factor(path) is None
    assert "of this run" not in rate_sentences(Example(), Example().path(3))[-1]
    assert "over the last quarter of this run" in rate_sentences(Example(), Example().path(100))[-1]


def test_the_sentences_hold_the_numbers_of_the_bowl() -> None:
    example = Example()
    told = " ".join(rate_sentences(example, example.path(100)))
    for part in ("46.145", "0.180295", "0.176471", "5.546 % of the limit", "from one side"):
        assert part in told
    assert "moves away" in " ".join(rate_sentences(Example(lr=0.19), Example(lr=0.19).path(9)))


def test_a_gutter_is_told_as_one() -> None:
    example = Example(((3.0, 1.0), (3.0, 2.0)))
    told = " ".join(rate_sentences(example, example.path(100)))
    assert "a gutter" in told
    assert "inf" not in told


def test_the_conventions_scale_slopes_and_limit() -> None:
    rows = convention_rows(Example())
    assert [row.name for row in rows] == [convention.label for convention in Convention]
    assert [row.slope_w for row in rows] == pytest.approx([-13.6, -6.8, -40.8, -20.4], abs=1e-12)
    assert [row.slope_b for row in rows] == pytest.approx([-5.8, -2.9, -17.4, -8.7], abs=1e-12)
    assert np.ptp([row.limit * row.slope_w for row in rows]) < 1e-12
    assert rows[0].percent == pytest.approx(100 * Example().share)
