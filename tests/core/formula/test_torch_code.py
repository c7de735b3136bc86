"""Rules as torch optimizers: the same numbers as in a picture, and what is different on a network."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

from core import OPTIMIZERS, Run, trace
from core.formula.rule import Rule, parse_rule

if TYPE_CHECKING:
    import torch

    from core.formula.torch_code import RuleOptimizer

Array = npt.NDArray[np.float64]

# Newton needs the whole Hessian and is not offered on a network.
OFFERED = [key for key in OPTIMIZERS if key != "newton"]
offered = pytest.mark.parametrize("key", OFFERED)
STEPS = 100
# Off the axes and off x = 1, where a gradient of Beale's vanishes and its rounding errors would decide a sign.
START = (0.5, -0.7)


def _optimizer(params: Any, rule: Rule, steps: int = STEPS, seed: int = 0, **hypers: float) -> "RuleOptimizer":
    from core.formula.torch_code import RuleOptimizer

    return RuleOptimizer(params, rule, hypers, steps, seed)


def _parameter(values: npt.ArrayLike, dtype: str = "float64") -> "torch.nn.Parameter":
    import torch

    return torch.nn.Parameter(torch.tensor(np.asarray(values), dtype=getattr(torch, dtype)))


def _numbers(tensor: "torch.Tensor") -> Array:
    return tensor.detach().double().numpy().copy()


def _torch_path(run: Run, seed: int = 0) -> Array:
    """The points of ``run`` when torch computes gradients and updates."""
    weight = _parameter(run.start)
    loss = run.resolved_objective.parsed.torch()
    optimizer = _optimizer([weight], run.resolved_optimizer.parsed, run.steps, seed, **run.settings)
    points = [_numbers(weight)]
    for _ in range(run.steps):
        optimizer.step(lambda: loss(weight))
        points.append(_numbers(weight))
    return np.array(points)


# Loud values, with which a misplaced eps or a wrong exponent shows.
LOUD: Mapping[str, float] = {
    "lr": 0.01, "beta": 0.7, "beta1": 0.6, "beta2": 0.8, "eps": 0.05, "gamma": 0.6, "rho": 0.1, "weight_decay": 0.2,
    "momentum_decay": 0.1, "k": 3,
}  # fmt: skip


def _loud(key: str) -> dict[str, float]:
    return {hyper.name: LOUD[hyper.name] for hyper in OPTIMIZERS[key].hypers}


@offered
@pytest.mark.parametrize("loud", [False, True], ids=["defaults", "loud"])
def test_a_rule_takes_the_same_path_through_torch(key: str, loud: bool) -> None:
    # Sophia's estimate of the Hessian's diagonal is the diagonal itself only where nothing lies beside it.
    objective = "x**2 + 3*y**4" if key == "sophia" else "beale"
    run = Run(objective, key, START, STEPS, _loud(key) if loud else {})
    path = trace(run)
    assert len(path.x) == STEPS + 1
    assert np.abs(path.x[-1] - path.x[0]).max() > 1e-3
    # Both compute in float64 and differ in the order of sums within the gradient: a few roundings a step.
    np.testing.assert_allclose(_torch_path(run), path.x, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("objective", ["rosenbrock", "himmelblau", "matyas"])
def test_hutchinsons_estimate_has_the_diagonal_as_its_mean(objective: str) -> None:
    rule = parse_rule("h = hessian_diag(x)\nx = x - lr*h")
    run = Run(objective, "sgd", (0.7, -0.4))
    loss = run.resolved_objective.parsed.torch()
    estimates = []
    for seed in range(400):
        weight = _parameter(run.start)
        _optimizer([weight], rule, seed=seed, lr=1.0).step(lambda weight=weight: loss(weight))
        estimates.append(np.array(run.start) - _numbers(weight))
    hessian = run.resolved_objective.parsed.hessian(run.start)
    # Random signs make each estimate the diagonal plus or minus what lies beside it, evenly.
    beside = abs(hessian[0, 1])
    off = np.array(estimates) - np.diag(hessian)
    np.testing.assert_allclose(np.abs(off), beside, rtol=1e-9)
    # Five standard deviations of the mean of 400 signs.
    assert np.abs(off.mean(axis=0)).max() < 5 * beside / 20


def test_sophias_estimate_comes_from_the_seed() -> None:
    def end(seed: int) -> Array:
        run = Run("rosenbrock", "sophia", (-1.5, 2.0), 30, {"lr": 0.01, "k": 1, "gamma": 1.0})
        return _torch_path(run, seed)[-1]

    np.testing.assert_array_equal(end(3), end(3))
    assert (end(3) != end(4)).any()


# --- Networks ---


def _network(dtype: str, seed: int = 0) -> "torch.nn.Module":
    """Two layers: four parameters of four shapes."""
    import torch

    torch.manual_seed(seed)
    layers = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 2))
    return layers.to(getattr(torch, dtype))


def _task(model: "torch.nn.Module", dtype: str) -> "Callable[[], torch.Tensor]":
    import torch

    random = np.random.default_rng(5)
    kind = getattr(torch, dtype)
    inputs, targets = (torch.tensor(random.normal(size=(16, width)), dtype=kind) for width in (3, 2))
    return lambda: torch.nn.functional.mse_loss(model(inputs), targets)


# The arguments of torch's class for our hyperparameters, and values away from its defaults.
PEERS: Mapping[str, tuple[str, Mapping[str, float], Callable[[Mapping[str, float]], dict[str, Any]]]] = {
    "sgd": ("SGD", {"lr": 0.1}, lambda h: {"lr": h["lr"]}),
    "momentum": ("SGD", {"lr": 0.05, "beta": 0.8}, lambda h: {"lr": h["lr"], "momentum": h["beta"]}),
    "rmsprop": (
        "RMSprop",
        {"lr": 0.01, "gamma": 0.9, "eps": 1e-2},
        lambda h: {"lr": h["lr"], "alpha": h["gamma"], "eps": h["eps"]},
    ),
    "adam": (
        "Adam",
        {"lr": 0.02, "beta1": 0.8, "beta2": 0.95, "eps": 1e-2},
        lambda h: {"lr": h["lr"], "betas": (h["beta1"], h["beta2"]), "eps": h["eps"]},
    ),
    "adamw": (
        "AdamW",
        {"lr": 0.02, "beta1": 0.8, "beta2": 0.95, "eps": 1e-2, "weight_decay": 0.3},
        lambda h: {
            "lr": h["lr"], "betas": (h["beta1"], h["beta2"]), "eps": h["eps"], "weight_decay": h["weight_decay"],
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("key", PEERS)
# Thirty steps of a smooth loss add up rounding errors; float32 rounds at 6e-8, and Adam divides by small numbers.
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-13), ("float32", 1e-5)])
def test_a_network_is_trained_as_by_torch_itself(key: str, dtype: str, tolerance: float) -> None:
    import torch

    name, hypers, arguments = PEERS[key]
    ours, theirs = _network(dtype), _network(dtype)
    assert len({p.shape for p in ours.parameters()}) == 4
    begun = [_numbers(p) for p in ours.parameters()]
    optimizer = _optimizer(ours.parameters(), OPTIMIZERS[key].parsed, 30, **hypers)
    peer = getattr(torch.optim, name)(theirs.parameters(), **arguments(hypers))
    our_loss, their_loss = _task(ours, dtype), _task(theirs, dtype)
    for _ in range(30):
        loss = optimizer.step(our_loss)
        peer.zero_grad()
        expected = their_loss()
        expected.backward()
        peer.step()
        assert float(loss) == pytest.approx(float(expected.detach()), rel=10 * tolerance)
    for before, mine, other in zip(begun, ours.parameters(), theirs.parameters(), strict=True):
        assert mine.dtype is getattr(torch, dtype)
        assert np.abs(_numbers(mine) - before).max() > 1e-3
        np.testing.assert_allclose(_numbers(mine), _numbers(other), rtol=0, atol=tolerance)


@offered
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_rule_trains_a_network_and_keeps_its_precision(key: str, dtype: str) -> None:
    model = _network(dtype)
    loss = _task(model, dtype)
    hypers = {hyper.name: hyper.default for hyper in OPTIMIZERS[key].hypers}
    optimizer = _optimizer(model.parameters(), OPTIMIZERS[key].parsed, 60, **hypers)
    losses = [float(optimizer.step(loss)) for _ in range(60)]
    assert losses[-1] < losses[0]
    assert {str(p.dtype) for p in model.parameters()} == {f"torch.{dtype}"}
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("name", ["StepLR", "CosineAnnealingLR"])
def test_a_schedule_of_torchs_changes_the_rate(name: str) -> None:
    import torch

    weight, peer = _parameter([1.0, -2.0]), _parameter([1.0, -2.0])
    ours = _optimizer([weight], OPTIMIZERS["sgd"].parsed, lr=0.1)
    theirs = torch.optim.SGD([peer], lr=0.1)
    given = {"step_size": 3} if name == "StepLR" else {"T_max": 10}
    schedules = [getattr(torch.optim.lr_scheduler, name)(optimizer, **given) for optimizer in (ours, theirs)]
    for _ in range(8):
        ours.step(lambda: (weight**4).sum())
        theirs.zero_grad()
        (peer**4).sum().backward()
        theirs.step()
        for schedule in schedules:
            schedule.step()
    # One multiplication by the rate may be rounded differently.
    np.testing.assert_allclose(_numbers(weight), _numbers(peer), rtol=1e-14)


def _gradients(points: Sequence[Array]) -> list[Array]:
    """The slopes of Σ aᵢ⁴ + Σ b² + Σa·Σb at the points a and b."""
    a, b = points
    return [4 * a**3 + b.sum(), 2 * b + a.sum()]


def _coupled(a: "torch.Tensor", b: "torch.Tensor") -> "torch.Tensor":
    return (a**4).sum() + (b**2).sum() + a.sum() * b.sum()


A, B = np.array([0.3, -0.7, 1.1]), np.array([[0.4, -0.2], [0.9, 0.5]])


def test_sam_climbs_by_one_norm_over_all_parameters() -> None:
    a, b = _parameter(A), _parameter(B)
    _optimizer([a, b], OPTIMIZERS["sam"].parsed, lr=0.1, rho=0.5).step(lambda: _coupled(a, b))
    slopes = _gradients([A, B])
    norm = np.sqrt(sum((slope**2).sum() for slope in slopes))
    above = [point + 0.5 * slope / norm for point, slope in zip((A, B), slopes, strict=True)]
    # Float64, one step, and the 1e-12 that SAM adds to the norm.
    for weight, start, slope in zip((a, b), (A, B), _gradients(above), strict=True):
        np.testing.assert_allclose(_numbers(weight), start - 0.1 * slope, rtol=1e-11)


def test_lamb_scales_each_parameter_by_its_own_norms() -> None:
    a, b = _parameter(A), _parameter(B)
    hypers = {"lr": 0.1, "beta1": 0.9, "beta2": 0.99, "eps": 0.1, "weight_decay": 0.3}
    _optimizer([a, b], OPTIMIZERS["lamb"].parsed, **hypers).step(lambda: _coupled(a, b))
    moved = []
    for weight, start, slope in zip((a, b), (A, B), _gradients([A, B]), strict=True):
        # After one step the corrected moments are the gradient and its square.
        u = slope / (np.abs(slope) + 0.1) + 0.3 * start
        step = 0.1 * np.linalg.norm(start) / np.linalg.norm(u) * u
        np.testing.assert_allclose(_numbers(weight), start - step, rtol=1e-13)
        moved.append(np.linalg.norm(step) / np.linalg.norm(start))
    np.testing.assert_allclose(moved, 0.1, rtol=1e-13)


def test_a_probe_moves_all_parameters_together_and_back() -> None:
    a, b = _parameter(A), _parameter(B)
    seen: list[list[Array]] = []

    def closure() -> "torch.Tensor":
        seen.append([_numbers(a), _numbers(b)])
        return _coupled(a, b)

    rule = parse_rule("probe = grad(x + 1)\nalso = hessian_diag(x - 2)\nx = x + 0*(probe + also)")
    _optimizer([a, b], rule, lr=0.1).step(closure)
    np.testing.assert_array_equal(_numbers(a), A)
    np.testing.assert_array_equal(_numbers(b), B)
    places = [[A, B], [A + 1, B + 1], [A - 2, B - 2]]
    assert len(seen) == 3
    for place, expected in zip(seen, places, strict=True):
        for one, other in zip(place, expected, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("oracle", ["grad", "hessian_diag"])
def test_a_probe_that_is_interrupted_moves_the_parameters_back(oracle: str) -> None:
    a, b = _parameter(A), _parameter(B)
    asked = 0

    def closure() -> "torch.Tensor":
        nonlocal asked
        asked += 1
        if asked == 2:
            # As Streamlit stops a run whose visitor moved a slider.
            raise InterruptedError
        return _coupled(a, b)

    optimizer = _optimizer([a, b], parse_rule(f"x = x - lr*g*{oracle}(x + 1)"), lr=0.1)
    with pytest.raises(InterruptedError):
        optimizer.step(closure)
    np.testing.assert_array_equal(_numbers(a), A)
    np.testing.assert_array_equal(_numbers(b), B)


def test_newton_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="newton_direction needs the whole Hessian, which a network does not offer"):
        _optimizer([_parameter([1.0])], OPTIMIZERS["newton"].parsed, lr=1.0, damping=0.0)


# --- Muon's matrices ---


@pytest.mark.parametrize("shape", [(4, 6), (6, 4), (5, 5), (16, 3), (3, 2, 4)])
def test_orthogonalizing_a_matrix_brings_its_singular_values_towards_one(shape: tuple[int, ...]) -> None:
    import torch

    from core.formula.torch_code import orthogonalize

    for seed in range(20):
        matrix = np.random.default_rng(seed).normal(size=shape)
        flat = matrix.reshape(shape[0], -1)
        left, values, right = np.linalg.svd(flat, full_matrices=False)
        result = orthogonalize(torch.tensor(matrix)).numpy()
        assert result.shape == shape
        published = max(1.0, flat.shape[0] / flat.shape[1]) ** 0.5
        found = np.linalg.svd(result.reshape(flat.shape) / published, compute_uv=False)
        # What the polynomial makes of all singular values from 0.003 of the norm on.
        assert values.min() / np.linalg.norm(values) > 0.003
        assert found.min() >= 0.68
        assert found.max() <= 1.20
        # The directions stay: between them the result is a diagonal matrix, up to rounding.
        between = left.T @ result.reshape(flat.shape) @ right.T
        assert np.abs(between - np.diag(np.diag(between))).max() < 1e-10


@pytest.mark.parametrize("vector", [(3.0, -4.0), (1e-3, 2e-3), (1e-9, 0.0), (0.0, 0.0), (5.0,)])
def test_orthogonalizing_a_vector_is_what_a_picture_shows(vector: tuple[float, ...]) -> None:
    import torch

    from core.formula.torch_code import orthogonalize

    # From x = vector the gradient of this bowl is the vector itself.
    text = "x**2/2" if len(vector) == 1 else "(x**2 + y**2)/2"
    path = trace(Run(text, "u = orthogonalize(g)\nx = x - lr*u", vector, 1, {"lr": 1.0}))
    result = orthogonalize(torch.tensor(vector, dtype=torch.float64)).numpy()
    # Five polynomial steps, each with a few roundings that grow by the slope of the polynomial.
    np.testing.assert_allclose(result, path.terms["u"][0], rtol=1e-12, atol=1e-300)


def test_a_single_number_is_orthogonalized_as_a_vector() -> None:
    import torch

    from core.formula.torch_code import orthogonalize

    single, vector = (orthogonalize(torch.tensor(given, dtype=torch.float64)) for given in (5.0, [5.0]))
    assert single.shape == ()
    assert float(single) == float(vector[0])


# --- What is refused, and what is not there ---


def test_a_missing_hyperparameter_is_named() -> None:
    with pytest.raises(ValueError, match=r"without a value: beta2, eps\."):
        _optimizer([_parameter([1.0])], OPTIMIZERS["adam"].parsed, lr=0.1, beta1=0.9)


def test_two_groups_of_parameters_are_refused() -> None:
    groups = [{"params": [_parameter([1.0])]}, {"params": [_parameter([2.0])]}]
    with pytest.raises(ValueError, match=r"One group of parameters is supported; 2 were given\."):
        _optimizer(groups, OPTIMIZERS["sgd"].parsed, lr=0.1)


def test_no_parameters_are_refused() -> None:
    with pytest.raises(ValueError, match="empty parameter list"):
        _optimizer([], OPTIMIZERS["sgd"].parsed, lr=0.1)


@offered
def test_a_parameter_that_the_loss_does_not_use_has_a_gradient_of_zero(key: str) -> None:
    used, unused = _parameter(A), _parameter(B)
    hypers = {hyper.name: hyper.default for hyper in OPTIMIZERS[key].hypers} | {"lr": 0.01}
    # Weight decay moves what has no gradient, as it does in torch.
    hypers |= {name: 0.0 for name in hypers if name == "weight_decay"}
    optimizer = _optimizer([used, unused], OPTIMIZERS[key].parsed, **hypers)
    for _ in range(3):
        optimizer.step(lambda: (used**4).sum())
    # An average of equal points may be rounded.
    np.testing.assert_allclose(_numbers(unused), B, rtol=1e-15)
    assert (_numbers(used) != A).all()


@pytest.mark.parametrize("curved", [False, True], ids=["in any parameter", "in one parameter"])
def test_where_the_loss_has_no_curvature_the_diagonal_is_zero(curved: bool) -> None:
    a, b = _parameter(A), _parameter(B)
    rule = parse_rule("h = hessian_diag(x)\nx = x - lr*(1 + h)")
    _optimizer([a, b], rule, lr=0.5).step(lambda: ((a**2).sum() if curved else a.sum()) + 2 * b.sum())
    np.testing.assert_array_equal(_numbers(a), A - 0.5 * (3 if curved else 1))
    np.testing.assert_array_equal(_numbers(b), B - 0.5)


def test_a_frozen_parameter_stays() -> None:
    free, frozen = _parameter(A), _parameter(B).requires_grad_(False)
    optimizer = _optimizer([free, frozen], OPTIMIZERS["adam"].parsed, lr=0.1, beta1=0.9, beta2=0.99, eps=1e-8)
    optimizer.step(lambda: (free**2).sum() + (frozen**2).sum())
    np.testing.assert_array_equal(_numbers(frozen), B)


# --- A visitor's rules ---


def _step(text: str, steps: int = 1, **hypers: float) -> tuple[Array, Array]:
    a, b = _parameter(A), _parameter(B)
    optimizer = _optimizer([a, b], parse_rule(text), 10, **{"lr": 0.1, **hypers})
    for _ in range(steps):
        optimizer.step(lambda: _coupled(a, b))
    return _numbers(a), _numbers(b)


@pytest.mark.parametrize(
    ("text", "number"),
    [("x = lr", 0.1), ("x = 5", 5.0), ("x = -T", -10.0), ("c = 2\nx = c*t", 2.0), ("x = where(lr > 0, 1, 2)", 1.0)],
)
def test_a_single_number_assigned_to_the_point_fills_every_parameter(text: str, number: float) -> None:
    a, b = _step(text)
    np.testing.assert_array_equal(a, np.full(3, number))
    np.testing.assert_array_equal(b, np.full((2, 2), number))


def _norms_kept(step: int) -> tuple[Array, Array]:
    points, kept = [A, B], [0.0, 0.0]
    for _ in range(step):
        slopes = _gradients(points)
        kept = [0.9 * n + 0.1 * float(np.linalg.norm(slope)) for n, slope in zip(kept, slopes, strict=True)]
        points = [point - 0.1 * slope / n for point, slope, n in zip(points, slopes, kept, strict=True)]
    return points[0], points[1]


def test_a_state_can_be_one_number_per_parameter() -> None:
    found = _step("n = 0.9*n + 0.1*norm(g)\nx = x - lr*g/n", steps=3)
    for one, other in zip(found, _norms_kept(3), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)


def test_a_state_of_one_number_per_parameter_starts_where_the_rule_says() -> None:
    a, b = _step("x = x - lr*n\nn = norm(x)*0 + n + 1\nn: state = 3", steps=2)
    # Sums of decimal fractions are rounded.
    np.testing.assert_allclose(a, A - 0.1 * (3 + 4), rtol=1e-14)
    np.testing.assert_allclose(b, B - 0.1 * (3 + 4), rtol=1e-14)


@pytest.mark.parametrize(
    ("text", "update"),
    [
        ("x = x - lr*where(norm(g) > 1, g/norm(g), g)", lambda g: g / max(1.0, float(np.linalg.norm(g)))),
        ("x = x - lr*where(g > 0, 1, 2)", lambda g: np.where(g > 0, 1.0, 2.0)),
        ("x = x - lr*clip(g, -1, 1)", lambda g: np.clip(g, -1, 1)),
        ("x = x - lr*g*min(1, lr)", lambda g: 0.1 * g),
        ("x = x - lr*sqrt(2)*g*(-8)**(1/3)*0 - lr*where(t > 0, g, 1/0)", lambda g: np.full_like(g, np.nan)),
        ("x = x - lr*max(abs(g), pi)", lambda g: np.maximum(np.abs(g), np.pi)),
        ("x = x - lr*g % 2", lambda g: np.remainder(0.1 * g, 2) / 0.1),
        ("x = x - lr*where(1 < 2, g, x)", lambda g: g),
        ("grad_1 = 3\nx = x - lr*grad_1*grad(x)", lambda g: 3 * g),
        ("x = x - lr*e**2*g/e^2", lambda g: g),
        # Numbers as visitors write them.
        ("x = x - 007*lr*g/7", lambda g: g),
        ("x = x - lr*g*123456789012345678901234567890/123456789012345678901234567890", lambda g: g),
        ("x = x - lr*g*(10**16*10**16)/1e32", lambda g: g),
        ("x = x - lr*g*1000000*1000000*1000000*1000000/1e24", lambda g: g),
    ],
)
def test_a_visitors_update_is_computed_as_written(text: str, update: Callable[[Array], Array]) -> None:
    found = _step(text)
    for one, start, slope in zip(found, (A, B), _gradients([A, B]), strict=True):
        # A handful of operations in float64.
        np.testing.assert_allclose(one, start - 0.1 * update(slope), rtol=1e-12)


def _closures(text: str, steps: int, **hypers: float) -> list[int]:
    """How often each step asked for the loss."""
    a, b = _parameter(A), _parameter(B)
    rule = parse_rule(text, hypers=tuple(hypers))
    optimizer = _optimizer([a, b], rule, steps, **{"lr": 1e-3, **hypers})
    asked = [0]

    def closure() -> "torch.Tensor":
        asked[-1] += 1
        return _coupled(a, b)

    for _ in range(steps):
        optimizer.step(closure)
        asked.append(0)
    return asked[:-1]


def test_sophia_looks_at_the_curvature_every_k_steps_only() -> None:
    hypers = {hyper.name: hyper.default for hyper in OPTIMIZERS["sophia"].hypers} | {"k": 3.0}
    assert _closures(OPTIMIZERS["sophia"].rule, 7, **hypers) == [2, 1, 1, 2, 1, 1, 2]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("x = x - lr*g", [1, 1, 1, 1]),
        ("x = x - lr*where(t > 2, grad(x + 1), g)", [1, 1, 2, 2]),
        ("x = x - lr*where(t > 2, g, grad(x + 1))", [2, 2, 1, 1]),
        # A choice within a choice: both conditions must hold.
        ("x = x - lr*where(t > 2, where(t > 3, grad(x + 1), g), g)", [1, 1, 1, 2]),
        ("x = x - lr*where(t > 2, where(t > 3, g, grad(x + 1)), grad(x - 1))", [2, 2, 2, 1]),
        ("x = x - lr*where(t == 2, where(t > 1, grad(x + 1) + grad(x - 1), g), g)", [1, 3, 1, 1]),
        # A condition that differs from parameter to parameter decides nothing for all of them.
        ("x = x - lr*where(norm(x) > 0, grad(x), g)", [2, 2, 2, 2]),
        ("x = x - lr*where(g > 0, grad(x + 1), g)", [2, 2, 2, 2]),
        ("x = x - lr*where(global_norm(x) > 1e9, grad(x), g)", [1, 1, 1, 1]),
        ("x = x - lr*where(loss > 1e9, grad(x), g)", [1, 1, 1, 1]),
    ],
)
def test_only_the_branch_that_is_taken_asks_for_a_gradient(text: str, asked: list[int]) -> None:
    assert _closures(text, 4) == asked


def test_a_rule_that_needs_no_gradient_at_the_point_gets_the_loss_there() -> None:
    weight = _parameter(A)
    optimizer = _optimizer([weight], OPTIMIZERS["nesterov"].parsed, lr=0.01, beta=0.9)
    before = float((weight**4).sum().detach())
    assert float(optimizer.step(lambda: (weight**4).sum())) == before


# --- Objectives and source ---


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_objective_keeps_the_precision_it_is_given(dtype: str) -> None:
    import torch

    loss = Run("beale", "sgd", START).resolved_objective.parsed.torch()
    assert loss(torch.ones(2, 5, dtype=getattr(torch, dtype))).dtype is getattr(torch, dtype)


def test_the_source_of_a_rule_is_two_functions_and_evaluates_line_by_line() -> None:
    from core.formula.torch_code import UpdateSource

    text = UpdateSource(OPTIMIZERS["sam"].parsed).text()
    assert re.findall(r"^def (\w+)", text, re.MULTILINE) == ["start", "update"]
    compile(text, "<sam>", "exec")
    lines = [line.strip() for line in UpdateSource(OPTIMIZERS["adam"].parsed).text().splitlines()]
    order = [next(place for place, line in enumerate(lines) if line.startswith(f"{name} = ")) for name in
             ("m", "v", "m_hat", "v_hat", "x")]  # fmt: skip
    assert all(first < second for first, second in pairwise(order))
