"""What theory says of every learning rate on a quadratic: regimes as bands, the factor per step, and one's own run."""

import math
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.figures.look import DIGITS, SMALL_SIZE, Look, axis, compact, layout, number
from core.lessons.rate_check import Check
from core.optimizers import PALETTE
from core.theory import Regime

_POINTS = 241
# The factors that are shown: a little more than 1, at which nothing shrinks.
_HIGHEST = 1.35
# A rate beyond this many times the axis is shown as an arrow at the end of it.
_WIDEST = 2.0
_BAND = 0.13
# Shares of the axis: of a character of 5.7 pixels on a small screen's 290, and of the limit's label.
_CHARACTER = 5.7 / 290
_ROOM = 0.19
_TEAL, _GOLD, _RED, _BLUE = PALETTE[2], PALETTE[7], PALETTE[5], PALETTE[0]
_COLORS = {Regime.MONOTONE: _TEAL, Regime.OSCILLATING: _GOLD, Regime.CYCLING: _RED, Regime.DIVERGING: _RED}


def regimes(found: Check, top: float, look: Look) -> go.Figure:
    """The factor on the distance per step that theory predicts from learning rate 0 to ``top`` or the run's own.

    Bands name the regimes, a dotted line marks the limit. A ring shows what is predicted at the run's own rate, a dot
    what was measured. Factors beyond the view are drawn at its edge.
    """
    right = min(max(top, 1.04 * found.lr), _WIDEST * top)
    rates = np.unique(np.concatenate([np.linspace(0.0, right, _POINTS), [band.high for band in found.bands[:2]]]))
    rates = rates[rates <= right]
    factors = np.array([found.factor(float(rate)) for rate in rates])
    here = min(found.lr, right)
    return go.Figure(
        {
            "data": [_predicted(rates, factors), *_own(found, here, right, look)],
            "layout": layout(
                look,
                f"{found.key} {found.beta} {right} {found.limit}",
                xaxis=axis(look, "learning rate α", (0.0, right), showgrid=False),
                yaxis=axis(look, "factor per step", (0.0, _HIGHEST), tickvals=[0, 0.5, 1]),
                margin={"l": 52, "r": 14, "t": 24, "b": 42},
                shapes=[*_bands(found, right), *_lines(found, here, right, look)],
                annotations=_names(found, here, right, look),
                showlegend=False,
            ),
        }
    )


def _predicted(rates: np.ndarray, factors: np.ndarray) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "predicted",
        "x": rates,
        "y": np.minimum(factors, 2 * _HIGHEST),
        "customdata": compact(factors),
        "hovertemplate": f"predicted<br>α = %{{x:{DIGITS}}}: factor %{{customdata:{DIGITS}}}<extra></extra>",
        "line": {"color": _BLUE, "width": 2},
    }


def _own(found: Check, here: float, right: float, look: Look) -> list[dict[str, Any]]:
    """The run's own rate: a ring on the prediction, a dot at what was measured."""
    marks = [_mark("predicted for your run", here, found.predicted, found.lr, "circle-open", look)]
    if found.measured is not None:
        marks.append(_mark("measured in your run", here, found.measured, found.lr, "circle", look))
    if found.lr > right:
        marks[-1]["marker"]["symbol"] = "triangle-right"
    return marks


def _mark(name: str, x: float, factor: float, lr: float, symbol: str, look: Look) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "cliponaxis": False,
        "x": [x],
        "y": [min(factor, _HIGHEST)],
        "hovertemplate": f"{name}<br>α = {number(lr)}: factor {number(factor)}<extra></extra>",
        "marker": {
            "symbol": symbol,
            "size": 9 if symbol == "circle" else 15,
            "color": look.text,
            "line": {"width": 2, "color": look.text},
        },
    }


def _spans(found: Check, right: float) -> list[tuple[Regime, float, float]]:
    """The bands that the axis shows, each cut to it."""
    return [
        (band.regime, band.low, min(band.high, right))
        for band in found.bands
        if band.regime is not Regime.CYCLING and band.low < right
    ]


def _bands(found: Check, right: float) -> list[dict[str, Any]]:
    return [
        {
            "type": "rect",
            "layer": "below",
            "x0": low,
            "x1": high,
            "y0": 0,
            "y1": 1,
            "yref": "paper",
            "fillcolor": _COLORS[regime],
            "opacity": _BAND,
            "line": {"width": 0},
        }
        for regime, low, high in _spans(found, right)
    ]


def _lines(found: Check, here: float, right: float, look: Look) -> list[dict[str, Any]]:
    upright = {"type": "line", "y0": 0, "y1": 1, "yref": "paper"}
    lines: list[dict[str, Any]] = [
        {**upright, "x0": here, "x1": here, "line": {"color": look.text, "width": 1}},
        {
            **{"type": "line", "x0": 0, "x1": right, "y0": 1, "y1": 1},
            "line": {"color": look.quiet, "width": 1, "dash": "dot"},
        },
    ]
    if found.limit < right:
        lines.append(
            {**upright, "x0": found.limit, "x1": found.limit, "line": {"color": _RED, "width": 1.5, "dash": "dot"}}
        )
    return lines


def _names(found: Check, here: float, right: float, look: Look) -> list[dict[str, Any]]:
    notes = [
        _note(regime.name.lower(), (low + high) / 2, 1.0, _COLORS[regime], xanchor="center", yanchor="bottom")
        for regime, low, high in _spans(found, right)
        if (high - low) / right > _CHARACTER * len(regime.name)
    ]
    if found.limit < right and math.isfinite(found.limit):
        # On the right, unless the axis ends there or the run stands there.
        end = found.limit + _ROOM * right
        left = end > right or found.limit < here < end
        side: dict[str, Any] = {"xanchor": "right", "xshift": -4} if left else {"xanchor": "left", "xshift": 4}
        notes.append(_note(f"cycling at<br>{number(found.limit)}", found.limit, 0.0, _RED, yanchor="bottom", **side))
    near_right = here > right / 2
    notes.append(
        _note(
            f"<b>you are here</b>, α = {number(found.lr)}",
            here,
            0.3,
            look.text,
            xanchor="right" if near_right else "left",
            yanchor="bottom",
            xshift=-5 if near_right else 5,
            bgcolor=look.veil,
        )
    )
    return notes


def _note(text: str, x: float, y: float, color: str, **more: Any) -> dict[str, Any]:
    return {
        "text": text,
        "x": x,
        "y": y,
        "yref": "paper",
        "showarrow": False,
        "font": {"size": SMALL_SIZE, "color": color},
        **more,
    }
