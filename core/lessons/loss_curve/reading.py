"""How a pasted loss curve is read, what is refused, and in which sentence."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.formula.words import digits
from core.outside import is_number
from core.problems.batches.own_data import excerpt, row_cells
from core.problems.decimal_comma import are_decimal, has_comma, with_points

Array = npt.NDArray[np.float64]

FEWEST, MOST = 10, 20_000
"""How many losses a curve may have."""

_SEPARATORS = ("\t", ";")
_BRACKETS = {"[": "]", "(": ")"}
_NO_NUMBER = re.compile(r"[+-]?(?:nan|inf(?:inity)?)", re.IGNORECASE)
# How NumPy and PyTorch show a number or a list of them.
_SHOWN = re.compile(r"(?:(?:np|numpy|torch)\.)?(?:float\d+|array|tensor)\(([^()]*)\)")
# What a column of training losses is called, the likeliest first.
_CALLED = (
    re.compile(r"(?:train\w*[ _/.-]*)?loss"),
    re.compile(r"(?!.*(?:val|test|dev)).*loss.*"),
    re.compile(r".*train.*"),
    re.compile(r".*loss.*"),
)
_ALLOWED = "Allowed are digits, a sign, a point and e, as in -1.5e3, and nan and inf"


@dataclass(frozen=True, eq=False)
class Curve:
    """The losses of shape ``(n,)``, in their order, and what their column is called, empty if it has no name.

    The name is the visitor's: escape it wherever it is shown as markup.
    """

    losses: Array
    name: str = ""


def read_curve(text: str) -> Curve:
    """The loss curve that ``text`` holds: 10 to 20 000 losses, of which some may be nan or inf.

    They are numbers one below the other, or in a row (in brackets too, as Python shows them), separated by commas,
    semicolons, tabs or blanks; or a table, with or without a header, of which the column called loss, or much like it,
    is taken, else the last. Cells of that column may be empty. Decimals have a point or, where commas do not separate,
    a comma.

    Raises ``ValueError`` with a sentence that names the row, counted as in the text from 1, and what is allowed.
    """
    rows, listed = _rows(text)
    first = rows[0][1]
    header = not listed and not any(_is_value(cell) or has_comma(cell) for cell in first)
    body = rows[1:] if header else rows
    if header and all(len(cells) == 1 for _, cells in body):
        # A name of several words above a single column.
        first = [" ".join(first)]
    width = len(first)
    # Without names, rows of different lengths are one list that was broken into lines.
    if listed or len(body) == 1 or (not header and len({len(cells) for _, cells in body}) > 1):
        numbered = [(number, cell) for number, cells in body for cell in cells if cell]
        return Curve(_losses(numbered, ""))
    for number, cells in body:
        if len(cells) != width:
            raise ValueError(
                f"Row {number} has {len(cells)} column{'s' * (len(cells) != 1)} and row {rows[0][0]} has {width}; "
                "every row needs as many as the first."
            )
    column = _column(first) if header else max(at for _, cells in body for at, cell in enumerate(cells) if cell)
    name = first[column] if header else ""
    where = f", column {column + 1}" * (width > 1) + f" ({excerpt(name)})" * bool(name)
    return Curve(_losses([(number, cells[column]) for number, cells in body if cells[column]], where), name)


def _rows(text: str) -> tuple[list[tuple[int, list[str]]], bool]:
    """The cells of each row that is not empty, with its number in the text, and whether they are one list."""
    text = _SHOWN.sub(r"\1", text.removeprefix("\ufeff").replace("−", "-"))
    lines = [(number, line.strip()) for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1)]
    lines = [(number, line) for number, line in lines if line]
    if not lines:
        raise ValueError(f"The text is empty; paste {FEWEST} losses at least, one a line or separated by commas.")
    # One more for a header.
    if len(lines) > MOST + 1:
        raise ValueError(f"The text has {digits(len(lines))} rows; up to {digits(MOST)} are allowed.")
    listed = _BRACKETS.get(lines[0][1][0]) == lines[-1][1][-1]
    if listed:
        lines[0] = (lines[0][0], lines[0][1][1:])
        lines[-1] = (lines[-1][0], lines[-1][1][:-1])
    separator = _separator([line for _, line in lines])
    rows = [(number, _cells(number, line, separator)) for number, line in lines]
    rows = [(number, cells) for number, cells in rows if cells]
    if not rows:
        raise ValueError(f"There is nothing between the brackets; paste {FEWEST} losses at least.")
    return rows, listed or len(rows) == 1


def _separator(lines: Sequence[str]) -> str:
    """What separates the cells of ``lines``; empty for blanks."""

    def common(sign: str) -> bool:
        return 2 * sum(sign in line for line in lines) >= len(lines)

    found = next((sign for sign in _SEPARATORS if common(sign)), None)
    if found is not None:
        return found
    # A header has no number, and names with a comma between them are two.
    header, *others = ([_is_value(part) or has_comma(part) for part in line.split()] for line in lines)
    parts = [part for line in lines for part in line.split()]
    named = not any(header) and "," not in lines[0]
    decimal = are_decimal(parts) and (all(header) or named) and all(all(line) for line in others)
    return "" if decimal or not common(",") else ","


def _cells(number: int, line: str, separator: str) -> list[str]:
    return row_cells(number, line if separator else " ".join(line.split()), separator or " ", len(line))


def _column(names: Sequence[str]) -> int:
    """The place of the first that is called as the likeliest is, else the last."""
    found = (at for called in _CALLED for at, name in enumerate(names) if called.fullmatch(name.lower()))
    return next(found, len(names) - 1)


def _losses(cells: Sequence[tuple[int, str]], where: str) -> Array:
    """The numbers of ``cells``, each with its row; ``where`` names their column."""
    if len(cells) > MOST:
        raise ValueError(f"The curve has {digits(len(cells))} losses; up to {digits(MOST)} are allowed.")
    texts = [cell for _, cell in cells]
    if are_decimal(texts):
        texts = with_points(texts)
    for (row, cell), text in zip(cells, texts, strict=True):
        if not _is_value(text):
            raise ValueError(f"Row {row}{where} is not a number: {excerpt(cell)}. {_ALLOWED}.")
    if len(texts) < FEWEST:
        raise ValueError(f"The curve has {len(texts)} losses; {FEWEST} are needed at least to say anything.")
    losses = np.array([float(text) for text in texts])
    losses.flags.writeable = False
    return losses


def _is_value(cell: str) -> bool:
    return is_number(cell) or _NO_NUMBER.fullmatch(cell) is not None
