"""What is believed of a value from outside: an address, a widget, a browser's message, a pasted text, JSON.

Each function gives the value in the form that was asked for and ``None`` for anything else; none but ``json_value``,
which says what is wrong, raises. What a computation may cost is said where it is known (``too_dear``).
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, TypeVar

Known = TypeVar("Known")

# The largest number that a float holds.
LARGEST = 1.7976931348623157e308
# Only digits of ASCII: a visitor would not see that others are other characters.
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
# Characters of a number, with all its digits, and of a whole number in JSON, which Python would take long to read.
_LONGEST, _MOST_DIGITS = 40, 20


def number(raw: Any, low: float = -LARGEST, high: float = LARGEST, whole: bool = False) -> float | None:
    """``raw`` as a float if it is a finite number in ``[low, high]``, and without a fraction if it is ``whole``."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    # Not true of nan either. Whole numbers may be too large for a float, and are compared without becoming one.
    if not max(low, -LARGEST) <= raw <= min(high, LARGEST):
        return None
    # A zero has no sign here, which a link would show.
    return None if whole and raw != int(raw) else float(raw) + 0.0


def is_number(text: str) -> bool:
    """Whether ``text`` writes a number with a point, if with any sign between its digits."""
    return len(text) <= _LONGEST and _NUMBER.fullmatch(text) is not None


def written(text: str, low: float = -LARGEST, high: float = LARGEST, whole: bool = False) -> float | None:
    """The number that ``text`` writes, blanks around it allowed, if it is as ``number`` asks for."""
    text = text.strip()
    return number(float(text), low, high, whole) if is_number(text) else None


def numbers(raw: Any, count: int, low: float = -LARGEST, high: float = LARGEST) -> tuple[float, ...] | None:
    """``raw`` as floats if it is a list of ``count`` numbers in ``[low, high]``."""
    if not isinstance(raw, list | tuple) or len(raw) != count:
        return None
    believed = tuple(one for each in raw if (one := number(each, low, high)) is not None)
    return believed if len(believed) == count else None


def index(raw: Any, count: int) -> int | None:
    """``raw`` if it is the place of one of ``count`` things, from 0 on."""
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw < count else None


def member(raw: Any, known: Iterable[str]) -> str | None:
    """``raw`` if it is one of the names that are ``known``."""
    return raw if isinstance(raw, str) and raw in known else None


def part(raw: Any, *way: str | int) -> Any:
    """What is found in ``raw`` by the names in objects and the places in lists of ``way``, one after the other."""
    for step in way:
        if isinstance(step, str):
            raw = raw.get(step) if isinstance(raw, Mapping) else None
        else:
            raw = raw[step] if isinstance(raw, list | tuple) and index(step, len(raw)) is not None else None
    return raw


def json_value(text: str) -> Any:
    """What ``text`` writes as JSON, of finite numbers and names that stand once.

    Raises ``ValueError`` with a sentence about what is wrong otherwise.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) < len(pairs):
            raise ValueError("A name stands twice in one object of this JSON; every name may stand once.")
        return fields

    def constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is not a number that can be used; numbers are finite.")

    def whole(digits: str) -> int:
        if len(digits) > _MOST_DIGITS:
            raise ValueError(f"A whole number has at most {_MOST_DIGITS} digits; one here has {len(digits)}.")
        return int(digits)

    try:
        return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=once, parse_constant=constant, parse_int=whole)
    except json.JSONDecodeError as error:
        raise ValueError(f"This is not JSON: {error.msg.lower()} in line {error.lineno}.") from None
    except RecursionError:
        raise ValueError("This JSON is nested too deeply.") from None
