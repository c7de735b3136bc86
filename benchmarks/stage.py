"""The stage in Chromium: how soon it answers a hand, frames a second while it is held and while it plays, what is sent.

python -m benchmarks.stage [--json]
"""

import math
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, WebSocket, expect, sync_playwright

from benchmarks.measure import Result, report
from core.catalogue.racers import RACERS
from core.engine.scenarios import RACES
from tests.browser.conftest import CHROMIUM_FLAGS, served
from ui.kit.limits import MAX_RACERS, MAX_STEPS
from ui.navigation import FOUNDATIONS, OPTIMIZERS

STEPS = 500
# Milliseconds for which frames are counted, and how often that is done.
WATCH = 3000
ROUNDS = 3
# Milliseconds between two moves of a hand.
PACE = 8
# Milliseconds without a message after which an answer is taken to be complete.
QUIET = 700
FOUR = tuple(next(iter(RACES.values())).rules)
EIGHT = tuple(RACERS)[:MAX_RACERS]
assert len(EIGHT) == MAX_RACERS

# The mean time of a frame, in milliseconds, as the page's own animation frames come.
FRAMES = """wait => new Promise(done => {
    let begin = 0, count = 0;
    const frame = now => {
        if (!begin) begin = now;
        else count++;
        now - begin < wait ? requestAnimationFrame(frame) : done((now - begin) / count);
    };
    requestAnimationFrame(frame);
})"""

# Of every event `name` from now on, the milliseconds until the stage has drawn the frame that answers it: it asked for
# that frame before this does, so that it has drawn when this one comes.
ANSWERS = """name => {
    window.answers = [];
    window.listening?.abort();
    window.listening = new AbortController();
    window.addEventListener(name, event => {
        requestAnimationFrame(() => answers.push(performance.now() - event.timeStamp));
    }, { capture: true, signal: listening.signal });
}"""
# `confirmed` becomes the milliseconds from the next release to the first change of the words below a stage.
CONFIRMED = """() => {
    const words = () => [...document.querySelectorAll('[data-testid=stMain] li')].map(one => one.textContent).join();
    const before = words();
    window.confirmed = new Promise(done => {
        const begin = event => {
            const frame = () => {
                if (words() === before && performance.now() - event.timeStamp < 5000) requestAnimationFrame(frame);
                else done(performance.now() - event.timeStamp);
            };
            requestAnimationFrame(frame);
        };
        window.addEventListener('pointerup', begin, { capture: true, once: true });
    });
}"""


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@contextmanager
def _served() -> Iterator[tuple[str, Browser]]:
    """The address of a server of the app, and a Chromium."""
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder) / "log.txt") as (url, _),
        open_browser() as browser,
    ):
        yield url, browser


