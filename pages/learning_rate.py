"""Learning rate: too small, right and too large with theory over the run; curvature that changes; schedules."""

import streamlit as st

import ui.whole  # noqa: F401 (first, so that one visitor loads all while others wait)
from ui import navigation
from ui.kit.elements import prose
from ui.page import learning_rate
from ui.panels import claims, classroom, rates

navigation.begin(navigation.LEARNING_RATE)
learning_rate.descent_panel()

st.header("Too small and too large", anchor="sizes")
learning_rate.cards_panel()

st.header("Where the curvature changes", anchor="bounded")
prose(
    "A quadratic has the same curvature everywhere, so too large a rate sends the point away for good. Most losses "
    "have a curvature that varies. On this quartic it is 0 at the flat inflection and grows without bound further out, "
    "so the same rule at the same rate can creep, arrive, or hop about for ever."
)
learning_rate.playground_panel()
edge = st.container()

st.header("Every rate at once", anchor="rates")
prose(
    "A rate that suits one rule is often useless for another, and some rules suffer more from a wrong rate than "
    "others. A range test looks for a good rate in a single run: the rate grows at every step, and you read off where "
    "the loss falls fastest."
)
rates.sensitivity_fold()
claims.about(navigation.LEARNING_RATE, "choice", "About the choice of the learning rate", experiments=("X63",))

st.header("Schedules", anchor="schedules")
prose(
    "Every run takes a hundred epochs of one step each, with the same noise in its gradients. A large rate gets near "
    "the minimum quickly and then jitters at a height that grows with the rate; a small one takes longer and ends "
    "lower. A schedule starts large and ends small: the final rate sets how low the loss comes."
)
learning_rate.schedules_fold()
claims.about(navigation.LEARNING_RATE, "schedules", "About schedules", experiments=("X55",))

# Last, though it stands further up: while it computes, the page is already complete.
with edge:
    learning_rate.edge_fold()
classroom.classroom_fold(navigation.LEARNING_RATE)
navigation.onwards(navigation.LEARNING_RATE)
