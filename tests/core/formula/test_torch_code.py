"""Rules as torch optimizers: the same numbers as in a picture, and what is different on a network."""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

from core import OPTIMIZERS, Run, trace
from core.formula import Rule, parse_rule
from core.formula.torch_class import argument_names, needs_closure
from tests.core.catalogue.loud import loud, steady

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[np.float64]

# Newton needs the whole Hessian and is not offered on a network.
OFFERED = [key for key, entry in OPTIMIZERS.items() if "newton_direction" not in entry.rule]
offered = pytest.mark.parametrize("key", OFFERED)
STEPS = 100
# Off the axes and off x = 1, where a gradient of Beale's vanishes and its rounding errors would decide a sign.
START = (0.5, -0.7)


class _Trained:
    """A generated optimizer, stepped as its docstring says."""

    def __init__(self, params: Any, rule: Rule, hypers: Mapping[str, float], steps: int, **options: Any) -> None:
        from core.formula.torch_code import rule_optimizer

        names = argument_names(rule)
        run = {"T": steps} if "T" in rule.reads else {}
        self.rule = rule
        self.optimizer = rule_optimizer(rule)(params, **{names[n]: v for n, v in hypers.items()}, **run, **options)

    def step(self, loss: "Callable[[], torch.Tensor]") -> "torch.Tensor":
        def closure() -> "torch.Tensor":
            self.optimizer.zero_grad()
            value = loss()
            value.backward()
            return value.detach()

        returned: torch.Tensor = self.optimizer.step(loss if needs_closure(self.rule) else closure)
        return returned


def _optimizer(params: Any, rule: Rule, steps: int = STEPS, options: Any = None, **hypers: float) -> _Trained:
    return _Trained(params, rule, hypers, steps, **(options or {}))


def _parameter(values: npt.ArrayLike, dtype: str = "float64") -> "torch.nn.Parameter":
    import torch

    return torch.nn.Parameter(torch.tensor(np.asarray(values), dtype=getattr(torch, dtype)))


def _numbers(tensor: "torch.Tensor") -> Array:
    return tensor.detach().double().numpy().copy()


def _loss(run: Run) -> "Callable[[torch.Tensor], torch.Tensor]":
    from core.formula.torch_code import objective_function

    return objective_function(run.resolved_objective.parsed)


def _torch_path(run: Run, options: Any = None) -> Array:
    """The points of ``run`` when torch computes gradients and updates."""
    weight = _parameter(run.start)
    loss = _loss(run)
    optimizer = _optimizer([weight], run.resolved_optimizer.parsed, run.steps, options, **run.settings)
    points = [_numbers(weight)]
    for _ in range(run.steps):
        optimizer.step(lambda: loss(weight))
        points.append(_numbers(weight))
    return np.array(points)


def _objective(key: str) -> str:
    """Where roundings of ``key`` do not grow: on Beale's function they do where a rate is chosen anew at each step."""
    return "bowl" if key in ("barzilai_borwein", "polyak") else "beale"


def _loud(key: str) -> dict[str, float]:
    return steady(Run(_objective(key), key, START, STEPS, loud(OPTIMIZERS[key].hypers)[1])).settings


