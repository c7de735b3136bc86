"""Plotly figures from data: pure functions of paths, objectives and a look, without state."""

from core.figures.backprop import backprop_figure
from core.figures.batch_lines import batch_lines
from core.figures.batch_progress import batch_progress
from core.figures.contour import contour
from core.figures.costs import COSTS, Cost, cost_figure
from core.figures.curve import curve
from core.figures.family import family_tree
from core.figures.look import DARK, LIGHT, Look
from core.figures.plot import plot
from core.figures.progress import loss_axes, losses, norm_axes, rate_axes, schedule_curve
from core.figures.rates import rates_figure
from core.figures.regimes import gauge, tuning_plane
from core.figures.run_maps import basins_figure, settings_figure
from core.figures.seeds import cloud_figure, seeds_figure
from core.figures.surface import surface
from core.figures.sweeps import bands_figure, range_figure, sweep_figure
from core.figures.timeline import timeline
from core.figures.wide_race import wide_losses, wide_paths

__all__ = [
    "COSTS",
    "DARK",
    "LIGHT",
    "Cost",
    "Look",
    "backprop_figure",
    "bands_figure",
    "basins_figure",
    "batch_lines",
    "batch_progress",
    "cloud_figure",
    "contour",
    "cost_figure",
    "curve",
    "family_tree",
    "gauge",
    "loss_axes",
    "losses",
    "norm_axes",
    "plot",
    "range_figure",
    "rate_axes",
    "rates_figure",
    "schedule_curve",
    "seeds_figure",
    "settings_figure",
    "surface",
    "sweep_figure",
    "timeline",
    "tuning_plane",
    "wide_losses",
    "wide_paths",
]
