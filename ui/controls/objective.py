"""Controls of what is descended, from where and for how long."""

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from core.catalogue.objectives import OBJECTIVES, VARIABLES, Objective, boxed, own_objective, penalised
from core.formula import FormulaError, parse, read
from core.formula.objective import EVERYWHERE, MAX_CHARACTERS
from core.formula.tree import names_in
from ui.controls.hypers import whole_slider
from ui.kit import share
from ui.kit.basics import choice, last_good, named, number_control, number_in, text_setting
from ui.kit.limits import MAX_START, MAX_STEPS, MAX_TEXT, OWN


def objective_control(dimension: int | None, default: str, prefix: str = "") -> Objective:
    """Chooses an objective of ``dimension`` variables, or takes a formula; with ``None`` of one or of two.

    A text that is not a formula is explained below its box and stays in it; the last one that was, or ``default``, is
    shown instead. ``prefix`` begins the keys, here and in the other controls.
    """
    shipped = named(objective for objective in OBJECTIVES.values() if dimension in (None, objective.dimension))

    def restart() -> None:
        # A start that was good for the last objective may lie outside the picture of the next.
        chosen = shipped.get(st.session_state[f"{prefix}f"])
        if chosen is None:
            _begin_anew(OBJECTIVES[default].formula, dimension, prefix)
        else:
            st.session_state.update(start_state(chosen.start, prefix))

    options: dict[str, Objective | None] = {**shipped, OWN: None}
    chosen = choice("Objective", options, f"{prefix}f", OBJECTIVES[default].name, restart)
    objective = chosen or _own_formula(dimension, OBJECTIVES[default], prefix)
    held = objective.parsed.box is not None
    with st.container(horizontal=True, gap="xsmall"):
        for key, label, help_, text in (
            (
                "penalise",
                "+ L2 penalty",
                "Adds a tenth of the squared distance from 0 to the formula, which moves the minimum towards 0. The "
                "formula is yours to change then.",
                penalised(objective),
            ),
            (
                "box",
                "− Box" if held else "+ Box",
                "Lets the runs leave the box again."
                if held
                else "Holds every run within bounds, which you can change: a step that leads out of them ends at their "
                "edge.",
                boxed(objective),
            ),
        ):
            st.button(
                label,
                key=prefix + key,
                help=help_,
                disabled=len(text) > MAX_CHARACTERS or share.locked(f"{prefix}f") or share.locked(f"{prefix}formula"),
                on_click=share.ask,
                args=({f"{prefix}f": OWN, f"{prefix}formula": text},),
            )
    return objective


def _own_formula(dimension: int | None, fallback: Objective, prefix: str) -> Objective:
    key = f"{prefix}formula"
    names = "x, or of x and y" if dimension is None else " and ".join(VARIABLES[:dimension])
    label = f"Formula of {names}"
    text_setting(key, label, fallback.formula)
    before = st.session_state[key]
    if (strict := _strict(before, dimension)) != before:
        st.session_state[key] = strict
        st.session_state[_typed(key)] = (before, strict)
    text = st.text_input(
        label,
        fallback.formula,
        key=key,
        max_chars=MAX_TEXT,
        help="As on paper or as in a program: 2x², |x|, √x, e^(-x²), sin 2πx, 2*x**2; also log, min(a, b), max(a, b) "
        "and where(x > 0, a, b). Behind a semicolon stand bounds: x^2; x: (1, 2).",
        on_change=lambda: _begin_anew(fallback.formula, dimension, prefix),
        disabled=share.locked(key),
    )
    own = last_good(
        prefix,
        key,
        text,
        lambda formula: _made(formula, dimension),
        fallback,
        "The formula in the box",
        f"the picture shows {fallback.name}",
    )
    _offer_readings(text, dimension, prefix)
    typed, strict = st.session_state.get(_typed(key), ("", ""))
    if strict == text == own.formula:
        st.caption(f"{share.quoted(typed)} is read as {share.quoted(strict)}:")
        # Within a line it is broken where the sidebar ends.
        st.markdown(rf"$\displaystyle {own.parsed.latex}$")
    return own


