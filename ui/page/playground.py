"""The panels of the Playground: scenarios to load, and all that follows from a race."""

import streamlit as st

from core.catalogue.objectives import Objective
from core.engine.scenarios import Scenario
from core.engine.summary import Race
from core.lessons.gallery import GALLERY
from ui import controls
from ui.controls import fold
from ui.kit import share
from ui.navigation import PLAYGROUND
from ui.panels.clinic import clinic_panel
from ui.panels.export import export_panel
from ui.panels.inside import inside_panel
from ui.panels.outcome import numbers_panel, step_words, story_panel
from ui.panels.rates import rates_panel, stability_panel
from ui.stage import Account


def opening(prefix: str) -> Scenario:
    """What the page opens with; a link may name another scenario, which is loaded."""
    key = "scenario"
    share.setting(key, "", controls.one_of(GALLERY), f"it is {' or '.join(GALLERY)}")
    if named := st.session_state[key]:
        share.ask({**controls.scenario_state(GALLERY[named], prefix), key: ""})
    return next(iter(GALLERY.values()))


def sections(objective: Objective, race: Race, account: Account) -> None:
    """What follows from the race: what happened, what else could, and what is kept of it."""
    prefix = PLAYGROUND.prefix
    step_words(account)
    st.header("What happened", anchor="story")
    story_panel(race)
    numbers_panel(race, prefix)
    fold("Inside the rule: what it keeps, step by step", f"{prefix}inside", lambda: inside_panel(account, prefix))
    fold("The loss at every learning rate", f"{prefix}rates", lambda: rates_panel(race))
    fold("Before anything runs: which learning rates come back", f"{prefix}stability", lambda: stability_panel(race))
    st.header("Your own code", anchor="code")
    fold(
        "Paste PyTorch lines: what they do here, and what looks wrong",
        f"{prefix}paste",
        lambda: clinic_panel(race, prefix),
    )
    export_panel(objective, race, PLAYGROUND)
