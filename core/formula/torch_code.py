"""Formulas and rules for torch, made from the same trees. Importing this module imports torch."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import torch

from core.formula import emit
from core.formula.graph import Graph, Operation
from core.formula.objective import Formula
from core.formula.rule import Kind, Rule
from core.formula.source import python_source
from core.formula.syntax import Call, Expression, Name, Number, Span, walk
from core.formula.vocabulary import NEWTON_SCHULZ, NEWTON_SCHULZ_FLOOR, NEWTON_SCHULZ_STEPS, ORACLES

Tensors = list[torch.Tensor]
# What state starts at unless the rule says otherwise.
_ZERO = Number(0.0, "0.0", Span(0, 0))


@lru_cache(maxsize=1)
def _dialect() -> emit.Dialect:
    templates: dict[Operation, str] = {
        **emit.ARRAY.templates,
        "asin": "asin({0})",
        "acos": "acos({0})",
        "atan": "atan({0})",
        # torch's sign of NaN is 0.
        "sign": "where({0} != {0}, {0}, sign({0}))",
    }
    words = {word for template in templates.values() for word in re.findall(r"[a-z]+", template)}
    return emit.Dialect(
        templates,
        {word: getattr(torch, word) for word in words},
        lambda number: torch.tensor(number, dtype=torch.float64),
    )


def objective_function(formula: Formula) -> Callable[[torch.Tensor], torch.Tensor]:
    """``formula`` as a differentiable function of a float tensor of shape ``(d, *batch)``, to shape ``(*batch)``."""
    graph = Graph()
    names = [f"x_{place}" for place in range(len(formula.variables))]
    value = formula.value_at(graph, [graph.input(name) for name in names])
    computed = emit.function(graph, names, [value], _dialect())

    def evaluate(x: torch.Tensor) -> torch.Tensor:
        (result,) = computed(*x)
        # A constant formula still depends on x, with slope 0, so that it can be differentiated.
        nothing = torch.where(torch.zeros_like(x[0], dtype=torch.bool), x[0], 0.0)
        return torch.as_tensor(result, dtype=x.dtype) + nothing

    return evaluate


def orthogonalize(matrix: torch.Tensor) -> torch.Tensor:
    """Muon's five Newton–Schulz steps (Jordan et al. 2024) in the tensor's own precision.

    A matrix also gets the published factor √max(1, rows/columns); further dimensions count as columns. A vector is a
    matrix of one column without that factor.
    """
    flat = matrix.reshape(len(matrix), -1) if matrix.ndim > 1 else matrix.reshape(-1, 1)
    wide: torch.Tensor = flat.T if flat.shape[0] > flat.shape[1] else flat
    wide = wide / torch.linalg.matrix_norm(wide).clamp(min=NEWTON_SCHULZ_FLOOR)
    a, b, c = NEWTON_SCHULZ
    for _ in range(NEWTON_SCHULZ_STEPS):
        square = wide @ wide.T
        wide = a * wide + (b * square + c * square @ square) @ wide
    result = (wide.T if flat.shape[0] > flat.shape[1] else wide).reshape(matrix.shape)
    factor = max(1.0, flat.shape[0] / flat.shape[1]) ** 0.5 if matrix.ndim > 1 else 1.0
    return factor * result


def global_norm(tensors: Tensors) -> torch.Tensor:
    """The Euclidean norm over all elements of all ``tensors``."""
    norms = torch.stack([torch.linalg.vector_norm(tensor) for tensor in tensors])
    return torch.sqrt(torch.sum(norms**2))


class UpdateSource:
    """The source of a rule for torch, as two functions of lists with one tensor per parameter.

    ``start(x, <hypers>)`` returns the state before the first step, and
    ``update(x, g, loss, t, T, <hypers>, <state>, grad, hessian_diag)`` the new ``x`` and the new state. Every line is
    evaluated for all parameters before the next. Single numbers are float64 tensors without dimensions.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.lines: list[str] = []
        self._taken = {*rule.kinds, *rule.hypers}

    def text(self) -> str:
        """Both functions as Python."""
        state = "".join(f"{name}, " for name in self.rule.state)
        start = self._function(
            "start",
            ["x", *self.rule.hypers],
            [(name, self.rule.initial.get(name, _ZERO)) for name in self.rule.state],
            f"({state})",
        )
        update = self._function(
            "update",
            ["x", "g", "loss", "t", "T", *self.rule.hypers, *self.rule.state, "grad", "hessian_diag"],
            [(line.name, line.tree) for line in self.rule.lines],
            f"x, ({state})",
        )
        return f"{start}\n\n\n{update}\n"

    def _function(
        self, name: str, parameters: Sequence[str], lines: Sequence[tuple[str, Expression]], result: str
    ) -> str:
        self.lines = []
        for assigned, tree in lines:
            self._assign(assigned, tree)
        body = [*self.lines, f"return {result}"]
        return "\n".join([f"def {name}({', '.join(parameters)}):", *(f"    {line}" for line in body)])

    def _assign(self, name: str, tree: Expression) -> None:
        text, lists = self._lifted(tree, "")
        # A single number assigned to a tensor fills it.
        if self.rule.kinds[name] is Kind.TENSOR and self.rule.kind(tree) is not Kind.TENSOR:
            text, lists = f"{text} + torch.zeros_like(x)", {**lists, "x": None}
        elif self.rule.kinds[name] is Kind.LAYER and not lists:
            lists = {"x": None}
        elif not lists and isinstance(tree, Number):
            text = _tensor(tree, text)
        self.lines.append(f"{name} = {_per_tensor(text, list(lists))}")

    def _lifted(self, tree: Expression, condition: str) -> tuple[str, dict[str, None]]:
        """``tree`` for one parameter, and the names in it that are lists.

        What concerns all parameters at once gets a line of its own before, evaluated only under ``condition``.
        """
        lists: dict[str, None] = {}

        def special(call: Call) -> str | None:
            match call.function:
                case "where" if self.rule.kind(call.arguments[0]) is Kind.SHARED:
                    test = self._inner(call.arguments[0], condition, lists)
                    both = f"({condition}) and " if condition else ""
                    yes = self._inner(call.arguments[1], f"{both}({test})", lists)
                    no = self._inner(call.arguments[2], f"{both}not ({test})", lists)
                    return f"({_tensor(call.arguments[1], yes)} if {test} else {_tensor(call.arguments[2], no)})"
                case "norm":
                    return f"torch.linalg.vector_norm({self._inner(call.arguments[0], condition, lists)})"
                case "orthogonalize":
                    return f"orthogonalize({self._inner(call.arguments[0], condition, lists)})"
                case "global_norm":
                    return self._line(call, "global_norm", condition)
                case function if function in ORACLES:
                    name = self._line(call, function, condition)
                    lists[name] = None
                    return name
            return None

        for node in walk(tree):
            if isinstance(node, Name) and self.rule.kinds.get(node.name, Kind.SHARED) is not Kind.SHARED:
                lists[node.name] = None
        text = python_source(tree, "torch", special)
        used = {word: None for word in lists if _mentions(text, word)}
        return text, used

    def _inner(self, tree: Expression, condition: str, lists: dict[str, None]) -> str:
        text, inner = self._lifted(tree, condition)
        lists.update(inner)
        return text

    def _line(self, call: Call, function: str, condition: str) -> str:
        if function == "newton_direction":
            raise ValueError("newton_direction needs the whole Hessian, which a network does not offer.")
        text, lists = self._lifted(call.arguments[0], condition)
        value = f"{function}({_per_tensor(text, list(lists))})"
        count = 1
        while (name := f"{function}_{count}") in self._taken:
            count += 1
        self._taken.add(name)
        nothing = "[None]*len(x)" if function in ORACLES else "None"
        self.lines.append(f"{name} = {value} if {condition} else {nothing}" if condition else f"{name} = {value}")
        return name


