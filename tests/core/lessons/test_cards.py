"""The small pictures of the home page: one for each page, of real runs, and readable."""

import numpy as np
import pytest

from core.lessons.cards import CARDS
from ui.navigation import ALL


def test_every_card_is_of_a_page() -> None:
    assert set(CARDS) <= {page.path for page in ALL if page.path}


@pytest.mark.parametrize("path", CARDS)
def test_a_picture_has_numbers_to_show_and_few_names(path: str) -> None:
    picture = CARDS[path].picture()
    # Three names are as many as its legend has room for.
    assert sum(bool(series.name) for series in picture.series) <= 3
    assert all(np.isfinite(series.y).any() for series in picture.series)
    assert CARDS[path].alt
    assert not CARDS[path].alt.endswith(".")


def test_the_pictures_show_what_their_descriptions_say() -> None:
    *_, walked = CARDS["foundations"].picture().series
    assert (np.diff(walked.y) < 0).all()
    before, after, points = CARDS["update_rule"].picture().series
    assert np.abs(np.interp(points.x, after.x, after.y) - points.y).max() < 0.5
    assert np.abs(np.interp(points.x, before.x, before.y) - points.y).max() > 2
    slow, once, away = (series.y for series in CARDS["learning_rate"].picture().series)
    assert abs(slow[-1]) > 1
    assert once[1] == 0
    assert abs(away[-1]) > abs(away[0])
    single, some, whole = CARDS["variants"].picture().series
    assert (np.diff(whole.y) < 0).all()
    assert (np.diff(single.y) > 0).any()
    assert (np.diff(some.y) > 0).any()
    years = CARDS["history"].picture().series[0]
    assert years.y[years.x > 2010][-1] - years.y[years.x <= 2010][-1] > years.y[years.x <= 2010][-1]
    memory = CARDS["reference"].picture().series[0].y
    assert (memory.min(), memory.max() >= 3) == (0, True)
