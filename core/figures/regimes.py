"""What theory says of every learning rate on a quadratic: regimes as bands, the factor per step, and one's own run."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.catalogue.optimizers import PALETTE
from core.figures.look import SMALL_SIZE, Look, axis, layout, written
from core.formula.words import digits
from core.lessons.rate_check import Check
from core.problems.theory import Regime

_POINTS = 241
# The factors that are shown: a little more than 1, at which nothing shrinks.
_HIGHEST = 1.35
# A rate beyond this many times the axis is shown as an arrow at the end of it.
_WIDEST = 2.0
_BAND = 0.13
# Shares of the axis: of a character of 5.7 pixels on a small screen's 290, and of the limit's label.
_CHARACTER = 5.7 / 290
_ROOM = 0.19
# Heights of what is said of the run, and of the best rate where the limit is named below it, as shares of the axis:
# two lines of text take a fifth.
_MIDDLE, _HIGH = 0.28, 0.6
_TEAL, _GOLD, _RED, _BLUE = PALETTE[2], PALETTE[7], PALETTE[5], PALETTE[0]
_COLORS = {Regime.MONOTONE: _TEAL, Regime.OSCILLATING: _GOLD, Regime.CYCLING: _RED, Regime.DIVERGING: _RED}


def regimes(checked: Check, look: Look) -> go.Figure:
    """The factor on the distance per step that theory predicts from learning rate 0 to beyond the limit or the run's.

    Bands name the regimes, dotted lines mark the limit and the best rate, if that is one for the run's own β. A ring
    shows what is predicted at the run's own rate, a dot what was measured. Factors beyond the view are drawn at its
    edge.
    """
    right = min(max(checked.furthest, 1.04 * checked.lr), _WIDEST * checked.furthest)
    rates = np.unique(np.concatenate([np.linspace(0.0, right, _POINTS), [band.high for band in checked.bands[:2]]]))
    rates = rates[rates <= right]
    factors = np.array([checked.factor(float(rate)) for rate in rates])
    here = min(checked.lr, right)
    return go.Figure(
        {
            "data": [_predicted(rates, factors), *_own(checked, here, right, look)],
            "layout": layout(
                look,
                f"{checked.key} {checked.beta} {right} {checked.limit}",
                xaxis=axis(look, "learning rate α", (0.0, right), showgrid=False),
                yaxis=axis(look, "factor per step", (0.0, _HIGHEST), tickvals=[0, 0.5, 1]),
                margin={"l": 52, "r": 14, "t": 24, "b": 42},
                shapes=[*_bands(checked, right), *_lines(checked, here, right, look)],
                annotations=_names(checked, here, right, look),
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
        "text": written(factors),
        "hovertemplate": "predicted<br>α = %{x}: factor %{text}<extra></extra>",
        "line": {"color": _BLUE, "width": 2},
    }


def _own(checked: Check, here: float, right: float, look: Look) -> list[dict[str, Any]]:
    """The run's own rate: a ring on the prediction, a dot at what was measured."""
    marks = [_mark("predicted for your run", here, checked.factor(checked.lr), checked.lr, "circle-open", look)]
    if checked.measured is not None:
        marks.append(_mark("measured in your run", here, checked.measured, checked.lr, "circle", look))
    if checked.lr > right:
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
        "hovertemplate": f"{name}<br>α = {digits(lr)}: factor {digits(factor)}<extra></extra>",
        "marker": {
            "symbol": symbol,
            "size": 9 if symbol == "circle" else 15,
            "color": look.text,
            "line": {"width": 2, "color": look.text},
        },
    }


def _spans(checked: Check, right: float) -> list[tuple[Regime, float, float]]:
    """The bands, the last of them cut to the axis."""
    return [
        (band.regime, band.low, min(band.high, right)) for band in checked.bands if band.regime is not Regime.CYCLING
    ]


def _bands(checked: Check, right: float) -> list[dict[str, Any]]:
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
        for regime, low, high in _spans(checked, right)
    ]


def _lines(checked: Check, here: float, right: float, look: Look) -> list[dict[str, Any]]:
    level = {"type": "line", "x0": 0, "x1": right, "y0": 1, "y1": 1}
    lines = [
        _upright(here, look.text, 1, "solid"),
        {**level, "line": {"color": look.quiet, "width": 1, "dash": "dot"}},
        _upright(checked.limit, _RED, 1.5, "dot"),
    ]
    if checked.best.beta == checked.beta:
        lines.append(_upright(checked.best.lr, look.text, 1.5, "dot"))
    return lines


def _upright(x: float, color: str, width: float, dash: str) -> dict[str, Any]:
    line = {"color": color, "width": width, "dash": dash}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _names(checked: Check, here: float, right: float, look: Look) -> list[dict[str, Any]]:
    notes = [
        _note(regime.name.lower(), (low + high) / 2, 1.0, _COLORS[regime], xanchor="center")
        for regime, low, high in _spans(checked, right)
        if (high - low) / right > _CHARACTER * len(regime.name)
    ]
    # On the right, unless the axis ends there or the run stands there.
    end = checked.limit + _ROOM * right
    left = end > right or checked.limit < here < end
    notes.append(_beside(f"cycling at<br>{digits(checked.limit)}", checked.limit, 0.0, _RED, left))
    if checked.best.beta == checked.beta:
        notes.append(
            _beside(f"best<br>{digits(checked.best.lr)}", checked.best.lr, _HIGH if left else 0.0, look.text, True)
        )
    own = f"<b>you are here</b>, α = {digits(checked.lr)}<br>{digits(checked.percent)} % of the limit"
    return [*notes, {**_beside(own, here, _MIDDLE, look.text, here > right / 2), "bgcolor": look.veil}]


def _beside(text: str, x: float, y: float, color: str, left: bool) -> dict[str, Any]:
    """A note beside an upright line at ``x``."""
    anchor, shift = ("right", -5) if left else ("left", 5)
    return _note(text, x, y, color, xanchor=anchor, xshift=shift, align=anchor)


def _note(text: str, x: float, y: float, color: str, **more: Any) -> dict[str, Any]:
    return {
        "text": text,
        "x": x,
        "y": y,
        "yref": "paper",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": SMALL_SIZE, "color": color},
        **more,
    }
