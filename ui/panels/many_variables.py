"""The race of a page once more, in as many variables as one likes."""

from dataclasses import astuple
from typing import Any

import streamlit as st

from core.catalogue.hypers import Hyper
from core.engine.run import Run
from core.engine.status import point_text
from core.engine.summary import Race
from core.figures import wide_losses, wide_paths
from core.formula.words import listed
from core.lessons.wide_race import (
    RATES,
    WideRace,
    dimension_sentence,
    kappa_sentence,
    lane_sentences,
    plane_sentence,
    too_dear,
    wide_race,
)
from core.problems.many_variables import FAMILIES, LARGEST, SMALLEST, Family, Problem
from ui import controls
from ui.kit import share
from ui.kit.elements import bullets, formula_line, look, picture, prose

_PREFIX = "many"
_VARIABLES = Hyper(
    "d",
    "d",
    100,
    (SMALLEST, LARGEST),
    (SMALLEST, LARGEST),
    "log",
    "How many variables the objective has. In two it is the one that the catalogue has.",
    True,
    "Variables",
)
_RATES = {"as above": False, "tuned here": True}
_HEIGHT = 360
# Some hundred kilobytes each.
_RACES = 64


@st.fragment
@share.part("many")
def many_variables_fold(race: Race) -> None:
    """The rules of ``race`` with their settings on a family of many variables, in figures and words.

    A fragment: its controls leave the race above alone.
    """
    controls.fold(
        "The same race in up to a thousand variables", f"{_PREFIX}open", lambda: _many_variables(race), _PREFIX
    )


def _many_variables(race: Race) -> None:
    prose(
        "A picture of two variables is one case, and a rule that wins in it need not win in more. Here the rules "
        "above, with their settings, schedules, noise and steps, descend a relative of a function that you know."
    )
    what, many, kappa_place, how = st.columns([3, 3, 3, 3], vertical_alignment="bottom")
    with what:
        family = controls.choice("Family", controls.named(FAMILIES.values()), f"{_PREFIX}family")
    with many:
        dimension = int(controls.hyper_control(_VARIABLES, f"{_PREFIX}d"))
    with kappa_place:
        kappa = _kappa(family)
    with how:
        tuned = controls.view_control("Learning rates", _RATES, f"{_PREFIX}rates")
    _family_panel(family)
    problem = Problem(family.key, dimension, kappa)
    racers, runs = [racer for racer, _ in race], [path.run for _, path in race]
    if reason := too_dear(problem, runs, tuned):
        st.info(reason, icon=":material/hourglass_disabled:")
        return
    ran = _raced(astuple(problem), tuple(astuple(run) for run in runs), tuned)
    losses, paths = st.columns(2)
    with losses:
        alt = f"Loss over the steps of {listed([racer.name for racer in racers])}"
        picture(wide_losses(racers, ran, look()), f"{_PREFIX}losses", _HEIGHT, alt)
    with paths:
        alt = "The paths in the plane of their two leading principal directions"
        picture(wide_paths(racers, ran, look()), f"{_PREFIX}paths", _HEIGHT, alt)
    prose(f"{dimension_sentence(racers, ran)} {kappa_sentence(problem)} {plane_sentence(ran)}")
    bullets(lane_sentences(racers, runs, ran))
    if tuned:
        st.caption(
            f"Each rule has tried the same number of learning rates, {RATES} on its slider, and runs at the one where "
            "the median of its last fifth of losses was lowest; in two variables likewise."
        )


def _kappa(family: Family) -> float | None:
    """The condition number of a quadratic, which alone has one to choose."""
    if family.kappa is None:
        return None
    return controls.hyper_control(family.kappa, f"{_PREFIX}{family.key}_kappa")


def _family_panel(family: Family) -> None:
    formula_line(family.formula)
    prose(family.idea)
    st.caption(f"Every pair of variables starts at {point_text(family.start)}. Source: {family.source}.")


@st.cache_data(max_entries=_RACES, show_spinner="The rules descend …")
def _raced(problem: tuple[Any, ...], runs: tuple[tuple[Any, ...], ...], tuned: bool) -> WideRace:
    return wide_race(Problem(*problem), [Run(*run) for run in runs], tuned)
