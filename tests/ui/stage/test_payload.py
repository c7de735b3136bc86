"""What the stage is given: numbers read back as the browser reads them, and nothing believed that a browser says."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.catalogue.objectives import own_objective
from core.catalogue.racers import RACERS
from core.engine.scenarios import RACES
from core.engine.status import Outcome
from core.engine.summary import Race
from core.figures import DARK, LIGHT, batch_lines, batch_progress
from core.figures.line_fit import paper_figure
from core.problems import example as worked_example
from core.problems.batches.bowl import bowl, tracks
from core.problems.batches.data import Pair
from core.problems.batches.race import AXES, Axis, Settings
from core.problems.batches.race import race as batch_race
from tests.core.problems.batches.cases import CASES as BATCHES
from ui.controls import factor_dial, hyper_key, slider_dial
from ui.kit.limits import MAX_CURVE_RACERS, MAX_RACERS, MAX_START
from ui.stage.payload import Costs, Dials, Kind, Payload, believed_start, believed_step, gestures, packed, stage_payload
from ui.stage.stage import plotly_chunk

Array = npt.NDArray[Any]

EVERY_VIEW: dict[int, tuple[Kind, ...]] = {
    1: ("curve", "loss", "norm"),
    2: ("plane", "space", "loss", "norm"),
}
# The byte that stands for "no direction", as in tracks.js.
UNDIRECTED = 255
RATES = {"sgd": {"lr": 0.0008}, "momentum": {"lr": 0.0008}, "rmsprop": {"lr": 0.01}, "adam": {"lr": 0.1}}


def _race(objective: str = "rosenbrock", rules: dict[str, dict[str, float]] = RATES, steps: int = 60) -> Race:
    start = OBJECTIVES[objective].start
    return [
        (RACERS[key], trace(Run(objective, RACERS[key].optimizer.key, start, steps, hypers)))
        for key, hypers in rules.items()
    ]


def _payload(objective: str = "rosenbrock", race: Race | None = None, kinds: tuple[Kind, ...] = ("plane",)) -> Payload:
    return stage_payload(OBJECTIVES[objective], race or _race(objective), kinds, 400, "A race")


def _decoded(payload: Payload) -> list[dict[str, Array]]:
    """The tracks as tracks.js reads them from the message that is sent."""
    message = packed(payload.data, payload.numbers)
    size = int.from_bytes(message[:4], "little")
    data, raw = json.loads(message[4 : 4 + size]), message[4 + size :]
    at = 0

    def take(count: int, kind: str) -> Array:
        nonlocal at
        values = np.frombuffer(raw, kind, count, at)
        at += values.nbytes
        return values

    tracks = []
    for track in data["tracks"]:
        n = track["rows"]
        x = take(n * data["dimension"], "<f4").reshape(data["dimension"], n)
        tracks.append(
            {"x": x, "height": take(n, "<f4"), "norm": take(n, "<f4")}
            | {name: take(n, "<f4") for name in track["columns"]}
            | {"downhill": take(n, "u1")}
            | ({"push": take(n, "u1")} if track["pushes"] else {})
        )
    assert at == len(raw)
    return tracks


def _is_within_a_255th_of_a_turn(coded: Array, vectors: Array) -> None:
    known = np.any(vectors != 0, axis=1)
    assert (coded[~known] == UNDIRECTED).all()
    assert (coded[known] < UNDIRECTED).all()
    across = vectors[known, 0]
    up = vectors[known, 1] if vectors.shape[1] > 1 else np.zeros_like(across)
    error = coded[known] / 255 - np.arctan2(up, across) / (2 * math.pi)
    # Half a unit, for rounding, and a little for the division.
    assert np.abs(error - np.round(error)).max(initial=0.0) <= 0.5 / 255 + 1e-9


# --- Numbers ---


@pytest.mark.parametrize("objective", ["rosenbrock", "saddle", "six_hump_camel", "styblinski_tang"])
def test_positions_losses_and_norms_arrive_as_float32(objective: str) -> None:
    race = _race(objective)
    payload = _payload(objective, race)
    minimum = OBJECTIVES[objective].minimum
    assert minimum is not None
    assert payload.data["minimum"] == minimum
    for (_, path), track in zip(race, _decoded(payload), strict=True):
        assert np.array_equal(track["x"], path.x.T.astype("<f4"))
        assert np.array_equal(track["height"], (path.loss - minimum).astype("<f4"))
        assert np.array_equal(track["norm"], path.grad_norm.astype("<f4"))


def test_without_a_known_minimum_losses_are_sent_as_they_are() -> None:
    race = _race("monkey_saddle", {"sgd": {"lr": 0.01}}, 20)
    payload = _payload("monkey_saddle", race)
    assert payload.data["minimum"] == 0
    assert np.array_equal(_decoded(payload)[0]["height"], race[0][1].loss.astype("<f4"))


def test_directions_are_downhill_and_along_the_velocity() -> None:
    race = _race()
    for (racer, path), track in zip(race, _decoded(_payload(race=race)), strict=True):
        downhill = -OBJECTIVES["rosenbrock"].parsed.grad(path.x.T).T
        _is_within_a_255th_of_a_turn(track["downhill"], downhill)
        velocity = racer.optimizer.velocity
        assert ("push" in track) == bool(velocity)
        if velocity:
            assert track["push"][0] == UNDIRECTED
            _is_within_a_255th_of_a_turn(track["push"][1:], -path.terms[velocity])


def test_some_rule_has_a_velocity_and_some_has_none() -> None:
    assert {bool(racer.optimizer.velocity) for racer, _ in _race()} == {True, False}


def test_the_velocity_of_momentum_points_where_the_next_steps_go() -> None:
    """The sign: along the step that was taken, not against it."""
    race = _race(rules={"momentum": {"lr": 0.0008}})
    track = _decoded(_payload(race=race))[0]
    moves = np.diff(race[0][1].x, axis=0)
    _is_within_a_255th_of_a_turn(track["push"][1:], moves)


@pytest.mark.parametrize("key", [key for key, objective in OBJECTIVES.items() if objective.dimension == 1])
def test_every_rule_in_one_variable_has_a_path_a_name_and_arrows(key: str) -> None:
    objective, everyone = OBJECTIVES[key], [RACERS[key] for key in OPTIMIZERS]
    for first in range(0, len(everyone), MAX_CURVE_RACERS):
        race = [
            (racer, trace(Run(key, racer.optimizer.key, objective.start, 40)))
            for racer in everyone[first : first + MAX_CURVE_RACERS]
        ]
        payload = _payload(key, race, EVERY_VIEW[1])
        assert [track["name"] for track in payload.data["tracks"]] == [racer.name for racer, _ in race]
        assert [len(view["traces"]) for view in payload.data["views"]] == [len(race)] * len(EVERY_VIEW[1])
        for (racer, path), track in zip(race, _decoded(payload), strict=True):
            assert np.array_equal(track["x"], path.x.T.astype("<f4"))
            _is_within_a_255th_of_a_turn(track["downhill"], -objective.parsed.grad(path.x.T).T)
            velocity = racer.optimizer.velocity
            assert ("push" in track) == bool(velocity)
            if velocity:
                _is_within_a_255th_of_a_turn(track["push"][1:], -path.terms[velocity])


def test_in_one_variable_downhill_is_right_or_left_or_nowhere() -> None:
    objective = OBJECTIVES["parabola"]
    for start, code in ((-1.0, 0), (1.0, 128), (0.0, UNDIRECTED)):
        race = [(RACERS["sgd"], trace(Run("parabola", "sgd", (start,), 1, {"lr": 0.1})))]
        assert _decoded(stage_payload(objective, race, ["curve"], 400, ""))[0]["downhill"][0] == code


def test_numbers_beyond_float32_keep_their_sign_and_stay_finite() -> None:
    race = _race(rules={"sgd": {"lr": 0.003}})
    path = race[0][1]
    assert path.loss.max() > 1e30
    track = _decoded(_payload(race=race))[0]
    for values in (track["x"], track["height"], track["norm"]):
        assert np.isfinite(values).all()
    assert np.array_equal(np.sign(track["x"]), np.sign(path.x.T))


def test_a_path_that_diverged_says_at_which_step() -> None:
    race = _race(rules={"sgd": {"lr": 0.003}, "adam": {"lr": 0.1}})
    path = race[0][1]
    assert path.status.outcome is Outcome.DIVERGED
    failed, other = _payload(race=race).data["tracks"]
    assert failed["note"] == f"diverged at step {path.status.step}"
    assert failed["rows"] == len(path.x)
    assert other["note"] == ""


# --- Grounds and looks ---


def test_the_landscape_does_not_depend_on_the_paths_so_that_it_is_sent_once() -> None:
    kinds: tuple[Kind, ...] = ("plane", "space", "loss")
    slow = _payload(kinds=kinds)
    fast = _payload(race=_race(rules={"adam": {"lr": 0.3}}, steps=200), kinds=kinds)
    assert slow.grounds == fast.grounds
    assert slow.numbers != fast.numbers
    assert slow.data["numbers"] != fast.data["numbers"]


def test_landscapes_are_told_apart_by_what_is_in_them() -> None:
    grounds = [
        ground
        for objective in OBJECTIVES.values()
        for ground in _payload(
            objective.key, _race(objective.key, {"sgd": {}}, 2), EVERY_VIEW[objective.dimension]
        ).grounds
    ]
    assert len({ground.id for ground in grounds}) == len({ground.figure for ground in grounds}) == len(grounds)


def test_every_view_of_a_landscape_names_one_that_is_sent() -> None:
    payload = _payload(kinds=EVERY_VIEW[2])
    named = [view["ground"] for view in payload.data["views"] if "ground" in view]
    assert named == [ground.id for ground in payload.grounds]


def _figures(payload: Payload) -> Iterator[str]:
    yield from (ground.figure for ground in payload.grounds)
    yield from (view["figure"] for view in payload.data["views"] if "figure" in view)


def _colors(value: Any) -> Iterator[str]:
    """All strings in decoded JSON that look like colours."""
    if isinstance(value, dict):
        for part in value.values():
            yield from _colors(part)
    elif isinstance(value, list):
        for part in value:
            yield from _colors(part)
    elif isinstance(value, str) and value.startswith("#"):
        yield value


@pytest.mark.parametrize("dimension", [1, 2])
def test_every_stand_in_for_a_colour_has_a_colour_in_both_looks(dimension: int) -> None:
    objective = "parabola" if dimension == 1 else "rosenbrock"
    payload = _payload(objective, _race(objective, {"sgd": {"lr": 0.001}}), EVERY_VIEW[dimension])
    real = {color.lower() for look in (LIGHT, DARK) for color in (*look.landscape, look.text, look.background)}
    used = {color for figure in _figures(payload) for color in _colors(json.loads(figure))}
    assert used
    assert not {color.lower() for color in used} & real
    for look in (LIGHT, DARK):
        table = payload.data["looks"][look.name]["map"]
        assert used <= set(table)
        assert payload.data["looks"][look.name]["text"] == look.text


def test_no_stand_in_is_a_colour_of_a_look_or_of_a_rule() -> None:
    stand_ins = {token.lower() for token in _payload().data["looks"]["light"]["map"]}
    colors = {str(color).lower() for look in (LIGHT, DARK) for color in vars(look).values() if isinstance(color, str)}
    colors |= {color.lower() for look in (LIGHT, DARK) for color in look.landscape}
    colors |= {optimizer.color.lower() for optimizer in OPTIMIZERS.values()}
    assert not stand_ins & colors


def test_the_two_looks_map_the_same_stand_ins_to_different_colours() -> None:
    looks = _payload().data["looks"]
    assert set(looks["light"]["map"]) == set(looks["dark"]["map"])
    assert looks["light"]["map"] != looks["dark"]["map"]


# --- Everything that can be shown ---


@pytest.mark.parametrize("key", OBJECTIVES)
def test_every_objective_can_be_shown_in_every_view(key: str) -> None:
    objective = OBJECTIVES[key]
    payload = _payload(key, _race(key, {"sgd": {}, "momentum": {}}, 20), EVERY_VIEW[objective.dimension])
    assert [view["label"] for view in payload.data["views"]]
    # Bare NaN and Infinity are no JSON: a browser refuses the whole message.
    packed(payload.data, payload.numbers)
    for figure in _figures(payload):
        json.loads(figure, parse_constant=lambda name: pytest.fail(f"{name} in a figure"))


def test_a_formula_without_values_in_places_can_be_shown() -> None:
    objective = own_objective("log(x) + sqrt(y)", 2)
    race = [(RACERS["sgd"], trace(Run(objective.reference, "sgd", (1.0, 1.0), 30, {"lr": 0.1})))]
    payload = stage_payload(objective, race, EVERY_VIEW[2], 400, "Own")
    packed(payload.data, payload.numbers)
    assert race[0][1].status.outcome in (Outcome.UNDEFINED, Outcome.DIVERGED)
    assert payload.data["tracks"][0]["note"]


def test_a_hidden_trace_has_its_track_and_known_channels() -> None:
    payload = _payload(kinds=EVERY_VIEW[2])
    for view in payload.data["views"]:
        for trace_ in view["traces"]:
            assert 0 <= trace_["track"] < len(payload.data["tracks"])
            assert {trace_["x"], trace_["y"]} <= {"x0", "x1", "step", "height", "loss", "norm"}


def test_four_racers_of_500_steps_fit_into_half_of_a_hundred_kilobytes() -> None:
    """All that comes for a move of a slider shall take a hundred, and a page is more than its stage."""
    opening = next(iter(RACES.values()))
    race = _race(opening.objective, {key: dict(hypers) for key, hypers in opening.rules.items()}, 500)
    assert len(race) == 4
    payload = _payload(race=race, kinds=("plane", "loss"))
    assert len(packed(payload.data, payload.numbers)) <= 50_000


def test_a_full_race_costs_little_more_than_its_numbers() -> None:
    race = _race(rules={key: {} for key in list(RACERS)[:MAX_RACERS]}, steps=500)
    payload = _payload(race=race, kinds=("plane", "loss"))
    assert len(packed(payload.data, b"")) <= 12_000
    # Four numbers of four bytes and at most two directions a row.
    assert len(payload.numbers) <= MAX_RACERS * 501 * 18


def test_the_chunk_of_plotly_is_where_this_release_of_streamlit_has_it() -> None:
    """A release of Streamlit that renames or splits it fails here, at the start, and not in a visitor's browser."""
    name = plotly_chunk()
    assert name.startswith("PlotlyChart.")
    assert name.endswith(".js")


