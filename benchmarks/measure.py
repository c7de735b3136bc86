"""How benchmarks measure and report: best times, a ratio against a peer of the same run, the goal beside it."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Result:
    """One comparison. ``ratio`` is ours divided by the peer's time (or the reverse, where ``unit`` says so)."""

    name: str
    ours: float
    peer: float | None
    ratio: float
    goal: str
    unit: str
    met: bool


def seconds(work: Callable[[], object], repeats: int = 7, least: float = 0.02) -> float:
    """The best time of one call, each repeat lasting at least ``least`` seconds. The best is what noise adds to."""
    work()
    calls = 1
    while True:
        begin = time.perf_counter()
        for _ in range(calls):
            work()
        spent = time.perf_counter() - begin
        if spent >= least:
            break
        calls = max(calls + 1, int(1.5 * calls * least / max(spent, 1e-9)))
    best = spent / calls
    for _ in range(repeats - 1):
        begin = time.perf_counter()
        for _ in range(calls):
            work()
        best = min(best, (time.perf_counter() - begin) / calls)
    return best


def interleaved(*works: Callable[[], object], repeats: int = 5) -> list[float]:
    """The best time of each of ``works``, run in turns so that a busy moment hits all of them."""
    best = [float("inf")] * len(works)
    for work in works:
        work()
    for _ in range(repeats):
        for index, work in enumerate(works):
            begin = time.perf_counter()
            work()
            best[index] = min(best[index], time.perf_counter() - begin)
    return best


def _time(value: float | None) -> str:
    if value is None:
        return "–"
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "µs")):
        if value * factor >= 1:
            return f"{value * factor:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


def report(results: Sequence[Result]) -> None:
    """Prints a table, or JSON or a table of Markdown if the program was called with ``--json`` or ``--markdown``."""
    if "--json" in sys.argv[1:]:
        print(json.dumps([asdict(result) for result in results], indent=1))
        return
    rows = [("", "ours", "peer", "ratio", "goal", "")]
    rows += [
        (
            result.name,
            _time(result.ours),
            _time(result.peer),
            f"{result.ratio:.3g} {result.unit}",
            result.goal,
            "met" if result.met else "missed",
        )
        for result in results
    ]
    if "--markdown" in sys.argv[1:]:
        rows.insert(1, ("---",) * len(rows[0]))
        print("\n".join(f"| {' | '.join(row)} |" for row in rows))
        return
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
