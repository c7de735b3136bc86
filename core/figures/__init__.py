"""Plotly figures from data: pure functions of paths, objectives and a look, without state."""

from core.figures.backprop import backprop_figure
from core.figures.batch_progress import batch_progress
from core.figures.batches import batch_lines, batch_paths
from core.figures.contour import contour
from core.figures.curve import curve
from core.figures.family import family_tree
from core.figures.look import DARK, LIGHT, Look
from core.figures.plot import plot
from core.figures.progress import gradient_progress, loss_progress, rate_progress
from core.figures.rates import rates_figure
from core.figures.regimes import regimes
from core.figures.surface import surface
from core.figures.timeline import timeline
from core.figures.trail import Trail

__all__ = [
    "DARK",
    "LIGHT",
    "Look",
    "Trail",
    "backprop_figure",
    "batch_lines",
    "batch_paths",
    "batch_progress",
    "contour",
    "curve",
    "family_tree",
    "gradient_progress",
    "loss_progress",
    "plot",
    "rate_progress",
    "rates_figure",
    "regimes",
    "surface",
    "timeline",
]
