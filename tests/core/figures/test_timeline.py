"""The timeline: every entry can be read and chosen, nothing covers anything else, and no scale is pretended."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import plotly.graph_objects as go
import plotly.io
import pytest

from core.figures import DARK, LIGHT, Look, timeline
from core.figures.entry import NARROW, OFFSET, WIDE, extent, hover
from core.lessons.history import Entry, timeline_entries

ENTRIES = timeline_entries()
BY_KEY = {entry.key: entry for entry in ENTRIES}
# Pixels: a label's line, and a dot with its rim.
LINE, DOT = 14.0, 6.0
# Bytes of JSON; repeated texts under the pointer compress to a tenth of it.
MOST_BYTES = 150_000

in_both_looks = pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)
on_both_sheets = pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
Box = tuple[float, float, float, float]


def _trace(figure: go.Figure, name: str) -> Any:
    (trace,) = (trace for trace in figure.data if trace.name == name)
    return trace


def _dots(figure: go.Figure) -> dict[str, tuple[float, float]]:
    dots = _trace(figure, "entries")
    return {key: (x, y) for key, x, y in zip(dots.customdata, dots.x, dots.y, strict=True)}


def _plain(text: str) -> str:
    return re.sub("<[^>]*>", "", text)


def _box(note: Any, stretch: float = 1.0) -> Box:
    """Where an annotation of one line lies, in pixels, if the sheet is stretched sideways."""
    width = extent(_plain(note.text), bold="<b>" in note.text)
    left = note.x * stretch + (note.xshift or 0) - (width / 2 if note.xanchor == "center" else 0)
    return left, note.y - LINE / 2, left + width, note.y + LINE / 2


def _lines(figure: go.Figure) -> list[Any]:
    """The annotations but for the sentence at the top."""
    return [note for note in figure.layout.annotations if "not to scale" not in note.text]


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _crowd() -> list[Entry]:
    """The history with more in it: long names in crowded years, and a year of its own."""
    more = [
        replace(BY_KEY["adam"], key=f"more_{index}", name=f"Unusually long name {index}", year=year)
        for index, year in enumerate([2014, 2014, 2015, 2016, 2022, 2025])
    ]
    return sorted([*ENTRIES, *more], key=lambda entry: entry.year)


on_every_history = pytest.mark.parametrize(
    "entries", [ENTRIES, _crowd(), ENTRIES[:1], ENTRIES[:9]], ids=["all", "crowded", "one", "nine"]
)


@in_both_looks
@on_both_sheets
def test_every_entry_has_a_dot_a_name_and_a_text_under_the_pointer(look: Look, narrow: bool) -> None:
    figure = timeline(ENTRIES, look, narrow)
    assert sorted(_dots(figure)) == sorted(BY_KEY)
    names = [_plain(note.text) for note in _lines(figure)]
    dots = _trace(figure, "entries")
    for key, text in zip(dots.customdata, dots.hovertext, strict=True):
        entry = BY_KEY[key]
        assert names.count(entry.name) == 1
        words = _plain(text.replace("<br>", " "))
        for part in (entry.name, entry.years, entry.authors, entry.idea):
            assert part in words


@on_both_sheets
@on_every_history
def test_no_label_covers_another_label_a_year_or_a_dot(entries: Sequence[Entry], narrow: bool) -> None:
    figure = timeline(entries, LIGHT, narrow)
    boxes = {note.text: _box(note) for note in _lines(figure)}
    for (one, first), (other, second) in combinations(((note.text, _box(note)) for note in _lines(figure)), 2):
        assert not _meet(first, second), (one, other)
    for x, y in _dots(figure).values():
        for text, box in boxes.items():
            assert not _meet((x - DOT, y - DOT, x + DOT, y + DOT), box), text


@on_every_history
def test_no_pole_crosses_a_label(entries: Sequence[Entry]) -> None:
    figure = timeline(entries, LIGHT)
    poles = figure.data[0]
    boxes = {note.text: _box(note) for note in _lines(figure)}
    for index in range(0, len(poles.x), 3):
        low, high = sorted(poles.y[index : index + 2])
        for text, box in boxes.items():
            assert not _meet((poles.x[index], low, poles.x[index] + 0.1, high), box), text


def test_on_a_wider_page_labels_only_move_apart() -> None:
    boxes = [_box(note, stretch=1.6) for note in _lines(timeline(ENTRIES, LIGHT))]
    assert not any(_meet(one, other) for one, other in combinations(boxes, 2))


@on_both_sheets
@on_every_history
def test_everything_lies_on_the_sheet(entries: Sequence[Entry], narrow: bool) -> None:
    figure = timeline(entries, LIGHT, narrow)
    assert list(figure.layout.xaxis.range) == [0, NARROW if narrow else WIDE]
    bottom, top = figure.layout.yaxis.range
    for note in _lines(figure):
        left, above, right, below = _box(note)
        assert left >= -1e-9
        assert right <= figure.layout.xaxis.range[1] + 1e-9, note.text
        assert top <= above
        assert below <= bottom


@on_both_sheets
def test_every_year_is_printed_once_and_entries_stand_by_theirs(narrow: bool) -> None:
    figure = timeline(ENTRIES, LIGHT, narrow)
    years = {int(_plain(note.text)): note for note in _lines(figure) if re.fullmatch(r"<b>\d{4}</b>", note.text)}
    assert list(years) == sorted({entry.year for entry in ENTRIES})
    for key, (x, y) in _dots(figure).items():
        year = years[BY_KEY[key].year]
        if narrow:
            assert y >= year.y
            assert not any(year.y < other.y <= y for other in years.values())
        else:
            assert x == pytest.approx(year.x + OFFSET)
            # In both looks and sheets y grows downwards.
            assert (y < year.y) == (BY_KEY[key].kind == "rule")


def test_the_years_left_out_are_counted_rightly() -> None:
    figure = timeline(ENTRIES, LIGHT)
    left_out = [int(note.text.split()[0]) for note in _lines(figure) if note.text.endswith("years")]
    passing = figure.data[1]
    assert min(left_out) > 1
    assert sum(left_out) + len(passing.x) // 3 == ENTRIES[-1].year - ENTRIES[0].year


@on_both_sheets
def test_the_sheet_says_that_it_is_not_to_scale_and_shows_no_axis(narrow: bool) -> None:
    figure = timeline(ENTRIES, LIGHT, narrow)
    assert "not to scale" in figure.layout.annotations[0].text
    assert not figure.layout.xaxis.visible
    assert not figure.layout.yaxis.visible


@on_both_sheets
def test_a_label_is_as_easy_to_choose_as_its_dot(narrow: bool) -> None:
    figure = timeline(ENTRIES, LIGHT, narrow)
    along, boxes = _trace(figure, "labels"), {_plain(note.text): _box(note) for note in _lines(figure)}
    assert set(along.customdata) == set(BY_KEY)
    assert along.marker.opacity == 0
    for key, x, y in zip(along.customdata, along.x, along.y, strict=True):
        left, above, right, below = boxes[BY_KEY[key].name]
        assert left - OFFSET <= x <= right
        assert above < y < below


@in_both_looks
@on_both_sheets
def test_only_the_selected_entry_is_ringed_and_nothing_fades(look: Look, narrow: bool) -> None:
    nothing, one, wrong = (timeline(ENTRIES, look, narrow, key) for key in ("", "clipping", "no such key"))
    assert _trace(nothing, "selected").x == _trace(wrong, "selected").x == ()
    ring = _trace(one, "selected")
    assert [(ring.x[0], ring.y[0])] == [_dots(one)["clipping"]]
    (strong,) = (note for note in _lines(one) if note.text == "Gradient clipping")
    assert strong.font.color == look.text
    assert [note.font.color for note in _lines(nothing) if note.text == "Gradient clipping"] == [look.quiet]
    for trace in one.data:
        if trace.mode == "markers":
            assert trace.unselected.marker.opacity == trace.marker.opacity or trace.marker.opacity is None


def test_rules_carry_their_colour_and_events_none() -> None:
    figure = timeline(ENTRIES, LIGHT)
    dots = _trace(figure, "entries")
    fills = dict(zip(dots.customdata, dots.marker.color, strict=True))
    for key, fill in fills.items():
        assert fill == (BY_KEY[key].color or LIGHT.background)


def test_what_a_name_contains_is_text_and_no_markup() -> None:
    odd = replace(BY_KEY["adam"], name="<a href='x'>&", idea="Less < more & more.")
    assert set(re.findall("<[^>]*>", hover(odd, 40))) == {"<b>", "</b>", "<br>"}
    (note,) = _lines(timeline([odd], LIGHT))[1:]
    for text in (hover(odd, 40), note.text):
        assert "&lt;a href='x'&gt;&amp;" in text


@on_both_sheets
def test_the_timeline_is_small_and_the_same_twice(narrow: bool) -> None:
    sent = str(plotly.io.to_json(timeline(ENTRIES, DARK, narrow), validate=False))
    assert sent == plotly.io.to_json(timeline(timeline_entries(), DARK, narrow), validate=False)
    assert len(sent) < MOST_BYTES


@on_both_sheets
def test_no_entries_give_an_empty_sheet(narrow: bool) -> None:
    figure = timeline([], LIGHT, narrow)
    assert _dots(figure) == {}
    assert len(figure.layout.annotations) == 1
