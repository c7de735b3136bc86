"""What curvature predicts of a descent: its largest stable and its best learning rate, and how fast it converges."""

from core.theory.adaptive import Preconditioned, preconditioned
from core.theory.curvature import Curvature, Shape, cauchy_step, curvature, spectrum
from core.theory.methods import (
    METHODS,
    Band,
    Method,
    Regime,
    Tuning,
    bands,
    best_settings,
    contraction,
    regime,
    stable_limit,
)

__all__ = [
    "METHODS",
    "Band",
    "Curvature",
    "Method",
    "Preconditioned",
    "Regime",
    "Shape",
    "Tuning",
    "bands",
    "best_settings",
    "cauchy_step",
    "contraction",
    "curvature",
    "preconditioned",
    "regime",
    "spectrum",
    "stable_limit",
]
