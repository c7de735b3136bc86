"""The ledger under the stage: what it is given, how it looks beside the ball, and that no number is of another step."""

import json
from typing import Any

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.catalogue.racers import RACERS
from core.engine.ledger import ledger
from tests.javascript import Engine
from ui.stage.ledger import Account, ledger_payload
from ui.stage.modules import bundle
from ui.stage.stage import katex_chunk

STEPS = 12
SPOTS = """{
    ball: [100, 100], heel: [100, 90], foot: [80, 120],
    towards: ([x, y]) => [x, -y], way: ([x, y = 0]) => [10*x, -10*y],
}"""


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = Engine()
    engine.run(bundle("ledger", "sights", "formulas"))
    return engine


def _account(key: str, step: int, objective: str = "rosenbrock", coordinate: int = 0) -> Account:
    racer = RACERS[key]
    path = trace(Run(objective, racer.optimizer.key, OBJECTIVES[objective].start, STEPS, {"lr": 1e-3}))
    return Account(racer, path, step, coordinate)


# --- What it is given ---


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_every_line_comes_in_symbols_and_with_the_numbers_of_its_step(key: str) -> None:
    account = _account(key, 5, coordinate=1)
    data, program = ledger_payload(account)
    assert json.loads(json.dumps(data, allow_nan=False))["step"] == 5
    numbers = ledger(account.path, 5, 1)
    for line, filled in zip(data["lines"], numbers.lines, strict=True):
        assert line["left"] == filled.left
        assert line["numbers"] == f"{filled.right} = {filled.result}"
    assert data["vectors"] == {of: list(vector) for of, vector in numbers.vectors.items()}
    assert data["before"] == account.path.x[4].tolist()
    assert data["program"]["id"] == program.id
    assert {f"{of}.0" for of in data["vectors"]} <= set(program.columns)
    # Something can be seen of every rule, and each of what can be seen is among the numbers.
    assert set(data["sights"]) <= set(data["vectors"])
    assert any(sight["kind"] == "move" for sight in data["sights"].values())


def test_one_thing_of_each_kind_can_always_be_pointed_at() -> None:
    sights = ledger_payload(_account("adam", 5))[0]["sights"]
    assert {of: (sight["kind"], sight["symbol"]) for of, sight in sights.items() if sight["standing"]} == {
        "0": ("push", "m"),
        "3": ("square", "v\u0302"),
        "4": ("move", "x"),
        "g": ("gradient", "g"),
    }


def test_before_the_first_step_there_are_symbols_only_and_after_the_last_it_is_the_last() -> None:
    data, _ = ledger_payload(_account("adam", 0))
    assert data["step"] == 0
    assert "vectors" not in data
    assert all("numbers" not in line for line in data["lines"])
    racer = RACERS["sgd"]
    path = trace(Run("rosenbrock", "sgd", (-1.5, 2.0), 100, {"lr": 0.01}))
    taken = len(path.x) - 1
    assert taken < 100
    assert ledger_payload(Account(racer, path, 100, 0))[0]["step"] == taken


def test_what_is_no_number_is_left_out_of_the_message() -> None:
    rule = "q = sqrt(-t)\nx = x - lr*g"
    path = trace(Run("bowl", rule, (1.0, 1.0), 3))
    racer = RACERS["sgd"]
    own = type(racer)(**{**vars(racer), "optimizer": path.run.resolved_optimizer})
    data, _ = ledger_payload(Account(own, path, 2, 0))
    assert data["vectors"]["0"] == [None]
    assert r"\text{undefined}" in data["lines"][0]["numbers"]


def test_the_chunk_of_katex_is_where_this_release_of_streamlit_has_it() -> None:
    name = katex_chunk()
    assert name.startswith("rehype-katex.")
    assert name.endswith(".js")


def test_properties_of_a_tree_of_html_become_attributes(engine: Engine) -> None:
    names = ["className", "dataOf", "ariaHidden", "viewBox", "style"]
    expected = ["class", "data-of", "aria-hidden", "viewBox", "style"]
    assert [engine.call("formulas.attributeOf", name) for name in names] == expected


# --- How it looks ---


def _lines(engine: Engine, kind: str, **mark: Any) -> list[list[float]]:
    lines: list[list[float]] = engine.call(f"(mark) => sights.SIGHTS.{kind}.lines({SPOTS}, mark)", mark)
    return lines


def test_an_arrow_goes_against_its_vector_and_says_so(engine: Engine) -> None:
    for kind, begins in (("push", [100, 90]), ("gradient", [80, 120])):
        start, end = _lines(engine, kind, vector=[3.0, 4.0])
        assert start == begins
        # Against [3, 4], of which up on the screen is less.
        across, down = end[0] - start[0], end[1] - start[1]
        assert across < 0 < down
        assert down / across == pytest.approx(-4 / 3)
        assert _lines(engine, kind, vector=[0.0, 0.0]) == []
    words = engine.call("(mark) => sights.SIGHTS.push.words(mark)", {"symbol": "m", "vector": [3.0, -0.5]})
    assert words == "−m = (−3.000, 0.5000)"


