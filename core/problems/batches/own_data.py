"""A visitor's own table, pasted as text: how it is read, what is refused, and in which sentence."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mode

import numpy as np

from core.catalogue.hypers import unknown_key
from core.formula.words import digits
from core.outside import is_number
from core.problems.batches.data import LARGEST, SMALLEST, Array, Pair, literal_pair
from core.problems.decimal_comma import are_decimal, has_comma, with_points

MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 200_000, 2000, 20

# Long enough for 20 numbers with all their digits, and for the names above them.
_LONGEST_ROW = 4000
_LONGEST_NAME = 60
_DELIMITERS = ("\t", ";", ",")
_QUOTED = re.compile(r'"[^"]*"')
_CONTROL = re.compile(r"[^\t\r\n\x20-\x7e\x80-\U0010ffff]")


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of numbers by name, each of shape ``(rows,)``, and why other columns cannot be used, in a sentence each.

    Names are printable and otherwise the visitor's: escape them wherever they are shown as markup.
    """

    columns: Mapping[str, Array]
    unusable: Mapping[str, str]

    def pair(self, x: str, y: str) -> Pair:
        """The columns named ``x`` and ``y``, checked. Raises ``ValueError`` saying why one of them cannot be used."""
        for name in (x, y):
            if name in self.unusable:
                raise ValueError(self.unusable[name])
            if name not in self.columns:
                raise ValueError(unknown_key("column", name, self.columns))
        if x == y:
            raise ValueError(f"x and y are both {x}; choose two different columns.")
        return literal_pair(x, y, self.columns[x].copy(), self.columns[y].copy())


@dataclass(frozen=True, eq=False)
class Cells:
    """The texts of a table's cells: names of columns, numbers of rows in the pasted text, and each column's texts."""

    names: tuple[str, ...]
    rows: tuple[int, ...]
    columns: tuple[tuple[str, ...], ...]

    def problem(self, index: int) -> str:
        """Why column ``index`` is not one of numbers, naming the first cell that is not; empty if it is."""
        return _problem(self.rows, self.columns[index], index, self.names[index])


def own_cells(text: str) -> Cells:
    """The cells of the table that ``text`` holds, of at least two columns.

    One row a line, up to 2 000 of them with up to 20 columns, in up to 200 kB. Columns are separated by tabs,
    semicolons or commas (the first of these that half of the rows have), cells may stand in double quotes. The first
    row is a header unless one of its cells is a number. Empty lines are passed over, and so are lines above the header
    that are comments (``#``) or have no columns, as a title has not. Decimals have a point or, in a whole column that
    commas do not separate, a comma; − is a minus.

    Raises ``ValueError`` with a sentence that names the row, counted as in the text from 1, and the column.
    """
    # Characters that are not text would fail to be encoded; they are refused by name further down.
    size = len(text.encode("utf-8", "replace"))
    if size > MOST_BYTES:
        raise ValueError(
            f"The text is {size - MOST_BYTES} bytes longer than {MOST_BYTES // 1000} kB; paste fewer rows or columns."
        )
    rows, delimiter = _rows(text.removeprefix("\ufeff").replace("−", "-"))
    first, header = rows[0][1], not _has_number(rows[0][1])
    names = _names(first) if header else tuple(f"column {number}" for number in range(1, len(first) + 1))
    body = rows[1:] if header else rows
    # Where commas separate columns, one within a number is none of them, and may part thousands.
    decimals = delimiter == ";" or (delimiter == "\t" and are_decimal(cell for _, cells in body for cell in cells))
    columns = ([cells[index] for _, cells in body] for index in range(len(names)))
    written = tuple(tuple(with_points(texts) if decimals else texts) for texts in columns)
    return Cells(names, tuple(number for number, _ in body), written)


def own_data(text: str) -> Table:
    """The table that ``text`` holds, read as by ``own_cells``, with at least two columns of numbers.

    Raises ``ValueError`` with a sentence that names the row, counted as in the text from 1, and the column.
    """
    cells = own_cells(text)
    count = len(cells.rows)
    if count < 2:
        raise ValueError(f"The table has {count} row{'s' * (count != 1)} of data; a line needs at least 2.")
    columns: dict[str, Array] = {}
    unusable: dict[str, str] = {}
    for index, name in enumerate(cells.names):
        problem = cells.problem(index)
        if problem:
            unusable[name] = problem
        else:
            columns[name] = np.array([float(cell) for cell in cells.columns[index]])
    if len(columns) < 2:
        why = f" {next(iter(unusable.values()))}" if unusable else ""
        raise ValueError(f"The table needs two columns of numbers; it has {len(columns) or 'none'}.{why}")
    for column in columns.values():
        column.flags.writeable = False
    return Table(columns, unusable)


