"""Which table the Variants page runs on: a shipped one or one that is pasted, and in which units."""

from dataclasses import dataclass

import streamlit as st

from core.problems.batches.data import DATASETS, Dataset, Pair
from core.problems.batches.own_data import MOST_ROWS, own_data
from ui.kit import share
from ui.kit.basics import choice, named, pasted, refuse, view_control
from ui.navigation import VARIANTS

_PREFIX = VARIANTS.prefix
_OWN = "Own table"
_TABLE = f"{_PREFIX}table"


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
    shipped = named(DATASETS.values())
    first = next(iter(shipped.values()))
    options: dict[str, Dataset | None] = {**shipped, _OWN: None}
    chosen = choice("Data", options, f"{_PREFIX}data")
    own = _own_table(first.name) if chosen is None else None
    dataset = chosen or first
    measured = own or dataset.load()
    about = (
        f"{measured.x.size} rows of your table, {share.quoted(measured.x_name)} against "
        f"{share.quoted(measured.y_name)}. It is kept for this visit, and in the link if it is short; it is never "
        "written to a disk."
        if own
        else f"{dataset.idea} Source: {dataset.source}."
    )
    standardised = view_control("Units", {"Standardised": True, "As measured": False}, f"{_PREFIX}units")
    return Chosen(measured, measured.standardised() if standardised else measured, about)


def _own_table(instead: str) -> Pair | None:
    """The two columns chosen of the pasted text, ``None`` while there are none; ``instead`` is shown until then."""
    text = pasted(
        "Your table",
        _TABLE,
        "the table",
        180,
        "height,weight\n1.62,58.1\n1.80,77.5\n1.71,66.0",
        f"Two to 20 columns, up to {MOST_ROWS} rows; a header is optional, and lines above it are ignored. Columns are "
        "separated by commas, semicolons or tabs, as they come from a spreadsheet.",
    )
    if not text.strip():
        st.caption(f"Paste rows and press Ctrl + Enter. Until then {instead} is shown.")
        return None
    try:
        return _columns(text)
    except ValueError as error:
        refuse("This table cannot be used yet.", error)
        st.caption(f"Until then {instead} is shown.")
        return None


def _columns(text: str) -> Pair:
    table = own_data(text)
    names = list(table.columns)
    across, up = st.columns(2)
    options = {name: name for name in names}
    with across:
        x = choice("x", options, f"{_PREFIX}x")
    with up:
        y = choice("y", options, f"{_PREFIX}y", names[1])
    if table.unusable:
        st.caption("These columns cannot be chosen:")
        # As code, in which nothing is markup.
        st.code("\n".join(table.unusable.values()), language=None, wrap_lines=True)
    return table.pair(x, y)
