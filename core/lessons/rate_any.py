"""Functions of the visitor's choice for the theory of learning rates, and what their controls open with."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import Objective
from core.catalogue.optimizers import OPTIMIZERS
from core.engine.scenarios import Scenario
from core.lessons.rate_check import scaled_rate
from core.problems.theory import opening_curvature, stable_limit

# They open at this share of the limit, and with this momentum.
_SHARE, _BETA = 0.45, 0.5
# A slider goes to so many times the limit.
_BEYOND = 1.5

_ANY = (
    Scenario(
        "line",
        "Any function of x",
        "Near a minimum every smooth function is close to a parabola, and theory speaks of that.",
        "double_well",
        {},
        steps=100,
    ),
    Scenario(
        "plane",
        "Any function of x and y",
        "Near a minimum every smooth function is close to a quadratic, and theory speaks of that.",
        "himmelblau",
        {},
        steps=100,
    ),
)
ANY: Mapping[str, Scenario] = MappingProxyType({scenario.key: scenario for scenario in _ANY})
"""Functions that a visitor chooses or writes, in one and in two variables; each opens with one of the catalogue."""


def any_opening(key: str, objective: Objective) -> dict[str, float]:
    """The hyperparameters with which the rule ``key`` opens on ``objective``: below its limit at a known minimum.

    Where none is known the learning rate is the declared one.
    """
    rate, *others = OPTIMIZERS[key].hypers
    settings = {hyper.name: _BETA for hyper in others}
    known = opening_curvature(objective)
    if known is None:
        return {"lr": rate.default, **settings}
    return {"lr": float(f"{_SHARE * stable_limit(key, known.largest, settings.get('beta', 0.0)):.2g}"), **settings}


def any_rate(key: str, objective: Objective) -> Hyper:
    """The learning rate of the rule ``key`` on ``objective``, as ``rate_hyper`` if a minimum of it is known."""
    known = opening_curvature(objective)
    return (
        OPTIMIZERS[key].hypers[0]
        if known is None
        else scaled_rate(key, known.largest, any_opening(key, objective)["lr"])
    )


def reaching(rate: Hyper, objective: Objective) -> Hyper:
    """The learning rate ``rate``, on a slider that goes beyond the limit at a known minimum of ``objective``."""
    known = opening_curvature(objective)
    low, high = rate.slider
    beyond = _BEYOND * stable_limit("sgd", known.largest, 0.0) if known else high
    return replace(rate, slider=(low, max(high, float(f"{beyond:.1g}"))))
