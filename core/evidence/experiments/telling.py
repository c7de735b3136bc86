"""Words and settings that several experiments share."""

from typing import Literal

from core.catalogue.hypers import Hyper

# Beyond 0.99 transients outlive the steps that experiments take.
BETA = Hyper("beta", r"\beta", 0.9, (0.0, 0.99), (0.0, 0.99), "linear", "Share of the velocity that is kept.")
"""The setting ``beta`` of momentum."""

KNOWN_DIGITS = "the same arithmetic apart from rounding; this many digits are known"
"""Why an outcome is expected to within its last digits."""


def learning_rate(default: float, bounds: tuple[float, float], slider: tuple[float, float] | None = None) -> Hyper:
    """The setting ``lr``, offered in full unless ``slider`` says otherwise."""
    return Hyper(
        "lr",
        r"\alpha",
        default,
        bounds,
        slider or bounds,
        "log",
        ("Learning rate: the factor that multiplies the slope."),
    )


def whole(name: str, symbol: str, default: int, bounds: tuple[int, int], meaning: str) -> Hyper:
    """A setting that is a whole number, offered in full."""
    # A log slider stops at numbers of two digits, which are whole from 10 on.
    scale: Literal["log", "linear"] = "log" if bounds[0] >= 10 and bounds[1] >= 100 * bounds[0] else "linear"
    return Hyper(name, symbol, default, bounds, bounds, scale, meaning, whole=True)
