"""The address in a real browser: it says what the page shows, adds nothing to the history, and leads to its place."""

import json
import os
from collections.abc import Callable
from random import Random
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from core import Run
from core.engine.scenarios import RACES
from core.export import run_json
from core.lessons.missions import MISSIONS
from tests.browser.conftest import PATIENCE
from tests.browser.stages import words_of
from ui import navigation
from ui.controls import scenario_state
from ui.kit.share import encode

pytestmark = pytest.mark.browser

OPTIMIZERS, FOUNDATIONS, PITFALLS = navigation.OPTIMIZERS.path, navigation.FOUNDATIONS.path, navigation.PITFALLS.path
# Every number and choice of the page, also in folds; not the icon that says whether a fold is open, nor what only acts.
SHOWN = """() => {
    const acts = '.st-key-reopen, .st-key-edit';
    const parts = [...document.querySelectorAll('[data-testid="stSidebarUserContent"], [data-testid="stMain"]')];
    const texts = parts.map(part => {
        const copy = part.cloneNode(true);
        copy.querySelectorAll(acts).forEach(act => act.remove());
        return copy.textContent.replace(/keyboard_arrow_\\w+/g, '');
    });
    const inputs = [...document.querySelectorAll('input:not([type=range]), textarea')];
    return JSON.stringify([texts, inputs.filter(input => !input.closest(acts)).map(input => input.value)]);
}"""
TOP = "name => document.querySelector(`.st-key-${name}`).getBoundingClientRect().top"
PASTED = run_json(Run("booth", "nadam", (1.0, -2.0), 77, {"lr": 0.0123}, noise=0.4, seed=5))

Settled = Callable[..., Page]


def _press(tab: Page, key: str) -> None:
    tab.locator(f".st-key-{key} button").first.click()


def _open(tab: Page, scenario: str) -> None:
    # While the page runs, the old one may stand beside the new one.
    tab.locator('[class*="st-key-try_"]').get_by_text(RACES[scenario].title, exact=True).first.click()


def _turn(tab: Page, key: str, stops: int) -> None:
    tab.locator(f".st-key-{key}").get_by_role("slider").focus()
    for _ in range(abs(stops)):
        tab.keyboard.press("ArrowRight" if stops > 0 else "ArrowLeft")


def _dial(tab: Page, name: str, label: str, text: str) -> None:
    """Types a number beside the dial ``label`` of the racer ``name``."""
    row = tab.locator(".gd-table tbody tr", has=tab.locator(f"[title='Show or hide {name}']"))
    if label != "Learning rate":
        row.get_by_role("button", name=f"More of {name}", exact=True).click()
        row = row.locator("+ tr")
    row.locator(f".gd-typed[aria-label='{label}']").fill(text)
    tab.keyboard.press("Enter")


def _number(tab: Page, key: str, text: str) -> None:
    tab.locator(f".st-key-{key} input").fill(text)
    tab.keyboard.press("Enter")


def _choose(tab: Page, key: str, name: str) -> None:
    tab.locator(f".st-key-{key}").evaluate("box => box.scrollIntoView({ block: 'center' })")
    tab.wait_for_timeout(300)
    tab.locator(f".st-key-{key}").get_by_role("combobox").fill(name)
    tab.get_by_role("option", name=name, exact=True).wait_for()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Escape")


def _remove(tab: Page, name: str) -> None:
    tab.locator(".st-key-rules").get_by_role("button", name=name).last.click()


def _unfold(tab: Page, label: str) -> None:
    tab.locator("summary", has_text=label).first.click()
    # A list that opens while its box still moves closes again.
    tab.wait_for_timeout(1000)


def _type_rule(tab: Page, text: str) -> None:
    tab.locator(".st-key-own textarea").fill(text)
    tab.keyboard.press("Control+Enter")


def _paste_run(tab: Page) -> None:
    tab.locator(".st-key-export summary").click()
    tab.locator(".st-key-reopen textarea").fill(PASTED)
    tab.keyboard.press("Control+Enter")
    _press(tab, "reopen_button")
    expect(tab.locator(".gd-table").first).to_contain_text("NAdam")


