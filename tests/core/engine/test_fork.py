"""What a fork promises: nothing is lost where nothing changes, and the memory of the run goes on where it can."""

import os
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.engine import trace as tracing
from core.engine.fork import carried, fork_sentence, forked, memory_sentence
from core.engine.replay import replayed
from core.engine.status import Outcome
from core.engine.trace import Path

every = pytest.mark.parametrize("key", OPTIMIZERS)
# A learning rate with which each rule stays finite for the steps taken here, where the default is too long.
SAFE_LR = {"momentum": 2e-4, "nesterov": 2e-4, "schedule_free": 5e-4}
STEPS = 30
RANDOM = np.random.default_rng(int(os.environ["TEST_SEED"]))


def _run(key: str, objective: str = "rosenbrock", **settings: Any) -> Run:
    hypers = {"lr": SAFE_LR[key]} if key in SAFE_LR else {}
    return Run(objective, key, OBJECTIVES[objective].start, **({"steps": STEPS, "hypers": hypers} | settings))


def _assert_same(one: Path, other: Path) -> None:
    """Every number of both is the same, to the last bit."""
    assert (one.run, one.status, one.evaluations) == (other.run, other.status, other.evaluations)
    for name in ("x", "loss", "grad", "grad_norm"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    assert list(one.terms) == list(other.terms)
    for name, values in one.terms.items():
        np.testing.assert_array_equal(values, other.terms[name], name)


@every
def test_a_fork_at_which_nothing_changes_is_the_path_itself(key: str) -> None:
    objectives = ("rosenbrock", "quartic", "rastrigin")
    schedules = ("constant", "cosine", "plateau")
    for objective, schedule, noise, clip in product(objectives, schedules, (0.0, 0.3), (None, 0.5)):
        run = _run(key, objective, schedule=schedule, noise=noise, clip_norm=clip, seed=7)
        path = trace(run)
        _assert_same(forked(run, int(RANDOM.integers(0, len(path.x))), run), path)


def test_a_fork_may_lie_where_the_loop_looks_for_divergence_or_beside_it() -> None:
    run = _run("adam", steps=2 * tracing._CHUNK + 10, schedule="plateau", noise=0.1)
    path = trace(run)
    for step in (1, tracing._CHUNK - 1, tracing._CHUNK, tracing._CHUNK + 1, run.steps - 1, run.steps):
        _assert_same(forked(run, step, run), path)


@every
def test_another_learning_rate_from_a_step_on_is_what_a_schedule_makes_of_it_there(key: str) -> None:
    # Half of a number is exact, so that both see the same rates.
    halved = "factor = where(t > 12, 0.5, 1)"
    run = _run(key, noise=0.2, seed=3)
    half = replace(run, hypers=run.settings | {"lr": run.settings["lr"] / 2})
    path = forked(run, 12, half)
    np.testing.assert_array_equal(path.x, trace(replace(run, schedule=halved)).x)
    assert path.run == half


@every
def test_a_rule_goes_on_as_its_own_text_with_all_of_its_memory(key: str) -> None:
    run = _run(key, schedule="plateau", noise=0.2, seed=4)
    own = replace(run, optimizer=OPTIMIZERS[key].text, hypers=run.settings)
    assert carried(run, own) == OPTIMIZERS[key].parsed.state
    np.testing.assert_array_equal(forked(run, 11, own).x, trace(run).x)


@every
def test_a_fork_at_the_start_is_the_other_run(key: str) -> None:
    for before in ("adam", "dog", "armijo"):
        _assert_same(forked(_run(before), 0, _run(key)), trace(_run(key)))


def test_at_the_start_a_state_is_what_the_other_run_starts_it_at() -> None:
    falling = "rate: state = lr\nrate = 0.9*rate\nx = x - rate*g"
    slow, fast = (_run(falling, hypers={"lr": lr}) for lr in (1e-4, 1e-3))
    _assert_same(forked(fast, 0, slow), trace(slow))
    # Later it goes on as it was, whatever the other run would have started with.
    np.testing.assert_array_equal(forked(fast, 1, slow).x, trace(fast).x)


@every
def test_a_fork_at_the_end_ends_where_the_run_did(key: str) -> None:
    path = forked(_run("adam"), STEPS, _run(key))
    assert (path.run, path.status) == (_run(key), trace(_run("adam")).status)
    np.testing.assert_array_equal(path.x, trace(_run("adam")).x)


def test_adam_hands_both_of_its_memories_to_amsgrad_which_starts_the_largest_one_anew() -> None:
    adam = trace(_run("adam"))
    path = forked(adam.run, 10, _run("amsgrad"))
    lr, beta1, beta2, eps = (path.run.settings[name] for name in ("lr", "beta1", "beta2", "eps"))
    x, m, v, largest = adam.x[10], adam.terms["m"][9], adam.terms["v"][9], np.zeros(2)
    for t in range(11, STEPS + 1):
        g = OBJECTIVES["rosenbrock"].parsed.grad(x)
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        largest = np.maximum(largest, v)
        x = x - lr * m / (1 - beta1**t) / (np.sqrt(largest / (1 - beta2**t)) + eps)
        # The same sums in another order: a few units in the last place a step.
        np.testing.assert_allclose(path.x[t], x, rtol=1e-12)
    np.testing.assert_array_equal(path.terms["v_max"][:9], np.full((9, 2), np.nan))
    np.testing.assert_array_equal(path.terms["v_max"][9], [0.0, 0.0])
    np.testing.assert_array_equal(path.terms["m"][:10], adam.terms["m"][:10])


def test_names_are_taken_over_that_mean_the_same_in_as_many_numbers() -> None:
    def names(before: str, after: str) -> tuple[str, ...]:
        return carried(_run(before), _run(after))

    assert names("adam", "nadam") == ("m", "v")
    assert names("rmsprop", "adam") == ("v",)
    assert names("momentum", "adam") == ()
    # A number for each coordinate against one for all of them.
    assert names("adagrad", "dog") == ()
    # Of a visitor's names nobody knows what they mean.
    assert names("momentum", "v = 0.9*v + g\nx = x - lr*v") == ("v",)
    assert names("momentum", "v = 0.9*v + norm(g)\nx = x - lr*v*g") == ()


def test_what_starts_at_a_fork_starts_as_the_rule_says_at_the_point_there() -> None:
    path = forked(_run("sgd"), 10, _run("schedule_free"))
    (lr, beta), x = path.run.settings.values(), path.x[10]
    y = (1 - beta) * x + beta * x
    z = x - lr * OBJECTIVES["rosenbrock"].parsed.grad(y)
    # The same sums once in NumPy and once compiled.
    np.testing.assert_allclose(path.x[11], (1 - 1 / 11) * x + z / 11, rtol=1e-14)
    # The anchor of DoG is never assigned, so it is in no row of terms.
    run = _run("dog", steps=20)
    late = forked(run, 10, replace(run, optimizer=OPTIMIZERS["dog"].text))
    np.testing.assert_array_equal(late.x, trace(run).x)


@every
def test_the_step_behind_a_fork_is_computed_once_more_from_what_is_recorded(key: str) -> None:
    for before in ("adam", "momentum"):
        run, then = _run(before), _run(key)
        path = forked(run, 10, then)
        # What a rule keeps without ever assigning it is not recorded, and here it starts in the middle.
        if set(then.resolved_optimizer.parsed.state) <= set(then.resolved_optimizer.parsed.assigned):
            graph, step = replayed(then, path.x, path.terms, 11)
            # NumPy's vectors against single numbers: a unit in the last place for each of a few operations.
            np.testing.assert_allclose([graph.number(value) for value in step.names["x"]], path.x[11], rtol=1e-13)


def test_gradients_are_counted_as_each_rule_asks_for_them() -> None:
    assert forked(_run("sgd"), 10, _run("sam")).evaluations == 10 + 2 * (STEPS - 10)
    assert forked(_run("sam"), 10, _run("sgd")).evaluations == 2 * 10 + (STEPS - 10)


def test_a_future_that_diverges_is_a_shorter_path_that_says_where() -> None:
    run = _run("sgd", "bowl", steps=400)
    then = replace(run, hypers={"lr": 50.0})
    path = forked(run, 100, then)
    assert path.status.outcome is Outcome.DIVERGED
    assert path.status.step == len(path.x) > 101
    with pytest.raises(ValueError, match=f"failed at step {trace(then).status.step}"):
        forked(then, 300, run)


def test_a_future_that_becomes_undefined_says_by_which_operation() -> None:
    root = "v = 0.9*v + 0*g\nx = x - lr*g/sqrt(v)"
    path = forked(_run("momentum"), 10, _run(root, hypers={"lr": 1e-3}))
    assert path.status.step == 11
    assert "sqrt(v) is sqrt(−" in str(path.status)
    # What it keeps has no row before the fork, which is no reason; it is lost at one step and felt at the next.
    late = "w = w - 0.25\nx = x - lr*g + 0*r\nr = 0.5*r + sqrt(1 + w)"
    path = forked(_run("sgd"), 10, _run(late, hypers={"lr": 1e-3}))
    assert path.status.step == 16
    assert "in x at step 15, sqrt(1 + w) is sqrt(−0.25)" in str(path.status)


def test_what_cannot_be_a_fork_is_refused_in_words() -> None:
    run = _run("sgd")
    for step in (-1, STEPS + 1):
        with pytest.raises(ValueError, match=f"from 0 to 30; {step} was given"):
            forked(run, step, run)
    with pytest.raises(ValueError, match="its own objective"):
        forked(run, 3, _run("sgd", "bowl"))
    with pytest.raises(ValueError, match="one start"):
        forked(run, 3, replace(run, start=(0.0, 0.5)))


def test_both_futures_are_told_in_a_sentence_with_their_numbers() -> None:
    run = _run("adam", steps=500, hypers={"lr": 0.1})
    path = trace(run)

    def told(**changes: Any) -> str:
        return fork_sentence("Adam", path, forked(run, 120, replace(run, **changes)), 120)

    slower = told(hypers={"lr": 0.01})
    assert slower.startswith("With Adam's learning rate lowered to 0.01 at step 120, the run ends with a loss of 2.608")
    assert slower.endswith(" instead of 0.009428.")
    assert "raised to 1 at" in told(hypers={"lr": 1.0})
    assert told() == "Nothing changes at step 120, so both futures are the same."
    assert told(optimizer="sgd", hypers={"lr": 1.0}) == (
        "Handed from Adam to Gradient descent at step 120, the run diverges at step 124 instead of ending with a loss "
        "of 0.009428."
    )
    assert told(schedule="cosine").startswith("With other settings of Adam from step 120, the run ends")
    lost = trace(replace(run, optimizer="sgd", hypers={"lr": 0.01}))
    sooner = forked(lost.run, 2, replace(lost.run, hypers={"lr": 100.0}))
    assert fork_sentence("Plain", lost, sooner, 2).endswith(
        f"the run diverges at step {sooner.status.step} instead of diverging at step {lost.status.step}."
    )
    other = forked(lost.run, 2, replace(run, optimizer="adam"))
    assert fork_sentence("Plain", lost, other, 2).endswith(f" instead of diverging at step {lost.status.step}.")


def test_what_is_taken_over_is_told() -> None:
    adam = _run("adam")
    assert memory_sentence(adam, _run("amsgrad"), 9) == (
        "AMSGrad takes over m and v and starts afresh with v_max; t counts on from step 9."
    )
    assert memory_sentence(adam, _run("amsgrad"), 0).startswith("AMSGrad starts afresh with m, v and v_max;")
    assert "the point is all that it takes over" in memory_sentence(adam, _run("sgd"), 9)
