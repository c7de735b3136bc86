"""The ledger of statements: complete, in order, narrowed by what is asked."""

import csv
import io

import pytest

from core.claim_ledger import claim_rows, narrowed
from core.claims import CLAIMS, Verdict
from core.reference import as_csv, matching

ROWS = claim_rows()
PAGES = sorted({claim.page for claim in CLAIMS.values()})


def test_the_ledger_has_a_row_for_every_statement_in_order_of_their_numbers() -> None:
    assert [row.key for row in ROWS] == sorted(CLAIMS)
    for row in ROWS:
        claim = CLAIMS[row.key]
        assert (row.said, row.correct, row.source) == (claim.said, claim.correct, claim.source)
        assert row.experiment == claim.experiment


def test_nothing_asked_leaves_every_row() -> None:
    assert narrowed(ROWS, "", "") == ROWS


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_leaves_the_statements_that_have_it(verdict: Verdict) -> None:
    left = narrowed(ROWS, verdict, "")
    assert [row.key for row in left] == [key for key in sorted(CLAIMS) if CLAIMS[key].verdict is verdict]
    assert left


@pytest.mark.parametrize("page", PAGES)
def test_a_page_leaves_its_statements_and_a_verdict_narrows_them_further(page: str) -> None:
    left = narrowed(ROWS, "", page)
    assert {row.page for row in left} == {page}
    parts = [narrowed(ROWS, verdict, page) for verdict in Verdict]
    assert sorted(row.key for part in parts for row in part) == [row.key for row in left]


def test_a_search_finds_words_of_statements_corrections_and_sources() -> None:
    assert "C087" not in {row.key for row in matching(ROWS, "906.25 rosenbrock")}
    assert "C098" in {row.key for row in matching(ROWS, "906.25 rosenbrock")}
    assert {row.key for row in matching(ROWS, "false")} >= {row.key for row in ROWS if row.verdict == "false"}
    assert matching(ROWS, "no such words anywhere") == []


def test_the_csv_reads_back() -> None:
    read = list(csv.DictReader(io.StringIO(as_csv(ROWS))))
    assert [row["key"] for row in read] == [row.key for row in ROWS]
    assert [row["correct"] for row in read] == [row.correct for row in ROWS]
