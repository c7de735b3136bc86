"""A race judged fairly: by several scores, on equal terms, and against what it costs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from core.engine.fairness import (
    MOST_RATES,
    OTHERS,
    RATES,
    Budget,
    Tuned,
    as_declared,
    at_one_rate,
    common_rates,
    robustness,
    searched,
    too_dear,
    tuned,
)
from core.engine.scores import Standings, default_target, recounted, standings
from core.engine.status import MAX_LOSS
from core.engine.summary import Race
from core.engine.trace import trace
from core.engine.tracks import FLOOR, base
from core.figures import COSTS, cost_figure
from core.figures.costs import HEIGHT
from core.formula.words import counted, digits
from ui import controls
from ui.kit import share
from ui.kit.elements import bullets, look, picture, prose, written_table

# Settings that a search found; what it is given does not depend on the rates that are set.
_searched = st.cache_data(max_entries=512, show_spinner="Tuning …")(searched)
# Learning rates that a tuning tries at least: fewer are no search.
_FEWEST_RATES = 5.0


@dataclass(frozen=True)
class Terms:
    """The race on other terms, what these are in a sentence, and how everyone was tuned, if so."""

    race: Race
    said: str
    everyone: tuple[Tuned, ...] = ()


def comparison_panel(race: Race, prefix: str) -> None:
    """Who wins ``race`` by which score, as it is or on fairer terms, and its losses against what they cost.

    ``prefix`` begins the keys of its controls, behind which they all go on with ``fair_``.
    """
    prose(
        "A race of steps favours rules whose step costs more, and a race of settings whoever was tuned with more "
        "care. Choose the terms, and see whether the winner stays the same."
    )
    chosen = controls.view_control("Terms", _TERMS, f"{prefix}fair_terms")
    terms = chosen(race, prefix)
    if terms is None:
        return
    st.caption(terms.said)
    stand = standings(terms.race, recounted(_target(race, prefix), race, terms.race))
    prose(stand.sentence())
    _scores(stand, f"{prefix}fair_scores")
    if terms.everyone:
        _settings(stand, terms.everyone, prefix)
    cost = controls.view_control("Losses against", {cost.name: cost for cost in COSTS}, f"{prefix}fair_cost")
    alt = f"Losses of all rules against their {cost.title}, with the target as a line"
    picture(cost_figure(terms.race, look(), cost, stand.target), f"{prefix}fair_curve", HEIGHT, alt)
    st.caption(cost.idea)


def _as_set(race: Race, prefix: str) -> Terms:
    return Terms(race, "Every rule runs as it is set above.")


def _one_rate(race: Race, prefix: str) -> Terms | None:
    low, high = common_rates(race)
    if low > high:
        st.info("No learning rate is allowed for all of these rules.", icon=":material/block:")
        return None
    first, path = race[0]
    own = min(max(path.run.settings["lr"], low), high)
    key = f"{prefix}fair_rate"
    _follow(key, own)
    rate = controls.number_control("Learning rate of all", key, low, high, own, step=own or 0.1)
    said = f"Everyone runs at {digits(rate)}, all else as it is set."
    return Terms(at_one_rate(race, rate), f"{said} Unless you change it, it is the rate of {first.name}.")


def _library(race: Race, prefix: str) -> Terms:
    return Terms(
        as_declared(race),
        "Every rule has the values that it declares, which are those of its library; start, steps, schedules and noise "
        "stay as they are set.",
    )


def _equal_budget(race: Race, prefix: str) -> Terms | None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rates = controls.number_control(
            "Learning rates tried",
            f"{prefix}fair_rates",
            _FEWEST_RATES,
            float(MOST_RATES),
            float(RATES),
            True,
            width=180,
        )
        both = controls.switch("Tune a second number too", f"{prefix}fair_second")
    budget = Budget(int(rates), OTHERS if both else 1)
    if reason := too_dear(race, budget):
        st.info(reason, icon=":material/hourglass_disabled:")
        return None
    everyone = tuple(tuned(racer, path, budget, _searched) for racer, path in race)
    gradients = counted(race[0][1].steps, "gradient")
    again = ", each with the same few draws of the noise" if race[0][1].run.noise else ""
    others = f", each with {OTHERS} values of its next number, or at {OTHERS} times as many if it has none"
    said = (
        f"Every rule is tried at {digits(budget.rates)} learning rates over its slider{others if both else ''}{again}. "
        f"A run may ask for {gradients}: who asks for two a step takes half the steps. Chosen is where the median of "
        "the last fifth of the losses is lowest."
    )
    return Terms([(one.racer, trace(one.run)) for one in everyone], said, everyone)


_TERMS: Mapping[str, Callable[[Race, str], Terms | None]] = {
    "As set": _as_set,
    "Same rate for all": _one_rate,
    "Library defaults": _library,
    "Equal tuning budget": _equal_budget,
}


def _target(race: Race, prefix: str) -> float:
    """The loss to get to, counted from the known minimum, if there is one."""
    known = base(race, race[0][1].run.resolved_objective)
    default, key = default_target(race), f"{prefix}fair_target"
    low = FLOOR if known is not None else -MAX_LOSS
    _follow(key, default)
    return controls.number_control(
        "Target: loss above the minimum" if known else "Target loss",
        key,
        low,
        MAX_LOSS,
        default,
        step=abs(default) / 10 or 0.1,
        help="A run has got there when its loss is first this low. Unless you change it, a thousandth of the way from "
        "the start down to the minimum is left; where none is known, down to the lowest loss of the race as it is set.",
        width=260,
    )


def _follow(key: str, default: float) -> None:
    """Has the number ``key``, if it stands at its last default, follow ``default``, which depends on the race."""
    now, last = st.session_state, f"{key}:default"
    if key in now and now[key] == now.get(last):
        now[key] = default
    now[last] = default


def _scores(stand: Standings, key: str) -> None:
    """Everyone's scores side by side."""
    best = {measure: stand.winners(measure) for measure in stand.measures}
    rows = [
        [racer.name]
        + [
            f"**{stand.text(measure, place)}**" if place in best[measure] else stand.text(measure, place)
            for measure in stand.measures
        ]
        for place, racer in enumerate(stand.racers)
    ]
    _table(["Update rule", *map(stand.heading, stand.measures)], rows, key)
    if len(rows) > 1:
        st.caption("Bold: the best of its column, as far as four digits tell.")
    with st.popover("What the columns count", icon=":material/help:"):
        bullets(f"**{stand.heading(measure)}.** {measure.help}" for measure in stand.measures)


