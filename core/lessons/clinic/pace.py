"""What looks wrong in how often a scheduler is stepped, and with what: per batch or per epoch, before or after."""

import ast
from collections import Counter
from collections.abc import Callable, Iterator

from core.formula.words import digits
from core.lessons.clinic.examined import Kind, Note
from core.lessons.clinic.match import Called
from core.lessons.clinic.program import Act, Event, Loop, Program, rounds
from core.lessons.clinic.signatures import SIGNATURES, given
from core.lessons.clinic.values import dotted, is_number

# Of a schedule that is counted per epoch, this share of the rate is left at most after a hundred batches.
_NOTHING_LEFT = 0.01
_HUNDRED = 100
# Whatever these count, they are not meant to be stepped with an epoch.
_TAKES_EPOCHS = frozenset({"CosineAnnealingWarmRestarts", "ReduceLROnPlateau"})
# The arguments that say after how many calls a schedule is over.
_ENDS = ("T_max", "total_steps", "total_iters", "num_training_steps")


def pace_problems(program: Program, schedulers: dict[str, Called]) -> list[Note]:
    """What looks wrong in how the ``schedulers``, by the names they have in ``program``, are stepped."""
    return [note for check in _CHECKS for note in check(program, schedulers)]


def wrong(line: int, sentence: str, *quotes: str) -> Note:
    """The note that something on ``line`` looks wrong."""
    return Note(Kind.WRONG, line, sentence, quotes)


def _call(event: Event) -> ast.Call:
    assert isinstance(event.node, ast.Call)
    return event.node


def of_event(event: Event, schedulers: dict[str, Called]) -> Called | None:
    """The scheduler that ``event`` steps: by its name, or the only one there is."""
    return schedulers.get(event.who) or (next(iter(schedulers.values())) if len(schedulers) == 1 else None)


def steps_of(program: Program, event: Event) -> list[Event]:
    """The steps of optimizers that belong to a call of a scheduler: in the same loops, or in loops inside these."""
    return [
        step
        for step in program.of(Act.STEP)
        if step.root == event.root and step.loops[: len(event.loops)] == event.loops
    ]


def _before_the_optimizer(program: Program, schedulers: dict[str, Called]) -> Iterator[Note]:
    for event in program.of(Act.SCHEDULE):
        steps = steps_of(program, event)
        at = program.events.index(event)
        if not steps or not event.loops or event.arms or steps[0].arms:
            continue
        if all(program.events.index(step) > at for step in steps) and not _plateau(event, schedulers):
            yield wrong(
                event.line,
                f"The scheduler is stepped before the optimizer on line {steps[0].line}, so the first learning rate of "
                "the schedule is skipped. Step it afterwards.",
            )


def _plateau(event: Event, schedulers: dict[str, Called]) -> bool:
    one = of_event(event, schedulers)
    return one is not None and one.name == "ReduceLROnPlateau"


def _metric(program: Program, schedulers: dict[str, Called]) -> Iterator[Note]:
    for event in program.of(Act.SCHEDULE):
        one, call = of_event(event, schedulers), _call(event)
        if one is None:
            continue
        given_something = bool(call.args or call.keywords)
        if one.name == "ReduceLROnPlateau":
            if not given_something:
                yield wrong(
                    event.line,
                    "ReduceLROnPlateau must be handed the loss: `scheduler.step(loss)`. This raises a TypeError.",
                )
            else:
                yield from _way(event, one)
        elif given_something and one.name not in _TAKES_EPOCHS and _number_like(call):
            yield wrong(
                event.line,
                f"Handing an epoch to {one.name}.step() is deprecated and takes another formula; a scheduler counts by "
                "itself. Call `scheduler.step()`.",
            )


def _number_like(call: ast.Call) -> bool:
    """Whether the argument counts something rather than measures it."""
    argument = call.args[0] if call.args else call.keywords[0].value
    named = call.keywords[0].arg == "epoch" if call.keywords else False
    words = ("epoch", "step", "iter", "batch", "it", "i")
    return named or any(
        isinstance(node, ast.Name) and (node.id.lower() in words or node.id.lower().startswith(words[:3]))
        for node in ast.walk(argument)
    )


def _way(event: Event, one: Called) -> Iterator[Note]:
    """Whether a metric that should rise is waited for to fall, or the other way round."""
    call = _call(event)
    metric = call.args[0] if call.args else call.keywords[0].value
    name = dotted(
        metric.func.value if isinstance(metric, ast.Call) and isinstance(metric.func, ast.Attribute) else metric
    )
    last = name.rpartition(".")[2].lower()
    rises = last.startswith("acc") or last.endswith(("acc", "accuracy", "f1", "auc", "iou"))
    falls = last.endswith("loss")
    mode = one.arguments["mode"]
    if (rises and mode == "min") or (falls and mode == "max"):
        other = "max" if mode == "min" else "min"
        yield wrong(
            event.line,
            f"The scheduler waits for {{}} to {'fall' if mode == 'min' else 'rise'}, because its mode is “{mode}”, so "
            f'it reduces the rate while training goes well. Use `mode="{other}"`.',
            name,
        )


def _both(program: Program, schedulers: dict[str, Called]) -> Iterator[Note]:
    first: dict[tuple[str, int], Event] = {}
    for event in program.of(Act.SCHEDULE):
        other = first.setdefault((event.who, event.root), event)
        one = of_event(event, schedulers)
        if other is not event and len(event.loops) != len(other.loops) and one is not None and event.beside(other):
            yield wrong(
                event.line,
                f"The same scheduler is stepped here and on line {other.line}, once per batch and once per epoch. One "
                "of them is too many.",
            )
            return


