"""The clinic: PyTorch's lines are pasted, what they set is run here, and the race is given back as such lines."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import streamlit as st

from core.catalogue.racers import RACERS, Racer, own_racer
from core.engine.run import Run
from core.engine.summary import Race
from core.export import pytorch_lines
from core.formula.words import digits
from core.lessons.clinic import EXAMPLE, MAX_TEXT, PLACEHOLDER, Examined, Kind, examine
from ui.controls import pasted, race_state
from ui.kit import share
from ui.kit.elements import bullets, program, prose
from ui.kit.limits import MAX_CLIP, MAX_STEPS

# In the order in which they are shown, each with what is said where there is nothing of the kind.
_LISTS: Mapping[Kind, str] = MappingProxyType(
    {Kind.WRONG: "Nothing in these lines looks wrong.", Kind.TAKEN: "", Kind.LEFT: ""}
)


def clinic_panel(race: Race, prefix: str) -> None:
    """A box for lines of PyTorch, what they are here and what looks wrong in them, and the lines of ``race``.

    ``prefix`` begins the keys of the page's controls, which the lines can set.
    """
    found = examine(_text(f"{prefix}clinic"), MAX_STEPS)
    _told(found)
    if found.optimizer is not None:
        _run_button(found, race, prefix)
    prose("**This race in PyTorch.** The lines that set each rule, in the loop they belong in.")
    program("\n\n".join(f"# {racer.name}\n{pytorch_lines(path.run)}" for racer, path in race), 320)


def _text(key: str) -> str:
    """What stands in the box; the link has it if it is short."""
    text = pasted(
        "Your lines of PyTorch",
        key,
        "the lines",
        240,
        PLACEHOLDER,
        "An optimizer, its scheduler and the loop around them. They are read and never run. Up to "
        f"{digits(MAX_TEXT)} characters are read.",
    )
    st.button("Example", key=f"{key}_example", icon=":material/bug_report:", on_click=share.ask, args=({key: EXAMPLE},))
    return text


def _told(found: Examined) -> None:
    """The notes in their lists; nothing while there is no text."""
    if not found.notes:
        return
    for kind, nothing in _LISTS.items():
        notes = found.of(kind)
        if notes:
            st.markdown(f"**{kind}**")
            bullets(f"Line {note.line}: {note.said(share.quoted)}" for note in notes)
        elif nothing and found.optimizer is not None:
            prose(nothing)


def _run_button(found: Examined, race: Race, prefix: str) -> None:
    """Makes the race that of the lines, on the objective, from the start and with the noise that it has."""
    st.button(
        "Run it here",
        key=f"{prefix}clinic_run",
        type="primary",
        icon=":material/play_arrow:",
        on_click=share.ask,
        args=(race_state(*taken(found, race), prefix),),
        help="The race becomes this rule, with its schedule, clipping and steps. Objective and start stay. A rule with "
        "weight decay that the catalogue does not have races beside the one without.",
    )


def taken(found: Examined, race: Race) -> tuple[Sequence[Racer], Sequence[Run]]:
    """Who races in the race of the lines, and how: their rule, beside what it was made from if it is no shipped one.

    Objective, start and noise are those of ``race``.
    """
    now = race[0][1].run
    told = found.run(now.objective, now.start, now.steps)
    limit = None if told.clip_norm is None else min(told.clip_norm, MAX_CLIP)
    run = replace(told, noise=now.noise, seed=now.seed, clip_norm=limit)
    if run.optimizer in RACERS:
        return [RACERS[run.optimizer]], [run]
    plain = RACERS[found.plain]
    settings = {hyper.name: run.settings[hyper.name] for hyper in plain.optimizer.hypers}
    return [own_racer(run.optimizer), plain], [run, replace(run, optimizer=plain.key, hypers=settings)]
