"""Home: what this is about, a walk to look at, where to start, and what is often said and not true."""

from dataclasses import replace

import streamlit as st

import ui.whole  # noqa: F401 (first, so that one visitor loads all while others wait)
from core import trace
from core.catalogue.racers import RACERS
from core.engine.scenarios import DESCENTS
from core.lessons.rate_check import check
from ui import controls, navigation
from ui.kit import share
from ui.panels import cards, claims, memory, outcome, questions
from ui.stage import Dials, room, stage

navigation.begin(navigation.HOME)
memory.entrance_panel()
opening = next(iter(DESCENTS.values()))
prefix = "home_"
(rule,), (run,) = opening.rules, opening.runs()
tuned = controls.tuning(RACERS[rule], opening.rules[rule], prefix)
start = controls.kept_start(opening.resolved_objective, prefix)
race = [(RACERS[rule], trace(replace(run, start=start, **tuned)))]
dials = Dials({rule: controls.racer_dials(RACERS[rule], tuned["schedule"], opening.resolved_objective, prefix)})
place = room(["curve"], 260, prefix)
stage(place, opening.resolved_objective, race, opening.steps, opening.title, dials=dials, look_for=opening.idea)
st.header("What happened", anchor="story")
(_, path), *_ = race
outcome.rate_panel(path, check(path, opening.resolved_objective), prefix)

st.header("What you find here", anchor="pages")
cards.page_cards()
st.header("Often said, but not true", anchor="verdicts")
claims.surprises()
st.header("What people ask", anchor="questions")
questions.first_questions()
share.end()
