"""The panels of the Learning rate page: theory over the reader's run, bounded cycles, an unstable edge, schedules."""

from collections.abc import Mapping
from dataclasses import astuple, replace
from functools import lru_cache
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core import SCHEDULES, Run, trace
from core.catalogue.objectives import Objective
from core.catalogue.racers import RACERS, Racer
from core.catalogue.schedules import Schedule
from core.engine.findings import Finding
from core.engine.scenarios import DESCENTS
from core.evidence.experiments import EXPERIMENTS
from core.evidence.experiments.edge import Descent, advance, begin, ended, finding
from core.figures import Look
from core.figures.plot import PREVIEW_HEIGHT, preview
from core.formula.words import digits
from core.lessons.playground import CASES, LongRun, case_rate, long_run, long_run_text
from core.lessons.rate_any import ANY, any_opening, any_rate
from core.lessons.rate_cards import cards
from core.lessons.rate_check import QUADRATICS, check, check_any, rate_hyper
from core.lessons.schedule_race import (
    EPOCHS,
    NOISE,
    OPENING,
    RACE,
    SEED,
    Ends,
    ends,
    ends_sentence,
    optimizers,
    race_runs,
    schedule_hypers,
    schedule_racer,
)
from core.problems.theory import METHODS
from ui import controls
from ui.controls.hypers import hyper_field, hyper_value
from ui.kit import share
from ui.kit.dials import Dial
from ui.kit.elements import look, picture, prose
from ui.navigation import LEARNING_RATE
from ui.panels import claims
from ui.panels.catalogue import schedule_panel
from ui.panels.outcome import code_panel, rate_panel, story_panel
from ui.stage import Asks, Dials, EndsMap, room, stage
from ui.stage.payload import Kind

_PREFIX = LEARNING_RATE.prefix
_CASE_PREFIX = f"{_PREFIX}b"
_RACE = f"{_PREFIX}race"
_GROUND: Mapping[int, Kind] = {1: "curve", 2: "plane"}
_VIEWS: Mapping[str, Kind] = {"Loss": "loss", "Contour": "plane"}
_EDGE = EXPERIMENTS["X11"]
# The learning rate of the opening case for those beside it, where that suits them.
_BESIDE = {key: hypers["lr"] for key, hypers in DESCENTS["through"].rules.items()}
# Pieces kept of descents on the network, some ten kilobytes each; a run has fifty.
_PIECES = 1000
# Where each run of thousands of steps led: a few numbers.
_LONG_RUNS = 512


@st.fragment
@share.part("descent")
def descent_panel() -> None:
    """A function descended by a rule that theory knows, on a stage with that theory; what happened, and its code.

    Other rules may run beside it. A fragment: its dials leave the rest of the page alone.
    """
    scenario = controls.scenario_control("Shape", {**QUADRATICS, **ANY}, f"{_PREFIX}shape", _PREFIX)
    quadratic = scenario.key in QUADRATICS
    # The quadratics share a start and a clock; a function of one's own has its own.
    prefix = _PREFIX if quadratic else f"{_PREFIX}{scenario.key}"
    objective = scenario.resolved_objective
    if not quadratic:
        with st.container(key=f"{prefix}objective"):
            objective = controls.objective_control(objective.dimension, objective.key, prefix)
    ground: list[Kind] = [_GROUND[objective.dimension], "loss"]
    place = room([*ground, "gauge"] if quadratic else ground, 280, prefix)
    below, who = st.container(), st.columns([2, 3, 1], vertical_alignment="bottom")
    fields_place = st.container()
    with who[0]:
        racer = controls.choice("Update rule", controls.named(RACERS[key] for key in METHODS), f"{_PREFIX}rule")
    with who[1]:
        beside = controls.beside_control(racer, _PREFIX)
    opening = scenario.rules[racer.key] if quadratic else any_opening(racer.key, objective)
    rate = rate_hyper(racer.key, scenario) if quadratic else any_rate(racer.key, objective)
    if not quadratic:
        _open_anew(scenario.key, objective)
    # Each shape and rule has dials of its own: one range could not show the regimes of all.
    dials = [
        Dial(_dial_key(scenario.key, racer, hyper.name), hyper.words, hyper, hyper.name)
        for hyper in (rate, *racer.optimizer.hypers[1:])
    ]
    hypers = {dial.name: hyper_value(dial.hyper, dial.key, opening[dial.name], racer.name) for dial in dials}
    start = controls.kept_start(objective, prefix)
    steps, lasts = controls.kept_steps(scenario.steps, prefix)

    def fields() -> None:
        controls.start_control(objective, prefix)
        with st.container(horizontal=True):
            hyper_field(lasts.hyper, lasts.key, scenario.steps)
            for dial in dials:
                hyper_field(dial.hyper, dial.key, opening[dial.name])

    race = [(racer, trace(Run(objective.reference, racer.optimizer.key, start, steps, hypers)))]
    own = {racer.key: dials}
    for other in beside:
        tuned = controls.tuning(other, scenario.rules.get(other.optimizer.key, {}), prefix)
        race.append((other, trace(Run(objective.reference, other.optimizer.key, start, steps, **tuned))))
        own[other.key] = controls.racer_dials(other, tuned["schedule"], objective, prefix)
    path = race[0][1]
    checked = check(path, objective) if quadratic else check_any(path)
    known = None if isinstance(checked, str) else checked
    place, mapped = replace(place, kinds=[*ground, "gauge"] if known else ground), None
    if known and "beta" in hypers:
        place = replace(place, kinds=[*place.kinds, "tuning"])
        with below:
            if controls.switch("In the plane of both, show where actual runs end", f"{_PREFIX}ends"):
                mapped = EndsMap(racer.key, "tuning")
    with who[2]:
        step = controls.moment_control(steps, prefix)
    with fields_place:
        controls.fold("The same settings as fields", f"{_PREFIX}fields", fields)
    label = f"{racer.name} on {objective.name}"
    asks = Asks("learning_rate/shape")
    stage(place, objective, race, step, label, dials=Dials(own, [lasts]), checked=known, ends=mapped, asks=asks)
    st.header("What happened", anchor="story")
    if beside:
        story_panel(race[1:])
    rate_panel(path, checked, _PREFIX, race[1:])
    code_panel("PyTorch code of this run", f"{_PREFIX}code", f"{_PREFIX}code_of", {"this run": path.run})


