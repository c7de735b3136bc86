"""Words and numbers for sentences."""

import re
from collections.abc import Collection
from math import isinf, isnan
from typing import SupportsFloat

# Whole numbers below it are written in full: they are counts or were chosen, and rounding them would be no help.
_IN_FULL = 1e6
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def listed(words: Collection[str]) -> str:
    """``words``, of which there is one at least, in a row: "a", "a and b", "a, b and c"."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def decimal(value: float, form: str = ".4g") -> tuple[str, int]:
    """A finite ``value`` as the text of a number and the power of ten that it is to be multiplied by.

    ``form`` is a format specification. Numbers of five digits and more before the point have commas between thousands.
    """
    if form.endswith("g") and value == round(value) and abs(value) < _IN_FULL:
        form = ".0f"
    # With the z, what is rounded to 0 has no sign.
    mantissa, _, power = f"{value:z,{form}}".partition("e")
    return re.sub(r"^(-?\d),(\d{3})(?![\d,])", r"\1\2", mantissa), int(power or 0)


def digits(value: SupportsFloat, form: str = ".4g") -> str:
    """``value`` as everything that a visitor reads writes numbers: "−1.5", "10 545", "3.271·10⁻⁵", "10¹²", "96.1 %".

    It has four significant digits unless ``form``, a format specification, asks for others.
    """
    number = float(value)
    if isnan(number):
        return "NaN"
    if isinf(number):
        return "∞" if number > 0 else "−∞"
    mantissa, power = decimal(number, form)
    text = mantissa.replace("-", "−").replace(",", " ").replace("%", " %")
    if not power:
        return text
    factor = text[:-1] if text in ("1", "−1") else f"{text}·"
    return f"{factor}10{str(power).translate(_RAISED)}"


def counted(count: float, what: str = "step") -> str:
    """A number of things, each of which is a ``what``, in words."""
    return f"{digits(count)} {what}{'s' * (count != 1)}"


def form_apart(*values: float) -> str:
    """The format with as many digits, four at least, as tell those of ``values`` apart that differ."""
    different = len(set(values))
    forms = (f".{count}g" for count in range(4, 18))
    return next((form for form in forms if len({float(f"{value:{form}}") for value in values}) == different), ".4g")


def apart(*values: float) -> tuple[str, ...]:
    """Numbers that stand side by side, with as many digits as tell those apart that differ."""
    form = form_apart(*values)
    return tuple(digits(value, form) for value in values)


def outside(value: float, low: float, high: float) -> str:
    """The end of a sentence about a ``value`` outside of its bounds: "[0, 1]; 2 was given"."""
    bottom, top, given = apart(low, high, value)
    return f"[{bottom}, {top}]; {given} was given"
