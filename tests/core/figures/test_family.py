"""The family tree: every rule is joined to the one it grew from, and every name can be read and chosen."""

import re
from dataclasses import replace
from itertools import combinations, pairwise
from types import MappingProxyType
from typing import Any

import plotly.graph_objects as go
import pytest

from core import OPTIMIZERS
from core.figures import DARK, LIGHT, Look, family_tree
from core.figures.entry import NARROW, OFFSET, WIDE, extent
from core.lessons import history

in_both_looks = pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)
on_both_sheets = pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
# Pixels of a label's line.
LINE = 14.0
Point = tuple[float, float]
Box = tuple[float, float, float, float]

MORE = (
    replace(OPTIMIZERS["adam"], key="grandchild", name="A grandchild of Lion", year=2025, parent="lion"),
    replace(OPTIMIZERS["adam"], key="stranger", name="Stranger", year=1990, parent="nobody"),
    replace(OPTIMIZERS["adam"], key="orphan", name="Orphan", year=2025, parent=""),
    replace(OPTIMIZERS["adam"], key="of_stranger", name="Of the stranger", year=1991, parent="stranger"),
)


@pytest.fixture(params=["shipped", "grown"])
def catalogue(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The catalogue, as shipped and with rules added."""
    rules = {**OPTIMIZERS} | ({rule.key: rule for rule in MORE} if request.param == "grown" else {})
    monkeypatch.setattr(history, "OPTIMIZERS", MappingProxyType(rules))
    return rules


def _trace(figure: go.Figure, name: str) -> Any:
    (trace,) = (trace for trace in figure.data if trace.name == name)
    return trace


def _dots(figure: go.Figure) -> dict[str, Point]:
    dots = _trace(figure, "entries")
    return {key: (x, y) for key, x, y in zip(dots.customdata, dots.x, dots.y, strict=True)}


def _branches(trace: Any) -> list[list[Point]]:
    runs: list[list[Point]] = [[]]
    for x, y in zip(trace.x, trace.y, strict=True):
        if x is None:
            runs.append([])
        else:
            runs[-1].append((x, y))
    return runs[:-1]


def _box(note: Any) -> Box:
    name, year = re.fullmatch(r"<b>(.*)</b> <span[^>]*>(\d+)</span>", note.text).groups()
    width = extent(name, bold=True) + extent(f" {year}", bold=False)
    left = note.x + note.xshift
    return left, note.y - LINE / 2, left + width, note.y + LINE / 2


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _parent(catalogue: dict[str, Any], key: str) -> str:
    return catalogue[key].parent if catalogue[key].parent in catalogue else ""


@on_both_sheets
def test_every_rule_is_named_once_with_its_year(catalogue: dict[str, Any], narrow: bool) -> None:
    figure = family_tree(LIGHT, narrow=narrow)
    assert sorted(_dots(figure)) == sorted(catalogue)
    named = sorted(re.sub("<[^>]*>", "", note.text) for note in figure.layout.annotations)
    assert named == sorted(f"{optimizer.name} {optimizer.year}" for optimizer in catalogue.values())


@on_both_sheets
def test_one_branch_joins_each_rule_to_the_one_it_grew_from(catalogue: dict[str, Any], narrow: bool) -> None:
    figure = family_tree(LIGHT, narrow=narrow)
    dots = _dots(figure)
    drawn = sorted((branch[0], branch[-1]) for branch in _branches(figure.data[0]))
    expected = sorted((dots[_parent(catalogue, key)], dots[key]) for key in catalogue if _parent(catalogue, key))
    assert [tuple(map(pytest.approx, pair)) for pair in expected] == drawn
    assert _branches(figure.data[1]) == []


@on_both_sheets
def test_generations_go_to_the_right_and_siblings_down_in_order_of_year(
    catalogue: dict[str, Any], narrow: bool
) -> None:
    dots = _dots(family_tree(LIGHT, narrow=narrow))

    def generation(key: str) -> int:
        return 1 + generation(_parent(catalogue, key)) if _parent(catalogue, key) else 0

    columns: dict[int, set[float]] = {}
    for key, (x, _) in dots.items():
        columns.setdefault(generation(key), set()).add(x)
    lefts = [columns[column].pop() for column in sorted(columns)]
    assert not any(columns.values())
    assert lefts == sorted(set(lefts))
    for one, other in combinations(catalogue, 2):
        if _parent(catalogue, one) == _parent(catalogue, other) and catalogue[one].year < catalogue[other].year:
            assert dots[one][1] < dots[other][1]


@on_both_sheets
def test_no_name_covers_a_name_a_dot_or_a_branch(catalogue: dict[str, Any], narrow: bool) -> None:
    figure = family_tree(LIGHT, narrow=narrow)
    boxes = {note.text: _box(note) for note in figure.layout.annotations}
    for one, other in combinations(boxes.values(), 2):
        assert not _meet(one, other)
    for x, y in _dots(figure).values():
        assert not any(_meet((x - 5, y - 5, x + 5, y + 5), box) for box in boxes.values())
    for branch in _branches(figure.data[0]):
        heights = [y for _, y in branch[1:]]
        # The bend on the wide sheet leaves and meets alike.
        assert narrow or heights == pytest.approx([heights[0] + heights[-1] - y for y in reversed(heights)])
        for (left, y), (right, after) in pairwise(branch):
            low, high = sorted((y, after))
            piece = (min(left, right), low, max(left, right) + 0.1, high + 0.1)
            for text, box in boxes.items():
                assert not _meet(piece, box), text


@on_both_sheets
def test_the_whole_tree_lies_on_the_sheet(catalogue: dict[str, Any], narrow: bool) -> None:
    figure = family_tree(LIGHT, narrow=narrow)
    width = figure.layout.xaxis.range[1]
    assert width >= (NARROW if narrow else WIDE)
    bottom, top = figure.layout.yaxis.range
    for note in figure.layout.annotations:
        left, above, right, below = _box(note)
        assert left >= 0
        assert right <= width + 1e-9
        assert top <= above
        assert below <= bottom


def test_the_shipped_tree_fits_the_width_of_a_page_and_of_a_phone() -> None:
    # A tree that is wider would be squeezed until its names meet.
    assert family_tree(LIGHT).layout.xaxis.range[1] == WIDE
    assert family_tree(LIGHT, narrow=True).layout.xaxis.range[1] == NARROW


@in_both_looks
@on_both_sheets
def test_the_selected_rule_is_ringed_and_its_line_of_descent_is_marked(look: Look, narrow: bool) -> None:
    figure = family_tree(look, "adamw", narrow)
    dots = _dots(figure)
    line = ["adamw"]
    while OPTIMIZERS[line[-1]].parent:
        line.append(OPTIMIZERS[line[-1]].parent)
    marked = _branches(figure.data[1])
    ends = sorted(branch[-1] for branch in marked)
    assert ends == [pytest.approx(point) for point in sorted(dots[key] for key in line[:-1])]
    assert figure.data[1].line.color == OPTIMIZERS["adamw"].color
    ring = _trace(figure, "selected")
    assert (ring.x[0], ring.y[0]) == dots["adamw"]
    assert len(_branches(figure.data[0])) + len(marked) == sum(
        bool(optimizer.parent) for optimizer in OPTIMIZERS.values()
    )


@pytest.mark.parametrize("key", ["", "clipping", "no such key"])
def test_what_is_no_rule_marks_nothing(key: str) -> None:
    figure = family_tree(LIGHT, key)
    assert _branches(figure.data[1]) == []
    assert _trace(figure, "selected").x == ()


@on_both_sheets
def test_a_click_on_a_name_chooses_its_rule(narrow: bool) -> None:
    figure = family_tree(LIGHT, narrow=narrow)
    along = _trace(figure, "labels")
    boxes = {note.text: _box(note) for note in figure.layout.annotations}
    assert set(along.customdata) == set(OPTIMIZERS)
    for key, x, y in zip(along.customdata, along.x, along.y, strict=True):
        (box,) = (box for text, box in boxes.items() if f">{OPTIMIZERS[key].name}<" in text)
        assert box[0] - OFFSET <= x <= box[2]
        assert box[1] < y < box[3]
