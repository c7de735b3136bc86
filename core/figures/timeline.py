"""The history on one sheet: a column for each year in which something happened, rules above the line, events below."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby, pairwise
from math import ceil

import plotly.graph_objects as go

from core.figures.entry import (
    NARROW,
    NARROW_TEXT,
    OFFSET,
    WIDE,
    WIDE_TEXT,
    Spot,
    entry_note,
    extent,
    label,
    sheet_layout,
    spot_traces,
    stroke,
)
from core.figures.look import Look
from core.lessons.history import Entry

# Years side by side on a wide sheet: a label of usual length fits into a column.
_COLUMNS = 8
# Pixels: of a label's height, of the strip with the years, between lines, above the sheet's first line.
_LEVEL, _STRIP, _GAP, _HEAD = 19.0, 26.0, 20.0, 26.0
# Pixels that the number of a year takes, and half of what a dot takes.
_YEAR, _DOT = 31.0, 6.0
# On a narrow sheet: the height of an entry, where the line runs.
_ROW, _SPINE = 23.0, 46.0

_COLUMNS_CAPTION = (
    "One column for each year with an entry, not to scale; dotted where years are left out. "
    "Rules above the line, events below."
)
_ROWS_CAPTION = "One row for each entry, not to scale; the line<br>is dotted where years are left out."

Point = tuple[float, float]


@dataclass(frozen=True)
class Sheet:
    """Where everything of a timeline lies, in pixels from the top left.

    ``poles`` tie entries to their year, ``passing`` joins one year to the next, ``skipping`` bridges years without an
    entry; ``years`` and ``gaps`` are texts and the places where they begin.
    """

    height: float
    spots: list[Spot]
    poles: list[list[Point]]
    passing: list[list[Point]]
    skipping: list[list[Point]]
    years: list[tuple[str, float, float]]
    gaps: list[tuple[str, float, float]]


def timeline(entries: Sequence[Entry], look: Look, narrow: bool = False, selected: str = "") -> go.Figure:
    """``entries``, in order of year, as a sheet that is read like a text, line by line.

    No axis pretends to be a scale of time: columns are years with an entry, whatever lies between them, and the number
    of years left out stands between them. ``narrow`` makes a list for a phone instead. ``customdata`` of a point is the
    key of its entry; ``selected`` is the key of the one to mark.
    """
    sheet = _list(entries) if narrow else _lines(entries)
    width, line = (NARROW, NARROW_TEXT) if narrow else (WIDE, WIDE_TEXT)
    caption = _ROWS_CAPTION if narrow else _COLUMNS_CAPTION
    return go.Figure(
        {
            "data": [
                stroke(sheet.poles, look.line, 1.2, "solid"),
                stroke(sheet.passing, look.quiet, 1.2, "solid"),
                stroke(sheet.skipping, look.quiet, 1.4, "1.5px,3px"),
                *spot_traces(sheet.spots, look, selected, line),
            ],
            "layout": sheet_layout(
                look,
                "narrow timeline" if narrow else "timeline",
                width,
                sheet.height,
                annotations=[
                    {**entry_note(caption, 0, 0, look.quiet), "yanchor": "top"},
                    *(entry_note(f"<b>{text}</b>", x, y, look.text) for text, x, y in sheet.years),
                    *(
                        {**entry_note(text, x, y, look.quiet, "center"), "font": {"size": 11, "color": look.quiet}}
                        for text, x, y in sheet.gaps
                    ),
                    *(label(spot, look, selected) for spot in sheet.spots),
                ],
            ),
        }
    )


def _lines(entries: Sequence[Entry]) -> Sheet:
    """The wide sheet: years in columns, as many lines as they need."""
    columns = _by_year(entries)
    count = ceil(len(columns) / _COLUMNS)
    # Lines as equal as they can be, so that the last is not a lonely year.
    ends = [round(len(columns) * (row + 1) / count) for row in range(count)]
    sheet = Sheet(0.0, [], [], [], [], [], [])
    top = _HEAD
    following = [year for year, _ in columns[1:]]
    for begin, end in zip([0, *ends], ends, strict=False):
        line = columns[begin:end]
        pitch = _pitch(line)
        above = _levels([[entry for entry in members if entry.kind == "rule"] for _, members in line], pitch)
        below = _levels([[entry for entry in members if entry.kind == "event"] for _, members in line], pitch)
        strip = top + _LEVEL * _tallest(above) + _STRIP / 2
        for index, (year, _) in enumerate(line):
            x = _left(index, pitch)
            sheet.years.append((str(year), x - OFFSET, strip))
            for levels, direction in ((above[index], -1), (below[index], 1)):
                foot = strip + direction * _STRIP / 2
                heights = [foot + direction * _LEVEL * (level + 0.5) for _, level in levels]
                sheet.spots.extend(
                    Spot(entry, x, y, _text(entry), _width(entry))
                    for (entry, _), y in zip(levels, heights, strict=True)
                )
                if heights:
                    sheet.poles.append([(x, foot - direction * 3), (x, heights[-1])])
        for index, after in enumerate(following[begin:end]):
            year, x = line[index][0], _left(index, pitch)
            right = x + pitch if index + 1 < len(line) else min(x + pitch, WIDE + OFFSET)
            _join(sheet, after - year, x - OFFSET + _YEAR, right - OFFSET - 6, strip)
        top = strip + _STRIP / 2 + _LEVEL * _tallest(below) + _GAP
    return Sheet(top, sheet.spots, sheet.poles, sheet.passing, sheet.skipping, sheet.years, sheet.gaps)


def _join(sheet: Sheet, passed: int, left: float, right: float, y: float) -> None:
    """Draws the way from one year to the next at height ``y``."""
    if passed == 1:
        sheet.passing.append([(left, y), (right, y)])
        return
    text = f"{passed} years"
    middle, half = (left + right) / 2, extent(text, bold=False) / 2 + 2
    sheet.gaps.append((text, middle, y))
    sheet.skipping.extend([[(left, y), (middle - half, y)], [(middle + half, y), (right, y)]])


def _list(entries: Sequence[Entry]) -> Sheet:
    """The narrow sheet: an entry a row, its year on the left."""
    sheet = Sheet(0.0, [], [], [], [], [], [])
    head = 2 * _HEAD
    for row, entry in enumerate(entries):
        y = head + _ROW * (row + 0.5)
        sheet.spots.append(Spot(entry, _SPINE, y, _text(entry), _width(entry)))
        if not row or entries[row - 1].year != entry.year:
            sheet.years.append((str(entry.year), 0.0, y))
    for before, after in pairwise(sheet.spots):
        run = [(_SPINE, before.y), (_SPINE, after.y)]
        (sheet.passing if after.entry.year - before.entry.year <= 1 else sheet.skipping).append(run)
    height = head + _ROW * len(entries)
    return Sheet(height, sheet.spots, sheet.poles, sheet.passing, sheet.skipping, sheet.years, sheet.gaps)


def _by_year(entries: Sequence[Entry]) -> list[tuple[int, list[Entry]]]:
    ordered = sorted(entries, key=lambda entry: entry.year)
    return [(year, list(members)) for year, members in groupby(ordered, key=lambda entry: entry.year)]


def _levels(columns: Sequence[Sequence[Entry]], pitch: float) -> list[list[tuple[Entry, int]]]:
    """The level of each entry, from 0 next to the line, so that no label meets another or a pole.

    From the last column to the first: an earlier label then stands above the later ones that it would cover, and its
    pole is to the left of all of them.
    """
    placed: list[tuple[float, int]] = []
    result: list[list[tuple[Entry, int]]] = []
    for index in reversed(range(len(columns))):
        x, level, column = _left(index, pitch), 0, []
        for entry in columns[index]:
            end = x + OFFSET + _width(entry)
            # A column to the right ends at its highest label; its pole reaches up to there.
            while any(left < end and level <= height for left, height in placed):
                level += 1
            column.append((entry, level))
            level += 1
        if column:
            placed.append((x - _DOT, column[-1][1]))
        result.append(column)
    return result[::-1]


def _tallest(columns: Sequence[Sequence[tuple[Entry, int]]]) -> int:
    return max((level + 1 for column in columns for _, level in column), default=0)


def _pitch(line: Sequence[tuple[int, Sequence[Entry]]]) -> float:
    """Pixels from year to year, so that the labels of every column end on the sheet."""
    room = WIDE - OFFSET
    fits = [
        (room - OFFSET - _width(entry)) / index for index, (_, members) in enumerate(line) if index for entry in members
    ]
    return min([room / len(line), *fits])


def _left(index: int, pitch: float) -> float:
    return OFFSET + index * pitch


def _text(entry: Entry) -> str:
    name = escape(entry.name, quote=False)
    return f"<b>{name}</b>" if entry.kind == "rule" else name


def _width(entry: Entry) -> float:
    return extent(entry.name, bold=entry.kind == "rule")
