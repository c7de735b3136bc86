"""What ``trace`` promises: a path records what was computed, and its status says how the run ended."""

import operator
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.engine.status import AT_REST, MAX_LOSS, MAX_POSITION, REST_NORM, Outcome, point_text
from core.engine.trace import Path
from core.formula import Formula
from core.formula.rule import Kind
from core.formula.tree import Binary, Call, Compare, Expression, Name, Negative, Number
from core.formula.words import digits
from tests.core.catalogue.oracles import newton_schulz

Array = npt.NDArray[np.float64]

every = pytest.mark.parametrize("key", OPTIMIZERS)
# A learning rate with which each rule stays finite for the steps taken here, where the default is too long.
SAFE_LR = {"momentum": 2e-4, "nesterov": 2e-4, "schedule_free": 5e-4}


def _run(key: str, objective: str = "rosenbrock", steps: int = 40, **settings: Any) -> Run:
    hypers = {"lr": SAFE_LR[key]} if key in SAFE_LR else {}
    return Run(objective, key, OBJECTIVES[objective].start, steps, {**hypers, **settings.pop("hypers", {})}, **settings)


def _same_terms(first: Path, second: Path, steps: slice = slice(None)) -> bool:
    return first.terms.keys() == second.terms.keys() and all(
        np.array_equal(values[steps], second.terms[name][steps], equal_nan=True) for name, values in first.terms.items()
    )


# --- An independent evaluator of rules: it walks the tree and computes with whole vectors. ---

_ARITHMETIC: Mapping[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "%": operator.mod,
    "**": operator.pow, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "sqrt": np.sqrt, "exp": np.exp, "abs": np.abs, "sign": np.sign, "min": np.minimum, "max": np.maximum,
    "clip": np.clip, "norm": np.linalg.norm, "global_norm": np.linalg.norm, "dot": np.dot, "sum": np.sum,
    "orthogonalize": lambda v: newton_schulz(v.reshape(-1, 1)).ravel(),
}  # fmt: skip


@dataclass
class Evaluator:
    """Computes expressions of a rule; ``asked`` counts the gradients."""

    formula: Formula
    gradient: Callable[[Array], Array]
    names: dict[str, Any]
    asked: int = 0

    def oracle(self, function: str, point: Array, *others: Any) -> Any:
        if function == "value":
            return self.formula.value(point)
        self.asked += 2 if function == "newton_direction" else 1
        if function == "grad":
            return self.gradient(point)
        hessian = self.formula.hessian(point)
        if function == "hessian_diag":
            return np.diagonal(hessian)
        (damping,) = others
        return np.linalg.solve(hessian + damping * np.eye(len(point)), self.gradient(point))

    def __call__(self, tree: Expression) -> Any:
        match tree:
            case Number(value):
                return np.float64(value)
            case Name(name):
                return self.names[name]
            case Negative(operand):
                return -self(operand)
            case Binary(sign, left, right) | Compare(sign, left, right):
                return _ARITHMETIC[sign](self(left), self(right))
            case Call("where", (condition, left, right)):
                chosen = self(condition)
                # A condition that is one number decides what is evaluated at all.
                return (
                    self(left if chosen else right)
                    if np.ndim(chosen) == 0
                    else np.where(chosen, *map(self, (left, right)))
                )
            case Call("grad" | "hessian_diag" | "newton_direction" | "value" as function, arguments):
                return self.oracle(function, *map(self, arguments))
            case Call(function, arguments):
                return _FUNCTIONS[function](*map(self, arguments))
        raise AssertionError(tree)


def _given_gradient(run: Run, t: int) -> Callable[[Array], Array]:
    """What the rule is given at step ``t``: the gradient with this step's noise, then clipped."""
    noise = run.noise * np.random.default_rng((run.seed, t)).standard_normal(len(run.start))

    def gradient(point: Array) -> Array:
        g = run.resolved_objective.parsed.grad(point) + noise
        return g if run.clip_norm is None else g * min(1.0, run.clip_norm / (float(np.linalg.norm(g)) + 1e-6))

    return gradient


