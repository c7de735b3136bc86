"""Access (WCAG 2.2 AA): what axe finds, the keyboard, the size of targets, narrow windows, forced colours, paper."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.stages import PLOT, Open, at_rest, await_that, dial, row_of, stage_in, turn
from ui import navigation

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]
# A rule of lesser weight that is kept all the same.
KEPT = {"heading-order"}
# Presses of Tab from the top of a page to the button that plays the picture.
MOST_TABS = 12
# Pixels (WCAG 2.5.8).
TARGET = 24
TARGETS = ".gd-stage :is(button, input, select):visible"
# What lies over something else in the bar and the rows of a stage.
OVERLAPS = """() => [...document.querySelectorAll('.gd-bar, .gd-table')].flatMap(part => {
    const all = [...part.querySelectorAll('button, input, select, .gd-step, .gd-number')]
        .map(one => [one.ariaLabel ?? one.textContent, one.getBoundingClientRect()])
        .filter(([, { width, height }]) => width > 1 && height > 1);
    return all.flatMap(([one, a], place) => all.slice(place + 1)
        .filter(([, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
            && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1)
        .map(([other]) => `${one} and ${other}`));
})"""
# Notes, in the layout that the browser prints, how many plots there are, which of them do not fit, and what does not
# belong on paper.
ON_PAPER = r"""() => {
    const paper = window.matchMedia('print'), all = selector => [...document.querySelectorAll(selector)];
    const fits = plot => getComputedStyle(plot).visibility === 'visible'
        && plot._fullLayout?.width <= plot.clientWidth + 1
        && plot.getBoundingClientRect().right <= document.documentElement.clientWidth
        && (!plot.matches('.gd-plot') || plot.querySelector('.gd-canvas')?.clientWidth === plot.clientWidth);
    paper.onchange = () => {
        if (!paper.matches) return;
        const plots = all('.js-plotly-plot').filter(plot => plot.clientWidth);
        const unfit = plots.filter(plot => !fits(plot)).map(plot => plot.closest('[class*=st-key]').className);
        const seen = all('.st-key-menu, .gd-button').filter(one => one.checkVisibility()).map(one => one.className);
        window.printed = [plots.length, unfit, seen];
    };
}"""


@dataclass(frozen=True)
class Beyond:
    """What ``rule`` says of elements within ``selector`` in one theme, where only Streamlit could mend it."""

    rule: str
    scheme: Scheme
    selector: str
    why: str


_WHITE = (
    "Streamlit writes it in white on the accent, whatever the theme. Slider values and what is chosen it writes in the "
    "accent, and no colour is 4.5 times as light as a dark page and 4.5 times as dark as white."
)
BEYOND = (
    Beyond("color-contrast", "dark", ".stMultiSelect [title]", _WHITE),
    Beyond("color-contrast", "dark", "[data-testid=stBaseButton-primary]", _WHITE),
)


# Pages to look at, others in every run.
LOOKED = len(navigation.ALL) if "TEST_ALL" in os.environ else 6
PAGES = Random(f"{os.environ['TEST_SEED']} access").sample(navigation.ALL, LOOKED)


# A module's, so that the tests of one page share its tab.
@pytest.fixture(scope="module", params=PAGES, ids=lambda page: page.title)
def tab(request: pytest.FixtureRequest, app_url: str, lasting_page: Callable[..., Page]) -> Page:
    shown = lasting_page()
    shown.goto(f"{app_url}/{request.param.path}")
    return shown


def _is_beyond(tab: Page, scheme: Scheme, rule: str, target: str) -> bool:
    selectors = [one.selector for one in BEYOND if (one.rule, one.scheme) == (rule, scheme)]
    inside = "(one, selectors) => selectors.some(selector => one.closest(selector))"
    return bool(selectors) and bool(tab.locator(target).first.evaluate(inside, selectors))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(tab: Page, scheme: Scheme, settled: Callable[..., Page]) -> None:
    tab.set_viewport_size({"width": 1280, "height": 800})
    tab.emulate_media(color_scheme=scheme)
    found: list[dict[str, Any]] = Axe().run(settled(tab)).response["violations"]
    faults = [
        f"{rule['id']} ({rule['impact']}): {node['target'][0]}: {node['failureSummary']}"
        for rule in found
        if rule["impact"] in {"serious", "critical"} or rule["id"] in KEPT
        for node in rule["nodes"]
        if not _is_beyond(tab, scheme, rule["id"], node["target"][0])
    ]
    assert not faults, f"{tab.url} {scheme}\n" + "\n".join(faults)


def test_what_can_be_pressed_on_a_stage_is_large_enough(tab: Page, settled: Callable[..., Page]) -> None:
    sizes = (
        settled(tab)
        .locator(TARGETS)
        .evaluate_all("all => all.map(one => [one.ariaLabel ?? one.textContent, one.offsetWidth, one.offsetHeight])")
    )
    assert [size for size in sizes if min(size[1:]) < TARGET] == []


def test_a_narrow_window_scrolls_in_one_direction_only(tab: Page, settled: Callable[..., Page]) -> None:
    # Also 1280 pixels at 200 and at 400 percent, and a phone.
    for width in (1280, 640, 390, 320):
        tab.set_viewport_size({"width": width, "height": 640})
        beyond = settled(tab).evaluate(
            """() => [document.documentElement, document.querySelector('[data-testid="stMain"]')]
                .map(one => one.scrollWidth - one.clientWidth)"""
        )
        assert beyond == [0, 0], width
        assert tab.evaluate(OVERLAPS) == [], width


def test_paper_holds_the_pictures_without_the_sidebar(tab: Page, settled: Callable[..., Page]) -> None:
    tab.set_viewport_size({"width": 1600, "height": 900})
    charts = settled(tab).locator(".js-plotly-plot:visible").count()
    tab.evaluate(ON_PAPER)
    tab.pdf(format="A4", margin={"left": "1cm", "right": "1cm"})
    plots, unfit, seen = tab.evaluate("() => window.printed")
    assert plots >= charts
    assert unfit == seen == []


def test_the_keyboard_comes_to_the_picture_soon(visit: Open) -> None:
    tab = visit()
    tab.keyboard.press("Tab")
    # Streamlit's own link.
    assert tab.evaluate("() => document.activeElement.textContent") == "Skip to main content"
    tab.keyboard.press("Enter")
    presses = 1
    while not tab.evaluate("() => document.activeElement.matches('.gd-play')") and presses <= MOST_TABS:
        tab.keyboard.press("Tab")
        presses += 1
    assert presses <= MOST_TABS


def test_the_menu_is_a_landmark_in_which_focus_is_seen(visit: Open) -> None:
    tab = visit()
    menu = tab.get_by_role("navigation", name="Pages")
    expect(menu.get_by_role("link")).to_have_count(len(navigation.ALL))
    tab.keyboard.press("Tab")
    tab.keyboard.press("Tab")
    home, here = (menu.get_by_role("link", name=page.title) for page in (navigation.HOME, navigation.OPTIMIZERS))
    expect(home).to_be_focused()
    expect(home).to_have_css("outline-style", "solid")
    expect(here).to_have_css("outline-style", "none")


def test_sliders_say_their_true_value(visit: Open) -> None:
    tab = visit()
    slider, box = dial(tab)
    expect(slider).to_have_attribute("aria-valuetext", box.input_value())
    # One of Streamlit's, on a logarithmic scale.
    expect(tab.get_by_role("slider", name="Steps").first).to_have_attribute("aria-valuetext", "500")


def test_a_picture_says_how_its_paths_ended(visit: Open) -> None:
    tab = visit()
    stage = stage_in(tab)
    said = tab.locator(f"#{stage.get_attribute('aria-describedby')}")
    for view in stage.locator(".gd-view").all():
        expect(view).to_have_attribute("aria-describedby", said.get_attribute("id") or "")
    before = said.inner_text()
    assert "Adam ends " in before
    turn(tab)
    expect(said).not_to_have_text(before)
    row_of(tab, "Adam").get_by_role("button", name="Adam", exact=True).click()
    expect(said).not_to_contain_text("Adam ends ")


def test_the_systems_colours_and_contrast_are_followed(visit: Open) -> None:
    tab = visit(t=100)
    pressed = stage_in(tab).get_by_role("button", name="Show gradient and momentum arrows")
    plain = stage_in(tab).get_by_role("button", name="Copy link")
    ground = "one => getComputedStyle(one).backgroundColor"
    tab.emulate_media(forced_colors="active")
    assert pressed.evaluate(ground) != plain.evaluate(ground)
    expect(stage_in(tab).locator(".gd-slider")).to_have_css("forced-color-adjust", "none")
    drawn = f"() => {PLOT}.querySelector('.gd-canvas').toDataURL()"
    before = tab.evaluate(drawn)
    tab.emulate_media(forced_colors="none", contrast="more")
    await_that(tab, lambda: tab.evaluate(drawn) != before, "a stronger way ahead")
    expect(stage_in(tab).locator(".gd-hint")).to_have_css("opacity", "1")
    at_rest(tab)
