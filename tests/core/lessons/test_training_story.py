"""What trainings did is told with their own numbers: ends, winners, what was learnt by heart, what pictures promise."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.catalogue.racers import RACERS
from core.lessons.training_story import Ran, promise_sentence, promised, retold
from core.problems.training.reports import End, Facts, Outcome, Report
from core.problems.training.settings import Training

FACTS = Facts(10, ("hidden",), ("a", "b"), ("x", "y"), (0.5, 0.5), 0.7, 0.5, 30, 10, (0.0, 1.0), ())
FINISHED = End(Outcome.FINISHED, 2, "Done after 2 steps.")


def _ran(
    key: str,
    held: Sequence[float],
    learnt: Sequence[float] | None = None,
    end: End | None = FINISHED,
    rates: Sequence[float] | None = None,
    accuracy: float | None = 0.9,
    schedule: str = "constant",
) -> Ran:
    reports = [
        Report(
            step=step,
            epoch=0.0,
            train_loss=(learnt or held)[step],
            valid_loss=loss,
            train_accuracy=accuracy,
            valid_accuracy=accuracy,
            batch_loss=loss,
            rate=(rates or [0.1] * len(held))[step],
            gradient_norms=(1.0,) if step else (),
            ratios=(0.5,) if step else (),
            facts=None if step else replace(FACTS, baseline_accuracy=accuracy and 0.5),
            end=end if step == len(held) - 1 else None,
        )
        for step, loss in enumerate(held)
    ]
    return Ran(RACERS[key], Training(optimizer=key, schedule=schedule), reports)


def test_each_configuration_is_told_with_its_losses_and_its_score() -> None:
    (said,) = retold([_ran("adam", [1.0, 0.5, 0.25], [1.0, 0.4, 0.2])])
    assert said == (
        "**Adam** ends at a validation loss of 0.25, from 1 before the first step; its training loss is 0.2. It gets "
        "90.0 % of what was held back right."
    )
    (said,) = retold([_ran("adam", [1.4, 0.5, 0.35], accuracy=None)])
    assert "It explains 50.0 % of the variance of what was held back." in said


def test_what_was_learnt_by_heart_is_said_only_where_the_training_loss_fell_on() -> None:
    assert "lowest at step 1, 0.5" in retold([_ran("adam", [1.0, 0.5, 0.9], [1.0, 0.5, 0.2])])[0]
    assert "by heart" not in retold([_ran("adam", [1.0, 0.5, 0.9], [1.0, 0.5, 0.6])])[0]
    assert "by heart" not in retold([_ran("adam", [1.0, 0.5, 0.51], [1.0, 0.5, 0.2])])[0]


def test_a_rate_that_was_changed_by_hand_is_said_and_not_that_of_a_schedule() -> None:
    changed = [0.1, 0.1, 0.3]
    assert "changed to 0.3 before step 2" in retold([_ran("adam", [1.0, 0.5, 0.4], rates=changed)])[0]
    assert "changed" not in retold([_ran("adam", [1.0, 0.5, 0.4], rates=changed, schedule="cosine")])[0]


def test_what_was_stopped_or_cancelled_says_when() -> None:
    stopped = End(Outcome.STOPPED, 2, "Stopped after 2 steps.")
    for end in (stopped, None):
        assert "It was stopped after 2 steps." in retold([_ran("adam", [1.0, 0.5, 0.4], end=end)])[0]


def test_the_winners_are_named_by_loss_and_by_gradients() -> None:
    # A step of SAM takes two gradients.
    runs = [_ran("adam", [1.0, 0.6, 0.3]), _ran("sam", [1.0, 0.3, 0.2])]
    said = retold(runs)[2:]
    assert said[0] == "By validation loss **SAM** wins: 0.2 against 0.3 of Adam."
    assert len(said) == 1
    said = retold([_ran("adam", [1.0, 0.3, 0.3]), _ran("sam", [1.0, 0.3, 0.2])])[2:]
    assert "**Adam** wins: 0.3, which all of them reach, takes it 1 gradient, and SAM 2." in said[1]


def test_ties_and_failures_have_their_own_sentences() -> None:
    alike = retold([_ran("adam", [1.0, 0.3]), _ran("sgd", [1.0, 0.3])])
    assert "By validation loss Adam and Gradient descent end alike, at 0.3." in alike
    lost = End(Outcome.DIVERGED, 1, "Diverged at step 1: the loss of its batch is NaN.")
    bad = _ran("sgd", [1.0, np.nan], end=lost)
    said = retold([bad, _ran("adam", [1.0, 0.3])])
    assert said[0] == f"**Gradient descent**: {lost.sentence}"
    assert said[-1] == "**Adam** wins: the others diverged."
    assert retold([bad, bad])[-1] == "None of them trains at these learning rates."
    assert len(retold([bad])) == 1


def test_the_promise_of_the_picture_is_measured_there() -> None:
    racers = [RACERS["sgd"], RACERS["adam"]]
    name = promised(racers)
    assert name in {racer.name for racer in racers}
    runs = [_ran("sgd", [1.0, 0.2]), _ran("adam", [1.0, 0.3])]
    said = {one: promise_sentence(runs, one) for one in ("Gradient descent", "Adam")}
    assert "it wins here too" in said["Gradient descent"]
    assert "here **Gradient descent** ends lower" in said["Adam"]
    assert promise_sentence(runs[:1], name) == ""
