"""How an entry of the history is drawn: its dot, its label, what the pointer reads, and where a click chooses it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import Any

from core.figures.look import CLEAR, Look, layout, note
from core.lessons.history import Entry

# Pixels between a dot's centre and its label.
OFFSET = 10.0
# A figure is laid out in pixels for these widths inside the axes, the least that a page and a phone offer. Where there
# is more room, points move apart and labels keep their size.
WIDE, NARROW = 790.0, 330.0
# Characters of a line under the pointer, so that the box fits beside a point of either width.
WIDE_TEXT, NARROW_TEXT = 58, 34
# Pixels between the invisible marks along a label that make it as easy to choose as its dot.
_REACH = 16.0
# Pixels of characters of a label in the page's font, with some room to spare, and how much wider bold ones are.
_THIN, _BROAD, _USUAL, _BOLD = 3.8, 9.8, 6.4, 1.08


@dataclass(frozen=True)
class Spot:
    """An entry at ``x``, ``y`` in pixels from the top left, with its label, which is ``reach`` pixels long.

    The label lies to the right of the dot, ``lift`` pixels above its height.
    """

    entry: Entry
    x: float
    y: float
    label: str
    reach: float
    lift: float = 0.0


def spot_traces(spots: Sequence[Spot], look: Look, selected: str, line: int) -> list[dict[str, Any]]:
    """The dots of ``spots``, a ring around the one whose key is ``selected``, and the invisible marks along labels.

    ``customdata`` of every point that can be chosen is the entry's key; hover texts break after ``line`` characters.
    """
    texts = {spot.entry.key: hover(spot.entry, line) for spot in spots}
    chosen = [spot for spot in spots if spot.entry.key == selected]
    along = [
        (spot, spot.x + step * _REACH) for spot in spots for step in range(1, int((OFFSET + spot.reach) / _REACH) + 1)
    ]
    return [
        {
            **_markers(along, texts),
            "name": "labels",
            "y": [spot.y - spot.lift for spot, _ in along],
            "marker": {"size": _REACH, "color": look.text, "opacity": 0},
            "unselected": {"marker": {"opacity": 0}},
            "selected": {"marker": {"opacity": 0}},
        },
        {
            **_markers([(spot, spot.x) for spot in spots], texts),
            "name": "entries",
            "marker": {
                "size": [10 if spot.entry.kind == "rule" else 7 for spot in spots],
                "color": [spot.entry.color or look.background for spot in spots],
                "opacity": 1,
                "line": {"width": 1.4, "color": [spot.entry.color or look.quiet for spot in spots]},
            },
            # The ring marks what is chosen; Plotly would fade everything else.
            "unselected": {"marker": {"opacity": 1}},
        },
        {
            **_markers([(spot, spot.x) for spot in chosen], texts),
            "name": "selected",
            "hoverinfo": "skip",
            "marker": {"size": 15, "color": CLEAR, "line": {"width": 2, "color": look.text}},
            "unselected": {"marker": {"opacity": 1}},
        },
    ]


def hover(entry: Entry, line: int) -> str:
    """What the pointer reads of ``entry``: name, years and authors, idea, in lines of about ``line`` characters."""
    facts = _broken(f"{entry.years} · {entry.authors}", line)
    lines = [escape(part, quote=False) for part in [*facts, *_broken(entry.idea, line)]]
    return "<br>".join([f"<b>{escape(entry.name, quote=False)}</b>", *lines])


def label(spot: Spot, look: Look, selected: str) -> dict[str, Any]:
    """The annotation that names ``spot``: rules in their colour, events quietly, the selected one strongly."""
    color = look.text if spot.entry.key == selected else spot.entry.color or look.quiet
    return {**entry_note(spot.label, spot.x, spot.y - spot.lift, color), "xshift": OFFSET}


def extent(text: str, bold: bool) -> float:
    """About how long ``text`` is as a label, in pixels, rather too long than too short."""
    plain = sum(_THIN if part in "fijlrtI'.,:()- " else _BROAD if part in "mwMW" else _USUAL for part in text)
    return plain * _BOLD if bold else plain


def entry_note(text: str, x: float, y: float, color: str, xanchor: str = "left") -> dict[str, Any]:
    """A small text at ``x``, ``y`` that leaves the pointer to what lies below it."""
    return note(text, x, y, color, xanchor=xanchor, yanchor="middle", align="left", borderpad=0)


def stroke(points: Iterable[Sequence[tuple[float, float]]], color: str, width: float, dash: str) -> dict[str, Any]:
    """Several lines through ``points`` as one trace that the pointer ignores."""
    x: list[float | None] = []
    y: list[float | None] = []
    for run in points:
        x += [*(point[0] for point in run), None]
        y += [*(point[1] for point in run), None]
    return {
        "type": "scatter",
        "mode": "lines",
        "hoverinfo": "skip",
        "x": x,
        "y": y,
        # Plotly would otherwise leave out points of a bend.
        "line": {"color": color, "width": width, "dash": dash, "simplify": False},
    }


def sheet_layout(look: Look, uirevision: str, width: float, height: float, **more: Any) -> dict[str, Any]:
    """A layout whose axes count pixels from the top left of a sheet, unseen and without zoom.

    The figure's height is fixed; its width is the page's.
    """
    bare = {"visible": False, "fixedrange": True}
    return layout(
        look,
        uirevision,
        xaxis={**bare, "range": [0, width]},
        yaxis={**bare, "range": [height, 0]},
        height=height + 16,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        **more,
    )


def _broken(text: str, line: int) -> list[str]:
    return wrap(text, line, break_on_hyphens=False)


def _markers(positions: Sequence[tuple[Spot, float]], texts: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "hoverinfo": "text",
        "x": [x for _, x in positions],
        "y": [spot.y for spot, _ in positions],
        "customdata": [spot.entry.key for spot, _ in positions],
        "hovertext": [texts[spot.entry.key] for spot, _ in positions],
    }
