"""The tab of schedulers: what ``torch.optim.lr_scheduler`` builds for each schedule, written from the declarations."""

from core.catalogue.schedules import SCHEDULES, Schedule
from core.export.expressions import called_classes, schedule_line
from core.export.snippets.snippet import Snippet, laid_out

_LR, _STEPS = 0.1, 200

_HEAD = '''\
"""Every schedule of this guide as PyTorch builds it, with one optimizer for each, stepped after every batch."""

import math

import torch
from torch.optim.lr_scheduler import (
{classes})

lr, steps = {lr}, {steps}


def new_optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)


# name: (scheduler, learning rates of the first step, the middle one and the last by this guide's formula)
schedules = {{
'''

_BODY = """\
}
for name, (make, by_formula) in schedules.items():
    optimizer = new_optimizer()
    scheduler = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        # In a training loop zero_grad, the loss and backward come here.
        optimizer.step()
        scheduler.step()
    seen = (rates[0], rates[steps // 2], rates[-1])
    print(f"{name}: {seen[0]:.4g}, {seen[1]:.4g}, {seen[2]:.4g}")
    assert all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12) for a, b in zip(seen, by_formula, strict=True)), name
"""

_FOLLOWER = """

# {name} is told the loss, which stops falling here after a quarter of the steps.
optimizer = new_optimizer()
scheduler = {made}
rates = []
for step in range(steps):
    rates.append(optimizer.param_groups[0]["lr"])
    loss = max(1 - step / steps, 0.75)
    optimizer.step()
    scheduler.step(loss)
print(f"{name}: {{rates[0]:.4g}}, {{rates[steps // 2]:.4g}}, {{rates[-1]:.4g}}")
assert set(rates[: steps // 4]) == {{lr}}, "not reduced while the loss falls"
assert rates[-1] < lr, "reduced once it does not"
"""


def _made(schedule: Schedule) -> str:
    return schedule_line(schedule, {hyper.name: hyper.default for hyper in schedule.hypers}, _LR, _STEPS)


def _entry(schedule: Schedule) -> str:
    factors = schedule.factors(_STEPS, {hyper.name: hyper.default for hyper in schedule.hypers})
    # Twelve digits are more than the assertion looks at.
    rates = ", ".join(f"{_LR * factors[at]:.12g}" for at in (0, _STEPS // 2, -1))
    made = laid_out(f"lambda optimizer: {_made(schedule)}", 8, 8)
    return f'    "{schedule.name}": (\n        {made},\n        ({rates}),\n    ),\n'


def _follower(schedule: Schedule) -> str:
    return _FOLLOWER.format(name=schedule.name, made=laid_out(_made(schedule), 0, len("scheduler = ")))


def _code() -> str:
    classes = sorted({name for schedule in SCHEDULES.values() for name in called_classes(schedule.torch)})
    listed = "".join(f"    {name},\n" for name in classes)
    known = [schedule for schedule in SCHEDULES.values() if not schedule.follows_loss]
    followers = [schedule for schedule in SCHEDULES.values() if schedule.follows_loss]
    head = _HEAD.format(classes=listed, lr=_LR, steps=_STEPS)
    return head + "".join(map(_entry, known)) + _BODY + "".join(map(_follower, followers))


SCHEDULERS_TAB = Snippet(
    key="schedulers",
    title="Schedulers",
    introduction="One line for each schedule, with its own optimizer and the learning rates that it must give.",
    notes=(
        "A scheduler writes the optimizer's learning rate when it is built, not only when it is stepped: give every "
        "optimizer one scheduler.",
        "CosineAnnealingLR climbs again after T_max and is back at the top at twice T_max.",
        "OneCycleLR counts batches: stepped once an epoch it does not reach its peak, and stepped more often than "
        "total_steps it raises a ValueError.",
        "OneCycleLR also moves the momentum, or beta1, unless cycle_momentum=False.",
        "LinearLR rises by default, from a third of the learning rate to all of it.",
        "ReduceLROnPlateau must be given the loss, scheduler.step(loss).",
    ),
    code=_code(),
)
