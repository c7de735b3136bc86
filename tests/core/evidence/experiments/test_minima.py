"""The experiments about which minimum a descent ends in: what holds at other settings, too."""

from itertools import pairwise

import pytest

from tests.core.evidence.experiments.findings import ask


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


def test_rates_beyond_the_limit_no_longer_agree() -> None:
    assert "all end at the same place" in ask("X10").sentence
    assert "differ" in ask("X10", largest=2.0).sentence
