"""The guide's statements: told in sentences, with a source, and their numbers are those that experiments find."""

import csv
import io
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from core.engine.findings import Expected
from core.evidence import claims
from core.evidence.claims import CLAIMS, Basis, Claim, Verdict, claim_rows, narrowed
from core.evidence.experiments import EXPERIMENTS
from core.lessons.reference import as_csv, matching
from tests.numerals import misprints

every = pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
# As they are declared, with what they quote in braces.
every_unfilled = pytest.mark.parametrize("claim", claims._ALL, ids=CLAIMS)
ROWS = claim_rows()
PAGES = sorted({claim.page for claim in CLAIMS.values()})


def test_no_two_claims_share_a_key() -> None:
    assert len(CLAIMS) == len(claims._ALL)


@every
def test_a_claim_is_told_in_sentences_with_a_source(claim: Claim) -> None:
    assert CLAIMS[claim.key] is claim
    assert re.fullmatch(r"C\d{3}", claim.key)
    for text in (claim.said, claim.correct):
        assert text[0].isupper() or text[0].isdigit()
        assert text.endswith(".")
    assert claim.source
    assert not claim.source.endswith(".")
    assert claim.page
    assert claim.topic


@every
def test_a_claim_is_plain_text_without_anything_left_to_fill_in(claim: Claim) -> None:
    # Cards show texts as Markdown, where these would be marks; braces are those of numbers that are quoted.
    for text in (claim.said, claim.correct, claim.source):
        assert not set("*_$`~|<>#\\{}") & set(text)
        assert "  " not in text
    assert not misprints(f"{claim.said} {claim.correct}")


@every
def test_the_experiments_of_a_claim_exist(claim: Claim) -> None:
    named = [*re.findall(r"X\d\d", claim.correct), *([claim.experiment] if claim.experiment else [])]
    assert set(named) <= set(EXPERIMENTS)


# A paper, a page, or a book or talk with its year and what it is called.
_CHECKABLE = re.compile(r"doi:10\.|arXiv:\d|\w\.\w+/|\b(18|19|20)\d\d, \S")
_OUR_OWN = re.compile(r"recomputed here|run here|calculus")


@every
def test_a_claim_runs_or_names_sources_that_can_be_checked(claim: Claim) -> None:
    assert (claim.basis is Basis.RUNS) == (claim.experiment in EXPERIMENTS)
    if claim.basis is Basis.SOURCES:
        assert not _OUR_OWN.search(claim.source)
        for source in claim.source.split("; "):
            assert _CHECKABLE.search(source), source


def test_most_statements_run() -> None:
    # Readme and home page say that every statement runs or names its source; it is a guide of experiments first.
    assert sum(claim.basis is Basis.RUNS for claim in CLAIMS.values()) > 0.75 * len(CLAIMS)


# --- Quoted numbers ---


def _quoted(claim: Claim) -> list[tuple[Expected, str]]:
    """What ``claim`` quotes, with the format in which it does."""
    return [
        (expected, quoted["form"])
        for quoted in claims._QUOTED.finditer(claim.correct)
        for expected in EXPERIMENTS[quoted["experiment"] or claim.experiment].expected
        if expected.name == quoted["number"]
    ]


@every_unfilled
def test_a_claim_shows_no_more_digits_than_its_experiment_is_sure_of(claim: Claim) -> None:
    for expected, form in _quoted(claim):
        digits = f"{expected.value:{form}}".replace(",", "")
        unit = float(Decimal(1).scaleb(Decimal(digits.rstrip("%")).as_tuple().exponent))
        if digits.endswith("%"):
            unit /= 100
        # A few of the last digit, and a twentieth of a count, do not make a sentence wrong.
        share = 0.05 * abs(expected.value) if unit >= 1 else 0
        assert expected.tolerance <= max(3 * unit, share), expected


@every_unfilled
def test_a_number_that_is_expected_is_quoted_and_not_typed(claim: Claim) -> None:
    keys = {claim.experiment, *(quoted["experiment"] for quoted in claims._QUOTED.finditer(claim.correct))}
    known = [expected for key in keys if key for expected in EXPERIMENTS[key].expected]
    typed = claims._QUOTED.sub("", claim.correct).replace("−", "-")
    for number in re.findall(r"-?\d[\d ]*\.\d+(?!·10)", typed):
        text = number.replace(" ", "")
        # Two digits agree by chance.
        if len(re.sub(r"^[-0.]+|\.", "", text)) > 2:
            half = 0.5001 * 10.0 ** -len(text.partition(".")[2])
            assert not [expected for expected in known if abs(float(text) - expected.value) <= half], number


def test_a_number_that_no_experiment_expects_is_refused() -> None:
    claim = replace(CLAIMS["C001"], correct="It is {x:.1f}.")
    with pytest.raises(ValueError, match="C001 quotes 'x', which X01 does not expect"):
        claims._filled(claim)


@pytest.mark.parametrize(
    ("quoted", "text"),
    [
        ("{position:.3g}", "−0.00892"),
        ("{X03 starts that end in the lower minimum (%):.2f}", "52.54"),
        ("{X34 first step / lr | beta2=0.95:.2f}", "0.45"),
        ("{X44 steps, only centred | mean=0, spread=42.4:.0f}", "10 545"),
        ("{X47 relative error, BatchNorm:.0%}", "19 %"),
        ("{X50 first / last layer, sigmoid, Xavier:.1e}", "2.0·10⁻¹⁹"),
        ("{X48 gradient at the start:.1e}", "3.5·10⁹"),
    ],
)
def test_a_quoted_number_is_written_as_texts_write_numbers(quoted: str, text: str) -> None:
    assert claims._filled(replace(CLAIMS["C001"], correct=quoted)).correct == text


# --- The ledger ---


def test_the_ledger_has_a_row_for_every_statement_in_order_of_their_numbers() -> None:
    assert [row.key for row in ROWS] == sorted(CLAIMS)
    for row in ROWS:
        claim = CLAIMS[row.key]
        assert (row.said, row.correct, row.source) == (claim.said, claim.correct, claim.source)
        assert (row.basis, row.experiment) == (claim.basis, claim.experiment)


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
