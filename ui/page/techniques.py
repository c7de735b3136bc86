"""What sections of the Techniques page show that have no demonstration: two bowls side by side, bars of memory."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import streamlit as st

from core.catalogue.racers import RACERS
from core.figures import contour
from core.figures.memory_bars import memory_bars
from core.lessons.state_memory import DEFAULT, GIGA, LEAST, MOST, Precision, memories, memory_sentence
from core.lessons.two_features import SETTINGS, VIEW, Bowl
from ui import controls
from ui.kit.elements import look, picture, prose
from ui.navigation import TECHNIQUES

_PREFIX = TECHNIQUES.prefix


def _scaling() -> None:
    """Two features as they are and standardised: contours, descents, and the steps they need."""
    given = controls.hyper_row(SETTINGS, _PREFIX)
    # One path alone in its picture needs no name beside it.
    unnamed = replace(RACERS["sgd"], name="")
    bowls = {
        "As they are": Bowl(given["ratio"], given["correlation"]),
        "Standardised": Bowl(1.0, given["correlation"]),
    }
    for (name, bowl), column in zip(bowls.items(), st.columns(2, vertical_alignment="bottom"), strict=True):
        with column:
            prose(f"**{name}.** {bowl.sentence}")
            alt = f"Contours of the loss of two weights, features {name.lower()}, with the path of gradient descent"
            figure = contour(bowl.objective, [(unnamed, bowl.descent())], look(), VIEW)
            picture(figure, f"{_PREFIX}bowl_{name}", 340, alt)
    st.caption(
        "The axes show how far the two weights are from the best ones; both runs begin with the same predictions. "
        "Standardising makes the ratio 1 and leaves the correlation as it is."
    )


def _memory() -> None:
    """A bar for each rule, for the number of weights that is typed."""
    size, how = st.columns(2, vertical_alignment="bottom")
    with size:
        key = f"{_PREFIX}weights"
        billions = controls.number_control("Weights, in billions", key, LEAST, MOST, DEFAULT, step=1.0)
    with how:
        precision = controls.view_control("Numbers", {one.label: one for one in Precision}, f"{_PREFIX}numbers")
    weights = billions * GIGA
    prose(memory_sentence(weights, precision))
    figure = memory_bars(memories(weights, precision), look())
    picture(figure, f"{_PREFIX}memory", int(figure.layout.height), "Memory for each update rule, in stacked bars")
    st.caption(
        "Weights, gradients and what the rule remembers, which is kept in float32 either way. Activations come on top: "
        "they are what accumulation and 16-bit numbers save. Numbers that are kept once for all weights are left out."
    )


# What stands in place of the picture, by the key of the section.
MORE: Mapping[str, Callable[[], None]] = {"scaling": _scaling, "memory": _memory}
