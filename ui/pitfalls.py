"""What the sections of the Pitfalls page begin with: a race off a saddle, a turned ravine, runs that fail."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core.export import torch_script
from core.figures import plot
from core.lessons.failures import FAILURES, Failure, loss_plot, signs
from core.lessons.saddle_race import NOISE, SADDLE, escapes, saddle_race
from core.lessons.saddle_race import RATES as SADDLE_RATES
from core.lessons.saddle_race import STEPS as SADDLE_STEPS
from core.lessons.turned import ANGLE, arrivals, turned_race, turned_ravine
from core.lessons.turned import LATEX as TURNED_LATEX
from core.lessons.turned import RATES as TURNED_RATES
from core.lessons.turned import STEPS as TURNED_STEPS
from core.objectives import Objective
from core.optimizers import OPTIMIZERS
from core.summary import Race, retell
from core.trace import trace
from ui.controls import (
    check_asked,
    choice,
    hyper_control,
    moment_control,
    start_control,
    steps_control,
    view_control,
)
from ui.controls.basics import within
from ui.controls.objective import start_state
from ui.limits import MAX_SEED
from ui.navigation import PITFALLS
from ui.panels import look, objective_panel, picture
from ui.stage import stage

_PREFIX = PITFALLS.prefix
# Each stage has controls of its own; these begin their keys.
_SADDLE, _TURNED, _FAILED = f"{_PREFIX}s", f"{_PREFIX}a", f"{_PREFIX}v"
_HEIGHT, _LOSS_HEIGHT = 400, 220


def _rates(opening: Mapping[str, float], prefix: str) -> dict[str, float]:
    """The learning rate of each rule of ``opening``, side by side."""
    found = {}
    for column, (rule, default) in zip(st.columns(len(opening)), opening.items(), strict=True):
        declared = OPTIMIZERS[rule]
        with column:
            rate = declared.hypers[0]
            found[rule] = hyper_control(rate, f"{prefix}{rule}_lr", f"{declared.name}: learning rate", default)
    return found


def _show(
    objective: Objective, race: Race, steps: int, label: str, prefix: str, more: Callable[[], object] = lambda: None
) -> None:
    """The race on a stage, and below it the step at which its clock stands, with ``more`` beside it."""
    place = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        step = moment_control(steps, prefix)
        more()
    with place:
        stage(objective, race, ["plane", "loss"], step, _HEIGHT, label, prefix)


def _told(sentences: Sequence[str]) -> None:
    st.markdown("\n".join(f"- {sentence}" for sentence in sentences))


def _code(race: Race, prefix: str) -> None:
    """The PyTorch code of one of the runs, made only while it is asked for."""
    fold = st.expander("The same in PyTorch", key=f"{prefix}code", on_change="rerun", bind="query-params")
    if fold.open:
        with fold:
            paths = {racer.name: path for racer, path in race}
            path = paths[choice("Run of", list(paths), next(iter(paths)), f"{prefix}of")]
            st.code(torch_script(path.run), language="python", height=380)


def saddle_panel() -> None:
    """Three rules and a noisy descent from one start beside a saddle."""
    where, shaken = st.columns([3, 2], vertical_alignment="bottom")
    with where:
        start = start_control(SADDLE, _SADDLE)
    with shaken:
        noise = hyper_control(NOISE, f"{_SADDLE}noise", f"Noise ${NOISE.symbol}$", NOISE.default)
    drawn = st.container()
    with st.expander("Learning rates, steps and seed"):
        rates = _rates(SADDLE_RATES, _SADDLE)
        long, by = st.columns(2, vertical_alignment="bottom")
        with long:
            steps = steps_control(SADDLE_STEPS, _SADDLE)
        with by:
            seed = _seed(f"{_SADDLE}seed")
    race = saddle_race(start, steps, rates, noise, seed)
    with drawn:
        _show(SADDLE, race, steps, "Three rules and a noisy descent beside a saddle", _SADDLE, _ridge_button)
    _told(escapes(race))
    objective_panel(SADDLE)
    _code(race, _SADDLE)


def _ridge_button() -> None:
    st.button(
        "Start exactly on the ridge",
        key=f"{_SADDLE}ridge",
        icon=":material/vertical_align_center:",
        on_click=st.session_state.update,
        args=({f"{_SADDLE}y": 0.0},),
    )


def _seed(key: str) -> int:
    check_asked(key, within(0, MAX_SEED, True), f"a whole number from 0 to {MAX_SEED:g}")
    # A float box: Streamlit's whole-number box raises for a link that says inf.
    return int(st.number_input("Seed of the noise", 0.0, MAX_SEED, 0.0, 1.0, "%.0f", key=key, bind="query-params"))


def turned_panel() -> None:
    """Gradient descent and Adam in one ravine, turned by an angle."""
    turn, where = st.columns(2, vertical_alignment="bottom")
    with turn:
        objective, angle = _turn_control()
    with where:
        start = start_control(objective, _TURNED)
    drawn = st.container()
    with st.expander("Learning rates and steps"):
        rates = _rates(TURNED_RATES, _TURNED)
        steps = steps_control(TURNED_STEPS, _TURNED)
    race = turned_race(angle, start, steps, rates)
    with drawn:
        _show(objective, race, steps, f"A ravine turned by {angle:.4g}°", _TURNED)
    _told(arrivals(angle, start, rates))
    st.latex(TURNED_LATEX)
    _code(race, _TURNED)


def _turn_control() -> tuple[Objective, float]:
    """The ravine and its angle; a turn takes the start along."""
    key, (low, high) = f"{_TURNED}angle", ANGLE.bounds

    def take_along() -> None:
        st.session_state.update(start_state(turned_ravine(float(st.session_state[key])).start, _TURNED))

    check_asked(key, within(low, high), f"an angle from {low:g}° to {high:g}°")
    label = f"Turn of the ravine ${ANGLE.symbol}$ in °"
    angle = float(
        st.slider(label, low, high, ANGLE.default, 1.0, "%g", key=key, on_change=take_along, bind="query-params")
    )
    return turned_ravine(angle), angle


def failure_panel() -> None:
    """One of a few runs that fail, or seem to: on a stage, with what it ended with and what gave it away."""
    failure = _failure_control()
    where, rate = st.columns(2, vertical_alignment="bottom")
    with where:
        start = start_control(failure.objective, _FAILED)
    with rate:
        lr = hyper_control(
            failure.rate, f"{_FAILED}{failure.key}_lr", f"{failure.racer.name}: learning rate", failure.lr
        )
    path = trace(failure.run(lr, start))
    race = [(failure.racer, path)]
    _show(failure.objective, race, failure.steps, f"A run on {failure.objective.name}", _FAILED)
    st.markdown(f"**What to look for.** {failure.look_for}")
    picture(
        plot(loss_plot(path), look()), f"{_FAILED}loss", _LOSS_HEIGHT, "The power of ten of the loss over the steps"
    )
    _told([*retell(race), *signs(path)])
    objective_panel(failure.objective)
    _code(race, _FAILED)


def _failure_control() -> Failure:
    titles = {failure.title: failure for failure in FAILURES.values()}
    key = f"{_FAILED}run"

    def restart() -> None:
        chosen = titles[st.session_state[key]]
        st.session_state.update(start_state(chosen.objective.start, _FAILED))
        st.session_state[f"{_FAILED}t"] = float(chosen.steps)

    return view_control("A run that fails", titles, key, restart)


# What a section begins with besides its experiments and claims, by its key.
MORE: Mapping[str, Callable[[], None]] = {
    "saddles": saddle_panel,
    "ravines": turned_panel,
    "divergence": failure_panel,
}
