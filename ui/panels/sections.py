"""Sections of a page that has many: words and a small picture each, and a fold that computes only while it is open.

A page calls ``contents`` once and then ``section_panel`` for each of its sections, in order. In a link, a section is
open if ``claims.section_key(page, section.key)`` is true, and its experiment runs if ``run_`` with its key is.
"""

from collections.abc import Callable, Sequence

import streamlit as st

from core.lessons.sections import Section
from ui.controls import fold, switch
from ui.kit import share
from ui.kit.elements import formula_line, preview_picture, prose
from ui.navigation import Page
from ui.panels import claims


def contents(sections: Sequence[Section]) -> None:
    """The titles of ``sections`` in a line, each of which leads to its section."""
    prose(" · ".join(f"[{section.title}](#{section.key})" for section in sections))


@st.fragment
def section_panel(section: Section, page: Page, more: Callable[[], None] | None = None) -> None:
    """``section`` on ``page``: its picture, heading, words and formula, and a fold with its experiments and claims.

    ``more`` draws what else the open fold begins with. A fragment: opening one section leaves the others alone.
    """
    words, drawing = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with words:
        st.header(section.title, anchor=section.key)
        prose(section.introduction)
        if section.formula:
            formula_line(section.formula)
    with drawing:
        preview_picture(section.preview, f"{page.prefix}preview_{section.key}", section.alt)
    statements = claims.claims_about(page.path, section.key)
    counts = (("experiment", len(section.experiments)), ("statement", len(statements)))
    label = " and ".join(f"{count} {word}{'s' * (count != 1)}" for word, count in counts if count)

    def draw() -> None:
        if more is not None:
            more()
        for experiment in section.experiments:
            claims.experiment_card(experiment)
        if statements:
            prose("**What is said about it, checked**")
            claims.claim_cards(statements)
        if section.code and switch("The same in PyTorch", f"{page.prefix}code_{section.key}"):
            st.code(section.code, language="python")

    with share.part(section.key):
        fold(f"Look closer: {label}", claims.section_key(page, section.key), draw)
