"""What happened in a race, in words with the numbers of these runs, and as one row of numbers per run."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.catalogue.racers import Racer
from core.engine.status import Outcome, point_text
from core.engine.trace import Path
from core.formula.words import apart, counted, digits

Race = Sequence[tuple[Racer, Path]]


@dataclass(frozen=True)
class Row:
    """One run in numbers.

    ``rate`` is the learning rate set, ``gradients`` counts evaluations, ``best`` is the lowest loss on the way.
    """

    rule: str
    rate: float
    schedule: str
    outcome: str
    steps: int
    gradients: int
    loss: float
    best: float


def row(racer: Racer, path: Path) -> Row:
    """``path`` in numbers, as of its last usable point."""
    return Row(
        racer.name,
        path.run.settings["lr"],
        path.run.resolved_schedule.name,
        str(path.status.outcome),
        len(path.x) - 1,
        path.evaluations,
        float(path.loss[-1]),
        float(path.loss.min()),
    )


def retell(race: Race) -> list[str]:
    """What happened, a sentence or two per run, best end first, runs that failed last."""
    ranked = sorted(race, key=lambda pair: (pair[1].status.failed, float(pair[1].loss[-1])))
    return [f"**{racer.name}.** {path.status} {_moved(path)}".rstrip() for racer, path in ranked]


def _moved(path: Path) -> str:
    """How the run got there: where it is, where it was lower, what it cost."""
    if len(path.x) < 2:
        return ""
    parts = []
    if not path.status.failed:
        lowest = int(path.loss.argmin())
        here, best = float(path.loss[-1]), float(path.loss[lowest])
        if path.status.outcome is not Outcome.HELD:
            # Of which its status says so.
            parts.append(f"It is at {point_text(path.x[-1])}.")
        if lowest < len(path.loss) - 1 and here > best + 1e-3 * abs(best) + 1e-12:
            parts.append(f"Its loss was lowest, {digits(best)}, at step {digits(lowest)}.")
    if path.evaluations != len(path.x) - 1 and not path.status.failed:
        parts.append(f"It needed {counted(path.evaluations, 'gradient')}.")
    return " ".join(parts)


def step_sentence(path: Path, step: int) -> str:
    """What ``step`` (from 1) of a path in one variable did: where it stood, how steep it was, where it went."""
    before, after = float(path.x[step - 1, 0]), float(path.x[step, 0])
    slope = float(path.grad[step - 1, 0])
    direction = "downhill to the right" if slope < 0 else "downhill to the left" if slope > 0 else "flat"
    start, end = apart(before, after)
    side = "right" if after > before else "left"
    went = f"goes {digits(abs(after - before))} to the {side}, to x = {end}" if after != before else "stays there"
    change = float(path.loss[step] - path.loss[step - 1])
    result = "fell" if change < 0 else "rose" if change > 0 else "did not change"
    by = f" by {digits(abs(change))}, from {' to '.join(apart(*path.loss[step - 1 : step + 1]))}" if change else ""
    return (
        f"At x = {start} the slope is {digits(slope)}: {direction}. Step {digits(step)} {went}; the loss {result}{by}."
    )
