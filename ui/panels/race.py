"""A race on a stage: what its racers are set to, in rows and in fields, and whatever a page says of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from core.catalogue.objectives import Objective, with_start_in_view
from core.catalogue.racers import RACERS, Racer
from core.engine.run import Run
from core.engine.scenarios import Scenario
from core.engine.sensitivity import tuned_rate
from core.engine.summary import Race
from core.engine.trace import trace
from ui import controls
from ui.controls.racers import Gradients
from ui.kit import share
from ui.panels.outcome import step_controls
from ui.stage import Account, Asks, Dials, EndsMap, room, stage
from ui.stage.payload import Kind

# What a racer that joins is tuned with: a few hundredths of a second.
_TUNED_RATES, _TUNED_STEPS = 60, 1000


@dataclass(frozen=True)
class Entry:
    """What everyone in a race shares, and who races.

    ``opening`` gives hyperparameters by the key of a rule that differ from the declared defaults, ``scenarios`` are
    prepared races to open instead, and ``most`` may race at once.
    """

    objective: Objective
    racers: Sequence[Racer]
    start: tuple[float, ...]
    steps: int
    gradients: Gradients
    opening: Mapping[str, Mapping[str, float]]
    scenarios: Mapping[str, Scenario]
    most: int


@st.fragment
@share.part("race")
def race_panel(
    entry: Entry,
    landscapes: Mapping[str, Kind],
    curves: Mapping[str, Kind],
    height: int,
    label: str,
    prefix: str,
    below: Callable[[Race, Account], None],
    spot: str = "",
    above: Callable[[Race], None] = lambda race: None,
) -> None:
    """The race on a stage, the fields of its racers folded under it, what is said ``above`` and follows ``below``.

    ``spot`` is what predictions call its stage, if it asks any.

    A fragment: what changes a racer leaves the rest of the page alone.
    """
    _welcome(entry, prefix)
    tuned = {racer.key: controls.tuning(racer, entry.opening.get(racer.key, {}), prefix) for racer in entry.racers}
    runs = [_run(entry, racer, tuned[racer.key]) for racer in entry.racers]
    race = [(racer, trace(run)) for racer, run in zip(entry.racers, runs, strict=True)]
    above(race)
    look_for = controls.scenario_row(entry.scenarios, runs, prefix)
    with st.container(horizontal=True, wrap=False, horizontal_alignment="distribute", vertical_alignment="bottom"):
        landscape = (
            controls.view_control("Landscape", landscapes, f"{prefix}view")
            if len(landscapes) > 1
            else next(iter(landscapes.values()))
        )
        curve = controls.view_control("Curve", curves, f"{prefix}curve")
        basins = controls.basins_control(entry.racers, prefix) if "plane" in landscapes.values() else ""
    place = room([landscape, curve], height, prefix)
    controls.fold("The same settings as fields", f"{prefix}fields", lambda: _fields(entry, prefix))
    account = step_controls(race, entry.steps, prefix)
    dials = replace(
        race_dials(entry.objective, race, prefix),
        schedules={racer.key: prefix + controls.schedule_key(racer) for racer in entry.racers},
        most=entry.most,
        followed=list(controls.schedules(prefix)),
    )
    # The stage before what is below it, which need not be ready before it moves.
    stage(
        place,
        with_start_in_view(entry.objective, entry.start),
        race,
        account.step,
        label,
        dials=dials,
        look_for=look_for,
        account=account,
        ends=EndsMap(basins, "plane") if basins else None,
        asks=Asks(spot) if spot else None,
    )
    below(race, account)


def race_dials(objective: Objective, race: Race, prefix: str) -> Dials:
    """The numbers of ``race`` on ``objective`` that can be turned, of each racer and of all."""
    racers = [racer for racer, _ in race]
    return Dials(
        {racer.key: controls.racer_dials(racer, path.run.schedule, objective, prefix) for racer, path in race},
        controls.everyone_dials(prefix),
        [controls.factor_dial(prefix)],
        controls.common_dials(racers, prefix),
    )


def _welcome(entry: Entry, prefix: str) -> None:
    """Gives who has just joined the race a learning rate that works here, or what its twin runs with."""
    key = f"{prefix}raced"
    before: list[str] = st.session_state.get(key, [])
    st.session_state[key] = [racer.key for racer in entry.racers]
    if share.arriving():
        return
    # On the function that the page opens with, its own rates suit.
    opening = next(iter(entry.scenarios.values())).resolved_objective == entry.objective
    suited = {key for key, hypers in entry.opening.items() if opening and "lr" in hypers}
    for racer in entry.racers:
        rate = prefix + controls.hyper_key(racer, "lr")
        if racer.key in {*before, *suited} or racer.key not in RACERS or share.said(rate):
            continue
        twins = [one for one in entry.racers if one.key in before and one.optimizer is racer.optimizer]
        if twins:
            share.ask(controls.twin_state(twins[0], racer, prefix))
        else:
            steps = min(entry.steps, _TUNED_STEPS)
            run = Run(entry.objective.reference, racer.optimizer.key, entry.start, steps)
            # Short enough to be read.
            share.ask({rate: float(f"{tuned_rate(run, _TUNED_RATES):.2g}")})


def _run(entry: Entry, racer: Racer, tuned: controls.Tuning) -> Run:
    return Run(
        entry.objective.reference, racer.optimizer.reference, entry.start, entry.steps, **tuned, **entry.gradients
    )


def _fields(entry: Entry, prefix: str) -> None:
    controls.everyone_row(entry.racers, prefix)
    for racer in entry.racers:
        controls.racer_fields(racer, entry.opening.get(racer.key, {}), prefix)
