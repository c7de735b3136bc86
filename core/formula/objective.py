"""An objective: one checked expression, and everything that is made from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain

import numpy as np
import numpy.typing as npt

from core.formula import derivatives, emit
from core.formula.check import check_expression
from core.formula.graph import Graph, Value
from core.formula.latex import expression_latex
from core.formula.lower import Values, lower
from core.formula.syntax import Budget, check_length, parse_expression
from core.formula.tree import Expression

Array = npt.NDArray[np.float64]
Evaluator = Callable[[npt.ArrayLike], Array]
"""A function of points."""

MAX_CHARACTERS = 300
MAX_NODES = 150
# Points computed at once: the temporaries of a block stay in the processor's cache.
BLOCK = 8192


@dataclass(frozen=True)
class Formula:
    """A function of ``variables``, written as ``text``.

    Points are columns: ``x`` has shape ``(d, *batch)`` with one row per variable; numbers and lists are accepted. All
    results are float64 arrays; where the formula has no finite value they hold ``inf`` or ``nan``. Derivatives are
    exact (see ``core.formula.derivatives`` for kinks).
    """

    text: str
    variables: tuple[str, ...]
    tree: Expression = field(compare=False, repr=False)

    @cached_property
    def value(self) -> Evaluator:
        """The value at each point, of shape ``(*batch)``."""
        graph, value, _ = self.written(self.inputs)
        return self._evaluator((), graph, [value])

    @cached_property
    def grad(self) -> Evaluator:
        """The gradient at each point, of shape ``(d, *batch)``."""
        return self._evaluator((len(self.variables),), *self._gradient)

    @cached_property
    def hessian(self) -> Evaluator:
        """The symmetric matrix of second derivatives at each point, of shape ``(d, d, *batch)``."""
        return self._evaluator((len(self.variables), len(self.variables)), *self._second)

    @cached_property
    def latex(self) -> str:
        """The formula as LaTeX, in the order in which it is written."""
        return expression_latex(self.tree)

    def value_at(self, graph: Graph, point: Sequence[Value]) -> Value:
        """The formula's value at ``point`` (one value per variable) as a value of ``graph``."""
        names = {name: (value,) for name, value in zip(self.variables, point, strict=True)}
        (value,) = lower(self.tree, graph, names)
        return value

    def gradient_at(self, graph: Graph, point: Sequence[Value]) -> Values:
        """The gradient at ``point`` as values of ``graph``."""
        return tuple(graph.inline(*self._gradient, dict(zip(self.inputs, point, strict=True))))

    def hessian_at(self, graph: Graph, point: Sequence[Value]) -> list[Values]:
        """The Hessian at ``point`` as values of ``graph``, row by row."""
        flat = graph.inline(*self._second, dict(zip(self.inputs, point, strict=True)))
        size = len(point)
        return [tuple(flat[row * size : (row + 1) * size]) for row in range(size)]

    @property
    def inputs(self) -> list[str]:
        """What the coordinates of a point are called in code that is only executed."""
        return [f"{emit.Input.POINT}{index}" for index in range(len(self.variables))]

    def written(self, names: Sequence[str]) -> tuple[Graph, Value, list[Value]]:
        """A new graph with the formula's value in it, and its inputs, which are called ``names``."""
        graph = Graph()
        inputs = [graph.input(name) for name in names]
        return graph, self.value_at(graph, inputs), inputs

    # Derivatives are taken in graphs of their own: at a point made of numbers there would be nothing to differentiate.
    @cached_property
    def _gradient(self) -> tuple[Graph, list[Value]]:
        graph, value, inputs = self.written(self.inputs)
        return graph, derivatives.gradient(graph, value, inputs)

    @cached_property
    def _second(self) -> tuple[Graph, list[Value]]:
        graph, value, inputs = self.written(self.inputs)
        return graph, list(chain.from_iterable(derivatives.hessian(graph, value, inputs)))

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


@lru_cache(maxsize=512)
def _parse(text: str, variables: tuple[str, ...]) -> Formula:
    check_length(text, MAX_CHARACTERS, "A formula")
    tree = parse_expression(text, Budget(MAX_NODES))
    check_expression(tree, text, variables)
    return Formula(text, variables, tree)


def parse(text: str, variables: Sequence[str] = ("x", "y")) -> Formula:
    """The function of ``variables`` that ``text`` writes; not all of them need appear in it.

    Raises ``FormulaError`` with a sentence and a place if ``text`` is not a formula.
    """
    return _parse(text, tuple(variables))
