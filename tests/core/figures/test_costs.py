"""Losses against what they cost: every point is one of its path, the names cover nothing and each other least."""

from itertools import combinations

import numpy as np
import pytest

from core import OBJECTIVES, Run, trace
from core.catalogue.racers import RACERS, Racer
from core.engine.scores import default_target
from core.engine.summary import Race
from core.engine.trace import Path
from core.engine.tracks import FLOOR
from core.figures import COSTS, DARK, LIGHT, Cost, Look, cost_figure
from core.figures.look import contrast

RULES = {
    "sgd": {"lr": 8e-4},
    "momentum": {"lr": 8e-4},
    "nesterov": {"lr": 0.003},
    "adam": {"lr": 0.1},
    "sam": {"lr": 8e-4},
    "newton": {"lr": 1.0},
    "sophia": {"lr": 0.02},
    "rmsprop": {"lr": 0.01},
}
each_cost = pytest.mark.parametrize("cost", COSTS, ids=lambda cost: cost.name)


def _race(objective: str = "rosenbrock", steps: int = 300) -> Race:
    start = OBJECTIVES[objective].start
    return [(RACERS[key], trace(Run(objective, key, start, steps, hypers))) for key, hypers in RULES.items()]


def _at(racer: Racer, lr: float) -> tuple[Racer, Path]:
    return racer, trace(Run("bowl", racer.key, OBJECTIVES["bowl"].start, 300, {"lr": lr}))


@each_cost
@pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)
def test_every_line_has_the_losses_of_its_path_against_their_cost(cost: Cost, look: Look) -> None:
    race = _race()
    figure = cost_figure(race, look, cost, 0.01)
    for line, (racer, path) in zip(figure.data, race, strict=True):
        assert (line.name, line.line.color, line.line.dash) == (racer.name, racer.color, racer.dash)
        spent = {
            "Steps": np.arange(len(path.x)),
            "Gradients": path.gradients,
            "State × steps": np.arange(len(path.x)) * (1 + racer.optimizer.parsed.numbers_per_weight),
        }[cost.name]
        at = np.searchsorted(spent, np.asarray(line.x))
        np.testing.assert_array_equal(spent[at], line.x)
        # Sent as float32.
        np.testing.assert_allclose(line.y, np.clip(path.loss[at], FLOOR, 1e30), rtol=1e-6)
        assert line.x[-1] == spent[-1]
    across = figure.layout.xaxis
    assert across.title.text == cost.title
    assert across.range[1] == max(line.x[-1] for line in figure.data)
    assert figure.layout.yaxis.type == "log"


@each_cost
@pytest.mark.parametrize(("objective", "failed"), [("rosenbrock", ["Nesterov, diverged"]), ("bowl", [])])
def test_names_stand_at_the_ends_apart_from_each_other_and_can_be_read(
    cost: Cost, objective: str, failed: list[str]
) -> None:
    # On the bowl the rates are raised until nearly all lie on the floor.
    race = _race(objective) if failed else [_at(racer, 0.3) for racer, _ in _race(objective)]
    figure = cost_figure(race, LIGHT, cost, 0.01)
    *names, target = figure.layout.annotations
    assert target.text == "target 0.01"
    assert [name.text.partition(",")[0] for name in names] == [racer.name for racer, _ in race]
    assert [name.text for name in names if "," in name.text] == failed
    (_, right), (low, high) = figure.layout.xaxis.range, figure.layout.yaxis.range
    inner = 320
    boxes = []
    for name in names:
        assert contrast(name.font.color, LIGHT.background) >= 4.5
        left = 140 * name.x / right
        middle = inner * (name.y - low) / (high - low) + name.yshift
        # On a phone, where a name takes about seven pixels a letter.
        boxes.append((left, left + 7 * len(name.text), middle))
        assert 0 <= middle <= inner
    for one, other in combinations(boxes, 2):
        beside = one[0] < other[1] and other[0] < one[1]
        assert not beside or abs(one[2] - other[2]) >= 17 - 1e-9


def test_the_target_is_a_line_that_can_be_seen_wherever_it_lies() -> None:
    race = _race("booth", 50)
    for target in (1e-12, 1e4):
        figure = cost_figure(race, LIGHT, COSTS[0], target)
        (line,) = figure.layout.shapes
        low, high = figure.layout.yaxis.range
        assert line.y0 == line.y1 == target
        assert low < np.log10(target) < high


def test_without_a_known_minimum_the_axis_is_linear_and_shows_plain_losses() -> None:
    race = [(RACERS[key], trace(Run("cubic", key, (1.0,), 60, {"lr": 0.05}))) for key in ("sgd", "adam")]
    figure = cost_figure(race, LIGHT, COSTS[1], default_target(race))
    assert figure.layout.yaxis.type is None
    assert figure.layout.yaxis.title.text == "loss"
    for line, (_, path) in zip(figure.data, race, strict=True):
        np.testing.assert_allclose(line.y[-1], path.loss[-1], rtol=1e-6)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_no_axis_meets_a_number_that_is_not_finite_or_huge(objective: str) -> None:
    for lr in (1e-3, 1.0):
        start = OBJECTIVES[objective].start
        race = [(RACERS[key], trace(Run(objective, key, start, 60, {"lr": lr}))) for key in ("sgd", "newton", "adam")]
        for cost in COSTS:
            figure = cost_figure(race, LIGHT, cost, default_target(race))
            for side in (figure.layout.xaxis, figure.layout.yaxis):
                assert np.isfinite(side.range).all()
            for line in figure.data:
                numbers = np.concatenate([line.x, line.y])
                assert np.abs(numbers[np.isfinite(numbers)]).max() <= 1.001e30


def test_a_race_that_has_no_loss_at_all_has_a_figure() -> None:
    race = [(RACERS["sgd"], trace(Run("log(x)", "sgd", (-1.0,), 5)))]
    figure = cost_figure(race, LIGHT, COSTS[1], default_target(race))
    (name, _) = figure.layout.annotations
    assert name.text == "Gradient descent, undefined"
    assert name.y == figure.layout.yaxis.range[1]
