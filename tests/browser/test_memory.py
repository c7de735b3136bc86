"""What a real browser remembers of a visit: it ticks what was done, leads back, forgets, and can be kept from it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stages import Open
from ui import navigation

pytestmark = pytest.mark.browser

_KEPT = "gradient-descent-guide"
# What stands behind the line that offers a prediction.
_TICK = "line => getComputedStyle(line, '::after').content"


def _kept(tab: Page) -> dict[str, Any]:
    kept: dict[str, Any] = tab.evaluate(f"JSON.parse(localStorage.getItem('{_KEPT}'))")
    return kept


def test_a_reader_is_led_back_and_sees_what_was_done(app_url: str, visit: Open, settled: Callable[..., Page]) -> None:
    tab = visit(navigation.FOUNDATIONS.path, dask="fate", dsgd_lr=0.2)
    tab.get_by_role("button", name="It arrives at a minimum").click()
    expect(tab.get_by_text("Yes: “It arrives")).to_be_visible()
    settled(tab)
    assert _kept(tab)["done"] == ["ask_fate"]
    visit(navigation.FOUNDATIONS.path, tab, dsgd_lr=0.2)
    offer = tab.get_by_role("button", name="Predict first: Gradient descent")
    assert "✓" in offer.evaluate(_TICK)
    height = offer.evaluate("line => line.offsetHeight")

    tab.goto(f"{app_url}/")
    back = tab.get_by_role("link", name="Continue: Foundations")
    tab.evaluate("window.sameVisit = true")
    back.click()
    tab.wait_for_url("**/foundations?dsgd_lr=0.2")
    assert tab.evaluate("window.sameVisit")
    tab.goto(f"{app_url}/")
    tab.get_by_role("button", name="Forget").click()
    expect(back).to_be_hidden()
    assert tab.evaluate(f"localStorage.getItem('{_KEPT}')") is None
    visit(navigation.FOUNDATIONS.path, tab, dsgd_lr=0.2)
    assert "✓" not in offer.evaluate(_TICK)
    # A tick moves nothing.
    assert offer.evaluate("line => line.offsetHeight") == height


@pytest.mark.parametrize(
    "script",
    [
        f"localStorage.setItem('{_KEPT}', '{{')",
        f"""localStorage.setItem('{_KEPT}', '{{"done": "<style>", "last": "javascript:alert(1)", "tour": {{}}}}')""",
        "Storage.prototype.getItem = Storage.prototype.setItem = () => { throw new DOMException('denied'); }",
    ],
    ids=["no JSON", "hostile", "denied"],
)
def test_the_guide_works_whatever_the_storage_holds_and_without_any(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page], script: str
) -> None:
    tab = page()
    tab.add_init_script(script)
    tab.goto(f"{app_url}/")
    settled(tab)
    expect(tab.get_by_text("is kept in this browser only")).to_be_visible()
    tab.get_by_role("button", name="Start learning").click()
    settled(tab)
    expect(tab.get_by_role("heading", name=navigation.FOUNDATIONS.title)).to_be_visible()
