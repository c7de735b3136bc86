"""A path as a table and a run as JSON, and that JSON back to a run; what is read is not trusted."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from core import outside
from core.catalogue.objectives import VARIABLES, objective
from core.catalogue.optimizers import optimizer
from core.engine.run import Run
from core.engine.trace import Path
from core.formula import FormulaError
from core.formula.words import digits

FORMAT, VERSION = "gradient descent run", 1
# The longest rule and formula, every character escaped, fit several times.
MAX_CHARACTERS = 40_000
# What a JSON may hold beside its format and version, and what must be there.
_REQUIRED = ("objective", "optimizer", "start")
_OPTIONAL = ("steps", "hypers", "schedule", "schedule_hypers", "noise", "clip_norm", "seed")


def path_csv(path: Path) -> str:
    """The steps of ``path`` as CSV: ``step``, the point, ``loss``, ``gradient_norm``, then every recorded term.

    A term that is a vector has one column per variable, such as ``m_x``. Numbers have all their digits. The terms of
    row t belong to step t; the start, row 0, has none.
    """
    names = VARIABLES[: path.x.shape[1]]
    columns: dict[str, npt.NDArray[np.float64]] = dict(zip(names, path.x.T, strict=True))
    columns |= {"loss": path.loss, "gradient_norm": path.grad_norm}
    terms: dict[str, npt.NDArray[np.float64]] = {}
    for name, values in path.terms.items():
        # The point after the step stands in front already.
        if name == "x":
            continue
        parts = {name: values} if values.ndim == 1 else {f"{name}_{v}": c for v, c in zip(names, values.T, strict=True)}
        for column, numbers in parts.items():
            free = column
            while free in columns or free in terms or free == "step":
                free += "_"
            terms[free] = numbers
    rows = [",".join(["step", *columns, *terms])]
    for step in range(len(path.x)):
        numbers = [repr(float(values[step])) for values in columns.values()]
        recorded = [repr(float(values[step - 1])) if step else "" for values in terms.values()]
        rows.append(",".join([str(step), *numbers, *recorded]))
    return "\n".join(rows) + "\n"


def run_json(run: Run) -> str:
    """``run`` as JSON that ``run_from_json`` reads."""
    fields: dict[str, Any] = {name: getattr(run, name) for name in (*_REQUIRED, *_OPTIONAL)}
    fields["hypers"], fields["schedule_hypers"] = dict(run.hypers), dict(run.schedule_hypers)
    return json.dumps({"format": FORMAT, "version": VERSION, **fields}, indent=2, ensure_ascii=False) + "\n"


def run_from_json(text: str) -> Run:
    """The run that ``text`` describes, which is what ``run_json`` writes; left-out fields take their defaults.

    Raises ``ValueError`` with a sentence about what is wrong and what is allowed, ``FormulaError`` where that is inside
    a formula or a rule.
    """
    if len(text) > MAX_CHARACTERS:
        over = len(text) - MAX_CHARACTERS
        raise ValueError(
            f"A run has at most {digits(MAX_CHARACTERS)} characters of JSON; this has {digits(over)} too many."
        )
    fields = json_object(text)
    if fields.pop("format", None) != FORMAT:
        raise ValueError(f'This is not a run: its "format" must be "{FORMAT}".')
    version = fields.pop("version", None)
    if type(version) is not int or version != VERSION:
        raise ValueError(f'The "version" must be {VERSION}; other versions cannot be read.')
    return run_from_fields(fields)


def run_from_fields(fields: Mapping[str, Any]) -> Run:
    """The run whose ``fields`` a JSON gave by their names; it raises ``ValueError`` as ``run_from_json`` does."""
    for name in fields:
        if name not in (*_REQUIRED, *_OPTIONAL):
            raise ValueError(f"A run has no {_quoted(name)}; it has {', '.join((*_REQUIRED, *_OPTIONAL))}.")
    for name in _REQUIRED:
        if name not in fields:
            raise ValueError(f'The run has no "{name}", which it needs.')
    read: dict[str, Any] = {name: _READERS[name](name, value) for name, value in fields.items()}
    _naming("objective", lambda: objective(read["objective"], len(read["start"])))
    _naming("optimizer", lambda: optimizer(read["optimizer"]))
    return Run(**read)


def _naming(field: str, read: Callable[[], object]) -> None:
    """Names ``field`` in what ``read`` says against a formula or a rule."""
    try:
        read()
    except FormulaError as error:
        message = f"{field}: {error.message}"
        raise FormulaError(message, error.text, error.start, error.end, error.suggestion) from None


def json_object(text: str) -> dict[str, Any]:
    """The object that ``text`` writes, of finite numbers. Raises ``ValueError`` with a sentence if it writes none."""
    fields = outside.json_value(text)
    if not isinstance(fields, dict):
        raise ValueError("A run is one JSON object, in braces.")
    return fields


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a text; {_quoted(value)} was given.")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError(f"{name} holds half a character; texts are Unicode.")
    return value


def _number(name: str, value: Any) -> float:
    number = outside.number(value)
    if number is None:
        raise ValueError(f"{name} must be a finite number; {_quoted(value)} was given.")
    return number


def _whole(name: str, value: Any) -> int:
    if not isinstance(value, int) or outside.number(value, whole=True) is None:
        raise ValueError(f"{name} must be a whole number; {_quoted(value)} was given.")
    return value


def _numbers(name: str, value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) not in (1, 2):
        raise ValueError(f"{name} must be a list of 1 or 2 numbers; {_quoted(value)} was given.")
    return tuple(_number(name, number) for number in value)


def _pairs(name: str, value: Any) -> Mapping[str, float]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be an object of names and numbers; {_quoted(value)} was given.")
    return {_text(name, key): _number(f"{name}: {_quoted(key)}", number) for key, number in value.items()}


def _limit(name: str, value: Any) -> float | None:
    return None if value is None else _number(name, value)


_READERS = {
    "objective": _text,
    "optimizer": _text,
    "start": _numbers,
    "steps": _whole,
    "hypers": _pairs,
    "schedule": _text,
    "schedule_hypers": _pairs,
    "noise": _number,
    "clip_norm": _limit,
    "seed": _whole,
}


def _quoted(value: Any) -> str:
    """``value`` for a message: as JSON, printable, not too long."""
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
