"""The ledger of one step: a rule's lines with the numbers that this run had there."""

from dataclasses import dataclass

import numpy as np

from core.engine.gradients import GivenGradient, noise_table
from core.engine.trace import Path
from core.formula.graph import Graph
from core.formula.lower import Values
from core.formula.rule_latex import FilledLine, filled_lines


@dataclass(frozen=True)
class Ledger:
    """One step of a path in numbers, for one coordinate: its filled lines, and the point before and after it."""

    step: int
    lines: tuple[FilledLine, ...]
    before: float
    after: float


@np.errstate(all="ignore")
def ledger(path: Path, step: int, coordinate: int = 0) -> Ledger:
    """The arithmetic of ``step`` (from 1) of ``path``, recomputed line by line from the numbers before it.

    Raises ``ValueError`` if the path has no such step or coordinate.
    """
    run = path.run
    steps, size = len(path.x) - 1, len(run.start)
    if not 1 <= step <= steps:
        raise ValueError(f"step must lie in [1, {steps}]; {step} was given.")
    if not 0 <= coordinate < size:
        raise ValueError(f"coordinate must lie in [0, {size - 1}]; {coordinate} was given.")
    rule = run.resolved_optimizer.parsed
    graph = Graph()

    def constants(values: object) -> Values:
        return tuple(graph.constant(float(number)) for number in np.atleast_1d(np.asarray(values, dtype=np.float64)))

    hypers = {name: constants(value) for name, value in run.settings.items()}
    if step == 1:
        state = rule.start(graph, constants(run.start), hypers)
    else:
        state = {name: constants(path.terms[name][step - 2]) for name in rule.state if name in path.terms}
        anchors = rule.start(graph, constants(run.start), hypers)
        state = {**anchors, **state}
    noise = run.noise * noise_table(run.seed, run.steps, size)[step - 1] if run.noise > 0 else None
    oracle = GivenGradient(
        run.resolved_objective.parsed,
        None if noise is None else constants(noise),
        None if run.clip_norm is None else graph.constant(run.clip_norm),
    )
    given = {
        **hypers,
        **state,
        "lr": constants(path.terms["lr"][step - 1]),
        "t": constants(step),
        "T": constants(run.steps),
    }
    point = path.x[step - 1]
    done = rule.step(graph, constants(point), given, oracle)
    lines = tuple(filled_lines(rule, graph, done, coordinate))
    return Ledger(step, lines, float(point[coordinate]), float(path.x[step][coordinate]))
