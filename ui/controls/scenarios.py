"""Prepared runs as controls: one of a few, cards or a row that open them, and the value of every control they set."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.catalogue.racers import RACERS, Racer
from core.catalogue.schedules import SCHEDULES
from core.engine.run import Run
from core.engine.scenarios import Scenario
from ui.controls.objective import start_state
from ui.controls.racers import hyper_key, schedule_hyper_key, schedule_key
from ui.kit import share
from ui.kit.basics import chip_control, chips_row
from ui.kit.limits import OWN
from ui.kit.share import Setting

# Chips in a row; of more scenarios a list has the others.
_CHIPS = 7


def scenario_control(label: str, scenarios: Mapping[str, Scenario], key: str, prefix: str) -> Scenario:
    """One of a few ``scenarios``, side by side; another one begins at its own start and stands at its own end.

    ``prefix`` begins the keys of the start and the step.
    """

    def restart() -> None:
        # Nothing is chosen by a message that no chip sends.
        chosen = scenarios.get(st.session_state[key], next(iter(scenarios.values())))
        st.session_state.update(start_state(chosen.start or chosen.resolved_objective.start, prefix))
        st.session_state[f"{prefix}t"] = float(chosen.steps)

    return chip_control(label, scenarios, key, lambda scenario: scenario.title, restart)


def scenario_state(scenario: Scenario, prefix: str) -> dict[str, Setting]:
    """The value of every control that ``scenario`` speaks of, by its key."""
    return race_state(scenario.racers, scenario.runs(), prefix)


def race_state(racers: Sequence[Racer], runs: Sequence[Run], prefix: str = "") -> dict[str, Setting]:
    """The value of every control that makes a page show ``runs``, all on one objective from one start, of ``racers``.

    ``prefix`` begins the keys of the controls.
    """
    first = runs[0]
    objective = first.resolved_objective
    shipped = objective.reference == objective.key
    state: dict[str, Setting] = {
        f"{prefix}f": objective.name if shipped else OWN,
        **({} if shipped else {f"{prefix}formula": objective.formula}),
        f"{prefix}steps": first.steps,
        f"{prefix}t": float(first.steps),
        **start_state(first.start, prefix),
    }
    for racer, run in zip(racers, runs, strict=True):
        schedule = run.resolved_schedule
        for hyper in racer.optimizer.hypers:
            state[prefix + hyper_key(racer, hyper.name)] = run.settings[hyper.name]
        state[prefix + schedule_key(racer)] = schedule.name
        for hyper in schedule.hypers:
            state[prefix + schedule_hyper_key(racer, schedule, hyper.name)] = run.schedule_settings[hyper.name]
    given: dict[str, Setting] = {"noise": first.noise, "clip": first.clip_norm or 0.0, "seed": float(first.seed)}
    rules = [racer.name for racer in racers if racer.key in RACERS]
    given |= {"rules": rules} if rules else {}
    given |= {racer.key: run.optimizer for racer, run in zip(racers, runs, strict=True) if racer.key not in RACERS}
    texts = [run.schedule for run in runs if run.schedule not in SCHEDULES]
    given |= {"schedule_text": texts[0]} if texts else {}
    return state | {prefix + key: value for key, value in given.items()}


def scenario_list(scenarios: Mapping[str, Scenario], prefix: str) -> None:
    """All ``scenarios`` by their titles, to load one; what runs says which one that is."""
    titles = {scenario.title: scenario for scenario in scenarios.values()}
    key = f"{prefix}load"

    def take() -> None:
        chosen = titles.get(st.session_state[key] or "")
        # So that the same one can be loaded again.
        st.session_state[key] = None
        if chosen is not None:
            share.ask(scenario_state(chosen, prefix))

    st.selectbox(
        "Scenarios",
        list(titles),
        None,
        key=key,
        on_change=take,
        placeholder=f"Load one of {len(titles)} scenarios",
        label_visibility="collapsed",
    )


def scenario_row(scenarios: Mapping[str, Scenario], runs: Sequence[Run], prefix: str) -> str:
    """Prepared runs in a row, the one that ``runs`` are marked; what to look for in that one, or "".

    ``prefix`` begins the keys of the controls that they set.
    """
    titles = {scenario.title: scenario for scenario in scenarios.values()}
    shown = {run.completed for run in runs}
    here = next((scenario for scenario in titles.values() if scenario.completed == shown), None)
    # Which one is marked follows from what runs, so each mark is a widget of its own. Were the state of one set here,
    # what a browser sent before it heard of that would look like a press.
    key = f"{prefix}try_{here.key if here is not None else 'none'}"

    chips = list(titles)[:_CHIPS]
    if here is not None and here.title not in chips:
        chips = [*chips[:-1], here.title]

    def take() -> None:
        # A late message says again what was marked, and a forged one what no chip says.
        chosen = titles.get(st.session_state[key], here)
        if chosen is not None and chosen is not here:
            share.ask(scenario_state(chosen, prefix))

    with chips_row(key, chips):
        st.pills(
            "Try",
            chips,
            default=here.title if here is not None else None,
            required=here is not None,
            key=key,
            on_change=take,
            label_visibility="collapsed",
        )
    return f"{here.title}. {here.idea}" if here is not None else ""
