"""What looks wrong in how a program trains: the order of what a pass of its loops does, and the pace of schedulers."""

import ast
import math
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from core.formula.words import digits
from core.lessons.clinic.calls import Called
from core.lessons.clinic.names import Open, dotted, is_number
from core.lessons.clinic.program import Act, Event, Program
from core.lessons.clinic.text import Note, wrong

# More than any training takes.
_MOST_STEPS = 10**12
# Of a schedule that is counted per epoch, this share of the rate is left at most after a hundred batches.
_NOTHING_LEFT, _HUNDRED = 0.01, 100
# The arguments that say after how many calls a schedule is over.
_ENDS = ("T_max", "total_steps", "total_iters")
# These take a number from whoever steps them.
_TAKES_NUMBERS = ("CosineAnnealingWarmRestarts", "ReduceLROnPlateau")


def problems(program: Program, tree: ast.Module) -> Iterator[Note]:
    """What looks wrong in how ``program``, whose tree is ``tree``, trains."""
    for event in program.events:
        yield from _disorder(program, event)
        if event.act is Act.STEP:
            yield from _not_cleared(program, event)
        elif event.act is Act.SCHEDULE and (one := scheduler_of(program, event)) is not None:
            yield from _pace(program, event, one)
            yield from _length(event, one)
    yield from _sums(program)
    yield from _moved_later(program)
    yield from _never_stepped(program)
    for node in ast.walk(tree):
        yield from _old_or_idle(program, node)


def scheduler_of(program: Program, event: Event) -> Called | None:
    """The scheduler that ``event`` steps: by its name, or the only one there is."""
    listed = program.schedulers
    return next((one for one in listed if one.target == event.who), listed[0] if len(listed) == 1 else None)


def steps_of(program: Program, event: Event) -> list[Event]:
    """The steps of optimizers that belong to a call of a scheduler: in the same loops, or in loops inside these."""
    steps = program.of(Act.STEP)
    return [step for step in steps if step.root is event.root and step.loops[: len(event.loops)] == event.loops]


def told_total(event: Event) -> int | None:
    """How often ``event`` happens in its loops; ``None`` if the text does not say, or it waits for something."""
    if event.arms or not event.loops:
        return None
    total = 1
    for loop in event.loops:
        if not is_number(loop.rounds) or loop.leaves or not 1 <= loop.rounds * total <= _MOST_STEPS:
            return None
        total *= int(loop.rounds)
    return total


# --- The order in a pass ---


# What is wrong with an act, by its nearest neighbours among some others: whether it is, asked of the event, of the one
# before it and of the one behind it; and a sentence with their lines. In a loop, the passes around count too.
_ORDERS: tuple[tuple[Act, tuple[Act, ...], Callable[[Event, Event, Event], bool], str], ...] = (
    (
        Act.STEP,
        (Act.ZERO, Act.BACKWARD, Act.STEP),
        lambda step, before, _: before.act is Act.ZERO and set(before.arms) <= set(step.arms),
        "`zero_grad()` on line {before} clears the gradients after `backward()` and before this step, which then has "
        "none to use.",
    ),
    (
        Act.CLIP,
        (Act.BACKWARD, Act.STEP),
        lambda _, before, after: before.act is Act.STEP and after.act is Act.BACKWARD,
        "Gradients are clipped after the step on line {before} has used them, and before `backward()` on line {after} "
        "computes new ones. Clip between `backward()` and `step()`.",
    ),
    (
        Act.CLIP,
        (Act.UNSCALE, Act.BACKWARD, Act.STEP),
        lambda clip, last, _: last.act is Act.BACKWARD and last.scaled and clip.who[-5:] in ("", "utils"),
        "These gradients are still multiplied by the scaler's factor, so that clipping leaves almost nothing of them. "
        "Call `scaler.unscale_(optimizer)` before it.",
    ),
)


def _pass(program: Program, event: Event) -> tuple[list[Event], list[Event]]:
    """What happens in one pass of the innermost loop around ``event``, in the same branches: before it and after it.

    What is done with another optimizer is none of it.
    """

    def belongs(other: Event) -> bool:
        others = event.who != other.who and program.is_optimizer(event.who) and program.is_optimizer(other.who)
        return other.loops[: len(event.loops)] == event.loops and other.beside(event) and not others

    at = program.events.index(event)
    return list(filter(belongs, program.events[:at])), list(filter(belongs, program.events[at + 1 :]))


def _disorder(program: Program, event: Event) -> Iterator[Note]:
    before, after = _pass(program, event)
    if not any(one.act is Act.BACKWARD for one in before + after):
        return
    earlier, later = before[::-1] + (after[::-1] if event.loops else []), after + (before if event.loops else [])
    for act, among, holds, sentence in _ORDERS:
        last, following = (next((one for one in part if one.act in among), event) for part in (earlier, later))
        if event.act is act and last is not event and holds(event, last, following):
            yield wrong(event.line, sentence.format_map({"before": last.line, "after": following.line}))


