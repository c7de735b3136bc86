"""The ledger of statements on the Reference page: search, narrow, read one, and go to where it can be run."""

from dataclasses import asdict
from typing import Any

import pandas as pd
import streamlit as st

from core.claims import CLAIMS, Claim, Verdict, claim_rows, narrowed
from core.reference import MAX_SEARCH, as_csv, matching
from ui import navigation, share
from ui.claims import section_key, statement
from ui.controls import choice

_PREFIX = navigation.REFERENCE.prefix
_ANY = "any"
_COLUMNS: dict[str, Any] = {
    "key": st.column_config.TextColumn("No.", pinned=True),
    "said": st.column_config.TextColumn("What is said", width="large"),
    "verdict": "Verdict",
    "page": "Page",
    "experiment": st.column_config.TextColumn("Experiment", help="The experiment that shows it, if there is one."),
    "source": "Source",
}


def ledger_panel() -> None:
    """All statements as a table to search and narrow; the one chosen in it, with the way to its card."""
    rows = claim_rows()
    pages = {page.path: page for page in navigation.ALL if any(row.page == page.path for row in rows)}
    titles = {page.title: path for path, page in pages.items()}
    search, verdicts, places = st.columns([2, 1, 1], vertical_alignment="bottom")
    with search:
        text = st.text_input(
            "Search the statements",
            key=f"{_PREFIX}said",
            max_chars=MAX_SEARCH,
            placeholder="Words of a statement, its correction or its source",
            bind="query-params",
        )
    with verdicts:
        verdict = choice("Verdict", [_ANY, *map(str, Verdict)], _ANY, f"{_PREFIX}verdict")
    with places:
        title = choice("Page", [_ANY, *titles], _ANY, f"{_PREFIX}page")
    found = matching(narrowed(rows, verdict.replace(_ANY, ""), titles.get(title, "")), str(text))
    shown = f"{_PREFIX}claim"

    def take() -> None:
        chosen = st.session_state[f"{_PREFIX}ledger"]["selection"]["rows"]
        # A forged message may hold anything.
        if chosen and isinstance(chosen[0], int) and 0 <= chosen[0] < len(found):
            st.session_state[shown] = found[chosen[0]].key

    if found:
        frame = pd.DataFrame([asdict(row) for row in found])[[*_COLUMNS]]
        frame["page"] = [pages[path].title for path in frame["page"]]
        st.dataframe(
            frame,
            hide_index=True,
            key=f"{_PREFIX}ledger",
            on_select=take,
            selection_mode="single-row",
            column_config=_COLUMNS,
        )
        st.caption(f"{len(found)} of {len(rows)} statements. Choose a row to read what is correct.")
        st.download_button(
            "Statements as CSV",
            lambda: as_csv(found),
            "statements.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
            key=f"{_PREFIX}ledger_csv",
        )
    else:
        st.info(f"No statement fits. You searched for {share.quoted(str(text))}.", icon=":material/search_off:")
    _statement(CLAIMS[choice("Statement", sorted(CLAIMS), min(CLAIMS), shown)])


def _statement(claim: Claim) -> None:
    with st.container(border=True):
        statement(claim)
        page = navigation.of(claim.page)
        link = {section_key(page, claim.topic): "true"}
        if claim.experiment:
            link[f"run_{claim.key}"] = "true"
        does = "Run it" if claim.experiment else "Read it"
        st.page_link(page.file, label=f"{does} on **{page.title}**", icon=page.icon, query_params=link)
