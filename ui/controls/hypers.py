"""A declared hyperparameter as a slider, on the scale and over the range it declares."""

import math
from collections.abc import Sequence
from decimal import Decimal

import streamlit as st

from core.hypers import Hyper
from ui import share
from ui.controls.basics import check_asked, within
from ui.share import number_text

# A logarithmic slider over more decades than this offers 1, 2 and 5 of each, otherwise all numbers of two digits.
_FINE_DECADES = 5


def hyper_label(hyper: Hyper) -> str:
    """The name of a hyperparameter in words, with its symbol."""
    words = "Learning rate" if hyper.name == "lr" else hyper.name.replace("_", " ").capitalize()
    return f"{words} ${hyper.symbol}$"


def hyper_control(hyper: Hyper, key: str, label: str, default: float) -> float:
    """A slider for one hyperparameter, on the scale it declares, called ``key`` in the link.

    A number from the link that lies between two stops of the slider, or beyond its ends but within the hard bounds, is
    taken as it is.
    """
    low, high = hyper.bounds
    check_asked(key, within(low, high, hyper.whole), f"{hyper.name} is a number from {low:g} to {high:g}")
    extra = [default, *(float(text) for text in share.asked(key)[-1:] if within(low, high, hyper.whole)(text))]
    if hyper.scale == "log":
        # Streamlit knows a stop by its text only; a link may write the same number differently.
        if key not in st.session_state and len(extra) > 1:
            st.session_state[key] = number_text(extra[-1])
        numbers = log_stops(*hyper.slider, extra)
        stops = [number_text(stop) for stop in numbers if not hyper.whole or stop.is_integer()]
        chosen = st.select_slider(label, stops, number_text(default), key=key, help=hyper.help, bind="query-params")
        return float(chosen)
    bottom, top = min(hyper.slider[0], *extra), max(hyper.slider[1], *extra)
    if hyper.whole:
        whole = st.slider(label, int(bottom), int(top), int(default), key=key, help=hyper.help, bind="query-params")
        return float(whole)
    step = linear_step(bottom, top, default)
    return float(st.slider(label, bottom, top, default, step, "%g", key=key, help=hyper.help, bind="query-params"))


def hyper_state(hyper: Hyper, value: float) -> str | int | float:
    """``value`` as the slider of ``hyper`` keeps it."""
    if hyper.scale == "log":
        return number_text(value)
    return int(value) if hyper.whole else value


def log_stops(low: float, high: float, extra: Sequence[float] = ()) -> list[float]:
    """The numbers that a logarithmic slider from ``low`` to ``high`` stops at, ``extra`` among them, in order."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    mantissas = range(10, 100) if last - first <= _FINE_DECADES else (10, 20, 50)
    # Through decimal text: 3e-4 must be that float and not 3.0000000000000003e-4.
    stops = {float(f"{mantissa}e{decade - 1}") for decade in range(first, last + 1) for mantissa in mantissas}
    return sorted({stop for stop in stops if low <= stop <= high} | set(extra))


def linear_step(low: float, high: float, default: float) -> float:
    """A step that makes a hundred parts or more and reaches ``low``, ``high`` and ``default`` exactly.

    Numbers of so many digits that it would vanish beside the range are reached to a millionth of a millionth of that.
    """
    digits = max(-int(Decimal(repr(number)).normalize().as_tuple().exponent) for number in (low, high, default))
    needed = math.ceil(2 - math.log10(high - low))
    return max(float(f"1e{-max(digits, needed)}"), (high - low) * 1e-12)
