"""The panels of the Pitfalls page: symptoms to choose from, saddles and what is none, a turned ravine, failures."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from core.catalogue.objectives import Objective
from core.catalogue.racers import RACERS
from core.engine.summary import Race, retell
from core.engine.trace import trace
from core.formula.words import digits
from core.lessons.failures import FAILURES, Failure, signs
from core.lessons.pitfalls import SECTIONS
from core.lessons.saddle_race import (
    CUBE,
    CUBE_RATES,
    CUBE_STEPS,
    NOISE,
    SADDLE,
    SHAKEN,
    crossings,
    cube_race,
    escapes,
    saddle_race,
)
from core.lessons.saddle_race import RATES as SADDLE_RATES
from core.lessons.saddle_race import STEPS as SADDLE_STEPS
from core.lessons.sections import Section
from core.lessons.symptoms import SYMPTOMS, Symptom
from core.lessons.turned import ANGLE, arrivals, turned_race, turned_ravine
from core.lessons.turned import LATEX as TURNED_LATEX
from core.lessons.turned import RATES as TURNED_RATES
from core.lessons.turned import STEPS as TURNED_STEPS
from ui.controls import (
    choice,
    fold,
    hyper_control,
    linear_slider,
    moment_control,
    number_control,
    racers_control,
    rate_dials,
    rates_control,
    slider_dial,
    start_control,
    steps_control,
    steps_dial,
    view_control,
)
from ui.controls.objective import start_state
from ui.kit import share
from ui.kit.elements import bullets, formula_line, prose, table
from ui.kit.limits import MAX_CURVE_RACERS, MAX_SEED
from ui.navigation import PITFALLS
from ui.panels.catalogue import objective_panel
from ui.panels.claims import claims_about, section_key
from ui.panels.outcome import code_panel
from ui.stage import Dials, room, stage
from ui.stage.payload import Kind

_PREFIX = PITFALLS.prefix
# Each stage has controls of its own; these begin their keys.
_CUBE, _SADDLE, _TURNED, _FAILED = f"{_PREFIX}c", f"{_PREFIX}s", f"{_PREFIX}a", f"{_PREFIX}v"
_HEIGHT = 400
_SYMPTOM = f"{_PREFIX}symptom"
_NONE = "Nothing chosen yet"
# Pixels: four columns of text fill the page, and the longest text fits its row.
_TEXT_WIDTH, _ROW_HEIGHT, _TABLE_HEIGHT = 172, 132, 560
_COLUMNS: dict[str, Any] = {
    "symptom": st.column_config.TextColumn("Symptom", width=_TEXT_WIDTH),
    "cause": st.column_config.TextColumn("Cause", width=_TEXT_WIDTH),
    "test": st.column_config.TextColumn("Test", width=_TEXT_WIDTH),
    "fix": st.column_config.TextColumn("Fix", width=_TEXT_WIDTH),
    "experiment": st.column_config.TextColumn("Run", width=60),
}


def symptoms_panel() -> None:
    """What is seen, chosen from a list or a table: its cause, a test and a fix; its section opens on the experiment.

    Draw it before the sections, which take from it whether they are open.
    """
    seen: dict[str, Symptom | None] = {_NONE: None, **{symptom.symptom: symptom for symptom in SYMPTOMS.values()}}
    chosen = choice("What do you see?", seen, _SYMPTOM, on_change=lambda: _open(seen.get(st.session_state[_SYMPTOM])))
    if chosen is not None:
        _symptom(chosen)
    label = f"All {len(SYMPTOMS)} symptoms with cause, test and fix"
    fold(label, f"{_PREFIX}symptoms", _table)


def _open(symptom: Symptom | None) -> None:
    """Opens the section about ``symptom`` on this page, with its experiment on."""
    section = _section(symptom) if symptom is not None else None
    if symptom is not None and section is not None:
        share.ask({section_key(PITFALLS, section.key): True, f"run_{card(symptom)}": True})


def card(symptom: Symptom) -> str:
    """The key of the card that runs the experiment of ``symptom``: the first claim's in its section, or its own."""
    about = claims_about(PITFALLS.path, symptom.section)
    return next((claim.key for claim in about if claim.experiment == symptom.experiment), symptom.experiment)


