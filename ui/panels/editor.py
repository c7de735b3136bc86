"""The editor of rules and schedules: a line is changed, something is put around a rule, and it races."""

import streamlit as st

from core.catalogue.optimizers import OPTIMIZERS
from core.catalogue.racers import Racer, counted_key, own_racer
from core.catalogue.wraps import WRAPS, wrapped
from core.engine.likeness import known_as
from core.formula import FormulaError
from ui import controls
from ui.kit import share
from ui.navigation import REFERENCE, link
from ui.panels.catalogue import rule_panel
from ui.panels.claims import topic_key


def editor(prefix: str = "", most: int = 1) -> list[Racer]:
    """The editor, folded unless a link brings a text: the racers of up to ``most`` own rules."""
    names = [*(counted_key("own", count) for count in range(1, most + 1)), "schedule_text"]
    written = any(share.asked(prefix + name) for name in names)
    label = "Edit a rule, or write a schedule: change a line, and race your version against the original"
    with st.expander(label, expanded=written):
        below = st.container()
        racers, box = controls.own_rules_control(prefix, most)
        shown = next((racer for racer in racers if f"{prefix}{racer.key}" == box), None)
        with below:
            _start_from(prefix, box, most)
        if shown is not None:
            _wraps(shown, box)
        controls.own_schedule_control(prefix)
        link(REFERENCE, "The language, word by word", {topic_key(REFERENCE): "language"})
        if shown is not None:
            rule_panel(shown)
    return racers


def _start_from(prefix: str, box: str, most: int) -> None:
    """Puts the text of a shipped rule into the ``box``, and the settings it races with to those of that rule."""
    rules = controls.named(OPTIMIZERS.values())
    key = f"{prefix}edit"

    def take() -> None:
        # Nothing is chosen where the choice was cleared.
        chosen = rules.get(st.session_state[key])
        count = int(box.removeprefix(f"{prefix}own") or 1)
        settings = {} if chosen is None else controls.edited_state(chosen, own_racer(chosen.text, count), prefix)
        share.ask({box: chosen.text if chosen is not None else "", **settings})

    st.selectbox(
        "Start from an existing rule", list(rules), None, key=key, on_change=take, placeholder="Choose a rule to change"
    )


def _wraps(racer: Racer, box: str) -> None:
    """What can be put around the rule in the ``box``, a button each, and its name if the catalogue has it."""
    text = racer.optimizer.rule
    if (known := known_as(text)) is not None:
        st.caption(f"These lines take the steps of **{known.name}**.")
    with st.container(horizontal=True, gap="xsmall"):
        for key, wrap in WRAPS.items():
            try:
                settings, refused = {box: wrapped(text, wrap)}, ""
            except FormulaError as error:
                settings, refused = {}, error.message
            st.button(
                f"+ {wrap.name}",
                key=f"{box}_wrap_{key}",
                help=refused or f"{wrap.idea} {wrap.source}",
                disabled=bool(refused),
                on_click=share.ask,
                args=(settings,),
            )
