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
from ui.panels.comparison import comparison_panel
from ui.panels.doctor import curve_panel
from ui.panels.export import export_panel
from ui.panels.fork import fork_panel
from ui.panels.happened import at_other_rates, happened
from ui.panels.inside import inside_panel
from ui.panels.maps import maps_panel
from ui.panels.missions import missions_fold
from ui.panels.outcome import step_words
from ui.panels.pins import pins_panel
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
    happened(race, prefix)
    fold("Inside the rule: what it keeps, step by step", f"{prefix}inside", lambda: inside_panel(account, prefix))
    missions_fold(race, prefix)
    st.header("What if?", anchor="fork")
    what_if = "Fork a run at a step: what if it had gone on otherwise from there?"
    fold(what_if, f"{prefix}branch", lambda: fork_panel(race, account.step, prefix), f"{prefix}fork_")
    pins_panel(race, prefix)
    st.header("Who wins?", anchor="fair")
    fair = "A fair comparison: several scores, the same budget for everyone"
    fold(fair, f"{prefix}fair", lambda: comparison_panel(race, prefix), f"{prefix}fair_")
    st.header("What else could happen", anchor="else")
    at_other_rates(race, prefix)
    maps = "Maps: any two settings, where two rules end from every start, many seeds"
    fold(maps, f"{prefix}atlas", lambda: maps_panel(race, prefix), f"{prefix}maps")
    st.header("Your own code", anchor="code")
    paste = "Paste PyTorch lines: what they do here, and what looks wrong"
    fold(paste, f"{prefix}paste", lambda: clinic_panel(race, prefix))
    fold("Paste a loss curve: what it shows, and what to test next", f"{prefix}curves", lambda: curve_panel(prefix))
    export_panel(objective, race, PLAYGROUND)
