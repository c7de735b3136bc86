"""What a visitor writes into any text box stays text: nothing of it becomes an element, a script or a request."""

import os
from collections.abc import Callable
from random import Random
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.pages.visits import opened
from ui import navigation

pytestmark = pytest.mark.browser

# As Markdown, HTML, LaTeX and a directive of Streamlit's; it fits into every box.
HOSTILE = (
    "<img src=x id=hostile onerror='window.hostile=1'><script>window.hostile=2</script>[a](http://hostile.example) "
    "![b](http://hostile.example/b.png) $\\href{http://hostile.example}{c}$ :red[hostile]"
)
TEXTS = ("text_area", "text_input")
# Pages to look at, others in every run; each is loaded once.
LOOKED = len(navigation.ALL) if "TEST_ALL" in os.environ else 3
PAGES = Random(f"{os.environ['TEST_SEED']} hostile").sample(navigation.ALL, LOOKED)
FOUND = """() => [
    ...document.querySelectorAll('#hostile, [href*="hostile.example"], [src*="hostile.example"]'),
    ...[...document.querySelectorAll('script')].filter(one => one.textContent.includes('window.hostile')),
    ...[...document.querySelectorAll('span[style*="color"]')].filter(one => one.textContent === 'hostile'),
].map(one => one.outerHTML.slice(0, 200)).concat(window.hostile ? ['it ran'] : [])"""


@pytest.mark.parametrize("shown", PAGES, ids=[page.title for page in PAGES])
def test_hostile_text_in_every_box_of_a_page_stays_text(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page], shown: navigation.Page
) -> None:
    link, drawn = opened(shown)
    boxes = [key for key, kind in drawn.items() if kind in TEXTS]
    tab = page()
    # By the link, as another visitor would be led there.
    tab.goto(f"{app_url}/{shown.path}?{urlencode({**link, **dict.fromkeys(boxes, HOSTILE)}, doseq=True)}")
    settled(tab)
    assert tab.evaluate(FOUND) == []
    # And by hand, in all that are in sight, also those that keep nothing.
    for box in tab.get_by_test_id("stMain").locator("textarea:visible:enabled, input[type=text]:visible:enabled").all():
        if box.get_attribute("role") is None and box.get_attribute("readonly") is None:
            box.fill(HOSTILE)
            box.press("Control+Enter" if box.evaluate("one => one.tagName") == "TEXTAREA" else "Enter")
    settled(tab)
    expect(tab.get_by_test_id("stException")).to_have_count(0)
    assert tab.evaluate(FOUND) == []
