"""Optimizers: several rules from one start on one landscape, each with its own hyperparameters."""

import streamlit as st

from core import Run, trace
from core.scenarios import RACES
from ui import controls, navigation, panels
from ui.stage import stage

navigation.begin(navigation.OPTIMIZERS)
opening = next(iter(RACES.values()))

with st.sidebar:
    objective = controls.objective_control(2, opening.objective)
    racers = controls.racers_control(list(opening.rules))
    start = controls.start_control(objective)
    steps = controls.steps_control(opening.steps)
    settings = {racer.key: controls.hypers_control(racer, opening.rules.get(racer.key, {})) for racer in racers}

race = [
    (racer, trace(Run(objective.reference, racer.optimizer.key, start, steps, settings[racer.key]))) for racer in racers
]

left, right = st.columns([3, 2])
with left:
    landscape = controls.view_control("Landscape", {"Contour": "plane", "3-D": "space"}, "view")
with right:
    curve = controls.view_control("Curve", {"Loss": "loss", "Gradient norm": "norm"}, "curve")
picture = st.container()

st.subheader("One step in numbers", anchor=False)
chosen, coordinate, step = panels.ledger_controls(race, steps)
panels.ledger_panel(chosen, step, coordinate)
with picture:
    stage(objective, race, [landscape, curve], step, 440, f"Race on {objective.name}")

st.subheader("What happened", anchor=False)
panels.story_panel(race)
panels.numbers_panel(race)
st.caption(
    "Which rule is ahead depends on the learning rates and on the start: move them and the order changes. Rules that "
    "ask for two gradients a step have done twice the work by the same step."
)

st.subheader("The objective", anchor=False)
panels.objective_panel(objective)

st.subheader("The rules that ran", anchor=False)
for racer, _ in race:
    with st.container(border=True):
        panels.rule_panel(racer, settings[racer.key])

panels.scenarios_panel(RACES, navigation.OPTIMIZERS)
