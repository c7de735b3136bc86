"""Variants: all samples, a batch, one at a time, on real data: what a batch size buys and what its noise costs."""

import streamlit as st

import ui.whole  # noqa: F401 (first, so that one visitor loads all while others wait)
from core.evidence.claims import CLAIMS
from core.lessons.batch_story import update_rule
from core.problems.batches.race import race
from ui import navigation
from ui.controls import tables
from ui.kit.elements import formula_line, prose
from ui.page import variants
from ui.panels import claims, classroom

navigation.begin(navigation.VARIANTS)
prefix = navigation.VARIANTS.prefix

with st.sidebar:
    data = tables.data_control()
    settings = variants.settings_control(data.used)

runs = race(data.used, settings)
known = variants.outlooks(data.used, runs, settings)

variants.pictures(data, runs, settings)

rule, story = st.columns([3, 4], gap="medium")
with rule:
    st.header("One rule, three batch sizes", anchor="rule")
    formula_line(update_rule(settings, data.used.x.size))
    prose(
        "The three runs differ in one thing only: how many samples are in the batch $\\mathcal B_t$ over which an "
        "update averages the gradient. All samples together give the exact gradient of the loss; fewer give an "
        "estimate of it."
    )
with story:
    st.header("What happened", anchor="story")
    variants.story_panel(data, runs, settings, known)

st.header("The three side by side", anchor="variants")
variants.boxes_panel(data.used.x.size, settings.batch)

st.header("The largest stable rate shrinks with the batch", anchor="rates")
variants.rates_panel(data.used, settings, known)

st.header("How noisy a batch is, and how high above the minimum its noise keeps a run", anchor="noise")
prose(
    "The gradient of a batch scatters about the exact one with variance $S/B$, where $S$ is the variance for single "
    "samples; for samples drawn without replacement, multiply by $(n-B)/(n-1)$. At a constant learning rate that "
    "scatter keeps the run hovering above the lowest loss, at a height nearly proportional to $\\alpha/B$. Both are "
    "measured here on this table."
)
variants.noise_panels(data.used, settings)

st.header("A closer look", anchor="claims")
variants.decays_fold()
for topic, label in (("batch", "Full batch"), ("stochastic", "One sample at a time"), ("minibatch", "Mini-batch")):
    claims.about(navigation.VARIANTS, topic, label)
claims.about(navigation.VARIANTS, "generalisation", "Do small batches generalise better?", CLAIMS["C137"])
variants.code_panel(data.used, settings)
variants.data_panel(data)
classroom.classroom_fold(navigation.VARIANTS)
navigation.onwards(navigation.VARIANTS)
