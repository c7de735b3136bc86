"""Reference: every rule and schedule in a table, checked against PyTorch, with code that does the same."""

import streamlit as st

from ui import navigation
from ui.kit.elements import prose
from ui.page import reference
from ui.panels import claims

navigation.begin(navigation.REFERENCE)

st.header("Which optimizer?", anchor="optimizers")
reference.optimizers_panel()

st.header("Schedules of the learning rate", anchor="schedules")
reference.schedules_panel()

st.header("The same in PyTorch", anchor="parity")
prose(
    "Every rule and every schedule here is compared with the class of `torch.optim` that computes the same: same "
    "start, same settings, same number of steps. Where PyTorch has none, the other side is an optimizer made from the "
    "rule's own lines, which checks that code and not the rule."
)
reference.parity_panel()

st.header("Real PyTorch code", anchor="code")
prose("Each tab is one program, run exactly as printed whenever this guide is tested.")
reference.code_panel()
claims.about(navigation.REFERENCE, "code", "About such code")

st.header("Tips from the trenches", anchor="tips")
prose("Seven pieces of advice that everyone has heard, each with a verdict and the experiment behind it.")
claims.about(navigation.REFERENCE, "tips", "The seven tips")

st.header("What tables like the one above often say", anchor="table")
claims.about(navigation.REFERENCE, "table", "The comparison table")

st.header("Glossary", anchor="glossary")
reference.glossary_panel()

st.header("Every statement, and how true it is", anchor="ledger")
reference.ledger_panel()
navigation.onwards(navigation.REFERENCE)
