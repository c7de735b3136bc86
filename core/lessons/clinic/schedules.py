"""A call of a scheduler as a schedule of this guide: one of the catalogue, or a text in the language of schedules."""

import ast
import math
import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from core.catalogue.schedules import SCHEDULES, Schedule
from core.catalogue.schedules import schedule as by_text
from core.formula import FormulaError
from core.formula.words import digits
from core.lessons.clinic.calls import CALLS, LENGTHS, Called, parts_of
from core.lessons.clinic.names import Names, Open, Value, dotted, is_number, value_of
from core.lessons.clinic.text import Kind, Note, left

# Steps of a run whose length only the text's own numbers could tell, and do not.
_STAND_IN = 1_000_000
# Declared texts write sums and products, whose last digits differ from how somebody else computes them.
_CLOSE, _DIGITS = 1e-11, 12
_NUMBER = re.compile(r"\b\d+(?:\.\d*)?(?:e[+-]?\d+)?")
# Those of Python's functions that the language has too.
_FUNCTIONS = frozenset({"abs", "cos", "exp", "floor", "log", "max", "min", "sin", "sqrt", "tanh", "where"})
# What a call says beside the learning rate; of ReduceLROnPlateau also how small a reduction is none, which is tiny
# unless somebody changed it; of OneCycleLR the factors of its length, which is known already.
_BESIDE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "": frozenset({"optimizer", "last_epoch", "cycle_momentum", "base_momentum", "max_momentum"}),
        "OneCycleLR": frozenset({"epochs", "steps_per_epoch"}),
        "ReduceLROnPlateau": frozenset({"mode", "threshold_mode", "cooldown", "eps"}),
    }
)
# What each scheduler multiplies the learning rate by after ``n`` calls; ``eta_min`` is a share of the rate here.
_FACTORS: Mapping[str, str] = MappingProxyType(
    {
        "ConstantLR": "where(n < {total_iters}, {factor}, 1)",
        "CosineAnnealingLR": "({eta_min} + (1 - {eta_min})*(1 + cos(pi*n/{T_max}))/2)",
        "ExponentialLR": "{gamma}**n",
        "LinearLR": "({start_factor} + ({end_factor} - {start_factor})*min(n, {total_iters})/{total_iters})",
        "PolynomialLR": "(1 - min(n, {total_iters})/{total_iters})**{power}",
        "StepLR": "{gamma}**floor(n/{step_size})",
    }
)


class _InexpressibleError(Exception):
    """The language of schedules has no words for one."""


@dataclass(frozen=True)
class Taken:
    """A schedule: its key or text, its numbers, the learning rate that it multiplies, and what there is to say."""

    schedule: str
    hypers: dict[str, float]
    rate: float
    notes: tuple[Note, ...]


def taken(one: Called, names: Names, rate: float, steps: int | None, most: int) -> Taken:
    """The schedule that ``one`` makes of the learning rate ``rate``, and what was not taken of it.

    ``steps`` is how many the text tells; a run takes ``most`` of them. It is constant where this guide cannot follow,
    which a note says.
    """
    peak = one.values.get("max_lr")
    rate = float(peak) if is_number(peak) and peak > 0 else rate
    whole = steps or told_steps(one) or _STAND_IN
    stretch = max(1.0, (steps or 1) / most)
    found = _in_catalogue(_lasting(one, whole), names, rate, whole)
    # Steps that are counted are not those of a shorter run.
    counted = found is not None and any(hyper.whole for hyper in found[0].hypers)
    if found is not None and (stretch == 1 or ("T" in found[0].parsed.reads and not counted) or not found[0].hypers):
        schedule, hypers = found[0].key, found[1]
        listed = ", ".join(f"`{name}` {digits(value)}" for name, value in hypers.items())
        note = Note(
            Kind.TAKEN, one.line, f"`{one.name}` is the schedule {found[0].name} here{': ' * bool(listed)}{listed}."
        )
    else:
        try:
            count = "t - 1" if stretch == 1 else f"(t - 1)*{_written(stretch)}"
            factor = _factor(_lasting(one, steps) if steps else one, names, rate)
            schedule, hypers = by_text(f"n = {count}\nfactor = {factor}").reference, {}
            note = Note(Kind.TAKEN, one.line, f"`{one.name}` is taken as a schedule of your own.")
        except (_InexpressibleError, FormulaError):
            schedule, hypers = "constant", {}
            said = f"There is no counterpart of {one.name} with these settings, so the learning rate stays the same."
            note = left(one.line, said)
    return Taken(schedule, hypers, rate, (note, *_beside(one)))


