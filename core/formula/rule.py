"""An update rule: checked lines of assignments, and what follows from them about state, shapes and cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from types import MappingProxyType
from typing import Protocol

from core.formula.graph import Graph, Value
from core.formula.lower import Values, Visit, broadcast, each, lower
from core.formula.tree import Call, Expression, Name, Span, calls_in, children, names_in
from core.formula.vocabulary import (
    CONSTANTS,
    GLOBAL_FUNCTIONS,
    NEWTON_SCHULZ,
    NEWTON_SCHULZ_FLOOR,
    NEWTON_SCHULZ_STEPS,
    ORACLES,
    TENSOR_FUNCTIONS,
)

# What every rule is given: the point, the gradient and the loss there, the step from 1 and the number of steps.
GIVEN = ("x", "g", "loss", "t", "T")


class Kind(IntEnum):
    """How many numbers a value is when a rule runs on a network: one, one per tensor, or one per weight."""

    SHARED = 0
    LAYER = 1
    TENSOR = 2


@dataclass(frozen=True)
class Assignment:
    """``name = tree``."""

    name: str
    tree: Expression


@dataclass(frozen=True)
class Declaration:
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

    @property
    def sources(self) -> dict[str, Values]:
        """What the step computes, by where it comes from: the index of a line as a text, or "g" for the gradient."""
        lines = {str(row): values for row, values in enumerate(self.after)}
        return lines | ({"g": self.names["g"]} if "g" in self.names else {})


@dataclass(frozen=True)
class Rule:
    """A checked update rule.

    ``hypers`` are the names of its hyperparameters, ``lr`` first; ``declarations`` are those with bounds in the text.
    ``initial`` holds the trees of state that does not start at 0.
    """

    text: str
    hypers: tuple[str, ...]
    # Everything else follows from these two.
    lines: tuple[Assignment, ...] = field(compare=False, repr=False)
    declarations: tuple[Declaration, ...] = field(compare=False, repr=False)
    initial: Mapping[str, Expression] = field(compare=False, repr=False)
    symbols: Mapping[str, str] = field(compare=False, repr=False)

    @cached_property
    def state(self) -> tuple[str, ...]:
        """The names whose value is kept from step to step (read before they are assigned), ``x`` not included."""
        kept: list[str] = []
        assigned: set[str] = set()
        fixed = {*GIVEN, *self.hypers, *CONSTANTS}
        for line in self.lines:
            kept += [name for name in names_in(line.tree) if name not in fixed | assigned]
            assigned.add(line.name)
        return tuple(dict.fromkeys(kept))

    @cached_property
    def assigned(self) -> tuple[str, ...]:
        """The names that lines assign, each once, in the order of their first assignment."""
        return tuple(dict.fromkeys(line.name for line in self.lines))

    @cached_property
    def reads(self) -> frozenset[str]:
        """All names that appear in an expression."""
        return frozenset(name for line in self.lines for name in names_in(line.tree))

    @cached_property
    def functions(self) -> frozenset[str]:
        """All functions that its lines call."""
        return frozenset(call.function for line in self.lines for call in calls_in(line.tree))

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

    @property
    def needs_whole_hessian(self) -> bool:
        """Whether a step needs a number for each pair of weights, which ``cost`` does not show."""
        return any(
            call.function == "newton_direction" for line in self.lines for call, _ in self._oracle_calls(line.tree)
        )

    @cached_property
    def values(self) -> int:
        """The losses, at points other than the step's own, that a step asks for at most."""
        return sum(call.function == "value" for line in self.lines for call, _ in self._oracle_calls(line.tree))

    @cached_property
    def cost(self) -> tuple[int, int]:
        """Gradient evaluations per step: those asked for always, and those asked for only under a condition.

        A Hessian counts as one; ``newton_direction`` needs a gradient and a Hessian and counts as two, and ``value``
        needs none.
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

        def norm(call: Call, visit: Visit) -> Values | None:
            return (graph.norm(visit(call.arguments[0])),) if call.function == "norm" else None

        return {
            name: self._shaped(
                name, lower(self.initial[name], graph, names, norm) if name in self.initial else zero, point
            )
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
    """The gradients that an oracle costs; a value takes none."""
    return {"newton_direction": 2, "value": 0}.get(call.function, 1)


def _kind(tree: Expression, kinds: Mapping[str, Kind]) -> Kind:
    match tree:
        case Name(name):
            return kinds[name]
        case Call(function="norm"):
            return Kind.LAYER
        case Call(function=function) if function in GLOBAL_FUNCTIONS or function == "value":
            return Kind.SHARED
        case Call(function=function) if function in ORACLES or function == "orthogonalize":
            return Kind.TENSOR
        case _:
            return max((_kind(part, kinds) for part in children(tree)), default=Kind.SHARED)


def _special(function: str, graph: Graph, oracle: Oracle, vector: Values, others: Sequence[Values]) -> Values:
    match function:
        case "value":
            return (oracle.loss(graph, vector),)
        case "grad":
            return oracle.gradient(graph, vector)
        case "hessian_diag":
            return tuple(row[index] for index, row in enumerate(oracle.hessian(graph, vector)))
        case "newton_direction":
            ((damping,),) = others
            return _newton_direction(graph, oracle, vector, damping)
        case "orthogonalize":
            return _orthogonalize(graph, vector)
        case "dot":
            (other,) = others
            return (graph.total(each(graph, "mul", vector, other)),)
        case "sum":
            return (graph.total(vector),)
        case _:
            return (graph.norm(vector),)


def _newton_direction(graph: Graph, oracle: Oracle, point: Values, damping: Value) -> Values:
    """(H + damping·I)⁻¹ g by Cramer's rule, for one or two coordinates."""
    apply = graph.apply
    gradient, hessian = oracle.gradient(graph, point), oracle.hessian(graph, point)
    diagonal = [apply("add", row[index], damping) for index, row in enumerate(hessian)]
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
