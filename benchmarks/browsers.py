"""The guide in browsers that Playwright does not drive: Debian's Firefox by WebDriver BiDi, WebKit by WebDriver.

python -m benchmarks.browsers firefox|webkit [folder for pictures]

Every page is opened; on one the stage plays, its start is dragged and a dial is turned; the address is opened again; a
finger drags the start; and the programs of all rules take the steps of Python. Prints a line for each, and ends with 1
if one failed.
"""

import base64
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from websockets.sync.client import ClientConnection, connect

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.catalogue.optimizers import Family
from core.engine.live import live
from core.engine.scenarios import RACES
from tests.browser.conftest import HOST, served
from ui import navigation

Made = TypeVar("Made")

_PORT = 9515
_SIZE = (1280, 900)
PATIENCE = 90.0
_MINI_BROWSER = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"
# Runs of a rule, and how far their last points may be from Python's, in widths of the domain: the last digits of Math's
# functions may differ, and each step builds on those before.
_STEPS, _FAR = 40, 1e-6
# All errors since it ran first; what is older is lost, so that pages are gone to by the menu.
_LISTEN = """(() => {
    if (window.errorsSeen) return;
    window.errorsSeen = [];
    const { error } = console;
    console.error = (...all) => { window.errorsSeen.push(all.map(String).join(" ")); error(...all); };
    window.addEventListener("error", event => window.errorsSeen.push(event.message));
    window.addEventListener("unhandledrejection", event => window.errorsSeen.push(String(event.reason)));
})()"""
_AT_REST = """document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning"
    && document.querySelectorAll('[data-testid="stSkeleton"]').length === 0"""
_START = """(() => {
    const gd = document.querySelector('.gd-plot'), { xaxis, yaxis } = gd._fullLayout;
    const box = gd.getBoundingClientRect(), [x, y] = START;
    return [box.left + xaxis._offset + xaxis.d2p(x), box.top + yaxis._offset + yaxis.d2p(y)];
})()"""
_STEP = "document.querySelector('.gd-step').textContent"
_ROWS = "[...document.querySelectorAll('.gd-stage td.gd-number')].map(one => one.textContent)"


class Browser(Protocol):
    """A browser with one tab."""

    def goto(self, url: str) -> None:
        """Opens ``url``."""

    def value(self, expression: str) -> Any:
        """What a JavaScript ``expression`` gives, as JSON."""

    def drag(self, by: str, start: list[float], end: list[float]) -> None:
        """Takes hold ``by`` mouse or touch at ``start`` and lets go at ``end``, both in pixels of the window."""

    def press(self, key: str) -> None:
        """Presses a key, by its code in WebDriver."""

    def picture(self) -> bytes:
        """The window as a PNG."""


def _dragged(by: str, start: list[float], end: list[float]) -> list[dict[str, Any]]:
    """What a mouse or a finger does to drag, as WebDriver describes it."""
    ways = [[one + share * (other - one) for one, other in zip(start, end, strict=True)] for share in (0.3, 0.6, 1, 1)]
    moves: list[dict[str, Any]] = [
        {"type": "pointerMove", "x": round(x), "y": round(y), "duration": 150} for x, y in (start, *ways)
    ]
    acts = [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:], {"type": "pointerUp", "button": 0}]
    return [{"type": "pointer", "id": by, "parameters": {"pointerType": by}, "actions": acts}]


def _pressed(key: str) -> list[dict[str, Any]]:
    acts = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
    return [{"type": "key", "id": "keyboard", "actions": acts}]


