"""The panels of the Update rule page: one step in its six parts, the descent, the limit, a network's gradients."""

from dataclasses import astuple
from functools import lru_cache

import streamlit as st

from core.catalogue.optimizers import OPTIMIZERS
from core.catalogue.racers import RACERS
from core.engine.trace import Path
from core.export.line_scripts import example_script
from core.figures import backprop_figure
from core.figures.backprop import Direction
from core.figures.line_fit import paper_figure, step_figure
from core.formula.words import digits
from core.lessons.rate_check import Check
from core.lessons.steps import Stage, six_steps
from core.problems.example import BIAS, RATE, WEIGHT, Convention, Example, convention_rows
from core.problems.example_data import LARGEST as LARGEST_NUMBER
from core.problems.network.backprop import ACTIVATIONS, INPUTS, LARGEST, LARGEST_SEED, TELLERS
from core.problems.network.backprop import Example as Network
from core.problems.network.initialisation import Initialisation
from ui.controls import (
    chip_control,
    choice,
    fold,
    hyper_control,
    moment_control,
    number_control,
    slider_dial,
    steps_dial,
    view_control,
)
from ui.kit import share
from ui.kit.elements import formula_line, look, picture, program, prose, written_table
from ui.kit.limits import OWN
from ui.navigation import OPTIMIZERS as OPTIMIZERS_PAGE
from ui.navigation import UPDATE_RULE, link
from ui.stage import Asks, Dials, room, stage

_PREFIX = UPDATE_RULE.prefix
# Figures that do not follow the stage are kept.
_network_figure = lru_cache(maxsize=64)(backprop_figure)


def rate_control() -> float:
    """The learning rate."""
    (rate,) = OPTIMIZERS["sgd"].hypers
    return hyper_control(rate, f"{_PREFIX}lr", default=RATE)


def convention_control() -> Convention:
    """How the squares become the loss."""
    options = {convention.label: convention for convention in Convention}
    return choice("Loss", options, f"{_PREFIX}loss", Convention.MEAN.label)


def line_control() -> tuple[float, float]:
    """Slope and intercept of the first line; keys as those of a start, so that a click in the bowl sets them."""
    left, right = st.columns(2)
    with left:
        w = _number("Slope w", "x", LARGEST_NUMBER, WEIGHT)
    with right:
        b = _number("Intercept b", "y", LARGEST_NUMBER, BIAS)
    return w, b


def _number(label: str, name: str, largest: float, default: float) -> float:
    return number_control(label, f"{_PREFIX}{name}", -largest, largest, default)


def stage_control(example: Example, steps: int) -> Stage:
    """Which of the six steps is looked at."""
    stages = {one.key: one for one in six_steps(example, steps)}
    numbers = {key: number for number, key in enumerate(stages, 1)}
    return chip_control("Part of the step", stages, f"{_PREFIX}part", lambda one: f"{numbers[one.key]} {one.title}")


def stage_panel(example: Example, path: Path, chosen: Stage) -> None:
    """One of the six steps: in the picture, in words, in symbols and in numbers."""
    drawn, words = st.columns([4, 7], gap="medium")
    with drawn:
        figure = step_figure(example, chosen.key, _lines(path), look())
        picture(figure, f"{_PREFIX}_step", 300, f"The points and the line; {chosen.title.lower()}")
    with words:
        prose(chosen.sentence)
        formula_line(chosen.symbols)
        formula_line(chosen.latex)


def _lines(path: Path) -> list[tuple[float, float]]:
    return [(float(w), float(b)) for w, b in path.x]


def descent_panel(example: Example, path: Path, checked: Check, steps: int) -> None:
    """The line on its data, its point in the bowl, loss and theory, on a clock of ``steps``."""
    sgd = RACERS["sgd"]
    (rate,) = sgd.optimizer.hypers
    place = room(["fit", "plane", "loss", "gauge"], 264, _PREFIX)
    step = moment_control(steps, _PREFIX)
    stage(
        place,
        example.objective,
        [(sgd, path)],
        step,
        "The line, the bowl, the loss and the factor per step",
        paper=lambda look: paper_figure(example, look),
        dials=Dials({sgd.key: [slider_dial(rate, f"{_PREFIX}lr")]}, [steps_dial(_PREFIX)]),
        checked=checked,
        asks=Asks("update_rule/descent", example),
    )


