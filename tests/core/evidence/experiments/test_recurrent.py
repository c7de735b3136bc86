"""The experiment about the gradient through time: what holds for any seed and number of steps."""

import numpy as np
import pytest

from tests.core.evidence.experiments.findings import ask


def _left(name: str, **settings: float) -> float:
    return ask("X75", **settings).numbers[f"first / last step, {name}"]


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_a_plain_rnn_forgets_at_radius_1_and_explodes_at_2(seed: int) -> None:
    # Slopes of tanh below 1 take their share in every step, even where the matrix keeps every length.
    assert _left("tanh RNN", seed=seed) < 1e-5
    assert _left("tanh RNN", seed=seed, radius=0.9) < 1e-8
    assert _left("tanh RNN", seed=seed, radius=2.0) > 1e3


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_gates_keep_the_gradient_only_if_their_bias_opens_them(seed: int) -> None:
    for cell in ("LSTM", "GRU"):
        closed, opened = _left(f"{cell}, bias 0", seed=seed), _left(f"{cell}, chosen bias", seed=seed)
        # Gates at one half lose a factor of about two in each of 99 steps, less what other paths bring back.
        assert closed < 1e-15
        assert 0.01 < opened < 100


def test_a_chosen_bias_of_0_is_the_line_of_bias_0() -> None:
    for cell in ("LSTM", "GRU"):
        assert _left(f"{cell}, chosen bias", keep=0.0) == _left(f"{cell}, bias 0", keep=0.0)


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_the_wider_a_gate_opens_the_more_is_kept_up_to_4(cell: str) -> None:
    kept = [_left(f"{cell}, chosen bias", keep=keep) for keep in (-2.0, 0.0, 1.0, 2.0, 4.0)]
    assert kept == sorted(kept)


@pytest.mark.parametrize("steps", [10, 50, 200])
def test_the_factor_per_step_is_the_root_of_what_is_left(steps: int) -> None:
    numbers = ask("X75", steps=steps).numbers
    whole = numbers["factor per step, tanh RNN"] ** (steps - 1)
    assert whole == pytest.approx(numbers["first / last step, tanh RNN"], rel=1e-9)
    assert 0.7 < numbers["factor per step, tanh RNN"] < 1


def test_the_picture_shows_every_step_of_all_five() -> None:
    plot = ask("X75", steps=30).plot
    assert plot is not None
    assert len(plot.series) == 5
    for series in plot.series:
        assert (series.x == np.arange(1, 31)).all()
        left = _left(series.name, steps=30)
        # The picture has powers of ten.
        assert 10 ** (series.y[0] - series.y[-1]) == pytest.approx(left, rel=1e-9)