@dataclass
class Recomputed:
    """One step computed by the evaluator from the recorded row before it."""

    asked: int
    terms: dict[str, Any] = field(default_factory=dict)


def _recompute(path: Path, row: int) -> Recomputed:
    """Step ``row`` (from 0): every line from the recorded values of the lines above it, compared with what follows."""
    run = path.run
    rule, formula = run.resolved_optimizer.parsed, run.resolved_objective.parsed
    gradient = _given_gradient(run, row + 1)
    x = path.x[row]
    names: dict[str, Any] = {
        **{name: np.float64(value) for name, value in run.settings.items()},
        "lr": path.terms["lr"][row],
        "t": np.float64(row + 1),
        "T": np.float64(run.steps),
        "x": x,
    }
    evaluate = Evaluator(formula, gradient, names)
    for name in rule.state:
        if row and name in path.terms:
            names[name] = path.terms[name][row - 1]
        else:
            # What no line assigns stays as it began.
            names["x"] = path.x[0]
            first = evaluate(rule.initial[name]) if name in rule.initial else np.float64(0.0)
            names["x"] = x
            names[name] = np.broadcast_to(first, x.shape) if rule.kinds[name] is Kind.TENSOR else first
    if "g" in rule.reads:
        names["g"] = evaluate.oracle("grad", x)
    if "loss" in rule.reads:
        names["loss"] = formula.value(x)
    result = Recomputed(0, {"g": names["g"]} if "g" in names else {})
    last = {line.name: index for index, line in enumerate(rule.lines)}
    recorded = {**path.terms, "x": path.x[1:]}
    with np.errstate(all="ignore"):
        for index, line in enumerate(rule.lines):
            value = evaluate(line.tree)
            names[line.name] = value
            if index == last[line.name]:
                result.terms[line.name] = value
                names[line.name] = recorded[line.name][row]
    result.asked = evaluate.asked
    return result


SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "noise, clipping and a schedule": {"noise": 0.3, "clip_norm": 2.0, "schedule": "cosine", "seed": 7},
}


@every
@pytest.mark.parametrize("objective", ["rosenbrock", "himmelblau", "quartic"])
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_every_recorded_term_is_its_line_of_the_rule(key: str, objective: str, settings: Mapping[str, Any]) -> None:
    # A rate taken from the difference of two gradients that were noisy or cut to one length can be of any size.
    quiet = {"noise": 0.0, "clip_norm": None} if key == "barzilai_borwein" else {}
    path = trace(_run(key, objective, **{**settings, **quiet}))
    assert path.status.outcome in (Outcome.FINISHED, *AT_REST)
    assert set(path.terms) - {"g", "lr"} == set(path.run.resolved_optimizer.parsed.assigned)
    recorded = {**path.terms, "x": path.x[1:]}
    asked = 0
    for row in range(path.run.steps):
        step = _recompute(path, row)
        asked += step.asked
        for name, value in step.terms.items():
            # One line is a few operations. Newton's direction differs by the Hessian's condition, at most 1e4 here.
            tolerance = 1e-10 if key == "newton" else 1e-12
            values = recorded[name][row]
            scale = np.maximum(1.0, np.abs(values))
            np.testing.assert_allclose(values / scale, value / scale, rtol=0, atol=tolerance, err_msg=f"{name} {row}")
    assert path.evaluations == asked


@every
@pytest.mark.parametrize("objective", ["rosenbrock", "quartic"])
def test_shapes_are_those_of_the_contract(key: str, objective: str) -> None:
    path = trace(_run(key, objective))
    steps, size = path.run.steps, len(path.run.start)
    assert path.x.shape == path.grad.shape == (steps + 1, size)
    assert path.loss.shape == path.grad_norm.shape == (steps + 1,)
    rule = path.run.resolved_optimizer.parsed
    for name, values in path.terms.items():
        one_number = name == "lr" or rule.kinds[name] is not Kind.TENSOR
        assert values.shape == ((steps,) if one_number else (steps, size)), name
    for values in (path.x, path.loss, path.grad, path.grad_norm, *path.terms.values()):
        assert values.dtype == np.float64
    assert path.status.step == steps
    assert str(path.status) == path.status.value


