"""The ledger of all statements: a row each, to be searched and narrowed by verdict and page."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.claims import CLAIMS


@dataclass(frozen=True)
class ClaimRow:
    """One statement in the ledger, in plain values; ``experiment`` is empty if none shows it."""

    key: str
    said: str
    verdict: str
    page: str
    correct: str
    experiment: str
    source: str


def claim_rows() -> list[ClaimRow]:
    """A row for each statement of the guide, in the order of their numbers."""
    return [
        ClaimRow(claim.key, claim.said, str(claim.verdict), claim.page, claim.correct, claim.experiment, claim.source)
        for claim in sorted(CLAIMS.values(), key=lambda claim: claim.key)
    ]


def narrowed(rows: Iterable[ClaimRow], verdict: str, page: str) -> list[ClaimRow]:
    """The ``rows`` with this verdict and on this page; an empty text leaves all of them."""
    return [row for row in rows if verdict in ("", row.verdict) and page in ("", row.page)]
