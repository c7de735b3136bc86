"""An update rule: lines of assignments, checked once, and what follows from them about state, shapes and cost."""

import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Protocol

from core.formula.check import check_expression
from core.formula.errors import FormulaError
from core.formula.graph import Graph, Value
from core.formula.lower import Values, Visit, broadcast, each, lower
from core.formula.syntax import (
    MAX_NUMBER,
    Budget,
    Call,
    Expression,
    Name,
    Span,
    check_length,
    children,
    parse_expression,
    walk,
)
from core.formula.vocabulary import (
    CONSTANTS,
    FUNCTIONS,
    NEWTON_SCHULZ,
    NEWTON_SCHULZ_FLOOR,
    NEWTON_SCHULZ_STEPS,
    ORACLES,
    RULE_FUNCTIONS,
    TENSOR_FUNCTIONS,
    Function,
)

MAX_CHARACTERS = 1500
MAX_LINES = 24
MAX_NODES = 400
MAX_ORACLES = 4
MAX_NAME = 24

# What every rule is given: the point, the gradient and the loss there, the step from 1 and the number of steps.
GIVEN = ("x", "g", "loss", "t", "T")
# Written by exported code for itself.
_RESERVED = frozenset({"np", "torch", "math", "zip", "len", "float", "state", "self"})


@dataclass(frozen=True)
class Goal:
    """What lines are written for: the ``name`` that they must assign, and what they may use for it.

    They are ``given`` these names, always have these ``hypers``, and may call ``functions``. The rest goes into
    messages: what such a text is called, the shortest one, and what would come of one that misses its goal.
    """

    name: str
    given: tuple[str, ...]
    hypers: tuple[str, ...]
    functions: Mapping[str, Function] = field(hash=False)
    noun: str
    shortest: str
    otherwise: str


UPDATE = Goal("x", GIVEN, ("lr",), RULE_FUNCTIONS, "rule", "x = x - lr*g", "nothing would move")
FACTOR = Goal(
    "factor", ("loss", "t", "T"), (), FUNCTIONS, "schedule", "factor = 1", "the learning rate would have no value"
)


class Kind(IntEnum):
    """How many numbers a value is when a rule runs on a network: one, one per tensor, or one per weight."""

    SHARED = 0
    LAYER = 1
    TENSOR = 2


@dataclass(frozen=True)
class Assignment:
    """``name = tree``; ``span`` is the line."""

    name: str
    tree: Expression
    span: Span


@dataclass(frozen=True)
class Declared:
    """A hyperparameter that the text of a rule declares, with inclusive bounds."""

    name: str
    bounds: tuple[float, float]
    default: float


class Oracle(Protocol):
    """What a rule may ask of the objective, as values of the graph that the step is written into."""

    def loss(self, graph: Graph, point: Values) -> Value: ...

    def gradient(self, graph: Graph, point: Values) -> Values: ...

    def hessian(self, graph: Graph, point: Values) -> Sequence[Values]: ...


