"""What strangers may send: links to every page, and messages that no browser would send.

python -m benchmarks.strangers [links [messages [seed]]]
"""

import asyncio
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random
from secrets import randbelow
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.testing.v1 import AppTest

from benchmarks.fuzz import formulas, rules
from benchmarks.load import Visitor, connect
from core.outside import written
from tests.browser.conftest import ROOT, served
from tests.pages.visits import MARKUP, Link, link_of, markup_shown, notes, open_page, opened
from ui import navigation
from ui.kit import share
from ui.kit.apology import APOLOGY
from ui.navigation import Page

LINKS, MESSAGES = 2000, 1000
# Settings of a link that no page opens with, and what they may be.
_MOST_SETTINGS = 12
# Seconds, for a message that may not be answered.
_PATIENCE = 2.0
_EVENTS = ("start", "clock", "dial", "racers", "schedule", "ask", "nothing", "__class__")
_DEEP, _LONG = "[" * 20_000, "9" * 5000
_TEXTS = (
    *("", " ", "nan", "inf", "-inf", "1e999", "-1e999", "5e-324", "0x10", "1_000", "٣", "１", _LONG, "true", "None"),
    *("\x00", "\u202e", "`", "``", "$x$", "]]", "<script>alert(1)</script>", MARKUP, "x" * 20_000, "../../etc/passwd"),
    *(
        "[a](javascript:alert(1))",
        ":material/home:",
        ":red[a]",
        "{{a}}",
        "%s%n",
        "1.eJw",
        "Adam",
        "lr",
        "0",
        "-0",
        "-1",
    ),
)
_NUMBERS = (float("nan"), float("inf"), -float("inf"), 1e308, -1e308, 5e-324, -0.0, 0.5, 2.0**53, -1.0)
_WHOLE = (0, -1, 1, 2**31 - 1, -(2**31))


def links(draw: Random, opened: Mapping[Page, tuple[Link, Mapping[str, str]]]) -> Iterator[tuple[Page, Link]]:
    """Hostile links without end, to each page in its turn.

    ``opened`` has for each page a link that opens its folds, and the controls that are there then.
    """
    texts, own = formulas(draw), rules(draw)
    while True:
        for page, (link, drawn) in opened.items():
            # What is no formula cannot be half a character: addresses have none.
            some = {*draw.sample([*drawn], min(len(drawn), draw.randint(1, _MOST_SETTINGS)))}
            hostile = {key: _setting(draw, drawn[key], texts, own) for key in sorted(some) if "run_" not in key}
            more = {draw.choice(["z", "at", "__proto__", "stps", "utm_source", "embed"]): draw.choice(_TEXTS)}
            yield page, (link if draw.random() < 0.5 else {}) | hostile | (more if draw.random() < 0.3 else {})


def _setting(draw: Random, kind: str, texts: Iterator[str], own: Iterator[str]) -> str | list[str]:
    if kind in ("text_input", "text_area") and draw.random() < 0.7:
        return _sendable(next(texts if kind == "text_input" else own))
    if draw.random() < 0.2:
        # Of more than half a megabyte, or a thousand fields, Streamlit takes nothing.
        return [_sendable(draw.choice(_TEXTS))[:80] for _ in range(draw.choice([1, 2, 80]))]
    return draw.choice(
        [*_TEXTS, str(draw.uniform(-10, 10)), f"{10 ** draw.uniform(-320, 308):g}", str(draw.randrange(10**4))]
    )


def _sendable(text: str) -> str:
    """``text`` as an address can hold it."""
    return text.encode("utf-8", "replace").decode()


def opened_pages(pages: Sequence[Page] = navigation.ALL) -> dict[Page, tuple[Link, dict[str, str]]]:
    """Of each of ``pages`` a link that opens its folds and lets all of one's own be typed, and its controls then."""
    return {page: opened(page) for page in pages}


def try_link(page: Page, link: Link) -> str:
    """What is wrong with ``page`` when it is opened by ``link``; empty if nothing is."""
    try:
        app = open_page(page, link)
    except AssertionError as error:
        return f"/{page.path}: {str(error)[:500]}, opened by {link}"
    said, used, shown = notes(app), link_of(app), markup_shown(app)
    # What is used is in the address or at its default; of everything else it is said that it is not.
    silent = [key for key in link if key not in said and key not in used and not _taken(app, key, link[key])]
    if "more." in said or not silent:
        return f"/{page.path}: markup {shown}, opened by {link}" if shown else ""
    return f"/{page.path}: silent about {silent}, opened by {link}"


