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


def _optax(make: Callable[[Any, Hypers], Any], read: Callable[[Any], Mapping[str, Any]]) -> Oracle:
    """optax in float64: Google's own implementations, tested against the papers' code."""

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
            yield Snapshot(x, {name: np.asarray(value) for name, value in read(state[0]).items()})

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
}