def _not_cleared(program: Program, step: Event) -> Iterator[Note]:
    before, after = _pass(program, step)
    # With a closure, gradients are cleared there.
    closed = step.node is not None and bool(step.node.args) and not step.scaled
    backward = any(one.act is Act.BACKWARD for one in before + after)
    if not step.loops or closed or step.who in program.handed or not backward:
        return
    zeros = [one for one in program.of(Act.ZERO) if one.who == step.who or not program.is_optimizer(one.who)]
    how = ""
    if not zeros:
        how = "Nothing clears the gradients, and `backward()` adds to them: every step uses the sum of all so far."
    elif all(zero.root is step.root and zero.loops[: len(step.loops)] != step.loops for zero in zeros):
        how = "Gradients are cleared outside the loop that steps, so every step also uses those of the steps before."
    if how:
        yield wrong(step.line, f"{how} Call `optimizer.zero_grad()` once for each step.")
    tests = [question.test for question, _ in step.arms if isinstance(question, ast.If)]
    # As in "if (i + 1) % 4 == 0".
    counted = any(isinstance(node, ast.Mod) for test in tests for node in ast.walk(test))
    # What waits together with the step is not gathered for it.
    together = any(one.act is Act.BACKWARD and set(step.arms) <= set(one.arms) for one in before)
    for zero in zeros if counted and not together else ():
        if zero in before + after and zero.loops == step.loops and not zero.arms:
            yield wrong(
                zero.line,
                f"The step on line {step.line} waits for several batches, but their gradients are cleared in every "
                "one, so only the last batch counts. Clear them right after the step.",
            )


def _sums(program: Program) -> Iterator[Note]:
    """A loss that is added to a sum with its graph."""
    for statement, loops in program.sums:
        name = dotted(statement.value)
        backwards = [one.node for one in program.of(Act.BACKWARD) if one.loops == loops]
        losses = {dotted(node) for call in backwards if call is not None for node in ast.walk(call)} - {""}
        if loops and name in losses and dotted(statement.target) not in losses:
            said = "{} is added with the graph that belongs to it, so memory grows from batch to batch. Add its "
            yield wrong(statement.lineno, f"{said}`.item()`.", name)


def _moved_later(program: Program) -> Iterator[Note]:
    for one in program.optimizers:
        params = [node for node in ast.walk(one.told.get("params", ast.Pass())) if isinstance(node, ast.Call)]
        models = {dotted(node.func).removesuffix(".parameters") for node in params} - {""}
        # Once a model is trained it may well be moved.
        trained = min((step.line for step in program.of(Act.STEP) if step.line > one.line), default=math.inf)
        moves = [event for event in program.of(Act.MOVE) if event.who in models and not event.loops]
        move = next((event for event in moves if one.line < event.line < trained), None)
        if move is not None:
            yield wrong(
                one.line,
                f"The optimizer is made before the model is moved on line {move.line}. PyTorch asks for the other "
                "order: not every move keeps the parameters that the optimizer was given.",
            )


# --- Schedulers ---


def _pace(program: Program, event: Event, one: Called) -> Iterator[Note]:
    """A scheduler that is stepped too early, with the wrong things, or in another unit than it is counted in."""
    before, after = _pass(program, event)
    later = next((other for other in after if other.act is Act.STEP), None)
    plateau = one.name == "ReduceLROnPlateau"
    first = not any(other.act is Act.STEP for other in before)
    if event.loops and first and later is not None and not event.arms + later.arms and not plateau:
        yield wrong(
            event.line,
            f"The scheduler is stepped before the optimizer on line {later.line}, so the first learning rate of the "
            "schedule is skipped. Step it afterwards.",
        )
    given = [*event.node.args, *(keyword.value for keyword in event.node.keywords)] if event.node is not None else []
    what = dotted(given[0]).rpartition(".")[2].lower() if given else ""
    if plateau and not given:
        yield wrong(
            event.line, "ReduceLROnPlateau must be handed the loss, `scheduler.step(loss)`; this raises an error."
        )
    elif what.startswith(("epoch", "step", "it")) and one.name not in _TAKES_NUMBERS:
        said = "is deprecated and takes another formula; a scheduler counts by itself. Call `scheduler.step()`."
        yield wrong(event.line, f"Handing an epoch to {one.name}.step() {said}")
    twice = [other for other in before + after if other.act is Act.SCHEDULE and other.who == event.who]
    if twice and len(twice[0].loops) > len(event.loops):
        yield wrong(
            event.line,
            f"The same scheduler is stepped here and on line {twice[0].line}, once per batch and once per epoch. One "
            "of them is too many.",
        )
    elif not any(other.who == event.who and other is not event for other in program.of(Act.SCHEDULE)):
        yield from _unit(program, event, one)


