"""What looks wrong in the settings of an optimizer or a scheduler by themselves, whatever the loop does with them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isclose
from typing import Any

from core.catalogue.optimizers import OPTIMIZERS, Family
from core.formula.words import digits
from core.lessons.clinic.examined import Kind, Note
from core.lessons.clinic.match import Called
from core.lessons.clinic.optimizers import Made
from core.lessons.clinic.signatures import SIGNATURES, Given
from core.lessons.clinic.values import Open, is_number

# A rule that moves each coordinate by about its rate is at least this far off at it.
_LOUD_RATE = 0.1


@dataclass(frozen=True)
class _Check:
    """What is wrong if ``holds`` of the values of the arguments of one of ``classes``."""

    classes: tuple[str, ...]
    holds: Callable[[dict[str, Any]], bool]
    sentence: str


def _below(name: str, least: float) -> Callable[[dict[str, Any]], bool]:
    return lambda values: is_number(values[name]) and values[name] < least


def _no_count(name: str) -> Callable[[dict[str, Any]], bool]:
    """Whether the value is a number, but not a whole one from 1 on."""
    return lambda values: is_number(values[name]) and not (isinstance(values[name], int) and values[name] >= 1)


def _outside(name: str) -> Callable[[dict[str, Any]], bool]:
    """Whether a decay rate, or one of several, is outside of [0, 1)."""

    def holds(values: dict[str, Any]) -> bool:
        value = values[name]
        several = value if isinstance(value, tuple) else (value,)
        return any(is_number(one) and not 0 <= one < 1 for one in several)

    return holds


_ADAM_LIKE = ("Adam", "AdamW", "Adamax", "NAdam", "RAdam", "SparseAdam")
_COUPLED = ("Adam", "Adamax", "NAdam", "RAdam")
_ALL = tuple(name for name in SIGNATURES if "params" in SIGNATURES[name].parameters)

_CHECKS: tuple[_Check, ...] = (
    # --- Optimizers ---
    _Check(_ALL, _below("lr", 0.0), "A negative learning rate raises a ValueError; PyTorch subtracts the step itself."),
    _Check(_ADAM_LIKE, _outside("betas"), "Each of `betas` must lie in [0, 1), or a ValueError is raised."),
    _Check(
        _ADAM_LIKE,
        lambda values: (
            isinstance(values["betas"], tuple) and len(values["betas"]) == 2 and values["betas"][0] > values["betas"][1]
        ),
        "The first of `betas` is the memory of gradients, the second that of their squares. Here the first is the "
        "longer one, so a step is divided by what is forgotten already; they may have changed places.",
    ),
    _Check(
        ("SGD",),
        lambda values: values["nesterov"] is True and (not values["momentum"] or bool(values["dampening"])),
        "`nesterov=True` needs a momentum above 0 and no dampening; otherwise SGD raises a ValueError.",
    ),
    _Check(
        ("SGD", "RMSprop"),
        lambda values: is_number(values["momentum"]) and values["momentum"] >= 1,
        "At a momentum of 1 or more nothing is ever forgotten, and the steps grow without end.",
    ),
    _Check(
        _COUPLED,
        lambda values: (
            is_number(values["weight_decay"])
            and values["weight_decay"] > 0
            and values.get("decoupled_weight_decay") is not True
        ),
        "This weight decay is added to the gradient and then divided by its size like the rest of it, so that the "
        "weights with large gradients hardly decay. AdamW lets it act on the weights themselves.",
    ),
    # --- Schedulers ---
    _Check(("StepLR",), _no_count("step_size"), "`step_size` must be a whole number from 1 on; 0 divides by zero."),
    _Check(("CosineAnnealingLR",), _no_count("T_max"), "`T_max` must be a whole number from 1 on; 0 divides by zero."),
    _Check(
        ("CosineAnnealingWarmRestarts",),
        _no_count("T_0"),
        "`T_0` must be a whole number from 1 on, or a ValueError is raised.",
    ),
    _Check(
        ("CosineAnnealingWarmRestarts",),
        _no_count("T_mult"),
        "`T_mult` must be a whole number from 1 on, or a ValueError is raised: stretches cannot become shorter.",
    ),
    _Check(
        ("OneCycleLR",),
        lambda values: values["total_steps"] is None,
        "OneCycleLR needs `total_steps`, or both `epochs` and `steps_per_epoch`; otherwise it raises a ValueError.",
    ),
    _Check(
        ("OneCycleLR",),
        lambda values: is_number(values["total_steps"]) and not isinstance(values["total_steps"], int),
        "`total_steps` must be an int, or a ValueError is raised; a division gives a float, `//` does not.",
    ),
    _Check(
        ("OneCycleLR",),
        lambda values: (
            is_number(values["pct_start"])
            and not (isinstance(values["pct_start"], float) and 0 <= values["pct_start"] <= 1)
        ),
        "`pct_start` is a share and must be a float in [0, 1], or a ValueError is raised.",
    ),
    _Check(
        ("OneCycleLR",),
        lambda values: (
            is_number(values["total_steps"])
            and is_number(values["pct_start"])
            and isclose(values["pct_start"] * values["total_steps"], 1, rel_tol=1e-15)
        ),
        "`pct_start` times the number of steps is 1, so the rise has no length and OneCycleLR raises a "
        "ZeroDivisionError. Make the rise longer.",
    ),
    _Check(
        ("ReduceLROnPlateau",),
        lambda values: is_number(values["factor"]) and values["factor"] >= 1,
        "A `factor` of 1 or more reduces nothing; ReduceLROnPlateau raises a ValueError.",
    ),
    _Check(
        ("ExponentialLR", "StepLR", "MultiStepLR"),
        lambda values: is_number(values["gamma"]) and values["gamma"] > 1,
        "A `gamma` above 1 raises the learning rate again and again, without end.",
    ),
    _Check(
        ("LinearLR",),
        lambda values: is_number(values["start_factor"]) and not 0 < values["start_factor"] <= 1,
        "`start_factor` must lie in (0, 1], or a ValueError is raised; begin with a small number instead of 0.",
    ),
    _Check(
        ("LinearLR",),
        _below("total_iters", 1),
        "Without any steps LinearLR never leaves its first factor, so the learning rate stays there.",
    ),
    _Check(
        ("CyclicLR",),
        lambda values: is_number(values["step_size_up"]) and values["step_size_up"] <= 0,
        "`step_size_up` must be above 0, or the cycle has no length and divides by zero.",
    ),
    _Check(
        ("CyclicLR",),
        lambda values: (
            all(is_number(values[name]) for name in ("base_lr", "max_lr")) and values["base_lr"] > values["max_lr"]
        ),
        "`base_lr` is the lower end of the cycle and `max_lr` the upper one; here they have changed places.",
    ),
    _Check(
        ("SequentialLR",),
        lambda values: (
            isinstance(values["schedulers"], tuple)
            and isinstance(values["milestones"], tuple)
            and len(values["schedulers"]) != len(values["milestones"]) + 1
        ),
        "There must be one scheduler more than milestones, or a ValueError is raised.",
    ),
)


def optimizer_problems(one: Made, peak: float | None) -> list[Note]:
    """What looks wrong in the call that makes the optimizer ``one``; ``peak`` is the rate that a schedule sets."""
    notes = [*_checked(one.name, dict(one.values), one.line), *_unknown(one.name, one.given, one.line)]
    rate = one.values.get("lr") if peak is None else peak
    loud = [key for key, optimizer in OPTIMIZERS.items() if _is(one.name, key) and optimizer.family is Family.ADAM]
    if loud and is_number(rate) and rate >= _LOUD_RATE:
        notes.append(
            Note(
                Kind.WRONG,
                one.line,
                f"A learning rate of {digits(rate)} is far too long a step for a network. "
                f"{OPTIMIZERS['adam'].idea.partition('. ')[2].rstrip('.')}, and most weights of a network are smaller "
                "than that.",
            )
        )
    return notes


def _is(name: str, key: str) -> bool:
    peer = OPTIMIZERS[key].torch
    return peer is not None and peer.name == name


def scheduler_problems(one: Called, bound: Given, optimizer: Made | None) -> list[Note]:
    """What looks wrong in the call that makes the scheduler ``one`` of ``optimizer``."""
    values = {name: None if isinstance(value, Open) else value for name, value in one.arguments.items()}
    if one.name == "OneCycleLR" and isinstance(one.arguments["total_steps"], Open):
        # It is unknown only if something was said.
        told = one.told & {"total_steps", "epochs", "steps_per_epoch"}
        values["total_steps"] = Open("") if "total_steps" in told or len(told) > 1 else None
    notes = [*_checked(one.name, values, one.line), *_unknown(one.name, bound, one.line)]
    for part in one.arguments.get("schedulers") or () if isinstance(one.arguments.get("schedulers"), tuple) else ():
        if isinstance(part, Called):
            notes += scheduler_problems(part, Given({}), optimizer)
    return [*notes, *_cycled_momentum(one, optimizer)]


def _checked(name: str, values: dict[str, Any], line: int) -> Iterator[Note]:
    for check in _CHECKS:
        if name in check.classes and check.holds(values):
            yield Note(Kind.WRONG, line, check.sentence)


def _cycled_momentum(one: Called, optimizer: Made | None) -> Iterator[Note]:
    if optimizer is None or one.arguments.get("cycle_momentum") is not True:
        return
    ends = [one.arguments[name] for name in ("base_momentum", "max_momentum")]
    between = f"between {digits(ends[0])} and {digits(ends[1])}" if all(map(is_number, ends)) else "up and down"
    told = {"momentum": "momentum" in optimizer.values, "betas": "betas" in optimizer.values}
    if not any(told.values()):
        yield Note(
            Kind.WRONG,
            one.line,
            f"{one.name} moves the momentum unless `cycle_momentum=False`, and {optimizer.name} has none to move, so "
            "it raises a ValueError.",
        )
    elif told["momentum"] and optimizer.values["momentum"] == 0:
        yield Note(
            Kind.WRONG,
            one.line,
            f"{one.name} moves the momentum {between} unless `cycle_momentum=False`. That switches it on for this "
            f"{optimizer.name}, which was made without.",
        )
    elif told["betas"] and one.name == "CyclicLR":
        yield Note(
            Kind.WRONG,
            one.line,
            f"Unless `cycle_momentum=False`, CyclicLR moves the first of {optimizer.name}'s `betas` {between}, "
            "whatever it was set to; older versions of PyTorch raise a ValueError.",
        )


# What people call an argument that has another name in PyTorch, or had it once.
_CALLED = {
    "learning_rate": "In PyTorch the learning rate is called `lr`.",
    "beta_1": "In PyTorch both decay rates are given together, as `betas`.",
    "beta_2": "In PyTorch both decay rates are given together, as `betas`.",
    "beta1": "In PyTorch both decay rates are given together, as `betas`.",
    "beta2": "In PyTorch both decay rates are given together, as `betas`.",
    "epsilon": "In PyTorch it is called `eps`.",
    "verbose": "It was deprecated in PyTorch 2.2 and is gone; print `scheduler.get_last_lr()` instead.",
}


def _unknown(name: str, bound: Given, line: int) -> Iterator[Note]:
    """Arguments that the class does not take."""
    for argument in bound.unknown:
        hint = _CALLED.get(argument, "")
        yield Note(
            Kind.WRONG, line, f"{name} has no argument {{}}, so Python raises a TypeError. {hint}".rstrip(), (argument,)
        )
    if bound.surplus:
        yield Note(Kind.WRONG, line, f"{name} takes fewer arguments without a name than this call gives it.")