# --- What a browser says ---

PLANE = OBJECTIVES["rosenbrock"]
HOSTILE: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 3.5, math.nan, math.inf, -math.inf),
    *("", "0", "1,2", "[0, 0]", "__import__('os')", b"\x00\x00", b"12"),
    *([], (), [0], (0.0,), [0, 0, 0], [0] * 1000, {}, {"x": 0, "y": 0}, {0: 0, 1: 0}, {0, 1}, frozenset({0.5, 1.5})),
    *([None, 0], [0, None], ["0", "0"], [0, "1"], ["", ""], [b"0", 0], [[], []], [[0], [0]], [[0, 0], [0, 0]]),
    *([True, False], [0, True], [{}, {}], [{"x": 1}, 0], [0, object()], [object(), object()]),
    *([math.nan, 0], [0, math.nan], [math.inf, 0], [0, -math.inf], [math.nan, math.nan]),
    *([1e300, 0], [0, -1e300], [MAX_START * 1.0001, 0], [0, -MAX_START * 1.0001], [10**400, 0], [0, -(10**400)]),
    *([0j, 0], [1 + 2j, 1], range(2), iter([0, 0]), np.array([0.0, 0.0]), np.float32(1.0), np.array(1.0)),
    *([np.float32(0), 0], [np.int64(0), 0], [np.bool_(True), 0], [np.array([0.0]), 0]),
)
assert len(HOSTILE) >= 40


