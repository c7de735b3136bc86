"""A figure as one HTML file that opens without a network."""

from html import escape
from types import MappingProxyType
from typing import Any

import plotly.graph_objects as go
import plotly.io

from core.figures.look import DARK, LIGHT

# The same tools as on the pages. Plotly's own "share" would upload the figure to another machine.
CONFIG = MappingProxyType(
    {
        "displaylogo": False,
        "showSendToCloud": False,
        "scrollZoom": False,
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "toggleSpikelines"],
        "responsive": True,
        "toImageButtonOptions": {"format": "png", "scale": 2},
    }
)
# Whatever plotly.js would like to load, the browser refuses. It compiles code of its own for surfaces.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; worker-src blob:"
)


def figure_html(figure: go.Figure, title: str) -> str:
    """``figure`` under ``title`` as a page with plotly.js inside; it asks no other machine for anything."""
    look = next((look for look in (LIGHT, DARK) if figure.layout.font.color == look.text), LIGHT)
    drawn: Any = plotly.io.to_html(
        figure, config=dict(CONFIG), include_plotlyjs=True, full_html=False, default_height="90vh", div_id="figure"
    )
    style = f"margin: 0; background: {look.background}; color: {look.text}; font-family: sans-serif"
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            f"<title>{escape(title)}</title>",
            "</head>",
            f'<body style="{style}">',
            f'<h1 style="font-size: 1.1rem; font-weight: normal; margin: 0.8rem 1rem 0">{escape(title)}</h1>',
            drawn,
            "</body>",
            "</html>",
            "",
        ]
    )