def _leave_saddle(tab: Page) -> None:
    _number(tab, "x", "-0.123456789")
    _open(tab, "saddle")
    expect(tab.locator(".gd-stage").first).to_have_attribute("aria-label", "Race on Saddle")
    _turn(tab, "steps", -4)


# What a visitor does, one after the other in one visit; the link is opened elsewhere after some, drawn, and the last.
DONE: list[Callable[[Page], None]] = [
    lambda tab: _remove(tab, "RMSProp"),
    lambda tab: (_unfold(tab, "Noise and clipping"), _number(tab, "noise", "2"))[1],
    lambda tab: _choose(tab, "rules", "AdamW"),
    lambda tab: _dial(tab, "Adam", words_of("adam", "beta1"), "0.87"),
    lambda tab: _open(tab, "too_fast"),
    lambda tab: _dial(tab, "Nesterov", "Learning rate", "0.00123"),
    lambda tab: (_unfold(tab, "Edit a rule"), _choose(tab, "edit", "Adam"))[1],
    lambda tab: _type_rule(tab, "x = x - lr*sign(g)"),
    lambda tab: _paste_run(tab),
    lambda tab: _leave_saddle(tab),
]


def test_after_many_a_turn_the_link_shows_the_same_elsewhere(
    app_url: str, page: Callable[..., Page], chromium: Browser, settled: Settled
) -> None:
    tab = page()
    tab.goto(f"{app_url}/{OPTIMIZERS}")
    settled(tab, plots=2)
    entries = tab.evaluate("history.length")
    looked = {*Random(os.environ["TEST_SEED"]).sample(range(len(DONE)), 4), len(DONE) - 1}
    with chromium.new_context(reduced_motion="reduce") as elsewhere:
        other = elsewhere.new_page()
        other.set_viewport_size({"width": 1280, "height": 800})
        for number, act in enumerate(DONE):
            act(tab)
            # A box that has the focus counts its characters.
            tab.evaluate("document.activeElement.blur()")
            settled(tab, plots=2)
            if number not in looked:
                continue
            other.goto(tab.url)
            settled(other, plots=2)
            before, after = json.loads(tab.evaluate(SHOWN)), json.loads(other.evaluate(SHOWN))
            assert before == after, (number, tab.url)
            assert other.url == tab.url
    assert tab.evaluate("history.length") == entries


def test_back_and_forward_restore_what_each_page_was_set_to(
    app_url: str, page: Callable[..., Page], settled: Settled
) -> None:
    tab = page()
    tab.goto(f"{app_url}/{OPTIMIZERS}")
    settled(tab, plots=2)
    _turn(tab, "steps", 3)
    settled(tab, plots=2)
    _open(tab, "too_fast")
    settled(tab, plots=2)
    race, shown = tab.url, tab.evaluate(SHOWN)
    tab.locator(".st-key-menu").get_by_role("link", name="Foundations").click()
    settled(tab, plots=2)
    _turn(tab, "dsteps", -5)
    settled(tab, plots=2)
    descent, text = tab.url, tab.evaluate(SHOWN)
    tab.go_back()
    expect(tab.get_by_role("heading", name="Optimizers", exact=True)).to_be_visible()
    settled(tab, plots=2)
    assert (tab.url, tab.evaluate(SHOWN)) == (race, shown)
    tab.go_forward()
    expect(tab.get_by_role("heading", name="Foundations", exact=True)).to_be_visible()
    settled(tab, plots=2)
    assert (tab.url, tab.evaluate(SHOWN)) == (descent, text)


