"""The words and the table about a race: this run's numbers, ranked by what was reached."""

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.catalogue.racers import RACERS
from core.engine.status import Outcome, point_text
from core.engine.summary import Race, retell, row, step_sentence
from core.engine.trace import Path
from core.formula.words import digits
from tests.numerals import NUMBER, misprints, value_of


def _race(rules: Mapping[str, Mapping[str, float]], objective: str = "rosenbrock", steps: int = 200) -> Race:
    start = OBJECTIVES[objective].start
    return [
        (RACERS[key], trace(Run(objective, RACERS[key].optimizer.key, start, steps, hypers)))
        for key, hypers in rules.items()
    ]


def _numbers(text: str) -> set[str]:
    return set(NUMBER.findall(text))


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_a_sentence_has_the_numbers_of_its_run(key: str) -> None:
    ((racer, path),) = race = _race({key: {"lr": 1e-4}})
    (sentence,) = retell(race)
    assert sentence.startswith(f"**{racer.name}.** ")
    assert str(path.status) in sentence
    assert point_text(path.x[-1]) in sentence
    if path.status.outcome is Outcome.FINISHED:
        assert f"the loss is {digits(path.loss[-1])}" in sentence
    assert re.search(rf"the gradient norm (is )?{re.escape(digits(path.grad_norm[-1]))}", sentence)


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_a_row_has_the_numbers_of_its_run(key: str) -> None:
    ((racer, path),) = _race({key: {"lr": 1e-4}}, steps=50)
    numbers = asdict(row(racer, path))
    assert numbers == {
        "rule": racer.name,
        "rate": 1e-4,
        "schedule": "Constant",
        "outcome": path.status.outcome.value,
        "steps": 50,
        "gradients": path.evaluations,
        "loss": path.loss[-1],
        "best": min(path.loss),
    }
    # A table is sent to a browser as plain values.
    assert {type(value) for value in numbers.values()} == {str, int, float}


