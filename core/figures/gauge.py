"""A gauge of the learning rate: where it stands between nothing and the limit, with the regimes on the way."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import plotly.graph_objects as go

from core.figures.look import SMALL_SIZE, Look, axis, layout, number
from core.optimizers.declaration import GOLD, RED, TEAL
from core.theory import Band, Regime

HEIGHT = 128
# Shares of the limit shown; a rate beyond stands at the end, as an arrow.
_END = 1.5
_OPACITY = 0.28
# What each regime is called, and its colour; the cycle is the line between two of them.
_NAMES: Mapping[Regime, tuple[str, str]] = MappingProxyType(
    {
        Regime.MONOTONE: ("from one side", TEAL),
        Regime.OSCILLATING: ("from side to side", GOLD),
        Regime.DIVERGING: ("moves away", RED),
    }
)


def rate_gauge(bands: tuple[Band, ...], lr: float, best: float, look: Look) -> go.Figure:
    """A bar over the learning rates up to one and a half times the limit, with a mark at ``lr`` and at ``best``.

    ``bands`` are the regimes in ascending order, as ``core.theory.bands`` gives them.
    """
    limit = bands[-1].low
    end = _END * limit
    shown = min(lr, end)
    shapes, notes = [], []
    for band in bands:
        if band.regime in _NAMES:
            name, color = _NAMES[band.regime]
            high = min(band.high, end)
            shapes.append(_block(band.low, high, color))
            notes.append(_note((band.low + high) / 2, 0.5, name, look.text))
    shapes.append(_stroke(limit, look.text, "solid"))
    shapes.append(_stroke(best, look.text, "dot"))
    notes.append({**_note(limit, 1.0, f"limit {number(limit)}", look.text), "xanchor": "left", "yanchor": "bottom"})
    notes.append({**_note(best, 1.0, f"best {number(best)}", look.text), "xanchor": "right", "yanchor": "bottom"})
    told = f"you: {number(lr)}, {100 * lr / limit:.4g} % of the limit"
    side = "left" if shown < 0.4 * end else "right"
    shift = 12 if side == "left" else -12
    notes.append({**_note(shown, -0.42, f"<b>{told}</b>", look.text), "xanchor": side, "xshift": shift})
    return go.Figure(
        {
            "data": [
                {
                    "type": "scatter",
                    "mode": "markers",
                    "x": [shown],
                    "y": [-0.42],
                    "cliponaxis": False,
                    "marker": {
                        "symbol": "triangle-right" if lr > end else "triangle-up",
                        "size": 15,
                        "color": look.text,
                        "line": {"color": look.background, "width": 1},
                    },
                    "hovertemplate": f"{told}<extra></extra>",
                }
            ],
            "layout": layout(
                look,
                f"gauge {limit}",
                height=HEIGHT,
                margin={"l": 14, "r": 14, "t": 22, "b": 40},
                shapes=shapes,
                annotations=notes,
                xaxis=axis(look, "learning rate α", (0.0, end), showgrid=False, fixedrange=True),
                yaxis={"visible": False, "range": [-0.8, 1.0], "fixedrange": True},
            ),
        }
    )


def _block(low: float, high: float, color: str) -> dict[str, Any]:
    return {
        "type": "rect",
        "x0": low,
        "x1": high,
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "fillcolor": color,
        "opacity": _OPACITY,
        "line": {"width": 0},
    }


def _stroke(x: float, color: str, dash: str) -> dict[str, Any]:
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": {"color": color, "width": 2, "dash": dash}}


def _note(x: float, y: float, text: str, color: str) -> dict[str, Any]:
    return {"x": x, "y": y, "text": text, "showarrow": False, "font": {"color": color, "size": SMALL_SIZE}}
