"""The walk in the valley: SAM ends flatter than gradient descent, and the words have the numbers of the runs."""

import numpy as np
import pytest

from core.formula.words import digits
from core.lessons.flat_walk import VALLEY, WALKS, sharpness, walk_sentences


def test_sam_ends_at_the_flat_end_and_gradient_descent_where_it_landed() -> None:
    descent, sam = (sharpness(path)[-1] for _, path in WALKS.race())
    # Three digits are known of either; see experiment X57 for the same with other radii.
    assert descent == pytest.approx(25.07, abs=0.005)
    assert sam == pytest.approx(2.03, abs=0.005)


def test_a_smaller_radius_does_not_get_as_far() -> None:
    ends = [sharpness(WALKS.race(turned={"sam_rho": rho})[1][1])[-1] for rho in (0.05, 0.1, 0.2)]
    assert ends == sorted(ends, reverse=True)
    assert ends[0] > 4 * ends[-1]


def test_the_sharpness_is_the_largest_curvature_on_the_floor() -> None:
    for scale in (1.0, 2.0, 5.0):
        point = np.array([scale, 1 / scale])
        largest = np.linalg.eigvalsh(VALLEY.parsed.hessian(point)).max()
        assert largest == pytest.approx((point**2).sum(), rel=1e-12)


def test_the_words_have_the_numbers() -> None:
    race = WALKS.race((4.0, 0.1), 500, {"sgd_sam_lr": 0.02, "sam_rho": 0.15})
    for sentence, (racer, path) in zip(walk_sentences(race), race, strict=True):
        assert racer.name in sentence
        assert digits((path.x[-1] ** 2).sum()) in sentence
        assert f"for {path.evaluations} gradients" in sentence
    assert [path.evaluations for _, path in race] == [500, 1000]


@pytest.mark.parametrize("start", [(1e6, 1e6), (-1e6, 3.0)])
def test_a_walk_that_diverges_is_told_as_one(start: tuple[float, float]) -> None:
    for sentence in walk_sentences(WALKS.race(start, turned={"sgd_sam_lr": 0.2, "sam_rho": 1.0})):
        assert "iverge" in sentence
