"""What a page cannot use is said: every value of a link, names that no control has, texts that are too long."""

import re
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.visits import Link, clean, notes, open_page, state
from ui import navigation
from ui.kit.limits import MAX_PASTE, MAX_TEXT, OWN
from ui.navigation import Page

every = pytest.mark.parametrize("page", navigation.ALL, ids=[page.title for page in navigation.ALL])
NONSENSE = "\u2603"
UNKNOWN = "no control on this page"


def _bound(app: AppTest) -> dict[str, str]:
    """The kind of each control of the page that a link can set, by its key, in page order."""

    def walk(node) -> Iterator[tuple[str, str]]:  # type: ignore[no-untyped-def]
        if key := re.search(r'query_param_key: "(\w+)"', str(getattr(node, "proto", ""))):
            yield key[1], node.type
        for child in getattr(node, "children", {}).values():
            yield from walk(child)

    return dict(walk(app._tree))


def _opened(page: Page) -> tuple[Link, dict[str, str]]:
    """A link that opens every fold of ``page`` and takes every choice of its own, and the controls that are there then.

    Experiments stay off: they would take minutes, and their settings are the same sliders.
    """
    link: dict[str, str] = {}
    while True:
        controls = _bound(open_page(page, link))
        closed = {key for key, kind in controls.items() if kind == "expander" or key.startswith(f"{page.prefix}code_")}
        own = {f"{page.prefix}f": OWN, f"{page.prefix}data": "Own table"}
        more = dict.fromkeys(closed, "true") | {key: own[key] for key in own if controls.get(key) == "selectbox"}
        if more == link:
            return link, controls
        link = more


def _noted(app: AppTest) -> dict[str, str]:
    """What is said about each key of the link."""
    return dict(re.findall(r"- `(\w+) = [^`]*`: (.+)", notes(app)))


@every
def test_nonsense_for_any_control_of_a_page_is_noted_by_that_control(page: Page) -> None:
    link, controls = _opened(page)
    keys = [key for key, kind in controls.items() if key not in link and kind not in ("text_input", "text_area")]
    assert keys or page is navigation.HOME
    noted = _noted(open_page(page, {**link, **dict.fromkeys(keys, NONSENSE)}))
    assert set(noted) == set(keys)
    assert [key for key in keys if noted[key].startswith(UNKNOWN)] == []
    # One at a time: a fold that is not open hides what is in it.
    for key in link:
        noted = _noted(open_page(page, {**link, key: NONSENSE}))
        assert not noted[key].startswith(UNKNOWN), key


@every
def test_every_switch_of_a_statement_notes_nonsense(page: Page) -> None:
    link, controls = _opened(page)
    keys = [key for key in controls if key.startswith("run_")]
    assert set(_noted(open_page(page, {**link, **dict.fromkeys(keys, "1")}))) == set(keys)
    assert set(_noted(open_page(page, {**link, **dict.fromkeys(keys, "False")}))) == set()


@every
def test_a_text_longer_than_its_box_is_noted(page: Page) -> None:
    link, controls = _opened(page)
    for key, kind in controls.items():
        if kind in ("text_input", "text_area"):
            assert set(_noted(open_page(page, {**link, key: "x" * MAX_TEXT}))) == set()
            noted = _noted(open_page(page, {**link, key: "x" * (MAX_TEXT + 1)}))
            assert re.search(rf"at most {MAX_TEXT} characters", noted[key])


@every
def test_a_name_that_no_control_has_is_listed(page: Page) -> None:
    app = open_page(page, {"stps": "10", "Steps": ["1", "2"], "__proto__": "1"})
    assert {key: said.startswith(UNKNOWN) for key, said in _noted(app).items()} == dict.fromkeys(
        ("stps", "Steps", "__proto__"), True
    )
    # Streamlit's own, and what sites add to links.
    assert notes(open_page(page, {"embed": "true", "utm_source": "x", "fbclid": "y"})) == ""


def test_a_thousand_notes_are_cut() -> None:
    said = notes(open_page(navigation.HOME, {f"key{number}": "1" for number in range(900)}))
    assert len(said.splitlines()) < 110
    assert "… and 800 more." in said


# What each box is for takes fewer characters than the box does.
TOO_LONG = {
    "a rule": (navigation.OPTIMIZERS, "own", {}, "x = x - lr*g # " + "a" * 1985, "has 2000, 500 too many"),
    "a formula": (navigation.OPTIMIZERS, "formula", {"f": OWN}, "x+" * 499 + "xx", "has 1000, 700 too many"),
    "a formula of x": (navigation.FOUNDATIONS, "dformula", {"df": OWN}, "x+" * 499 + "xx", "has 1000, 700 too many"),
    "points": (navigation.UPDATE_RULE, "udata", {}, "; ".join(f"{n},{n / 7!r}" for n in range(300)), "it has 300"),
    "a table": (navigation.VARIANTS, "vtable", {"vdata": "Own table"}, "1,2\n" * 60_000, "40000 bytes longer"),
    "a run": (navigation.OPTIMIZERS, "reopen", {"export": "true"}, "x" * 45_000, "5000 too many"),
    "a search": (navigation.REFERENCE, "rfind", {}, "adam " * 30, "has 150, 50 too many"),
    "a search of statements": (navigation.REFERENCE, "rsaid", {}, "adam " * 30, "has 150, 50 too many"),
}


@pytest.mark.parametrize(("page", "key", "link", "text", "said"), TOO_LONG.values(), ids=TOO_LONG)
def test_a_text_that_is_too_long_stays_in_its_box_and_is_said_to_be(
    page: Page, key: str, link: Link, text: str, said: str
) -> None:
    app = open_page(page, link)
    (box,) = [box for kind in ("text_input", "text_area") for box in app.get(kind) if box.key == key]
    # Streamlit's client drops what is longer than that, and says nothing.
    assert box.proto.max_chars >= 2 * len(text) or box.proto.max_chars == MAX_PASTE
    box.set_value(text)
    clean(app.run())
    if key == "reopen":
        clean(app.button(key="reopen_button").click().run())
    assert state(app, key) == text
    assert said in "\n".join(element.value for element in (*app.error, *app.code)).replace("\\", "")
