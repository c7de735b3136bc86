"""The points of the worked example: how a table of two columns is read and checked, row by row."""

import math
import re
from collections.abc import Sequence

import numpy as np

from core.formula.words import digits, outside
from core.problems.decimal_comma import are_decimal, with_points

Data = tuple[tuple[float, float], ...]

FEWEST, MOST = 2, 50
# Squares of sums of such numbers are far inside what float64 can hold, and far outside what a picture can show.
LARGEST = 1e6
# Smaller ones would leave the curvature of the loss to rounding.
SMALLEST = 1e-9
# Two names with a semicolon between them.
_HEADER = re.compile(r"\s*[^\W\d][^,;]*;[^,;]*")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
# Whole numbers beyond this are written with an exponent.
_LONG = 1e15
# What is repeated of a text that is no number.
_REPEATED = 20


def read_table(rows: Sequence[Sequence[object]]) -> Data:
    """The points in the ``rows`` of a table, each a number or a text for x and one for y.

    Rows without anything in them are left out. Raises ``ValueError`` that names the row, counted from 1, and column.
    """
    read: list[tuple[float, float]] = []
    for number, row in enumerate(rows, start=1):
        if all(_is_empty(cell) for cell in row):
            continue
        if len(row) != 2:
            raise ValueError(f"Row {number} must have two numbers, x and y; it has {len(row)}.")
        read.append((_cell(row[0], number, "x"), _cell(row[1], number, "y")))
    return checked(tuple(read))


def rows_of(text: str) -> list[list[str]]:
    """The cells of points: as in ``1,2; 2,4``, or a line each, as two columns of a spreadsheet are pasted.

    Between x and y stands a comma or a tab; a semicolon where several lines have neither, or a header with one. Where
    it is no comma, commas are decimal ones. A header above other lines is passed over.
    """
    text = re.sub(r"(?<=[,;])[ \t]+", "", text.removeprefix("\ufeff").replace("−", "-").strip("\r\n"))
    lines = text.splitlines() or [""]
    semicolons = len(lines) > 1 and "\t" not in text and ("," not in text or bool(_HEADER.fullmatch(lines[0])))
    between = "\t" if "\t" in text else ";" if semicolons else ","
    points = lines if semicolons else [point for line in lines for point in line.split(";")]
    rows = [[cell.strip() for cell in point.strip().split(between)] for point in points]
    if len(lines) > 1 and all(cell[:1].isalpha() for cell in rows[0]):
        rows.pop(0)
    if between == "," or not (semicolons or are_decimal(cell for row in rows for cell in row)):
        return rows
    read = iter(with_points([cell for row in rows for cell in row]))
    return [[next(read) for _ in row] for row in rows]


def text_of(rows: Sequence[Sequence[object]]) -> str:
    """``rows`` as ``rows_of`` reads them; numbers keep all their digits, whole ones lose their point."""
    return "; ".join(",".join(map(_written, row)) for row in rows)


def _written(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) <= _LONG:
        return str(int(cell))
    return "" if cell is None else str(cell)


def checked(data: Data) -> Data:
    """``data`` if it has 2 to 50 points and every number is 0 or between 1e-9 and a million in size.

    Raises ``ValueError`` naming the row.
    """
    if not FEWEST <= len(data) <= MOST:
        raise ValueError(f"The table must have {FEWEST} to {MOST} rows with numbers; it has {len(data)}.")
    for number, point in enumerate(data, start=1):
        for name, value in zip("xy", point, strict=True):
            check_size(f"Row {number}: {name}", value)
            _check_smallest(f"Row {number}: {name}", value)
    return data


def _is_empty(cell: object) -> bool:
    return (
        cell is None or (isinstance(cell, float) and math.isnan(cell)) or (isinstance(cell, str) and not cell.strip())
    )


def _cell(cell: object, row: int, column: str) -> float:
    where = f"Row {row}: {column}"
    if _is_empty(cell):
        raise ValueError(f"{where} is missing; every row needs a number for x and one for y.")
    if isinstance(cell, str):
        text = cell.strip()
        if not _NUMBER.fullmatch(text):
            quoted = text if len(text) <= _REPEATED else text[:_REPEATED] + "…"
            raise ValueError(f"{where} must be a number such as 2 or −0.5; {quoted!r} was given.")
        return _check_smallest(where, check_size(where, float(text)))
    if isinstance(cell, bool) or not isinstance(cell, (int, float, np.integer, np.floating)):
        raise ValueError(f"{where} must be a number; a value of type {type(cell).__name__} was given.")
    # A whole number may be too long to become a float.
    if isinstance(cell, int) and abs(cell) > LARGEST:
        raise ValueError(f"{where} must lie in [{digits(-LARGEST)}, {digits(LARGEST)}]; a larger number was given.")
    return _check_smallest(where, check_size(where, float(cell)))


def check_size(name: str, value: float) -> float:
    """``value`` if it is at most a million in size; otherwise raises ``ValueError`` naming it as ``name``."""
    if not -LARGEST <= value <= LARGEST:
        raise ValueError(f"{name} must lie in {outside(value, -LARGEST, LARGEST)}.")
    return value


def _check_smallest(name: str, value: float) -> float:
    if 0 < abs(value) < SMALLEST:
        raise ValueError(f"{name} must be 0 or at least {digits(SMALLEST)} in size; {digits(value)} was given.")
    return value
