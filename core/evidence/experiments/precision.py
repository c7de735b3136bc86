"""Experiments about number formats of mixed precision: what they can hold, and what loss scaling does to clipping."""

from collections.abc import Mapping

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS, PALETTE
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.formula.words import digits

_HALF = np.finfo(np.float16)
_LARGEST, _SMALLEST = float(_HALF.max), float(_HALF.smallest_subnormal)
_LIMIT = 1.0
# float16 and bfloat16 have half of float32's four bytes.
_BYTES, _HALF_BYTES = 4, 2


def in_float16(values: Array) -> Array:
    """``values`` rounded to float16: infinite above 65 504, zero below half of the smallest number."""
    return values.astype(np.float16).astype(np.float64)


def in_bfloat16(values: Array) -> Array:
    """``values`` rounded to bfloat16, the upper half of float32, to the nearest and to even between two."""
    bits = values.astype(np.float32).view(np.uint32).astype(np.uint64)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return rounded.astype(np.uint32).view(np.float32).astype(np.float64)


def _clipped(gradient: Array) -> Array:
    """``gradient``, shortened to the limit if it is longer."""
    return gradient * min(1.0, _LIMIT / float(np.linalg.norm(gradient)))


def _formats(settings: Mapping[str, float]) -> Finding:
    value, scale, norm = (settings[name] for name in ("value", "scale", "norm"))
    entry = np.array([value])
    rounded = in_float16(entry), in_bfloat16(entry), in_float16(entry * scale)
    plain, brain, scaled = (float(values[0]) for values in rounded)
    # Any direction will do; the norm is what clipping looks at.
    gradient = np.array([0.6, 0.8]) * norm
    too_early = _clipped(gradient * scale) / scale
    in_order = _clipped(gradient * scale / scale)
    kept = OPTIMIZERS["adam"].parsed.numbers_per_weight
    numbers = {
        "in float16": plain,
        "in float16, scaled and divided again": scaled / scale,
        "in bfloat16": brain,
        "smallest float16": _SMALLEST,
        "largest float16": _LARGEST,
        "norm seen before unscaling": norm * scale,
        "norm left, clipped before unscaling": float(np.linalg.norm(too_early)),
        "norm left, clipped after unscaling": float(np.linalg.norm(in_order)),
        "bytes per weight, Adam in float32": (2 + kept) * _BYTES,
        # Weights and gradients in 16 bits, beside them the weights and both moments in 32.
        "bytes per weight, Adam in 16 bits with a float32 copy": 2 * _HALF_BYTES + (1 + kept) * _BYTES,
    }
    sentence = (
        f"A gradient of {digits(value)} is {digits(plain)} in float16 and {digits(brain)} in bfloat16; scaled by "
        f"{digits(scale)} and divided again, it is {_rescued(scaled, scale)} in float16. Clipped to {digits(_LIMIT)} "
        f"before unscaling, a gradient of norm {digits(norm)} looks {digits(norm * scale, '.6g')} long and ends at "
        f"{digits(np.linalg.norm(too_early))}; clipped after unscaling it ends at {digits(np.linalg.norm(in_order))}."
    )
    return Finding(numbers, sentence, _held(value, scale))


def _rescued(scaled: float, scale: float) -> str:
    return digits(scaled / scale) if np.isfinite(scaled) else "infinite"


def _held(value: float, scale: float) -> Plot:
    values = np.geomspace(1e-12, 1e6, 200)
    cases = {
        "float16": in_float16(values) / values,
        f"float16, scaled by {digits(scale)}": in_float16(values * scale) / scale / values,
        "bfloat16": in_bfloat16(values) / values,
    }
    series = tuple(
        Series(name, values, np.where(np.isfinite(share), share, np.nan), color)
        for (name, share), color in zip(cases.items(), PALETTE, strict=False)
    )
    return Plot("gradient", "stored / true", series, log_x=True, marks=(Mark("x", value, "this gradient"),))


_FORMAT = "A property of the format, in exact powers of two."

_PRECISION = Experiment(
    key="X65",
    question="Which gradients survive in 16 bits, and why must they be unscaled before they are clipped?",
    settings=(
        Hyper("value", "g", 2e-8, (1e-12, 1e6), (1e-12, 1e6), "log", "One entry of a gradient."),
        Hyper("scale", "S", 65_536.0, (1.0, 2.0**24), (1.0, 2.0**24), "log", "What the loss is multiplied by."),
        Hyper("norm", r"\lVert g\rVert", 1.28, (1e-3, 1e3), (1e-3, 1e3), "log", "Norm of the gradient to be clipped."),
    ),
    find=_formats,
    expected=(
        Expected("in float16", 0.0, 0.0, "Less than half of the smallest number."),
        Expected("in float16, scaled and divided again", 2e-8, 2e-8 * 2.0**-11, "Half a unit of float16's 11 digits."),
        Expected("in bfloat16", 2.002343535e-8, 1e-17, "The nearest of numbers with 8 binary digits."),
        Expected("smallest float16", 2.0**-24, 0.0, _FORMAT),
        Expected("largest float16", 65_504.0, 0.0, _FORMAT),
        Expected("norm seen before unscaling", 83_886.08, 1e-9, "1.28 times 65 536."),
        Expected("norm left, clipped before unscaling", 2.0**-16, 1e-18, "1 divided by 65 536; rounding."),
        Expected("norm left, clipped after unscaling", 1.0, 1e-12, "The limit; rounding."),
        Expected("bytes per weight, Adam in float32", 16, 0, "Weight, gradient and two moments of 4 bytes."),
        Expected("bytes per weight, Adam in 16 bits with a float32 copy", 16, 0, "2 + 2 and three times 4 bytes."),
    ),
)


ALL: tuple[Experiment, ...] = (_PRECISION,)
