"""The panels of the Learning rate page: theory over the reader's own run, bounded cycles, the edge of stability."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from core import Run, trace
from core.experiments import EXPERIMENTS
from core.experiments.edge import Descent, advance, begin, ended, finding
from core.export import torch_script
from core.lessons.playground import CASES, LongRun, case_rate, long_run, long_run_told
from core.lessons.rate_check import QUADRATICS, rate_hyper
from core.optimizers import OPTIMIZERS
from core.racers import RACERS
from core.theory import METHODS
from core.trace import Path
from ui import claims, controls
from ui.navigation import LEARNING_RATE
from ui.stage import stage
from ui.stage.payload import Kind

_PREFIX = LEARNING_RATE.prefix
_CASE_PREFIX = f"{_PREFIX}b"
_GROUND: Mapping[int, Kind] = {1: "curve", 2: "plane"}
_EDGE = EXPERIMENTS["X11"]
# Pieces kept of descents on the network, some ten kilobytes each; a run has fifty.
_PIECES = 1000
# Where each run of thousands of steps led: a few numbers.
_LONG_RUNS = 512


def descent_control() -> Path:
    """Which quadratic is descended by which rule, how and from where: the run."""
    scenario = controls.scenario_control("Shape", QUADRATICS, f"{_PREFIX}shape", _PREFIX)
    names = {OPTIMIZERS[key].name: key for key in METHODS}
    racer = RACERS[names[controls.choice("Update rule", list(names), next(iter(names)), f"{_PREFIX}rule")]]
    opening = scenario.rules[racer.key]
    rate = rate_hyper(racer.key, scenario)
    hypers = {}
    for hyper in (rate, *racer.optimizer.hypers[1:]):
        # Each shape and rule has a slider of its own: one range could not show the regimes of all.
        key = f"{_PREFIX}{scenario.key}_{controls.hyper_key(racer, hyper.name)}"
        hypers[hyper.name] = controls.hyper_control(hyper, key, controls.hyper_label(hyper), opening[hyper.name])
    with st.expander("Start and steps"):
        start = controls.start_control(scenario.declared, _PREFIX)
        steps = controls.steps_control(scenario.steps, _PREFIX)
    return trace(Run(scenario.objective, racer.optimizer.reference, start, steps, hypers))


def descent_stage(path: Path, step: int) -> None:
    """The run on its landscape and the loss, on one clock."""
    objective = path.run.resolved_objective
    racer = RACERS[path.run.optimizer]
    label = f"{racer.name} on {objective.name}"
    stage(objective, [(racer, path)], [_GROUND[objective.dimension], "loss"], step, 300, label, _PREFIX)


def code_panel(label: str, key: str, runs: Mapping[str, Run]) -> None:
    """The PyTorch script of one of ``runs``, written only while the section is open."""
    section = st.expander(label, key=key, on_change="rerun", bind="query-params")
    if section.open:
        with section:
            names = list(runs)
            chosen = controls.choice("Run of", names, names[0], f"{key}_of") if len(names) > 1 else names[0]
            st.markdown("The script takes these very steps and ends by asserting the loss that this run ended with.")
            st.code(torch_script(runs[chosen]), language="python", height=420)


@st.fragment
def playground_panel() -> None:
    """Gradient descent where the curvature changes: cases, a learning rate, and where the run ends up.

    A fragment: its slider leaves the rest of the page alone.
    """
    case = controls.scenario_control("Case", CASES, f"{_PREFIX}case", _CASE_PREFIX)
    sgd = RACERS["sgd"]
    rate = case_rate(case)
    left, middle, right = st.columns([3, 1, 1], vertical_alignment="bottom")
    with left:
        key = f"{_CASE_PREFIX}{case.key}_lr"
        lr = controls.hyper_control(rate, key, controls.hyper_label(rate), rate.default)
    with middle:
        # Not the objective's own start: a link that names the case alone must open the case.
        opening = replace(case.declared, start=case.start or case.declared.start)
        start = controls.start_control(opening, _CASE_PREFIX)
    with right:
        step = controls.moment_control(case.steps, _CASE_PREFIX)
    run = Run(case.objective, "sgd", start, case.steps, {"lr": lr})
    stage(case.declared, [(sgd, trace(run))], ["curve", "loss"], step, 360, case.title, _CASE_PREFIX)
    st.markdown(f"{case.idea} {_led_to(case.objective, start, lr)}")


@st.cache_data(max_entries=_LONG_RUNS, show_spinner=False)
def _led_to(objective: str, start: tuple[float, ...], lr: float) -> str:
    found: LongRun = long_run(Run(objective, "sgd", start, hypers={"lr": lr}))
    return long_run_told(found)


def edge_panel() -> None:
    """A network trained at the edge of stability, in pieces: each shows how far it is and lets the page answer.

    Any control, and Streamlit's own Stop, ends it between two pieces. What was done is kept, so it goes on from there.
    """
    with st.container(border=True, key=f"experiment_{_EDGE.key}"):
        st.markdown(f"**{_EDGE.question}**")
        if not st.toggle("Run the experiment", key=f"run_{_EDGE.key}", bind="query-params"):
            return
        settings = {}
        for hyper, column in zip(_EDGE.settings, st.columns(len(_EDGE.settings)), strict=True):
            with column:
                key = f"{_EDGE.key}_{hyper.name}"
                settings[hyper.name] = controls.hyper_control(hyper, key, controls.hyper_label(hyper), hyper.default)
        lr, steps, seed = settings["lr"], int(settings["steps"]), int(settings["seed"])
        place = st.empty()
        progress = place.progress(0.0, "Begins …")
        descent = begin(seed)
        while not ended(descent, steps):
            descent = _piece(lr, steps, seed, descent.step, descent)
            done = min(descent.step, steps)
            progress.progress(done / steps, f"Step {done} of {steps}. To cancel, turn the switch off.")
        place.empty()
        claims.finding_panel(finding(descent, lr, steps), _EDGE.key, _EDGE.question)


@st.cache_data(max_entries=_PIECES, show_spinner=False)
def _piece(lr: float, steps: int, seed: int, step: int, _before: Descent) -> Descent:
    """The descent after its next piece; ``_before``, where it stands at ``step``, follows from the other arguments."""
    return advance(_before, lr, steps)
