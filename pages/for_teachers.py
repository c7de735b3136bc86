"""For teachers: eight lessons made of links into the guide, exercises with answers, and a handout for each page."""

import streamlit as st

import ui.whole  # noqa: F401 (first, so that one visitor loads all while others wait)
from ui import navigation
from ui.kit import share
from ui.kit.elements import prose
from ui.page import for_teachers

navigation.begin(navigation.FOR_TEACHERS)
handout = for_teachers.handout_control()
if handout is not None:
    for_teachers.handout_panel(handout)
    share.end()
else:
    st.header("Eight lessons", anchor="lessons")
    prose(
        "Every link opens a page with the right run, a task at the top and, where it helps, controls that are fixed. "
        "That is a courtesy to your students and not security: anyone can edit an address."
    )
    for_teachers.lessons_panel()
    st.header("Handouts", anchor="handouts")
    prose("One sheet for each page of the course: a picture, the formula, three things often said, and a QR code.")
    for_teachers.handouts_panel()
    st.header("Links of your own", anchor="links")
    prose(
        "Set any page as you want your students to see it, and open “For the classroom” near its end: fix or hide "
        "controls, give a task, ask a question before the run is played, start paused, and take the link or its QR "
        "code. “Show this page on a projector” takes the sidebar away and makes everything larger; the picture then "
        "answers to ← and → for a step, to the space bar for play and pause, to R for the start again and to Esc for "
        "leaving."
    )
    navigation.onwards(navigation.FOR_TEACHERS)
