"""A page that shows one of many sections at a time, and cards from which to choose another.

In a link, ``topic_key(page)`` says which section is shown; its experiments and claims are open if
``claims.section_key(page, section.key)`` is true, and an experiment runs if ``run_`` with its key is.
"""

from collections.abc import Callable, Sequence
from itertools import groupby

import streamlit as st

from core.figures import plot
from core.lessons.sections import Section
from ui import controls
from ui.kit import share
from ui.kit.elements import formula_line, look, picture, prose
from ui.navigation import Page
from ui.panels import claims
from ui.panels.claims import topic_key
from ui.panels.demos import demos_panel
from ui.stage import preview_picture

# Pixels of the picture of a section without a demonstration, and of the narrowest card.
_PICTURE, _NARROWEST = 400, 250


def chosen(label: str, sections: Sequence[Section], page: Page) -> Section:
    """The one of ``sections`` that ``page`` shows; each has a chip."""
    return controls.chip_control(
        label, {section.key: section for section in sections}, topic_key(page), lambda section: section.chip
    )


@st.fragment
@share.part("section")
def section_panel(section: Section, page: Page, more: Callable[[], None] | None = None) -> None:
    """``section`` on ``page``: its demonstrations or its picture, its words and formula, and what folds open.

    ``more`` is drawn in place of the picture of a section without demonstrations.
    """
    if section.demos:
        demos_panel(section.demos, page.prefix, page.path)
    elif more is not None:
        more()
    else:
        picture(plot(section.preview(), look()), f"{page.prefix}picture_{section.key}", _PICTURE, section.alt)
    st.header(section.title, anchor=section.key)
    prose(section.introduction)
    if section.formula:
        formula_line(section.formula)
    claims.about(page, section.key, "A closer look", experiments=section.experiments)
    if section.code:
        code = f"{page.prefix}code_{section.key}"
        controls.fold("The idea in PyTorch", code, lambda: st.code(section.code, language="python"))


def section_cards(sections: Sequence[Section], page: Page) -> None:
    """A card for each of ``sections``, group by group, whose title puts it into the stage."""
    for group, members in groupby(sections, lambda section: section.group):
        st.header(group, anchor=False)
        with st.grid(min_column_width=_NARROWEST):
            for section in members:
                with st.container(border=True, height="stretch", gap="xsmall"):
                    st.button(
                        f"**{section.title}**",
                        key=f"{page.prefix}show_{section.key}",
                        type="tertiary",
                        on_click=share.ask,
                        args=({topic_key(page): section.key}, topic_key(page)),
                    )
                    preview_picture(section.preview, f"{page.prefix}preview_{section.key}", section.alt)
