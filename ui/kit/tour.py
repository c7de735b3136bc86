"""The tour on the page of one of its stops: what the idea is, what to try and to notice, and the way on."""

from typing import Literal

import streamlit as st

from core.formula.words import listed
from core.lessons.tour import STOPS, numbers
from ui.kit import share
from ui.kit.basics import one_of

_KEY = "tour"


def stop_here() -> int:
    """The number of the stop at which the link of the open page is; 0 where the tour is not taken."""
    if share.arriving():
        # From the menu a page comes as it was left, whichever stop was last gone to.
        st.session_state.pop(_KEY, None)
    here = numbers(share.here())
    stops = f"the tour stops here at {listed(list(here))}" if here else "the tour does not stop here"
    share.setting(_KEY, "", one_of(here), stops)
    return int(st.session_state[_KEY] or 0)


def bar(number: int, title: str) -> None:
    """The head of a page called ``title`` at the stop ``number``."""
    stop = STOPS[number - 1]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(title, anchor=False, width="content")
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
            st.caption(f"Stop {number} of {len(STOPS)}", width="content")
            if number > 1:
                _door("Back", number - 1, "secondary")
            if number < len(STOPS):
                _door("Next", number + 1, "primary")
            elif st.button("Finish", type="primary"):
                st.switch_page("app.py")
            st.button("Leave", type="tertiary", on_click=share.ask, args=({_KEY: ""},), help="Stay here without it.")
    with st.container(border=True, key=_KEY):
        texts = (f"**{stop.title}.** {stop.idea}", f"**Try.** {stop.attempt}", f"**Notice.** {stop.notice}")
        for column, text in zip(st.columns(3), texts, strict=True):
            column.markdown(f":small[{text}]")


def go(number: int) -> None:
    """Opens the page of the stop ``number`` as the tour has it."""
    stop = STOPS[number - 1]
    link = share.encode({**stop.settings, _KEY: str(number)})
    # A page is not gone to from itself.
    if stop.path == share.here():
        share.follow(link)
        st.rerun()
    st.switch_page(f"pages/{stop.path}.py", query_params=link)


def _door(label: str, number: int, kind: Literal["primary", "secondary"]) -> None:
    # The press of one door is not one of the next that stands in its place.
    if st.button(label, type=kind, key=f"tour_{number}", help=STOPS[number - 1].title):
        go(number)