class _Bidi:
    """A tab of a Firefox that speaks WebDriver BiDi."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._ids = socket, itertools.count(1)
        self._send("session.new", capabilities={})
        self._tab = self._send("browsingContext.getTree")["contexts"][0]["context"]
        size = {"width": _SIZE[0], "height": _SIZE[1]}
        self._send("browsingContext.setViewport", context=self._tab, viewport=size)

    def _send(self, method: str, **parameters: Any) -> Any:
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(PATIENCE))
            if answer.get("id") == number:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['message']}")
                return answer["result"]

    def goto(self, url: str) -> None:
        self._send("browsingContext.navigate", context=self._tab, url=url, wait="complete")

    def value(self, expression: str) -> Any:
        given = {"expression": f"JSON.stringify({expression})", "target": {"context": self._tab}}
        answer = self._send("script.evaluate", **given, awaitPromise=False)
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def drag(self, by: str, start: list[float], end: list[float]) -> None:
        self._send("input.performActions", context=self._tab, actions=_dragged(by, start, end))

    def press(self, key: str) -> None:
        self._send("input.performActions", context=self._tab, actions=_pressed(key))

    def picture(self) -> bytes:
        return base64.b64decode(self._send("browsingContext.captureScreenshot", context=self._tab)["data"])


class _Classic:
    """A tab of a browser that speaks WebDriver over HTTP at ``url``."""

    def __init__(self, url: str, options: dict[str, Any]) -> None:
        self._url = f"{url}/session"
        session = self._send("POST", "", capabilities={"alwaysMatch": options})
        self._url += f"/{session['sessionId']}"
        self._send("POST", "/window/rect", width=_SIZE[0], height=_SIZE[1])

    def _send(self, method: str, path: str, **parameters: Any) -> Any:
        data = json.dumps(parameters).encode() if method == "POST" else None
        request = urllib.request.Request(self._url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)["value"]

    def goto(self, url: str) -> None:
        self._send("POST", "/url", url=url)

    def value(self, expression: str) -> Any:
        said = self._send("POST", "/execute/sync", script=f"return JSON.stringify({expression}) ?? null", args=[])
        return json.loads(said or "null")

    def drag(self, by: str, start: list[float], end: list[float]) -> None:
        self._send("POST", "/actions", actions=_dragged(by, start, end))

    def press(self, key: str) -> None:
        self._send("POST", "/actions", actions=_pressed(key))

    def picture(self) -> bytes:
        return base64.b64decode(self._send("GET", "/screenshot"))


@contextmanager
def _process(*command: str, **variables: str) -> Iterator[None]:
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env={**os.environ, **variables}, **quiet)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def firefox() -> Iterator[Browser]:
    """Debian's ``firefox-esr``."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = ["firefox-esr", "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port"]
        with _process(*command, str(_PORT)), _once(lambda: connect(f"ws://{HOST}:{_PORT}/session")) as socket:
            yield _Bidi(socket)


@contextmanager
def webkit() -> Iterator[Browser]:
    """WebKit as ``webkit2gtk-driver`` drives it, on a screen of its own (``xvfb``)."""
    (binary, *_) = Path("/").glob(_MINI_BROWSER.lstrip("/"))
    options = {"webkitgtk:browserOptions": {"binary": str(binary), "args": ["--automation"]}}
    screen = f"{_SIZE[0]}x{_SIZE[1]}x24"
    with (
        _process("Xvfb", ":97", "-screen", "0", screen),
        _process("WebKitWebDriver", f"--port={_PORT}", DISPLAY=":97", WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS="1"),
    ):
        yield _once(lambda: _Classic(f"http://{HOST}:{_PORT}", options))