def _variables(text: str, dimension: int | None) -> tuple[str, ...]:
    """The variables of the formula ``text``; where one is as good as two, both if it reads the second."""
    if dimension is not None:
        return VARIABLES[:dimension]
    with suppress(FormulaError):
        formula = parse(read(text, VARIABLES), VARIABLES)
        bounded = formula.box is not None and formula.box[1] != EVERYWHERE
        return VARIABLES if bounded or VARIABLES[1] in names_in(formula.tree) else VARIABLES[:1]
    with suppress(FormulaError):
        # In one variable what stands before an = may be called y.
        read(text, VARIABLES[:1])
        return VARIABLES[:1]
    return VARIABLES


def _made(text: str, dimension: int | None) -> Objective:
    variables = _variables(text, dimension)
    return own_objective(read(text, variables), len(variables))


def _typed(key: str) -> str:
    """Where the session keeps what was typed into the box ``key``, and what it was read as."""
    return f"{key}:typed"


def _strict(text: str, dimension: int | None) -> str:
    """The strict form of ``text``; ``text`` itself if it cannot be read, which is explained below its box."""
    try:
        return read(text, _variables(text, dimension))
    except FormulaError:
        return text


def _offer_readings(text: str, dimension: int | None, prefix: str) -> None:
    """A button for each of two formulas that ``text`` could mean, which puts that one into the box."""

    def choose(reading: str) -> None:
        st.session_state[f"{prefix}formula"] = reading
        _begin_anew(reading, dimension, prefix)

    try:
        read(text, _variables(text, dimension))
    except FormulaError as error:
        for reading in error.readings:
            key = f"{prefix}formula:{reading}"
            st.button(share.quoted(reading), key=key, on_click=choose, args=(reading,), width="stretch")


def _begin_anew(default: str, dimension: int | None, prefix: str) -> None:
    """Moves the start to where the formula in the box, ``default`` if there is none, starts."""
    with suppress(FormulaError):
        objective = _made(st.session_state.get(f"{prefix}formula", default), dimension)
        st.session_state.update(start_state(objective.start, prefix))


def start_control(objective: Objective, prefix: str = "") -> tuple[float, ...]:
    """The point where every path begins, one number per variable; ``prefix`` begins the keys."""
    start = []
    for name, number, column in zip(VARIABLES, objective.start, st.columns(objective.dimension), strict=False):
        with column:
            start.append(number_control(_start_label(name), f"{prefix}{name}", -MAX_START, MAX_START, number))
    return tuple(start)


def kept_start(objective: Objective, prefix: str) -> tuple[float, ...]:
    """The point where every path begins, chosen on a stage alone: no control for it is drawn."""
    names = VARIABLES[: objective.dimension]
    for name, number in zip(names, objective.start, strict=True):
        share.setting(f"{prefix}{name}", number, *number_in(-MAX_START, MAX_START), called=_start_label(name))
    return tuple(float(st.session_state[f"{prefix}{name}"]) for name in names)


def _start_label(name: str) -> str:
    return f"Start {name}"


def start_state(start: Sequence[float], prefix: str) -> dict[str, float]:
    """``start`` as its controls keep it."""
    return {f"{prefix}{name}": number for name, number in zip(VARIABLES, start, strict=False)}


def steps_control(default: int, prefix: str = "") -> int:
    """The number of steps every rule takes."""

    def to_the_end() -> None:
        st.session_state[f"{prefix}t"] = float(st.session_state[key])

    key = f"{prefix}steps"
    return whole_slider("Steps", key, 1, MAX_STEPS, default, (1, MAX_STEPS), on_change=to_the_end)


def moment_control(steps: int, prefix: str = "") -> int:
    """The step at which the clock stands, from 0; at the end unless said otherwise."""
    return int(number_control("Step shown", f"{prefix}t", 0.0, float(steps), float(steps), whole=True, width=160))