@every
def test_the_first_row_is_the_start_and_the_recorded_point_follows_it(key: str) -> None:
    path = trace(_run(key))
    assert tuple(path.x[0]) == path.run.start
    np.testing.assert_array_equal(path.terms["x"], path.x[1:])


@every
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_loss_and_gradient_are_exact_at_every_row(key: str, settings: Mapping[str, Any]) -> None:
    path = trace(_run(key, "beale", **settings))
    formula = OBJECTIVES["beale"].parsed
    np.testing.assert_array_equal(path.loss, formula.value(path.x.T))
    np.testing.assert_array_equal(path.grad, formula.grad(path.x.T).T)
    # The norm of two numbers has two roundings.
    np.testing.assert_allclose(path.grad_norm, np.linalg.norm(path.grad, axis=1), rtol=1e-15)


@every
def test_the_text_of_a_shipped_rule_is_that_rule_bit_for_bit(key: str) -> None:
    run = _run(key, noise=0.1, seed=3, clip_norm=50.0)
    shipped, typed = trace(run), trace(replace(run, optimizer=OPTIMIZERS[key].text))
    np.testing.assert_array_equal(shipped.x, typed.x)
    np.testing.assert_array_equal(shipped.loss, typed.loss)
    assert _same_terms(shipped, typed)
    assert (shipped.evaluations, shipped.status) == (typed.evaluations, typed.status)


@every
def test_the_formula_of_a_shipped_objective_is_that_objective_bit_for_bit(key: str) -> None:
    run = _run(key, "beale")
    shipped, typed = trace(run), trace(replace(run, objective=OBJECTIVES["beale"].formula))
    np.testing.assert_array_equal(shipped.x, typed.x)
    assert _same_terms(shipped, typed)


# --- How many gradients a run asks for. ---


def _asked(key: str, steps: int) -> int:
    """The gradients that a rule asks for in its first ``steps`` steps, as the evaluator counts them."""
    path = trace(_run(key, steps=steps))
    return sum(_recompute(path, row).asked for row in range(steps))


@every
@pytest.mark.parametrize("steps", [1, 10, 11, 25])
def test_evaluations_are_those_the_rule_asks_for(key: str, steps: int) -> None:
    assert trace(_run(key, steps=steps)).evaluations == _asked(key, steps)


@pytest.mark.parametrize(("key", "gradients"), [("sgd", 25), ("sam", 50), ("newton", 50), ("sophia", 28)])
def test_a_second_look_is_counted(key: str, gradients: int) -> None:
    assert _asked(key, 25) == gradients


@pytest.mark.parametrize("k", [1, 2, 7, 100])
def test_sophia_asks_for_the_curvature_once_every_k_steps_from_the_first(k: int) -> None:
    path = trace(_run("sophia", steps=20, hypers={"k": k}))
    assert path.evaluations == 20 + len(range(0, 20, k))
    changes = np.flatnonzero(np.diff(path.terms["h"][:, 0], prepend=0.0))
    assert list(changes) == list(range(0, 20, k))


@every
def test_the_failing_step_of_a_diverged_run_is_counted(key: str) -> None:
    # Polyak's step climbs to the loss that it takes for the lowest.
    more = {"f_min": -1e6} if key == "polyak" else {}
    path = trace(Run("-cosh(x) - cosh(y)", key, (1.0, 2.0), 1000, {"lr": 1e5, **more}))
    assert path.status.outcome is Outcome.DIVERGED
    steps = path.status.step
    assert len(path.x) == steps
    assert path.evaluations == _asked(key, steps)


def test_a_run_that_is_undefined_at_the_start_asks_for_nothing() -> None:
    assert trace(Run("log(x)", "sam", (-1.0,))).evaluations == 0


# --- How a run ends. ---


