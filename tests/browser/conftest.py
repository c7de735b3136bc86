"""What the browser tests share: the app on a loopback port, and a Chromium in which no error goes unseen."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    WebSocket,
    expect,
    sync_playwright,
)

from tests.browser.stages import Open, at_rest
from ui.navigation import OPTIMIZERS

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
# Seconds. A shared machine takes several for a first page; a page that needs longer than this is broken.
PATIENCE = 60.0
# Opened below "/", Streamlit's client asks in both places whether the server is there; one answer is a 404.
PROBE = re.compile(rf"^http://{HOST}:\d+/[^/]+/_stcore/(health|host-config)$")
# What Streamlit's client says of an address without a page.
LOST = "Running the app's main page."
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def served(log: Path, folder: Path = ROOT, port: int = 0) -> Iterator[tuple[str, int]]:
    """A new server process of the app in ``folder``; yields its address and its id, and ends it afterwards.

    It listens on ``port``, or on one that is free.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        port = probe.getsockname()[1]
    url = f"http://{HOST}:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    options = {
        "server.address": HOST,
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        # Errors in a form that programs read.
        "logger.enableRich": "false",
    }
    for option, value in options.items():
        command += [f"--{option}", str(value)]
    with log.open("wb") as output:
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
        process = subprocess.Popen(command, cwd=folder, **streams)
        try:
            _await_health(url, process, log)
            yield url, process.pid
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_health(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"The server did not start; it said:\n{log.read_text(errors='replace')}")


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server that most tests share, without a slash at the end."""
    with served(tmp_path_factory.mktemp("server") / "log.txt") as (url, _):
        yield url


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[[], str]]:
    """``server()`` starts a server that nobody has visited yet and returns its address."""
    with ExitStack() as running:
        numbers = count(1)
        yield lambda: running.enter_context(served(tmp_path / f"server{next(numbers)}.txt"))[0]


# While it is open, Playwright's synchronous interface keeps an event loop running in this thread. Hence the
# scope: it is closed before tests outside this folder start a loop of their own.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A Chromium with a new profile."""
    executable = shutil.which("chromium")
    if executable is None:
        reason = "Chromium is not installed (no `chromium` on the path)."
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    # On a busy machine a page takes longer than the five seconds that Playwright would wait.
    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


# Shared, because half of what a page costs is to fetch and compile its scripts, which one context does once.
@pytest.fixture(scope="package")
def profile(chromium: Browser) -> BrowserContext:
    """The context of all tabs that ``page`` opens."""
    context = chromium.new_context()
    context.set_default_timeout(1000 * PATIENCE)
    return context


@pytest.fixture
def page(profile: BrowserContext) -> Iterator[Callable[..., Page]]:
    """``page(width=1280, height=800, scheme="light")`` is a new tab; cookies and storage are emptied after each test.

    The test fails at its end if a tab wrote an error to the console, let an exception escape or asked another
    machine for anything.
    """
    with _tabs(profile) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def lasting_page(profile: BrowserContext) -> Iterator[Callable[..., Page]]:
    """``page`` for tabs that the tests of a module share."""
    with _tabs(profile) as open_page:
        yield open_page


@contextmanager
def _tabs(profile: BrowserContext) -> Iterator[Callable[..., Page]]:
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and not PROBE.search(message.location["url"]) and LOST not in message.text:
            complaints.append(f"console: {message.text} ({message.location['url']})")

    def leaves(request: Request | WebSocket) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob", "file"} and address.hostname != HOST:
            complaints.append(f"asked another machine: {request.url}")

    def open_page(
        width: int = 1280, height: int = 800, scheme: Literal["light", "dark"] = "light", moving: bool = False
    ) -> Page:
        tab = profile.new_page()
        tabs.append(tab)
        tab.set_viewport_size({"width": width, "height": height})
        # A stage that plays when it is first seen would never be at rest.
        tab.emulate_media(color_scheme=scheme, reduced_motion="no-preference" if moving else "reduce")
        tab.on("console", listen)
        tab.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
        tab.on("request", leaves)
        tab.on("websocket", leaves)
        return tab

    tabs: list[Page] = []
    yield open_page
    for tab in tabs:
        # A picture that was written into an empty tab has no storage.
        if tab.url.startswith("http"):
            tab.evaluate("() => localStorage.clear()")
        tab.close()
    profile.clear_cookies()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def visit(app_url: str, page: Callable[..., Page]) -> Open:
    """``visit(page, tab=None, moving=False, **asked)`` opens a page by a link, at rest and drawn."""

    def visit(where: str = OPTIMIZERS.path, tab: Page | None = None, moving: bool = False, **asked: Any) -> Page:
        shown = tab or page(moving=moving)
        shown.goto(f"{app_url}/{where}?{urlencode(asked, doseq=True)}")
        return at_rest(shown)

    return visit


@pytest.fixture
def pictures() -> Callable[[Page], list[Any]]:
    """``pictures(tab)`` is what every plot on the page shows: its traces as plain lists, in page order."""
    return _pictures


def _pictures(tab: Page) -> list[Any]:
    # JSON would write typed arrays as objects; names with an underscore first are Plotly's own bookkeeping.
    written: list[str] = tab.locator(".js-plotly-plot").evaluate_all(
        """plots => plots.map(plot => JSON.stringify(plot.data ?? null, (key, value) =>
            key.startsWith('_') ? undefined : ArrayBuffer.isView(value) ? Array.from(value) : value))"""
    )
    return [json.loads(one) for one in written]


@pytest.fixture
def settled() -> Callable[..., Page]:
    """``settled(tab, plots=0)`` waits until the app is idle and all plots, at least ``plots``, are drawn."""
    return _settled


def _settled(tab: Page, plots: int = 0) -> Page:
    app = tab.locator('[data-testid="stApp"]')
    deadline = time.monotonic() + PATIENCE
    shown: list[Any] | None = None
    while time.monotonic() < deadline:
        expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=1000 * PATIENCE)
        before, shown = shown, _pictures(tab)
        if shown == before and len(shown) >= plots and _is_drawn(tab):
            return tab
        # Milliseconds. A key press reaches the server, and a finished run the plots, well within this time.
        tab.wait_for_timeout(400)
    raise AssertionError(f"The page did not come to rest with {plots} plots; it has {len(shown or [])}.")


def _is_drawn(tab: Page) -> bool:
    undrawn: int = tab.locator(".js-plotly-plot").evaluate_all(
        "plots => plots.filter(plot => !plot.calcdata || !plot.querySelector('.main-svg')).length"
    )
    empty = tab.locator('[data-testid="stPlotlyChart"]:not(:has(.js-plotly-plot))').count()
    return undrawn == empty == 0