def _named(raw: Any) -> str:
    """The same name in every process: without the places of objects in its memory."""
    return re.sub(" at 0x[0-9a-f]+", "", repr(raw))[:40]


@pytest.mark.parametrize("raw", HOSTILE, ids=_named)
def test_no_nonsense_becomes_a_start(raw: Any) -> None:
    assert believed_start(raw, PLANE) is None


@pytest.mark.parametrize(
    ("raw", "start"),
    [
        ([0, 0], (0.0, 0.0)),
        ((1, -1.5), (1.0, -1.5)),
        ([0.3256123, 1.9471999], (0.326, 1.947)),
        ([MAX_START, -MAX_START], (MAX_START, -MAX_START)),
        ([1e-300, -1e-300], (0.0, 0.0)),
        # A NumPy number that is a float is one.
        ([np.float64(0.5), 1], (0.5, 1.0)),
    ],
)
def test_a_start_is_rounded_to_what_the_picture_can_tell_apart(raw: Any, start: tuple[float, ...]) -> None:
    believed = believed_start(raw, PLANE)
    assert believed == start
    assert believed is not None
    assert all(type(number) is float for number in believed)


def test_a_start_at_minus_zero_is_plain_zero() -> None:
    believed = believed_start([-0.0, -1e-9], PLANE)
    assert believed is not None
    assert [math.copysign(1, number) for number in believed] == [1, 1]


