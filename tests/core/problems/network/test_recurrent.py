"""The recurrent cells: their steps and their gradients through time are PyTorch's."""

import numpy as np
import pytest
import torch
from torch import nn

from core.problems.network import recurrent
from core.problems.network.recurrent import INPUTS, SEQUENCES, UNITS, Cell, gru, lstm, plain, through_time

CELLS = {"plain": (plain(1.1, 3), nn.RNNCell), "lstm": (lstm(1.5, 3), nn.LSTMCell), "gru": (gru(1.5, 3), nn.GRUCell)}

every = pytest.mark.parametrize(("cell", "module"), CELLS.values(), ids=CELLS)


def _peer(cell: Cell, module: type[nn.RNNCellBase]) -> nn.RNNCellBase:
    """PyTorch's cell with the same weights; it keeps them transposed and has a second bias."""
    peer = module(INPUTS, UNITS).double()
    with torch.no_grad():
        peer.weight_ih.copy_(torch.tensor(cell.weights.inputs.T.copy()))
        peer.weight_hh.copy_(torch.tensor(cell.weights.recurrent.T.copy()))
        peer.bias_ih.copy_(torch.tensor(cell.weights.bias))
        peer.bias_hh.zero_()
    return peer


@every
def test_gradients_through_time_are_torchs(cell: Cell, module: type[nn.RNNCellBase]) -> None:
    steps, seed = 12, 5
    random = np.random.default_rng(seed)
    inputs = torch.tensor(random.standard_normal((steps, SEQUENCES, INPUTS)), requires_grad=True)
    direction = torch.tensor(random.standard_normal(UNITS))
    peer = _peer(cell, module)
    state = None
    for x in inputs:
        state = peer(x, state)
    out = state[0] if isinstance(state, tuple) else state
    (out @ direction).mean().backward()
    assert inputs.grad is not None
    expected = inputs.grad.flatten(1).norm(dim=1).numpy()
    # float64 sums in another order.
    np.testing.assert_allclose(through_time(cell, steps, seed), expected, rtol=1e-9)


@every
def test_a_step_gives_torchs_state(cell: Cell, module: type[nn.RNNCellBase]) -> None:
    random = np.random.default_rng(0)
    x = random.standard_normal((SEQUENCES, INPUTS))
    before = tuple(random.standard_normal((SEQUENCES, UNITS)) for _ in cell.start())
    given = tuple(torch.tensor(part) for part in before)
    with torch.no_grad():
        after = _peer(cell, module)(torch.tensor(x), given if len(given) > 1 else given[0])
    state, _ = cell.step(x, before)
    for part, expected in zip(state, after if isinstance(after, tuple) else (after,), strict=True):
        np.testing.assert_allclose(part, expected.numpy(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("radius", [0.5, 1.0, 3.0])
def test_every_eigenvalue_of_the_plain_cell_has_the_size_asked_for(radius: float) -> None:
    sizes = np.abs(np.linalg.eigvals(plain(radius, 7).weights.recurrent))
    assert sizes == pytest.approx(np.full(UNITS, radius), rel=1e-12)


@pytest.mark.parametrize(("cell", "parts"), [(lstm(2.5, 1), 4), (gru(2.5, 1), 3)])
def test_only_the_gate_that_keeps_has_a_bias_and_the_weights_are_within_torchs_bounds(cell: Cell, parts: int) -> None:
    expected = np.zeros((parts, UNITS))
    expected[1] = 2.5
    assert (cell.weights.bias.reshape(parts, UNITS) == expected).all()
    for matrix in (cell.weights.inputs, cell.weights.recurrent):
        # Hundreds of uniform numbers leave the outer tenth empty with a chance below 1e-10.
        assert 0.9 * UNITS**-0.5 < np.abs(matrix).max() <= UNITS**-0.5


def test_a_gate_that_is_wide_open_keeps_an_lstms_cell_as_it_is() -> None:
    cell = lstm(40.0, 0)
    x = np.zeros((SEQUENCES, INPUTS))
    state = (np.zeros((SEQUENCES, UNITS)), np.ones((SEQUENCES, UNITS)))
    (_, kept), saved = cell.step(x, state)
    # With h and x at 0 nothing is written, and sigmoid(40) is 1 but for 4e-18.
    assert kept == pytest.approx(state[1], abs=1e-15)
    _, (_, back) = cell.back((np.zeros_like(kept), np.ones_like(kept)), saved)
    assert back == pytest.approx(np.ones_like(kept), abs=1e-15)
    assert recurrent.lstm(0.0, 0).step(x, state)[0][1] == pytest.approx(0.5 * state[1], abs=1e-15)
