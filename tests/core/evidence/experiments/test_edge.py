"""The experiments at the edge of stability: the network's sharpness, its run in pieces, and the parabola."""

from itertools import pairwise

import numpy as np
import pytest

from core.evidence.experiments import edge
from tests.core.evidence.experiments.findings import ask


def test_sharpness_is_the_largest_eigenvalue_of_the_hessian() -> None:
    rng = np.random.default_rng(0)
    weights = rng.normal(size=edge._NETWORK.size) / 3
    h = 1e-5
    hessian = np.array(
        [
            (edge.chebyshev(weights + nudge)[1] - edge.chebyshev(weights - nudge)[1]) / (2 * h)
            for nudge in h * np.eye(weights.size)
        ]
    )
    largest = np.abs(np.linalg.eigvalsh((hessian + hessian.T) / 2)).max()
    value, vector = 0.0, rng.normal(size=weights.size)
    for _ in range(5):
        value, vector = edge.sharpness(weights, vector)
    # 60 power iterations; the next eigenvalue decides how close they come.
    assert abs(value) == pytest.approx(largest, rel=1e-2)


@pytest.mark.parametrize("lr", [0.05, 0.1, 0.2])
def test_the_sharpness_of_the_network_ends_at_the_limit_of_its_rate(lr: float) -> None:
    finding = ask("X11", lr=lr)
    assert 0.9 < finding.numbers["sharpness as a share of the limit"] < 1.1
    assert ": at the limit" in finding.sentence
    assert finding.numbers["loss at the end"] < 0.02


def test_a_rate_beyond_what_the_network_bears_explodes() -> None:
    assert "explodes" in ask("X11", lr=0.5).sentence


@pytest.mark.parametrize(
    ("rate", "way"),
    [(0.5, "one side"), (1.0, "in one step"), (1.5, "comes closer"), (2.0, "for ever"), (2.1, "moves away")],
)
def test_the_product_of_rate_and_curvature_decides_the_regime(rate: float, way: str) -> None:
    finding = ask("X09", rate=rate)
    assert way in finding.sentence
    # 50 multiplications round by some 1e-14.
    assert finding.numbers["distance"] == pytest.approx(finding.numbers["closed form"], rel=1e-12)


@pytest.mark.parametrize(("lr", "steps", "seed"), [(0.1, 500, 0), (0.2, 777, 3), (0.5, 500, 0)])
def test_a_descent_in_pieces_takes_every_step_once_and_ends_as_the_experiment_does(
    lr: float, steps: int, seed: int
) -> None:
    descent, pieces = edge.begin(seed), 0
    weights, losses = descent.weights, []
    while not edge.ended(descent, steps):
        before = descent
        descent = edge.advance(descent, lr, steps)
        assert descent.step > before.step
        for _ in range(before.step, min(descent.step, steps + 1)):
            with np.errstate(all="ignore"):
                loss, slope = edge.chebyshev(weights)
                weights = weights - lr * slope
            losses.append(loss)
        # A descent that explodes stops before its last step is taken.
        assert descent.exploded or np.array_equal(weights, descent.weights)
        pieces += 1
    finding = edge.finding(descent, lr, steps)
    assert finding.numbers["steps that raised the loss"] == sum(b > a for a, b in pairwise(losses))
    assert finding.numbers["loss at the end"] == losses[-1]
    whole = ask("X11", lr=lr, steps=steps, seed=seed)
    assert (finding.sentence, dict(finding.numbers)) == (whole.sentence, dict(whole.numbers))
    assert descent.exploded or 50 <= pieces <= 54
    if not descent.exploded:
        assert [step for step, _ in descent.looks][:: pieces - 1] == [0, steps]