def test_a_run_with_a_small_gradient_at_the_end_says_what_it_ended_at() -> None:
    path = trace(Run("bowl", "sgd", (-2.5, 2.0), 60, {"lr": 0.4}))
    assert path.status.outcome is Outcome.MINIMUM
    assert path.grad_norm[-1] <= REST_NORM == 1e-6
    assert path.status.value == (
        f"Ended at a minimum: after 60 steps the gradient norm is {digits(path.grad_norm[-1])}, and the eigenvalues of "
        "the Hessian, 1 and 3, are positive."
    )
    assert len(path.x) == 61


def test_rest_is_judged_at_the_end_and_at_exactly_the_bound() -> None:
    # One step of −1 from 1 + 1e-6: the gradient x is then 1e-6 up to rounding.
    for target, outcome in ((0.99e-6, Outcome.MINIMUM), (1.01e-6, Outcome.FINISHED)):
        assert trace(Run("parabola", "x = x - 1", (1 + target,), 1)).status.outcome is outcome
    # Passing through the minimum on the way does not count.
    assert trace(Run("parabola", "x = x - 1", (1.0,), 2)).status.outcome is Outcome.FINISHED


def test_a_run_that_takes_all_its_steps_is_finished() -> None:
    path = trace(_run("adam", steps=5))
    assert path.status.outcome is Outcome.FINISHED
    assert path.status.step == 5
    assert path.status.value == (
        f"Not at rest after 5 steps: the loss is {digits(path.loss[-1])} and the gradient norm "
        f"{digits(path.grad_norm[-1])}."
    )


def test_gradient_descent_with_lr_1_on_rosenbrock_diverges_at_step_3() -> None:
    path = trace(Run("rosenbrock", "sgd", (-1.5, 2.0), 500, {"lr": 1.0}))
    assert (path.status.outcome, path.status.step) == (Outcome.DIVERGED, 3)
    assert len(path.x) == len(path.loss) == len(path.grad_norm) == 3
    assert {len(values) for values in path.terms.values()} == {2}
    assert path.evaluations == 3
    assert np.isfinite(path.x).all()
    x, y = path.x[-1]
    assert path.status.value == (
        f"Diverged at step 3: the position left ±10¹²; the last point was ({digits(x)}, {digits(y)}) "
        f"with loss {digits(path.loss[-1])}."
    )


def test_a_loss_beyond_its_bound_is_divergence_and_says_so() -> None:
    path = trace(Run("-exp(x)", "x = x + 100", (0.0,), 10))
    assert (path.status.outcome, path.status.step) == (Outcome.DIVERGED, 3)
    assert path.status.value == (
        "Diverged at step 3: the loss passed 10¹⁰⁰ in size; the last point was x = 200 with loss −7.226·10⁸⁶."
    )


@pytest.mark.parametrize(("bound", "objective"), [(MAX_POSITION, "x"), (MAX_LOSS, "x*1e88")])
def test_the_bounds_themselves_are_not_divergence(bound: float, objective: str) -> None:
    del bound
    stays = trace(Run(objective, "x = x*10", (1.0,), 12))
    assert stays.status.outcome is Outcome.FINISHED
    assert stays.x[-1] == 1e12
    leaves = trace(Run(objective, "x = x*10", (1.0,), 13))
    assert (leaves.status.outcome, leaves.status.step) == (Outcome.DIVERGED, 13)


def test_a_step_to_where_the_objective_has_no_value_is_undefined() -> None:
    path = trace(Run("log(x)", "sgd", (0.5,), 10, {"lr": 1.0}))
    assert (path.status.outcome, path.status.step) == (Outcome.UNDEFINED, 1)
    assert path.status.value == (
        "Undefined at step 1: the objective has no value at x = −1.5, where log(x) is log(−1.5); "
        "the last point was x = 0.5 with loss −0.6931."
    )
    np.testing.assert_array_equal(path.x, [[0.5]])
    assert {len(values) for values in path.terms.values()} == {0}


def test_a_position_that_is_not_a_number_is_undefined() -> None:
    path = trace(Run("parabola", "x = sqrt(x - 1)", (3.0,), 10))
    assert path.status.outcome is Outcome.UNDEFINED
    assert f"in x, sqrt(x - 1) is sqrt({digits(path.x[-1, 0] - 1)})" in path.status.value
    assert np.isfinite(path.x).all()


