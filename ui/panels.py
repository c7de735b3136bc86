"""Panels that several pages show: a rule's formula, what happened in words, the numbers of the runs, a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.figures import DARK, LIGHT, Look
from core.formula.latex import measured
from core.formula.rule_latex import Line, aligned, start_lines, step_lines
from core.ledger import ledger
from core.objectives import Objective
from core.optimizers import Optimizer
from core.scenarios import Scenario
from core.summary import retell, row, step_sentence
from core.trace import Path
from ui.controls import scenario_link
from ui.navigation import Page

# Every picture's tools: nothing that leads away, wheel zoom off so that a page scrolls under the pointer.
_CONFIG = {
    "displaylogo": False,
    "scrollZoom": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "toggleSpikelines"],
}


def look() -> Look:
    """The look that suits the visitor's theme."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def picture(figure: go.Figure, key: str, height: int, alt: str) -> None:
    """``figure`` across its column; ``alt`` says in words what it shows."""
    st.plotly_chart(figure, key=key, height=height, theme=None, config=_CONFIG, alt=alt)


def objective_panel(declared: Objective) -> None:
    """The objective's formula, why it is interesting, and its source."""
    st.latex(rf"f({', '.join(declared.parsed.variables)}) = {declared.parsed.latex}")
    if declared.idea:
        st.markdown(declared.idea)
    if declared.source:
        st.caption(f"Source: {declared.source}")


def rule_panel(optimizer: Optimizer, settings: dict[str, float]) -> None:
    """A rule: its idea, its lines with time indices, the hyperparameters it ran with, what it keeps and costs."""
    rule = optimizer.parsed
    st.markdown(f"#### {optimizer.name}")
    st.caption(f"{optimizer.authors} {optimizer.year}")
    st.markdown(optimizer.idea)
    st.latex(aligned([*start_lines(rule), *step_lines(rule)]))
    values = ",\\quad ".join(f"{hyper.symbol} = {settings[hyper.name]:.6g}" for hyper in optimizer.hypers)
    st.latex(values)
    st.caption(f"{_state(optimizer)} {_cost(optimizer)} Source: {optimizer.source}")


def _state(optimizer: Optimizer) -> str:
    count = optimizer.parsed.numbers_per_weight
    if not optimizer.state:
        return "It remembers nothing."
    kept = "; ".join(f"{name}: {meaning}" for name, meaning in optimizer.state.items())
    return f"It keeps {count} {'number' if count == 1 else 'numbers'} per weight ({kept})."


def _cost(optimizer: Optimizer) -> str:
    always, sometimes = optimizer.parsed.cost
    text = f"It asks for {always} gradient{'' if always == 1 else 's'} a step"
    return f"{text}, and sometimes for {sometimes} more." if sometimes else f"{text}."


def story_panel(racers: Sequence[tuple[Optimizer, Path]]) -> None:
    """What happened in this run, in words with its numbers."""
    st.markdown("\n".join(f"- {sentence}" for sentence in retell(racers)))


def numbers_panel(racers: Sequence[tuple[Optimizer, Path]]) -> None:
    """One row of numbers per run."""
    table = pd.DataFrame([asdict(row(optimizer, path)) for optimizer, path in racers])
    number = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "rule": "Update rule",
            "outcome": "Outcome",
            "steps": number("Steps"),
            "gradients": number("Gradients", help="Gradient evaluations the rule asked for; a Hessian counts as one."),
            "loss": number("Loss at the end", format="%.4g"),
            "best": number("Lowest loss", format="%.4g"),
            "gradient_norm": number("Gradient norm", format="%.4g"),
            "position": "Last position",
        },
    )


def step_panel(path: Path, moment: int) -> None:
    """The step that follows the iterate ``moment``, in words and line by line with its numbers."""
    last = len(path.x) - 2
    if last < 0:
        st.markdown(str(path.status))
        return
    step = min(moment, last) + 1
    if moment > last:
        st.caption(f"The path ends at step {last + 1}; this is its last step.")
    st.markdown(step_sentence(path, step))
    lines = ledger(path, step).lines
    st.latex(aligned([Line(line.left, f"{line.right} = {measured(line.value).latex}") for line in lines]))


def scenarios_panel(scenarios: Mapping[str, Scenario], page: Page) -> None:
    """Prepared runs, each with the reason to look at it and a link that opens it on ``page``."""
    st.subheader("Try", anchor=False)
    columns = st.columns(3)
    for place, scenario in enumerate(scenarios.values()):
        with columns[place % len(columns)].container(border=True, height="stretch"):
            st.page_link(page.file, label=f"**{scenario.title}**", query_params=scenario_link(scenario))
            st.markdown(scenario.idea)
