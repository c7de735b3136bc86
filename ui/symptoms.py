"""Symptoms on the Pitfalls page: chosen by what is seen, told with cause, test and fix, and led to their experiment."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd
import streamlit as st

from core.lessons.pitfalls import SECTIONS
from core.lessons.sections import Section
from core.lessons.symptoms import SYMPTOMS, Symptom
from ui import share
from ui.claims import claims_about, section_key
from ui.controls import choice
from ui.navigation import PITFALLS

_SYMPTOM = f"{PITFALLS.prefix}symptom"
_NONE = "Nothing chosen yet"
# Pixels: four columns of text fill the page, and the longest text fits its row.
_TEXT_WIDTH, _ROW_HEIGHT, _TABLE_HEIGHT = 172, 132, 560
_COLUMNS: dict[str, Any] = {
    "symptom": st.column_config.TextColumn("Symptom", width=_TEXT_WIDTH),
    "cause": st.column_config.TextColumn("Cause", width=_TEXT_WIDTH),
    "test": st.column_config.TextColumn("Test", width=_TEXT_WIDTH),
    "fix": st.column_config.TextColumn("Fix", width=_TEXT_WIDTH),
    "experiment": st.column_config.TextColumn("Run", width=60),
}


def symptoms_panel() -> None:
    """What is seen, chosen from a list or a table: its cause, a test and a fix; its section opens on the experiment.

    Draw it before the sections, which take from it whether they are open.
    """
    told = {symptom.symptom: symptom for symptom in SYMPTOMS.values()}
    if _SYMPTOM not in st.session_state and share.asked(_SYMPTOM):
        _open(told.get(share.asked(_SYMPTOM)[-1]))
    chosen = told.get(
        choice("What do you see?", [_NONE, *told], _NONE, _SYMPTOM, lambda: _open(told.get(st.session_state[_SYMPTOM])))
    )
    if chosen is not None:
        _symptom(chosen)
    _table(list(told.values()))


def _open(symptom: Symptom | None) -> None:
    """Opens the section about ``symptom`` on this page, with its experiment on."""
    section = _section(symptom) if symptom is not None else None
    if symptom is not None and section is not None:
        st.session_state.update({section_key(PITFALLS, section.key): True, f"run_{card(symptom)}": True})


def card(symptom: Symptom) -> str:
    """The key of the card that runs the experiment of ``symptom``: the first claim's in its section, or its own."""
    about = claims_about(PITFALLS.path, symptom.section)
    return next((claim.key for claim in about if claim.experiment == symptom.experiment), symptom.experiment)


def _section(symptom: Symptom) -> Section | None:
    return next((section for section in SECTIONS if section.key == symptom.section), None)


def _symptom(symptom: Symptom) -> None:
    with st.container(border=True):
        cause, test, fix = st.columns(3)
        cause.markdown(f"**Cause.** {symptom.cause}")
        test.markdown(f"**Test.** {symptom.test}")
        fix.markdown(f"**Fix.** {symptom.fix}")
        section = _section(symptom)
        if section is not None:
            st.markdown(
                f"Opened below: [{section.title}](#{section.key}), with its experiment {symptom.experiment} on."
            )


def _table(symptoms: Sequence[Symptom]) -> None:
    """All symptoms; choosing a row is choosing the symptom."""
    key = f"{PITFALLS.prefix}table"

    def take() -> None:
        row = believed_row(st.session_state[key], len(symptoms))
        if row is not None:
            st.session_state[_SYMPTOM] = symptoms[row].symptom
            _open(symptoms[row])

    fold = st.expander(
        f"All {len(symptoms)} symptoms with cause, test and fix",
        key=f"{PITFALLS.prefix}symptoms",
        on_change="rerun",
        bind="query-params",
    )
    if fold.open:
        with fold:
            frame = pd.DataFrame([asdict(symptom) for symptom in symptoms])[[*_COLUMNS]]
            st.dataframe(
                frame,
                hide_index=True,
                key=key,
                on_select=take,
                selection_mode="single-row",
                column_config=_COLUMNS,
                row_height=_ROW_HEIGHT,
                height=_TABLE_HEIGHT,
            )
            st.caption("Choose a row to open its section and run its experiment.")


def believed_row(raw: Any, count: int) -> int | None:
    """The row that a table of ``count`` rows says was chosen; ``None`` for anything else.

    ``raw`` comes from a browser and may hold anything.
    """
    try:
        row = raw["selection"]["rows"][0]
    except (KeyError, IndexError, TypeError):
        return None
    return row if isinstance(row, int) and not isinstance(row, bool) and 0 <= row < count else None
