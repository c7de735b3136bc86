"""What the browser tests of stages share: where things are on a page, and how a hand works them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from core import Run, trace
from core.catalogue.racers import RACERS
from core.engine.scenarios import DESCENTS, RACES
from core.engine.trace import Path
from tests.numerals import value_of

# What the pages open with.
RACE = next(iter(RACES.values()))
DESCENT = next(iter(DESCENTS.values()))
STEPS = RACE.steps
# Milliseconds. On a shared machine a page takes several seconds.
PATIENCE = 60_000
# Pixels: a click hits the middle of one, and the stage rounds it to the picture's width in thousands.
PIXEL = 1.0
# The largest number that a stage is sent.
LARGEST = 3.4e38
# The row for all racers, and what turns every learning rate there.
EVERYONE, FACTOR = "all of them", "learning rate ×"

PLOT = "document.querySelector('.gd-plot')"
RANGES = f"() => {{ const l = {PLOT}._fullLayout; return [...l.xaxis.range, ...l.yaxis.range]; }}"
# Where a point of the landscape is on the screen.
SPOT = f"""([x, y]) => {{
    const gd = {PLOT}, {{ xaxis, yaxis }} = gd._fullLayout, box = gd.getBoundingClientRect();
    return [box.left + xaxis._offset + xaxis.d2p(x), box.top + yaxis._offset + yaxis.d2p(y)];
}}"""
# Where the views are, how long the page is, and what the views show.
PLACES = """() => JSON.stringify([
    document.querySelector('[data-testid="stMain"]').scrollHeight,
    ...[...document.querySelectorAll('.gd-stage .gd-plot, .gd-canvas')].map(part => {
        const box = part.getBoundingClientRect();
        return [box.x, box.y, box.width, box.height];
    }),
    ...[...document.querySelectorAll('.gd-canvas')].map(canvas => canvas.toDataURL().length),
])"""

Open = Callable[..., Page]


def at_rest(tab: Page, views: int = 2) -> Page:
    """Waits until the script has run and so many ``views`` of the first stage are drawn; a phone has room for one."""
    expect(stage_in(tab).locator(".gd-canvas")).to_have_count(views, timeout=PATIENCE)
    expect(tab.locator('[data-testid="stApp"]')).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=PATIENCE
    )
    expect(stage_in(tab).locator("td.gd-number").last).not_to_be_empty()
    return still(tab)


def still(tab: Page) -> Page:
    """Waits until nothing on the page moves: what is drawn late, even far below, may shift the views."""
    places: list[str] = []
    for _ in range(300):
        places.append(tab.evaluate(PLACES))
        # Six tenths of a second without a change.
        if len(places) > 3 and len(set(places[-4:])) == 1:
            return tab
        tab.wait_for_timeout(200)
    raise AssertionError(f"The page did not come to rest: {places[-1]}")


def await_that(tab: Page, holds: Callable[[], bool], what: str) -> None:
    """Waits until it ``holds``."""
    for _ in range(PATIENCE // 50):
        if holds():
            return
        tab.wait_for_timeout(50)
    raise AssertionError(f"Waited in vain: {what}")


def stage_in(tab: Page) -> Locator:
    """The first stage of the page."""
    return tab.locator(".gd-stage").first


def button(tab: Page, name: str) -> Locator:
    """A button of the stage."""
    return stage_in(tab).get_by_role("button", name=name, exact=True)


# --- The clock and the link ---


def expect_step(tab: Page, step: int, steps: int = STEPS) -> None:
    """Waits until the clock shows ``step``."""
    expect(stage_in(tab).locator(".gd-step")).to_have_text(f"{step} / {steps}")


def step_in(tab: Page) -> int:
    """The step that the clock shows."""
    return int((stage_in(tab).locator(".gd-step").text_content() or "").split("/")[0])


def asked(tab: Page) -> dict[str, str]:
    """What the address says."""
    return {key: values[-1] for key, values in parse_qs(urlsplit(tab.url).query).items()}


def await_asked(tab: Page, **wanted: float) -> None:
    """Waits until the address has these numbers."""
    await_that(
        tab,
        lambda: all(float(asked(tab).get(key, "nan")) == value for key, value in wanted.items()),
        f"{wanted} in {tab.url}",
    )


def sent_by(tab: Page) -> list[Any]:
    """What a tab that is yet to be opened will have sent to the server."""
    sent: list[Any] = []
    tab.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    return sent


# --- The rows ---


def row_of(tab: Page, racer: str) -> Locator:
    """The row of a racer, or of all of them."""
    return stage_in(tab).locator("tbody tr", has=tab.get_by_text(racer, exact=True)).first


def numbers(tab: Page, racer: str) -> list[float]:
    """What the row of a racer says: the point, the loss, the gradient norm."""
    return [value_of(text.lstrip("><").strip()) for text in texts(tab, racer)]


def texts(tab: Page, racer: str) -> list[str]:
    """``numbers`` as they are written."""
    return row_of(tab, racer).locator("td.gd-number").all_text_contents()


def words_of(racer: str, name: str) -> str:
    """What the dial of the hyperparameter ``name`` of a racer is called."""
    return next(hyper.words for hyper in RACERS[racer].optimizer.hypers if hyper.name == name)


def dial(tab: Page, racer: str = "Adam", label: str = "Learning rate") -> tuple[Locator, Locator]:
    """The slider and the box of a number, whose row is unfolded if they are in its fold."""
    row = row_of(tab, racer)
    fold = row.locator("xpath=following-sibling::tr[1]")
    name = "all" if racer == EVERYONE else racer
    if label not in ("Learning rate", FACTOR):
        if not fold.is_visible():
            row.get_by_role("button", name=f"More of {name}").click()
        row = fold
    return row.get_by_role("slider", name=label, exact=True), row.get_by_role("textbox", name=label, exact=True)


def turn(tab: Page, racer: str = "Adam", key: str = "adam_lr") -> None:
    """Moves the dial of a learning rate by one stop and waits until Python has taken it up."""
    slider, box = dial(tab, racer)
    slider.focus()
    tab.keyboard.press("ArrowRight")
    await_asked(tab, **{key: float(box.input_value())})
    at_rest(tab)


def run_in(tab: Page, racer: str) -> Path:
    """The path of a racer of the opening race as Python takes it, with what the address says."""
    said = asked(tab)
    opening = RACE.rules[racer]
    objective = RACE.resolved_objective
    hypers = {
        hyper.name: float(said.get(f"{racer}_{hyper.name}", opening.get(hyper.name, hyper.default)))
        for hyper in RACERS[racer].optimizer.hypers
    }
    start = tuple(float(said.get(name, at)) for name, at in zip(("x", "y"), objective.start, strict=True))
    clip = float(said.get("clip", 0))
    return trace(
        Run(
            RACE.objective,
            racer,
            start,
            int(float(said.get("steps", STEPS))),
            hypers,
            noise=float(said.get("noise", 0)),
            clip_norm=clip or None,
        )
    )


def agrees(tab: Page) -> bool:
    """Whether the row of every racer says what Python's path has at the end."""
    for key in RACE.rules:
        path = run_in(tab, key)
        end = [*path.x[-1], path.loss[-1], path.grad_norm[-1]]
        # Of what is larger only that is said.
        if numbers(tab, RACERS[key].name) != pytest.approx([*np.clip(end, -LARGEST, LARGEST)], rel=6e-4):
            return False
    return True


