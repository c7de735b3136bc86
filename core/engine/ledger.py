"""The ledger of one step: a rule's lines with the numbers that this run had there."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.engine.replay import replayed
from core.engine.trace import Path
from core.formula.rule_latex import FilledLine, filled_lines
from core.formula.words import outside


@dataclass(frozen=True)
class Ledger:
    """One step of a path in numbers: its lines filled in for one coordinate.

    ``vectors`` are all coordinates of what each line assigned, by its index as a text, and of the gradient that the
    rule was given, under "g"; what is one number for all coordinates is one number there.
    """

    step: int
    lines: tuple[FilledLine, ...]
    vectors: Mapping[str, tuple[float | None, ...]]


def ledger(path: Path, step: int, coordinate: int = 0) -> Ledger:
    """The arithmetic of ``step`` (from 1) of ``path``, recomputed line by line from the numbers before it.

    Raises ``ValueError`` if the path has no such step or coordinate.
    """
    run = path.run
    steps, size = len(path.x) - 1, len(run.start)
    if not 1 <= step <= steps:
        raise ValueError(f"step must lie in {outside(step, 1, steps)}.")
    if not 0 <= coordinate < size:
        raise ValueError(f"coordinate must lie in {outside(coordinate, 0, size - 1)}.")
    rule = run.resolved_optimizer.parsed
    graph, done = replayed(run, path.x, path.terms, step)
    lines = tuple(filled_lines(rule, graph, done, coordinate))
    vectors = {of: tuple(map(graph.number, values)) for of, values in done.sources.items()}
    return Ledger(step, lines, vectors)
