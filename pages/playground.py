"""Playground: any rules on any function, one thing changed at a time, and the answer kept."""

import streamlit as st

import ui.whole  # noqa: F401 (first, so that one visitor loads all while others wait)
from core.catalogue.racers import distinct
from core.lessons.gallery import GALLERY
from ui import controls, navigation
from ui.kit.limits import MAX_CURVE_RACERS, MAX_OWN, MAX_RACERS
from ui.page import playground
from ui.panels import catalogue, classroom
from ui.panels.editor import editor
from ui.panels.laboratory import laboratory_panel
from ui.panels.missions import mission_claim
from ui.panels.race import Entry, race_panel

navigation.begin(navigation.PLAYGROUND)
prefix = navigation.PLAYGROUND.prefix
opening = playground.opening(prefix)

with st.sidebar:
    controls.undo_row(prefix)
    controls.scenario_list(GALLERY, prefix)
    objective = controls.objective_control(None, opening.objective, prefix)
    most = MAX_RACERS if objective.dimension == 2 else MAX_CURVE_RACERS
    racers = controls.racers_control(list(opening.rules), prefix, most)
    start = controls.start_control(objective, prefix)
    steps = controls.steps_control(opening.steps, prefix)
    gradients = controls.gradients_control(prefix)

# The editor is drawn first, and must not stand where the picture will.
picture, below = st.container(), st.container()
with below:
    racers = distinct([*racers, *editor(prefix, MAX_OWN)])[:most]
with picture:
    race_panel(
        Entry(objective, racers, start, steps, gradients, opening.rules, GALLERY, most),
        {"Contour": "plane", "3-D": "space"} if objective.dimension == 2 else {"Curve": "curve"},
        {"Loss": "loss", "Gradient norm": "norm", "Learning rate": "rate"},
        340,
        f"Race on {objective.name}",
        prefix,
        lambda race, account: playground.sections(objective, race, account),
        above=lambda race: mission_claim(race, prefix),
    )

with st.expander(f"The objective: {objective.name}"):
    catalogue.objective_panel(objective)
controls.fold(
    "Keep this laboratory: all settings in a file", f"{prefix}kept", lambda: laboratory_panel(navigation.PLAYGROUND)
)
classroom.classroom_fold(navigation.PLAYGROUND)
navigation.onwards(navigation.PLAYGROUND)
