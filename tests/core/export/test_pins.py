"""Runs that a link holds: every run comes back, and no text does harm."""

import base64
import json
import os
import re
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, SCHEDULES, Run
from core.catalogue.hypers import Hyper
from core.export.pins import MAX_CHARACTERS, MOST_PINS, Pins, pins_from_text, pins_text
from tests.work import at_most

RANDOM = np.random.default_rng(int(os.environ["TEST_SEED"]))
OWN_RULE = "beta: (0, 1) = 0.9\nv = beta*v + g  # größer als “g”\nx = x - lr*v"
# Calls of Python or C in which a text is refused: at a microsecond or less for each, well within a blink.
REFUSED = 10_000


def _drawn(hyper: Hyper) -> float:
    value = float(RANDOM.uniform(*hyper.slider))
    return hyper.default if RANDOM.random() < 0.3 else float(round(value)) if hyper.whole else value


def _random_run() -> Run:
    objective = OBJECTIVES[str(RANDOM.choice(list(OBJECTIVES)))]
    optimizer = OPTIMIZERS[str(RANDOM.choice(list(OPTIMIZERS)))]
    schedule = SCHEDULES[str(RANDOM.choice(list(SCHEDULES)))]
    start = objective.start if RANDOM.random() < 0.5 else tuple(RANDOM.normal(size=objective.dimension).tolist())
    noisy = bool(RANDOM.random() < 0.5)
    return Run(
        objective.key,
        optimizer.key,
        start,
        int(RANDOM.integers(1, 5000)),
        {hyper.name: _drawn(hyper) for hyper in optimizer.hypers},
        schedule.key,
        {hyper.name: _drawn(hyper) for hyper in schedule.hypers},
        float(RANDOM.uniform(0, 2)) if noisy else 0.0,
        float(RANDOM.uniform(0.1, 9)) if RANDOM.random() < 0.5 else None,
        int(RANDOM.integers(0, 10**6)) if noisy else 0,
    )


def _completed(runs: Any) -> list[Run]:
    return [run.completed for run in runs]


def test_random_runs_of_the_catalogue_come_back_as_they_were() -> None:
    for count in [*range(1, MOST_PINS + 1)] * 20:
        runs = [_random_run() for _ in range(count)]
        text = pins_text(runs)
        pins = pins_from_text(text)
        assert (_completed(pins.runs), pins.problem) == (_completed(runs), "")
        assert re.fullmatch(r"[\w-]+", text, re.ASCII)
        # Six runs with every number at its longest leave more than half of a link to the page.
        assert len(text) < MAX_CHARACTERS / 2


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_every_rule_is_pinned_with_its_defaults_left_out(key: str) -> None:
    run = Run("rosenbrock", key, OBJECTIVES["rosenbrock"].start)
    text = pins_text([run])
    assert _completed(pins_from_text(text).runs) == [run.completed]
    assert len(text) < 90


def test_what_visitors_wrote_comes_back_to_the_letter() -> None:
    own = Run("abs(x) + 2*y**2; x: (-1, 1)", OWN_RULE, (1e-7, -2.5), 3, {"beta": 0.25}, "factor = 1/t")
    line = Run("x**4 - x", "sgd", (0.1,), 5)
    large = Run("x", "a: (0, 1e100) = 1\nx = x - lr*g/a", (0.1,), hypers={"a": 1e25})
    assert pins_from_text(pins_text([own, line, own, large])).runs == (own, line, own, large)


def test_nothing_pinned_is_an_empty_text() -> None:
    assert pins_text([]) == ""
    assert pins_from_text("") == Pins()


def _packed(written: bytes, kind: str = "z") -> str:
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    data = packer.compress(written) + packer.flush() if kind == "z" else written
    return f"1{kind}{base64.urlsafe_b64encode(data).decode().rstrip('=')}"


def _json(value: Any) -> str:
    return _packed(json.dumps(value).encode())


