"""The graph of a small network with its numbers: values going forward, or gradients coming back."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import plotly.graph_objects as go

from core.catalogue.optimizers.declaration import BLUE, ORANGE
from core.figures.look import CLEAR, Look, layout, note
from core.formula.words import digits
from core.problems.network.backprop import Edge, Example, Node

Direction = Literal["forward", "backward"]

_HEIGHT = 430
# Pixels: across a node, and between its rim and the end of an arrow.
_NODE, _GAP = 48, 4
# Pixels by which the number of a level connection stands above its arrow.
_LIFT = 14
# Where the layers are: the connections between the first two, which cross, need most of the width.
_ACROSS = (0.0, 1.25, 2.1, 2.9)
# Where the labels of the connections that leave a layer stand, as a share of the way: clear of where they cross.
_LABEL_AT = (0.6, 0.42, 0.5)
_THINNEST, _THICKEST = 1.2, 5.0
# Data units: half the distance between the outer rows, from the rows to the rim, headings and small notes.
_REACH, _ROOM, _HEADING, _NOTE = 1.0, 0.4, 1.42, 0.245


@dataclass(frozen=True)
class _Side:
    """What one direction shows: its colour, the numbers of a node and of a connection, and their names."""

    color: str
    sign: int
    headings: tuple[str, str, str, str]


_SIDES: Mapping[Direction, _Side] = MappingProxyType(
    {
        "forward": _Side(BLUE, 1, ("inputs", "hidden", "output", "loss")),
        "backward": _Side(ORANGE, -1, ("∂L/∂x", "∂L/∂h", "∂L/∂ŷ", "∂L/∂L")),
    }
)


def backprop_figure(example: Example, look: Look, direction: Direction) -> go.Figure:
    """The network of ``example``: forward with values and weights, backward with the loss's slope along each of them.

    Arrows are the thicker the more they carry; one that carries nothing is grey. ``customdata`` of a point is the key
    of its node, or of the two nodes its connection joins with a space between.
    """
    side = _SIDES[direction]
    nodes = {node.key: node for node in example.nodes}
    centres = {key: _centre(node, example) for key, node in nodes.items()}
    flows = [_flow(edge, direction) for edge in example.edges]
    most = max(map(abs, flows)) or 1.0
    notes: list[dict[str, Any]] = []
    for edge, flow in zip(example.edges, flows, strict=True):
        notes.append(_arrow(centres[edge.source], centres[edge.target], abs(flow) / most, side, look))
    for edge, flow in zip(example.edges, flows, strict=True):
        value = _weight(edge, direction)
        start, end = centres[edge.source], centres[edge.target]
        at = _along(start, end, _LABEL_AT[nodes[edge.source].layer])
        lift = _LIFT if start[1] == end[1] else 0
        color = look.text if flow else look.quiet
        notes.append(note(_brief(value), *at, color, bgcolor=look.veil, borderpad=1, yshift=lift))
    for node in example.nodes:
        x, y = centres[node.key]
        notes.append(note(f"<b>{_brief(_value(node, direction))}</b>", x, y, look.text))
        notes.append(note(node.label, x, y + _NOTE, look.quiet))
    x, y = centres["loss"]
    notes.append(note(f"y = {_brief(example.target)}", x, y - _NOTE, look.quiet))
    for across, heading in zip(_ACROSS, side.headings, strict=True):
        notes.append(note(heading, across, _HEADING, look.quiet))
    return go.Figure(
        {
            "data": [
                _circles(example, centres, side, look, direction),
                _spots(example, centres, nodes, direction),
            ],
            "layout": layout(
                look,
                f"backprop {direction} {example.hidden}",
                height=_HEIGHT,
                margin={"l": 4, "r": 4, "t": 4, "b": 4},
                xaxis=_hidden(_ACROSS[0] - 0.28, _ACROSS[-1] + 0.28),
                yaxis=_hidden(-_REACH - _ROOM, _HEADING + 0.12),
                annotations=notes,
            ),
        }
    )


def _centre(node: Node, example: Example) -> tuple[float, float]:
    rows = sum(other.layer == node.layer for other in example.nodes)
    # Beside three units, two inputs this close together leave equal gaps between the six numbers on the way.
    reach = _REACH if rows > 2 else 0.375 * _REACH if node.layer == 0 and example.hidden > 2 else 0.65 * _REACH
    return _ACROSS[node.layer], 0.0 if rows == 1 else reach * (1 - 2 * node.row / (rows - 1))


def _along(start: tuple[float, float], end: tuple[float, float], share: float) -> tuple[float, float]:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _value(node: Node, direction: Direction) -> float:
    return node.value if direction == "forward" else node.gradient


def _flow(edge: Edge, direction: Direction) -> float:
    return edge.carried if direction == "forward" else edge.returned


def _weight(edge: Edge, direction: Direction) -> float:
    """The number on a connection: its weight and the slope along it, or what it carries if it has no weight."""
    given = edge.weight if direction == "forward" else edge.gradient
    return _flow(edge, direction) if given is None else given


def _arrow(
    start: tuple[float, float], end: tuple[float, float], share: float, side: _Side, look: Look
) -> dict[str, Any]:
    """An arrow in the direction that numbers travel; one that carries nothing is thin and grey."""
    tail, head = (start, end) if side.sign > 0 else (end, start)
    return {
        "x": head[0],
        "y": head[1],
        "ax": tail[0],
        "ay": tail[1],
        "xref": "x",
        "yref": "y",
        "axref": "x",
        "ayref": "y",
        "text": "",
        "showarrow": True,
        "arrowhead": 2,
        "arrowsize": 0.8 if share > 0.5 else 1.1,
        "arrowwidth": _THINNEST + (_THICKEST - _THINNEST) * share,
        "arrowcolor": side.color if share else look.ridge,
        "opacity": 0.75,
        "standoff": _NODE / 2 + _GAP,
        "startstandoff": _NODE / 2 + _GAP,
    }


def _brief(value: float) -> str:
    """``value`` with three digits: four do not fit between two nodes on a phone."""
    return digits(value, ".3g")


def _circles(
    example: Example, centres: Mapping[str, tuple[float, float]], side: _Side, look: Look, direction: Direction
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [centres[node.key][0] for node in example.nodes],
        "y": [centres[node.key][1] for node in example.nodes],
        "customdata": [node.key for node in example.nodes],
        "marker": {"size": _NODE, "color": look.background, "line": {"color": side.color, "width": 2}},
        "hovertext": [_node_hover(node) for node in example.nodes],
        "hoverinfo": "text",
    }


def _spots(
    example: Example, centres: Mapping[str, tuple[float, float]], nodes: Mapping[str, Node], direction: Direction
) -> dict[str, Any]:
    """Where the numbers of the connections are, for a pointer to find."""
    at = [
        _along(centres[edge.source], centres[edge.target], _LABEL_AT[nodes[edge.source].layer])
        for edge in example.edges
    ]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x for x, _ in at],
        "y": [y for _, y in at],
        "customdata": [f"{edge.source} {edge.target}" for edge in example.edges],
        "marker": {"size": 30, "color": CLEAR, "line": {"width": 0}},
        "hovertext": [_edge_hover(edge, nodes) for edge in example.edges],
        "hoverinfo": "text",
    }


def _node_hover(node: Node) -> str:
    lines = [f"<b>{node.label}</b> = {digits(node.value)}", f"∂L/∂{node.label} = {digits(node.gradient)}"]
    if node.sum is not None and node.bias is not None and node.bias_gradient is not None:
        lines += [f"sum z = {digits(node.sum)}", f"bias = {digits(node.bias)}, slope {digits(node.bias_gradient)}"]
    return "<br>".join(lines)


def _edge_hover(edge: Edge, nodes: Mapping[str, Node]) -> str:
    source = nodes[edge.source].label
    if edge.weight is None or edge.gradient is None:
        return f"<b>{edge.label}</b> = {digits(edge.carried)}<br>∂L/∂ŷ = 2({edge.label}) = {digits(edge.returned)}"
    return "<br>".join(
        [
            f"<b>{edge.label}</b> = {digits(edge.weight)}, ∂L/∂{edge.label} = {digits(edge.gradient)}",
            f"carries {edge.label}·{source} = {digits(edge.carried)}",
            f"returns {digits(edge.returned)} to ∂L/∂{source}",
        ]
    )


def _hidden(low: float, high: float) -> dict[str, Any]:
    return {"visible": False, "range": [low, high], "fixedrange": True}