def _section(symptom: Symptom) -> Section | None:
    return next((section for section in SECTIONS if section.key == symptom.section), None)


def _symptom(symptom: Symptom) -> None:
    with st.container(border=True):
        cause, test, fix = st.columns(3)
        cause.markdown(f"**Cause.** {symptom.cause}")
        test.markdown(f"**Test.** {symptom.test}")
        fix.markdown(f"**Fix.** {symptom.fix}")
        section = _section(symptom)
        if section is not None:
            prose(f"Below: [{section.title}](#{section.key}), whose experiment {symptom.experiment} shows it.")


def _table() -> None:
    """All symptoms; choosing a row is choosing the symptom."""

    def take(symptom: Symptom) -> None:
        st.session_state[_SYMPTOM] = symptom.symptom
        _open(symptom)

    rows = list(SYMPTOMS.values())
    table(rows, _COLUMNS, f"{_PREFIX}table", take, row_height=_ROW_HEIGHT, height=_TABLE_HEIGHT)
    st.caption("Choose a row to open its section and run its experiment.")


def _show(
    objective: Objective,
    race: Race,
    steps: int,
    label: str,
    prefix: str,
    dials: Dials,
    more: Callable[[], object] = lambda: None,
    views: Sequence[Kind] = ("plane", "loss"),
) -> None:
    """The race on a stage, and below it the step at which its clock stands, with ``more`` beside it."""
    place = room(views, _HEIGHT, prefix)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        step = moment_control(steps, prefix)
        more()
    stage(place, objective, race, step, label, dials=dials)


def _code(race: Race, prefix: str) -> None:
    runs = {racer.name: path.run for racer, path in race}
    code_panel("The same in PyTorch", f"{prefix}code", f"{prefix}of", runs)


def saddles_panel() -> None:
    """The two balls of a popular demonstration, which has no saddle, and the same two beside one."""
    prose(
        "**Two balls on x³.** A popular demonstration of saddles: gradient descent stalls at 0, momentum rolls on. Let "
        "them roll, and see what that shows. Other rules may roll beside them."
    )
    _cube_panel()
    prose(
        "**The same two beside a saddle.** Here a way down is open on both sides, and there is a minimum at the end of "
        "each. Adam joins them, and a descent with noise."
    )
    _saddle_panel()


def _cube_panel() -> None:
    """Gradient descent and momentum, or whoever is chosen, on x³."""
    who, where = st.columns([3, 2])
    with who:
        racers = racers_control(list(CUBE_RATES), _CUBE, MAX_CURVE_RACERS)
    with where:
        start = start_control(CUBE, _CUBE)
    drawn = st.container()
    with st.expander("Learning rates and steps"):
        rates = rates_control(racers, CUBE_RATES, _CUBE)
        steps = steps_control(CUBE_STEPS, _CUBE)
    race = cube_race(start, steps, rates)
    dials = Dials(rate_dials(racers, _CUBE), [steps_dial(_CUBE)])
    with drawn:
        _show(CUBE, race, steps, "Balls on x³", _CUBE, dials, views=("curve", "norm"))
    bullets(crossings(race))
    _code(race, _CUBE)


def _saddle_panel() -> None:
    """Three rules and a noisy descent from one start beside a saddle."""
    where, shaken = st.columns([3, 2], vertical_alignment="bottom")
    with where:
        start = start_control(SADDLE, _SADDLE)
    with shaken:
        noise = hyper_control(NOISE, f"{_SADDLE}noise")
    drawn = st.container()
    racers = [RACERS[key] for key in SADDLE_RATES]
    with st.expander("Learning rates, steps and seed"):
        rates = rates_control(racers, SADDLE_RATES, _SADDLE)
        long, by = st.columns(2, vertical_alignment="bottom")
        with long:
            steps = steps_control(SADDLE_STEPS, _SADDLE)
        with by:
            key = f"{_SADDLE}seed"
            seed = int(number_control("Seed of the noise", key, 0.0, MAX_SEED, 0.0, whole=True))
    race = saddle_race(start, steps, rates, noise, seed)
    own = rate_dials(racers, _SADDLE)
    own[SHAKEN.key] = [*own["sgd"], slider_dial(NOISE, f"{_SADDLE}noise")]
    dials = Dials(own, [steps_dial(_SADDLE)])
    with drawn:
        _show(SADDLE, race, steps, "Three rules and a noisy descent beside a saddle", _SADDLE, dials, _ridge_button)
    bullets(escapes(race))
    objective_panel(SADDLE)
    _code(race, _SADDLE)