def _never(program: Program, schedulers: dict[str, Called]) -> Iterator[Note]:
    if program.of(Act.SCHEDULE) or not any(step.loops for step in program.of(Act.STEP)):
        return
    for name, one in schedulers.items():
        if name and name not in program.handed and not any("sched" in handed for handed in program.handed):
            yield wrong(
                one.line, f"`step()` of this {one.name} is never called, so the learning rate stays at its first value."
            )


# --- Per batch or per epoch ---


def _pair(program: Program, event: Event) -> tuple[Loop, Loop] | None:
    """The loop over epochs and the one over batches around the step that belongs to ``event``, if there are both."""
    steps = [step for step in steps_of(program, event) if len(step.loops) >= 2 and not step.arms]
    return (steps[0].loops[-2], steps[0].loops[-1]) if steps else None


def _factors(program: Program, loop: Loop) -> Counter[str] | None:
    count = rounds(loop)
    return program.names.factors(count, loop.scope) if count is not None else None


def _ends(program: Program, one: Called, call: ast.Call) -> list[tuple[str, Counter[str]]]:
    """What the call says about the length of the schedule, as products."""
    arguments = given(call, SIGNATURES[one.name]).arguments
    products = [(name, program.names.factors(arguments[name])) for name in _ENDS if name in arguments]
    if "epochs" in arguments and "steps_per_epoch" in arguments:
        parts = [program.names.factors(arguments[name]) for name in ("epochs", "steps_per_epoch")]
        if parts[0] is not None and parts[1] is not None and parts[1] != Counter({"1.0": 1}):
            products.append(("epochs·steps_per_epoch", parts[0] + parts[1]))
    return [(name, product) for name, product in products if product]


def _wrong_unit(program: Program, schedulers: dict[str, Called]) -> Iterator[Note]:
    calls = {target: call for target, _, call, _ in program.made if target in schedulers}
    for event in program.of(Act.SCHEDULE):
        one, pair = of_event(event, schedulers), _pair(program, event)
        depths = {len(other.loops) for other in program.of(Act.SCHEDULE) if other.who == event.who}
        if one is None or pair is None or event.arms or len(depths) > 1:
            continue
        epochs, batches = (_factors(program, loop) for loop in pair)
        per_batch = event.loops[-1:] == (pair[1],)
        name = next((target for target, each in schedulers.items() if each is one), "")
        said = _ends(program, one, calls[name]) if name in calls else []
        if per_batch:
            yield from _too_often(event, one, said, epochs, batches)
        elif event.loops[-1:] == (pair[0],):
            yield from _too_seldom(event, one, said)


def _too_often(
    event: Event,
    one: Called,
    said: list[tuple[str, Counter[str]]],
    epochs: Counter[str] | None,
    batches: Counter[str] | None,
) -> Iterator[Note]:
    line = event.line
    for name, product in said:
        if epochs is not None and product == epochs and product != batches:
            what = _after_end(one.name)
            yield wrong(
                line,
                f"`{name}` of {one.name} is the number of epochs, but here the scheduler is stepped for every batch: "
                f"{what} Step it once per epoch, or count in batches.",
            )
            return
    left = _left_after_batches(one, epochs)
    if left is not None:
        yield wrong(
            line,
            f"{one.name} looks counted in epochs, but here it is stepped for every batch: after {_HUNDRED} batches "
            f"{digits(left)} of the learning rate is left. Step it once per epoch.",
        )
    elif one.name == "ReduceLROnPlateau":
        yield wrong(
            line,
            f"Stepped for every batch, the patience of {digits(one.arguments['patience'])} counts batches, and the "
            "loss of single batches runs out of it by chance. Step it once per epoch with a mean or a validation loss.",
        )


def _after_end(name: str) -> str:
    ends = {
        "OneCycleLR": "after so many batches it raises a ValueError.",
        "CosineAnnealingLR": "after so many batches the rate is at its lowest, and then it climbs again.",
    }
    return ends.get(name, "after so many batches the schedule is over.")


def _left_after_batches(one: Called, epochs: Counter[str] | None) -> float | None:
    """The share of the rate after a hundred batches, if that is next to nothing."""
    gamma = one.arguments.get("gamma")
    if not is_number(gamma) or not 0 < gamma < 1:
        return None
    period = one.arguments.get("step_size")
    milestones = one.arguments.get("milestones")
    if one.name == "ExponentialLR":
        drops: float = _HUNDRED
    elif one.name == "StepLR" and is_number(period) and period >= 1:
        drops = _HUNDRED // period
    elif one.name == "MultiStepLR" and isinstance(milestones, tuple) and all(map(is_number, milestones)):
        drops = sum(milestone <= _HUNDRED for milestone in milestones)
    else:
        return None
    left = float(gamma**drops)
    return left if left <= _NOTHING_LEFT else None


def _too_seldom(event: Event, one: Called, said: list[tuple[str, Counter[str]]]) -> Iterator[Note]:
    for name, product in said:
        if name == "epochs·steps_per_epoch" or any(factor.startswith("len(") for factor in product):
            trap = "covers only the first bit of the rise" if one.name == "OneCycleLR" else "covers only its beginning"
            yield wrong(
                event.line,
                f"{one.name} is counted in batches, but here it is stepped once per epoch, so a run {trap}. Step it "
                "after every `optimizer.step()`.",
            )
            return


_CHECKS: tuple[Callable[[Program, dict[str, Called]], Iterator[Note]], ...] = (
    _before_the_optimizer,
    _metric,
    _both,
    _never,
    _wrong_unit,
)
