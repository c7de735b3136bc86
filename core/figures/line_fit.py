"""Points and the lines through them: what each of the six steps of the worked example does, and a line that moves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.catalogue.optimizers.declaration import BLUE, ORANGE
from core.figures.look import Array, Look, axis, compact, layout, note, written
from core.formula.words import digits
from core.problems.example import Example

Line = tuple[float, float]

# Points up to which each number is written beside its mark; more would cover each other.
_WRITTEN = 6
# Room around the points, as a share of their range.
_ROOM = 0.16
# Lines drawn between the first and the last of a run.
_BETWEEN = 12
# A line further from the points than so many of their ranges is left to run out of the picture.
_FAR = 1.5


@dataclass
class _Drawing:
    traces: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class _Paper:
    """What the layers of one figure share: the ranges, in data units, and the look."""

    across: tuple[float, float]
    up: tuple[float, float]
    look: Look


# Where a number stands beside its mark.
_BELOW: Mapping[str, Any] = MappingProxyType({"yshift": -15})
_BESIDE: Mapping[str, Any] = MappingProxyType({"xanchor": "left", "xshift": 5})

_Layer = Callable[[Example, _Paper, _Drawing], None]


def step_figure(example: Example, key: str, lines: Sequence[Line], look: Look) -> go.Figure:
    """The data of ``example`` with what its step ``key`` (see ``core.lessons.steps``) makes.

    ``lines`` are the (w, b) of a run, from the start on, of which "repeat" shows some.
    """
    paper = _Paper(*_ranges(example, _drawn_lines(example, key, lines)), look)
    drawing = _Drawing()
    if key == "repeat":
        _family(example, lines, paper, drawing)
    for layer in _LAYERS[key]:
        layer(example, paper, drawing)
    return _figure(example, paper, drawing, f"step {key}")


def paper_figure(example: Example, look: Look) -> go.Figure:
    """The data of ``example`` with the best line, for lines that move to be drawn on.

    The ranges leave room for the line at the start.
    """
    paper = _Paper(*_ranges(example, [(example.w, example.b), example.solution]), look)
    drawing = _Drawing()
    _draw_best(example, paper, drawing)
    return _figure(example, paper, drawing, "paper")


def _drawn_lines(example: Example, key: str, lines: Sequence[Line]) -> list[Line]:
    here = (example.w, example.b)
    after = {"update": (example.step.next_w, example.step.next_b), "repeat": example.solution}
    return [here, after[key]] if key in after else [here]


def _ranges(example: Example, lines: Sequence[Line]) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ranges of the points and of what ``lines`` say at them, unless that is far from the points."""
    x, y = example.x, example.y
    size = float(np.ptp(y)) or float(np.abs(y).max()) or 1.0
    values = [y, *(w * x + b for w, b in lines)]
    everything = np.concatenate(values)
    near = everything[(everything >= y.min() - _FAR * size) & (everything <= y.max() + _FAR * size)]
    return _around(x), _around(near)


def _around(values: Array) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = _ROOM * (high - low) or 0.5 * abs(high) or 1.0
    return low - room, high + room


def _draw_line(
    line: Line, paper: _Paper, drawing: _Drawing, color: str, width: float, dash: str, name: str, opacity: float = 1.0
) -> None:
    """A line from rim to rim, with its name where it leaves the picture."""
    w, b = line
    ends = np.array(paper.across)
    heights = w * ends + b
    reach = 3 * (paper.up[1] - paper.up[0])
    if not (np.isfinite(heights).all() and (np.abs(heights - np.mean(paper.up)) <= 50 * reach).all()):
        return
    drawing.traces.append(
        {
            "type": "scatter",
            "mode": "lines",
            "x": ends.tolist(),
            "y": heights.tolist(),
            "line": {"color": color, "width": width, "dash": dash},
            "opacity": opacity,
            "hovertemplate": f"{name or 'line'}: w = {digits(w)}, b = {digits(b)}<extra></extra>",
        }
    )
    if name:
        drawing.notes += _label(line, name, color, paper)


def _label(line: Line, name: str, color: str, paper: _Paper) -> list[dict[str, Any]]:
    """The name of a line on the side where the line is not: at its right end, or where it leaves the picture above.

    None if the line leaves the picture below, or is never in it.
    """
    w, b = line
    (left, right), (bottom, top) = paper.across, paper.up
    at_rim = w * right + b
    if bottom <= at_rim <= top:
        text = _text(right, at_rim, name, color, paper.look)
        return [{**text, "xanchor": "right", "yanchor": "bottom" if w >= 0 else "top"}]
    if w > 0 and left <= (x := (top - b) / w) <= right:
        return [{**_text(x, top, name, color, paper.look), "xanchor": "right", "yanchor": "top", "xshift": -12}]
    return []


def _draw_best(example: Example, paper: _Paper, drawing: _Drawing) -> None:
    """The best line, named at its left end, where those on their way to it are not yet."""
    _draw_line(example.solution, paper, drawing, paper.look.quiet, 1.5, "dot", "")
    w, b = example.solution
    left = paper.across[0]
    text = _text(left, w * left + b, "best", paper.look.quiet, paper.look)
    drawing.notes.append({**text, "xanchor": "left", "yanchor": "top" if w >= 0 else "bottom", "xshift": 4})


