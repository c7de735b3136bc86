"""The matrix problem: its derivatives are exact, its runs are those of the shipped rules, and what it records is so."""

import re

import numpy as np
import pytest
import torch

from core import OPTIMIZERS
from core.formula import FormulaError
from core.formula.words import outside
from core.problems.matrix_problem import ITEMS, MatrixRun, Memory, memory, orthogonal, singular_values, train

MEMORIES = {
    "along the axes": memory(),
    "turned": memory(2.0, rotated=True, seed=3),
    "evenly": memory(0.0, rotated=True, seed=1),
}
every_memory = pytest.mark.parametrize("remembered", MEMORIES.values(), ids=MEMORIES)
both_forms = pytest.mark.parametrize("matrices", [1, 2], ids=["one matrix", "two matrices"])
every_rule = pytest.mark.parametrize("rule", OPTIMIZERS)
NOTHING = [np.zeros((ITEMS, ITEMS))]


def _weights(matrices: int) -> list[np.ndarray]:
    random = np.random.default_rng(5)
    return [random.standard_normal((ITEMS, ITEMS)) for _ in range(matrices)]


def _moved(weights: list[np.ndarray], index: int, row: int, column: int, by: float) -> list[np.ndarray]:
    moved = [matrix.copy() for matrix in weights]
    moved[index][row, column] += by
    return moved


def test_keys_and_values_are_orthonormal_and_frequencies_follow_the_power_law() -> None:
    for exponent, remembered in ((1.0, MEMORIES["along the axes"]), (2.0, MEMORIES["turned"])):
        for basis in (remembered.keys, remembered.values):
            np.testing.assert_allclose(basis.T @ basis, np.eye(ITEMS), atol=1e-14)
        assert remembered.frequencies.sum() == pytest.approx(1, abs=1e-15)
        for item in range(ITEMS):
            ratio = remembered.frequencies[0] / remembered.frequencies[item]
            assert ratio == pytest.approx((item + 1) ** exponent, rel=1e-14)
    assert (MEMORIES["along the axes"].keys == np.eye(ITEMS)).all()
    assert (np.abs(MEMORIES["turned"].keys) < 1).all()


@both_forms
@every_memory
def test_the_loss_is_the_sum_over_the_items(remembered: Memory, matrices: int) -> None:
    weights = _weights(matrices)
    total = 0.0
    for key, value, frequency in zip(remembered.keys.T, remembered.values.T, remembered.frequencies, strict=True):
        answer = key
        for matrix in weights:
            answer = matrix @ answer
        total += frequency * np.linalg.norm(answer - value) ** 2 / 2
    # Rounding of sums of a few dozen terms.
    assert remembered.loss(weights) == pytest.approx(total, rel=1e-13)
    np.testing.assert_allclose(remembered.errors(NOTHING), 1, rtol=1e-14)


@both_forms
@every_memory
def test_gradient_and_diagonal_are_the_differences_of_a_parabola(remembered: Memory, matrices: int) -> None:
    weights = _weights(matrices)
    gradient, diagonal = remembered.gradient(weights), remembered.hessian_diag(weights)
    here = remembered.loss(weights)
    # Along one weight the loss is a parabola, for which differences are exact however wide: only rounding is left.
    for index, row, column in [
        (index, row, column) for index in range(matrices) for row in (0, 3) for column in (1, 7)
    ]:
        ahead, behind = (remembered.loss(_moved(weights, index, row, column, by)) for by in (1.0, -1.0))
        assert gradient[index][row, column] == pytest.approx((ahead - behind) / 2, abs=1e-11)
        assert diagonal[index][row, column] == pytest.approx(ahead - 2 * here + behind, abs=1e-11)


@both_forms
@every_memory
def test_the_hessian_is_symmetric_has_that_diagonal_and_tells_how_the_gradient_changes(
    remembered: Memory, matrices: int
) -> None:
    weights = _weights(matrices)
    hessian = remembered.hessian(weights)
    scale = np.abs(hessian).max()
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-14 * scale)
    diagonal = np.concatenate([part.ravel() for part in remembered.hessian_diag(weights)])
    np.testing.assert_allclose(np.diag(hessian), diagonal, atol=1e-14 * scale)
    along = [1e-5 * direction for direction in _weights(matrices)[::-1]]
    ahead, behind = (
        np.concatenate(
            [part.ravel() for part in remembered.gradient([w + sign * d for w, d in zip(weights, along, strict=True)])]
        )
        for sign in (1, -1)
    )
    # A central difference misses the third power of 1e-5 and rounds at 1e-16 of the gradient.
    expected = hessian @ np.concatenate([direction.ravel() for direction in along])
    np.testing.assert_allclose((ahead - behind) / 2, expected, atol=1e-8 * np.abs(expected).max())


