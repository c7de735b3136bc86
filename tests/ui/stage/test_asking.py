"""What the stage is told to ask, and what of its answers is believed: only what was asked for, and of that kind."""

import json
import math
from typing import Any

import pytest

from core.lessons.prediction import Shown
from core.lessons.predictions import PREDICTIONS, asked_at
from tests.ui.stage.runs import descent, race
from ui.stage.asking import _fingerprint, ask_data, believed_act, believed_answer, next_one

RACE = {one.key: one for one in asked_at("optimizers/race")}
FORGED: list[Any] = [
    None,
    True,
    [],
    {},
    "",
    "<b>",
    b"x",
    1j,
    math.nan,
    math.inf,
    -math.inf,
    10**400,
    [1],
    ["1", "2"],
    {"open": 1},
]


@pytest.fixture(scope="module")
def shown() -> Shown:
    return race()


@pytest.mark.parametrize("raw", FORGED, ids=repr)
def test_a_forged_message_asks_for_nothing(raw: Any, shown: Shown) -> None:
    assert believed_act(raw, RACE, shown, "winner") is None
    assert believed_act({"open": raw}, RACE, shown, "winner") in (None, ("open", ""))
    for key in RACE:
        assert believed_act({"answer": raw}, RACE, shown, key) is None


def test_a_question_is_opened_by_its_key_and_closed_without_one(shown: Shown) -> None:
    assert believed_act({"open": "winner"}, RACE, shown, "") == ("open", "winner")
    assert believed_act({"open": ""}, RACE, shown, "winner") == ("open", "")
    # One of another stage.
    assert believed_act({"open": "valley"}, RACE, shown, "") is None


def test_an_answer_is_believed_if_it_is_of_the_kind_that_was_asked_for(shown: Shown) -> None:
    assert believed_act({"answer": "Adam"}, RACE, shown, "winner") == ("answer", "Adam")
    assert believed_act({"answer": "Adam"}, RACE, shown, "") is None
    assert believed_answer("Lion", RACE["winner"], shown) is None
    assert believed_answer(2, RACE["run_away"], shown) == 2.0
    assert believed_answer("2", RACE["run_away"], shown) is None
    assert believed_answer([0.1, 0.2], RACE["after_hundred"], shown) == (0.1, 0.2)
    assert believed_answer([0.1], RACE["after_hundred"], shown) is None


def test_questions_take_turns_and_those_that_do_not_apply_are_left_out(shown: Shown) -> None:
    asked = list(RACE.values())
    keys, after = [], ""
    for _ in range(len(asked) + 1):
        following = next_one(asked, shown, after)
        assert following is not None
        keys.append(after := following.key)
    assert keys == [*RACE, next(iter(RACE))]
    alone = descent()
    following = next_one(asked, alone, "")
    assert following is not None
    assert following.see(alone) is not None
    assert next_one([RACE["winner"]], alone, "") is None
    assert next_one([], shown, "") is None


def test_the_browser_is_told_the_answer_only_once_one_was_given(shown: Shown) -> None:
    for prediction in RACE.values():
        asked = ask_data(prediction, shown, None, prediction)
        assert set(asked) == {"offer", "of", "key", "question", "kind", "choices", "unit"}
        seen = prediction.see(shown)
        assert seen is not None
        assert seen[1] not in json.dumps(asked, ensure_ascii=False)
    told = ask_data(RACE["winner"], shown, "Momentum", None)
    assert told["said"] == "Momentum"
    assert told["verdict"].startswith("You said “Momentum”")
    assert ask_data(None, shown, None, None) == {}
    assert ask_data(None, shown, None, RACE["winner"]) == {
        "offer": "winner",
        "of": "Which rule ends with the lowest loss?",
    }


def test_places_are_drawn_where_they_are_on_the_curve() -> None:
    alone = descent()
    told = ask_data(PREDICTIONS["after_three"], alone, (2.0,), None)
    assert told["places"]["yours"] == [2.0, 2.0]
    x = -4 * 0.7**3
    assert told["places"]["right"] == pytest.approx([x, x**2 / 2])
    plane = ask_data(RACE["after_hundred"], race(), (1.0, 2.0), None)
    assert plane["places"]["yours"] == [1.0, 2.0]


def test_runs_are_told_apart_by_where_they_went() -> None:
    assert _fingerprint(race()) == _fingerprint(race())
    assert _fingerprint(descent()) == _fingerprint(descent())
    assert len({_fingerprint(one) for one in (race(), race(0.2), descent(), descent(44))}) == 4
