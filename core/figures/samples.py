"""What networks are trained on, and what they make of it: dots in the colours of their classes, images, lines."""

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.figures.look import BASINS, SMALL_SIZE, Array, Look, axis, compact, layout, note, readable

Numbers = npt.NDArray[Any]

# Tints of regions, and the shapes of dots, by the class: told apart with every kind of sight.
_TINTS = (BASINS[0], BASINS[1], BASINS[4], BASINS[3], BASINS[2], BASINS[5], *BASINS[6:])
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star", "hexagon")
# Contrast of a dot to the page.
_CONTRAST = 3.0
# Room around the samples, as a share of their range.
_ROOM = 0.12
# Images in a row.
_ACROSS = 10


def class_color(index: int, look: Look) -> str:
    """The colour of the dots of a class."""
    return readable(_TINTS[index % len(_TINTS)], look.background, _CONTRAST)


def around(values: Array) -> tuple[float, float]:
    """The range of ``values`` with some room around it."""
    low, high = float(values.min()), float(values.max())
    room = _ROOM * (high - low) or 0.5
    return low - room, high + room


def plane_figure(
    points: Array,
    classes: Numbers,
    held: Numbers,
    names: Sequence[str],
    titles: tuple[str, str],
    look: Look,
    regions: "Regions | None" = None,
    title: str = "",
    color: str = "",
) -> go.Figure:
    """Samples in the plane, ``points`` of shape ``(n, 2)``, each in the colour of its class; ``held`` are hollow.

    Behind them are ``regions``, what a network says everywhere, under its ``title`` in its ``color``.
    """
    across, up = (
        (regions.x[0], regions.x[-1]) if regions is not None else around(points[:, 0]),
        (regions.y[0], regions.y[-1]) if regions is not None else around(points[:, 1]),
    )
    data = [] if regions is None else _regions(regions, len(names), look, color)
    for index, name in enumerate(names):
        for out in (False, True):
            chosen = (classes == index) & (held == out)
            if chosen.any():
                data.append(_dots(points[chosen], index, name, out, look))
    return go.Figure(
        {
            "data": data,
            "layout": layout(
                look,
                f"{across} {up} {title}",
                xaxis=axis(look, titles[0], across, showgrid=False),
                yaxis=axis(look, titles[1], up, showgrid=False),
                margin={"l": 50, "r": 12, "t": 34, "b": 44},
                showlegend=regions is None,
                annotations=[_heading(title, color, look)] if title else [],
            ),
        }
    )


class Regions:
    """What a network says on a grid: ``winner`` and ``share`` of shape ``(len(y), len(x))``.

    ``winner`` is the class it holds to be likeliest, and ``share`` the probability it gives to that.
    """

    def __init__(self, x: Array, y: Array, winner: Numbers, share: Array) -> None:
        self.x, self.y, self.winner, self.share = x, y, winner, share


def _regions(regions: Regions, count: int, look: Look, color: str) -> list[dict[str, Any]]:
    """A tint for each class, the stronger the surer, and the lines between them."""
    data: list[dict[str, Any]] = []
    for index in range(count):
        sure = np.where(regions.winner == index, regions.share, np.nan)
        tint = _TINTS[index % len(_TINTS)]
        data.append(
            {
                "type": "heatmap",
                "x": compact(regions.x),
                "y": compact(regions.y),
                "z": compact(sure),
                "zmin": 1 / max(count, 2),
                "zmax": 1.0,
                "colorscale": [[0, _faded(tint, 0.1)], [1, _faded(tint, 0.6)]],
                "showscale": False,
                "hoverinfo": "skip",
            }
        )
        if count > 2 or index == 1:
            data.append(
                {
                    "type": "contour",
                    "x": compact(regions.x),
                    "y": compact(regions.y),
                    "z": (regions.winner == index).astype(np.float32),
                    "contours": {"start": 0.5, "end": 0.5, "size": 1, "coloring": "none"},
                    "line": {"color": color or look.text, "width": 2, "smoothing": 1.3},
                    "showscale": False,
                    "hoverinfo": "skip",
                }
            )
    return data


