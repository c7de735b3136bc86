"""The meaning of a term on the spot: shown to the mouse, the keyboard and a finger, and sent away by each of them."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.lessons.glossary import GLOSSARY, way
from tests.browser.conftest import PATIENCE
from ui import navigation
from ui.page.reference import PARTS
from ui.panels.claims import topic_key

pytestmark = pytest.mark.browser

REFERENCE = navigation.REFERENCE
TERM = GLOSSARY["clipping"]
# A part of a page whose introduction marks it.
MARKED = f"{navigation.PITFALLS.path}?{topic_key(navigation.PITFALLS)}=depth"


@pytest.fixture
def tab(app_url: str, page: Callable[..., Page], settled: Callable[..., Page]) -> Page:
    shown = page()
    shown.goto(f"{app_url}/{MARKED}")
    return settled(shown)


@pytest.fixture
def touched(app_url: str, chromium: Browser, settled: Callable[..., Page]) -> Iterator[Page]:
    """The page on a telephone."""
    context = chromium.new_context(has_touch=True, viewport={"width": 320, "height": 640})
    context.set_default_timeout(1000 * PATIENCE)
    shown = context.new_page()
    shown.goto(f"{app_url}/{MARKED}")
    yield settled(shown)
    context.close()


def _mark(tab: Page) -> Locator:
    return tab.get_by_role("link", name="clipping", exact=True).first


def _tip(tab: Page) -> Locator:
    return tab.get_by_role("tooltip")


def _rows(tab: Page) -> Locator:
    """The rows of the glossary."""
    return tab.locator(f".st-key-{REFERENCE.prefix}_terms tbody tr")


def _expect_meaning(tab: Page) -> None:
    expect(_tip(tab)).to_have_text(TERM.meaning)
    expect(_mark(tab)).to_have_accessible_description(TERM.meaning)
    # The browser would show it a second time.
    assert _mark(tab).get_attribute("title") is None


def _expect_nothing(tab: Page) -> None:
    expect(_tip(tab)).to_have_count(0)
    expect(_mark(tab)).to_have_attribute("title", TERM.meaning)
    expect(_mark(tab)).to_have_accessible_description(TERM.meaning)


def test_a_mouse_on_a_mark_shows_its_meaning_and_may_go_there(tab: Page) -> None:
    _expect_nothing(tab)
    _mark(tab).hover()
    _expect_meaning(tab)
    _tip(tab).hover()
    # Milliseconds; what goes away does so in a fifth of a second.
    tab.wait_for_timeout(600)
    _expect_meaning(tab)
    tab.get_by_role("heading", level=1).hover()
    _expect_nothing(tab)


def test_a_meaning_is_dismissed_without_moving_the_mouse(tab: Page) -> None:
    _mark(tab).hover()
    _expect_meaning(tab)
    tab.keyboard.press("Escape")
    _expect_nothing(tab)
    tab.wait_for_timeout(600)
    _expect_nothing(tab)


def test_the_keyboard_shows_a_meaning_and_sends_it_away(tab: Page) -> None:
    _mark(tab).focus()
    tab.keyboard.press("Shift+Tab")
    _expect_nothing(tab)
    tab.keyboard.press("Tab")
    expect(_mark(tab)).to_be_focused()
    _expect_meaning(tab)
    # A mouse that lies elsewhere does not take it away.
    tab.get_by_role("heading", level=1).hover()
    tab.wait_for_timeout(600)
    _expect_meaning(tab)
    tab.keyboard.press("Escape")
    _expect_nothing(tab)
    expect(_mark(tab)).to_be_focused()
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Tab")
    _expect_meaning(tab)
    tab.keyboard.press("Tab")
    _expect_nothing(tab)


def test_a_mark_looks_like_text_in_both_themes_and_leads_to_the_glossary(
    tab: Page, settled: Callable[..., Page]
) -> None:
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        settled(tab)
        color = _mark(tab).evaluate("mark => getComputedStyle(mark.parentElement).color")
        expect(_mark(tab)).to_have_css("color", color)
        expect(_mark(tab)).to_have_css("text-decoration-style", "dotted")
    with tab.context.expect_page() as opened:
        _mark(tab).click()
    there = opened.value
    assert there.url.endswith(f"/{way(TERM)}")
    settled(there)
    expect(there.get_by_role("heading", name=PARTS["glossary"].heading)).to_be_in_viewport()
    expect(_rows(there).first).to_contain_text(TERM.meaning)
    there.close()


def test_a_finger_is_shown_a_meaning_before_it_is_led_away(touched: Page, settled: Callable[..., Page]) -> None:
    _mark(touched).tap()
    _expect_meaning(touched)
    box = _tip(touched).bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    assert touched.context.pages == [touched]
    touched.get_by_role("heading", level=1).tap()
    _expect_nothing(touched)
    _mark(touched).tap()
    with touched.context.expect_page() as opened:
        _mark(touched).tap()
    assert opened.value.url.endswith(f"/{way(TERM)}")


def test_every_symbol_of_the_glossary_is_typeset(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page]
) -> None:
    tab = page()
    tab.goto(f"{app_url}/{REFERENCE.path}?{topic_key(REFERENCE)}=glossary")
    settled(tab)
    rows = _rows(tab)
    expect(rows).to_have_count(len(GLOSSARY))
    expect(rows.locator(".katex")).to_have_count(sum(bool(term.symbol) for term in GLOSSARY.values()))
    expect(rows.locator(".katex-error")).to_have_count(0)
