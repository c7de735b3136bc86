"""Every page in a real browser: it opens cleanly on every kind of screen, and links reopen what was shown."""

import os
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from ui import navigation
from ui.kit import share

pytestmark = pytest.mark.browser

OPTIMIZERS = next(page.path for page in navigation.ALL if page.file == "pages/optimizers.py")
# Every page, on a wide or a narrow screen, light or dark: which is drawn.
_SCREENS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]
SCREENS = [
    (page.path, *_SCREENS[(int(os.environ["TEST_SEED"]) + place) % 4]) for place, page in enumerate(navigation.ALL)
]


def _press(tab: Page, key: str, *keys: str) -> None:
    """Presses ``keys`` on the slider whose widget key, and so whose name in the address, is ``key``."""
    tab.locator(f".st-key-{key}").get_by_role("slider").focus()
    for pressed in keys:
        tab.keyboard.press(pressed)


def _await_change(tab: Page, pictures: Callable[[Page], list[Any]], before: list[Any]) -> None:
    # A minute.
    for _ in range(1200):
        if pictures(tab) not in ([], before):
            return
        tab.wait_for_timeout(50)
    raise AssertionError("The picture did not change.")


@pytest.mark.parametrize(("path", "width", "scheme"), SCREENS)
def test_a_page_opens_without_errors_and_fits_the_screen(
    app_url: str,
    page: Callable[..., Page],
    settled: Callable[..., Page],
    path: str,
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    tab = page(width=width, scheme=scheme)
    tab.goto(f"{app_url}/{path}")
    settled(tab)

    expect(tab.locator('[data-testid="stException"]')).to_have_count(0)
    expect(tab.locator("h1")).to_be_visible()
    # Streamlit scrolls its own container, so the body alone would always seem to fit.
    wider: list[str] = tab.evaluate(
        """() => [document.documentElement, document.body, document.querySelector('[data-testid="stMain"]')]
            .filter(part => part.scrollWidth > part.clientWidth)
            .map(part => `${part.tagName} ${part.scrollWidth} > ${part.clientWidth}`)"""
    )
    assert wider == []


def test_a_slider_moved_by_keyboard_changes_the_picture(
    app_url: str,
    page: Callable[..., Page],
    settled: Callable[..., Page],
    pictures: Callable[[Page], list[Any]],
) -> None:
    tab = page()
    tab.goto(f"{app_url}/{OPTIMIZERS}")
    before = pictures(settled(tab, plots=1))
    _press(tab, "steps", "ArrowRight", "ArrowRight")
    _await_change(tab, pictures, before)


def test_a_copied_link_shows_the_same_picture_on_a_server_nobody_has_visited(
    app_url: str,
    server: Callable[[], str],
    page: Callable[..., Page],
    settled: Callable[..., Page],
    pictures: Callable[[Page], list[Any]],
) -> None:
    tab = page()
    tab.goto(f"{app_url}/{OPTIMIZERS}")
    before = pictures(settled(tab, plots=1))
    _press(tab, "steps", "ArrowRight", "ArrowRight", "ArrowRight")
    _await_change(tab, pictures, before)
    shown = pictures(settled(tab, plots=1))
    link = urlsplit(tab.url)
    assert "steps" in link.query

    other = page()
    other.goto(f"{server()}{link.path}?{link.query}")
    assert pictures(settled(other, plots=1)) == shown


def test_a_nonsense_link_opens_with_the_defaults_and_says_so(
    app_url: str,
    page: Callable[..., Page],
    settled: Callable[..., Page],
    pictures: Callable[[Page], list[Any]],
) -> None:
    plain = page()
    plain.goto(f"{app_url}/{OPTIMIZERS}")
    defaults = pictures(settled(plain, plots=1))

    tab = page()
    tab.goto(f"{app_url}/{OPTIMIZERS}?f=import+os&rules=nobody&x=1e999&steps=many&adam_lr=nan&unheard=of")
    assert pictures(settled(tab, plots=1)) == defaults
    expect(tab.locator('[data-testid="stAlert"]').first).to_be_visible()
    expect(tab.locator('[data-testid="stException"]')).to_have_count(0)


@pytest.mark.parametrize("name", ["[a](javascript:b)`**c**<b>grüße☃%</b>", "long" * 700])
def test_a_wrong_address_says_so_and_offers_the_pages(app_url: str, page: Callable[..., Page], name: str) -> None:
    tab = page()
    tab.goto(f"{app_url}/{quote(name, safe='')}")
    said = tab.get_by_role("alert")
    expect(said).to_contain_text("There is no page called")
    expect(said.locator("code")).to_have_text(share.quoted(name).strip("`"))
    expect(tab.get_by_role("dialog")).to_have_count(0)
    tab.get_by_role("main").get_by_role("link", name=navigation.HISTORY.title, exact=True).first.click()
    expect(tab.get_by_role("heading", level=1)).to_have_text(navigation.HISTORY.title)
    tab.get_by_role("navigation", name="Pages").get_by_role("link", name=navigation.HOME.title).click()
    expect(tab.get_by_role("heading", level=1)).to_have_text(navigation.PRODUCT)
    expect(said).to_have_count(0)
