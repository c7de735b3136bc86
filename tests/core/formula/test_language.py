"""The language as ``docs/language.md`` documents it: every example runs, and every word has one."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from core import OBJECTIVES as OBJECTIVES_BY_KEY
from core import Run, trace
from core.formula import parse, parse_rule
from core.formula.rule import GIVEN
from core.formula.rule_reader import FACTOR, MAX_CHARACTERS, MAX_LINES, MAX_ORACLES
from core.formula.torch_code import objective_function
from core.formula.vocabulary import CONSTANTS, RULE_FUNCTIONS

TEXT = (Path(__file__).parents[3] / "docs" / "language.md").read_text()
BLOCKS = re.findall(r"```(objective|rule|schedule)\n(.*?)```", TEXT, re.DOTALL)
EXAMPLES = [row[1] for row in re.findall(r"^\| (`.+?) \| `(.+?)` \| ", TEXT, re.MULTILINE)]
RULES = [text for kind, text in BLOCKS if kind == "rule"] + [one for one in EXAMPLES if one.startswith("x =")]
OBJECTIVES = [text for kind, text in BLOCKS if kind == "objective"] + [
    one for one in EXAMPLES if not one.startswith("x =")
]


@pytest.mark.parametrize("text", OBJECTIVES)
def test_an_objective_that_is_shown_has_a_value_and_a_gradient(text: str) -> None:
    formula = parse(text.strip())
    point = np.array([0.3, 0.7])
    assert np.isfinite(formula.value(point))
    assert np.isfinite(formula.grad(point)).all()


@pytest.mark.parametrize("text", RULES)
def test_a_rule_that_is_shown_runs(text: str) -> None:
    path = trace(Run("bowl", text, (-1.0, 0.5), 20))
    assert path.status.step == 20
    assert np.isfinite(path.x).all()
    assert (path.x[-1] != path.x[0]).any()


@pytest.mark.parametrize("text", [text for kind, text in BLOCKS if kind == "schedule"])
def test_a_schedule_that_is_shown_is_one(text: str) -> None:
    assert parse_rule(text, goal=FACTOR).assigned == ("factor",)


@pytest.mark.parametrize(("objective", "start", "lr"), [("bowl", (-2.5, 2.0), 0.7), ("rosenbrock", (-1.5, 2.0), 0.5)])
def test_the_example_of_lbfgs_takes_the_steps_of_torch(objective: str, start: tuple[float, float], lr: float) -> None:
    (rule,) = (text for text in RULES if "fresh" in text)
    ours = trace(Run(objective, rule, start, 25, {"lr": lr})).x
    weight = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    loss = objective_function(OBJECTIVES_BY_KEY[objective].parsed)
    optimizer = torch.optim.LBFGS([weight], lr, 1, history_size=1, tolerance_grad=0, tolerance_change=0)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        value = loss(weight)
        value.backward()
        return value

    theirs = [weight.detach().numpy().copy()]
    for _ in range(25):
        optimizer.step(closure)
        theirs.append(weight.detach().numpy().copy())
    # Both round differently, and where the run has arrived nothing but rounding is left.
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


def test_every_word_of_the_language_has_an_example() -> None:
    used = set(re.findall(r"[A-Za-z_]+", " ".join([*RULES, *OBJECTIVES])))
    assert {*RULE_FUNCTIONS, *CONSTANTS, *GIVEN, "lr"} <= used
    for sign in ("+", "-", "*", "/", "**", "^", "%", "<", "<=", ">", ">=", "==", "!="):
        assert any(sign in text for text in (*RULES, *OBJECTIVES)), sign


def test_the_limits_are_those_of_the_reader() -> None:
    assert f"{MAX_LINES} lines and {MAX_CHARACTERS // 1000} {MAX_CHARACTERS % 1000} characters" in TEXT
    assert MAX_ORACLES == 4
    assert "at most four times a step" in TEXT
