"""The experiments about gradient descent itself: their sentences say what happened, and what they show is so."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from core.evidence.experiments import edge, foundations
from tests.core.evidence.experiments.findings import ask

Array = npt.NDArray[np.float64]


@pytest.mark.parametrize(("steps", "position", "closeness"), [(100, -0.0724, 0.1), (10_000, -0.000921, 0.01)])
def test_the_stalled_descent_creeps_as_predicted(steps: int, position: float, closeness: float) -> None:
    finding = ask("X01", steps=steps)
    # The positions are known to three digits.
    assert finding.numbers["position"] == pytest.approx(position, rel=1e-3)
    # The prediction leaves out 4x³, which matters less the closer the point comes to 0.
    assert finding.numbers["predicted position"] == pytest.approx(position, rel=closeness)
    assert "has not arrived" in finding.sentence


def test_the_descent_from_the_other_side_arrives_in_74_steps() -> None:
    finding = ask("X01", start=0.5)
    assert "since step 74" in finding.sentence
    assert "predicted position" not in finding.numbers
    assert finding.numbers["distance to the minimum"] <= 1e-6


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"start": 0.0}, "is where it started"),
        ({"start": 2.25}, "since step 0"),
        ({"start": 3.2, "lr": 0.3}, "diverges at step"),
        ({"start": -1.0, "lr": 0.0769, "steps": 5000}, "still left of the flat inflection"),
        ({"start": -1.0, "lr": 0.077, "steps": 5000}, "has arrived"),
        ({"start": 0.5, "lr": 0.12}, "has not arrived"),
    ],
)
def test_the_sentence_of_the_stall_follows_what_happened(settings: dict[str, float], told: str) -> None:
    assert told in ask("X01", **settings).sentence


@pytest.mark.parametrize(
    ("lr", "period", "told"),
    [(0.098, 1, "the minimum"), (0.0995, 2, "every 2 steps"), (0.12, 2, "every 2 steps"), (0.13, 0, "hops about")],
)
def test_too_large_a_rate_makes_cycles_before_it_diverges(lr: float, period: int, told: str) -> None:
    finding = ask("X02", lr=lr)
    assert finding.numbers["cycle length in steps (0: none up to 64)"] == period
    assert told in finding.sentence
    assert ("not above the stability limit" in finding.sentence) == (lr < 8 / 81)


def test_the_places_of_the_cycle_are_the_known_ones() -> None:
    finding = ask("X02", lr=0.0995)
    # Four decimals are known.
    assert finding.numbers["highest place at the end"] == pytest.approx(2.3183, abs=5e-5)
    assert finding.numbers["lowest place at the end"] == pytest.approx(2.1722, abs=5e-5)


def test_irregular_hopping_stays_within_its_known_bounds() -> None:
    numbers = ask("X02", lr=0.13).numbers
    # The extremes of 50 000 places from three starts, to three decimals; 128 of them stay inside.
    assert 1.497 <= numbers["lowest place at the end"] <= 1.6
    assert 2.5 <= numbers["highest place at the end"] <= 2.562


def test_a_descent_may_end_its_moves_where_there_is_no_minimum() -> None:
    assert "which is not the minimum" in ask("X02", start=-0.5, lr=0.05).sentence


def test_large_rates_mix_the_basins() -> None:
    numbers = ask("X03", lr=0.5).numbers
    shares = [number for label, number in numbers.items() if label.endswith("(%)")]
    assert sum(shares) == pytest.approx(100, abs=1e-9)
    # At small rates the border is the hilltop: every start left of it goes left.
    assert numbers[next(iter(numbers))] != ask("X03").numbers[next(iter(numbers))]


def test_a_larger_tilt_widens_the_lower_basin() -> None:
    label = "starts that end in the lower minimum (%)"
    shares = [ask("X03", tilt=tilt).numbers[label] for tilt in (0.01, 0.1, 0.2, 0.35)]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1]


@pytest.mark.parametrize("seed", range(4))
def test_wider_networks_fit_more_often(seed: int) -> None:
    numbers = ask("X04", seed=seed).numbers
    shares = [number for label, number in numbers.items() if label.endswith("(%)")]
    # Two of 40 networks may fall on the other side by the luck of the draw.
    assert all(wider >= narrower - 5 for narrower, wider in pairwise(shares))
    assert shares[0] == shares[1] == 0
    assert shares[-1] == 100


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


def test_a_step_at_a_rate_of_a_tenth_nearly_fits_the_worked_example_after_many() -> None:
    place = np.array([0.5, 0.1])
    for _ in range(1000):
        place = place - 0.1 * foundations._EXAMPLE.grad(place)
    # The slow direction shrinks by 1 − 0.1·0.2404 a step: to 3e-11 of the start.
    np.testing.assert_allclose(place, [2.0, 0.0], atol=1e-9)


@pytest.mark.parametrize(("lr", "beyond"), [(0.05, 0), (0.1, 1), (0.15, 2), (0.2, 3), (0.4, 4)])
def test_as_many_conventions_diverge_as_the_sentence_names(lr: float, beyond: int) -> None:
    finding = ask("X06", lr=lr)
    above = finding.sentence.split("stability limit for ")[1]
    assert above.count("(") == beyond
    assert finding.plot is not None
    grew = [series.y[-1] > series.y[-2] for series in finding.plot.series]
    assert sum(grew) == beyond


@pytest.mark.parametrize(
    ("rate", "way"),
    [(0.5, "one side"), (1.0, "in one step"), (1.5, "comes closer"), (2.0, "for ever"), (2.1, "moves away")],
)
def test_the_product_of_rate_and_curvature_decides_the_regime(rate: float, way: str) -> None:
    finding = ask("X09", rate=rate)
    assert way in finding.sentence
    # 50 multiplications round by some 1e-14.
    assert finding.numbers["distance"] == pytest.approx(finding.numbers["closed form"], rel=1e-12)


def test_rates_beyond_the_limit_no_longer_agree() -> None:
    assert "all end at the same place" in ask("X10").sentence
    assert "differ" in ask("X10", largest=2.0).sentence


@pytest.mark.parametrize("g", [(3.0, 1.0), (-2.0, 5.0), (0.0, -4.0), (2.0, 2.0)])
def test_no_step_of_length_one_descends_more_than_the_steepest(g: tuple[float, float]) -> None:
    numbers = ask("X69", gx=g[0], gy=g[1]).numbers
    directions = np.random.default_rng(0).normal(size=(2, 1000))
    for norm, order in (("ℓ2", 2), ("ℓ∞", np.inf), ("ℓ1", 1)):
        units = directions / np.linalg.norm(directions, ord=order, axis=0)
        # Rounding of a product and a sum.
        assert numbers[f"{norm} decrease"] >= (-np.array(g) @ units).max() - 1e-12
        step = np.array([numbers[f"{norm} step, x"], numbers[f"{norm} step, y"]])
        assert np.linalg.norm(step, ord=order) == pytest.approx(1, abs=1e-12)


def test_where_there_is_no_slope_no_direction_is_steepest() -> None:
    assert "no direction is steepest" in ask("X69", gx=0.0, gy=0.0).sentence
    assert "as well" in ask("X69", gx=2.0, gy=-2.0).sentence


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
