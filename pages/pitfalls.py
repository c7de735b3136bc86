"""Pitfalls: what goes wrong in training, from what is seen to its cause, a test for it, and what helps."""

import streamlit as st

from core.lessons.pitfalls import SECTIONS
from ui import navigation
from ui.kit.elements import prose
from ui.page import pitfalls
from ui.panels import sections

navigation.begin(navigation.PITFALLS)
advice = st.container()
section = sections.chosen("Pitfall", SECTIONS, navigation.PITFALLS)
sections.section_panel(section, navigation.PITFALLS)
st.header("What do you see in your own run?", anchor="symptoms")
pitfalls.symptoms_panel(advice)
sections.section_cards(SECTIONS, navigation.PITFALLS)

st.header("Before looking for a cause", anchor="first")
prose(
    "Most of these have the same first test: run again from the same seed with the learning rate at a tenth, and with "
    "one batch of data repeated. A run that now learns had too large a rate or too noisy a gradient. One that still "
    "does not has a wrong gradient, a wrong loss, or data that do not say what they should; no optimizer mends those."
)
navigation.onwards(navigation.PITFALLS)
