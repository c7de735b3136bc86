"""Demonstrations: all that can be turned turns something, and each run does what is said of it."""

import re

import numpy as np
import pytest

from core.catalogue.racers import Racer
from core.engine.live import live
from core.engine.status import Outcome
from core.engine.trace import Path
from core.lessons import demos
from core.lessons.demo import Demo
from core.lessons.demos import (
    ADAGRAD,
    AVERAGING,
    CLIPPING,
    CORRECTION,
    CYCLES,
    DECAY,
    DEPTH,
    EDGE,
    LOOK_AHEAD,
    PLATEAU,
    WARMUP,
    WELLS,
)
from core.lessons.flat_walk import sharpness
from core.lessons.pitfalls import SECTIONS
from core.lessons.techniques import TECHNIQUES

ALL = list({id(demo): demo for section in (*TECHNIQUES, *SECTIONS) for demo in section.demos}.values())
every = pytest.mark.parametrize("demo", ALL, ids=lambda demo: demo.key)


def _paths(demo: Demo, **turned: float) -> dict[str, Path]:
    return {racer.key: path for racer, path in demo.race(turned=turned)}


def test_every_declared_demonstration_is_shown_under_a_key_of_its_own() -> None:
    declared = {id(value) for value in vars(demos).values() if isinstance(value, Demo)}
    assert declared <= {id(demo) for demo in ALL}
    for sections in (TECHNIQUES, SECTIONS):
        keys = [demo.key for section in sections for demo in section.demos]
        assert len(set(keys)) == len(keys)


@every
def test_a_demonstration_is_told_in_sentences(demo: Demo) -> None:
    assert re.fullmatch(r"[a-z]+", demo.key)
    assert demo.look_for.endswith(".")
    assert 60 < len(demo.look_for) < 330
    for sentence in demo.tell(demo.race()):
        assert sentence.endswith(".")
        assert "nan" not in sentence


@every
def test_racers_are_told_apart(demo: Demo) -> None:
    racers: list[Racer] = [racer for racer, _ in demo.entrants]
    for told in ("key", "name", "color"):
        assert len({getattr(racer, told) for racer in racers}) == len(racers), told


@every
def test_every_turn_changes_the_runs_it_is_of_and_no_other(demo: Demo) -> None:
    before = _paths(demo)
    assert len({turn.key for turn in demo.turns}) == len(demo.turns)
    for turn in demo.turns:
        low, high = turn.hyper.slider
        value = high if turn.hyper.default < (low + high) / 2 else low
        after = _paths(demo, **{turn.key: value})
        changed = {key for key, path in after.items() if not np.array_equal(path.x, before[key].x)}
        assert changed <= {*turn.of}
        # What is never clipped does not feel another limit, and decay from 0.6 none in twenty layers.
        assert changed == {*turn.of} or turn.hyper.name == "clip_norm"


@every
def test_a_browser_knows_every_number_that_can_be_turned(demo: Demo) -> None:
    for racer, path in demo.race(steps=3):
        known = {"T", "noise", "clip_norm", *live(path.run).hypers}
        for turn in demo.turns:
            if racer.key in turn.of:
                assert turn.hyper.name in known


@every
def test_another_start_and_fewer_steps_are_taken(demo: Demo) -> None:
    start = tuple(0.9 * x for x in demo.objective.start)
    for _, path in demo.race(start, 7):
        assert path.run.start == start
        assert path.run.steps == 7


# --- What is said of them, by the run it is said of ---


def test_clipping_saves_the_run_from_its_first_step() -> None:
    paths = _paths(CLIPPING)
    assert paths["sgd"].status.outcome is Outcome.DIVERGED
    assert paths["clipped"].loss[-1] < 0.05
    first = paths["clipped"].x[1] - paths["clipped"].x[0]
    assert np.linalg.norm(first) == pytest.approx(0.003)
    plain = paths["sgd"].x[1] - paths["sgd"].x[0]
    np.testing.assert_allclose(first / np.linalg.norm(first), plain / np.linalg.norm(plain))