@dataclass
class Step:
    """One step of a rule, written into a graph.

    ``names`` are all names after the step; ``before[i]`` are those before line ``i``, ``after[i]`` is what the line
    assigned, ``calls`` the value of each call that is not elementwise, ``evaluations`` the gradients asked for.
    """

    names: dict[str, Values]
    evaluations: Value
    before: list[dict[str, Values]] = field(default_factory=list)
    after: list[Values] = field(default_factory=list)
    calls: dict[Span, Values] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """A checked update rule.

    ``hypers`` are the names of its hyperparameters, ``lr`` first; ``declared`` are those with bounds in the text.
    ``initial`` holds the trees of state that does not start at 0.
    """

    text: str
    hypers: tuple[str, ...]
    # Everything else follows from these two.
    lines: tuple[Assignment, ...] = field(compare=False, repr=False)
    declared: tuple[Declared, ...] = field(compare=False, repr=False)
    initial: Mapping[str, Expression] = field(compare=False, repr=False)
    symbols: Mapping[str, str] = field(compare=False, repr=False)

    @cached_property
    def state(self) -> tuple[str, ...]:
        """The names whose value is kept from step to step (read before they are assigned), ``x`` not included."""
        kept: list[str] = []
        assigned: set[str] = set()
        fixed = {*GIVEN, *self.hypers, *CONSTANTS}
        for line in self.lines:
            for node in walk(line.tree):
                if isinstance(node, Name) and node.name not in fixed | assigned and node.name not in kept:
                    kept.append(node.name)
            assigned.add(line.name)
        return tuple(kept)

    @cached_property
    def assigned(self) -> tuple[str, ...]:
        """The names that lines assign, each once, in the order of their first assignment."""
        return tuple(dict.fromkeys(line.name for line in self.lines))

    @cached_property
    def reads(self) -> frozenset[str]:
        """All names that appear in an expression."""
        return frozenset(node.name for line in self.lines for node in walk(line.tree) if isinstance(node, Name))

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """The kind of every name, given ones included."""
        kinds = dict.fromkeys([*self.hypers, *CONSTANTS, "loss", "t", "T", *self.state, *self.assigned], Kind.SHARED)
        kinds |= {"x": Kind.TENSOR, "g": Kind.TENSOR}
        for name, tree in self.initial.items():
            kinds[name] = _kind(tree, kinds)
        # Kinds only grow, so this ends after at most two rounds per name.
        while True:
            before = dict(kinds)
            for line in self.lines:
                kinds[line.name] = max(kinds[line.name], _kind(line.tree, kinds))
            if kinds == before:
                return MappingProxyType(kinds)

    def kind(self, tree: Expression) -> Kind:
        """The kind of an expression of this rule."""
        return _kind(tree, self.kinds)

    @property
    def numbers_per_weight(self) -> int:
        """How many numbers the rule keeps for each weight."""
        return sum(self.kinds[name] is Kind.TENSOR for name in self.state)

    @cached_property
    def cost(self) -> tuple[int, int]:
        """Gradient evaluations per step: those asked for always, and those asked for only under a condition.

        A Hessian counts as one; ``newton_direction`` needs a gradient and a Hessian and counts as two.
        """
        always = int("g" in self.reads)
        sometimes = 0
        for line in self.lines:
            for call, conditional in self._oracle_calls(line.tree):
                if conditional:
                    sometimes += _price(call)
                else:
                    always += _price(call)
        return always, sometimes

    def _oracle_calls(self, tree: Expression, conditional: bool = False) -> Iterator[tuple[Call, bool]]:
        if isinstance(tree, Call) and tree.function in ORACLES:
            yield tree, conditional
        for part in children(tree):
            lazy = isinstance(tree, Call) and self._is_lazy(tree) and part is not tree.arguments[0]
            yield from self._oracle_calls(part, conditional or lazy)

    def _is_lazy(self, call: Call) -> bool:
        """Whether ``call`` chooses one branch for all coordinates, so that the other need not be computed."""
        return call.function == "where" and self.kind(call.arguments[0]) is Kind.SHARED

    def start(self, graph: Graph, point: Values, hypers: Mapping[str, Values]) -> dict[str, Values]:
        """The state before the first step."""
        zero = (graph.constant(0.0),)
        names = {**hypers, "x": point}
        return {
            name: self._shaped(name, lower(self.initial[name], graph, names) if name in self.initial else zero, point)
            for name in self.state
        }

    def step(self, graph: Graph, point: Values, names: Mapping[str, Values], oracle: Oracle) -> Step:
        """Writes one step from ``point`` into ``graph``.

        ``names`` gives values to the hyperparameters, to ``t`` and ``T`` and to the state.
        """
        now = {**names, "x": point}
        evaluations = [graph.constant(0.0)]
        if "g" in self.reads:
            now["g"] = oracle.gradient(graph, point)
            evaluations.append(graph.constant(1.0))
        if "loss" in self.reads:
            now["loss"] = (oracle.loss(graph, point),)
        step = Step(now, evaluations[0])
        # The conditions under which what is being lowered is evaluated at all.
        conditions: list[tuple[Value, bool]] = []

        def price(call: Call) -> Value:
            cost, free = graph.constant(_price(call)), graph.constant(0.0)
            for condition, holds in conditions:
                cost = graph.apply("where", condition, *((cost, free) if holds else (free, cost)))
            return cost

        def special(call: Call, visit: Visit) -> Values | None:
            if call.function == "where" and self._is_lazy(call):
                (condition,) = visit(call.arguments[0])
                branches: list[Values] = []
                for holds, branch in zip((True, False), call.arguments[1:], strict=True):
                    conditions.append((condition, holds))
                    branches.append(visit(branch))
                    conditions.pop()
                return each(graph, "where", (condition,), *branches)
            if call.function not in ORACLES and call.function not in TENSOR_FUNCTIONS:
                return None
            vector, *others = (visit(argument) for argument in call.arguments)
            if call.function in ORACLES:
                evaluations.append(price(call))
            step.calls[call.span] = result = _special(call.function, graph, oracle, vector, others)
            return result

        for line in self.lines:
            step.before.append(dict(now))
            values = self._shaped(line.name, lower(line.tree, graph, now, special), point)
            step.after.append(values)
            now[line.name] = values
        step.evaluations = graph.total(evaluations)
        return step

    def _shaped(self, name: str, values: Values, point: Values) -> Values:
        return broadcast(values, len(point)) if self.kinds[name] is Kind.TENSOR else values


