"""The panels of the For teachers page: lessons made of links, exercises with their answers, handouts to print."""

from functools import lru_cache, partial

import plotly.graph_objects as go
import streamlit as st

from core.figures import LIGHT
from core.figures.plot import plot
from core.formula.words import counted
from core.lessons.cards import CARDS
from core.lessons.classroom import HANDOUTS, LESSONS, Handout, Lesson, Stop
from core.lessons.predictions import PREDICTIONS
from ui import navigation
from ui.controls import fold, one_of, scenario_state
from ui.kit import share
from ui.kit.codec import Link
from ui.kit.elements import formula_line, picture, prose
from ui.kit.places import address, qr_code
from ui.navigation import FOR_TEACHERS
from ui.panels.classroom import link_panel

_PREFIX = FOR_TEACHERS.prefix
_SHEET = f"{_PREFIX}handout"
# Pixels: a handout on the screen is as wide as a sheet of paper is, within its margins, at 96 to an inch; its picture,
# its code, and the room for an answer by hand.
_PAPER, _PICTURE, _CODE, _ANSWER = 700, 230, 120, 44


def stop_link(stop: Stop) -> Link:
    """The link that ``stop`` opens, of its page."""
    page = navigation.of(stop.page)
    settings: dict[str, share.Setting] = {
        **(scenario_state(stop.scenario, page.prefix) if stop.scenario is not None else {}),
        **stop.fields,
        **share.fields(stop.task, stop.locked, stop.hidden),
    }
    return share.encode(settings)


def lessons_panel() -> None:
    """All lessons, folded; each is drawn while it is open."""
    for lesson in LESSONS:
        label = f"**{lesson.title}** · {counted(lesson.minutes, 'minute')} · {lesson.whom}"
        fold(label, f"{_PREFIX}{lesson.key}", partial(_lesson, lesson))


def _lesson(lesson: Lesson) -> None:
    prose(f"**Aim.** {lesson.aim}  \n**Against the belief:** “{lesson.misconception}”")
    for number, stop in enumerate(lesson.stops, start=1):
        page = navigation.of(stop.page)
        with st.container(border=True, gap="xsmall"):
            prose(f"**{number}.** {stop.does} *({counted(stop.minutes, 'minute')})*")
            if stop.task:
                st.caption(f"Task: {stop.task}")
            with st.container(horizontal=True):
                st.page_link(page.file, label="Open for the class", icon=page.icon, query_params=stop_link(stop))
                st.page_link(
                    page.file,
                    label="On a projector",
                    icon=":material/present_to_all:",
                    query_params={**stop_link(stop), share.PROJECTOR: ["true"]},
                )
                with st.popover("Link and QR code", icon=":material/qr_code_2:"):
                    link_panel(address(page.path, share.here(), stop_link(stop)))
    st.markdown("**Exercises**")
    for exercise in lesson.exercises:
        prose(exercise.question)
        with st.expander("Answer", type="compact"):
            prose(exercise.answer())


def handout_control() -> Handout | None:
    """The handout that is to be printed, if one is chosen: then the page shows nothing else."""
    pages = {handout.page: handout for handout in HANDOUTS}
    share.setting(_SHEET, "", one_of(pages), f"it is {' or '.join(pages)}")
    return pages.get(str(st.session_state[_SHEET]))


def handouts_panel() -> None:
    """A way to the handout of each page of the course."""
    with st.container(horizontal=True):
        for handout in HANDOUTS:
            page = navigation.of(handout.page)
            st.button(
                page.title,
                key=f"{_PREFIX}print_{handout.page}",
                icon=page.icon,
                on_click=share.ask,
                args=({_SHEET: handout.page},),
            )


def handout_panel(handout: Handout) -> None:
    """A sheet to print, in black on white in any theme: picture, formula, three questions and the way to the page."""
    page = navigation.of(handout.page)
    st.html(
        f"<style>.st-key-{_SHEET} {{ background: #fff; max-width: {_PAPER}px; padding: 0.5rem 1.5rem; }}"
        f".st-key-{_SHEET}, .st-key-{_SHEET} * {{ color: #14171f !important; }}"
        "@page { size: A4; margin: 1cm; }"
        f"@media print {{ .st-key-page_head, .st-key-{_SHEET}_bar, header {{ display: none !important; }}"
        f".st-key-{_SHEET} {{ max-width: none; padding: 0; break-inside: avoid; }} }}</style>"
    )
    with st.container(key=f"{_SHEET}_bar"):
        prose("Print this page with your browser (Ctrl or ⌘ + P). It fits on one sheet of A4.")
        st.button("Back to all lessons", icon=":material/arrow_back:", on_click=share.ask, args=({_SHEET: ""},))
    link = address(page.path, share.here(), {})
    with st.container(key=_SHEET, gap="xsmall"):
        words, code = st.columns([4, 1], vertical_alignment="center")
        with words:
            st.caption(navigation.PRODUCT)
            st.markdown(f"## {page.heading or page.title}")
            st.markdown("Name: " + "\\_" * 36)
        code.image(qr_code(link), width=_CODE, alt=f"QR code of the page {page.title}")
        card = CARDS[handout.page]
        picture(_figure(handout.page), f"{_SHEET}_picture", _PICTURE, card.alt)
        st.caption(card.alt + ".")
        formula_line(handout.formula)
        st.markdown("**Each of these is often said. What is wrong with it? Then try it on the page.**")
        for number, key in enumerate(handout.predictions, start=1):
            st.markdown(f"{number}. “{PREDICTIONS[key].belief}”")
            st.space(_ANSWER)
        st.caption(f"To try it: {share.verbatim(link)}")


@lru_cache(maxsize=len(HANDOUTS))
def _figure(page: str) -> go.Figure:
    return plot(CARDS[page].picture(), LIGHT)
