"""Pitfalls: what goes wrong in training, from what is seen to its cause, a test for it, and what helps."""

import streamlit as st

import ui.whole  # noqa: F401 (first, so that one visitor loads all while others wait)
from core.lessons.pitfalls import SECTIONS
from ui import navigation
from ui.kit.elements import prose
from ui.page import pitfalls
from ui.panels import classroom, sections

navigation.begin(navigation.PITFALLS)
advice = st.container()
section = sections.chosen("Pitfall", SECTIONS, navigation.PITFALLS)
sections.section_panel(section, navigation.PITFALLS)
st.header("What do you see in your own run?", anchor="symptoms")
pitfalls.symptoms_panel(advice)
sections.section_cards(SECTIONS, navigation.PITFALLS)

st.header("Before looking for a cause", anchor="first")
prose(
    "The first test is nearly always the same: run again from the same seed with a tenth of the learning rate, and "
    "with one batch of data repeated. If the run now learns, its rate was too large or its gradient too noisy. If it "
    "still does not, the gradient or the loss is wrong, or the data do not contain what is to be learned; no optimizer "
    "can repair that."
)
classroom.classroom_fold(navigation.PITFALLS)
navigation.onwards(navigation.PITFALLS)
