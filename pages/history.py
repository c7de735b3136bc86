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

history.family_fold(entry)
claims.about(navigation.HISTORY, "timeline", "Dates and names that are often told differently")
navigation.onwards(navigation.HISTORY)
