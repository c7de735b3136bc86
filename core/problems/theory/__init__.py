"""What curvature predicts of a descent: its largest stable and its best learning rate, and how fast it converges."""

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
    "Curvature",
    "Method",
    "Regime",
    "Tuning",
    "bands",
    "best_settings",
    "contraction",
    "contractions",
    "curvature",
    "regime",
    "spectrum",
    "stability",
    "stable_limit",
    "step_factors",
]
