"""The race off a saddle: exact slopes never leave its ridge, noise does, and theory says when descent does."""

import math

import numpy as np
import pytest

from core.evidence.experiments.saddles import escape
from core.lessons.saddle_race import NOISE, RATES, STEPS, escapes, saddle_race


def test_the_opening_race_is_won_by_adam_and_descent_takes_what_theory_says() -> None:
    race = saddle_race((1.0, 0.001), STEPS, RATES, NOISE.default, 0)
    steps = {racer.name: escape(path) for racer, path in race}
    assert steps["Adam"] < steps["Momentum"] < steps["Gradient descent"] < STEPS
    # The quartic term slows the last steps, where y is no longer small.
    assert steps["Gradient descent"] == pytest.approx(math.log(500) / math.log(1.1), abs=3)
    for (racer, _), sentence in zip(race, escapes(race), strict=False):
        assert f"**{racer.name}** leaves the saddle at step {steps[racer.name]:.0f};" in sentence
    assert "= 65.2 steps" in escapes(race)[-1]


@pytest.mark.parametrize("seed", range(5))
def test_on_the_ridge_only_noise_gets_away(seed: int) -> None:
    *exact, noisy = saddle_race((1.0, 0.0), STEPS, RATES, NOISE.default, seed)
    for _, path in exact:
        assert (path.x[:, 1] == 0).all()
    assert escape(noisy[1]) < STEPS
    assert "exactly on y = 0" in escapes([*exact, noisy])[-1]


def test_noise_of_zero_is_gradient_descent_itself() -> None:
    race = saddle_race((0.5, 0.01), 50, RATES, 0.0, 3)
    np.testing.assert_array_equal(race[0][1].x, race[-1][1].x)


def test_another_seed_is_another_path_and_the_exact_ones_stay() -> None:
    first, second = (saddle_race((1.0, 0.001), 50, RATES, 0.05, seed) for seed in (0, 1))
    same = [bool((a.x == b.x).all()) for (_, a), (_, b) in zip(first, second, strict=True)]
    assert same == [True, True, True, False]


@pytest.mark.parametrize("start", [(1e6, -1e6), (0.0, 0.0), (0.0, 0.7), (0.0, 1e-300)])
@pytest.mark.parametrize("lr", [0.0, 0.1, 1e6])
def test_every_start_and_rate_has_sentences(start: tuple[float, float], lr: float) -> None:
    race = saddle_race(start, 20, dict.fromkeys(RATES, lr), 0.1, 0)
    sentences = escapes(race)
    assert len(sentences) == len(race) + 1
    assert "nan" not in " ".join(sentences)
