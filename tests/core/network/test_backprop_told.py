"""What is told of a network holds the numbers of its graph, in both directions."""

from itertools import product

import pytest

from core.network.backprop import Activation, Example
from core.network.backprop_told import TELLERS
from core.network.initialisation import Initialisation

EXAMPLES = [
    Example(hidden, activation, initialisation, 3, (-2.0, 0.5), 4.0)
    for hidden, activation, initialisation in product((2, 3), Activation, Initialisation)
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_direction_is_told_with_its_numbers(example: Example) -> None:
    nodes = {node.key: node for node in example.nodes}
    forward, backward = TELLERS["forward"](example), TELLERS["backward"](example)
    assert f"ŷ = {example.prediction:.4g}" in forward
    assert f"= {example.loss:.4g}." in forward
    assert f"gets {nodes['h1'].sum:.4g} and gives {nodes['h1'].value:.4g}" in forward
    assert f"2(ŷ − y) = {nodes['y_hat'].gradient:.4g}" in backward
    assert f"has {nodes['h1'].gradient:.4g}, its sum {nodes['h1'].sum_gradient:.4g}" in backward


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_slopes_that_are_counted_are_those_of_the_parameters(example: Example) -> None:
    slopes = example.gradients
    count = slopes.inner.size + slopes.inner_bias.size + slopes.outer.size + 1
    assert f"all {count} slopes" in TELLERS["backward"](example)
    assert f"{count + 1} runs forward" in TELLERS["backward"](example)