def told_steps(one: Called) -> int | None:
    """The whole number of steps that the schedule lasts, if it says so."""
    steps = _length(one)
    return int(steps) if is_number(steps) and steps >= 1 and steps == int(steps) else None


def _length(one: Called) -> Value | Open | None:
    """How many steps the schedule ``one`` lasts by its own numbers; ``None`` if it has no end."""
    parts, milestones = one.values.get("schedulers"), one.values.get("milestones")
    if isinstance(parts, tuple) and isinstance(milestones, tuple) and milestones:
        last = _length(parts[-1]) if parts and isinstance(parts[-1], Called) else None
        return last + milestones[-1] if is_number(last) and is_number(milestones[-1]) else None
    if one.name == "LinearLR" and not one.values["end_factor"] < one.values["start_factor"]:
        return None
    name = next((name for name in ("T_max", "total_steps", "total_iters") if name in one.values), "")
    return one.values[name] if name and one.name != "ConstantLR" else None


def _lasting(one: Called, steps: int) -> Called:
    """``one`` with the length of a run of ``steps`` where the text does not give its own."""
    parts, milestones = one.values.get("schedulers"), one.values.get("milestones")
    if isinstance(parts, tuple) and parts and isinstance(parts[-1], Called) and isinstance(milestones, tuple):
        begin = milestones[-1] if milestones and is_number(milestones[-1]) else 0
        return one.with_values(schedulers=(*parts[:-1], _lasting(parts[-1], max(int(steps - begin), 1))))
    unknown = [name for name, value in one.values.items() if name in LENGTHS and isinstance(value, Open)]
    return one.with_values(**dict.fromkeys(unknown, steps))


# --- Of the catalogue ---


def _in_catalogue(one: Called, names: Names, rate: float, steps: int) -> tuple[Schedule, dict[str, float]] | None:
    """The entry of the catalogue whose counterpart is ``one`` for a run of ``steps``, and its numbers.

    Declarations hold PyTorch's counterpart as Python with the names of hyperparameters in it. Such a text is laid over
    the call, and what stands where a name does, or arithmetic with one, gives the number of the name.
    """
    for entry in SCHEDULES.values():
        for condition, text in (*entry.torch_edges, ("", entry.torch)):
            known = {"T": float(steps), "lr": rate}
            # Such as warmup == 0.
            name, _, number = condition.partition(" == ")
            known |= {name: float(number)} if any(name == hyper.name for hyper in entry.hypers) else {}
            pairs = list(_pairs(ast.parse(text, mode="eval").body, one, names))
            # An argument may need a name that only a later one tells.
            waiting = [pair for pair in pairs if not _same(*pair, known)]
            if not all(_same(*pair, known) for pair in waiting):
                continue
            hypers = {hyper.name: known.get(hyper.name, hyper.default) for hyper in entry.hypers}
            # What should be whole has only rounding beside it.
            hypers |= {hyper.name: float(f"{hypers[hyper.name]:.9g}") for hyper in entry.hypers if hyper.whole}
            try:
                hypers = {hyper.name: hyper.check(hypers[hyper.name]) for hyper in entry.hypers}
            except ValueError:
                continue
            if entry.torch_for(steps, hypers) == text:
                return entry, hypers
    return None


