"""A race taken home as one file: a script, or a notebook that runs from top to bottom."""

import json
import re
from collections.abc import Mapping
from textwrap import indent
from typing import Any

from core.engine.run import Run
from core.export.numpy_script import parts as numpy_parts
from core.export.script import Parts, docstring, ended, facts, import_lines, is_curved, needed, title
from core.export.torch_script import parts as torch_parts
from core.formula.source import Library

_PARTS = {"numpy": numpy_parts, "torch": torch_parts}
_RANKING = """\
for name in sorted(losses, key=losses.get):
    print(f"{name}: {losses[name]:.6g}")"""
_SAID = "Takes the steps of a race in the gradient descent guide."


def race_script(runs: Mapping[str, Run], library: Library) -> str:
    """The source of a script that takes the steps of all ``runs``, which are by their names, and checks each.

    All are on the same objective. Raises ``ValueError`` if they are not.
    """
    heading, setup, racers = _race(runs, library)
    blocks = [code for _, code in racers.values()]
    return "\n\n\n".join([f"{docstring(heading)}\n\n{setup}", *blocks, _RANKING]) + "\n"


def race_notebook(runs: Mapping[str, Run], library: Library) -> str:
    """The same as a Jupyter notebook (the JSON of an ``.ipynb`` file), with a cell for each run."""
    (first, *heading), setup, racers = _race(runs, library)
    cells = [_text("\n\n".join([f"# {first}", *heading])), _code(setup)]
    for name, (said, code) in racers.items():
        cells += [_text("\n\n".join([f"## {name}", *said])), _code(code)]
    cells += [_text("## The losses, from the lowest"), _code(_RANKING)]
    notebook = {
        "cells": [{"id": f"cell-{number}", **cell} for number, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _race(runs: Mapping[str, Run], library: Library) -> tuple[list[str], str, dict[str, tuple[list[str], str]]]:
    """The heading in paragraphs, what comes before the runs, and what is said of each run with its code."""
    objectives = {run.objective: run.resolved_objective for run in runs.values()}
    if len(objectives) != 1:
        raise ValueError(f"A race is run on one objective; {len(objectives)} were given.")
    (objective,) = objectives.values()
    curved = any(map(is_curved, runs.values()))
    parts = {name: _PARTS[library](run, curved) for name, run in runs.items()}
    heading = [f"A race on {objective.name}: {', '.join(runs)}.", f"{needed(*parts.values())} {_SAID}"]
    shared = dict.fromkeys(function for part in parts.values() for function in part.objective)
    setup = [import_lines(line for part in parts.values() for line in part.imports), next(iter(parts.values())).setup]
    functions = ["\n\n".join(setup), *shared, "# The loss at the end of each run.\nlosses = {}"]
    racers: dict[str, tuple[list[str], str]] = {}
    names: set[str] = set()
    for name, part in parts.items():
        free = "run_" + re.sub(r"\W+", "_", name.lower(), flags=re.ASCII).strip("_")
        while free in names:
            free += "_"
        names.add(free)
        known = facts(runs[name])
        said = [f"{title(known)}.", known.assertion, *ended(known)]
        racers[name] = (said, _racer(free, name, part, said))
    return heading, "\n\n\n".join(functions), racers


def _racer(function: str, name: str, parts: Parts, said: list[str]) -> str:
    """The function that takes one run, and its call."""
    text = json.dumps(name, ensure_ascii=False)
    body = "\n\n".join([docstring(said), parts.settings, *parts.functions, parts.loop, parts.end, "return loss"])
    return f"def {function}():\n{indent(body, '    ')}\n\n\nprint({text})\nlosses[{text}] = {function}()"


def _text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _code(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
