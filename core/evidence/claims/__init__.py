"""The guide's statements by key: what is commonly said, how true it is, what is correct, and the experiment."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from core.evidence.claims import (
    code,
    foundations,
    history,
    learning_rate,
    optimizers,
    pitfalls,
    race,
    table,
    techniques,
    tips,
    update_rule,
    variants,
)
from core.evidence.claims.claim import Basis, Claim, Verdict
from core.evidence.experiments import EXPERIMENTS
from core.formula.words import digits

__all__ = ["CLAIMS", "Basis", "Claim", "ClaimRow", "Verdict", "claim_rows", "narrowed"]

_PARTS = (
    foundations,
    update_rule,
    learning_rate,
    variants,
    race,
    optimizers,
    techniques,
    pitfalls,
    code,
    tips,
    history,
    table,
)
_ALL = tuple(claim for part in _PARTS for claim in part.ALL)

_QUOTED = re.compile(r"\{(?:(?P<experiment>X\d\d) )?(?P<number>[^{}]+):(?P<form>[^{}:]+)\}")


def _filled(claim: Claim) -> Claim:
    """``claim`` with the numbers that it quotes; raises ``ValueError`` for one that its experiment does not expect."""

    def number(quoted: re.Match[str]) -> str:
        key, name, form = quoted["experiment"] or claim.experiment, quoted["number"], quoted["form"]
        values = {expected.name: expected.value for expected in EXPERIMENTS[key].expected}
        if name not in values:
            raise ValueError(f"{claim.key} quotes {name!r}, which {key} does not expect.")
        return digits(values[name], form)

    return replace(claim, correct=_QUOTED.sub(number, claim.correct))


CLAIMS: Mapping[str, Claim] = MappingProxyType({claim.key: _filled(claim) for claim in _ALL})


@dataclass(frozen=True)
class ClaimRow:
    """One statement in the ledger, in plain values; ``experiment`` is empty where ``basis`` is "from sources"."""

    key: str
    said: str
    verdict: str
    page: str
    correct: str
    basis: str
    experiment: str
    source: str


def claim_rows() -> list[ClaimRow]:
    """A row for each statement of the guide, in the order of their numbers."""
    return [
        ClaimRow(
            key=claim.key,
            said=claim.said,
            verdict=str(claim.verdict),
            page=claim.page,
            correct=claim.correct,
            basis=str(claim.basis),
            experiment=claim.experiment,
            source=claim.source,
        )
        for claim in sorted(CLAIMS.values(), key=lambda claim: claim.key)
    ]


def narrowed(rows: Iterable[ClaimRow], verdict: str, page: str) -> list[ClaimRow]:
    """The ``rows`` with this verdict and on this page; an empty text leaves all of them."""
    return [row for row in rows if verdict in ("", row.verdict) and page in ("", row.page)]
