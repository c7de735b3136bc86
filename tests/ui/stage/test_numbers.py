"""Numbers on the stage: they are written in the browser, as Python writes them."""

import json
import os
import re
from decimal import Decimal

import numpy as np
import pytest

from core.formula.words import digits
from tests.javascript import Engine
from tests.numerals import value_of
from ui.stage.modules import bundle


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = Engine()
    engine.run(f"{bundle('numbers')} const {{ digits, steady }} = numbers;")
    return engine


def _values() -> list[float]:
    """Numbers as float32 holds them, of all sizes that a picture shows, many of them whole."""
    random = np.random.default_rng(int(os.environ["TEST_SEED"]))
    values = [
        *(random.choice([-1, 1], 2000) * 10 ** random.uniform(-12, 12, 2000)),
        *random.integers(-20_000, 20_000, 500),
        *random.integers(-(10**7), 10**7, 500),
        *(
            sign * mantissa * 10.0**power
            for sign in (1, -1)
            for mantissa in (1, 9.9994, 9.9996)
            for power in range(-9, 9)
        ),
    ]
    held = np.array(values, np.float32).astype(float).tolist()
    # What lies in the middle of two numbers of four digits Python takes to the even one, a browser away from 0.
    return [0.0, -0.0, *(value for value in held if not re.fullmatch(r"0*[1-9]\d{3}50*", _figures(value)))]


def _figures(value: float) -> str:
    """The digits of ``value``, all of them."""
    return "".join(map(str, Decimal(value).as_tuple().digits))


def _written(engine: Engine, function: str, values: list[float]) -> list[str]:
    texts: list[str] = json.loads(engine.run(f"JSON.stringify({json.dumps(values)}.map({function}))"))
    return texts


def test_a_number_is_written_in_the_browser_as_in_python(engine: Engine) -> None:
    values = _values()
    assert _written(engine, "digits", values) == [digits(value) for value in values]


def test_a_number_that_moves_keeps_its_four_digits(engine: Engine) -> None:
    assert _written(engine, "steady", [0.5, -2, 12, 0.00012, 12345, 1e-5]) == [
        "0.5000",
        "−2.000",
        "12.00",
        "0.0001200",
        "12 345",
        "10⁻⁵",
    ]
    values = _values()
    for value, text in zip(values, _written(engine, "steady", values), strict=True):
        assert value_of(text) == value_of(digits(value)) or value_of(text) == pytest.approx(value, rel=5.001e-4)


def test_what_is_no_number_or_beyond_all_that_is_sent_is_said_to_be(engine: Engine) -> None:
    assert engine.run("digits(NaN)") == "–"
    assert engine.run("digits(3.4028234663852886e38)") == "> 3.4·10³⁸"
    assert engine.run("digits(-Infinity)") == "< −3.4·10³⁸"
