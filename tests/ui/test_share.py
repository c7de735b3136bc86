"""Notes about a link, sentences for the stage, and what visitors typed within Markdown."""

import re
import string
from contextvars import Context
from typing import Any

import pytest

from ui.kit import share


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The state of a visit with a page open, as if Streamlit kept it; the address is written under "address"."""
    state: dict[str, Any] = {"link:page": "p", "link:kept": {"p": {}}, "link:links": {}, "link:parts": {}}
    monkeypatch.setattr(share.st, "session_state", state)
    monkeypatch.setattr(share, "_address", lambda data, key, height: state.update(address=data["query"], by=key))
    return state


def _announce(state: dict[str, Any], key: str, value: str) -> None:
    share.setting(key, "default", str, "a text")
    state[key] = value


def test_a_part_that_runs_by_itself_takes_the_place_of_what_it_had_in_the_link(visit: dict[str, Any]) -> None:
    visit["link:parts"] = {
        (): {"a": ["1"]},
        ("one",): {"b": ["2"]},
        ("one", "inner"): {"c": ["3"]},
        ("two",): {"d": ["4"]},
    }

    def run() -> None:
        with share.part("one"):
            _announce(visit, "b", "5")

    Context().run(run)
    assert (visit["address"], visit["by"]) == ("a=1&d=4&b=5", "address_one")


def test_a_part_within_another_is_dropped_with_it(visit: dict[str, Any]) -> None:
    visit["link:parts"] = {(): {"a": ["1"]}, ("one",): {}, ("one", "inner"): {}}

    def inner() -> None:
        with share.part("inner"):
            _announce(visit, "c", "6")

    def outer() -> None:
        with share.part("one"):
            _announce(visit, "b", "7")

    Context().run(inner)
    assert visit["address"] == "a=1&c=6"
    Context().run(outer)
    assert visit["address"] == "a=1&b=7"
    # It comes back with what it was set to.
    visit.pop("c")
    Context().run(lambda: share.setting("c", "default", str, "a text"))
    assert visit["c"] == "6"


def test_a_setting_at_its_default_is_not_in_the_link_whatever_its_type() -> None:
    for default, same, other in (
        (2.0, 2, 3),
        (True, True, False),
        ("a", "a", "b"),
        (["a"], ["a"], []),
        (500, 500.0, 0),
    ):
        assert share.encode({"k": same}, {"k": default}) == {}
        (texts,) = share.encode({"k": other}, {"k": default}).values()
        assert texts
        assert all(isinstance(text, str) for text in texts)


def test_sentences_for_a_stage_last_for_one_run_and_go_to_the_stage_with_their_prefix() -> None:
    def run() -> None:
        assert share.stage_sentences("a") == ()
        share.tell_stage("a", "One.")
        share.tell_stage("b", "Two.")
        share.tell_stage("a", "Three.")
        assert share.stage_sentences("a") == ("One.", "Three.")

    for _ in range(2):
        Context().run(run)


def test_in_verbatim_text_every_sign_that_could_be_markup_has_a_backslash_and_nothing_else_has() -> None:
    text = f"__x__ *y* :red[z] $a$ <b> {string.printable.strip()} ²"
    markdown = share.verbatim(text)
    assert re.sub(r"\\(.)", r"\1", markdown) == text
    assert not set(re.sub(r"\\.", "", markdown)) & set(string.punctuation)
    assert not re.search(r"\\[\w\s]", markdown.replace(r"\_", ""))


def test_what_a_part_asks_of_the_rest_of_the_page_runs_the_whole_page(
    visit: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    visit["link:asked"] = {}
    visit["link:drawn"] = {"one": frozenset("a")}
    runs: list[str] = []
    monkeypatch.setattr(share.st, "rerun", lambda: runs.append("whole"))

    def alone() -> None:
        with share.part("one"):
            pass

    share.ask({"a": 1.0})
    Context().run(alone)
    assert runs == []
    visit["link:drawn"] = {"one": frozenset("a")}
    share.ask({"a": 2.0})
    share.ask({"b": 2.0})
    share.ask({"a": 3.0})
    Context().run(alone)
    Context().run(alone)
    assert runs == ["whole"]


def _counted_reruns(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    runs: list[str] = []
    monkeypatch.setattr(share.st, "rerun", lambda: runs.append("whole"))
    return runs


def _changing(state: dict[str, Any], value: str) -> None:
    """A run of a part by itself in which its one setting was set to ``value``."""

    def alone() -> None:
        with share.part("one"):
            _announce(state, "b", value)

    Context().run(alone)


def test_what_is_changed_in_a_part_that_runs_by_itself_can_be_undone(
    visit: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, clock = _counted_reruns(monkeypatch), iter(range(0, 1000, 10))
    monkeypatch.setattr(share, "monotonic", lambda: float(next(clock)))
    visit["link:parts"] = {(): {"a": ["1"]}, ("one",): {}}
    assert share.offer() == (False, False)
    _changing(visit, "default")
    assert runs == []
    # The buttons may stand outside of the part, which cannot draw them: the page runs once more, for the first change.
    _changing(visit, "2")
    assert runs == ["whole"]
    _changing(visit, "3")
    assert runs == ["whole"]
    share.take_back()
    assert share.offer() == (True, True)
    # The part alone cannot show a link; the page does.
    _changing(visit, "3")
    assert runs[:2] == ["whole", "whole"]
    assert visit["link:followed"] == {"p": {"a": ["1"], "b": ["2"]}}


def test_a_page_without_buttons_for_its_history_keeps_none(
    visit: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = _counted_reruns(monkeypatch)
    visit["link:parts"] = {("one",): {}}
    for value in ("2", "3"):
        _changing(visit, value)
    assert runs == []
    assert not {"link:histories", "link:offered"} & visit.keys()


def test_the_length_of_a_link_is_known_before_a_setting_is_set(visit: dict[str, Any]) -> None:
    visit["link:parts"] = {("one",): {}}
    _changing(visit, "x y")
    assert visit["address"] == "b=x+y"
    assert share.length_with({}) == len("b=x+y")
    assert share.length_with({"b": "long", "c": 2.5}) == len("b=long&c=2.5")


def test_what_is_locked_is_what_the_link_says_whoever_sets_it(visit: dict[str, Any]) -> None:
    visit |= {"lock": ["a"], "hide": [], "link:asked": {}}
    visit["link:kept"] = {"p": {"a": ["2"], "lock": ["a"]}}

    def announced(key: str) -> Any:
        Context().run(lambda: share.setting(key, "1", str, "a text"))
        return visit[key]

    # A widget, a callback, or a forged message.
    visit |= {"a": "3", "b": "3"}
    assert (announced("a"), announced("b")) == ("2", "3")
    # A chip, a hand on the stage, or another part of the page.
    share.ask({"a": "4", "b": "4"})
    assert visit["link:kept"]["p"] == {"a": ["2"], "b": ["4"], "lock": ["a"]}
    assert (announced("a"), announced("b")) == ("2", "4")
    # An undo, or a file.
    share.follow({"a": ["5"], "b": ["5"], "lock": ["b"], "task": ["Other."]})
    assert visit["link:followed"] == {"p": {"a": ["2"], "b": ["5"], "lock": ["a"]}}
    assert (share.locked("a"), share.hidden("a"), share.locked("b")) == (True, False, False)
    visit["hide"] = ["b"]
    assert share.locked("b")