def _taken(app: AppTest, key: str, value: str | list[str]) -> bool:
    """Whether the control ``key`` stands at ``value``, or nobody meant that for a control."""
    if key in ("at", "z", "embed", "utm_source"):
        return True
    if key not in app.session_state:
        return False
    now, texts = app.session_state[key], value if isinstance(value, list) else [value]
    return share.encode({key: now})[key] == texts or now in (texts, []) or written(texts[-1]) == written(str(now))


@dataclass
class Stranger(Visitor):
    """A visitor who keeps what is shown, and whose messages no browser would send."""

    shown: dict[str, bytes] = field(default_factory=dict)

    def _keep(self, delta: Any) -> None:
        super()._keep(delta)
        name = delta.new_element.WhichOneof("type")
        element = getattr(delta.new_element, name)
        if key := re.match(r"\$\$ID-[0-9a-f]+-(.+)", getattr(element, "id", "")):
            self.shown[key[1]] = element.SerializeToString()

    async def looks(self) -> dict[str, bytes]:
        """The stages of the page of optimizers as they are sent now. Controls would also say what they were set to."""
        self.shown.clear()
        self.kept.clear()
        await self.open(navigation.OPTIMIZERS)
        return {key: value for key, value in self.shown.items() if key.endswith("stage")}

    def forged(self, draw: Random) -> BackMsg:
        """A message with a few values of any type for elements that there are, or not, or twice."""
        message = BackMsg()
        rerun = message.rerun_script
        rerun.page_script_hash = self.page if draw.random() < 0.95 else draw.choice(_TEXTS[:-1])
        rerun.widget_states.SetInParent()
        stages = [key for key in self.elements if key.endswith("stage")]
        for _ in range(draw.choice([1, 1, 1, 3])):
            key = draw.choice(stages if stages and draw.random() < 0.3 else [*self.elements])
            element, fragment = self.elements[key]
            if draw.random() < 0.15:
                rerun.fragment_id = fragment
            if draw.random() < 0.05:
                element = draw.choice(["", "nothing", "link:kept", f"{element}x", "$$ID-0-None"])
            _fill(draw, rerun.widget_states.widgets.add(id=element))
            if draw.random() < 0.1:
                _fill(draw, rerun.widget_states.widgets.add(id=element))
            if key in stages or draw.random() < 0.1:
                trigger = rerun.widget_states.widgets.add(id=f"$$STREAMLIT_INTERNAL_KEY_{element}__events")
                trigger.json_trigger_value = _events(draw)
        if draw.random() < 0.1:
            rerun.query_string = "&".join(f"{key}=nan" for key in self.elements)
        return message


def _nowhere(page: str) -> BackMsg:
    """What runs no part of ``page``, and is not answered."""
    message = BackMsg()
    message.rerun_script.page_script_hash = page
    message.rerun_script.fragment_id = "no such fragment"
    message.rerun_script.widget_states.SetInParent()
    return message


def _fill(draw: Random, widget: Any) -> None:
    """Gives ``widget`` a value of some type."""
    kind = draw.randrange(11)
    text = _sendable(draw.choice(_TEXTS))
    if kind == 0:
        widget.trigger_value = True
    elif kind == 1:
        widget.bool_value = True
    elif kind == 2:
        widget.double_value = draw.choice(_NUMBERS)
    elif kind == 3:
        widget.int_value = draw.choice(_WHOLE)
    elif kind == 4:
        widget.string_value = text
    elif kind == 5:
        widget.double_array_value.data.extend(draw.choices(_NUMBERS, k=draw.choice([0, 1, 1, 2, 100])))
    elif kind == 6:
        widget.int_array_value.data.extend(draw.choices(_WHOLE, k=draw.choice([0, 1, 2, 100])))
    elif kind == 7:
        widget.string_array_value.data.extend([text[:200]] * draw.choice([0, 1, 1000]))
    elif kind == 8:
        widget.json_value = _json(draw)
    elif kind == 9:
        widget.bytes_value = b"\xff\x00" * 10
    else:
        widget.string_trigger_value.data = text