@pytest.mark.parametrize("key", OBJECTIVES)
def test_every_objective_takes_its_own_start_rounded_by_less_than_a_pixel(key: str) -> None:
    objective = OBJECTIVES[key]
    believed = believed_start(list(objective.start), objective)
    assert believed is not None
    for rounded, exact, (low, high) in zip(believed, objective.start, objective.domain, strict=True):
        # No screen is wider than this many pixels.
        assert abs(rounded - exact) <= (high - low) / 1000


def test_a_start_of_the_other_dimension_is_refused() -> None:
    assert believed_start([0.0], PLANE) is None
    assert believed_start([0.0, 0.0], OBJECTIVES["parabola"]) is None


STRANGE_STEPS: tuple[Any, ...] = (
    *(None, True, False, math.nan, math.inf, -math.inf, -1, -0.5, 0.5, 36.999, 101, 101.0, 1e300, -1e300),
    *(10**400, -(10**400), 2**63, "", "37", "0x25", "nan", b"37", [], [37], (37,), {}, {"step": 37}, {37}, 37j),
    *(object(), range(3), iter([37]), np.array(37), np.array([37]), np.float32(37), np.int64(37), np.bool_(True)),
    *(np.datetime64("2026-01-01"), np.timedelta64(3), lambda: 37, int, type, ..., NotImplemented, Ellipsis),
    *(100.0000001, -1e-300, 5e-324),
)
assert len(STRANGE_STEPS) >= 40


