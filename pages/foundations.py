"""Foundations: a point that walks down one curve, the mountain it stands for, and where such a walk ends."""

import streamlit as st

import ui.whole  # noqa: F401 (first, so that one visitor loads all while others wait)
from core import Run, trace
from core.catalogue.racers import RACERS
from core.engine.scenarios import DESCENTS, HILLS
from core.engine.summary import Race
from core.formula.words import listed
from core.lessons.mountain import mountain_table
from ui import controls, navigation
from ui.kit.elements import formula_line, prose, written_table
from ui.kit.limits import MAX_CURVE_RACERS
from ui.panels import catalogue, claims, classroom, export, outcome
from ui.panels.race import Entry, race_panel
from ui.stage import Account, Asks, room, stage

navigation.begin(navigation.FOUNDATIONS)
opening = next(iter(DESCENTS.values()))
prefix = navigation.FOUNDATIONS.prefix

with st.sidebar:
    objective = controls.objective_control(1, opening.objective, prefix)
    racers = controls.racers_control(list(opening.rules), prefix, MAX_CURVE_RACERS)
    with st.expander("A rule or a schedule of your own"):
        own, _ = controls.own_rules_control(prefix)
        controls.own_schedule_control(prefix)
    racers += own
    start = controls.start_control(objective, prefix)
    steps = controls.steps_control(opening.steps, prefix)
    gradients = controls.gradients_control(prefix)


def below(race: Race, account: Account) -> None:
    """What follows from the race, and runs with it."""
    outcome.step_words(account)
    st.header("What happened", anchor="story")
    outcome.story_panel(race)
    export.export_panel(objective, race, navigation.FOUNDATIONS)


curves = {"Loss": "loss", "Gradient norm": "norm", "Learning rate": "rate"}
label = f"{listed([racer.name for racer in racers])} on {objective.name}"
entry = Entry(objective, racers, start, steps, gradients, opening.rules, DESCENTS, MAX_CURVE_RACERS)
race_panel(entry, {"Curve": "curve"}, curves, 340, label, prefix, below, "foundations/race")

st.header("The idea, in one line", anchor="idea")
formula_line(r"\theta_t = \theta_{t-1} - \alpha\, f'(\theta_{t-1})")
prose(
    "Stand at $\\theta_{t-1}$, look at the slope $f'$ there, and step against it. The *learning rate* $\\alpha$ sets "
    "how far a given slope takes you. The rule knows nothing else, neither where the bottom is nor how far away. So "
    "the same formula that arrives at one learning rate runs away at ten times that rate, and it can stall where the "
    "slope is nearly zero, long before the bottom."
)
with st.expander(f"The function and the rule: {label}"):
    catalogue.objective_panel(objective)
    for racer in racers:
        catalogue.rule_panel(racer)

st.header("The same in two dimensions: the mountain", anchor="mountain")
prose(
    "Picture somebody walking down a mountain blindfolded, feeling the slope and stepping against it. That is gradient "
    "descent in two dimensions, and it is a good first picture. It does not tell you how long a step may be, what a "
    "third or a millionth dimension changes, or which direction is steepest when length is measured differently."
)
hill = controls.scenario_control("Landscape", HILLS, "hill", "h")
hill_run = hill.runs()[0]
hill_start = controls.kept_start(hill.resolved_objective, "h")
hill_path = trace(Run(hill_run.objective, hill_run.optimizer, hill_start, hill_run.steps, hill_run.settings))
written_table(mountain_table(hill_path), "mountain_table")
hill_place = room(["space", "plane"], 308, "h")
with st.container(horizontal=True, vertical_alignment="bottom"):
    hill_step = controls.moment_control(hill_run.steps, "h")
    controls.fold("The start as fields", "h_fields", lambda: controls.start_control(hill.resolved_objective, "h"))
hill_race = [(RACERS["sgd"], hill_path)]
stage(
    hill_place,
    hill.resolved_objective,
    hill_race,
    hill_step,
    "A ball on a landscape",
    look_for=hill.idea,
    asks=Asks("foundations/hill"),
)
claims.about(navigation.FOUNDATIONS, "mountain", "The mountain")

st.header("Where a run ends", anchor="playground")
prose(
    "The third of the runs to try above starts gradient descent at −0.5 with a learning rate of 0.012. It never "
    "reaches the bottom, and more steps do not help: near the flat inflection at 0 the slope shrinks with the square "
    "of the distance. A start beyond 0 does arrive, and so does a rule that keeps moving in the direction it was going."
)
claims.about(navigation.FOUNDATIONS, "playground", "The run that never arrives")
prose(
    "Gradient descent goes downhill from where it starts. The start decides which minimum that leads to, far more than "
    "the learning rate does, and whether the other minima matter depends on the function, not on the rule."
)
claims.about(navigation.FOUNDATIONS, "minima", "Minima", experiments=("X10",))
classroom.classroom_fold(navigation.FOUNDATIONS)
navigation.onwards(navigation.FOUNDATIONS)
