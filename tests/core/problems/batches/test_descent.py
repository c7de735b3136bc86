"""Descent on batches agrees with loops written out by hand, visits the samples it says, and can be repeated."""

import re
from itertools import islice
from typing import Any

import numpy as np
import pytest

from core.engine.findings import drawn_moments
from core.engine.gradients import gradient, mini_batch_gradient, streamed_gradient
from core.formula.words import outside
from core.problems.batches.data import dataset
from core.problems.batches.descent import (
    DECAYS,
    FAR,
    MOST_UPDATES,
    Decay,
    Descents,
    band,
    batches,
    descend,
    least_squares,
    line,
    losses,
    seconds_per_update,
    updates_per_epoch,
)

_RANDOM = np.random.default_rng(7)
_N = 23
_FEATURES = _RANDOM.standard_normal((_N, 3))
_ANSWERS = _FEATURES @ np.array([1.0, -2.0, 0.5]) + _RANDOM.standard_normal(_N)

decays = pytest.mark.parametrize("decay", DECAYS.values(), ids=DECAYS)
replacements = pytest.mark.parametrize("replacement", [False, True])
sizes = pytest.mark.parametrize("batch", [1, 2, 5, 22, _N])

# Of the number of the update, by which the rate is divided.
_POWERS = {"constant": 0.0, "one_over_root": 0.5, "one_over_time": 1.0, "one_over_square": 2.0}


def _run(**changes: Any) -> Descents:
    settings: dict[str, Any] = {
        "batch": 5,
        "rate": 0.05,
        "updates": 40,
        "start": (0.0, 0.0, 0.0),
        "replacement": False,
        "seeds": (0, 1, 2),
    }
    return descend(_FEATURES, _ANSWERS, **(settings | changes))


def test_the_gradient_is_torchs() -> None:
    import torch

    weights = _RANDOM.standard_normal(3)
    given = torch.tensor(weights, requires_grad=True)
    loss = ((torch.tensor(_FEATURES) @ given - torch.tensor(_ANSWERS)) ** 2).mean()
    (expected,) = torch.autograd.grad(loss, given)
    # Sums of 23 products in another order.
    np.testing.assert_allclose(gradient(_FEATURES, _ANSWERS, weights), expected.numpy(), rtol=1e-12)


