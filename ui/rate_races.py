"""The races of the Learning rate page: all rules at all rates, and one rule under several schedules."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from core import OPTIMIZERS, SCHEDULES, Run, trace
from core.export import schedule_line
from core.figures import rates_figure
from core.formula.rule_latex import aligned, start_lines, step_lines
from core.lessons.schedule_race import (
    EPOCHS,
    NOISE,
    OPENING,
    RACE,
    SEED,
    Ends,
    ends,
    ends_told,
    race_runs,
    rules,
    schedule_hypers,
    schedule_racer,
)
from core.racers import RACERS, Racer
from core.run import Hypers
from core.scenarios import RACES
from core.schedules import Schedule
from core.sensitivity import best_rates, swept
from core.summary import Race
from ui import controls, share
from ui.learning_rate import code_panel
from ui.limits import MAX_RACERS
from ui.navigation import LEARNING_RATE
from ui.panels import look, picture, story_panel
from ui.stage import stage
from ui.stage.payload import Kind

_SWEEP = f"{LEARNING_RATE.prefix}s"
_RACE = f"{LEARNING_RATE.prefix}c"
# Losses at many learning rates; a slider of one rule leaves the curves of the others as they are.
_swept = st.cache_data(max_entries=256, show_spinner=False)(swept)
_opening = RACES["one_rate"]
_VIEWS: Mapping[str, Kind] = {"Loss": "loss", "Contour": "plane"}
# As long as the race that the Optimizers page opens with.
_SWEPT_STEPS = next(iter(RACES.values())).steps
# Sliders side by side.
_COLUMNS = 3
# What a click sets is as fine as a reader can point.
_DIGITS = 3

Kept = TypeVar("Kept")


def _several(label: str, options: Mapping[str, Kept], default: Sequence[str], key: str) -> list[Kept]:
    """The chosen ones of ``options`` in their order, at least one: the first of ``default`` if none is."""
    controls.check_asked(key, lambda text: text in options, "choose from the list", MAX_RACERS)
    chosen = st.multiselect(
        label,
        list(options),
        default=list(default),
        key=key,
        max_selections=MAX_RACERS,
        placeholder="Choose at least one",
        bind="query-params",
    )
    if not chosen:
        st.caption(f"None is chosen, so {default[0]} runs.")
    # A forged message may repeat a name.
    return [option for name, option in options.items() if name in (chosen or default[:1])][:MAX_RACERS]


@st.fragment
def sensitivity_panel() -> None:
    """The loss at the end against the learning rate for every chosen rule; a click loads the rate that it points at.

    A fragment, as is the other race: its sliders leave the rest of the page alone.
    """
    where, who = st.columns([2, 3])
    with where:
        objective = controls.objective_control(2, _opening.objective, _SWEEP)
    with who:
        names = {declared.name: RACERS[key] for key, declared in OPTIMIZERS.items()}
        racers = _several("Update rules", names, [RACERS[key].name for key in _opening.rules], f"{_SWEEP}rules")
    shown = st.container()
    rates = _rates(racers)
    with st.expander("Start and steps"):
        start = controls.start_control(objective, _SWEEP)
        steps = controls.steps_control(_SWEPT_STEPS, _SWEEP)
    race = [
        (racer, trace(Run(objective.reference, racer.key, start, steps, {"lr": rates[racer.key]}))) for racer in racers
    ]
    with shown:
        key = f"{_SWEEP}rates"
        picture(
            rates_figure(race, look(), _swept),
            key,
            400,
            "Loss at the end against the learning rate, for every rule",
            lambda: _take(key, racers),
        )
    _rates_table(race)


def _rates(racers: Sequence[Racer]) -> dict[str, float]:
    """The learning rate of every racer, by its key."""
    found = {}
    # Row by row, so that a narrow screen, which stacks columns, keeps the order.
    for first in range(0, len(racers), _COLUMNS):
        for racer, column in zip(racers[first : first + _COLUMNS], st.columns(_COLUMNS), strict=False):
            hyper = racer.optimizer.hypers[0]
            default = _opening.rules.get(racer.key, {}).get(hyper.name, hyper.default)
            with column:
                found[racer.key] = controls.hyper_control(hyper, _rate_key(racer.key), f"{racer.name}: α", default)
    return found


def _rate_key(key: str) -> str:
    return f"{_SWEEP}{key}_lr"


def _rates_table(race: Race) -> None:
    best = best_rates(race, _swept)
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "rule": racer.name,
                    "rate": path.run.settings["lr"],
                    "outcome": str(path.status.outcome),
                    "loss": float(path.loss[-1]),
                    "best": rate,
                    "lowest": loss,
                }
                for (racer, path), (rate, loss) in zip(race, best, strict=True)
            ]
        ),
        hide_index=True,
        key=f"{_SWEEP}table",
        column_config={
            "rule": "Update rule",
            "rate": number("Learning rate", format="%.4g"),
            "outcome": "Outcome",
            "loss": number("Loss at the end", format="%.4g"),
            "best": number("Best rate on its curve", format="%.4g"),
            "lowest": number("Loss there", format="%.4g"),
        },
    )


def _take(figure: str, racers: Sequence[Racer]) -> None:
    """Sets the slider of the rule whose curve was clicked."""
    clicked = believed_rate(st.session_state[figure], racers)
    if clicked is not None:
        racer, rate = clicked
        share.ask({_rate_key(racer.key): share.number_text(rate)})


def believed_rate(raw: Any, racers: Sequence[Racer]) -> tuple[Racer, float] | None:
    """The racer and the learning rate that a figure says were clicked; ``None`` for anything else.

    ``raw`` comes from a browser and may hold anything.
    """
    try:
        point = raw["selection"]["points"][0]
        clicked, x = point["customdata"], point["x"]
    except (KeyError, IndexError, TypeError):
        return None
    key = clicked[0] if isinstance(clicked, list) and clicked else clicked
    if not isinstance(key, str) or isinstance(x, bool) or not isinstance(x, int | float):
        return None
    for racer in racers:
        low, high = racer.optimizer.hypers[0].bounds
        # Not true of nan either.
        if racer.key == key and low < x <= high:
            return racer, float(f"{x:.{_DIGITS}g}")
    return None


@st.fragment
def schedules_panel() -> None:
    """One rule under several schedules from one start, with noise: the race, its words, and each schedule's formula."""
    names = {schedule.name: schedule for schedule in SCHEDULES.values()}
    schedules = _several("Schedules", names, [SCHEDULES[key].name for key in OPENING], f"{_RACE}schedules")
    who, where, view = st.columns([1, 1, 1], vertical_alignment="bottom")
    with who:
        choices = rules()
        optimizer = choices[controls.choice("Update rule", list(choices), next(iter(choices)), f"{_RACE}rule")]
    with where:
        objective = controls.objective_control(2, RACE.objective, _RACE)
    with view:
        kind = controls.view_control("View", _VIEWS, f"{_RACE}view")
    shown = st.container()
    left, middle, right = st.columns(3)
    rate = optimizer.hypers[0]
    with left:
        key = f"{_RACE}{optimizer.key}_lr"
        lr = controls.hyper_control(rate, key, "Peak learning rate $\\alpha$", RACE.rules[optimizer.key]["lr"])
    with middle:
        noise = controls.hyper_control(NOISE, f"{_RACE}noise", "Gradient noise $\\sigma$", NOISE.default)
    with right:
        seed = controls.hyper_control(SEED, f"{_RACE}seed", "Seed of the noise", SEED.default)
    with st.expander("Start"):
        start = controls.start_control(objective, _RACE)
    told = st.container()
    settings = {schedule.key: _schedule_section(schedule, lr) for schedule in schedules}
    runs = race_runs(objective.reference, optimizer.key, start, lr, settings, noise, int(seed))
    race = [(schedule_racer(SCHEDULES[key], optimizer), trace(run)) for key, run in runs.items()]
    with told:
        step = controls.moment_control(EPOCHS, _RACE)
        story_panel(race)
        if noise:
            st.markdown(ends_told({key: _ends(run) for key, run in runs.items()}))
    with shown:
        stage(objective, race, [kind, "rate"], step, 400, f"{optimizer.name} under {len(race)} schedules", _RACE)
    code_panel("PyTorch code of a run in this race", f"{_RACE}code", _by_name(runs))


