"""Questions as people ask them, drawn: each with its answer and the way to what this guide shows of it."""

from collections.abc import Iterable

import streamlit as st

from core.catalogue.racers import RACERS, own_racer
from core.evidence.claims import CLAIMS
from core.evidence.experiments import EXPERIMENTS
from core.lessons.asked import QUESTIONS, Card, Question, Race
from ui import controls, navigation
from ui.kit.elements import prose
from ui.kit.share import Setting
from ui.navigation import Page
from ui.panels.claims import card_key, card_settings, section_key, topic_key


def destination(question: Question) -> tuple[Page, dict[str, Setting], str]:
    """Where ``question`` is shown: the page, what its controls are set to, and the element to go to, "" for the top."""
    shown = question.shown
    return _race(shown) if isinstance(shown, Race) else _card(shown)


def _race(race: Race) -> tuple[Page, dict[str, Setting], str]:
    first = next(iter(race.runs.values()))
    page = navigation.FOUNDATIONS if len(first.start) == 1 else navigation.OPTIMIZERS
    racers = [RACERS[key] if key in RACERS else own_racer(key) for key in race.runs]
    state = controls.race_state(racers, list(race.runs.values()), page.prefix)
    return page, state | ({f"{page.prefix}curve": race.curve} if race.curve else {}), ""


def _card(card: Card) -> tuple[Page, dict[str, Setting], str]:
    claim = CLAIMS.get(card.key)
    experiment = EXPERIMENTS[claim.experiment if claim else card.key]
    hypers = {hyper.name: hyper for hyper in experiment.settings}
    state = {f"{card.key}_{name}": controls.hyper_state(hypers[name], value) for name, value in card.settings.items()}
    if claim:
        return navigation.of(claim.page), card_settings(claim) | state, card_key(claim)
    page = navigation.of(card.page)
    opened: dict[str, Setting] = {section_key(page, card.section): True} if card.section else {}
    if part := page.part_of(card.section):
        opened[topic_key(page)] = part
    return page, {**opened, f"run_{card.key}": True, **state}, f"experiment_{card.key}"


def answers(questions: Iterable[Question]) -> None:
    """``questions`` one below the other, each with its answer."""
    for question in questions:
        with st.container(gap="xsmall"):
            prose(f"**{question.text}**  \n{question.answer}")
            _link(question)


def first_questions() -> None:
    """A few of all questions with what shows their answers, and the way to the others."""
    for question in (question for question in QUESTIONS.values() if question.first):
        asked, where = st.columns([4, 3], vertical_alignment="center")
        asked.markdown(f"**{question.text}**")
        with where:
            _link(question)
    navigation.link(
        navigation.REFERENCE,
        f"All {len(QUESTIONS)} questions and their answers",
        {topic_key(navigation.REFERENCE): "questions"},
    )


def _link(question: Question) -> None:
    page, settings, at = destination(question)
    navigation.link(page, f"See it: {question.shows}", settings, at)
