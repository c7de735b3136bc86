"""Learning rate: too small, right and too large with theory over the run; curvature that changes; schedules."""

import streamlit as st

from core.lessons.rate_check import check
from ui import navigation
from ui.kit.elements import prose
from ui.page import learning_rate
from ui.panels import claims, outcome, rates

navigation.begin(navigation.LEARNING_RATE)
prefix = navigation.LEARNING_RATE.prefix

with st.sidebar:
    race, dials = learning_rate.descent_control()

path = race[0][1]
checked = check(path, path.run.resolved_objective)
learning_rate.descent_stage(race, checked, dials)

st.header("Too small and too large", anchor="sizes")
learning_rate.cards_panel()

st.header("Predicted and measured", anchor="story")
outcome.rate_panel(path, checked)
outcome.code_panel("PyTorch code of this run", f"{prefix}code", f"{prefix}code_of", {"this run": path.run})
claims.about(navigation.LEARNING_RATE, "choice", "About the choice of the learning rate")

st.header("Where the curvature changes", anchor="bounded")
prose(
    "A quadratic is curved alike everywhere, so too large a rate sends the point away for good. Most losses have a "
    "curvature that varies. On this quartic the curvature is 0 at the flat inflection and grows without end further "
    "out, so the same rule at the same rate can creep, arrive, or hop about for ever. The first case is a well-known "
    "playground as it opens."
)
learning_rate.playground_panel()
prose(
    "In a network something stranger happens: descent moves to the limit by itself. The largest curvature of the "
    "loss, its sharpness, grows while the network learns until it meets 2/α, and stays about there, while the loss "
    "goes up and down from step to step and yet falls."
)
edge = st.container()

st.header("Every rate at once", anchor="rates")
prose(
    "A rate that suits one rule is often of no use to another, and how much worse a wrong rate is differs from rule to "
    "rule."
)
rates.sensitivity_fold()
prose(
    "A range test looks for such a rate in a single run: the rate grows at every step, and one reads off where the "
    "loss falls fastest."
)
claims.experiment_card("X63")

st.header("Schedules", anchor="schedules")
prose(
    "A hundred epochs, one step each, and the same noise for all. A large rate gets near quickly and then jitters at "
    "a height that grows with the rate; a small one ends lower and takes longer. A schedule starts large and ends "
    "small: the final rate sets how low the loss comes. Without noise, at the rates the race opens with, decay only "
    "slows the run down."
)
learning_rate.schedules_fold()
prose(
    "A warm-up lets the peak be larger where the start is steeper than what follows. No schedule crosses a plateau: "
    "where the slope is nearly zero, a smaller rate times a tiny slope is smaller still."
)
claims.experiment_card("X55")
claims.about(navigation.LEARNING_RATE, "schedules", "About schedules")

# Last, though it stands further up: while it computes, the page is already complete.
with edge:
    learning_rate.edge_panel()
navigation.onwards(navigation.LEARNING_RATE)
