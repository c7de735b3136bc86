"""An objective: one checked expression, where it is held and what it is the mean of, and all that is made from it."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain

import numpy as np
import numpy.typing as npt

from core.formula import derivatives, emit
from core.formula.check import check_expression
from core.formula.errors import FormulaError
from core.formula.graph import Graph, Value
from core.formula.latex import expression_latex, number
from core.formula.lower import Values, lower
from core.formula.numbers import bounds_at
from core.formula.syntax import MAX_NUMBER, Budget, check_length, parse_expression
from core.formula.tree import Expression, Name, Span, walk
from core.formula.words import digits

Array = npt.NDArray[np.float64]
Evaluator = Callable[[npt.ArrayLike], Array]
"""A function of points."""

MAX_CHARACTERS = 300
MAX_NODES = 150
# Of all parts of an objective that knows the step: the steps of its cycle times the nodes of its text.
MAX_CYCLE_NODES = 2000
# The bounds of a variable that has none.
EVERYWHERE = (-float("inf"), float("inf"))
# The step, in the text of an objective and in every graph that one is written into.
STEP = "t"
# Points computed at once: the temporaries of a block stay in the processor's cache.
BLOCK = 8192


@dataclass(frozen=True)
class Formula:
    """A function of ``variables``, written as ``text``.

    Points are columns: ``x`` has shape ``(d, *batch)`` with one row per variable; numbers and lists are accepted. All
    results are float64 arrays; where the formula has no finite value they hold ``inf`` or ``nan``. Derivatives are
    exact (see ``core.formula.derivatives`` for kinks).

    ``box`` has the lowest and the highest value of each variable within which runs are held, ``None`` where the text
    has none. A formula that reads the step t is the mean of ``cycle`` functions, of which step t is given that of
    t, from 1 to ``cycle`` and then from 1 again; value and derivatives are those of the mean unless it is said
    otherwise.
    """

    text: str
    variables: tuple[str, ...]
    tree: Expression = field(compare=False, repr=False)
    box: tuple[tuple[float, float], ...] | None = field(default=None, compare=False, repr=False)
    cycle: int = field(default=1, compare=False, repr=False)

    @cached_property
    def value(self) -> Evaluator:
        """The value at each point, of shape ``(*batch)``."""
        graph, value, _ = self.written(self.inputs)
        return self._evaluator((), graph, [value])

    @cached_property
    def grad(self) -> Evaluator:
        """The gradient at each point, of shape ``(d, *batch)``."""
        return self._evaluator((len(self.variables),), *_first(self, False))

    @cached_property
    def hessian(self) -> Evaluator:
        """The symmetric matrix of second derivatives at each point, of shape ``(d, d, *batch)``."""
        return self._evaluator((len(self.variables), len(self.variables)), *_second(self, False))

    @cached_property
    def latex(self) -> str:
        """The formula as LaTeX, in the order in which it is written, and the box behind it."""
        latex = expression_latex(self.tree)
        if self.timed:
            latex = rf"\frac{{1}}{{{self.cycle}}}\sum_{{t=1}}^{{{self.cycle}}} \left({latex}\right)"
        held = [
            rf"{name} \in \left[{', '.join(number(repr(end).removesuffix('.0')).latex for end in ends)}\right]"
            for name, ends in zip(self.variables, self.box or (), strict=False)
            if ends != EVERYWHERE
        ]
        return r",\quad ".join([latex, *held])

    def value_at(self, graph: Graph, point: Sequence[Value], t: Value | None = None) -> Value:
        """The formula's value at ``point`` (one value per variable) as a value of ``graph``.

        With a ``moment`` of its cycle as ``t`` it is the value of the function that this step is given.
        """
        if not self.timed:
            return self._lowered(graph, point, {})
        if t is not None:
            return self._lowered(graph, point, {STEP: (t,)})
        steps = (graph.constant(step) for step in range(1, self.cycle + 1))
        # Equal ones are one value of the graph.
        counts = Counter(self._lowered(graph, point, {STEP: (step,)}) for step in steps)
        total = graph.total([graph.apply("mul", graph.constant(count), value) for value, count in counts.items()])
        return graph.apply("div", total, graph.constant(self.cycle))

    def _lowered(self, graph: Graph, point: Sequence[Value], step: dict[str, Values]) -> Value:
        names = {name: (value,) for name, value in zip(self.variables, point, strict=True)}
        (value,) = lower(self.tree, graph, names | step)
        return value

    def gradient_at(self, graph: Graph, point: Sequence[Value], t: Value | None = None) -> Values:
        """The gradient at ``point`` as values of ``graph``, of what ``value_at`` gives."""
        return tuple(self._inlined(graph, _first(self, t is not None), point, t))

    def hessian_at(self, graph: Graph, point: Sequence[Value], t: Value | None = None) -> list[Values]:
        """The Hessian at ``point`` as values of ``graph``, row by row, of what ``value_at`` gives."""
        flat = self._inlined(graph, _second(self, t is not None), point, t)
        size = len(point)
        return [tuple(flat[row * size : (row + 1) * size]) for row in range(size)]

    def _inlined(
        self, graph: Graph, derived: tuple[Graph, list[Value]], point: Sequence[Value], t: Value | None
    ) -> list[Value]:
        given = dict(zip(self.inputs, point, strict=True))
        return graph.inline(*derived, given if t is None else given | {STEP: t})

    def moment(self, graph: Graph, step: Value) -> Value | None:
        """Where ``step``, counted from 1, is in the cycle, also from 1; ``None`` for a formula that has none."""
        if not self.timed:
            return None
        before = graph.apply("mod", graph.apply("sub", step, graph.constant(1)), graph.constant(self.cycle))
        return graph.apply("add", before, graph.constant(1))

    def held(self, graph: Graph, point: Values) -> Values:
        """``point``, where it leaves the box brought back to its edge, as values of ``graph``."""
        if self.box is None:
            return point
        return tuple(
            graph.apply("max", graph.apply("min", x, graph.constant(high)), graph.constant(low))
            if (low, high) != EVERYWHERE
            else x
            for x, (low, high) in zip(point, self.box, strict=True)
        )

    def within(self, x: Array) -> npt.NDArray[np.bool_]:
        """Where the points ``x`` of shape ``(d, *batch)`` lie in the box, its edge included."""
        inside = np.ones(x.shape[1:], dtype=bool)
        for values, (low, high) in zip(x, self.box or (), strict=False):
            inside &= (low <= values) & (values <= high)
        return inside

    def free(self, x: Array, grad: Array) -> Array:
        """``grad`` at ``x``, both of shape ``(d, *batch)``, without the slopes against which the box holds a run."""
        slopes = grad.copy()
        for axis, (low, high) in enumerate(self.box or ()):
            outwards = ((x[axis] <= low) & (grad[axis] > 0)) | ((x[axis] >= high) & (grad[axis] < 0))
            slopes[axis] = np.where(outwards, 0.0, grad[axis])
        return slopes

    @property
    def timed(self) -> bool:
        """Whether it reads the step."""
        return self.cycle > 1

    @property
    def parameters(self) -> tuple[str, ...]:
        """What a function that computes it for one step is given: the variables, and the step if it is read."""
        return (*self.variables, STEP) if self.timed else self.variables

    @property
    def inputs(self) -> list[str]:
        """What the coordinates of a point are called in code that is only executed."""
        return [f"{emit.Input.POINT}{index}" for index in range(len(self.variables))]

    def written(self, names: Sequence[str], timed: bool = False) -> tuple[Graph, Value, list[Value]]:
        """A new graph with the formula's value in it, and its inputs, which are called ``names``.

        If it is ``timed``, the value is that which the step ``STEP``, another input, is given.
        """
        graph = Graph()
        inputs = [graph.input(name) for name in names]
        return graph, self.value_at(graph, inputs, graph.input(STEP) if timed else None), inputs

    def _evaluator(self, shape: tuple[int, ...], graph: Graph, wanted: Sequence[Value]) -> Evaluator:
        """A function of points that computes ``wanted`` and arranges it as ``(*shape, *batch)``."""
        names = self.inputs
        at_point = emit.function(graph, names, wanted, emit.SCALAR)
        at_points = emit.function(graph, names, wanted, emit.ARRAY)
        size = len(names)
        rows = range(size)

        @np.errstate(all="ignore")
        def evaluate(x: npt.ArrayLike) -> Array:
            points = np.asarray(x, dtype=np.float64)
            if points.shape == (size,):
                return np.array(at_point(*[points[row] for row in rows])).reshape(shape)
            if points.ndim == 0 and size == 1:
                return evaluate(points.reshape(1))
            if points.shape[:1] != (size,):
                raise ValueError(
                    f"Points of {', '.join(self.variables)} have {size} rows; the shape {points.shape} was given."
                )
            batch = points.shape[1:]
            flat = points.reshape(size, -1)
            result = np.empty((len(wanted), flat.shape[1]))
            for start in range(0, flat.shape[1], BLOCK):
                block = slice(start, start + BLOCK)
                for row, values in enumerate(at_points(*flat[:, block])):
                    result[row, block] = values
            return result.reshape(*shape, *batch)

        return evaluate


# Derivatives are taken in graphs of their own: at a point made of numbers there would be nothing to differentiate.
@lru_cache(maxsize=512)
def _first(formula: Formula, timed: bool) -> tuple[Graph, list[Value]]:
    graph, value, inputs = formula.written(formula.inputs, timed)
    return graph, derivatives.gradient(graph, value, inputs)


@lru_cache(maxsize=512)
def _second(formula: Formula, timed: bool) -> tuple[Graph, list[Value]]:
    graph, value, inputs = formula.written(formula.inputs, timed)
    return graph, list(chain.from_iterable(derivatives.hessian(graph, value, inputs)))


# What stands behind the expression, as in "x**2; x: (-1, 1)": the bounds of a variable, or of the step.
_BOUNDS = re.compile(r"[ \t]*(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*:")


@lru_cache(maxsize=512)
def _parse(text: str, variables: tuple[str, ...]) -> Formula:
    check_length(text, MAX_CHARACTERS, "A formula")
    expression, *behind = text.split(";")
    budget = Budget(MAX_NODES)
    tree = parse_expression(text, budget, 0, len(expression))
    timed = next((node for node in walk(tree) if isinstance(node, Name) and node.name == STEP), None)
    check_expression(tree, text, variables if timed is None else (*variables, STEP))
    ranges: dict[str, tuple[float, float]] = {}
    at = len(expression) + 1
    for part in behind:
        name, ends = _range(text, Span(at, at + len(part)), variables, budget)
        if name in ranges:
            raise FormulaError(f"The bounds of {name} stand here twice.", text, at, at + len(part))
        ranges[name] = ends
        at += len(part) + 1
    cycle = 1 if timed is None else _cycle(text, tree, timed.span, ranges.get(STEP))
    bounded = any(name in ranges for name in variables)
    return Formula(
        text, variables, tree, tuple(ranges.get(name, EVERYWHERE) for name in variables) if bounded else None, cycle
    )


def _range(text: str, span: Span, variables: tuple[str, ...], budget: Budget) -> tuple[str, tuple[float, float]]:
    """The name whose bounds stand at ``span``, and these."""
    match = _BOUNDS.match(text, span.start, span.end)
    named = match is not None and match["name"] in (*variables, STEP)
    ends = bounds_at(text, Span(match.end(), span.end), budget) if match is not None and named else None
    if match is None or ends is None:
        message = f"Behind a semicolon stand bounds, such as {variables[0]}: (-1, 1), or t: (1, 100) for the steps."
        raise FormulaError(message, text, *span)
    low, high = ends
    if not -MAX_NUMBER <= low < high <= MAX_NUMBER:
        message = f"The lower bound comes first: {digits(low)} is not below {digits(high)}."
        raise FormulaError(message, text, *span)
    return match["name"], (low, high)


def _cycle(text: str, tree: Expression, timed: Span, steps: tuple[float, float] | None) -> int:
    """After how many steps the objective begins anew that reads the step at ``timed`` and gives it these bounds."""
    if steps is None:
        message = "Say behind the formula after how many steps t begins anew, as in ; t: (1, 100)."
        raise FormulaError(message, text, *timed)
    most = MAX_CYCLE_NODES // sum(1 for _ in walk(tree))
    low, high = steps
    if low != 1 or high != round(high) or not 2 <= high <= most:
        message = f"The steps t are counted from 1 to a whole number, here of at most {digits(most)}."
        raise FormulaError(message, text, text.index(";"), len(text))
    return int(high)


def parse(text: str, variables: Sequence[str] = ("x", "y")) -> Formula:
    """The function of ``variables`` that ``text`` writes; not all of them need appear in it.

    Behind it may stand bounds: of variables, within which runs are held (``x**2; x: (1, 2)``), and of the step t, after
    which it begins anew (``t*x**2; t: (1, 9)``). Raises ``FormulaError`` with a sentence and a place if ``text`` is not
    a formula.
    """
    return _parse(text, tuple(variables))