@pytest.mark.parametrize("raw", STRANGE_STEPS, ids=_named)
def test_no_nonsense_becomes_a_step(raw: Any) -> None:
    assert believed_step(raw, 100) is None


@pytest.mark.parametrize(("raw", "step"), [(0, 0), (37, 37), (100, 100), (37.0, 37), (-0.0, 0), (np.float64(5.0), 5)])
def test_a_whole_step_of_the_run_is_believed(raw: Any, step: int) -> None:
    believed = believed_step(raw, 100)
    assert believed == step
    assert type(believed) is int


def test_lines_are_drawn_on_the_paper_that_is_given_in_the_colours_of_the_visitors_theme() -> None:
    example = worked_example.Example()
    race = [(RACERS["sgd"], example.path(20))]
    kinds: tuple[Kind, ...] = ("fit", "plane", "loss")
    payload = stage_payload(example.objective, race, kinds, 300, "", lambda look: paper_figure(example, look))
    assert payload.data["variables"] == ["w", "b"]
    fit, plane, loss = payload.data["views"]
    assert (fit["kind"], fit["traces"]) == ("fit", [])
    grounds = {ground.id: json.loads(ground.figure) for ground in payload.grounds}
    assert grounds[plane["ground"]]["layout"]["yaxis"]["title"]["text"] == "b"
    (line, points) = grounds[fit["ground"]]["data"]
    # The colours are tokens, which only the palette of a theme makes visible.
    assert {line["line"]["color"], points["marker"]["color"]} <= set(payload.data["looks"]["dark"]["map"])
    # The example knows its minimum, though the run of its formula does not.
    assert json.loads(loss["figure"])["layout"]["yaxis"]["type"] == "log"
    with pytest.raises(ValueError, match="needs a figure"):
        stage_payload(example.objective, race, kinds, 300, "")


