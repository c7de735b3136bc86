"""A pasted table is read as it is meant or refused in a sentence that says where; nothing else ever comes out."""

import numpy as np
import pytest

from core.problems.batches.own_data import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, Table, own_data
from tests.work import at_most

# Twice what the largest table takes, and a small part of a second.
MOST_CALLS = 500_000


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("header", [True, False])
def test_delimiters_line_ends_and_headers_are_found(delimiter: str, end: str, header: bool) -> None:
    rows = [["1", "2.5", "-3e2"], ["+4.", ".5", "6"], ["7", "8", "9E-1"]]
    text = end.join(delimiter.join(row) for row in ([["a", "b", "c d"]] if header else []) + rows)
    table = own_data(text)
    assert list(table.columns) == (["a", "b", "c d"] if header else ["column 1", "column 2", "column 3"])
    read = np.array(list(table.columns.values())).T
    np.testing.assert_array_equal(read, [[1, 2.5, -300], [4, 0.5, 6], [7, 8, 0.9]])
    assert not table.unusable


def test_a_byte_order_mark_quotes_blanks_and_empty_lines_do_no_harm() -> None:
    table = own_data('\ufeff\n"height, cm", weight\n\n "1", 2 \n3,"4"\n   \n')
    assert list(table.columns) == ["height, cm", "weight"]
    np.testing.assert_array_equal(table.columns["weight"], [2, 4])


