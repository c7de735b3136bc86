"""Other people's implementations of the shipped rules, each as the sequence of its points and states.

An oracle is a generator of ``Snapshot``: the first is the start, with no state yet, and every next one follows one step
later. It is given the exact gradient of the objective, so that only update rules are compared. Points, states and
hyperparameters are renamed and rescaled to our conventions here; everything that needs it says so.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt

from core import OPTIMIZERS
from core.formula import Formula

Array = npt.NDArray[np.float64]
Hypers = Mapping[str, float]


@dataclass(frozen=True)
class Snapshot:
    """Where an oracle is between two steps: our ``x`` and, by our names, the state it keeps (none before the first)."""

    x: Array
    state: Mapping[str, Array] = field(default_factory=dict)


Oracle = Callable[[Formula, Array, Hypers], Iterator[Snapshot]]
# Makes torch's optimizer of some parameters from our hyperparameters.
Make = Callable[[Any, Hypers], Any]
# Our x and state from torch's parameter and state.
Read = Callable[[Array, Mapping[str, Array], Hypers], Snapshot]


@contextmanager
def _double_by_default() -> Iterator[None]:
    """Within it torch keeps float64 where no dtype is given, as NAdam's product of momenta."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _numbers(values: Mapping[str, Any]) -> dict[str, Array]:
    return {name: value.detach().numpy().copy().ravel() for name, value in values.items() if hasattr(value, "detach")}


def _torch_path(
    formula: Formula, start: Array, hypers: Hypers, make: Make, read: Read, shape: tuple[int, ...] = (-1,)
) -> Iterator[Snapshot]:
    import torch

    parameter = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64).reshape(shape))
    optimizer = make([parameter], hypers)
    yield Snapshot(start)
    while True:
        at = parameter.detach().numpy().ravel()
        parameter.grad = torch.tensor(formula.grad(at), dtype=torch.float64).reshape(parameter.shape)
        with _double_by_default():
            optimizer.step()
        yield read(parameter.detach().numpy().copy().ravel(), _numbers(optimizer.state[parameter]), hypers)


def _make(key: str) -> Make:
    """The class of ``torch.optim`` that the optimizer ``key`` declares, with the arguments that it declares."""
    peer = OPTIMIZERS[key].torch
    assert peer is not None
    return lambda parameters, hypers: eval(
        f"optim.{peer.name}(parameters, {peer.arguments})",
        {"optim": import_module("torch.optim"), "parameters": parameters, **hypers},
    )


def _torch(key: str) -> Oracle:
    """``torch.optim`` in float64: what the conventions of ``rules.md`` are taken from."""
    peer = OPTIMIZERS[key].torch
    assert peer is not None

    def read(x: Array, state: Mapping[str, Array], hypers: Hypers) -> Snapshot:
        return Snapshot(x, {ours: state[theirs] for ours, theirs in peer.state.items()})

    return lambda formula, start, hypers: _torch_path(formula, start, hypers, _make(key), read)


