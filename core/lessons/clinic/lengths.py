"""How many steps a program takes, and schedules that are not as long as it."""

from collections.abc import Iterator

from core.formula.words import digits
from core.lessons.clinic.examined import Note
from core.lessons.clinic.match import Called
from core.lessons.clinic.pace import of_event, wrong
from core.lessons.clinic.program import Act, Event, Program, rounds
from core.lessons.clinic.values import is_number

# More than any training takes.
_MOST_STEPS = 10**12


def told_total(program: Program, event: Event) -> int | None:
    """How often ``event`` happens in its loops; ``None`` if the text does not say, or it waits for something."""
    if event.arms or not event.loops:
        return None
    total = 1
    for loop in event.loops:
        count = rounds(loop)
        value = program.names.value(count, loop.scope) if count is not None else None
        if not is_number(value) or loop.breaks or not 1 <= value * total <= _MOST_STEPS:
            return None
        total *= int(value)
    return total


def length_problems(program: Program, schedulers: dict[str, Called]) -> Iterator[Note]:
    """What looks wrong in how long the ``schedulers`` last, beside how often they are stepped."""
    for event in program.of(Act.SCHEDULE):
        one, total = of_event(event, schedulers), told_total(program, event)
        if one is None:
            continue
        if one.name == "OneCycleLR":
            yield from _one_cycle_length(program, event, one, total)
        elif total is not None and one.name == "CosineAnnealingLR" and is_number(one.arguments["T_max"]):
            length = one.arguments["T_max"]
            if 1 <= length < total:
                yield wrong(
                    one.line,
                    f"`T_max` is {digits(length)} and the scheduler is stepped {digits(total)} times: past `T_max` the "
                    "learning rate climbs again.",
                )
        elif total is not None and one.name == "SequentialLR":
            yield from _warm_up_length(one, total)


def _one_cycle_length(program: Program, event: Event, one: Called, total: int | None) -> Iterator[Note]:
    length = one.arguments["total_steps"]
    if total is None and is_number(one.arguments["epochs"]) and len(event.loops) >= 2 and not event.arms:
        # Batches are the same on both sides; epochs need not be.
        count = rounds(event.loops[-2])
        epochs = program.names.value(count, event.loops[-2].scope) if count is not None else None
        total, length = (int(epochs) if is_number(epochs) else None), one.arguments["epochs"]
        unit = "epochs"
    else:
        unit = "steps"
    if total is None or not is_number(length) or length == total or event.loops[-1].breaks:
        return
    how = "so it raises a ValueError" if total > length else "so the rate does not come down to its end"
    yield wrong(one.line, f"The cycle is {digits(length)} {unit} long and the loops run for {digits(total)}, {how}.")


def _warm_up_length(one: Called, total: int) -> Iterator[Note]:
    parts, milestones = one.arguments["schedulers"], one.arguments["milestones"]
    if not isinstance(parts, tuple) or not isinstance(milestones, tuple) or len(milestones) != 1:
        return
    last, (milestone,) = parts[-1], milestones
    if not isinstance(last, Called) or last.name != "CosineAnnealingLR" or not is_number(milestone) or milestone <= 0:
        return
    length = last.arguments["T_max"]
    if is_number(length) and length == total:
        yield wrong(
            last.line,
            "The cosine has only the steps after the warm-up, so at the end of the run it is not down yet: `T_max` "
            f"should be {digits(total - milestone)}.",
        )
