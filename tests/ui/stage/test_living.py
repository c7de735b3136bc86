"""A race as one file: what is in it, how large it is, and that what a visitor wrote is text there."""

import base64
import gzip
import json
import math
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from core import OBJECTIVES, Run, trace
from core.catalogue.racers import RACERS, Racer, own_racer
from core.engine.summary import Race
from core.figures import DARK, LIGHT
from tests.javascript import Engine
from tests.ui.stage import runs
from ui.kit.limits import MAX_RACERS, MAX_STEPS
from ui.panels.race import race_dials
from ui.stage.living import living_html
from ui.stage.modules import bundle

LINK = "https://guide.example/optimizers?formula=1&noise=2"
LARGEST = 1_500_000
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
OWN = f"# Mine\n# {EVIL}\nx = x - lr*g  # <b>\n"
DRAWING = (Path(__file__).parents[3] / "ui" / "stage" / "drawing.js").read_text()


class _Page(HTMLParser):
    """The elements of a page, with their attributes, and the text of the scripts among them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def _file(race: Race) -> str:
    objective = race[0][1].run.resolved_objective
    return living_html(objective, race, race_dials(objective, race, ""), LINK)


def _race(objective: str, racers: list[Racer], steps: int = 30, **more: Any) -> Race:
    start = (0.5, -0.5)[: OBJECTIVES[objective].dimension] if objective in OBJECTIVES else (0.5, -0.5)
    return [(one, trace(Run(objective, one.optimizer.reference, start, steps, **more))) for one in racers]


def _parts(text: str) -> dict[str, tuple[dict[str, Any], bytes]]:
    """What a file carries, by the kind of its part: the data, and the numbers behind it."""
    made = {}
    for packed in re.findall(r'<script type="application/gzip">([\w+/=]*)</script>', text):
        message = gzip.decompress(base64.b64decode(packed))
        size = 4 + int.from_bytes(message[:4], "little")
        data = json.loads(message[4:size])
        made[data["part"]] = data, message[size:]
    return made


RACES: Mapping[str, Race] = {
    "two variables": runs.race().race,
    "one variable": runs.descent().race,
    "an own formula": _race("(1 - x)**2 + 3*abs(y)", [RACERS["sgd"], RACERS["adam"]]),
    "an own rule": _race("bowl", [own_racer(OWN), RACERS["lion"]], schedule="cosine"),
    "a rule of an own formula in a schedule": _race("beale", [RACERS["nadam"]], schedule="one_cycle", clip_norm=2.0),
    "all there can be": _race("himmelblau", [*RACERS.values()][:MAX_RACERS], MAX_STEPS, noise=2.0),
}


@pytest.fixture(scope="module", params=RACES)
def race(request: pytest.FixtureRequest) -> tuple[Race, str]:
    return RACES[request.param], _file(RACES[request.param])


def test_a_file_is_small_and_asks_no_other_machine(race: tuple[Race, str]) -> None:
    runs, text = race
    assert len(text.encode()) <= (LARGEST if len(runs) == MAX_RACERS else LARGEST / 3)
    elements = _Page(text).elements
    assert not [attrs for _, attrs in elements if {"src", "href", "srcset", "action"} & set(attrs)]
    # What a script might ask for while it runs, the browser refuses.
    (policy,) = [attrs["content"] for tag, attrs in elements if tag == "meta" and "http-equiv" in attrs]
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "http" not in policy
    assert "*" not in policy


def test_a_file_carries_all_that_a_stage_needs_and_offers_nothing_that_needs_a_server(race: tuple[Race, str]) -> None:
    runs, text = race
    parts = _parts(text)
    stage, numbers = parts["stage"]
    assert stage["alone"] == {"link": LINK}
    assert numbers
    assert {view["ground"] for view in stage["views"] if "ground" in view} == {parts["ground"][0]["id"]}
    assert {one["live"]["program"]["id"] for one in stage["tracks"]} == set(parts["programs"][0]["sources"])
    assert "space" not in {view["kind"] for view in stage["views"]}
    assert not stage["schedules"]
    assert not {"twin", "leaves"} & {name for one in stage["tracks"] for name in one if one[name]}
    # Every number of a run can be turned, and noise lasts for the longest run that can be asked for.
    for (racer, path), track in zip(runs, stage["tracks"], strict=True):
        hypers = [hyper.name for hyper in (*racer.optimizer.hypers, *path.run.resolved_schedule.hypers)]
        assert len(track["dials"]) == len(hypers)
    (most,) = [dial["bounds"][1] for dial in stage["everyone"] if dial["name"] == "T"]
    noise, normals = parts["normals"]
    assert noise["id"] == stage["normals"]
    assert len(normals) >= 8 * most * stage["dimension"]


def test_a_file_says_in_words_what_runs_there(race: tuple[Race, str]) -> None:
    runs, text = race
    words = _Page(text).words
    objective = runs[0][1].run.resolved_objective
    assert f" = {objective.formula}" in words
    assert "Made by The gradient descent guide" in words
    assert f"The race as it was saved: {LINK}" in words
    for racer, _ in runs:
        assert racer.name in words
        assert racer.optimizer.rule.strip() in words


def test_what_a_visitor_wrote_is_text_in_a_file() -> None:
    race = RACES["an own rule"]
    own, path = race[0]
    evil = own_racer(OWN)
    objective = path.run.resolved_objective
    text = living_html(
        objective, [(Racer("own", EVIL, evil.optimizer, "solid"), path)], race_dials(objective, race, ""), EVIL
    )
    page = _Page(text)
    assert [tag for tag, _ in page.elements].count("script") == len(_parts(text)) + 1
    assert not [tag for tag, _ in page.elements if tag == "img"]
    assert page.words.count(EVIL) >= 4
    assert own.name == "Mine"


def test_the_same_race_makes_the_same_file() -> None:
    assert _file(RACES["one variable"]) == _file(RACES["one variable"])


def test_a_file_has_the_colours_of_both_themes() -> None:
    text = _file(RACES["one variable"])
    for look in (LIGHT, DARK):
        assert f"--st-background-color: {look.background};" in text
        assert f"--st-text-color: {look.text};" in text


def test_every_variable_that_the_stage_is_styled_with_is_defined() -> None:
    text = _file(RACES["one variable"])
    style = text[: text.index("</style>")]
    # One with a value to fall back on need not be.
    asked = {*re.findall(r"var\((--st-[\w-]+)\)", style)}
    assert asked
    assert asked <= {*re.findall(r"(--st-[\w-]+):", style)}


@pytest.mark.parametrize("key", OBJECTIVES)
def test_all_that_is_in_a_landscape_can_be_drawn_without_plotly(key: str) -> None:
    parts = _parts(_file(_race(key, [RACERS["adam"]], 3)))
    figures = [json.loads(parts["ground"][0]["figure"])]
    figures += [json.loads(view["figure"]) for view in parts["stage"][0]["views"] if "figure" in view]
    known = re.findall(r"(\w\d): \w+Array", DRAWING)
    assert len(figures) == 2
    for figure in figures:
        assert not {"annotations", "shapes"} & {name for name, some in figure["layout"].items() if some}
        for one in figure["data"]:
            assert one["type"] in ("contour", "heatmap", "scatter")
            if one["type"] == "scatter":
                assert set(one["mode"].split("+")) <= {"lines", "markers"}
                assert one.get("marker", {"symbol": "star"})["symbol"] in ("star", "star-open")
                assert one.get("line", {"dash": "dash"}).get("dash", "solid") in ("solid", "dash", "dot")
            for some in one.values():
                assert not isinstance(some, dict) or some.get("dtype", "f4") in known


# --- The axes, in an engine without a browser ---


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = Engine()
    engine.run(bundle("drawing"))
    return engine


@pytest.mark.parametrize("letter", ["x", "y"])
@pytest.mark.parametrize(("kind", "low", "high"), [("linear", -2, 3), ("linear", 1e-7, 3e-7), ("log", -3, 25)])
def test_an_axis_goes_from_numbers_to_pixels_and_back(
    engine: Engine, letter: str, kind: str, low: float, high: float
) -> None:
    ends = [10.0**end for end in (low, high)] if kind == "log" else [low, high]
    there = """(spec, letter, values) => {
        const axis = drawing.axisOf(spec, letter, 50, 400);
        return [values.map(axis.d2p), values.map((value) => axis.p2d(axis.d2p(value)))];
    }"""
    pixels, back = engine.call(there, {"range": [low, high], "type": kind}, letter, ends)
    assert pixels == pytest.approx([0, 400] if letter == "x" else [400, 0])
    assert back == pytest.approx(ends)


@pytest.mark.parametrize("length", [120, 700])
@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [("linear", -2, 3), ("linear", 0, 5000), ("linear", 1e-7, 3e-7), ("linear", -1e12, 1e12), ("log", -16, 25)],
)
def test_an_axis_has_some_numbers_and_none_outside(
    engine: Engine, kind: str, low: float, high: float, length: float
) -> None:
    ticks = "(spec, length) => drawing.ticksOf(drawing.axisOf(spec, 'x', 50, length))"
    made = engine.call(ticks, {"range": [low, high], "type": kind}, length)
    places = [at for at, _ in made]
    room = 1e-6 * (high - low)
    assert 2 <= len(places) <= 12
    assert all(low - room <= at <= high + room for at in places)
    steps = [after - before for before, after in pairwise(places)]
    assert steps == pytest.approx([steps[0]] * len(steps))
    assert len({text for _, text in made}) == len(made)
    if kind == "log":
        assert all(math.isclose(at, round(at)) for at in places)
        assert engine.call(ticks, {"range": [-4, 4], "type": kind, "dtick": 4}, length) == [
            [-4, "10⁻⁴"],
            [0, "1"],
            [4, "10⁴"],
        ]
