"""How a rule moves the weights of a network: its generated class, what else that needs, and AdamW beside Muon.

Importing this module imports torch.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from core.catalogue.hypers import complete
from core.catalogue.optimizers import OPTIMIZERS
from core.formula.rule import Kind, Rule
from core.formula.torch_class import argument_names, needs_closure
from core.formula.torch_code import rule_optimizer
from core.formula.vocabulary import GLOBAL_FUNCTIONS, TENSOR_FUNCTIONS
from core.formula.words import counted, digits
from core.problems.training.nets import matrices
from core.problems.training.settings import Training

Tensor = torch.Tensor
Adjust = Callable[[list[Tensor]], list[Tensor]]

# What a rule may ask of one tensor at a time.
_OF_A_TENSOR = {*TENSOR_FUNCTIONS} - {*GLOBAL_FUNCTIONS}
# What moves the parameters that a rule for matrices leaves alone.
_BESIDE = OPTIMIZERS["adamw"]


@dataclass(frozen=True, eq=False)
class Mover:
    """An optimizer of ``parameters``, by way of one ``vector`` that they are parts of, if there is one."""

    optimizer: Any
    parameters: list[nn.Parameter]
    vector: nn.Parameter | None = None

    def step(self, rate: float, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """Moves the parameters at the learning rate ``rate``. Returns the loss before it, if there is a closure."""
        if self.vector is not None:
            slopes = [parameter.grad.reshape(-1) for parameter in self.parameters if parameter.grad is not None]
            self.vector.grad = torch.cat(slopes)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss: Tensor | None = self.optimizer.step(closure) if closure else self.optimizer.step()
        return loss


@dataclass(frozen=True, eq=False)
class Movers:
    """What moves the weights: the mover of the ``rule`` and, beside one for matrices, another for the rest.

    ``closes`` tells whether a step takes a closure that returns the loss without ``backward`` and lets the rule ask
    for gradients. ``note`` is a sentence, or nothing.
    """

    rule: Mover
    closes: bool
    note: str = ""
    beside: Mover | None = None
    beside_rate: float = 0.0

    def clear(self) -> None:
        """Drops all gradients."""
        for mover in (self.rule, self.beside):
            for parameter in mover.parameters if mover is not None else []:
                parameter.grad = None

    def step(self, rate: float, factor: float, closure: Callable[[], Tensor]) -> Tensor | None:
        """Moves the weights at the learning rate ``rate``, which the schedule's ``factor`` is in.

        Returns the loss before it if the rule computes that.
        """
        loss = self.rule.step(rate, closure if self.closes else None)
        if self.beside is not None:
            self.beside.step(self.beside_rate * factor)
        return loss


def movers(training: Training, net: nn.Sequential, adjust: Adjust) -> Movers:
    """What moves the weights of ``net``; ``adjust`` is applied to every gradient that a rule asks for by itself.

    A rule that orthogonalises gets the matrices of hidden layers, and AdamW with its defaults moves the rest, as
    Muon's authors do (Jordan et al. 2024).
    """
    rule, parameters = training.resolved_optimizer.parsed, list(net.parameters())
    options = _options(rule, training.steps, training.settings)
    if "hessian_diag" in rule.functions:
        options["seed"] = training.seed
    orthogonal = "orthogonalize" in rule.functions
    if needs_closure(rule):
        note = "The rule computes gradients itself, so it moves vectors as well: as matrices of one column."
        optimizer = rule_optimizer(rule)(parameters, **options, adjust=adjust)
        return Movers(Mover(optimizer, parameters), True, note if orthogonal else "")
    if not orthogonal:
        return Movers(_mover(rule, options, parameters), False)
    mine = matrices(net)
    rest = [parameter for parameter in parameters if all(parameter is not one for one in mine)]
    settings = complete(_BESIDE.hypers, {}, _BESIDE.name)
    note = (
        f"{training.resolved_optimizer.name} moves {_matrices(len(mine))}; {_BESIDE.name}, at a learning rate of "
        f"{digits(settings['lr'])} times the schedule's factor, moves the other {counted(len(rest), 'tensor')}."
    )
    beside = _mover(_BESIDE.parsed, _options(_BESIDE.parsed, training.steps, settings), rest)
    return Movers(_mover(rule, options, mine), False, note, beside, settings["lr"])


def _mover(rule: Rule, options: Mapping[str, Any], parameters: list[nn.Parameter]) -> Mover:
    """What moves ``parameters`` by ``rule``: as one vector, of which they become parts, unless it looks at each tensor.

    To call upon the tensors of a small network takes longer than to compute with them; as a vector it takes no longer
    than torch's own lists of tensors.
    """
    made = rule_optimizer(rule)
    if _OF_A_TENSOR & rule.functions or Kind.LAYER in rule.kinds.values():
        return Mover(made(parameters, **options), parameters)
    vector = nn.Parameter(torch.cat([parameter.detach().reshape(-1) for parameter in parameters]))
    at = 0
    for parameter in parameters:
        parameter.data = vector.data[at : at + parameter.numel()].view_as(parameter)
        at += parameter.numel()
    return Mover(made([vector], **options), parameters, vector)


def _matrices(count: int) -> str:
    return "1 matrix" if count == 1 else f"{digits(count)} matrices"


def _options(rule: Rule, steps: int, settings: Mapping[str, float]) -> dict[str, Any]:
    """What the class made from ``rule`` is called with, beside parameters."""
    names = argument_names(rule)
    options: dict[str, Any] = {names[name]: settings[name] for name in rule.hypers}
    return {**options, "T": steps} if "T" in rule.reads else options
