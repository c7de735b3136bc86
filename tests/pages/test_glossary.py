"""The glossary on its page: every term is found, leads to where it is shown, and is led to by its marks."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from core.lessons.glossary import GLOSSARY, SHOWS, way
from tests.marks import marks
from tests.pages.visits import clean, notes, open_page, state
from ui import navigation
from ui.navigation import Page

PREFIX = navigation.REFERENCE.prefix
SHOWN = sorted({(term.page, term.at) for term in GLOSSARY.values()})


def _table(app: AppTest) -> str:
    (table,) = [element.value for element in app.markdown if element.value.startswith("| Term |")]
    return str(table)


def _names(app: AppTest) -> list[str]:
    return re.findall(r"^\| \*\*(.+?)\*\*", _table(app), re.MULTILINE)


def _places(app: AppTest) -> set[str]:
    """What a link can lead to on the page: the ids of its headings and the keys of its elements."""

    def walk(node: Any) -> set[str]:
        proto = getattr(node, "proto", None)
        here = {proto.anchor} if getattr(node, "type", "") == "header" and proto is not None else set()
        key = re.search(r'id: "\$\$ID-[0-9a-f]+-([^"]+)"', str(proto or ""))
        return here.union({key[1]} if key else (), *map(walk, getattr(node, "children", {}).values()))

    return walk(app._tree)


def _asked(address: str) -> tuple[Page, dict[str, list[str]]]:
    parts = urlsplit(address)
    return navigation.of(parts.path), parse_qs(parts.query)


def test_without_a_search_all_terms_are_listed() -> None:
    app = open_page(navigation.REFERENCE, dict([SHOWS]))
    assert _names(app) == list(GLOSSARY)
    for term in GLOSSARY.values():
        assert term.meaning in _table(app)
        assert not term.symbol or f"${term.symbol}$" in _table(app)


@pytest.mark.parametrize("name", GLOSSARY)
def test_a_mark_leads_to_its_term(name: str) -> None:
    page, asked = _asked(way(GLOSSARY[name]))
    app = open_page(page, asked)
    assert notes(app) == ""
    assert _names(app)[0] == name or name.casefold() in _names(app)[0].casefold()


@pytest.mark.parametrize(("path", "at"), SHOWN)
def test_a_term_leads_to_a_place_that_is_there(path: str, at: str) -> None:
    app = open_page(navigation.REFERENCE, dict([SHOWS]))
    addresses = re.findall(rf"\]\(({path}\?[^)]*\bat={at})\)", _table(app))
    ((page, asked),) = {address: _asked(address) for address in addresses}.values()
    assert asked.pop("at") == [at]
    there = open_page(page, asked)
    assert notes(there) == ""
    assert at in _places(there)
    # What is asked for besides is the part in which the place is.
    assert {key: [state(there, key)] for key in asked} == asked


def test_words_in_no_term_are_said_to_be() -> None:
    app = open_page(navigation.REFERENCE, dict([SHOWS, (f"{PREFIX}term", "no such word")]))
    assert "no such word" in app.info[0].value
    clean(app.text_input(key=f"{PREFIX}term").set_value("nesterov").run())
    assert {"look-ahead", "convex"} & set(_names(app)) == {"look-ahead", "convex"}


@pytest.mark.parametrize("page", navigation.ALL, ids=[page.title for page in navigation.ALL])
def test_no_paragraph_is_a_carpet_of_marks(page: Page) -> None:
    counts = [len(marks(element.value)) for element in open_page(page).markdown]
    assert max(counts) <= 5
    # On average it has one or two.
    assert sum(counts) < 2 * len(counts)
