"""What a training program does, in the order in which it does it: the calls that matter, with the loops around them."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto

from core.lessons.clinic.names import Function, Names, blocks
from core.lessons.clinic.optimizers import KNOWN as KNOWN_OPTIMIZERS
from core.lessons.clinic.signatures import SCHEDULER_CALLS, TRANSFORMERS_CALLS
from core.lessons.clinic.values import dotted

# More than any script of the length that is read has.
MOST_EVENTS = 200
_SCHEDULERS = frozenset(SCHEDULER_CALLS) | frozenset(TRANSFORMERS_CALLS)


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
    REPLACE = auto()
    EVAL = auto()
    TRAIN = auto()
    OPTIMIZER = auto()
    SCHEDULER = auto()


@dataclass(frozen=True, eq=False)
class Loop:
    """A loop: its line, what it runs over, unwrapped from enumerate and the like, and whether it is left early."""

    line: int
    over: ast.expr | None
    scope: Function | None
    breaks: bool


@dataclass(frozen=True, eq=False)
class Event:
    """One act: on what it acts, by the name that this has where it was made, and where it stands.

    ``loops`` are those around it, outermost first, ``arms`` the branches it is in, as pairs of the question and which
    of its answers. ``root`` tells apart functions that are not known to follow each other.
    """

    act: Act
    who: str
    node: ast.Call | ast.stmt
    line: int
    loops: tuple[Loop, ...]
    arms: tuple[tuple[ast.stmt, int], ...]
    root: int
    scope: Function | None
    scaled: bool = False

    def beside(self, other: "Event") -> bool:
        """Whether both can happen in the same pass: neither is in another answer to a question than the other."""
        answers = dict(self.arms)
        return self.root == other.root and all(answers.get(question, arm) == arm for question, arm in other.arms)


@dataclass
class Program:
    """All events of a text in order, and what its names stand for."""

    names: Names
    events: list[Event] = field(default_factory=list)
    # The classes of optimizers and schedulers by the names they are assigned to, and the calls that make them.
    optimizers: dict[str, str] = field(default_factory=dict)
    schedulers: dict[str, str] = field(default_factory=dict)
    made: list[tuple[str, str, ast.Call, Function | None]] = field(default_factory=list)
    scalers: set[str] = field(default_factory=set)
    # What is called, by the names of the text, and what is added up in a loop.
    methods: set[str] = field(default_factory=set)
    sums: list[tuple[ast.AugAssign, tuple[Loop, ...]]] = field(default_factory=list)
    # Names that are handed to functions of which the text does not tell what they do.
    handed: set[str] = field(default_factory=set)

    def of(self, *acts: Act) -> list[Event]:
        """The events of these kinds."""
        return [event for event in self.events if event.act in acts]


def program_of(tree: ast.Module, names: Names) -> Program:
    """The events of the program ``tree``."""
    program = Program(names)
    _find_made(program, tree)
    walker = _Walker(program)
    walker.block(tree.body, _Place((), (), 0, None, {}))
    for listed in names.functions.values():
        for function in listed:
            if function not in walker.entered:
                walker.roots += 1
                walker.block(function.body, _Place((), (), walker.roots, function, {}))
    return program


def class_called(program: Program, call: ast.Call) -> str:
    """The class of PyTorch that ``call`` makes an object of, or the like; empty for any other call."""
    path = program.names.path(call.func)
    first, _, _ = path.partition(".")
    name = path.rpartition(".")[2]
    if name not in KNOWN_OPTIMIZERS and name not in _SCHEDULERS:
        return ""
    if name in program.names.classes or first in ("tf", "tensorflow", "keras", "optax", "jax"):
        return ""
    return name


def _find_made(program: Program, tree: ast.Module) -> None:
    """Enters which names stand for optimizers, schedulers and scalers."""
    functions: dict[ast.AST, Function] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions |= {inner: node for inner in ast.walk(node) if isinstance(inner, ast.Call | ast.stmt)}
    assigned: dict[ast.AST, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for path in filter(None, map(dotted, targets)):
                assigned[node.value] = path
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name, target = class_called(program, call), assigned.get(call, "")
        if name in KNOWN_OPTIMIZERS:
            program.optimizers |= {target: name} if target else {}
            program.made.append((target, name, call, functions.get(call)))
        elif name:
            program.schedulers |= {target: name} if target else {}
            program.made.append((target, name, call, functions.get(call)))
        elif program.names.path(call.func).rpartition(".")[2] == "GradScaler" and target:
            program.scalers.add(target)


@dataclass(frozen=True)
class _Place:
    loops: tuple[Loop, ...]
    arms: tuple[tuple[ast.stmt, int], ...]
    root: int
    scope: Function | None
    # What parameters are called where the function is called.
    meant: Mapping[str, str]

    def name(self, path: str) -> str:
        """``path``, with what its first part is called outside."""
        first, dot, rest = path.partition(".")
        return self.meant.get(first, first) + dot + rest


class _Walker:
    """Follows the statements of a program, and the functions that it calls once, into its events."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.entered: set[Function] = set()
        self.roots = 0

    def block(self, body: Sequence[ast.stmt], place: _Place) -> None:
        for statement in body:
            if len(self.program.events) >= MOST_EVENTS:
                return
            self.statement(statement, place)

    def statement(self, statement: ast.stmt, place: _Place) -> None:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return
            case ast.ClassDef(body=body):
                self.block(body, place)
            case ast.For(iter=over) | ast.AsyncFor(iter=over):
                self.calls(over, place)
                self.loop(statement, _unwrapped(over, self.program.names, place.scope), place)
            case ast.While(test):
                self.calls(test, place)
                self.loop(statement, None, place)
            case ast.If() | ast.Try() | ast.Match():
                if isinstance(statement, ast.If):
                    self.calls(statement.test, place)
                for arm, block in enumerate(blocks(statement)):
                    # What follows a try or finally does happen.
                    arms = (*place.arms, (statement, arm)) if not isinstance(statement, ast.Try) else place.arms
                    self.block(block, _Place(place.loops, arms, place.root, place.scope, place.meant))
            case ast.With(items, body) | ast.AsyncWith(items, body):
                for item in items:
                    self.calls(item.context_expr, place)
                self.block(body, place)
            case ast.Expr(ast.Attribute(owner)):
                # A method without brackets, with which somebody meant to do something.
                self.program.handed.add(place.name(dotted(owner)))
            case _:
                for expression in ast.iter_child_nodes(statement):
                    if isinstance(expression, ast.expr):
                        self.calls(expression, place)
                self.assignment(statement, place)

    def loop(self, statement: ast.For | ast.AsyncFor | ast.While, over: ast.expr | None, place: _Place) -> None:
        left = any(isinstance(node, ast.Break | ast.Continue | ast.Return) for node in ast.walk(statement))
        loop = Loop(statement.lineno, over, place.scope, left)
        self.block(statement.body, _Place((*place.loops, loop), place.arms, place.root, place.scope, place.meant))
        self.block(statement.orelse, place)

    def assignment(self, statement: ast.stmt, place: _Place) -> None:
        """Gradients set to None, sums, and models or layers that take another's place."""
        if isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add):
            self.program.sums.append((statement, place.loops))
        if not isinstance(statement, ast.Assign):
            return
        for path in map(dotted, statement.targets):
            if path.endswith(".grad") and isinstance(statement.value, ast.Constant):
                self.add(Act.ZERO, "", statement, place)
            elif path and isinstance(statement.value, ast.Call):
                called = self.program.names.path(statement.value.func).rpartition(".")[2]
                # What is wrapped keeps its parameters.
                wraps = any(dotted(node).startswith(path) for node in ast.walk(statement.value))
                if called[:1].isupper() and not wraps and not class_called(self.program, statement.value):
                    self.add(Act.REPLACE, place.name(path), statement, place)

    def calls(self, expression: ast.expr, place: _Place) -> None:
        """The calls in ``expression``, those inside others first."""
        found = [node for node in ast.walk(expression) if isinstance(node, ast.Call)]
        for call in sorted(found, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0)):
            self.call(call, place)

    def call(self, call: ast.Call, place: _Place) -> None:
        path = dotted(call.func)
        owner, _, name = path.rpartition(".")
        self.program.methods.add(path)
        made = class_called(self.program, call)
        if made:
            self.add(Act.OPTIMIZER if made in KNOWN_OPTIMIZERS else Act.SCHEDULER, "", call, place)
            return
        if self.enter(call, path, place):
            return
        if isinstance(call.func, ast.Attribute) and call.func.attr == "backward" and not path:
            scaled = isinstance(call.func.value, ast.Call) and dotted(call.func.value.func).endswith(".scale")
            self.add(Act.BACKWARD, "", call, place, scaled)
            return
        act = self.act(call, place.name(owner), name)
        if act is None:
            self.handed_on(call, place)
            return
        first = place.name(dotted(call.args[0])) if call.args else ""
        scaled = act is Act.STEP and not self.is_optimizer(place.name(owner)) and self.is_optimizer(first)
        who = first if scaled or act is Act.UNSCALE else place.name(owner)
        self.add(act, who, call, place, scaled)

    def act(self, call: ast.Call, owner: str, name: str) -> Act | None:
        """What calling ``name`` of ``owner`` does; nothing that is followed if ``None``."""
        if name == "step":
            first = dotted(call.args[0]) if call.args else ""
            if owner in self.program.schedulers or (owner not in self.program.optimizers and "sched" in owner.lower()):
                return Act.SCHEDULE
            scaled = owner in self.program.scalers or self.is_optimizer(first)
            return Act.STEP if scaled or self.is_optimizer(owner) else None
        if name == "update":
            return Act.UPDATE if owner in self.program.scalers or "scaler" in owner.lower() else None
        if name.startswith("clip_grad"):
            return Act.CLIP
        return _ACTS.get(name) if owner else None

    def is_optimizer(self, path: str) -> bool:
        """Whether ``path`` is called an optimizer."""
        return path in self.program.optimizers or "optim" in path.lower() or path.rpartition(".")[2].startswith("opt")

    def handed_on(self, call: ast.Call, place: _Place) -> None:
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        self.program.handed |= {place.name(path) for argument in arguments if (path := dotted(argument))}

    def enter(self, call: ast.Call, path: str, place: _Place) -> bool:
        """Follows ``call`` into a function of the text that is called or handed on there and nowhere else."""
        names = self.program.names
        closures = (
            [argument for argument in call.args if isinstance(argument, ast.Name)] if path.endswith(".step") else []
        )
        for called, arguments in ((path.removeprefix("self."), call), *((one.id, None) for one in closures)):
            listed = names.functions.get(called, [])
            if len(listed) != 1 or names.uses[called] != 1 or listed[0] in self.entered:
                continue
            (function,) = listed
            self.entered.add(function)
            meant = _meant(function, arguments, place) if arguments is not None else place.meant
            self.block(function.body, _Place(place.loops, place.arms, place.root, function, meant))
            if arguments is not None:
                return True
        return False

    def add(self, act: Act, who: str, node: ast.Call | ast.stmt, place: _Place, scaled: bool = False) -> None:
        self.program.events.append(
            Event(act, who, node, node.lineno, place.loops, place.arms, place.root, place.scope, scaled)
        )


