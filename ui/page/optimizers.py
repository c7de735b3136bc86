"""The panels of the Optimizers page: a rule to edit, and rule by rule."""

import streamlit as st

from core.catalogue.objectives import Objective
from core.catalogue.optimizers import OPTIMIZERS
from core.catalogue.racers import RACERS, own_racer
from core.catalogue.wraps import WRAPS, wrapped
from core.engine.likeness import known_as
from core.engine.summary import Race
from core.figures import plot
from core.formula import FormulaError
from core.problems.theory import stability
from ui.controls import chip_control, edited_state, fold, named
from ui.kit import share
from ui.kit.elements import look, picture, prose
from ui.navigation import OPTIMIZERS as OPTIMIZERS_PAGE
from ui.panels.catalogue import rule_panel
from ui.panels.claims import about, topic_key
from ui.panels.doctor import doctor_panel
from ui.panels.export import export_panel
from ui.panels.outcome import numbers_panel, step_words, story_panel
from ui.panels.rates import rates_panel
from ui.stage import Account


def edit_control() -> None:
    """Puts the text of a rule into the editor, and the settings it races with to those of the edited one."""
    rules = named(OPTIMIZERS.values())

    def take() -> None:
        # Nothing is chosen where the choice was cleared.
        chosen = rules.get(st.session_state["edit"])
        settings = edited_state(chosen, own_racer(chosen.text)) if chosen is not None else {}
        share.ask({"own": chosen.text if chosen is not None else "", **settings})

    st.selectbox(
        "Start from an existing rule",
        list(rules),
        None,
        key="edit",
        on_change=take,
        placeholder="Choose a rule to change",
    )


def wraps_row(text: str) -> None:
    """What can be put around the rule ``text`` of the editor, a button each, and its name if the catalogue has it."""
    if (known := known_as(text)) is not None:
        st.caption(f"These lines take the steps of **{known.name}**.")
    with st.container(horizontal=True, gap="xsmall"):
        for key, wrap in WRAPS.items():
            try:
                settings, refused = {"own": wrapped(text, wrap)}, ""
            except FormulaError as error:
                settings, refused = {}, error.message
            st.button(
                f"+ {wrap.name}",
                key=f"wrap_{key}",
                help=refused or f"{wrap.idea} {wrap.source}",
                disabled=bool(refused),
                on_click=share.ask,
                args=(settings,),
            )


def race_sections(objective: Objective, race: Race, account: Account) -> None:
    """What follows from the race: a step of it in numbers, what happened, other rates, and what is taken home."""
    step_words(account)
    st.header("What happened", anchor="story")
    story_panel(race)
    fold("What each rule ran into, and a change that helps", "doctor", lambda: doctor_panel(race, ""))
    numbers_panel(race, OPTIMIZERS_PAGE.prefix)
    fold("The learning rate decides who wins: the loss at every rate", "rates", lambda: rates_panel(race))
    fold("Before anything runs: which learning rates come back to a minimum", "stability", lambda: _stability(race))
    export_panel(objective, race, OPTIMIZERS_PAGE)


def _stability(race: Race) -> None:
    plot_of, said = stability(race)
    prose(
        "Near a minimum a loss is a parabola, and a rule that answers in proportion multiplies the distance by the "
        "same factor at every step. The factor follows from the text of the rule alone, from the derivatives of its "
        "step in its point and its state. Below 1 the rule comes back to the minimum; the lower, the faster."
    )
    if plot_of.series:
        picture(plot(plot_of, look()), "stability_curve", 340, "Factor per step against learning rate times curvature")
    st.markdown("\n".join(f"- {sentence}" for sentence in said))


def rules_panel() -> None:
    """One rule of all: its idea, its formula and costs, and its experiments and claims, folded."""
    racer = chip_control(
        "Rule", {key: RACERS[key] for key in OPTIMIZERS}, topic_key(OPTIMIZERS_PAGE), lambda racer: racer.name
    )
    with st.container(key=f"chosen_{racer.key}"):
        rule_panel(racer)
    about(OPTIMIZERS_PAGE, racer.key, racer.name, experiments=racer.optimizer.experiments)
