"""The pages as cards on the home page: each with its promise and a small picture of runs."""

import streamlit as st

from core.lessons.cards import CARDS
from ui import navigation
from ui.stage import preview_picture

# Pixels of the narrowest card.
_NARROWEST = 250


def page_cards() -> None:
    """A card for each page, as many beside each other as there is room for; those in ``CARDS`` have a picture."""
    with st.grid(min_column_width=_NARROWEST):
        for page in navigation.ALL[1:]:
            with st.container(border=True, height="stretch", gap="xsmall"):
                navigation.link(page, f"**{page.title}**")
                if card := CARDS.get(page.path):
                    preview_picture(card.picture, f"card_{page.path}", card.alt)
                st.caption(page.promise)
