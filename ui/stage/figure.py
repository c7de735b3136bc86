"""A figure that is drawn again in place while its data grow: Streamlit's own chart is made anew with each change."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from core.engine.findings import Plot
from core.figures import Look
from core.figures.picture import CONFIG
from core.figures.plot import PREVIEW_HEIGHT, preview
from ui.kit.elements import look
from ui.stage.stage import plotly_chunk

# Previews of all sections and all pages in both themes: they depend on nothing else that a visitor can set.
_PREVIEWS = 128
_figure = st.components.v2.component(
    "gradient_descent_figure",
    js=Path(__file__).with_name("figure.js").read_text(),
    # Plotly puts its style sheet into the page, which does not reach into a shadow tree.
    isolate_styles=False,
)


def growing_figure(figure: go.Figure, key: str, height: int, alt: str) -> None:
    """``figure`` across its column, ``height`` pixels high; ``alt`` says in words what it shows."""
    _draw(figure.to_json(), key, height, alt)


def preview_picture(make: Callable[[], Plot], key: str, alt: str) -> None:
    """What ``make`` computes, the same for everyone, as a small picture."""
    _draw(_preview(make, look()), key, PREVIEW_HEIGHT, alt)


@lru_cache(maxsize=_PREVIEWS)
def _preview(make: Callable[[], Plot], colors: Look) -> str:
    written: str = preview(make(), colors).to_json()
    return written


def _draw(written: str, key: str, height: int, alt: str) -> None:
    data = {
        "figure": written,
        "config": dict(CONFIG),
        "plotly": plotly_chunk(),
        "alt": alt,
        "height": height,
    }
    _figure(data=data, key=key, height=height)
