"""The guide's statements by key: what is commonly said, how true it is, what is correct, and the experiment."""

from collections.abc import Mapping
from types import MappingProxyType

from core.claim_texts import foundations, optimizers, race
from core.claim_texts.claim import Claim, Verdict

__all__ = ["CLAIMS", "Claim", "Verdict"]

_ALL = (*foundations.ALL, *race.ALL, *optimizers.ALL)

CLAIMS: Mapping[str, Claim] = MappingProxyType({claim.key: claim for claim in _ALL})
