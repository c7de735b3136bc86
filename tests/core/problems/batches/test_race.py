"""The three variants side by side: each is the descent it says it is, and what is told of it has its numbers."""

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from core.engine.findings import drawn_moments
from core.formula.words import counted, digits
from core.lessons.batch_story import fitted, retold, time_sentence, update_rule
from core.problems.batches.data import DATASETS, Pair, dataset
from core.problems.batches.descent import DECAYS, band, descend, least_squares, line, losses
from core.problems.batches.own_data import own_data
from core.problems.batches.race import (
    AXES,
    RATE,
    SEEDS,
    START,
    Settings,
    batch_stops,
    calm_rate,
    ensemble,
    fingerprint,
    level,
    outlook,
    race,
    timed,
    variants,
)
from core.problems.batches.theory import largest_stable_rate, noise_floor

PAIR = dataset("known_line").load()
MEASURED = dataset("diabetes").load()
USUAL = Settings(8, 0.05, 120, START, False, 3, "constant")
CASES = {
    "shuffled": USUAL,
    "drawn": replace(USUAL, replacement=True),
    "falling": replace(USUAL, decay="one_over_root"),
    "one at a time": replace(USUAL, batch=1),
    "all": replace(USUAL, batch=40),
    "all drawn": replace(USUAL, batch=40, replacement=True),
    "diverging": replace(USUAL, rate=0.7, updates=300),
}
cases = pytest.mark.parametrize("settings", CASES.values(), ids=CASES)


def _descent(pair: Pair, settings: Settings, batch: int, replacement: bool, seeds: Any) -> Any:
    return descend(
        line(pair.x), pair.y, batch=batch, rate=settings.rate, updates=settings.updates, start=settings.start,
        replacement=replacement, seeds=seeds, decay=settings.decay,
    )  # fmt: skip


@cases
def test_each_run_is_the_descent_of_its_batch_size(settings: Settings) -> None:
    runs = race(PAIR, settings)
    assert [ran.variant for ran in runs] == list(variants(40, settings.batch, settings.replacement))
    for ran in runs:
        descents = _descent(PAIR, settings, ran.variant.batch, ran.variant.replacement, (settings.seed,))
        np.testing.assert_array_equal(ran.weights, descents.weights[0])
        np.testing.assert_array_equal(ran.loss, descents.loss[0])
        np.testing.assert_array_equal(ran.excess, descents.loss[0] - least_squares(line(PAIR.x), PAIR.y)[1])
        np.testing.assert_array_equal(ran.samples, descents.samples)
        assert ran.diverged_at == descents.diverged_at[0]


@pytest.mark.parametrize(
    ("batch", "replacement", "sizes"),
    [(8, False, [40, 8, 1]), (8, True, [40, 8, 1]), (1, True, [40, 1]), (40, False, [40, 1]), (40, True, [40, 40, 1])],
)
def test_no_variant_runs_twice_and_all_samples_are_each_used_once(
    batch: int, replacement: bool, sizes: list[int]
) -> None:
    listed = variants(40, batch, replacement)
    assert [one.batch for one in listed] == sizes
    assert not listed[0].replacement
    assert {one.replacement for one in listed[1:]} == {replacement}
    assert len({one.name for one in listed}) == len({one.color for one in listed}) == len(listed)


@pytest.mark.parametrize("settings", [USUAL, CASES["all drawn"], CASES["diverging"]], ids=["usual", "all", "diverging"])
def test_the_bands_are_those_of_so_many_seeds_of_which_the_first_is_the_one_shown(settings: Settings) -> None:
    lowest = least_squares(line(PAIR.x), PAIR.y)[1]
    moments = drawn_moments(settings.updates)
    for ran, ours in zip(race(PAIR, settings), ensemble(PAIR, settings), strict=True):
        seeds = range(settings.seed, settings.seed + SEEDS)
        every = _descent(PAIR, settings, ran.variant.batch, ran.variant.replacement, seeds).loss - lowest
        np.testing.assert_array_equal(every[0], ran.excess)
        expected = band(every[:, moments])
        for one, other in ((ours.low, expected.low), (ours.median, expected.median), (ours.high, expected.high)):
            np.testing.assert_array_equal(one, other)
        if ran.variant.batch == 40 and not ran.variant.replacement:
            np.testing.assert_array_equal(ours.low, ours.high)


