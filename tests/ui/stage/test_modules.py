"""The pure functions of the stage's JavaScript, in an engine without a browser: labels, dials, axes, the clock."""

import math
import os
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.catalogue.racers import RACERS
from core.catalogue.schedules import SCHEDULES
from core.engine.tracks import FLOOR
from core.figures import DARK, LIGHT
from core.figures.look import contrast
from tests.javascript import Engine
from ui.controls import common_dials, everyone_dials, factor_dial, racer_dials
from ui.stage import Dials
from ui.stage.modules import bundle
from ui.stage.payload import SHAPES, _dial, believed_dials, believed_racers, believed_schedules, stage_payload

SEED = os.environ["TEST_SEED"]
# Pixels: rounding of sums.
ROUNDING = 1e-6


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = Engine()
    engine.run(bundle("labels", "scales", "axes", "numbers", "clock", "marks"))
    return engine


def test_every_module_is_in_the_script_once_and_after_those_that_it_needs() -> None:
    script = bundle("stage")
    folder = Path(__file__).parents[3] / "ui" / "stage"
    for module in folder.glob("*.js"):
        if module.name not in ("mount.js", "figure.js", "drawing.js", "living.js"):
            assert script.count(f"const {module.stem} = (() => {{") == 1, module.name
    assert "from './" not in script


# --- Labels ---


def _shared(one: list[float], other: list[float]) -> float:
    across = min(one[2], other[2]) - max(one[0], other[0])
    up = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, across) * max(0.0, up)


@pytest.mark.parametrize("crowd", range(30))
def test_labels_cover_neither_one_another_nor_the_marks(engine: Engine, crowd: int) -> None:
    draw = Random(f"{SEED} {crowd}")
    frame = [50.0, 10.0, draw.uniform(300, 800), draw.uniform(300, 450)]
    middle = (draw.uniform(frame[0], frame[2]), draw.uniform(frame[1], frame[3]))
    # As at the end of a race: all in one place, or scattered.
    spread = draw.choice((0.0, 10.0, 200.0))
    at = [
        [
            min(max(middle[0] + draw.uniform(-spread, spread), frame[0]), frame[2]),
            min(max(middle[1] + draw.uniform(-spread, spread), frame[1]), frame[3]),
        ]
        for _ in range(8)
    ]
    labels = [{"at": point, "width": draw.uniform(30, 120), "height": 16} for point in at]
    blocks = [[x - 8, y - 8, x + 8, y + 8] for x, y in (*at, middle)]
    boxes = [one["box"] for one in engine.call("labels.placed", labels, blocks, frame)]
    for place, box in enumerate(boxes):
        assert box[0] >= frame[0] - ROUNDING
        assert box[2] <= frame[2] + ROUNDING
        assert box[1] >= frame[1] - ROUNDING
        assert box[3] <= frame[3] + ROUNDING
        for other in [*boxes[:place], *blocks]:
            assert _shared(box, other) < ROUNDING
    # The same again, where they stood, stands again.
    again = [
        {**label, "side": one["side"]}
        for label, one in zip(labels, engine.call("labels.placed", labels, blocks, frame), strict=True)
        if one["side"] >= 0
    ]
    if len(again) == len(labels):
        assert [one["box"] for one in engine.call("labels.placed", again, blocks, frame)] == boxes


def test_names_beside_curves_keep_their_order_and_their_distance(engine: Engine) -> None:
    draw = Random(SEED)
    for _ in range(50):
        wanted = [draw.choice((20.0, 340.0, draw.uniform(10, 350))) for _ in range(8)]
        heights = engine.call("labels.stacked", wanted, 16, 10, 350)
        order = sorted(range(8), key=lambda index: heights[index])
        assert all(heights[after] - heights[before] >= 16 - ROUNDING for before, after in pairwise(order))
        assert min(heights) >= 18 - ROUNDING
        assert max(heights) <= 342 + ROUNDING
        assert [wanted[index] for index in order] == sorted(wanted)


