"""Sections with a small picture each: what they all share is made once."""

import pytest

from tests.pages.visits import open_page
from ui import navigation
from ui.kit import elements
from ui.stage.stage import plotly_chunk


@pytest.mark.parametrize("page", [navigation.TECHNIQUES, navigation.PITFALLS], ids=lambda page: page.title)
def test_a_second_visit_makes_no_preview_again(page: navigation.Page, monkeypatch: pytest.MonkeyPatch) -> None:
    open_page(page)

    def again(*_: object) -> None:
        raise AssertionError("A preview was made again.")

    monkeypatch.setattr(elements, "preview", again)
    open_page(page)


def test_plotlys_file_is_looked_for_once() -> None:
    plotly_chunk.cache_clear()
    assert plotly_chunk() == plotly_chunk()
    assert plotly_chunk.cache_info().misses == 1
