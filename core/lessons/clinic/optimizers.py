"""A call of an optimizer as an update rule of this guide."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.catalogue.optimizers import OPTIMIZERS, Family, Optimizer
from core.catalogue.optimizers import optimizer as by_text
from core.catalogue.wraps import WRAPS, Wrap, wrapped
from core.formula import FormulaError
from core.formula.words import digits
from core.lessons.clinic.calls import CALLS, OWN_RULES, SWITCHES, Called
from core.lessons.clinic.names import Value, is_number
from core.lessons.clinic.text import Kind, Note, left, wrong

# A rule that moves each coordinate by about its rate is at least this far off at it.
_LOUD_RATE = 0.1


@dataclass(frozen=True)
class Rule:
    """An update rule: its key or text, its numbers, and what there is to say of how it was found.

    ``plain`` is the key of the rule that a text was made from.
    """

    optimizer: str | None
    hypers: dict[str, float]
    notes: tuple[Note, ...]
    plain: str = ""


def rule(one: Called) -> Rule:
    """The rule of the catalogue that takes the steps of ``one``, or a text of its own."""
    notes = list(_beside(one))
    if one.name in OWN_RULES:
        optimizer = OPTIMIZERS[OWN_RULES[one.name]]
        betas = one.values["betas"] if isinstance(one.values["betas"], tuple) else ()
        values = {**one.values, **{f"beta{index}": beta for index, beta in enumerate(betas, 1)}}
        hypers = {name: float(value) for name, value in values.items() if is_number(value)}
        said = f"`{one.name}` is not in torch.optim; it is taken as the rule {optimizer.name} of this guide."
        return _within(optimizer, hypers, [*notes, Note(Kind.TAKEN, one.line, said)], one.line)
    name, values = one.name, dict(one.values)
    if name == "Adam" and values["decoupled_weight_decay"] is True:
        name, values = "AdamW", {key: value for key, value in values.items() if key != "decoupled_weight_decay"}
    fits = [fit for optimizer in OPTIMIZERS.values() if (fit := _fit(optimizer, name, values, one)) is not None]
    if not fits:
        sentence = f"torch.optim.{one.name} has no counterpart here, so there is no rule to run."
        return Rule(None, {}, (*notes, left(one.line, sentence)))
    _, optimizer, hypers, other = min(fits, key=lambda fit: fit[0])
    listed = ", ".join(f"`{hyper}` {digits(value)}" for hyper, value in hypers.items())
    notes.append(Note(Kind.TAKEN, one.line, f"`{one.name}` is the rule {optimizer.name} here: {listed}."))
    if optimizer.torch is not None and optimizer.torch.note:
        notes.append(left(one.line, optimizer.torch.note))
    apart = [argument for argument in other if argument not in ("weight_decay", "decoupled_weight_decay")]
    notes += [left(one.line, f"`{argument}` has no counterpart in the rule {optimizer.name}.") for argument in apart]
    taken = _within(optimizer, hypers, notes, one.line)
    if "weight_decay" in other and is_number(values["weight_decay"]):
        return _decaying(taken, float(values["weight_decay"]), bool(values.get("decoupled_weight_decay")), one.line)
    return taken


def loud_rate(one: Called, rate: Any) -> Iterator[Note]:
    """Whether ``rate`` is far too large for the optimizer ``one``, which moves each coordinate by about as much."""
    peers = [optimizer for optimizer in OPTIMIZERS.values() if optimizer.torch and optimizer.torch.name == one.name]
    if any(peer.family is Family.ADAM for peer in peers) and is_number(rate) and rate >= _LOUD_RATE:
        idea = OPTIMIZERS["adam"].idea.partition(". ")[2].rstrip(".")
        yield wrong(
            one.line,
            f"A learning rate of {digits(rate)} is far too long a step for a network. {idea}, and most weights of a "
            "network are smaller than that.",
        )


# --- Which rule ---


_Fit = tuple[tuple[int, int, int], Optimizer, dict[str, float], list[str]]
"""How badly a rule fits a call, the rule, its numbers, and which arguments of the call it leaves."""


def _fit(optimizer: Optimizer, name: str, values: Mapping[str, Value], one: Called) -> _Fit | None:
    peer = optimizer.torch
    if peer is None or peer.name != name:
        return None
    call = ast.parse(f"dict({peer.arguments})", mode="eval").body
    assert isinstance(call, ast.Call)
    declared = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
    hypers: dict[str, float] = {}
    for argument, node in declared.items():
        parts, given = ([node], (values[argument],))
        if isinstance(node, ast.Tuple):
            parts, given = node.elts, values[argument]
        if not isinstance(given, tuple) or len(given) != len(parts):
            return None
        for part, value in zip(parts, given, strict=True):
            if isinstance(part, ast.Name) and is_number(value):
                hypers[part.id] = float(value)
            elif not isinstance(part, ast.Constant) or part.value is not value:
                return None
    defaults = CALLS[name]
    other = [key for key in defaults if key not in declared and values.get(key, defaults[key]) != defaults[key]]
    # A switch that is told and is off, such as nesterov=False, says nothing.
    told = sum(1 for key in one.told if key in declared and not isinstance(values.get(key), bool))
    return (len(other), -told, len(declared)), optimizer, hypers, other


# --- What is not taken ---


def _beside(one: Called) -> Iterator[Note]:
    """Notes on what the call says beside numbers, and on numbers without a value."""
    for name, text in one.unclear.items():
        if name in one.values and name not in SWITCHES:
            default = _plain(one.values[name])
            sentence = f"`{name}` is {{}}, to which the text gives no value, so the default {default} is used."
            yield left(one.line, sentence, text)
    if one.values.get("maximize") is True:
        yield left(one.line, "`maximize=True` turns every step around; here the loss is minimised, as without it.")
    params = one.told.get("params")
    if isinstance(params, ast.List) and any(isinstance(item, ast.Dict | ast.Call) for item in params.elts):
        yield left(
            one.line,
            "Groups of parameters with settings of their own are not taken: a picture has one group, and what stands "
            "outside the list is used.",
        )
    if one.spread:
        yield left(one.line, "What is handed over with * or ** is not read; write it out.")


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
        try:
            kept[hyper.name] = hyper.check(hypers[hyper.name])
        except ValueError as error:
            near = hyper.clamp(hypers[hyper.name])
            kept[hyper.name] = float(round(near)) if hyper.whole else near
            notes.append(left(line, f"{error} {digits(kept[hyper.name])} is used."))
    return Rule(optimizer.reference, kept, tuple(notes))


# --- Weight decay ---


def _coupled(text: Any) -> tuple[list[str], list[str]]:
    """Adds the decay to every gradient that the lines ask for."""
    decay, pulled = text.free("weight_decay"), text.free("pulled")
    declared = [f"{decay}: (0, 100) = 0"]
    if any("grad(" in line for line in text.lines):
        return declared, [re.sub(r"\bgrad\(([^()]*)\)", rf"(grad(\1) + {decay}*(\1))", line) for line in text.lines]
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
        said = left(line, "`weight_decay` has no counterpart in this rule, so nothing decays here.")
        return replace(found, notes=(*found.notes, said))
    how = "shrinks the weights before each step" if decoupled else "is added to the gradient, as a penalty would be"
    said = Note(
        Kind.TAKEN,
        line,
        f"`weight_decay` {digits(decay)} {how}. {plain.name} has no such term, so the rule is taken as one of your "
        "own.",
    )
    own = _within(by_text(text), found.hypers | {"weight_decay": decay}, [*found.notes, said], line)
    return replace(own, plain=plain.key)
