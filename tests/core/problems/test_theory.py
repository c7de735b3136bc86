"""Theory is what runs do: predicted rates, limits and regimes against measured ones, and honest answers elsewhere."""

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from core import OBJECTIVES, Run, trace
from core.formula import parse
from core.problems.theory import (
    METHODS,
    Regime,
    bands,
    best_settings,
    contraction,
    contractions,
    curvature,
    regime,
    spectrum,
    stable_limit,
)

Array = npt.NDArray[np.float64]

CONDITIONS = (2.0, 10.0, 100.0, 1000.0)
BETA = 0.9

every_method = pytest.mark.parametrize("key", METHODS)
at_every_condition = pytest.mark.parametrize("kappa", CONDITIONS)


def _hypers(key: str, lr: float, beta: float) -> dict[str, float]:
    return {"lr": lr} if key == "sgd" else {"lr": lr, "beta": beta}


def _turned(kappa: float) -> str:
    """A quadratic with curvatures 1 and ``kappa`` along axes that are turned by an eighth."""
    return f"(x + y)**2/4 + {kappa!r}*(x - y)**2/4"


def _distances(key: str, kappa: float, lr: float, beta: float, steps: int) -> Array:
    path = trace(Run(_turned(kappa), key, (1.0, 0.3), steps, _hypers(key, lr, beta)))
    assert len(path.x) == steps + 1
    return np.linalg.norm(path.x, axis=1)