def test_a_name_that_does_not_fit_is_shortened(engine: Engine) -> None:
    shortened = "(text, room) => labels.shortened(text, room, (some) => 8 * some.length)"
    assert engine.call(shortened, "Gradient descent", 200) == "Gradient descent"
    assert engine.call(shortened, "Gradient descent", 80) == "Gradient…"


# --- Dials ---


def _dials() -> list[dict[str, Any]]:
    """Every dial that any racer under any schedule has, as the browser is told of it."""
    made = []
    for racer in map(RACERS.__getitem__, OPTIMIZERS):
        for schedule in SCHEDULES.values():
            for dial in racer_dials(racer, schedule.key, OBJECTIVES["bowl"]):
                made.append(_dial(dial, (dial.name,), (dial.hyper.default,)))
    made += [_dial(dial, (dial.name,), (dial.hyper.default,)) for dial in (*everyone_dials(), factor_dial())]
    return list({(spec["scale"], spec["low"], spec["high"], spec["whole"]): spec for spec in made}.values())


def test_a_dial_goes_from_end_to_end_in_order_and_back_to_where_a_value_is(engine: Engine) -> None:
    for spec in _dials():
        stops = range(201)
        values = engine.call(
            "(spec, stops) => stops.map((stop) => scales.valueAt(spec, stop / scales.STOPS))", spec, [*stops]
        )
        assert values[0] == pytest.approx(spec["low"], rel=1e-9, abs=1e-12), spec
        assert values[-1] == pytest.approx(spec["high"], rel=1e-9), spec
        assert values == sorted(values), spec
        low, high = spec["bounds"]
        assert all(low <= value <= high for value in values), spec
        if spec["whole"]:
            assert all(float(value).is_integer() for value in values), spec
        places = engine.call("(spec, values) => values.map((value) => scales.placeOf(spec, value))", spec, values)
        again = engine.call("(spec, places) => places.map((place) => scales.valueAt(spec, place))", spec, places)
        assert again == values, spec


def test_a_dial_of_all_turns_the_number_of_each_within_its_bounds(engine: Engine) -> None:
    own = {"bounds": [0, 0.5]}
    spread = "(spec, value, now, own) => scales.spread(spec, value, now, own)"
    assert engine.call(spread, {"spread": "factor"}, 2.5, 0.012345, own) == 0.0309
    assert engine.call(spread, {"spread": "factor"}, 10, 0.1, own) == 0.5
    assert engine.call(spread, {"spread": "set"}, 0.3, 0.1, own) == 0.3


def test_each_key_turns_a_dial_to_another_number(engine: Engine) -> None:
    press = """(spec, way) => {
        const seen = [way > 0 ? spec.low : spec.high];
        while (seen.length < 500) {
            const next = scales.nextTo(spec, seen.at(-1), way);
            if (next === seen.at(-1)) break;
            seen.push(next);
        }
        return seen;
    }"""
    for spec in _dials():
        for way, end in ((1, spec["high"]), (-1, spec["low"])):
            values = engine.call(press, spec, way)
            assert values[-1] == pytest.approx(end, rel=1e-9, abs=1e-12), spec
            assert all(way * (after - before) > 0 for before, after in pairwise(values)), spec


def test_numbers_near_one_move_by_their_distance_to_it(engine: Engine) -> None:
    spec = {"scale": "one", "low": 0.5, "high": 0.9999, "bounds": [0, 0.999999], "whole": False}
    values = engine.call("(spec) => [0.25, 0.5, 0.75].map((place) => scales.valueAt(spec, place))", spec)
    distances = [1 - value for value in values]
    assert distances[0] / distances[1] == pytest.approx(distances[1] / distances[2], rel=0.1)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.99", 0.99),
        ("1e-3", 1e-3),
        ("0.0123", 0.0123),
        ("0,5", 0.5),
        (" −0 ", 0.0),
        ("", None),
        ("abc", None),
        ("1e9", None),
        ("Infinity", None),
    ],
)
def test_what_is_typed_is_taken_as_it_is_within_the_bounds(engine: Engine, text: str, value: float | None) -> None:
    spec = {"scale": "log", "low": 1e-4, "high": 1.0, "bounds": [0, 1e6], "whole": False}
    assert engine.call("(spec, text) => scales.allowed(spec, numbers.typed(text))", spec, text) == value


