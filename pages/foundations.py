"""Foundations: one point on one curve, its slope, and the step that follows from it."""

import streamlit as st

from core import Run, trace
from core.catalogue.racers import RACERS
from core.engine.scenarios import DESCENTS, HILLS
from ui import controls, navigation
from ui.panels import catalogue, claims, outcome
from ui.stage import stage

navigation.begin(navigation.FOUNDATIONS)
opening = next(iter(DESCENTS.values()))
racer = RACERS["sgd"]
prefix = navigation.FOUNDATIONS.prefix

with st.sidebar:
    objective = controls.objective_control(1, opening.objective, prefix)
    start = controls.start_control(objective, prefix)
    tuning = controls.racer_control(racer, opening.rules[racer.key], prefix)
    steps = controls.steps_control(opening.steps, prefix)

path = trace(Run(objective.reference, racer.optimizer.reference, start, steps, **tuning))
race = [(racer, path)]

curves = {"Loss": "loss", "Gradient norm": "norm", "Learning rate": "rate"}
curve = controls.view_control("Curve", curves, f"{prefix}curve")
picture = st.container()

st.subheader("This step", anchor="step")
step = controls.moment_control(steps, prefix)
outcome.step_panel(path, step)
with picture:
    stage(objective, race, ["curve", curve], step, 420, f"Gradient descent on {objective.name}", prefix)

st.subheader("What happened", anchor="story")
outcome.story_panel(race)
controls.scenario_row(DESCENTS, navigation.FOUNDATIONS)

st.subheader("A descent that never arrives", anchor="playground")
st.markdown(
    "The curve above opens on a well-known playground, with its well-known settings. The point never reaches the "
    "bottom, and more steps do not help: near the flat inflection at 0 the slope shrinks with the square of the "
    "distance, so that every step covers less of what is left. A larger rate does not help either. To jump from −0.5 "
    "across the inflection in one step, the rate must be above 2/11, and above 8/81 no run settles at the minimum on "
    "the other side: it stays there only if a step lands on 2.25 exactly, as the first one does at α = 1. What does "
    "arrive: a start beyond 0, or a rule that remembers where it was going."
)
claims.claim_cards(claims.claims_about("foundations", "playground"))

st.subheader("The mountain, and where the picture ends", anchor="mountain")
st.markdown(
    "Position stands for the weights, height for the loss, and the next step goes against the slope under one's feet. "
    "That is gradient descent in two dimensions, and it is a good first picture. It says nothing about how long a step "
    "may be, what a third or a millionth dimension changes, or which direction is steepest when length is measured "
    "differently."
)
hill = controls.scenario_control("Landscape", HILLS, "hill", "h")
hill_run = hill.runs()[0]
hill_start = controls.start_control(hill.resolved_objective, "h")
hill_path = trace(Run(hill_run.objective, hill_run.optimizer, hill_start, hill_run.steps, hill_run.settings))
hill_picture = st.container()
hill_step = controls.moment_control(hill_run.steps, "h")
with hill_picture:
    stage(
        hill.resolved_objective, [(racer, hill_path)], ["space", "plane"], hill_step, 420, "A ball on a landscape", "h"
    )
st.markdown(hill.idea)
claims.claim_cards(claims.claims_about("foundations", "mountain"))

st.subheader("Local and global minima", anchor="minima")
st.markdown(
    "Descent goes down from where it stands. Which minimum that leads to is decided by the start far more than by the "
    "learning rate, and whether the others matter depends on the function, not on the rule."
)
claims.claim_cards(claims.claims_about("foundations", "minima"))
claims.experiment_card("X10")

st.subheader("The objective", anchor="objective")
catalogue.objective_panel(objective)

st.subheader("The rule", anchor="rule")
catalogue.rule_panel(racer, tuning["hypers"])
navigation.onwards(navigation.FOUNDATIONS)
