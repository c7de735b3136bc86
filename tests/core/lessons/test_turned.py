"""The turned ravine: the same heights, another Adam, the same gradient descent."""

import numpy as np
import pytest

from core.lessons.turned import ANGLE, RATES, arrivals, turned_race, turned_ravine


@pytest.mark.parametrize("angle", [0.0, 12.5, 45.0, 90.0])
def test_a_turn_changes_neither_curvatures_nor_the_height_of_the_start(angle: float) -> None:
    ravine = turned_ravine(angle)
    curvatures = np.linalg.eigvalsh(ravine.parsed.hessian(np.zeros(2)))
    np.testing.assert_allclose(curvatures, [1, 100], rtol=1e-12)
    # The start is rounded to six digits, where the slope is about 100.
    assert ravine.parsed.value(np.array(ravine.start)) == pytest.approx(50.5, abs=1e-3)
    (low, high), _ = ravine.domain
    assert all(low < x < high for x in ravine.start)


@pytest.mark.parametrize(("angle", "adam"), [(15.0, 2326), (30.0, 3106), (45.0, 3306)])
def test_adam_needs_ten_times_the_steps_and_gradient_descent_the_same(angle: float, adam: int) -> None:
    descent, sentence = arrivals(angle, turned_ravine(angle).start, RATES)
    assert descent.count("440 steps") == 2
    assert "305 steps with the ravine along" in sentence
    steps = int(sentence.split("in ")[-1].split(" steps")[0])
    # The rounded start shifts a slow crossing by a few steps.
    assert steps == pytest.approx(adam, abs=20)


def test_without_a_turn_both_numbers_agree() -> None:
    for sentence in arrivals(0.0, (0.3, -0.8), RATES):
        first, second = (part.split(" steps")[0].split()[-1] for part in sentence.split(" with ")[:2])
        assert first == second


def test_the_ravine_laid_straight_is_begun_at_the_same_place_on_it() -> None:
    turned = turned_race(40.0, (0.2, 0.9), 100, {"sgd": 0.0198})[0][1]
    ravine = turned_ravine(40.0)
    assert turned.loss[0] == ravine.parsed.value(np.array([0.2, 0.9]))
    # Gradient descent cannot tell the two apart, so unequal starts would give unequal numbers.
    (sentence,) = arrivals(40.0, (0.2, 0.9), {"sgd": 0.0198})
    steps = [part.split()[-1] for part in sentence.split(" steps")[:2]]
    assert steps[0] == steps[1]


@pytest.mark.parametrize(("lr", "words"), [(0.0, "more than 6000 steps"), (0.5, "no number of steps (diverged)")])
@pytest.mark.parametrize("angle", ANGLE.bounds)
def test_a_rate_that_leads_nowhere_is_told(angle: float, lr: float, words: str) -> None:
    (sentence,) = arrivals(angle, (1.0, 1.0), {"sgd": lr})
    assert sentence.count(words) == 2
