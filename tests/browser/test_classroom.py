"""A teacher's link in a real browser: locks on the stage, the projector view and its keys, handouts on paper."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.lessons.classroom import HANDOUTS
from tests.browser.stages import (
    PATIENCE,
    Open,
    asked,
    at_rest,
    await_that,
    dial,
    drag,
    expect_start,
    expect_step,
    stage_in,
    turn,
)
from ui.navigation import FOR_TEACHERS, FOUNDATIONS, of

pytestmark = pytest.mark.browser

# Whether the stage has the keys, how wide it is beside the window, and where its heading, picture and bar are in it.
SEEN = """() => {
    const stage = document.querySelector('.gd-stage'), box = one => stage.querySelector(one).getBoundingClientRect();
    const within = one => one.top >= 0 && one.bottom <= innerHeight && one.left >= 0 && one.right <= innerWidth;
    return [document.activeElement === stage, stage.clientWidth / innerWidth > 0.75,
        ...['.gd-heading', '.gd-views', '.gd-bar'].map(one => within(box(one)))];
}"""


def test_what_a_link_locks_no_hand_moves_on_the_stage_and_what_is_free_it_does(visit: Open) -> None:
    tab = visit(x=-1, lock=["x", "adam_lr", "adam_schedule", "rules"], hide="sgd_lr")
    slider, box = dial(tab)
    expect(slider).to_be_disabled()
    expect(box).to_be_disabled()
    expect(dial(tab, "Gradient descent")[0]).not_to_be_visible()
    assert stage_in(tab).get_by_role("button", name="Race ").count() == 0
    # Along the axis that is free.
    drag(tab, [-1, 2], [0.5, 1])
    expect_start(tab, [-1, 1], "Adam")
    turn(tab, "Momentum", "momentum_lr")
    assert "adam_lr" not in asked(tab)


def test_on_a_projector_the_stage_fills_the_window_and_takes_the_keys(page: Callable[..., Page], visit: Open) -> None:
    tab = visit(tab=page(width=1280, height=720), projector="true", t=5, task="Who wins?")
    expect(stage_in(tab).get_by_role("heading")).to_have_text("Race on Rosenbrock")
    expect(stage_in(tab).locator(".gd-formula .katex")).to_be_visible()
    expect(stage_in(tab).locator(".gd-heading p")).to_have_text("Task. Who wins?")
    expect(tab.locator(".st-key-menu")).not_to_be_visible()
    for width, height in ((1280, 720), (1920, 1080)):
        # As when the window goes to the projector long after the page was opened.
        tab.wait_for_timeout(4500)
        tab.set_viewport_size({"width": width, "height": height})
        await_that(tab, lambda: tab.evaluate(SEEN) == [True] * 5, f"the stage within {width} by {height}")
    tab.keyboard.press("ArrowRight")
    expect_step(tab, 6)
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("ArrowLeft")
    expect_step(tab, 4)
    tab.keyboard.press("R")
    expect_step(tab, 0)
    tab.keyboard.press(" ")
    expect(stage_in(tab).get_by_role("button", name="Pause")).to_be_visible()
    tab.keyboard.press(" ")
    expect(stage_in(tab).get_by_role("button", name="Play")).to_be_visible()
    stage_in(tab).focus()
    tab.keyboard.press("Escape")
    expect(tab.locator(".st-key-menu")).to_be_visible()
    await_that(tab, lambda: "projector" not in asked(tab), "the link of the page itself")


def test_every_handout_is_one_sheet_of_paper(
    page: Callable[..., Page], app_url: str, settled: Callable[..., Page]
) -> None:
    tab = page(scheme="dark")
    tab.goto(f"{app_url}/{FOR_TEACHERS.path}")
    for handout in HANDOUTS:
        tab.get_by_role("button", name=of(handout.page).title, exact=False).last.click()
        expect(tab.locator(".st-key-whandout .katex").first).to_be_visible(timeout=PATIENCE)
        sheet = settled(tab, plots=1).pdf(format="A4", prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1, handout.page
        tab.get_by_role("button", name="Back to all lessons").click()


def test_a_teacher_builds_a_link_and_a_student_opens_it(
    page: Callable[..., Page], app_url: str, settled: Callable[..., Page]
) -> None:
    tab = page()
    tab.goto(f"{app_url}/{FOUNDATIONS.path}?{FOUNDATIONS.classroom}=true")
    settled(tab)
    fold = tab.locator(f".st-key-{FOUNDATIONS.classroom}")
    fold.scroll_into_view_if_needed()
    fold.get_by_role("combobox", name="Fix these controls").fill("Update rules")
    tab.get_by_role("option", name="Update rules", exact=True).wait_for()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Escape")
    fold.get_by_role("textbox", name="Task, shown at the top").fill("What becomes of it?")
    fold.get_by_role("button", name="Make the link").click()
    made = fold.locator("code", has_text="task=")
    expect(made).to_contain_text("lock=drules")
    expect(fold.get_by_role("img", name="QR code of the link")).to_be_visible()
    expect(fold).to_contain_text("Only this computer can open it.")
    link = made.inner_text().strip()
    fold.get_by_role("button", name="Show this page on a projector").click()
    expect(stage_in(tab).get_by_role("heading").first).to_have_text("Gradient descent on Parabola", timeout=PATIENCE)
    await_that(tab, lambda: tab.evaluate(SEEN)[0], "the keys at the stage")
    tab = page()
    tab.goto(link)
    at_rest(tab)
    expect(tab.locator(".st-key-task")).to_contain_text("What becomes of it?")
    expect(tab.locator(".st-key-task")).to_contain_text("courtesy, not security")
    expect(tab.locator(".st-key-drules").get_by_role("combobox")).to_be_disabled()
