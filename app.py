"""Home: what this is and where to start."""

import streamlit as st

from core import OPTIMIZERS, trace
from core.figures import Trail, contour
from core.scenarios import RACES
from ui import navigation, panels

navigation.begin(navigation.HOME)
opening = next(iter(RACES.values()))
trails = [Trail.of(trace(run), OPTIMIZERS[run.optimizer]) for run in opening.runs()]

picture, words = st.columns([3, 2], gap="large")
with picture:
    panels.picture(contour(opening.declared, trails, panels.look()), "landscape", 520, opening.title)
with words:
    st.markdown(
        "**The formula on the screen is the formula that runs.** Objectives and update rules are written in one small "
        "language; what you read is what computes the picture, its exact derivatives and its link."
    )
    st.markdown(
        "Change a number and the picture answers. Every setting is in the address bar: copy it, and whoever opens it "
        "sees the same picture."
    )
    for page in navigation.ALL[1:]:
        st.page_link(page.file, label=f"**{page.title}**", icon=page.icon)
        st.caption(page.promise)

panels.scenarios_panel(RACES, navigation.OPTIMIZERS)
