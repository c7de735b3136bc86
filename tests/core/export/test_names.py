"""Names in a visitor's rule: it may use those of exported code, or is told that it may not."""

import io
import tokenize
from pathlib import Path

import pytest

from core import Run
from core.export import numpy_script, torch_script
from core.formula import FormulaError, parse_rule
from tests.programs import run_here

# Scripts in which everything appears that exported code is made of.
_RULES = (
    "sophia", "newton", "muon", "nadam", "lamb",
    "m: state = x\na: state = 1\nn = norm(g)*global_norm(g)\na = a*loss/T + t\nm = m + where(t > 2, grad(x), g)\n"
    "x = x - lr*sign(m)*n - 0*a*abs(x)*where(g > 0, 1, 2)",
)  # fmt: skip
_MORE = {"schedule": "plateau", "noise": 0.1, "clip_norm": 1.0}


def _names() -> list[str]:
    """Every name that stands in a script, and may stand in a rule."""
    names: set[str] = set()
    for rule in _RULES:
        for write in (numpy_script, torch_script):
            for more in ({}, _MORE):
                text = write(Run("ackley", rule, (0.5, 0.25), 3, **more))
                tokens = tokenize.generate_tokens(io.StringIO(text).readline)
                names |= {token.string for token in tokens if token.type == tokenize.NAME}
    return sorted(name for name in names if _allowed(name))


def _allowed(name: str) -> bool:
    try:
        parse_rule(f"{name}: (0, 1) = 0.5\nx = x - lr*g*{name}")
        parse_rule(f"{name} = 0.5*{name} + g\nx = x - lr*{name}")
    except FormulaError:
        return False
    return True


# What a name is in a rule: declared, kept, or forgotten.
ROLES = {
    "hyperparameter": ("{0}: (0, 1) = 0.5", "", "*{0}"),
    "state": ("{0}: state = 1", "{0} = 0.5*{0} + norm(g)*0.1", "*{0}"),
    "vector": ("{0}: state = x", "{0} = 0.5*{0} + g", "*{0}"),
    "of one step": ("", "{0} = 0.5*g + max(g, 0)", "*{0}"),
}


@pytest.mark.parametrize("role", ROLES)
def test_no_name_in_a_rule_breaks_a_script(role: str, tmp_path: Path) -> None:
    before, line, factor = ROLES[role]
    names = _names()
    assert len(names) > 100
    for some in (names[at : at + 6] for at in range(0, len(names), 6)):
        lines = [text.format(name) for text in (before, line) for name in some if text]
        rule = "\n".join([*lines, f"x = x - lr*grad(x){''.join(factor.format(name) for name in some)}"])
        for more in ({}, _MORE):
            run = Run("bowl", rule, (1.0, -0.7), 3, {"lr": 0.1}, **more)
            for write in (numpy_script, torch_script):
                try:
                    run_here(write(run), tmp_path)
                except Exception as error:
                    raise AssertionError(run) from error
