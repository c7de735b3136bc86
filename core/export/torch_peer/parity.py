"""How far every shipped rule and schedule is from its counterpart in PyTorch, computed on the spot."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import OBJECTIVES
from core.catalogue.optimizers import OPTIMIZERS, Optimizer
from core.catalogue.schedules import SCHEDULES, Schedule
from core.engine.run import Run
from core.engine.trace import trace
from core.export.torch_peer.paths import arguments_of, counterpart, options_of, points, scheduler_rates
from core.formula.torch_code import rule_optimizer
from core.formula.words import digits

# How far along its slider a loud value lies: far from every default, and inside the bounds.
_LOUD = 0.75
_CHECK_STEPS = 200
_CHECK_LR = 0.05


@dataclass(frozen=True)
class Parity:
    """How far a declaration and its counterpart in PyTorch are apart.

    ``peer`` is the counterpart's name, ``deviation`` the largest absolute difference over 200 steps at the defaults
    and at a loud setting: of the points for a rule, of the learning rate as a share of its peak for a schedule.
    ``note`` says what else there is to know, if anything; ``version`` is torch's.
    """

    key: str
    name: str
    peer: str
    deviation: float
    note: str
    version: str


def check(report: Callable[[float], object] = lambda share: None) -> list[Parity]:
    """Every shipped rule against PyTorch: the ravine at the declared defaults, the bowl at a loud setting.

    ``report`` is told after each rule what share of them is done.
    """
    parities = []
    for optimizer in OPTIMIZERS.values():
        parities.append(_checked(optimizer))
        report(len(parities) / len(OPTIMIZERS))
    return parities


def check_schedules() -> list[Parity]:
    """Every schedule against PyTorch's scheduler, while it drives Adam on the bowl at its defaults and loudly."""
    return [_checked_schedule(schedule) for schedule in SCHEDULES.values()]


def _loud(hypers: tuple[Hyper, ...]) -> dict[str, float]:
    """A value far from the default for each of ``hypers`` but ``lr``, which keeps its own."""
    values: dict[str, float] = {}
    for hyper in hypers:
        low, high = np.log(hyper.slider) if hyper.scale == "log" else hyper.slider
        value = low + _LOUD * (high - low)
        value = float(np.exp(value)) if hyper.scale == "log" else float(value)
        values[hyper.name] = float(round(value)) if hyper.whole else value
    return {name: value for name, value in values.items() if name != "lr"}


def _checked(optimizer: Optimizer) -> Parity:
    runs = [
        Run(objective, optimizer.key, OBJECTIVES[objective].start, _CHECK_STEPS, hypers)
        for objective, hypers in (("ravine", {}), ("bowl", _loud(optimizer.hypers)))
    ]
    peers = [counterpart(run) for run in runs]
    deviation, name, note = 0.0, "", ""
    for run, peer in zip(runs, peers, strict=True):
        if peer is None:
            return _checked_on_matrix(optimizer)
        ours, theirs = trace(run).x, points(run, peer)
        deviation = max(deviation, float(np.abs(ours - theirs[: len(ours)]).max()))
        name, note = peer.name, peer.note
    return Parity(optimizer.key, optimizer.name, name, deviation, note, torch.__version__)


class _Double(torch.Tensor):
    """A gradient that stays in float64 where torch's own code rounds it to bfloat16."""

    def bfloat16(self, *args: Any, **options: Any) -> torch.Tensor:
        return self.double()


def _checked_on_matrix(optimizer: Optimizer) -> Parity:
    """The class of torch.optim beside the one made from the rule, both on a matrix of two rows and two columns."""
    assert optimizer.torch is not None
    shipped, exact = (_apart_on_matrix(optimizer, kind) for kind in (torch.Tensor, _Double))
    note = (
        "Compared on a 2×2 matrix with the class made from the rule, because PyTorch's takes no vectors. It rounds to "
        f"bfloat16, which has two to three digits; the same code kept in float64 is {digits(exact)} apart."
    )
    return Parity(
        optimizer.key, optimizer.name, f"torch.optim.{optimizer.torch.name}", shipped, note, torch.__version__
    )


def _apart_on_matrix(optimizer: Optimizer, kind: type[torch.Tensor]) -> float:
    """The largest difference if torch's class is given gradients of this ``kind``."""
    assert optimizer.torch is not None
    defaults = {hyper.name: hyper.default for hyper in optimizer.hypers}
    steepness = torch.tensor([[1.0, 100.0], [10.0, 3.0]], dtype=torch.float64)
    # So far from the minimum that no step of 200 comes near it: there, rounding decides in which direction one goes.
    start = torch.tensor([[100.0, -40.0], [70.0, 200.0]], dtype=torch.float64)
    deviation = 0.0
    for settings in (defaults, {**defaults, **_loud(optimizer.hypers)}):
        first, second = (torch.nn.Parameter(start.clone()) for _ in range(2))
        theirs = getattr(torch.optim, optimizer.torch.name)([first], **arguments_of(optimizer, settings))
        ours = rule_optimizer(optimizer.parsed)([second], **options_of(optimizer.parsed, _CHECK_STEPS, settings))
        for _ in range(_CHECK_STEPS):
            first.grad = (steepness * first.detach()).as_subclass(kind)
            second.grad = steepness * second.detach()
            theirs.step()
            ours.step()
            deviation = max(deviation, float((first - second).detach().abs().max()))
    return deviation


def _checked_schedule(schedule: Schedule) -> Parity:
    deviation = 0.0
    for settings in ({}, _loud(schedule.hypers)):
        start = OBJECTIVES["bowl"].start
        run = Run("bowl", "adam", start, _CHECK_STEPS, {"lr": _CHECK_LR}, schedule.key, settings)
        path = trace(run)
        theirs = scheduler_rates(schedule, _CHECK_LR, run.schedule_settings, path.loss[:-1])
        deviation = max(deviation, float(np.abs(path.terms["lr"] - theirs).max()) / _CHECK_LR)
    peer = f"torch.optim.lr_scheduler.{schedule.torch.partition('(')[0]}"
    return Parity(schedule.key, schedule.name, peer, deviation, "", torch.__version__)
