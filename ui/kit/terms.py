"""The meaning of a term shown on the spot, wherever a text marks it."""

from pathlib import Path

import streamlit as st

_FOLDER = Path(__file__).parent
_tip = st.components.v2.component(
    "gradient_descent_terms",
    css=(_FOLDER / "terms.css").read_text(),
    js=(_FOLDER / "terms.js").read_text(),
    # The marks are in the texts of the page.
    isolate_styles=False,
)


def explained() -> None:
    """Has the page show the meaning of each mark while the mouse or the keyboard is on it; called once on a page."""
    _tip(key="terms", height=1)
