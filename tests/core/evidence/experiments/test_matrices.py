"""The experiments on matrices: what they tell of Muon, LAMB and Sophia agrees with theory, at other settings too."""

import numpy as np
import pytest

from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 1.5])
@pytest.mark.parametrize("lr", [0.02, 0.1])
def test_gradient_descent_learns_in_the_order_of_frequency(exponent: float, lr: float) -> None:
    plot = ask("X72", exponent=exponent, lr=lr).plot
    assert plot is not None
    frequencies = np.arange(1.0, 9.0) ** -exponent
    # An error falls by (1 − lr·pᵢ/p₁)² a step and has to come to one half.
    np.testing.assert_array_equal(plot.series[0].y, np.ceil(np.log(0.5) / (2 * np.log1p(-lr * frequencies))))


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("seed", [0, 7])
def test_muon_takes_about_as_long_for_every_item(exponent: float, seed: int) -> None:
    numbers = ask("X72", exponent=exponent, seed=seed).numbers
    ratio = numbers["steps, Muon, rarest"] / numbers["steps, Muon, most frequent"]
    # The polynomial leaves singular values between 0.68 and 1.2 of each other.
    assert 1 / 1.8 < ratio < 1.8
    assert numbers["largest / smallest singular value, Muon's step"] < 1.8
    assert numbers["largest / smallest singular value, gradient"] == pytest.approx(8**exponent, rel=1e-9)


def test_frequencies_do_not_reach_adam_along_the_axes_but_do_when_keys_are_turned() -> None:
    even, steep = (ask("X72", exponent=exponent).plot for exponent in (0.0, 2.0))
    assert even is not None
    assert steep is not None
    along = [series.y for plot in (even, steep) for series in plot.series if series.name == "Adam, keys along the axes"]
    # ε is one part in 10⁶ of the smallest gradients.
    assert np.abs(along[0] - along[1]).max() <= 1
    turned = [series.y for plot in (even, steep) for series in plot.series if series.name == "Adam, keys turned"]
    assert turned[1][-1] > 2 * turned[0][-1]


def test_a_rule_that_does_not_arrive_is_told_so() -> None:
    sentence = ask("X72", exponent=2.0, lr=0.005).sentence
    assert "gradient descent after 70 steps and more than 1500 steps" in sentence


@pytest.mark.parametrize("scale", [1.0, 3.0, 10.0])
@pytest.mark.parametrize("lr", [0.001, 0.03])
def test_lambs_relative_step_is_the_rate_whatever_the_layers_size(scale: float, lr: float) -> None:
    finding = ask("X73", scale=scale, lr=lr)
    numbers = finding.numbers
    # The ratio is a quotient of norms: rounding only.
    assert numbers["first step, small layer / large layer, LAMB"] == pytest.approx(1, rel=1e-9)
    assert numbers["first step of either layer in %, LAMB"] == pytest.approx(100 * lr, rel=1e-9)
    assert numbers["last step of the small layer in %, LAMB"] == pytest.approx(100 * lr, rel=1e-9)
    # The gradient of one layer is proportional to the other.
    assert numbers["first step, small layer / large layer, Gradient descent"] == pytest.approx(scale**4, rel=1e-9)
    # Sign steps, but for a decay of one hundredth of each weight.
    assert numbers["first step, small layer / large layer, AdamW"] == pytest.approx(scale**2, rel=0.03)
    assert finding.plot is not None
    lamb = [series for series in finding.plot.series if series.name.startswith("LAMB")]
    for series in lamb:
        np.testing.assert_allclose(series.y, lr, rtol=1e-9)


def test_lambs_steps_do_not_shrink_so_it_ends_further_from_the_minimum() -> None:
    for lr in (0.01, 0.03, 0.1):
        numbers = ask("X73", lr=lr).numbers
        assert numbers["loss at the end, LAMB"] > 100 * numbers["loss at the end, AdamW"]


def test_smaller_gamma_clips_more() -> None:
    shares = [ask("X74", gamma=gamma).numbers["clipped in %, first step"] for gamma in (0.001, 0.01, 0.1, 1.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 2 * shares[-1]


def test_sophia_ends_in_clipping_where_its_steps_are_too_long() -> None:
    restless = ask("X74", lr=0.1, gamma=0.001).numbers
    assert restless["clipped in %, last step"] > 50
    assert np.isinf(restless["steps, Sophia, most frequent"])


def test_sophia_forgets_frequencies_only_if_the_keys_lie_along_the_axes() -> None:
    def steps(**settings: float) -> float:
        return ask("X74", **settings).numbers["steps, Sophia, rarest"]

    # Clipped or divided by curvature, the step of a column does not know its frequency.
    assert steps(exponent=0.0) == pytest.approx(steps(exponent=2.0), abs=2)
    assert steps(exponent=2.0, rotated=1) > steps(exponent=0.0, rotated=1) + 10


def test_the_curvature_is_learnt_at_the_pace_of_its_average() -> None:
    numbers = ask("X74", exponent=2.0, rotated=1, seed=3).numbers
    assert numbers["h in % of the curvature, first look"] == pytest.approx(1, rel=1e-9)
    # Sixty looks in 600 steps.
    assert numbers["h in % of the curvature, at the end"] == pytest.approx(100 * (1 - 0.99**60), rel=1e-9)
