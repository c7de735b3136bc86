"""Texts that are meant to break out, to hang or to crash end in one plain sentence or in numbers."""

from pathlib import Path

import numpy as np
import pytest

from core.formula import FormulaError, parse
from tests.core.formula.hostile import TEXTS
from tests.work import at_most


def name(text: str) -> str:
    return ascii(text if len(text) < 40 else f"{text[:20]}...{len(text)}")


def check_error(error: FormulaError, text: str) -> None:
    """One plain sentence and a place in ``text`` that can be pointed at."""
    assert error.text == text
    assert 0 <= error.start <= error.end <= len(text)
    named = text[error.start : error.end]
    assert error.message.endswith(".")
    assert "\n" not in error.message
    assert error.message[0].isupper() or error.message.split()[0] in named
    assert len(error.message) < 400
    line, carets = error.pointer().split("\n")
    assert set(carets.lstrip(" ")) == {"^"}
    # At the end of a line the one caret stands behind it.
    assert len(carets) <= max(len(line), carets.index("^") + 1)
    assert len(line) <= 120


def test_the_list_is_complete() -> None:
    assert len(TEXTS) > 200
    assert max(map(len, TEXTS)) > 1_000_000
    assert {"\ud800", "x\x00", "x\u2028y", "f(" * 100 + "x" + ")" * 100, "9**9**9"} <= set(TEXTS)


@pytest.mark.parametrize("text", TEXTS, ids=name)
def test_a_hostile_formula_ends_in_a_sentence_or_in_numbers(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    results = []
    # Five times what the longest takes, and less than reading a megabyte symbol by symbol would. A power of Python's
    # own integers, as of 9**9**9, would be a single call, and never end.
    with at_most(calls=200_000):
        try:
            formula = parse(text)
        except FormulaError as error:
            check_error(error, text)
        else:
            for batch in ((), (3,)):
                points = np.full((2, *batch), 0.7)
                results += [
                    (formula.value(points), batch),
                    (formula.grad(points), (2, *batch)),
                    (formula.hessian(points), (2, 2, *batch)),
                ]
    for result, shape in results:
        assert type(result) is np.ndarray
        assert result.dtype == np.float64
        assert result.shape == shape
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


# They have a meaning, if not always a finite value.
MEANINGFUL = [
    "(-8)**(1/3)", "((((9*x)**99)**99)**99)**99", "0**-1", "0**0", "1/0", "10**10**10", "1e-400*x", "9**9**9",
    "9**9**9*x", "exp(exp(exp(9)))", "exp(exp(exp(exp(exp(x)))))", "log(0)", "log(0*x)", "sqrt(-x**2)", "x**9**9**9",
    "x/0",
]  # fmt: skip


def test_no_more_hostile_formulas_are_accepted_than_those_that_mean_something() -> None:
    def accepted(text: str) -> bool:
        try:
            parse(text)
        except FormulaError:
            return False
        return True

    assert sorted({text for text in TEXTS if accepted(text) and len(text) < 30}) == sorted(MEANINGFUL)
