"""Controls of who races, with which hyperparameters and schedule, and what gradients everyone is given."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import streamlit as st

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS
from core.catalogue.optimizers.declaration import Family, Optimizer
from core.catalogue.racers import RACERS, Racer, own_racer
from core.catalogue.schedules import SCHEDULES, Schedule
from ui.controls.hypers import hyper_control, hyper_state
from ui.kit.basics import choice, forget, last_good, named, number_control, several, text_setting
from ui.kit.limits import MAX_CLIP, MAX_CURVE_RACERS, MAX_NOISE, MAX_RACERS, MAX_SEED, MAX_TEXT, MIN_CLIP
from ui.kit.share import Setting

# Sliders side by side.
_COLUMNS = 3


class Tuning(TypedDict):
    """The fields of a ``Run`` that are chosen for each racer."""

    hypers: dict[str, float]
    schedule: str
    schedule_hypers: dict[str, float]


class Gradients(TypedDict):
    """The fields of a ``Run`` that say what gradients every racer is given."""

    noise: float
    clip_norm: float | None
    seed: int


def racers_control(default: Sequence[str], prefix: str = "", most: int = MAX_RACERS) -> list[Racer]:
    """The chosen racers, in teaching order, at least one and at most ``most``; the same rule may race twice.

    ``prefix`` begins the keys, here and in the other controls.
    """
    racers = several(
        "Update rules",
        named(RACERS.values()),
        f"{prefix}rules",
        [RACERS[key].name for key in default],
        "Rules with a 2 are second copies, to race a rule against itself with other hyperparameters.",
        most,
    )
    families = st.popover(
        "Choose by family", icon=":material/account_tree:", width="stretch", key=f"{prefix}families", on_change="rerun"
    )
    if families.open:
        with families:
            _families(prefix, most)
    return racers


def beside_control(racer: Racer, prefix: str) -> list[Racer]:
    """Who races beside ``racer`` in a picture that is about that one: nobody until some are chosen."""
    others = named(other for other in RACERS.values() if other is not racer)
    return several("Rules beside it", others, f"{prefix}beside", [], most=MAX_CURVE_RACERS - 1)


def _families(prefix: str, most: int) -> None:
    """All rules by family, to switch into the race and out of it."""
    rules = f"{prefix}rules"
    chosen = st.session_state[rules]
    st.caption(f"At most {most} rules race at once.")
    for family in Family:
        members = [optimizer.name for optimizer in OPTIMIZERS.values() if optimizer.family is family]
        key = f"{prefix}family_{family.name.lower()}"

        def take(key: str = key, members: Sequence[str] = members) -> None:
            others = [name for name in chosen if name not in members]
            st.session_state[rules] = [*others, *st.session_state[key]][:most]

        st.session_state[key] = [name for name in members if name in chosen]
        st.pills(family, members, selection_mode="multi", key=key, on_change=take, help=family.idea)


def racer_control(racer: Racer, opening: Mapping[str, float], prefix: str = "") -> Tuning:
    """The learning rate of ``racer`` in sight; its schedule and its other hyperparameters folded away.

    ``opening`` gives other defaults than the declared ones.
    """

    def control(hyper: Hyper, label: str = "") -> float:
        return hyper_control(hyper, prefix + hyper_key(racer, hyper.name), label, opening.get(hyper.name))

    rate, *others = racer.optimizer.hypers
    hypers = {rate.name: control(rate, _rate_label(racer))}
    with st.expander(f"More of {racer.name}"):
        for hyper in others:
            hypers[hyper.name] = control(hyper)
        names = named(SCHEDULES.values())
        schedule = choice("Schedule of the learning rate", names, prefix + schedule_key(racer))
        follows = {
            hyper.name: hyper_control(hyper, prefix + schedule_hyper_key(racer, schedule, hyper.name))
            for hyper in schedule.hypers
        }
    return {"hypers": hypers, "schedule": schedule.key, "schedule_hypers": follows}


def rates_control(racers: Sequence[Racer], opening: Mapping[str, float], prefix: str) -> dict[str, float]:
    """The learning rate of each of ``racers``, by its key; ``opening`` gives other defaults than the declared ones."""
    rates = {}
    # Row by row, so that a narrow screen, which stacks columns, keeps the order.
    for first in range(0, len(racers), _COLUMNS):
        for racer, column in zip(racers[first : first + _COLUMNS], st.columns(_COLUMNS), strict=False):
            rate = racer.optimizer.hypers[0]
            with column:
                rates[racer.key] = hyper_control(
                    rate, prefix + hyper_key(racer, rate.name), _rate_label(racer), opening.get(racer.key)
                )
    return rates


def _rate_label(racer: Racer) -> str:
    return f"{racer.name}: learning rate"


def hyper_key(racer: Racer, name: str) -> str:
    """What a hyperparameter is called in a link."""
    return f"{racer.key}_{name}"


def schedule_key(racer: Racer) -> str:
    """What the schedule of a racer is called in a link."""
    return f"{racer.key}_schedule"


def schedule_hyper_key(racer: Racer, schedule: Schedule, name: str) -> str:
    """What a hyperparameter of a racer's schedule is called in a link."""
    return f"{racer.key}_{schedule.key}_{name}"


