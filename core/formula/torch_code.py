"""Formulas and rules for torch, made from the same trees. Importing this module imports torch."""

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import torch

from core.formula import emit
from core.formula.derivatives import differs_in_torch
from core.formula.graph import Operation
from core.formula.helper_source import HELPERS
from core.formula.objective import STEP, Formula
from core.formula.rule import Rule
from core.formula.torch_class import optimizer_source
from core.formula.update_source import array_lines, compiled_scope, function_source, tuple_source
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


def objective_function(formula: Formula) -> Callable[..., torch.Tensor]:
    """``formula`` as a differentiable function of a float tensor of shape ``(d, *batch)``, to shape ``(*batch)``.

    If it reads the step, this is its second argument, a tensor.
    """
    graph, value, point = formula.written(formula.inputs, formula.timed)
    step = [STEP] if formula.timed else []
    names = [*formula.inputs, *step]
    computed = emit.function(graph, names, [value], _TORCH)
    if differs_in_torch(graph, value):
        at = tuple(map(graph.input, step))
        gradient = emit.function(graph, names, formula.gradient_at(graph, point, *at), _TORCH)
        hessian = emit.function(graph, names, list(chain(*formula.hessian_at(graph, point, *at))), _TORCH)
        apply: Any = _Objective.apply
        return lambda x, *t: apply(x, *(_at(function, t) for function in (computed, gradient, hessian)))

    def evaluate(x: torch.Tensor, *t: torch.Tensor) -> torch.Tensor:
        (result,) = computed(*x, *t)
        # A constant formula still depends on x, with slope 0, so that it can be differentiated.
        nothing = torch.where(torch.zeros_like(x[0], dtype=torch.bool), x[0], 0.0)
        return torch.as_tensor(result, dtype=x.dtype) + nothing

    return evaluate


def _at(function: Callable[..., Any], t: tuple[torch.Tensor, ...]) -> Callable[..., Any]:
    return lambda *point: function(*point, *t)


class _Objective(torch.autograd.Function):
    """A value with the derivatives that are written out, where torch's own are others."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, value: Any, gradient: Any, hessian: Any) -> torch.Tensor:
        ctx.save_for_backward(x)
        ctx.gradient, ctx.hessian = gradient, hessian
        return torch.as_tensor(value(*x)[0], dtype=x.dtype).clone()

    @staticmethod
    def backward(ctx: Any, factor: torch.Tensor) -> Any:
        apply: Any = _Gradient.apply
        return factor * apply(*ctx.saved_tensors, ctx.gradient, ctx.hessian), None, None, None


class _Gradient(torch.autograd.Function):
    """The slopes of such a value."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, gradient: Any, hessian: Any) -> torch.Tensor:
        ctx.save_for_backward(x)
        ctx.hessian = hessian
        return _like(x, gradient(*x))

    @staticmethod
    def backward(ctx: Any, factors: torch.Tensor) -> Any:
        (x,) = ctx.saved_tensors
        rows = _like(x, ctx.hessian(*x)).reshape(len(x), *x.shape)
        # An infinite second derivative that nobody asked for does not count.
        return torch.where(factors == 0, 0.0, factors * rows).sum(1), None, None


def _like(x: torch.Tensor, values: Any) -> torch.Tensor:
    """``values`` one after the other, each as many numbers as there are points in ``x``."""
    return torch.stack([torch.as_tensor(value, dtype=x.dtype).expand(x.shape[1:]) for value in values])


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


class Stacked(NamedTuple):
    """A rule on the weights of many networks at once, tensors of shape ``(networks, weights)``.

    ``start(x, *hypers)`` returns the state before the first step as a tuple; ``update(x, g, t, T, *hypers, *state)``
    the new ``x`` and the new state. A hyperparameter is one number for all, a tensor of shape ``()``, or one for each
    network, of shape ``(networks, 1)``.
    """

    start: Callable[..., tuple[Any, ...]]
    update: Callable[..., tuple[Any, ...]]


@lru_cache(maxsize=64)
def stacked_rule(rule: Rule) -> Stacked:
    """``rule``, which asks for nothing but ``x``, ``g`` and the step and treats every weight by itself."""
    lines = array_lines(rule, "torch")
    given = ["x", "g", "t", "T", *rule.hypers, *rule.state]
    text = "\n\n\n".join(
        [
            function_source("start", ["x", *rule.hypers], lines.start, tuple_source(rule.state)),
            function_source("update", given, lines.update, tuple_source(["x", *rule.state])),
        ]
    )
    scope = compiled_scope(text, {"torch": torch})
    return Stacked(scope["start"], scope["update"])
