"""Too small and too large at a glance: the numbers are those of the closed form, and the pictures show both runs."""

import numpy as np

from core.lessons.rate_cards import cards

SMALL, LARGE = cards()


def test_the_numbers_told_are_those_of_a_parabola() -> None:
    # A step multiplies the distance by 1 − α.
    for card, rate, factor in ((SMALL, 0.02, 100), (SMALL, 0.2, 100), (LARGE, 1.9, 100), (LARGE, 2.1, 1)):
        assert f"{rate:g}" in card.sentence
        assert f"{factor * abs(1 - rate) ** 20:.4g}" in card.sentence
    assert "2/L = 2," in LARGE.sentence


def test_each_picture_shows_the_two_runs_that_are_told_of() -> None:
    for card in (SMALL, LARGE):
        assert len(card.picture.series) == 2
        for series in card.picture.series:
            rate = float(series.name.removeprefix("α = "))
            np.testing.assert_allclose(series.y, -4 * (1 - rate) ** series.x, rtol=1e-12)
