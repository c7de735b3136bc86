"""The pages as cards on the home page: each with its promise and a small picture of runs."""

from functools import lru_cache

import plotly.graph_objects as go
import streamlit as st

from core.figures import Look
from core.figures.plot import PREVIEW_HEIGHT, preview
from core.lessons.cards import CARDS
from ui import navigation
from ui.kit.elements import look, picture

# Pixels of the narrowest card.
_NARROWEST = 250


def page_cards() -> None:
    """A card for each page, as many beside each other as there is room for; those in ``CARDS`` have a picture."""
    with st.grid(min_column_width=_NARROWEST):
        for page in navigation.ALL[1:]:
            with st.container(border=True, height="stretch", gap="xsmall"):
                navigation.link(page, f"**{page.title}**")
                if card := CARDS.get(page.path):
                    picture(_drawn(page.path, look()), f"card_{page.path}", PREVIEW_HEIGHT, card.alt)
                st.caption(page.promise)


@lru_cache(maxsize=2 * len(CARDS))
def _drawn(path: str, colors: Look) -> go.Figure:
    return preview(CARDS[path].picture(), colors)
