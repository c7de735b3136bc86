"""Who derives from whom: the rules as a tree, from their declared parents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go

from core.figures.entry import (
    NARROW,
    NARROW_TEXT,
    OFFSET,
    WIDE,
    WIDE_TEXT,
    Spot,
    extent,
    label,
    sheet_layout,
    spot_traces,
    stroke,
)
from core.figures.look import Look
from core.lessons.history import Entry, timeline_entries

# Pixels: of a leaf's row, above the branch for a name, at least for the bend before the next generation.
_ROW, _LIFT, _BEND = 31.0, 11.0, 32.0
# On a narrow sheet: the height of a rule, how far a generation is moved in.
_SHORT_ROW, _INDENT = 27.0, 22.0
# Points along a bend, enough for it to look round.
_SMOOTH = 24

Point = tuple[float, float]


@dataclass(frozen=True)
class Kin:
    """A rule in the tree: how many generations after its first ancestor, and the rules that grew from it, by year."""

    entry: Entry
    generation: int
    children: tuple["Kin", ...]


def family_tree(look: Look, selected: str = "", narrow: bool = False) -> go.Figure:
    """All rules of the catalogue, each joined to the one it grew from, one generation after another.

    Generations go from left to right, siblings downwards in order of year. ``narrow`` makes an indented list for a
    phone. ``customdata`` of a point is the key of its rule; ``selected`` is the key of the one to mark, with its line
    of descent.
    """
    families = _families([entry for entry in timeline_entries() if entry.kind == "rule"])
    spots = _rows(families, look) if narrow else _columns(families, look)
    width = max([NARROW if narrow else WIDE, *(spot.x + OFFSET + spot.reach for spot in spots.values())])
    height = max((spot.y for spot in spots.values()), default=0.0) + (_SHORT_ROW if narrow else _ROW) / 2
    branch = _elbow if narrow else _bend
    descent = _descent(spots, selected)
    branches = {
        key: branch(spots[spot.entry.parent], spot) for key, spot in spots.items() if spot.entry.parent in spots
    }
    marked = spots[selected].entry.color if selected in spots else look.text
    return go.Figure(
        {
            "data": [
                stroke([points for key, points in branches.items() if key not in descent], look.ridge, 1.4, "solid"),
                stroke([points for key, points in branches.items() if key in descent], marked, 3.0, "solid"),
                *spot_traces(list(spots.values()), look, selected, NARROW_TEXT if narrow else WIDE_TEXT),
            ],
            "layout": sheet_layout(
                look,
                "narrow family" if narrow else "family",
                width,
                height,
                annotations=[label(spot, look, selected) for spot in spots.values()],
            ),
        }
    )


def _families(entries: Sequence[Entry], parent: str = "", generation: int = 0) -> tuple[Kin, ...]:
    """The rules with this parent and all that grew from them; with none, those whose parent is no rule."""
    known = {entry.key for entry in entries}
    return tuple(
        Kin(entry, generation, _families(entries, entry.key, generation + 1))
        for entry in entries
        if (entry.parent if entry.parent in known else "") == parent
    )


def _walk(families: Sequence[Kin]) -> list[Kin]:
    return [kin for family in families for kin in (family, *_walk(family.children))]


def _columns(families: Sequence[Kin], look: Look) -> dict[str, Spot]:
    """A column for each generation, as wide as its names need; a row for each rule without successors."""
    everyone = _walk(families)
    heights: dict[str, float] = {}
    rows = 0

    def settle(kin: Kin) -> float:
        nonlocal rows
        below = [settle(child) for child in kin.children]
        if not below:
            rows += 1
        heights[kin.entry.key] = (below[0] + below[-1]) / 2 if below else _ROW * (rows - 0.5)
        return heights[kin.entry.key]

    for family in families:
        settle(family)
    lefts = _lefts(everyone)
    return {
        kin.entry.key: _spot(
            kin, lefts[kin.generation], heights[kin.entry.key], look, _LIFT if len(kin.children) else 0.0
        )
        for kin in everyone
    }


def _lefts(everyone: Sequence[Kin]) -> list[float]:
    """Where each generation's dots are: after the names of the one before, with what room is left shared out."""
    generations = 1 + max((kin.generation for kin in everyone), default=0)
    names = [
        max((_width(kin.entry) for kin in everyone if kin.generation == row and kin.children), default=0.0)
        for row in range(generations - 1)
    ]
    lefts = OFFSET + np.concatenate([[0.0], np.cumsum([OFFSET + name + _BEND for name in names])])
    beyond = max((lefts[kin.generation] + OFFSET + _width(kin.entry) for kin in everyone), default=WIDE)
    spare = max(0.0, WIDE - beyond) / max(1, generations - 1)
    return [float(left + spare * row) for row, left in enumerate(lefts)]


def _rows(families: Sequence[Kin], look: Look) -> dict[str, Spot]:
    """A row for each rule, below the one it grew from and moved in by its generation."""
    return {
        kin.entry.key: _spot(kin, OFFSET + _INDENT * kin.generation, _SHORT_ROW * (row + 0.5), look, 0.0)
        for row, kin in enumerate(_walk(families))
    }


def _spot(kin: Kin, x: float, y: float, look: Look, lift: float) -> Spot:
    text = f"<b>{escape(kin.entry.name, quote=False)}</b> <span style='color:{look.quiet}'>{kin.entry.year}</span>"
    return Spot(kin.entry, x, y, text, _width(kin.entry), lift)


def _width(entry: Entry) -> float:
    return extent(entry.name, bold=True) + extent(f" {entry.year}", bold=False)


def _descent(spots: Mapping[str, Spot], selected: str) -> set[str]:
    """The keys from ``selected`` back to its first ancestor; empty if it is no rule."""
    line: set[str] = set()
    while selected in spots and selected not in line:
        line.add(selected)
        selected = spots[selected].entry.parent
    return line


def _bend(parent: Spot, child: Spot) -> list[Point]:
    """Along below the parent's name, then in a smooth bend to the child."""
    start = parent.x + OFFSET + parent.reach
    across = np.linspace(0.0, 1.0, _SMOOTH)
    rise = parent.y + (child.y - parent.y) * across**2 * (3 - 2 * across)
    return [(parent.x, parent.y), *zip((start + (child.x - start) * across).tolist(), rise.tolist(), strict=True)]


def _elbow(parent: Spot, child: Spot) -> list[Point]:
    """Down from the parent, then across to the child."""
    return [(parent.x, parent.y), (parent.x, child.y), (child.x, child.y)]
