"""History: who found what and when, what each rule mended, and everything known by a year in one race."""

import streamlit as st

from ui import navigation
from ui.page import history
from ui.panels import claims, classroom

navigation.begin(navigation.HISTORY)

entry = history.timeline_panel()
st.header("What each one brought, and what came of it", anchor="found")
history.entry_panel(entry)

st.header("All rules known by a given year, in one valley", anchor="race")
history.race_panel()

history.family_fold(entry)
claims.about(navigation.HISTORY, "timeline", "Dates and names that are often given differently")
classroom.classroom_fold(navigation.HISTORY)
navigation.onwards(navigation.HISTORY)
