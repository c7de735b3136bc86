"""Claim cards: what is commonly said, how true it is, and the experiment that the reader can run on the spot."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import streamlit as st

from core.catalogue.optimizers import OPTIMIZERS
from core.engine.findings import Experiment, Finding
from core.evidence.claims import CLAIMS, Basis, Claim, Verdict
from core.evidence.experiments import EXPERIMENTS
from core.figures import plot
from core.formula.latex import measured
from core.formula.words import counted, listed
from core.lessons.trained_claims import TRAINED, Trained
from ui import controls, navigation, process
from ui.kit import share
from ui.kit.elements import look, picture, prose, torch_for
from ui.navigation import Page

# The settings of an experiment, by name.
Settings = tuple[tuple[str, float], ...]
Color = Literal["green", "blue", "orange", "red", "violet"]
_COLORS: Mapping[Verdict, Color] = {
    Verdict.TRUE: "green",
    Verdict.CONDITIONS: "blue",
    Verdict.OVERSIMPLIFIED: "orange",
    Verdict.FALSE: "red",
    Verdict.CONTESTED: "violet",
}
# The section of the page of networks that holds what a training shows.
TRAINING_TOPIC = "networks"
# False statements shown per page on the home page.
_SURPRISES = 2
# Findings kept for all visitors together; each is small, and any of them can be computed again.
_KEPT = 128


def claims_about(page: str, topic: str) -> list[Claim]:
    """The claims of a section of a page, in the guide's order."""
    return [claim for claim in CLAIMS.values() if claim.page == page and claim.topic == topic]


def about(page: Page, topic: str, label: str, *others: Claim, experiments: Sequence[str] = ()) -> None:
    """The ``experiments`` and the claims of a section of ``page``, and ``others``, folded under ``label``.

    They are drawn only while the section is open, so that a page with many of them stays quick.
    """
    claims = [*claims_about(page.path, topic), *others]
    if not claims and not experiments:
        return
    counts = [counted(len(experiments), "experiment")] if experiments else []
    counts += [f"{counted(len(claims), 'statement')}, checked"] if claims else []

    def draw() -> None:
        for experiment in experiments:
            experiment_card(experiment)
        for claim in claims:
            claim_card(claim)

    controls.fold(f"{label}: {listed(counts)}", section_key(page, topic), draw)


def section_key(page: Page, topic: str) -> str:
    """What the folded claims of a section are called in a link."""
    return f"rule_{topic}" if page == navigation.OPTIMIZERS and topic in OPTIMIZERS else f"{page.prefix}about_{topic}"


def topic_key(page: Page) -> str:
    """What the part of ``page`` is called in a link that is shown, if it shows one at a time."""
    return f"{page.prefix}topic"


def card_key(claim: Claim) -> str:
    """What the card of ``claim`` is called on its page."""
    return f"claim_{claim.key}"


def card_settings(claim: Claim) -> dict[str, share.Setting]:
    """What a link says that leads to the card of ``claim``: its section is open, and its experiment is on."""
    page = navigation.of(claim.page)
    running: dict[str, share.Setting] = {f"run_{claim.key}": True} if claim.experiment else {}
    part = page.part_of(claim.topic)
    shown: dict[str, share.Setting] = {topic_key(page): part} if part else {}
    return {**shown, section_key(page, claim.topic): True, **running}


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
            said, verdict, where = st.columns([5, 1, 2], vertical_alignment="center")
            said.markdown(f"*“{claim.said}”*")
            with verdict:
                verdict_badge(claim.verdict)
            with where:
                navigation.link(page, f"See it run on {page.title}", card_settings(claim), card_key(claim))


def statement(claim: Claim) -> None:
    """What is said, its verdict, what is correct, and the source; a badge where that is all there is to go by."""
    said, verdict = st.columns([7, 2], vertical_alignment="center")
    said.markdown(f"*“{claim.said}”*")
    with verdict:
        verdict_badge(claim.verdict)
        if claim.basis is Basis.SOURCES:
            st.badge(str(claim.basis).capitalize(), icon=":material/menu_book:", color="gray")
    prose(claim.correct)
    st.caption(claim.source, help=f"Cite this statement as {claim.key}.")
    if trained := TRAINED.get(claim.key):
        _training_link(trained)


def _training_link(trained: Trained) -> None:
    """The way to a training, with nothing else changed there."""
    page, label = navigation.REAL_NETWORK, f"Train it {trained.see}"
    settings: dict[str, share.Setting] = {page.prefix + key: value for key, value in trained.settings.items()}
    if share.here() == page.path:
        here = share.encode({**settings, section_key(page, TRAINING_TOPIC): True})
        st.button(label, icon=page.icon, type="tertiary", on_click=share.follow, args=(here,))
    else:
        navigation.link(page, label, settings)


@st.fragment
def claim_card(claim: Claim) -> None:
    """One statement with its verdict, what is correct, its source, and its experiment, run live when asked for.

    A fragment: running an experiment leaves the rest of the page alone.
    """
    with st.container(border=True, key=card_key(claim)), share.part(card_key(claim)):
        statement(claim)
        if claim.experiment:
            runnable(EXPERIMENTS[claim.experiment], claim.key, _result)
            if st.session_state[f"run_{claim.key}"]:
                share.done(card_key(claim))


@st.fragment
def experiment_card(key: str) -> None:
    """The experiment ``key``, which no claim mentions, run live when asked for."""
    experiment = EXPERIMENTS[key]
    name = f"experiment_{experiment.key}"
    with st.container(border=True, key=name), share.part(name):
        runnable(experiment, experiment.key, _result)


def runnable(experiment: Experiment, key: str, find: Callable[[str, Settings], Finding]) -> None:
    """What an experiment asks, a switch and, once it is on, its settings and what it found at them.

    ``key`` begins the keys of its controls; one experiment may stand on several cards. ``find`` runs the experiment
    that it is given by its key.
    """
    prose(f"**{experiment.question}**")
    if not controls.switch("Run the experiment", f"run_{key}"):
        return
    if experiment.needs_torch and not torch_for("This experiment"):
        return
    settings = controls.hyper_row(experiment.settings, f"{key}_")
    finding_panel(find(experiment.key, tuple(settings.items())), f"plot_{key}", experiment.question)


def finding_panel(finding: Finding, key: str, alt: str) -> None:
    """What an experiment found: in words, numbers and a picture called ``key``."""
    prose(finding.sentence)
    if finding.numbers:
        details_panel(finding, key, alt)


def details_panel(finding: Finding, key: str, alt: str) -> None:
    """The numbers that an experiment found, and a picture called ``key``."""
    numbers, drawing = st.columns([2, 3])
    with numbers:
        rows = "\n".join(f"| {label} | ${measured(value).latex}$ |" for label, value in finding.numbers.items())
        st.markdown(f"| found in this run | |\n|:--|--:|\n{rows}")
    if finding.plot is not None:
        with drawing:
            picture(plot(finding.plot, look()), key, 320, alt)


@st.cache_data(max_entries=_KEPT, show_spinner="Running the experiment …")
def _result(key: str, settings: Settings) -> Finding:
    finding = EXPERIMENTS[key].run(dict(settings))
    process.settle()
    return finding
