"""Formulas and rules for torch tensors, made from the same trees; importing this module does not import torch."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from core.formula import emit
from core.formula.graph import Graph

if TYPE_CHECKING:
    import torch

    from core.formula.objective import Formula


@lru_cache(maxsize=1)
def _dialect() -> emit.Dialect:
    import torch

    names = {
        operation: template.replace("arcsin", "asin").replace("arccos", "acos").replace("arctan", "atan")
        for operation, template in emit.ARRAY.templates.items()
    }
    words = {template.partition("(")[0] for template in names.values()} - {""}
    return emit.Dialect(
        names,
        {word: getattr(torch, word) for word in words},
        lambda number: torch.tensor(number, dtype=torch.float64),
    )


def objective_function(formula: "Formula") -> "Callable[[torch.Tensor], torch.Tensor]":
    """``formula`` as a differentiable function of a tensor of shape ``(d, *batch)``."""
    import torch

    graph = Graph()
    names = [f"x_{place}" for place in range(len(formula.variables))]
    value = formula.on(graph, [graph.input(name) for name in names])
    computed = emit.function(graph, names, [value], _dialect())

    def evaluate(x: torch.Tensor) -> torch.Tensor:
        (result,) = computed(*x)
        # A constant formula still depends on x, with slope 0, so that it can be differentiated.
        return torch.as_tensor(result, dtype=x.dtype) + 0.0 * torch.zeros_like(x[0])

    return evaluate
