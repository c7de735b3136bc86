"""Asking before playing in a real browser: the runs are hidden, an answer plays them, and then the verdict comes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.stages import (
    DESCENT,
    PATIENCE,
    SPOT,
    STEPS,
    Open,
    asked,
    at_rest,
    await_that,
    button,
    dial,
    expect_step,
    sent_by,
    stage_in,
    step_in,
)
from ui.navigation import FOUNDATIONS, OPTIMIZERS

pytestmark = pytest.mark.browser

# How many pixels of the first two canvases are painted.
PAINTED = """() => [...document.querySelectorAll('.gd-canvas')].slice(0, 2).map(canvas => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let painted = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at] > 0) painted++;
    return painted;
})"""


def _ask(tab: Page) -> Locator:
    return stage_in(tab).get_by_role("group", name="Predict first")


def _said(tab: Page) -> Locator:
    return _ask(tab).locator(".gd-verdict")


def test_a_question_hides_the_runs_and_a_choice_plays_them_and_is_judged(visit: Open) -> None:
    tab = visit(FOUNDATIONS.path, moving=True, dt=DESCENT.steps)
    shown = tab.evaluate(PAINTED)
    box = stage_in(tab).locator(".gd-views").bounding_box()
    _ask(tab).get_by_role("button", name="Predict first").click()
    expect(_ask(tab).locator(".gd-question")).to_contain_text("what becomes of it?")
    expect_step(tab, 0, DESCENT.steps)
    await_that(
        tab, lambda: all(one < other for one, other in zip(tab.evaluate(PAINTED), shown, strict=True)), "no paths"
    )
    # Neither where the pointer is nor in words nor on the axis is it told how it ends.
    expect(stage_in(tab).locator(".gd-said").first).to_contain_text("hidden until")
    expect(stage_in(tab).locator(".gd-time .ytick text").first).not_to_be_visible()
    assert stage_in(tab).locator(".gd-views").bounding_box() == box
    assert asked(tab)["dask"] == "fate"

    _ask(tab).get_by_role("button", name="It runs away").click()
    await_that(tab, lambda: 0 < step_in(tab) < DESCENT.steps, "a clock that runs")
    expect(_said(tab)).to_contain_text("You said “It runs away”. Watch.")
    # It plays for some seconds.
    expect(_said(tab)).to_contain_text("Here the answer is “It arrives at a minimum”", timeout=PATIENCE)
    expect_step(tab, DESCENT.steps, DESCENT.steps)
    assert sum(tab.evaluate(PAINTED)) > 0.9 * sum(shown)

    _ask(tab).get_by_role("button", name="Ask me another").click()
    expect(_ask(tab).locator(".gd-question")).to_contain_text("which way does its first step go?")
    expect_step(tab, 0, DESCENT.steps)


def test_a_click_in_the_picture_answers_and_sets_no_start(visit: Open) -> None:
    tab = visit(OPTIMIZERS.path, ask="after_hundred")
    expect_step(tab, 0)
    tab.mouse.click(*tab.evaluate(SPOT, [-0.85, 0.73]))
    # Less motion is wanted, so it is at its end at once.
    expect(_said(tab)).to_contain_text("Yes: your place is")
    expect_step(tab, STEPS)
    assert asked(tab) == {"ask": "after_hundred"}
    _ask(tab).get_by_role("button", name="Close").click()
    expect(_ask(tab).get_by_role("button", name="Predict first")).to_be_visible()
    await_that(tab, lambda: "ask" not in asked(tab), "no question in the address")
    # Now a click is what it was before.
    tab.mouse.click(*tab.evaluate(SPOT, [-1.0, 1.0]))
    await_that(tab, lambda: "x" in asked(tab), "another start")


def test_a_number_is_typed_on_a_phone_and_what_is_none_is_refused(app_url: str, page: Callable[..., Page]) -> None:
    tab = page(width=390, height=844, scheme="dark")
    tab.goto(f"{app_url}/{OPTIMIZERS.path}?ask=run_away")
    at_rest(tab, views=1)
    box = _ask(tab).get_by_role("textbox")
    box.fill("none")
    box.press("Enter")
    expect(box).to_have_attribute("aria-invalid", "true")
    box.fill("0")
    box.press("Enter")
    expect(_said(tab)).to_contain_text("Yes: 0.")
    wide = tab.evaluate("() => document.querySelector('[data-testid=\"stMain\"]').scrollWidth")
    assert wide <= 390


def test_the_keyboard_opens_answers_and_skips(visit: Open) -> None:
    tab = visit(FOUNDATIONS.path)
    _ask(tab).get_by_role("button", name="Predict first").focus()
    tab.keyboard.press("Enter")
    # The focus goes on to the first choice.
    first = _ask(tab).get_by_role("button", name="It arrives at a minimum")
    expect(first).to_be_focused()
    tab.keyboard.press("Space")
    expect(_said(tab)).to_contain_text("Yes: “It arrives at a minimum”.")
    another = _ask(tab).get_by_role("button", name="Ask me another")
    expect(another).to_be_focused()
    tab.keyboard.press("Enter")
    skip = _ask(tab).get_by_role("button", name="Skip")
    skip.focus()
    tab.keyboard.press("Enter")
    expect_step(tab, DESCENT.steps, DESCENT.steps)
    await_that(tab, lambda: "dask" not in asked(tab), "no question in the address")
    expect(_ask(tab).get_by_role("button", name="Predict first")).to_contain_text("how long is its last step")


@pytest.mark.parametrize("act", ["play", "step", "dial"])
def test_whatever_else_is_done_on_the_stage_ends_the_question_quietly(visit: Open, act: str) -> None:
    tab = visit(OPTIMIZERS.path, ask="winner")
    expect(_ask(tab).get_by_role("button", name="Skip")).to_be_visible()
    if act == "play":
        button(tab, "Play").click()
    elif act == "step":
        button(tab, "One step forward").click()
        expect_step(tab, 1)
    else:
        slider, _ = dial(tab)
        slider.focus()
        tab.keyboard.press("ArrowRight")
    expect(_ask(tab).get_by_role("button", name="Skip")).to_have_count(0)
    await_that(tab, lambda: "ask" not in asked(tab), "no question in the address")
    expect(_ask(tab).get_by_role("button", name="Predict first")).to_be_visible()
    expect(tab.locator('[data-testid="stException"]')).to_have_count(0)
    if act != "play":
        # Where it was sent, or where it stood.
        expect_step(tab, 1 if act == "step" else STEPS)


def test_nothing_is_sent_until_something_is_asked(app_url: str, page: Callable[..., Page]) -> None:
    tab = page()
    sent = sent_by(tab)
    tab.goto(f"{app_url}/{FOUNDATIONS.path}?dask=fate")
    at_rest(tab)
    sent.clear()
    tab.wait_for_timeout(500)
    assert sent == []
