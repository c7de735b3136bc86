"""Runs that fail: each ends as its title says, and its signs are true of it."""

import numpy as np
import pytest

from core.engine.trace import Path
from core.engine.tracks import FLOOR
from core.figures import LIGHT, loss_axes
from core.lessons.demo import Demo
from core.lessons.failures import FAILURES as ALL
from core.lessons.failures import signs
from core.problems.theory import METHODS

FAILURES = {failure.key: failure for failure in ALL}
every = pytest.mark.parametrize("failure", ALL, ids=FAILURES)


def _path(failure: Demo, start: tuple[float, float] | None = None) -> Path:
    ((_, path),) = failure.race(start)
    return path


def _signs(failure: Demo, start: tuple[float, float] | None = None) -> list[str]:
    """What is said beyond how the run ended."""
    return signs(failure.race(start))[1:]


def test_each_ends_as_it_is_meant_to() -> None:
    outcomes = {key: str(_path(failure).status.outcome) for key, failure in FAILURES.items()}
    assert outcomes == {"slow": "diverged", "sudden": "diverged", "undefined": "undefined", "harmless": "finished"}


@every
def test_theory_knows_the_rule_and_the_rate_is_one_that_its_dial_reaches(failure: Demo) -> None:
    assert _path(failure).run.optimizer in METHODS
    (rate,) = failure.turns
    assert rate.hyper.slider[0] <= rate.hyper.default <= rate.hyper.slider[1]


def test_the_slow_one_grows_by_one_factor_for_hundreds_of_steps() -> None:
    path = _path(FAILURES["slow"])
    assert path.status.step > 500
    growth = path.loss[301:401] / path.loss[300:400]
    # (1 − 0.0205·100)² = 1.1025; the flat coordinate has died out by then.
    np.testing.assert_allclose(growth, 1.05**2, rtol=1e-6)


def test_the_sudden_one_is_over_in_a_few_steps_and_each_is_worse() -> None:
    path = _path(FAILURES["sudden"])
    assert path.status.step < 10
    powers = np.log(path.loss[1:] / path.loss[:-1])
    assert (np.diff(powers[1:]) > 0).all()


def test_the_one_without_a_sign_has_a_small_loss_to_the_end() -> None:
    path = _path(FAILURES["undefined"])
    assert path.loss[-1] < path.loss[0] < path.loss.max() < 10
    assert any("gave no such warning before it failed" in sentence for sentence in _signs(FAILURES["undefined"]))


def test_the_harmless_one_rises_often_never_above_its_start_and_arrives() -> None:
    path = _path(FAILURES["harmless"])
    rises = int((np.diff(path.loss) > 0).sum())
    assert rises > 100
    assert path.loss[-1] < 1e-9
    assert f"rose in {rises} of 300 steps" in _signs(FAILURES["harmless"])[0]


def test_the_sentences_have_the_numbers_of_the_run() -> None:
    rises, alarm, limit = _signs(FAILURES["slow"])
    assert "570 of 570" in rises
    # 38.09·1.1025^72 is the first above 38 090 once the flat coordinate's share has gone.
    assert "at step 72, 499 steps before it failed" in alarm
    assert "α = 0.02; here α is 102.5 % of it" in limit


@pytest.mark.parametrize(
    ("key", "start", "words"),
    [
        ("harmless", (0.0, 0.0), "was never above 0; it began at 0"),
        ("undefined", (1e-200, 1.0), "no curvature to compare"),
        ("undefined", (-1.0, 1.0), ""),
    ],
)
def test_odd_starts_have_sentences(key: str, start: tuple[float, float], words: str) -> None:
    sentences = _signs(FAILURES[key], start)
    assert words in " ".join(sentences)
    assert bool(sentences) is (_path(FAILURES[key], start).status.step > 0)
    assert "nan" not in " ".join(sentences)


@every
def test_the_picture_shows_the_whole_loss(failure: Demo) -> None:
    path, lowest = _path(failure), failure.objective.minimum
    axis = loss_axes(failure.race(), LIGHT, failure.objective).layout.yaxis
    assert axis.type == "log"
    powers = np.log10(np.maximum(path.loss - lowest, FLOOR))
    assert axis.range[0] <= powers.min() <= axis.range[0] + 1
    assert axis.range[1] - 1 <= powers.max() <= axis.range[1]
