"""Where gradient descent ends up when the curvature changes: cycles, how strongly they attract, rest, divergence."""

import numpy as np
import pytest

from core import Run
from core.formula import parse
from core.formula.words import apart, digits
from core.lessons.playground import CASES, case_rate, long_run, long_run_text
from core.problems.theory.cycles import LONGEST_CYCLE, cycle_length, multiplier


def _quartic(lr: float, start: float = 0.5) -> Run:
    return Run("quartic", "sgd", (start,), 100, {"lr": lr})


@pytest.mark.parametrize("period", [1, 2, 3, 17, LONGEST_CYCLE])
def test_a_cycle_has_the_length_after_which_it_repeats(period: int) -> None:
    points = np.arange(2 * LONGEST_CYCLE) % period * 0.1
    assert cycle_length(points) == period


def test_what_never_repeats_has_no_cycle() -> None:
    assert cycle_length(np.sqrt(np.arange(2.0 * LONGEST_CYCLE))) == 0
    # A millionth is the same place, ten millionths are not.
    assert cycle_length(np.arange(2.0 * LONGEST_CYCLE) % 2 * 1e-5) == 2
    assert cycle_length(np.arange(2.0 * LONGEST_CYCLE) % 2 * 1e-7) == 1


@pytest.mark.parametrize(("lr", "period"), [(0.012, 1), (0.12, 2), (0.125, 4), (0.145, 3), (0.14, 0)])
def test_the_long_run_has_the_period_known_for_its_rate(lr: float, period: int) -> None:
    outcome = long_run(_quartic(lr))
    assert (outcome.period, outcome.diverged) == (period, None)
    assert outcome.limit == pytest.approx(8 / 81, rel=1e-12)
    if period:
        # What one round multiplies a deviation by, against a deviation taken around.
        formula = parse("x**4 - 3*x**3 + 2", variables=("x",))
        moved = []
        for nudge in (1e-6, -1e-6):
            point = outcome.points[:1] + nudge
            for _ in range(period):
                point = point - lr * formula.grad(point)
            moved.append(float(point[0]))
        # Central differences of a smooth map: about 1e-12 of truncation, 1e-10 of rounding, a slope of order 1.
        assert outcome.multiplier == pytest.approx((moved[0] - moved[1]) / 2e-6, abs=1e-3)
        assert abs(outcome.multiplier) < 1
        assert outcome.multiplier == multiplier(formula, outcome.points, lr)


def test_the_words_have_the_numbers_of_the_long_run() -> None:
    bounded = long_run(_quartic(0.12))
    assert "above the limit 2/f″ = 0.09877" in long_run_text(bounded)
    low, high = apart(bounded.points.min(), bounded.points.max())
    assert f"same 2 places between {low} and {high}" in long_run_text(bounded)
    assert f"by {digits(bounded.multiplier)}," in long_run_text(bounded)
    assert "diverges at step 8" in long_run_text(long_run(_quartic(0.2)))
    assert "which is not the minimum" in long_run_text(long_run(_quartic(0.012, -0.5)))
    assert "at x = 2.25, the minimum" in long_run_text(long_run(_quartic(0.012)))
    assert "without leaving" in long_run_text(long_run(_quartic(0.14)))


@pytest.mark.parametrize("lr", [0.0, 0.05, 0.0987, 0.0988, 0.15, 0.19, 1.0, 1e6])
@pytest.mark.parametrize("start", [-1e6, -1.0, 0.0, 2.25, 1e6])
def test_whatever_is_set_is_told_in_sentences(lr: float, start: float) -> None:
    said = long_run_text(long_run(_quartic(lr, start)))
    assert said.endswith(".")
    assert "nan" not in said


def test_the_first_case_is_the_known_playground_and_each_case_tells_another_story() -> None:
    first = next(iter(CASES.values()))
    assert first.runs() == [Run("quartic", "sgd", (-0.5,), 500, {"lr": 0.012})]
    stories = {
        (outcome.period, round(float(outcome.points[0])))
        for outcome in map(long_run, (c.runs()[0] for c in CASES.values()))
    }
    assert len(stories) == len(CASES)
    for case in CASES.values():
        hyper = case_rate(case)
        assert hyper.slider[0] <= hyper.default <= hyper.slider[1]
        assert hyper.default == case.runs()[0].settings["lr"]
    # The slider reaches divergence from the cases' starts.
    assert long_run(_quartic(hyper.slider[1])).diverged
