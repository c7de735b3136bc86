"""A call of a scheduler as a schedule of this guide."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from core.catalogue.hypers import Hyper
from core.catalogue.schedules import SCHEDULES, Schedule
from core.catalogue.schedules import schedule as by_text
from core.formula import FormulaError
from core.formula.words import digits
from core.lessons.clinic.examined import Kind, Note
from core.lessons.clinic.factors import own_text
from core.lessons.clinic.functions import function_of
from core.lessons.clinic.match import Called, Rest, matched
from core.lessons.clinic.names import Function, Names
from core.lessons.clinic.signatures import SIGNATURES, given
from core.lessons.clinic.translation import Inexpressible
from core.lessons.clinic.values import Open, Value, is_number, written

# The argument that says how long a schedule is.
_LENGTHS: Mapping[str, str] = MappingProxyType(
    {
        "CosineAnnealingLR": "T_max",
        "LinearLR": "total_iters",
        "OneCycleLR": "total_steps",
        "PolynomialLR": "total_iters",
        "get_cosine_schedule_with_warmup": "num_training_steps",
        "get_linear_schedule_with_warmup": "num_training_steps",
    }
)
# Steps of a run whose length only the text's own numbers could tell, and do not.
_STAND_IN = 1_000_000
# Hyperparameters that count steps may be this large.
_COUNTS = 1_000.0
# What rounding adds to a whole number at most.
_NEAR = 1e-9
# Schedulers inside each other.
_MOST_LEVELS = 4


@dataclass(frozen=True)
class Taken:
    """A schedule: its key or text, its numbers, the learning rate that it multiplies, and what there is to say."""

    schedule: str
    hypers: dict[str, float]
    rate: float
    notes: tuple[Note, ...]


def called(call: ast.Call, name: str, names: Names, scope: Function | None, level: int = 0) -> Called:
    """``call`` of the scheduler ``name`` with the values of its arguments."""
    signature = SIGNATURES[name]
    arguments = given(call, signature).arguments
    values: dict[str, Any] = {parameter: Open("") for parameter in signature.parameters} | dict(signature.defaults)
    unclear = {}
    for parameter, node in arguments.items():
        if parameter == "optimizer":
            continue
        value = _READ.get(parameter, _number)(node, names, scope, level)
        if isinstance(value, Open):
            unclear[parameter] = value.text
        if not isinstance(value, Open) or parameter not in signature.defaults or parameter == _LENGTHS.get(name):
            values[parameter] = value
    if name == "OneCycleLR" and values["total_steps"] is None:
        whole = [values[one] for one in ("epochs", "steps_per_epoch")]
        values["total_steps"] = whole[0] * whole[1] if all(map(is_number, whole)) else Open("")
    return Called(name, values, frozenset(arguments), call.lineno, unclear)


def _number(node: ast.expr, names: Names, scope: Function | None, level: int) -> Value | Open:
    """The value of ``node``; where a list gives it for each group of parameters, that of the only one."""
    value = names.value(node, scope)
    return value[0] if isinstance(value, tuple) and len(value) == 1 and is_number(value[0]) else value


def _function(node: ast.expr, names: Names, scope: Function | None, level: int) -> Any:
    if isinstance(node, ast.List) and len(node.elts) == 1:
        node = node.elts[0]
    if isinstance(node, ast.Constant) and node.value is None:
        return None
    return function_of(node, names, scope) or Open(written(node))


def _numbers(node: ast.expr, names: Names, scope: Function | None, level: int) -> Value | Open:
    return names.value(node, scope)


def _parts(node: ast.expr, names: Names, scope: Function | None, level: int) -> Any:
    """The schedulers in a list, each written there or assigned to a name before."""
    path = written(node)
    if isinstance(node, ast.Name) and (assigned := names.expression(node.id, scope)) is not None:
        node = assigned
    if not isinstance(node, ast.List | ast.Tuple) or level >= _MOST_LEVELS:
        return Open(path)
    return tuple(_part(one, names, scope, level) for one in node.elts)


def _part(node: ast.expr, names: Names, scope: Function | None, level: int) -> Called | Open:
    made = node
    if not isinstance(node, ast.Call):
        made = names.expression(written(node), scope) or node
    if isinstance(made, ast.Call):
        name = names.path(made.func).rpartition(".")[2]
        if name in SIGNATURES:
            return called(made, name, names, scope, level + 1)
    return Open(written(node))


# How arguments are read that are not numbers.
_READ: Mapping[str, Callable[[ast.expr, Names, Function | None, int], Any]] = MappingProxyType(
    {"schedulers": _parts, "lr_lambda": _function, "scale_fn": _function, "milestones": _numbers}
)


def length(one: Called) -> Value | Open | None:
    """How many steps the schedule ``one`` lasts by its own numbers; ``None`` if it has no end."""
    if one.name == "SequentialLR":
        parts, milestones = one.arguments["schedulers"], one.arguments["milestones"]
        if not isinstance(parts, tuple) or not isinstance(milestones, tuple) or not parts or not milestones:
            return None
        last = length(parts[-1]) if isinstance(parts[-1], Called) else None
        return last + milestones[-1] if is_number(last) and is_number(milestones[-1]) else last
    if one.name == "LinearLR" and not _falls(one):
        return None
    return one.arguments[_LENGTHS[one.name]] if one.name in _LENGTHS else None


def _falls(one: Called) -> bool:
    first, last = one.arguments["start_factor"], one.arguments["end_factor"]
    return is_number(first) and is_number(last) and last < first


def told_steps(one: Called) -> int | None:
    """The whole number of steps that the schedule lasts, if it says so."""
    steps = length(one)
    return int(steps) if is_number(steps) and steps >= 1 and steps == int(steps) else None


def taken(one: Called, rate: float, steps: int | None, most: int) -> Taken:
    """The schedule that ``one`` makes of the learning rate ``rate``, and what was not taken of it.

    ``steps`` is how many the text tells; a run takes ``most`` of them. It is constant where this guide cannot follow,
    which a note says.
    """
    notes = _beside(one)
    peak = one.arguments.get("max_lr")
    if is_number(peak) and peak > 0:
        rate = float(peak)
    stretch = max(1.0, steps / most) if steps else 1.0
    settled = _settled(one, steps)
    whole = steps or told_steps(settled) or _STAND_IN
    found = _in_catalogue(_settled(one, whole), rate, whole)
    if found is not None and stretch > 1:
        found = _shorter(*found, stretch)
    if found is None:
        try:
            text = own_text(settled, rate, stretch)
            by_text(text)
        except Inexpressible as error:
            sentence = f"The schedule is not taken, because {error.reason}; the learning rate stays the same here."
            return Taken("constant", {}, rate, (*notes, Note(Kind.LEFT, one.line, sentence, error.quotes)))
        except FormulaError:
            sentence = "The schedule is too long for the language of schedules; the learning rate stays the same here."
            return Taken("constant", {}, rate, (*notes, Note(Kind.LEFT, one.line, sentence)))
        said = f"`{one.name}` is taken as a schedule of your own."
        return Taken(text, {}, rate, (Note(Kind.TAKEN, one.line, said), *notes))
    entry, hypers = found
    return Taken(entry.key, hypers, rate, (Note(Kind.TAKEN, one.line, _said(one, entry, hypers)), *notes))


def _said(one: Called, entry: Schedule, hypers: Mapping[str, float]) -> str:
    listed = ", ".join(f"`{name}` {digits(value)}" for name, value in hypers.items())
    return f"`{one.name}` is the schedule {entry.name} here" + (f": {listed}." if listed else ".")


def _settled(one: Called, steps: int | Rest | None) -> Called:
    """``one``, with the length of the whole run where the text does not give its own; a ``Rest`` if that is open."""
    if one.name == "SequentialLR" and isinstance(one.arguments["schedulers"], tuple):
        *first, last = one.arguments["schedulers"] or (Open(""),)
        milestones = one.arguments["milestones"]
        begin = milestones[-1] if isinstance(milestones, tuple) and milestones else None
        if isinstance(last, Called) and is_number(begin):
            rest = max(int(steps - begin), 1) if isinstance(steps, int) else Rest(begin)
            return one.with_arguments(schedulers=(*first, _settled(last, rest)))
    name = _LENGTHS.get(one.name, "")
    if steps is not None and name and isinstance(one.arguments[name], Open):
        return one.with_arguments(**{name: steps})
    return one


def _in_catalogue(one: Called, rate: float, steps: int) -> tuple[Schedule, dict[str, float]] | None:
    """The entry of the catalogue whose counterpart is ``one`` for a run of ``steps``, and its numbers."""
    ours = one.with_arguments(**_NEUTRAL.get(one.name, {}))
    for entry in SCHEDULES.values():
        for condition, text in (*entry.torch_edges, ("", entry.torch)):
            hypers = _fitting(entry, condition, text, ours, rate, steps)
            if hypers is not None:
                return entry, hypers
    return None


def _fitting(
    entry: Schedule, condition: str, text: str, one: Called, rate: float, steps: int
) -> dict[str, float] | None:
    names = {hyper.name for hyper in entry.hypers}
    known = {"T": float(steps), "lr": rate}
    if condition:
        # Such as warmup == 0.
        left, _, right = condition.partition(" == ")
        known |= {left: float(right)} if left in names else {}
    found = matched(text, one, known)
    if found is None:
        return None
    hypers = {hyper.name: _plain(hyper, found.get(hyper.name, hyper.default)) for hyper in entry.hypers}
    try:
        checked = {hyper.name: hyper.check(hypers[hyper.name]) for hyper in entry.hypers}
    except ValueError:
        return None
    return checked if entry.torch_for(steps, checked) == text else None


def _plain(hyper: Hyper, value: float) -> float:
    """``value``, which is whole if it should be and arithmetic left only the last digits to say otherwise."""
    near = float(round(value))
    return near if hyper.whole and abs(value - near) < _NEAR else value


def _shorter(entry: Schedule, hypers: dict[str, float], stretch: float) -> tuple[Schedule, dict[str, float]] | None:
    """The same schedule for a run that is shorter by ``stretch``; nothing if it does not scale with its length."""
    counts = {hyper.name for hyper in entry.hypers if hyper.whole and hyper.bounds[1] > _COUNTS}
    if not counts and entry.hypers and "T" not in entry.parsed.reads:
        return None
    return entry, {
        name: max(1.0, float(round(value / stretch))) if name in counts and value else value
        for name, value in hypers.items()
    }


# What is left out where a call is compared: of ReduceLROnPlateau also how small a reduction is none, which is tiny
# unless somebody changed it; of OneCycleLR the factors of its length, which is known already.
_NEUTRAL: Mapping[str, Mapping[str, Value]] = MappingProxyType(
    {
        "ReduceLROnPlateau": {"mode": "min", "threshold_mode": "rel", "cooldown": 0, "eps": 0.0},
        "OneCycleLR": {"epochs": None, "steps_per_epoch": None},
    }
)
# What else a scheduler may be told, and the value under which there is nothing to say.
_LEFT: Mapping[str, tuple[Value, str]] = MappingProxyType(
    {
        "mode": ("min", '`mode="max"` waits for a metric to rise; here the loss is what must fall.'),
        "threshold_mode": ("rel", '`threshold_mode="abs"` has no counterpart: the threshold is a share of the loss.'),
        "cooldown": (0, "`cooldown` has no counterpart: steps without progress are counted right after a reduction."),
        "last_epoch": (-1, "`last_epoch` continues an earlier run; here every schedule begins at its first step."),
    }
)


def _beside(one: Called) -> tuple[Note, ...]:
    """Notes on settings of ``one`` that have no counterpart."""
    notes = [
        Note(Kind.LEFT, one.line, sentence)
        for name, (neutral, sentence) in _LEFT.items()
        if (name in one.arguments and (one.name == "ReduceLROnPlateau" or name == "last_epoch"))
        and not isinstance(one.arguments[name], Open)
        and one.arguments[name] != neutral
    ]
    if one.arguments.get("cycle_momentum") is True:
        notes.append(
            Note(
                Kind.LEFT,
                one.line,
                f"{one.name} also moves the momentum, or `beta1`, unless `cycle_momentum=False`. Here momenta stay as "
                "they are.",
            )
        )
    if "max_lr" in one.arguments and is_number(one.arguments["max_lr"]):
        notes.append(
            Note(
                Kind.TAKEN,
                one.line,
                f"{one.name} sets the learning rate itself: its peak {digits(one.arguments['max_lr'])} takes the place "
                "of the optimizer's own.",
            )
        )
    return (*notes, *_open_arguments(one))


def _open_arguments(one: Called) -> tuple[Note, ...]:
    notes = []
    for name, text in sorted(one.unclear.items()):
        default = SIGNATURES[one.name].defaults.get(name)
        if name in (_LENGTHS.get(one.name), "epochs", "steps_per_epoch"):
            instead = "; the schedule is taken to last as long as the run"
        else:
            instead = f", so PyTorch's default {digits(default)} is used" if is_number(default) else ""
        sentence = f"`{name}` of {one.name} is {{}}, to which the text gives no value{instead}."
        notes.append(Note(Kind.LEFT, one.line, sentence, (text,)))
    parts = one.arguments.get("schedulers")
    inner = [part for part in parts if isinstance(part, Called)] if isinstance(parts, tuple) else []
    return (*notes, *(note for part in inner for note in _open_arguments(part)))
