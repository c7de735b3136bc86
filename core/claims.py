"""The guide's statements by key: what is commonly said, how true it is, what is correct, and the experiment."""

from collections.abc import Mapping
from types import MappingProxyType

from core.claim_texts import (
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
from core.claim_texts.claim import Claim, Verdict

__all__ = ["CLAIMS", "Claim", "Verdict"]

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

CLAIMS: Mapping[str, Claim] = MappingProxyType({claim.key: claim for claim in _ALL})
