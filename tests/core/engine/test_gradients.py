"""What a rule is given for a gradient: the exact one, the noise of its step and seed, and a bounded norm."""

import numpy as np
import pytest

from core import OBJECTIVES
from core.engine.gradients import GivenGradient, noise_table
from core.formula import emit, parse
from core.formula.graph import Graph

two_variables = pytest.mark.parametrize("key", [key for key, one in OBJECTIVES.items() if one.dimension == 2])


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("seed", [0, 1, 2**63 - 1])
def test_row_t_of_the_noise_comes_from_the_seed_and_t_alone(seed: int, size: int) -> None:
    table = noise_table(seed, 20, size)
    assert table.shape == (20, size)
    for t in range(1, 21):
        np.testing.assert_array_equal(table[t - 1], np.random.default_rng((seed, t)).standard_normal(size))


def test_a_longer_table_begins_with_the_shorter_one() -> None:
    np.testing.assert_array_equal(noise_table(5, 50, 2)[:7], noise_table(5, 7, 2))


def test_noise_is_standard_normal_and_differs_between_steps_seeds_and_coordinates() -> None:
    table = np.array([noise_table(seed, 100, 2) for seed in range(50)])
    assert len(np.unique(table)) == table.size
    # 10 000 numbers: mean and deviation are within five of their own standard errors, 0.01 and 0.007.
    assert abs(table.mean()) < 0.05
    assert abs(table.std() - 1) < 0.035


def test_the_table_that_runs_share_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        noise_table(0, 5, 2)[0, 0] = 1.0


@two_variables
def test_at_numbers_the_given_gradient_is_the_gradient_there(key: str) -> None:
    formula = OBJECTIVES[key].parsed
    for point in np.random.default_rng(4).uniform(-2, 2, (10, 2)):
        graph = Graph()
        at = tuple(map(graph.constant, point))
        oracle = GivenGradient(formula)
        # Constants are folded one by one, and powers as powers instead of products, which costs a few roundings.
        scale = 1e-13 * (1 + np.abs(formula.hessian(point)).max())
        gradient = np.array([graph.number(value) for value in oracle.gradient(graph, at)], dtype=np.float64)
        np.testing.assert_allclose(gradient, formula.grad(point), rtol=1e-13, atol=scale)
        rows = oracle.hessian(graph, at)
        hessian = np.array([[graph.number(value) for value in row] for row in rows], dtype=np.float64)
        np.testing.assert_allclose(hessian, formula.hessian(point), rtol=1e-13, atol=scale)
        assert graph.number(oracle.loss(graph, at)) == pytest.approx(float(formula.value(point)), rel=1e-13, abs=scale)


def test_at_one_value_for_both_coordinates_it_is_still_the_gradient() -> None:
    # A derivative by the shared value would be the sum of both slopes.
    formula, graph = OBJECTIVES["beale"].parsed, Graph()
    shared = graph.input("x")
    gradient = GivenGradient(formula).gradient(graph, (shared, shared))
    computed = emit.function(graph, ["x"], gradient, emit.SCALAR)(np.float64(0.7))
    np.testing.assert_allclose(computed, formula.grad((0.7, 0.7)), rtol=1e-14)


def test_at_a_point_made_from_the_gradient_it_is_still_the_gradient() -> None:
    # Here one coordinate of the gradient, e^x y, is computed from the other, e^x.
    formula, graph = parse("exp(x)*y"), Graph()
    oracle = GivenGradient(formula)
    inner = oracle.gradient(graph, (graph.input("x"), graph.input("y")))
    outer = emit.function(graph, ["x", "y"], oracle.gradient(graph, inner), emit.SCALAR)
    computed = outer(np.float64(0.3), np.float64(-0.4))
    np.testing.assert_allclose(computed, formula.grad(formula.grad((0.3, -0.4))), rtol=1e-14)


@pytest.mark.parametrize("largest", [1e-12, 0.5, 1.0, 100.0, 1e12])
def test_clipping_shortens_long_gradients_as_torch_does_and_leaves_short_ones(largest: float) -> None:
    import torch

    formula, graph = OBJECTIVES["rosenbrock"].parsed, Graph()
    inputs = [graph.input(name) for name in ("x", "y")]
    oracle = GivenGradient(formula, clip_norm=graph.constant(largest))
    clipped = emit.function(graph, ["x", "y"], oracle.gradient(graph, tuple(inputs)), emit.SCALAR)
    for point in [*np.random.default_rng(2).uniform(-2, 2, (20, 2)), np.array([1.0, 1.0])]:
        parameter = torch.nn.Parameter(torch.tensor(point))
        parameter.grad = torch.tensor(formula.grad(point))
        torch.nn.utils.clip_grad_norm_([parameter], largest)
        # The norms are rounded in another order.
        np.testing.assert_allclose(clipped(*point), parameter.grad.numpy(), rtol=1e-14)