def _line(example: Example, paper: _Paper, drawing: _Drawing) -> None:
    name = f"ŷ = {digits(example.w)}x {'+' if example.b >= 0 else '−'} {digits(abs(example.b))}"
    _draw_line((example.w, example.b), paper, drawing, BLUE, 3.0, "solid", name)


def _plain_line(example: Example, paper: _Paper, drawing: _Drawing) -> None:
    _draw_line((example.w, example.b), paper, drawing, BLUE, 3.0, "solid", "")


def _before(example: Example, paper: _Paper, drawing: _Drawing) -> None:
    _draw_line((example.w, example.b), paper, drawing, BLUE, 1.5, "dash", "before")


def _after(example: Example, paper: _Paper, drawing: _Drawing) -> None:
    _draw_line((example.step.next_w, example.step.next_b), paper, drawing, BLUE, 3.0, "solid", "after")


def _predictions(example: Example, paper: _Paper, drawing: _Drawing) -> None:
    """What the line says at each x, as marks on it with their numbers."""
    drawing.traces.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": compact(example.x),
            "y": compact(example.step.predictions),
            "marker": {
                "symbol": "circle",
                "size": 9,
                "color": BLUE,
                "line": {"color": paper.look.background, "width": 1},
            },
            "text": written(example.step.predictions),
            "hovertemplate": "x = %{x}<br>ŷ = %{text}<extra></extra>",
        }
    )
    _numbers(example, example.step.predictions, example.step.predictions, BLUE, _BELOW, paper, drawing)


def _residuals(example: Example, paper: _Paper, drawing: _Drawing) -> None:
    """From each point to the line, with the residual."""
    _sticks(example, 3.0, drawing)
    middles = (example.y + example.step.predictions) / 2
    _numbers(example, middles, example.step.residuals, ORANGE, _BESIDE, paper, drawing)


def _pulls(example: Example, paper: _Paper, drawing: _Drawing) -> None:
    """The same, with what each point adds to the slope along w: residual times x."""
    _sticks(example, 3.0, drawing)
    middles = (example.y + example.step.predictions) / 2
    _numbers(example, middles, example.step.residuals * example.x, ORANGE, _BESIDE, paper, drawing)


def _sticks(example: Example, width: float, drawing: _Drawing) -> None:
    gaps = np.full(len(example.data), np.nan)
    drawing.traces.append(
        {
            "type": "scatter",
            "mode": "lines",
            "x": np.stack([example.x, example.x, gaps], axis=1).ravel(),
            "y": np.stack([example.y, example.step.predictions, gaps], axis=1).ravel(),
            "line": {"color": ORANGE, "width": width},
            "hoverinfo": "skip",
        }
    )


def _numbers(
    example: Example,
    heights: Array,
    values: Array,
    color: str,
    side: Mapping[str, Any],
    paper: _Paper,
    drawing: _Drawing,
) -> None:
    """``values`` at the points of the data and ``heights``, a little to the ``side`` of them."""
    if len(example.data) > _WRITTEN:
        return
    for x, y, value in zip(example.x, heights, values, strict=True):
        if paper.up[0] <= y <= paper.up[1]:
            drawing.notes.append({**_text(float(x), float(y), digits(float(value)), color, paper.look), **side})


def _family(example: Example, lines: Sequence[Line], paper: _Paper, drawing: _Drawing) -> None:
    """Some lines of a run between its first and its last, the later the stronger, and the best line."""
    _draw_best(example, paper, drawing)
    last = len(lines) - 1
    chosen = sorted({round(step) for step in np.geomspace(1, max(1, last), _BETWEEN)} - {last}) if last else []
    for index, step in enumerate(chosen):
        _draw_line(lines[step], paper, drawing, BLUE, 1.5, "solid", "", 0.15 + 0.3 * index / len(chosen))
    _draw_line(lines[last], paper, drawing, BLUE, 3.0, "solid", f"step {last}")


_LAYERS: Mapping[str, tuple[_Layer, ...]] = MappingProxyType(
    {
        "initialise": (_line,),
        "predict": (_plain_line, _predictions),
        "loss": (_plain_line, _residuals),
        "gradient": (_plain_line, _pulls),
        "update": (_before, _after),
        "repeat": (_before,),
    }
)


def _text(x: float, y: float, text: str, color: str, look: Look) -> dict[str, Any]:
    return note(text, x, y, color, weight=600, bgcolor=look.veil, borderpad=1)


def _figure(example: Example, paper: _Paper, drawing: _Drawing, revision: str) -> go.Figure:
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": compact(example.x),
        "y": compact(example.y),
        "marker": {"size": 11, "color": paper.look.text, "line": {"color": paper.look.background, "width": 1.5}},
        "text": written(example.y),
        "hovertemplate": "(%{x}, %{text})<extra></extra>",
    }
    return go.Figure(
        {
            "data": [*drawing.traces, points],
            "layout": layout(
                paper.look,
                f"{revision} {paper.across} {paper.up}",
                xaxis=axis(paper.look, "x", paper.across, showgrid=False),
                yaxis=axis(paper.look, "y", paper.up),
                margin={"l": 46, "r": 10, "t": 10, "b": 42},
                annotations=drawing.notes,
            ),
        }
    )
