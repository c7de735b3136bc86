"""How the classes of PyTorch are called, what a call gives them, and what looks wrong in that by itself."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from core.catalogue.optimizers import OPTIMIZERS
from core.export.expressions import class_name
from core.lessons.clinic.names import Names, Open, Value, is_number, open_value
from core.lessons.clinic.text import Note, wrong

# What a call must give.
REQUIRED = Open("")
_ADAM: Mapping[str, Value] = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0}
# Beside each class its parameters in their order, but for the first and the switches below, and their defaults; a test
# compares them with PyTorch's own. What PyTorch had in older versions and has no longer is not among them.
OPTIMIZER_CALLS: Mapping[str, Mapping[str, Value]] = MappingProxyType(
    {
        "Adadelta": {"lr": 1.0, "rho": 0.9, "eps": 1e-6, "weight_decay": 0},
        "Adagrad": {"lr": 0.01, "lr_decay": 0, "weight_decay": 0, "initial_accumulator_value": 0, "eps": 1e-10},
        "Adam": {**_ADAM, "amsgrad": False, "decoupled_weight_decay": False},
        "AdamW": {**_ADAM, "weight_decay": 0.01, "amsgrad": False},
        "Adamax": {**_ADAM, "lr": 2e-3},
        "Muon": {
            **{"lr": 1e-3, "weight_decay": 0.1, "momentum": 0.95, "nesterov": True},
            **{"ns_coefficients": (3.4445, -4.775, 2.0315), "eps": 1e-7, "ns_steps": 5, "adjust_lr_fn": None},
        },
        "NAdam": {**_ADAM, "lr": 2e-3, "momentum_decay": 4e-3, "decoupled_weight_decay": False},
        "RAdam": {**_ADAM, "decoupled_weight_decay": False},
        "RMSprop": {"lr": 0.01, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0, "momentum": 0, "centered": False},
        "Rprop": {"lr": 0.01, "etas": (0.5, 1.2), "step_sizes": (1e-6, 50)},
        "SGD": {"lr": 1e-3, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False},
    }
)
# How a step is computed; but for the third, nothing of it leads elsewhere.
SWITCHES = frozenset({"foreach", "fused", "maximize", "capturable", "differentiable"})
SCHEDULER_CALLS: Mapping[str, Mapping[str, Value]] = MappingProxyType(
    {
        "ConstantLR": {"factor": 1 / 3, "total_iters": 5, "last_epoch": -1},
        "CosineAnnealingLR": {"T_max": REQUIRED, "eta_min": 0.0, "last_epoch": -1},
        "CosineAnnealingWarmRestarts": {"T_0": REQUIRED, "T_mult": 1, "eta_min": 0.0, "last_epoch": -1},
        "CyclicLR": {
            **{"base_lr": REQUIRED, "max_lr": REQUIRED, "step_size_up": 2000, "step_size_down": None},
            **{"mode": "triangular", "gamma": 1.0, "scale_fn": None, "scale_mode": "cycle", "cycle_momentum": True},
            **{"base_momentum": 0.8, "max_momentum": 0.9, "last_epoch": -1},
        },
        "ExponentialLR": {"gamma": REQUIRED, "last_epoch": -1},
        "LambdaLR": {"lr_lambda": REQUIRED, "last_epoch": -1},
        "LinearLR": {"start_factor": 1 / 3, "end_factor": 1.0, "total_iters": 5, "last_epoch": -1},
        "MultiStepLR": {"milestones": REQUIRED, "gamma": 0.1, "last_epoch": -1},
        "OneCycleLR": {
            **{"max_lr": REQUIRED, "total_steps": None, "epochs": None, "steps_per_epoch": None, "pct_start": 0.3},
            **{"anneal_strategy": "cos", "cycle_momentum": True, "base_momentum": 0.85, "max_momentum": 0.95},
            **{"div_factor": 25.0, "final_div_factor": 1e4, "three_phase": False, "last_epoch": -1},
        },
        "PolynomialLR": {"total_iters": 5, "power": 1.0, "last_epoch": -1},
        "ReduceLROnPlateau": {
            **{"mode": "min", "factor": 0.1, "patience": 10, "threshold": 1e-4, "threshold_mode": "rel"},
            **{"cooldown": 0, "min_lr": 0, "eps": 1e-8},
        },
        "SequentialLR": {"schedulers": REQUIRED, "milestones": REQUIRED, "last_epoch": -1},
        "StepLR": {"step_size": REQUIRED, "gamma": 0.1, "last_epoch": -1},
    }
)
# The classes that the export writes for rules which torch.optim does not have.
OWN_RULES: Mapping[str, str] = MappingProxyType(
    {class_name(one): one.key for one in OPTIMIZERS.values() if one.torch is None}
)
CALLS: Mapping[str, Mapping[str, Value]] = MappingProxyType(
    {
        **{
            name: {hyper.name: hyper.default for hyper in OPTIMIZERS[key].hypers} | {"betas": None}
            for name, key in OWN_RULES.items()
        },
        **OPTIMIZER_CALLS,
        **SCHEDULER_CALLS,
    }
)
# Also those of PyTorch that nothing in the catalogue is like.
KNOWN_OPTIMIZERS = frozenset({*OPTIMIZER_CALLS, *OWN_RULES, "ASGD", "Adafactor", "LBFGS", "SparseAdam"})
KNOWN_SCHEDULERS = frozenset({*SCHEDULER_CALLS, "ChainedScheduler", "MultiplicativeLR"})
# What says how long a schedule is; where the text gives it no value, that is as long as the run.
LENGTHS = frozenset({"T_max", "total_iters", "total_steps", "epochs", "steps_per_epoch"})
# Schedulers inside each other.
_MOST_LEVELS = 4


@dataclass(frozen=True)
class Called:
    """A call of a class of PyTorch, with a value for every parameter: what was given, or the default.

    A value is also ``Open``, a tuple of calls, or the expression of a function. Those in ``told`` were given by the
    expressions there; ``unclear`` has the texts of those without a value, ``unknown`` are no parameters. ``spread``
    tells of a list or a dict that is handed over as arguments. ``target`` is the name that the object is assigned to.
    """

    name: str
    values: Mapping[str, Any]
    told: Mapping[str, ast.expr]
    line: int
    unclear: Mapping[str, str]
    unknown: tuple[str, ...] = ()
    spread: bool = False
    target: str = ""

    def with_values(self, **changed: Any) -> "Called":
        """The same call with other values."""
        return replace(self, values={**self.values, **changed})


def read_call(call: ast.Call, name: str, names: Names, target: str = "", level: int = 0) -> Called:
    """``call`` of the class ``name``, its arguments bound as Python would."""
    if name not in CALLS:
        return Called(name, {}, {}, call.lineno, {}, target=target)
    first, others = ("params", SWITCHES) if name in KNOWN_OPTIMIZERS else ("optimizer", frozenset())
    listed = [one for one in call.args if not isinstance(one, ast.Starred)]
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
    unknown = tuple(given.keys() - {first, *CALLS[name], *others})
    told = dict(zip((first, *CALLS[name]), listed, strict=False)) | given
    values: dict[str, Any] = dict(CALLS[name])
    unclear = {}
    for parameter, node in told.items():
        if parameter in (first, *unknown):
            continue
        value = _read(parameter, node, names, level)
        if isinstance(value, Open):
            unclear[parameter] = value.text
        if not isinstance(value, Open) or parameter in LENGTHS:
            values[parameter] = value
    epochs, batches = values.get("epochs"), values.get("steps_per_epoch")
    if epochs is not None and batches is not None and values["total_steps"] is None:
        values["total_steps"] = epochs * batches if is_number(epochs) and is_number(batches) else Open("")
    spread = len(listed) < len(call.args) or len(given) < len(call.keywords)
    return Called(name, values, told, call.lineno, unclear, unknown, spread, target)


def _read(parameter: str, node: ast.expr, names: Names, level: int) -> Any:
    """What ``node`` gives ``parameter``; where a list gives it for each group of parameters, that of the only one."""
    if parameter in ("lr_lambda", "scale_fn"):
        return names.expression(node.elts[0] if isinstance(node, ast.List) and len(node.elts) == 1 else node)
    if parameter == "schedulers":
        listed = names.expression(node)
        if not isinstance(listed, ast.List | ast.Tuple) or level >= _MOST_LEVELS:
            return open_value(node)
        return tuple(_part(one, names, level) for one in listed.elts)
    value: Any = names.value(node)
    several = isinstance(value, tuple) and len(value) == 1 and parameter != "milestones"
    return value[0] if several else value


def _part(node: ast.expr, names: Names, level: int) -> Called | Open:
    made = names.expression(node)
    if isinstance(made, ast.Call) and (name := names.path(made.func).rpartition(".")[2]) in KNOWN_SCHEDULERS:
        return read_call(made, name, names, level=level + 1)
    return open_value(node)


# --- What looks wrong ---


def _coupled(values: Mapping[str, Any]) -> bool:
    decay = values["weight_decay"]
    return is_number(decay) and decay > 0 and values.get("decoupled_weight_decay") is not True


# By the classes that it concerns: when something is wrong in the values of a call, and what. What PyTorch refuses in a
# sentence of its own, as soon as the line runs, is not repeated here.
_CHECKS: tuple[tuple[tuple[str, ...], Callable[[Mapping[str, Any]], bool], str], ...] = (
    (
        ("Adam", "Adamax", "NAdam", "RAdam"),
        _coupled,
        "This weight decay is added to the gradient and then divided by its size like the rest of it, so that the "
        "weights with large gradients hardly decay. AdamW lets it act on the weights themselves.",
    ),
    (
        ("OneCycleLR",),
        lambda values: values["total_steps"] is None,
        "OneCycleLR needs `total_steps`, or both `epochs` and `steps_per_epoch`; otherwise it raises a ValueError.",
    ),
)
# What people call an argument that has another name in PyTorch, or had it once.
_OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "learning_rate": "In PyTorch the learning rate is called `lr`.",
        "beta1": "In PyTorch both decay rates are given together, as `betas`.",
        "epsilon": "In PyTorch it is called `eps`.",
        "verbose": "It was deprecated in PyTorch 2.2 and is gone; print `scheduler.get_last_lr()` instead.",
    }
)


def call_problems(one: Called, optimizer: Called | None = None) -> Iterator[Note]:
    """What looks wrong in the call ``one`` by itself; a scheduler's ``optimizer`` must have a momentum to be moved."""
    for classes, holds, sentence in _CHECKS:
        if one.name in classes and holds(one.values):
            yield wrong(one.line, sentence)
    for argument in one.unknown:
        hint = _OTHER_NAMES.get(argument, "")
        sentence = f"{one.name} has no argument {{}}, so Python raises a TypeError. {hint}".rstrip()
        yield wrong(one.line, sentence, argument)
    params = one.told.get("params")
    if isinstance(params, ast.Attribute) and params.attr == "parameters":
        yield wrong(one.line, "`parameters` must be called, `parameters()`; without brackets this raises a TypeError.")
    for part in parts_of(one):
        yield from call_problems(part, optimizer)
    momentum = optimizer is None or optimizer.values.get("momentum") or "betas" in optimizer.values
    older = optimizer is not None and "betas" in optimizer.values and one.name == "CyclicLR"
    if optimizer is not None and one.values.get("cycle_momentum") is True and (older or not momentum):
        what = "the first of its `betas`" if older else "a momentum and so switches it on"
        said = f"Unless `cycle_momentum=False`, {one.name} moves {what}; where it can not, it raises a ValueError."
        yield wrong(one.line, said)


def parts_of(one: Called) -> Iterator[Called]:
    """The calls among the schedulers that ``one`` is made of."""
    parts = one.values.get("schedulers")
    return (part for part in (parts if isinstance(parts, tuple) else ()) if isinstance(part, Called))
