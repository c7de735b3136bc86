"""The factor per step of any rule near a minimum, from its text."""

import re
from contextlib import suppress

import numpy as np
import pytest

from core import OPTIMIZERS, Run, trace
from core.catalogue.racers import RACERS, own_racer
from core.problems.theory import METHODS, contraction, stability, step_factors

PRODUCTS = np.linspace(0.01, 4.5, 450)
# Among those that come back to a minimum in proportion to the distance.
LINEAR = {"sgd", "momentum", "nesterov", "adadelta", "newton"}
OWN = """\
beta: (0, 1) = 0.9
m = beta*m + (1 - beta)*g
x = x - lr*(m + g)
"""


@pytest.mark.parametrize("key", METHODS)
@pytest.mark.parametrize("beta", [0.0, 0.3, 0.9, 0.99])
def test_the_factor_equals_the_closed_form(key: str, beta: float) -> None:
    closed = [contraction(key, [1.0], lr, beta) for lr in PRODUCTS]
    found = step_factors(OPTIMIZERS[key], {"lr": 1.0, "beta": beta}, PRODUCTS)
    # Where two eigenvalues meet, each is known to half the digits.
    np.testing.assert_allclose(found, closed, rtol=0, atol=1e-9)


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_a_rule_has_a_factor_that_its_run_shows_or_says_why_not(key: str) -> None:
    optimizer = OPTIMIZERS[key]
    settings = {hyper.name: hyper.default for hyper in optimizer.hypers} | {"lr": 0.3}
    factor = None
    with suppress(ValueError):
        (factor,) = step_factors(optimizer, settings, np.array([0.3]))
    if factor is None:
        with pytest.raises(ValueError, match=re.escape(optimizer.name)):
            step_factors(optimizer, settings, PRODUCTS)
        assert key not in LINEAR
        return
    path = trace(Run("parabola", key, (1e-6,), 2000, settings))
    size = np.abs(path.x[:, 0])
    steps = np.flatnonzero(size > 1e-60)[-1]
    if factor > 0.01:
        assert size[steps] ** (1 / steps) == pytest.approx(factor, rel=0.05)
    else:
        assert size[1] < 1e-12


def test_a_rule_of_ones_own_is_judged_like_any_other() -> None:
    racer = own_racer(OWN)
    (limit,) = np.flatnonzero(np.diff(step_factors(racer.optimizer, {"beta": 0.9}, PRODUCTS) < 1))
    # From z² − (1 + β − p(2 − β))z + β(1 − p) at z = −1: p = 2(1 + β)/(2 − β + β).
    assert PRODUCTS[limit] == pytest.approx(2 * 1.9 / 2, abs=0.011)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x = x - lr*sign(g)", "derivative"),
        ("x = x - lr*g/(abs(g) + 1e-12)", "derivative"),
        ("x = x - lr*g/sqrt(t)", "changing with t"),
        ("x = x - lr*(g - sum(g)/4)", "mixes"),
        ("m = m + 1\nx = x - lr*g", "come to rest"),
    ],
)
def test_what_no_factor_describes_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        step_factors(own_racer(text).optimizer, {}, PRODUCTS)


def test_a_race_stands_where_its_rates_and_the_largest_curvature_put_it() -> None:
    race = [
        (RACERS[key], trace(Run("ravine", key, (-1.0, 1.0), 20, {"lr": lr})))
        for key, lr in [("sgd", 0.021), ("adam", 0.1)]
    ]
    plot, said = stability(race)
    assert [series.name for series in plot.series] == ["Gradient descent", ""]
    assert plot.series[1].x == pytest.approx(2.1)
    assert "stable up to a product of 2." in said[0]
    assert said[0].endswith("0.021 × 100 = 2.1: not stable.")
    assert "no derivative" in said[1]


def test_a_rule_that_answers_to_the_curvature_itself_says_at_which() -> None:
    race = [(RACERS["newton"], trace(Run("ravine", "newton", (-1.0, 1.0), 20, {"lr": 0.9})))]
    _, (said,) = stability(race)
    assert said.endswith("at a curvature of 100. Here it stands at 0.9 × 100 = 90: stable.")


def test_no_race_stands_anywhere_where_nothing_curves() -> None:
    plot, said = stability([(RACERS["sgd"], trace(Run("absolute", "sgd", (1.0,), 20)))])
    assert np.isnan(plot.series[1].x).all()
    assert len(said) == 2
    assert "none of this is promised" in said[1]
