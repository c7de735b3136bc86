"""Balls on x³ and the race off a saddle: who gets past the flat place, who leaves the ridge, and what theory says."""

import math
from dataclasses import replace

import numpy as np
import pytest

from core.catalogue.optimizers import OPTIMIZERS
from core.catalogue.racers import RACERS
from core.engine.status import Outcome
from core.evidence.experiments.saddles import escape
from core.lessons.demo import Demo, hyper_turn
from core.lessons.saddle_race import CUBE, RATES, SADDLE, crossings, escapes


def _cube(key: str, lr: float) -> Demo:
    """One rule alone on x³."""
    return replace(CUBE, entrants=((RACERS[key], {}),), turns=(hyper_turn("lr", lr, key),))


def test_on_x_cubed_descent_creeps_to_the_flat_place_and_momentum_falls_for_ever() -> None:
    race = CUBE.race()
    (_, plain), (_, heavy) = race
    assert (np.diff(plain.x[:, 0]) < 0).all()
    assert (plain.x > 0).all()
    # The flow dx/dt = −3x² from 1; the steps are 0.01 long.
    assert plain.x[-1, 0] == pytest.approx(1 / (1 + 3 * 0.01 * CUBE.steps), abs=2e-3)
    passed = int((heavy.x[:, 0] < 0).argmax())
    assert heavy.x[passed - 1, 0] > 0
    assert heavy.status.outcome is Outcome.DIVERGED
    descent, momentum, why, truth = crossings(race)
    assert descent.startswith(f"**Gradient descent** has not passed 0 in 200 steps: it is at x = {plain.x[-1, 0]:.4g},")
    assert momentum == f"**Momentum** gets past 0 at step {passed} and is below −1000 after 49 steps."
    assert "begins at 0.03, so it never gets there" in why
    assert "x³ has none" in truth


@pytest.mark.parametrize("start", [0.2, 0.999, 1.001, 1.7])
def test_what_is_said_of_descent_on_x_cubed_holds_at_any_rate(start: float) -> None:
    for lr in (0.01, 0.3, 1 / 3, 0.5):
        race = _cube("sgd", lr).race((start,), 2000)
        never = "never gets there" in " ".join(crossings(race))
        assert never == bool((race[0][1].x > 0).all()), lr


@pytest.mark.parametrize("start", [-1e6, -0.1, 0.0, 1e-300, 0.3, 1e6])
@pytest.mark.parametrize("key", OPTIMIZERS)
def test_every_rule_on_x_cubed_from_everywhere_has_a_true_sentence(key: str, start: float) -> None:
    for lr in (0.0, 0.01, 0.9):
        race = _cube(key, lr).race((start,), 30)
        x = race[0][1].x[:, 0]
        sentence = crossings(race)[0]
        assert "nan" not in sentence
        assert ("has not passed 0" in sentence) == bool((x >= 0).all())
        assert ("starts below 0" in sentence) == (start < 0)


def test_the_opening_race_is_won_by_adam_and_descent_takes_what_theory_says() -> None:
    race = SADDLE.race((1.0, 0.001))
    steps = {racer.name: escape(path) for racer, path in race}
    assert steps["Adam"] < steps["Momentum"] < steps["Gradient descent"] < SADDLE.steps
    # The quartic term slows the last steps, where y is no longer small.
    assert steps["Gradient descent"] == pytest.approx(math.log(500) / math.log(1.1), abs=3)
    for (racer, _), sentence in zip(race, escapes(race), strict=False):
        assert f"**{racer.name}** leaves the saddle at step {steps[racer.name]:.0f};" in sentence
    assert "= 65.2 steps" in escapes(race)[-1]


def test_on_the_ridge_only_noise_gets_away() -> None:
    *exact, noisy = SADDLE.race((1.0, 0.0))
    for _, path in exact:
        assert (path.x[:, 1] == 0).all()
    assert escape(noisy[1]) < SADDLE.steps
    assert "exactly on y = 0" in escapes([*exact, noisy])[-1]


def test_noise_of_zero_is_gradient_descent_itself() -> None:
    race = SADDLE.race((0.5, 0.01), 50, {"noisy_noise": 0.0})
    np.testing.assert_array_equal(race[0][1].x, race[-1][1].x)


@pytest.mark.parametrize("start", [(1e6, -1e6), (0.0, 0.0), (0.0, 0.7), (0.0, 1e-300)])
@pytest.mark.parametrize("lr", [0.0, 0.1, 1e6])
def test_every_start_and_rate_has_sentences(start: tuple[float, float], lr: float) -> None:
    rates = {turn.key: lr for turn in SADDLE.turns if turn.hyper.name == "lr"}
    assert len(rates) == len(RATES)
    race = SADDLE.race(start, 20, {**rates, "noisy_noise": 0.1})
    sentences = escapes(race)
    assert len(sentences) == len(race) + 1
    assert "nan" not in " ".join(sentences)