def _once(make: Callable[[], Made]) -> Made:
    """What ``make`` makes, once what it needs has started."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return make()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


# --- What is looked at ---


def _await(browser: Browser, expression: str, wanted: str) -> None:
    end = time.monotonic() + PATIENCE
    while not browser.value(expression):
        if time.monotonic() > end:
            raise AssertionError(f"Waited in vain: {wanted}.")
        time.sleep(0.2)


def _settled(browser: Browser) -> None:
    """Waits until the script has run and, if there is a stage, its numbers stand still."""
    _await(browser, _AT_REST, "the script's end")
    before: Any = None
    for _ in range(50):
        time.sleep(0.5)
        now = browser.value(f"{_ROWS}.concat(document.body.innerText.length)")
        if now == before:
            return
        before = now


def _pages(browser: Browser, url: str) -> str:
    browser.goto(url)
    _settled(browser)
    browser.value(_LISTEN)
    for page in navigation.ALL[1:]:
        named = f"one => one.innerText.trim().endsWith('{page.title}')"
        browser.value(f"[...document.querySelectorAll('.st-key-menu a')].find({named}).click() ?? 0")
        heading = page.heading or page.title
        _await(browser, f"document.querySelector('h1')?.innerText.trim() === {json.dumps(heading)}", page.title)
        _settled(browser)
        assert not browser.value("document.querySelectorAll('[data-testid=\"stException\"]').length"), page.title
    errors = [one for one in browser.value("window.errorsSeen") if "/_stcore/" not in one]
    assert not errors, errors
    return f"{len(navigation.ALL)} pages without an error in the console"


def _plays(browser: Browser, url: str) -> str:
    browser.goto(f"{url}/{navigation.OPTIMIZERS.path}?steps=300")
    _settled(browser)
    browser.value("document.querySelector('.gd-stage').focus() ?? 0")
    browser.press(_HOME)
    browser.press(" ")
    seen = set()
    for _ in range(8):
        time.sleep(0.15)
        seen.add(browser.value(_STEP))
    browser.press(" ")
    assert len(seen) > 3, seen
    return f"{len(seen)} steps seen in 1.2 s"


def _dragged_start(browser: Browser, url: str, by: str = "mouse") -> str:
    objective = next(iter(RACES.values())).resolved_objective
    (x, y), (left, right) = objective.start, objective.domain[0]
    there = [x + 0.2 * (right - left), y]
    start, end = (browser.value(_START.replace("START", json.dumps(one))) for one in ([x, y], there))
    browser.drag(by, start, end)
    _await(browser, "location.search.includes('x=')", "the start in the address")
    _settled(browser)
    return str(browser.value("location.search"))


def _turned_dial(browser: Browser, url: str) -> str:
    slider = "document.querySelector('.gd-stage tbody input[type=range]')"
    browser.value(f"{slider}.focus() ?? 0")
    browser.press(_RIGHT)
    _await(browser, "/_lr=/.test(location.search)", "the learning rate in the address")
    _settled(browser)
    return str(browser.value("location.search"))


def _reopened(browser: Browser, url: str) -> str:
    rows, there = browser.value(_ROWS), browser.value("location.href")
    browser.goto(there)
    _settled(browser)
    again = browser.value(_ROWS)
    assert rows == again, (rows, again)
    return f"the same {len(rows)} numbers"


def _touched_start(browser: Browser, url: str) -> str:
    browser.goto(f"{url}/{navigation.OPTIMIZERS.path}?steps=300")
    _settled(browser)
    return _dragged_start(browser, url, "touch")


def _programs(browser: Browser, url: str) -> str:
    worst, where = 0.0, ""
    # Rates of the new family amplify rounding.
    rules = [rule for rule in OPTIMIZERS.values() if rule.family is not Family.RATES]
    for rule, objective in itertools.product(rules, ("bowl", "rosenbrock", "ackley")):
        run = Run(objective, rule.key, OBJECTIVES[objective].start, _STEPS)
        given, wanted = live(run), trace(run).x[-1]
        head, _, body = given.script.source.partition("export default ")
        columns = [f"new Float64Array({_STEPS + 1})"] * len(given.script.columns)
        program = f"""(() => {{
            const run = (() => {{ "use strict"; {head} return {body} }})();
            const at = new Float64Array({given.script.size});
            at.set({[0.0, *run.start]});
            run(new Float64Array({list(given.numbers)}), at, {_STEPS}, new Float64Array(0), [{", ".join(columns)}]);
            return [...at.slice(1, 3)];
        }})()"""
        there = np.array(browser.value(program), dtype=np.float64)
        size = np.diff(OBJECTIVES[objective].domain, axis=1)[:, 0]
        off = float(np.max(np.abs(there - wanted) / size))
        if not off <= worst:
            worst, where = off, f"{rule.key} on {objective}"
    assert worst <= _FAR, (worst, where)
    return f"{len(rules)} rules, at most {worst:.1g} of the domain apart ({where})"


_HOME, _RIGHT = "\ue011", "\ue014"
CHECKS = (_pages, _plays, _dragged_start, _turned_dial, _reopened, _touched_start, _programs)


def main() -> int:
    """Looks at everything in the browser that the command line names; returns how much failed."""
    opened = {"firefox": firefox, "webkit": webkit}[sys.argv[1]]
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    failed = 0
    with tempfile.TemporaryDirectory() as logs, served(Path(logs) / "log.txt") as (url, _), opened() as browser:
        print(browser.value("navigator.userAgent"))
        for check in CHECKS:
            name = check.__name__.strip("_").replace("_", " ")
            try:
                print(f"{name}: {check(browser, url)}", flush=True)
            except (AssertionError, RuntimeError, OSError) as error:
                failed += 1
                print(f"{name}: FAILED: {error}", flush=True)
            if folder is not None:
                (folder / f"{sys.argv[1]}_{check.__name__.strip('_')}.png").write_bytes(browser.picture())
    return failed


if __name__ == "__main__":
    sys.exit(min(main(), 1))
