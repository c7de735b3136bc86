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
from core.formula.rule import Rule
from core.formula.torch_class import argument_names, needs_closure
from core.formula.torch_code import rule_optimizer
from core.formula.words import counted, digits
from core.problems.training.nets import matrices
from core.problems.training.settings import Training

Tensor = torch.Tensor
Adjust = Callable[[list[Tensor]], list[Tensor]]

# What moves the parameters that a rule for matrices leaves alone.
_BESIDE = OPTIMIZERS["adamw"]


@dataclass(frozen=True, eq=False)
class Movers:
    """What moves the weights: the optimizer of the ``rule`` and, beside one for matrices, another for the rest.

    ``closes`` tells whether a step takes a closure that returns the loss without ``backward`` and lets the rule ask
    for gradients. ``note`` is a sentence, or nothing.
    """

    rule: Any
    beside: Any | None
    closes: bool
    note: str

    def step(self, rate: float, factor: float, closure: Callable[[], Tensor]) -> Tensor | None:
        """Moves the weights at the learning rate ``rate``, which the schedule's ``factor`` is in.

        Returns the loss before it if the rule computes that.
        """
        for group in self.rule.param_groups:
            group["lr"] = rate
        loss: Tensor | None = self.rule.step(closure) if self.closes else self.rule.step()
        if self.beside is not None:
            for group in self.beside.param_groups:
                group["lr"] = self.beside.defaults["lr"] * factor
            self.beside.step()
        return loss


def movers(training: Training, net: nn.Sequential, adjust: Adjust) -> Movers:
    """What moves the weights of ``net``; ``adjust`` is applied to every gradient that a rule asks for by itself.

    A rule that orthogonalises gets the matrices of hidden layers, and AdamW with its defaults moves the rest, as
    Muon's authors do (Jordan et al. 2024).
    """
    rule, parameters = training.resolved_optimizer.parsed, list(net.parameters())
    closes = needs_closure(rule)
    options = _options(rule, training.steps, training.settings)
    made = rule_optimizer(rule)
    if "orthogonalize" not in rule.functions:
        return Movers(made(parameters, **options, **({"adjust": adjust} if closes else {})), None, closes, "")
    if closes:
        note = "The rule computes gradients itself, so it moves vectors as well: as matrices of one column."
        return Movers(made(parameters, **options, adjust=adjust), None, closes, note)
    mine = matrices(net)
    rest = [parameter for parameter in parameters if all(parameter is not one for one in mine)]
    settings = complete(_BESIDE.hypers, {}, _BESIDE.name)
    beside = rule_optimizer(_BESIDE.parsed)(rest, **_options(_BESIDE.parsed, training.steps, settings))
    note = (
        f"{training.resolved_optimizer.name} moves {_matrices(len(mine))}; {_BESIDE.name}, at a learning rate of "
        f"{digits(settings['lr'])} times the schedule's factor, moves the other {counted(len(rest), 'tensor')}."
    )
    return Movers(made(mine, **options), beside, closes, note)


def _matrices(count: int) -> str:
    return "1 matrix" if count == 1 else f"{digits(count)} matrices"


def _options(rule: Rule, steps: int, settings: Mapping[str, float]) -> dict[str, Any]:
    """What the class made from ``rule`` is called with, beside parameters."""
    names = argument_names(rule)
    options: dict[str, Any] = {names[name]: settings[name] for name in rule.hypers}
    return {**options, "T": steps} if "T" in rule.reads else options
