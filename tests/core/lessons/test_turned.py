"""The turned ravine: the same heights, another Adam, the same gradient descent."""

import numpy as np
import pytest

from core.lessons.turned import ANGLE, TURNED, arrivals, turned_ravine


@pytest.mark.parametrize("angle", [0.0, 12.5, 45.0, 90.0])
def test_a_turn_changes_neither_curvatures_nor_the_height_of_the_start(angle: float) -> None:
    ravine = turned_ravine(angle)
    curvatures = np.linalg.eigvalsh(ravine.parsed.hessian(np.zeros(2)))
    np.testing.assert_allclose(curvatures, [1, 100], rtol=1e-12)
    # The start is rounded to six digits, where the slope is about 100.
    assert ravine.parsed.value(np.array(ravine.start)) == pytest.approx(50.5, abs=1e-3)
    (low, high), _ = ravine.domain
    assert all(low < x < high for x in ravine.start)


def test_adam_needs_ten_times_the_steps_and_gradient_descent_the_same() -> None:
    descent, sentence = arrivals(TURNED.race())
    assert descent.count("440 steps") == 2
    assert "305 steps with the ravine along" in sentence
    # The rounded start shifts a slow crossing by a few steps.
    assert int(sentence.split("in ")[-1].split(" steps")[0]) == pytest.approx(3306, abs=20)


def test_the_ravine_laid_straight_is_begun_at_the_same_place_on_it() -> None:
    race = TURNED.race((0.2, 0.9), 100)
    assert race[0][1].loss[0] == turned_ravine(ANGLE).parsed.value(np.array([0.2, 0.9]))
    # Gradient descent cannot tell the two apart, so unequal starts would give unequal numbers.
    sentence = arrivals(race)[0]
    steps = [part.split()[-1] for part in sentence.split(" steps")[:2]]
    assert steps[0] == steps[1]


@pytest.mark.parametrize(("lr", "words"), [(0.0, "more than 6000 steps"), (0.5, "no number of steps (diverged)")])
def test_a_rate_that_leads_nowhere_is_told(lr: float, words: str) -> None:
    sentence = arrivals(TURNED.race((1.0, 1.0), turned={"sgd_lr": lr}))[0]
    assert sentence.count(words) == 2
