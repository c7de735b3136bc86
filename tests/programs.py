"""Programs to take home, run as they are printed: by this Python, which has PyTorch loaded, or by a new one."""

import ast
import contextlib
import io
import runpy
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Ran:
    """What a program printed, and its names at its end."""

    printed: str
    names: Mapping[str, Any]


def run_here(code: str, folder: Path) -> Ran:
    """Runs ``code`` as a file in ``folder`` that is alone in the world; lets through what it raises."""
    if imported(code) & {"core", "ui", "tests"}:
        raise ImportError("A program to take home must not need the project.")
    file = folder / "program.py"
    file.write_text(code, encoding="utf-8")
    printed = io.StringIO()
    with _settings_kept(), contextlib.redirect_stdout(printed):
        names = runpy.run_path(str(file), run_name="__main__")
    return Ran(printed.getvalue(), names)


def fails(code: str, folder: Path) -> bool:
    """Whether ``code`` ends in an assertion of its own."""
    try:
        run_here(code, folder)
    except AssertionError:
        return True
    return False


def run_alone(code: str, folder: Path) -> str:
    """What ``code`` prints when a new Python runs it, in which warnings are errors and nothing is on the path."""
    file = folder / "program.py"
    file.write_text(code, encoding="utf-8")
    command = [sys.executable, "-I", "-W", "error", file.name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def imported(code: str) -> set[str]:
    """The packages that ``code`` imports."""
    return {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }


@contextlib.contextmanager
def _settings_kept() -> Iterator[None]:
    """Afterwards the settings that programs change are what they were."""
    import torch

    dtype = torch.get_default_dtype()
    try:
        with np.errstate(), torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.set_default_dtype(dtype)
