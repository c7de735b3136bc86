"""The ledger of a step: its numbers are those of the path, bit for bit, and its LaTeX shows them."""

import re
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.engine.ledger import Ledger, ledger
from core.engine.status import Outcome
from core.engine.trace import Path
from core.formula.latex import measured
from core.formula.tree import Call, Expression, Name, children
from core.formula.vocabulary import CONSTANTS, ORACLES, TENSOR_FUNCTIONS
from core.formula.words import form_apart, outside

every = pytest.mark.parametrize("key", OPTIMIZERS)
coordinates = pytest.mark.parametrize("coordinate", [0, 1])
# Everything that changes what a rule is given.
SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "noisy, clipped and scheduled": {"noise": 0.5, "clip_norm": 3.0, "schedule": "cosine", "seed": 7},
    "scheduled by its loss": {
        "noise": 0.5,
        "schedule": "plateau",
        "schedule_hypers": {"patience": 1, "threshold": 0.2},
    },
}
STEPS = 40


def _path(key: str, **settings: Any) -> Path:
    # Small enough for every rule to stay finite on Rosenbrock.
    return trace(Run("rosenbrock", key, (-1.5, 2.0), STEPS, {"lr": 2e-4}, **settings))


def _same(first: float, second: float) -> bool:
    """Whether two numbers have the same bits, NaN being one number."""
    return np.float64(first).tobytes() == np.float64(second).tobytes() or (first != first and second != second)


def _at(values: np.ndarray, row: int, coordinate: int) -> float:
    return float(values[row] if values.ndim == 1 else values[row, coordinate])


def _balances(latex: str) -> bool:
    depth = 0
    for character in latex:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            return False
    pairs = ((r"\left", r"\right"), (r"\begin{", r"\end{"))
    return depth == 0 and all(
        latex.replace(r"\leftarrow", "").count(opening) == latex.count(closing) for opening, closing in pairs
    )


def _lines_of(path: Path, step: int, coordinate: int) -> dict[str, float]:
    """The value of the last line of each name."""
    lines = path.run.resolved_optimizer.parsed.lines
    filled = ledger(path, step, coordinate).lines
    return {line.name: one.value for line, one in zip(lines, filled, strict=True)}


@every
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_every_line_has_the_very_number_that_the_run_had(key: str, settings: dict[str, Any]) -> None:
    path = _path(key, **settings)
    assert len(path.x) == STEPS + 1
    for step, coordinate in product((1, 2, 11, STEPS), range(2)):
        lines = _lines_of(path, step, coordinate)
        recorded = {name: _at(path.terms[name], step - 1, coordinate) for name in lines}
        assert {name for name in lines if not _same(lines[name], recorded[name])} == set(), (step, coordinate)
        assert _same(lines["x"], path.x[step, coordinate]), (step, coordinate)


@every
@coordinates
@pytest.mark.parametrize("step", [1, 11, STEPS])
def test_the_filled_latex_is_balanced(key: str, coordinate: int, step: int) -> None:
    for line in ledger(_path(key), step, coordinate).lines:
        assert _balances(line.left), line.left
        assert _balances(line.right), line.right


def test_the_check_of_balance_sees_what_is_open() -> None:
    assert _balances(r"\left(\frac{1}{2}\right)")
    assert not any(map(_balances, ["}{", r"{", r"\left(1", r"\begin{cases} 1"]))


def _visible(tree: Expression) -> set[str]:
    """The names whose numbers stand on a line: those inside an oracle or a norm are written as symbols."""
    if isinstance(tree, Name):
        return {tree.name} - set(CONSTANTS)
    if isinstance(tree, Call) and tree.function in {**ORACLES, **TENSOR_FUNCTIONS}:
        return set()
    return set().union(*map(_visible, children(tree)))


@every
@coordinates
@pytest.mark.parametrize("step", [2, 11])
def test_every_name_on_a_line_shows_the_number_it_had_there(key: str, coordinate: int, step: int) -> None:
    path = _path(key, schedule="cosine")
    rule = path.run.resolved_optimizer.parsed
    known = {name: float(value) for name, value in path.run.settings.items()}
    known |= {"t": float(step), "T": float(STEPS), "lr": float(path.terms["lr"][step - 1])}
    # What no line assigns is the start.
    known |= {
        name: _at(path.terms[name], step - 2, coordinate) if name in path.terms else float(path.x[0, coordinate])
        for name in rule.state
    }
    known["x"] = float(path.x[step - 1, coordinate])
    known["loss"] = float(path.loss[step - 1])
    if "g" in path.terms:
        known["g"] = _at(path.terms["g"], step - 1, coordinate)
    for line, filled in zip(rule.lines, ledger(path, step, coordinate).lines, strict=True):
        for name in _visible(line.tree):
            moved = name == line.name == "x"
            form = form_apart(known["x"], filled.value) if moved else ".4g"
            assert measured(known[name], form).latex in filled.right, (name, filled)
            assert not moved or (measured(known["x"], form).latex == filled.result) == (known["x"] == filled.value)
        known[line.name] = filled.value


