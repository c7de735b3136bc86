"""The panels of the Optimizers page: a rule to edit, and rule by rule."""

from collections.abc import Mapping

import streamlit as st

from core.catalogue.optimizers import OPTIMIZERS, Family
from core.catalogue.racers import RACERS, Racer, own_racer
from ui.controls import edited_state, fold, named
from ui.kit import share
from ui.navigation import OPTIMIZERS as OPTIMIZERS_PAGE
from ui.panels.catalogue import rule_panel
from ui.panels.claims import claim_cards, claims_about, experiment_card, section_key


def edit_control() -> None:
    """Puts the text of a rule into the editor, and the settings it races with to those of the edited one."""
    rules = named(OPTIMIZERS.values())

    def take() -> None:
        # Nothing is chosen where the choice was cleared.
        chosen = rules.get(st.session_state["edit"])
        settings = edited_state(chosen, own_racer(chosen.text)) if chosen is not None else {}
        share.ask({"own": chosen.text if chosen is not None else "", **settings})

    st.selectbox("Begin with", list(rules), None, key="edit", on_change=take, placeholder="Choose a rule to change")


def rule_sections(settings: Mapping[str, Mapping[str, float]]) -> None:
    """A section for each rule, family by family; ``settings`` are those of the racers by their keys."""
    for family in Family:
        st.markdown(f"**{family}.** {family.idea}")
        for key, optimizer in OPTIMIZERS.items():
            if optimizer.family is family:
                _rule_section(RACERS[key], settings.get(key))


def _rule_section(racer: Racer, settings: Mapping[str, float] | None) -> None:
    """Everything about one rule with its claims, drawn only while it is open.

    ``settings`` are those of the race, ``None`` if the rule is not in it.
    """
    races = " · in this race" if settings is not None else ""
    label = f"**{racer.name}** · {racer.optimizer.year}{races}"

    def draw() -> None:
        rule_panel(racer, settings)
        claim_cards(claims_about(OPTIMIZERS_PAGE.path, racer.key))
        for key in racer.optimizer.experiments:
            experiment_card(key)

    fold(label, section_key(OPTIMIZERS_PAGE, racer.key), draw)
