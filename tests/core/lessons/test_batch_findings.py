"""What is found about batches on a table agrees with the theory beside it, and with what can be counted by hand."""

from dataclasses import replace

import numpy as np
import pytest

from core.formula.words import digits
from core.lessons.batch_findings import floors, scatter_of_gradients, stable_rates
from core.problems.batches.data import Pair, dataset
from core.problems.batches.descent import line
from core.problems.batches.own_data import own_data
from core.problems.batches.race import START, Settings, race, variants
from core.problems.batches.theory import batch_sizes, largest_stable_rate

PAIRS = {"measured": dataset("diabetes").load().standardised(), "known": dataset("known_line").load()}
pairs = pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
SETTINGS = Settings(8, 0.05, 100, START, True, 0, "constant")


def test_a_curve_goes_through_powers_of_two_all_samples_and_the_chosen_size() -> None:
    assert batch_sizes(40, 8) == [1, 2, 4, 8, 16, 32, 40]
    assert batch_sizes(32, 5) == [1, 2, 4, 5, 8, 16, 32]
    assert batch_sizes(2, 1) == [1, 2]


@pairs
@pytest.mark.parametrize("batch", [1, 8, 40])
@pytest.mark.parametrize("replacement", [True, False])
def test_where_a_rate_stands_is_told_for_each_variant(pair: Pair, batch: int, replacement: bool) -> None:
    settings = replace(SETTINGS, batch=batch, replacement=replacement)
    finding = stable_rates(pair, settings)
    own = largest_stable_rate(line(pair.x), batch, replacement)
    assert finding.sentence.startswith(
        f"You are at {digits(100 * 0.05 / own)} % of the largest stable rate for batches of {batch}."
    )
    for one in variants(pair.x.size, batch, replacement):
        limit = largest_stable_rate(line(pair.x), one.batch, one.replacement)
        assert finding.numbers[f"largest stable rate, {one.name}"] == limit
        assert finding.numbers[f"your rate in % of it, {one.name}"] == 100 * 0.05 / limit
        assert f"{digits(limit)} for {one.name} (you: {digits(100 * 0.05 / limit)} %)" in finding.sentence
    assert finding.plot is not None
    curve, you = finding.plot.series
    assert (np.diff(curve.y) > 0).all()
    assert (you.x.tolist(), you.y.tolist()) == ([batch], [0.05])


@pairs
def test_just_above_the_limit_the_full_batch_grows_and_just_below_it_does_not(pair: Pair) -> None:
    limit = stable_rates(pair, SETTINGS).numbers[f"largest stable rate, all {pair.x.size} at once"]
    for share, grows in ((0.99, False), (1.01, True)):
        ran = race(pair, replace(SETTINGS, rate=share * limit, updates=2000))[0]
        assert bool(ran.diverged_at >= 0 or ran.excess[-1] > ran.excess[0]) is grows


@pairs
@pytest.mark.parametrize("replacement", [True, False])
@pytest.mark.parametrize("batch", [1, 8, 32])
def test_the_scatter_of_gradients_is_that_of_the_theory(pair: Pair, batch: int, replacement: bool) -> None:
    finding = scatter_of_gradients(pair, replace(SETTINGS, batch=batch, replacement=replacement))
    numbers = finding.numbers
    measured, theory = (
        (numbers["your batch, with replacement"], numbers["S/B"]),
        (numbers["your batch, without replacement"], numbers["S/B·(n − B)/(n − 1)"]),
    )[not replacement]
    # Four standard errors of a mean over 2000 squares, whose own spread is at most twice their mean.
    assert measured == pytest.approx(theory, rel=4 * 2 / 2000**0.5)
    assert f"it is {digits(measured)}; theory says {digits(theory)}" in finding.sentence
    single = numbers["variance of one sample's gradient, S"]
    assert numbers["S/B"] == pytest.approx(single / batch, rel=1e-14)
    left = (pair.x.size - batch) / (pair.x.size - 1)
    assert numbers["S/B·(n − B)/(n − 1)"] == pytest.approx(single / batch * left, rel=1e-14)


@pairs
def test_all_samples_without_replacement_leave_no_scatter(pair: Pair) -> None:
    finding = scatter_of_gradients(pair, replace(SETTINGS, batch=pair.x.size, replacement=False))
    assert "it is 0; theory says 0." in finding.sentence
    # Rounding of a sum, squared.
    assert finding.numbers["your batch, without replacement"] < 1e-25 * finding.numbers["S/B"]


@pairs
@pytest.mark.parametrize("batch", [1, 8, 40])
def test_the_floor_is_that_of_the_closed_form_where_batches_are_drawn_afresh(pair: Pair, batch: int) -> None:
    finding = floors(pair, replace(SETTINGS, batch=batch))
    ratios = [value for label, value in finding.numbers.items() if label.startswith("measured / closed form")]
    assert len(ratios) >= 3
    # Twenty short runs; a slow one has but a few independent stretches.
    np.testing.assert_allclose(ratios, 1.0, atol=0.3)
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.1)
    yours = finding.numbers["closed form at your rate"]
    assert f"hover {digits(yours)} above" in finding.sentence
    halved = floors(pair, replace(SETTINGS, batch=batch, rate=0.025)).numbers["closed form at your rate"]
    assert f"half the rate divides that height by {digits(yours / halved)}" in finding.sentence
    # Nearly proportional to the rate.
    assert 2 < yours / halved < 3


@pairs
def test_a_shuffled_pass_is_calmer_than_the_closed_form_where_its_batches_are_full(pair: Pair) -> None:
    batch = 8 if pair.x.size == 40 else 34
    assert pair.x.size % batch == 0
    finding = floors(pair, replace(SETTINGS, batch=batch, replacement=False))
    ratios = [value for label, value in finding.numbers.items() if label.startswith("measured / closed form")]
    # From the smallest settled rate on; close to the limit the two meet.
    assert max(ratios[:2]) < 0.8
    assert "partly cancel each other's errors" in finding.sentence
    assert "The last of them" not in finding.sentence


def test_a_smaller_last_batch_is_said_to_raise_what_is_measured_and_does() -> None:
    finding = floors(PAIRS["known"], replace(SETTINGS, batch=32, replacement=False))
    assert "The last of them holds only 8, which raises it." in finding.sentence
    ratios = [value for label, value in finding.numbers.items() if label.startswith("measured / closed form")]
    assert min(ratios) > 1.5


def test_where_there_is_no_noise_there_is_no_floor() -> None:
    everything = floors(PAIRS["known"], replace(SETTINGS, batch=40, replacement=False))
    perfect = floors(own_data("1,2\n2,4\n3,6\n5,10").pair("column 1", "column 2"), replace(SETTINGS, batch=2))
    for finding in (everything, perfect):
        assert finding.sentence.endswith("there is no floor.")
        assert finding.plot is None


def test_an_unstable_rate_and_a_bowl_too_long_are_said_to_be() -> None:
    unstable = floors(PAIRS["known"], replace(SETTINGS, rate=5.0))
    assert "Your rate 5 is not stable for batches of 8" in unstable.sentence
    raw = floors(dataset("diabetes").load(), replace(SETTINGS, rate=3e-4))
    assert "None of these rates settles" in raw.sentence
    assert list(raw.numbers) == ["closed form at your rate"]


def test_where_rounding_would_decide_the_theory_says_so() -> None:
    far = own_data("\n".join(f"{1e11 + 400 * row},{row * row}" for row in range(20))).pair("column 1", "column 2")
    for find in (stable_rates, floors):
        with pytest.raises(ValueError, match="standardise"):
            find(far, SETTINGS)
