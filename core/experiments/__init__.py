"""The experiments that a reader can run, by key: each answers one question in about a second."""

from collections.abc import Mapping
from types import MappingProxyType

from core.experiments import foundations, race
from core.findings import Experiment

EXPERIMENTS: Mapping[str, Experiment] = MappingProxyType(
    {experiment.key: experiment for module in (foundations, race) for experiment in module.ALL}
)
