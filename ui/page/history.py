"""The panels of the History page: a timeline to click in, what each entry brought, who grew from whom."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import streamlit as st

from core import OBJECTIVES, trace
from core.catalogue.optimizers import OPTIMIZERS
from core.catalogue.racers import RACERS
from core.figures import family_tree, timeline
from core.formula.words import counted
from core.lessons.history import (
    RACE_NOTE,
    RACE_OBJECTIVE,
    RACE_STEPS,
    Entry,
    best_rate,
    known_by,
    race_by,
    successors,
    timeline_entries,
    years,
)
from ui.controls import choice, fold, kept_start, moment_control, named, one_of, start_control
from ui.kit import share
from ui.kit.elements import bullets, clicked, look, prose, sheet
from ui.kit.limits import MAX_RACERS
from ui.navigation import HISTORY, REFERENCE, link
from ui.panels.catalogue import rule_panel
from ui.panels.outcome import numbers_panel
from ui.stage import room, stage

_KEY = f"{HISTORY.prefix}entry"
# Best learning rates of the race: one number per rule, the same for every visitor.
_tuned_rate = st.cache_data(max_entries=64, show_spinner=False)(best_rate)
# Figures as they are with each entry marked, in two looks and two widths.
_timeline = lru_cache(maxsize=128)(timeline)
_family_tree = lru_cache(maxsize=128)(family_tree)


def timeline_panel() -> Entry:
    """The timeline, and the entry chosen in it or from the list below."""
    entries = named(timeline_entries())
    slot = st.container()
    chosen = choice("Entry", entries, _KEY, OPTIMIZERS["adam"].name)

    with slot:
        names = {one.key: one.name for one in entries.values()}
        listed = tuple(entries.values())
        sheet(
            _timeline(listed, look(), selected=chosen.key),
            _timeline(listed, look(), narrow=True, selected=chosen.key),
            f"{HISTORY.prefix}timeline",
            "Timeline of update rules and other events from 1847 on",
            lambda figure: _take(figure, names),
        )
    return chosen


def entry_panel(entry: Entry) -> None:
    """What an entry brought, its formula and source, what it mended, and what mended it."""
    if entry.kind == "rule":
        rule_panel(RACERS[entry.key])
    else:
        st.markdown(f"### {entry.name}")
        st.caption(f"{entry.authors} {entry.years}")
        prose(entry.idea)
        if entry.consequence:
            prose(f"**What came of it.** {entry.consequence}")
        st.caption(f"Source: {entry.source}")
    if later := successors(entry.key):
        with st.expander(f"What later rules improved: {counted(len(later), 'rule')}"):
            bullets(f"{one.name} ({one.year}): {one.fixes}" for one in later)
    if entry.kind == "rule":
        link(REFERENCE, f"**{entry.name}** in the reference", {f"{REFERENCE.prefix}rule": entry.name})


def family_fold(entry: Entry) -> None:
    """Who grew from whom, as a tree to click in."""

    def draw() -> None:
        names = {key: optimizer.name for key, optimizer in OPTIMIZERS.items()}
        sheet(
            _family_tree(look(), entry.key),
            _family_tree(look(), entry.key, narrow=True),
            f"{HISTORY.prefix}family",
            "Family tree of the update rules: each beside the one that it grew from",
            lambda figure: _take(figure, names),
        )

    fold("Which rule grew from which", f"{HISTORY.prefix}grew", draw)


@st.fragment
@share.part("race")
def race_panel() -> None:
    """Everything known by a year in one valley. A fragment: it leaves the timeline and the tree alone."""
    year = _year_control()
    objective, prefix = OBJECTIVES[RACE_OBJECTIVE], HISTORY.prefix
    start = kept_start(objective, prefix)
    race = [(racer, trace(run)) for racer, run in race_by(year, _tuned_rate, start)]
    place = room(["plane", "loss"], 400, prefix)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        step = moment_control(RACE_STEPS, prefix)
        fold("The start as fields", f"{prefix}fields", lambda: start_control(objective, prefix))
    stage(place, objective, race, step, f"Rules known by {year}")
    fold("How they are tuned, and what this race does not show", f"{prefix}tuned", lambda: prose(RACE_NOTE))
    numbers_panel(race, prefix)


def _year_control() -> int:
    """The year up to which rules race; unless said otherwise the last whose rules can be told apart in a picture."""
    key = f"{HISTORY.prefix}year"
    texts = [str(year) for year in years()]
    opening = max(year for year in years() if len(known_by(year)) <= MAX_RACERS)
    label = "Known by the year"
    allowed = f"a year in which a rule appeared: {', '.join(texts)}"
    share.setting(key, str(opening), one_of(texts), allowed, called=label)
    return int(st.select_slider(label, texts, str(opening), key=key, disabled=share.locked(key)))


def _take(figure: str, names: Mapping[str, str]) -> None:
    """Chooses the entry that was clicked in ``figure``."""
    name = believed_name(st.session_state[figure], names)
    if name is not None:
        st.session_state[_KEY] = name


def believed_name(raw: Any, names: Mapping[str, str]) -> str | None:
    """The name of the entry that a figure says was clicked; ``names`` are by key. ``None`` for anything else.

    ``raw`` comes from a browser and may hold anything.
    """
    point = clicked(raw)
    return names.get(point[0]) if point is not None else None