@pytest.mark.parametrize("key", OPTIMIZERS)
@pytest.mark.parametrize("loud", [False, True], ids=["defaults", "loud"])
def test_a_rule_takes_the_same_path_through_torch(key: str, loud: bool) -> None:
    run = Run(_objective(key), key, START, STEPS, _loud(key) if loud else {})
    path = trace(run)
    assert len(path.x) == STEPS + 1
    assert np.abs(path.x[-1] - path.x[0]).max() > 1e-3
    points = _torch_path(run, {"exact": True} if "hessian_diag" in OPTIMIZERS[key].rule else None)
    # Both compute in float64 and differ in the order of sums within the gradient: a few roundings a step.
    np.testing.assert_allclose(points, path.x, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("loud", [False, True], ids=["defaults", "loud"])
def test_sophias_estimate_is_exact_where_nothing_lies_beside_the_diagonal(loud: bool) -> None:
    run = Run("x**2 + 3*y**4", "sophia", START, STEPS, _loud("sophia") if loud else {})
    # As above.
    np.testing.assert_allclose(_torch_path(run), trace(run).x, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("objective", ["rosenbrock", "himmelblau", "matyas"])
def test_hutchinsons_estimate_has_the_diagonal_as_its_mean(objective: str) -> None:
    rule = parse_rule("h = hessian_diag(x)\nx = x - lr*h")
    run = Run(objective, "sgd", (0.7, -0.4))
    loss = _loss(run)
    estimates = []
    for seed in range(400):
        weight = _parameter(run.start)
        _optimizer([weight], rule, options={"seed": seed}, lr=1.0).step(lambda weight=weight: loss(weight))
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
        return _torch_path(run, {"seed": seed})[-1]

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


# Whose counterpart in torch stores the same point and takes more than matrices.
PEERS = [
    key
    for key, entry in OPTIMIZERS.items()
    if entry.torch and not entry.torch.looks_ahead and not entry.torch.matrices_only
]


@pytest.mark.parametrize("key", PEERS)
# Thirty steps of a smooth loss add up rounding errors; float32 rounds at 6e-8, and Adam divides by small numbers.
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-4)])
def test_a_network_is_trained_as_by_torch_itself(key: str, dtype: str, tolerance: float) -> None:
    import torch

    entry, hypers = OPTIMIZERS[key], _loud(key)
    ours, theirs = _network(dtype), _network(dtype)
    assert len({p.shape for p in ours.parameters()}) == 4
    begun = [_numbers(p) for p in ours.parameters()]
    optimizer = _optimizer(ours.parameters(), entry.parsed, 30, **hypers)
    assert entry.torch is not None
    made = f"torch.optim.{entry.torch.name}(params, {entry.torch.arguments})"
    peer = eval(made, {"torch": torch, "params": theirs.parameters(), **hypers})
    our_loss, their_loss = _task(ours, dtype), _task(theirs, dtype)
    default = torch.get_default_dtype()
    try:
        # NAdam keeps its product of momenta in the default precision.
        torch.set_default_dtype(torch.float64)
        for _ in range(30):
            loss = optimizer.step(our_loss)
            peer.zero_grad()
            expected = their_loss()
            expected.backward()
            peer.step()
            assert float(loss) == pytest.approx(float(expected.detach()), rel=10 * tolerance)
    finally:
        torch.set_default_dtype(default)
    for before, mine, other in zip(begun, ours.parameters(), theirs.parameters(), strict=True):
        assert mine.dtype is getattr(torch, dtype)
        assert np.abs(_numbers(mine) - before).max() > 1e-3
        np.testing.assert_allclose(_numbers(mine), _numbers(other), rtol=0, atol=tolerance)


