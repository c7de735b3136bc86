"""Declarations to widgets: each control is bound to the link under its key and says what it could not use of it."""

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

import streamlit as st

from core.formula import FormulaError
from core.formula.objective import MAX_CHARACTERS
from core.formula.rule import MAX_CHARACTERS as MAX_RULE_CHARACTERS
from core.hypers import Hyper
from core.objectives import OBJECTIVES, OWN_START, VARIABLES, Objective, own_objective
from core.racers import RACERS, Racer, own_racer
from core.scenarios import Scenario
from ui import share
from ui.limits import MAX_RACERS, MAX_START, MAX_STEPS, OWN
from ui.share import Setting, number_text

Choice = TypeVar("Choice")

# A logarithmic slider over more decades than this offers 1, 2 and 5 of each, otherwise all numbers of two digits.
_FINE_DECADES = 5


def objective_control(dimension: int, default: str, prefix: str = "") -> Objective:
    """Chooses an objective of ``dimension`` variables, or takes a formula.

    A text that is not a formula is explained below its box and stays in it; ``default`` is shown instead. ``prefix``
    begins the keys, here and in the other controls.
    """
    names = {declared.name: declared for declared in OBJECTIVES.values() if declared.dimension == dimension}

    def restart() -> None:
        # A start that was good for the last objective may lie outside the picture of the next.
        chosen = names.get(st.session_state[f"{prefix}f"])
        start = chosen.start if chosen is not None else OWN_START
        st.session_state.update(_start_state(start, prefix))

    chosen = choice("Objective", [*names, OWN], OBJECTIVES[default].name, f"{prefix}f", restart)
    return names[chosen] if chosen in names else _own_formula(dimension, OBJECTIVES[default], prefix)


def _own_formula(dimension: int, fallback: Objective, prefix: str) -> Objective:
    text = st.text_input(
        f"Formula of {' and '.join(VARIABLES[:dimension])}",
        value=fallback.formula,
        key=f"{prefix}formula",
        max_chars=MAX_CHARACTERS,
        help="Arithmetic with + - * / ** and brackets, the constants pi and e, and functions such as sqrt, exp, log, "
        "sin, abs, min, max and where(x > 0, a, b).",
        bind="query-params",
    )
    try:
        return own_objective(str(text), dimension)
    except FormulaError as error:
        explain(error)
        st.caption(f"Until then the picture shows {fallback.name}.")
        return fallback


def explain(error: FormulaError) -> None:
    """Shows what is wrong with a text, where, and what was probably meant."""
    st.error(error.message, icon=":material/error:")
    st.code(error.pointer(), language=None)
    if error.suggestion:
        st.markdown(f"Perhaps `{share.quoted(error.suggestion)}` was meant.")


def choice(
    label: str, options: Sequence[str], default: str, key: str, on_change: Callable[[], None] | None = None
) -> str:
    """One of ``options``."""
    _check_asked(key, lambda text: text in options, "choose one from the list")
    chosen: str = st.selectbox(
        label, options, options.index(default), key=key, on_change=on_change or "rerun", bind="query-params"
    )
    return chosen


def view_control(
    label: str, options: Mapping[str, Choice], key: str, on_change: Callable[[], None] | None = None
) -> Choice:
    """The value of one of a few ``options``, side by side; the first is the default."""
    names = list(options)
    _check_asked(key, lambda text: text in names, f"it is {' or '.join(names)}")
    chosen = st.segmented_control(
        label,
        names,
        default=names[0],
        required=True,
        key=key,
        on_change=on_change,
        label_visibility="collapsed",
        bind="query-params",
    )
    return options[chosen or names[0]]


def racers_control(default: Sequence[str]) -> list[Racer]:
    """The chosen racers, in teaching order and at least one; the same rule may race twice."""
    names = {racer.name: racer for racer in RACERS.values()}
    _check_asked("rules", lambda text: text in names, "choose from the list of update rules", MAX_RACERS)
    chosen = st.multiselect(
        "Update rules",
        list(names),
        default=[RACERS[key].name for key in default],
        key="rules",
        max_selections=MAX_RACERS,
        placeholder="Choose at least one",
        help="Rules with a 2 are second copies, to race a rule against itself with other hyperparameters.",
        bind="query-params",
    )
    # A forged message may repeat a name.
    racers = [racer for name, racer in names.items() if name in chosen]
    if not racers:
        first = RACERS[default[0]]
        st.caption(f"None is chosen, so {first.name} runs.")
        return [first]
    return racers[:MAX_RACERS]


