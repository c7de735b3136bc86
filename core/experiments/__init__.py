"""The experiments that a reader can run, by key: each answers one question in about a second."""

from collections.abc import Mapping
from types import MappingProxyType

from core.experiments import adaptive, decay, foundations, modern, momentum, race
from core.findings import Experiment

# In the order of the guide.
_ALL = (*foundations.ALL, *race.ALL, *momentum.ALL, *adaptive.ALL, *decay.ALL, *modern.ALL)

EXPERIMENTS: Mapping[str, Experiment] = MappingProxyType({experiment.key: experiment for experiment in _ALL})