def test_a_place_on_the_page_is_gone_to_without_running_the_page(
    app_url: str, page: Callable[..., Page], settled: Settled
) -> None:
    tab, query = page(), "ztopic=depth&zabout_depth=true"
    tab.goto(f"{app_url}/{PITFALLS}?{query}")
    settled(tab)
    runs = tab.locator('[data-testid="stApp"]').get_attribute("data-test-script-state")
    tab.evaluate(
        """() => {
            window.ran = false;
            const watch = new MutationObserver(() => (window.ran = true));
            const app = document.querySelector('[data-testid="stApp"]');
            watch.observe(app, { attributeFilter: ['data-test-script-state'] });
        }"""
    )
    # The link that a heading is to itself.
    tab.get_by_role("heading", name="What do you see in your own run?").hover()
    tab.locator("[data-testid=stMain] a[href='#symptoms']").click()
    tab.wait_for_timeout(500)
    assert abs(tab.locator("#symptoms").evaluate("place => place.getBoundingClientRect().top")) < 200
    assert (runs, tab.evaluate("window.ran")) == ("notRunning", False)
    assert tab.url.endswith(f"?{query}#symptoms")


@pytest.mark.parametrize("leads", ["See it run on Pitfalls", "See it run on Optimizers"])
def test_a_statement_on_the_home_page_leads_to_its_open_card(
    app_url: str, page: Callable[..., Page], settled: Settled, leads: str
) -> None:
    tab = page()
    tab.goto(app_url)
    settled(tab, plots=1)
    tab.get_by_role("link", name=leads).first.click()
    tab.locator("[class*=st-key-plot_C]").first.wait_for()
    settled(tab)
    # A place on the way is not part of the link.
    assert "at=" not in tab.url
    card = tab.url.split("run_")[1].split("=")[0]
    tab.wait_for_timeout(500)
    assert 0 <= tab.evaluate(TOP, f"claim_{card}") < 200


def test_a_statement_of_the_same_page_is_gone_to_as_well(
    app_url: str, page: Callable[..., Page], settled: Settled
) -> None:
    tab = page()
    tab.goto(f"{app_url}/{navigation.REFERENCE.path}?rtopic=statements&rclaim=C132")
    settled(tab)
    tab.get_by_role("button", name="Run it on Reference").click()
    tab.locator(".st-key-plot_C132").wait_for()
    settled(tab)
    tab.wait_for_timeout(500)
    assert 0 <= tab.evaluate(TOP, "claim_C132") < 200
    assert "run_C132=true" in tab.url


def test_the_link_is_copied_by_button_and_by_key(app_url: str, page: Callable[..., Page], settled: Settled) -> None:
    tab = page()
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.goto(f"{app_url}/{OPTIMIZERS}?noise=0.5")
    settled(tab, plots=2)
    tab.get_by_role("button", name="Copy link").first.click()
    expect(tab.get_by_text("Link copied")).to_be_visible()
    assert tab.evaluate("navigator.clipboard.readText()") == tab.url
    _turn(tab, "steps", 1)
    settled(tab, plots=2)
    tab.locator(".gd-stage").first.focus()
    tab.keyboard.press("h")
    expect(tab.get_by_text("Link copied")).to_be_visible()
    assert "steps=501" in tab.url
    assert tab.evaluate("navigator.clipboard.readText()") == tab.url
    # Where a page is not secure there is another way.
    tab.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })")
    tab.evaluate("() => { document.addEventListener('copy', () => (window.copying = String(getSelection()))); }")
    tab.get_by_role("button", name="Copy link").first.click(timeout=1000 * PATIENCE)
    expect(tab.get_by_text("Link copied")).to_be_visible()
    assert tab.evaluate("window.copying") is not None


def test_the_link_of_a_solved_mission_is_copied_and_says_so_to_others(
    app_url: str, page: Callable[..., Page], settled: Settled
) -> None:
    tab = page()
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    solution = scenario_state(MISSIONS["beale"].solution, navigation.PLAYGROUND.prefix)
    link = urlencode({**encode(solution), "pmission": "beale"}, doseq=True)
    tab.goto(f"{app_url}/{navigation.PLAYGROUND.path}?{link}")
    settled(tab, plots=2)
    tab.get_by_role("button", name="Copy result link").click()
    expect(tab.get_by_role("button", name="Copied")).to_be_visible()
    other = page()
    other.goto(tab.evaluate("navigator.clipboard.readText()"))
    expect(other.get_by_text("This link solves “Beale in 30”")).to_be_visible()
