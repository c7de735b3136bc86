"""A declared hyperparameter as a slider, on the scale and over the range it declares."""

import math
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

import streamlit as st

from core.catalogue.hypers import Hyper
from ui.kit import share
from ui.kit.basics import asked_number, number_in, whole_in
from ui.kit.dials import Dial
from ui.kit.share import number_text

# A logarithmic slider over more decades than this offers 1, 2 and 5 of each, otherwise all numbers of two digits.
_FINE_DECADES = 5
# Sliders side by side.
_COLUMNS = 4


def _label(hyper: Hyper) -> str:
    """The name of a hyperparameter in words, with its symbol."""
    return f"{hyper.words} ${hyper.symbol}$"


def hyper_control(
    hyper: Hyper,
    key: str,
    label: str = "",
    default: float | None = None,
    on_change: Callable[[], None] | None = None,
) -> float:
    """A slider for one hyperparameter, on the scale it declares, called ``key`` in the link.

    A number from the link that lies between two stops of the slider, or beyond its ends but within the hard bounds, is
    taken as it is. ``label`` and ``default`` are the declared ones unless they are given.
    """
    label = label or _label(hyper)
    default = hyper.default if default is None else default
    if hyper.scale == "log":
        stops = [stop for stop in log_stops(*hyper.slider) if not hyper.whole or stop.is_integer()]
        return stops_control(label, key, stops, default, hyper.bounds, hyper.whole, hyper.help, on_change)
    asked = asked_number(key, *hyper.bounds, hyper.whole)
    low, high = min(hyper.slider[0], default, *asked), max(hyper.slider[1], default, *asked)
    slider = whole_slider if hyper.whole else linear_slider
    return slider(label, key, low, high, default, hyper.bounds, hyper.help, on_change)


def slider_dial(hyper: Hyper, key: str) -> Dial:
    """A dial for what ``hyper_control`` keeps under ``key``."""
    return Dial(key, hyper.words, hyper, hyper.name, lambda value: hyper_state(hyper, value))


def hyper_value(hyper: Hyper, key: str, default: float | None = None, of: str = "") -> float:
    """The number kept under ``key`` in the link and the session, whether a field for it is drawn or not.

    ``of`` is the name of what it is a number of, where several on the page have it.
    """
    opening = hyper.default if default is None else float(default)
    share.setting(
        key, opening, *number_in(*hyper.bounds, hyper.whole), called=f"{of}: {hyper.words}" if of else hyper.words
    )
    return float(st.session_state[key])


def hyper_field(hyper: Hyper, key: str, default: float | None = None, label: str = "") -> None:
    """A field in which any number within the bounds can be typed, for what ``hyper_value`` gives."""
    default = hyper.default if default is None else float(default)
    step = 1.0 if hyper.whole else 10.0 ** math.floor(math.log10(default or hyper.slider[1]) - 1)
    shape = "%.0f" if hyper.whole else "%.6g"
    disabled = share.locked(key)
    label = label or _label(hyper)
    st.number_input(label, *hyper.bounds, default, step, shape, key=key, help=hyper.help, disabled=disabled)


def hyper_row(hypers: Sequence[Hyper], prefix: str) -> dict[str, float]:
    """The values of ``hypers`` by name, from sliders side by side; ``prefix`` and the name are a slider's key."""
    columns = st.columns(max(2, min(_COLUMNS, len(hypers))))
    values = {}
    for index, hyper in enumerate(hypers):
        with columns[index % len(columns)]:
            values[hyper.name] = hyper_control(hyper, f"{prefix}{hyper.name}")
    return values


def whole_slider(
    label: str,
    key: str,
    low: float,
    high: float,
    default: float,
    bounds: tuple[float, float],
    help: str = "",
    on_change: Callable[[], None] | None = None,
) -> int:
    """A slider over the whole numbers from ``low`` to ``high``, which lie within the ``bounds`` that a link is told."""
    share.setting(key, int(default), *whole_in(*bounds), called=label)
    return int(
        st.slider(
            label,
            int(low),
            int(high),
            int(default),
            key=key,
            help=help or None,
            on_change=on_change,
            disabled=share.locked(key),
        )
    )


def linear_slider(
    label: str,
    key: str,
    low: float,
    high: float,
    default: float,
    bounds: tuple[float, float],
    help: str = "",
    on_change: Callable[[], None] | None = None,
    step: float | None = None,
) -> float:
    """A slider over the numbers from ``low`` to ``high``, which lie within the ``bounds`` that a link is told.

    Its stops are ``step`` apart; unless that is given, they reach the ends and the default.
    """
    share.setting(key, default, *number_in(*bounds), called=label)
    step = step or linear_step(low, high, default)
    return float(
        st.slider(
            label,
            low,
            high,
            default,
            step,
            "%g",
            key=key,
            help=help or None,
            on_change=on_change,
            disabled=share.locked(key),
        )
    )


def stops_control(
    label: str,
    key: str,
    stops: Iterable[float],
    default: float,
    bounds: tuple[float, float],
    whole: bool = False,
    help: str = "",
    on_change: Callable[[], None] | None = None,
) -> float:
    """One of the numbers ``stops``, or ``default``, or the number within the ``bounds`` that the link asks for."""
    # Streamlit knows a stop by its text only; a link may write the same number differently.
    texts = {stop: number_text(stop) for stop in sorted({*stops, default, *asked_number(key, *bounds, whole)})}
    read, allowed = number_in(*bounds, whole)
    opening = texts[default]
    share.setting(
        key, opening, lambda text: None if (number := read(text)) is None else texts.get(number), allowed, called=label
    )
    return float(
        st.select_slider(
            label,
            texts.values(),
            opening,
            key=key,
            help=help or None,
            on_change=on_change,
            disabled=share.locked(key),
        )
    )


def hyper_state(hyper: Hyper, value: float) -> str | int | float:
    """``value`` as the slider of ``hyper`` keeps it."""
    if hyper.scale == "log":
        return number_text(value)
    return int(value) if hyper.whole else value


def log_stops(low: float, high: float) -> list[float]:
    """The numbers that a logarithmic slider from ``low`` to ``high`` stops at, in order."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    mantissas = range(10, 100) if last - first <= _FINE_DECADES else (10, 20, 50)
    # Through decimal text: 3e-4 must be that float and not 3.0000000000000003e-4.
    stops = {float(f"{mantissa}e{decade - 1}") for decade in range(first, last + 1) for mantissa in mantissas}
    return sorted(stop for stop in stops if low <= stop <= high)


def linear_step(low: float, high: float, default: float) -> float:
    """A step that makes a hundred parts or more and reaches ``low``, ``high`` and ``default`` exactly.

    Numbers of so many digits that it would vanish beside the range are reached to a millionth of a millionth of that.
    """
    digits = max(-int(Decimal(repr(number)).normalize().as_tuple().exponent) for number in (low, high, default))
    needed = math.ceil(2 - math.log10(high - low))
    return max(float(f"1e{-max(digits, needed)}"), (high - low) * 1e-12)
