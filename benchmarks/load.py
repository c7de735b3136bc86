"""What visitors cost the server: CPU, messages and bytes of one action page by page, and how long many of them wait.

Fifty on mixed pages, then ten while two others train networks. Or, with ``--long``, twenty who come and go for half an
hour, and whether memory or the cost of a rerun grows.

python -m benchmarks.load [--long] [--json | --markdown]
"""

import asyncio
import json
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.measure import Result, report
from core import OPTIMIZERS
from tests.browser.conftest import served
from ui import navigation
from ui.kit.apology import APOLOGY
from ui.navigation import Page

MANY, SOME, FEW, TRAINERS = 50, 20, 10, 2
# Seconds: between two actions of a visitor, for which visitors act, in which they arrive, and in which processes that
# train have begun to.
THINK, WATCH, ARRIVE, BEGIN = 2.0, 60.0, 10.0, 8.0
# Seconds for which they come and go, and of each of the parts of it that are compared, of which the first warms up.
LONG, EPOCH = 1800.0, 300.0
# A training that outlasts the visitors.
TRAINING = urlencode(
    {
        "ndata": "Handwritten digits",
        "nrules": [OPTIMIZERS[rule].name for rule in ("sgd", "momentum", "rmsprop", "adam")],
        "nsteps": 5000,
        "nmlp_width": 128,
        "nbatch": 256,
    },
    doseq=True,
)
# Actions of one visitor alone on each page.
ALONE = 20
PATIENCE = 60
# Seconds that 95 of 100 reruns took at most when this was measured first, on the Optimizers page alone.
BEGAN = 7.7
_DONE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass(frozen=True)
class Act:
    """What a visitor does on a page: an ``event`` of its stage, or else a text for ``element``, or else a plain rerun.

    ``value`` is what goes with it, made of a random number, and ``spent`` are the milliseconds of CPU it may take.
    """

    name: str
    page: Page
    element: str = ""
    event: str = ""
    value: Callable[[float], Any] = lambda _: None
    spent: float = 40


def _point(drawn: float) -> list[float]:
    return [round(drawn, 3), 1.5]


ACTS = (
    Act("start", navigation.HOME, "home_stage", "start", _point),
    Act("dial", navigation.FOUNDATIONS, "dstage", "dial", lambda drawn: {"dsgd_lr": 0.01 + drawn / 1000}),
    Act("start", navigation.UPDATE_RULE, "ustage", "start", _point),
    Act("start", navigation.LEARNING_RATE, "lstage", "start", lambda drawn: [round(drawn, 3)]),
    Act("start", navigation.VARIANTS, "vstage", "start", _point),
    Act("dial", navigation.OPTIMIZERS, "stage", "dial", lambda drawn: {"adam_lr": 0.1 + drawn / 100}, 20),
    Act("clock", navigation.OPTIMIZERS, "stage", "clock", lambda drawn: round(100 * drawn), 20),
    Act("dial", navigation.PLAYGROUND, "pstage", "dial", lambda drawn: {"padam_lr": 0.1 + drawn / 100}, 30),
    Act("start", navigation.PLAYGROUND, "pstage", "start", _point, 30),
    Act("rerun", navigation.TECHNIQUES),
    Act("rerun", navigation.PITFALLS),
    Act("rerun", navigation.REAL_NETWORK),
    Act("start", navigation.HISTORY, "kstage", "start", _point),
    Act("search", navigation.REFERENCE, "rfind", "", lambda drawn: "a" if drawn < 0.5 else "mo"),
)