def _pairs(declared: ast.expr, given: Any, names: Names) -> Iterator[tuple[ast.expr, Any]]:
    """The parts of a declared expression, each with what must be the same."""
    match declared:
        case ast.Call(ast.Name(name), arguments, keywords) if isinstance(given, Called) and given.name == name:
            nodes: dict[str, ast.expr] = {key: ast.Constant(value) for key, value in CALLS[name].items()}
            nodes |= zip(("optimizer", *CALLS[name]), arguments, strict=False)
            nodes |= {keyword.arg: keyword.value for keyword in keywords if keyword.arg is not None}
            for key, node in nodes.items():
                if key not in _BESIDE[""] | _BESIDE.get(name, frozenset()):
                    yield from _pairs(node, given.values[key], names)
        case ast.List(items) if isinstance(given, tuple) and len(given) == len(items):
            for item, value in zip(items, given, strict=True):
                yield from _pairs(item, value, names)
        case ast.Lambda():
            yield declared, _lambda_text(given, names)
        case _:
            yield declared, given


def _same(declared: ast.expr, given: Any, known: dict[str, float]) -> bool:
    """Whether ``declared`` is ``given``; the number of its one unknown name, if there is one, is added to ``known``."""
    unknown = {node.id for node in ast.walk(declared) if isinstance(node, ast.Name)} - {*known, "int", "n", *_FUNCTIONS}
    for guess in _guesses(declared, given, known) if unknown else [0.0]:
        tried = known | dict.fromkeys(unknown, guess)
        read = _read(declared, tried)
        close = is_number(read) and is_number(given) and math.isclose(read, given, rel_tol=_CLOSE, abs_tol=1e-300)
        if len(unknown) <= 1 and (close or read == given):
            known |= tried
            return True
    return False


def _guesses(declared: ast.expr, given: Any, known: Mapping[str, float]) -> list[float]:
    """What the name in ``declared`` may be: declarations write hyperparameters into arguments in few ways."""
    if isinstance(declared, ast.Lambda):
        return [float(number) for number in _NUMBER.findall(given or "")]
    if not is_number(given) or not known["lr"]:
        return []
    share = float(f"{given / known['lr']:.{_DIGITS}g}")
    return [given] if isinstance(declared, ast.Name) else [share, 1 - given / known["T"], given / known["T"]]


def _read(declared: ast.expr, known: Mapping[str, float]) -> Any:
    """The value of ``declared`` with numbers for its names; the text of a function."""

    def named(node: ast.AST) -> Value | Open:
        return known.get(dotted(node), Open(""))

    return _translated(declared.body, "n", named) if isinstance(declared, ast.Lambda) else value_of(declared, named)


# --- A text of its own ---


def _written(number: float) -> str:
    """``number`` as the language reads it back."""
    text = repr(int(number)) if float(number).is_integer() and abs(number) < 1e15 else repr(float(number))
    return f"({text})" if number < 0 else text


def _argument(one: Called, name: str, rate: float) -> str:
    """The argument ``name`` as it stands in a factor."""
    value = one.values[name]
    if name in LENGTHS and isinstance(value, Open):
        return "T"
    if not is_number(value) or not rate or (value <= 0 and name in (*LENGTHS, "step_size")):
        raise _InexpressibleError
    return _written(float(f"{value / rate:.{_DIGITS}g}") if name == "eta_min" else value)


def _factor(one: Called | Open, names: Names, rate: float) -> str:
    """The factor after ``n`` calls of the scheduler ``one``. Raises ``_InexpressibleError``."""
    if not isinstance(one, Called):
        raise _InexpressibleError
    milestones = one.values.get("milestones", ())
    listed = isinstance(milestones, tuple) and all(map(is_number, milestones))
    if one.name == "SequentialLR" and listed:
        return _sequence(one.values["schedulers"], milestones, names, rate)
    if one.name == "MultiStepLR" and listed:
        passed = " + ".join(f"where(n >= {_written(one)}, 1, 0)" for one in milestones)
        return f"{_argument(one, 'gamma', rate)}**({passed})"
    if one.name == "LambdaLR" and (text := _lambda_text(one.values["lr_lambda"], names)) is not None:
        return f"({text})"
    if one.name not in _FACTORS:
        raise _InexpressibleError
    arguments = re.findall(r"{(\w+)}", _FACTORS[one.name])
    return _FACTORS[one.name].format_map({name: _argument(one, name, rate) for name in arguments})


