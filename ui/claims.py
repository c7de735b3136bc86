"""Claim cards: what is commonly said, how true it is, and the experiment that the reader can run on the spot."""

from collections.abc import Iterable, Mapping
from typing import Literal

import streamlit as st

from core.claims import CLAIMS, Claim, Verdict
from core.experiments import EXPERIMENTS
from core.figures import plot
from core.findings import Experiment, Finding
from core.optimizers import OPTIMIZERS, Family
from core.racers import RACERS, Racer
from ui import controls, navigation, panels, process
from ui.navigation import Page

Color = Literal["green", "blue", "orange", "red", "violet"]
_COLORS: Mapping[Verdict, Color] = {
    Verdict.TRUE: "green",
    Verdict.CONDITIONS: "blue",
    Verdict.OVERSIMPLIFIED: "orange",
    Verdict.FALSE: "red",
    Verdict.CONTESTED: "violet",
}
# False statements shown per page on the home page.
_SURPRISES = 2
# Findings kept for all visitors together; each is small, and any of them can be computed again.
_KEPT = 128


def claims_about(page: str, topic: str) -> list[Claim]:
    """The claims of a section of a page, in the guide's order."""
    return [claim for claim in CLAIMS.values() if claim.page == page and claim.topic == topic]


def claim_cards(claims: Iterable[Claim]) -> None:
    """A card for each of ``claims``."""
    for claim in claims:
        claim_card(claim)


def about(page: Page, topic: str, label: str, *others: Claim) -> None:
    """The claims of a section of ``page``, and ``others``, folded under ``label``.

    They are drawn only while the section is open, so that a page with many of them stays quick.
    """
    claims = [*claims_about(page.path, topic), *others]
    section = st.expander(
        f"{label}: {len(claims)} statement{'s' * (len(claims) != 1)}, checked",
        key=section_key(page, topic),
        on_change="rerun",
        bind="query-params",
    )
    if section.open:
        with section:
            claim_cards(claims)


def section_key(page: Page, topic: str) -> str:
    """What the folded claims of a section are called in a link."""
    return f"rule_{topic}" if page == navigation.OPTIMIZERS and topic in OPTIMIZERS else f"{page.prefix}about_{topic}"


def rule_sections(settings: Mapping[str, Mapping[str, float]]) -> None:
    """A section for each rule, family by family; ``settings`` are those of the racers by their keys."""
    for family in Family:
        st.markdown(f"**{family}.** {family.idea}")
        for key, declared in OPTIMIZERS.items():
            if declared.family is family:
                _rule_section(RACERS[key], settings.get(key))


def _rule_section(racer: Racer, settings: Mapping[str, float] | None) -> None:
    """Everything about one rule with its claims, drawn only while it is open.

    ``settings`` are those of the race, ``None`` if the rule is not in it.
    """
    declared = {hyper.name: hyper.default for hyper in racer.optimizer.hypers}
    races = " · in this race" if settings is not None else ""
    label = f"**{racer.name}** · {racer.optimizer.year}{races}"
    section = st.expander(label, key=f"rule_{racer.key}", on_change="rerun", bind="query-params")
    if section.open:
        with section:
            panels.rule_panel(racer, settings or declared)
            claim_cards(claims_about("optimizers", racer.key))
            for key in racer.optimizer.experiments:
                experiment_card(key)


def verdict_badge(verdict: Verdict) -> None:
    """How true a statement is, as a coloured word."""
    st.badge(str(verdict).capitalize(), color=_COLORS[verdict])


def surprises() -> None:
    """A few statements of each page that are false and whose experiment shows it, and where to read on."""
    for page in (page for page in navigation.ALL if page.path):
        false = [
            claim
            for claim in CLAIMS.values()
            if claim.page == page.path and claim.verdict is Verdict.FALSE and claim.experiment
        ]
        for claim in false[:_SURPRISES]:
            said, verdict, where = st.columns([6, 1, 2], vertical_alignment="center")
            said.markdown(f"*“{claim.said}”*")
            with verdict:
                verdict_badge(claim.verdict)
            where.page_link(page.file, label=f"See it run on {page.title}")


def statement(claim: Claim) -> None:
    """What is said, its verdict, what is correct, and the source."""
    said, verdict = st.columns([7, 2], vertical_alignment="center")
    said.markdown(f"*“{claim.said}”*")
    with verdict:
        verdict_badge(claim.verdict)
    st.markdown(claim.correct)
    st.caption(f"{claim.key} · {claim.source}")


@st.fragment
def claim_card(claim: Claim) -> None:
    """One statement with its verdict, what is correct, its source, and its experiment, run live when asked for.

    A fragment: running an experiment leaves the rest of the page alone.
    """
    with st.container(border=True, key=f"claim_{claim.key}"):
        statement(claim)
        if claim.experiment:
            st.markdown(f"**{EXPERIMENTS[claim.experiment].question}**")
            _runnable(EXPERIMENTS[claim.experiment], claim.key)


@st.fragment
def experiment_card(key: str) -> None:
    """The experiment ``key``, which no claim mentions, run live when asked for."""
    experiment = EXPERIMENTS[key]
    with st.container(border=True, key=f"experiment_{experiment.key}"):
        st.markdown(f"**{experiment.question}**")
        _runnable(experiment, experiment.key)


def _runnable(experiment: Experiment, key: str) -> None:
    """A switch and, once it is on, the experiment: its settings, what it found in words, numbers and a picture.

    ``key`` begins the keys of its controls; one experiment may stand on several cards.
    """
    if not st.toggle("Run the experiment", key=f"run_{key}", bind="query-params"):
        return
    columns = st.columns(max(2, min(4, len(experiment.settings))))
    settings = {}
    for place, hyper in enumerate(experiment.settings):
        with columns[place % len(columns)]:
            settings[hyper.name] = controls.hyper_control(
                hyper, f"{key}_{hyper.name}", controls.hyper_label(hyper), hyper.default
            )
    found: Finding = _found(experiment.key, tuple(settings.items()))
    finding_panel(found, key, experiment.question)


def finding_panel(found: Finding, key: str, question: str) -> None:
    """What an experiment found: in words, numbers and a picture, whose key is made from ``key``."""
    st.markdown(found.sentence)
    numbers, shown = st.columns([2, 3])
    with numbers:
        rows = "\n".join(f"| {label} | {panels.number_cell(value)} |" for label, value in found.numbers.items())
        st.markdown(f"| found in this run | |\n|:--|--:|\n{rows}")
    if found.plot is not None:
        with shown:
            panels.picture(plot(found.plot, panels.look()), f"plot_{key}", 320, question)


@st.cache_data(max_entries=_KEPT, show_spinner="Running the experiment …")
def _found(key: str, settings: tuple[tuple[str, float], ...]) -> Finding:
    found = EXPERIMENTS[key].run(dict(settings))
    process.settle()
    return found
