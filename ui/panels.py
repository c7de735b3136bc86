"""Panels that several pages show: a rule's formula, what happened in words, the numbers of the runs, a picture."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.export.picture import CONFIG
from core.figures import DARK, LIGHT, Look, plot, regimes
from core.formula.latex import measured, number, symbol
from core.formula.rule_latex import Line, aligned, start_lines, step_lines
from core.hypers import Hyper
from core.ledger import ledger
from core.lessons.rate_check import LIMITS, Check, rate_sentences
from core.objectives import Objective
from core.optimizers import OPTIMIZERS, Optimizer
from core.racers import Racer
from core.scenarios import Scenario
from core.sensitivity import rate_plot, swept
from core.summary import Race, retell, row, step_sentence
from core.trace import Path
from ui import share
from ui.controls import choice, moment_control, scenario_state, view_control
from ui.navigation import Page

# Streamlit's own sans-serif, which it serves itself.
_FONT = '"Source Sans", sans-serif'
# Losses at many learning rates; a slider of one rule leaves the curves of the others as they are.
_swept = st.cache_data(max_entries=256, show_spinner=False)(swept)
# Pixels of a window in which a wide figure would be too small to read.
_NARROW = 760
# Cards side by side.
_CARDS = 3


def look() -> Look:
    """The look that suits the visitor's theme."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def picture(
    figure: go.Figure, key: str, height: int, alt: str, on_select: Callable[[], None] | Literal["ignore"] = "ignore"
) -> None:
    """``figure`` across its column; ``alt`` says in words what it shows, ``on_select`` what follows a click."""
    figure.update_layout(font_family=_FONT)
    st.plotly_chart(
        figure,
        key=key,
        height=height,
        theme=None,
        config=dict(CONFIG),
        alt=alt,
        on_select=on_select,
        selection_mode="points",
    )


def sheet(wide: go.Figure, narrow: go.Figure, key: str, alt: str, on_select: Callable[[str], None]) -> None:
    """A figure of fixed height in two arrangements, of which the browser shows the one that suits its width.

    Python does not know that width. ``on_select`` is given the key of the figure that was clicked in.
    """
    st.html(
        f"<style>@media (max-width: {_NARROW}px) {{ .st-key-{key}_wide_sheet {{ display: none; }} }}"
        f"@media (min-width: {_NARROW + 1}px) {{ .st-key-{key}_narrow_sheet {{ display: none; }} }}</style>"
    )
    for name, figure in ((f"{key}_wide", wide), (f"{key}_narrow", narrow)):
        with st.container(key=f"{name}_sheet"):
            picture(figure, name, int(figure.layout.height), alt, partial(on_select, name))


def regimes_panel(found: Check, key: str) -> None:
    """What every learning rate does by theory, and where this run stands."""
    told = f"Factor per step against the learning rate; the limit is {found.limit:.4g}, this run at {found.lr:.4g}"
    picture(regimes(found, look()), key, 200, told)


def rate_panel(path: Path, found: Check) -> None:
    """Prediction and measurement in words, beside the formula of both."""
    words, formula = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with words:
        st.markdown("\n".join(f"- {sentence}" for sentence in rate_sentences(path, found)))
    with formula:
        rule = OPTIMIZERS[found.key].parsed
        st.latex(aligned([*start_lines(rule), *step_lines(rule)]))
        st.latex(LIMITS[found.key])
        st.caption(
            "The limit, and what a step multiplies the distance by along a direction of curvature λ; L is the largest "
            "λ. " + ("" if found.key == "sgd" else "The factor is the z of larger size.")
        )


def objective_panel(declared: Objective) -> None:
    """The objective's formula, why it is interesting, and its source."""
    st.latex(rf"f({', '.join(declared.parsed.variables)}) = {declared.parsed.latex}")
    if declared.idea:
        st.markdown(declared.idea)
    if declared.source:
        st.caption(f"Source: {declared.source}")


def rule_panel(racer: Racer, settings: Mapping[str, float]) -> None:
    """A rule: its idea, its lines with time indices, the hyperparameters it ran with, what it keeps and costs."""
    optimizer = racer.optimizer
    rule = optimizer.parsed
    words, formula = st.columns([2, 3], gap="medium", vertical_alignment="center")
    with words:
        st.markdown(f"#### {racer.name}")
        if optimizer.authors:
            st.caption(f"{optimizer.authors} {optimizer.year}")
        st.markdown(optimizer.idea)
        if optimizer.fixes:
            st.markdown(f"**What it mends.** {optimizer.fixes}")
        if optimizer.use:
            st.markdown(f"**When to use it.** {optimizer.use}")
        if optimizer.picture:
            st.markdown(f"**In a picture.** {optimizer.picture}")
        st.markdown(f"{_state(optimizer)} {_cost(optimizer)}")
        if optimizer.source:
            st.caption(f"Source: {optimizer.source}")
    with formula:
        st.latex(aligned([*start_lines(rule), *step_lines(rule)]))
        st.latex(",\\quad ".join(_setting(hyper, settings[hyper.name]) for hyper in optimizer.hypers))


def _setting(hyper: Hyper, value: float) -> str:
    return f"{hyper.symbol} = {number(share.number_text(value)).latex}"


def _state(optimizer: Optimizer) -> str:
    """What a rule keeps, in words."""
    rule = optimizer.parsed
    if not rule.state:
        return "It remembers nothing."
    count = rule.numbers_per_weight
    kept = "; ".join(f"{name}: {optimizer.state[name]}" if name in optimizer.state else name for name in rule.state)
    return f"It keeps {count} {'number' if count == 1 else 'numbers'} per weight ({kept})."


