"""Controls of who races, with which hyperparameters and schedule, and what gradients everyone is given."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypedDict

import streamlit as st

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import Objective
from core.catalogue.optimizers import OPTIMIZERS
from core.catalogue.optimizers.declaration import Family, Optimizer
from core.catalogue.racers import RACERS, Racer, counted_key, distinct, own_racer
from core.catalogue.schedules import SCHEDULES, Schedule, own_schedule
from core.catalogue.schedules import schedule as by_text
from core.lessons.rate_any import reaching
from ui.controls.hypers import hyper_control, hyper_field, hyper_value, slider_dial
from ui.kit import share
from ui.kit.basics import (
    choice,
    forget,
    good,
    last_good,
    named,
    number_control,
    one_of,
    several,
    text_setting,
    view_control,
)
from ui.kit.dials import Dial
from ui.kit.limits import MAX_CLIP, MAX_CURVE_RACERS, MAX_NOISE, MAX_RACERS, MAX_SEED, MAX_STEPS, MAX_TEXT, MIN_CLIP
from ui.kit.share import Setting

# Sliders side by side.
_COLUMNS = 3
# Pixels.
_FIELD = 150
_STEPS = Hyper("T", "T", 500, (1, MAX_STEPS), (1, MAX_STEPS), "log", "Steps that every rule takes.", True, "Steps")
_NOISE = Hyper("noise", r"\sigma", 0, (0, MAX_NOISE), (0, 5), "linear", "Standard deviation of the noise.")
_CLIP = Hyper("clip", "c", 0, (0, MAX_CLIP), (0, 10), "linear", "Longer gradients are scaled down to it; 0: no limit.")
_FACTOR = Hyper("factor", "f", 1, (1e-3, 1e3), (0.1, 10), "log", "What every learning rate is multiplied by.")
# Pixels of the choice of basins, so that it stands from the beginning where it will.
_BASINS = 260


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
        "A rule with a number behind it is a copy, to race it against itself with other hyperparameters.",
        most,
    )
    families = st.popover(
        "Choose by family",
        icon=":material/account_tree:",
        width="stretch",
        key=f"{prefix}families",
        on_change="rerun",
        disabled=share.locked(f"{prefix}rules"),
    )
    if families.open:
        with families:
            _families(prefix, most)
    return distinct(racers)


def basins_control(racers: Sequence[Racer], prefix: str = "") -> str:
    """The key of the one of ``racers`` of which to show where it ends from each start; empty unless one is chosen."""
    keys = {"none": "", **{racer.name: racer.key for racer in racers}}
    key = f"{prefix}basins"
    label = "Basins of"
    share.setting(key, "none", one_of(keys), "choose one from the list", called=label)
    chosen = st.selectbox(
        label,
        list(keys),
        key=key,
        width=_BASINS,
        # It says itself what it is for, and takes no height from the picture.
        format_func=lambda name: f"Basins of {name}" if keys[name] else "Basins: none",
        label_visibility="collapsed",
        disabled=share.locked(key),
    )
    return keys[chosen]


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


def tuning(racer: Racer, opening: Mapping[str, float], prefix: str = "") -> Tuning:
    """What ``racer`` is set to, on its row of the stage or in its fields; ``opening`` gives other defaults.

    ``prefix`` begins the keys, here and below.
    """
    own = {
        hyper.name: hyper_value(hyper, prefix + hyper_key(racer, hyper.name), opening.get(hyper.name), racer.name)
        for hyper in racer.optimizer.hypers
    }
    schedule = _schedule(racer, prefix)
    follows = {
        hyper.name: hyper_value(hyper, prefix + schedule_hyper_key(racer, schedule, hyper.name), of=racer.name)
        for hyper in schedule.hypers
    }
    return {"hypers": own, "schedule": schedule.reference, "schedule_hypers": follows}


def _schedule(racer: Racer, prefix: str) -> Schedule:
    """The schedule of ``racer``, whether a list to choose it from is drawn or not."""
    names = schedules(prefix)
    key = prefix + schedule_key(racer)
    label = f"{racer.name}: schedule"
    share.setting(key, SCHEDULES["constant"].name, one_of(names), "choose one from the list", called=label)
    return names[st.session_state[key]]


def racer_fields(racer: Racer, opening: Mapping[str, float], prefix: str = "") -> None:
    """One line with a field for everything that ``racer`` can be set to."""
    schedule = _schedule(racer, prefix)
    fields = [
        (hyper, prefix + hyper_key(racer, hyper.name), opening.get(hyper.name)) for hyper in racer.optimizer.hypers
    ]
    fields += [
        (hyper, prefix + schedule_hyper_key(racer, schedule, hyper.name), hyper.default) for hyper in schedule.hypers
    ]
    st.markdown(f"**{racer.name}**")
    with st.container(horizontal=True):
        for hyper, key, default in fields:
            with st.container(width=_FIELD):
                hyper_field(hyper, key, default)
        with st.container(width=2 * _FIELD):
            choice("Schedule of the learning rate", schedules(prefix), prefix + schedule_key(racer))


def racer_dials(racer: Racer, text: str, objective: Objective, prefix: str = "") -> list[Dial]:
    """A dial for every number that ``racer`` is set to under the schedule ``text``, the learning rate first.

    That reaches beyond what ``objective`` allows.
    """
    schedule = by_text(text)
    hypers = [reaching(one, objective) if one.name == "lr" else one for one in racer.optimizer.hypers]
    return [
        *(Dial(prefix + hyper_key(racer, one.name), one.words, one, one.name) for one in hypers),
        *(
            Dial(prefix + schedule_hyper_key(racer, schedule, one.name), one.words, one, f"{schedule.key}_{one.name}")
            for one in schedule.hypers
        ),
    ]


def steps_dial(prefix: str = "") -> Dial:
    """A dial for what ``steps_control`` keeps."""
    return Dial(f"{prefix}steps", _STEPS.words, _STEPS, "T", int)


def kept_steps(default: int, prefix: str) -> tuple[int, Dial]:
    """The number of steps, chosen on a stage or typed into a ``hyper_field``, and the dial that keeps it."""
    dial = replace(steps_dial(prefix), kept=float)
    return int(hyper_value(_STEPS, dial.key, default)), dial


def everyone_dials(prefix: str = "") -> list[Dial]:
    """Dials for what ``steps_control`` and ``gradients_control`` keep."""
    return [
        steps_dial(prefix),
        Dial(f"{prefix}noise", "Gradient noise", _NOISE, "noise"),
        Dial(f"{prefix}clip", "Largest gradient norm", _CLIP, "clip_norm"),
    ]


def common_dials(racers: Sequence[Racer], prefix: str = "") -> list[Dial]:
    """Dials for hyperparameters but the learning rate that several of ``racers`` have, to set them in all at once."""
    names = Counter(hyper.name for racer in racers for hyper in racer.optimizer.hypers)
    hypers = {hyper.name: hyper for racer in racers for hyper in racer.optimizer.hypers}
    return [
        Dial(f"{prefix}all_{name}", hypers[name].words, hypers[name], name)
        for name, count in names.items()
        if count > 1 and name != "lr"
    ]


def factor_dial(prefix: str = "") -> Dial:
    """A dial that multiplies every learning rate."""
    return Dial(f"{prefix}factor", "learning rate ×", _FACTOR, "lr")


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


def rate_dials(racers: Iterable[Racer], prefix: str) -> dict[str, list[Dial]]:
    """A dial for each of ``racers``, by its key, for what ``rates_control`` keeps of it."""
    return {
        racer.key: [slider_dial(rate := racer.optimizer.hypers[0], prefix + hyper_key(racer, rate.name))]
        for racer in racers
    }


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


def twin_state(racer: Racer, twin: Racer, prefix: str = "") -> dict[str, Setting]:
    """The value of every control of ``twin``, whose rule is that of ``racer``: as ``racer`` runs now."""
    now = st.session_state
    schedule = schedules(prefix).get(str(now.get(prefix + schedule_key(racer))), SCHEDULES["constant"])
    values = [(hyper, hyper_key(racer, hyper.name), hyper_key(twin, hyper.name)) for hyper in twin.optimizer.hypers]
    values += [
        (hyper, schedule_hyper_key(racer, schedule, hyper.name), schedule_hyper_key(twin, schedule, hyper.name))
        for hyper in schedule.hypers
    ]
    state: dict[str, Setting] = {
        prefix + key: float(now.get(prefix + there, hyper.default)) for hyper, there, key in values
    }
    return {**state, prefix + schedule_key(twin): schedule.name}


def edited_state(rule: Optimizer, edited: Racer, prefix: str = "") -> dict[str, Setting]:
    """The value of every control of ``edited``, whose text is that of ``rule``: as ``rule`` or its copy races now.

    If neither does, everything is as declared.
    """
    racing = [racer for racer in RACERS.values() if racer.name in st.session_state[f"{prefix}rules"]]
    racer = next((one for one in racing if one.optimizer is rule), None)
    if racer is not None:
        return twin_state(racer, edited, prefix)
    return {prefix + hyper_key(edited, hyper.name): hyper.default for hyper in edited.optimizer.hypers}


def everyone_row(racers: Sequence[Racer], prefix: str = "") -> None:
    """One schedule for all ``racers``, and the way back to the learning rates that their rules declare."""
    key = f"{prefix}schedule_all"
    names = schedules(prefix)

    def follow() -> None:
        name = st.session_state[key]
        if name in names:
            share.ask({prefix + schedule_key(racer): name for racer in racers})

    def library() -> None:
        share.ask({prefix + hyper_key(racer, "lr"): racer.optimizer.hypers[0].default for racer in racers})

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "One schedule for all",
            list(names),
            None,
            key=key,
            on_change=follow,
            placeholder="Each its own",
            width=300,
            disabled=all(share.locked(prefix + schedule_key(racer)) for racer in racers),
        )
        rates = [prefix + hyper_key(racer, "lr") for racer in racers]
        fixed = all(map(share.locked, rates))
        st.button("Library rates for all", key=f"{prefix}library", on_click=library, disabled=fixed)


def own_rules_control(prefix: str = "", most: int = 1) -> tuple[list[Racer], str]:
    """The editor of a visitor's rules, up to ``most``: the racers they make, and the key of the box that is drawn.

    A text that is not a rule is explained and stays where it is; the last one that was, if any, races, which the stage
    says.
    """
    keys = [counted_key(f"{prefix}own", count) for count in range(1, most + 1)]
    label = "Your rule, one assignment a line"
    for key in keys:
        text_setting(key, label)
    written = [key for key in keys if str(st.session_state[key]).strip()]
    shown = keys[0]
    if most > 1:
        free = [key for key in keys if key not in written][:1]
        slots = {f"Rule {keys.index(key) + 1}": key for key in [*written, *free]}
        shown = view_control("Rule in the box", slots, f"{prefix}editing")
    text = st.text_area(
        label,
        key=shown,
        disabled=share.locked(shown),
        height=240,
        max_chars=MAX_TEXT,
        placeholder="# My momentum\nbeta: (0, 1) = 0.9\nv = beta*v + g\nx = x - lr*v",
        help="You can use x, g, loss, t, T and lr. A name that is read before it is assigned is kept from step to "
        "step. beta: (0, 1) = 0.9 declares a hyperparameter; z: state = x starts a kept name at x instead of 0. A "
        "comment in the first line names the rule.",
    )
    racers = []
    for count, key in enumerate(keys, start=1):
        written_text = str(text if key == shown else st.session_state[key])
        if not written_text.strip():
            forget(key)
            continue
        made = last_good(
            prefix, key, written_text, partial(own_racer, count=count), None, "Your rule", "it does not race"
        )
        racers += [made] if made is not None else []
    return racers, shown


def own_schedule_control(prefix: str = "") -> None:
    """The editor of a visitor's schedule, which every racer can then follow.

    A text that is not a schedule is explained and stays where it is; the last one that was, if any, is still followed.
    """
    key = _own_schedule(prefix)
    label = "Your schedule, one assignment a line"
    text_setting(key, label)
    text = st.text_area(
        label,
        key=key,
        disabled=share.locked(key),
        height=120,
        max_chars=MAX_TEXT,
        placeholder="gamma: (0, 1) = 0.1\nfactor = where(t > T/2, gamma, 1)",
        help="factor is what the learning rate is multiplied by at step t of T. Choose “Own schedule” in the row of a "
        "rule, or in “The same settings as fields”.",
    )
    if str(text).strip():
        last_good(prefix, key, str(text), own_schedule, None, "Your schedule", "nobody follows it")
    else:
        forget(key)


def schedules(prefix: str) -> dict[str, Schedule]:
    """All schedules by their names, the visitor's own last if there is one."""
    own = good(_own_schedule(prefix))
    return named([*SCHEDULES.values(), *([by_text(own)] if own else [])])


def _own_schedule(prefix: str) -> str:
    return f"{prefix}schedule_text"
