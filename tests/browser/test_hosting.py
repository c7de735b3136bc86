"""What a page does where it is hosted: its server goes and another one comes, and it stands in a frame."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import served
from tests.browser.stages import Open, at_rest, await_that, turn
from ui.navigation import OPTIMIZERS, PLAYGROUND

pytestmark = pytest.mark.browser


def test_a_page_whose_server_is_replaced_shows_the_same_and_goes_on(
    tmp_path: Path, chromium: Browser, pictures: Callable[[Page], list[Any]]
) -> None:
    log, received = tmp_path / "second.txt", list[Any]()
    with chromium.new_context(reduced_motion="reduce") as context:
        tab = context.new_page()
        tab.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(frame)))
        app = tab.get_by_test_id("stApp")
        with served(tmp_path / "first.txt") as (url, _):
            tab.goto(f"{url}/{OPTIMIZERS.path}?steps=120")
            at_rest(tab)
            # Of this, only the address knows by now, not the link by which the page was opened.
            turn(tab)
            address, shown = tab.url, pictures(tab)
        expect(app).not_to_have_attribute("data-test-connection-state", "CONNECTED")
        received.clear()
        with served(log, port=urlsplit(url).port or 0):
            # The first messages are those of the page that is run once more.
            await_that(tab, lambda: len(received) > 9, "the new server's answer")
            at_rest(tab)
            assert (tab.url, pictures(tab)) == (address, shown)
            # The stage is a part of the page, which a new session does not know before it has run the whole page.
            turn(tab)
    assert "fragment" not in log.read_text()


def test_in_a_frame_the_picture_comes_first_and_the_menu_leads_on(visit: Open) -> None:
    tab = visit(embed="true")
    expect(tab.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")
    tab.get_by_test_id("stExpandSidebarButton").click()
    tab.get_by_role("navigation", name="Pages").get_by_role("link", name=PLAYGROUND.title).click()
    expect(tab.get_by_role("heading", name=PLAYGROUND.title, level=1)).to_be_visible()
    at_rest(tab)
    assert urlsplit(tab.url).query == "embed=true"