def _cost(optimizer: Optimizer) -> str:
    always, sometimes = optimizer.parsed.cost
    text = f"It asks for {always} gradient{'' if always == 1 else 's'} a step"
    return f"{text}, and sometimes for {sometimes} more." if sometimes else f"{text}."


def edit_control() -> None:
    """Puts the text of a rule into the editor."""
    names = {optimizer.name: optimizer.text for optimizer in OPTIMIZERS.values()}

    def take() -> None:
        st.session_state["own"] = names.get(st.session_state["edit"], "")

    st.selectbox("Begin with", list(names), None, key="edit", on_change=take, placeholder="Choose a rule to change")


def rates_panel(race: Race) -> None:
    """The loss at the end against the learning rate for every racer, with a dot where this race stands on it."""
    st.markdown(
        "Every curve is one rule at all learning rates of its slider, from this start and with its other settings as "
        "they are. The dots are this race; where a curve ends, the rule diverges."
    )
    picture(
        plot(rate_plot(race, _swept), look()), "rates", 380, "Loss at the end against the learning rate, for every rule"
    )


def story_panel(race: Race) -> None:
    """What happened in this run, in words with its numbers."""
    st.markdown("\n".join(f"- {sentence}" for sentence in retell(race)))


def numbers_panel(race: Race) -> None:
    """One row of numbers per run."""
    table = pd.DataFrame([asdict(row(racer, path)) for racer, path in race])
    column = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "rule": "Update rule",
            "rate": column("Learning rate", format="%.4g"),
            "schedule": "Schedule",
            "outcome": "Outcome",
            "steps": column("Steps"),
            "gradients": column("Gradients", help="Gradient evaluations the rule asked for; a Hessian counts as one."),
            "loss": column("Loss at the end", format="%.4g"),
            "best": column("Lowest loss", format="%.4g"),
            "gradient_norm": column("Gradient norm", format="%.4g"),
            "position": "Last position",
        },
    )


def ledger_controls(race: Race, steps: int) -> tuple[Path, int, int]:
    """Whose step is looked at, along which coordinate, and which step: the path, the coordinate, the step."""
    who, where, when = st.columns([2, 2, 1], vertical_alignment="bottom")
    names = {racer.name: path for racer, path in race}
    with who:
        path = names[choice("Update rule", list(names), next(iter(names)), "of")]
    with where:
        variables = list(path.run.resolved_objective.parsed.variables)
        coordinate = view_control("Coordinate", {name: place for place, name in enumerate(variables)}, "along")
    with when:
        step = moment_control(steps)
    return path, coordinate, step


def step_panel(path: Path, step: int) -> None:
    """Step ``step`` of a path in one variable: in words, then line by line with its numbers."""
    if 1 <= step < len(path.x):
        st.markdown(step_sentence(path, step))
    ledger_panel(path, step, 0)


def ledger_panel(path: Path, step: int, coordinate: int) -> None:
    """Every line of a rule, and under it the same line with the numbers that ``step`` has along ``coordinate``."""
    taken = len(path.x) - 1
    if step == 0:
        st.caption("At step 0 nothing has happened yet; move the clock to see a step in numbers.")
        return
    if taken == 0:
        st.markdown(str(path.status))
        return
    if step > taken:
        st.caption(f"This path ended at step {taken}, which is shown. {path.status}")
    optimizer = path.run.resolved_optimizer
    shown = ledger(path, min(step, taken), coordinate)
    filled = [Line("", f"{line.right} = {measured(line.value).latex}") for line in shown.lines]
    st.latex(aligned([line for pair in zip(step_lines(optimizer.parsed), filled, strict=True) for line in pair]))
    change = shown.after - shown.before
    memory = "; ".join(f"${symbol(name)}$ is the {meaning}" for name, meaning in optimizer.state.items())
    st.markdown(
        f"So step {shown.step} moves by ${measured(change).latex}$, from ${measured(shown.before).latex}$ to "
        f"${measured(shown.after).latex}$." + (f" Here {memory}." if memory else "")
    )


def scenario_cards(scenarios: Mapping[str, Scenario], page: Page) -> None:
    """Prepared runs, each with the reason to look at it and a button that opens it on ``page``, another one."""
    st.subheader("Try", anchor=False)
    listed = list(scenarios.values())
    for first in range(0, len(listed), _CARDS):
        for column, scenario in zip(st.columns(_CARDS), listed[first : first + _CARDS], strict=False):
            with column.container(border=True, height="stretch"):
                st.markdown(f"**{scenario.title}**")
                st.markdown(scenario.idea)
                if st.button("Run it", key=f"try_{scenario.key}"):
                    state = scenario_state(scenario, page.prefix)
                    st.switch_page(page.file, query_params=share.as_link(state))


def scenario_row(scenarios: Mapping[str, Scenario], page: Page) -> None:
    """Prepared runs for ``page``, the one that is open: a button each, which tells the reason to look when pointed at.

    A row takes a quarter of the elements of cards, and every element is sent again with every slider.
    """
    with st.container(horizontal=True):
        for scenario in scenarios.values():
            st.button(
                scenario.title,
                key=f"try_{scenario.key}",
                help=scenario.idea,
                on_click=st.session_state.update,
                args=(scenario_state(scenario, page.prefix),),
            )


def number_cell(value: float) -> str:
    """A number in a table of Markdown: four significant digits, typeset."""
    return f"${measured(value).latex}$"