def test_the_axes_count_updates_samples_and_microseconds() -> None:
    ran = race(PAIR, USUAL)[1]
    assert list(AXES) == ["Updates", "Samples", "Time"]
    assert AXES["Updates"].of(ran, 2e-6).tolist() == list(range(121))
    # Five batches of 8 are a pass over 40 samples.
    assert AXES["Samples"].of(ran, 2e-6)[[0, 1, 5, 120]].tolist() == [0, 8, 40, 960]
    # A product of two decimals is rounded.
    np.testing.assert_allclose(AXES["Time"].of(ran, 2e-6)[[0, 1, 120]], [0, 2, 240], rtol=1e-15)


def test_an_update_takes_some_time() -> None:
    # A tenth of what it takes at least.
    assert timed(PAIR, 8) > 1e-7


def test_the_picture_reaches_up_to_the_start_and_never_has_no_height() -> None:
    best, lowest = least_squares(line(PAIR.x), PAIR.y)
    assert level(PAIR, START) == float(losses(line(PAIR.x), PAIR.y, np.array(START))) - lowest
    assert level(PAIR, best.tolist()) == pytest.approx(0.1 * PAIR.y.var())


@pytest.mark.parametrize("samples", [2, 3, 40, 442, 2000])
def test_a_slider_stops_at_one_at_all_and_at_powers_of_two(samples: int) -> None:
    stops = batch_stops(samples)
    assert (stops[0], stops[-1]) == (1, samples)
    assert stops == sorted(set(stops))
    assert {2**power for power in range(11) if 2**power <= samples} <= set(stops)
    # No step is more than a doubling.
    assert max(after / before for before, after in pairwise(stops)) <= 2


def test_equal_numbers_have_one_fingerprint_and_others_another() -> None:
    again = Pair("a", "b", PAIR.x.copy(), PAIR.y.copy(), "")
    other = PAIR.y.copy()
    other[7] = np.nextafter(other[7], np.inf)
    assert fingerprint(PAIR) == fingerprint(again)
    assert fingerprint(PAIR) != fingerprint(Pair("a", "b", PAIR.x.copy(), other, ""))


def test_the_outlook_is_that_of_the_theory() -> None:
    for one in variants(40, 8, True):
        expected = outlook(PAIR, one, 0.05)
        assert expected.limit == largest_stable_rate(line(PAIR.x), one.batch, one.replacement)
        assert expected.floor == noise_floor(line(PAIR.x), PAIR.y, one.batch, 0.05, one.replacement)


@pytest.mark.parametrize("standardised", [True, False])
@pytest.mark.parametrize("key", DATASETS)
def test_no_variant_diverges_at_the_calm_rate(key: str, standardised: bool) -> None:
    pair = dataset(key).load()
    pair = pair.standardised() if standardised else pair
    raced = variants(pair.x.size, 8, True)
    rate = calm_rate([outlook(pair, one, 1.0) for one in raced])
    low, high = RATE.bounds
    assert low < rate < high
    assert float(f"{rate:.2g}") == rate
    assert all(rate < outlook(pair, one, rate).limit for one in raced)
    assert [ran.diverged_at for ran in race(pair, replace(USUAL, rate=rate, replacement=True))] == [-1, -1, -1]


# --- Words ---


def _retold(settings: Settings, pair: Pair = PAIR) -> tuple[list[Any], list[str]]:
    runs = race(pair, settings)
    return runs, retold(runs, settings, [outlook(pair, ran.variant, settings.rate) for ran in runs])