def test_gradients_at_many_points_are_those_at_each() -> None:
    weights = _RANDOM.standard_normal((4, 3))
    picked = _RANDOM.integers(_N, size=(4, 6))
    together = mini_batch_gradient(_FEATURES, _ANSWERS, weights, picked)
    for row, at, chosen in zip(together, weights, picked, strict=True):
        by_hand = np.mean([2 * (_FEATURES[i] @ at - _ANSWERS[i]) * _FEATURES[i] for i in chosen], axis=0)
        np.testing.assert_allclose(row, by_hand, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("portion", [1, 4, 22, 23, 100])
def test_a_streamed_gradient_is_the_one_in_memory(portion: int) -> None:
    weights = _RANDOM.standard_normal(3)
    portions = ((_FEATURES[i : i + portion], _ANSWERS[i : i + portion]) for i in range(0, _N, portion))
    whole = gradient(_FEATURES, _ANSWERS, weights)
    # Rounding of sums in another order; the components are about 1.
    np.testing.assert_allclose(streamed_gradient(portions, weights), whole, atol=1e-14)


def test_empty_portions_count_for_nothing_and_none_at_all_is_refused() -> None:
    nothing = (_FEATURES[:0], _ANSWERS[:0])
    some = streamed_gradient([nothing, (_FEATURES, _ANSWERS), nothing], np.zeros(3))
    # Multiplied and divided by 23.
    np.testing.assert_allclose(some, gradient(_FEATURES, _ANSWERS, np.zeros(3)), rtol=1e-15)
    for portions in ([], [nothing]):
        with pytest.raises(ValueError, match="no samples"):
            streamed_gradient(portions, np.zeros(3))


@sizes
def test_without_replacement_an_epoch_shows_every_sample_once_and_the_next_in_another_order(batch: int) -> None:
    per_epoch = updates_per_epoch(_N, batch)
    drawn = list(islice(batches(_N, batch, False, (3, 4)), 2 * per_epoch))
    assert [part.shape[1] for part in drawn[: per_epoch - 1]] == [batch] * (per_epoch - 1)
    epochs = [np.concatenate(drawn[begin : begin + per_epoch], axis=1) for begin in (0, per_epoch)]
    for epoch in epochs:
        assert all(sorted(row) == list(range(_N)) for row in epoch.tolist())
    if batch < _N:
        assert not np.array_equal(*epochs)
        assert not np.array_equal(*epochs[0])


@sizes
def test_with_replacement_every_batch_is_full_and_drawn_from_all(batch: int) -> None:
    drawn = np.concatenate(list(islice(batches(_N, batch, True, (3, 4)), 400)), axis=1)
    assert drawn.shape == (2, 400 * batch)
    counts = np.bincount(drawn[0], minlength=_N)
    # A count scatters by its root; none of 23 is expected beyond 5 times that.
    assert np.abs(counts - 400 * batch / _N).max() < 5 * np.sqrt(400 * batch / _N)
    assert not np.array_equal(drawn[0], drawn[1])


@replacements
@sizes
@decays
def test_a_descent_is_the_one_by_hand(decay: Decay, batch: int, replacement: bool) -> None:
    run = _run(batch=batch, replacement=replacement, decay=decay.key, seeds=(5,), start=(1.0, 2.0, -1.0))
    weights, order, seen = np.array([1.0, 2.0, -1.0]), np.empty(0, dtype=int), 0
    for update in range(40):
        epoch, index = divmod(update, updates_per_epoch(_N, batch))
        if index == 0:
            random = np.random.default_rng((5, epoch))
            order = random.integers(_N, size=-(-_N // batch) * batch) if replacement else random.permutation(_N)
        picked = order[index * batch : (index + 1) * batch]
        rate = 0.05 / (update + 1) ** _POWERS[decay.key]
        slopes = [2 * (_FEATURES[i] @ weights - _ANSWERS[i]) * _FEATURES[i] for i in picked]
        weights = weights - rate * np.mean(slopes, axis=0)
        seen += len(picked)
        # Rounding over 40 updates that do not enlarge it.
        np.testing.assert_allclose(run.weights[0, update + 1], weights, atol=1e-12)
        assert run.samples[update + 1] == seen
    assert run.loss[0, -1] == pytest.approx(((_FEATURES @ weights - _ANSWERS) ** 2).mean(), rel=1e-12)


@decays
def test_the_code_of_a_decay_is_its_factor_counted_from_zero(decay: Decay) -> None:
    updates = np.arange(1.0, 50)
    coded = [eval(decay.code or "1.0", {"t": t}) for t in range(49)]
    # Powers in Python and in NumPy may differ in the last digit.
    np.testing.assert_allclose(decay.factor(updates), coded, rtol=1e-15)


@decays
def test_the_sums_of_a_decay_grow_or_settle_as_it_says(decay: Decay) -> None:
    factors = decay.factor(np.arange(1.0, 1e6 + 1))
    for power, grows in ((1, decay.reaches), (2, not decay.quietens)):
        sums = np.cumsum(factors**power)
        # The last nine tenths of a million terms: 2.3 of 1/t, a ten-thousandth of anything that settles.
        assert (sums[-1] - sums[100_000 - 1] > 1.0) == grows


def test_one_decay_alone_meets_both_conditions() -> None:
    assert [key for key, decay in DECAYS.items() if decay.reaches and decay.quietens] == ["one_over_time"]


@replacements
@sizes
def test_a_shorter_run_is_the_beginning_of_a_longer_one(batch: int, replacement: bool) -> None:
    short, long = (_run(batch=batch, replacement=replacement, updates=updates) for updates in (13, 60))
    np.testing.assert_array_equal(short.weights, long.weights[:, :14])
    np.testing.assert_array_equal(short.samples, long.samples[:14])


@replacements
@sizes
def test_a_seed_has_its_path_whatever_runs_beside_it(batch: int, replacement: bool) -> None:
    alone = _run(batch=batch, replacement=replacement, seeds=(2,))
    beside = _run(batch=batch, replacement=replacement, seeds=(9, 2, 2))
    # BLAS may sum the columns of a larger product in another order.
    np.testing.assert_allclose(beside.weights[1], alone.weights[0], atol=1e-13)
    np.testing.assert_array_equal(beside.weights[1], beside.weights[2])
    if batch < _N or replacement:
        assert not np.allclose(beside.weights[0], beside.weights[1])


def test_all_samples_at_once_leave_nothing_to_the_seed() -> None:
    run = _run(batch=_N)
    np.testing.assert_array_equal(run.weights[0], run.weights[1])


def test_each_seed_may_have_its_own_rate() -> None:
    rates = np.array([0.01, 0.05, 0.1])
    run = _run(rate=rates)
    for row, rate in enumerate(rates.tolist()):
        np.testing.assert_allclose(run.weights[row], _run(rate=rate).weights[row], atol=1e-13)


def test_the_loss_is_exact_next_to_the_minimum() -> None:
    best, lowest = least_squares(_FEATURES, _ANSWERS)
    curvature = 2 * _FEATURES.T @ _FEATURES / _N
    off = np.array([1e-10, -2e-10, 1e-10])
    # A hundred times finer than what the difference of two losses of about 1 could show.
    assert losses(_FEATURES, _ANSWERS, best + off) - lowest == pytest.approx(
        off @ curvature @ off / 2, abs=1e-18, rel=1
    )
    for weights in (np.zeros(3), np.array([3.0, 1.0, -5.0])):
        by_hand = ((_FEATURES @ weights - _ANSWERS) ** 2).mean()
        assert losses(_FEATURES, _ANSWERS, weights) == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e9])
@pytest.mark.parametrize("offset", [0.0, 1.0, 1e6])
def test_the_loss_is_right_for_columns_of_any_size(size: float, offset: float) -> None:
    x = size * (offset + np.linspace(-1, 1, 50))
    answers = 3 * np.linspace(-1, 1, 50) + np.cos(np.arange(50.0))
    best, lowest = least_squares(line(x), answers)
    # The same line in the units in which it is easy; an offset of 1e6 costs six of sixteen digits.
    easy = np.polynomial.Polynomial.fit(x, answers, 1)
    assert lowest == pytest.approx(((easy(x) - answers) ** 2).mean(), rel=1e-8)
    assert losses(line(x), answers, best) == lowest
    at = np.zeros(2)
    assert losses(line(x), answers, at) == pytest.approx((answers**2).mean(), rel=1e-8)


@replacements
@pytest.mark.parametrize("batch", [1, 7, _N])
def test_a_divergence_is_a_result(batch: int, replacement: bool) -> None:
    run = _run(batch=batch, rate=5.0, updates=300, replacement=replacement)
    for weights, loss, at in zip(run.weights, run.loss, run.diverged_at.tolist(), strict=True):
        assert 0 < at < 300
        assert np.isfinite(weights[:at]).all()
        assert np.abs(weights[:at]).max() <= FAR
        assert np.isnan(weights[at:]).all()
        assert np.isnan(loss[at:]).all()
        assert np.isfinite(loss[:at]).all()
    assert (_run().diverged_at == -1).all()


def test_rates_that_overflow_at_once_diverge_at_the_first_update() -> None:
    run = _run(rate=1e300)
    assert run.diverged_at.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch": 0}, r"batch size must lie in \[1, 23\]"),
        ({"batch": 24}, r"batch size must lie in \[1, 23\].*24"),
        ({"updates": 0}, re.escape(outside(0, 1, MOST_UPDATES))),
        ({"updates": MOST_UPDATES + 1}, re.escape(outside(MOST_UPDATES + 1, 1, MOST_UPDATES))),
        ({"seeds": ()}, "at least one seed"),
        ({"seeds": (1, -1)}, "none below 0"),
        ({"seeds": range(1000), "updates": 20_000}, "too many updates"),
        ({"rate": 0.0}, "above 0"),
        ({"rate": -1.0}, "above 0"),
        ({"rate": float("nan")}, "finite"),
        ({"rate": float("inf")}, "finite"),
        ({"rate": np.array([0.1, np.nan, 0.1])}, "finite"),
        ({"start": (0.0, 0.0)}, "3 finite numbers"),
        ({"start": (0.0, 0.0, float("inf"))}, "3 finite numbers"),
        ({"decay": "one_over_tme"}, "Did you mean one_over_time"),
    ],
)
def test_settings_out_of_range_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _run(**changes)


