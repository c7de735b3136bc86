"""The experiments on the worked example: its slope leads to the best line, and sentences count what diverges."""

import numpy as np
import pytest

from core.evidence.experiments import worked_example
from tests.core.evidence.experiments.findings import ask


def test_a_step_at_a_rate_of_a_tenth_nearly_fits_the_worked_example_after_many() -> None:
    point = np.array([0.5, 0.1])
    for _ in range(1000):
        point = point - 0.1 * worked_example._EXAMPLE.grad(point)
    # The slow direction shrinks by 1 − 0.1·0.2404 a step: to 3e-11 of the start.
    np.testing.assert_allclose(point, [2.0, 0.0], atol=1e-9)


@pytest.mark.parametrize(("lr", "beyond"), [(0.05, 0), (0.1, 1), (0.15, 2), (0.2, 3), (0.4, 4)])
def test_as_many_conventions_diverge_as_the_sentence_names(lr: float, beyond: int) -> None:
    finding = ask("X06", lr=lr)
    above = finding.sentence.split("stability limit for ")[1]
    assert above.count("(") == beyond
    assert finding.plot is not None
    grew = [series.y[-1] > series.y[-2] for series in finding.plot.series]
    assert sum(grew) == beyond


def test_in_turn_the_second_slope_is_taken_where_the_first_step_led() -> None:
    numbers = ask("X77", lr=0.05).numbers
    # Slopes along w and b are 2 times the means of (w·x + b − y)·x and of w·x + b − y.
    w = 0.5 + 0.05 * 13.6
    assert numbers["w after one step, at once"] == numbers["w after one step, in turn"] == pytest.approx(w)
    assert numbers["b after one step, at once"] == pytest.approx(0.1 + 0.05 * 5.8)
    assert numbers["b after one step, in turn"] == pytest.approx(0.1 - 0.05 * 2 * (2 * w + 0.1 - 4))
