"""The marks of a path in two dimensions: its line, its start, its end and the minima it looks for."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.catalogue.objectives import Objective
from core.catalogue.racers import Racer
from core.figures.labels import Label
from core.figures.look import Array, Look, compact, written
from core.figures.trail import MARGIN, Cut, Edge, View, widened, within
from core.formula.words import digits

# Up to this many iterates are dotted; more would run together and hide the dashes.
_DOTS = 120
_ARROWS: dict[Edge, str] = {
    "left": "triangle-left",
    "right": "triangle-right",
    "down": "triangle-down",
    "up": "triangle-up",
}


def strokes(racer: Racer, part: Cut, look: Look, values: Array, legend: bool) -> list[dict[str, Any]]:
    """The traces of a racer's path: line with its iterates, flights beyond the view, mark at the end.

    ``values`` of shape (steps+1,) are those of the objective. Only with ``legend`` is the racer listed in the legend;
    hiding it there hides all its marks.
    """
    pen = {"color": racer.color, "width": 2}
    common = {"type": "scatter", "legendgroup": racer.name}
    known = np.where(np.isnan(part.points[:, 0]), np.nan, values[part.steps])
    traces: list[dict[str, Any]] = [
        {
            **common,
            "mode": "lines+markers" if len(part.points) <= _DOTS else "lines",
            "name": part.end.label(racer.name),
            "showlegend": legend,
            "x": compact(part.points[:, 0]),
            "y": compact(part.points[:, 1]),
            "customdata": part.steps,
            "text": written(known),
            "hovertemplate": f"<b>{racer.name}</b>, step %{{customdata}}<br>"
            "(%{x}, %{y})<br>f = %{text}<extra></extra>",
            "line": {**pen, "dash": racer.dash},
            "marker": {"color": racer.color, "size": 4},
        }
    ]
    if len(part.flights):
        traces.append(
            {
                **common,
                "mode": "lines",
                "showlegend": False,
                "hoverinfo": "skip",
                "x": compact(part.flights[:, 0]),
                "y": compact(part.flights[:, 1]),
                "line": {**pen, "dash": racer.dash},
            }
        )
    if part.end.point is not None:
        traces.append(
            {
                **common,
                "mode": "markers",
                "showlegend": False,
                "hoverinfo": "text",
                "hovertext": part.end.label(racer.name),
                # Half of a mark on the edge would otherwise be cut off.
                "cliponaxis": False,
                "x": [part.end.point[0]],
                "y": [part.end.point[1]],
                "marker": {
                    "color": racer.color,
                    "line": {"color": look.background, "width": 1},
                    **_end_mark(part),
                },
            }
        )
    return traces


def head(racer: Racer, part: Cut) -> Label | None:
    """The label at the end of a path, if it ends in the view or on its edge."""
    if part.end.point is None:
        return None
    return Label(part.end.label(racer.name), racer.color, part.end.point)


def starts(points: Sequence[tuple[float, float]], look: Look) -> dict[str, Any]:
    """A ring at each start."""
    return {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        "x": [x for x, _ in points],
        "y": [y for _, y in points],
        "hovertemplate": "start (%{x}, %{y})<extra></extra>",
        "marker": {"symbol": "circle-open", "size": 12, "color": look.text, "line": {"color": look.text, "width": 2}},
    }


def distinct(points: Iterable[npt.ArrayLike], view: View) -> list[tuple[float, float]]:
    """The different ones among ``points`` that lie in ``view``, in order; a start may be as far away as 1e12."""
    rows = np.array(list(points), dtype=np.float64).reshape(-1, 2)
    return list(dict.fromkeys((float(x), float(y)) for x, y in rows[within(rows, view)]))


def box(objective: Objective, look: Look, view: View) -> list[dict[str, Any]]:
    """The edge of the box that runs on ``objective`` are held in, as far as it can be seen in ``view``."""
    ends = objective.parsed.box
    if ends is None:
        return []
    # An end that is not there, and in one variable the height, lies outside the picture.
    outside = widened(view, MARGIN)
    (left, right), (bottom, top) = (
        (max(low, out[0]), min(high, out[1])) for (low, high), out in zip([*ends, outside[1]], outside, strict=False)
    )
    held = ", ".join(
        f"{name} from {' to '.join(map(digits, end))}"
        for name, end in zip(objective.called, ends, strict=False)
        if np.isfinite(end).any()
    )
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "showlegend": False,
            "x": [left, right, right, left, left],
            "y": [bottom, bottom, top, top, bottom],
            "line": {"color": look.text, "width": 1.5, "dash": "dash"},
            "hoverinfo": "text",
            "hovertext": f"held within {held}",
        }
    ]


def stars(objective: Objective, look: Look) -> list[dict[str, Any]]:
    """The known minima of ``objective``, in one variable on its curve."""
    traces = []
    for points, local in ((objective.minima, False), (objective.other_minima, True)):
        if points:
            values = [float(value) for value in objective.parsed.value(np.array(points).T)]
            at = points if objective.dimension == 2 else zip((x for (x,) in points), values, strict=True)
            traces.append(minima([(x, y) for x, y in at], values, look, local, objective.dimension))
    return traces


def minima(
    points: Sequence[tuple[float, float]], values: Sequence[float], look: Look, local: bool, dimension: int = 2
) -> dict[str, Any]:
    """A star at each minimum, filled or, for ``local`` minima that are not the lowest, open and smaller."""
    called = "local minimum" if local else "minimum"
    return {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        "x": [point[0] for point in points],
        "y": [point[1] for point in points],
        "hoverinfo": "text",
        "hovertext": [
            f"{called} ({', '.join(map(digits, point[:dimension]))})<br>f = {digits(value)}"
            for point, value in zip(points, values, strict=True)
        ],
        "marker": {
            "symbol": "star-open" if local else "star",
            "size": 9 if local else 14,
            "color": look.text,
            "line": {"color": look.text if local else look.background, "width": 1},
        },
    }


def _end_mark(part: Cut) -> dict[str, Any]:
    if part.end.edge is not None:
        return {"symbol": _ARROWS[part.end.edge], "size": 14}
    if part.end.note:
        return {"symbol": "x", "size": 10}
    return {"symbol": "circle", "size": 9}
