"""Asking before playing: a link opens a question, an answer is judged, a skip and any change of settings end it."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.lessons.pitfalls import SECTIONS
from core.lessons.prediction import Prediction
from core.lessons.predictions import PREDICTIONS
from core.lessons.sections import Section
from core.lessons.techniques import TECHNIQUES
from tests.pages.visits import Link, clean, link_of, notes, open_page
from ui import navigation
from ui.navigation import Page
from ui.panels.claims import topic_key

# What begins the keys of the controls of each stage, and what a link must say for the stage to be there as it is asked.
STAGES: dict[str, tuple[str, Link]] = {
    "foundations/race": ("d", {}),
    "foundations/hill": ("h", {}),
    "update_rule/descent": ("u", {}),
    "learning_rate/shape": ("l", {}),
    "learning_rate/case": ("lb", {"lcase": "bounce"}),
    "learning_rate/schedules": ("lrace", {"lraceopen": "true"}),
    "variants/batches": ("v", {}),
    "optimizers/race": ("", {}),
}


def _of_sections(page: Page, sections: Sequence[Section]) -> Iterator[tuple[str, tuple[str, Link]]]:
    """The stages of the demonstrations of ``page``."""
    for section in sections:
        for demo in section.demos:
            others = {f"{page.prefix}{section.demos[0].key}_run": demo.key} if demo is not section.demos[0] else {}
            yield f"{page.path}/{demo.key}", (f"{page.prefix}{demo.key}_", {topic_key(page): section.key, **others})


STAGES |= dict([*_of_sections(navigation.TECHNIQUES, TECHNIQUES), *_of_sections(navigation.PITFALLS, SECTIONS)])
ASKED = [(one, spot) for one in PREDICTIONS.values() for spot in one.spots]


def _page(spot: str) -> Page:
    (page,) = (page for page in navigation.ALL if page.path == spot.partition("/")[0])
    return page


def _told(app: AppTest, prefix: str) -> dict[str, Any]:
    """What the stage is told to ask."""
    for part in app.get("bidi_component"):
        raw = part.proto.bytes
        if raw:
            size = int.from_bytes(raw[:4], "little")
            data = json.loads(raw[4 : 4 + size])
            if data.get("id") == f"{prefix}stage":
                told: dict[str, Any] = data["ask"]
                return told
    raise AssertionError(f"There is no stage {prefix}stage.")


def _asking(spot: str, key: str, more: Link | None = None) -> AppTest:
    prefix, link = STAGES[spot]
    return open_page(_page(spot), {**link, f"{prefix}ask": key, **(more or {})})


def _answered(app: AppTest, prefix: str, answer: Any) -> AppTest:
    """``app`` after the reader's answer, which AppTest cannot send: what believing it leaves."""
    about, _ = app.session_state[f"{prefix}ask:given"]
    app.session_state[f"{prefix}ask:given"] = (about, answer)
    return clean(app.run())


@pytest.mark.parametrize(("prediction", "spot"), ASKED, ids=[f"{one.key} {spot}" for one, spot in ASKED])
def test_a_link_opens_every_question_where_it_is_asked(prediction: Prediction, spot: str) -> None:
    app = _asking(spot, prediction.key)
    prefix, _ = STAGES[spot]
    assert notes(app) == ""
    told = _told(app, prefix)
    assert told["key"] == prediction.key
    assert told["kind"] == prediction.kind
    assert "verdict" not in told
    assert link_of(app)[f"{prefix}ask"] == [prediction.key]


@pytest.mark.parametrize("spot", ["foundations/race", "optimizers/race", "techniques/clip"])
def test_a_page_opens_without_a_question_and_offers_one(spot: str) -> None:
    prefix, link = STAGES[spot]
    app = open_page(_page(spot), link)
    told = _told(app, prefix)
    assert set(told) == {"offer", "of"}
    assert PREDICTIONS[told["offer"]].spots[0] == spot
    assert f"{prefix}ask" not in link_of(app)


def test_the_playground_asks_nothing() -> None:
    assert _told(open_page(navigation.PLAYGROUND), navigation.PLAYGROUND.prefix) == {}


def test_an_answer_is_judged_by_the_run_and_another_question_is_offered() -> None:
    app = _answered(_asking("foundations/race", "fate"), "d", "It runs away")
    told = _told(app, "d")
    assert told["said"] == "It runs away"
    assert "Here the answer is “It arrives at a minimum”" in told["verdict"]
    assert told["offer"] == "first_way"
    app = _answered(_asking("foundations/race", "fate", {"dsgd_lr": "3"}), "d", "It runs away")
    assert _told(app, "d")["verdict"].startswith("Yes: “It runs away”.")


def test_a_change_of_settings_ends_the_question_and_its_verdict_quietly() -> None:
    for answer in (None, "It runs away"):
        app = _asking("foundations/race", "fate")
        if answer:
            app = _answered(app, "d", answer)
        app.session_state["dx"] = -3.0
        app = clean(app.run())
        assert set(_told(app, "d")) == {"offer", "of"}
        assert "dask" not in link_of(app)
        assert notes(app) == ""


def test_what_is_only_looked_at_otherwise_keeps_the_question() -> None:
    app = _asking("optimizers/race", "winner")
    app.session_state["curve"] = "Gradient norm"
    app = clean(app.run())
    assert _told(app, "")["key"] == "winner"


def test_a_link_opened_again_asks_again() -> None:
    app = _answered(_asking("foundations/race", "fate"), "d", "It runs away")
    assert "verdict" in _told(app, "d")
    app.switch_page(navigation.HOME.file)
    clean(app.run())
    app.switch_page(navigation.FOUNDATIONS.file)
    app.query_params["dask"] = "fate"
    app.query_params["dsteps"] = "44"
    assert "verdict" not in _told(clean(app.run()), "d")


@pytest.mark.parametrize(
    ("spot", "key"),
    [
        ("foundations/race", "winner"),
        ("foundations/race", "<b>"),
        ("foundations/hill", "fate"),
        ("learning_rate/case", "nothing"),
    ],
)
def test_a_question_that_is_not_asked_here_is_noted(spot: str, key: str) -> None:
    app = _asking(spot, key)
    prefix, _ = STAGES[spot]
    assert f"{prefix}ask = " in notes(app)
    assert "it can ask" in notes(app)
    assert "key" not in _told(app, prefix)


def test_a_question_that_does_not_apply_to_the_settings_of_a_link_is_noted() -> None:
    app = _asking("foundations/race", "after_three", {"dsteps": "2"})
    assert "dask = after_three" in notes(app)
    assert "key" not in _told(app, "d")
