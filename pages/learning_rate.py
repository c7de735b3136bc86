"""Learning rate: too small, right and too large with theory over the run; curvature that changes; schedules."""

import streamlit as st

from ui import navigation
from ui.kit.elements import prose
from ui.page import learning_rate
from ui.panels import claims, rates

navigation.begin(navigation.LEARNING_RATE)
learning_rate.descent_panel()

st.header("Too small and too large", anchor="sizes")
learning_rate.cards_panel()

st.header("Where the curvature changes", anchor="bounded")
prose(
    "A quadratic is curved alike everywhere, so too large a rate sends the point away for good. Most losses have a "
    "curvature that varies. On this quartic the curvature is 0 at the flat inflection and grows without end further "
    "out, so the same rule at the same rate can creep, arrive, or hop about for ever."
)
learning_rate.playground_panel()
edge = st.container()

st.header("Every rate at once", anchor="rates")
prose(
    "A rate that suits one rule is often of no use to another, and how much worse a wrong rate is differs from rule to "
    "rule. A range test looks for such a rate in a single run: the rate grows at every step, and one reads off where "
    "the loss falls fastest."
)
rates.sensitivity_fold()
claims.about(navigation.LEARNING_RATE, "choice", "About the choice of the learning rate", experiments=("X63",))

st.header("Schedules", anchor="schedules")
prose(
    "A hundred epochs, one step each, and the same noise for all. A large rate gets near quickly and then jitters at "
    "a height that grows with the rate; a small one ends lower and takes longer. A schedule starts large and ends "
    "small: the final rate sets how low the loss comes."
)
learning_rate.schedules_fold()
claims.about(navigation.LEARNING_RATE, "schedules", "About schedules", experiments=("X55",))

# Last, though it stands further up: while it computes, the page is already complete.
with edge:
    learning_rate.edge_fold()
navigation.onwards(navigation.LEARNING_RATE)
