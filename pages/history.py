"""History: its story from 1847 on with a race of what was known by each year; who found what, and what it mended."""

import streamlit as st

import ui.whole  # noqa: F401 (first, so that one visitor loads all while others wait)
from ui import navigation
from ui.page import history
from ui.panels import claims, classroom

navigation.begin(navigation.HISTORY)

history.story_panel()

st.header("The timeline", anchor="timeline")
entry = history.timeline_panel()
st.header("What each one brought, and what came of it", anchor="found")
history.entry_panel(entry)

history.family_fold(entry)
claims.about(navigation.HISTORY, "timeline", "Dates and names that are often given differently")
classroom.classroom_fold(navigation.HISTORY)
navigation.onwards(navigation.HISTORY)
