"""Where labels fit beside the points they name without covering each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from core.figures.look import Look, note
from core.figures.trail import View

# Pixels inside the axes on a phone. What fits there fits everywhere: points move apart on a larger screen, labels
# keep their size.
_WIDTH, _HEIGHT = 285.0, 240.0
# The same across, where a margin beside the axes holds the longest label.
_BESIDE_MARGIN = 140.0
_CHARACTER, _LINE = 7.0, 17.0
_OFFSET = 9.0
# (towards x, towards y) in which a label may lie from its point, in order of preference.
_SIDES = ((1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1), (-1, 0), (0, 1), (0, -1))

Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True)
class Label:
    """A text in a colour beside a point in axis coordinates."""

    text: str
    color: str
    point: tuple[float, float]


def arrange(
    labels: Sequence[Label], look: Look, view: View, keep_clear: Iterable[tuple[float, float]] = ()
) -> tuple[list[dict[str, Any]], set[str]]:
    """Plotly annotations for the labels that fit into ``view``, in order, and the texts of those that do not.

    Placed labels overlap neither each other nor the points ``keep_clear``.
    """
    taken = [_around(_pixel(point, view)) for point in keep_clear]
    taken += [_around(_pixel(label.point, view)) for label in labels]
    placed, left_over = [], set()
    for label in labels:
        across, up = _pixel(label.point, view)
        width = _CHARACTER * len(label.text)
        for x, y in _SIDES:
            middle, height = across + x * (_OFFSET + width / 2), up + y * (_OFFSET + _LINE / 2)
            box = middle - width / 2, height - _LINE / 2, middle + width / 2, height + _LINE / 2
            inside = box[0] >= 0 and box[1] >= 0 and box[2] <= _WIDTH and box[3] <= _HEIGHT
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                placed.append(_annotation(label, look, x, y))
                break
        else:
            left_over.add(label.text)
    return placed, left_over


def stacked(labels: Sequence[Label], look: Look, view: View, height: float) -> list[dict[str, Any]]:
    """Plotly annotations to the right of the points of ``labels``, moved up or down until none covers another.

    ``height`` is that of the axes in pixels. A label may leave the axes to the right, where a margin has room for it.
    """
    (left, right), (bottom, top) = view
    wanted = [height * (label.point[1] - bottom) / (top - bottom) for label in labels]
    begins = [_BESIDE_MARGIN * (label.point[0] - left) / (right - left) for label in labels]
    spans = [(begin, begin + _CHARACTER * len(label.text)) for begin, label in zip(begins, labels, strict=True)]
    order = sorted(range(len(labels)), key=lambda place: wanted[place])
    heights: dict[int, float] = {}
    for place in order:
        below = [heights[other] + _LINE for other in heights if _beside(spans[place], spans[other])]
        heights[place] = max([wanted[place], _LINE / 2, *below])
    for place in reversed(order):
        above = [
            heights[other] - _LINE for other in order[order.index(place) + 1 :] if _beside(spans[place], spans[other])
        ]
        heights[place] = min([heights[place], height - _LINE / 2, *above])
    return [
        _annotation(label, look, 1, 0) | {"yshift": heights[place] - wanted[place]}
        for place, label in enumerate(labels)
    ]


def _annotation(label: Label, look: Look, x: int, y: int) -> dict[str, Any]:
    return note(
        label.text,
        *label.point,
        label.color,
        weight=600,
        bgcolor=look.veil,
        borderpad=1,
        xanchor=("right", "center", "left")[x + 1],
        yanchor=("top", "middle", "bottom")[y + 1],
        xshift=x * _OFFSET,
        yshift=y * _OFFSET,
    )


def _pixel(point: tuple[float, float], view: View) -> tuple[float, float]:
    (left, right), (bottom, top) = view
    return _WIDTH * (point[0] - left) / (right - left), _HEIGHT * (point[1] - bottom) / (top - bottom)


def _around(pixel: tuple[float, float]) -> Rectangle:
    x, y = pixel
    return x - 7, y - 7, x + 7, y + 7


def _beside(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _overlap(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