@contextmanager
def _race(
    url: str,
    browser: Browser,
    racers: Sequence[str],
    listen: Callable[[WebSocket], None] = lambda _: None,
    page: Any = OPTIMIZERS,
    **asked: Any,
) -> Iterator[Page]:
    """A tab with a race of ``racers``, at rest; ``listen`` is given its connection to the server."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 1000}, color_scheme="light", reduced_motion="no-preference"
    )
    context.set_default_timeout(60_000)
    tab = context.new_page()
    tab.on("websocket", listen)
    prefix = page.prefix
    settings = {"rules": [RACERS[key].name for key in racers], "steps": STEPS, **asked}
    steps = settings["steps"]
    # With a step in it, the stage does not play by itself.
    link = {f"{prefix}{key}": value for key, value in {**settings, "t": steps}.items()}
    tab.goto(f"{url}/{page.path}?{urlencode(link, doseq=True)}")
    expect(tab.locator(".gd-stage").first.locator(".gd-canvas")).to_have_count(2, timeout=60_000)
    expect(tab.locator('[data-testid="stApp"]')).to_have_attribute("data-test-script-state", "notRunning")
    tab.wait_for_timeout(1500)
    yield tab
    context.close()


def _frame_time(tab: Page) -> float:
    """The median time of a frame in seconds."""
    return statistics.median(float(tab.evaluate(FRAMES, WATCH)) for _ in range(ROUNDS)) / 1000


def playing(url: str, browser: Browser) -> list[Result]:
    """Frames a second while a race plays, in a loop and at an ordinary speed, against the same page at rest."""
    results = []
    for name, view, goal in (("contour", "Contour", 55), ("3-D", "3-D", 50)):
        with _race(url, browser, EIGHT, view=view) as tab:
            rest = _frame_time(tab)
            tab.get_by_role("button", name="Start again at the end").click()
            tab.locator(".gd-play").click()
            ours = _frame_time(tab)
        results.append(
            Result(
                f"playing, {name}, {len(EIGHT)} rules × {STEPS} steps; page at rest",
                ours,
                rest,
                1 / ours,
                f"at least {goal}",
                "frames/s",
                1 / ours >= goal,
            )
        )
    return results


@dataclass(frozen=True)
class Hand:
    """What a hand holds in a race, and what it is to be: milliseconds from an event to its frame, and frames a second.

    ``frames`` is a share of those of the page at rest, or, above 1, their number.
    """

    name: str
    racers: Sequence[str]
    page: Any = OPTIMIZERS
    dial: bool = False
    asked: Mapping[str, Any] = field(default_factory=dict)
    drawn: float = 17
    frames: float = 0.95


HANDS = (
    Hand("contour, start", FOUR),
    Hand("contour, dial", FOUR, dial=True),
    Hand("1-D, start", FOUR, FOUNDATIONS),
    Hand("3-D, dial", FOUR, dial=True, asked={"view": "3-D"}),
    Hand("contour, start", EIGHT, drawn=20),
    Hand("3-D, dial", EIGHT, dial=True, asked={"view": "3-D"}, drawn=20),
    Hand("contour, start", EIGHT, asked={"steps": MAX_STEPS}, drawn=math.inf, frames=30),
)


def holding(url: str, browser: Browser, hand: Hand) -> list[Result]:
    """How soon the picture follows a hand, how often a second, and how soon the words follow when it lets go."""
    with _race(url, browser, hand.racers, page=hand.page, **hand.asked) as tab:
        rest = _frame_time(tab)
        tab.evaluate(ANSWERS, "input" if hand.dial else "pointermove")
        places = (_along_dial if hand.dial else _around_start)(tab)
        tab.mouse.move(*next(places))
        tab.mouse.down()
        # The first runs are compiled.
        for _ in range(20):
            tab.mouse.move(*next(places))
            tab.wait_for_timeout(PACE)
        tab.evaluate(f"wait => {{ answers.length = 0; window.frames_held = ({FRAMES})(wait); }}", WATCH)
        begun = time.perf_counter()
        while time.perf_counter() - begun < WATCH / 1000 + 0.2:
            tab.mouse.move(*next(places))
            tab.wait_for_timeout(PACE)
        ours = float(tab.evaluate("frames_held")) / 1000
        drawn = statistics.median(tab.evaluate("answers")) / 1000
        tab.evaluate(CONFIRMED)
        tab.mouse.up()
        words = float(tab.evaluate("confirmed")) / 1000
    name = f"held, {hand.name}, {len(hand.racers)} rules × {hand.asked.get('steps', STEPS)} steps"
    least = hand.frames if hand.frames > 1 else hand.frames / rest
    results = [
        Result(
            f"{name}: frames; page at rest",
            ours,
            rest,
            1 / ours,
            f"at least {least:.3g}",
            "frames/s",
            1 / ours >= least,
        )
    ]
    if hand.drawn < math.inf:
        results += [
            _limited(f"{name}: event → drawn, median", drawn, hand.drawn),
            _limited(f"{name}: release → words", words, 300),
        ]
    return results


def _around_start(tab: Page) -> Iterator[tuple[float, float]]:
    """Places on the screen on a circle that begins at the start."""
    x, y = tab.evaluate(
        """() => {
            const gd = document.querySelector('.gd-plot'), box = gd.getBoundingClientRect();
            const trace = gd.data.find(one => one.opacity === 0 && one.x), { xaxis, yaxis } = gd._fullLayout;
            return [box.left + xaxis._offset + xaxis.d2p(trace.x[0]), box.top + yaxis._offset + yaxis.d2p(trace.y[0])];
        }"""
    )
    for move in count():
        angle = move / 15
        yield x + 40 * (1 - math.cos(angle)), y + 40 * math.sin(angle)


def _along_dial(tab: Page) -> Iterator[tuple[float, float]]:
    """Places on the screen to and fro along the first dial."""
    dial = tab.locator(".gd-dial").first
    dial.scroll_into_view_if_needed()
    box = dial.bounding_box()
    assert box is not None
    for move in count():
        yield box["x"] + box["width"] * (0.5 - 0.4 * math.cos(move / 15)), box["y"] + box["height"] / 2


def _limited(name: str, taken: float, most: float) -> Result:
    """A time in seconds that is to take ``most`` milliseconds."""
    return Result(name, taken, None, 1e3 * taken / most, f"at most {most:g} ms", "of the goal", 1e3 * taken <= most)


def sending(url: str, browser: Browser, racers: Sequence[str]) -> list[Result]:
    """The bytes that come for one turn of a dial, and how many of them are the stage's; with the time of the last."""
    received: list[tuple[float, bytes]] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: received.append((time.perf_counter(), frame)))

    moves = []
    with _race(url, browser, racers, listen) as tab:
        tab.get_by_role("slider", name="Learning rate", exact=True).nth(racers.index("adam")).focus()
        for _ in range(ROUNDS):
            received.clear()
            begin = time.perf_counter()
            tab.keyboard.press("ArrowRight")
            tab.wait_for_timeout(2 * QUIET)
            stage = sum(len(frame) for _, frame in received if b'"part":"stage"' in frame)
            moves.append((received[-1][0] - begin, sum(len(frame) for _, frame in received), stage))
    name = f"sent for one turn of a dial, {len(racers)} rules × {STEPS} steps"
    last, whole, stage = (statistics.median(column) for column in zip(*moves, strict=True))
    return [
        Result(f"{name}: page", last, None, whole / 1e3, "at most 100", "kB", whole <= 100e3),
        Result(f"{name}: its stage", last, None, stage / 1e3, "at most 100", "kB", stage <= 100e3),
    ]


if __name__ == "__main__":
    with _served() as (url, browser):
        report(
            [
                *playing(url, browser),
                *(result for hand in HANDS for result in holding(url, browser, hand)),
                *sending(url, browser, FOUR),
                *sending(url, browser, EIGHT),
            ]
        )
