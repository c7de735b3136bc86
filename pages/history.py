"""History: who found what and when, what each rule mended, and everything known by a year in one race."""

import streamlit as st

from ui import navigation
from ui.page import history
from ui.panels import claims

navigation.begin(navigation.HISTORY)

entry = history.timeline_panel()
st.header("What it brought, and what came after", anchor="found")
history.entry_panel(entry)

st.header("Everything known by a year, in one valley", anchor="race")
history.race_panel()

st.header("Who grew from whom", anchor="family")
history.family_panel(entry)

st.header("Dates and names that are often told differently", anchor="claims")
claims.about(navigation.HISTORY, "timeline", "The timeline")
navigation.onwards(navigation.HISTORY)