@pytest.mark.parametrize(("objective", "start"), [("log(x)", (-1.0,)), ("1/x + y", (0.0, 1.0))])
def test_a_start_without_a_value_is_undefined(objective: str, start: tuple[float, ...]) -> None:
    path = trace(Run(objective, "adam", start))
    assert (path.status.outcome, path.status.step) == (Outcome.UNDEFINED, 0)
    assert path.status.value.startswith(f"Undefined at the start: the objective has no value at {point_text(start)}, ")
    np.testing.assert_array_equal(path.x, [start])
    assert path.loss.shape == path.grad_norm.shape == (1,)
    assert set(path.terms) == {"x", "g", "lr", "m", "v", "m_hat", "v_hat"}
    assert {len(values) for values in path.terms.values()} == {0}


def test_a_loss_that_rises_at_first_is_not_divergence() -> None:
    path = trace(Run("bowl", "momentum", (-2.5, 2.0), 400, {"lr": 0.6, "beta": 0.9}))
    rises = np.diff(path.loss) > 0
    assert rises.any()
    assert path.status.outcome is Outcome.MINIMUM
    path = trace(Run("rosenbrock", "sgd", (-1.5, 2.0), 500, {"lr": 0.0015}))
    assert path.loss[1] > path.loss[0]
    assert len(path.x) == 501


_DIVERGING = """
from core import OPTIMIZERS, Run, trace, trace_many
for key in OPTIMIZERS:
    for objective, start in (("exp(x*x) + 1/y", (2.0, 1.0)), ("log(x) + sqrt(y)", (0.5, 0.5)), ("1/x + y", (0.0, 1.0))):
        run = Run(objective, key, start, 50, {"lr": 1e6})
        trace(run)
        trace_many(run, hypers={"lr": [1e-3, 1.0, 1e6]})
        trace_many(run, starts=[[0.5, -1.0], [0.0, 2.0]])
"""


def test_runs_that_diverge_or_are_undefined_emit_no_warnings() -> None:
    # In a process of its own too, where nothing has set NumPy's error handling before.
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _DIVERGING], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")


# --- Lengths: runs are computed in chunks of 512 steps, which must not show. ---


@pytest.mark.parametrize("steps", [1, 2, 511, 512, 513, 1024, 1300])
def test_a_run_of_any_length_has_that_many_steps(steps: int) -> None:
    path = trace(_run("adam", steps=steps))
    assert len(path.x) == steps + 1
    assert {len(values) for values in path.terms.values()} == {steps}
    assert path.evaluations == steps


@every
def test_a_longer_run_begins_with_the_shorter_one(key: str) -> None:
    # Shipped rules do not depend on T, and the constant schedule does not either.
    short, long = trace(_run(key, steps=300, noise=0.1)), trace(_run(key, steps=700, noise=0.1))
    np.testing.assert_array_equal(long.x[:301], short.x)
    assert _same_terms(short, long, slice(300))
    assert len(long.x) == 701


