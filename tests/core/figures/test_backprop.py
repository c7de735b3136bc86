"""The drawn network shows the numbers of its example, in both directions, without overlaps."""

from itertools import combinations, product

import plotly.graph_objects as go
import pytest

from core.figures import DARK, LIGHT, Look, backprop_figure
from core.figures.backprop import Direction
from core.formula.words import digits
from core.problems.network.backprop import ACTIVATIONS, Example
from core.problems.network.initialisation import Initialisation
from core.problems.network.perceptron import Activation

EXAMPLES = [
    Example(hidden, activation, scheme) for hidden, activation, scheme in product((2, 3), ACTIVATIONS, Initialisation)
]
DIRECTIONS: tuple[Direction, ...] = ("forward", "backward")

every_figure = pytest.mark.parametrize(
    ("example", "look", "direction"), list(product(EXAMPLES, (LIGHT, DARK), DIRECTIONS))
)


def _texts(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations if note.text]


def _arrows(figure: go.Figure) -> list[go.layout.Annotation]:
    return [note for note in figure.layout.annotations if note.showarrow]


def _brief(value: float) -> str:
    return digits(value, ".3g")


@every_figure
def test_every_number_of_the_direction_is_written(example: Example, look: Look, direction: Direction) -> None:
    texts = _texts(backprop_figure(example, look, direction))
    assert not {"−0", "<b>−0</b>"} & set(texts)
    for node in example.nodes:
        value = node.value if direction == "forward" else node.gradient
        assert f"<b>{_brief(value)}</b>" in texts
        assert node.label in texts
    for edge in example.edges:
        value = edge.weight if direction == "forward" else edge.gradient
        if value is None:
            value = edge.carried if direction == "forward" else edge.returned
        assert _brief(value) in texts


@every_figure
def test_arrows_point_the_way_numbers_travel(example: Example, look: Look, direction: Direction) -> None:
    arrows = _arrows(backprop_figure(example, look, direction))
    assert len(arrows) == len(example.edges)
    for arrow, edge in zip(arrows, example.edges, strict=True):
        assert (arrow.x > arrow.ax) == (direction == "forward")
        idle = (edge.carried if direction == "forward" else edge.returned) == 0
        assert (arrow.arrowcolor == look.ridge) == idle


@pytest.mark.parametrize("hidden", [2, 3])
def test_on_a_phone_no_two_numbers_cover_each_other(hidden: int) -> None:
    figure = backprop_figure(Example(hidden), LIGHT, "forward")
    across, up = figure.layout.xaxis.range, figure.layout.yaxis.range
    width, height = 390 - 8, figure.layout.height - 8
    positions = [
        (note.x * width / (across[1] - across[0]), note.y * height / (up[1] - up[0]) + (note.yshift or 0))
        for note in figure.layout.annotations
        if note.text and not note.showarrow
    ]
    assert len(positions) > 10
    for (x, y), (other_x, other_y) in combinations(positions, 2):
        # A number of five characters at this size is 34 pixels wide and 16 high.
        assert abs(x - other_x) >= 34 or abs(y - other_y) >= 16


def test_points_carry_the_keys_of_nodes_and_connections() -> None:
    example = Example()
    circles, spots = backprop_figure(example, LIGHT, "backward").data
    assert list(circles.customdata) == [node.key for node in example.nodes]
    assert list(spots.customdata) == [f"{edge.source} {edge.target}" for edge in example.edges]
    for node, text in zip(example.nodes, circles.hovertext, strict=True):
        assert digits(node.value) in text
        assert digits(node.gradient) in text
    for edge, text in zip(example.edges, spots.hovertext, strict=True):
        assert digits(edge.carried) in text
        assert digits(edge.returned) in text


def test_thickness_follows_what_is_carried() -> None:
    example = Example(seed=5)
    arrows = _arrows(backprop_figure(example, LIGHT, "forward"))
    by_flow = sorted(zip(example.edges, arrows, strict=True), key=lambda pair: abs(pair[0].carried))
    widths = [arrow.arrowwidth for _, arrow in by_flow]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


def test_a_network_in_which_nothing_flows_can_be_drawn() -> None:
    still = Example(activation=Activation.RELU, inputs=(0.0, 0.0), target=0.0)
    for direction in DIRECTIONS:
        assert len(_arrows(backprop_figure(still, DARK, direction))) == 10