def _unit(program: Program, event: Event, one: Called) -> Iterator[Note]:
    nested = [step for step in steps_of(program, event) if len(step.loops) >= 2 and not step.arms]
    if not nested or event.arms:
        return
    epochs, batches = nested[0].loops[-2:]
    ends = [name for name in _ENDS if name in one.told]
    if event.loops[-1:] == (epochs,):
        counted = [name for name in ends if isinstance(one.values[name], Open) and "len(" in one.values[name].text]
        if counted or "steps_per_epoch" in one.told:
            trap = "the first bit of the rise" if one.name == "OneCycleLR" else "its beginning"
            yield wrong(
                event.line,
                f"{one.name} is counted in batches, but here it is stepped once per epoch, so a run covers only {trap}"
                ". Step it after every `optimizer.step()`.",
            )
    elif event.loops[-1:] == (batches,):
        same = [name for name in ends if one.values[name] == epochs.rounds != batches.rounds]
        left = _left_after_batches(one)
        if same:
            yield wrong(
                event.line,
                f"`{same[0]}` of {one.name} is the number of epochs, but here the scheduler is stepped for every "
                "batch: after so many batches it is at its end. Step it once per epoch, or count in batches.",
            )
        elif left <= _NOTHING_LEFT:
            yield wrong(
                event.line,
                f"{one.name} looks counted in epochs, but here it is stepped for every batch: after {_HUNDRED} batches "
                f"{digits(left)} of the learning rate is left. Step it once per epoch.",
            )


def _left_after_batches(one: Called) -> float:
    """The share of the rate that is left after a hundred calls; 1 where nothing can be said."""
    gamma, period, milestones = (one.values.get(name) for name in ("gamma", "step_size", "milestones"))
    drops = 0.0
    if one.name == "ExponentialLR":
        drops = _HUNDRED
    elif is_number(period) and period >= 1:
        drops = _HUNDRED // period
    elif isinstance(milestones, tuple):
        drops = sum(is_number(milestone) and milestone <= _HUNDRED for milestone in milestones)
    return float(gamma**drops) if is_number(gamma) and 0 < gamma < 1 else 1.0


def _length(event: Event, one: Called) -> Iterator[Note]:
    """A schedule that is not as long as it is stepped."""
    total, unit = told_total(event), "steps"
    length = one.values.get("total_steps" if one.name == "OneCycleLR" else "T_max")
    if total is None and is_number(one.values.get("epochs")) and len(event.loops) >= 2 and not event.arms:
        # Batches are the same on both sides; epochs need not be.
        rounds = event.loops[-2].rounds
        total, length, unit = int(rounds) if is_number(rounds) else None, one.values["epochs"], "epochs"
    if total is None or not is_number(length) or length == total or any(loop.leaves for loop in event.loops):
        return
    if one.name == "OneCycleLR":
        how = "so it raises a ValueError" if total > length else "so the rate does not come down to its end"
        said = f"The cycle is {digits(length)} {unit} long and the loops run for {digits(total)}, {how}."
        yield wrong(one.line, said)
    elif 1 <= length < total:
        said = f"`T_max` is {digits(length)} and the scheduler is stepped {digits(total)} times: past `T_max` the "
        yield wrong(one.line, f"{said}learning rate climbs again.")


def _never_stepped(program: Program) -> Iterator[Note]:
    stepped = program.of(Act.SCHEDULE) or not any(step.loops for step in program.of(Act.STEP))
    for one in program.schedulers:
        if (
            not stepped
            and one.target not in program.handed
            and one.target
            and not any("sched" in path for path in program.handed)
        ):
            said = f"`step()` of this {one.name} is never called, so the learning rate stays at its first value."
            yield wrong(one.line, said)


# --- In single places ---

# What was called so is deprecated or gone, and what to do instead.
_OLD: Mapping[str, str] = MappingProxyType(
    {
        "torch.nn.utils.clip_grad_norm": "`clip_grad_norm` is deprecated; `clip_grad_norm_`, with an underscore, "
        "replaces it.",
        "torch.cuda.amp.GradScaler": '`torch.cuda.amp.GradScaler` is deprecated. Use `torch.amp.GradScaler("cuda")`.',
        "torch.cuda.amp.autocast": '`torch.cuda.amp.autocast` is deprecated. Use `torch.amp.autocast("cuda")`.',
        "transformers.AdamW": "The library transformers no longer has an AdamW; import it from `torch.optim`, where "
        "`weight_decay` is 0.01 unless told otherwise.",
    }
)
# What does nothing unless it is called.
_METHODS = frozenset({"step", "zero_grad", "backward", "update"})


def _old_or_idle(program: Program, node: ast.AST) -> Iterator[Note]:
    match node:
        case ast.Call(function) if (path := program.names.path(function)) in _OLD:
            yield wrong(node.lineno, _OLD[path])
        case ast.Call(ast.Attribute(owner, "get_lr")) if program.is_scheduler(dotted(owner)):
            said = "`get_lr()` is for the scheduler's own use and gives wrong numbers elsewhere. Call `get_last_lr()`."
            yield wrong(node.lineno, said)
        case ast.Expr(ast.Attribute(_, name)) if name in _METHODS:
            said = f"`{name}` stands here without brackets, so it is not called and nothing happens."
            yield wrong(node.lineno, said)
        case _:
            pass
