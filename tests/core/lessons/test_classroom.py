"""Lessons for a class: their sizes, and that what stands around the computed numbers of an answer is true."""

import re

import numpy as np
import pytest

from core.engine.run import Run
from core.engine.scenarios import DESCENTS, RACES
from core.engine.trace import trace
from core.lessons.cards import CARDS
from core.lessons.classroom import HANDOUTS, LESSONS, Exercise, Lesson, answers
from core.lessons.demos import CLIPPING, WARMUP, WELLS
from core.lessons.predictions import PREDICTIONS
from core.problems.batches.data import dataset
from core.problems.batches.race import outlook, race
from core.problems.example import Example

EXERCISES = {f"{lesson.key}_{number}": one for lesson in LESSONS for number, one in enumerate(lesson.exercises)}


def test_there_are_eight_lessons_of_a_quarter_to_three_quarters_of_an_hour() -> None:
    assert len(LESSONS) == len({lesson.key for lesson in LESSONS}) == 8
    assert [lesson.key for lesson in LESSONS if not 15 <= lesson.minutes <= 45] == []


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.key)
def test_a_lesson_has_an_aim_a_misconception_stops_with_tasks_and_exercises(lesson: Lesson) -> None:
    assert lesson.aim.endswith(".")
    assert lesson.misconception.endswith(".")
    assert len(lesson.stops) >= 3
    assert len(lesson.exercises) >= 2
    assert all(stop.task and stop.does for stop in lesson.stops)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_an_answer_is_a_few_sentences_with_numbers_and_needs_no_time(exercise: Exercise) -> None:
    answer = exercise.answer()
    assert re.search(r"\d", answer)
    assert "nan" not in answer
    assert "inf" not in answer.replace("infl", "")
    assert 60 < len(answer) < 600


def _numbers(text: str) -> list[float]:
    return [float(number.replace("−", "-")) for number in re.findall(r"[−-]?\d+(?:\.\d+)?(?!·|\d)", text)]


def test_the_walk_is_where_its_answer_says() -> None:
    said = answers.first_steps()
    assert "−2.8" in said
    assert "−1.96" in said
    arrived = {rate: abs(trace(Run("parabola", "sgd", (-4.0,), 45, {"lr": rate})).x[-1, 0]) for rate in (0.3, 1.9, 2.1)}
    assert arrived[0.3] < arrived[1.9] < 4 < arrived[2.1]


def test_the_step_by_hand_is_that_of_the_three_points() -> None:
    x, y, w, b = np.array([1.0, 2, 3]), np.array([2.0, 4, 6]), 0.5, 0.1
    residuals = w * x + b - y
    slope_w, slope_b = 2 * (residuals * x).mean(), 2 * residuals.mean()
    w, b = w - 0.01 * slope_w, b - 0.01 * slope_b
    after = ((w * x + b - y) ** 2).mean()
    said = answers.by_hand()
    for number in ("9.91", "−13.6", "−5.8", f"{w:.3f}", f"{b:.3f}", f"{after:.4g}"):
        assert number in said
    assert slope_w < 0 < w - 0.5
    limit = Example().limit
    (eigenvalue, *_) = np.linalg.eigvalsh(2 * np.array([[(x * x).mean(), x.mean()], [x.mean(), 1]]))[::-1]
    assert limit == pytest.approx(2 / eigenvalue)
    assert Example(lr=1.05 * limit).path(100).loss[-1] > 1000


def test_the_best_rate_is_one_and_the_steeper_function_runs_away() -> None:
    slow, best, fast = _numbers(answers.halves())[0:6:2]
    assert best == 1 < slow < fast
    assert trace(Run("5*x**2", "sgd", (-4.0,), 45, {"lr": 0.3})).loss[-1] > 1e6


def test_smaller_batches_hover_higher_and_allow_smaller_rates() -> None:
    pair = dataset(answers.BATCH_DATA).load().standardised()
    runs = race(pair, answers.BATCHES)
    assert pair.x.size == 442
    heights = [np.mean(ran.excess[-100:]) for ran in runs]
    assert heights == sorted(heights)
    assert runs[0].excess[1] > 5 * runs[2].excess[442]
    limits = [outlook(pair, ran.variant, answers.BATCHES.rate).limit for ran in runs]
    assert limits == sorted(limits, reverse=True)


def _losses(key: str) -> dict[str, float]:
    scenario = RACES[key]
    return {one.key: trace(run).loss[-1] for one, run in zip(scenario.racers, scenario.runs(), strict=True)}


def test_the_winner_changes_with_the_rates_and_three_of_five_run_away() -> None:
    own, same = _losses("valley"), _losses("one_rate")
    assert min(own, key=own.__getitem__) == "adam"
    assert same["adam"] > 100 * same[min(same, key=same.__getitem__)]
    assert {run.settings["lr"] for run in RACES["one_rate"].runs()} == {0.0008}
    lost = [run.optimizer for run in RACES["too_fast"].runs() if trace(run).status.failed]
    assert lost == ["sgd", "momentum", "nesterov"]
    ends = [trace(run) for run in RACES["basins"].runs()]
    assert max(path.loss[-1] for path in ends) < 1e-3
    assert len({tuple(np.round(path.x[-1], 1)) for path in ends}) > 1


def test_memory_carries_a_run_across_the_flat_place() -> None:
    ends = {run.optimizer: trace(run) for run in DESCENTS["through"].runs()}
    assert ends["momentum"].x[-1, 0] == pytest.approx(2.25, abs=1e-2)
    assert ends["nesterov"].x[-1, 0] == pytest.approx(2.25, abs=1e-2)
    assert ends["sgd"].x[-1, 0] < 0
    assert np.any(np.diff(ends["momentum"].loss) > 0)
    assert trace(Run("quartic", "sgd", (-0.5,), 5000, {"lr": 0.012})).x[-1, 0] < 0


def test_saddle_and_wells_are_as_the_answers_say() -> None:
    plain, momentum, adam, noisy = (
        int(np.argmax(np.abs(path.x[:, 1]) > 0.5)) for _, path in answers._demo("saddle").race()
    )
    # Noise pushes back first; the others leave sooner than plain gradient descent.
    assert 0 < adam < momentum < plain < noisy
    # On the line itself noise alone moves a run.
    moved = [bool(np.any(path.x[:, 1] != 0)) for _, path in answers._demo("saddle").race(start=(1.0, 0.0))]
    assert moved == [False, False, False, True]
    ends = {racer.key: path.x[-1, 0] for racer, path in WELLS.race()}
    assert ends["sgd"] > 0
    assert ends["small"] > 0


def test_clipping_and_a_warm_up_save_a_run_that_is_lost_without() -> None:
    for demo in (CLIPPING, WARMUP):
        (_, plain), (_, saved) = demo.race()
        assert plain.status.failed
        assert not saved.status.failed
        assert saved.loss[-1] < 0.05
    ((_, slow),) = answers._demo("slow").race()
    assert np.all(np.diff(np.log(slow.loss[-50:])) > 0)
    ((_, harmless),) = answers._demo("harmless").race()
    assert harmless.loss[-1] < 1e-6


def test_there_is_a_handout_for_each_page_of_the_course_about_beliefs_that_it_catches() -> None:
    assert [handout.page for handout in HANDOUTS] == [
        *("foundations", "update_rule", "learning_rate", "variants", "optimizers", "techniques", "pitfalls")
    ]
    for handout in HANDOUTS:
        assert handout.page in CARDS
        assert all(handout.page in PREDICTIONS[key].pages for key in handout.predictions)
        assert len({PREDICTIONS[key].belief for key in handout.predictions}) == 3