def _settings(stand: Standings, everyone: tuple[Tuned, ...], prefix: str) -> None:
    """How everyone was tuned, whether it holds, and a button that gives these settings to the race."""
    rows = []
    for one in everyone:
        named = {hyper.name: hyper.words for hyper in one.racer.optimizer.hypers}
        also = [f"{named[name]} {digits(value)}" for name, value in one.chosen.items() if name != "lr"]
        rate = digits(one.run.settings["lr"]) + ("" if one.chosen else " (as declared)")
        ends = [stand.loss_text(loss) for loss in (one.level, one.half, one.twice)]
        rows.append([one.racer.name, ", ".join([rate, *also]), digits(one.run.steps), *ends])
    headings = [
        "Update rule",
        "Tuned to",
        "Steps",
        f"Median {stand.height} at the end",
        "At half the rate",
        "At twice the rate",
    ]
    prose("**Does it hold?** The tuned settings, and how high each rule ends with them and at other rates.")
    _table(headings, rows, f"{prefix}fair_settings")
    prose(robustness(everyone))
    settings: dict[str, share.Setting] = {
        prefix + controls.hyper_key(one.racer, name): value for one in everyone for name, value in one.chosen.items()
    }
    st.button(
        "Use these in the race",
        key=f"{prefix}fair_use",
        help="Sets these numbers in the race above; all rules keep its number of steps.",
        disabled=not settings,
        on_click=share.ask,
        args=(settings,),
    )


def _table(headings: list[str], rows: list[list[str]], key: str) -> None:
    rule = ["---"] + ["--:"] * (len(headings) - 1)
    written_table("\n".join(f"| {' | '.join(cells)} |" for cells in (headings, rule, *rows)), key)
