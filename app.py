"""Home: what this is, a race to look at, where to start, and what is often said and not true."""

from dataclasses import replace

import streamlit as st

from core import trace
from core.catalogue.racers import RACERS
from core.engine.scenarios import RACES
from ui import controls, navigation
from ui.kit import share
from ui.panels import claims
from ui.stage import room, stage

navigation.begin(navigation.HOME)
navigation.two_doors()
opening = next(iter(RACES.values()))
start = controls.kept_start(opening.resolved_objective, "home_")
race = [(RACERS[key], trace(replace(run, start=start))) for key, run in zip(opening.rules, opening.runs(), strict=True)]

picture, words = st.columns([2, 1], gap="large")
with picture:
    stage(room(["plane"], 420, "home_"), opening.resolved_objective, race, opening.steps, opening.title)
with words:
    st.markdown(
        "**The formula on the screen is the formula that runs.** Objectives and update rules are written in one small "
        "language. What you read computes the picture, its exact derivatives, every number and the link to it."
    )
    st.markdown(
        "Change a number, and everything answers. Stop the clock, and read that step's arithmetic. Edit a rule, and "
        "race it against the original. Copy the address, and whoever opens it sees the same picture."
    )
    navigation.doors()

st.header("Often said, and not so", anchor="verdicts")
claims.surprises()
controls.scenario_cards(RACES, navigation.OPTIMIZERS)
share.end()