def _ridge_button() -> None:
    st.button(
        "Start exactly on the ridge",
        key=f"{_SADDLE}ridge",
        icon=":material/vertical_align_center:",
        on_click=share.ask,
        args=({f"{_SADDLE}y": 0.0},),
    )


def turned_panel() -> None:
    """Gradient descent and Adam in one ravine, turned by an angle."""
    turn, where = st.columns(2, vertical_alignment="bottom")
    with turn:
        objective, angle = _turn_control()
    with where:
        start = start_control(objective, _TURNED)
    drawn = st.container()
    racers = [RACERS[key] for key in TURNED_RATES]
    with st.expander("Learning rates and steps"):
        rates = rates_control(racers, TURNED_RATES, _TURNED)
        steps = steps_control(TURNED_STEPS, _TURNED)
    race = turned_race(angle, start, steps, rates)
    dials = Dials(rate_dials(racers, _TURNED), [steps_dial(_TURNED)])
    with drawn:
        _show(objective, race, steps, f"A ravine turned by {digits(angle)}°", _TURNED, dials)
    bullets(arrivals(angle, start, rates))
    formula_line(TURNED_LATEX)
    _code(race, _TURNED)


def _turn_control() -> tuple[Objective, float]:
    """The ravine and its angle; a turn takes the start along."""
    key, (low, high) = f"{_TURNED}angle", ANGLE.bounds

    def take_along() -> None:
        st.session_state.update(start_state(turned_ravine(float(st.session_state[key])).start, _TURNED))

    label = f"Turn of the ravine ${ANGLE.symbol}$ in °"
    angle = linear_slider(label, key, low, high, ANGLE.default, ANGLE.bounds, "", take_along, 1.0)
    return turned_ravine(angle), angle


def failure_panel() -> None:
    """One of a few runs that fail, or seem to: on a stage, with what it ended with and what gave it away."""
    failure = _failure_control()
    where, rate = st.columns(2, vertical_alignment="bottom")
    with where:
        start = start_control(failure.objective, _FAILED)
    key = f"{_FAILED}{failure.key}_lr"
    with rate:
        lr = hyper_control(failure.rate, key, f"{failure.racer.name}: learning rate", failure.lr)
    path = trace(failure.run(lr, start))
    race = [(failure.racer, path)]
    dials = Dials({failure.racer.key: [slider_dial(failure.rate, key)]})
    _show(failure.objective, race, failure.steps, f"A run on {failure.objective.name}", _FAILED, dials)
    prose(f"**What to look for.** {failure.look_for}")
    bullets([*retell(race), *signs(path)])
    objective_panel(failure.objective)
    _code(race, _FAILED)


def _failure_control() -> Failure:
    titles = {failure.title: failure for failure in FAILURES.values()}
    first = next(iter(titles.values()))
    key = f"{_FAILED}run"

    def restart() -> None:
        # Nothing is chosen by a message that no button sends.
        chosen = titles.get(st.session_state[key], first)
        st.session_state.update(start_state(chosen.objective.start, _FAILED))
        st.session_state[f"{_FAILED}t"] = float(chosen.steps)

    return view_control("A run that fails", titles, key, restart)


# What a section begins with besides its experiments and claims, by its key.
MORE: Mapping[str, Callable[[], None]] = {
    "saddles": saddles_panel,
    "ravines": turned_panel,
    "divergence": failure_panel,
}
