"""All settings of a page in one file, and back."""

import json

import streamlit as st

from ui.kit import codec, share
from ui.kit.basics import refuse
from ui.kit.elements import prose
from ui.kit.limits import MAX_PASTE
from ui.navigation import Page


def laboratory_panel(page: Page) -> None:
    """A file of all settings of ``page`` to keep, and a box for one that was kept."""
    prose(
        "The link in the address holds everything on this page: formulas and rules of your own, what you pinned and "
        "where you forked a run. A file holds the same, however long it is."
    )
    read = share.later()
    st.download_button(
        "Keep this laboratory as a file",
        lambda: codec.written(page.path, read()),
        f"{page.path}.json",
        "application/json",
        key=f"{page.prefix}keep",
        on_click="ignore",
        icon=":material/download:",
    )
    key = f"{page.prefix}laboratory"

    def take() -> None:
        text = str(st.session_state.get(key, ""))
        try:
            share.follow(codec.opened(text, page.path))
        except ValueError:
            st.session_state[f"{key}_refused"] = text
        else:
            st.session_state.pop(f"{key}_refused", None)

    st.text_area(
        "Open a laboratory again",
        key=key,
        height=100,
        max_chars=MAX_PASTE,
        placeholder=json.dumps({"format": "gradient descent laboratory", "…": "…"}, ensure_ascii=False),
        help="Paste the contents of a file that was kept here. What it does not speak of goes to its default.",
    )
    st.button("Open it", key=f"{key}_button", on_click=take)
    if (refused := st.session_state.get(f"{key}_refused")) is not None:
        try:
            codec.opened(refused, page.path)
        except ValueError as error:
            refuse("This laboratory cannot be opened.", error)