GOOD = pins_text([Run("rosenbrock", "adam", (-1.5, 2.0), hypers={"lr": 0.02}), Run("beale", "sgd", (1.0, 1.0))])
BOMB = _packed(b'{"runs": "' + b"0" * 2_900_000 + b'"}')
DAMAGED, OTHER = "is damaged", "another version"
HOSTILE = {
    "one letter": ("1", DAMAGED),
    "no letters": ("1z", DAMAGED),
    "another version": (f"2{GOOD[1:]}", OTHER),
    "another kind": (f"1q{GOOD[2:]}", DAMAGED),
    "plain for packed": (f"1a{GOOD[2:]}", DAMAGED),
    "half": (GOOD[: len(GOOD) // 2], DAMAGED),
    "all but the last letter": (GOOD[:-2], DAMAGED),
    "more behind it": (f"{GOOD}AAAA", DAMAGED),
    "signs that are no letters": (f"{GOOD[:9]}!{GOOD[9:]}", DAMAGED),
    "letters of another alphabet": ("1zжжж", DAMAGED),
    "half a character": ("1z\ud800", DAMAGED),
    "a million characters": ("1z" + "A" * 1_000_000, "at most 4000 characters"),
    "a bomb": (BOMB, DAMAGED),
    "a list": (_packed(b"[1, 2]"), DAMAGED),
    "no list": (_json({"runs": {"0": {}}}), DAMAGED),
    "nothing": (_json({}), DAMAGED),
    "not a number": (_packed(b'{"runs": [{"f": "bowl", "r": "sgd", "e": NaN}]}'), DAMAGED),
    "a number without end": (_packed(b'{"runs": [' + b"9" * 90_000 + b"]}"), DAMAGED),
    "bytes that are no text": (_packed(b'{"runs": ["\xff"]}'), DAMAGED),
    "depth": (_packed(b"[" * 99_000), DAMAGED),
    "runs that are none": (_json({"runs": [7, None, "x"]}), "Pin 1 cannot be read: a run is an object. Pin 2"),
    "a run of nothing": (_json({"runs": [{}]}), 'Pin 1 cannot be read: The run has no "objective"'),
    "an objective that is no text": (
        _json({"runs": [{"f": ["bowl"], "r": "sgd", "x": [1]}]}),
        "objective must be a text",
    ),
    "a rule that is gone": (_json({"runs": [{"f": "bowl", "r": "sgdd"}]}), "Did you mean sgd"),
    "a start of nowhere": (_json({"runs": [{"f": "x*y", "r": "sgd"}]}), 'no "start"'),
    "a step without end": (_json({"runs": [{"f": "bowl", "r": "sgd", "n": 10**9}]}), "steps must be a whole number"),
    "a field of no run": (_json({"runs": [{"f": "bowl", "r": "sgd", "__class__": 1}]}), 'has no "__class__"'),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_text_that_is_no_pins_is_a_sentence_after_little_work(name: str) -> None:
    text, sentence = HOSTILE[name]
    pins_from_text.cache_clear()
    tracemalloc.start()
    try:
        with at_most(REFUSED):
            pins = pins_from_text(text)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert pins.runs == ()
    assert sentence in pins.problem
    assert pins.problem.isprintable()
    assert len(pins.problem) < 500
    # A text may unfold to a hundred thousand bytes, of which there are a few copies.
    assert most < 1_000_000


def test_the_bomb_of_this_test_is_short_enough_to_be_looked_into() -> None:
    assert len(BOMB) < MAX_CHARACTERS


def test_random_bytes_and_texts_with_a_changed_letter_raise_nothing() -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for _ in range(500):
        data = RANDOM.integers(0, 256, RANDOM.integers(0, 300), dtype=np.uint8).tobytes()
        place = int(RANDOM.integers(2, len(GOOD)))
        changed = GOOD[:place] + str(RANDOM.choice(list(letters))) + GOOD[place + 1 :]
        for text in (data.decode("latin1"), _packed(data), _packed(data, "a"), f"1z{data.hex()}", changed):
            with at_most(10 * REFUSED):
                assert isinstance(pins_from_text(text), Pins)


def test_one_run_that_cannot_be_read_leaves_the_others() -> None:
    pins = pins_from_text(
        _json({"runs": [{"f": "bowl", "r": "sgd"}, {"f": "bowl", "r": "gone"}, {"f": "beale", "r": "adam"}]})
    )
    assert [run.objective for run in pins.runs] == ["bowl", "beale"]
    assert pins.problem.startswith("Pin 2 cannot be read: Unknown optimizer 'gone'")


def test_more_runs_than_can_be_pinned_are_left_out_and_that_is_said() -> None:
    pins = pins_from_text(pins_text([Run("bowl", "sgd", (1.0, float(number))) for number in range(9)]))
    assert (len(pins.runs), pins.problem) == (MOST_PINS, "At most 6 runs can be pinned.")