@every_memory
def test_newtons_direction_solves_its_equation(remembered: Memory) -> None:
    weights = _weights(2)
    for damping in (0.0, 0.5):
        direction = np.concatenate([part.ravel() for part in remembered.newton_direction(weights, damping)])
        gradient = np.concatenate([part.ravel() for part in remembered.gradient(weights)])
        damped = remembered.hessian(weights) + damping * np.eye(len(direction))
        # The condition number of these systems is below 1e5.
        np.testing.assert_allclose(damped @ direction, gradient, atol=1e-9 * np.abs(gradient).max())


@every_rule
@both_forms
def test_every_shipped_rule_runs_and_all_but_newton_bring_the_loss_down(rule: str, matrices: int) -> None:
    start = [orthogonal((0, index)) / 2 for index in range(matrices)]
    run = train(MEMORIES["turned"], rule, start, 15)
    assert [matrix.shape for matrix in run.weights] == [(16, ITEMS, ITEMS)] * matrices
    assert [matrix.shape for matrix in run.gradients] == [(15, ITEMS, ITEMS)] * matrices
    assert run.loss.shape == (16,)
    assert run.errors.shape == (16, ITEMS)
    # Newton's step goes to the nearest stationary point; between two layers that is often a saddle above the start.
    assert (run.loss[-1] > run.loss[0]) == ((rule, matrices) == ("newton", 2))
    assert all(np.isfinite(matrix).all() for matrix in run.weights)
    kept = [name for name in run.state if run.state[name]]
    assert len(kept) == OPTIMIZERS[rule].parsed.numbers_per_weight


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_gradient_descent_learns_each_item_at_the_rate_of_its_frequency(exponent: float) -> None:
    remembered = memory(exponent, rotated=True, seed=2)
    run = train(remembered, "sgd", NOTHING, 50, {"lr": 0.7})
    steps = np.arange(51.0)[:, None]
    # In closed form; answers are known to rounding, 1e-16, of which errors are squares.
    left = (1 - 0.7 * remembered.frequencies) ** steps
    np.testing.assert_allclose(np.sqrt(run.errors), left, atol=1e-14)


def test_one_newton_step_learns_everything() -> None:
    assert train(MEMORIES["turned"], "newton", NOTHING, 1).loss[-1] < 1e-28


@pytest.mark.parametrize(
    ("rule", "peer", "arguments"),
    [
        ("momentum", torch.optim.SGD, {"lr": 0.1, "momentum": 0.9}),
        ("adam", torch.optim.Adam, {"lr": 0.05, "eps": 0.01}),
        ("adamw", torch.optim.AdamW, {"lr": 0.05, "weight_decay": 0.1}),
    ],
)
def test_two_layers_are_trained_as_torch_trains_them(rule: str, peer: type, arguments: dict[str, float]) -> None:
    remembered, start = MEMORIES["turned"], _weights(2)
    hypers = {"beta" if name == "momentum" else name: value for name, value in arguments.items()}
    run = train(remembered, rule, start, 40, hypers)
    layers = [torch.tensor(matrix, requires_grad=True) for matrix in start]
    keys, values, frequencies = (
        torch.tensor(part) for part in (remembered.keys, remembered.values, remembered.frequencies)
    )
    stepper = peer(layers, **arguments)
    for _ in range(40):
        stepper.zero_grad()
        (frequencies * ((layers[1] @ layers[0] @ keys - values) ** 2).sum(dim=0)).sum().div(2).backward()
        stepper.step()
    for layer, matrix in zip(layers, run.weights, strict=True):
        # Rounding over 40 steps of a loss with curvatures up to about 10.
        np.testing.assert_allclose(matrix[-1], layer.detach().numpy(), atol=1e-10)


@pytest.mark.parametrize(("rule", "turns"), [("sgd", True), ("momentum", True), ("muon", True), ("adam", False)])
def test_only_rules_that_look_at_single_weights_notice_how_the_keys_lie(rule: str, turns: bool) -> None:
    along, across = (train(memory(1.0, rotated), rule, NOTHING, 12, {"lr": 0.02}) for rotated in (False, True))
    same = np.allclose(along.errors, across.errors, rtol=1e-9)
    assert same == turns