def test_a_number_in_a_box_is_read_back_to_the_very_same(engine: Engine) -> None:
    draw = Random(SEED)
    for _ in range(300):
        number = draw.uniform(-1, 1) * 10 ** draw.randint(-12, 12)
        assert float(engine.call("numbers.exact", number)) == number


# --- Axes and the clock ---


def test_an_axis_holds_every_number_and_a_loss_at_the_minimum_stands_on_the_floor(engine: Engine) -> None:
    low, high = engine.call("axes.reach", [[1.0, 0.0], [1e-3]], True, FLOOR)
    assert low <= math.log10(FLOOR)
    assert high >= 0
    # A constant is drawn in the middle of numbers that can be told apart.
    low, high = engine.call("axes.reach", [[5.0, 5.0]], False, 0)
    assert low < 5 < high
    assert high - low >= 5e-3
    assert engine.call("axes.reach", [[None]], False, 0) == pytest.approx([0, 0], abs=1)
    assert engine.call("axes.widened", [0, 1], [-1, 0.5]) == [-1, 1]
    # Few ticks however far it reaches.
    assert [engine.call("axes.decades", span) for span in ([-1, 0.5], [-6, 0], [-16, 25])] == [1, 1, 7]


def test_a_clock_at_its_end_stays_there_when_there_are_more_steps(engine: Engine) -> None:
    told = "(t, steps, later) => { const one = new clock.Clock(steps); one.t = t; one.lasts(later); return one.t; }"
    assert engine.call(told, 10, 10, 20) == 20
    assert engine.call(told, 4, 10, 20) == 4
    assert engine.call(told, 8, 10, 5) == 5


# --- Colours and shapes ---


def test_every_shape_is_one_that_the_browser_draws(engine: Engine) -> None:
    assert set(SHAPES) <= {*engine.call("() => Object.keys(marks.SHAPES)")}
    assert len(SHAPES) == len({*SHAPES}) >= 8


def test_lines_and_letters_of_every_racer_can_be_seen_in_both_themes() -> None:
    objective = OBJECTIVES["bowl"]
    for racer in map(RACERS.__getitem__, OPTIMIZERS):
        run = Run("bowl", racer.optimizer.key, objective.start, 2)
        (track,) = stage_payload(objective, [(racer, trace(run))], ["plane"], 300, "").data["tracks"]
        for look in (LIGHT, DARK):
            assert contrast(track["tints"][look.name]["color"], look.background) >= 3
            assert contrast(track["tints"][look.name]["ink"], look.background) >= 4.5


def test_a_dial_turns_the_number_that_its_racer_runs_with() -> None:
    racer = RACERS["adam"]
    objective = OBJECTIVES["bowl"]
    run = Run("bowl", "adam", objective.start, 7, {"lr": 0.02, "beta2": 0.9}, "cosine", {"eta_min": 0.01}, 0.5, 2.0)
    own = racer_dials(racer, "cosine", OBJECTIVES["bowl"])
    data = stage_payload(
        objective,
        [(racer, trace(run))],
        ["plane"],
        300,
        "",
        dials=Dials({"adam": own}, everyone_dials(), [factor_dial()]),
    ).data
    (track,) = data["tracks"]
    turned = {
        dial["key"]: (dial["value"], track["live"]["numbers"][dial["index"]])
        for dial in (*track["dials"], *data["everyone"])
    }
    assert turned["adam_lr"] == (0.02, 0.02)
    assert turned["adam_beta2"] == (0.9, 0.9)
    assert turned["adam_cosine_eta_min"] == (0.01, 0.01)
    assert turned["steps"] == (7, 7)
    assert turned["noise"] == (0.5, 0.5)
    assert turned["clip"] == (2, 2)
    assert np.isfinite(track["live"]["numbers"]).all()


