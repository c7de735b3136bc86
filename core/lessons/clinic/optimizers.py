"""A call of an optimizer as an update rule of this guide."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS, Optimizer
from core.catalogue.optimizers import optimizer as by_text
from core.catalogue.wraps import WRAPS, Wrap, wrapped
from core.export.expressions import class_name
from core.formula import FormulaError
from core.formula.words import digits
from core.lessons.clinic.examined import Kind, Note
from core.lessons.clinic.match import matched_value
from core.lessons.clinic.names import Function, Names
from core.lessons.clinic.signatures import OPTIMIZER_CALLS, SIGNATURES, Given, Signature, given
from core.lessons.clinic.values import Open, Value, is_number


@dataclass(frozen=True)
class Made:
    """A call that makes an optimizer: its class, the values of its parameters, and what it gives them."""

    name: str
    values: Mapping[str, Value]
    given: Given
    line: int
    unclear: Mapping[str, str]


@dataclass(frozen=True)
class Rule:
    """An update rule: its key or text, its numbers, and what there is to say of how it was found.

    ``plain`` is the key of the rule that a text was made from.
    """

    optimizer: str | None
    hypers: dict[str, float]
    notes: tuple[Note, ...]
    plain: str = ""


def _own_calls() -> dict[str, Signature]:
    """How the classes are called that the export writes for rules which torch.optim does not have."""
    return {
        class_name(one): Signature(
            ("params", *(hyper.name for hyper in one.hypers), "betas"),
            len(one.hypers) + 1,
            {hyper.name: hyper.default for hyper in one.hypers} | {"betas": None},
        )
        for one in OPTIMIZERS.values()
        if one.torch is None
    }


_OWN_CALLS: Mapping[str, Signature] = MappingProxyType(_own_calls())
_OWN_KEYS: Mapping[str, str] = MappingProxyType(
    {class_name(one): one.key for one in OPTIMIZERS.values() if one.torch is None}
)
# By the names of classes: those of torch.optim, and those of rules that it does not have.
KNOWN: Mapping[str, Signature] = MappingProxyType(
    {**_OWN_CALLS, **{name: SIGNATURES[name] for name in OPTIMIZER_CALLS}}
)


def made(call: ast.Call, name: str, names: Names, scope: Function | None) -> Made:
    """``call`` of the optimizer ``name`` with the values of its arguments."""
    signature = KNOWN[name]
    bound = given(call, signature)
    values, unclear = dict(signature.defaults), {}
    for parameter, node in bound.arguments.items():
        if parameter == "params":
            continue
        value = names.value(node, scope)
        if isinstance(value, Open):
            unclear[parameter] = value.text
        else:
            values[parameter] = value
    return Made(name, values, bound, call.lineno, unclear)


def rule(one: Made) -> Rule:
    """The rule of the catalogue that takes the steps of ``one``, or a text of its own."""
    notes = [*_unclear(one), *_groups(one)]
    if one.name in _OWN_KEYS:
        optimizer = OPTIMIZERS[_OWN_KEYS[one.name]]
        values = dict(one.values)
        betas = values.pop("betas", None)
        if isinstance(betas, tuple):
            values |= {f"beta{index}": beta for index, beta in enumerate(betas, 1) if f"beta{index}" in values}
        hypers = {name: float(value) for name, value in values.items() if is_number(value)}
        missing = f"`{one.name}` is not in torch.optim; it is taken as the rule {optimizer.name} of this guide."
        return _within(optimizer, hypers, [*notes, Note(Kind.TAKEN, one.line, missing)], one.line)
    # AdamW is Adam with this switch; with amsgrad there is no key for it.
    values = dict(one.values)
    if one.name == "AdamW" and values["amsgrad"] is True:
        values["decoupled_weight_decay"] = True
    name = "Adam" if one.name == "AdamW" and values["amsgrad"] is True else one.name
    if name == "Adam" and values["decoupled_weight_decay"] is True and values["amsgrad"] is False:
        name, values = "AdamW", {key: value for key, value in values.items() if key != "decoupled_weight_decay"}
    fits = [found for key in OPTIMIZERS if (found := _fit(key, name, values, one.given)) is not None]
    if not fits:
        sentence = f"torch.optim.{one.name} has no counterpart here, so there is no rule to run."
        return Rule(None, {}, (*notes, Note(Kind.LEFT, one.line, sentence)))
    best = min(fits, key=lambda fit: fit.badness)
    optimizer = OPTIMIZERS[best.key]
    notes.append(Note(Kind.TAKEN, one.line, _said(one, optimizer, best.hypers)))
    if optimizer.torch is not None and optimizer.torch.note:
        notes.append(Note(Kind.LEFT, one.line, optimizer.torch.note))
    notes += [Note(Kind.LEFT, one.line, _LEFT[left]) for left in best.left if left in _LEFT]
    taken = _within(optimizer, best.hypers, notes, one.line)
    if "weight_decay" in best.left and is_number(values["weight_decay"]):
        return _decaying(taken, float(values["weight_decay"]), bool(values.get("decoupled_weight_decay")), one.line)
    return taken


# --- Which rule ---


@dataclass(frozen=True)
class _Fit:
    """The rule ``key`` as what a call makes: its numbers, what is ``left`` of the call, and how badly it fits."""

    key: str
    hypers: dict[str, float]
    left: tuple[str, ...]
    badness: tuple[int, int, int]


def _fit(key: str, name: str, values: Mapping[str, Value], bound: Given) -> _Fit | None:
    peer = OPTIMIZERS[key].torch
    if peer is None or peer.name != name:
        return None
    call = ast.parse(f"dict({peer.arguments})", mode="eval").body
    assert isinstance(call, ast.Call)
    declared = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
    hypers: dict[str, float] = {}
    for argument, node in declared.items():
        found = matched_value(node, values[argument], hypers)
        if found is None:
            return None
        hypers = found
    left = tuple(
        argument
        for argument, default in SIGNATURES[name].defaults.items()
        if argument not in declared and argument not in _SAME_STEPS and values.get(argument, default) != default
    )
    # A switch that is told and is off, such as nesterov=False, says nothing.
    told = sum(1 for one in bound.arguments if one in declared and not isinstance(values.get(one), bool))
    return _Fit(key, hypers, left, (len(left), -told, len(declared)))


def _said(one: Made, optimizer: Optimizer, hypers: Mapping[str, float]) -> str:
    listed = ", ".join(f"`{name}` {digits(value)}" for name, value in hypers.items())
    return f"`{one.name}` is the rule {optimizer.name} here: {listed}."


# --- What is left ---

# These change how fast a step is taken, and not where to.
_SAME_STEPS = frozenset({"foreach", "fused", "capturable", "differentiable"})
_LEFT: Mapping[str, str] = MappingProxyType(
    {
        "adjust_lr_fn": "`adjust_lr_fn` scales the rate by the shape of a matrix; a point has none.",
        "centered": "`centered` has no counterpart: here RMSProp divides by the mean square, and not by the variance.",
        "dampening": "`dampening` has no counterpart: here the velocity takes in the whole gradient.",
        "decoupled_weight_decay": "`decoupled_weight_decay` is taken as a decay of the weights themselves.",
        "eps": "`eps` of Muon has no counterpart.",
        "initial_accumulator_value": "`initial_accumulator_value` has no counterpart: here the sum begins at 0.",
        "lr_decay": "`lr_decay` has no counterpart; a schedule that falls does its work.",
        "maximize": "`maximize=True` turns every step around; here the loss is minimised, as without it.",
        "momentum": "`momentum` of this optimizer has no counterpart: here it has none.",
        "nesterov": "`nesterov` of this optimizer has no counterpart here.",
        "ns_coefficients": "`ns_coefficients` are those of the paper here.",
        "ns_steps": "`ns_steps` are five here.",
    }
)
_FAST = "{} changes how fast a step is computed, and not where it leads."


def _groups(one: Made) -> list[Note]:
    """Notes on what the call says beside numbers."""
    notes = []
    fast = [f"`{name}`" for name in one.given.arguments if name in _SAME_STEPS]
    if fast:
        notes.append(Note(Kind.LEFT, one.line, _FAST.format(", ".join(fast))))
    params = one.given.arguments.get("params")
    if isinstance(params, ast.List) and any(isinstance(item, ast.Dict | ast.Call) for item in params.elts):
        notes.append(
            Note(
                Kind.LEFT,
                one.line,
                "Groups of parameters with settings of their own are not taken: a picture has one group, and what "
                "stands outside the list is used.",
            )
        )
    if one.given.spread:
        notes.append(Note(Kind.LEFT, one.line, "What is handed over with * or ** is not read; write it out."))
    return notes


def _unclear(one: Made) -> list[Note]:
    return [
        Note(
            Kind.LEFT,
            one.line,
            f"`{name}` is {{}}, to which the text gives no value, so the default {_plain(one.values[name])} is used.",
            (text,),
        )
        for name, text in one.unclear.items()
        if name in one.values and name not in _SAME_STEPS
    ]


def _plain(value: Value) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_plain, value))})"
    return digits(value) if is_number(value) else str(value)


def _within(optimizer: Optimizer, hypers: Mapping[str, float], notes: list[Note], line: int) -> Rule:
    """The rule with those of ``hypers`` that it may have; what lies outside of its bounds is told."""
    kept: dict[str, float] = {}
    for hyper in optimizer.hypers:
        if hyper.name not in hypers:
            continue
        value, problem = _checked(hyper, hypers[hyper.name])
        kept[hyper.name] = value
        if problem:
            notes.append(Note(Kind.LEFT, line, f"{problem} {digits(value)} is used."))
    return Rule(optimizer.reference, kept, tuple(notes))


def _checked(hyper: Hyper, value: float) -> tuple[float, str]:
    try:
        return hyper.check(value), ""
    except ValueError as error:
        near = hyper.clamp(value)
        return (float(round(near)) if hyper.whole else near), str(error)


# --- Weight decay ---


def _coupled(text: Any) -> tuple[list[str], list[str]]:
    """Adds the decay to every gradient that the lines ask for."""
    free, lines = text.free, text.lines
    decay, pulled = free("weight_decay"), free("pulled")
    declared = [f"{decay}: (0, 100) = 0"]
    if any("grad(" in line for line in lines):
        there = [re.sub(r"\bgrad\(([^()]*)\)", rf"(grad(\1) + {decay}*(\1))", line) for line in lines]
        return declared, there
    return declared, [f"{pulled} = g + {decay}*x", *text.given("g", pulled)]


_COUPLED = Wrap(
    "L2 penalty",
    "Adds weight_decay·x to the gradient before the rule sees it.",
    "Loshchilov & Hutter 2019, arXiv:1711.05101",
    _coupled,
)


def _decaying(found: Rule, decay: float, decoupled: bool, line: int) -> Rule:
    """``found`` with weight decay around it, as a rule of one's own."""
    assert found.optimizer is not None
    plain = OPTIMIZERS[found.optimizer]
    try:
        text = wrapped(plain.text, WRAPS["decay"] if decoupled else _COUPLED)
    except FormulaError:
        said = Note(Kind.LEFT, line, "`weight_decay` has no counterpart in this rule, so nothing decays here.")
        return Rule(found.optimizer, found.hypers, (*found.notes, said))
    how = "shrinks the weights before each step" if decoupled else "is added to the gradient, as a penalty would be"
    said = Note(
        Kind.TAKEN,
        line,
        f"`weight_decay` {digits(decay)} {how}. {plain.name} has no such term, so the rule is taken as one of your "
        "own.",
    )
    own = _within(by_text(text), found.hypers | {"weight_decay": decay}, [*found.notes, said], line)
    return replace(own, plain=plain.key)