def _copy(saved: Any) -> Any:
    """``saved`` after a visit to a file."""
    import torch

    file = io.BytesIO()
    torch.save(saved, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


# Beside the shipped ones: state of every kind, and one that begins where the rule says.
KEPT = {
    **{key: OPTIMIZERS[key].rule for key in OFFERED},
    "every kind": "c: state = 1\nn: state = lr\nz: state = 2*x\nc = 0.9*c\nn = c*n + 0.1*norm(g)\nz = 0.5*z + n*g\n"
    "before = x\nx = x - lr*c*z/(1 + n) + 0*last\nlast = before",
}


@pytest.mark.parametrize("key", KEPT)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_run_that_was_saved_continues_bit_for_bit(key: str, dtype: str) -> None:
    entry = OPTIMIZERS.get(key)
    hypers = {hyper.name: hyper.default for hyper in entry.hypers} if entry else {"lr": 0.01}
    hypers |= {"k": 2.0} if "k" in hypers else {}
    rule = parse_rule(KEPT[key], tuple(hypers))
    whole = _network(dtype)
    through = _optimizer(whole.parameters(), rule, 20, **hypers)
    for _ in range(7):
        through.step(_task(whole, dtype))
    # Loading makes state as precise as its parameter, so it must have been kept so.
    kept = [(p.dtype, value.dtype) for p, state in through.optimizer.state.items() for value in state.values()]
    assert all(own is other for own, other in kept)
    saved = _copy({"model": whole.state_dict(), "optimizer": through.optimizer.state_dict()})
    for _ in range(6):
        through.step(_task(whole, dtype))
    resumed = _network(dtype, seed=1)
    # Hyperparameters are part of what is saved.
    again = _optimizer(resumed.parameters(), rule, 20, **{**hypers, "lr": 0.5})
    resumed.load_state_dict(saved["model"])
    again.optimizer.load_state_dict(saved["optimizer"])
    for _ in range(6):
        again.step(_task(resumed, dtype))
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        np.testing.assert_array_equal(_numbers(one), _numbers(other))


# What is kept is what was there at the time, not what became of it.
REMEMBERING = {
    "the last point": "last: state = x\nd = x - last\nlast = x\nx = x - lr*g + 0.5*d",
    "the last point, with a closure": "last: state = x\nd = x - last\nlast = x\nx = x - lr*grad(x) + 0.5*d",
    "the last gradient": "x = x - lr*(g + 0.5*old)\nold = g",
}


@pytest.mark.parametrize("name", REMEMBERING)
def test_a_rule_may_remember_a_point_or_a_gradient(name: str) -> None:
    rule = parse_rule(REMEMBERING[name])
    run = Run("beale", REMEMBERING[name], START, 20, {"lr": 0.01})
    loss = _loss(run)
    weight = _parameter(run.start)
    optimizer = _optimizer([weight], rule, lr=0.01).optimizer
    for _ in range(run.steps):
        if needs_closure(rule):
            optimizer.step(lambda: loss(weight))
        else:
            # The same tensor of gradients is filled again and again.
            optimizer.zero_grad(set_to_none=False)
            loss(weight).backward()
            optimizer.step()
    # A few roundings a step.
    np.testing.assert_allclose(_numbers(weight), trace(run).x[-1], rtol=1e-12)


def test_every_step_draws_signs_of_its_own() -> None:
    run = Run("rosenbrock", "h = hessian_diag(x)\nkept = 0*kept + h\nx = x", (0.7, -0.4))
    loss, weight = _loss(run), _parameter(run.start)
    optimizer = _optimizer([weight], run.resolved_optimizer.parsed, lr=0.1).optimizer
    estimates = set()
    for _ in range(20):
        optimizer.step(lambda: loss(weight))
        estimates.add(tuple(optimizer.state[weight]["kept"].tolist()))
    # Equal and unequal signs give two estimates.
    assert len(estimates) == 2


@offered
def test_a_rule_trains_a_network_under_a_schedule(key: str) -> None:
    import torch

    model = _network("float64")
    entry = OPTIMIZERS[key]
    optimizer = _optimizer(model.parameters(), entry.parsed, 60, **{h.name: h.default for h in entry.hypers})
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer.optimizer, 0.05, 60, cycle_momentum=False)
    losses = []
    for _ in range(60):
        losses.append(float(optimizer.step(_task(model, "float64"))))
        schedule.step()
    assert losses[-1] < losses[0]


def test_state_begins_with_the_rate_that_was_set_whatever_a_schedule_makes_of_it() -> None:
    import torch

    weight = _parameter([1.0, -2.0])
    optimizer = _optimizer([weight], parse_rule("a: state = lr\na = a + 0\nx = x - a"), lr=0.25)
    torch.optim.lr_scheduler.OneCycleLR(optimizer.optimizer, 1.0, 10, cycle_momentum=False)
    optimizer.step(lambda: (weight**2).sum())
    np.testing.assert_array_equal(_numbers(weight), [0.75, -2.25])


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
    if needs_closure(OPTIMIZERS[key].parsed):
        # It differentiates by itself, and leaves alone what backward() would fill.
        assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("name", ["StepLR", "CosineAnnealingLR"])
def test_a_schedule_of_torchs_changes_the_rate(name: str) -> None:
    import torch

    weight, peer = _parameter([1.0, -2.0]), _parameter([1.0, -2.0])
    ours = _optimizer([weight], OPTIMIZERS["sgd"].parsed, lr=0.1)
    theirs = torch.optim.SGD([peer], lr=0.1)
    given = {"step_size": 3} if name == "StepLR" else {"T_max": 10}
    schedules = [getattr(torch.optim.lr_scheduler, name)(optimizer, **given) for optimizer in (ours.optimizer, theirs)]
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
    points = [[A, B], [A + 1, B + 1], [A - 2, B - 2]]
    assert len(seen) == 3
    for point, expected in zip(seen, points, strict=True):
        for one, other in zip(point, expected, strict=True):
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


def test_newtons_step_solves_the_whole_system() -> None:
    a, b = _parameter(A), _parameter(B)
    _optimizer([a, b], OPTIMIZERS["newton"].parsed, lr=0.5, damping=0.1).step(lambda: _coupled(a, b))
    # The Hessian of Σ aᵢ⁴ + Σ b² + Σa·Σb, with a before b.
    hessian = np.diag([*(12 * A**2), *(2.0 for _ in B.ravel())])
    hessian[:3, 3:] = hessian[3:, :3] = 1
    slope = np.concatenate([part.ravel() for part in _gradients([A, B])])
    step = 0.5 * np.linalg.solve(hessian + 0.1 * np.eye(7), slope)
    # One linear system of seven equations.
    np.testing.assert_allclose(A - _numbers(a), step[:3], rtol=1e-12)
    np.testing.assert_allclose(B - _numbers(b), step[3:].reshape(2, 2), rtol=1e-12)


