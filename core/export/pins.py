"""Runs as a short text for a link, and back; whatever stands in such a text does no harm."""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import OBJECTIVES
from core.engine.run import Run
from core.export.data import json_object, run_from_fields
from core.formula.words import digits

MOST_PINS = 6
# Characters of a text, and bytes of what it unfolds to: rules, schedules and formulas at their longest fit.
MAX_CHARACTERS = 4000
_MAX_BYTES = 100_000
# How a text begins: the version of the format, and whether what follows is compressed.
_VERSION, _PLAIN, _PACKED = "1", "a", "z"
_RUNS = "runs"
# What the fields of a run are called here.
_SHORT: Mapping[str, str] = {
    "objective": "f",
    "optimizer": "r",
    "start": "x",
    "steps": "n",
    "hypers": "h",
    "schedule": "s",
    "schedule_hypers": "k",
    "noise": "e",
    "clip_norm": "c",
    "seed": "i",
}
_LONG: Mapping[str, str] = {short: name for name, short in _SHORT.items()}
_DEFAULTS: Mapping[str, Any] = {
    **{field.name: field.default for field in fields(Run)},
    "hypers": {},
    "schedule_hypers": {},
}


@dataclass(frozen=True)
class Pins:
    """The ``runs`` that a text holds, and sentences about what of it could not be read; empty if all could."""

    runs: tuple[Run, ...] = ()
    problem: str = ""


def pins_text(runs: Sequence[Run]) -> str:
    """``runs`` as a text of letters, digits, - and _ that ``pins_from_text`` reads: what is not a default, packed."""
    if not runs:
        return ""
    written = json.dumps({_RUNS: [_fields(run) for run in runs]}, ensure_ascii=False, separators=(",", ":")).encode()
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    packed = packer.compress(written) + packer.flush()
    kind, data = min((_PLAIN, written), (_PACKED, packed), key=lambda one: len(one[1]))
    return _VERSION + kind + base64.urlsafe_b64encode(data).decode().rstrip("=")


def _fields(run: Run) -> dict[str, Any]:
    values: dict[str, Any] = {
        **{name: getattr(run, name) for name in _SHORT},
        "start": [_short(number) for number in run.start],
        "hypers": _chosen(run.settings, run.resolved_optimizer.hypers),
        "schedule_hypers": _chosen(run.schedule_settings, run.resolved_schedule.hypers),
    }
    known = OBJECTIVES.get(run.objective)
    defaults = {**_DEFAULTS, "start": list(known.start) if known is not None else None}
    return {_SHORT[name]: value for name, value in values.items() if value != defaults[name]}


def _chosen(settings: Mapping[str, float], hypers: Sequence[Hyper]) -> dict[str, float]:
    defaults = {hyper.name: hyper.default for hyper in hypers}
    return {name: _short(value) for name, value in settings.items() if value != defaults[name]}


def _short(number: float) -> float:
    """``number`` as JSON writes it in fewer characters."""
    return int(number) if number.is_integer() and abs(number) < 1e6 else number


@lru_cache(maxsize=64)
def pins_from_text(text: str) -> Pins:
    """The runs that ``text`` holds, at most ``MOST_PINS``, without those that cannot be read; the problem says why.

    It raises nothing, and the work is bounded, whatever the text is.
    """
    if not text:
        return Pins()
    if len(text) > MAX_CHARACTERS:
        return Pins(problem=f"Pins are a text of at most {digits(MAX_CHARACTERS)} characters.")
    if text[0] != _VERSION:
        return Pins(problem="These pins are of another version of this guide, or no pins at all.")
    try:
        written = json_object(_unpacked(text[1:2], text[2:]).decode()).get(_RUNS)
    except ValueError:
        return Pins(problem="The text of the pins is damaged.")
    if not isinstance(written, list):
        return Pins(problem="The text of the pins is damaged.")
    runs, problems = [], []
    for number, one in enumerate(written[:MOST_PINS], start=1):
        try:
            runs.append(_run(one))
        except ValueError as error:
            problems.append(f"Pin {number} cannot be read: {error}")
    if len(written) > MOST_PINS:
        problems.append(f"At most {MOST_PINS} runs can be pinned.")
    return Pins(tuple(runs), " ".join(problems))


def _unpacked(kind: str, letters: str) -> bytes:
    """What was packed as ``letters``. Raises ``ValueError`` where nothing was, or more than could be meant."""
    data = base64.b64decode(letters + "=" * (-len(letters) % 4), altchars=b"-_", validate=True)
    if kind == _PLAIN:
        return data
    unpacker = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        unpacked = unpacker.decompress(data, _MAX_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if kind != _PACKED or not unpacker.eof or unpacker.unused_data:
        raise ValueError("Something else was packed, or more.")
    return unpacked


def _run(written: Any) -> Run:
    if not isinstance(written, dict):
        raise ValueError("a run is an object.")
    values = {_LONG.get(name, name): value for name, value in written.items()}
    known = OBJECTIVES.get(values["objective"]) if isinstance(values.get("objective"), str) else None
    return run_from_fields(({"start": list(known.start)} if known is not None else {}) | values)