def _sequence(parts: Any, milestones: tuple[float, ...], names: Names, rate: float) -> str:
    if not isinstance(parts, tuple) or len(parts) != len(milestones) + 1:
        raise _InexpressibleError
    text = ""
    for part, begin, end in reversed(list(zip(parts, (0, *milestones), (*milestones, None), strict=True))):
        own = _factor(part, names, rate)
        own = re.sub(r"\b([nT])\b", rf"(\1 - {_written(begin)})", own) if begin else own
        text = own if end is None else f"where(n < {_written(end)}, {own}, {text})"
    return text


def _lambda_text(function: Any, names: Names) -> str | None:
    """A lambda of one number in the language; ``None`` if it is none, or this does not have it."""
    match function:
        case ast.Lambda(ast.arguments(args=[ast.arg(parameter)]), body):
            return _translated(body, parameter, names.value)
        case _:
            return None


def _translated(body: ast.expr, parameter: str, value: Callable[[ast.expr], Value | Open]) -> str | None:
    """The expression ``body`` in the language, with ``n`` for ``parameter``; ``None`` if another name has no value.

    Whether the language has all of the rest is for its own reader to say.
    """
    made = _Translated(parameter, value).visit(deepcopy(body))
    # What is counted is not negative.
    text = re.sub(r"\bfloat\(", "(", re.sub(r"\bint\(", "floor(", ast.unparse(made)))
    return text if set(re.findall(r"[^\W\d]\w*", text)) <= {"n", "pi", "e", *_FUNCTIONS} else None


class _Translated(ast.NodeTransformer):
    """Writes what the language writes differently, and numbers in place of names."""

    def __init__(self, parameter: str, value: Callable[[ast.expr], Value | Open]) -> None:
        self.parameter, self.value = parameter, value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        number = None if node.id in _FUNCTIONS else self.value(node)
        return ast.Name("n" if node.id == self.parameter else _written(number) if is_number(number) else node.id)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        number = self.value(node)
        return ast.Name(_written(number) if is_number(number) else node.attr)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        whole = isinstance(node.op, ast.FloorDiv)
        return ast.Call(ast.Name("floor"), [ast.BinOp(node.left, ast.Div(), node.right)], []) if whole else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        return ast.Call(ast.Name("where"), [node.test, node.body, node.orelse], [])


# --- What is not taken ---


def _beside(one: Called) -> Iterator[Note]:
    """Notes on settings of ``one`` that have no counterpart, and on those without a value."""
    for name in ("mode", "threshold_mode", "cooldown") if one.name == "ReduceLROnPlateau" else ("last_epoch",):
        if one.values.get(name) != CALLS.get(one.name, {}).get(name):
            yield left(one.line, f"`{name}` of {one.name} has no counterpart here.")
    if one.values.get("cycle_momentum") is True:
        said = "also moves the momentum, or `beta1`, unless `cycle_momentum=False`. Here momenta stay as they are."
        yield left(one.line, f"{one.name} {said}")
    if is_number(peak := one.values.get("max_lr")):
        said = f"sets the learning rate itself: its peak {digits(peak)} takes the place of the optimizer's own."
        yield Note(Kind.TAKEN, one.line, f"{one.name} {said}")
    for name, text in one.unclear.items():
        default = CALLS[one.name].get(name)
        instead = f", so PyTorch's default {digits(default)} is used" if is_number(default) else ""
        instead = "; the schedule is taken to last as long as the run" if name in LENGTHS else instead
        yield left(one.line, f"`{name}` of {one.name} is {{}}, to which the text gives no value{instead}.", text)
    for part in parts_of(one):
        yield from _beside(part)
