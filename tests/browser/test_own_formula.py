"""An own formula in a real browser: typed by habit, read, shown back, and kept while the next one has a mistake."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from ui.kit.limits import OWN
from ui.navigation import OPTIMIZERS

pytestmark = pytest.mark.browser

# Not the formula with which the page opens, which its link leaves out.
VALLEY = "2*(1 - x)**2 + 100*(y - x**2)**2"


def test_a_formula_typed_by_habit_is_read_asked_back_and_kept(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page], pictures: Callable[[Page], list[Any]]
) -> None:
    tab = page()
    tab.goto(f"{app_url}/{OPTIMIZERS.path}?{urlencode({'f': OWN, 'rules': 'Adam', 'steps': 20, 'formula': 'x + y'})}")
    settled(tab, 1)
    box = tab.get_by_role("textbox", name="Formula of x and y")

    def type_in(text: str, strict: str) -> None:
        box.fill(text)
        box.press("Enter")
        expect(box).to_have_value(strict)
        settled(tab, 1)

    def in_link() -> str:
        return parse_qs(urlsplit(tab.url).query)["formula"][0]

    type_in("f(x, y) = 2(1−x)² + 100(y−x²)²", VALLEY)
    expect(tab.get_by_text("is read as")).to_be_visible()
    assert in_link() == VALLEY
    stars = [trace for trace in pictures(tab)[0] if trace.get("marker", {}).get("symbol") == "star"]
    assert [(star["x"], star["y"]) for star in stars] == [([1], [1])]
    type_in("x² + 1/2y", "x² + 1/2y")
    expect(tab.get_by_text("The formula in the box cannot be read")).to_be_visible()
    tab.get_by_role("button", name="x**2 + 1/2*y").click()
    expect(box).to_have_value("x**2 + 1/2*y")
    expect(tab.get_by_text("The formula in the box cannot be read")).to_have_count(0)
    settled(tab, 1)
    assert in_link() == "x**2 + 1/2*y"
