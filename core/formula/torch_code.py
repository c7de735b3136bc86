"""Formulas and rules for torch, made from the same trees. Importing this module imports torch."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch

from core.formula import emit
from core.formula.graph import Operation
from core.formula.helper_source import HELPERS
from core.formula.objective import Formula
from core.formula.rule import Rule
from core.formula.torch_class import optimizer_source
from core.formula.update_source import compiled_scope
from core.formula.vocabulary import FUNCTIONS

_TEMPLATES: dict[Operation, str] = {
    operation: FUNCTIONS[operation].torch.replace("torch.", "") if operation in FUNCTIONS else template
    for operation, template in emit.ARRAY.templates.items()
}
_TORCH = emit.Dialect(
    _TEMPLATES,
    {word: getattr(torch, word) for template in _TEMPLATES.values() for word in re.findall(r"[a-z]+", template)},
    lambda number: torch.tensor(number, dtype=torch.float64),
)


def objective_function(formula: Formula) -> Callable[[torch.Tensor], torch.Tensor]:
    """``formula`` as a differentiable function of a float tensor of shape ``(d, *batch)``, to shape ``(*batch)``."""
    graph, value, _ = formula.written(formula.inputs)
    computed = emit.function(graph, formula.inputs, [value], _TORCH)

    def evaluate(x: torch.Tensor) -> torch.Tensor:
        (result,) = computed(*x)
        # A constant formula still depends on x, with slope 0, so that it can be differentiated.
        nothing = torch.where(torch.zeros_like(x[0], dtype=torch.bool), x[0], 0.0)
        return torch.as_tensor(result, dtype=x.dtype) + nothing

    return evaluate


# Muon's Newton–Schulz steps in the tensor's own precision (see ``core.formula.update_source``).
orthogonalize: Callable[[torch.Tensor], torch.Tensor] = compiled_scope(
    HELPERS["torch"]["orthogonalize"], {"torch": torch}
)["orthogonalize"]


@lru_cache(maxsize=64)
def rule_optimizer(rule: Rule) -> Any:
    """``rule`` as a subclass of ``torch.optim.Optimizer``, compiled from the very text of ``optimizer_source``.

    Its docstring says how it is called. Hyperparameters without a default in the rule's own text must be given.
    """
    source = optimizer_source(rule, "RuleOptimizer", "An update rule, made from its text.")
    # This text has been written here from a checked tree; a visitor chose no more of it than some names.
    scope: dict[str, Any] = {"__name__": __name__}
    exec(compile(source, "<RuleOptimizer>", "exec"), scope)
    return scope["RuleOptimizer"]