# --- The hand ---


def hold(tab: Page, start: list[float], *places: list[float]) -> None:
    """Takes hold of a point of the landscape and moves it at a hand's pace: a busy browser joins moves made at once."""
    tab.mouse.move(*tab.evaluate(SPOT, start))
    tab.wait_for_timeout(200)
    tab.mouse.down()
    for place in places:
        tab.wait_for_timeout(100)
        tab.mouse.move(*tab.evaluate(SPOT, place), steps=4)
    tab.wait_for_timeout(100)


def drag(tab: Page, start: list[float], end: list[float]) -> None:
    """Draws a box with the mouse."""
    hold(tab, start, [(one + other) / 2 for one, other in zip(start, end, strict=True)], end)
    tab.mouse.up()


def grip(tab: Page, slider: Locator, *shares: float) -> None:
    """Takes hold of a slider where it stands and pulls it to shares of its length."""
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    now = slider.evaluate("one => (one.value - one.min) / (one.max - one.min)")
    # The middle of its knob goes from half of it to half of it before the end.
    where = [box["x"] + 8 + share * (box["width"] - 16) for share in (now, *shares)]
    y = box["y"] + box["height"] / 2
    tab.mouse.move(where[0], y)
    tab.mouse.down()
    for x in where[1:]:
        tab.mouse.move(x, y, steps=4)
        tab.wait_for_timeout(50)


def expect_start(tab: Page, wanted: list[float], racer: str, prefix: str = "", steps: int = STEPS) -> None:
    """The start is where it was asked for, as the link, the table and the axes have it."""
    pixels = tab.evaluate(
        f"() => {{ const l = {PLOT}._fullLayout; return ['xaxis', 'yaxis'].map(a => Math.abs(1 / l[a]._m)); }}"
    )
    keys = [f"{prefix}{name}" for name in ("x", "y")[: len(wanted)]]
    await_that(
        tab,
        lambda: all(
            abs(float(asked(tab).get(key, "nan")) - number) <= PIXEL * size
            for key, number, size in zip(keys, wanted, pixels, strict=False)
        ),
        f"{wanted} in {tab.url}",
    )
    start = [float(asked(tab)[key]) for key in keys]
    stage_in(tab).focus()
    tab.keyboard.press("Home")
    expect_step(tab, 0, steps)
    await_that(
        tab, lambda: numbers(tab, racer)[: len(start)] == pytest.approx(start, rel=6e-4), f"the path from {start}"
    )


def choose_objective(tab: Page, name: str) -> None:
    """Chooses another objective in the sidebar."""
    # A list that opens while its box is being scrolled into sight closes again.
    tab.locator(".st-key-f").evaluate("box => box.scrollIntoView({ block: 'center' })")
    tab.wait_for_timeout(300)
    tab.locator(".st-key-f").get_by_role("combobox").fill(name)
    tab.get_by_role("option", name=name, exact=True).wait_for()
    tab.keyboard.press("Enter")
    await_that(tab, lambda: asked(tab).get("f") == name, f"{name} in {tab.url}")
    at_rest(tab)
