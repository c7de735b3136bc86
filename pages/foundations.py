"""Foundations: one point on one curve, its slope, and the step that follows from it."""

import streamlit as st

from core import Run, trace
from core.racers import RACERS
from core.scenarios import DESCENTS
from ui import controls, navigation, panels
from ui.stage import stage

navigation.begin(navigation.FOUNDATIONS)
opening = next(iter(DESCENTS.values()))
racer = RACERS["sgd"]

with st.sidebar:
    objective = controls.objective_control(1, opening.objective)
    start = controls.start_control(objective)
    settings = controls.hypers_control(racer, opening.rules[racer.key])
    steps = controls.steps_control(opening.steps)

path = trace(Run(objective.reference, racer.optimizer.key, start, steps, settings))
race = [(racer, path)]

curve = controls.view_control("Curve", {"Loss": "loss", "Gradient norm": "norm"}, "curve")
picture = st.container()

st.subheader("This step", anchor=False)
step = controls.moment_control(steps)
panels.step_panel(path, step)
with picture:
    stage(objective, race, ["curve", curve], step, 440, f"Gradient descent on {objective.name}")

st.subheader("What happened", anchor=False)
panels.story_panel(race)

st.subheader("The objective", anchor=False)
panels.objective_panel(objective)

st.subheader("The rule", anchor=False)
panels.rule_panel(racer, settings)

panels.scenarios_panel(DESCENTS, navigation.FOUNDATIONS)
