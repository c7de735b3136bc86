"""The Update rule page in a real browser: the table writes into the text and the link, and the line moves."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ui import navigation

pytestmark = pytest.mark.browser

PATH = navigation.UPDATE_RULE.path
# Pixels: of a row of the table, and to the middle of its first cell and of its first row.
ROW, ACROSS, DOWN = 35, 60, 52
# Streamlit fetches the editor of a cell when it is first wanted.
FETCHED = 1500


def test_an_edited_table_is_in_the_text_and_in_the_link(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page]
) -> None:
    tab = page(width=1280)
    tab.goto(f"{app_url}/{PATH}")
    settled(tab)
    text = tab.locator(".st-key-udata textarea")
    expect(text).to_have_value("1,2; 2,4; 3,6")

    def write(row: int, *cells: str) -> None:
        grid = tab.get_by_test_id("stDataFrame").first
        grid.scroll_into_view_if_needed()
        box = grid.bounding_box()
        assert box is not None
        tab.mouse.click(box["x"] + ACROSS, box["y"] + DOWN + ROW * row)
        tab.wait_for_timeout(FETCHED)
        for place, cell in enumerate(cells, start=1):
            tab.keyboard.type(cell, delay=50)
            tab.wait_for_timeout(FETCHED)
            tab.keyboard.press("Enter" if place == len(cells) else "Tab")
            tab.wait_for_timeout(FETCHED)

    write(0, "5")
    expect(text).to_have_value("5,2; 2,4; 3,6")
    settled(tab)
    # Below the last row a new one begins, which counts when both of its numbers are there.
    write(3, "4", "7")
    expect(text).to_have_value("5,2; 2,4; 3,6; 4,7")
    settled(tab)
    tab.wait_for_url(re.compile("udata=5,2"))
    tab.locator("summary", has_text="The same points as text").click()
    settled(tab)
    tab.locator(".st-key-ureset button").click()
    expect(text).to_have_value("1,2; 2,4; 3,6")


def test_a_click_in_the_bowl_is_another_line(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page]
) -> None:
    tab = page(width=1280)
    tab.goto(f"{app_url}/{PATH}?ut=5")
    settled(tab)
    bowl = tab.locator(".gd-view").nth(1).locator(".nsewdrag")
    bowl.scroll_into_view_if_needed()
    bowl.click(position={"x": 40, "y": 30})
    tab.wait_for_url(re.compile(r"ux=.*uy=|uy=.*ux="))


def test_the_line_moves_with_the_clock(app_url: str, page: Callable[..., Page], settled: Callable[..., Page]) -> None:
    tab = page(width=1280)
    seen = []
    for step in (0, 5, 100):
        tab.goto(f"{app_url}/{PATH}?ut={step}")
        settled(tab)
        canvas = tab.locator(".gd-view").first.locator("canvas.gd-canvas")
        expect(canvas).to_be_attached()
        tab.wait_for_timeout(FETCHED)
        seen.append(canvas.evaluate("canvas => canvas.toDataURL()"))
    assert len(set(seen)) == 3