@cases
def test_every_run_is_told_with_its_own_numbers(settings: Settings) -> None:
    runs, sentences = _retold(settings)
    assert len(sentences) == len(runs) + 1
    for ran, sentence in zip(runs, sentences, strict=False):
        assert sentence.lower().startswith(f"**{ran.variant.name}.**")
        if ran.diverged_at >= 0:
            limit = largest_stable_rate(line(PAIR.x), ran.variant.batch, ran.variant.replacement)
            assert f"Diverged at update {ran.diverged_at}:" in sentence
            assert f"is {digits(settings.rate / limit)} times the largest stable one, {digits(limit)}." in sentence
            continue
        assert f"After {settings.updates} updates and {counted(int(ran.samples[-1]), 'sample')}" in sentence
        assert f"the loss is {digits(ran.loss[-1])}" in sentence
        assert (f"{digits(ran.excess[-1])} above the lowest possible" in sentence) is bool(ran.excess[-1] > 1e-13)
        hovers = settings.decay == "constant" and (ran.variant.batch < 40 or ran.variant.replacement)
        assert ("theory expects" in sentence) is hovers
        if hovers:
            last = ran.excess[-(settings.updates // 4) :].mean()
            assert f"Over the last quarter it was {digits(last)} above on average" in sentence
            floor = noise_floor(line(PAIR.x), PAIR.y, ran.variant.batch, settings.rate, ran.variant.replacement)
            assert f"theory expects {digits(floor)} in the long run" in sentence
    assert not any("nan" in sentence or "inf" in sentence for sentence in sentences)


@cases
def test_one_pass_is_told_of_every_run_that_made_one(settings: Settings) -> None:
    runs, sentences = _retold(settings)
    for ran in runs:
        updates = -(-40 // ran.variant.batch)
        if np.isfinite(ran.excess[updates]):
            assert (
                f"{ran.variant.name}, {digits(ran.excess[updates])} above the lowest possible "
                f"(after {counted(updates, 'update')})"
            ) in sentences[-1]


def test_a_run_too_short_for_a_pass_is_said_to_be() -> None:
    _, sentences = _retold(replace(USUAL, updates=3))
    assert "(after 1 update)" in sentences[-1]
    assert sentences[-1].endswith("8 at a time and 1 at a time did not get that far.")


def test_a_run_that_had_diverged_before_the_pass_was_over_is_said_to_have() -> None:
    runs, sentences = _retold(replace(USUAL, rate=1e6))
    assert {ran.diverged_at for ran in runs} == {2}
    assert "1 at a time, diverged" in sentences[-1]


def test_without_a_theory_the_runs_are_told_all_the_same() -> None:
    for settings in (USUAL, CASES["diverging"]):
        sentences = retold(race(PAIR, settings), settings, [])
        assert len(sentences) == 4
        assert not any("theory" in sentence or "largest stable" in sentence for sentence in sentences)


def test_what_rounding_leaves_is_not_told_as_a_height() -> None:
    runs, sentences = _retold(replace(USUAL, updates=1000))
    assert abs(runs[0].excess[-1]) < 1e-13
    assert sentences[0].endswith(f"the loss is {digits(runs[0].loss[-1])}, the lowest possible.")


def test_the_line_is_told_in_the_units_of_the_table() -> None:
    slope, intercept = least_squares(line(MEASURED.x), MEASURED.y)[0]
    other = least_squares(line(MEASURED.standardised().x), MEASURED.standardised().y)[0]
    # Efron et al. give no such line; it is that of any textbook's formula.
    assert slope == pytest.approx(np.cov(MEASURED.x, MEASURED.y)[0, 1] / MEASURED.x.var(ddof=1))
    expected = f"y = {digits(slope)}·x − {digits(-intercept)}"
    assert fitted(MEASURED, True, other.tolist()) == fitted(MEASURED, False, [slope, intercept]) == expected
    assert fitted(PAIR, False, [2.0, 1.0]) == "y = 2·x + 1"


def test_the_rule_is_written_with_the_settings() -> None:
    for key, decay in DECAYS.items():
        text = update_rule(replace(USUAL, decay=key), 40)
        assert decay.formula in text
        assert r"\alpha = 0.05" in text
        assert r"B = 40\ \text{or}\ 8\ \text{or}\ 1,\quad n = 40" in text
    assert r"B = 40\ \text{or}\ 1,\quad" in update_rule(replace(USUAL, batch=1), 40)


def test_times_are_told_as_they_were_measured() -> None:
    sentence = time_sentence(race(PAIR, USUAL), [6e-6, 5.5e-6, 5e-6])
    assert "6 µs with all 40 at once, 5.5 µs with 8 at a time and 5 µs with 1 at a time" in sentence
    assert "40 times the samples take 1.2 times as long" in sentence


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 updates"), (1, "1 update"), (9999, "9999 updates"), (221_000, "221 000 updates")]
)
def test_counts_are_written_with_their_plural(number: int, text: str) -> None:
    assert re.sub(r"\s", " ", counted(number, "update")) == text


def test_the_smallest_table_can_be_raced() -> None:
    pair = own_data("1,1\n2,3").pair("column 1", "column 2").standardised()
    runs = race(pair, replace(USUAL, batch=2))
    assert [ran.variant.batch for ran in runs] == [2, 1]
    sentences = retold(runs, USUAL, [outlook(pair, ran.variant, 0.05) for ran in runs])
    assert "after one pass over 2 samples" in sentences[-1]