def test_what_is_recorded_fits_together() -> None:
    start = [3 * orthogonal((0, 2)), orthogonal((0, 3)) / 3]
    run = train(memory(), "sophia", start, 30, {"lr": 0.02})
    for matrix, update, begun in zip(run.weights, run.updates, start, strict=True):
        assert (matrix[0] == begun).all()
        np.testing.assert_allclose(begun + update.sum(axis=0), matrix[-1], atol=1e-13)
    lengths = [np.linalg.norm(run.updates[1][7]), np.linalg.norm(run.weights[1][7])]
    assert run.relative_steps[7, 1] == pytest.approx(lengths[0] / lengths[1], rel=1e-14)
    for step in (0, 29):
        here = [matrix[step] for matrix in run.weights]
        assert run.loss[step] == memory().loss(here)
        np.testing.assert_array_equal(run.gradients[0][step], memory().gradient(here)[0])
    # The first look: 1 − β₂ of the diagonal; the second comes ten steps later.
    np.testing.assert_allclose(run.state["h"][1][0], 0.01 * memory().hessian_diag(start)[1], rtol=1e-12)
    assert (run.state["h"][1][9] == run.state["h"][1][0]).all()
    assert (run.state["h"][1][10] != run.state["h"][1][9]).all()
    np.testing.assert_allclose(singular_values(run.weights[0][:1]), np.full((1, ITEMS), 3), rtol=1e-14)


def _finite(run: MatrixRun) -> bool:
    return all(np.isfinite(part).all() for part in (*run.weights, *run.gradients, run.loss, run.errors))


def test_a_run_that_diverges_ends_before_the_step_that_did() -> None:
    run = train(memory(), "sgd", NOTHING, 100, {"lr": 50.0})
    steps = len(run.loss) - 1
    assert 1 < steps < 100
    assert len(run.weights[0]) == steps + 1
    assert len(run.gradients[0]) == len(run.updates[0]) == steps
    assert _finite(run)


def test_a_run_that_fails_at_once_is_its_start() -> None:
    run = train(memory(), "x = x/(0*g)", NOTHING, 100)
    assert len(run.loss) == len(run.errors) == 1
    assert run.gradients[0].shape == run.updates[0].shape == (0, ITEMS, ITEMS)
    assert run.relative_steps.shape == (0, 1)
    assert singular_values(run.gradients[0]).shape == (0, ITEMS)


def test_a_rule_of_ones_own_runs_and_sees_step_and_loss() -> None:
    run = train(memory(), "x = x - lr*loss*t/T*g", NOTHING, 4, {"lr": 2.0})
    np.testing.assert_allclose(run.updates[0][1], -2 * run.loss[1] * 2 / 4 * run.gradients[0][1], atol=1e-16)


def test_the_seed_draws_keys_and_values() -> None:
    first, again, other = (memory(1.0, True, seed) for seed in (4, 4, 5))
    assert (first.keys == again.keys).all()
    assert (first.values == again.values).all()
    assert not np.allclose(first.keys, other.keys)
    assert not np.allclose(first.values, other.values)
    assert not np.allclose(first.keys, first.values)


def test_what_is_out_of_range_is_refused_with_name_range_and_value() -> None:
    for exponent in (-0.5, 11.0, float("nan")):
        with pytest.raises(ValueError, match=re.escape(outside(exponent, 0, 10))):
            memory(exponent)
    for steps in (0, 100_001):
        with pytest.raises(ValueError, match=re.escape(outside(steps, 1, 100_000))):
            train(memory(), "sgd", NOTHING, steps)
    for weights in ([], [np.zeros((4, 4))], NOTHING * 3, [np.zeros(ITEMS)]):
        with pytest.raises(ValueError, match="one or two matrices of shape"):
            train(memory(), "sgd", weights, 1)
    with pytest.raises(ValueError, match="Unknown optimizer 'adab'"):
        train(memory(), "adab", NOTHING, 1)
    with pytest.raises(ValueError, match="no hyperparameter gamma"):
        train(memory(), "sgd", NOTHING, 1, {"gamma": 1.0})
    with pytest.raises(ValueError, match="lr must lie in"):
        train(memory(), "sgd", NOTHING, 1, {"lr": -1.0})
    with pytest.raises(FormulaError):
        train(memory(), "x = x - __import__('os')", NOTHING, 1)
