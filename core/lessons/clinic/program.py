"""What a training program does, in the order in which it does it: the calls that matter, with the loops around them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum, auto

from core.lessons.clinic.calls import KNOWN_OPTIMIZERS, KNOWN_SCHEDULERS, Called, read_call
from core.lessons.clinic.names import Function, Names, Open, Value, blocks, dotted

# More than any script of the length that is read has.
_MOST_EVENTS = 200
# What has classes of the same names.
_OTHER_LIBRARIES = frozenset({"tf", "tensorflow", "keras", "optax", "jax"})


class Act(StrEnum):
    """What a call does to training."""

    ZERO = auto()
    BACKWARD = auto()
    UNSCALE = auto()
    CLIP = auto()
    STEP = auto()
    UPDATE = auto()
    SCHEDULE = auto()
    MOVE = auto()


_ACTS = {
    "zero_grad": Act.ZERO,
    "backward": Act.BACKWARD,
    "unscale_": Act.UNSCALE,
    "clip_grad_norm": Act.CLIP,
    "clip_grad_norm_": Act.CLIP,
    "clip_grad_value_": Act.CLIP,
    "to": Act.MOVE,
    "cuda": Act.MOVE,
}


@dataclass(frozen=True, eq=False)
class Loop:
    """A loop: how often it is run through, ``None`` if nothing tells, and whether it is left early."""

    rounds: Value | Open | None
    leaves: bool


@dataclass(frozen=True, eq=False)
class Event:
    """One act: on what, by its name, and where it stands.

    ``loops`` are those around it, outermost first, ``arms`` the branches it is in, as pairs of the question and which
    of its answers, ``root`` the function it is in. ``scaled`` is of a scaler: its step, or the backward of its loss.
    """

    act: Act
    who: str
    node: ast.Call | None
    line: int
    loops: tuple[Loop, ...]
    arms: tuple[tuple[ast.stmt, int], ...]
    root: Function | None
    scaled: bool = False

    def beside(self, other: "Event") -> bool:
        """Whether both can happen in the same pass: neither is in another answer to a question than the other."""
        answers = dict(self.arms)
        return self.root is other.root and all(answers.get(question, arm) == arm for question, arm in other.arms)


@dataclass
class Program:
    """All events of a text in order, and what its names stand for."""

    names: Names
    events: list[Event] = field(default_factory=list)
    optimizers: list[Called] = field(default_factory=list)
    schedulers: list[Called] = field(default_factory=list)
    # Names that are handed to functions of which the text does not tell what they do.
    handed: set[str] = field(default_factory=set)
    # What is added up in a loop.
    sums: list[tuple[ast.AugAssign, tuple[Loop, ...]]] = field(default_factory=list)

    def of(self, *acts: Act) -> list[Event]:
        """The events of these kinds."""
        return [event for event in self.events if event.act in acts]

    def is_optimizer(self, path: str) -> bool:
        """Whether ``path`` is made or called an optimizer."""
        called = "optim" in path.lower() or path.rpartition(".")[2].startswith("opt")
        return called or any(made.target == path for made in self.optimizers if path)

    def is_scheduler(self, path: str) -> bool:
        """Whether ``path`` is made or called a scheduler."""
        return "sched" in path.lower() or any(made.target == path for made in self.schedulers if path)


def program_of(tree: ast.Module, names: Names) -> Program:
    """The events of the program ``tree``."""
    program = Program(names)
    _find_made(program, tree)
    _follow(program, tree.body, Event(Act.STEP, "", None, 0, (), (), None))
    return program


def _find_made(program: Program, tree: ast.Module) -> None:
    """Enters which calls make optimizers and schedulers, but for those that others are made of."""
    targets: dict[ast.AST, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[-1] if isinstance(node, ast.Assign) else node.target
            targets[node.value] = dotted(target)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    schedulers: dict[ast.AST, Called] = {}
    parts: set[ast.AST] = set()
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        path = program.names.path(call.func)
        name = path.rpartition(".")[2]
        if name in program.names.classes or path.partition(".")[0] in _OTHER_LIBRARIES:
            continue
        if name in KNOWN_OPTIMIZERS:
            program.optimizers.append(read_call(call, name, program.names, targets.get(call, "")))
        elif name in KNOWN_SCHEDULERS:
            schedulers[call] = read_call(call, name, program.names, targets.get(call, ""))
        if name in ("SequentialLR", "ChainedScheduler"):
            for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
                listed = program.names.expression(argument)
                items = listed.elts if isinstance(listed, ast.List | ast.Tuple) else []
                parts |= {program.names.expression(item) for item in items}
    program.schedulers = [one for call, one in schedulers.items() if call not in parts]


def _follow(program: Program, body: list[ast.stmt], place: Event) -> None:
    """Enters the events of ``body``, which stands where ``place`` does."""
    for statement in body:
        if len(program.events) >= _MOST_EVENTS:
            return
        match statement:
            case ast.FunctionDef(body=inner) | ast.AsyncFunctionDef(body=inner):
                _follow(program, inner, replace(place, loops=(), arms=(), root=statement))
            case ast.For(body=inner) | ast.AsyncFor(body=inner) | ast.While(body=inner):
                rounds = None if isinstance(statement, ast.While) else _rounds(statement.iter, program.names)
                leaves = any(isinstance(node, ast.Break | ast.Continue | ast.Return) for node in ast.walk(statement))
                _follow(program, inner, replace(place, loops=(*place.loops, Loop(rounds, leaves))))
                _follow(program, statement.orelse, place)
            case ast.If() | ast.Match():
                for arm, block in enumerate(blocks(statement)):
                    _follow(program, block, replace(place, arms=(*place.arms, (statement, arm))))
            case ast.ClassDef() | ast.With() | ast.AsyncWith() | ast.Try() | ast.TryStar():
                for block in blocks(statement):
                    _follow(program, block, place)
            case _:
                program.events += _events(program, statement, place)


def _events(program: Program, statement: ast.stmt, place: Event) -> Iterator[Event]:
    """The events of a statement without blocks, those inside others first."""
    calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0)):
        event = _event(program, call, place)
        if event is not None:
            yield event
        elif program.names.path(call.func).rpartition(".")[2] not in KNOWN_SCHEDULERS:
            arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
            program.handed |= {path for argument in arguments if (path := dotted(argument))}
    match statement:
        case ast.AugAssign(op=ast.Add()):
            program.sums.append((statement, place.loops))
        case ast.Assign([ast.Attribute(_, "grad")], ast.Constant()):
            yield replace(place, act=Act.ZERO, line=statement.lineno)
        case _:
            pass


def _event(program: Program, call: ast.Call, place: Event) -> Event | None:
    """What ``call`` does, if it is something that is followed."""
    if isinstance(call.func, ast.Attribute):
        owner, name = dotted(call.func.value), call.func.attr
    else:
        owner, name = "", dotted(call.func)
    event = replace(place, node=call, line=call.lineno, who=owner)
    first = dotted(call.args[0]) if call.args else ""
    if name == "step":
        if program.is_scheduler(owner):
            return replace(event, act=Act.SCHEDULE)
        if program.is_optimizer(owner):
            return replace(event, act=Act.STEP)
        return replace(event, act=Act.STEP, who=first, scaled=True) if program.is_optimizer(first) else None
    if name == "update" and "scaler" in owner.lower():
        return replace(event, act=Act.UPDATE)
    if name == "backward":
        scaled = any(isinstance(node, ast.Attribute) and node.attr == "scale" for node in ast.walk(call.func))
        return replace(event, act=Act.BACKWARD, scaled=scaled)
    return replace(event, act=_ACTS[name]) if name in _ACTS else None


# What goes around that over which a loop runs.
_AROUND = frozenset({"enumerate", "tqdm", "track", "list", "iter"})


def _rounds(over: ast.expr, names: Names) -> Value | Open | None:
    """How often a loop ``over`` something runs: a number, or how that or the length of what it runs over is written."""
    for _ in range(4):
        meant = names.expression(over)
        called = dotted(meant.func).rpartition(".")[2] if isinstance(meant, ast.Call) and meant.args else ""
        if called in ("range", "trange"):
            over = meant
        if not isinstance(meant, ast.Call) or called not in _AROUND:
            break
        over = meant.args[0]
    match over:
        case ast.Call(ast.Name("range" | "trange"), [stop]) | ast.Call(ast.Name("range"), [ast.Constant(0), stop]):
            return names.value(stop)
        case ast.Call(ast.Name("range"), [ast.Constant(1), ast.BinOp(stop, ast.Add(), ast.Constant(1))]):
            return names.value(stop)
        case ast.Call(ast.Name("range"), [ast.Constant(1), ast.Constant(int(stop))]):
            return stop - 1
        case ast.Name() | ast.Attribute():
            return Open(f"len({dotted(over)})")
        case _:
            return None