@every
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_where_chunks_end_does_not_matter(
    key: str, settings: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _run(key, **settings)
    whole = trace(run)
    # The name core.engine.trace is the function; its module is found by its path.
    monkeypatch.setattr(sys.modules[trace.__module__], "_CHUNK", 7)
    parts = trace(run)
    np.testing.assert_array_equal(parts.x, whole.x)
    assert _same_terms(parts, whole)
    assert (parts.status, parts.evaluations) == (whole.status, whole.evaluations)


@pytest.mark.parametrize(("factor", "step"), [(1.06, 475), (1.0555, 512), (1.0554, 513), (1.05, 567), (1.02, 1396)])
def test_divergence_is_found_at_its_step_wherever_in_a_chunk_it_is(factor: float, step: int) -> None:
    # x is factor**t, the bound 1e12.
    assert factor ** (step - 1) <= 1e12 < factor**step
    path = trace(Run("x", f"x = x*{factor}", (1.0,), 3000))
    assert (path.status.outcome, path.status.step) == (Outcome.DIVERGED, step)
    assert len(path.x) == step
    assert path.evaluations == 0


def test_the_number_of_steps_is_given_to_the_rule_as_T() -> None:
    path = trace(Run("parabola", "left = T - t\nx = x + left", (0.0,), 5))
    np.testing.assert_array_equal(path.terms["left"], [4, 3, 2, 1, 0])


# --- Noise and clipping. ---


def _added(path: Path) -> Array:
    return path.terms["g"] - path.run.resolved_objective.parsed.grad(path.x[:-1].T).T


@pytest.mark.parametrize("key", [key for key in OPTIMIZERS if "g" in OPTIMIZERS[key].parsed.reads])
def test_every_rule_sees_the_same_noise_at_step_t(key: str) -> None:
    path = trace(_run(key, noise=0.5, seed=11))
    expected = [0.5 * np.random.default_rng((11, t)).standard_normal(2) for t in range(1, 41)]
    # Adding to gradients of up to 1000 and subtracting again costs 1e-13.
    np.testing.assert_allclose(_added(path), expected, rtol=0, atol=1e-12)


def test_different_seeds_give_different_noise_and_one_seed_the_same() -> None:
    one, again, other = (trace(_run("sgd", noise=0.5, seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.x, again.x)
    assert (one.x[1:] != other.x[1:]).any(axis=1).all()
    assert (np.abs(_added(one) - _added(other)) > 1e-6).all()


def test_without_noise_the_seed_does_not_matter() -> None:
    np.testing.assert_array_equal(trace(_run("adam", seed=1)).x, trace(_run("adam", seed=2)).x)


@pytest.mark.parametrize("largest", [1e-3, 1.0, 30.0, 1e6])
@pytest.mark.parametrize("noise", [0.0, 5.0])
def test_clipping_is_torchs_and_comes_after_the_noise(largest: float, noise: float) -> None:
    import torch

    path = trace(_run("sgd", clip_norm=largest, noise=noise, seed=4, steps=30))
    given = trace(_run("sgd", clip_norm=1e12, noise=noise, seed=4, steps=30))
    for row, x in enumerate(path.x[:-1]):
        g = OBJECTIVES["rosenbrock"].parsed.grad(x)
        g = g + noise * np.random.default_rng((4, row + 1)).standard_normal(2)
        parameter = torch.nn.Parameter(torch.tensor(x))
        parameter.grad = torch.tensor(g)
        torch.nn.utils.clip_grad_norm_([parameter], largest)
        # Both norms are rounded, in another order.
        np.testing.assert_allclose(path.terms["g"][row], parameter.grad.numpy(), rtol=1e-14)
    assert np.linalg.norm(path.terms["g"], axis=1).max() <= largest
    if largest == 1e6:
        np.testing.assert_array_equal(path.x, given.x)


# --- Facts the guide relies on (X01 in facts.md). ---


@pytest.mark.parametrize(("steps", "x"), [(100, -0.0724), (1000, -0.00892), (10_000, -0.000921)])
def test_on_the_quartic_small_steps_creep_towards_the_inflection_and_never_pass_it(steps: int, x: float) -> None:
    path = trace(Run("quartic", "sgd", (-0.5,), steps, {"lr": 0.012}))
    # The facts have three significant digits.
    assert path.x[-1, 0] == pytest.approx(x, rel=6e-3 if steps == 10_000 else 5e-3)
    assert f"{path.x[-1, 0]:.3g}" == f"{x:.3g}"
    assert (path.x < 0).all()
    assert path.loss[-1] == pytest.approx(2.0, abs=4e-3)


@pytest.mark.parametrize(("beta", "arrives"), [(0.7, False), (0.75, True), (0.8, True), (0.9, True)])
def test_momentum_of_three_quarters_carries_over_the_inflection(beta: float, arrives: bool) -> None:
    path = trace(Run("quartic", "momentum", (-0.5,), 5000, {"lr": 0.012, "beta": beta}))
    if arrives:
        assert path.x[-1, 0] == pytest.approx(2.25, abs=1e-6)
        assert path.status.outcome is Outcome.MINIMUM
    else:
        assert abs(path.x[-1, 0]) < 0.05
