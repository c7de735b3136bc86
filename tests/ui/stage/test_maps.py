"""Maps in the stage's JavaScript, in an engine without a browser: where runs arrive, and what is computed when."""

from typing import Any, Literal

import numpy as np
import pytest

from core import OBJECTIVES, Run, trace
from core.catalogue.racers import RACERS
from core.engine.arrival import arrived, known_minima
from core.engine.live import live
from core.engine.maps import map_script
from core.figures.look import BASINS
from tests.javascript import Engine
from ui.stage import EndsMap
from ui.stage.modules import bundle
from ui.stage.payload import stage_payload


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = Engine()
    engine.run(bundle("maps", "arrival", "ends"))
    return engine


@pytest.mark.parametrize("key", ["himmelblau", "rastrigin", "hyperbola_valley", "monkey_saddle", "wavy"])
def test_where_a_run_has_arrived_is_what_python_says(engine: Engine, key: str) -> None:
    objective = OBJECTIVES[key]
    known = known_minima(objective)
    random = np.random.default_rng(1)
    x = random.uniform(*np.array(objective.domain).T, (300, objective.dimension)).T
    if known.points:
        # Half of them near a minimum: the edge of its reach lies between.
        near = np.array(known.points)[random.integers(len(known.points), size=150)].T
        x[:, :150] = near + np.array(known.reach)[:, None] * random.uniform(-1.5, 1.5, (objective.dimension, 150))
    loss = objective.parsed.value(x)
    given = {"points": known.points, "reach": known.reach, "level": known.level}
    text = "(known, ends) => ends.map(([x, loss]) => arrival.arrived(known, x, loss))"
    said = engine.call(text, given, [[end.tolist(), float(one)] for end, one in zip(x.T, loss, strict=True)])
    np.testing.assert_array_equal(said, arrived(known, x, loss))
    assert known.points == () or len(set(said)) > 1


def test_where_no_lowest_value_is_known_only_the_distance_counts(engine: Engine) -> None:
    known = {"points": [[0.0, 0.0]], "reach": [1.0, 1.0], "level": None}
    assert engine.call("(known) => arrival.arrived(known, [9, 9], -5)", known) == -1


def test_a_run_that_failed_has_not_arrived(engine: Engine) -> None:
    known = {"points": [[0.0, 0.0]], "reach": [1.0, 1.0], "level": None}
    zeros = [0, 0, 0]
    said = engine.call(
        "(known, columns, rows) => [0, 1, 2].map((at) => arrival.reader(known, columns)(rows, at))",
        known, ["x0", "x1", "loss", "best", "step", "outcome"], [zeros, zeros, zeros, zeros, [-1, 5, 0], [0, 1, 2]],
    )  # fmt: skip
    assert said == [0, -2, -2]


# --- The tints ---


def test_each_of_a_few_minima_has_a_tint_of_its_own_and_nowhere_none(engine: Engine) -> None:
    text = "(values, minima, colors) => values.map((value) => ends.tintOf(value, minima, colors))"
    colors = {"basins": BASINS, "quiet": "#123456"}
    few = engine.call(text, [-2, -1, *range(8)], 8, colors)
    assert few[1] is None
    assert len({one["color"] for one in few if one}) == 9
    many = engine.call(text, [-2, *range(121)], 121, colors)
    assert many[1]["color"] not in {many[0]["color"], many[2]["color"]}
    strengths = [one["strength"] for one in many[2:]]
    assert strengths == sorted(strengths, reverse=True)
    assert len(set(strengths)) == 120
    assert 0 < strengths[-1] < strengths[0] <= 1


# --- What a worker does ---

WORKER = """
    var sent = [], clock = 0, calls = 0, between = () => {};
    var scope = { postMessage: (message) => sent.push(message) };
    // A program that takes a tenth of a millisecond a run, and says where it was: the row's number and its own.
    var program = (numbers, along, normals, columns) => along.forEach((x, at) => {
        calls++;
        clock += 0.1;
        columns[0][at] = 100 * numbers[1] + x;
    });
    maps.work(scope, () => Promise.resolve(program), () => clock, () => Promise.resolve(between()));
    var tell = (job, rows) => scope.onmessage({ data: {
        job, id: 'a', source: '', numbers: [0, 0], normals: [], recorded: 1, rows,
        across: { index: 0, values: Float64Array.from({ length: 50 }, (_, at) => at) },
        up: { index: 1, values: Float64Array.from({ length: 50 }, (_, at) => at) },
    } });
"""
SENT = "() => sent.map(({ job, band }) => [job, band.map(({ row, columns }) => [row, Array.from(columns[0])])])"


def _worked(between: str, then: str) -> list[Any]:
    engine = Engine()
    engine.run(f"{bundle('maps')} {WORKER} between = () => {{ {between} }}; {then}; 0")
    sent: list[Any] = engine.call(SENT)
    return sent


def test_a_worker_answers_with_every_row_in_several_bands() -> None:
    sent = _worked("", "tell(1, [0, 2, 4, 6, 8, 10])")
    assert len(sent) > 2
    rows = [row for _, band in sent for row in band]
    assert [row for row, _ in rows] == [0, 2, 4, 6, 8, 10]
    for row, values in rows:
        assert values == [100 * row + at for at in range(50)]


def test_a_worker_leaves_what_is_not_wanted_any_more() -> None:
    sent = _worked(
        "if (calls > 100 && calls < 300) { calls = 1000; tell(2, [1]); }",
        "tell(1, Array.from({ length: 25 }, (_, k) => 2*k))",
    )
    assert sum(len(band) for job, band in sent if job == 1) < 10
    assert [row for job, band in sent if job == 2 for row, _ in band] == [1]


