"""The tools of the experiments: edits change something, and rules on arrays are the rules that run."""

import numpy as np
import pytest

from core import OPTIMIZERS, Run, trace
from core.evidence.experiments.measure import batches, curve, descend, edited, first, seeing, steps_text


def test_an_edit_that_changes_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no 'v_hat' to replace"):
        edited("momentum", ("v_hat", "v"))


def test_an_edit_without_changes_is_the_shipped_rule() -> None:
    start = (1.0, 2.0)
    shipped, text = (trace(Run("ravine", rule, start, 20)) for rule in ("adam", edited("adam")))
    assert np.array_equal(shipped.x, text.x)


@pytest.mark.parametrize("key", ["sgd", "momentum", "adagrad", "adam", "adamw", "lion"])
def test_a_rule_that_is_shown_the_gradient_itself_is_the_shipped_rule(key: str) -> None:
    shipped, text = (trace(Run("ravine", rule, (1.0, 2.0), 20)) for rule in (key, seeing(key, "g")))
    assert np.array_equal(shipped.x, text.x)


@pytest.mark.parametrize("key", ["sgd", "momentum", "adagrad", "rmsprop", "adam", "amsgrad", "radam", "adamw", "lion"])
def test_steps_on_arrays_are_those_of_a_run(key: str) -> None:
    starts = np.array([[1.0, -2.0, 0.5], [0.3, 4.0, -7.0]])
    with np.errstate(invalid="ignore"):
        x, seen = descend(key, starts, [OPTIMIZERS[key].hypers[0].default] * 30, lambda x: (x.sum(), 3 * x))
    assert seen.shape == (30,)
    assert seen[0] == starts.sum()
    for index in np.ndindex(starts.shape):
        run = trace(Run("1.5*x**2", key, (starts[index],), 30))
        # The same operations in another order.
        assert x[index] == pytest.approx(run.x[-1, 0], rel=1e-12)


@pytest.mark.parametrize("key", ["nesterov", "nadam", "sam", "schedule_free", "sophia", "newton"])
def test_a_rule_that_needs_more_than_gradients_is_refused(key: str) -> None:
    with pytest.raises(NotImplementedError):
        descend(key, np.ones(2), [0.1], lambda x: (None, x))


def test_the_first_crossing_is_counted_and_told() -> None:
    values = np.array([3.0, 2.0, 1.0, 2.0])
    assert first(values <= 2) == 1
    assert np.isinf(first(values <= 0))
    assert steps_text(1.0, 10) == "1 step"
    assert steps_text(7.0, 10) == "7 steps"
    assert steps_text(np.inf, 10) == "more than 10 steps"


@pytest.mark.parametrize("size", [1, 2, 10, 100_000])
def test_a_curve_is_thin_and_keeps_its_ends(size: int) -> None:
    y = np.arange(float(size)) ** 2
    drawn = curve("y", y)
    assert drawn.x.shape == drawn.y.shape
    assert 1 <= drawn.x.size <= 600
    assert (drawn.x[0], drawn.x[-1]) == (0.0, size - 1.0)
    assert np.array_equal(drawn.y, drawn.x**2)


@pytest.mark.parametrize("size", [16, 64, 100, 512])
def test_a_pass_shows_no_item_twice_and_as_many_as_fill_batches(size: int) -> None:
    picked = batches(np.random.default_rng(0), 512, size)
    for _ in range(2):
        seen = np.concatenate([next(picked) for _ in range(512 // size)])
        assert len(set(seen.tolist())) == len(seen) == 512 // size * size
