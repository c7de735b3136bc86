"""What ``map_script`` promises: its runs in JavaScript end where those of ``trace_many`` end."""

import os
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, SCHEDULES, Run, trace_many
from core.catalogue.objectives import Objective
from core.catalogue.optimizers import Family
from core.engine.live import live, normals
from core.engine.many import Many
from core.engine.maps import map_script
from core.engine.program import coordinates
from core.engine.script import SHARED
from core.engine.status import Outcome
from core.formula.emit import Input
from core.formula.graph import Graph
from tests.javascript import Array, Engine

STEPS = 40
# Runs in each direction of a map.
SIDE = 12
SEED = os.environ["TEST_SEED"]
# Rules of a second each: among them one with sums over all coordinates, with losses and with gradients elsewhere.
DRAWN = sorted({*Random(f"{SEED} rules").sample(list(OPTIMIZERS), 10), "prodigy", "armijo", "rprop", "sam"})
# What is not rounded correctly on every machine.
ROUNDED = {"exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "pow"}


def _is_algebraic(objective: Objective) -> bool:
    graph = Graph()
    point = coordinates(graph, Input.POINT, objective.parsed)
    values = [*objective.parsed.gradient_at(graph, point), objective.parsed.value_at(graph, point)]
    return not ROUNDED & {graph.nodes[value].operation for value in graph.ancestors(values)}


ALGEBRAIC = [objective for objective in OBJECTIVES.values() if _is_algebraic(objective)]
OTHERS = [objective for objective in OBJECTIVES.values() if not _is_algebraic(objective)]


class Mapper:
    """Runs maps in JavaScript."""

    def __init__(self) -> None:
        self._engine = Engine()
        self._loaded: set[str] = set()
        self.numbers = self._engine.array("numbers", 64)
        self.normals = self._engine.array("normals", STEPS, 2)
        self.along = self._engine.array("along", SIDE)
        self.columns = self._engine.array("columns", 6, SIDE)
        self._engine.run(f"const rows = [0, 1, 2, 3, 4, 5].map((k) => columns.subarray({SIDE}*k, {SIDE}*(k + 1)))")

    def map(self, run: Run, axes: Sequence[tuple[str, Array]]) -> dict[str, Array]:
        """What is recorded of runs on the grid of two ``axes``, the first of which varies along rows."""
        given = live(run)
        names = [*SHARED, *given.hypers, *(f"x{axis}" for axis in range(len(run.start)))]
        (across, columns), (up, rows) = axes
        script = map_script(run, names.index(across))
        if script.id not in self._loaded:
            self._engine.load(f"row_{script.id}", script.source)
            self._loaded.add(script.id)
        self.numbers[: len(names)] = *given.numbers, *run.start
        # It is not to be looked at.
        self.numbers[names.index(across)] = np.nan
        if run.noise:
            self.normals.ravel()[: STEPS * len(run.start)] = np.frombuffer(normals(run.seed, STEPS, len(run.start)))
        made = []
        for value in rows:
            self.numbers[names.index(up)] = value
            self.along[:] = columns
            self._engine.run(f"row_{script.id}(numbers, along, normals, rows)")
            made.append(self.columns[: len(script.columns)].copy())
        return dict(zip(script.columns, np.concatenate(made, axis=1), strict=True))


@pytest.fixture(scope="module")
def mapper() -> Mapper:
    return Mapper()


def _expected(run: Run, axes: Sequence[tuple[str, Array]]) -> dict[str, Array]:
    """The same by ``trace_many``, row by row: NumPy rounds a power of an array differently from one of a number."""
    (across, columns), (up, rows) = axes
    made = []
    for value in rows:
        grid = {across: columns, up: np.full(SIDE, value)}
        starts = [grid.pop(f"x{axis}", np.full(SIDE, number)) for axis, number in enumerate(run.start)]
        hypers = {name: value if name == up else values for name, values in grid.items()}
        made.append(_recorded(trace_many(run, np.array(starts), hypers)))
    return {name: np.concatenate([row[name] for row in made]) for name in made[0]}


def _recorded(many: Many) -> dict[str, Array]:
    codes = {Outcome.DIVERGED: 1.0, Outcome.UNDEFINED: 2.0}
    outcomes = [codes.get(Outcome(status), 0.0) for status in many.status]
    named = {f"x{axis}": values for axis, values in enumerate(many.x)}
    return {**named, "loss": many.loss, "best": many.best_loss, "step": many.diverged_at, "outcome": np.array(outcomes)}


def _starts(objective: Objective) -> list[tuple[str, Array]]:
    """Axes over twice the domain; with one variable, the learning rate is the second."""
    axes = []
    for axis, (low, high) in enumerate(objective.domain):
        room = (high - low) / 2
        axes.append((f"x{axis}", np.linspace(low - room, high + room, SIDE)))
    return axes if len(axes) > 1 else [*axes, ("lr", np.geomspace(1e-3, 1.0, SIDE))]


def _rates(key: str, draw: Random) -> list[tuple[str, Array]]:
    """Axes over the learning rate and another hyperparameter of the rule ``key``.

    Which of them varies along rows is drawn, unless the rule has powers of the other one (see ``_expected``).
    """
    first, *others = OPTIMIZERS[key].hypers
    second = draw.choice([hyper for hyper in others if not hyper.whole])
    axes = [
        (first.name, np.geomspace(first.slider[0], min(1e3 * first.slider[1], first.bounds[1]), SIDE)),
        (second.name, np.linspace(*second.slider, SIDE)),
    ]
    return axes[:: 1 if "**t" in OPTIMIZERS[key].rule.replace(" ", "") else draw.choice((1, -1))]


def _settings(draw: Random) -> dict[str, Any]:
    return {"noise": draw.choice((0.0, 0.3)), "clip_norm": draw.choice((None, 2.0)), "seed": draw.randrange(100)}


@pytest.mark.parametrize("key", DRAWN)
def test_maps_on_algebraic_objectives_are_those_of_python_bit_for_bit(mapper: Mapper, key: str) -> None:
    draw = Random(f"{SEED} {key}")
    # Their factors are products and quotients.
    schedules = ["constant", *(name for name, schedule in SCHEDULES.items() if schedule.follows_loss)]
    for objective in ALGEBRAIC:
        rate = OPTIMIZERS[key].hypers[0]
        high = min(rate.default * draw.choice((1, 30, 1000)), rate.bounds[1])
        settings = {**_settings(draw), "schedule": draw.choice(schedules)}
        run = Run(objective.key, key, objective.start, STEPS, {"lr": high}, **settings)
        maps = [_starts(objective), *([_rates(key, draw)] if len(OPTIMIZERS[key].hypers) > 1 else [])]
        for axes in maps:
            expected, made = _expected(run, axes), mapper.map(run, axes)
            assert list(made) == list(expected)
            for name, values in expected.items():
                np.testing.assert_array_equal(made[name], values, err_msg=f"{name} {axes} {run}")


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_maps_on_other_objectives_and_schedules_are_those_of_python_to_rounding(mapper: Mapper, key: str) -> None:
    draw = Random(f"{SEED} {key} others")
    chooses = OPTIMIZERS[key].family is Family.RATES
    # What such rules divide by is as small as rounding between Ackley's hills, over which they are then thrown.
    for objective in draw.sample([one for one in OTHERS if not chooses or one.key != "ackley"], 2):
        settings = {**_settings(draw), "schedule": draw.choice(list(SCHEDULES))}
        run = Run(objective.key, key, objective.start, STEPS, **settings)
        axes = _starts(objective)
        expected, made = _expected(run, axes), mapper.map(run, axes)
        size = max(high - low for low, high in objective.domain)
        near = made["step"] == expected["step"]
        for axis in range(len(run.start)):
            near &= np.abs(made[f"x{axis}"] - expected[f"x{axis}"]) <= 1e-9 * (size + np.abs(expected[f"x{axis}"]))
        # In 40 steps rounding grows beyond a billionth only where a path is chaotic: beside a kink, where a rule that
        # divides by little hops, where Newton's meets a singular Hessian, or where a rule takes its rate from numbers
        # that noise and limits leave no meaning.
        enough = 0.5 if chooses else 0.9
        assert near.mean() >= enough, f"{objective.key} {run}"


def test_a_start_that_fails_and_a_run_that_diverges_end_as_in_python(mapper: Mapper) -> None:
    run = Run("x**2 - log(x) + y**4", "momentum", (1.0, 1.0), STEPS, {"lr": 0.01})
    axes = [("x0", np.linspace(-1.0, 1.2, SIDE)), ("x1", np.linspace(0.0, 22.0, SIDE))]
    expected, made = _expected(run, axes), mapper.map(run, axes)
    assert {0.0, 1.0, 2.0} == set(expected["outcome"])
    assert {-1.0, 0.0} < set(expected["step"])
    for name in ("step", "outcome"):
        np.testing.assert_array_equal(made[name], expected[name])
    np.testing.assert_allclose(made["loss"], expected["loss"], rtol=1e-12)


def test_a_map_script_depends_on_no_number_but_on_what_varies_along_its_rows() -> None:
    run = Run("ravine", "adam", (1.0, 1.0), 70)
    same = replace(run, start=(2.0, 1.0), steps=30, hypers={"lr": 3.0}, noise=1.0, clip_norm=1.0, seed=5)
    assert map_script(run, 7) is map_script(same, 7)
    assert len({map_script(run, along).id for along in range(3, 9)}) == 6


@pytest.mark.parametrize("along", [-1, 2, 9])
def test_what_is_no_start_and_no_hyperparameter_cannot_vary(along: int) -> None:
    with pytest.raises(ValueError, match="along must lie in"):
        map_script(Run("ravine", "adam", (1.0, 1.0)), along)
