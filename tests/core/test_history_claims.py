"""The statements about the history: their years, names and sources are those of the rules and events they are about."""

import re

import pytest

from core.claim_texts import history
from core.claim_texts.claim import Claim
from core.history import timeline_entries

CLAIMS = {claim.key: claim for claim in history.ALL}
ENTRIES = {entry.key: entry for entry in timeline_entries()}

ABOUT = {
    "C139": "sgd hadamard curry",
    "C140": "robbins_monro kiefer_wolfowitz perceptron least_mean_squares amari_descent",
    "C141": "momentum backpropagation",
    "C142": "nesterov nesterov_in_networks",
    "C143": "backpropagation reverse_mode werbos",
    "C144": "adagrad",
    "C145": "rmsprop",
    "C146": "adam",
    "C147": "adamw lamb",
    "C148": "lion",
    "C149": "sophia",
    "C150": "muon muon_at_scale muon_clip",
}
# McMahan & Streeter, who came to AdaGrad's method independently and have no entry of their own.
ELSEWHERE = {"arXiv:1002.4908"}

every = pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)


def _identifiers(source: str) -> set[str]:
    return set(re.findall(r"(?:doi|arXiv):[^\s;,]+", source))


@every
def test_years_and_names_are_those_of_the_timeline(claim: Claim) -> None:
    told = f"{claim.said} {claim.correct}"
    for key in ABOUT[claim.key].split():
        for year in ENTRIES[key].years.split(" / "):
            assert year in told, (key, year)
        surname = re.split(r"[ ,]", ENTRIES[key].authors)[0]
        assert surname in told + claim.source, (key, surname)


@every
def test_every_year_in_a_claim_is_one_of_the_timeline(claim: Claim) -> None:
    known = {int(year) for key in ABOUT[claim.key].split() for year in ENTRIES[key].years.split(" / ")}
    # 2023 is said of Muon, and corrected.
    said = {int(year) for year in re.findall(r"\b(?:18|19|20)\d\d\b", f"{claim.said} {claim.correct}")}
    assert said - known <= ({2023} if claim.key == "C150" else set())


@every
def test_the_identifiers_of_a_claim_are_those_of_its_entries(claim: Claim) -> None:
    declared = set().union(*(_identifiers(ENTRIES[key].source) for key in ABOUT[claim.key].split()))
    assert _identifiers(claim.source) <= declared | ELSEWHERE


def test_lamb_is_not_given_to_the_authors_of_adamw() -> None:
    assert not {"Loshchilov", "Hutter"} & set(re.findall(r"\w+", ENTRIES["lamb"].authors))
    assert "LAMB is by You" in CLAIMS["C147"].correct


def test_robbins_and_monro_sought_a_root() -> None:
    assert "root" in CLAIMS["C140"].correct
    assert "Root finding" in ENTRIES["robbins_monro"].idea


def test_muon_is_not_told_as_a_paper() -> None:
    assert "not as a paper" in CLAIMS["C150"].correct
    assert not _identifiers(ENTRIES["muon"].source)


def test_a_date_or_a_name_needs_no_experiment() -> None:
    assert {claim.experiment for claim in CLAIMS.values()} == {""}
