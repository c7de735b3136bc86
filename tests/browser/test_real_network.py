"""A real network in a real browser: it trains while one watches, nothing moves but the curves, and then it is over."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stages import await_that
from ui.navigation import REAL_NETWORK

pytestmark = pytest.mark.browser

# Where the large pictures are, below the top of the page, and how large.
PLACES = """() => JSON.stringify([...document.querySelectorAll('.gd-figure')].slice(0, 2).map(one => {
    const { x, y, width, height } = one.getBoundingClientRect();
    return [x, y + document.querySelector('[data-testid="stMain"]').scrollTop, width, height];
}))"""
# How many points the longest curve of the losses has.
LENGTH = """() => Math.max(0, ...document.querySelector('.st-key-nloss .js-plotly-plot').calcdata
    .filter(([first]) => first.trace?.mode === 'lines').map(curve => curve.length))"""


def _said(tab: Page) -> str:
    return tab.get_by_test_id("stProgress").inner_text().strip()


def test_two_moons_are_learnt_before_ones_eyes(
    app_url: str,
    page: Callable[..., Page],
    settled: Callable[..., Page],
    pictures: Callable[[Page], list[Any]],
) -> None:
    tab, messages = page(), list[Any]()
    tab.on("websocket", lambda socket: socket.on("framereceived", lambda message: messages.append(message)))
    tab.goto(f"{app_url}/{REAL_NETWORK.path}?nsteps=300&nrules=Adam&nrules=Momentum")
    settled(tab, 2)
    expect(tab.locator(".st-key-nloss .main-svg").first).to_be_in_viewport()
    before = tab.evaluate(PLACES)
    tab.get_by_role("button", name="Train", exact=True).click()
    places, lengths = set(), []

    def over() -> bool:
        places.add(tab.evaluate(PLACES))
        lengths.append(tab.evaluate(LENGTH))
        return _said(tab) == "Done."

    await_that(tab, over, "the end of the training")
    settled(tab, 6)
    assert places == {before}
    assert tab.evaluate(LENGTH) >= 100
    assert lengths == sorted(lengths)
    expect(tab.get_by_role("heading", name="What happened")).to_be_visible()
    expect(tab.get_by_text("By validation loss")).to_be_visible()
    # Nobody looks again.
    shown, told = json.dumps(pictures(tab)), len(messages)
    tab.wait_for_timeout(2000)
    assert len(messages) == told
    # The clock turns everything back.
    tab.locator(".st-key-nt").get_by_role("slider").focus()
    tab.keyboard.press("Home")
    await_that(tab, lambda: "nt=0" in tab.url, "the step in the address")
    settled(tab, 6)
    assert json.dumps(pictures(tab)) != shown