CHANGES: Mapping[str, dict[str, Any]] = {
    "the learning rate": {"hypers": {"lr": 7e-4}},
    "the steps": {"steps": 150},
    "the start": {"start": (-1.4, 2.0)},
    "the objective": {"objective": "beale", "start": (1.0, 1.0)},
    "the noise": {"noise": 1.0},
    "the clipping": {"clip_norm": 0.5},
    "the schedule": {"schedule": "cosine"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_words_change_with_a_setting(change: dict[str, Any]) -> None:
    run = Run("rosenbrock", "momentum", (-1.5, 2.0), 200, {"lr": 4e-4})
    before, after = (retell([(RACERS["momentum"], trace(one))]) for one in (run, replace(run, **change)))
    assert _numbers(before[0]) != _numbers(after[0])


def test_the_best_end_comes_first_and_runs_that_failed_last() -> None:
    race = _race(
        {
            "sgd": {"lr": 0.003},
            "momentum": {"lr": 0.0008},
            "adam": {"lr": 0.0008},
            "rmsprop": {"lr": 0.01},
            "nesterov": {"lr": 0.003},
        }
    )
    names = [sentence.split("**")[1].rstrip(".") for sentence in retell(race)]
    ends = {racer.name: path for racer, path in race}
    failed = {name for name, path in ends.items() if path.status.outcome is Outcome.DIVERGED}
    assert failed == {"Gradient descent", "Nesterov"}
    assert set(names[3:]) == failed
    finished = [ends[name].loss[-1] for name in names[:3]]
    assert finished == sorted(finished)
    assert names[0] == "Momentum"


def test_a_run_without_a_value_is_ranked_after_all_that_moved() -> None:
    lost = (RACERS["adam"], trace(Run("log(x) + y", "adam", (-1.0, 1.0), 5)))
    diverged = (RACERS["sgd"], trace(Run("-x**2 - y**2", "sgd", (3.0, 1.0), 500, {"lr": 1.0})))
    fine = (RACERS["momentum"], trace(Run("x**2 + y**2 + 1e9", "momentum", (3.0, 1.0), 5)))
    names = [sentence.split("**")[1] for sentence in retell([lost, diverged, fine])]
    assert names[0] == "Momentum."
    (undefined,) = retell([lost])
    assert undefined == f"**Adam.** {lost[1].status}"
    assert "Undefined at the start" in undefined
    assert row(*lost).steps == 0


def test_a_run_that_diverged_says_when_and_where_and_not_how_well_it_ends() -> None:
    ((_, path),) = race = _race({"sgd": {"lr": 0.003}})
    (sentence,) = retell(race)
    assert f"Diverged at step {path.status.step}" in sentence
    assert point_text(path.x[-1]) in sentence
    assert "It is at" not in sentence


def test_a_run_that_was_lower_before_says_where() -> None:
    ((_, path),) = race = _race({"momentum": {"lr": 0.02}}, "himmelblau", 30)
    (sentence,) = retell(race)
    lowest = int(path.loss.argmin())
    assert lowest < 30
    assert f"Its loss was lowest, {digits(path.loss[lowest])}, at step {lowest}." in sentence
    # Gradient descent at a small rate is lowest at its end and does not say so.
    assert "lowest" not in retell(_race({"sgd": {"lr": 1e-4}}))[0]


@pytest.mark.parametrize(("key", "gradients"), [("sam", 400), ("newton", 400), ("sophia", 220), ("adam", None)])
def test_what_a_run_cost_is_told_where_it_is_not_one_gradient_a_step(key: str, gradients: int | None) -> None:
    (sentence,) = retell(_race({key: {"lr": 1e-4}}))
    assert re.findall(r"It needed (\d+) gradients", sentence) == ([] if gradients is None else [str(gradients)])


def test_the_same_rule_races_twice_under_two_names() -> None:
    sentences = retell(_race({"adam": {"lr": 0.1}, "adam2": {"lr": 0.001}}))
    assert [sentence.split("**")[1] for sentence in sentences] == ["Adam.", "Adam 2."]


def _descent(objective: str, start: float, lr: float, steps: int = 20) -> Path:
    return trace(Run(objective, "sgd", (start,), steps, {"lr": lr}))


@pytest.mark.parametrize("key", [key for key, objective in OBJECTIVES.items() if objective.dimension == 1])
@pytest.mark.parametrize("step", [1, 2, 20])
def test_the_sentence_about_a_step_has_its_numbers(key: str, step: int) -> None:
    path = _descent(key, OBJECTIVES[key].start[0], 0.01)
    before, after = path.x[step - 1, 0], path.x[step, 0]
    slope = OBJECTIVES[key].parsed.grad([before])[0]
    sentence = step_sentence(path, step)
    for number in (before, slope, abs(after - before), after, path.loss[step - 1], path.loss[step]):
        # With four digits, or more where those would hide a change.
        assert any(written == pytest.approx(number, rel=5e-4) for written in map(value_of, NUMBER.findall(sentence)))
    assert f"Step {step} goes" in sentence


@pytest.mark.parametrize("key", [key for key, objective in OBJECTIVES.items() if objective.dimension == 1])
@pytest.mark.parametrize("steps", [2, 100, 1000])
def test_what_changed_reads_as_a_change_and_a_length_has_no_sign(key: str, steps: int) -> None:
    path = _descent(key, OBJECTIVES[key].start[0], 0.02, steps)
    sentence = step_sentence(path, steps)
    x, y = path.x[-2:, 0]
    if x == y:
        assert "stays there" in sentence
    else:
        side, length = re.findall(r"goes (\S+) to the (left|right)", sentence)[0][::-1]
        assert (side == "right") == (y > x)
        assert value_of(length) > 0
        begins, ends = re.findall(r"x = (\S+?)(?:;| )", sentence)
        assert begins != ends
    if path.loss[-2] != path.loss[-1]:
        ((first, second),) = re.findall(r"from (\S+) to (\S+)\.$", sentence)
        assert first != second
        assert (value_of(first) > value_of(second)) == ("fell" in sentence)


@pytest.mark.parametrize(
    ("objective", "start", "lr", "direction", "result"),
    [
        ("parabola", 2.0, 0.1, "downhill to the left", "the loss fell by"),
        ("parabola", -2.0, 0.1, "downhill to the right", "the loss fell by"),
        ("parabola", 2.0, 2.5, "downhill to the left", "the loss rose by"),
        ("parabola", 2.0, 2.0, "downhill to the left", "the loss did not change."),
        ("parabola", 0.0, 0.1, "flat", "the loss did not change."),
    ],
)
def test_the_sentence_about_a_step_says_which_way_and_whether_it_helped(
    objective: str, start: float, lr: float, direction: str, result: str
) -> None:
    sentence = step_sentence(_descent(objective, start, lr), 1)
    assert f": {direction}." in sentence
    assert result in sentence


def test_points_have_four_significant_digits() -> None:
    assert point_text(np.array([1 / 3, -20000 / 3])) == "(0.3333, −6667)"
    assert point_text([0.0]) == "x = 0"


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_the_words_about_a_run_write_numbers_as_texts_do(key: str) -> None:
    random = np.random.default_rng([int(os.environ["TEST_SEED"]), *key.encode()])
    for objective, declaration in OBJECTIVES.items():
        low, high = np.log10(np.maximum(OPTIMIZERS[key].hypers[0].slider, 1e-6))
        path = trace(Run(objective, key, declaration.start, 60, {"lr": 10 ** random.uniform(low, high)}))
        said = retell([(RACERS[key], path)])
        if declaration.dimension == 1:
            said += [step_sentence(path, step) for step in range(1, len(path.x))]
        assert not [text for text in said if misprints(text)]


def test_a_point_of_one_variable_is_written_as_its_coordinate() -> None:
    (sentence,) = retell([(RACERS["sgd"], trace(Run("(x - 2)**2", "sgd", (0.0,), 5, {"lr": 0.5})))])
    assert "It is at x = 2." in sentence
    assert point_text((2.0, 3.0)) == "(2, 3)"


def test_a_run_that_is_held_at_the_edge_of_its_box_says_once_where() -> None:
    (sentence,) = retell([(RACERS["sgd"], trace(Run("(x - 2)**2; x: (-1, 1)", "sgd", (0.0,), 50, {"lr": 0.5})))])
    assert "Held at the edge of its box" in sentence
    assert sentence.count("x = 1") == 1
