"""What is believed of values from outside: nothing that is not asked for, whatever comes, and all that is."""

import json
import math
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from core.outside import LARGEST, index, is_number, json_value, member, number, numbers, part, written

PLAIN = some.none() | some.booleans() | some.integers() | some.floats() | some.text() | some.just(10**400)
ANYTHING = some.recursive(
    PLAIN, lambda inner: some.lists(inner) | some.dictionaries(some.text() | some.integers(), inner), max_leaves=8
)
FLOATS = some.floats(allow_nan=False, allow_infinity=False)
# Examples are drawn anew in every run, however long one takes on a busy machine; what fails is printed and shrunk.
drawn = settings(deadline=None, database=None, max_examples=100)


@drawn
@given(ANYTHING, some.floats(), some.floats(), some.booleans())
def test_a_number_is_finite_in_its_range_and_of_its_kind_or_nothing(
    raw: Any, low: float, high: float, whole: bool
) -> None:
    believed = number(raw, low, high, whole)
    if believed is None:
        return
    assert type(raw) in (int, float)
    assert type(believed) is float
    assert math.isfinite(believed)
    assert low <= raw <= high
    assert not whole or believed.is_integer()


@drawn
@given(FLOATS | some.integers(-(10**300), 10**300))
def test_every_number_is_believed_and_so_is_what_python_writes_of_it(value: float) -> None:
    assert number(value) == float(value)
    assert number(value, value, value) == float(value)
    assert written(f" {float(value)!r}\n") == float(value)
    assert number(value, math.nextafter(float(value), math.inf)) is None


@drawn
@given(some.text() | some.text("0123456789+-.eE_ ٣", max_size=12))
def test_a_written_number_is_one_that_a_visitor_can_see(text: str) -> None:
    believed = written(text)
    if believed is not None:
        assert text.strip().isascii()
        assert "_" not in text
        assert believed == float(text.strip())
    elif is_number(text):
        assert math.isinf(float(text))


@drawn
@given(some.lists(PLAIN) | ANYTHING, some.integers(0, 4))
def test_numbers_are_a_list_of_so_many(raw: Any, count: int) -> None:
    believed = numbers(raw, count, -1e6, 1e6)
    right = isinstance(raw, list) and len(raw) == count and all(number(one, -1e6, 1e6) is not None for one in raw)
    assert believed == (tuple(map(float, raw)) if right else None)


@drawn
@given(ANYTHING | some.integers(-2, 5), some.integers(0, 4))
def test_a_place_is_one_there_is(raw: Any, count: int) -> None:
    assert index(raw, count) == (raw if type(raw) is int and raw in range(count) else None)


@drawn
@given(ANYTHING | some.sampled_from(["Adam", "Lion"]), some.sampled_from([list, tuple, set, frozenset, dict.fromkeys]))
def test_a_name_is_one_that_is_known(raw: Any, kind: Any) -> None:
    assert member(raw, kind(["Adam", "Lion"])) == (raw if raw in ("Adam", "Lion") else None)


@drawn
@given(ANYTHING, some.lists(some.text() | some.integers(), max_size=3))
def test_any_way_through_anything_ends_somewhere(raw: Any, way: list[str | int]) -> None:
    assume(not any(isinstance(step, bool) for step in way))
    part(raw, *way)
    assert part({"a": [raw]}, "a", 0) is raw
    assert part({"a": [raw]}, "a", 1) is part([raw], "a") is part(raw, "\0", 0) is None


@drawn
@given(some.text())
def test_any_text_is_json_of_finite_numbers_or_refused_in_a_sentence(text: str) -> None:
    said = "."
    try:
        json_value(text)
    except ValueError as error:
        said = str(error)
    assert said.endswith(".")


@drawn
@given(some.dictionaries(some.text(), some.lists(FLOATS | some.text() | some.integers(-(2**62), 2**62) | some.none())))
def test_json_comes_back(value: Any) -> None:
    assert json_value(json.dumps(value)) == value


@pytest.mark.parametrize(
    "text", ["NaN", "[Infinity]", "9" * 21, "9" * 5000, "[" * 100_000, '{"a": 1, "a": 2}', "", "{", "\ud800"]
)
def test_json_that_is_none_or_hides_something_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        json_value(text)


def test_a_number_too_large_for_a_float_is_none() -> None:
    assert number(10**400) is None
    assert number(int(LARGEST)) == LARGEST
    assert written("1e400") is None