def _faded(color: str, share: float) -> str:
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def _dots(points: Array, index: int, name: str, out: bool, look: Look) -> dict[str, Any]:
    color = class_color(index, look)
    symbol = _SYMBOLS[index % len(_SYMBOLS)]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"{name}, validation" if out else name,
        "x": compact(points[:, 0]),
        "y": compact(points[:, 1]),
        "marker": {
            "symbol": f"{symbol}-open" if out else symbol,
            "color": color,
            "size": 6,
            "line": {"width": 1.4, "color": color} if out else {"width": 0.6, "color": look.background},
        },
        "hovertemplate": f"{name}<br>(%{{x:.3~g}}, %{{y:.3~g}})<extra></extra>",
    }


def fit_figure(
    x: Array,
    y: Array,
    held: Numbers,
    lines: Sequence[tuple[str, str, str, Array, Array]],
    titles: tuple[str, str],
    look: Look,
) -> go.Figure:
    """Samples of one input with the ``lines`` (name, colour, dash, x, y) that networks draw through them."""
    across, up = around(x), around(y)
    data: list[dict[str, Any]] = []
    for out in (False, True):
        chosen = held == out
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": "validation" if out else "training",
                "x": compact(x[chosen]),
                "y": compact(y[chosen]),
                "marker": {
                    "symbol": "circle-open" if out else "circle",
                    "size": 6,
                    "color": look.quiet,
                    "line": {"width": 1.2, "color": look.quiet} if out else {"width": 0},
                },
                "hoverinfo": "skip",
            }
        )
    for name, color, dash, left, right in lines:
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": compact(left),
                "y": compact(right),
                "line": {"color": color, "width": 2.5, "dash": dash},
                "hovertemplate": f"{name}<extra></extra>",
            }
        )
    return go.Figure(
        {
            "data": data,
            "layout": layout(
                look,
                f"{across} {up}",
                xaxis=axis(look, titles[0], across, showgrid=False),
                yaxis=axis(look, titles[1], up),
                margin={"l": 58, "r": 12, "t": 34, "b": 44},
                showlegend=True,
            ),
        }
    )


def images_figure(
    images: Array, captions: Sequence[str], look: Look, title: str = "", color: str = "", across: int = _ACROSS
) -> go.Figure:
    """Grey ``images`` of shape ``(n, height, width)``, from 0 to 1, row by row, each above its caption."""
    count, height, width = images.shape
    # A line of pixels between two images, and room for a caption.
    tall, wide = height + 4, width + 1
    rows = max(1, ceil(count / across))
    sheet = np.full((rows * tall, across * wide), np.nan)
    notes = [_heading(title, color, look)] if title else []
    for place in range(count):
        row, column = divmod(place, across)
        top, left = row * tall, column * wide
        sheet[top : top + height, left : left + width] = images[place]
        notes.append(
            note(captions[place], left + (width - 1) / 2, top + height + 1.2, look.text, yanchor="middle")
            | {"font": {"size": SMALL_SIZE, "color": look.text}}
        )
    dark = look.name == "dark"
    return go.Figure(
        {
            "data": [
                {
                    "type": "heatmap",
                    "z": compact(sheet),
                    "zmin": 0,
                    "zmax": 1,
                    "colorscale": [[0, look.grid], [1, look.text]] if dark else [[0, look.grid], [1, look.text]],
                    "showscale": False,
                    "hoverinfo": "skip",
                }
            ],
            "layout": layout(
                look,
                f"images {rows}",
                xaxis={"visible": False, "range": [-1, across * wide - 0.5], "constrain": "domain"},
                yaxis={"visible": False, "range": [rows * tall - 0.5, -1], "scaleanchor": "x", "constrain": "domain"},
                margin={"l": 4, "r": 4, "t": 34 if title else 8, "b": 4},
                annotations=notes,
                dragmode=False,
            ),
        }
    )


def _heading(title: str, color: str, look: Look) -> dict[str, Any]:
    at = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
    return note(title, 0, 1.01, readable(color or look.text, look.background, 4.5), weight=600, **at)
