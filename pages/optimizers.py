"""Optimizers: several rules from one start on one landscape, each with its own hyperparameters."""

import streamlit as st

from core import Run, trace
from core.figures import Trail, contour, gradient_progress, loss_progress, surface
from core.scenarios import RACES
from ui import controls, navigation, panels

navigation.begin(navigation.OPTIMIZERS)
opening = next(iter(RACES.values()))

with st.sidebar:
    objective = controls.objective_control(2, opening.objective)
    rules = controls.rules_control(list(opening.rules))
    start = controls.start_control(objective)
    steps = controls.steps_control(opening.steps)
    settings = {rule.key: controls.hypers_control(rule, opening.rules.get(rule.key, {})) for rule in rules}

racers = [(rule, trace(Run(objective.reference, rule.key, start, steps, settings[rule.key]))) for rule in rules]
trails = [Trail.of(path, rule) for rule, path in racers]
look = panels.look()
names = ", ".join(rule.name for rule in rules)

left, right = st.columns([3, 2])
with left:
    if controls.view_control("View", ["Contour", "3-D"], "view") == "Contour":
        panels.picture(contour(objective, trails, look), "landscape", 520, f"Paths of {names} on {objective.name}")
    else:
        panels.picture(surface(objective, trails, look), "landscape", 520, f"Paths of {names} on {objective.name}, 3-D")
with right:
    if controls.view_control("Curve", ["Loss", "Gradient norm"], "curve") == "Loss":
        panels.picture(loss_progress(trails, look), "progress", 520, f"Loss of {names} over the steps")
    else:
        panels.picture(gradient_progress(trails, look), "progress", 520, f"Gradient norm of {names} over the steps")

st.subheader("What happened", anchor=False)
panels.story_panel(racers)
panels.numbers_panel(racers)
st.caption(
    "Which rule is ahead depends on the learning rates and on the start: move them and the order changes. Rules that "
    "ask for two gradients a step have done twice the work by the same step."
)

st.subheader("The objective", anchor=False)
panels.objective_panel(objective)

st.subheader("The rules that ran", anchor=False)
for rule, _ in racers:
    with st.container(border=True):
        panels.rule_panel(rule, settings[rule.key])

panels.scenarios_panel(RACES, navigation.OPTIMIZERS)
