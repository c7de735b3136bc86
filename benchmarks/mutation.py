"""Whether the tests notice when a line is broken: random lines of ``core`` and ``ui``, broken one at a time in a copy.

python -m benchmarks.mutation [lines] [seed]

First the tests run that name the module of the line, then, if these noticed nothing, all that need no browser. Prints
each line with what became of it, and ends with 1 if fewer than ``GOAL`` of them were noticed.
"""

import ast
import copy
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINES, GOAL = 20, 0.85
# Seconds after which tests will not end any more; and what pytest ends with if all passed, and if there were none.
_ENDLESS, _PASSED, _NONE = 1800, 0, 5
_HOW = ("-q", "-x", "-n", "2", "-p", "no:cacheprovider")
_COPIED = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache")
_ORDER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_SUMS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


def _broken(node: ast.AST) -> ast.AST | None:
    """``node`` with another meaning; ``None`` where there is none of the same kind."""
    made = copy.deepcopy(node)
    match made:
        case ast.Compare(ops=[only]) if type(only) in _ORDER:
            made.ops = [_ORDER[type(only)]()]
        case ast.BinOp(op=operator) if type(operator) in _SUMS:
            made.op = _SUMS[type(operator)]()
        case ast.BoolOp():
            made.op = ast.And() if isinstance(made.op, ast.Or) else ast.Or()
        case ast.UnaryOp(op=ast.Not()):
            return made.operand
        case ast.Constant(value=bool(value)):
            made.value = not value
        case ast.Constant(value=int(value) | float(value)):
            made.value = value + 1
        case ast.IfExp():
            made.body, made.orelse = made.orelse, made.body
        case _:
            return None
    return made


def _breakable(path: Path) -> Iterator[tuple[ast.AST, ast.AST]]:
    """What of a module can be broken, and how; not what only types or documents."""
    tree = ast.parse(path.read_text())
    typing = {
        id(part)
        for node in ast.walk(tree)
        for hint in (getattr(node, "annotation", None), getattr(node, "returns", None))
        if hint is not None
        for part in ast.walk(hint)
    }
    for node in ast.walk(tree):
        # Text within an f-string has no place of its own.
        if hasattr(node, "lineno") and id(node) not in typing and (made := _broken(node)) is not None:
            yield node, made


def _replaced(source: str, node: ast.AST, made: ast.AST) -> str:
    lines = source.encode().splitlines(keepends=True)
    begin = sum(map(len, lines[: node.lineno - 1])) + node.col_offset  # type: ignore[attr-defined]
    end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset  # type: ignore[attr-defined]
    whole = b"".join(lines)
    return (whole[:begin] + f"({ast.unparse(made)})".encode() + whole[end:]).decode()


def _notices(folder: Path, *tests: str) -> bool:
    """Whether one of the ``tests`` fails in ``folder``, or does not end."""
    command = ["timeout", str(_ENDLESS), sys.executable, "-m", "pytest", *_HOW, *tests]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode not in (_PASSED, _NONE)


def _near(folder: Path, module: str) -> list[str]:
    """The tests that name ``module``, or stand where its tests should."""
    dotted = module.removesuffix(".py").replace("/", ".")
    package, _, name = dotted.rpartition(".")
    names = (dotted, f"from {package} import {name}")
    tests = sorted(folder.glob("tests/**/test_*.py"))
    beside = folder / "tests" / Path(module).parent / f"test_{name}.py"
    near = [
        one
        for one in tests
        if "browser" not in one.parts and (one == beside or any(n in one.read_text() for n in names))
    ]
    return [str(one.relative_to(folder)) for one in near]


def main() -> int:
    """Breaks lines and returns whether too few were noticed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else LINES
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(10**6)
    draw = random.Random(seed)
    print(f"seed {seed}")
    places = [
        (path, node, made)
        for part in ("core", "ui")
        for path in sorted((ROOT / part).rglob("*.py"))
        for node, made in _breakable(path)
    ]
    noticed = 0
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(shutil.copytree(ROOT, Path(folder) / "copy", ignore=_COPIED))
        for path, node, made in draw.sample(places, count):
            module = path.relative_to(ROOT).as_posix()
            source = path.read_text()
            (copied / module).write_text(_replaced(source, node, made))
            near = _near(copied, module)
            who = "near" if near and _notices(copied, *near) else ""
            who = who or ("all" if _notices(copied, "tests", "--ignore=tests/browser") else "")
            (copied / module).write_text(source)
            noticed += bool(who)
            place = f"{module}:{node.lineno}"  # type: ignore[attr-defined]
            print(f"{who or 'NOT NOTICED':12} {place} {ast.unparse(node)} -> {ast.unparse(made)}", flush=True)
    print(f"{noticed} of {count} noticed")
    return int(noticed < GOAL * count)


if __name__ == "__main__":
    sys.exit(main())
