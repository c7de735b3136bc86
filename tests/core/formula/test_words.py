"""Words and numbers for sentences: what is written reads back, and what differs is written differently."""

import os

import numpy as np
import pytest

from core.formula.words import apart, counted, digits, listed, outside
from tests.numerals import NUMBER, value_of


def _sampled(count: int) -> list[float]:
    """Numbers of all sizes and both signs; some are whole, some have few digits, some are next to a power of ten."""
    random = np.random.default_rng(int(os.environ["TEST_SEED"]))
    powers = random.integers(-320, 308, count)
    few = [float(f"{random.uniform(-10, 10):.{random.integers(0, 6)}f}e{power}") for power in powers]
    next_to = [float(f"{sign}9.9{random.integers(0, 10**6)}e{power}") for power in powers for sign in ("", "-")]
    whole = random.integers(-(10**7), 10**7, count).astype(float).tolist()
    usual = (random.choice([-1, 1], count) * 10 ** random.uniform(-9, 9, count)).tolist()
    return [0.0, -0.0, *few, *next_to, *whole, *usual]


def test_a_number_reads_back_to_within_half_a_unit_of_its_fourth_digit() -> None:
    for value in _sampled(3000):
        text = digits(value)
        assert NUMBER.fullmatch(text), (value, text)
        unit = 10.0 ** (np.floor(np.log10(abs(value))) - 3) if abs(value) > 1e-300 else 1e-303
        assert abs(value_of(text) - value) <= 0.5001 * unit, (value, text)
        assert (text[0] == "−") == (value < 0)
        if value.is_integer() and abs(value) < 1e6:
            assert value_of(text) == value


def test_a_number_has_no_sign_of_a_program() -> None:
    assert not [text for text in map(digits, _sampled(3000)) if set(text) - set("−0123456789. ·⁻⁰¹²³⁴⁵⁶⁷⁸⁹")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (2.0, "2"),
        (-0.123456, "−0.1235"),
        (0.0001, "0.0001"),
        (3.27149e-5, "3.271·10⁻⁵"),
        (1e-16, "10⁻¹⁶"),
        (-1e20, "−10²⁰"),
        (2.5e7, "2.5·10⁷"),
        (9999.0, "9999"),
        (12345.0, "12 345"),
        (12345.6, "1.235·10⁴"),
        (999_999.0, "999 999"),
        (1e6, "10⁶"),
        (1_234_567.0, "1.235·10⁶"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
        (float("nan"), "NaN"),
    ],
)
def test_a_number_is_written_as_in_print(value: float, text: str) -> None:
    assert digits(value) == digits(np.float64(value)) == text
    assert value_of(text) == pytest.approx(value, rel=5e-4, nan_ok=True)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (-0.0089, ".3g", "−0.0089"),
        (-1e-9, ".2f", "0.00"),
        (1234.5, ".0f", "1234"),
        (10545.0, ".0f", "10 545"),
        (1234567.0, ".0f", "1 234 567"),
        (0.961, ".1%", "96.1 %"),
        (1.96e-19, ".1e", "2.0·10⁻¹⁹"),
        (5.0, ".1e", "5.0"),
        (83886.08, ".6g", "83 886.1"),
    ],
)
def test_other_digits_than_four_are_written_alike(value: float, form: str, text: str) -> None:
    assert digits(value, form) == text


def test_numbers_that_differ_are_written_differently_and_equal_ones_alike() -> None:
    random = np.random.default_rng(int(os.environ["TEST_SEED"]))
    for value in _sampled(1000):
        near = value * (1 + float(10 ** random.uniform(-16, 1)))
        if not np.isfinite(near):
            continue
        first, second, again = apart(value, near, value)
        assert first == again
        assert (first == second) == (value == near), (value, near, first, second)
        assert abs(value_of(first) - value) <= 5.001e-4 * abs(value) + 5e-324
        if value != near:
            assert (value_of(first) < value_of(second)) == (value < near), (first, second)
        if f"{value:.4g}" != f"{near:.4g}":
            # No more digits than it takes.
            assert (first, second) == (digits(value), digits(near))


def test_a_change_has_the_digits_that_show_it() -> None:
    assert apart(2, 2.00001) == ("2", "2.00001")
    assert apart(-1.18412, -1.18441) == ("−1.1841", "−1.1844")
    assert apart(123_456, 123_456.4) == ("123 456", "123 456.4")


def test_a_value_outside_of_its_bounds_is_not_written_as_one_of_them() -> None:
    assert outside(2, 0, 1) == "[0, 1]; 2 was given"
    assert outside(np.nextafter(1, 2), 0, 1) == "[0, 1]; 1.0000000000000002 was given"
    assert outside(float("nan"), -1e12, 1e12) == "[−10¹², 10¹²]; NaN was given"


def test_things_are_counted_and_listed() -> None:
    assert [counted(count) for count in (0, 1, 2, 20_000)] == ["0 steps", "1 step", "2 steps", "20 000 steps"]
    assert counted(1, "sample") == "1 sample"
    assert [listed(list("abc"[:length])) for length in (1, 2, 3)] == ["a", "a and b", "a, b and c"]
