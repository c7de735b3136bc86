"""History: who found what and when, what each rule mended, and everything known by a year in one race."""

import streamlit as st

from core import OBJECTIVES, trace
from core.lessons.history import RACE_NOTE, RACE_OBJECTIVE, RACE_STEPS, race_by
from ui import controls, navigation
from ui.page import history
from ui.panels import claims, outcome
from ui.stage import room, stage

navigation.begin(navigation.HISTORY)
prefix = navigation.HISTORY.prefix

entry = history.timeline_panel()
history.entry_panel(entry)

st.subheader("Everything known by a year, in one valley", anchor="race")
year = history.year_control()
start = controls.start_control(OBJECTIVES[RACE_OBJECTIVE], prefix)
race = [(racer, trace(run)) for racer, run in race_by(year, history.tuned_rate, start)]
place = room(["plane", "loss"], 460, prefix)
step = controls.moment_control(RACE_STEPS, prefix)
stage(place, OBJECTIVES[RACE_OBJECTIVE], race, step, f"Rules known by {year}")
st.markdown(RACE_NOTE)
outcome.numbers_panel(race)

st.subheader("Who grew from whom", anchor="family")
history.family_panel(entry)

st.subheader("Dates and names that are often told differently", anchor="claims")
claims.about(navigation.HISTORY, "timeline", "The timeline")
navigation.onwards(navigation.HISTORY)