def _events(draw: Random) -> str:
    if draw.random() < 0.2:
        return _json(draw)
    return f'[{{"event": {json.dumps(draw.choice(_EVENTS))}, "value": {_json(draw)}}}]'


def _json(draw: Random) -> str:
    names = ["open", "answer", "add", "remove", "name", "racer", "adam_lr", "selection", "edited_rows", "added_rows"]
    plain = [
        "null",
        "true",
        "NaN",
        "-Infinity",
        "1e999",
        _LONG,
        _DEEP,
        "[]",
        "{}",
        '"Adam"',
        "[1, 2]",
        "[NaN, 1]",
        "-1",
    ]
    texts = [json.dumps(text) for text in (*_TEXTS[:12], MARKUP, "__class__")]
    value = draw.choice([*plain, *texts, '{"points": [{"customdata": "sgd", "x": 1e400}]}', '{"rows": [99999]}'])
    return value if draw.random() < 0.5 else f"{{{json.dumps(draw.choice(names))}: {value}}}"


async def attack(url: str, count: int, draw: Random) -> list[str]:
    """Sends ``count`` forged messages from all pages and frames that are none, while somebody looks on."""
    findings: list[str] = []
    async with connect(url) as window:
        watcher = Stranger(window)
        # What moves by itself does so at first only.
        await watcher.open(navigation.OPTIMIZERS)
        before = await watcher.looks()
        for number, page in enumerate(navigation.ALL):
            mine = len(range(number, count, len(navigation.ALL)))
            async with connect(url) as socket:
                stranger = Stranger(socket)
                await stranger.open(page)
                await socket.send(_nowhere(stranger.page).SerializeToString())
                for _ in range(mine):
                    message = stranger.forged(draw)
                    try:
                        await asyncio.wait_for(stranger.send(message), _PATIENCE)
                    except TimeoutError:
                        # A part of the page that is gone does not run, and nothing is said.
                        if not message.rerun_script.fragment_id:
                            findings.append(f"/{page.path} does not answer {message}")
                findings += [error for error in stranger.errors if error != APOLOGY]
        for frame in (b"\xff" * 1000, b"x" * 20_000_000, "text", b""):
            async with connect(url) as socket:
                await socket.send(frame)
                try:
                    await asyncio.wait_for(socket.recv(), 1)
                except (websockets.ConnectionClosed, TimeoutError):
                    continue
        after = await watcher.looks()
        if changed := {key for key in {*before, *after} if before.get(key) != after.get(key)}:
            findings.append(f"Another visitor sees other things: {changed}")
        findings += watcher.errors
    return findings


# An environment may stand in the folder as well.
_OURS = tuple(str(ROOT / part) for part in ("app.py", "core/", "pages/", "ui/"))


def blamed(log: str) -> list[str]:
    """The errors in ``log`` that our own lines raised, or that Streamlit raised about what our lines gave it.

    Values of a type that a widget does not have are refused while Streamlit reads them, which is no mistake of ours.
    """
    found = []
    for error in log.split("Traceback (most recent call last)")[1:]:
        frames = re.findall(r'File "([^"]+)", line \d+, in (\S+)', error)
        ours = [place for place, (file, _) in enumerate(frames) if file.startswith(_OURS)]
        read = any("/runtime/state/" in file for file, _ in frames[-4:])
        if ours and (ours[-1] == len(frames) - 1 or not read):
            found.append(error[-1500:])
    return found


def _main(links_tried: int = LINKS, messages: int = MESSAGES, seed: int | None = None) -> int:
    seed = randbelow(10**9) if seed is None else seed
    print(f"{links_tried} links and {messages} messages, seed {seed}", flush=True)
    tried = islice(links(Random(f"links {seed}"), opened_pages()), links_tried)
    findings = [finding for page, link in tried if (finding := try_link(page, link))]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.txt"
        with served(log) as (url, _):
            findings += asyncio.run(attack(url, messages, Random(f"messages {seed}")))
        findings += blamed(log.read_text(errors="replace"))
    for finding in findings:
        print(f"FOUND {finding[:1500]}")
    print(f"{len(findings)} findings")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(_main(*map(int, sys.argv[1:])))