def _price(call: Call) -> int:
    return 2 if call.function == "newton_direction" else 1


def _kind(tree: Expression, kinds: Mapping[str, Kind]) -> Kind:
    match tree:
        case Name(name):
            return kinds[name]
        case Call(function="norm"):
            return Kind.LAYER
        case Call(function="global_norm"):
            return Kind.SHARED
        case Call(function=function) if function in ORACLES or function == "orthogonalize":
            return Kind.TENSOR
        case _:
            return max((_kind(part, kinds) for part in children(tree)), default=Kind.SHARED)


def _special(function: str, graph: Graph, oracle: Oracle, vector: Values, others: Sequence[Values]) -> Values:
    match function:
        case "grad":
            return oracle.gradient(graph, vector)
        case "hessian_diag":
            return tuple(row[place] for place, row in enumerate(oracle.hessian(graph, vector)))
        case "newton_direction":
            ((damping,),) = others
            return _newton_direction(graph, oracle, vector, damping)
        case "orthogonalize":
            return _orthogonalize(graph, vector)
        case _:
            return (graph.norm(vector),)


def _newton_direction(graph: Graph, oracle: Oracle, point: Values, damping: Value) -> Values:
    """(H + damping·I)⁻¹ g by Cramer's rule, for one or two coordinates."""
    apply = graph.apply
    gradient, hessian = oracle.gradient(graph, point), oracle.hessian(graph, point)
    diagonal = [apply("add", row[place], damping) for place, row in enumerate(hessian)]
    if len(point) == 1:
        return (apply("div", gradient[0], diagonal[0]),)
    (a, d), b, (p, q) = diagonal, hessian[0][1], gradient
    determinant = apply("sub", apply("mul", a, d), apply("mul", b, b))
    first = apply("sub", apply("mul", d, p), apply("mul", b, q))
    second = apply("sub", apply("mul", a, q), apply("mul", b, p))
    return apply("div", first, determinant), apply("div", second, determinant)


def _orthogonalize(graph: Graph, vector: Values) -> Values:
    """Newton–Schulz on a matrix of one column: its one singular value goes through the polynomial."""
    a, b, c = (graph.constant(coefficient) for coefficient in NEWTON_SCHULZ)
    size = graph.norm(vector)
    floored = graph.apply("max", size, graph.constant(NEWTON_SCHULZ_FLOOR))
    direction = each(graph, "div", vector, (floored,))
    singular = graph.apply("div", size, floored)
    for _ in range(NEWTON_SCHULZ_STEPS):
        square = graph.power(singular, 2)
        inner = graph.apply("add", b, graph.apply("mul", c, square))
        factor = graph.apply("add", a, graph.apply("mul", square, inner))
        direction = each(graph, "mul", direction, (factor,))
        singular = graph.apply("mul", singular, factor)
    return direction


_LINE = re.compile(r"[ \t]*(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*(?P<sign>=(?!=)|:)")
_STATE = re.compile(r"[ \t]*state[ \t]*=(?!=)")


# Bounds closer than this part of the larger one have no numbers between them that a slider could stop at.
_CLOSEST = 1e-9