@pytest.mark.parametrize(("pair", "settings"), BATCHES.values(), ids=BATCHES)
@pytest.mark.parametrize("along", AXES.values(), ids=AXES)
def test_runs_that_no_program_takes_are_sent_with_what_they_cost(pair: Pair, settings: Settings, along: Axis) -> None:
    objective, runs = bowl(pair, settings.start), batch_race(pair, settings)
    race = tracks(objective, runs, settings)
    costs = Costs(
        [along.of(ran, 5e-6)[: len(track.x)] for ran, (_, track) in zip(runs, race, strict=True)],
        lambda look: batch_progress(pair, runs, [], along, [5e-6] * len(runs), look),
        "Loss for each batch size",
    )
    kinds: tuple[Kind, ...] = ("plane", "fit", "cost", "rate")
    payload = stage_payload(
        objective, race, kinds, 300, "", lambda look: batch_lines(pair, runs, look), costs=costs, who="batch"
    )
    data = payload.data
    assert payload.noise is None
    assert payload.programs == {}
    assert not any("live" in track or track.get("dials") for track in data["tracks"])
    assert (data["steps"], data["start"], data["variables"]) == (settings.updates, [*settings.start], ["w", "b"])
    for (_, track), sent, ran, cost in zip(race, _decoded(payload), runs, costs.across, strict=True):
        assert np.isfinite(sent["x"]).all()
        assert np.array_equal(sent["x"], track.x.T.astype("<f4"))
        limit = float(np.finfo(np.float32).max)
        assert np.array_equal(sent["height"], np.minimum(ran.excess[: len(track.x)], limit).astype("<f4"))
        assert np.array_equal(sent["cost"], cost.astype("<f4"))
        assert np.array_equal(sent["rate"], track.rate_share.astype("<f4"))
        _is_within_a_255th_of_a_turn(sent["downhill"], -track.grad)
    view = data["views"][2]
    assert (view["kind"], view["channels"], view["label"]) == ("time", ("cost", "height"), "Loss for each batch size")
    assert json.loads(view["figure"])["layout"]["xaxis"]["title"]["text"] == along.title
    for figure in _figures(payload):
        json.loads(figure, parse_constant=lambda name: pytest.fail(f"{name} in a figure"))
    with pytest.raises(ValueError, match="what the steps cost"):
        stage_payload(objective, race, ["cost"], 300, "")


@pytest.mark.parametrize("kinds", list(product(get_args(Kind), get_args(Kind))))
def test_a_stage_says_what_a_hand_can_do_with_each_of_its_views(kinds: tuple[Kind, Kind]) -> None:
    said = gestures(kinds)
    assert ("set the start" in said) == bool({"plane", "curve"} & {*kinds})
    assert ("turn it" in said) == ("space" in kinds)
    assert said.endswith(".")


def test_what_is_locked_cannot_be_turned_and_what_is_hidden_has_no_dial() -> None:
    racers = [RACERS["sgd"], RACERS["adam"]]
    race = [(racer, trace(Run("bowl", racer.key, (1.0, 2.0), 5))) for racer in racers]
    own = {
        one.key: [slider_dial(hyper, hyper_key(one, hyper.name)) for hyper in one.optimizer.hypers] for one in racers
    }
    schedules = {racer.key: f"{racer.key}_schedule" for racer in racers}

    def data(*locked: str, hidden: Sequence[str] = ()) -> dict[str, Any]:
        dials = Dials(own, (), [factor_dial()], schedules=schedules, locked=locked, hidden=hidden)
        return stage_payload(OBJECTIVES["bowl"], race, ["plane"], 300, "", dials=dials, start_keys=("x", "y")).data

    free, some = data(), data("adam_lr", "x", "sgd_schedule")
    all_ = data("adam_lr", "sgd_lr", "x", "y", hidden=["sgd_lr"])
    dials = [
        {dial["key"]: (dial["locked"], dial["hidden"]) for one in made["tracks"] for dial in one["dials"]}
        for made in (free, some, all_)
    ]
    assert [one["adam_lr"] for one in dials] == [(False, False), (True, False), (True, False)]
    assert [one["sgd_lr"] for one in dials] == [(False, False), (False, False), (True, True)]
    # The dial that turns the rates of all is free as long as one of them is.
    assert [made["everyone"][0]["locked"] for made in (free, some, all_)] == [False, False, True]
    assert [made["fixed"] for made in (free, some, all_)] == [[False, False], [True, False], [True, True]]
    assert [one["follows"] for one in some["tracks"]] == [False, True]
    assert ["drag the ring" in made["hint"] for made in (free, some, all_)] == [True, True, False]