@dataclass
class Visitor:
    """A tab: its connection, the page's id, the ids of its elements with the fragments they stand in, what came."""

    socket: Any
    page: str = ""
    elements: dict[str, tuple[str, str]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    # What need not be sent again.
    kept: set[str] = field(default_factory=set)
    # The fragment that runs again by itself, and after how many seconds; none if its id is empty.
    again: tuple[str, float] = ("", 0.0)
    messages: int = 0
    received: int = 0

    async def act(self, act: Act, drawn: float) -> float:
        """Does it, and returns the seconds until the page's answer was complete."""
        message = BackMsg()
        rerun = message.rerun_script
        rerun.page_script_hash = self.page
        rerun.widget_states.SetInParent()
        if act.element:
            element, rerun.fragment_id = self.elements[act.element]
        if act.event:
            rerun.widget_states.widgets.add(id=element, json_value="{}")
            trigger = rerun.widget_states.widgets.add(id=f"$$STREAMLIT_INTERNAL_KEY_{element}__events")
            trigger.json_trigger_value = json.dumps([{"event": act.event, "value": act.value(drawn)}])
        elif act.element:
            rerun.widget_states.widgets.add(id=element, string_value=act.value(drawn))
        return await self.send(message)

    async def press(self, element: str) -> None:
        """Presses the button ``element``."""
        message = BackMsg()
        rerun = message.rerun_script
        rerun.page_script_hash = self.page
        button, rerun.fragment_id = self.elements[element]
        rerun.widget_states.widgets.add(id=button, trigger_value=True)
        await self.send(message)

    async def wait(self) -> None:
        """Waits for the fragment that runs by itself, and runs it."""
        message = BackMsg()
        message.rerun_script.page_script_hash = self.page
        message.rerun_script.widget_states.SetInParent()
        message.rerun_script.fragment_id, seconds = self.again
        await asyncio.sleep(seconds)
        await self.send(message)

    async def open(self, page: Page, query: str = "") -> float:
        """Opens ``page`` by a link that ends in ``query``, and returns the seconds until all of it had come."""
        message = BackMsg()
        message.rerun_script.page_name = page.path
        message.rerun_script.query_string = query
        message.rerun_script.widget_states.SetInParent()
        return await self.send(message)

    async def send(self, message: BackMsg) -> float:
        """Sends ``message``, and returns the seconds until the page's answer was complete."""
        message.rerun_script.cached_message_hashes.extend(self.kept)
        again = self.again
        begun = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        while True:
            raw = await asyncio.wait_for(self.socket.recv(), PATIENCE)
            self.messages += 1
            self.received += len(raw)
            answer = ForwardMsg.FromString(raw)
            kind = answer.WhichOneof("type")
            if answer.metadata.cacheable:
                self.kept.add(answer.hash)
            if kind == "navigation":
                self.page = answer.navigation.page_script_hash
            elif kind == "new_session":
                again = ("", 0.0)
            elif kind == "auto_rerun":
                again = answer.auto_rerun.fragment_id, answer.auto_rerun.interval
            elif kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
                self._keep(answer.delta)
            elif kind == "script_finished" and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                if answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    self.again = again
                if answer.script_finished not in _DONE:
                    self.errors.append(ForwardMsg.ScriptFinishedStatus.Name(answer.script_finished))
                return time.perf_counter() - begun

    def _keep(self, delta: Any) -> None:
        name = delta.new_element.WhichOneof("type")
        element = getattr(delta.new_element, name)
        if name == "exception":
            self.errors.append(f"{element.type}: {element.message}"[:200])
        elif name == "alert" and element.body.startswith(APOLOGY):
            self.errors.append(APOLOGY)
        elif key := re.match(r"\$\$ID-[0-9a-f]+-(.+)", getattr(element, "id", "")):
            self.elements[key[1]] = element.id, delta.fragment_id


def connect(url: str) -> Any:
    return websockets.connect(
        f"{url.replace('http', 'ws', 1)}/_stcore/stream",
        subprotocols=["streamlit"],
        max_size=None,
        open_timeout=PATIENCE,
    )


def _spent(process: int) -> float:
    """Seconds of CPU that ``process`` has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def alone(url: str, process: int, act: Act) -> list[Result]:
    """What one visitor's action costs."""
    async with connect(url) as socket:
        visitor = Visitor(socket)
        await visitor.open(act.page)
        draw = random.Random(act.page.title)
        for _ in range(3):
            await visitor.act(act, draw.random())
        visitor.messages = visitor.received = 0
        before = _spent(process)
        taken = [await visitor.act(act, draw.random()) for _ in range(ALONE)]
        spent = (_spent(process) - before) / ALONE
    _blame(visitor.errors)
    name = f"{act.page.title}, {act.name}"
    messages, kilobytes = visitor.messages / ALONE, visitor.received / ALONE / 1e3
    median = statistics.median(taken)
    results = [_at_most(f"{name}: CPU", spent, 1e3 * spent, act.spent, "ms")]
    if act.page is navigation.OPTIMIZERS:
        results.append(_at_most(f"{name}: messages", median, messages, 30, "messages"))
        results.append(_at_most(f"{name}: sent", median, kilobytes, 60, "kB"))
    return results


def _at_most(name: str, ours: float, measured: float, most: float, unit: str) -> Result:
    return Result(name, ours, None, measured, f"at most {most:g}", unit, measured <= most)


async def _train(url: str, seconds: float) -> None:
    """Trains networks for so many ``seconds``, and looks on."""
    async with connect(url) as socket:
        trainer = Visitor(socket)
        await trainer.open(navigation.REAL_NETWORK, TRAINING)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            if trainer.again[0]:
                await trainer.wait()
            else:
                await trainer.press("ntrain")
        await trainer.press("ncancel")
        _blame(trainer.errors)


async def _stay(url: str, act: Act, draw: random.Random, answered: list[float]) -> tuple[float, list[str]]:
    """A visitor who opens a page, acts there again and again, and leaves: how long the first run took, and the errors.

    The seconds of each rerun are added to ``answered``.
    """
    async with connect(url) as socket:
        visitor = Visitor(socket)
        first = await visitor.open(act.page)
        end = time.perf_counter() + WATCH
        while time.perf_counter() < end:
            await asyncio.sleep(THINK * draw.uniform(0.5, 1.5))
            answered.append(await visitor.act(act, draw.random()))
        return first, visitor.errors


async def crowd(url: str, acts: Sequence[Act], visitors: int) -> tuple[float, float]:
    """How long visitors wait who come to mixed pages and act again and again: 95 of 100 reruns, and first runs."""
    opened: list[float] = []
    answered: list[float] = []
    errors: list[str] = []

    async def visit(number: int) -> None:
        await asyncio.sleep(ARRIVE * number / visitors)
        first, said = await _stay(url, acts[number % len(acts)], random.Random(number), answered)
        opened.append(first)
        errors.extend(said)

    await asyncio.gather(*(visit(number) for number in range(visitors)))
    _blame(errors)
    late, first = (statistics.quantiles(times, n=20)[-1] for times in (answered, opened))
    return late, first


async def crowds(url: str) -> list[Result]:
    """How long many visitors wait, and a few while others train."""
    late, first = await crowd(url, ACTS, MANY)
    name = f"{MANY} visitors, {THINK:g} s between actions"
    results = [
        Result(
            f"{name}: rerun, 95 of 100", late, BEGAN, late / BEGAN, "at most 0.5 s", "of the beginning", late <= 0.5
        ),
        _at_most(f"{name}: first run, 95 of 100", first, first, 3, "s"),
    ]
    trainings = [asyncio.create_task(_train(url, BEGIN + ARRIVE + WATCH)) for _ in range(TRAINERS)]
    await asyncio.sleep(BEGIN)
    slowed, _ = await crowd(url, ACTS, FEW)
    await asyncio.gather(*trainings)
    name = f"{FEW} visitors while {TRAINERS} trainings run: rerun, 95 of 100"
    return [*results, _at_most(name, slowed, slowed, 0.7, "s")]


async def lasting(url: str, process: int) -> list[Result]:
    """Whether memory and the cost of a rerun grow while visitors come and go, each for a while and to another page."""
    errors: list[str] = []
    answered: list[float] = []
    visits = 0
    end = time.perf_counter() + LONG

    async def visit(number: int) -> None:
        nonlocal visits
        draw = random.Random(number)
        await asyncio.sleep(ARRIVE * number / SOME)
        while time.perf_counter() < end:
            visits += 1
            errors.extend((await _stay(url, ACTS[visits % len(ACTS)], draw, answered))[1])

    coming = asyncio.gather(*(visit(number) for number in range(SOME)))
    held, cost = [], []
    for _ in range(round(LONG / EPOCH)):
        before, spent = len(answered), _spent(process)
        await asyncio.sleep(EPOCH)
        cost.append((_spent(process) - spent) / (len(answered) - before))
        held.append(_held(process))
    await coming
    _blame(errors)
    name = f"{SOME} visitors for {LONG / 60:g} minutes, {visits} visits, {len(answered)} reruns"
    return [
        _at_most(f"{name}: memory, the end to {EPOCH / 60:g} minutes", cost[-1], held[-1] / held[0], 1.1, "times"),
        _at_most(f"{name}: memory", cost[-1], held[-1], 1000, "MB"),
        _at_most(f"{name}: CPU of a rerun, likewise", cost[-1], cost[-1] / cost[0], 1.1, "times"),
    ]


def _held(process: int) -> float:
    """Megabytes of memory that ``process`` holds."""
    (line,) = (line for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1e3


def _blame(errors: Iterable[str]) -> None:
    if said := sorted(set(errors)):
        raise RuntimeError(f"The server answered with errors: {said}")


async def _all(url: str, process: int) -> list[Result]:
    if "--long" in sys.argv[1:]:
        return await lasting(url, process)
    results = [result for act in ACTS for result in await alone(url, process, act)]
    return [*results, *await crowds(url)]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "log.txt") as (url, process):
        report(asyncio.run(_all(url, process)))