# Adam on Rosenbrock from (-1.5, 2) with lr = 0.1 at step 37, worked out with a plain loop of the paper's lines.
BY_HAND = {
    0: (
        r"0.9\,\left(-0.7423\right) + \left(1 - 0.9\right)\,\left(-20.32\right)",
        r"0.999 \cdot 100.1 + \left(1 - 0.999\right)\,\left(-20.32\right)^{2}",
        r"\frac{-2.7}{1 - 0.9^{37}}",
        r"\frac{100.4}{1 - 0.999^{37}}",
        r"-1.367 - \frac{0.1\,\left(-2.756\right)}{\sqrt{2762} + 10^{-8}}",
    ),
    1: (
        r"0.9 \cdot 1.509 + \left(1 - 0.9\right)\,\left(-5.7\right)",
        r"0.999 \cdot 12.37 + \left(1 - 0.999\right)\,\left(-5.7\right)^{2}",
        r"\frac{0.788}{1 - 0.9^{37}}",
        r"\frac{12.39}{1 - 0.999^{37}}",
        r"1.841 - \frac{0.1 \cdot 0.8043}{\sqrt{341} + 10^{-8}}",
    ),
}


def _adam_by_hand() -> dict[str, np.ndarray]:
    x, m, v = np.array([-1.5, 2.0]), np.zeros(2), np.zeros(2)
    for t in range(1, 38):
        before, m_before, v_before = x, m, v
        g = np.array([-2 * (1 - x[0]) - 400 * x[0] * (x[1] - x[0] ** 2), 200 * (x[1] - x[0] ** 2)])
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
        x = x - 0.1 * m_hat / (np.sqrt(v_hat) + 1e-8)
    return {
        "x": before, "m": m_before, "v": v_before, "g": g, "m now": m, "v now": v, "m_hat": m_hat, "v_hat": v_hat,
    }  # fmt: skip


@coordinates
def test_adams_lines_are_filled_with_the_numbers_worked_out_by_hand(coordinate: int) -> None:
    path = trace(Run("rosenbrock", "adam", (-1.5, 2.0), 60, {"lr": 0.1}))
    lines = ledger(path, 37, coordinate).lines
    assert tuple(line.right for line in lines) == BY_HAND[coordinate]
    assert [line.left for line in lines] == ["m_{t}", "v_{t}", r"\hat{m}_{t}", r"\hat{v}_{t}", r"\theta_{t}"]
    hand = {name: f"{values[coordinate]:.4g}" for name, values in _adam_by_hand().items()}
    line_of = {"x": 4, "m": 0, "v": 1, "g": 0, "m now": 2, "v now": 3, "m_hat": 4, "v_hat": 4}
    assert [name for name, line in line_of.items() if hand[name] not in lines[line].right] == []


def test_an_oracle_shows_what_it_answered_over_what_was_asked() -> None:
    path = trace(Run("rosenbrock", "nesterov", (-1.5, 2.0), 10, {"lr": 2e-4}))
    x, v = path.x[4], path.terms["v"][3]
    asked = path.run.resolved_objective.parsed.grad(x - 0.9 * v)
    for coordinate in (0, 1):
        right = ledger(path, 5, coordinate).lines[0].right
        assert rf"\underbrace{{{measured(float(asked[coordinate])).latex}}}_{{\nabla f" in right
        assert measured(float(v[coordinate])).latex in right


@pytest.mark.parametrize("step", [-1, 0, STEPS + 1, 10**9])
def test_a_step_that_the_path_does_not_have_is_refused(step: int) -> None:
    with pytest.raises(ValueError, match=re.escape(f"step must lie in {outside(step, 1, STEPS)}")):
        ledger(_path("adam"), step)


@pytest.mark.parametrize("coordinate", [-1, 2])
def test_a_coordinate_that_the_point_does_not_have_is_refused(coordinate: int) -> None:
    with pytest.raises(ValueError, match=re.escape(f"coordinate must lie in {outside(coordinate, 0, 1)}")):
        ledger(_path("adam"), 1, coordinate)


@pytest.mark.parametrize("key", [key for key, objective in OBJECTIVES.items() if objective.dimension == 1])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "muon", "newton", "sophia"])
def test_one_variable_has_one_coordinate(key: str, optimizer: str) -> None:
    # Damped, because Newton's step is undefined where the curvature is 0.
    hypers = {"lr": 0.01, **({"damping": 10.0} if optimizer == "newton" else {})}
    path = trace(Run(key, optimizer, OBJECTIVES[key].start, 12, hypers, noise=0.1))
    assert _same(_lines_of(path, 12, 0)["x"], path.x[12, 0])
    with pytest.raises(ValueError, match=r"coordinate must lie in \[0, 0\]"):
        ledger(path, 1, 1)


