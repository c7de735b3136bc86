"""The points of the worked example: a text that the link holds, and a table that writes into it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.lessons.steps import Stage
from core.problems.example import DATA, Example
from core.problems.example_data import MOST, Data, read_table, rows_of, text_of
from ui.controls import refuse, text_setting
from ui.kit import share
from ui.kit.elements import highlight, in_digits
from ui.kit.limits import MAX_TEXT
from ui.navigation import UPDATE_RULE

_PREFIX = UPDATE_RULE.prefix
_TEXT, _LABEL = f"{_PREFIX}data", "Points"
# Session key: counts the tables shown, so that an edit is taken once and the next table begins without it.
_TABLE = f"{_PREFIX}:table"
_COLUMNS = ("x", "y")
# Pixels: two lines of text.
_HEIGHT = 82
# The columns of the table that each of the six steps makes or uses.
_MAKES: Mapping[str, tuple[str, ...]] = {
    "initialise": (),
    "predict": ("ŷ",),
    "loss": ("residual", "squared"),
    "gradient": ("residual", "residual · x"),
    "update": ("ŷ after",),
    "repeat": (),
}


def kept_points() -> tuple[Data, ValueError | None]:
    """The points of the text, which is what the link holds and the table writes into.

    If it cannot be read, why not, and the guide's points in place of its own.
    """
    text_setting(_TEXT, _LABEL, text_of(DATA))
    try:
        return read_table(rows_of(str(st.session_state[_TEXT]))), None
    except ValueError as error:
        share.instead(_TEXT, None)
        return DATA, error


def points_control(error: ValueError | None) -> None:
    """The points as a text; one that cannot be read is explained by its ``error`` and stays in its box."""
    with st.expander("The same points as text", expanded=error is not None):
        # An area, because a line would run the rows of a spreadsheet into one another.
        st.text_area(
            _LABEL,
            text_of(DATA),
            key=_TEXT,
            disabled=share.locked(_TEXT),
            height=_HEIGHT,
            max_chars=MAX_TEXT,
            help="2 to 50 points: x and y separated by a comma, points by semicolons; or two columns copied from a "
            "spreadsheet. The text, the table and the link always hold the same points.",
        )
        st.button(
            "Reset",
            icon=":material/restart_alt:",
            key=f"{_PREFIX}reset",
            on_click=_reset,
            disabled=share.locked(_TEXT),
        )
        if error is not None:
            refuse("These points cannot be used yet; until then the guide uses its own.", error)


def _reset() -> None:
    st.session_state[_TEXT] = text_of(DATA)


def table_panel(example: Example, chosen: Stage) -> None:
    """The points, to be edited, beside what one step makes of each; the columns of the ``chosen`` step stand out."""
    rows = rows_of(str(st.session_state[_TEXT]))
    frame = pd.DataFrame({name: [_cell(row, column) for row in rows] for column, name in enumerate(_COLUMNS)})
    made = _made(example)
    for name, values in made.items():
        # While the text cannot be read these belong to other points.
        frame[name] = values if len(values) == len(frame) and _agrees(frame, example) else None
    key = f"{_PREFIX}table_{st.session_state.get(_TABLE, 0)}"
    marked = in_digits(frame, list(made)).map(lambda _: highlight(), subset=list(_MAKES[chosen.key]))
    number = st.column_config.NumberColumn
    st.data_editor(
        marked,
        key=key,
        num_rows="fixed" if share.locked(_TEXT) else "dynamic",
        hide_index=True,
        disabled=share.locked(_TEXT),
        height="content" if len(frame) <= 8 else 320,
        column_config={name: number(name, format="%.6g", required=True) for name in _COLUMNS}
        | {name: number(name, disabled=True) for name in made},
        on_change=_take,
        args=(key, rows),
    )


def _made(example: Example) -> dict[str, list[float]]:
    done = example.step
    return {
        "ŷ": done.predictions.tolist(),
        "residual": done.residuals.tolist(),
        "squared": done.squares.tolist(),
        "residual · x": (done.residuals * example.x).tolist(),
        "ŷ after": done.next_predictions.tolist(),
    }


def _agrees(frame: pd.DataFrame, example: Example) -> bool:
    return bool((frame["x"].to_numpy() == example.x).all() and (frame["y"].to_numpy() == example.y).all())


def _cell(row: Sequence[str], column: int) -> float | None:
    """A cell of a row as a number, ``None`` for one that is missing or is none."""
    try:
        return float(row[column])
    except (IndexError, ValueError):
        return None


def _take(key: str, rows: Sequence[Sequence[str]]) -> None:
    """Writes what was edited into the text."""
    st.session_state[_TABLE] = st.session_state.get(_TABLE, 0) + 1
    edited = believed_rows(st.session_state[key], rows)
    if edited is not None:
        st.session_state[_TEXT] = text_of(edited)


def believed_rows(raw: Any, rows: Sequence[Sequence[str]]) -> list[list[Any]] | None:
    """``rows`` with the edits that a table reports; ``None`` for anything that is no edit of them.

    ``raw`` comes from a browser and may hold anything.
    """
    try:
        changed, added, gone = raw["edited_rows"], raw["added_rows"], raw["deleted_rows"]
        cells: list[list[Any]] = [[*row, "", ""][:2] for row in rows]
        for index, edit in changed.items():
            cells[_index(index, cells)] = _edited(cells[_index(index, cells)], edit)
        left = {_index(index, cells) for index in gone}
        new = [_edited(["", ""], edit) for edit in added[: MOST + 1]]
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
        return None
    return [row for index, row in enumerate(cells) if index not in left] + new


def _index(raw: Any, cells: Sequence[object]) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw < len(cells):
        raise ValueError("A row is named by its place.")
    return raw


def _edited(row: Sequence[Any], edit: Mapping[str, Any]) -> list[Any]:
    cells = list(row)
    for column, name in enumerate(_COLUMNS):
        if name in edit:
            value = edit[name]
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
                raise ValueError("A cell holds a number or nothing.")
            # A whole number may be too long to become a float, or even a text.
            cells[column] = None if value is None else float(value)
    return cells
