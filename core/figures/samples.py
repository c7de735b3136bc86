"""What networks are trained on, and what they make of it: dots in the colours of their classes, images, answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.figures.look import BASINS, Array, Look, axis, compact, faded, layout, note, readable, written
from core.formula.words import counted
from core.problems.training.reports import Boundary, Fit, Mistakes
from core.problems.training.split import Dataset, Split

# Tints of regions, and the shapes of dots, by the class: told apart with every kind of sight.
_TINTS = (BASINS[0], BASINS[1], BASINS[4], BASINS[3], BASINS[2], BASINS[5], *BASINS[6:])
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star", "hexagon")
# Contrasts of a dot and of a text to the page.
_DOT, _TEXT = 3.0, 4.5
# Room around the samples, as a share of their range.
_ROOM = 0.15
# Pixels of a dot in one of several pictures.
_SMALL_DOT = 4
# Images in a row where there is one picture, and where there are several.
_ACROSS, _BESIDE = 10, 5
# Rows of images where there are several pictures.
_MOST_ROWS = 3
# Images of each class that are shown.
_OF_A_CLASS = 6
# Sizes of captions of images.
_CAPTION = 11
# Room between two cells, without numbers and with them, and above each of them, as shares of the picture.
_GAP, _NUMBERED_GAP, _HEAD = 0.05, 0.12, 0.09


@dataclass
class Cell:
    """One of several pictures beside each other, with the ``title`` of its configuration in the colour of that.

    ``notes`` stand at data coordinates.
    """

    title: str
    color: str
    across: tuple[float, float]
    up: tuple[float, float]
    traces: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    shapes: list[dict[str, Any]] = field(default_factory=list)
    titles: tuple[str, str] = ("", "")
    # Whether the axes have numbers, and whether a unit is as long upwards as across.
    numbered: bool = True
    square: bool = False


def cells_figure(cells: Sequence[Cell], look: Look) -> go.Figure:
    """``cells`` beside each other, at most two in a row."""
    columns = min(2, len(cells))
    rows = ceil(len(cells) / columns)
    figure: dict[str, Any] = {"data": [], "axes": {}, "notes": [], "shapes": []}
    for place, cell in enumerate(cells):
        row, column = divmod(place, columns)
        gap = _NUMBERED_GAP if cell.numbered else _GAP
        width, height = (1 - gap * (columns - 1)) / columns, 1 / rows
        left, top = column * (width + gap), 1 - row * height
        number = "" if place == 0 else str(place + 1)
        # What the axes mean stands at the rim of the whole.
        below = place + columns >= len(cells)
        cell.titles = (cell.titles[0] if below else "", cell.titles[1] if column == 0 else "")
        _enter(cell, number, (left, left + width), (top - height + (gap if rows > 1 else 0), top), figure, look)
    revision = " ".join(f"{cell.across} {cell.up}" for cell in cells)
    numbered = any(cell.numbered for cell in cells)
    return go.Figure(
        {
            "data": figure["data"],
            "layout": layout(
                look,
                f"cells {len(cells)} {revision}",
                **figure["axes"],
                annotations=figure["notes"],
                shapes=figure["shapes"],
                margin={"l": 52 if numbered else 8, "r": 8, "t": 8, "b": 42 if numbered else 8},
            ),
        }
    )


def _enter(
    cell: Cell, number: str, across: tuple[float, float], up: tuple[float, float], figure: dict[str, Any], look: Look
) -> None:
    x, y = f"x{number}", f"y{number}"
    top = up[1] - _HEAD if cell.title else up[1]
    for trace in cell.traces:
        figure["data"].append({**trace, "xaxis": x, "yaxis": y})
    more: dict[str, Any] = {} if cell.numbered else {"visible": False}
    fixed: dict[str, Any] = {"scaleanchor": x, "constrain": "domain", "constraintoward": "top"} if cell.square else {}
    figure["axes"][f"xaxis{number}"] = axis(
        look, cell.titles[0], cell.across, showgrid=False, domain=list(across), anchor=y, constrain="domain", **more
    )
    figure["axes"][f"yaxis{number}"] = axis(
        look, cell.titles[1], cell.up, showgrid=False, domain=[up[0], top], anchor=x, **more, **fixed
    )
    figure["notes"] += [{**one, "xref": x, "yref": y} for one in cell.notes]
    figure["shapes"] += [{**one, "xref": x, "yref": y} for one in cell.shapes]
    if cell.title:
        ink = readable(cell.color or look.text, look.background, _TEXT)
        at = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
        figure["notes"].append(note(cell.title, across[0], top + 0.005, ink, weight=600, **at))


def samples_figure(dataset: Dataset, split: Split, look: Look) -> go.Figure:
    """What is learnt from, and hollow what is held back: in a plane, as images, or against one of the features."""
    if dataset.plane:
        return _listed(cells_figure([_plane_cell(split, look)], look))
    if dataset.image is not None:
        return cells_figure([_images_cell(dataset.image, split)], look)
    cell = _plane_cell(split, look) if split.labels else _column_cell(split, look)
    return _listed(cells_figure([cell], look))


def _listed(figure: go.Figure) -> go.Figure:
    return figure.update_layout(showlegend=True, margin_t=34)


def boundary_cell(title: str, color: str, boundary: Boundary, split: Split, look: Look) -> Cell:
    """What a network answers everywhere in the plane, behind the samples."""
    cell = _plane_cell(split, look, _SMALL_DOT)
    cell.title, cell.color, cell.titles, cell.numbered = title, color, ("", ""), False
    cell.across, cell.up = boundary.domain[:2], boundary.domain[2:]
    cell.traces = _regions(boundary, len(split.labels), color or look.text) + cell.traces
    return cell


def _regions(boundary: Boundary, count: int, color: str) -> list[dict[str, Any]]:
    """A tint for each class, the stronger the surer, and the lines between them."""
    data: list[dict[str, Any]] = []
    rows, columns = boundary.classes.shape
    grid = {
        "x": compact(np.linspace(*boundary.domain[:2], columns)),
        "y": compact(np.linspace(*boundary.domain[2:], rows)),
        "showscale": False,
        "hoverinfo": "skip",
    }
    if count == 2:
        # The share of the second class, which is smooth where the boundary is.
        second = np.where(boundary.classes == 1, boundary.certainty, 1 - boundary.certainty)
        clear = [[0, faded(_TINTS[0], 0.6)], [0.5, faded(_TINTS[0], 0.1)]]
        clear += [[0.5, faded(_TINTS[1], 0.1)], [1, faded(_TINTS[1], 0.6)]]
        data.append({"type": "heatmap", **grid, "z": second, "zmin": 0, "zmax": 1, "colorscale": clear})
        return [*data, _line(grid, second, color)]
    for index in range(count):
        tint = _TINTS[index % len(_TINTS)]
        data.append(
            {
                "type": "heatmap",
                **grid,
                "z": np.where(boundary.classes == index, boundary.certainty, np.nan),
                "zmin": 1 / count,
                "zmax": 1.0,
                "colorscale": [[0, faded(tint, 0.1)], [1, faded(tint, 0.6)]],
            }
        )
    return data + [_line(grid, (boundary.classes == index).astype(np.float32), color) for index in range(count)]


def _line(grid: dict[str, Any], share: npt.NDArray[Any], color: str) -> dict[str, Any]:
    """Where ``share`` is one half."""
    return {
        "type": "contour",
        **grid,
        "z": share,
        "contours": {"start": 0.5, "end": 0.5, "size": 1, "coloring": "none"},
        "line": {"color": color, "width": 2, "smoothing": 1.3},
    }


def _plane_cell(split: Split, look: Look, size: int = 7) -> Cell:
    """Classes in the plane of the first two features; a single one is drawn along a line."""
    parts = [(split.train_x, split.train_y, False), (split.valid_x, split.valid_y, True)]
    points = np.concatenate([_first_two(x) for x, _, _ in parts])
    first, second, *_ = (*map(escape, split.features), "")
    titles = (first, second)
    cell = Cell("", "", _around(points[:, 0]), _around(points[:, 1]), titles=titles)
    for index, name in enumerate(split.labels):
        color, symbol = _class_color(index, look), _SYMBOLS[index % len(_SYMBOLS)]
        for x, y, held in parts:
            chosen = _first_two(x)[y == index]
            shape = f"{symbol}-open" if held else symbol
            pen = {"width": 1.3, "color": color} if held else {"width": 0.5, "color": look.background}
            label = f"{escape(name)}, held back" if held else escape(name)
            cell.traces.append(_dots(chosen[:, 0], chosen[:, 1], label, color, shape, size, pen))
    return cell


def _first_two(x: npt.NDArray[Any]) -> Array:
    columns = np.asarray(x, dtype=np.float64)[:, :2]
    return columns if columns.shape[1] == 2 else np.pad(columns, ((0, 0), (0, 1)))


def _dots(
    x: Array, y: Array, name: str, color: str, symbol: str, size: int, pen: dict[str, Any], opacity: float = 1.0
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": compact(x),
        "y": compact(y),
        "marker": {"symbol": symbol, "color": color, "size": size, "line": pen, "opacity": opacity},
        "text": [f"({across}, {up})" for across, up in zip(written(x), written(y), strict=True)],
        "hovertemplate": f"{name}<br>%{{text}}<extra></extra>",
    }


def _class_color(index: int, look: Look) -> str:
    return readable(_TINTS[index % len(_TINTS)], look.background, _DOT)


def _around(values: npt.NDArray[Any]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = _ROOM * (high - low) or 0.5
    return low - room, high + room


def strongest_feature(split: Split) -> int:
    """The place of the feature that goes most along with the numbers to be predicted, up or down."""
    x, y = np.asarray(split.train_x, dtype=np.float64), np.asarray(split.train_y, dtype=np.float64)
    spread = x.std(axis=0)
    along = ((x - x.mean(axis=0)) * (y - y.mean())[:, None]).mean(axis=0)
    return int(np.argmax(np.abs(along) / np.where(spread > 0, spread, np.inf)))


def _column_cell(split: Split, look: Look) -> Cell:
    """Numbers to be predicted against the feature that goes most along with them."""
    place = strongest_feature(split)
    parts = [(split.train_x, split.train_y, "training"), (split.valid_x, split.valid_y, "held back")]
    mean, spread = split.target_scale
    xs = [np.asarray(x, dtype=np.float64)[:, place] for x, _, _ in parts]
    ys = [mean + spread * np.asarray(y, dtype=np.float64) for _, y, _ in parts]
    titles = (escape(split.features[place]), "to predict")
    cell = Cell("", "", _around(np.concatenate(xs)), _around(np.concatenate(ys)), titles=titles)
    for x, y, (_, _, name) in zip(xs, ys, parts, strict=True):
        held = name == "held back"
        pen = {"width": 1.3, "color": look.quiet} if held else {"width": 0}
        cell.traces.append(_dots(x, y, name, look.quiet, "circle-open" if held else "circle", 7, pen))
    return cell


def fit_cell(title: str, color: str, fit: Fit, look: Look) -> Cell:
    """What a network answers for the rows held back, against what was measured; on the line it is right."""
    limits = _around(fit.truth)
    line = {"type": "line", "x0": limits[0], "y0": limits[0], "x1": limits[1], "y1": limits[1]}
    cell = Cell(title, color, limits, limits, titles=("measured", "answered"))
    cell.shapes.append({**line, "line": {"color": look.quiet, "width": 1, "dash": "dot"}})
    truth, answers = fit.truth.astype(np.float64), np.clip(fit.answers, *limits).astype(np.float64)
    cell.traces.append(_dots(truth, answers, "held back", color, "circle", 6, {"width": 0}, 0.75))
    return cell


def _images_cell(shape: tuple[int, int], split: Split) -> Cell:
    """The first few rows of each class, a class a column."""
    rows = [np.flatnonzero(split.train_y == index)[:_OF_A_CLASS] for index in range(len(split.labels))]
    order = [int(places[line]) for line in range(_OF_A_CLASS) for places in rows if line < len(places)]
    images = np.asarray(split.train_x, dtype=np.float64)[order].reshape(-1, *shape)
    captions = [split.labels[int(split.train_y[place])] for place in order]
    return _sheet("", "", images, captions, _ACROSS)


def mistakes_cell(title: str, color: str, mistakes: Mistakes, shape: tuple[int, int], labels: Sequence[str]) -> Cell:
    """The first rows that a network takes for another class, with what they are and, behind the arrow, what it says."""
    images = np.asarray(mistakes.x, dtype=np.float64).reshape(-1, *shape)[: _MOST_ROWS * _BESIDE]
    captions = [
        f"{labels[truth]} → {labels[answer]}"
        for answer, truth in zip(mistakes.answers.tolist(), mistakes.truth.tolist(), strict=True)
    ][: len(images)]
    return _sheet(f"{title}: {counted(mistakes.count, 'mistake')}", color, images, captions, _BESIDE)


def confusion_cell(title: str, color: str, mistakes: Mistakes, labels: Sequence[str], look: Look) -> Cell:
    """How many rows of each class, from top to bottom, are taken for which."""
    count = len(labels)
    cell = Cell(
        f"{title}: {counted(mistakes.count, 'mistake')}",
        color,
        (-0.5, count - 0.5),
        (count - 0.5, -0.5),
        titles=("taken for", "is"),
    )
    named = {"x": [*map(escape, labels)], "y": [*map(escape, labels)]}
    scale = {"colorscale": look.colorscale, "showscale": False}
    cell.traces.append({"type": "heatmap", **named, "z": mistakes.confusion, **scale, "texttemplate": "%{z}"})
    return cell


def _sheet(title: str, color: str, images: Array, captions: Sequence[str], across: int) -> Cell:
    """Grey ``images`` of shape ``(n, height, width)``, from 0 to 1, row by row, each above its caption."""
    height, width = images.shape[1:]
    # Pixels between two images, and the room for a caption.
    tall, wide = height + 4, width + 1
    rows = max(_MOST_ROWS, ceil(len(images) / across))
    sheet = np.full((rows * tall, across * wide), np.nan)
    cell = Cell(title, color, (-1.0, across * wide - 0.5), (rows * tall - 0.5, -1.0), numbered=False, square=True)
    for place, image in enumerate(images):
        row, column = divmod(place, across)
        top, left = row * tall, column * wide
        sheet[top : top + height, left : left + width] = image
        text = note(escape(captions[place]), left + (width - 1) / 2, top + height + 1.1, "", yanchor="middle")
        cell.notes.append(text | {"font": {"size": _CAPTION}})
    cell.traces.append(
        {
            "type": "heatmap",
            "z": compact(sheet),
            "zmin": 0,
            "zmax": 1,
            "colorscale": [[0, "#1A2333"], [1, "#F5F6F6"]],
            "showscale": False,
            "hoverinfo": "skip",
        }
    )
    return cell
