"""Looking things up and taking them home in a real browser: clicks, tables, downloads, narrow screens."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from core import Run, trace
from core.catalogue.racers import RACERS
from core.lessons.reference import optimizer_rows
from tests.browser.stages import RACE, dial, expect_step, hold, numbers, stage_in, words_of
from tests.programs import run_here
from ui import navigation

pytestmark = pytest.mark.browser

HISTORY, REFERENCE, OPTIMIZERS = navigation.HISTORY, navigation.REFERENCE, navigation.OPTIMIZERS


def _asked(tab: Page, key: str) -> list[str]:
    return parse_qs(urlsplit(tab.url).query).get(key, [])


def _click_entry(tab: Page, sheet: str, key: str) -> None:
    """Clicks the dot of the entry ``key`` in the figure of ``sheet``."""
    figure = tab.locator(f".st-key-{sheet} .js-plotly-plot")
    figure.scroll_into_view_if_needed()
    place = figure.evaluate(
        """(plot, key) => {
            const { xaxis, yaxis } = plot._fullLayout;
            for (const trace of plot.data) {
                const row = Array.from(trace.customdata ?? []).findIndex((found) => String(found) === key);
                if (row >= 0) return [xaxis._offset + xaxis.d2p(trace.x[row]), yaxis._offset + yaxis.d2p(trace.y[row])];
            }
        }""",
        key,
    )
    box = figure.bounding_box()
    assert box is not None
    tab.mouse.click(box["x"] + place[0], box["y"] + place[1])


# The family tree is in a fold.
@pytest.mark.parametrize(
    ("sheet", "link", "plots"), [("ktimeline_wide_sheet", "", 4), ("kfamily_wide_sheet", "?kgrew=true", 6)]
)
def test_a_click_in_a_figure_of_the_history_opens_that_entry(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page], sheet: str, link: str, plots: int
) -> None:
    tab = page()
    tab.goto(f"{app_url}/{HISTORY.path}{link}")
    settled(tab, plots)
    _click_entry(tab, sheet, "lion")
    expect(tab.get_by_role("heading", name="Lion")).to_be_visible()
    settled(tab)
    assert _asked(tab, "kentry") == ["Lion"]


@pytest.mark.parametrize(("width", "shown", "hidden"), [(1280, "wide", "narrow"), (390, "narrow", "wide")])
def test_the_timeline_has_an_arrangement_for_every_screen(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page], width: int, shown: str, hidden: str
) -> None:
    tab = page(width=width)
    tab.goto(f"{app_url}/{HISTORY.path}")
    settled(tab)
    expect(tab.locator(f".st-key-ktimeline_{shown}_sheet")).to_be_visible()
    expect(tab.locator(f".st-key-ktimeline_{hidden}_sheet")).to_be_hidden()


# The second is descent of 1951, which runs the lines of the first.
@pytest.mark.parametrize(("row", "rule"), [("adagrad", "AdaGrad"), ("robbins_monro", "Gradient descent")])
def test_choosing_a_row_of_the_table_shows_its_rule(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page], row: str, rule: str
) -> None:
    below = [one.key for one in optimizer_rows()].index(row) + 1
    tab = page()
    tab.goto(f"{app_url}/{REFERENCE.path}")
    settled(tab)
    box = tab.locator('[data-testid="stDataFrame"]').first.bounding_box()
    assert box is not None
    # The box to choose a row with.
    tab.mouse.click(box["x"] + 18, box["y"] + 36 * below + 18)
    expect(tab.get_by_role("heading", name=rule)).to_be_visible()
    settled(tab)
    assert _asked(tab, "rrule") == [rule]


@pytest.mark.parametrize("label", ["PyTorch script", "NumPy script"])
def test_a_downloaded_script_runs_by_itself(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page], tmp_path: Path, label: str
) -> None:
    tab = page()
    tab.goto(f"{app_url}/{OPTIMIZERS.path}?rules=Lion&export=true&steps=50&lion_schedule=One+cycle&clip=3")
    settled(tab)
    with tab.expect_download() as waited:
        tab.get_by_role("button", name=label).click()
    assert waited.value.suggested_filename.endswith(".py")
    assert "After 50 steps" in run_here(waited.value.path().read_text(encoding="utf-8"), tmp_path).printed


def test_a_downloaded_race_lives_without_a_server(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page], tmp_path: Path
) -> None:
    tab = page()
    tab.goto(f"{app_url}/{OPTIMIZERS.path}?rules=Gradient+descent&rules=Adam&export=true&steps=50")
    settled(tab)
    with tab.expect_download() as waited:
        tab.get_by_role("button", name="Race as a web page").click()
    file = tmp_path / "race.html"
    waited.value.save_as(file)
    shown = page()
    requests: list[str] = []
    shown.on("request", lambda request: requests.append(request.url))
    # Time that can be made to pass.
    shown.clock.install()
    shown.goto(file.as_uri())
    stage = stage_in(shown)
    expect(stage.locator(".gd-canvas")).to_have_count(2)
    expect_step(shown, 50, 50)
    expect(stage.get_by_role("button", name="Take Adam out")).to_have_count(0)
    hold(shown, list(RACE.resolved_objective.start), [0.5, -0.5], [-0.5, 0.8])
    shown.mouse.up()
    hypers = {}
    for name, key in (("lr", "ArrowRight"), ("beta1", "ArrowLeft")):
        slider, box = dial(shown, "Adam", words_of("adam", name))
        slider.focus()
        shown.keyboard.press(key)
        hypers[name] = float(box.input_value())
    # No one answers; a stage that waited for the server would have given up by now.
    shown.clock.fast_forward(60_000)
    stage.focus()
    shown.keyboard.press("Home")
    expect_step(shown, 0, 50)
    start = tuple(numbers(shown, "Adam")[:2])
    assert start == pytest.approx((-0.5, 0.8), abs=0.02)
    shown.keyboard.press("End")
    expect_step(shown, 50, 50)
    for racer, chosen in (("adam", hypers), ("sgd", {})):
        path = trace(Run(RACE.objective, racer, start, 50, {**RACE.rules[racer], **chosen}))
        expected = [*path.x[-1], path.loss[-1], path.grad_norm[-1]]
        assert numbers(shown, RACERS[racer].name) == pytest.approx(expected, rel=6e-4)
    shown.evaluate("() => { navigator.clipboard.writeText = async text => { window.copied = text; }; }")
    shown.keyboard.press("h")
    expect(stage.get_by_text("Link copied")).to_be_visible()
    assert shown.evaluate("window.copied") == tab.url
    assert shown.get_by_text(tab.url).is_visible()
    assert {url for url in requests if not url.startswith("blob:")} == {file.as_uri()}


def test_a_family_of_rules_can_be_chosen_from(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page]
) -> None:
    tab = page()
    tab.goto(f"{app_url}/{OPTIMIZERS.path}?rules=Adam")
    settled(tab)
    tab.get_by_role("button", name="Choose by family").click()
    tab.get_by_role("button", name="Sophia", exact=True).click()
    settled(tab)
    tab.locator(".st-key-family_adam").get_by_role("button", name="Adam", exact=True).click()
    settled(tab)
    assert _asked(tab, "rules") == ["Sophia"]