def test_a_step_goes_from_where_it_began_to_where_it_led(engine: Engine) -> None:
    assert _lines(engine, "move", vector=[2.0, 2.0]) == [[80, 120], [100, 100]]
    # One that cannot be seen arrives at the ball from where it came.
    start, end = _lines(engine, "move", vector=[0.01, 0.0])
    assert start[0] < end[0] < 100
    assert start[1] == end[1] == 100
    assert engine.call("(mark) => sights.SIGHTS.move.words(mark)", {"vector": [0.25]}) == "step 0.2500"


def test_the_sides_of_a_square_are_roots_and_grow_with_them(engine: Engine) -> None:
    def sides(kind: str, *vector: float) -> tuple[float, float]:
        (left, bottom), (_, top), (right, _), *_ = _lines(engine, kind, vector=[*vector], largest=10.0)
        return right - left, bottom - top

    across, up = sides("square", 16.0, 4.0)
    assert across == pytest.approx(2 * up)
    assert sides("square", 64.0, 16.0) == pytest.approx((2 * across, 2 * up))
    assert sides("square", 16.0) == pytest.approx((across, across))
    assert sides("sides", 4.0, 2.0) == pytest.approx((across, up))
    assert _lines(engine, "square", vector=[0.0, 0.0], largest=10.0) == []
    words = engine.call("(mark) => sights.SIGHTS.square.words(mark)", {"symbol": "v", "vector": [16.0, 0.25]})
    assert words == "√v = (4.000, 0.5000)"


def test_one_points_at_the_nearest_line_if_it_is_near(engine: Engine) -> None:
    hits = [
        {"of": "0", "lines": [[0, 0], [100, 0]]},
        {"of": "1", "lines": [[0, 10], [100, 10], [100, 50]]},
        {"of": "2", "lines": []},
    ]
    expected = {(50, 3): "0", (50, 6): "1", (50, 16): "1", (96, 40): "1", (50, -8): None, (-5, 0): "0", (50, 30): None}
    pointed = "(hits, at) => sights.pointedAt(hits, at) ?? null"
    assert {at: engine.call(pointed, hits, at) for at in expected} == expected


# --- Of which step its numbers are ---

# A ledger without elements: Python has told of step 3, and the run has been taken here as well.
LEDGER = """({ row = 3, step = 3, numbers = 'a', moved = false, off = 0, ready = true }) => {
    const one = Object.create(ledger.Ledger.prototype);
    const x = [Float64Array.from([0, 1, 2, 3, 4])];
    Object.assign(one, {
        stage: { moved, data: { numbers, domain: [[-1, 1]] } }, track: { n: 5, x },
        data: { step, numbers: 'a', vectors: step ? { 0: [0.3] } : undefined },
        run: ready ? { n: 5, x: [x[0].map((value, at) => (at === 4 ? value + off : value))] } : null,
        runner: { column: (name) => ({ '0.0': [9, 10, 11, 12, 13] })[name] },
    });
    return one.vector('0', one.at(row));
}"""


@pytest.mark.parametrize(
    ("given", "vector"),
    [
        ({}, [0.3]),
        # Another step, another race, and a hand that turns something: what was computed here.
        ({"row": 2}, [11]),
        ({"row": 9}, [13]),
        ({"numbers": "b"}, [12]),
        ({"moved": True}, [12]),
        # A run that has parted from the one that is drawn, and none: no number at all.
        ({"row": 4, "off": 1e-3}, None),
        ({"row": 4, "off": 1e-9}, [13]),
        ({"row": 2, "ready": False}, None),
        # Nothing has happened yet, as Python says as well.
        ({"row": 0}, None),
        ({"row": 0, "step": 0}, None),
    ],
)
def test_no_number_is_of_another_step_or_another_run(
    engine: Engine, given: dict[str, Any], vector: list[float] | None
) -> None:
    assert engine.call(LEDGER, given) == vector


def test_runs_agree_as_far_as_single_precision_can_tell(engine: Engine) -> None:
    path = trace(Run("rosenbrock", "adam", (-1.5, 2.0), STEPS, {"lr": 0.01}))
    for row in (0, STEPS):
        here = {"n": STEPS + 1, "x": path.x.T.tolist()}
        there = {"n": STEPS + 1, "x": path.x.T.astype(np.float32).astype(float).tolist()}
        assert engine.call("ledger.agree", here, there, row, [4, 4])
        moved = {"n": STEPS + 1, "x": (path.x.T * (1 + 1e-5)).tolist()}
        assert not engine.call("ledger.agree", here, moved, row, [1e-3, 1e-3])
    assert not engine.call("ledger.agree", here, there, STEPS + 1, [4, 4])


def test_a_view_without_arrows_says_what_is_pointed_at(engine: Engine) -> None:
    marks = [
        {"kind": "push", "symbol": "m", "vector": [1.0, -2.0], "pointed": True},
        {"kind": "square", "symbol": "v", "vector": [1.0, 4.0], "pointed": False},
    ]
    (label,) = engine.call("sights.spoken", marks, [3, 4], {"text": "black"})
    assert label == {"at": [3, 4], "words": "−m = (−1.000, 2.000)", "color": "black"}
