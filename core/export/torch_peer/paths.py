"""Runs taken through PyTorch: its optimizers, its schedulers, its gradients."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from core.catalogue.optimizers import Optimizer
from core.catalogue.schedules import OWN_SCHEDULE, Schedule
from core.engine.gradients import noise_table
from core.engine.run import Run
from core.export.expressions import factor_source
from core.formula.rule import Rule
from core.formula.torch_class import argument_names, needs_closure, oracles
from core.formula.torch_code import objective_function, rule_optimizer
from core.formula.update_source import compiled_scope

Array = npt.NDArray[np.float64]

# What the texts of schedulers may call beside the classes of torch.optim.lr_scheduler.
_BUILTINS = {"int": int, "max": max, "min": min}
_OWN_CLASS = "torch.optim.Optimizer made from the rule"


@dataclass(frozen=True)
class Peer:
    """A counterpart for a run: ``build(weight, adjust)`` makes the optimizer of one parameter.

    ``closes`` tells whether its step computes gradients by itself and has ``adjust`` change each.
    """

    name: str
    build: Callable[[torch.nn.Parameter, Callable[..., Any]], Any]
    closes: bool
    note: str


def scheduler(schedule: Schedule, optimizer: Any, lr: float, steps: int, settings: Mapping[str, float]) -> Any:
    """PyTorch's scheduler of ``optimizer``, built from the very text of the declaration.

    ``lr`` is the peak; ``settings`` gives every hyperparameter of the schedule a value.
    """
    given = {
        hyper.name: int(settings[hyper.name]) if hyper.whole else settings[hyper.name] for hyper in schedule.hypers
    }
    names = {**given, "optimizer": optimizer, "lr": float(lr), "T": int(steps)}
    if schedule.key == OWN_SCHEDULE:
        names["factor"] = compiled_scope(factor_source(schedule), {"math": math, "torch": torch})["factor"]
    # The text is a declaration's; a visitor chooses a key and numbers.
    return eval(
        schedule.torch_for(steps, settings), {**vars(torch.optim.lr_scheduler), "__builtins__": _BUILTINS, **names}
    )


def scheduler_rates(schedule: Schedule, lr: float, settings: Mapping[str, float], losses: Array) -> Array:
    """The learning rate at each step under PyTorch's scheduler, of the shape ``(steps,)`` that ``losses`` has.

    ``losses`` are those before each step, which only a schedule that follows the loss is shown.
    """
    weight = torch.nn.Parameter(torch.zeros(1))
    weight.grad = torch.zeros(1)
    optimizer = torch.optim.SGD([weight], lr=lr)
    theirs = scheduler(schedule, optimizer, lr, len(losses), settings)
    rates = []
    for loss in losses:
        rates.append(_rate(optimizer))
        optimizer.step()
        theirs.step(*_step_arguments(schedule, loss))
    return np.array(rates)


def _rate(optimizer: Any) -> float:
    return float(optimizer.param_groups[0]["lr"])


def _step_arguments(schedule: Schedule, loss: float) -> tuple[float, ...]:
    return (float(loss),) if schedule.follows_loss else ()


def counterpart(run: Run) -> Peer | None:
    """What computes ``run`` in PyTorch: a class of ``torch.optim`` if it does the same, else one made from the rule.

    There is none for a class that takes matrices only, because a point is a vector.
    """
    peer = run.resolved_optimizer.torch
    if peer is None:
        return _made(run, "")
    if peer.matrices_only:
        return None
    arguments = arguments_of(run.resolved_optimizer, run.settings)
    if peer.looks_ahead and not run.settings["beta"]:
        return _made(run, "torch.optim.SGD refuses Nesterov momentum of 0.")
    if peer.looks_ahead and run.resolved_objective.parsed.box is not None:
        return _made(run, "torch.optim.SGD stores another point than the one that is held in the box.")
    if peer.looks_ahead and (run.resolved_schedule.follows_loss or np.ptp(run.factors)):
        return _made(run, "torch.optim.SGD keeps lr outside its velocity, which differs once lr changes.")
    first_state = _FIRST_STATES.get(peer.name)
    note = peer.note if first_state is None else f"{peer.note} Here it is kept in float64."

    def build(weight: torch.nn.Parameter, adjust: Callable[..., Any]) -> Any:
        optimizer = getattr(torch.optim, peer.name)([weight], **arguments)
        if first_state is not None:
            optimizer.state[weight].update(first_state(weight))
        return optimizer

    return Peer(f"torch.optim.{peer.name}", build, False, note)


def _nadam_state(weight: torch.nn.Parameter) -> dict[str, torch.Tensor]:
    """What NAdam begins with, but for the dtype of its product; by itself it takes torch's default, everybody's."""
    return {
        "step": torch.zeros(()),
        "mu_product": torch.ones((), dtype=torch.float64),
        "exp_avg": torch.zeros_like(weight),
        "exp_avg_sq": torch.zeros_like(weight),
    }


# Classes whose own first state would be less precise than the parameters.
_FIRST_STATES: Mapping[str, Callable[[torch.nn.Parameter], dict[str, torch.Tensor]]] = {"NAdam": _nadam_state}


def arguments_of(optimizer: Optimizer, settings: Mapping[str, float]) -> dict[str, Any]:
    """What the class of ``torch.optim`` is called with, beside parameters."""
    assert optimizer.torch is not None
    call = f"dict({optimizer.torch.arguments})"
    arguments: dict[str, Any] = eval(call, {"__builtins__": {"dict": dict}}, dict(settings))
    return arguments


def _made(run: Run, note: str) -> Peer:
    """The class made from the rule of ``run``."""
    rule = run.resolved_optimizer.parsed
    options = options_of(rule, run.steps, run.settings)
    closes = needs_closure(rule)

    def build(weight: torch.nn.Parameter, adjust: Callable[..., Any]) -> Any:
        return rule_optimizer(rule)([weight], **options, **({"adjust": adjust} if closes else {}))

    return Peer(_OWN_CLASS, build, closes, note)


def options_of(rule: Rule, steps: int, settings: Mapping[str, float]) -> dict[str, Any]:
    """What the class made from ``rule`` is called with, beside parameters."""
    names = argument_names(rule)
    options: dict[str, Any] = {names[name]: settings[name] for name in rule.hypers}
    if "T" in rule.reads:
        options["T"] = steps
    # Here the Hessian is small enough to be computed.
    if "hessian_diag" in oracles(rule):
        options["exact"] = True
    return options


def points(run: Run, peer: Peer) -> Array:
    """The points of ``run`` as ``peer`` computes them, of shape ``(steps+1, d)``, in float64; row 0 is the start.

    The gradients are autograd's, clipping is ``clip_grad_norm_``, the schedule is torch's scheduler, and the noise that
    of ``run``. Nothing ends a run that diverges.
    """
    weight = torch.nn.Parameter(torch.tensor(run.start, dtype=torch.float64))
    formula = run.resolved_objective.parsed
    objective = objective_function(formula)
    box = None if formula.box is None else torch.tensor(formula.box, dtype=torch.float64).T
    moment: tuple[torch.Tensor, ...] = ()
    noise = torch.zeros(run.steps, len(weight), dtype=torch.float64)
    if run.noise > 0:
        noise += run.noise * torch.tensor(noise_table(run.seed, run.steps, len(weight)))
    added = noise[0]

    def adjust(gradients: list[torch.Tensor]) -> list[torch.Tensor]:
        (gradient,) = gradients
        weight.grad = gradient + added
        if run.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_([weight], run.clip_norm)
        return [weight.grad]

    def loss() -> torch.Tensor:
        return objective(weight, *moment)

    def loss_with_gradient() -> torch.Tensor:
        value = objective(weight, *moment)
        adjust(list(torch.autograd.grad(value, [weight])))
        return value.detach()

    optimizer = peer.build(weight, adjust)
    schedule = run.resolved_schedule
    theirs = scheduler(schedule, optimizer, run.settings["lr"], run.steps, run.schedule_settings)
    path = [np.array(run.start)]
    for step, added in enumerate(noise):  # noqa: B007 (adjust adds it)
        moment = (torch.tensor(float(step % formula.cycle + 1)),) if formula.timed else ()
        rate = _rate(optimizer)
        before = optimizer.step(loss if peer.closes else loss_with_gradient)
        if box is not None:
            weight.data.clamp_(*box)
        path.append(_point(optimizer, weight, rate))
        theirs.step(*_step_arguments(schedule, float(before)))
    return np.array(path)


def _point(optimizer: Any, weight: torch.nn.Parameter, rate: float) -> Array:
    """The point of the rule; torch's Nesterov stores the one where it takes the next gradient."""
    (group,) = optimizer.param_groups
    point = weight.detach()
    if group.get("nesterov"):
        point = point + group["momentum"] * rate * optimizer.state[weight]["momentum_buffer"]
    own: Array = point.numpy().copy()
    return own