def nesterov(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
    """``torch.optim.SGD(nesterov=True)``, which keeps the point where the next gradient is taken, x − βv.

    Its buffer is our v without the learning rate, so x = θ + β·lr·buffer (constant lr).
    """

    def read(x: Array, state: Mapping[str, Array], h: Hypers) -> Snapshot:
        v = h["lr"] * state["momentum_buffer"]
        return Snapshot(x + h["beta"] * v, {"v": v})

    # torch refuses momentum 0 with nesterov=True, so settings with beta = 0 are not for this oracle.
    return _torch_path(formula, start, hypers, _make("nesterov"), read)


def _optax(make: Callable[[Any, Hypers], Any], read: Callable[[Any], Mapping[str, Any]], part: int = 0) -> Oracle:
    """optax in float64: Google's own implementations, tested against the papers' code.

    ``read`` is given the state of that ``part`` of the chain.
    """

    def path(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
        import jax
        import optax

        transformation = make(optax, hypers)
        x = start
        with jax.enable_x64(True):
            state = transformation.init(jax.numpy.asarray(x))
            update = jax.jit(transformation.update)
        yield Snapshot(x)
        while True:
            with jax.enable_x64(True):
                change, state = update(formula.grad(x), state, x)
                x = np.asarray(optax.apply_updates(jax.numpy.asarray(x), change))
            assert x.dtype == np.float64
            yield Snapshot(x, {name: np.asarray(value) for name, value in read(state[part]).items()})

    return path


def sophia(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
    """``pytorch_optimizer.SophiaH`` given the exact diagonal of the Hessian at every k-th step.

    It has no gamma (its steps are m/max(h, eps), clipped at ``p`` = 1). Its h is linear in the Hessians it is given, so
    it is given gamma times ours and keeps gamma·h.
    """
    import torch
    from pytorch_optimizer import SophiaH

    parameter = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = SophiaH(
        [parameter],
        lr=hypers["lr"],
        betas=(hypers["beta1"], hypers["beta2"]),
        weight_decay=hypers["weight_decay"],
        p=1.0,
        eps=hypers["eps"],
        # So that it never estimates a Hessian by itself.
        update_period=10**9,
    )
    yield Snapshot(start)
    step = 0
    while True:
        at = parameter.detach().numpy().copy()
        parameter.grad = torch.tensor(formula.grad(at))
        diagonal = hypers["gamma"] * np.diagonal(formula.hessian(at))
        optimizer.step(hessian=[torch.tensor(diagonal)] if step % hypers["k"] == 0 else None)
        step += 1
        state = _numbers(optimizer.state[parameter])
        yield Snapshot(
            parameter.detach().numpy().copy(),
            {"m": state["momentum"], "h": state["hessian_moment"] / hypers["gamma"]},
        )


@contextmanager
def _no_floor() -> Iterator[None]:
    """Within it pytorch_optimizer adds nothing to a second moment before the root, where it adds 1e-15 by itself."""
    from pytorch_optimizer.base.optimizer import BaseOptimizer

    with (
        mock.patch.object(BaseOptimizer.apply_ams_bound, "__defaults__", (0.0,)),
        mock.patch.object(BaseOptimizer.apply_ams_bound_foreach, "__defaults__", (0.0,)),
    ):
        yield


def _pytorch_optimizer(name: str, make: Callable[[Hypers], Mapping[str, Any]], state: Mapping[str, str]) -> Oracle:
    """The class ``name`` of ``pytorch_optimizer``, built with what ``make`` gives; ``state`` has its names for ours."""

    def path(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
        def build(parameters: Any, h: Hypers) -> Any:
            return getattr(import_module("pytorch_optimizer"), name)(parameters, lr=h["lr"], **make(h))

        def read(x: Array, theirs: Mapping[str, Array], h: Hypers) -> Snapshot:
            return Snapshot(x, {ours: theirs[their] for ours, their in state.items()})

        return _torch_path(formula, start, hypers, build, read)

    return path


def adan(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
    """``pytorch_optimizer.Adan``, which writes the coefficients as the authors' code does, and keeps −g.

    optax.adan takes 1 − beta2 where the authors' code takes beta2.
    """
    path = _pytorch_optimizer(
        "Adan",
        lambda h: {
            "betas": (h["beta1"], h["beta2"], h["beta3"]),
            "eps": h["eps"],
            "weight_decay": h["weight_decay"],
        },
        {"m": "exp_avg", "v": "exp_avg_diff", "n": "exp_avg_sq", "g_old": "previous_grad"},
    )(formula, start, hypers)
    yield next(path)
    for snapshot in path:
        yield Snapshot(snapshot.x, {**snapshot.state, "g_old": -snapshot.state["g_old"]})


def mars(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
    """``pytorch_optimizer.MARS`` on vectors too.

    It adds eps before the bias correction of the root, the paper and the authors' code after it; so it is given an eps
    that grows with that correction.
    """
    import torch
    from pytorch_optimizer import MARS

    parameter = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = MARS(
        [parameter],
        lr=hypers["lr"],
        betas=(hypers["beta1"], hypers["beta2"]),
        gamma=hypers["gamma"],
        weight_decay=hypers["weight_decay"],
        optimize_1d=True,
    )
    yield Snapshot(start)
    t = 0
    while True:
        t += 1
        parameter.grad = torch.tensor(formula.grad(parameter.detach().numpy()))
        optimizer.param_groups[0]["eps"] = hypers["eps"] * (1 - hypers["beta2"] ** t) ** 0.5
        with _no_floor():
            optimizer.step()
        state = _numbers(optimizer.state[parameter])
        names = {"m": "exp_avg", "v": "exp_avg_sq", "g_old": "last_grad"}
        yield Snapshot(parameter.detach().numpy().copy(), {ours: state[theirs] for ours, theirs in names.items()})


def cautious(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
    """AdamW by ``torch.optim``, of whose step a mask is taken as in Liang et al. 2024, arXiv:2411.16085.

    The mask is divided by its mean, at least 0.001, as in the authors' code. torch's step is taken from the point by
    itself and then put together again.
    """
    import torch

    parameter = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = torch.optim.AdamW(
        [parameter], hypers["lr"], (hypers["beta1"], hypers["beta2"]), hypers["eps"], weight_decay=0.0
    )
    x = start
    yield Snapshot(x)
    while True:
        gradient = formula.grad(x)
        with torch.no_grad():
            # From 0, so that the step is the point and has all its digits.
            parameter.zero_()
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        step = parameter.detach().numpy()
        mask = (-step * gradient > 0).astype(float)
        x = (1 - hypers["lr"] * hypers["weight_decay"]) * x + step * (mask / max(float(mask.mean()), 1e-3))
        state = _numbers(optimizer.state[parameter])
        yield Snapshot(x, {"m": state["exp_avg"], "v": state["exp_avg_sq"]})


def prodigy(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
    """``pytorch_optimizer.Prodigy`` with its sums in float64, which otherwise have torch's default dtype."""
    import torch
    from pytorch_optimizer import Prodigy

    parameter = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = Prodigy(
        [parameter],
        lr=hypers["lr"],
        betas=(hypers["beta1"], hypers["beta2"]),
        d0=hypers["d0"],
        eps=hypers["eps"],
    )
    yield Snapshot(start)
    while True:
        parameter.grad = torch.tensor(formula.grad(parameter.detach().numpy()))
        with _double_by_default():
            optimizer.step()
        state, (group,) = _numbers(optimizer.state[parameter]), optimizer.param_groups
        names = {"x0": "p0", "m": "exp_avg", "v": "exp_avg_sq", "s": "s"}
        shared = {"d": np.array([group["d"]]), "r": group["d_numerator"].numpy().copy()}
        yield Snapshot(
            parameter.detach().numpy().copy(), {**{ours: state[theirs] for ours, theirs in names.items()}, **shared}
        )


def polyak(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
    """``optax.polyak_sgd``, which wants the loss beside the gradient."""
    import jax
    import optax

    x = start
    transformation = optax.polyak_sgd(max_learning_rate=hypers["lr"], f_min=hypers["f_min"])
    with jax.enable_x64(True):
        state = transformation.init(jax.numpy.asarray(x))
    while True:
        yield Snapshot(x)
        with jax.enable_x64(True):
            gradient = jax.numpy.asarray(formula.grad(x))
            change, state = transformation.update(gradient, state, x, value=float(formula.value(x)))
            x = np.asarray(optax.apply_updates(jax.numpy.asarray(x), change))


def barzilai_borwein(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
    """The second rate of Barzilai & Borwein 1988 with the absolute value of its inner product.

    The first step is lr·g, and so is one after which the gradient was the same as before.
    """
    x, old, state = start, None, {}
    while True:
        yield Snapshot(x, state)
        g = formula.grad(x)
        rate = hypers["lr"]
        if old is not None and (g != old[1]).any():
            way, change = x - old[0], g - old[1]
            rate = abs(float(way @ change)) / float(change @ change)
        old, state = (x, g), {"x_old": x, "g_old": g}
        x = x - rate * g


def armijo(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
    """Armijo's condition, as in Nocedal & Wright 2006, Numerical Optimization, algorithm 3.1, with four trials a step.

    A search begins at twice the rate that was tried last, at most lr; where no trial fits, the point stays.
    """
    x, rate = start, hypers["lr"]
    yield Snapshot(x)
    while True:
        g = formula.grad(x)
        promised = hypers["c"] * float(g @ g)
        rate = min(2 * rate, hypers["lr"])
        for trial in range(4):
            if formula.value(x - rate * g) <= formula.value(x) - rate * promised:
                x = x - rate * g
                break
            if trial < 3:
                rate = rate / 2
        yield Snapshot(x, {"rate": np.array([rate])})


def lookahead(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
    """``pytorch_optimizer.Lookahead`` around ``torch.optim.SGD`` with momentum."""
    import torch
    from pytorch_optimizer import Lookahead

    parameter = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    fast = torch.optim.SGD([parameter], lr=hypers["lr"], momentum=hypers["beta"])
    optimizer = Lookahead(fast, k=int(hypers["k"]), alpha=hypers["share"])
    yield Snapshot(start)
    while True:
        parameter.grad = torch.tensor(formula.grad(parameter.detach().numpy()))
        optimizer.step()
        slow = optimizer.state[parameter]["slow_params"].detach().numpy().copy()
        velocity = _numbers(fast.state[parameter])["momentum_buffer"]
        yield Snapshot(parameter.detach().numpy().copy(), {"slow": slow, "v": velocity})


def sam(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
    """``pytorch_optimizer.SAM`` around ``torch.optim.SGD``; it computes the gradient's norm in float32."""
    import torch
    from pytorch_optimizer import SAM

    parameter = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = SAM([parameter], torch.optim.SGD, rho=hypers["rho"], lr=hypers["lr"])

    def closure() -> float:
        at = parameter.detach().numpy()
        parameter.grad = torch.tensor(formula.grad(at))
        return float(formula.value(at))

    yield Snapshot(start)
    while True:
        closure()
        optimizer.step(closure)
        yield Snapshot(parameter.detach().numpy().copy())


def sam_in_double(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
    """SAM as in Foret et al. 2021, arXiv:2010.01412, equations 2 and 3 with p = 2, in float64.

    The 1e-12 beside the norm is the official code's. It is written out here because ``sam`` is only good to float32.
    """
    x = start
    while True:
        yield Snapshot(x)
        g = formula.grad(x)
        x = x - hypers["lr"] * formula.grad(x + hypers["rho"] * g / (np.linalg.norm(g) + 1e-12))


def schedule_free(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
    """``pytorch_optimizer.ScheduleFreeSGD``, a port of the authors' ``schedulefree``.

    It weights each z by (largest lr so far)², the paper's practical choice, where ours weights all alike; at constant
    lr, and for every schedule that begins at its peak, the two are the same. It keeps y = (1 − β)z + βx, from which x
    follows.
    """
    import torch
    from pytorch_optimizer import ScheduleFreeSGD

    parameter = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = ScheduleFreeSGD([parameter], lr=hypers["lr"], momentum=hypers["beta"])
    yield Snapshot(start)
    while True:
        parameter.grad = torch.tensor(formula.grad(parameter.detach().numpy()))
        optimizer.step()
        y, z = parameter.detach().numpy(), _numbers(optimizer.state[parameter])["z"]
        yield Snapshot((y - (1 - hypers["beta"]) * z) / hypers["beta"], {"z": z})


def adamw_schedule_free(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
    """``pytorch_optimizer.ScheduleFreeAdamW``; what is said of ``schedule_free`` holds of it as well."""
    import torch
    from pytorch_optimizer import ScheduleFreeAdamW

    parameter = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = ScheduleFreeAdamW(
        [parameter],
        lr=hypers["lr"],
        betas=(hypers["beta1"], hypers["beta2"]),
        weight_decay=hypers["weight_decay"],
        eps=hypers["eps"],
    )
    yield Snapshot(start)
    while True:
        parameter.grad = torch.tensor(formula.grad(parameter.detach().numpy()))
        with _no_floor():
            optimizer.step()
        y, state = parameter.detach().numpy(), _numbers(optimizer.state[parameter])
        x = (y - (1 - hypers["beta1"]) * state["z"]) / hypers["beta1"]
        yield Snapshot(x, {"z": state["z"], "v": state["exp_avg_sq"]})


def muon_in_bfloat16(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
    """``torch.optim.Muon`` on the point as a matrix of one row, for which its factor √max(1, rows/columns) is 1.

    Its buffer is an average, ours a sum, which is 1/(1 − beta) times as large; the direction is the same. Its
    Newton–Schulz steps are in bfloat16.
    """

    def read(x: Array, state: Mapping[str, Array], h: Hypers) -> Snapshot:
        return Snapshot(x, {"m": state["momentum_buffer"] / (1 - h["beta"])})

    return _torch_path(formula, start, hypers, _make("muon"), read, (1, -1))


def muon(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
    """``torch.optim.Muon`` with its conversion to bfloat16 replaced by one to float64: the same code, exactly."""
    import torch

    path = muon_in_bfloat16(formula, start, hypers)
    while True:
        with mock.patch.object(torch.Tensor, "bfloat16", torch.Tensor.double):
            snapshot = next(path)
        yield snapshot


def newton_schulz(matrix: Array) -> Array:
    """Muon's orthogonalisation of a matrix, after the listing in kellerjordan.github.io/posts/muon, in float64."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix / max(float(np.linalg.norm(matrix)), 1e-7)
    wide = matrix.shape[0] <= matrix.shape[1]
    x = x if wide else x.T
    for _ in range(5):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x if wide else x.T


def newton(formula: Formula, start: Array, hypers: Hypers) -> Iterator[Snapshot]:
    """LAPACK's solution of (H + damping·I) d = g, by ``np.linalg.solve``; ours is Cramer's rule."""
    x = start
    while True:
        yield Snapshot(x)
        damped = formula.hessian(x) + hypers["damping"] * np.eye(len(x))
        x = x - hypers["lr"] * np.linalg.solve(damped, formula.grad(x))


# Of every rule that declares the same thing in torch.optim, and of those that somebody else has written.
ORACLES: Mapping[str, Oracle] = {
    **{key: _torch(key) for key, optimizer in OPTIMIZERS.items() if optimizer.torch},
    "nesterov": nesterov,
    "lion": _optax(
        lambda optax, h: optax.lion(h["lr"], h["beta1"], h["beta2"], weight_decay=h["weight_decay"]),
        lambda state: {"m": state.mu},
    ),
    "sophia": sophia,
    # optax follows version 3 of the paper: bias correction, decay inside the ratio, eps outside the root, and the ratio
    # is 1 where a norm is 0. pytorch_optimizer's LAMB is another rule.
    "lamb": _optax(
        lambda optax, h: optax.lamb(h["lr"], h["beta1"], h["beta2"], h["eps"], weight_decay=h["weight_decay"]),
        lambda state: {"m": state.mu, "v": state.nu},
    ),
    "muon": muon,
    "sam": sam,
    "schedule_free": schedule_free,
    "newton": newton,
    "adabelief": _optax(
        lambda optax, h: optax.adabelief(h["lr"], h["beta1"], h["beta2"], h["eps"], h["eps"]),
        lambda state: {"m": state.mu, "s": state.nu},
    ),
    "adan": adan,
    "ademamix": _pytorch_optimizer(
        "AdEMAMix",
        lambda h: {
            "betas": (h["beta1"], h["beta2"], h["beta3"]),
            "alpha": h["mix"],
            "eps": h["eps"],
            "weight_decay": h["weight_decay"],
            "weight_decouple": True,
        },
        {"m": "exp_avg", "slow": "exp_avg_slow", "v": "exp_avg_sq"},
    ),
    # The authors' code clips the second step at 1 and counts on from there, pytorch_optimizer one ahead of it.
    "adopt": _pytorch_optimizer(
        "ADOPT",
        lambda h: {
            "betas": (h["beta1"], h["beta2"]),
            "eps": h["eps"],
            "clip_lambda": lambda step: (step - 1) ** 0.25,
        },
        {"m": "exp_avg", "v": "exp_avg_sq"},
    ),
    "cautious": cautious,
    "mars": mars,
    "adamw_schedule_free": adamw_schedule_free,
    "lookahead": lookahead,
    "armijo": armijo,
    "barzilai_borwein": barzilai_borwein,
    "polyak": polyak,
    # With its heuristic first distance; what it scales the gradient by comes after the weight decay, which is none.
    "dog": _optax(
        lambda optax, h: optax.contrib.dog(h["lr"], ("heuristic", h["r_eps"]), h["eps"]),
        lambda state: {"x0": state.init_params, "r": state.max_dist, "G": state.sum_sq_norm_grads},
        part=1,
    ),
    "prodigy": prodigy,
}
