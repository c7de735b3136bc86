"""What is said of every race in two variables: what happened, why, and what other learning rates would have done."""

import streamlit as st

from core.engine.summary import Race
from ui.controls import fold
from ui.panels.doctor import doctor_panel
from ui.panels.outcome import numbers_panel, story_panel
from ui.panels.rates import rates_panel, stability_panel


def happened(race: Race, prefix: str) -> None:
    """How each run ended, and folded, what it ran into and all runs in numbers."""
    st.header("What happened", anchor="story")
    story_panel(race)
    fold("What each rule ran into, and a change that helps", f"{prefix}doctor", lambda: doctor_panel(race, prefix))
    numbers_panel(race, prefix)


def at_other_rates(race: Race, prefix: str) -> None:
    """Folded, the loss at every learning rate, and which of them come back to a minimum."""
    decides = "The learning rate decides who wins: the loss at every rate"
    fold(decides, f"{prefix}rates", lambda: rates_panel(race))
    before = "Before anything runs: which learning rates come back to a minimum"
    fold(before, f"{prefix}stability", lambda: stability_panel(race))
