"""Optimizers: several rules from one start on one landscape, each with its own hyperparameters."""

import streamlit as st

import ui.whole  # noqa: F401 (first, so that one visitor loads all while others wait)
from core.engine.scenarios import RACES
from ui import controls, navigation
from ui.kit.limits import MAX_RACERS
from ui.page import optimizers
from ui.panels import catalogue, claims, classroom
from ui.panels.editor import editor
from ui.panels.race import Entry, race_panel

navigation.begin(navigation.OPTIMIZERS)
opening = next(iter(RACES.values()))

with st.sidebar:
    objective = controls.objective_control(2, opening.objective)
    racers = controls.racers_control(list(opening.rules))
    start = controls.start_control(objective)
    steps = controls.steps_control(opening.steps)
    gradients = controls.gradients_control()

# The editor is drawn first, and must not stand where the picture will.
picture, below = st.container(), st.container()
with below:
    racers += editor()
with picture:
    entry = Entry(objective, racers, start, steps, gradients, opening.rules, RACES, MAX_RACERS)
    race_panel(
        entry,
        {"Contour": "plane", "3-D": "space"},
        {"Loss": "loss", "Gradient norm": "norm", "Learning rate": "rate"},
        340,
        f"Race on {objective.name}",
        "",
        lambda race, account: optimizers.race_sections(objective, race, account),
        "optimizers/race",
    )

with st.expander(f"The objective: {objective.name}"):
    catalogue.objective_panel(objective)
claims.about(navigation.OPTIMIZERS, "race", "About races")

st.header("Rule by rule", anchor="rules")
optimizers.rules_panel()
classroom.classroom_fold(navigation.OPTIMIZERS)
navigation.onwards(navigation.OPTIMIZERS)
