"""Reference: every rule and schedule in a table, checked against PyTorch, with code that does the same."""

import streamlit as st

from ui import claims, navigation, reference

navigation.begin(navigation.REFERENCE)

st.subheader("Which optimizer?", anchor="optimizers")
reference.optimizers_panel()

st.subheader("Schedules of the learning rate", anchor="schedules")
reference.schedules_panel()

st.subheader("The same in PyTorch", anchor="parity")
st.markdown(
    "Every rule and every schedule here is compared with the class of `torch.optim` that bears its name, or with an "
    "optimizer made from its lines where PyTorch has none: same start, same settings, same number of steps."
)
reference.parity_panel()

st.subheader("Real PyTorch code", anchor="code")
st.markdown("Each tab is one program, run exactly as printed whenever this guide is tested.")
reference.code_panel()
claims.folded_claims("About such code", "rcode_claims", claims.claims_about("reference", "code"))

st.subheader("Tips from the trenches", anchor="tips")
st.markdown("Seven pieces of advice that everyone has heard, each with a verdict and the experiment behind it.")
claims.folded_claims("The seven tips", "rtips", claims.claims_about("reference", "tips"))

st.subheader("What tables like the one above often say", anchor="table")
claims.folded_claims("The comparison table", "rtable", claims.claims_about("reference", "table"))
navigation.onwards(navigation.REFERENCE)
