"""A table of points is read as it was meant, or refused with the row that is wrong."""

import math
import re

import numpy as np
import pytest

from core.problems.example_data import FEWEST, LARGEST, MOST, SMALLEST, Data, checked, read_table, rows_of, text_of

GOOD = [["1", "2"], [2, 4.0], [" 3. ", "6e0"]]


def test_texts_and_numbers_are_read() -> None:
    assert read_table(GOOD) == ((1, 2), (2, 4), (3, 6))
    assert read_table([["-.5", "+1E-3"], [np.float64(2), np.int64(-7)]]) == ((-0.5, 0.001), (2, -7))
    assert read_table([[0, "-0"], [LARGEST, -LARGEST], [SMALLEST, "1e-9"]])[1] == (LARGEST, -LARGEST)


def test_rows_with_nothing_in_them_are_left_out_and_still_counted() -> None:
    blank: list[list[object]] = [[None, None], ["", "  "], [math.nan, None], []]
    assert read_table([*blank, *GOOD, *blank]) == read_table(GOOD)
    with pytest.raises(ValueError, match="Row 5: y"):
        read_table([*blank, ["1", "two"], *GOOD])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["1", None], "y is missing"),
        (["", 1], "x is missing"),
        (["one", 1], "x must be a number such as 2"),
        (["1,5", 1], "'1,5' was given"),
        ([1, "1_000"], "y must be a number"),
        ([1, "٣"], "y must be a number"),
        ([1, "inf"], "y must be a number"),
        ([1, "nan"], "y must be a number"),
        ([1, "0x10"], "y must be a number"),
        ([1, "1e999"], "∞ was given"),
        ([1, math.inf], "∞ was given"),
        ([1, -1.1e6], "−1.1·10⁶ was given"),
        ([1, 10**400], "a larger number was given"),
        ([1, 1e-10], "at least 10⁻⁹ in size"),
        (["1e-300", 1], "at least 10⁻⁹ in size"),
        ([1, True], "type bool"),
        ([1, [2]], "type list"),
        ([1, b"2"], "type bytes"),
        ([1, "9" * 500], "y must"),
        ([1, 2, 3], "must have two numbers"),
        ([1], "must have two numbers"),
        ([1, "x" * 100_000], "x{20}…"),
    ],
)
def test_a_row_that_is_wrong_is_named_in_a_sentence(row: list[object], message: str) -> None:
    with pytest.raises(ValueError, match=message) as refused:
        read_table([*GOOD, row])
    assert str(refused.value).startswith("Row 4")
    assert str(refused.value).endswith(".")
    assert len(str(refused.value)) < 150


@pytest.mark.parametrize("count", [0, FEWEST - 1, MOST + 1])
def test_too_few_and_too_many_rows_are_refused_with_their_number(count: int) -> None:
    with pytest.raises(ValueError, match=f"has {count}"):
        read_table([[1, 2]] * count)
    for allowed in (FEWEST, MOST):
        assert len(read_table([[1, 2]] * allowed)) == allowed


def test_data_from_elsewhere_is_checked_as_well() -> None:
    assert checked(((0.0, 1.0), (1.0, 0.0))) == ((0.0, 1.0), (1.0, 0.0))
    for wrong in (math.nan, math.inf, 2e6, 1e-12):
        with pytest.raises(ValueError, match="Row 2: y"):
            checked(((0.0, 1.0), (1.0, wrong)))


@pytest.mark.parametrize(
    "data",
    [
        ((1.0, 2.0), (2.0, 4.0), (3.0, 6.0)),
        ((-1.5, 1e-9), (0.1 + 0.2, -1e6)),
        tuple((float(x), x / 7) for x in range(50)),
    ],
)
def test_points_survive_being_written_as_text(data: Data) -> None:
    assert read_table(rows_of(text_of(data))) == data


def test_a_text_is_short_and_may_have_gaps() -> None:
    assert text_of(((1.0, 2.0), (0.5, -4.0))) == "1,2; 0.5,-4"
    assert text_of([[None, 3.0], ["a", 99999999.0]]) == ",3; a,99999999"
    assert read_table(rows_of(" 1 , 2;;3,4 ; ")) == ((1.0, 2.0), (3.0, 4.0))


@pytest.mark.parametrize(
    "text",
    [
        "x\ty\n1,5\t-2\n2,25\t4",
        "1,5\t−2\r\n2,25\t4\r\n",
        "1.5\t-2\n\n2.25\t4",
        "\ufeff1.5,-2\n2.25,4\n",
        "height, weight\n1.5, −2\n2.25, 4",
        "x;y\n1,5;-2\n2,25;4",
        "1.5;-2\n2.25;4",
        "1.5,-2; 2.25,4;\n",
        "1.5\t-2; 2.25\t4",
        "1.5,\t-2;\t2.25 ,4",
    ],
)
def test_what_a_spreadsheet_gives_is_read(text: str) -> None:
    assert read_table(rows_of(text)) == ((1.5, -2.0), (2.25, 4.0))


@pytest.mark.parametrize("text", ["1,234\t2\n3,456\t4", "1,5\t2.5\n3\t4", "1,5;2\n3;4"])
def test_a_comma_that_may_be_another_is_not_guessed_at(text: str) -> None:
    with pytest.raises(ValueError, match="Row"):
        read_table(rows_of(text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "2 to 50 rows"),
        ("1,2", "it has 1"),
        ("1,2;3", "Row 2 must have two numbers"),
        ("1,2;3,", "Row 2: y is missing"),
        ("1,2;3,4,5", "Row 2 must have two numbers, x and y; it has 3"),
        ("1,2;x,4", "Row 2: x must be a number"),
        ("1,2;3,nan", "Row 2: y must be a number"),
        ("1,2;3,1e7", "Row 2: y must lie in"),
        (";".join(["1,2"] * 51), "it has 51"),
    ],
)
def test_a_text_that_cannot_be_read_is_explained_by_row(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        read_table(rows_of(text))
