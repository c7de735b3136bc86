"""Controls of what is descended, from where and for how long."""

from collections.abc import Sequence

import streamlit as st

from core.catalogue.objectives import OBJECTIVES, OWN_START, VARIABLES, Objective, own_objective
from core.formula import FormulaError
from core.formula.objective import MAX_CHARACTERS
from ui.kit.basics import asked_number, choice, explain, named, number_control
from ui.kit.limits import MAX_START, MAX_STEPS, OWN


def objective_control(dimension: int, default: str, prefix: str = "") -> Objective:
    """Chooses an objective of ``dimension`` variables, or takes a formula.

    A text that is not a formula is explained below its box and stays in it; ``default`` is shown instead. ``prefix``
    begins the keys, here and in the other controls.
    """
    shipped = named(objective for objective in OBJECTIVES.values() if objective.dimension == dimension)

    def restart() -> None:
        # A start that was good for the last objective may lie outside the picture of the next.
        chosen = shipped.get(st.session_state[f"{prefix}f"])
        start = chosen.start if chosen is not None else OWN_START
        st.session_state.update(start_state(start, prefix))

    options: dict[str, Objective | None] = {**shipped, OWN: None}
    chosen = choice("Objective", options, f"{prefix}f", OBJECTIVES[default].name, restart)
    return chosen or _own_formula(dimension, OBJECTIVES[default], prefix)


def _own_formula(dimension: int, fallback: Objective, prefix: str) -> Objective:
    text = st.text_input(
        f"Formula of {' and '.join(VARIABLES[:dimension])}",
        value=fallback.formula,
        key=f"{prefix}formula",
        max_chars=MAX_CHARACTERS,
        help="Arithmetic with + - * / ** and brackets, the constants pi and e, and functions such as sqrt, exp, log, "
        "sin, abs, min, max and where(x > 0, a, b).",
        bind="query-params",
    )
    try:
        return own_objective(str(text), dimension)
    except FormulaError as error:
        explain(error)
        st.caption(f"Until then the picture shows {fallback.name}.")
        return fallback


def start_control(objective: Objective, prefix: str = "") -> tuple[float, ...]:
    """The point where every path begins, one number per variable; ``prefix`` begins the keys."""
    start = []
    for name, number, column in zip(VARIABLES, objective.start, st.columns(objective.dimension), strict=False):
        with column:
            start.append(number_control(f"Start {name}", f"{prefix}{name}", -MAX_START, MAX_START, number))
    return tuple(start)


def start_state(start: Sequence[float], prefix: str) -> dict[str, float]:
    """``start`` as its controls keep it."""
    return {f"{prefix}{name}": number for name, number in zip(VARIABLES, start, strict=False)}


def steps_control(default: int, prefix: str = "") -> int:
    """The number of steps every rule takes."""

    def to_the_end() -> None:
        st.session_state[f"{prefix}t"] = float(st.session_state[key])

    key = f"{prefix}steps"
    asked_number(key, 1, MAX_STEPS, whole=True)
    return int(st.slider("Steps", 1, MAX_STEPS, default, key=key, on_change=to_the_end, bind="query-params"))


def moment_control(steps: int, prefix: str = "") -> int:
    """The step at which the clock stands, from 0; at the end unless said otherwise."""
    return int(number_control("Step shown", f"{prefix}t", 0.0, float(steps), float(steps), whole=True, width=160))
