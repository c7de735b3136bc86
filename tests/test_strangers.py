"""What strangers send, other things in every run: no link and no message breaks a page, or reaches another visitor.

A sample of what ``python -m benchmarks.strangers`` tries; ``TEST_ALL`` takes more.
"""

import asyncio
import os
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from benchmarks.load import Visitor, connect
from benchmarks.strangers import attack, blamed, links, opened_pages, try_link
from tests.browser.conftest import served
from ui import navigation
from ui.navigation import Page

# Links to each page, and messages.
TRIED = 30 if "TEST_ALL" in os.environ else 3
SENT = 600 if "TEST_ALL" in os.environ else 36


@pytest.mark.parametrize("page", navigation.ALL, ids=[page.title for page in navigation.ALL])
def test_a_hostile_link_opens_its_page_and_says_what_of_it_is_not_used(page: Page) -> None:
    draw = Random(f"{os.environ['TEST_SEED']} {page.title}")
    tried = [try_link(*link) for link in islice(links(draw, opened_pages([page])), TRIED)]
    assert [finding for finding in tried if finding] == []


def test_forged_messages_break_nothing_and_change_nothing_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMLIT_CLIENT_SHOW_ERROR_DETAILS", "none")
    log = tmp_path / "log.txt"
    with served(log) as (url, _):
        findings = asyncio.run(attack(url, SENT, Random(f"{os.environ['TEST_SEED']} messages")))
    assert findings + blamed(log.read_text(errors="replace")) == []


def test_all_who_open_a_new_server_at_once_get_their_pages(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"

    async def come(url: str, page: Page) -> list[str]:
        async with connect(url) as socket:
            visitor = Visitor(socket)
            await visitor.open(page)
            return visitor.errors

    async def come_at_once(url: str) -> list[list[str]]:
        return await asyncio.gather(*(come(url, page) for page in navigation.ALL))

    with served(log) as (url, _):
        errors = asyncio.run(come_at_once(url))
    assert errors == [[]] * len(navigation.ALL)
    assert "Traceback" not in log.read_text()