def start_control(declared: Objective, prefix: str = "") -> tuple[float, ...]:
    """The point where every path begins, one number per variable; ``prefix`` begins the keys."""
    columns = st.columns(declared.dimension)
    return tuple(
        _coordinate(f"{prefix}{variable}", f"Start {variable}", number, column)
        for variable, number, column in zip(VARIABLES, declared.start, columns, strict=False)
    )


def _coordinate(key: str, label: str, default: float, column: "st.delta_generator.DeltaGenerator") -> float:
    low, high = -MAX_START, MAX_START
    _check_asked(key, _within(low, high), f"a start is a number from {low:g} to {high:g}")
    number = column.number_input(label, low, high, default, 0.1, "%.6g", key=key, bind="query-params")
    return float(number)


def steps_control(default: int, prefix: str = "") -> int:
    """The number of steps every rule takes."""

    def to_the_end() -> None:
        st.session_state[f"{prefix}t"] = float(st.session_state[key])

    key = f"{prefix}steps"
    _check_asked(key, _within(1, MAX_STEPS, True), f"a whole number from 1 to {MAX_STEPS}")
    return int(st.slider("Steps", 1, MAX_STEPS, default, key=key, on_change=to_the_end, bind="query-params"))


def moment_control(steps: int, prefix: str = "") -> int:
    """The step at which the clock stands, from 0; at the end unless said otherwise."""
    key = f"{prefix}t"
    _check_asked(key, _within(0, steps, True), f"a whole number from 0 to {steps}")
    # A float box: Streamlit's whole-number box raises for a link that says inf.
    chosen = st.number_input(
        "Step shown", 0.0, float(steps), float(steps), 1.0, "%.0f", key=key, width=160, bind="query-params"
    )
    return int(chosen)


def hypers_control(racer: Racer, opening: Mapping[str, float], prefix: str = "") -> dict[str, float]:
    """A control for each hyperparameter of ``racer``, the learning rate in sight and the others folded away.

    ``opening`` gives other defaults than the declared ones.
    """

    def control(hyper: Hyper, label: str) -> float:
        return hyper_control(
            hyper, prefix + hyper_key(racer, hyper.name), label, opening.get(hyper.name, hyper.default)
        )

    rate, *others = racer.optimizer.hypers
    settings = {rate.name: control(rate, f"{racer.name}: learning rate")}
    if others:
        with st.expander(f"More of {racer.name}"):
            for hyper in others:
                settings[hyper.name] = control(hyper, hyper_label(hyper))
    return settings


def hyper_label(hyper: Hyper) -> str:
    """The name of a hyperparameter in words, with its symbol."""
    words = "Learning rate" if hyper.name == "lr" else hyper.name.replace("_", " ").capitalize()
    return f"{words} ${hyper.symbol}$"


def hyper_control(hyper: Hyper, key: str, label: str, default: float) -> float:
    """A slider for one hyperparameter, on the scale it declares, called ``key`` in the link.

    A number from the link that lies between two stops of the slider, or beyond its ends but within the hard bounds, is
    taken as it is.
    """
    low, high = hyper.bounds
    _check_asked(key, _within(low, high, hyper.whole), f"{hyper.name} is a number from {low:g} to {high:g}")
    extra = [default, *(float(text) for text in share.asked(key)[-1:] if _within(low, high)(text))]
    if hyper.scale == "log":
        # Streamlit knows a stop by its text only; a link may write the same number differently.
        if key not in st.session_state and len(extra) > 1:
            st.session_state[key] = number_text(extra[-1])
        stops = [number_text(stop) for stop in log_stops(*hyper.slider, extra)]
        chosen = st.select_slider(label, stops, number_text(default), key=key, help=hyper.help, bind="query-params")
        return float(chosen)
    bottom, top = min(hyper.slider[0], *extra), max(hyper.slider[1], *extra)
    if hyper.whole:
        whole = st.slider(label, int(bottom), int(top), int(default), key=key, help=hyper.help, bind="query-params")
        return float(whole)
    step = linear_step(bottom, top, default)
    return float(st.slider(label, bottom, top, default, step, "%g", key=key, help=hyper.help, bind="query-params"))