def gradients_control(prefix: str = "") -> Gradients:
    """What every rule is given: the exact gradient, unless noise is added or its norm is limited."""
    with st.expander("Noise and clipping"):
        added = "Standard deviation, added to every coordinate."
        noise = number_control("Gradient noise", f"{prefix}noise", 0.0, MAX_NOISE, 0.0, help=added)
        same = "Every rule sees the same noise at the same step."
        seed = number_control("Seed of the noise", f"{prefix}seed", 0.0, MAX_SEED, 0.0, whole=True, help=same)
        scaled = "Longer gradients are scaled down to it; 0 sets no limit."
        limit = number_control("Largest gradient norm", f"{prefix}clip", 0.0, MAX_CLIP, 0.0, help=scaled)
    return {"noise": noise, "clip_norm": limit if limit >= MIN_CLIP else None, "seed": int(seed)}


def edited_state(rule: Optimizer, edited: Racer) -> dict[str, Setting]:
    """The value of every control of ``edited``, whose text is that of ``rule``: as ``rule`` or its copy races now.

    If neither does, everything is as declared.
    """
    now = st.session_state
    racing = [racer for racer in RACERS.values() if racer.optimizer is rule and schedule_key(racer) in now]
    racer = (racing or [RACERS[rule.key]])[0]
    schedule = named(SCHEDULES.values()).get(str(now.get(schedule_key(racer))), SCHEDULES["constant"])
    values = [(hyper, hyper_key(racer, hyper.name), hyper_key(edited, hyper.name)) for hyper in edited.optimizer.hypers]
    values += [
        (hyper, schedule_hyper_key(racer, schedule, hyper.name), schedule_hyper_key(edited, schedule, hyper.name))
        for hyper in schedule.hypers
    ]
    state: dict[str, Setting] = {
        key: hyper_state(hyper, float(now.get(there, hyper.default))) for hyper, there, key in values
    }
    return {**state, schedule_key(edited): schedule.name}


def own_rule_control(prefix: str = "") -> Racer | None:
    """The editor of a visitor's rule: the racer it makes, or ``None`` while it is empty.

    A text that is not a rule is explained and stays where it is; the last one that was, if any, races, which the stage
    says.
    """
    key = f"{prefix}own"
    text_setting(key)
    text = st.text_area(
        "Your rule, one assignment a line",
        key=key,
        height=240,
        max_chars=MAX_TEXT,
        placeholder="beta: (0, 1) = 0.9\nv = beta*v + g\nx = x - lr*v",
        help="Given are x, g, loss, t, T and lr. A name read before it is assigned is kept from step to step. "
        "beta: (0, 1) = 0.9 declares a hyperparameter, z: state = x a start other than 0.",
    )
    if not str(text).strip():
        forget(key)
        return None
    return last_good(prefix, key, str(text), own_racer, None, "Your rule", "it does not race")
