"""The PyTorch program of a descent on batches runs by itself, ends where the descent does, and checks that it does."""

import re
from pathlib import Path

import numpy as np
import pytest

from core.export.line_scripts import batch_script
from core.problems.batches.data import Pair, dataset
from core.problems.batches.descent import DECAYS, descend, line
from core.problems.batches.own_data import own_data
from tests.programs import fails, run_here

_OWN = own_data("x;y\n0.1;1\n0.2;1.5\n0.35;1.7\n0.4;2.4\n0.7;2.5\n").pair("x", "y")
_STANDARDISED = dataset("diabetes").load().standardised()
# Data, batch, rate, updates, replacement, decay: a case of each kind of choice, and one that diverges.
_CASES = {
    "one sample": (_STANDARDISED, 1, 0.02, 500, False, "constant"),
    "partial batch": (_STANDARDISED, 32, 0.1, 40, False, "one_over_root"),
    "with replacement": (_STANDARDISED, 32, 0.1, 40, True, "one_over_time"),
    "all samples, raw": (dataset("diabetes").load(), 442, 0.001, 100, False, "constant"),
    "known answer": (dataset("known_line").load(), 7, 0.1, 100, False, "one_over_square"),
    "own": (_OWN, 2, 0.1, 100, True, "constant"),
    "diverging": (_STANDARDISED, 442, 1.1, 500, False, "constant"),
}
_WRONG = ("partial batch", "diverging")


def _code(pair: Pair, batch: int, rate: float, updates: int, replacement: bool, decay: str) -> str:
    return batch_script(
        pair,
        batch=batch,
        rate=rate,
        updates=updates,
        start=(0.5, -0.25),
        replacement=replacement,
        seed=4,
        decay=decay,
    )


def test_the_cases_cover_every_decay() -> None:
    assert {decay for *_, decay in _CASES.values()} == set(DECAYS)


@pytest.mark.parametrize("name", _CASES)
def test_the_program_ends_where_the_descent_does(name: str, tmp_path: Path) -> None:
    pair, batch, rate, updates, replacement, decay = _CASES[name]
    code = _code(*_CASES[name])
    printed = run_here(code, tmp_path).printed
    run = descend(
        line(pair.x),
        pair.y,
        batch=batch,
        rate=rate,
        updates=updates,
        start=(0.5, -0.25),
        replacement=replacement,
        seeds=(4,),
        decay=decay,
    )
    report = re.fullmatch(r"w = (\S+), b = (\S+), mean squared error = (\S+)", printed.strip())
    assert report is not None
    assert ("diverged" in code) == (run.diverged_at[0] >= 0)
    if run.diverged_at[0] < 0:
        # Six digits are printed.
        np.testing.assert_allclose(np.array(report.groups()[:2], dtype=float), run.weights[0, -1], rtol=1e-5)
        assert float(report[3]) == pytest.approx(run.loss[0, -1], rel=1e-5)
    else:
        assert f"range({run.diverged_at[0]})" in code


@pytest.mark.parametrize("name", _WRONG)
def test_the_program_fails_with_another_learning_rate(name: str, tmp_path: Path) -> None:
    code, rate = _code(*_CASES[name]), f"lr={_CASES[name][2]!r}"
    assert rate in code
    assert fails(code.replace(rate, "lr=0.05"), tmp_path)


def test_a_program_holds_no_line_that_its_settings_do_not_need() -> None:
    assert "scheduler" not in _code(*_CASES["one sample"])
    assert "scheduler.step()" in _code(*_CASES["partial batch"])
    assert "sklearn" not in _code(*_CASES["own"])


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="batch size"):
        _code(_OWN, 6, 0.1, 10, False, "constant")