_ACTS: Mapping[str, Act] = {
    "zero_grad": Act.ZERO,
    "zero_": Act.ZERO,
    "backward": Act.BACKWARD,
    "unscale_": Act.UNSCALE,
    "to": Act.MOVE,
    "cuda": Act.MOVE,
    "half": Act.MOVE,
    "double": Act.MOVE,
    "bfloat16": Act.MOVE,
    "eval": Act.EVAL,
    "train": Act.TRAIN,
}


def _meant(function: Function, call: ast.Call, place: _Place) -> dict[str, str]:
    """What the parameters of ``function`` are called where ``call`` stands."""
    parameters = [one.arg for one in function.args.args if one.arg != "self"]
    meant = {
        name: place.name(path) for name, node in zip(parameters, call.args, strict=False) if (path := dotted(node))
    }
    return meant | {
        keyword.arg: place.name(path)
        for keyword in call.keywords
        if keyword.arg is not None and (path := dotted(keyword.value))
    }


# What goes around that over which a loop runs.
_AROUND = frozenset({"enumerate", "tqdm", "trange", "track", "prefetch", "list", "iter", "tqdm_notebook"})


def _unwrapped(over: ast.expr, names: Names, scope: Function | None) -> ast.expr:
    """What a loop ``over`` something runs over in the end, and ``range`` for ``trange``."""
    for _ in range(4):
        if isinstance(over, ast.Name) and isinstance(meant := names.expression(over.id, scope), ast.Call):
            if names.path(meant.func).rpartition(".")[2] not in (*_AROUND, "range"):
                return over
            over = meant
        if not isinstance(over, ast.Call) or not over.args:
            return over
        name = names.path(over.func).rpartition(".")[2]
        if name == "trange":
            return ast.Call(ast.Name("range", ast.Load()), [over.args[0]], [])
        if name not in _AROUND:
            return over
        over = over.args[0]
    return over


def rounds(loop: Loop) -> ast.expr | None:
    """How often ``loop`` is run through, as an expression: a number, a name, or the length of what it runs over."""
    match loop.over:
        case None:
            return None
        case ast.Call(ast.Name("range"), [stop]):
            return stop
        case ast.Call(ast.Name("range"), [ast.Constant(0), stop]):
            return stop
        case ast.Call(ast.Name("range"), [ast.Constant(1), ast.BinOp(stop, ast.Add(), ast.Constant(1))]):
            return stop
        case ast.Call(ast.Name("range"), [ast.Constant(1), ast.Constant(int() as stop)]):
            return ast.Constant(stop - 1, lineno=loop.line)
        case ast.Call():
            return None
        case over if dotted(over):
            return ast.Call(ast.Name("len", ast.Load()), [over], [], lineno=loop.line)
        case _:
            return None
