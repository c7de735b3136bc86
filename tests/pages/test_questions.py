"""Questions on their pages: every one can be found, and its link shows what its answer speaks of."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from core.evidence.claims import CLAIMS
from core.evidence.experiments import EXPERIMENTS
from core.lessons.asked import QUESTIONS, Card, Group, Question, Race
from tests.pages.visits import clean, link_of, notes, open_page, state, words
from ui import navigation
from ui.kit import share
from ui.navigation import Page
from ui.panels.claims import topic_key
from ui.panels.questions import destination

REFERENCE = navigation.REFERENCE
LISTED = {topic_key(REFERENCE): "questions"}
RACES = {key: question for key, question in QUESTIONS.items() if isinstance(question.shown, Race)}
CARDS = {key: question for key, question in QUESTIONS.items() if isinstance(question.shown, Card)}
PAGES = {page.path: page for page in navigation.ALL if any(destination(one)[0] is page for one in CARDS.values())}


def _query(question: Question) -> dict[str, list[str]]:
    """The link of ``question``, with the place on the page that it goes to."""
    _, settings, at = destination(question)
    return share.encode(settings) | ({"at": [at]} if at else {})


def _shows(app: AppTest, question: Question) -> None:
    """Asserts that all controls stand at what the link of ``question`` asks for."""
    asked = share.encode(destination(question)[1])
    assert share.encode({key: state(app, key) for key in asked}) == asked


def _places(node: Any) -> Iterator[str]:
    """The keys of all containers and the anchors of all headings, which a link can go to."""
    yield from re.findall(r'\b(?:id: "\$\$ID-[0-9a-f]+-|anchor: ")([^"]+)"', str(getattr(node, "proto", "")))
    for child in getattr(node, "children", {}).values():
        yield from _places(child)


@pytest.mark.parametrize("key", RACES)
def test_the_link_of_a_question_opens_its_race(key: str) -> None:
    question = QUESTIONS[key]
    app = open_page(destination(question)[0], share.encode(destination(question)[1]))
    assert notes(app) == ""
    assert not app.error
    _shows(app, question)
    # Nothing else is set: the address says no more than was asked for.
    assert link_of(app).items() <= _query(question).items()


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_the_links_of_questions_open_their_cards(page: Page) -> None:
    here = [question for question in CARDS.values() if destination(question)[0] is page]
    for part in {str(destination(question)[1].get(topic_key(page))) for question in here}:
        # In one link, for no two of them set the same control to different values.
        together = [one for one in here if str(destination(one)[1].get(topic_key(page))) == part]
        asked: dict[str, list[str]] = {}
        for question in together:
            settings = share.encode(destination(question)[1])
            assert all(asked.get(name, value) == value for name, value in settings.items())
            asked |= settings
        app = open_page(page, asked)
        assert notes(app) == ""
        places = set(_places(app._tree))
        for question in together:
            _shows(app, question)
            assert destination(question)[2] in places, question.key
            card = question.shown
            assert isinstance(card, Card)
            experiment = EXPERIMENTS[CLAIMS[card.key].experiment if card.key in CLAIMS else card.key]
            assert experiment.run(dict(card.settings)).sentence in words(app), question.key


# --- Where they are listed ---


def _listed(app: AppTest) -> list[str]:
    """The questions that the page shows with their answers, in its order."""
    return [key for key, question in QUESTIONS.items() if f"**{question.text}**  \n{question.answer}" in words(app)]


def _leads(app: AppTest, question: Question) -> None:
    """Asserts that the page has the link of ``question``, or, where that stays on the page, its button."""
    page, label = destination(question)[0], f"See it: {question.shows}"
    if page is REFERENCE and state(app, "link:page") == REFERENCE.path:
        assert label in [button.label for button in app.button]
        return
    (link,) = [link.proto for link in app.get("page_link") if link.proto.label == label]
    assert (link.page, parse_qs(link.query_string, keep_blank_values=True)) == (page.path, _query(question))


def test_the_reference_lists_every_question_in_its_group_with_its_link() -> None:
    app = open_page(REFERENCE, LISTED)
    for group in Group:
        clean(app.button_group(key=f"{REFERENCE.prefix}group").set_value(group).run())
        assert _listed(app) == [key for key, question in QUESTIONS.items() if question.group is group]
        for key in _listed(app):
            _leads(app, QUESTIONS[key])


def test_a_search_looks_through_all_groups() -> None:
    app = open_page(
        REFERENCE, {**LISTED, f"{REFERENCE.prefix}asked": "ravine descent", f"{REFERENCE.prefix}group": "Adam"}
    )
    assert notes(app) == ""
    assert _listed(app) == ["crawls", "nesterov_better", "turned"]
    assert any(caption.value == f"3 of {len(QUESTIONS)} questions, from all groups." for caption in app.caption)
    clean(app.text_input(key=f"{REFERENCE.prefix}asked").set_value("no such words").run())
    assert _listed(app) == []
    assert "no such words" in app.info[0].value


def test_a_question_about_the_page_itself_opens_its_card_there() -> None:
    question = QUESTIONS["zero_grad"]
    app = open_page(REFERENCE, {**LISTED, f"{REFERENCE.prefix}asked": "zero_grad"})
    (button,) = [button for button in app.button if button.label == f"See it: {question.shows}"]
    clean(button.click().run())
    _shows(app, question)
    assert link_of(app)["run_C107"] == ["true"]


def test_the_home_page_asks_a_few_and_leads_to_all() -> None:
    app = open_page(navigation.HOME)
    first = [question for question in QUESTIONS.values() if question.first]
    for question in first:
        assert f"**{question.text}**" in words(app)
        _leads(app, question)
    (link,) = [link.proto for link in app.get("page_link") if link.proto.query_string == "rtopic=questions"]
    assert link.page == REFERENCE.path
    assert str(len(QUESTIONS)) in link.label