def _rows(text: str) -> tuple[list[tuple[int, list[str]]], str]:
    """The cells of each row from the header on, without surrounding blanks, with the row's number in the text.

    Behind the rows stands what separates their columns. Empty lines are left out.
    """
    lines = [(number, line) for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1) if line.strip()]
    if not lines:
        raise ValueError("The text is empty; paste rows with at least two columns of numbers.")
    # One more for a header.
    if len(lines) > MOST_ROWS + 1:
        raise ValueError(f"The table has {digits(len(lines))} rows; up to {MOST_ROWS} and a header are allowed.")
    bare = [_QUOTED.sub("", line) for _, line in lines]
    delimiter = next((one for one in _DELIMITERS if 2 * sum(one in line for line in bare) >= len(bare)), None)
    if delimiter is None:
        raise ValueError(f"Row {lines[0][0]} has one column only; separate columns by commas, semicolons or tabs.")
    rows = _without_titles([(number, row_cells(number, line, delimiter)) for number, line in lines])
    width = len(rows[0][1])
    if width > MOST_COLUMNS:
        raise ValueError(f"The table has {width} columns; up to {MOST_COLUMNS} are allowed.")
    for number, cells in rows:
        if len(cells) != width:
            raise ValueError(
                f"Row {number} has {len(cells)} column{'s' * (len(cells) != 1)} and row {rows[0][0]} has {width}; "
                "every row needs as many as the first."
            )
    if len(rows) > MOST_ROWS and _has_number(rows[0][1]):
        raise ValueError(f"The table has {digits(len(rows))} rows of data; up to {MOST_ROWS} are allowed.")
    return rows, delimiter


def _without_titles(rows: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """``rows`` from the header on, if they have one; a comment that is itself the header loses its sign."""
    width = mode(len(cells) for _, cells in rows)

    def is_header(cells: Sequence[str]) -> bool:
        return len(cells) == width and not _has_number(cells)

    for index, ((number, cells), (_, below)) in enumerate(pairwise(rows)):
        comment = cells[0].startswith("#")
        alone = comment or len(cells) != width or sum(map(bool, cells)) <= 1
        if (
            (len(cells) == 1 and not _has_number(cells))
            or (alone and is_header(below))
            or (comment and not is_header(cells))
        ):
            continue
        return [(number, [cells[0].lstrip("# "), *cells[1:]]), *rows[index + 1 :]]
    return rows[-1:]


def row_cells(number: int, line: str, delimiter: str, longest: int = _LONGEST_ROW) -> list[str]:
    """The cells of ``line``, row ``number`` of a text, without blanks around them.

    Raises ``ValueError`` for a row of more than ``longest`` characters, a control character and a quote out of place.
    """
    if len(line) > longest:
        raise ValueError(f"Row {number} is longer than {longest} characters.")
    if _CONTROL.search(line):
        raise ValueError(f"Row {number} has a control character, which is not text.")
    try:
        (cells,) = csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True)
    except csv.Error:
        raise ValueError(
            f"Row {number} has a quote that is not closed or stands inside a cell; put quotes around a whole cell, "
            "on one line, or leave them out."
        ) from None
    return [cell.strip() for cell in cells]


def _names(cells: Sequence[str]) -> tuple[str, ...]:
    names = tuple(cell or f"column {number}" for number, cell in enumerate(cells, start=1))
    for number, name in enumerate(names, start=1):
        if len(name) > _LONGEST_NAME or not name.isprintable():
            raise ValueError(
                f"The name of column {number} must have up to {_LONGEST_NAME} characters, all of them visible."
            )
        if name in names[: number - 1]:
            raise ValueError(
                f"Columns {names.index(name) + 1} and {number} are both called {name}; each needs its own name."
            )
    return names


def _has_number(cells: Sequence[str]) -> bool:
    return any(is_number(cell) or has_comma(cell) for cell in cells)


def _problem(rows: Sequence[int], cells: Sequence[str], index: int, name: str) -> str:
    """Why a column is not one of numbers, naming the first cell that is not; empty if it is."""
    for row, cell in zip(rows, cells, strict=True):
        where = f"Row {row}, column {index + 1} ({name})"
        if not cell:
            return f"{where} is empty; every row needs a number there."
        if not is_number(cell):
            if has_comma(cell):
                return f"{where} has a comma in a number: {excerpt(cell)}. Write decimals with a point, as 1.5."
            return f"{where} is not a number: {excerpt(cell)}. Allowed are digits, a sign, a point and e, as in -1.5e3."
        size = abs(float(cell))
        if size and not SMALLEST <= size <= LARGEST:
            bounds = f"between {digits(SMALLEST)} and {digits(LARGEST)} in size"
            return f"{where} must be 0 or {bounds}; {excerpt(cell)} was given."
    return ""


# Characters.
_EXCERPT = 20


def excerpt(cell: str) -> str:
    """Enough of ``cell`` to recognise it, all of it visible."""
    visible = "".join(character if character.isprintable() else "?" for character in cell)
    return visible if len(visible) <= _EXCERPT else f"{visible[:_EXCERPT]}…"
