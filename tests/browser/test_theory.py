"""Theory under the hand, in a real browser: the gauge and the plane are dragged; dials, path and link follow."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from ui import navigation

pytestmark = pytest.mark.browser

RAVINE = f"{navigation.LEARNING_RATE.path}?lshape=ravine&lrule=Momentum&lfields=true"
# Where numbers on the axes of a view are on the screen.
SPOT = """([kind, x, y]) => {
    const gd = document.querySelector(`.gd-${kind} .gd-plot`);
    const { xaxis, yaxis } = gd._fullLayout;
    const box = gd.getBoundingClientRect();
    return [box.left + xaxis._offset + xaxis.d2p(x), box.top + yaxis._offset + yaxis.d2p(y)];
}"""
PICTURE = "canvas => canvas.toDataURL()"
Numbers = tuple[float, float]


class Stage:
    """The first stage of a page."""

    def __init__(self, tab: Page) -> None:
        self.tab = tab
        self.row: Locator = tab.locator(".gd-table tbody tr").first
        self.boxes = tab.locator(".gd-stage").first.locator(".gd-typed")

    def drag(self, kind: str, begin: Numbers, end: Numbers) -> None:
        """Takes hold in the view ``kind`` and goes from one pair of numbers on its axes to another, and holds on."""
        start, stop = (self.tab.evaluate(SPOT, [kind, *numbers]) for numbers in (begin, end))
        self.tab.mouse.move(*start)
        self.tab.mouse.down()
        self.tab.mouse.move(*stop, steps=8)

    def path(self) -> str:
        """The picture of the path, which rests."""
        canvas = self.tab.locator(".gd-plane .gd-canvas")
        return str(canvas.evaluate(PICTURE))

    def shows(self, lr: str, beta: str) -> None:
        expect(self.boxes.nth(0)).to_have_value(lr)
        expect(self.boxes.nth(1)).to_have_value(beta)


def test_gauge_and_plane_turn_the_numbers_of_the_run(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page]
) -> None:
    tab = page(width=1280, height=1000)
    tab.goto(f"{app_url}/{RAVINE}")
    settled(tab, 4)
    stage = Stage(tab)
    expect(stage.row).to_contain_text("10⁻¹⁴")
    stage.shows("0.03", "0.7")
    opening = stage.path()
    stage.drag("gauge", (0.03, 0.3), (0.036, 0.3))
    # The hand holds it still, and the run has moved already: this rate is beyond the limit.
    expect(stage.row).to_contain_text("diverged at step 81")
    stage.shows("0.036", "0.7")
    assert stage.path() != opening
    assert "momentum_lr" not in tab.url
    tab.mouse.up()
    tab.wait_for_url("**lravine_momentum_lr=0.036*")
    settled(tab, 4)
    expect(tab.locator(".st-key-lravine_momentum_lr input")).to_have_value("0.036")
    expect(tab.locator("p", has_text="% of the limit").first).to_contain_text("105.9 % of the limit")

    stage.drag("tuning", (0.036, 0.7), (0.02, 0.3))
    stage.shows("0.02", "0.3")
    expect(stage.row).not_to_contain_text("diverged")
    assert "momentum_beta" not in tab.url
    tab.mouse.up()
    tab.wait_for_url(re.compile(r"lravine_momentum_lr=0\.02&lravine_momentum_beta=0\.3"))
    settled(tab, 4)
    stage.shows("0.02", "0.3")
    expect(tab.locator("p", has_text="Predicted").first).to_contain_text("0.9711")


def test_a_click_sets_the_rate_and_a_second_one_takes_it_back(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page]
) -> None:
    tab = page(width=1280, height=1000)
    tab.goto(f"{app_url}/{RAVINE}")
    settled(tab, 4)
    stage = Stage(tab)
    tab.mouse.dblclick(*tab.evaluate(SPOT, ["gauge", 0.01, 0.3]))
    stage.shows("0.03", "0.7")
    tab.mouse.click(*tab.evaluate(SPOT, ["gauge", 0.02, 0.3]))
    tab.wait_for_url(re.compile(r"lravine_momentum_lr=0\.02(&|$)"))
    stage.shows("0.02", "0.7")


def test_the_gauge_of_the_worked_example_turns_a_slider_of_stops(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page]
) -> None:
    tab = page(width=1280, height=1000)
    tab.goto(f"{app_url}/{navigation.UPDATE_RULE.path}")
    settled(tab, 4)
    tab.locator(".gd-gauge").scroll_into_view_if_needed()
    stage = Stage(tab)
    before = stage.path()
    stage.drag("gauge", (0.01, 0.5), (0.1201, 0.5))
    expect(stage.boxes.first).to_have_value("0.12")
    assert stage.path() != before
    tab.mouse.up()
    tab.wait_for_url("**ulr=0.12*")
    expect(tab.locator(".st-key-ulr")).to_contain_text("0.12")
