"""The panels of the Reference page: tables made from the declarations, the check against PyTorch, code that runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from core import OPTIMIZERS, SCHEDULES, Run, trace
from core.catalogue.optimizers import Optimizer
from core.catalogue.racers import RACERS
from core.catalogue.schedules import Schedule
from core.evidence.claims import CLAIMS, Claim, Verdict, claim_rows
from core.evidence.claims import narrowed as narrowed_claims
from core.export import optimizer_source, torch_line
from core.export.snippets import SNIPPETS
from core.export.snippets.snippet import Snippet
from core.figures import schedule_curve
from core.formula.words import digits
from core.lessons.asked import QUESTIONS, Group, found
from core.lessons.glossary import GLOSSARY, Term
from core.lessons.reference import (
    MAX_SEARCH,
    matching,
    narrowed,
    narrowing_sentence,
    optimizer_rows,
    questions,
    schedule_rows,
)
from ui import navigation, process
from ui.controls import chip_control, choice, named, one_of, text_setting
from ui.kit import share
from ui.kit.elements import bullets, csv_button, look, picture, program, prose, table, torch_for, written_table
from ui.kit.limits import MAX_TEXT
from ui.panels.catalogue import rule_panel, schedule_panel
from ui.panels.claims import about, card_key, card_settings, statement, topic_key
from ui.panels.questions import answers

_PREFIX = navigation.REFERENCE.prefix
# Steps over which a schedule is drawn, and the learning rate that it is a share of.
_STEPS, _RATE = 100, 0.01
# What is shown of each table's rows, and how it is headed.
_PARITY: dict[str, Any] = {
    "peer": "In PyTorch",
    "deviation": st.column_config.NumberColumn("Largest |Δ|", help="Of any coordinate at any step."),
    "note": st.column_config.TextColumn("What to know", width="large"),
}
_COLUMNS: dict[str, dict[str, Any]] = {
    "rules": {
        "name": st.column_config.TextColumn("Rule", pinned=True, width=120),
        "years": st.column_config.TextColumn("Year", width=78),
        "best_for": st.column_config.TextColumn("Best for", width=170),
        "memory": st.column_config.NumberColumn(
            "Memory",
            width=70,
            help="Numbers kept for each weight from step to step. Within a step SAM holds one more, and Newton's "
            "method a number for every pair of weights.",
        ),
        "gradients": st.column_config.TextColumn(
            "Gradients",
            width=80,
            help="Gradients a step. Estimating the Hessian's diagonal costs about one; computing all of it costs one "
            "per weight.",
        ),
        "scaling": st.column_config.TextColumn("Scaling", width=135, help="What each coordinate's step is divided by."),
        "torch": st.column_config.TextColumn("PyTorch", width=118, help="Its class in torch.optim, if there is one."),
    },
    "schedules": {
        "name": st.column_config.TextColumn("Schedule", pinned=True, width=170),
        "idea": st.column_config.TextColumn("Idea", width=380),
        "hypers": st.column_config.TextColumn("Hyperparameters", width=210),
    },
    "parity": {"name": st.column_config.TextColumn("Rule", pinned=True), **_PARITY},
    "parity_schedules": {"name": st.column_config.TextColumn("Schedule", pinned=True), **_PARITY},
}
# The answer that narrows nothing.
_ANY = "any"
_LEDGER: dict[str, Any] = {
    "key": st.column_config.TextColumn("No.", pinned=True, width=60),
    "said": st.column_config.TextColumn("What is said", width=380),
    "verdict": st.column_config.TextColumn("Verdict", width=138),
    "page": st.column_config.TextColumn("Page", width=100),
    "basis": st.column_config.TextColumn(
        "Check it", width=112, help="By an experiment that runs here or, where no numbers can decide, in the sources."
    ),
}


@st.fragment
@share.part("rules")
def _optimizers_panel() -> None:
    """A search and three questions that narrow the table of rules; the rule chosen in it, with formula and code."""
    rows = optimizer_rows()
    text = _search("Search the table", "find", "A name, an author, a year, a purpose")
    answers = []
    asked = questions()
    with st.expander("Which one for me? Three questions that narrow the table"):
        for question, column in zip(asked, st.columns(len(asked), vertical_alignment="bottom"), strict=True):
            with column:
                options = {answer: answer for answer in question.answers}
                answers.append(choice(question.text, options, _PREFIX + question.key))
    fitting = narrowed(rows, *answers)
    matched = matching(fitting, text)
    if len(fitting) < len(rows):
        prose(narrowing_sentence(rows, *answers))
    if matched:
        _table(matched, f"{_PREFIX}rule", "rules", lambda row: OPTIMIZERS[row.rule].name)
        st.caption("Press a heading to sort. Choose a row to see its formula and its code below.")
        csv_button("Table as CSV", matched, "optimizers.csv", f"{_PREFIX}rules_csv")
    elif fitting:
        st.info(f"None of these rules mentions {share.quoted(text)}.", icon=":material/search_off:")
    _rule(choice("Rule", named(OPTIMIZERS.values()), f"{_PREFIX}rule", OPTIMIZERS["adam"].name))


def _search(label: str, name: str, placeholder: str) -> str:
    """The words to look for in a table."""
    key = f"{_PREFIX}{name}"
    text_setting(key, label)
    disabled = share.locked(key)
    text = str(st.text_input(label, key=key, max_chars=MAX_TEXT, placeholder=placeholder, disabled=disabled))
    if len(text) <= MAX_SEARCH:
        return text
    st.error(
        f"A search may have at most {MAX_SEARCH} characters; this one has {digits(len(text))}, "
        f"{digits(len(text) - MAX_SEARCH)} too many. Until it is shorter, everything is shown.",
        icon=":material/error:",
    )
    return ""


def _rule(optimizer: Optimizer) -> None:
    rule_panel(RACERS[optimizer.key])
    if optimizer.torch:
        settings = {hyper.name: hyper.default for hyper in optimizer.hypers}
        st.code(torch_line(optimizer, settings), language="python")
        if optimizer.torch.note:
            st.caption(optimizer.torch.note)
    else:
        st.caption("torch.optim has no such class; this one is made from the lines above.")
        program(optimizer_source(optimizer), 300)
    navigation.link(navigation.OPTIMIZERS, f"Race **{optimizer.name}**", {"rules": [optimizer.name]})


@st.fragment
@share.part("schedules")
def _schedules_panel() -> None:
    """The table of schedules; the one chosen in it, with its formula, its curve and its line of PyTorch."""
    _table(schedule_rows(), f"{_PREFIX}schedule", "schedules", lambda row: row.name)
    schedule = choice("Schedule", named(SCHEDULES.values()), f"{_PREFIX}schedule", SCHEDULES["cosine"].name)
    prose(schedule.idea)
    schedule_panel(schedule, schedule.hypers, _PREFIX, _RATE, _STEPS, lambda settings: _curve(schedule, settings))


def _curve(schedule: Schedule, settings: Mapping[str, float]) -> None:
    """What the schedule does to the learning rate of gradient descent in a ravine."""
    run = Run("ravine", "sgd", (1.0, 1.0), _STEPS, {"lr": _RATE}, schedule.key, settings)
    picture(
        schedule_curve(trace(run), look()),
        f"{_PREFIX}_curve",
        260,
        f"Learning rate under {schedule.name} over {_STEPS} steps",
    )


def _table(rows: Sequence[Any], key: str, name: str, option: Callable[[Any], str]) -> None:
    """``rows`` as a table in which choosing one sets the control ``key`` to its ``option``."""
    table(rows, _COLUMNS[name], f"{_PREFIX}_{name}", lambda row: st.session_state.update({key: option(row)}))


@st.fragment
@share.part("questions")
def _questions_panel() -> None:
    """The questions of one group, or of all groups those in which the words of a search occur, with their answers."""
    text = _search("Search the questions", "asked", "A word of a question or its answer")
    group = chip_control("About", {group: group for group in Group}, f"{_PREFIX}group", str)
    if not text.strip():
        answers(question for question in QUESTIONS.values() if question.group is group)
    elif listed := found(text):
        st.caption(f"{len(listed)} of {len(QUESTIONS)} questions, from all groups.")
        answers(listed)
    else:
        st.info(f"None of these questions mentions {share.quoted(text)}.", icon=":material/search_off:")


@st.fragment
@share.part("parity")
def _parity_panel() -> None:
    """A button that takes the same runs through PyTorch, and how far apart the two then are."""
    if torch_for("The check") and st.button(
        "Check against PyTorch now", icon=":material/fact_check:", type="primary", key=f"{_PREFIX}check"
    ):
        progress = st.progress(0.0, "Loading PyTorch …")
        # Imports torch at once, which no page does by being opened.
        from core.export import torch_peer

        rules = torch_peer.check(lambda share: progress.progress(share, "Running every rule twice …"))
        schedules = torch_peer.check_schedules()
        # torch.optim imports most of torch when it is first used.
        process.settle()
        progress.empty()
        prose(
            f"Just now, with PyTorch {rules[0].version}: {len(rules)} rules and {len(schedules)} schedules, each at "
            "its defaults and at a much larger rate, over 200 steps."
        )
        for title, rows, key in (("Update rules", rules, "parity"), ("Schedules", schedules, "parity_schedules")):
            st.markdown(f"**{title}**")
            table(rows, _COLUMNS[key], f"{_PREFIX}_{key}")
    else:
        st.caption("Nothing has been checked in this visit yet. It takes a few seconds, most of them to load PyTorch.")


@st.fragment
@share.part("code")
def _code_panel() -> None:
    """The snippets, a tab each, of which only the open one is sent."""
    names = [snippet.title for snippet in SNIPPETS.values()]
    key = f"{_PREFIX}code"
    share.setting(key, names[0], one_of(names), f"it is {' or '.join(names)}", called="Snippet of code")
    if share.locked(key):
        # Streamlit's tabs cannot be told to stay.
        if not share.hidden(key):
            st.markdown(f"**{st.session_state[key]}**")
            _snippet(next(one for one in SNIPPETS.values() if one.title == st.session_state[key]))
        return
    tabs = st.tabs(names, key=key, on_change="rerun")
    for tab, snippet in zip(tabs, SNIPPETS.values(), strict=True):
        if tab.open:
            with tab:
                _snippet(snippet)


def _snippet(snippet: Snippet) -> None:
    prose(snippet.introduction)
    program(snippet.code, 460)
    bullets(snippet.notes)


@st.fragment
@share.part("glossary")
def _glossary_panel() -> None:
    """A search for terms, and those found: all of them without one."""
    text = _search("Search the glossary", "term", "A term, or words of its meaning")
    matched = matching(GLOSSARY.values(), text)
    if not matched:
        st.info(f"No term fits. You searched for {share.quoted(text)}.", icon=":material/search_off:")
    else:
        # A term itself comes before those in whose meaning it stands.
        _terms(sorted(matched, key=lambda term: text.casefold() not in term.name.casefold()))


def _terms(terms: Sequence[Term]) -> None:
    rows = (
        f"| **{term.name}**{f' ${term.symbol}$' if term.symbol else ''} | {term.meaning} | {_shown(term)} |"
        for term in terms
    )
    written_table("\n".join(["| Term | Meaning | Seen on |", "|:--|:--|:--|", *rows]), f"{_PREFIX}_terms")


def _shown(term: Term) -> str:
    """A link to where ``term`` is best seen, on a page that shows one part at a time in its part."""
    page = navigation.of(term.page)
    part = page.part_of(term.at.removeprefix("chosen_"))
    shows: dict[str, share.Setting] = {topic_key(page): part} if part else {}
    return f"[{page.title}]({term.page}?{urlencode({**share.encode(shows), 'at': term.at}, doseq=True)})"


@st.fragment
@share.part("statements")
def _ledger_panel() -> None:
    """All statements as a table to search and narrow; the one chosen in it, with the way to its card."""
    rows = claim_rows()
    pages = {page.path: page for page in navigation.ALL if any(row.page == page.path for row in rows)}
    titles = {page.title: path for path, page in pages.items()}
    search, verdicts, where = st.columns([2, 1, 1], vertical_alignment="bottom")
    with search:
        text = _search("Search the statements", "said", "Words of a statement, its correction or its source")
    with verdicts:
        verdict = choice("Verdict", {_ANY: "", **{str(one): str(one) for one in Verdict}}, f"{_PREFIX}verdict")
    with where:
        path = choice("Page", {_ANY: "", **titles}, f"{_PREFIX}page")
    matched = matching(narrowed_claims(rows, verdict, path), text)
    chosen = f"{_PREFIX}claim"
    if matched:
        listed = [replace(row, page=pages[row.page].title) for row in matched]
        table(listed, _LEDGER, f"{_PREFIX}ledger", lambda row: st.session_state.update({chosen: row.key}))
        st.caption(f"{len(matched)} of {len(rows)} statements. Choose a row to read what is correct.")
        csv_button("Statements as CSV", matched, "statements.csv", f"{_PREFIX}ledger_csv")
    else:
        st.info(f"No statement fits. You searched for {share.quoted(text)}.", icon=":material/search_off:")
    _statement(choice("Statement", dict(sorted(CLAIMS.items())), chosen))


def _statement(claim: Claim) -> None:
    with st.container(border=True):
        statement(claim)
        page = navigation.of(claim.page)
        does = "Run it" if claim.experiment else "Read it"
        navigation.link(page, f"{does} on **{page.title}**", card_settings(claim), card_key(claim))


def _code() -> None:
    prose("Each tab is one program, run exactly as printed whenever this guide is tested.")
    _code_panel()
    st.header("Checked against PyTorch", anchor="parity")
    prose(
        "Every rule and every schedule here is compared with the class of `torch.optim` that computes the same: same "
        "start, same settings, same number of steps. Where PyTorch has no such class, the rule is compared with an "
        "optimizer generated from its own lines, which checks the generated code and not the rule."
    )
    _parity_panel()


def _statements() -> None:
    _ledger_panel()
    about(navigation.REFERENCE, "tips", "Seven tips that everyone has heard")
    about(navigation.REFERENCE, "table", "What tables of optimizers often say")
    about(navigation.REFERENCE, "code", "About PyTorch code")


@dataclass(frozen=True)
class _Part:
    """A part of the page: its name, its heading, and what draws it."""

    name: str
    heading: str
    draw: Callable[[], None]


# Without its title, which stands above it.
_, _, _LANGUAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text(encoding="utf-8").partition("\n\n")


def _language() -> None:
    """The language as the project documents it."""
    st.markdown(_LANGUAGE)


# By their names in a link; the first opens the page.
PARTS = {
    "rules": _Part("Optimizers", "Which optimizer?", _optimizers_panel),
    "schedules": _Part("Schedules", "Schedules of the learning rate", _schedules_panel),
    "questions": _Part("Questions", "What people ask, with answers that can be run", _questions_panel),
    "glossary": _Part("Glossary", "What the words mean", _glossary_panel),
    "code": _Part("PyTorch code", "Real PyTorch code", _code),
    "language": _Part("Language", "The formula language", _language),
    "statements": _Part("Statements", "Every statement, and how true it is", _statements),
}


def parts_panel() -> None:
    """One part of the page, chosen above it."""
    part = chip_control("Part of the reference", PARTS, topic_key(navigation.REFERENCE), lambda part: part.name)
    st.header(part.heading, anchor="part")
    part.draw()
