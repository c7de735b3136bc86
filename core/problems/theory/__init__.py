"""What curvature predicts of a descent: its largest stable and its best learning rate, and how fast it converges."""

from core.problems.theory.bottom import Bottom, bottom, opening_curvature
from core.problems.theory.curvature import Curvature, curvature, spectrum
from core.problems.theory.linear import stability, step_factors
from core.problems.theory.methods import (
    METHODS,
    Band,
    Method,
    Regime,
    Tuning,
    bands,
    best_settings,
    contraction,
    contractions,
    regime,
    stable_limit,
)

__all__ = [
    "METHODS",
    "Band",
    "Bottom",
    "Curvature",
    "Method",
    "Regime",
    "Tuning",
    "bands",
    "best_settings",
    "bottom",
    "contraction",
    "contractions",
    "curvature",
    "opening_curvature",
    "regime",
    "spectrum",
    "stability",
    "stable_limit",
    "step_factors",
]