def test_nesterov_swings_less_and_diverges_first() -> None:
    paths = _paths(LOOK_AHEAD)
    swings = {key: np.abs(path.x[:, 1]).sum() for key, path in paths.items()}
    assert swings["nesterov"] < swings["momentum"]
    faster = _paths(LOOK_AHEAD, momentum_nesterov_lr=0.018)
    assert faster["momentum"].loss[-1] < 1e-6
    assert faster["nesterov"].status.outcome is Outcome.DIVERGED


def test_decay_decoupled_pulls_far_and_coupled_hardly() -> None:
    paths = _paths(DECAY)
    away = {key: float(np.linalg.norm(path.x[-1] - np.array(DECAY.objective.minima[0]))) for key, path in paths.items()}
    assert away["adam"] < away["coupled"] < 0.3
    assert away["adamw"] > 1.5


def test_steps_without_correction_are_longer_at_first() -> None:
    paths = _paths(CORRECTION)
    lengths = {key: np.abs(np.diff(path.x, axis=0)).max(axis=1) for key, path in paths.items()}
    # lr·0.1/√0.001, whatever the gradient.
    assert lengths["uncorrected"][0] == pytest.approx(0.316, abs=1e-3)
    assert lengths["adam"].max() == pytest.approx(0.1)
    assert paths["uncorrected"].loss[0] == 12.5
    assert round(float(paths["uncorrected"].loss.max())) == 88


def test_a_warm_up_survives_where_the_full_rate_is_lost_in_three_steps() -> None:
    paths = _paths(WARMUP)
    assert paths["sgd"].status.step == 3
    assert paths["warmed"].loss[-1] < 1e-4
    assert WARMUP.objective.parsed.hessian(np.array(WARMUP.objective.start)).item() == 75


def test_a_falling_rate_and_an_average_quieten_the_noise() -> None:
    late = {key: float(path.loss[-50:].mean()) for key, path in _paths(AVERAGING).items()}
    assert late["falling"] < late["sgd"] / 5
    assert late["schedule_free"] < late["sgd"] / 5


def test_only_noise_leaves_the_nearer_well() -> None:
    ends = {key: path.x[-1, 0] for key, path in _paths(WELLS).items()}
    assert ends["sgd"] == pytest.approx(ends["small"], abs=1e-3)
    assert ends["sgd"] > 0 > ends["noisy"]


def test_adam_and_momentum_are_across_the_plateau_long_before_descent() -> None:
    paths = _paths(PLATEAU)
    assert paths["sgd"].grad_norm[0] == pytest.approx(0.001, abs=5e-4)
    across = {key: int((np.abs(path.x[:, 0]) < 1).argmax()) for key, path in paths.items()}
    assert 0 < across["adam"] < across["momentum"] < across["sgd"] / 5
    # It never is: the rate has fallen to 0 before.
    assert across["cosine"] == 0


def test_adagrad_fades_under_noise_and_rmsprop_keeps_moving() -> None:
    paths = _paths(ADAGRAD)
    assert paths["adagrad"].loss[-1] < 1e-12
    late = {key: float(np.abs(np.diff(path.x[-100:], axis=0)).mean()) for key, path in paths.items()}
    assert late["noisy"] < late["forgetful"]


def test_lion_swings_to_the_end() -> None:
    paths = _paths(CYCLES)
    assert np.abs(paths["lion"].x[-10:]).max() > 0.03
    assert np.abs(paths["sgd"].x[-10:]).max() < 1e-3


def test_twenty_layers_vanish_from_one_start_and_explode_from_another() -> None:
    for start, stuck in ((0.6, {"sgd", "clipped"}), (1.2, {"sgd"})):
        ends = {racer.key: path for racer, path in DEPTH.race((start,))}
        assert {key for key, path in ends.items() if path.status.failed or path.loss[-1] > 0.4} == stuck
    assert DEPTH.race((1.2,))[0][1].loss[1] > 1e60


def test_the_larger_rate_is_thrown_to_where_the_valley_is_flat_enough() -> None:
    small, large = (sharpness(path) for path in _paths(EDGE).values())
    assert small[-1] == pytest.approx(small[0], rel=0.01)
    assert small[0] > 2 / 0.1 > large[-1]
    first, second = EDGE.tell(EDGE.race())
    assert "2/α = 40" in first
    assert "2/α = 20" in second
    assert "iverge" in " ".join(EDGE.tell(EDGE.race((1e5, 1e5))))
