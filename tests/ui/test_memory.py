"""What a browser says it remembers: what can be true of it is believed, and nothing else, whatever is sent."""

import json
from typing import Any

import pytest

from core.evidence.claims import CLAIMS
from core.lessons.missions import MISSIONS
from core.lessons.predictions import PREDICTIONS
from core.lessons.tour import STOPS
from ui import navigation
from ui.panels.memory import Memory, believed_memory


def _kept(**fields: Any) -> str:
    return json.dumps(fields)


def test_everything_that_the_guide_has_told_a_browser_to_remember_is_believed() -> None:
    done = [f"claim_{key}" for key in CLAIMS]
    done += [f"ask_{key}" for key in PREDICTIONS] + [f"mission_{key}" for key in MISSIONS]
    for page in navigation.ALL[1:]:
        last = {"page": page.path, "query": "a=1&b=&b=x+y&z=1.%3C"}
        assert believed_memory(_kept(done=done, last=last, tour=len(STOPS))) == Memory(
            frozenset(CLAIMS),
            frozenset(PREDICTIONS),
            frozenset(MISSIONS),
            page,
            {"a": ["1"], "b": ["", "x y"], "z": ["1.<"]},
            len(STOPS),
        )


@pytest.mark.parametrize(
    "raw",
    [
        None, 3, True, b"{}", [], {"done": ["ask_fate"]}, "", "{", "null", "3", '"text"', "[]", "NaN", "\x00",
        "[" * 40_000, "{" * 100_000, '{"done": ["ask_fate"]}' + " " * 50_000, _kept(), _kept(done=None, last=None),
    ],
)  # fmt: skip
def test_what_is_no_memory_is_none(raw: Any) -> None:
    assert believed_memory(raw) == Memory()


@pytest.mark.parametrize(
    "done",
    [
        None, 3, "ask_fate", {"ask_fate": 1}, [None, 3, True, [], {}, ["ask_fate"]],
        ["fate", "ask_", "ask_nobody", "claim_C999", "claim_<script>", "ASK_FATE", "ask_fate ", "x" * 1000],
    ],
)  # fmt: skip
def test_keys_of_nothing_are_left_out(done: Any) -> None:
    assert believed_memory(_kept(done=done)) == Memory()
    if isinstance(done, list):
        assert believed_memory(_kept(done=[*done, "ask_fate"])) == Memory(predictions=frozenset({"fate"}))


@pytest.mark.parametrize("tour", [0, -1, len(STOPS) + 1, 10**30, 1.0, "1", True, None, [1], {}])
def test_a_stop_that_is_none_is_not_believed(tour: Any) -> None:
    assert believed_memory(_kept(tour=tour)) == Memory()


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("", ""), ("elsewhere", ""), ("//elsewhere.example", ""), ("../optimizers", ""), (None, ""), (3, ""),
        (["optimizers"], ""), ("optimizers", None), ("optimizers", 3), ("optimizers", ["a=1"]),
        ("optimizers", "a=" + "x" * 4000), ("optimizers", "a&" * 1000),
    ],
)  # fmt: skip
def test_a_page_or_a_link_that_cannot_have_been_is_not_gone_back_to(page: Any, query: Any) -> None:
    assert believed_memory(_kept(last={"page": page, "query": query})) == Memory()
    for last in (page, query, [page, query]):
        assert believed_memory(_kept(last=last)) == Memory()


def test_a_link_of_many_fields_is_not_read() -> None:
    assert believed_memory(_kept(last={"page": "optimizers", "query": "a=1&" * 600})) == Memory()