def convention_fold(example: Example) -> None:
    """The same line and data under every convention; the one that is used stands out."""

    def draw() -> None:
        prose(
            "The same line and the same points have four usual losses. They agree on which line is best but not on how "
            "steep the loss is, so a learning rate means nothing until the loss is written down."
        )
        lines = ["| Convention | J | ∂J/∂w | ∂J/∂b | 2/L |", "|:--|--:|--:|--:|--:|"]
        rows = {row.name: row for row in convention_rows(example)}
        used = rows[example.convention.label]
        for row in rows.values():
            name, *numbers, _ = astuple(row)
            mark = "**" if row is used else ""
            lines.append("".join(f"| {mark}{cell}{mark} " for cell in [name, *map(digits, numbers)]) + "|")
        written_table("\n".join(lines), f"{_PREFIX}conventions")
        st.caption(f"The learning rate is {digits(used.percent)} % of 2/L for the convention in use, in bold.")

    fold("Sum or mean? Four ways to write the loss, and how large a rate each allows", f"{_PREFIX}averaged", draw)


def network_panel() -> None:
    """A network of two layers with every number on its edges, going forward or coming back."""
    network, direction = _network_controls()
    words = TELLERS[direction](network)
    figure = _network_figure(network, look(), direction)
    picture(figure, f"{_PREFIX}_network", int(figure.layout.height), words)
    prose(words)
    inner = network.initialisation.explained(INPUTS, network.hidden)
    prose(f"**First weights.** {inner}")


def _network_controls() -> tuple[Network, Direction]:
    directions: dict[str, Direction] = {"Forward": "forward", "Backward": "backward"}
    kinds = {activation.label: activation for activation in ACTIVATIONS}
    schemes = {scheme.label: scheme for scheme in Initialisation}
    way, units, does, begins = st.columns([2, 2, 2, 2], vertical_alignment="bottom")
    with way:
        direction = view_control("Direction", directions, f"{_PREFIX}way")
    with units:
        hidden = view_control("Hidden units", {"3 units": 3, "2 units": 2}, f"{_PREFIX}units")
    with does:
        activation = choice("Activation", kinds, f"{_PREFIX}act", ACTIVATIONS[0].label)
    with begins:
        scheme = choice("First weights", schemes, f"{_PREFIX}init", Initialisation.XAVIER.label)
    opening = Network()
    with st.expander("Inputs, target and seed"):
        columns = st.columns(4)
        with columns[0]:
            first = _number("Input x₁", "in1", LARGEST, opening.inputs[0])
        with columns[1]:
            second = _number("Input x₂", "in2", LARGEST, opening.inputs[1])
        with columns[2]:
            target = _number("Target y", "target", LARGEST, opening.target)
        with columns[3]:
            seed = int(number_control("Seed", f"{_PREFIX}seed", 0.0, float(LARGEST_SEED), 0.0, whole=True))
    return Network(hidden, activation, scheme, seed, (first, second), target), direction


def code_panel(example: Example, steps: int) -> None:
    """The same line, data and steps in PyTorch, and the way to race other rules in this bowl."""

    def draw() -> None:
        program(example_script(example, steps), 420)

    fold("PyTorch code of these steps", f"{_PREFIX}code", draw)
    settings: dict[str, share.Setting] = {
        "f": OWN,
        "formula": example.formula,
        "x": example.w,
        "y": example.b,
        "rules": ["Gradient descent", "Momentum", "Adam"],
        "sgd_lr": example.lr,
    }
    link(OPTIMIZERS_PAGE, "Race other rules in **this bowl**", settings)
