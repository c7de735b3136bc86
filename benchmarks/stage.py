"""The stage in Chromium: frames a second while it plays, how long an answer takes, how many bytes come with it.

python -m benchmarks.stage [--json]
"""

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, WebSocket, expect, sync_playwright

from benchmarks.measure import Result, report
from core.catalogue.racers import RACERS
from core.engine.scenarios import RACES
from tests.browser.conftest import CHROMIUM_FLAGS, _serve
from ui.kit.limits import MAX_RACERS
from ui.navigation import OPTIMIZERS

STEPS = 500
# Milliseconds for which frames are counted, and how often that is done.
WATCH = 3000
ROUNDS = 3
MOVES = 20
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

# `changed` becomes the milliseconds from the event `name` to the frame with the new paths. The stage writes its table
# in the frame in which it draws them; its canvas alone would not tell: a chosen start is marked there at once.
WATCH_PATHS = """name => {
    const look = () => [...document.querySelectorAll('.gd-stage td')].map(cell => cell.textContent).join();
    const before = look();
    window.changed = new Promise(done => window.addEventListener(name, event => {
        const frame = () => {
            if (look() === before) requestAnimationFrame(frame);
            else done(performance.now() - event.timeStamp);
        };
        requestAnimationFrame(frame);
    }, { capture: true, once: true }));
}"""


@contextmanager
def _browser() -> Iterator[tuple[str, Browser]]:
    """The address of a server of the app, and a Chromium."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _serve(Path(folder) / "log.txt") as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        yield url, browser
        browser.close()


@contextmanager
def _race(
    url: str,
    browser: Browser,
    racers: Sequence[str],
    listen: Callable[[WebSocket], None] = lambda _: None,
    **asked: str,
) -> Iterator[Page]:
    """A tab with a race of ``racers``, at rest; ``listen`` is given its connection to the server."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    context.set_default_timeout(60_000)
    tab = context.new_page()
    tab.on("websocket", listen)
    names = [RACERS[key].name for key in racers]
    tab.goto(f"{url}/{OPTIMIZERS.path}?{urlencode({'rules': names, 'steps': STEPS, **asked}, doseq=True)}")
    expect(tab.locator(".gd-canvas")).to_have_count(2, timeout=60_000)
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


def clicking(url: str, browser: Browser) -> Result:
    """From the release of a click in the landscape to the first frame with the paths from there."""
    taken = []
    with _race(url, browser, FOUR) as tab:
        box = tab.locator(".gd-view").first.bounding_box()
        assert box is not None
        for move in range(MOVES):
            tab.evaluate(WATCH_PATHS, "pointerup")
            tab.mouse.click(box["x"] + 150 + 9 * move, box["y"] + 120 + 5 * (move % 7))
            taken.append(float(tab.evaluate("window.changed")) / 1000)
            tab.wait_for_timeout(QUIET)
    return _answer("click → paths on screen", taken, 0.3)


def sliding(url: str, browser: Browser) -> Result:
    """From a key press on the slider of a learning rate to the first frame with the new path."""
    taken = []
    with _race(url, browser, FOUR) as tab:
        tab.locator(".st-key-adam_lr").get_by_role("slider").focus()
        for _ in range(MOVES):
            tab.evaluate(WATCH_PATHS, "keydown")
            # Always on: what was sent before comes from Streamlit's cache.
            tab.keyboard.press("ArrowRight")
            taken.append(float(tab.evaluate("window.changed")) / 1000)
            tab.wait_for_timeout(QUIET)
    return _answer("slider → paths on screen", taken, 0.2)


def _answer(name: str, taken: Sequence[float], goal: float) -> Result:
    median = statistics.median(taken)
    return Result(
        f"{name}, median of {len(taken)}", median, None, median * 1e3, f"at most {goal * 1e3:g}", "ms", median <= goal
    )


def sending(url: str, browser: Browser, racers: Sequence[str]) -> list[Result]:
    """The bytes that come for one move of a slider, and how many of them are the stage's; with the time of the last."""
    received: list[tuple[float, bytes]] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: received.append((time.perf_counter(), frame)))

    moves = []
    with _race(url, browser, racers, listen) as tab:
        tab.locator(".st-key-adam_lr").get_by_role("slider").focus()
        for _ in range(ROUNDS):
            received.clear()
            begin = time.perf_counter()
            tab.keyboard.press("ArrowRight")
            tab.wait_for_timeout(2 * QUIET)
            stage = sum(len(frame) for _, frame in received if b'"part":"stage"' in frame)
            moves.append((received[-1][0] - begin, sum(len(frame) for _, frame in received), stage))
    name = f"sent for one move of a slider, {len(racers)} rules × {STEPS} steps"
    last, whole, stage = (statistics.median(column) for column in zip(*moves, strict=True))
    return [
        Result(f"{name}: page", last, None, whole / 1e3, "at most 100", "kB", whole <= 100e3),
        Result(f"{name}: its stage", last, None, stage / 1e3, "at most 100", "kB", stage <= 100e3),
    ]


if __name__ == "__main__":
    with _browser() as (url, browser):
        report(
            [
                *playing(url, browser),
                clicking(url, browser),
                sliding(url, browser),
                *sending(url, browser, FOUR),
                *sending(url, browser, EIGHT),
            ]
        )
