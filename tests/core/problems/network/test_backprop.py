"""Backpropagation: every gradient of the drawn network is torch's and that of small differences."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from core.formula.words import digits
from core.problems.network.backprop import ACTIVATIONS, TELLERS, Example, Parameters
from core.problems.network.initialisation import Initialisation
from core.problems.network.perceptron import Activation

EXAMPLES = [
    Example(hidden, activation, initialisation, seed, inputs, target)
    for hidden, activation, initialisation in product((2, 3), ACTIVATIONS, Initialisation)
    for seed, inputs, target in ((0, (1.0, -0.5), 1.0), (7, (-3.0, 2.5), -4.0))
]
every_example = pytest.mark.parametrize("example", EXAMPLES)
# Both sides use float64; sums of a handful of products of numbers below 50.
ROUNDING = 1e-12


def _loss(example: Example, weights: Parameters, inputs: np.ndarray) -> float:
    outputs = example.activation.output(weights.inner @ inputs + weights.inner_bias)
    return float((weights.outer @ outputs + weights.outer_bias - example.target) ** 2)


@every_example
def test_every_gradient_is_that_of_torch(example: Example) -> None:
    import torch

    given, slopes = example.parameters, example.gradients
    inner, bias, outer = (
        torch.tensor(part, requires_grad=True) for part in (given.inner, given.inner_bias, given.outer)
    )
    last = torch.tensor(given.outer_bias, dtype=torch.float64, requires_grad=True)
    inputs = torch.tensor(example.inputs, dtype=torch.float64, requires_grad=True)
    sums = inner @ inputs + bias
    sums.retain_grad()
    outputs = torch.tanh(sums) if example.activation is Activation.TANH else torch.relu(sums)
    outputs.retain_grad()
    prediction = outer @ outputs + last
    prediction.retain_grad()
    loss = (prediction - example.target) ** 2
    loss.backward()

    def same(ours: object, theirs: torch.Tensor | None) -> None:
        assert theirs is not None
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=ROUNDING, atol=ROUNDING)

    for ours, theirs in zip(
        (slopes.inner, slopes.inner_bias, slopes.outer, slopes.outer_bias), (inner, bias, outer, last), strict=True
    ):
        same(ours, theirs.grad)
    nodes = {node.key: node for node in example.nodes}
    units = [nodes[f"h{row + 1}"] for row in range(example.hidden)]
    same([nodes["x1"].gradient, nodes["x2"].gradient], inputs.grad)
    same([unit.gradient for unit in units], outputs.grad)
    same([unit.sum_gradient for unit in units], sums.grad)
    same([unit.bias_gradient for unit in units], bias.grad)
    same(nodes["y_hat"].gradient, prediction.grad)
    same([unit.value for unit in units], outputs)
    same([unit.sum for unit in units], sums)
    same(nodes["loss"].value, loss)


@every_example
def test_every_gradient_is_that_of_small_differences(example: Example) -> None:
    weights = example.parameters
    h = 1e-6
    for name in ("inner", "inner_bias", "outer", "outer_bias"):
        whole = np.atleast_1d(np.asarray(getattr(weights, name), dtype=np.float64))
        expected = np.atleast_1d(np.asarray(getattr(example.gradients, name)))
        for index in np.ndindex(whole.shape):
            losses = []
            for sign in (1, -1):
                moved = whole.copy()
                moved[index] += sign * h
                value = moved if name != "outer_bias" else float(moved[0])
                losses.append(_loss(example, replace(weights, **{name: value}), np.array(example.inputs)))
            # h² times a third derivative, and rounding of losses below 1000 divided by h.
            assert (losses[0] - losses[1]) / (2 * h) == pytest.approx(expected[index], rel=1e-6, abs=1e-6)


@every_example
def test_the_numbers_on_the_edges_add_up_to_those_in_the_nodes(example: Example) -> None:
    nodes = {node.key: node for node in example.nodes}
    for node in nodes.values():
        arriving = [edge for edge in example.edges if edge.target == node.key]
        leaving = [edge for edge in example.edges if edge.source == node.key]
        if node.sum is not None and node.bias is not None:
            assert sum(edge.carried for edge in arriving) + node.bias == pytest.approx(node.sum, abs=ROUNDING)
        if leaving:
            assert sum(edge.returned for edge in leaving) == pytest.approx(node.gradient, rel=ROUNDING, abs=ROUNDING)
    for edge in example.edges:
        if edge.weight is not None:
            assert edge.carried == pytest.approx(edge.weight * nodes[edge.source].value, abs=ROUNDING)
            back = nodes[edge.target].sum_gradient
            assert back is not None
            assert edge.gradient == pytest.approx(back * nodes[edge.source].value, rel=ROUNDING, abs=ROUNDING)
    assert len(example.edges) == 3 * example.hidden + 1
    assert len({(edge.source, edge.target) for edge in example.edges}) == len(example.edges)


def test_a_step_against_the_gradient_lowers_the_loss() -> None:
    for example in EXAMPLES:
        slopes = example.gradients
        length = sum(float(np.sum(np.square(getattr(slopes, name)))) for name in slopes.__dataclass_fields__)
        assert length > 0
        rate = 1e-7
        after = Parameters(
            *(getattr(example.parameters, name) - rate * getattr(slopes, name) for name in slopes.__dataclass_fields__)
        )
        # To first order it falls by rate·|gradient|²; the rest is of the size of the rate.
        fall = example.loss - _loss(example, after, np.array(example.inputs))
        assert fall == pytest.approx(rate * length, rel=0.01)


def test_equal_weights_give_equal_gradients_and_random_ones_do_not() -> None:
    equal = Example(initialisation=Initialisation.EQUAL).gradients
    assert (equal.inner == equal.inner[0]).all()
    assert (equal.outer == equal.outer[0]).all()
    for initialisation in (Initialisation.XAVIER, Initialisation.HE, Initialisation.PYTORCH):
        assert len(np.unique(Example(initialisation=initialisation).gradients.outer)) == 3


def test_a_unit_that_is_off_passes_nothing_back() -> None:
    off = [
        (node, example) for example in EXAMPLES for node in example.nodes if node.sum is not None and node.layer == 1
    ]
    silent = [node for node, example in off if example.activation is Activation.RELU and (node.sum or 0.0) <= 0]
    assert silent
    assert all(node.value == 0 and node.sum_gradient == 0 for node in silent)
    assert Activation.RELU.slope(np.array([0.0])) == 0


def test_seeds_and_settings_choose_the_network() -> None:
    assert Example(seed=3).loss == Example(seed=3).loss
    assert Example(seed=3).loss != Example(seed=4).loss
    assert Example(initialisation=Initialisation.HE).loss != Example().loss


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"hidden": 1}, "2 or 3"),
        ({"hidden": 4}, "2 or 3"),
        ({"seed": -1}, "seed"),
        ({"seed": 10_001}, "seed"),
        ({"inputs": (1.0,)}, "2 numbers"),
        ({"inputs": (1.0, math.nan)}, "x2"),
        ({"inputs": (101.0, 1.0)}, "x1"),
        ({"target": math.inf}, "target"),
    ],
)
def test_settings_that_make_no_network_are_refused_in_a_sentence(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message) as refused:
        Example(**changed)  # type: ignore[arg-type]
    assert str(refused.value).endswith("was given.") or str(refused.value).endswith("were given.")


@pytest.mark.parametrize("scheme", Initialisation)
def test_weights_have_the_variance_that_is_told(scheme: Initialisation) -> None:
    weights = scheme.draw(np.random.default_rng(0), 300, 200)
    assert weights.shape == (200, 300)
    # The variance of 60 000 draws is known to 0.6 % (one standard deviation).
    assert weights.var() == pytest.approx(scheme.variance(300, 200), rel=0.02, abs=1e-15)
    sentence = scheme.explained(300, 200)
    assert sentence.endswith(".")
    if scheme is not Initialisation.EQUAL:
        assert digits(scheme.variance(300, 200)) in sentence


def test_pytorchs_own_variance_is_that_of_its_linear_layer() -> None:
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = torch.nn.Linear(300, 200).weight.detach().numpy()
    assert theirs.var() == pytest.approx(Initialisation.PYTORCH.variance(300, 200), rel=0.02)
    # Of 60 000 even draws the largest is within a thousandth of the edge.
    assert np.abs(theirs).max() == pytest.approx(1 / math.sqrt(300), rel=1e-3)
    ours = Initialisation.PYTORCH.draw(np.random.default_rng(0), 300, 200)
    assert np.abs(ours).max() == pytest.approx(1 / math.sqrt(300), rel=1e-3)


def test_xavier_and_he_are_the_known_formulas() -> None:
    assert Initialisation.XAVIER.variance(2, 3) == 2 / 5
    assert Initialisation.HE.variance(2, 3) == 1
    assert Initialisation.PYTORCH.variance(2, 3) == 1 / 6


@every_example
def test_each_direction_is_told_with_its_numbers(example: Example) -> None:
    nodes = {node.key: node for node in example.nodes}
    forward, backward = TELLERS["forward"](example), TELLERS["backward"](example)
    assert f"ŷ = {digits(example.prediction)}" in forward
    assert f"= {digits(example.loss)}." in forward
    assert f"gets {digits(nodes['h1'].sum)} and gives {digits(nodes['h1'].value)}" in forward
    assert f"2(ŷ − y) = {digits(nodes['y_hat'].gradient)}" in backward
    assert f"has {digits(nodes['h1'].gradient)}, its sum {digits(nodes['h1'].sum_gradient)}" in backward


@every_example
def test_the_slopes_that_are_counted_are_those_of_the_parameters(example: Example) -> None:
    slopes = example.gradients
    count = slopes.inner.size + slopes.inner_bias.size + slopes.outer.size + 1
    assert f"all {count} slopes" in TELLERS["backward"](example)
    assert f"{count + 1} forward passes" in TELLERS["backward"](example)
