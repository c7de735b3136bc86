"""What sections of the Techniques page begin with: two bowls side by side, two walks in a valley, bars of memory."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import streamlit as st

from core.catalogue.racers import RACERS
from core.export import torch_script
from core.figures import contour
from core.figures.memory_bars import memory_bars
from core.lessons.flat_walk import RADIUS, RATE, RHO, STEPS, VALLEY, walk_sentences, walks
from core.lessons.state_memory import DEFAULT, GIGA, LEAST, MOST, Precision, memories, memory_sentence
from core.lessons.two_features import SETTINGS, VIEW, Bowl
from ui import controls
from ui.kit.elements import bullets, formula_line, look, picture, program, prose
from ui.navigation import TECHNIQUES
from ui.stage import Dials, room, stage

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
            alt = f"Contours of the loss of two weights, features {name.lower()}, with the way of gradient descent"
            figure = contour(bowl.objective, [(unnamed, bowl.descent())], look(), VIEW)
            picture(figure, f"{_PREFIX}bowl_{name}", 340, alt)
    st.caption(
        "The axes are the two weights, as far from the best ones; both pictures begin with the same predictions. "
        "Standardising makes the ratio 1 and leaves the correlation as it is."
    )


def _sam() -> None:
    """Gradient descent and SAM in the valley of equal minima, on one clock."""
    start_place, rates = st.columns(2)
    with start_place:
        start = controls.start_control(VALLEY, _PREFIX)
    with rates:
        left, right = st.columns(2)
        with left:
            lr = controls.hyper_control(RATE, f"{_PREFIX}lr")
        with right:
            rho = controls.hyper_control(RHO, f"{_PREFIX}rho", default=RADIUS)
    race = walks(start, lr, rho)
    place = room(["plane", "loss"], 420, _PREFIX)
    step = controls.moment_control(STEPS, _PREFIX)
    rate = controls.slider_dial(RATE, f"{_PREFIX}lr")
    dials = Dials({"sgd": [rate], "sam": [rate, controls.slider_dial(RHO, f"{_PREFIX}rho")]})
    stage(place, VALLEY, race, step, "Gradient descent and SAM in a valley", dials=dials)
    formula_line(rf"f(x, y) = {VALLEY.parsed.latex}")
    st.caption("x and y are the two weights, w₁ and w₂.")
    bullets(walk_sentences(race))
    prose(
        "Along the floor every point has loss 0, so one minimum can only be flatter than another, and it takes two "
        "weights to walk from one to the next. In one variable there is nothing to walk along: of two wells SAM ends "
        "in the wider one no more often than gradient descent does, and some of its runs stay on the top between them, "
        "because the step uphill fetches its gradient from the other side. The experiment below counts them."
    )
    if controls.switch("This walk of SAM in PyTorch", f"{_PREFIX}code_sam"):
        program(torch_script(race[-1][1].run), 320)


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
        "they are what accumulation and 16-bit numbers save. Single numbers kept for all weights are left out."
    )


# What the sections that are more than experiments and statements begin with, by key.
MORE: Mapping[str, Callable[[], None]] = {"scaling": _scaling, "sam": _sam, "memory": _memory}
