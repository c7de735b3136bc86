"""The story of the History page in a real browser: it is led by buttons and keys, and plays by itself until paused."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.lessons.history import years
from ui import navigation

pytestmark = pytest.mark.browser

# A page of the story is turned after this time; here it waits a fraction of it.
_HURRIED = """const later = window.setTimeout;
window.setTimeout = (act, wait, ...rest) => later(act, wait === 12000 ? 300 : wait, ...rest);"""


def test_the_story_is_led_by_hand_and_plays_by_itself(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page]
) -> None:
    tab = page()
    tab.add_init_script(_HURRIED)
    tab.goto(f"{app_url}/{navigation.HISTORY.path}")
    settled(tab)
    story = tab.get_by_role("group", name="The story")
    expect(story.get_by_role("button", name="Back")).to_be_disabled()
    story.get_by_role("button", name="Next").click()
    tab.wait_for_url(f"**/*kyear={years()[1]}")
    expect(tab.get_by_text("That led to Newton")).to_be_visible()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_url(f"**/*kyear={years()[2]}")
    tab.keyboard.press("ArrowLeft")
    tab.wait_for_url(f"**/*kyear={years()[1]}")

    story.get_by_role("button", name="Play").click()
    tab.wait_for_url(f"**/*kyear={years()[4]}")
    story.get_by_role("button", name="Pause").click()
    settled(tab)
    there = tab.url
    tab.wait_for_timeout(1000)
    assert tab.url == there
    expect(story.get_by_role("button", name="Play")).to_be_visible()

    # It ends with the last page.
    tab.goto(f"{app_url}/{navigation.HISTORY.path}?kyear={years()[-2]}")
    settled(tab)
    story.get_by_role("button", name="Play").click()
    tab.wait_for_url(f"**/*kyear={years()[-1]}")
    expect(story.get_by_role("button", name="Play it again")).to_be_visible()
    expect(story.get_by_role("button", name="Next")).to_be_disabled()