class _Reader:
    """Reads the lines of one text; separate from ``Rule`` so that a ``Rule`` is always a checked one."""

    def __init__(self, text: str, hypers: Sequence[str], goal: Goal) -> None:
        self.text = text
        self.goal = goal
        self.budget = Budget(MAX_NODES)
        self.lines: list[Assignment] = []
        self.declared: dict[str, Declared] = {}
        self.initial: dict[str, tuple[Expression, Span]] = {}
        self.shipped = tuple(hypers)

    @property
    def hypers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.goal.hypers, *self.shipped, *self.declared]))

    def error(self, message: str, span: Span, suggestion: str = "") -> FormulaError:
        return FormulaError(message, self.text, *span, suggestion=suggestion)

    def read(self) -> None:
        assignments: list[tuple[str, Span, Span]] = []
        states: list[tuple[str, Span, Span]] = []
        for span in self._spans():
            match = _LINE.match(self.text, span.start, span.end)
            if match is None:
                raise self._not_a_line(span)
            name, name_span, rest = match["name"], Span(*match.span("name")), Span(match.end(), span.end)
            if match["sign"] == "=":
                assignments.append((name, name_span, rest))
            elif (state := _STATE.match(self.text, rest.start, rest.end)) is not None:
                states.append((name, name_span, Span(state.end(), rest.end)))
            else:
                self._declare(name, name_span, rest)
        for name, name_span, rest in states:
            self._check_name(name, name_span, "state")
            if name in self.initial:
                raise self.error(f"The state {name} is declared twice.", name_span)
            tree = parse_expression(self.text, self.budget, *rest)
            check_expression(tree, self.text, (*(name for name in ("x",) if name in self.goal.given), *self.hypers))
            self.initial[name] = (tree, name_span)
        for name, name_span, rest in assignments:
            self._check_name(name, name_span, "")
            self.lines.append(
                Assignment(name, parse_expression(self.text, self.budget, *rest), Span(name_span.start, rest.end))
            )
        self._check_names()
        self._check_oracles()

    def _spans(self) -> list[Span]:
        """The lines that say something, without comments and surrounding space."""
        spans: list[Span] = []
        start = 0
        for line in self.text.split("\n"):
            content = line.partition("#")[0]
            # A carriage return may end a line, as some systems write it.
            for place, character in enumerate(line.removesuffix("\r")):
                if not character.isprintable() and character != "\t":
                    at = start + place
                    raise self.error(
                        f"The invisible character U+{ord(character):04X} is not allowed.", Span(at, at + 1)
                    )
            if content.strip():
                begin = start + len(content) - len(content.lstrip())
                spans.append(Span(begin, start + len(content.rstrip())))
            start += len(line) + 1
        if not spans:
            message = f"There is nothing here yet; the shortest {self.goal.noun} is {self.goal.shortest}."
            raise self.error(message, Span(0, len(self.text)))
        if len(spans) > MAX_LINES:
            message = f"A {self.goal.noun} may have at most {MAX_LINES} lines; this one has {len(spans)}."
            raise self.error(message, spans[MAX_LINES])
        return spans

    def _not_a_line(self, span: Span) -> FormulaError:
        line = self.text[span.start : span.end]
        if (match := re.match(r"([A-Za-z_][A-Za-z0-9_]*)[ \t]*([-+*/])=(.*)", line)) is not None:
            name, operator, rest = match.groups()
            longhand = f"{name} = {name} {operator} ({rest.strip()})"
            return self.error(f"Write {operator}= out in full.", span, longhand)
        return self.error(f"Every line is an assignment, such as {self.goal.shortest}.", span)

    def _check_name(self, name: str, span: Span, role: str) -> None:
        """Refuses a name that may not be assigned or, with a ``role``, declared."""
        verb = "declared" if role else "assigned"
        if name in RULE_FUNCTIONS:
            raise self.error(f"{name} is a function and cannot be {verb}.", span)
        if name in CONSTANTS:
            raise self.error(f"{name} is a constant and cannot be {verb}.", span)
        if name in GIVEN and (name != self.goal.name or role):
            raise self.error(f"{name} is given to the rule and cannot be {verb}.", span)
        if name in self.hypers and role != "hyperparameter":
            raise self.error(f"{name} is a hyperparameter and cannot be {verb}.", span)
        if keyword.iskeyword(name) or name in _RESERVED:
            raise self.error(f"{name} is a word of the exported code; use another name.", span)
        if name.startswith("_"):
            raise self.error("A name begins with a letter.", span, name.lstrip("_"))
        if len(name) > MAX_NAME:
            raise self.error(f"A name has at most {MAX_NAME} characters.", span)

    def _declare(self, name: str, name_span: Span, rest: Span) -> None:
        """Reads ``(low, high) = default`` behind ``name:``."""
        self._check_name(name, name_span, "hyperparameter")
        if name in self.declared:
            raise self.error(f"The hyperparameter {name} is declared twice.", name_span)
        written = self.text[rest.start : rest.end]
        match = re.fullmatch(r"[ \t]*\(([^,]*),([^,]*)\)[ \t]*=(?!=)(.*)", written)
        if match is None:
            message = f"A hyperparameter is declared as in {name}: (0, 1) = 0.9, and state as in {name}: state = 0."
            raise self.error(message, Span(name_span.start, rest.end))
        low, high, default = (
            self._number(Span(rest.start + match.start(group), rest.start + match.end(group))) for group in (1, 2, 3)
        )
        if low >= high:
            raise self.error(f"The lower bound {low:g} must be below the upper bound {high:g}.", rest)
        if max(abs(low), abs(high)) > MAX_NUMBER or high - low < _CLOSEST * max(abs(low), abs(high), 1 / MAX_NUMBER):
            message = f"Bounds lie between -{MAX_NUMBER:g} and {MAX_NUMBER:g}, and are further apart than rounding."
            raise self.error(message, rest)
        if name == "lr" and low < 0:
            raise self.error("A learning rate is never negative: its lower bound is 0 or more.", rest)
        if not low <= default <= high:
            raise self.error(f"The default {default:g} must lie in [{low:g}, {high:g}].", rest)
        self.declared[name] = Declared(name, (low, high), default)

    def _number(self, span: Span) -> float:
        tree = parse_expression(self.text, self.budget, *span)
        check_expression(tree, self.text, ())
        graph = Graph()
        number = graph.number(lower(tree, graph, {})[0])
        if number is None or not abs(number) < float("inf"):
            raise self.error("Bounds and default are finite numbers.", span)
        return number

    def _check_names(self) -> None:
        later = {line.name for line in self.lines} | set(self.initial)
        known = [*self.goal.given, *self.hypers, *sorted(later - {"x"})]
        assigned: set[str] = set()
        read_first: set[str] = set()
        for line in self.lines:
            check_expression(line.tree, self.text, known, self.goal.functions)
            read_first |= {node.name for node in walk(line.tree) if isinstance(node, Name)} - assigned
            assigned.add(line.name)
        if self.goal.name not in assigned:
            raise self.error(
                f"The {self.goal.noun} never assigns {self.goal.name}, so {self.goal.otherwise}; "
                f"end with {self.goal.shortest} or the like.",
                Span(0, len(self.text)),
            )
        for name, (_, span) in self.initial.items():
            if name not in read_first:
                raise self.error(
                    f"The state {name} is never read before it is assigned, so its start has no effect.", span
                )

    def _check_oracles(self) -> None:
        count = 0
        for line in self.lines:
            for call in walk(line.tree):
                if not isinstance(call, Call) or call.function not in ORACLES:
                    continue
                count += 1
                if count > MAX_ORACLES:
                    raise self.error(f"A step may ask the objective at most {MAX_ORACLES} times.", call.span)
                for inner in (node for argument in call.arguments for node in walk(argument)):
                    if isinstance(inner, Call) and inner.function in ORACLES:
                        message = f"{inner.function} cannot stand inside {call.function}; give it a line of its own."
                        raise self.error(message, inner.span)

    def check_kinds(self, rule: Rule) -> None:
        """Refuses tensor functions of single numbers and the reverse."""
        for line in self.lines:
            for call in walk(line.tree):
                if not isinstance(call, Call) or call.function not in {**ORACLES, **TENSOR_FUNCTIONS}:
                    continue
                first, *others = call.arguments
                if rule.kind(first) is not Kind.TENSOR:
                    message = f"{call.function} takes a point or a vector such as x or g; this is a single number."
                    raise self.error(message, first.span)
                for other in others:
                    if rule.kind(other) is not Kind.SHARED:
                        message = f"The second argument of {call.function} is a single number; this is not."
                        raise self.error(message, other.span)


@lru_cache(maxsize=512)
def _parse_rule(text: str, hypers: tuple[str, ...], symbols: tuple[tuple[str, str], ...], goal: Goal) -> Rule:
    check_length(text, MAX_CHARACTERS, f"A {goal.noun}")
    reader = _Reader(text, hypers, goal)
    reader.read()
    rule = Rule(
        text,
        reader.hypers,
        tuple(reader.lines),
        tuple(reader.declared.values()),
        MappingProxyType({name: tree for name, (tree, _) in reader.initial.items()}),
        MappingProxyType(dict(symbols)),
    )
    reader.check_kinds(rule)
    return rule


def parse_rule(
    text: str, hypers: Sequence[str] = (), symbols: Mapping[str, str] | None = None, goal: Goal = UPDATE
) -> Rule:
    """The rule that ``text`` writes, one assignment a line: an update rule unless another ``goal`` is given.

    ``hypers`` are hyperparameters declared elsewhere; the text may declare more, and ``lr`` always exists in an update
    rule. ``symbols`` gives LaTeX for names that should not be written as they are spelled. Raises ``FormulaError`` with
    a sentence and a place.
    """
    return _parse_rule(text, tuple(hypers), tuple((symbols or {}).items()), goal)