def _measured(distances: Array, power: int) -> float:
    """The asymptotic factor a step from the last two thirds, for distances like k**power·factor**k."""
    first, last = len(distances) // 3, len(distances) - 1
    # Largest over a window: a complex pair makes the distance swing.
    window = max(1, len(distances) // 10)
    early, late = (distances[end - window : end].max() for end in (first, last))
    growth = math.log((last - window) / (first - window)) * power
    return math.exp((math.log(late / early) - growth) / (last - first))


def _budget(factor: float) -> int:
    """Steps in which the distance shrinks to 1e-120, far above the smallest float and far into the asymptote."""
    return min(60_000, max(60, int(120 * math.log(10) / -math.log(factor))))


@at_every_condition
@every_method
def test_the_best_settings_contract_as_predicted(key: str, kappa: float) -> None:
    best = best_settings(key, 1.0, kappa)
    assert contraction(key, [1.0, kappa], best.lr, best.beta) == pytest.approx(best.contraction, rel=1e-6)
    distances = _distances(key, kappa, best.lr, best.beta, _budget(best.contraction))
    # With the best momentum both eigenvalues of a direction coincide (critical damping): the distance is like
    # k·factor**k, so that k is divided out. Two per cent of the logarithm is far stricter than of the factor.
    measured = _measured(distances, power=0 if key == "sgd" else 1)
    assert math.log(measured) == pytest.approx(math.log(best.contraction), rel=0.02)


@at_every_condition
@pytest.mark.parametrize("share", [0.3, 0.9])
@every_method
def test_other_settings_contract_as_predicted(key: str, share: float, kappa: float) -> None:
    beta = 0.0 if key == "sgd" else 0.7
    lr = share * stable_limit(key, kappa, beta)
    predicted = contraction(key, [1.0, kappa], lr, beta)
    measured = _measured(_distances(key, kappa, lr, beta, _budget(predicted)), power=0)
    # The swing of a complex pair is not caught at its very top; over the budget that is below one per cent.
    assert math.log(measured) == pytest.approx(math.log(predicted), rel=0.02)


@pytest.mark.parametrize("largest", [0.5, 40.0])
@every_method
def test_runs_stop_to_settle_at_the_limit(key: str, largest: float) -> None:
    limit = stable_limit(key, largest, BETA)
    low, high = 0.2 * limit, 5 * limit
    # Twelve halvings of a range of 4.8 limits leave a thousandth of the limit.
    for _ in range(13):
        middle = (low + high) / 2
        path = trace(Run(f"{largest!r}*x**2/2", key, (1.0,), 6000, _hypers(key, middle, BETA)))
        settles = len(path.x) == 6001 and abs(path.x[-1, 0]) < 1
        low, high = (middle, high) if settles else (low, middle)
    # A thousandth from the bisection; next to the limit 6000 steps shrink or grow the distance by exp(6).
    assert low == pytest.approx(limit, rel=0.01)


def test_the_limits_are_the_known_ones() -> None:
    assert stable_limit("sgd", 4.0) == 0.5
    assert stable_limit("momentum", 1.0, BETA) == pytest.approx(3.8, rel=1e-15)
    assert stable_limit("nesterov", 1.0, BETA) == pytest.approx(3.8 / 2.8, rel=1e-15)
    assert {stable_limit(key, 2.0) for key in METHODS} == {1.0}


@at_every_condition
@every_method
def test_no_other_fixed_settings_contract_more_than_the_best(key: str, kappa: float) -> None:
    best = best_settings(key, 1.0, kappa)
    curvatures = np.geomspace(1.0, kappa, 30)
    shifts = (-0.05, -0.01, 0.0, 0.01, 0.05)
    others = [
        contraction(key, curvatures, best.lr * (1 + rate), min(0.999, max(0.0, best.beta + keep * (1 - best.beta))))
        for rate in shifts
        for keep in ((0.0,) if key == "sgd" else shifts)
    ]
    # The square root of rounding: near critical damping the factor goes like the root of what is off.
    assert min(others) >= best.contraction - 1e-7
    assert max(others) > best.contraction + 1e-4


def test_one_curvature_is_solved_in_one_step_and_two_need_the_gentler_settings() -> None:
    for key in METHODS:
        only = best_settings(key, 4.0, 4.0)
        assert (only.lr, only.beta, only.contraction) == (0.25, 0.0, 0.0)
    ball, nag = (best_settings(key, 1.0, 100.0) for key in ("momentum", "nesterov"))
    assert ball.lr == pytest.approx(4 / 121)
    assert ball.beta == pytest.approx((9 / 11) ** 2)
    assert nag.lr == pytest.approx(4 / 301)
    # The usual choice for Nesterov's method contracts by 1 − 1/√κ. The square root of rounding: a double eigenvalue.
    usual = contraction("nesterov", [1.0, 100.0], 0.01, 9 / 11)
    assert usual == pytest.approx(0.9, abs=1e-7)
    assert nag.contraction < usual


@every_method
def test_the_regimes_are_what_a_run_does(key: str) -> None:
    beta, largest = (0.0, 3.0) if key == "sgd" else (0.5, 3.0)
    monotone, oscillating, cycle, diverging = bands(key, largest, beta)
    rates = {
        Regime.MONOTONE: 0.9 * monotone.high,
        Regime.OSCILLATING: 0.999 * oscillating.high,
        Regime.CYCLING: cycle.high,
        Regime.DIVERGING: 1.01 * diverging.low,
    }
    for expected, lr in rates.items():
        assert regime(key, lr, largest, beta) is expected
        x = trace(Run(f"{largest!r}*x**2/2", key, (1.0,), 2000, _hypers(key, lr, beta))).x[:, 0]
        sides = np.sign(x[np.abs(x) > 0])
        assert (sides > 0).all() == (expected is Regime.MONOTONE)
        early, late = (np.abs(part).max() for part in (x[len(x) // 2 :][:100], x[-100:]))
        if expected is Regime.CYCLING:
            # 2000 steps of a cycle that rounding moves by 1e-16 each.
            assert late == pytest.approx(early, rel=1e-9)
        else:
            assert (late > early) == (expected is Regime.DIVERGING)
    just_past = trace(Run(f"{largest!r}*x**2/2", key, (1.0,), 400, _hypers(key, 1.05 * monotone.high, beta))).x[:, 0]
    assert (just_past[np.abs(just_past) > 1e-300] < 0).any()
    assert regime(key, 1.05 * monotone.high, largest, beta) is Regime.OSCILLATING


def test_the_bands_follow_each_other_without_a_gap() -> None:
    for key in METHODS:
        rows = bands(key, 2.0, 0.0 if key == "sgd" else BETA)
        assert [band.regime for band in rows] == list(Regime)
        assert rows[0].low == 0
        assert math.isinf(rows[-1].high)
        assert all(before.high == after.low for before, after in pairwise(rows))
    assert regime("sgd", 1 / 3 + 1 / 3, 3.0) is Regime.CYCLING


def test_curvature_is_that_of_the_objective() -> None:
    valley = curvature(OBJECTIVES["rosenbrock"].parsed, (1.0, 1.0))
    assert valley.values == pytest.approx([0.39936, 1001.60], rel=1e-5)
    assert valley.condition == pytest.approx(2508.01, rel=1e-5)
    assert valley.smallest > 0
    hessian = OBJECTIVES["rosenbrock"].parsed.hessian(np.array([1.0, 1.0]))
    # Eigenvectors are accurate to rounding of the largest curvature.
    assert hessian @ valley.vectors == pytest.approx(valley.vectors * valley.values, abs=1e-11)
    assert valley.vectors.T @ valley.vectors == pytest.approx(np.eye(2), abs=1e-14)


def test_saddles_and_flat_directions_are_told_apart() -> None:
    saddle = curvature(OBJECTIVES["saddle"].parsed, (0.0, 0.0))
    assert saddle.smallest < 0
    with pytest.raises(ValueError, match="smallest here is −1"):
        _ = saddle.condition
    # At twice the limit of its upward direction a saddle still pushes the point away.
    assert contraction("sgd", saddle.values, 0.1) == pytest.approx(1.1)
    random = np.random.default_rng(0)
    for _ in range(200):
        a, b = random.normal(size=2) * 10.0 ** random.integers(-8, 8)
        gutter = spectrum([[a * a, a * b], [a * b, b * b]])
        assert gutter.smallest == 0
        assert math.isinf(gutter.condition)
    assert spectrum(np.zeros((2, 2))).smallest == 0
    assert spectrum([[1.0, 0.0], [0.0, 1e-13]]).smallest > 0


def test_flat_directions_do_not_slow_the_prediction() -> None:
    for key in METHODS:
        assert contraction(key, [0.0, 1.0], 0.5, 0.25) == contraction(key, [1.0], 0.5, 0.25) < 1
        assert contraction(key, [0.0, 0.0], 0.5) == 1
        assert math.isinf(stable_limit(key, 0.0))
        assert math.isinf(stable_limit(key, -1.0))


def test_huge_numbers_give_answers_without_overflow() -> None:
    for key in METHODS:
        for curvatures in ([1e300], [-1e300], [1.0, 1e250]):
            assert math.isinf(contraction(key, curvatures, 1e6, 0.0))
            assert contraction(key, curvatures, 0.0, 0.0) == 1
    assert spectrum([[1e300, 0.0], [0.0, 1e299]]).condition == pytest.approx(10)


def test_what_is_not_a_matrix_of_second_derivatives_is_refused_in_a_sentence() -> None:
    for matrix, message in (
        ([[1.0, 2.0]], "square"),
        ([[1.0, math.nan], [math.nan, 1.0]], "finite"),
        ([[1.0, 2.0], [3.0, 1.0]], "symmetric"),
        (np.empty((0, 0)), "square"),
    ):
        with pytest.raises(ValueError, match=message):
            spectrum(matrix)
    with pytest.raises(ValueError, match=r"at x = 0 are not finite"):
        curvature(parse("log(x)", variables=("x",)), (0.0,))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stable_limit("adam", 1.0), "sgd, momentum, nesterov"),
        (lambda: stable_limit("momentum", 1.0, 1.0), r"beta must lie in \[0, 1\)"),
        (lambda: stable_limit("sgd", math.nan), "must be finite"),
        (lambda: best_settings("sgd", 0.0, 1.0), "above 0"),
        (lambda: best_settings("sgd", math.nan, 1.0), "above 0"),
        (lambda: best_settings("sgd", -1.0, 1.0), "between −1 and 1"),
        (lambda: contraction("sgd", [1.0, math.inf], 0.1), "finite"),
        (lambda: contraction("sgd", [1.0], math.inf), "lr must be"),
        (lambda: contraction("sgd", [1.0], -0.1), "lr must be"),
        (lambda: bands("sgd", 0.0), "above 0"),
        (lambda: regime("sgd", math.nan, 1.0), "lr must be"),
    ],
)
def test_questions_without_an_answer_are_refused_in_a_sentence(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=message) as refused:
        call()
    assert str(refused.value).endswith(".")


@every_method
def test_factors_of_many_settings_are_those_of_each(key: str) -> None:
    rates, betas = np.array([0.0, 0.01, 0.02, 0.5, 1e200]), np.array([[0.0], [0.5], [0.999]])
    many = contractions(key, (0.0, 1.0, 100.0), rates, betas)
    assert many.shape == (3, 5)
    for (row, column), factor in np.ndenumerate(many):
        assert factor == contraction(key, (0.0, 1.0, 100.0), float(rates[column]), float(betas[row, 0]))
    for wrong in ((-1.0, 0.5), (math.nan, 0.5), (1.0, 1.0), (1.0, -0.1)):
        with pytest.raises(ValueError, match="was given"):
            contractions(key, (1.0,), [0.1, wrong[0]], [0.1, wrong[1]])
