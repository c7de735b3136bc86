"""A text from its first to its last line: what it sets, what of it is not taken, and what looks wrong."""

import ast

from core.engine.run import MAX_STEPS
from core.formula.words import digits
from core.lessons.clinic.examined import Examined, Kind, Note
from core.lessons.clinic.habits import habit_problems
from core.lessons.clinic.lengths import length_problems, told_total
from core.lessons.clinic.match import Called
from core.lessons.clinic.names import Function, names_of
from core.lessons.clinic.optimizers import KNOWN as KNOWN_OPTIMIZERS
from core.lessons.clinic.optimizers import Rule, made, rule
from core.lessons.clinic.order import order_problems
from core.lessons.clinic.pace import of_event, pace_problems, steps_of
from core.lessons.clinic.program import Act, Event, Program, program_of
from core.lessons.clinic.schedules import Taken, called, taken, told_steps
from core.lessons.clinic.settings import optimizer_problems, scheduler_problems
from core.lessons.clinic.signatures import SIGNATURES, given
from core.lessons.clinic.text import UnreadableError, tree_of
from core.lessons.clinic.values import Open, dotted, is_number, written

# What the engine takes for a limit of the gradient's norm.
_CLIPS = (1e-12, 1e12)
_MOST_NOTES = 60

_Call = tuple[str, str, ast.Call, Function | None]


def examine(text: str, most: int = MAX_STEPS) -> Examined:
    """What ``text``, PyTorch's lines about an optimizer, sets here, and what there is to say about it.

    It is parsed and never run. Whatever cannot be read is a note; nothing is raised. A run takes ``most`` steps at
    most: where the text has more, the schedule is made as much shorter.
    """
    if not text.strip():
        return Examined(())
    try:
        tree = tree_of(text)
    except UnreadableError as error:
        return Examined((Note(Kind.WRONG, error.line, error.sentence),))
    return _examined(tree, most)


def _examined(tree: ast.Module, most: int) -> Examined:
    names = names_of(tree)
    program = program_of(tree, names)
    optimizers = [one for one in program.made if one[1] in KNOWN_OPTIMIZERS]
    schedulers = _own_schedulers(program)
    calls = {target: called(call, name, names, scope) for target, name, call, scope in schedulers}
    bound = {target: given(call, SIGNATURES[name]) for target, name, call, _ in schedulers}
    notes = [
        *order_problems(program),
        *pace_problems(program, calls),
        *length_problems(program, calls),
        *habit_problems(program, tree),
    ]
    first = made(optimizers[0][2], optimizers[0][1], names, optimizers[0][3]) if optimizers else None
    for target, one in calls.items():
        notes += scheduler_problems(one, bound[target], first)
    chosen = next(iter(calls.values()), None)
    clip_norm, clip_notes = _clip(program)
    notes += clip_notes
    if first is None:
        notes.append(Note(Kind.LEFT, 1, "No optimizer of torch.optim is made in this text."))
    told, pace = _steps(program, chosen)
    notes += pace
    found = rule(first) if first is not None else Rule(None, {}, ())
    follows = _schedule(chosen, found, told, most)
    if first is not None:
        peak = chosen.arguments.get("max_lr") if chosen is not None else None
        notes += [*found.notes, *optimizer_problems(first, peak if is_number(peak) else None)]
    notes += [*follows.notes, *_others(optimizers, schedulers)]
    steps, step_notes = _capped(told, most)
    notes += step_notes
    hypers = found.hypers | ({"lr": follows.rate} if "lr" in found.hypers else {})
    return Examined(
        _ordered(notes), found.optimizer, hypers, follows.schedule, follows.hypers, clip_norm, steps, found.plain
    )


def _own_schedulers(program: Program) -> list[_Call]:
    """The schedulers that are not parts of others."""
    made_calls = [one for one in program.made if one[1] not in KNOWN_OPTIMIZERS]
    parts: set[str] = set()
    inside: set[ast.AST] = set()
    for _, name, call, _ in made_calls:
        if name in ("SequentialLR", "ChainedScheduler"):
            for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
                inner = list(ast.walk(argument))
                parts |= {dotted(node) for node in inner}
                inside |= set(inner)
                listed = program.names.expression(dotted(argument), None) if dotted(argument) else None
                parts |= {dotted(node) for node in ast.walk(listed)} if isinstance(listed, ast.List) else set()
    return [one for one in made_calls if one[2] not in inside and (not one[0] or one[0] not in parts)]