def _tensor(tree: Expression, text: str) -> str:
    return f"torch.tensor({text}, dtype=torch.float64)" if isinstance(tree, Number) else text


def _mentions(text: str, word: str) -> bool:
    return re.search(rf"\b{word}\b", text) is not None


def _per_tensor(text: str, lists: Sequence[str]) -> str:
    """``text`` as a list over the parameters, if ``lists`` appear in it."""
    if not lists:
        return text
    if len(lists) == 1:
        return lists[0] if text == lists[0] else f"[{text} for {lists[0]} in {lists[0]}]"
    names = ", ".join(lists)
    return f"[{text} for {names} in zip({names}, strict=True)]"


@lru_cache(maxsize=64)
def _compiled(rule: Rule) -> tuple[Callable[..., tuple[Any, ...]], Callable[..., tuple[Tensors, tuple[Any, ...]]]]:
    """The functions ``start`` and ``update`` of ``UpdateSource``."""
    scope: dict[str, Any] = {
        "__builtins__": {"zip": zip, "len": len, "float": float},
        "torch": torch,
        "math": math,
        "orthogonalize": orthogonalize,
        "global_norm": global_norm,
    }
    exec(compile(UpdateSource(rule).text(), "<update>", "exec"), scope)
    return scope["start"], scope["update"]


