"""The experiments that a reader can run, by key: each answers one question in about a second."""

from collections.abc import Mapping
from types import MappingProxyType

from core.engine.findings import Experiment
from core.evidence.experiments import (
    adaptive,
    averaging,
    batch_size,
    batch_times,
    batches,
    decay,
    depth,
    divergence,
    flatness,
    foundations,
    initialisation,
    loop,
    matrices,
    modern,
    momentum,
    noise,
    normalisation,
    precision,
    race,
    recurrent,
    saddles,
    scaling,
    solutions,
    tips,
    training,
)

# In the order of the guide.
_ALL = (
    *foundations.ALL,
    *initialisation.ALL,
    *noise.ALL,
    *batches.ALL,
    *batch_times.ALL,
    *race.ALL,
    *momentum.ALL,
    *adaptive.ALL,
    *decay.ALL,
    *modern.ALL,
    *matrices.ALL,
    *tips.ALL,
    *batch_size.ALL,
    *loop.ALL,
    *precision.ALL,
    *training.ALL,
    *scaling.ALL,
    *normalisation.ALL,
    *averaging.ALL,
    *flatness.ALL,
    *solutions.ALL,
    *saddles.ALL,
    *depth.ALL,
    *recurrent.ALL,
    *divergence.ALL,
)

EXPERIMENTS: Mapping[str, Experiment] = MappingProxyType({experiment.key: experiment for experiment in _ALL})
