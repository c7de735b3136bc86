"""A loss curve that somebody pasted: how it is read, what it shows by itself, and its picture."""

from core.lessons.loss_curve.finding import CurveFinding, Kind, curve_plot, diagnose_curve
from core.lessons.loss_curve.reading import FEWEST, MOST, Curve, read_curve

__all__ = ["FEWEST", "MOST", "Curve", "CurveFinding", "Kind", "curve_plot", "diagnose_curve", "read_curve"]
