"""One step of a run once more, from its recorded numbers, so that every part of a line can be asked for its value."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from core.engine.gradients import GivenGradient, noise_table
from core.engine.run import Run
from core.formula.graph import Graph
from core.formula.lower import Values
from core.formula.rule import Step

Array = npt.NDArray[np.float64]


@np.errstate(all="ignore")
def replayed(run: Run, x: Array, terms: Mapping[str, Array], step: int) -> tuple[Graph, Step]:
    """``step`` (from 1) of ``run``, written into a graph from constants only.

    ``x`` and ``terms`` are as in a ``Path`` and hold at least what was recorded before that step, and its ``lr``.
    """
    rule = run.resolved_optimizer.parsed
    graph = Graph()

    def constants(values: object) -> Values:
        return tuple(graph.constant(float(number)) for number in np.atleast_1d(np.asarray(values, dtype=np.float64)))

    hypers = {name: constants(value) for name, value in run.settings.items()}
    state = rule.start(graph, constants(run.start), hypers)
    if step > 1:
        state |= {name: constants(terms[name][step - 2]) for name in rule.state if name in terms}
    noise = run.noise * noise_table(run.seed, run.steps, len(run.start))[step - 1] if run.noise > 0 else None
    oracle = GivenGradient(
        run.resolved_objective.parsed,
        None if noise is None else constants(noise),
        None if run.clip_norm is None else graph.constant(run.clip_norm),
        graph.constant(step),
    )
    given = {
        **hypers,
        **state,
        "lr": constants(terms["lr"][step - 1]),
        "t": constants(step),
        "T": constants(run.steps),
    }
    return graph, rule.step(graph, constants(x[step - 1]), given, oracle)
