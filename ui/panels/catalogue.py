"""Panels of what is declared: an objective, a rule, a schedule."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import Objective
from core.catalogue.optimizers import Optimizer
from core.catalogue.racers import Racer
from core.catalogue.schedules import Schedule
from core.engine.stationary import stationary
from core.engine.status import point_text
from core.export import schedule_line
from core.formula.latex import number
from core.formula.rule import Rule
from core.formula.rule_latex import aligned, start_lines, step_lines
from core.formula.words import digits
from ui.controls import hyper_control
from ui.kit import share
from ui.kit.elements import formula_line, prose, written_table


def objective_panel(objective: Objective) -> None:
    """The objective's formula, why it is interesting, and its source."""
    formula_line(rf"f({', '.join(objective.parsed.variables)}) = {objective.parsed.latex}")
    if objective.idea:
        prose(objective.idea)
    if objective.source:
        st.caption(f"Source: {objective.source}")
    _stationary(objective)


def _stationary(objective: Objective) -> None:
    """A table of the stationary points of ``objective``."""
    spots = stationary(objective)
    if not spots:
        st.caption("No point was found in the picture at which the slope is 0.")
        return
    rows = []
    for spot in spots:
        # The heading says of which variables.
        where, curvatures = point_text(spot.point).removeprefix("x = "), ", ".join(map(digits, spot.curvatures))
        rows.append(f"| {where} | {spot.kind} | {digits(spot.value)} | {curvatures} |")
    st.caption("Points in the picture where the slope is 0, as far as they were found")
    head = f"| {', '.join(objective.called[: objective.dimension])} | What it is | f | Curvatures |"
    written_table("\n".join([head, "|:--|:--|--:|:--|", *rows]), f"stationary_{objective.key}")


def rule_panel(racer: Racer, settings: Mapping[str, float] | None = None) -> None:
    """A rule: its idea, its lines with time indices, its hyperparameters, what it keeps and costs.

    ``settings`` are those it ran with; what is missing has its default.
    """
    optimizer = racer.optimizer
    rule = optimizer.parsed
    words, formula = st.columns([2, 3], gap="medium")
    with words:
        st.markdown(f"### {racer.name}")
        if optimizer.authors:
            st.caption(f"{optimizer.authors} {optimizer.year}")
        prose(optimizer.idea)
        if optimizer.fixes:
            prose(f"**The problem it addresses.** {optimizer.fixes}")
        if optimizer.use:
            prose(f"**When to use it.** {optimizer.use}")
        if optimizer.picture:
            prose(f"**What to expect in these pictures.** {optimizer.picture}")
        prose(f"{_state(optimizer)} {_cost(optimizer)}")
        if optimizer.source:
            st.caption(f"Source: {optimizer.source}")
    with formula:
        rule_lines(rule)
        given = settings or {}
        formula_line(
            ",\\quad ".join(_setting(hyper, given.get(hyper.name, hyper.default)) for hyper in optimizer.hypers)
        )


def rule_lines(rule: Rule) -> None:
    """The lines of a rule of optimization or of a schedule, with time indices."""
    formula_line(aligned([*start_lines(rule), *step_lines(rule)]))


def schedule_panel(
    schedule: Schedule,
    hypers: Sequence[Hyper],
    key: str,
    lr: float,
    steps: int,
    more: Callable[[dict[str, float]], object] = lambda _: None,
) -> dict[str, float]:
    """A schedule's settings, which are returned, its trap, formula and line of PyTorch over ``steps`` at rate ``lr``.

    ``hypers`` are its hyperparameters as they are to be offered, ``key`` begins their keys; ``more`` is drawn below the
    formula.
    """
    words, formula = st.columns([2, 3], gap="medium")
    with words:
        settings = {hyper.name: hyper_control(hyper, f"{key}_{schedule.key}_{hyper.name}") for hyper in hypers}
        prose(f"**Watch out.** {schedule.trap}")
        st.caption(f"Source: {schedule.source}")
    with formula:
        rule_lines(schedule.parsed)
        more(settings)
    st.code(schedule_line(schedule, settings, lr, steps), language="python", wrap_lines=True)
    return settings


def _setting(hyper: Hyper, value: float) -> str:
    return f"{hyper.symbol} = {number(share.number_text(value)).latex}"


def _state(optimizer: Optimizer) -> str:
    """What a rule keeps, in words."""
    rule = optimizer.parsed
    if not rule.state:
        return "It keeps no extra values."
    count = rule.numbers_per_weight
    kept = "; ".join(f"{name}: {optimizer.state[name]}" if name in optimizer.state else name for name in rule.state)
    return f"It keeps {count} {'number' if count == 1 else 'numbers'} per weight ({kept})."


def _cost(optimizer: Optimizer) -> str:
    always, sometimes = optimizer.parsed.cost
    if optimizer.parsed.needs_whole_hessian:
        return "It needs a gradient and the whole Hessian, a number for each pair of weights, at every step."
    text = f"It needs {always} gradient{'' if always == 1 else 's'} a step"
    if values := optimizer.parsed.values:
        text += f", and {'a loss' if values == 1 else f'{values} losses'} besides"
    return f"{text}, and sometimes {sometimes} more." if sometimes else f"{text}."
