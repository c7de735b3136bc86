"""The panels of the History page: its story year by year, a timeline to click in, what each entry brought."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from core import OBJECTIVES, outside, trace
from core.catalogue.optimizers import OPTIMIZERS
from core.catalogue.racers import RACERS
from core.figures import family_tree, timeline
from core.formula.words import counted, listed
from core.lessons.history import (
    RACE_NOTE,
    RACE_OBJECTIVE,
    RACE_STEPS,
    Chapter,
    Entry,
    best_rate,
    known_by,
    lineage,
    race_by,
    story,
    successors,
    timeline_entries,
)
from ui.controls import choice, fold, kept_start, moment_control, named, one_of, start_control, switch
from ui.kit import share
from ui.kit.elements import bullets, clicked, look, prose, sent, sheet
from ui.kit.limits import MAX_RACERS
from ui.navigation import HISTORY, REFERENCE, link
from ui.panels.catalogue import rule_panel
from ui.panels.outcome import numbers_panel
from ui.stage import room, stage

_KEY = f"{HISTORY.prefix}entry"
_player = st.components.v2.component(
    "gradient_descent_story",
    html='<div role="group" aria-label="The story"><button type="button">Back</button><button type="button"></button>'
    '<button type="button">Next</button><span></span></div>',
    css="""div { display: flex; gap: 0.5rem; align-items: center; }
button { font: inherit; color: inherit; background: none; cursor: pointer; padding: 0.3rem 0.75rem; white-space: nowrap;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); min-height: 2.5rem; }
button:nth-child(2) { background: var(--st-primary-color); border-color: var(--st-primary-color);
  color: var(--st-background-color); }
button:not(:disabled):hover { border-color: var(--st-primary-color); }
button:disabled { opacity: 0.45; cursor: default; }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
span { white-space: nowrap; font-size: 0.875rem; opacity: 0.75; }""",
    js=Path(__file__).with_name("story.js").read_text(),
)
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
def story_panel() -> None:
    """The story as slides: a year, what was new, what was wrong, and everything known by then in one valley.

    A fragment: it leaves the timeline and the tree alone.
    """
    chapters = story()
    chapter = _chapter_control(chapters)
    objective, prefix = OBJECTIVES[RACE_OBJECTIVE], HISTORY.prefix
    start = kept_start(objective, prefix)
    first, *others = chapter.new
    also = f" Also new: {listed([one.name for one in others])}." if others else ""
    prose(f"**{chapter.year}: {first.name}.** {first.idea}{also}")
    place = room(["plane", "loss"], 340, prefix)
    known = known_by(chapter.year)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        step = moment_control(RACE_STEPS, prefix)
        if len(known) > MAX_RACERS and not switch(f"Race all {len(known)} known by then", f"{prefix}all"):
            known = lineage(chapter.year)
            st.caption("These are the new rules, and those that they grew from.")
        fold("The start as fields", f"{prefix}fields", lambda: start_control(objective, prefix))
    mended = chapter.mended
    wrong = f"What {'was' if mended else 'is'} wrong: {chapter.wrong}"
    race = [(racer, trace(run)) for racer, run in race_by(chapter.year, _tuned_rate, start, known)]
    answer = f" That led to {mended.name} in {mended.year}." if mended else ""
    stage(place, objective, race, step, f"Rules known by {chapter.year}", look_for=wrong + answer)
    fold("How they are tuned, and what this race does not show", f"{prefix}tuned", lambda: prose(RACE_NOTE))
    numbers_panel(race, prefix)


def _chapter_control(chapters: Sequence[Chapter]) -> Chapter:
    """One of ``chapters``, by its year, by buttons that lead on, or by itself while the story plays."""
    key, player = f"{HISTORY.prefix}year", f"{HISTORY.prefix}story"
    texts = [str(chapter.year) for chapter in chapters]
    label, allowed = "Known by the year", f"a year in which a rule appeared: {', '.join(texts)}"
    share.setting(key, texts[0], one_of(texts), allowed, called=label)

    def turn() -> None:
        at = outside.index(sent(player, "go"), len(chapters))
        if at is not None:
            share.ask({key: texts[at], f"{HISTORY.prefix}t": float(RACE_STEPS)})

    buttons, slider = st.columns([3, 4], vertical_alignment="bottom")
    with slider:
        st.select_slider(label, texts, texts[0], key=key, disabled=share.locked(key))
    at = texts.index(st.session_state[key])
    with buttons:
        _player(key=player, data={"at": at, "of": len(texts)}, on_go_change=turn, height="content")
    return chapters[at]


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