# --- What is computed when ---

MAPPER = """
    var asked = [], ended = 0, clock = 0, answer;
    var mapper = new maps.Mapper(() => clock, (heard) => {
        answer = heard;
        return { postMessage: (message) => asked.push(message), terminate: () => ended++ };
    });
    var wants = (key) => ({
        key, place: '', id: 'a', source: '', numbers: [0, 0], normals: [], recorded: 1, blank: -1,
        read: (columns, at) => columns[0][at], axes: [{ index: 0, range: [0, 1] }, { index: 1, range: [2, 4] }],
    });
    var follow = (key, held, at) => {
        clock = at;
        asked.length = 0;
        mapper.follow(wants(key), held);
        return asked.map(({ rows }) => rows.length);
    };
    // All workers answer the newest of what they were asked.
    var finish = (value) => {
        const { side } = mapper.sheet;
        const columns = [new Float64Array(side).fill(value)];
        answer({ job: mapper.job, band: Array.from({ length: side }, (_, row) => ({ row, columns })) });
    };
"""


@pytest.fixture
def mapper() -> Engine:
    engine = Engine()
    engine.run(f"{bundle('maps')} {MAPPER}; 0")
    return engine


def _follow(mapper: Engine, key: str, held: bool, at: float) -> list[int]:
    rows: list[int] = mapper.call("follow", key, held, at)
    return rows


def test_a_coarse_map_comes_first_and_a_fine_one_once_nothing_changes(mapper: Engine) -> None:
    assert _follow(mapper, "a", False, 0) == [25, 25]
    assert _follow(mapper, "a", False, 1000) == []
    mapper.run("finish(3); 0")
    assert _follow(mapper, "a", False, 1001) == [100, 100]
    assert mapper.call("() => [mapper.complete, [...mapper.sheet.values].every((value) => value === 3)]") == [
        False,
        True,
    ]
    mapper.run("finish(5); 0")
    assert mapper.call("() => [mapper.complete, [...mapper.sheet.values].every((value) => value === 5)]") == [
        True,
        True,
    ]
    assert _follow(mapper, "a", False, 9000) == []


def test_while_a_hand_holds_a_dial_maps_stay_coarse_and_none_is_left_unfinished(mapper: Engine) -> None:
    assert _follow(mapper, "a", True, 0) == [25, 25]
    assert _follow(mapper, "b", True, 16) == []
    mapper.run("finish(1); 0")
    assert _follow(mapper, "c", True, 32) == [25, 25]
    mapper.run("finish(1); 0")
    assert _follow(mapper, "c", True, 9000) == []
    assert _follow(mapper, "c", False, 9001) == [100, 100]
    # A fine one gives way at once, and so does a coarse one that takes long.
    assert _follow(mapper, "d", True, 9002) == [25, 25]
    assert _follow(mapper, "e", True, 9300) == [25, 25]


def test_an_answer_to_what_was_wanted_before_is_not_taken(mapper: Engine) -> None:
    _follow(mapper, "a", True, 0)
    _follow(mapper, "b", True, 300)
    mapper.run("answer({ job: 1, band: [{ row: 0, columns: [new Float64Array(50).fill(9)] }] }); 0")
    assert mapper.call("() => [mapper.sheet.lacking, Math.max(...mapper.sheet.values)]") == [50, -1]


def test_runs_stand_in_the_middle_of_their_part_of_the_picture(mapper: Engine) -> None:
    _follow(mapper, "a", False, 0)
    across, up = mapper.call(
        "() => [...asked[0].across.values].slice(0, 2).map((x, at) => [x, asked[0].up.values[at]])"
    )
    assert across == pytest.approx([0.01, 2.02])
    assert up == pytest.approx([0.03, 2.06])


def test_at_its_end_no_worker_is_left(mapper: Engine) -> None:
    _follow(mapper, "a", False, 0)
    mapper.run("mapper.end(); 0")
    assert mapper.call("() => [ended, mapper.sheet]") == [2, None]
    assert _follow(mapper, "a", False, 1) == [25, 25]


# --- What a stage is told ---


MOMENTUM = [
    (RACERS[key], trace(Run("himmelblau", key, OBJECTIVES["himmelblau"].start, 20))) for key in ("sgd", "momentum")
]


@pytest.mark.parametrize(("over", "axes"), [("plane", [5, 6]), ("tuning", [3, 4])])
def test_a_stage_is_told_the_program_and_the_minima_of_the_racer_whose_ends_are_wanted(
    over: Literal["plane", "tuning"], axes: list[int]
) -> None:
    objective = OBJECTIVES["himmelblau"]
    made = stage_payload(objective, MOMENTUM, ("plane", "loss"), 400, "A race", ends=EndsMap("momentum", over))
    run = MOMENTUM[1][1].run
    numbers = dict(enumerate((*live(run).numbers, *run.start)))
    assert [numbers[axis] for axis in axes] == ([*run.start] if over == "plane" else [*run.settings.values()])
    told = made.data["ends"]
    assert made.map == map_script(run, axes[0])
    assert (told["track"], told["view"], told["axes"], told["id"]) == ("momentum", over, axes, made.map.id)
    assert told["known"]["points"] == known_minima(objective).points


@pytest.mark.parametrize("ends", [None, EndsMap("", "plane"), EndsMap("gone", "plane")])
def test_without_a_racer_whose_ends_are_wanted_a_stage_is_told_of_none(ends: EndsMap | None) -> None:
    plain = stage_payload(OBJECTIVES["himmelblau"], MOMENTUM, ("plane", "loss"), 400, "A race", ends=ends)
    assert plain.map is None
    assert "ends" not in plain.data
