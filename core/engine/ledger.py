"""The ledger of one step: a rule's lines with the numbers that this run had there."""

from dataclasses import dataclass

from core.engine.replay import replayed
from core.engine.trace import Path
from core.formula.rule_latex import FilledLine, filled_lines
from core.formula.words import outside


@dataclass(frozen=True)
class Ledger:
    """One step of a path in numbers, for one coordinate: its filled lines, and the point before and after it."""

    step: int
    lines: tuple[FilledLine, ...]
    before: float
    after: float


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
    point = path.x[step - 1]
    lines = tuple(filled_lines(rule, graph, done, coordinate))
    return Ledger(step, lines, float(point[coordinate]), float(path.x[step][coordinate]))
