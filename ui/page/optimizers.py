"""The panels of the Optimizers page: what follows from a race, and rule by rule."""

import streamlit as st

from core.catalogue.objectives import Objective
from core.catalogue.optimizers import OPTIMIZERS
from core.catalogue.racers import RACERS
from core.engine.summary import Race
from ui.controls import chip_control, fold
from ui.navigation import OPTIMIZERS as OPTIMIZERS_PAGE
from ui.panels.catalogue import rule_panel
from ui.panels.claims import about, topic_key
from ui.panels.doctor import doctor_panel
from ui.panels.export import export_panel
from ui.panels.many_variables import many_variables_fold
from ui.panels.outcome import numbers_panel, step_words, story_panel
from ui.panels.rates import rates_panel, stability_panel
from ui.stage import Account


def race_sections(objective: Objective, race: Race, account: Account) -> None:
    """What follows from the race: a step of it in numbers, what happened, other rates, and what is taken home."""
    step_words(account)
    st.header("What happened", anchor="story")
    story_panel(race)
    fold("What each rule ran into, and a change that helps", "doctor", lambda: doctor_panel(race, ""))
    numbers_panel(race, OPTIMIZERS_PAGE.prefix)
    fold("The learning rate decides who wins: the loss at every rate", "rates", lambda: rates_panel(race))
    fold(
        "Before anything runs: which learning rates come back to a minimum", "stability", lambda: stability_panel(race)
    )
    many_variables_fold(race)
    export_panel(objective, race, OPTIMIZERS_PAGE)


def rules_panel() -> None:
    """One rule of all: its idea, its formula and costs, and its experiments and claims, folded."""
    racer = chip_control(
        "Rule", {key: RACERS[key] for key in OPTIMIZERS}, topic_key(OPTIMIZERS_PAGE), lambda racer: racer.name
    )
    with st.container(key=f"chosen_{racer.key}"):
        rule_panel(racer)
    about(OPTIMIZERS_PAGE, racer.key, racer.name, experiments=racer.optimizer.experiments)
