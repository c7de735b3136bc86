"""The catalogue of update rules: each is declared once, and everything shown or checked about it derives from here.

A rule is written in the formula language (``core.formula``) as the paper's algorithm box, one assignment a line.
The conventions are PyTorch's, except Nesterov's, whose look-ahead form is shown. To add a rule, add one declaration to
the ``RULES`` of the module that holds its family.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from core.catalogue.hypers import Hyper, own_hyper, unknown_key
from core.catalogue.optimizers import adam, adaptive, beyond, descent, kin, modern, rates
from core.catalogue.optimizers.declaration import (
    OWN_KEY,
    PALETTE,
    Dash,
    Family,
    Optimizer,
    Sight,
    TorchPeer,
    Training,
    learning_rate,
)
from core.formula import parse_rule
from core.formula.rule import Assignment
from core.formula.source import strict_source

__all__ = [
    "OPTIMIZERS",
    "OWN_COLOR",
    "OWN_KEY",
    "PALETTE",
    "Dash",
    "Family",
    "Optimizer",
    "TorchPeer",
    "Training",
    "optimizer",
]

# In teaching order.
_RULES = (
    *descent.RULES,
    *adaptive.RULES,
    *adam.RULES,
    *kin.RULES,
    *modern.RULES,
    *beyond.RULES,
    *rates.RULES,
)

OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType({shipped.key: shipped for shipped in _RULES})

# The look of a rule typed by a visitor, unlike any shipped rule's.
OWN_COLOR = "#B0309C"


def optimizer(text: str) -> Optimizer:
    """The shipped rule with key ``text`` or, if ``text`` is a rule itself, a declaration made from it.

    Raises ``ValueError`` for an unknown key and ``FormulaError`` for a text that is not a rule.
    """
    if text in OPTIMIZERS:
        return OPTIMIZERS[text]
    if text.replace("_", "").isalnum():
        raise ValueError(unknown_key("optimizer", text, OPTIMIZERS))
    return _own(text)


@lru_cache(maxsize=256)
def _own(text: str) -> Optimizer:
    rule = parse_rule(text)
    own = {hyper.name: hyper for hyper in rule.declarations}
    hypers = [own_hyper(own[name], _shipped_hypers()) if name in own else learning_rate(0.01) for name in rule.hypers]
    idea = "A rule of your own."
    sights = {line.name: sight for line in rule.lines if (sight := _known_sights().get(_written(line)))}
    return Optimizer(OWN_KEY, "Own rule", 0, "", "", idea, text, tuple(hypers), OWN_COLOR, "dot", sights=sights)


def _shipped_hypers() -> list[Hyper]:
    return [hyper for shipped in _RULES for hyper in shipped.hypers]


def _written(line: Assignment) -> tuple[str, str]:
    return line.name, strict_source(line.tree)


@lru_cache(maxsize=1)
def _known_sights() -> Mapping[tuple[str, str], Sight]:
    """How what the lines of shipped rules assign is drawn, for rules that keep these lines."""
    return {
        _written(line): shipped.sights[line.name]
        for shipped in _RULES
        for line in shipped.parsed.lines
        if line.name in shipped.sights
    }
