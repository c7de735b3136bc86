"""Foundations: points on one curve, the slope there, and the step that each rule makes of it."""

import streamlit as st

from core import Run, trace
from core.catalogue.racers import RACERS
from core.engine.scenarios import DESCENTS, HILLS
from core.engine.summary import Race
from core.formula.words import listed
from core.lessons.mountain import mountain_table
from ui import controls, navigation
from ui.kit.elements import written_table
from ui.kit.limits import MAX_CURVE_RACERS
from ui.panels import catalogue, claims, export, outcome
from ui.panels.race import Entry, race_panel
from ui.stage import Account, room, stage

navigation.begin(navigation.FOUNDATIONS)
opening = next(iter(DESCENTS.values()))
# Who joins begins at the same learning rate, where that suits it.
rates = DESCENTS["through"].rules
prefix = navigation.FOUNDATIONS.prefix

with st.sidebar:
    objective = controls.objective_control(1, opening.objective, prefix)
    racers = controls.racers_control(list(opening.rules), prefix, MAX_CURVE_RACERS)
    with st.expander("A rule of your own"):
        own = controls.own_rule_control(prefix)
    racers += [own] if own else []
    start = controls.start_control(objective, prefix)
    steps = controls.steps_control(opening.steps, prefix)
    gradients = controls.gradients_control(prefix)


def below(race: Race, account: Account) -> None:
    """What follows from the race, and runs with it."""
    outcome.step_panel(account.path, account.step)
    st.header("What happened", anchor="story")
    outcome.story_panel(race)
    export.export_panel(objective, race, navigation.FOUNDATIONS)


curves = {"Loss": "loss", "Gradient norm": "norm", "Learning rate": "rate"}
label = f"{listed([racer.name for racer in racers])} on {objective.name}"
entry = Entry(objective, racers, start, steps, gradients, rates, DESCENTS, MAX_CURVE_RACERS)
race_panel(entry, {"Curve": "curve"}, curves, 420, label, prefix, below)

st.header("The mountain, and where the picture ends", anchor="mountain")
st.markdown(
    "Somebody comes down a mountain blindfolded, feeling the slope and stepping against it. That is gradient descent "
    "in two dimensions, and it is a good first picture. It says nothing about how long a step may be, what a third or "
    "a millionth dimension changes, or which direction is steepest when length is measured differently."
)
hill = controls.scenario_control("Landscape", HILLS, "hill", "h")
hill_run = hill.runs()[0]
hill_start = controls.start_control(hill.resolved_objective, "h")
hill_path = trace(Run(hill_run.objective, hill_run.optimizer, hill_start, hill_run.steps, hill_run.settings))
written_table(mountain_table(hill_path), "mountain_table")
hill_place = room(["space", "plane"], 420, "h")
hill_step = controls.moment_control(hill_run.steps, "h")
hill_race = [(RACERS["sgd"], hill_path)]
stage(hill_place, hill.resolved_objective, hill_race, hill_step, "A ball on a landscape")
st.markdown(hill.idea)
claims.claim_cards(claims.claims_about("foundations", "mountain"))

st.header("A descent that never arrives", anchor="playground")
st.markdown(
    "This page opens on a well-known playground, with its well-known settings: gradient descent from −0.5 at a rate of "
    "0.012. It never reaches the bottom, and more steps do not help: near the flat inflection at 0 the slope shrinks "
    "with the square of the distance, so that every step covers less of what is left. A larger rate does not help "
    "gradient descent either. To jump from −0.5 across the inflection in one step, the rate must be above 2/11, and "
    "above 8/81 no run of it settles at the minimum on the other side: it stays there only if a step lands on 2.25 "
    "exactly, as the first one does at α = 1. What does arrive: a start beyond 0, or a rule that remembers where it "
    "was going. Momentum rolls through at this very rate."
)
claims.claim_cards(claims.claims_about("foundations", "playground"))

st.header("Local and global minima", anchor="minima")
st.markdown(
    "Descent goes down from where it stands. Which minimum that leads to is decided by the start far more than by the "
    "learning rate, and whether the others matter depends on the function, not on the rule."
)
claims.claim_cards(claims.claims_about("foundations", "minima"))
claims.experiment_card("X10")

st.header("The objective", anchor="objective")
catalogue.objective_panel(objective)

st.header("Who runs", anchor="rule")
for racer in racers:
    catalogue.rule_panel(racer)
navigation.onwards(navigation.FOUNDATIONS)
