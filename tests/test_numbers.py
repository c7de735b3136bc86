"""Numbers in the source are written for visitors by one formatter, and by nothing else."""

import ast
import re
from pathlib import Path

import pytest

from tests.numerals import misprints

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for start in (ROOT / "app.py", ROOT / "core", ROOT / "pages", ROOT / "ui")
    for path in (start.rglob("*.py") if start.is_dir() else [start])
)
# Why a module formats numbers by itself; a folder stands for all that is in it.
OWN_FORMATS = {
    "core/formula/words.py": "the formatter",
    "core/catalogue/optimizers/declaration.py": "the text of a rule, in its language",
    "core/catalogue/objectives.py": "the text of an objective, in its language",
    "core/lessons/two_features.py": "the text of an objective, in its language",
    "core/engine/script.py": "code",
    "core/engine/findings.py": "names by which claims quote numbers",
    "core/lessons/missions/": "the text of an objective, in its language",
    "core/evidence/claims/": "formats of quoted numbers, which the formatter takes",
    "core/export/line_scripts.py": "code",
    "core/export/script.py": "code",
    "core/export/race.py": "code",
    "core/export/training_script.py": "code",
    "core/export/snippets/": "code",
    "ui/kit/share.py": "links",
    "ui/kit/basics.py": "what a widget shows",
    "ui/controls/hypers.py": "what a widget shows",
    "ui/panels/points.py": "what a widget shows",
    "ui/panels/training.py": "what a widget shows",
}
# A number as such, to be rounded, grouped, signed or made a percentage; X and x number characters and colours.
_SPECIFICATION = re.compile(r"[-+ z#0,_]*\d*[,_]?(?:\.\d+)?[eEfFgG%]?|.*\{.*")
_IN_TEXT = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?[eEfFgG](?!\w)|%?\{[^{}]*:[^{}]*[eEfFgG%]\}")


def _formats(source: str) -> list[str]:
    """What of ``source`` turns a number into text by itself, each with its line."""
    tree = ast.parse(source)
    constants = {name for statement in tree.body for name in _float_names(statement)}
    # A text that becomes a number again at once is seen by nobody.
    rounded = {id(part) for node in ast.walk(tree) if _is_float_call(node) for part in ast.walk(node)}
    formats = []
    for node in ast.walk(tree):
        match node:
            case ast.FormattedValue(format_spec=ast.JoinedStr() as spec) if id(node) not in rounded:
                if _SPECIFICATION.fullmatch(ast.unparse(spec)[2:-1]):
                    formats.append(f"{node.lineno}: {ast.unparse(node)}")
            case ast.FormattedValue(value=ast.Name(id=name)) if name in constants:
                formats.append(f"{node.lineno}: {name}")
            case ast.Constant(value=str(text)) if _IN_TEXT.search(text):
                formats.append(f"{node.lineno}: {text}")
    return formats


def _float_names(statement: ast.stmt) -> list[str]:
    """The names that a ``statement`` of a module gives to a float."""
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.AnnAssign(target=ast.Name(id=name), value=value)
        ):
            value = value.operand if isinstance(value, ast.UnaryOp) else value
            return [name] if isinstance(value, ast.Constant) and isinstance(value.value, float) else []
    return []


def _is_float_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"


def _own_format(path: str) -> str:
    """The entry of ``OWN_FORMATS`` that a module has; empty if it has none."""
    return next((entry for entry in OWN_FORMATS if path == entry or (entry[-1] == "/" and path.startswith(entry))), "")


def test_modules_leave_the_writing_of_numbers_to_the_formatter() -> None:
    others = {path: _formats((ROOT / path).read_text()) for path in SOURCES if not _own_format(path)}
    assert not {path: formats for path, formats in others.items() if formats}


@pytest.mark.parametrize("entry", OWN_FORMATS)
def test_a_module_that_may_format_numbers_does_so(entry: str) -> None:
    assert any(_formats((ROOT / path).read_text()) for path in SOURCES if _own_format(path) == entry)


@pytest.mark.parametrize(
    "source",
    [
        'f"The loss is {loss:.4g}."',
        'f"The loss is {loss:g}."',
        'f"{samples:,} samples"',
        'f"{share:.1%}"',
        'f"{rate:.{count}g}"',
        'f"after {steps:.0f} steps"',
        "f\"{listed([f'{x:.3e}' for x in losses])}\"",
        '"The loss is %.3g." % loss',
        '"The loss is {:.4g}.".format(loss)',
        '"loss %{y:.4~g}"',
        '_FLOOR = 1e-6\nf"below {_FLOOR}"',
        '_FLOOR: float = -1e-6\nf"below {_FLOOR}"',
    ],
)
def test_a_format_of_its_own_is_noticed(source: str) -> None:
    assert _formats(source)


@pytest.mark.parametrize(
    "source",
    ['f"The loss is {digits(loss)}."', 'float(f"{rate:.2g}")', 'f"U+{ord(sign):04X}"', 'f"{name:>8}"', '"100 % of it"'],
)
def test_what_writes_no_number_is_left_alone(source: str) -> None:
    assert not _formats(source)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("The loss is 3.271e-05.", ["3.271e-05"]),
        ("The limit is 1e+12, not 2e5.", ["1e+12", "2e5"]),
        ("It is at (-1.184, 1.409), where y = -.9.", ["-1", "-.9"]),
        ("It fell from 2 to 2.", ["from 2 to 2"]),
        ("It lies between −1.5·10⁻⁵ and −1.5·10⁻⁵.", ["between −1.5·10⁻⁵ and −1.5·10⁻⁵"]),
        ("After 20000 steps.", ["20000"]),
        ("It fell from 2 to 2.001 and from −3 to 3, in 12 345 steps of 3.271·10⁻⁵.", []),
        ("GPT-3 and ResNet-50 with `lr = 1e-8` and $-2$ (arXiv 1412.6980).", []),
    ],
)
def test_what_is_not_written_as_a_number_is_noticed(text: str, wrong: list[str]) -> None:
    assert misprints(text) == wrong