def _schedule(chosen: Called | None, found: Rule, told: int | None, most: int) -> Taken:
    rate = found.hypers.get("lr", 0.0)
    if chosen is None:
        return Taken("constant", {}, rate, ())
    return taken(chosen, rate, told, most)


def _others(optimizers: list[_Call], schedulers: list[_Call]) -> list[Note]:
    """Notes on all optimizers and schedulers but the first, of which alone is a run made."""
    return [
        Note(Kind.LEFT, call.lineno, f"Only the first {what} of a text is taken, and this {name} is another.")
        for what, listed in (("optimizer", optimizers), ("scheduler", schedulers))
        for _, name, call, _ in listed[1:]
    ]


# --- How many steps ---


def _steps(program: Program, chosen: Called | None) -> tuple[int | None, list[Note]]:
    """How many steps the text takes, of its loops or else as many as its schedule lasts, and for what one stands."""
    event = _counting(program, chosen)
    notes = []
    if event is not None and event.act is Act.SCHEDULE:
        inner = steps_of(program, event)
        if inner and len(inner[0].loops) > len(event.loops):
            said = "The scheduler is stepped once per epoch, so a step here stands for an epoch."
            notes.append(Note(Kind.LEFT, event.line, said))
    total = told_total(program, event) if event is not None else None
    return total if total is not None else told_steps(chosen) if chosen is not None else None, notes


def _counting(program: Program, chosen: Called | None) -> Event | None:
    """The event whose number is that of steps here: the schedule's, if there is one, or else the optimizer's."""
    paced = [event for event in program.of(Act.SCHEDULE) if chosen is not None]
    if chosen is not None and paced and of_event(paced[0], {"": chosen}) is chosen and steps_of(program, paced[0]):
        return paced[0]
    return next(iter(program.of(Act.STEP)), None)


def _capped(told: int | None, most: int) -> tuple[int | None, list[Note]]:
    if told is None or told <= most:
        return told, []
    sentence = (
        f"The text has {digits(told)} steps, and a run here has up to {digits(most)}: the schedule is made as much "
        "shorter, and the rule takes fewer steps."
    )
    return most, [Note(Kind.LEFT, 1, sentence)]


# --- Clipping ---


def _clip(program: Program) -> tuple[float | None, list[Note]]:
    """The largest norm of a gradient, and what there is to say of how gradients are clipped."""
    notes = []
    for event in program.of(Act.CLIP):
        assert isinstance(event.node, ast.Call)
        name = dotted(event.node.func).rpartition(".")[2]
        if name.startswith("clip_grad_value"):
            said = "Clipping each coordinate by itself has no counterpart; here only the norm can be limited."
            notes.append(Note(Kind.LEFT, event.line, said))
            continue
        arguments = {keyword.arg: keyword.value for keyword in event.node.keywords}
        node = event.node.args[1] if len(event.node.args) > 1 else arguments.get("max_norm")
        value = program.names.value(node, event.scope) if node is not None else Open("")
        if value is None or isinstance(value, Open):
            said = "The largest norm is {}, to which the text gives no value; nothing is clipped here."
            notes.append(Note(Kind.LEFT, event.line, said, (written(node) if node is not None else "not given",)))
            continue
        if not is_number(value) or not _CLIPS[0] <= value <= _CLIPS[1]:
            notes.append(Note(Kind.WRONG, event.line, "The largest norm must be a number above 0."))
            continue
        kind = program.names.value(arguments["norm_type"], event.scope) if "norm_type" in arguments else 2
        if kind != 2:
            notes.append(Note(Kind.LEFT, event.line, "`norm_type` has no counterpart: here the norm is Euclidean."))
        notes.append(Note(Kind.TAKEN, event.line, f"Gradients are clipped to a norm of {digits(value)}."))
        return float(value), notes
    return None, notes


def _ordered(notes: list[Note]) -> tuple[Note, ...]:
    """``notes`` by their lines, each once, and not without end."""
    return tuple(sorted(dict.fromkeys(notes), key=lambda note: note.line)[:_MOST_NOTES])
