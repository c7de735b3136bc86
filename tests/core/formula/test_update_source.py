"""Rules as NumPy: for one array as in a picture, and for lists of arrays as on a network."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from core import OPTIMIZERS, Run, trace
from core.formula import Rule, parse_rule
from core.formula.update_source import array_lines, function_source, list_lines, numpy_update, tuple_source

Array = npt.NDArray[np.float64]

# Off the axes and off x = 1, where a gradient of Beale's vanishes and its rounding errors would decide a sign.
START = (0.5, -0.7)
STEPS = 60
A, B = np.array([0.3, -0.7, 1.1]), np.array([[0.4, -0.2], [0.9, 0.5]])


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_a_rule_takes_the_same_path_on_a_list_of_arrays(key: str) -> None:
    run = Run("beale", key, START, STEPS)
    formula, rule = run.resolved_objective.parsed, run.resolved_optimizer.parsed
    hypers = [run.settings[name] for name in rule.hypers]

    def newton(point: Sequence[Array], damping: float) -> list[Array]:
        return [np.linalg.solve(formula.hessian(point[0]) + damping * np.eye(2), formula.grad(point[0]))]

    def gradient(point: Sequence[Array]) -> list[Array]:
        return [formula.grad(point[0])]

    start, update = numpy_update(rule)
    x = [np.array(run.start)]
    state = start(x, *hypers)
    points = [x[0]]
    for t in range(1, STEPS + 1):
        given = (x, gradient(x), formula.value(x[0]), t, STEPS, *hypers, *state)
        x, state = update(
            *given,
            gradient,
            lambda point: [np.diagonal(formula.hessian(point[0]))],
            newton_direction=newton,
            value=lambda point: formula.value(point[0]),
        )
        points.append(x[0])
    # Powers are products there, and a linear system is solved in another order: a few roundings a step.
    np.testing.assert_allclose(points, trace(run).x, rtol=1e-12, atol=1e-12)


def _gradients(points: Sequence[Array]) -> list[Array]:
    """The slopes of Σ aᵢ⁴ + Σ b² + Σa·Σb at the points a and b."""
    a, b = points
    return [4 * a**3 + b.sum(), 2 * b + a.sum()]


def _loss(points: Sequence[Array]) -> np.float64:
    a, b = points
    return np.float64((a**4).sum() + (b**2).sum() + a.sum() * b.sum())


def _stepped(rule: Rule, steps: int, **hypers: float) -> list[Array]:
    values = [hypers[name] for name in rule.hypers]
    start, update = numpy_update(rule)
    x: list[Any] = [A.copy(), B.copy()]
    state = start(x, *values)
    for t in range(1, steps + 1):
        x, state = update(x, _gradients(x), _loss(x), t, steps, *values, *state, grad=_gradients, value=_loss,
                          hessian_diag=lambda point: [12 * point[0] ** 2, np.full_like(B, 2.0)])  # fmt: skip
    return x


# Newton's direction is computed by whoever calls the update.
@pytest.mark.parametrize("key", [key for key, entry in OPTIMIZERS.items() if "newton_direction" not in entry.rule])
def test_lists_of_arrays_are_updated_as_torch_updates_parameters(key: str) -> None:
    import torch

    from core.formula.torch_class import needs_closure
    from core.formula.torch_code import rule_optimizer

    entry = OPTIMIZERS[key]
    hypers = {hyper.name: hyper.default for hyper in entry.hypers} | {"lr": 0.02}
    arrays = _stepped(entry.parsed, 10, **hypers)
    params = [torch.nn.Parameter(torch.tensor(part)) for part in (A, B)]
    options = {"exact": True} if "hessian_diag" in entry.rule else {}
    optimizer = rule_optimizer(entry.parsed)(params, **hypers, **options)

    def loss() -> torch.Tensor:
        a, b = params
        return (a**4).sum() + (b**2).sum() + a.sum() * b.sum()

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    for _ in range(10):
        optimizer.step(loss if needs_closure(entry.parsed) else closure)
    for mine, other in zip(arrays, params, strict=True):
        # Ten steps in float64, and five multiplications of matrices a step for Muon.
        np.testing.assert_allclose(mine, other.detach().numpy(), rtol=1e-11)


@pytest.mark.parametrize("shape", [(4, 6), (6, 4), (5, 5), (3, 2, 4), (7,), (1, 1)])
def test_orthogonalizing_in_numpy_is_orthogonalizing_in_torch(shape: tuple[int, ...]) -> None:
    import torch

    from core.formula.torch_code import orthogonalize

    _, update = numpy_update(parse_rule("x = orthogonalize(g)"))
    for seed in range(5):
        matrix = np.random.default_rng(seed).normal(size=shape)
        (result,), _ = update([matrix], [matrix], 0.0, 1, 1, 0.1)
        # The same operations; products of matrices are summed in the libraries' own orders.
        np.testing.assert_allclose(result, orthogonalize(torch.tensor(matrix)).numpy(), rtol=1e-9, atol=1e-12)


def test_nothing_is_changed_in_place() -> None:
    x, g = [A.copy(), B.copy()], [A.copy(), B.copy()]
    for key in ("adam", "schedule_free", "lion"):
        rule = OPTIMIZERS[key].parsed
        hypers = [0.5 for _ in rule.hypers]
        start, update = numpy_update(rule)
        kept = start(x, *hypers)
        before = deepcopy(kept)
        update(x, g, 1.0, 1, 9, *hypers, *kept, grad=_gradients)
        for one, other in zip([*x, *g], [A, B, A, B], strict=True):
            np.testing.assert_array_equal(one, other)
        for ours, copies in zip(kept, before, strict=True):
            for one, other in zip(ours, copies, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("x = x - lr*where(t > 2, grad(x + 1), g)", [0, 0, 1, 1]),
        ("x = x - lr*where(t > 2, where(t > 3, grad(x + 1), g), g)", [0, 0, 0, 1]),
        ("x = x - lr*where(global_norm(x) > 1e9, grad(x), g)", [0, 0, 0, 0]),
        ("x = x - lr*where(norm(x) > 0, grad(x), g)", [1, 1, 1, 1]),
    ],
)
def test_only_the_branch_that_is_taken_asks_for_a_gradient(text: str, asked: list[int]) -> None:
    counts: list[int] = []

    def grad(point: Sequence[Array]) -> list[Array]:
        counts[-1] += 1
        return _gradients(point)

    _, update = numpy_update(parse_rule(text))
    x: list[Any] = [A, B]
    for t in range(1, 5):
        counts.append(0)
        x, _ = update(x, _gradients(x), 1.0, t, 4, 0.01, grad=grad)
    assert counts == asked


# What Python's own numbers would raise for or turn complex, and what float64 makes of it.
FRAGILE: Mapping[str, float] = {
    "x = x + lr/0": np.inf,
    "c = 0\nx = x + lr/c": np.inf,
    "c = 1 - 1\nx = x*0 + lr/c": np.inf,
    "c = (0 - 8)**(1/3)\nx = x + c": np.nan,
    "x = x*0 + lr**(0 - lr)/(lr - lr)": np.inf,
    "c: state = 0\nc = 1/c\nx = x + c": np.inf,
    "n: state = 0\nx = x*0 + 1/n\nn = norm(g)*0 + n": np.inf,
    "x = x*0 + where(lr > 0, 1, 2)": 1.0,
    "x = 5": 5.0,
}


@pytest.mark.parametrize("text", FRAGILE)
def test_single_numbers_are_float64_and_never_raise(text: str) -> None:
    for part in _stepped(parse_rule(text), 1, lr=0.5):
        np.testing.assert_array_equal(part, np.full(part.shape, FRAGILE[text]))


def test_the_norm_over_everything_and_the_norm_of_each_are_kept_apart() -> None:
    both = np.concatenate([A, B.ravel()])
    _, update = numpy_update(parse_rule("x = x*0 + norm(g)/global_norm(g)"))
    (a, b), _ = update([A, B], [A, B], 0.0, 1, 1, 0.1)
    # Two roots of sums of squares.
    np.testing.assert_allclose(a, np.linalg.norm(A) / np.linalg.norm(both), rtol=1e-15)
    np.testing.assert_allclose(b, np.linalg.norm(B) / np.linalg.norm(both), rtol=1e-15)


def test_the_lines_for_one_array_are_the_rules_own() -> None:
    assert list(array_lines(OPTIMIZERS["adam"].parsed, "numpy").update) == [
        "m = beta1*m + (1 - beta1)*g",
        "v = beta2*v + (1 - beta2)*g**2",
        "m_hat = m/(1 - beta1**t)",
        "v_hat = v/(1 - beta2**t)",
        "x = x - lr*m_hat/(np.sqrt(v_hat) + eps)",
    ]


def test_the_lines_for_lists_evaluate_one_line_for_all_before_the_next() -> None:
    assert list(list_lines(OPTIMIZERS["sam"].parsed, "torch").update) == [
        "global_norm_1 = global_norm(g)",
        "grad_1 = grad([x + rho*g/(global_norm_1 + 1e-12) for x, g in zip(x, g, strict=True)])",
        "x = [x - lr*grad_1 for x, grad_1 in zip(x, grad_1, strict=True)]",
    ]


def test_names_that_a_line_needs_do_not_collide_with_the_rules_own() -> None:
    rule = parse_rule("grad_1 = 3\nglobal_norm_1 = 2\nx = x - lr*grad_1*global_norm_1*grad(x)/global_norm(x)")
    norm = np.sqrt((A**2).sum() + (B**2).sum())
    for part, start, slope in zip(_stepped(rule, 1, lr=0.1), (A, B), _gradients([A, B]), strict=True):
        # A handful of operations in float64.
        np.testing.assert_allclose(part, start - 0.1 * 6 * slope / norm, rtol=1e-14)


def test_a_long_definition_is_written_on_several_lines() -> None:
    names = [f"a_long_parameter_name_{index}" for index in range(6)]
    text = function_source("long", names, ["total = 0"], tuple_source(names))
    assert max(map(len, text.splitlines())) < 180
    scope: dict[str, Any] = {}
    exec(text, scope)
    assert scope["long"](*range(6)) == tuple(range(6))