def test_a_band_is_made_of_runs_and_one_that_diverged_is_above_all() -> None:
    values = np.array([[5.0, 1.0], [np.nan, 2.0], [1.0, 3.0], [3.0, 5.0], [2.0, np.nan]])
    spread = band(values)
    assert spread.median.tolist() == [3.0, 3.0]
    assert spread.low.tolist() == [1.0, 1.0]
    assert np.isinf(spread.high).all()


def test_a_band_holds_four_fifths_of_the_runs() -> None:
    values = np.random.default_rng(0).permuted(np.tile(np.arange(51.0), (3, 1)), axis=1).T
    spread = band(values)
    assert spread.low.tolist() == [5.0] * 3
    assert spread.median.tolist() == [25.0] * 3
    assert spread.high.tolist() == [45.0] * 3


@pytest.mark.parametrize("updates", [1, 2, 10, 599, 600, 20_000])
def test_enough_moments_are_shown_and_the_first_and_last_among_them(updates: int) -> None:
    moments = drawn_moments(updates)
    assert (moments[0], moments[-1]) == (0, updates)
    assert (np.diff(moments) > 0).all()
    assert len(moments) <= 600
    # No gap is wider than what one of 300 even parts is.
    assert np.diff(moments).max() <= max(1, np.ceil(updates / 299))


@pytest.mark.parametrize("batch", [1, 442])
def test_the_time_of_an_update_is_a_positive_number_of_seconds(batch: int) -> None:
    pair = dataset("diabetes").load().standardised()
    # Times are for showing: only that one was measured can be told.
    assert 0 < seconds_per_update(line(pair.x), pair.y, batch) < 1
