"""Real network: a small network trained by the very rules of the pictures, on data that one knows or brings."""

import streamlit as st

import ui.whole  # noqa: F401 (first, so that one visitor loads all while others wait)
from core.catalogue.racers import distinct
from core.lessons.training_rates import RULES
from ui import controls, navigation
from ui.page import real_network
from ui.panels import classroom
from ui.panels.editor import editor
from ui.panels.training import training_panel

navigation.begin(navigation.REAL_NETWORK)
prefix = navigation.REAL_NETWORK.prefix

with st.sidebar:
    chosen = controls.samples_control(prefix)
    model, settings = controls.model_control(chosen.dataset, prefix)
    racers = controls.racers_control(list(RULES), prefix, real_network.MOST)

# The editor is drawn first, and must not stand where the pictures will.
picture, below = st.container(), st.container()
with below:
    racers = distinct([*racers, *editor(prefix, real_network.MOST)])[: real_network.MOST]
with st.sidebar:
    entry = real_network.entry(chosen, model, settings, racers)
with picture:
    training_panel(entry, prefix)
    real_network.before_panel(entry)

st.header("A closer look", anchor="claims")
real_network.closer_panel(entry)
real_network.claims_panel()
classroom.classroom_fold(navigation.REAL_NETWORK)
navigation.onwards(navigation.REAL_NETWORK)
