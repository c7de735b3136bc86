"""The loss at the end against the learning rate: of a race that is shown elsewhere, and of one to click a rate in."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core import OPTIMIZERS, Run, outside, trace
from core.catalogue.racers import RACERS, Racer
from core.engine.scenarios import RACES
from core.engine.sensitivity import best_rates, rate_plot, swept, too_dear
from core.engine.summary import Race
from core.figures import plot, rates_figure
from core.problems.theory import stability
from ui import controls
from ui.kit import share
from ui.kit.elements import bullets, clicked, in_digits, look, picture, prose
from ui.navigation import LEARNING_RATE

_SWEEP = f"{LEARNING_RATE.prefix}sweep"
_ALT = "Loss at the end against the learning rate, for every rule"
# Losses at many learning rates; a slider of one rule leaves the curves of the others as they are.
_swept = st.cache_data(max_entries=256, show_spinner=False)(swept)
_opening = RACES["one_rate"]
# As long as the race that the Optimizers page opens with.
_SWEPT_STEPS = next(iter(RACES.values())).steps
_BEST = (
    "The rate at which this rule ends lowest, judged by the median of the last fifth of its losses there and at the "
    "neighbouring rates, so that no lucky last step decides."
)
# What a click sets is as fine as a reader can point.
_DIGITS = 3


def rates_panel(race: Race) -> None:
    """The loss at the end against the learning rate for every racer, with a dot where this race stands on it."""
    prose(
        "Each curve shows one rule at every learning rate on its slider, from this start and with its other settings "
        "unchanged. The dots are this race; where a curve ends, the rule diverges."
    )
    if not _refused(race):
        picture(plot(rate_plot(race, _swept), look()), "rates_curve", 380, _ALT)


def stability_panel(race: Race) -> None:
    """For each racer, which learning rates come back to a minimum, from the text of its rule alone."""
    plot_of, said = stability(race)
    prose(
        "Near a minimum a loss is a parabola, and a rule that answers in proportion multiplies the distance by the "
        "same factor at every step. The factor follows from the text of the rule alone, from the derivatives of its "
        "step in its point and its state. Below 1 the rule comes back to the minimum; the lower, the faster."
    )
    if plot_of.series:
        picture(plot(plot_of, look()), "stability_curve", 340, "Factor per step against learning rate times curvature")
    bullets(said)


def _refused(race: Race) -> bool:
    """Whether the curves of ``race`` are too dear, which is said."""
    if reason := too_dear(race):
        st.info(reason, icon=":material/hourglass_disabled:")
    return bool(reason)


@st.fragment
@share.part("rates")
def sensitivity_fold() -> None:
    """The loss at the end against the learning rate for every chosen rule; a click loads the rate that it points at.

    A fragment, as is the other race: its sliders leave the rest of the page alone.
    """
    controls.fold("The loss at every learning rate, rule by rule", f"{_SWEEP}open", _sensitivity, _SWEEP)


def _sensitivity() -> None:
    prose(
        "Each curve shows one rule at every learning rate on its slider, with everything else unchanged; the dots are "
        "the rates set below. Where a curve ends, the rule diverges. Click a curve to load that rate, or move the "
        "slider of its rule."
    )
    where, who = st.columns([2, 3])
    with where:
        objective = controls.objective_control(2, _opening.objective, _SWEEP)
    with who:
        rules = [RACERS[key] for key in OPTIMIZERS]
        opening = [RACERS[key].name for key in _opening.rules]
        racers = controls.several("Update rules", controls.named(rules), f"{_SWEEP}rules", opening)
    chart = st.container()
    rates = controls.rates_control(racers, {key: hypers["lr"] for key, hypers in _opening.rules.items()}, _SWEEP)
    with st.expander("Start and steps"):
        start = controls.start_control(objective, _SWEEP)
        steps = controls.steps_control(_SWEPT_STEPS, _SWEEP)
    race = [
        (racer, trace(Run(objective.reference, racer.key, start, steps, {"lr": rates[racer.key]}))) for racer in racers
    ]
    with chart:
        if _refused(race):
            return
        key = f"{_SWEEP}rates"
        picture(rates_figure(race, look(), _swept), key, 400, _ALT, lambda: _take(key, racers))
    _rates_table(race)


def _rates_table(race: Race) -> None:
    best = best_rates(race, _swept)
    number = st.column_config.NumberColumn
    rows = [
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
    st.dataframe(
        in_digits(pd.DataFrame(rows)),
        hide_index=True,
        key=f"{_SWEEP}table",
        column_config={
            "rule": "Update rule",
            "rate": "Learning rate",
            "outcome": "Outcome",
            "loss": "Loss at the end",
            "best": number("Best rate on its curve", help=_BEST),
            "lowest": number("Loss there at most", help="The highest of these medians."),
        },
    )


def _take(figure: str, racers: Sequence[Racer]) -> None:
    """Sets the slider of the rule whose curve was clicked."""
    believed = believed_rate(st.session_state[figure], racers)
    if believed is not None:
        racer, rate = believed
        share.ask({f"{_SWEEP}{controls.hyper_key(racer, 'lr')}": share.number_text(rate)})


def believed_rate(raw: Any, racers: Sequence[Racer]) -> tuple[Racer, float] | None:
    """The racer and the learning rate that a figure says were clicked; ``None`` for anything else.

    ``raw`` comes from a browser and may hold anything.
    """
    key, x = clicked(raw) or ("", None)
    for racer in racers:
        rate = outside.number(x, *racer.optimizer.hypers[0].bounds)
        if racer.key == key and rate:
            return racer, float(f"{rate:.{_DIGITS}g}")
    return None