def test_newtons_step_with_a_singular_hessian_is_not_a_number_and_raises_nothing() -> None:
    a = _parameter(A)
    _optimizer([a], OPTIMIZERS["newton"].parsed, lr=1.0, damping=0.0).step(lambda: a.sum())
    assert not np.isfinite(_numbers(a)).all()


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
        stretched = np.linalg.svd(result.reshape(flat.shape) / published, compute_uv=False)
        # What the polynomial makes of all singular values from 0.003 of the norm on.
        assert values.min() / np.linalg.norm(values) > 0.003
        assert stretched.min() >= 0.68
        assert stretched.max() <= 1.20
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
    with pytest.raises(TypeError, match="'beta2' and 'eps'"):
        _optimizer([_parameter([1.0])], OPTIMIZERS["adam"].parsed, lr=0.1, beta1=0.9)


@pytest.mark.parametrize("text", ["x = x - lr*grad(x)", "x = x - lr*loss*g", "x = x - lr*g/global_norm(g)"])
def test_a_rule_that_looks_at_the_whole_model_takes_one_group(text: str) -> None:
    groups = [{"params": [_parameter([1.0])]}, {"params": [_parameter([2.0])]}]
    with pytest.raises(ValueError, match=r"One group of parameters is supported; another was given\."):
        _optimizer(groups, parse_rule(text), lr=0.1)


def test_groups_have_hyperparameters_of_their_own() -> None:
    a, b = _parameter(A), _parameter(B)
    text = OPTIMIZERS["adamw"].parsed
    hypers = {hyper.name: hyper.default for hyper in OPTIMIZERS["adamw"].hypers}
    both = _optimizer([{"params": [a]}, {"params": [b], "lr": 0.5, "weight_decay": 0.0}], text, **hypers)
    alone = [_parameter(A), _parameter(B)]
    single = [
        _optimizer([alone[0]], text, **hypers),
        _optimizer([alone[1]], text, **{**hypers, "lr": 0.5, "weight_decay": 0.0}),
    ]
    for _ in range(3):
        both.step(lambda: (a**4).sum() + (b**2).sum())
        single[0].step(lambda: (alone[0] ** 4).sum())
        single[1].step(lambda: (alone[1] ** 2).sum())
    np.testing.assert_array_equal(_numbers(a), _numbers(alone[0]))
    np.testing.assert_array_equal(_numbers(b), _numbers(alone[1]))


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


def test_a_parameter_without_a_gradient_is_skipped_and_begins_when_it_has_one() -> None:
    used, late = _parameter(A), _parameter(B)
    hypers = {hyper.name: hyper.default for hyper in OPTIMIZERS["adamw"].hypers} | {"weight_decay": 0.5}
    optimizer = _optimizer([used, late], OPTIMIZERS["adamw"].parsed, **hypers)
    optimizer.step(lambda: (used**4).sum())
    np.testing.assert_array_equal(_numbers(late), B)
    assert late not in optimizer.optimizer.state
    optimizer.step(lambda: (used**4).sum() + (late**2).sum())
    assert (_numbers(late) != B).all()


def test_a_step_without_any_gradient_changes_nothing() -> None:
    weight = _parameter(A)
    optimizer = _optimizer([weight], OPTIMIZERS["nadam"].parsed, **_loud("nadam")).optimizer
    assert optimizer.step() is None
    assert optimizer.param_groups[0]["step"] == 0
    np.testing.assert_array_equal(_numbers(weight), A)


