"""Learning rates with which small networks learn within a few hundred steps, by the key of the rule.

Those that rules declare are their libraries', for networks that train for hours. These were measured: of 1 and 3 times
each power of ten, that with the lowest geometric mean of two validation losses, of the multilayer perceptron as it is
offered after 300 steps of 32 rows, on two moons (below 0.01 as good as that) and on the handwritten digits. Rules that
are not listed are best at the rate that they declare, or find their own.
"""

from collections.abc import Mapping
from types import MappingProxyType

_RATES = {
    "sgd": 0.3,
    "momentum": 0.1,
    "nesterov": 0.1,
    "adagrad": 0.1,
    "rmsprop": 0.003,
    "adadelta": 3.0,
    "adam": 0.01,
    "amsgrad": 0.01,
    "adamax": 0.03,
    "nadam": 0.01,
    "radam": 0.03,
    "adamw": 0.01,
    "adabelief": 0.01,
    "adan": 0.01,
    "ademamix": 0.01,
    "adopt": 0.003,
    "cautious": 0.01,
    "mars": 0.01,
    "lion": 0.003,
    "sophia": 0.003,
    "muon": 0.03,
    "sam": 0.3,
    "schedule_free": 1.0,
    "adamw_schedule_free": 0.03,
    "lookahead": 0.1,
}

OPENING: Mapping[str, Mapping[str, float]] = MappingProxyType({key: {"lr": rate} for key, rate in _RATES.items()})
# Who trains when the page is opened.
RULES = ("sgd", "momentum", "adam")
