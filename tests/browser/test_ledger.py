"""The ledger under the stage in a real browser: what is pointed at in one of them is seen in the other."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from core import OBJECTIVES, Run, trace
from core.engine.scenarios import RACES
from core.engine.trace import Path
from ui.navigation import OPTIMIZERS

pytestmark = pytest.mark.browser

# What the page opens with.
RACE = next(iter(RACES.values()))
# A step at which arrows and square are longer than the ball is wide, and the ball is far from the others.
STEP = 190
# Milliseconds. On a shared machine a page takes several seconds.
PATIENCE = 60_000
PICTURE = "() => document.querySelector('.gd-canvas').toDataURL()"
# What is written on canvases from now on.
WRITTEN = """() => {
    window.written = [];
    const write = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...where) {
        window.written.push(text);
        return write.call(this, text, ...where);
    };
}"""
# Where a point of the landscape is on the screen, and how a vector lies there.
SPOT = """([[x, y], [across, up]]) => {
    const gd = document.querySelector('.gd-plot'), { xaxis, yaxis } = gd._fullLayout, box = gd.getBoundingClientRect();
    const at = [box.left + xaxis._offset + xaxis.d2p(x), box.top + yaxis._offset + yaxis.d2p(y)];
    return [at, [xaxis.d2p(across) - xaxis.d2p(0), yaxis.d2p(up) - yaxis.d2p(0)]];
}"""
# The brightness of the darkest of the pixels around a place on the screen, among those that are drawn on.
DARKEST = """([x, y]) => {
    const canvas = document.querySelector('.gd-canvas'), box = canvas.getBoundingClientRect();
    const { data } = canvas.getContext('2d').getImageData(x - box.left - 4, y - box.top - 4, 9, 9);
    const drawn = Array.from({ length: 81 }, (_, k) => data.subarray(4*k, 4*k + 4)).filter((pixel) => pixel[3] > 250);
    return Math.min(255, ...drawn.map(([red, green, blue]) => (red + green + blue)/3));
}"""


@pytest.fixture
def visit(app_url: str, page: Callable[..., Page], settled: Callable[..., Page]) -> Callable[..., Page]:
    """``visit(**asked)`` opens the race by a link, at rest and drawn, with a ledger."""

    def visit(**asked: Any) -> Page:
        tab = page(height=1200)
        tab.goto(f"{app_url}/{OPTIMIZERS.path}?{urlencode(asked)}")
        expect(_ledger(tab).locator(".katex").first).to_be_attached(timeout=PATIENCE)
        settled(tab, 2)
        tab.evaluate(WRITTEN)
        return tab

    return visit


def _ledger(tab: Page) -> Locator:
    return tab.locator(".gd-ledger").first


def _line(tab: Page, row: int) -> Locator:
    return _ledger(tab).locator(".gd-line").nth(row)


def _expect_pointed(tab: Page, row: int) -> None:
    """One line is marked, and it is that one."""
    expect(_ledger(tab).locator(".gd-line.gd-pointed")).to_have_attribute("data-of", str(row))


def _path(lr: float = RACE.rules["adam"]["lr"]) -> Path:
    return trace(Run(RACE.objective, "adam", OBJECTIVES[RACE.objective].start, RACE.steps, {"lr": lr}))


def _number(value: float) -> str:
    """As the stage writes what is neither very small nor very large."""
    return f"{value:#.4g}".removesuffix(".").replace("-", "−")


def _pair(vector: np.ndarray) -> str:
    return f"({', '.join(map(_number, vector))})"


def _await_written(tab: Page, text: str) -> None:
    tab.wait_for_function("text => window.written.includes(text)", arg=text, timeout=PATIENCE)


def _changed(tab: Page, before: str) -> str:
    tab.wait_for_function(f"before => ({PICTURE})() !== before", arg=before, timeout=PATIENCE)
    picture: str = tab.evaluate(PICTURE)
    return picture


def test_what_is_pointed_at_in_a_line_is_drawn_at_the_ball_with_its_numbers(visit: Callable[..., Page]) -> None:
    tab, path = visit(of="Adam", t=STEP), _path()
    terms = {name: values[STEP - 1] for name, values in path.terms.items()}
    texts = {
        0: f"−m = {_pair(-terms['m'])}",
        2: f"−m\u0302 = {_pair(-terms['m_hat'])}",
        3: f"√v\u0302 = {_pair(np.sqrt(terms['v_hat']))}",
        4: f"step {_pair(path.x[STEP] - path.x[STEP - 1])}",
    }
    ball, way = (np.array(part) for part in tab.evaluate(SPOT, [path.x[STEP].tolist(), (-terms["m"]).tolist()]))
    head = (ball + 36 * way / np.linalg.norm(way)).tolist()
    assert tab.evaluate(DARKEST, head) > 80
    picture = tab.evaluate(PICTURE)
    for row, text in texts.items():
        # What stands left of the equals sign is no part of the formula that could be pointed at by itself.
        _line(tab, row).locator(".gd-left").hover()
        _await_written(tab, text)
        picture = _changed(tab, picture)
        # The two momenta have one direction, and their arrow is in the colour of letters.
        assert (tab.evaluate(DARKEST, head) < 60) == (row in (0, 2))
    # A letter in a formula is what its own line says.
    tab.evaluate("window.written = []")
    _line(tab, 4).locator(".gd-symbols [data-of='2']").hover()
    _await_written(tab, texts[2])
    _expect_pointed(tab, 2)
    # The keyboard does the same, and says it.
    tab.evaluate("window.written = []")
    _line(tab, 3).focus()
    _await_written(tab, texts[3])
    expect(tab.locator(".gd-bar .gd-said").first).to_have_text(texts[3])


def test_what_is_pointed_at_at_the_ball_is_marked_in_the_ledger(visit: Callable[..., Page]) -> None:
    tab, path = visit(of="Adam", t=STEP), _path()
    m, v_hat = (path.terms[name][STEP - 1] for name in ("m", "v_hat"))
    ball, way = (np.array(part) for part in tab.evaluate(SPOT, [path.x[STEP].tolist(), (-m).tolist()]))
    expect(_ledger(tab).locator(".gd-pointed")).to_have_count(0)
    tab.mouse.move(*(ball + 30 * way / np.linalg.norm(way)))
    _expect_pointed(tab, 0)
    _await_written(tab, f"−m = {_pair(-m)}")
    # The left edge of the rectangle, of which the longest on the path reaches 64 pixels to each side.
    edge = 64 * np.sqrt(v_hat[0] / path.terms["v_hat"].max())
    tab.mouse.move(*(ball - np.array([edge, 0])))
    _expect_pointed(tab, 3)
    tab.mouse.move(*(ball + np.array([0, 90])))
    expect(_ledger(tab).locator(".gd-pointed")).to_have_count(0)


def test_the_numbers_of_the_ledger_are_always_of_the_step_and_the_run_that_are_drawn(
    visit: Callable[..., Page],
) -> None:
    tab, path = visit(of="Adam", t=STEP), _path()
    head, now = _ledger(tab).locator(".gd-step-of"), _line(tab, 2).locator(".gd-now")
    numbers = _line(tab, 2).locator(".gd-numbers")
    expect(head).to_have_text(f"Step {STEP} of Adam along x")
    expect(numbers).to_be_visible()
    slider = tab.get_by_role("slider", name="Step", exact=True).first
    # A hand that holds the slider keeps Python out of it.
    slider.evaluate("one => { one.value = 37; one.dispatchEvent(new Event('input')); }")
    expect(head).to_have_text("Step 37 of Adam along x: the arithmetic follows when all is at rest")
    expect(now).to_have_text(f"= {_number(path.terms['m_hat'][36, 0])}")
    expect(numbers).to_be_hidden()
    dial = tab.locator(".gd-table tr").filter(has=tab.get_by_text("Adam", exact=True)).first.locator(".gd-dial").first
    dial.evaluate("one => { one.value = 120; one.dispatchEvent(new Event('input')); }")
    lr = float(dial.get_attribute("aria-valuetext") or "nan")
    assert lr != path.run.settings["lr"]
    expect(now).to_have_text(f"= {_number(_path(lr).terms['m_hat'][36, 0])}")
    expect(numbers).to_be_hidden()
    # It lets go of both.
    dial.evaluate("one => one.dispatchEvent(new Event('change'))")
    slider.evaluate("one => one.dispatchEvent(new Event('change'))")
    expect(numbers).to_be_visible(timeout=PATIENCE)
    expect(head).to_have_text("Step 37 of Adam along x")
    expect(now).to_have_text("")
