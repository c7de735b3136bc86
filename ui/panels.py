"""Panels that several pages show: a rule's formula, what happened in words, the numbers of the runs, a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.figures import DARK, LIGHT, Look
from core.formula.latex import measured, number
from core.formula.rule_latex import Line, aligned, start_lines, step_lines
from core.hypers import Hyper
from core.ledger import ledger
from core.objectives import Objective
from core.optimizers import Optimizer
from core.scenarios import Scenario
from core.summary import retell, row, step_sentence
from core.trace import Path
from ui.controls import as_link, number_text, scenario_state
from ui.navigation import Page

# Streamlit's own sans-serif, which it serves itself.
_FONT = '"Source Sans", sans-serif'
# Cards side by side.
_CARDS = 3
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
    figure.update_layout(font_family=_FONT)
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
    words, formula = st.columns([2, 3], gap="medium", vertical_alignment="center")
    with words:
        st.markdown(f"#### {optimizer.name}")
        st.caption(f"{optimizer.authors} {optimizer.year}")
        st.markdown(optimizer.idea)
        st.markdown(f"{_state(optimizer)} {_cost(optimizer)}")
        st.caption(f"Source: {optimizer.source}")
    with formula:
        st.latex(aligned([*start_lines(rule), *step_lines(rule)]))
        st.latex(",\\quad ".join(_setting(hyper, settings[hyper.name]) for hyper in optimizer.hypers))


def _setting(hyper: Hyper, value: float) -> str:
    return f"{hyper.symbol} = {number(number_text(value)).latex}"


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
    column = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "rule": "Update rule",
            "outcome": "Outcome",
            "steps": column("Steps"),
            "gradients": column("Gradients", help="Gradient evaluations the rule asked for; a Hessian counts as one."),
            "loss": column("Loss at the end", format="%.4g"),
            "best": column("Lowest loss", format="%.4g"),
            "gradient_norm": column("Gradient norm", format="%.4g"),
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
    rule = path.run.resolved_optimizer.parsed
    filled = [Line("", f"{line.right} = {measured(line.value).latex}") for line in ledger(path, step).lines]
    st.latex(aligned([line for pair in zip(step_lines(rule), filled, strict=True) for line in pair]))


def scenarios_panel(scenarios: Mapping[str, Scenario], page: Page) -> None:
    """Prepared runs, each with the reason to look at it and a button that opens it on ``page``."""
    st.subheader("Try", anchor=False)
    listed = list(scenarios.values())
    for first in range(0, len(listed), _CARDS):
        for column, scenario in zip(st.columns(_CARDS), listed[first : first + _CARDS], strict=False):
            with column.container(border=True, height="stretch"):
                st.markdown(f"**{scenario.title}**")
                st.markdown(scenario.idea)
                # On the page itself the controls exist and must be set; on another one they will be read from the link.
                state = scenario_state(scenario)
                if st.button("Run it", key=f"try_{scenario.key}", on_click=st.session_state.update, args=(state,)):
                    st.switch_page(page.file, query_params=as_link(state))
