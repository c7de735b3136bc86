"""The controls of the Variants page: which table, in which units, and what its three runs share."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.batches.data import DATASETS, Pair
from core.batches.descent import DECAYS
from core.batches.own_data import MOST_BYTES, MOST_ROWS, own_data
from core.batches.race import BATCH, RATE, START, UPDATES, Settings, batch_stops
from core.hypers import Hyper
from ui import share
from ui.controls import check_asked, choice, hyper_control, view_control
from ui.controls.basics import refuse, within
from ui.limits import MAX_SEED, MAX_START
from ui.navigation import VARIANTS

_PREFIX = VARIANTS.prefix
_OWN = "Own table"
_TABLE = f"{_PREFIX}table"
# Characters of a table that a link carries: addresses of some thousand characters pass everywhere.
_LINKED = 1500


@dataclass(frozen=True, eq=False)
class Chosen:
    """The table of the page: ``measured`` as it is, ``used`` by the runs, and in Markdown what it is."""

    measured: Pair
    used: Pair
    about: str

    @property
    def standardised(self) -> bool:
        """Whether the runs see standardised columns."""
        return self.used is not self.measured


def data_control() -> Chosen:
    """Chooses a shipped table or takes a pasted one, and its units.

    A text that is not a table is explained and stays in its box; the first shipped table is shown instead.
    """
    shipped = {declared.name: declared for declared in DATASETS.values()}
    first = next(iter(shipped))
    name = choice("Data", [*shipped, _OWN], first, f"{_PREFIX}data")
    own = _own_table(first) if name == _OWN else None
    if name != _OWN:
        _carry("")
    declared = shipped.get(name, shipped[first])
    measured = own or declared.load()
    about = (
        f"{measured.x.size} rows of your table, {share.quoted(measured.x_name)} against "
        f"{share.quoted(measured.y_name)}. It stays in this visit, and in its link if it is short; "
        "it is never written to a disk."
        if own
        else f"{declared.idea} Source: {declared.source}."
    )
    standardised = view_control("Units", {"Standardised": True, "As measured": False}, f"{_PREFIX}units")
    return Chosen(measured, measured.standardised() if standardised else measured, about)


def _own_table(instead: str) -> Pair | None:
    """The two columns chosen of the pasted text, ``None`` while there are none; ``instead`` is shown until then."""
    if _TABLE not in st.session_state and share.asked(_TABLE):
        st.session_state[_TABLE] = share.asked(_TABLE)[-1][:MOST_BYTES]
    text = str(
        st.text_area(
            "Your table",
            key=_TABLE,
            height=180,
            max_chars=MOST_BYTES,
            placeholder="height,weight\n1.62,58.1\n1.80,77.5\n1.71,66.0",
            help=f"Two to 20 columns, up to {MOST_ROWS} rows; a header is optional. Columns are separated by commas, "
            "semicolons or tabs, as they come from a spreadsheet.",
            persist_state="session",
        )
    )
    _carry(text)
    if len(text) > _LINKED:
        st.caption("This table is too long for a link: a link holds the settings, and not the table.")
    if not text.strip():
        st.caption(f"Paste rows and press Ctrl + Enter. Until then {instead} is shown.")
        return None
    try:
        return _columns(text)
    except ValueError as error:
        refuse("This table cannot be used yet.", str(error))
        st.caption(f"Until then {instead} is shown.")
        return None


def _columns(text: str) -> Pair:
    table = own_data(text)
    names = list(table.columns)
    across, up = st.columns(2)
    for key, name in ((f"{_PREFIX}x", names[0]), (f"{_PREFIX}y", names[1])):
        _keep_offered(key, names, name)
    with across:
        x = choice("x", names, names[0], f"{_PREFIX}x")
    with up:
        y = choice("y", names, names[1], f"{_PREFIX}y")
    for name in table.unusable:
        st.caption(f"{share.quoted(name)} is not a column of numbers and cannot be chosen.")
    return table.pair(x, y)


def _carry(text: str) -> None:
    """Puts ``text`` into the link if it is short enough for one, and otherwise takes out what was there."""
    if 0 < len(text) <= _LINKED:
        if st.query_params.get(_TABLE) != text:
            st.query_params[_TABLE] = text
    elif _TABLE in st.query_params:
        del st.query_params[_TABLE]


def settings_control(pair: Pair) -> Settings:
    """The batch size, the learning rate and the number of updates; what else can be changed is folded away."""
    batch = _batch_control(pair.x.size)
    rate = hyper_control(RATE, f"{_PREFIX}lr", rf"Learning rate ${RATE.symbol}$", RATE.default)
    updates = _updates_control(UPDATES)
    with st.expander("Fine tuning"):
        names = {decay.name: decay.key for decay in DECAYS.values()}
        decay = names[choice("Decay of the learning rate", list(names), next(iter(names)), f"{_PREFIX}decay")]
        sampling = {"Without replacement": False, "With replacement": True}
        drawn = choice("Samples are drawn", list(sampling), next(iter(sampling)), f"{_PREFIX}drawn")
        slope, intercept = (
            _number(f"Start {name}", name, -MAX_START, MAX_START, start, False)
            for name, start in zip(("w", "b"), START, strict=True)
        )
        seed = _number("Seed", "seed", 0.0, MAX_SEED, 0.0, True)
    return Settings(batch, rate, updates, (slope, intercept), sampling[drawn], int(seed), decay)


def _batch_control(samples: int) -> int:
    key, fits = f"{_PREFIX}batch", within(1, samples, True)
    check_asked(key, fits, f"a whole number from 1 to {samples}, the number of samples")
    asked = [int(float(text)) for text in share.asked(key)[-1:] if fits(text)]
    default = min(BATCH, samples)
    # Streamlit knows a stop by its text only; a link may write the same number differently.
    if asked and key not in st.session_state:
        st.session_state[key] = str(asked[0])
    stops = [str(stop) for stop in sorted({*batch_stops(samples), default, *asked})]
    _keep_offered(key, stops, str(default))
    help_text = "Samples of an update of the run in the middle; the others use all of them and one."
    return int(st.select_slider("Batch size $B$", stops, str(default), key=key, help=help_text, bind="query-params"))


def _keep_offered(key: str, options: Sequence[str], default: str) -> None:
    """Sets the control ``key`` back if another table took away what it stood at; Streamlit would forget the link."""
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = default


def _updates_control(hyper: Hyper) -> int:
    key = f"{_PREFIX}updates"
    low, high = (int(bound) for bound in hyper.bounds)

    def keep_within() -> None:
        # What the link said of the moment was said of as many updates as the link had.
        moment = f"{_PREFIX}t"
        share.ask({moment: min(st.session_state.get(moment, st.session_state[key]), st.session_state[key])})

    check_asked(key, within(low, high, True), f"a whole number from {low} to {high}")
    chosen = st.slider(
        "Updates", low, high, int(hyper.default), key=key, help=hyper.help, on_change=keep_within, bind="query-params"
    )
    return int(chosen)


def _number(label: str, name: str, low: float, high: float, default: float, whole: bool) -> float:
    key, kind = _PREFIX + name, "a whole number" if whole else "a number"
    check_asked(key, within(low, high, whole), f"{kind} from {low:g} to {high:g}")
    step, shape = (1.0, "%.0f") if whole else (0.1, "%.6g")
    # A float box for whole numbers too: Streamlit's whole-number box raises for a link that says inf.
    return float(st.number_input(label, low, high, default, step, shape, key=key, bind="query-params"))


def moment_slider(updates: int) -> int:
    """The update after which the pictures show the runs, from 0; the last unless said otherwise."""
    key = f"{_PREFIX}t"
    check_asked(key, within(0, updates, True), f"a whole number from 0 to {updates}")
    return int(st.slider("Update shown", 0, updates, updates, key=key, bind="query-params"))