def _dial_key(shape: str, racer: Racer, name: str) -> str:
    """What a hyperparameter of ``racer`` on ``shape`` is called in a link."""
    return f"{_PREFIX}{shape}_{controls.hyper_key(racer, name)}"


def _open_anew(shape: str, objective: Objective) -> None:
    """Gives every rule that theory knows the settings that ``objective`` opens with, if it was another one before."""
    key = f"{_PREFIX}{shape}:opened"
    before = st.session_state.get(key)
    st.session_state[key] = objective.formula
    if before is None or before == objective.formula or share.arriving():
        return
    share.ask(
        {
            _dial_key(shape, RACERS[rule], name): number
            for rule in METHODS
            for name, number in any_opening(rule, objective).items()
        }
    )


def cards_panel() -> None:
    """Too small and too large beside each other."""
    for index, column in enumerate(st.columns(2)):
        title, sentence, alt, figure = _card(index, look())
        with column.container(border=True, height="stretch"):
            prose(f"**{title}.** {sentence}")
            picture(figure, f"{_PREFIX}card_{index}", PREVIEW_HEIGHT, alt)


@lru_cache(maxsize=4)
def _card(index: int, colors: Look) -> tuple[str, str, str, go.Figure]:
    """What a card says and shows, which depends on nothing that a visitor can set but the theme."""
    card = cards()[index]
    return card.title, card.sentence, card.alt, preview(card.picture, colors)


@st.fragment
@share.part("playground")
def playground_panel() -> None:
    """Gradient descent where the curvature changes: cases, a learning rate, and where the run ends up.

    Other rules may run beside it. A fragment: its slider leaves the rest of the page alone.
    """
    case = controls.scenario_control("Case", CASES, f"{_PREFIX}case", _CASE_PREFIX)
    sgd = RACERS["sgd"]
    rate = case_rate(case)
    left, others, middle, right = st.columns([4, 4, 2, 2], vertical_alignment="bottom")
    with left:
        lr = controls.hyper_control(rate, f"{_CASE_PREFIX}{case.key}_lr")
    with middle:
        # Not the objective's own start: a link that names the case alone must open the case.
        opening = replace(case.resolved_objective, start=case.start or case.resolved_objective.start)
        start = controls.start_control(opening, _CASE_PREFIX)
    with right:
        step = controls.moment_control(case.steps, _CASE_PREFIX)
    place = room(["curve", "loss"], 320, _CASE_PREFIX)
    with others:
        beside = controls.beside_control(sgd, _CASE_PREFIX)
    rates = {sgd.key: lr, **controls.rates_control(beside, _BESIDE, _CASE_PREFIX)}
    race = [
        (racer, trace(Run(case.objective, racer.optimizer.key, start, case.steps, {"lr": rates[racer.key]})))
        for racer in (sgd, *beside)
    ]
    stage(place, case.resolved_objective, race, step, case.title, asks=Asks("learning_rate/case"))
    prose(f"**{sgd.name}.** {case.idea} {_led_to(case.objective, start, lr)}")
    if beside:
        story_panel(race[1:])