def test_dials_of_all_begin_at_what_the_first_racer_has_and_name_what_they_turn() -> None:
    racers = [RACERS["sgd"], RACERS["adam"], RACERS["adamw"], RACERS["lion"]]
    objective = OBJECTIVES["bowl"]
    race = [(racer, trace(Run("bowl", racer.key, objective.start, 3))) for racer in racers]
    own = {racer.key: racer_dials(racer, "constant", OBJECTIVES["bowl"]) for racer in racers}
    dials = Dials(own, everyone_dials(), [factor_dial()], common_dials(racers))
    data = stage_payload(objective, race, ["plane"], 300, "", dials=dials).data
    spread = {spec["name"]: (spec["spread"], spec["value"]) for spec in data["everyone"] if "spread" in spec}
    expected = {"lr": ("factor", 1.0), "beta1": ("set", 0.9), "beta2": ("set", 0.999), "eps": ("set", 1e-8)}
    assert spread == expected | {"weight_decay": ("set", OPTIMIZERS["adamw"].hypers[-1].default)}


def test_only_schedules_that_there_are_are_believed_of_racers_that_there_are() -> None:
    dials = Dials(
        schedules={"adam": "adam_schedule", "lion": "lion_schedule"}, followed=[one.name for one in SCHEDULES.values()]
    )
    assert believed_schedules({"racer": "adam", "name": "Cosine"}, dials) == {"adam_schedule": "Cosine"}
    assert set(believed_schedules({"racer": "", "name": "Cosine"}, dials).values()) == {"Cosine"}
    for raw in (
        None,
        [],
        "Cosine",
        {"racer": "adam", "name": "cosine"},
        {"racer": "adam"},
        {"racer": "sgd", "name": "Cosine"},
    ):
        assert believed_schedules(raw, dials) == {}
    assert believed_schedules({"racer": [], "name": ["Cosine"]}, dials) == {}


def test_only_racers_that_there_are_join_and_one_always_stays() -> None:
    dials = Dials(most=2)
    assert believed_racers({"add": "Adam 2"}, ["Adam"], dials) == ["Adam", "Adam 2"]
    assert believed_racers({"add": "Adam 2"}, ["Adam", "Lion"], dials) == ["Adam", "Lion"]
    assert believed_racers({"remove": "Adam"}, ["Adam", "Lion"], dials) == ["Lion"]
    assert believed_racers({"remove": "Adam"}, ["Adam"], dials) == ["Adam"]
    for raw in (None, "Adam", {"add": "adam"}, {"add": 3}, {"remove": "Lion"}, {"add": ["Lion"]}, {"add": "Adam"}):
        assert believed_racers(raw, ["Adam"], dials) == ["Adam"]


def test_only_numbers_that_a_dial_may_take_are_believed() -> None:
    own = racer_dials(RACERS["adam"], "constant", OBJECTIVES["bowl"])
    dials = Dials({"adam": own}, everyone_dials(), [factor_dial()])
    assert believed_dials({"adam_lr": 0.5, "steps": 7, "noise": 0}, dials) == {"adam_lr": 0.5, "steps": 7, "noise": 0}
    for wrong in (None, "1", True, [1], -1, math.nan, math.inf, 10**400):
        assert believed_dials({"adam_lr": wrong, "steps": wrong, "adam_beta1": wrong}, dials) == {}
    assert believed_dials({"steps": 2.5, "factor": 2, "other": 1}, dials) == {}
    for raw in (None, [], "adam_lr", 3):
        assert believed_dials(raw, dials) == {}