def test_a_drop_in_is_stepped_after_backward_and_clipping() -> None:
    import torch

    ours, theirs = [_parameter(A), _parameter(B)], [_parameter(A), _parameter(B)]
    optimizer = _optimizer(ours, OPTIMIZERS["momentum"].parsed, lr=0.1, beta=0.9).optimizer
    peer = torch.optim.SGD(theirs, lr=0.1, momentum=0.9)
    for params, made in ((ours, optimizer), (theirs, peer)):
        for _ in range(4):
            made.zero_grad()
            _coupled(*params).backward()
            torch.nn.utils.clip_grad_norm_(params, 0.5)
            made.step()
    for one, other in zip(ours, theirs, strict=True):
        # A few roundings a step.
        np.testing.assert_allclose(_numbers(one), _numbers(other), rtol=1e-14)


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("x = x - lr*(g + grad(x + 1) + grad(x - 1))", 3),
        ("x = x - lr*newton_direction(x, 0)", 1),
        ("x = x - loss*g", 1),
    ],
)
def test_every_gradient_asked_for_is_adjusted(text: str, times: int) -> None:
    seen: list[int] = []

    def adjust(gradients: "list[torch.Tensor]") -> "list[torch.Tensor]":
        seen.append(len(gradients))
        return [0 * gradient for gradient in gradients]

    a, b = _parameter(A), _parameter(B)
    _optimizer([a, b], parse_rule(text), options={"adjust": adjust}, lr=0.1).step(lambda: _coupled(a, b))
    assert seen == [2] * times
    np.testing.assert_array_equal(_numbers(a), A)
    np.testing.assert_array_equal(_numbers(b), B)


def test_the_exact_diagonal_is_exact_for_every_parameter() -> None:
    a, b = _parameter(A), _parameter(B)
    rule = parse_rule("h = hessian_diag(x)\nx = x - lr*h")
    _optimizer([a, b], rule, options={"exact": True}, lr=1.0).step(lambda: _coupled(a, b))
    np.testing.assert_allclose(_numbers(a), A - 12 * A**2, rtol=1e-14)
    np.testing.assert_allclose(_numbers(b), B - 2, rtol=1e-14)


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
    params = _step("n = 0.9*n + 0.1*norm(g)\nx = x - lr*g/n", steps=3)
    for one, other in zip(params, _norms_kept(3), strict=True):
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
    params = _step(text)
    for one, start, slope in zip(params, (A, B), _gradients([A, B]), strict=True):
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

    loss = _loss(Run("beale", "sgd", START))
    assert loss(torch.ones(2, 5, dtype=getattr(torch, dtype))).dtype is getattr(torch, dtype)


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_the_source_is_a_module_that_needs_only_torch(key: str) -> None:
    import torch

    from core.formula.torch_class import optimizer_source

    entry = OPTIMIZERS[key]
    defaults = {hyper.name: hyper.default for hyper in entry.hypers}
    text = optimizer_source(entry.parsed, "Taken", entry.idea, defaults)
    assert set(re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE)) <= {"torch", "math"}
    for helper in ("orthogonalize", "global_norm"):
        assert (f"def {helper}(" in text) == (f"{helper}(" in entry.rule)
    scope: dict[str, Any] = {}
    exec(text, scope)
    made = scope["Taken"]([_parameter(A)])
    assert isinstance(made, torch.optim.Optimizer)
    assert {name: made.param_groups[0][name] for name in defaults} == defaults
    for line in entry.rule.splitlines():
        assert f"        {line}\n" in text
    # Said in the class's own words, as it is called.
    assert ("step(closure)" in scope["Taken"].__doc__) == needs_closure(entry.parsed)


def test_what_a_visitor_typed_cannot_end_the_docstring() -> None:
    from core.formula.torch_class import optimizer_source

    rule = parse_rule('beta: (0, 1) = 0.5\nx = x - lr*g*beta  # """ + quit() \\')
    scope: dict[str, Any] = {}
    exec(optimizer_source(rule, "Taken", 'Says """ and \\N.'), scope)
    assert scope["Taken"].__doc__.startswith("Says ''' and \\N.")
    assert "quit" not in scope["Taken"].__doc__
    # Hyperparameters are arguments of the constructor.
    assert "    x = x - lr*g*beta\n\n" in scope["Taken"].__doc__
    assert "beta: (" not in scope["Taken"].__doc__
    assert scope["Taken"]([_parameter(A)], lr=0.1).param_groups[0]["beta"] == 0.5


def test_the_source_evaluates_line_by_line_as_the_rule_is_written() -> None:
    from core.formula.torch_class import optimizer_source

    text = optimizer_source(OPTIMIZERS["adam"].parsed, "Adam", "Adam.").partition("def _update")[2]
    lines = [line.strip() for line in text.splitlines()]
    order = [next(row for row, line in enumerate(lines) if line.startswith(f"{name} = ")) for name in
             ("m", "v", "m_hat", "v_hat", "x")]  # fmt: skip
    assert all(first < second for first, second in pairwise(order))