@st.cache_data(max_entries=_LONG_RUNS, show_spinner=False)
def _led_to(objective: str, start: tuple[float, ...], lr: float) -> str:
    outcome: LongRun = long_run(Run(objective, "sgd", start, hypers={"lr": lr}))
    return long_run_text(outcome)


def edge_fold() -> None:
    """A network trained at the edge of stability, in pieces: each shows how far it is and lets the page answer.

    Any control, and Streamlit's own Stop, ends it between two pieces. What was done is kept, so it goes on from there.
    """

    def draw() -> None:
        prose(
            "In a network something stranger happens: gradient descent moves to the limit by itself. The largest "
            "curvature of the loss, called its sharpness, grows while the network learns until it reaches 2/α and "
            "stays about there. The loss goes up and down from step to step, and falls in the long run all the same."
        )
        with st.container(border=True, key=f"experiment_{_EDGE.key}"):
            claims.runnable(_EDGE, _EDGE.key, _descend)

    controls.fold("In a network: the edge of stability", f"{_PREFIX}edge", draw, f"run_{_EDGE.key}")


def _descend(key: str, settings: claims.Settings) -> Finding:
    given = dict(settings)
    lr, steps, seed = given["lr"], int(given["steps"]), int(given["seed"])
    slot = st.empty()
    progress = slot.progress(0.0, "Starting …")
    descent = begin(seed)
    while not ended(descent, steps):
        descent = _piece(lr, steps, seed, descent.step, descent)
        done = min(descent.step, steps)
        progress.progress(done / steps, f"Step {digits(done)} of {digits(steps)}. To cancel, turn the switch off.")
    slot.empty()
    return finding(descent, lr, steps)


@st.cache_data(max_entries=_PIECES, show_spinner=False)
def _piece(lr: float, steps: int, seed: int, step: int, _before: Descent) -> Descent:
    """The descent after its next piece; ``_before``, where it stands at ``step``, follows from the other arguments."""
    return advance(_before, lr, steps)


@st.fragment
@share.part("schedules")
def schedules_fold() -> None:
    """One rule under several schedules from one start, with noise: the race, its words, and each schedule's formula."""
    controls.fold("A race of schedules", f"{_RACE}open", _schedules, _RACE)


def _schedules() -> None:
    names, opening = controls.named(SCHEDULES.values()), [SCHEDULES[key].name for key in OPENING]
    schedules = controls.several("Schedules", names, f"{_RACE}schedules", opening)
    who, where, view = st.columns([1, 1, 1], vertical_alignment="bottom")
    with who:
        optimizer = controls.choice("Update rule", optimizers(), f"{_RACE}rule")
    with where:
        objective = controls.objective_control(2, RACE.objective, _RACE)
    with view:
        kind = controls.view_control("View", _VIEWS, f"{_RACE}view")
    place = room([kind, "rate"], 400, _RACE)
    left, middle, right = st.columns(3)
    rate = optimizer.hypers[0]
    with left:
        key = f"{_RACE}{optimizer.key}_lr"
        lr = controls.hyper_control(rate, key, "Peak learning rate $\\alpha$", RACE.rules[optimizer.key]["lr"])
    with middle:
        noise = controls.hyper_control(NOISE, f"{_RACE}noise", "Gradient noise $\\sigma$")
    with right:
        seed = controls.hyper_control(SEED, f"{_RACE}seed", "Seed of the noise")
    with st.expander("Start"):
        start = controls.start_control(objective, _RACE)
    words = st.container()
    settings = {schedule.key: _schedule_section(schedule, lr) for schedule in schedules}
    runs = race_runs(objective.reference, optimizer.key, start, lr, settings, noise, int(seed))
    race = [(schedule_racer(SCHEDULES[key], optimizer), trace(run)) for key, run in runs.items()]
    with words:
        step = controls.moment_control(EPOCHS, _RACE)
        story_panel(race)
        if noise:
            prose(ends_sentence({key: _ends(astuple(run)) for key, run in runs.items()}))
    label = f"{optimizer.name} under {len(race)} schedules"
    stage(place, objective, race, step, label, who="schedule", asks=Asks("learning_rate/schedules"))
    by_name = {SCHEDULES[key].name: run for key, run in runs.items()}
    code_panel("PyTorch code of a run in this race", f"{_RACE}code", f"{_RACE}code_of", by_name)


@st.cache_data(max_entries=512, show_spinner=False)
def _ends(fields: tuple[Any, ...]) -> Ends:
    return ends(Run(*fields))


def _schedule_section(schedule: Schedule, lr: float) -> dict[str, float]:
    """One schedule folded: its settings, formula, trap and line of PyTorch. The values of its hyperparameters."""
    with st.expander(f"**{schedule.name}**: {schedule.idea}"):
        return schedule_panel(schedule, schedule_hypers(schedule), _RACE, lr, EPOCHS)
