"""Runs that are pinned: kept in the link, compared side by side, and brought back."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import pandas as pd
import streamlit as st

from core.catalogue.racers import RACERS, Racer, distinct, own_racer
from core.engine.differences import differences
from core.engine.run import Run
from core.engine.summary import Race
from core.engine.trace import Path, trace
from core.export import pins_from_text, pins_text
from core.export.pins import MOST_PINS
from core.figures import losses
from core.formula import FormulaError
from core.formula.words import digits
from ui.controls import race_state
from ui.kit import share
from ui.kit.elements import in_digits, look, picture, prose
from ui.kit.limits import MAX_LINK, unsuited

_HEIGHT = 360
# Pixels of what a pin is called, and of its name alone, which a phone would cut off.
_LINE, _NAME = 320, 130
# Paths kept, of up to a megabyte each: the pins of a few visitors, which stay while they move their sliders.
_PATHS = 24
# The part of a link from which on it is told how full it is.
_FULL = 0.5


def pins_panel(race: Race, prefix: str) -> None:
    """The pinned runs side by side, and a button for each run of ``race`` to pin it; ``prefix`` begins the keys."""
    key = f"{prefix}pins"
    share.setting(key, "", lambda text: text if _readable(text) else None, "it holds runs as this guide pins them")
    pinned, problems = _pinned(str(st.session_state[key]))
    for problem in problems:
        st.warning(share.verbatim(problem), icon=":material/link_off:")
    _pin_row(race, pinned, key, prefix)
    if not pinned:
        prose(
            "Pin a run to compare it with what you try next: a pinned run stays as it is while you move the controls. "
            "Pins are part of the link, so that whoever opens it sees them too."
        )
        return
    paths = [(racer, _path(run)) for racer, run in zip(_named(pinned), pinned, strict=True)]
    _compared(paths, prefix)
    alt = f"The losses of {len(paths)} pinned runs over their steps"
    picture(losses(paths, look()), f"{prefix}pins_losses", _HEIGHT, alt)
    _pins(paths, len(race[0][1].run.start), key, prefix)


def _readable(text: str) -> bool:
    """Whether anything stands in ``text``, which a link gave; what of it does not is told where pins are shown."""
    pins = pins_from_text(text)
    return bool(pins.runs) or not pins.problem


def _pinned(text: str) -> tuple[list[Run], list[str]]:
    """The runs in ``text`` that a page can show, and sentences about the others."""
    pins = pins_from_text(text)
    reasons = [_reason(run) for run in pins.runs]
    shown = [run for run, reason in zip(pins.runs, reasons, strict=True) if not reason]
    return shown, [problem for problem in (pins.problem, *reasons) if problem]


def _reason(run: Run) -> str:
    """Why ``run`` cannot be shown; empty if it can."""
    try:
        _racer(run)
    except FormulaError as error:
        return error.message
    return unsuited(run)


def _racer(run: Run) -> Racer:
    return RACERS.get(run.optimizer) or own_racer(run.optimizer)


def _named(runs: Sequence[Run]) -> list[Racer]:
    """Who takes each of ``runs``, numbered, no two in one colour."""
    racers = [_racer(run) for run in runs]
    return distinct(
        replace(racer, key=f"pin{number}", name=f"{number} {racer.name}") for number, racer in enumerate(racers, 1)
    )


@lru_cache(maxsize=_PATHS)
def _path(run: Run) -> Path:
    return trace(run)


def _pin_row(race: Race, pinned: Sequence[Run], key: str, prefix: str) -> None:
    """A button for each run of ``race``; it is disabled, and says why, where a run cannot be pinned."""
    known = {run.completed for run in pinned}
    with st.container(horizontal=True, gap="xsmall"):
        for racer, path in race:
            text = pins_text([*pinned, path.run])
            length = share.length_with({key: text})
            refusals = {
                f"{racer.name} is pinned as it runs now.": path.run.completed in known,
                f"At most {MOST_PINS} runs can be pinned; remove one first.": len(pinned) >= MOST_PINS,
                f"The link would have {digits(length)} characters, and at most {digits(MAX_LINK)} arrive everywhere.": (
                    length > MAX_LINK
                ),
            }
            refusal = next((sentence for sentence, holds in refusals.items() if holds), "")
            st.button(
                f"Pin {racer.name}",
                key=f"{prefix}pin_{racer.key}",
                icon=":material/keep:",
                help=refusal or f"Keeps {racer.name} as it runs now.",
                disabled=bool(refusal),
                on_click=share.ask,
                args=({key: text},),
            )
    length = share.length_with({})
    if length > _FULL * MAX_LINK:
        st.caption(f"The link has {digits(length)} of at most {digits(MAX_LINK)} characters.")


def _compared(paths: Race, prefix: str) -> None:
    """The settings in which the pins differ, and how each ended."""
    frame = pd.DataFrame(
        {
            "Pin": [racer.name for racer, _ in paths],
            **differences([path.run for _, path in paths]),
            "Outcome": [str(path.status.outcome) for _, path in paths],
            "Loss at the end": [float(path.loss[-1]) for _, path in paths],
            "Steps taken": [len(path.x) - 1 for _, path in paths],
            "Gradients": [path.evaluations for _, path in paths],
        }
    )
    columns = {"Pin": st.column_config.TextColumn(pinned=True, width=_NAME)}
    st.dataframe(in_digits(frame), hide_index=True, key=f"{prefix}pins_table", column_config=columns)


def _pins(paths: Race, variables: int, key: str, prefix: str) -> None:
    """A line for each pin, with what brings it back to a page of so many ``variables`` and what removes it."""
    runs = [path.run for _, path in paths]
    for number, (racer, path) in enumerate(paths):
        objective = path.run.resolved_objective
        name = objective.name if objective.reference == objective.key else share.quoted(objective.formula)
        fits = len(path.run.start) == variables
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown(f"**{racer.name}** on {name}", width=_LINE)
            st.button(
                "Restore",
                key=f"{prefix}pin{number + 1}_restore",
                icon=":material/settings_backup_restore:",
                help="Sets the controls to this run, which then runs alone."
                if fits
                else "This page shows functions of another number of variables.",
                disabled=not fits,
                on_click=share.ask,
                args=(race_state([_racer(path.run)], [path.run], prefix) if fits else {},),
            )
            st.button(
                "Remove",
                key=f"{prefix}pin{number + 1}_remove",
                icon=":material/keep_off:",
                on_click=share.ask,
                args=({key: pins_text([*runs[:number], *runs[number + 1 :]])},),
            )
    if len(runs) > 1:
        st.button("Remove all", key=f"{prefix}pins_none", on_click=share.ask, args=({key: ""},))
