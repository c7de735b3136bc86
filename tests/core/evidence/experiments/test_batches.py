"""The experiments about batches: variance and rounding are what theory says, and sentences say which case it is."""

import numpy as np
import pytest

from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize("batch", [1, 7, 64, 199])
@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_the_variance_of_a_batch_is_the_theoretical_one(batch: int, noise: float) -> None:
    numbers = ask("X13", batch=batch, noise=noise).numbers
    single = numbers["variance of one sample's gradient, S"]
    assert numbers["S/B"] == pytest.approx(single / batch, rel=1e-12)
    assert numbers["S/B·(n − B)/(n − 1)"] == pytest.approx(single / batch * (200 - batch) / 199, rel=1e-12)
    for kind, theory in (("with", "S/B"), ("without", "S/B·(n − B)/(n − 1)")):
        # Over 4000 draws; the rarer large gradients make it scatter by up to 3 %.
        assert numbers[f"your batch, {kind} replacement"] == pytest.approx(numbers[theory], rel=0.1)


def test_all_samples_without_replacement_leave_no_variance_and_with_it_they_do() -> None:
    numbers = ask("X13", batch=200).numbers
    # Rounding, squared.
    assert numbers["your batch, without replacement"] < 1e-25
    assert numbers["your batch, with replacement"] == pytest.approx(numbers["S/B"], rel=0.1)


@pytest.mark.parametrize("samples", [500, 1000, 2000])
@pytest.mark.parametrize("noise", [0.1, 1.0])
def test_a_pass_in_batches_beats_one_exact_update_and_loses_in_the_end(samples: int, noise: float) -> None:
    finding = ask("X15", samples=samples, noise=noise)
    numbers = finding.numbers
    for batch in (1, 10, 100):
        assert numbers[f"left after one epoch, B = {batch}"] < numbers["left after one epoch, all samples"]
    assert numbers["left at the end, all samples"] < numbers["left at the end, B = 10"]
    assert ", below the" in finding.sentence


def test_the_single_update_is_the_better_pass_where_samples_are_few_and_noise_is_much() -> None:
    numbers = ask("X15", samples=200, noise=2.0).numbers
    for batch in (1, 10, 100):
        assert numbers[f"left after one epoch, B = {batch}"] > numbers["left after one epoch, all samples"]


def test_two_passes_may_be_too_few_for_the_exact_gradient_to_be_ahead() -> None:
    finding = ask("X15", samples=100, noise=0.1, epochs=2)
    assert finding.numbers["left at the end, all samples"] > finding.numbers["left at the end, B = 10"]
    assert ", not below the" in finding.sentence


def test_the_single_update_is_the_best_along_the_gradient() -> None:
    numbers = ask("X15", samples=100, noise=1.0).numbers
    # A batch of all 100 makes a single update too, at the best of 16 rates.
    assert numbers["left after one epoch, all samples"] <= numbers["left after one epoch, B = 100"]


def test_without_noise_both_arrive_and_the_sentence_does_not_claim_otherwise() -> None:
    finding = ask("X15", noise=0.0, epochs=50)
    ends = [finding.numbers[f"left at the end, {kind}"] for kind in ("all samples", "B = 10")]
    # Rounding of the weights, squared.
    assert max(ends) < 1e-25
    assert ("not below" in finding.sentence) == (ends[0] >= ends[1])


@pytest.mark.parametrize("samples", [1000, 7001])
@pytest.mark.parametrize("portion", [1, 33, 1000])
def test_a_gradient_in_portions_differs_by_rounding_only(samples: int, portion: int) -> None:
    numbers = ask("X16", samples=samples, portion=portion).numbers
    assert numbers["portions"] == -(-samples // portion)
    # Sums of up to 7001 numbers, rounded at each addition; the worst is their number times 1e-16.
    assert numbers["largest difference, all portions tried"] < 1e-13
    assert numbers["share of the data in memory in %"] == pytest.approx(100 * portion / samples)


def test_rounding_is_seen_where_the_order_differs() -> None:
    numbers = ask("X16").numbers
    assert 0 < numbers["largest difference, all portions tried"] < 1e-14


@pytest.mark.parametrize("key", ["X13", "X15"])
def test_everything_drawn_on_a_logarithmic_axis_is_positive(key: str) -> None:
    for settings in ({}, {"noise": 0.0}):
        plot = ask(key, **settings).plot
        assert plot is not None
        for series in plot.series:
            assert (series.y[np.isfinite(series.y)] > 0).all()
