"""What a teacher's link shows of itself: its task, that it has locked something, and a page set for a projector."""

import streamlit as st

from ui.kit import share

# Times as large as on a screen that one sits at, and pixels of that.
ENLARGED, _TYPE = 1.6, 16


def greet() -> None:
    """The task of the open page's link and what it has locked; for a projector the style, and the way back."""
    now = st.session_state
    if now[share.PROJECTOR]:
        _project()
    task, fixed = " ".join(now[share.TASK].split()), bool(now[share.LOCK] or now[share.HIDE])
    if not task and not fixed:
        return
    with st.container(border=True, key="task", gap="xxsmall"):
        if task:
            st.markdown(f"**Task.** {share.verbatim(task)}")
        if fixed:
            st.caption(
                "Your lecturer fixed some settings of this link. That is a courtesy, not security: anyone can edit "
                "the address."
            )


def _project() -> None:
    """Nothing but the page itself, in large type; what stands at its head stands in the stage."""
    st.html(
        f"<style>@media screen {{ :root {{ font-size: {_TYPE * ENLARGED}px; }}"
        "section:has(.st-key-menu), body:has(.gd-stage) :is(.st-key-page_head, .st-key-task), header "
        "{ display: none !important; } }</style>"
    )
    st.button(
        "Leave the projector view (Esc)",
        key="unproject",
        icon=":material/cancel_presentation:",
        type="tertiary",
        on_click=share.ask,
        args=({share.PROJECTOR: False},),
    )
