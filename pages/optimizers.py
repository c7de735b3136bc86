"""Optimizers: several rules from one start on one landscape, each with its own hyperparameters."""

import streamlit as st

from core import Run, trace
from core.engine.scenarios import RACES
from ui import controls, navigation
from ui.page import optimizers
from ui.panels import catalogue, claims, export, outcome, rates
from ui.stage import stage

navigation.begin(navigation.OPTIMIZERS)
opening = next(iter(RACES.values()))

left, right = st.columns([3, 2])
with left:
    landscape = controls.view_control("Landscape", {"Contour": "plane", "3-D": "space"}, "view")
with right:
    curve = controls.view_control("Curve", {"Loss": "loss", "Gradient norm": "norm", "Learning rate": "rate"}, "curve")
picture, numbers, editor = st.container(), st.container(), st.container()

with editor:
    st.subheader("Edit a rule", anchor="edit")
    st.markdown("Change a line, and the rule you made races beside the one it came from.")
    optimizers.edit_control()
    own = controls.own_rule_control()

with st.sidebar:
    objective = controls.objective_control(2, opening.objective)
    racers = [*controls.racers_control(list(opening.rules)), *([own] if own else [])]
    start = controls.start_control(objective)
    steps = controls.steps_control(opening.steps)
    tuning = {racer.key: controls.racer_control(racer, opening.rules.get(racer.key, {})) for racer in racers}
    gradients = controls.gradients_control()

runs = [
    Run(objective.reference, racer.optimizer.reference, start, steps, **tuning[racer.key], **gradients)
    for racer in racers
]
race = [(racer, trace(run)) for racer, run in zip(racers, runs, strict=True)]

with numbers:
    st.subheader("One step in numbers", anchor="step")
    chosen, coordinate, step = outcome.step_controls(race, steps)
# The stage first: what is below need not be ready before it moves.
with picture:
    stage(objective, race, [landscape, curve], step, 440, f"Race on {objective.name}")
with numbers:
    outcome.ledger_panel(chosen, step, coordinate)
    st.subheader("What happened", anchor="story")
    outcome.story_panel(race)
    controls.scenario_row(RACES, navigation.OPTIMIZERS)
    outcome.numbers_panel(race)
    st.subheader("The winner is the learning rate", anchor="rates")
    rates.rates_panel(race)

with editor:
    if own:
        catalogue.rule_panel(own, tuning[own.key]["hypers"])

st.subheader("Take it home", anchor="export")
export.export_panel(objective, race, navigation.OPTIMIZERS)

st.subheader("The objective", anchor="objective")
catalogue.objective_panel(objective)

st.subheader("About races", anchor="races")
claims.about(navigation.OPTIMIZERS, "race", "About races")

st.subheader("Rule by rule", anchor="rules")
st.markdown("Each section has the idea, the formula, what it mends, what it costs, and what is said of it, checked.")
optimizers.rule_sections({key: chosen["hypers"] for key, chosen in tuning.items()})
navigation.onwards(navigation.OPTIMIZERS)
