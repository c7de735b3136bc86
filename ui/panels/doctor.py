"""Panels of the doctor: what each racer suffers from and a change that helps; and what a pasted loss curve shows."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import streamlit as st

from core.catalogue.racers import Racer
from core.engine.run import Run
from core.engine.summary import Race
from core.engine.trace import Path
from core.figures import plot
from core.formula.words import digits
from core.lessons.doctor import Diagnosis, Grade, diagnose, too_dear
from core.lessons.loss_curve import FEWEST, MOST, Curve, CurveFinding, curve_plot, diagnose_curve, read_curve
from core.lessons.pitfalls import SECTIONS
from core.lessons.symptoms import SYMPTOMS
from ui import navigation
from ui.controls import pasted, race_state, refuse
from ui.kit import share
from ui.kit.elements import look, picture, prose
from ui.kit.share import Setting
from ui.panels.claims import topic_key

_ICONS: Mapping[Grade, str] = {
    Grade.FAILED: ":material/error:",
    Grade.TROUBLE: ":material/warning:",
    Grade.FINE: ":material/check_circle:",
}


def doctor_panel(race: Race, prefix: str) -> None:
    """What each racer suffers from, by its own numbers, why, and a button for a change that helps; the worst first.

    ``prefix`` begins the keys of the controls of the race.
    """
    if reason := too_dear(race):
        st.info(reason, icon=":material/hourglass_disabled:")
        return
    found = [(racer, path, _diagnosed(_settings(path.run), path)) for racer, path in race]
    for racer, path, diagnosis in sorted(found, key=lambda one: one[2].grade):
        _tell(racer, path, diagnosis, prefix)


def _settings(run: Run) -> tuple[Any, ...]:
    return tuple(getattr(run, field.name) for field in fields(run))


# By the fields of the run: everything in a path follows from them.
@st.cache_data(max_entries=256, show_spinner=False)
def _diagnosed(settings: tuple[Any, ...], _path: Path) -> Diagnosis:
    return diagnose(_path)


def _tell(racer: Racer, path: Path, diagnosis: Diagnosis, prefix: str) -> None:
    # A visitor's rule names what it keeps, and a visitor's formula is quoted where it has no value.
    prose(
        f"{_ICONS[diagnosis.grade]} **{racer.name}: {diagnosis.finding[0].lower()}{diagnosis.finding[1:]}.** "
        f"{share.verbatim(diagnosis.evidence)} {share.verbatim(diagnosis.cause)}"
    )
    if diagnosis.grade is Grade.FINE:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if diagnosis.fix is None:
            st.caption("No change that was tried helps it.")
        else:
            changes = _changes(racer, path.run, diagnosis.fix.run, prefix)
            label = share.verbatim(diagnosis.fix.label)
            st.button(label, key=f"{prefix}helps_{racer.key}", on_click=share.ask, args=(changes,))
        _more(diagnosis.symptom)


def _changes(racer: Racer, before: Run, after: Run, prefix: str) -> dict[str, Setting]:
    """The value of every control that differs between two runs of ``racer``."""
    now, then = (race_state([racer], [run], prefix) for run in (before, after))
    return {key: value for key, value in then.items() if key not in now or now[key] != value}


def _more(key: str) -> None:
    """The way to what is said of the symptom ``key``, if there is one."""
    if not key:
        return
    symptom = SYMPTOMS[key]
    (title,) = (section.title for section in SECTIONS if section.key == symptom.section)
    shown: dict[str, Setting] = {
        f"{navigation.PITFALLS.prefix}symptom": symptom.symptom,
        topic_key(navigation.PITFALLS): symptom.section,
    }
    navigation.link(navigation.PITFALLS, title, shown)


def curve_panel(prefix: str) -> None:
    """A box for a loss curve, its picture, and what it shows, in sentences; ``prefix`` begins the key of the box."""
    key = f"{prefix}losses"
    text = pasted(
        "Your loss curve",
        key,
        "the curve",
        180,
        "step,loss\n1,2.31\n2,2.07\n3,1.94",
        f"{FEWEST} to {digits(MOST)} losses, one a line or in a list, or a table with a header, of which the column "
        "called loss is taken. Commas, semicolons, tabs or blanks separate them; nan and inf are allowed.",
    )
    if not text.strip():
        st.caption("Paste the losses of a training run and press Ctrl + Enter. They are not written to a disk.")
        return
    try:
        curve, found = _judged(text)
    except ValueError as error:
        refuse("This curve cannot be used yet.", error)
        return
    name = f" of the column {share.quoted(curve.name)}" if curve.name else ""
    st.caption(f"{digits(curve.losses.size)} losses{name}.")
    picture(plot(curve_plot(curve.losses, found), look()), f"{key}_picture", 320, "Loss curve with its running median")
    for finding in found:
        prose(f"**{finding.kind}.** {share.verbatim(finding.evidence)} *Next:* {share.verbatim(finding.next)}")
        _more(finding.symptom)


@st.cache_data(max_entries=32, show_spinner=False)
def _judged(text: str) -> tuple[Curve, list[CurveFinding]]:
    curve = read_curve(text)
    return curve, diagnose_curve(curve.losses)
