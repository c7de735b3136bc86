"""Update rule: one step of gradient descent by hand, on data that can be changed, and the same step repeated."""

import streamlit as st

import ui.whole  # noqa: F401 (first, so that one visitor loads all while others wait)
from core.catalogue.racers import RACERS
from core.lessons.rate_check import check
from core.lessons.steps import REPEATED
from core.problems.example import Example
from ui import controls, navigation
from ui.kit.elements import prose
from ui.page import update_rule
from ui.panels import claims, classroom, outcome, points

navigation.begin(navigation.UPDATE_RULE)
prefix = navigation.UPDATE_RULE.prefix

with st.sidebar:
    rate = update_rule.rate_control()
    w, b = update_rule.line_control()
    convention = update_rule.convention_control()
    steps = controls.steps_control(REPEATED, prefix)

data, unread = points.kept_points()
example = Example(data, w, b, rate, convention)
path = example.path(steps)
chosen = update_rule.stage_control(example, steps)
update_rule.stage_panel(example, path, chosen)
points.table_panel(example, chosen)
points.points_control(unread)

st.header("Again and again", anchor="repeat")
checked = check(path, example.objective)
update_rule.descent_panel(example, path, checked, steps)
outcome.story_panel([(RACERS["sgd"], path)])

st.header("How large may the learning rate be?", anchor="limit")
outcome.rate_panel(path, checked, prefix)
update_rule.convention_fold(example)

st.header("The gradient of a network: backpropagation", anchor="network")
prose(
    "For a line the gradient is a short sum. For a network it takes the chain rule, applied from the loss back to "
    "every weight: every number of the forward pass is used again, and none is computed twice."
)
update_rule.network_panel()

st.header("A closer look", anchor="claims")
claims.about(navigation.UPDATE_RULE, "steps", "The six steps", experiments=("X07", "X08"))
claims.about(
    navigation.UPDATE_RULE, "example", "The worked example, and whether its gradient is right", experiments=("X05",)
)
update_rule.code_panel(example, steps)
st.caption(
    "Sources: Cauchy 1847, Comptes rendus 25:536; Rumelhart, Hinton & Williams 1986, doi:10.1038/323533a0; Nesterov "
    "2004, section 1.2.3; Glorot & Bengio 2010, AISTATS; He et al. 2015, arXiv:1502.01852."
)
classroom.classroom_fold(navigation.UPDATE_RULE)
navigation.onwards(navigation.UPDATE_RULE)
