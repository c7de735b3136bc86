"""Foundations: one point on one curve, its slope, and the step that follows from it."""

import streamlit as st

from core import OPTIMIZERS, Run, trace
from core.figures import Trail, curve, gradient_progress, loss_progress
from core.scenarios import DESCENTS
from ui import controls, navigation, panels

navigation.begin(navigation.FOUNDATIONS)
opening = next(iter(DESCENTS.values()))
rule = OPTIMIZERS["sgd"]

with st.sidebar:
    objective = controls.objective_control(1, opening.objective)
    start = controls.start_control(objective)
    settings = controls.hypers_control(rule, opening.rules[rule.key])
    steps = controls.steps_control(opening.steps)
    step = controls.moment_control(steps)

path = trace(Run(objective.reference, rule.key, start, steps, settings))
trails = [Trail.of(path, rule)]
look = panels.look()

left, right = st.columns([3, 2])
with left:
    panels.picture(
        curve(objective, trails, look, step), "curve_view", 520, f"Gradient descent on {objective.name}, step {step}"
    )
with right:
    if controls.view_control("Curve", ["Loss", "Gradient norm"], "curve") == "Loss":
        panels.picture(loss_progress(trails, look, step), "progress", 480, "Loss over the steps")
    else:
        panels.picture(gradient_progress(trails, look, step), "progress", 480, "Gradient norm over the steps")

st.subheader("This step", anchor=False)
panels.step_panel(path, step)

st.subheader("What happened", anchor=False)
panels.story_panel([(rule, path)])

st.subheader("The objective", anchor=False)
panels.objective_panel(objective)

st.subheader("The rule", anchor=False)
panels.rule_panel(rule, settings)

panels.scenarios_panel(DESCENTS, navigation.FOUNDATIONS)