@pytest.mark.parametrize(
    ("rule", "start"),
    [
        # Read but never assigned, so no step records it.
        ("a: state = x\nx = x - lr*(g + x - a)", "anchor"),
        ("a: state = 2*x + lr\nx = x - lr*(g + x - a)", "anchor with the learning rate"),
        # One number for all coordinates, with a start of its own.
        ("c: state = 3\nx = x - lr*c*g\nc = c*0.9", "counter"),
        ("q: state = pi/4\nx = x - lr*(g + q)", "one number that never changes"),
        ("n = 0.9*n + 0.1*norm(g)\nx = x - lr*g/n", "a number per tensor"),
        ("x = x - lr*where(t > 2, grad(x + 1), g)", "an oracle under a condition"),
        ("x = x - lr*g\ng2 = g*g\nx = x - lr*(x + loss*g2/T)", "x assigned twice, the loss, the horizon"),
    ],
    ids=lambda text: text if "=" not in text else "",
)
@coordinates
@pytest.mark.parametrize("step", [1, 2, 9])
def test_a_visitors_rule_has_the_ledger_of_its_run(rule: str, start: str, coordinate: int, step: int) -> None:
    path = trace(Run("bowl", rule, (2.0, -1.0), 9, {"lr": 0.05}, schedule="cosine", noise=0.2))
    lines = _lines_of(path, step, coordinate)
    assert {name for name in lines if not _same(lines[name], _at(path.terms[name], step - 1, coordinate))} == set(), (
        start
    )
    assert _same(lines["x"], path.x[step, coordinate])


def test_an_anchor_is_shown_with_the_number_it_got_at_the_start() -> None:
    path = trace(Run("bowl", "a: state = x\nx = x - lr*(g + x - a)", (2.0, -1.25), 9))
    for coordinate, number in ((0, "2"), (1, "-1.25")):
        assert number in ledger(path, 9, coordinate).lines[0].right


@pytest.mark.parametrize("key", ["sgd", "momentum", "nesterov", "sam", "newton"])
@coordinates
def test_the_last_step_of_a_run_that_diverged_is_the_last_one_recorded(key: str, coordinate: int) -> None:
    # Each of them leaves this hill faster and faster; Newton would climb it without damping.
    hypers = {"lr": 1.0, **({"damping": 2.5} if key == "newton" else {})}
    path = trace(Run("-x**2 - y**2", key, (3.0, -2.0), 100, hypers))
    last = len(path.x) - 1
    assert path.status.outcome is Outcome.DIVERGED
    assert 1 < last < 100
    final = ledger(path, last, coordinate)
    assert _same(final.lines[-1].value, path.x[last, coordinate])
    with pytest.raises(ValueError, match=rf"\[1, {last}\]; {last + 1} was given"):
        ledger(path, last + 1, coordinate)


def test_a_run_that_never_moved_has_no_step() -> None:
    path = trace(Run("log(x) + y", "sgd", (-1.0, 1.0), 5))
    with pytest.raises(ValueError, match="step must lie in"):
        ledger(path, 1)


def test_terms_that_are_not_numbers_are_shown_as_such() -> None:
    rule = "q = sqrt(-t)\np = t/0\nr = where(q > p, q, p)\nx = x - lr*g"
    undefined, infinite, uses, _ = ledger(trace(Run("bowl", rule, (1.0, 1.0), 3)), 2).lines
    assert (measured(undefined.value).latex, measured(infinite.value).latex) == (r"\text{undefined}", r"\infty")
    assert r"\text{undefined}" in uses.right
    assert r"\infty" in uses.right


def test_the_same_question_gets_the_same_answer() -> None:
    path = _path("adam")
    first: Ledger = ledger(path, 5)
    assert first == ledger(replace(path), 5)


@every
def test_the_vectors_are_what_the_lines_assigned_and_the_gradient_that_was_given(key: str) -> None:
    path = _path(key, noise=0.5, clip_norm=3.0)
    lines = path.run.resolved_optimizer.parsed.lines
    eleventh = ledger(path, 11, 1)
    # The last line of each name is what was recorded.
    last = {line.name: str(row) for row, line in enumerate(lines)} | ({"g": "g"} if "g" in path.terms else {})
    for name, of in last.items():
        expected = path.x[11] if name == "x" else np.atleast_1d(path.terms[name][10])
        assert eleventh.vectors[of] == tuple(expected)
    assert len(eleventh.vectors) == len(lines) + ("g" in path.terms)