def _by_name(runs: Mapping[str, Run]) -> dict[str, Run]:
    return {SCHEDULES[key].name: run for key, run in runs.items()}


def _ends(run: Run) -> Ends:
    median, diverged = _ends_of(
        run.objective,
        run.optimizer,
        run.start,
        run.settings["lr"],
        run.schedule,
        run.schedule_hypers,
        run.noise,
        run.seed,
    )
    return Ends(median, diverged)


@st.cache_data(max_entries=512, show_spinner=False)
def _ends_of(
    objective: str,
    optimizer: str,
    start: tuple[float, ...],
    lr: float,
    schedule: str,
    hypers: Hypers,
    noise: float,
    seed: int,
) -> tuple[float, int]:
    found = ends(Run(objective, optimizer, start, EPOCHS, {"lr": lr}, schedule, hypers, noise=noise, seed=seed))
    return found.median, found.diverged


def _schedule_section(schedule: Schedule, lr: float) -> dict[str, float]:
    """One schedule folded: its settings, formula, trap and line of PyTorch. The values of its hyperparameters."""
    with st.expander(f"**{schedule.name}**: {schedule.idea}"):
        words, formula = st.columns([2, 3], gap="medium")
        with words:
            settings = {
                hyper.name: controls.hyper_control(
                    hyper, f"{_RACE}_{schedule.key}_{hyper.name}", controls.hyper_label(hyper), hyper.default
                )
                for hyper in schedule_hypers(schedule)
            }
            st.markdown(f"**Watch out.** {schedule.trap}")
            st.caption(f"Source: {schedule.source}")
        with formula:
            st.latex(aligned([*start_lines(schedule.parsed), *step_lines(schedule.parsed)]))
        st.code(schedule_line(schedule, settings, lr, EPOCHS), language="python", wrap_lines=True)
    return settings
