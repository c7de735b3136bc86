"""The panels of the Optimizers page: what follows from a race, and rule by rule."""

import streamlit as st

from core.catalogue.objectives import Objective
from core.catalogue.optimizers import OPTIMIZERS
from core.catalogue.racers import RACERS
from core.engine.summary import Race
from ui.controls import chip_control
from ui.navigation import OPTIMIZERS as OPTIMIZERS_PAGE
from ui.panels.catalogue import rule_panel
from ui.panels.claims import about, topic_key
from ui.panels.export import export_panel
from ui.panels.happened import at_other_rates, happened
from ui.panels.many_variables import many_variables_fold
from ui.panels.outcome import step_words
from ui.stage import Account


def race_sections(objective: Objective, race: Race, account: Account) -> None:
    """What follows from the race: a step of it in numbers, what happened, other rates, and what is taken home."""
    step_words(account)
    happened(race, OPTIMIZERS_PAGE.prefix)
    at_other_rates(race, OPTIMIZERS_PAGE.prefix)
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
