"""What the rule keeps and does inside, over all steps of the run that is looked at."""

import streamlit as st

from core.engine.inside import EFFECTIVE, strip_plot, strips
from core.figures import plot
from core.formula.latex import plain_symbol
from ui.controls import chip_control
from ui.kit.elements import look, picture, prose
from ui.stage import Account


def inside_panel(account: Account, prefix: str) -> None:
    """A strip for each coordinate of one thing that the rule of ``account`` keeps or does, chosen by a chip."""
    path = account.path
    if len(path.x) < 2:
        prose(str(path.status))
        return
    names = {name: name for name in strips(path)}
    chosen = chip_control("What to look at", names, f"{prefix}strip", lambda name: name)
    meanings = {plain_symbol(name): meaning for name, meaning in account.racer.optimizer.state.items()}
    meaning = {EFFECTIVE: "how long a step is per unit of slope", "g": "the gradient that the rule was given"}
    if said := (meanings | meaning).get(chosen):
        st.caption(f"{account.racer.name}, {chosen}: {said}.")
    drawn = plot(strip_plot(path, chosen, account.step), look())
    picture(drawn, f"{prefix}strip_curve", 300, f"{chosen} of {account.racer.name} over the steps")
