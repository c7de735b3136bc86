"""What every experiment promises: the known outcome, settings that matter and cannot break it, something to see."""

import os

import numpy as np
import pytest

from core.catalogue.hypers import Hyper
from core.engine.findings import Experiment, Finding
from core.evidence import experiments
from core.evidence.experiments import EXPERIMENTS
from core.formula.words import digits
from tests.core.evidence.experiments.findings import ask
from tests.numerals import misprints

# By module, so that all tests of one experiment follow each other, in one process, and share what it finds.
every = pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS, scope="module")


def _corners(experiment: Experiment) -> list[dict[str, float]]:
    """At most four combinations of lowest and highest values: two that are drawn, and the opposite of each."""
    random = np.random.default_rng([int(os.environ["TEST_SEED"]), *experiment.key.encode()])
    settings = experiment.settings
    half = 2 ** (len(settings) - 1)
    drawn = [int(bits) for bits in random.choice(half, min(2, half), replace=False)]
    return [
        {hyper.name: hyper.bounds[(bits >> index) & 1] for index, hyper in enumerate(settings)}
        for bits in (*drawn, *(2 * half - 1 - bits for bits in drawn))
    ]


def _others(hyper: Hyper) -> list[float]:
    """Some values of ``hyper`` other than its default."""
    values = [*hyper.bounds, *hyper.slider, sum(hyper.slider) / 2]
    return [value for value in (round(v) if hyper.whole else v for v in values) if value != hyper.default]


def _check(finding: Finding) -> None:
    """Asserts what holds for a finding at any settings."""
    assert finding.numbers
    assert all(label and "|" not in label for label in finding.numbers), "labels stand in a table of Markdown"
    assert all(isinstance(float(number), float) for number in finding.numbers.values())
    assert finding.sentence[0].isupper()
    assert finding.sentence.endswith(".")
    assert any(digits(number) in finding.sentence for number in finding.numbers.values()), finding.sentence
    assert not misprints(finding.sentence)
    assert not [label for label in finding.numbers if misprints(label)]
    # One experiment is about weights that become NaN.
    assert "NaN" not in finding.sentence.replace("the weight is NaN", "")
    plot = finding.plot
    if plot is None:
        return
    assert plot.x_title
    assert plot.y_title
    assert plot.series
    for series in plot.series:
        assert series.x.ndim == 1
        assert series.x.shape == series.y.shape
        assert 0 < series.x.size <= 5000
    # Something of it can be seen.
    assert any(np.isfinite(series.y).any() for series in plot.series)
    for mark in plot.marks:
        assert np.isfinite(mark.value)
        assert mark.label
        assert mark.value > 0 or not (plot.log_x if mark.axis == "x" else plot.log_y)


def test_no_two_experiments_share_a_key() -> None:
    assert len(EXPERIMENTS) == len(experiments._ALL)


@every
def test_an_experiment_is_declared_in_full(experiment: Experiment) -> None:
    assert EXPERIMENTS[experiment.key] is experiment
    assert experiment.question.endswith("?")
    assert experiment.expected
    assert all(expected.reason.strip(".") for expected in experiment.expected)
    defaults = {hyper.name: hyper.default for hyper in experiment.settings}
    assert all(expected.settings.items().isdisjoint(defaults.items()) for expected in experiment.expected)
    # A text quotes them by these.
    assert len({expected.name for expected in experiment.expected}) == len(experiment.expected)
    names = [hyper.name for hyper in experiment.settings]
    assert len(set(names)) == len(names)
    for hyper in experiment.settings:
        assert hyper.bounds[0] <= hyper.slider[0] <= hyper.default <= hyper.slider[1] <= hyper.bounds[1]
        assert hyper.help.endswith(".")
        assert hyper.scale == "linear" or hyper.slider[0] > 0


@every
def test_the_known_outcome_is_found(experiment: Experiment) -> None:
    for expected in experiment.expected:
        number = ask(experiment.key, **expected.settings).numbers[expected.number]
        # Infinity is a possible outcome, and has no distance from itself.
        assert number == expected.value or abs(number - expected.value) <= expected.tolerance, expected
    _check(ask(experiment.key))


@every
def test_two_runs_find_the_same(experiment: Experiment) -> None:
    first, second = ask(experiment.key), experiment.run()
    np.testing.assert_equal(dict(first.numbers), dict(second.numbers))
    assert first.sentence == second.sentence


@every
def test_every_setting_changes_what_is_found_and_told(experiment: Experiment) -> None:
    before = ask(experiment.key)
    for hyper in experiment.settings:
        numbers = sentence = False
        for value in _others(hyper):
            after = ask(experiment.key, **{hyper.name: value})
            numbers |= dict(after.numbers) != dict(before.numbers)
            sentence |= after.sentence != before.sentence
            if numbers and sentence:
                break
        assert numbers, hyper.name
        assert sentence, hyper.name


@every
def test_no_settings_break_it(experiment: Experiment) -> None:
    for settings in _corners(experiment):
        try:
            _check(ask(experiment.key, **settings))
        except Exception as problem:
            problem.add_note(f"{experiment.key} at {settings}")
            raise


@every
def test_a_setting_out_of_range_is_refused_by_name_with_range_and_value(experiment: Experiment) -> None:
    for hyper in experiment.settings:
        low, high = hyper.bounds
        for value in (low - 1 - abs(low), high + 1 + abs(high)):
            with pytest.raises(ValueError, match=hyper.name) as refused:
                experiment.run({hyper.name: value})
            assert f"[{digits(low)}, {digits(high)}]" in str(refused.value)
            assert digits(value) in str(refused.value)


@every
def test_an_unknown_setting_is_refused(experiment: Experiment) -> None:
    with pytest.raises(ValueError, match="no hyperparameter wrong"):
        experiment.run({"wrong": 1.0})
