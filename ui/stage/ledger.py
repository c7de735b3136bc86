"""What the ledger under a stage is given: one step of a racer in symbols and numbers, and what of it can be drawn."""

import math
from dataclasses import dataclass
from typing import Any

from core.catalogue.racers import Racer
from core.engine.ledger import ledger
from core.engine.live import Script, live
from core.engine.trace import Path
from core.formula.latex import plain_symbol
from core.formula.rule_latex import pointed_lines


@dataclass(frozen=True)
class Account:
    """The step of a racer that a stage shows in numbers, along one coordinate."""

    racer: Racer
    path: Path
    step: int
    coordinate: int


def ledger_payload(account: Account) -> tuple[dict[str, Any], Script]:
    """What the browser needs to show ``account``, JSON-ready, and the program that takes its run line by line there.

    Beyond the path's end it is the last step. Before the first one there are no numbers.
    """
    racer, path = account.racer, account.path
    rule = racer.optimizer.parsed
    variables = path.run.resolved_objective.called
    step = min(account.step, len(path.x) - 1)
    program = live(path.run, lines=True).script
    data: dict[str, Any] = {
        "racer": racer.key,
        "name": racer.name,
        "along": variables[account.coordinate] if len(path.run.start) > 1 else "",
        "coordinate": account.coordinate,
        "step": step,
        "lines": [{"left": left, "right": right} for left, right in pointed_lines(rule)],
        "sights": _sights(racer),
        "program": {"id": program.id, "columns": program.columns, "size": program.size},
        "twin": live(path.run).script.id,
    }
    if step:
        numbers = ledger(path, step, account.coordinate)
        for line, filled in zip(data["lines"], numbers.lines, strict=True):
            line["numbers"] = f"{filled.right} = {filled.result}"
        # JSON has no word for what is no number.
        vectors = {
            of: [value if math.isfinite(value or 0) else None for value in vector]
            for of, vector in numbers.vectors.items()
        }
        data |= {"vectors": vectors, "before": path.x[step - 1].tolist()}
    return data, program


def _sights(racer: Racer) -> dict[str, dict[str, Any]]:
    """How what comes from a line, or is the gradient, can be drawn, by the index of the line, or "g".

    Of each kind one can be pointed at in the picture all the time: the velocity, the last rectangle, the whole step and
    the gradient.
    """
    optimizer = racer.optimizer
    names = [line.name for line in optimizer.parsed.lines]
    kinds = {**optimizer.sights, "x": "move"}
    boxes = [name for name in names if kinds.get(name) in ("square", "sides")]
    last = {name: row for row, name in enumerate(names)}
    standing = {last.get(name) for name in (optimizer.velocity, "x", *boxes[-1:])}
    sights = {
        str(row): {"kind": kinds[name], "symbol": plain_symbol(name), "standing": row in standing}
        for row, name in enumerate(names)
        if name in kinds
    }
    gradient = {"kind": "gradient", "symbol": "g", "standing": True}
    return sights | ({"g": gradient} if "g" in optimizer.parsed.reads else {})
