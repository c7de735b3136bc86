"""The panels of the Reference page: tables made from the declarations, the check against PyTorch, code that runs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd
import streamlit as st

from core import OPTIMIZERS, SCHEDULES, Run, trace
from core.export import optimizer_source, schedule_line, torch_line
from core.figures import schedule_curve
from core.formula.rule_latex import aligned, start_lines, step_lines
from core.racers import RACERS
from core.reference import (
    MAX_SEARCH,
    as_csv,
    matching,
    narrowed,
    narrowing_sentence,
    optimizer_rows,
    questions,
    schedule_rows,
)
from core.schedules import Schedule
from core.snippets import SNIPPETS
from ui import process, share
from ui.controls import choice, hyper_control, hyper_label
from ui.navigation import OPTIMIZERS as OPTIMIZERS_PAGE
from ui.panels import look, picture, rule_panel

_PREFIX = "r"
# Steps over which a schedule is drawn, and the learning rate that it is a share of.
_STEPS, _RATE = 100, 0.01
# What is shown of each table's rows, and how it is headed.
_PARITY: dict[str, Any] = {
    "peer": "In PyTorch",
    "deviation": st.column_config.NumberColumn("Largest |Δ|", format="%.1e", help="Of any coordinate at any step."),
    "note": st.column_config.TextColumn("What to know", width="large"),
}
_COLUMNS: dict[str, dict[str, Any]] = {
    "rules": {
        "name": st.column_config.TextColumn("Rule", pinned=True),
        "years": "Year",
        "best_for": st.column_config.TextColumn("Best for", width="medium"),
        "memory": st.column_config.NumberColumn("Memory", help="Numbers kept for each weight."),
        "gradients": st.column_config.TextColumn("Gradients a step", help="A Hessian counts as one."),
        "momentum": "Momentum",
        "scaling": st.column_config.TextColumn(
            "Scaling per coordinate", help="What each coordinate's step is divided by."
        ),
        "family": "Family",
        "torch": st.column_config.TextColumn("PyTorch", help="Its class in torch.optim, if there is one."),
        "source": "Source",
    },
    "schedules": {
        "name": st.column_config.TextColumn("Schedule", pinned=True),
        "idea": "Idea",
        "hypers": "Hyperparameters",
        "torch": st.column_config.TextColumn("PyTorch", help="Its class in torch.optim.lr_scheduler."),
        "trap": "Watch out",
        "source": "Source",
    },
    "parity": {"name": st.column_config.TextColumn("Rule", pinned=True), **_PARITY},
    "parity_schedules": {"name": st.column_config.TextColumn("Schedule", pinned=True), **_PARITY},
}


def optimizers_panel() -> None:
    """Three questions and a search that narrow the table of rules; the rule chosen in it, with formula and code."""
    rows = optimizer_rows()
    answers = []
    asked = questions()
    for question, column in zip(asked, st.columns(len(asked), vertical_alignment="bottom"), strict=True):
        with column:
            answers.append(choice(question.text, list(question.answers), question.answers[0], _PREFIX + question.key))
    text = st.text_input(
        "Search the table",
        key=f"{_PREFIX}find",
        max_chars=MAX_SEARCH,
        placeholder="A name, an author, a year, a purpose",
        bind="query-params",
    )
    fitting = narrowed(rows, *answers)
    found = matching(fitting, str(text))
    if len(fitting) < len(rows):
        st.markdown(narrowing_sentence(rows, *answers))
    if found:
        _table(found, f"{_PREFIX}rule", "rules")
        st.caption("Press a heading to sort. Choose a row to see its formula and its code below.")
        st.download_button(
            "Table as CSV",
            lambda: as_csv(found),
            "optimizers.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
            key=f"{_PREFIX}rules_csv",
        )
    elif fitting:
        st.info(f"None of these rules mentions {share.quoted(str(text))}.", icon=":material/search_off:")
    names = {declared.name: key for key, declared in OPTIMIZERS.items()}
    key = names[choice("Rule", list(names), "Adam", f"{_PREFIX}rule")]
    _rule(key)


def _rule(key: str) -> None:
    racer = RACERS[key]
    declared = racer.optimizer
    settings = {hyper.name: hyper.default for hyper in declared.hypers}
    rule_panel(racer, settings)
    if declared.torch:
        st.code(torch_line(declared, settings), language="python")
        if declared.torch.note:
            st.caption(declared.torch.note)
    else:
        st.caption("torch.optim has no such class; this one is made from the lines above.")
        st.code(optimizer_source(declared), language="python", height=300)
    st.page_link(
        OPTIMIZERS_PAGE.file,
        label=f"Race **{declared.name}**",
        icon=OPTIMIZERS_PAGE.icon,
        query_params={"rules": [declared.name]},
    )


def schedules_panel() -> None:
    """The table of schedules; the one chosen in it, with its formula, its curve and its line of PyTorch."""
    _table(schedule_rows(), f"{_PREFIX}schedule", "schedules")
    names = {declared.name: declared for declared in SCHEDULES.values()}
    schedule = names[choice("Schedule", list(names), SCHEDULES["cosine"].name, f"{_PREFIX}schedule")]
    words, drawn = st.columns([2, 3], gap="medium")
    with words:
        st.markdown(schedule.idea)
        settings = {
            hyper.name: hyper_control(
                hyper, f"{_PREFIX}_{schedule.key}_{hyper.name}", hyper_label(hyper), hyper.default
            )
            for hyper in schedule.hypers
        }
        st.markdown(f"**Watch out.** {schedule.trap}")
        st.caption(f"Source: {schedule.source}")
    with drawn:
        st.latex(aligned([*start_lines(schedule.parsed), *step_lines(schedule.parsed)]))
        _curve(schedule, settings)
    st.code(schedule_line(schedule, settings, _RATE, _STEPS), language="python")


def _curve(schedule: Schedule, settings: dict[str, float]) -> None:
    """What the schedule does to the learning rate of gradient descent in a ravine."""
    run = Run("ravine", "sgd", (1.0, 1.0), _STEPS, {"lr": _RATE}, schedule.key, settings)
    picture(
        schedule_curve(trace(run), look()),
        f"{_PREFIX}_curve",
        260,
        f"Learning rate under {schedule.name} over {_STEPS} steps",
    )


def _table(rows: Sequence[Any], key: str, name: str) -> None:
    """``rows`` as a table in which choosing one sets the control ``key`` to its name."""

    def take() -> None:
        chosen = st.session_state[f"{_PREFIX}_{name}"]["selection"]["rows"]
        # A forged message may hold anything.
        if chosen and isinstance(chosen[0], int) and 0 <= chosen[0] < len(rows):
            st.session_state[key] = rows[chosen[0]].name

    _frame(rows, name, on_select=take, selection_mode="single-row")


def _frame(rows: Sequence[Any], name: str, **more: Any) -> None:
    """``rows`` under the headings of the table ``name``."""
    columns: dict[str, Any] = _COLUMNS[name]
    frame = pd.DataFrame([asdict(row) for row in rows])[[*columns]]
    st.dataframe(frame, hide_index=True, key=f"{_PREFIX}_{name}", column_config=columns, **more)


@st.fragment
def parity_panel() -> None:
    """A button that takes the same runs through PyTorch, and how far apart the two then are."""
    if st.button("Check against PyTorch now", icon=":material/fact_check:", type="primary", key=f"{_PREFIX}check"):
        told = st.progress(0.0, "Loading PyTorch …")
        # Imports torch at once, which no page does by being opened.
        from core import torch_peer

        rules = torch_peer.check(lambda share: told.progress(share, "Running every rule twice …"))
        schedules = torch_peer.check_schedules()
        # torch.optim imports most of torch when it is first used.
        process.settle()
        told.empty()
        st.markdown(
            f"Just now, with PyTorch {rules[0].version}: {len(rules)} rules and {len(schedules)} schedules, each at "
            "its defaults and at a loud setting, over 200 steps."
        )
        for title, rows, key in (("Update rules", rules, "parity"), ("Schedules", schedules, "parity_schedules")):
            st.markdown(f"**{title}**")
            _frame(rows, key)
    else:
        st.caption("Nothing has been checked in this visit yet. It takes a few seconds, most of them to load PyTorch.")


def code_panel() -> None:
    """The snippets, a tab each, of which only the open one is sent."""
    names = [snippet.title for snippet in SNIPPETS.values()]
    tabs = st.tabs(names, key=f"{_PREFIX}code", on_change="rerun", bind="query-params")
    for tab, snippet in zip(tabs, SNIPPETS.values(), strict=True):
        if tab.open:
            with tab:
                st.markdown(snippet.introduction)
                st.code(snippet.code, language="python", height=460)
                st.markdown("\n".join(f"- {note}" for note in snippet.notes))
