"""A training at many learning rates: a sweep by several rules and seeds, and a range test, each after a button."""

from collections.abc import Callable, Hashable
from functools import lru_cache, partial
from threading import Semaphore
from typing import Any, TypeVar

import streamlit as st

from core import OPTIMIZERS
from core.figures import bands_figure, range_figure, sweep_figure
from core.formula.words import counted, digits
from core.problems.training.engines import chosen_engine
from core.problems.training.range_test import RangeTest, limits, range_plan, range_test, range_too_dear
from core.problems.training.settings import Training
from core.problems.training.sweep import Sweep, Table, rates_between, sweep, too_dear
from ui import controls
from ui.kit import share
from ui.kit.elements import look, picture, prose, torch_for

Result = TypeVar("Result")
Told = Callable[[int, int], object]

# One at a time on a server: each takes all its processors.
_ROOM, _PATIENCE = Semaphore(1), 1.0
_BUSY = "Another visitor's sweep is being computed; try again in half a minute."
_RULES = ("sgd", "momentum", "rmsprop", "adam")
_MOST_RULES = 6
# Powers of ten between which rates lie.
_LOW, _HIGH = tuple(10.0**power for power in range(-7, 0)), tuple(10.0**power for power in range(-3, 3))
_RATES, _SEEDS, _STEPS = (8, 5, 12, 16), (3, 1, 5, 10), (100, 50, 200, 400)
_HEIGHT = 360


@st.fragment
@share.part("sweep")
def sweep_panel(training: Training, prefix: str) -> None:
    """A sweep of ``training`` over rules, rates and seeds, as a heat map and as bands.

    ``prefix`` begins the keys of the page's controls, ``sweep`` goes on. A fragment.
    """
    key = f"{prefix}sweep"
    names = {entry.name: rule for rule, entry in OPTIMIZERS.items()}
    # A rule of the visitor's own is one of them.
    names |= {training.resolved_optimizer.name: training.optimizer}
    opening = [OPTIMIZERS[rule].name for rule in _RULES]
    rules = controls.several("Update rules", names, f"{key}_rules", opening, most=_MOST_RULES)
    low, high = _ends(key, 1e-4, 1.0)
    left, right = st.columns(2)
    with left:
        count = controls.choice("How many rates", {counted(one, "rate"): one for one in _RATES}, f"{key}_rates")
    with right:
        seeds = controls.choice("How many seeds", {counted(one, "seed"): one for one in _SEEDS}, f"{key}_seeds")
    try:
        drawn = tuple(range(training.seed, training.seed + seeds))
        plan = Sweep(training, tuple(rules), rates_between(low, high, count), drawn)
    except ValueError as error:
        controls.refuse("This cannot be swept.", error)
        return
    prose(
        f"{counted(plan.count, 'training')}: every rule at every rate, of {counted(seeds, 'seed')} from "
        f"{digits(training.seed)} on, with everything else as it is set. {' '.join(plan.notes)}"
    )
    table = _after_button("Sweep", key, plan, too_dear(plan), partial(_swept, plan))
    if table is not None:
        picture(sweep_figure(table, look()), f"{key}_cells", _HEIGHT, "Median loss over rules and learning rates")
        picture(bands_figure(table, look()), f"{key}_bands", _HEIGHT, "Loss against the learning rate, rule by rule")
        prose(f"{table.sentence} A band reaches from the lowest seed to the highest.")


@st.fragment
@share.part("range")
def range_panel(training: Training, prefix: str) -> None:
    """A range test of ``training`` with both suggestions and their limits; ``range`` goes on in keys. A fragment."""
    key = f"{prefix}range"
    (lr,) = (hyper for hyper in training.resolved_optimizer.hypers if hyper.name == "lr")
    low, high = _ends(key, 1e-5, 10.0)
    steps = controls.choice("Steps", {counted(one): one for one in _STEPS}, f"{key}_steps")
    job = (training, low, min(high, lr.bounds[1]), steps)
    try:
        plan = range_plan(*job)
    except ValueError as error:
        controls.refuse("This range cannot be tested.", error)
        return
    test = _after_button("Test the range", key, job, range_too_dear(plan), partial(_tested, job))
    if test is not None:
        entry = training.resolved_optimizer
        picture(range_figure(test, entry.color, look()), f"{key}_curve", _HEIGHT, "Loss while the learning rate rises")
        prose(f"{test.sentence} {limits(training)}")


def _ends(key: str, low: float, high: float) -> tuple[float, float]:
    """The lowest and the highest rate, powers of ten unless a link says otherwise."""
    bounds = (_LOW[0], _HIGH[-1])
    left, right = st.columns(2)
    with left:
        least = controls.stops_control("Lowest rate", f"{key}_low", _LOW, low, bounds)
    with right:
        most = controls.stops_control("Highest rate", f"{key}_high", _HIGH, high, bounds)
    return least, most


def _after_button(
    label: str, key: str, job: Hashable, reason: str, computed: Callable[[Told], Result]
) -> Result | None:
    """What ``computed`` returns once the button was pressed for just this ``job``, unless there is a ``reason`` not to.

    Where there is no room, that is said.
    """
    if reason:
        st.info(reason, icon=":material/hourglass_disabled:")
        return None
    if not torch_for("Training"):
        return None
    asked = f"{key}:asked"
    if st.button(label, icon=":material/grid_on:", key=f"{key}_go"):
        st.session_state[asked] = hash(job)
    if st.session_state.get(asked) != hash(job):
        return None
    kept = _kept(job)
    if not kept:
        if not _ROOM.acquire(timeout=_PATIENCE):
            st.info(_BUSY, icon=":material/hourglass_top:")
            return None
        try:
            bar = st.progress(0.0, "The processes are starting.")
            kept.append(computed(lambda done, of: bar.progress(done / of, f"{counted(done, 'part')} of {digits(of)}")))
            bar.empty()
        finally:
            _ROOM.release()
    result: Result = kept[0]
    return result


@lru_cache(maxsize=64)
def _kept(job: Hashable) -> list[Any]:
    """Where the result of ``job``, which is small, is kept for everybody: empty until there is one."""
    return []


def _swept(plan: Sweep, told: Told) -> Table:
    return sweep(plan, chosen_engine(), told)


def _tested(job: tuple[Training, float, float, int], told: Told) -> RangeTest:
    (test,) = chosen_engine().computed([partial(range_test, *job)])
    return test
