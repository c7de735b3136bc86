"""Techniques: what is done to data, gradients and weights around an update rule, and how much of it is true."""

import streamlit as st

import ui.whole  # noqa: F401 (first, so that one visitor loads all while others wait)
from core.lessons.techniques import TECHNIQUES
from ui import navigation
from ui.kit.elements import prose
from ui.page import techniques
from ui.panels import claims, classroom, sections

navigation.begin(navigation.TECHNIQUES)
section = sections.chosen("Technique", TECHNIQUES, navigation.TECHNIQUES)
sections.section_panel(section, navigation.TECHNIQUES, techniques.MORE.get(section.key))
sections.section_cards(TECHNIQUES, navigation.TECHNIQUES)

st.header("What the techniques have in common", anchor="common")
prose(
    "Each technique corrects one thing that can be measured: a condition number, a size that grows or shrinks from "
    "layer to layer, a step that is too long. Where that is not the problem, the technique does nothing, or does harm."
)
claims.about(navigation.TECHNIQUES, "all", "The techniques as a whole")
classroom.classroom_fold(navigation.TECHNIQUES)
navigation.onwards(navigation.TECHNIQUES)
