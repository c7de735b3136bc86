"""What theory of descent on a quadratic is drawn on: axes of rate and factor, and the plane of rate and momentum."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.catalogue.optimizers import PALETTE
from core.figures.contour import lines, pointer
from core.figures.look import Look, axis, layout, note
from core.problems.theory import Regime, Tuning, contractions, stable_limit

HIGHEST = 1.35
"""The largest factor that is drawn: a little more than 1, at which nothing shrinks."""

_TEAL, _GOLD, _RED = PALETTE[2], PALETTE[7], PALETTE[5]
COLORS: Mapping[Regime, str] = {
    Regime.MONOTONE: _TEAL,
    Regime.OSCILLATING: _GOLD,
    Regime.CYCLING: _RED,
    Regime.DIVERGING: _RED,
}
"""The colour of each regime."""

_BAND = 0.13
# Points of the plane and of its limit. The values under the pointer come from a coarser one.
_ACROSS, _UP, _POINTER_STEP = 121, 91, 5
_LARGEST_BETA = 0.999
# Lines where a step leaves off 10 to the power of −0.25, −0.5, … of the distance; slower than the last is all alike.
_SPACING, _SLOWEST = 0.25, 2.5


def gauge(horizon: float, look: Look) -> go.Figure:
    """The axes of the factor per step over learning rates from 0 to ``horizon``."""
    return go.Figure(
        {"layout": _paper(horizon, look, axis(look, "factor per step", (0.0, HIGHEST), tickvals=[0, 0.5, 1]))}
    )


def tuning_plane(key: str, curvatures: tuple[float, ...], best: Tuning, horizon: float, look: Look) -> go.Figure:
    """The factor per step of the rule ``key`` over learning rates from 0 to ``horizon`` and all β, darker where slow.

    What does not settle lies beyond a line and is veiled; a star marks the ``best`` settings.
    """
    rates, betas = np.linspace(0.0, horizon, _ACROSS), np.linspace(0.0, _LARGEST_BETA, _UP)
    factors = contractions(key, curvatures, rates, betas[:, None])
    slowness = -np.log10(np.maximum(1 - factors, 10**-_SLOWEST))
    levels = {"start": _SPACING, "end": _SLOWEST - _SPACING, "size": _SPACING}
    every = slice(None, None, _POINTER_STEP)
    hover = "α = %{x}, β = %{y}: factor %{text}"
    limits = [stable_limit(key, max(curvatures), float(beta)) for beta in betas]
    beyond = {
        "type": "scatter",
        "mode": "lines",
        "x": [*limits, 2 * horizon, 2 * horizon],
        "y": [*betas, betas[-1], betas[0]],
        "fill": "toself",
        "hoverinfo": "skip",
    }
    named = note("diverging", 1, 0, _RED, xref="paper", yref="paper", xanchor="right", yanchor="bottom")
    return go.Figure(
        {
            "data": [
                lines(rates, betas, slowness, (0.0, _SLOWEST), levels, look),
                pointer(rates[every], betas[every], factors[every, every], hover),
                {**beyond, "fillcolor": look.background, "line": {"width": 0}},
                {**beyond, "fillcolor": _RED, "opacity": _BAND, "line": {"width": 0}},
                {**beyond, "fill": "none", "line": {"color": _RED, "width": 1.5}},
                {
                    "type": "scatter",
                    "mode": "markers",
                    "hoverinfo": "skip",
                    "x": [best.lr],
                    "y": [best.beta],
                    "marker": {"symbol": "star", "size": 12, "color": look.text},
                },
            ],
            "layout": _paper(horizon, look, axis(look, "momentum β", (0.0, 1.0), showgrid=False), annotations=[named]),
        }
    )


def _paper(horizon: float, look: Look, upwards: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A layout whose drags are left to the stage."""
    across = axis(look, "learning rate α", (0.0, horizon), showgrid=False)
    return layout(
        look,
        "theory",
        xaxis=across | {"fixedrange": True},
        yaxis=upwards | {"fixedrange": True},
        margin={"l": 52, "r": 14, "t": 24, "b": 42},
        dragmode=False,
        **more,
    )
