"""What if: a run of a race goes on otherwise from one of its steps, and both futures are seen."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import streamlit as st

from core.catalogue.optimizers import OPTIMIZERS
from core.catalogue.racers import Racer, distinct
from core.engine.fork import fork_sentence, forked, memory_sentence
from core.engine.run import Run
from core.engine.summary import Race
from core.engine.trace import Path
from core.figures import contour, losses
from core.formula.words import counted, digits
from ui.controls import choice, log_stops, number_control, schedules, stops_control, view_control
from ui.controls.hypers import hyper_field, hyper_value
from ui.kit.elements import look, picture, prose

# What the learning rate can be multiplied by, and what it is at first.
_FACTORS, _FACTOR = (0.01, 100.0), 0.1
# The part of the picture of losses that lies before the fork.
_BEFORE = 0.2
_HEIGHT = 340


def fork_panel(race: Race, step: int, prefix: str) -> None:
    """A run of ``race`` that goes on otherwise: whose, from where and how, and what comes of it.

    It forks where the clock stands, at ``step``, unless another one is chosen. ``prefix`` begins the keys.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        racer, path = race[0]
        if len(race) > 1:
            racer, path = choice("Run of", {one[0].name: one for one in race}, f"{prefix}fork_of")
        at = _fork_step(path, step, prefix)
        ways: Mapping[str, Callable[[], Run]] = {
            "Rate ×": lambda: _multiplied(path.run, prefix),
            "Rate": lambda: _other_rate(path.run, racer, prefix),
            "Schedule": lambda: _other_schedule(path.run, prefix),
            "Rule": lambda: _other_rule(race, racer, path.run, prefix),
        }
        then = view_control("What changes", ways, f"{prefix}fork_by")()
    future = forked(path.run, at, then)
    prose(f"{fork_sentence(racer.name, path, future, at)} {memory_sentence(path.run, then, at)}")
    _both(racer, path, future, at, prefix)


def _fork_step(path: Path, clock: int, prefix: str) -> int:
    """The step of the fork: that of the ``clock``, or the middle of a path that it stands at the end of, or another."""
    last = len(path.x) - 1
    here = clock if clock < last else last // 2
    where = {"At the clock": True, "At a step": False}
    if view_control("Fork", where, f"{prefix}fork_at"):
        if clock >= last:
            st.caption(
                f"The clock stands at the end of the path, so the run forks in its middle, at step {digits(here)}."
            )
        return here
    chosen = int(number_control("Step", f"{prefix}fork_t", 0.0, float(path.steps), float(here), whole=True, width=160))
    if chosen > last:
        st.caption(f"The run has {counted(last)}, and forks after the last.")
    return min(chosen, last)


def _multiplied(run: Run, prefix: str) -> Run:
    key = f"{prefix}fork_factor"
    factor = stops_control("Learning rate ×", key, log_stops(*_FACTORS), _FACTOR, _FACTORS)
    # A tenth of 0.1 is 0.01, and not the 0.010000000000000002 that it is rounded to.
    rate = float(f"{factor * run.settings['lr']:.12g}")
    return replace(run, hypers=run.settings | {"lr": run.resolved_optimizer.hypers[0].clamp(rate)})


def _other_rate(run: Run, racer: Racer, prefix: str) -> Run:
    key, rate = f"{prefix}fork_lr", racer.optimizer.hypers[0]
    value = hyper_value(rate, key)
    with st.container(width=160):
        hyper_field(rate, key)
    return replace(run, hypers=run.settings | {"lr": value})


def _other_schedule(run: Run, prefix: str) -> Run:
    chosen = choice("Schedule from there on", schedules(prefix), f"{prefix}fork_schedule")
    return replace(run, schedule=chosen.reference, schedule_hypers=())


def _other_rule(race: Race, racer: Racer, run: Run, prefix: str) -> Run:
    """The run of another racer as it is set, or of any other rule as it is declared."""
    racing = {one.name: path.run for one, path in race if one is not racer}
    others = {
        f"{rule.name}, as declared": replace(run, optimizer=key, hypers=())
        for key, rule in OPTIMIZERS.items()
        if rule is not racer.optimizer
    }
    return choice("Rule from there on", racing | others, f"{prefix}fork_rule")


def _both(racer: Racer, path: Path, future: Path, step: int, prefix: str) -> None:
    """Both futures: their losses from shortly before the fork on and, in two variables, their ways."""
    other = Racer(
        f"{racer.key}_fork", "what if", future.run.resolved_optimizer, "dot" if racer.dash == "solid" else "solid"
    )
    race = list(zip(distinct([racer, other]), (path, future), strict=True))
    first = max(0, step - round(_BEFORE * (path.steps - step)))
    objective = path.run.resolved_objective
    places = st.columns(2, gap="medium") if objective.dimension == 2 else [st.container()]
    change = f"as it was and with the change at step {digits(step)}"
    with places[0]:
        alt = f"The loss of {racer.name} from step {digits(first)} on, {change}"
        picture(losses(race, look(), first, step), f"{prefix}fork_losses", _HEIGHT, alt)
    for place in places[1:]:
        with place:
            alt = f"The path of {racer.name} on {objective.name}, {change}"
            picture(contour(objective, race, look()), f"{prefix}fork_ways", _HEIGHT, alt)
