"""A figure that is drawn again in place while its data grow: Streamlit's own chart is made anew with each change."""

from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from core.figures.picture import CONFIG
from ui.stage.stage import plotly_chunk

_figure = st.components.v2.component(
    "gradient_descent_figure",
    js=Path(__file__).with_name("figure.js").read_text(),
    # Plotly puts its style sheet into the page, which does not reach into a shadow tree.
    isolate_styles=False,
)


def growing_figure(figure: go.Figure, key: str, height: int, alt: str) -> None:
    """``figure`` across its column, ``height`` pixels high; ``alt`` says in words what it shows."""
    data = {
        "figure": figure.to_json(),
        "config": dict(CONFIG),
        "plotly": plotly_chunk(),
        "alt": alt,
        "height": height,
    }
    _figure(data=data, key=key, height=height)