PEOPLE = [["1.62", "58.1"], ["-1.8", "77"], [".5e1", "66.25"]]
NAMES = {"x": [1.62, -1.8, 5.0], "y": [58.1, 77.0, 66.25]}
ABOVE = [
    "",
    "Pupils\n",
    "Pupils\n\nmeasured in 2019\n",
    "# made by a program, in 2019, for us\n",
    "# 5\n",
    "Pupils{}\n",
    "Pupils, 3 classes, 2019\n",
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("above", ABOVE)
@pytest.mark.parametrize("header", ["x{}y\n", "# x{}y\n", '"x"{}"y"\n'])
@pytest.mark.parametrize("comma", [False, True])
@pytest.mark.parametrize("minus", ["-", "\u2212"])
def test_a_messy_but_clear_table_is_read(delimiter: str, above: str, header: str, comma: bool, minus: str) -> None:
    if comma and delimiter == ",":
        delimiter = ";"
    body = "\n".join(delimiter.join(row) for row in PEOPLE).replace("-", minus)
    text = "\ufeff" + (above + header).replace("{}", delimiter) + (body.replace(".", ",") if comma else body)
    table = own_data(text)
    assert {name: column.tolist() for name, column in table.columns.items()} == NAMES


@pytest.mark.parametrize(
    "above", [above for above in ABOVE if "\n" in above and "Pupils{" not in above and "3 c" not in above]
)
def test_lines_above_a_table_without_a_header_are_passed_over(above: str) -> None:
    assert [column.tolist() for column in own_data(f"{above}1,2\n3,4").columns.values()] == [[1, 3], [2, 4]]


def test_a_comma_is_decimal_where_another_one_of_the_table_can_be_nothing_else() -> None:
    assert own_data("a\tb\n1,234\t2,5\n3,456\t4").columns["a"].tolist() == [1.234, 3.456]
    assert own_data("1,5;2,5\n3;4").columns["column 2"].tolist() == [2.5, 4]


def _table() -> Table:
    return own_data("name,age,size,weight\nAnna,3,1.5,20\nBen,4,1.7,22\nCleo,,1.6,21\n")


def test_columns_that_are_not_numbers_are_set_aside_and_named_when_chosen() -> None:
    table = _table()
    assert list(table.columns) == ["size", "weight"]
    with pytest.raises(ValueError, match=r"^Row 2, column 1 \(name\) is not a number: Anna\."):
        table.pair("name", "size")
    with pytest.raises(ValueError, match=r"^Row 4, column 2 \(age\) is empty"):
        table.pair("size", "age")


def test_two_columns_make_a_pair_whose_code_has_their_numbers() -> None:
    pair = _table().pair("size", "weight")
    np.testing.assert_array_equal(pair.x, [1.5, 1.7, 1.6])
    assert (pair.x_name, pair.y_name) == ("size", "weight")
    names: dict[str, np.ndarray] = {}
    exec(pair.code, {"np": np}, names)
    np.testing.assert_array_equal(names["y"], [20, 22, 21])


def test_columns_that_do_not_exist_or_are_the_same_are_refused() -> None:
    with pytest.raises(ValueError, match=r"Unknown column 'sise'; known are size, weight\. Did you mean size"):
        _table().pair("sise", "weight")
    with pytest.raises(ValueError, match="both size"):
        _table().pair("size", "size")


def test_a_constant_column_can_be_read_but_not_be_fitted() -> None:
    table = own_data("x,y\n1,5\n2,5\n")
    with pytest.raises(ValueError, match="y is the same in every row"):
        table.pair("x", "y")


REFUSED = {
    "": "empty",
    " \n\t\r\n": "empty",
    "1\n2\n3": "Row 1 has one column only",
    "1 2\n3 4": "Row 1 has one column only",
    "a,b": "0 rows of data",
    "a,b\n1,2": "1 row of data",
    "1,2": "1 row of data",
    'a,b\n"1,5",2\n"3,5",4': r"Row 2, column 1 \(a\) has a comma in a number: 1,5. Write decimals with a point",
    "a\tb\n1,234\t2\n3,456\t4": r"Row 2, column 1 \(a\) has a comma in a number",
    "a;b\n1,5;2\n3.5;4": r"Row 2, column 1 \(a\) has a comma in a number",
    "a;b\n1,234,567;2\n3;4": r"Row 2, column 1 \(a\) is not a number: 1,234,567",
    "5\n1,2\n3,4": "Row 2 has 2 columns and row 1 has 1",
    "a,b,\n1,2\n3,4": "Row 2 has 2 columns and row 1 has 3",
    "a,b\n1,2\n3": "Row 3 has 1 column and row 1 has 2",
    "a,b\n1,2\n\n3,4,5": "Row 4 has 3 columns and row 1 has 2",
    "a,b\n1,nan\n2,3": r"Row 2, column 2 \(b\) is not a number: nan",
    "a,b\n1,inf\n2,3": r"Row 2, column 2 \(b\) is not a number: inf",
    "a,b\n1,1e999\n2,3": r"Row 2, column 2 \(b\) must be 0 or between 10⁻¹² and 10¹²",
    "a,b\n1,1e-300\n2,3": r"Row 2, column 2 \(b\) must be 0 or between",
    "a,b\n1,0x10\n2,3": "is not a number: 0x10",
    "a,b\n1,1_000\n2,3": "is not a number: 1_000",
    "a,b\n1,\u0661\u0662\n2,3": "is not a number: \u0661\u0662",
    "a,b\n1,\uff11\n2,3": "is not a number: \uff11",
    "a,b\n1,\u00b2\n2,3": "is not a number",
    "a,b\n1,=1+1\n2,3": "is not a number: =1\\+1",
    'a,b\n1,"=HYPERLINK(""http://x"")"\n2,3': "is not a number: =HYPERLINK",
    "a,b\n1,__import__('os').system('true')\n2,3": "is not a number: __import__",
    "a,b\n1,1.2.3\n2,3": "is not a number: 1.2.3",
    "a,b\n1,1e\n2,3": "is not a number: 1e",
    "a,b\n1,--1\n2,3": "is not a number: --1",
    "a,b\n1,.\n2,3": "is not a number: .",
    f"a,b\n1,{'9' * 3000}\n2,3": "is not a number: 99999999999999999999…",
    f"a,b\n1,{'9' * 100_000}\n2,3": "Row 2 is longer than 4000",
    f"{'a' * 100},b\n1,2\n2,3": "The name of column 1 must have up to 60 characters",
    "a\u202eb,c\n1,2\n2,3": "The name of column 1",
    "a,\ud800\n1,2\n2,3": "The name of column 2",
    "a,b\n1,\ud800\n2,3": "is not a number: \\?",
    "a,a\n1,2\n2,3": "Columns 1 and 2 are both called a",
    "column 2,\n1,2\n2,3": "Columns 1 and 2 are both called column 2",
    "a,b\n1,2\x00\n2,3": "Row 2 has a control character",
    "a\x1b,b\n1,2\n2,3": "Row 1 has a control character",
    'a,b\n"1,2\n2,3': "Row 2 has a quote",
    'a,b\n"1"x,2\n2,3': "Row 2 has a quote",
    "a,b\nx,y\nz,w": "has none. Row 2, column 1",
    "a,b\nx,1\nz,2": "it has 1. Row 2, column 1",
    ",".join("a" * MOST_COLUMNS) + ",b\n": "has 21 columns; up to 20",
    "1,2\n" * (MOST_ROWS + 1): "2001 rows of data; up to 2000",
    "a,b\n" + "1,2\n" * (MOST_ROWS + 1): "has 2002 rows; up to 2000 and a header",
    "1\n" * (MOST_BYTES // 2): "100 000 rows",
    "x" * (MOST_BYTES + 7): "7 bytes longer than 200 kB",
    "\u00e4" * (MOST_BYTES // 2 + 1): "bytes longer than 200 kB",
}


@pytest.mark.parametrize(("text", "message"), REFUSED.items(), ids=[repr(text[:20]) for text in REFUSED])
def test_what_cannot_be_read_is_refused_in_a_sentence_that_says_where(text: str, message: str) -> None:
    with at_most(MOST_CALLS), pytest.raises(ValueError, match=message) as refused:
        own_data(text)
    # Not a subclass, as of text that cannot be encoded, whose message is not a sentence.
    assert type(refused.value) is ValueError
    sentence = str(refused.value)
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert sentence.isprintable()
    assert len(sentence) < 400


def test_the_largest_table_is_read_in_time() -> None:
    lines = [",".join(f"c{i}" for i in range(MOST_COLUMNS)), *[",".join(["1.2"] * MOST_COLUMNS)] * MOST_ROWS]
    text = "\n".join(lines)
    assert 0.8 * MOST_BYTES < len(text) <= MOST_BYTES
    with at_most(MOST_CALLS):
        table = own_data(text)
    assert [column.size for column in table.columns.values()] == [MOST_ROWS] * MOST_COLUMNS


_HARMLESS = "a,b,c\n1,2,3\n4,5.5,6\n-7,8,9e1\n"
_PIECES = [
    "1",
    ",",
    ";",
    "\t",
    "\n",
    "\r",
    '"',
    "'",
    "-",
    "e",
    "nan",
    " ",
    "\x00",
    "\ud800",
    "\u2028",
    "=",
    "",
    "\u0661",
]


def test_damaged_tables_are_read_or_refused_and_raise_nothing_else() -> None:
    random = np.random.default_rng(0)
    refusals: list[ValueError] = []
    for _ in range(3000):
        characters = list(_HARMLESS)
        for index in random.integers(len(characters), size=random.integers(1, 5)):
            characters[index] = str(random.choice(_PIECES))
        try:
            table = own_data("".join(characters))
        except ValueError as refused:
            refusals.append(refused)
        else:
            assert all(np.isfinite(column).all() for column in table.columns.values())
    assert {type(refused) for refused in refusals} == {ValueError}
    assert all(str(refused).isprintable() for refused in refusals)
    # Both happen, so the test has seen both.
    assert 300 < len(refusals) < 2700
