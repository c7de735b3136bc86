"""The panels of the Pitfalls page: symptoms to choose from, each of which shows its section with its experiment."""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.lessons.symptoms import SYMPTOMS, Symptom
from ui.controls import choice, fold
from ui.kit import share
from ui.kit.elements import table
from ui.navigation import PITFALLS
from ui.panels.claims import claims_about, section_key, topic_key

_PREFIX = PITFALLS.prefix
_SYMPTOM = f"{_PREFIX}symptom"
_NONE = "Nothing chosen yet"
# Pixels: four columns of text fill the page, and the longest text fits its row.
_TEXT_WIDTH, _ROW_HEIGHT, _TABLE_HEIGHT = 186, 132, 560
_COLUMNS: dict[str, Any] = {
    "symptom": st.column_config.TextColumn("Symptom", width=_TEXT_WIDTH),
    "cause": st.column_config.TextColumn("Cause", width=_TEXT_WIDTH),
    "test": st.column_config.TextColumn("Test", width=_TEXT_WIDTH),
    "fix": st.column_config.TextColumn("Fix", width=_TEXT_WIDTH),
}


def symptoms_panel(advice: DeltaGenerator) -> None:
    """What is seen, chosen from a list or a table: its section opens on the experiment, and its cause is in ``advice``.

    With a test for the cause, and what helps.
    """
    seen: dict[str, Symptom | None] = {_NONE: None, **{symptom.symptom: symptom for symptom in SYMPTOMS.values()}}
    chosen = choice("Symptom", seen, _SYMPTOM, on_change=lambda: _open(seen.get(st.session_state[_SYMPTOM])))
    if chosen is not None:
        with advice.container(border=True):
            st.markdown(f"*“{chosen.symptom}”*")
            cause, test, fix = st.columns(3)
            cause.markdown(f"**Cause.** {chosen.cause}")
            test.markdown(f"**Test.** {chosen.test}")
            fix.markdown(f"**Fix.** {chosen.fix}")
    fold(f"All {len(SYMPTOMS)} symptoms with cause, test and fix", f"{_PREFIX}symptoms", _table)


def _open(symptom: Symptom | None) -> None:
    """Shows the section about ``symptom``, with its experiment on."""
    if symptom is not None:
        shown: dict[str, share.Setting] = {topic_key(PITFALLS): symptom.section}
        opened = {section_key(PITFALLS, symptom.section): True, f"run_{card(symptom)}": True}
        share.ask(shown | opened, topic_key(PITFALLS))


def card(symptom: Symptom) -> str:
    """The key of the card that runs the experiment of ``symptom``: the first claim's in its section, or its own."""
    about = claims_about(PITFALLS.path, symptom.section)
    return next((claim.key for claim in about if claim.experiment == symptom.experiment), symptom.experiment)


def _table() -> None:
    def take(symptom: Symptom) -> None:
        st.session_state[_SYMPTOM] = symptom.symptom
        _open(symptom)

    rows = list(SYMPTOMS.values())
    table(rows, _COLUMNS, f"{_PREFIX}table", take, row_height=_ROW_HEIGHT, height=_TABLE_HEIGHT)
    st.caption("Choose a row to see its section and run its experiment.")
