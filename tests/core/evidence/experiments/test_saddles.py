"""The experiments about flat points that are no minima agree with theory, with plain loops and with eigenvalues."""

import numpy as np
import pytest

from core.evidence.experiments import saddles
from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize("start", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("lr", [0.001, 0.01])
def test_gradient_descent_creeps_up_to_the_flat_place_of_the_cube_as_its_flow_does(lr: float, start: float) -> None:
    numbers = ask("X52", lr=lr, start=start).numbers
    flow = numbers["1/(1/x₀ + 3αt) at t = 100"]
    assert flow == pytest.approx(start / (1 + 300 * lr * start))
    # Steps of 3αx² are coarser than the flow, by at most a few per cent at 3αx₀ = 0.06.
    assert numbers["x after 100 steps, Gradient descent"] == pytest.approx(flow, rel=0.06)
    assert 0 < numbers["x at the end, Gradient descent"] < 0.04


@pytest.mark.parametrize("lr", [0.001, 0.01, 0.1])
@pytest.mark.parametrize("start", [-1.0, -0.1])
def test_from_below_the_flat_place_every_rule_falls_and_finds_nothing(lr: float, start: float) -> None:
    finding = ask("X52", lr=lr, start=start)
    ends = [number for label, number in finding.numbers.items() if label.startswith("x at the end")]
    assert len(ends) == 5
    assert max(ends) < start
    assert "short of 0" not in finding.sentence


def test_what_passes_for_an_escape_depends_on_the_start() -> None:
    near, far = ask("X52", start=0.3), ask("X52", start=1.0)
    assert near.numbers["x at the end, Momentum"] > 0
    assert far.numbers["x at the end, Momentum"] == -np.inf
    assert "falling for ever: Momentum" in far.sentence
    assert "falling" not in near.sentence


def test_at_the_flat_place_itself_nothing_moves() -> None:
    numbers = ask("X52", start=0.0).numbers
    assert {number for label, number in numbers.items() if label.startswith("x ")} == {0.0}
    assert not [label for label in numbers if "1/x₀" in label]


def test_momentum_falls_on_the_cube_as_a_plain_loop_does() -> None:
    x, v, steps = 1.0, 0.0, 0
    while x >= -1000:
        v = 0.9 * v + 3 * x * x
        x -= 0.01 * v
        steps += 1
    assert ask("X52").numbers["steps to x < −1000, Momentum"] == steps


@pytest.mark.parametrize("lr", [0.02, 0.1, 0.5])
@pytest.mark.parametrize("offset", [1e-15, 1e-12, 1e-6, 1e-3])
def test_gradient_descent_leaves_a_saddle_when_theory_says(lr: float, offset: float) -> None:
    numbers = ask("X53", lr=lr, offset=offset).numbers
    predicted = np.log(0.5 / offset) / np.log(1 + lr)
    assert numbers["ln(0.5/y₀)/ln(1 + α)"] == pytest.approx(predicted)
    # The quartic term slows the last steps, whose size is α: at most a time of 0.3, and whole steps.
    assert 0 <= numbers["steps, Gradient descent"] - predicted <= 0.3 / lr + 1


def test_the_known_steps_from_a_smaller_offset_are_found() -> None:
    numbers = ask("X53", offset=1e-12).numbers
    for rule, steps in (("Gradient descent", 284), ("Momentum", 100), ("Adam", 8), ("RMSProp", 2)):
        # A crossing can move by a step.
        assert numbers[f"steps, {rule}"] == pytest.approx(steps, abs=1)


@pytest.mark.parametrize("lr", [0.02, 0.5])
@pytest.mark.parametrize("noise", [1e-4, 0.1])
def test_from_the_exact_line_nothing_escapes_without_noise_and_everything_with_it(lr: float, noise: float) -> None:
    numbers = ask("X53", lr=lr, noise=noise).numbers
    assert numbers["rules that never leave from y = 0"] == 4
    assert numbers["of 2000 random starts, ends at the saddle"] == 0
    gd, ball = (numbers[f"steps with noise from y = 0, {rule}, median"] for rule in ("Gradient descent", "Momentum"))
    assert 0 < ball <= gd < np.inf


def test_the_count_of_stranded_starts_sees_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    # Too few steps to leave: after one, starts near the saddle are still there.
    monkeypatch.setattr(saddles, "_QUIET_STEPS", 1)
    share = saddles._stranded(0.1) / saddles._STARTS
    # After a step of 0.1, |x| < 0.1 was |x| < 0.111 and |y| < 0.1 was |y| < 0.091, of 1.5 each: 0.45 %, 9 of 2000.
    assert share == pytest.approx(0.111 * 0.091 / 2.25, rel=0.9)


@pytest.mark.parametrize("shift", [-1.0, 0.0, 2.0])
def test_pivots_tell_what_eigenvalues_tell(shift: float) -> None:
    size, count = 4, 3000
    positive = saddles._definite(size, shift, np.random.default_rng(7), count)
    entries = np.random.default_rng(7).standard_normal((size, size, count)) / np.sqrt(2)
    expected = np.zeros(size)
    for draw in entries.transpose(2, 0, 1):
        upper = np.triu(draw, 1)
        matrix = upper + upper.T + np.diag(np.diag(draw) * np.sqrt(2) + shift)
        for n in range(1, size + 1):
            expected[n - 1] += np.linalg.eigvalsh(matrix[:n, :n])[0] > 0
    assert (positive == expected).all()
    assert 0 < positive[1] < count


@pytest.mark.parametrize("dimension", [2, 3])
def test_the_exact_shares_are_those_of_the_density_of_eigenvalues(dimension: int) -> None:
    # Of the density ∏|λᵢ − λⱼ|·exp(−Σλ²/2), the part where all are positive; the midpoints of 80 cells a side.
    edges = np.linspace(-6.5, 6.5, 81)
    middle = (edges[1:] + edges[:-1]) / 2
    values = np.meshgrid(*[middle] * dimension, indexing="ij", sparse=True)
    density = np.exp(-sum(value**2 for value in values) / 2)
    for i in range(dimension):
        for j in range(i):
            density = density * np.abs(values[i] - values[j])
    positive = density[(slice(40, None),) * dimension]
    # Cells of 0.16, cut by the kinks of |λᵢ − λⱼ|.
    assert positive.sum() / density.sum() == pytest.approx(saddles._exact(dimension, 0.0), rel=0.02)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_minima_are_rarer_in_every_further_dimension(seed: int) -> None:
    numbers = ask("X54", seed=seed).numbers
    shares = [numbers[f"minima in %, n = {n}"] for n in range(1, 7)]
    assert shares == sorted(shares, reverse=True)
    # Faster than by a constant factor: a share falls like exp(−c·n²).
    falls = np.diff(np.log(shares[:5]))
    assert (np.diff(falls) < 0).all()


def test_minima_in_six_dimensions_are_as_rare_as_is_told() -> None:
    runs = [ask("X54", seed=seed).numbers for seed in range(5)]
    five, six = (np.mean([numbers[f"minima in %, n = {n}"] for numbers in runs]) for n in (5, 6))
    # About five of a million draws, so within a factor of three.
    assert 1 / 3 < six / runs[0]["exact minima in %, n = 6"] < 3
    # The exponent −n²/4 of 3 predicts 3^(−11/4) = 0.049; lower orders bring it to about 0.1.
    assert 0.03 < six / five < 0.2


@pytest.mark.parametrize("shift", [0.0, 2.0, 4.0, -1.0])
def test_the_draws_have_the_exact_shares(shift: float) -> None:
    numbers = ask("X54", size=5, shift=shift).numbers
    for n in range(1, 6):
        exact = numbers[f"exact minima in %, n = {n}"] / 100
        # Four deviations, and as many draws where fewer than one is due.
        assert abs(numbers[f"minima in %, n = {n}"] / 100 - exact) < 4 * np.sqrt(exact / 200_000) + 4 / 200_000


def test_where_curvature_is_added_minima_are_common_again() -> None:
    assert 10 < ask("X54", shift=2.0).numbers["minima in %, n = 6"] < 30


def test_a_dimension_without_a_minimum_among_the_draws_is_left_out_of_the_picture() -> None:
    finding = ask("X54", size=10, shift=-1.0)
    assert finding.plot is not None
    measured = finding.plot.series[0].y
    assert np.isnan(measured[-1])
    assert finding.numbers["largest n with a minimum among the draws"] == np.isfinite(measured).sum() == 3