class RuleOptimizer(torch.optim.Optimizer):
    """A rule as a torch optimizer over one group of parameters.

    ``hypers`` gives every hyperparameter a value; ``steps`` is ``T``. ``step`` needs a closure, because a rule may
    ask for a gradient at another point. ``hessian_diag`` is Hutchinson's estimate with one vector of random signs,
    drawn from ``seed``. A schedule may change ``lr`` in the group. Raises ``ValueError`` for a rule that needs a whole
    Hessian.
    """

    def __init__(self, params: Any, rule: Rule, hypers: Mapping[str, float], steps: int, seed: int = 0) -> None:
        missing = [name for name in rule.hypers if name not in hypers]
        if missing:
            raise ValueError(f"Hyperparameters without a value: {', '.join(missing)}.")
        super().__init__(params, {name: float(hypers[name]) for name in rule.hypers})
        if len(self.param_groups) != 1:
            raise ValueError(f"One group of parameters is supported; {len(self.param_groups)} were given.")
        self._rule = rule
        self._start, self._update = _compiled(rule)
        self._total = _number(steps)
        self._random = torch.Generator().manual_seed(seed)
        self._taken = 0
        self._kept: tuple[Any, ...] | None = None

    @torch.no_grad()
    def step(self, closure: Callable[[], torch.Tensor]) -> torch.Tensor:  # type: ignore[override]
        """Takes one step and returns the loss before it.

        ``closure`` computes the loss at the parameters as they are; it need not call ``backward``.
        """
        (group,) = self.param_groups
        params: Tensors = [param for param in group["params"] if param.requires_grad]
        x = [param.detach().clone() for param in params]

        def slopes(create_graph: bool = False) -> tuple[torch.Tensor, Tensors]:
            with torch.enable_grad():
                loss = closure()
                found = torch.autograd.grad(loss, params, create_graph=create_graph, materialize_grads=True)
            return loss.detach(), list(found)

        def move(point: Tensors) -> None:
            for param, place in zip(params, point, strict=True):
                param.copy_(place)

        @contextmanager
        def moved(point: Tensors) -> Iterator[None]:
            move(point)
            try:
                yield
            finally:
                move(x)

        def grad(point: Tensors) -> Tensors:
            with moved(point):
                _, found = slopes()
            return found

        def hessian_diag(point: Tensors) -> Tensors:
            signs = [torch.randint(0, 2, p.shape, generator=self._random).to(p).mul_(2).sub_(1) for p in params]
            with moved(point):
                _, first = slopes(create_graph=True)
                # Where the slope is constant there is nothing to differentiate.
                curved = [place for place, slope in enumerate(first) if slope.requires_grad]
                product: Sequence[torch.Tensor] = [torch.zeros_like(p) for p in params]
                if curved:
                    with torch.enable_grad():
                        product = torch.autograd.grad(
                            [first[place] for place in curved],
                            params,
                            grad_outputs=[signs[place] for place in curved],
                            materialize_grads=True,
                        )
            return [sign * value for sign, value in zip(signs, product, strict=True)]

        g: Tensors | None = None
        if "g" in self._rule.reads:
            loss, g = slopes()
        else:
            loss = closure().detach()
        hypers = [_number(group[name]) for name in self._rule.hypers]
        if self._kept is None:
            self._kept = self._start(x, *hypers)
        self._taken += 1
        new, self._kept = self._update(
            x, g, loss, _number(self._taken), self._total, *hypers, *self._kept, grad, hessian_diag
        )
        move(new)
        return loss


def _number(value: float) -> torch.Tensor:
    return torch.tensor(float(value), dtype=torch.float64)
