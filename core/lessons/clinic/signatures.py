"""How the classes of PyTorch are called: their parameters and defaults, and what a call gives them."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.lessons.clinic.values import Open, Value, value_of

# Beside each class its parameters, as Python writes them; a test compares them with PyTorch's own. What PyTorch had in
# older versions and has no longer is not among them.
OPTIMIZER_CALLS: Mapping[str, str] = MappingProxyType(
    {
        "ASGD": "params, lr=0.01, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0, foreach=None, maximize=False, "
        "differentiable=False, capturable=False",
        "Adadelta": "params, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0, foreach=None, *, capturable=False, "
        "maximize=False, differentiable=False",
        "Adafactor": "params, lr=0.01, beta2_decay=-0.8, eps=(None, 1e-3), d=1.0, weight_decay=0.0, *, foreach=None, "
        "maximize=False",
        "Adagrad": "params, lr=0.01, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10, "
        "foreach=None, *, maximize=False, differentiable=False, fused=None",
        "Adam": "params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False, *, foreach=None, "
        "maximize=False, capturable=False, differentiable=False, fused=None, decoupled_weight_decay=False",
        "AdamW": "params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, amsgrad=False, *, "
        "maximize=False, foreach=None, capturable=False, differentiable=False, fused=None",
        "Adamax": "params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, foreach=None, *, maximize=False, "
        "differentiable=False, capturable=False",
        "LBFGS": "params, lr=1, max_iter=20, max_eval=None, tolerance_grad=1e-7, tolerance_change=1e-9, "
        "history_size=100, line_search_fn=None",
        "Muon": "params, lr=1e-3, weight_decay=0.1, momentum=0.95, nesterov=True, "
        "ns_coefficients=(3.4445, -4.775, 2.0315), eps=1e-7, ns_steps=5, adjust_lr_fn=None",
        "NAdam": "params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, momentum_decay=4e-3, "
        "decoupled_weight_decay=False, *, foreach=None, maximize=False, capturable=False, differentiable=False",
        "RAdam": "params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, decoupled_weight_decay=False, *, "
        "foreach=None, maximize=False, capturable=False, differentiable=False",
        "RMSprop": "params, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False, "
        "capturable=False, foreach=None, maximize=False, differentiable=False",
        "Rprop": "params, lr=0.01, etas=(0.5, 1.2), step_sizes=(1e-6, 50), *, capturable=False, foreach=None, "
        "maximize=False, differentiable=False",
        "SGD": "params, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, *, maximize=False, "
        "foreach=None, differentiable=False, fused=None",
        "SparseAdam": "params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, maximize=False",
    }
)
SCHEDULER_CALLS: Mapping[str, str] = MappingProxyType(
    {
        "ChainedScheduler": "schedulers, optimizer=None",
        "ConstantLR": "optimizer, factor=1/3, total_iters=5, last_epoch=-1",
        "CosineAnnealingLR": "optimizer, T_max, eta_min=0.0, last_epoch=-1",
        "CosineAnnealingWarmRestarts": "optimizer, T_0, T_mult=1, eta_min=0.0, last_epoch=-1",
        "CyclicLR": "optimizer, base_lr, max_lr, step_size_up=2000, step_size_down=None, mode='triangular', "
        "gamma=1.0, scale_fn=None, scale_mode='cycle', cycle_momentum=True, base_momentum=0.8, max_momentum=0.9, "
        "last_epoch=-1",
        "ExponentialLR": "optimizer, gamma, last_epoch=-1",
        "LambdaLR": "optimizer, lr_lambda, last_epoch=-1",
        "LinearLR": "optimizer, start_factor=1/3, end_factor=1.0, total_iters=5, last_epoch=-1",
        "MultiStepLR": "optimizer, milestones, gamma=0.1, last_epoch=-1",
        "MultiplicativeLR": "optimizer, lr_lambda, last_epoch=-1",
        "OneCycleLR": "optimizer, max_lr, total_steps=None, epochs=None, steps_per_epoch=None, pct_start=0.3, "
        "anneal_strategy='cos', cycle_momentum=True, base_momentum=0.85, max_momentum=0.95, div_factor=25.0, "
        "final_div_factor=1e4, three_phase=False, last_epoch=-1",
        "PolynomialLR": "optimizer, total_iters=5, power=1.0, last_epoch=-1",
        "ReduceLROnPlateau": "optimizer, mode='min', factor=0.1, patience=10, threshold=1e-4, threshold_mode='rel', "
        "cooldown=0, min_lr=0, eps=1e-8",
        "SequentialLR": "optimizer, schedulers, milestones, last_epoch=-1",
        "StepLR": "optimizer, step_size, gamma=0.1, last_epoch=-1",
    }
)
# Of the library transformers, whose schedules are as common as PyTorch's own.
TRANSFORMERS_CALLS: Mapping[str, str] = MappingProxyType(
    {
        "get_constant_schedule_with_warmup": "optimizer, num_warmup_steps, last_epoch=-1",
        "get_linear_schedule_with_warmup": "optimizer, num_warmup_steps, num_training_steps, last_epoch=-1",
        "get_cosine_schedule_with_warmup": "optimizer, num_warmup_steps, num_training_steps, num_cycles=0.5, "
        "last_epoch=-1",
    }
)


@dataclass(frozen=True)
class Signature:
    """The parameters of a class in their order, how many of them may be given without a name, and the defaults."""

    parameters: tuple[str, ...]
    positional: int
    defaults: Mapping[str, Value]


def signature(text: str) -> Signature:
    """The signature that ``text`` writes."""
    function = ast.parse(f"lambda {text}: 0", mode="eval").body
    assert isinstance(function, ast.Lambda)
    arguments = function.args
    listed = [one.arg for one in arguments.args]
    named = [one.arg for one in arguments.kwonlyargs]
    values = [value_of(node, Open) for node in [*arguments.defaults, *arguments.kw_defaults] if node is not None]
    optional = [*listed[len(listed) - len(arguments.defaults) :], *named]
    return Signature((*listed, *named), len(listed), dict(zip(optional, values, strict=True)))


SIGNATURES: Mapping[str, Signature] = MappingProxyType(
    {
        name: signature(text)
        for calls in (OPTIMIZER_CALLS, SCHEDULER_CALLS, TRANSFORMERS_CALLS)
        for name, text in calls.items()
    }
)


@dataclass(frozen=True)
class Given:
    """What a call gives its class: expressions by parameters, and what the class does not take.

    ``spread`` tells that it also gives what is in a list or a dict elsewhere.
    """

    arguments: Mapping[str, ast.expr]
    unknown: tuple[str, ...] = ()
    surplus: int = 0
    spread: bool = False


def given(call: ast.Call, to: Signature) -> Given:
    """The arguments of ``call``, bound to the parameters of the class it calls as Python would."""
    listed = [one for one in call.args if not isinstance(one, ast.Starred)]
    names = to.parameters[: to.positional]
    arguments = dict(zip(names, listed, strict=False))
    unknown = []
    for keyword in call.keywords:
        if keyword.arg is None:
            continue
        if keyword.arg in to.parameters:
            arguments[keyword.arg] = keyword.value
        else:
            unknown.append(keyword.arg)
    spread = len(listed) < len(call.args) or any(keyword.arg is None for keyword in call.keywords)
    return Given(arguments, tuple(unknown), max(0, len(listed) - len(names)), spread)
