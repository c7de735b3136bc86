"""Buttons that take back what was last changed on a page, and make it again."""

import streamlit as st

from ui.kit import share


def undo_row(prefix: str) -> None:
    """Two buttons for the last changes of the settings of the open page; ``prefix`` begins their keys."""
    undoable, redoable = share.offer()
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            "Undo",
            key=f"{prefix}undo",
            icon=":material/undo:",
            help="Takes the last change of the settings back.",
            disabled=not undoable,
            on_click=share.take_back,
        )
        st.button(
            "Redo",
            key=f"{prefix}redo",
            icon=":material/redo:",
            help="Makes the change again that was taken back.",
            disabled=not redoable,
            on_click=share.make_again,
        )