def own_rule_control() -> Racer | None:
    """The editor of a visitor's rule: the racer it makes, or ``None`` while it is empty or not a rule.

    A text that is not a rule is explained, stays where it is, and does not race.
    """
    text = st.text_area(
        "Your rule, one assignment a line",
        key="own",
        height=240,
        max_chars=MAX_RULE_CHARACTERS,
        placeholder="beta: (0, 1) = 0.9\nv = beta*v + g\nx = x - lr*v",
        help="Given are x, g, loss, t, T and lr. A name read before it is assigned is kept from step to step. "
        "beta: (0, 1) = 0.9 declares a hyperparameter, z: state = x a start other than 0.",
        bind="query-params",
    )
    if not str(text).strip():
        return None
    try:
        return own_racer(str(text))
    except FormulaError as error:
        explain(error)
        st.caption("Until then your rule does not race.")
        return None


def hyper_key(racer: Racer, name: str) -> str:
    """What a hyperparameter is called in a link."""
    return f"{racer.key}_{name}"


def scenario_control(label: str, scenarios: Mapping[str, Scenario], key: str, prefix: str) -> Scenario:
    """One of a few ``scenarios``, side by side; another one begins at its own start and stands at its own end.

    ``prefix`` begins the keys of the start and the step.
    """
    titles = {scenario.title: scenario for scenario in scenarios.values()}

    def restart() -> None:
        chosen = titles[st.session_state[key]]
        st.session_state.update(_start_state(chosen.start or chosen.declared.start, prefix))
        st.session_state[f"{prefix}t"] = float(chosen.steps)

    return view_control(label, titles, key, restart)


def scenario_state(scenario: Scenario, prefix: str) -> dict[str, Setting]:
    """The value of every control that ``scenario`` speaks of, by its key."""
    racers = [RACERS[key] for key in scenario.rules]
    state: dict[str, Setting] = {
        f"{prefix}f": scenario.declared.name,
        f"{prefix}steps": scenario.steps,
        f"{prefix}t": float(scenario.steps),
        **_start_state(scenario.start or scenario.declared.start, prefix),
    }
    for racer in racers:
        for hyper in racer.optimizer.hypers:
            value = scenario.rules[racer.key].get(hyper.name, hyper.default)
            state[prefix + hyper_key(racer, hyper.name)] = _as_state(hyper, value)
    # The page of one variable has one rule and no choice of rules.
    return state if scenario.declared.dimension == 1 else state | {"rules": [racer.name for racer in racers]}


def _start_state(start: Sequence[float], prefix: str) -> dict[str, float]:
    return {f"{prefix}{name}": number for name, number in zip(VARIABLES, start, strict=False)}


def _as_state(hyper: Hyper, value: float) -> str | int | float:
    """``value`` as the slider of ``hyper`` keeps it."""
    if hyper.scale == "log":
        return number_text(value)
    return int(value) if hyper.whole else value


def log_stops(low: float, high: float, extra: Sequence[float] = ()) -> list[float]:
    """The numbers that a logarithmic slider from ``low`` to ``high`` stops at, ``extra`` among them, in order."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    mantissas = range(10, 100) if last - first <= _FINE_DECADES else (10, 20, 50)
    # Through decimal text: 3e-4 must be that float and not 3.0000000000000003e-4.
    stops = {float(f"{mantissa}e{decade - 1}") for decade in range(first, last + 1) for mantissa in mantissas}
    return sorted({stop for stop in stops if low <= stop <= high} | set(extra))


def linear_step(low: float, high: float, default: float) -> float:
    """A step that reaches ``low``, ``high`` and ``default`` exactly and makes a hundred parts or more."""
    digits = max(-int(Decimal(repr(number)).normalize().as_tuple().exponent) for number in (low, high, default))
    needed = math.ceil(2 - math.log10(high - low))
    return float(f"1e{-max(digits, needed)}")


def _within(low: float, high: float, whole: bool = False) -> Callable[[str], bool]:
    def fits(text: str) -> bool:
        try:
            return low <= float(text) <= high and (not whole or float(text).is_integer())
        except ValueError:
            return False

    return fits


def _check_asked(key: str, fits: Callable[[str], bool], problem: str, most: int = 1) -> None:
    """Notes each value that the link gave for ``key`` and that does not fit."""
    for text in share.asked(key):
        if not fits(text):
            share.note(key, text, problem)
    if len(share.asked(key)) > most:
        share.note(key, share.asked(key)[-1], f"it may be given {'once' if most == 1 else f'{most} times'}")
