"""A run as the few lines of PyTorch that set it: its optimizer, scheduler and clipping, in the loop they belong in."""

from core.catalogue.schedules import OWN_SCHEDULE
from core.engine.run import Run
from core.export.expressions import (
    called_classes,
    class_name,
    factor_source,
    on_lines,
    schedule_line,
    torch_line,
)
from core.export.script import comment
from core.formula.torch_class import needs_closure

_PARAMETERS = "model.parameters()"


def pytorch_lines(run: Run) -> str:
    """The lines for a network called ``model`` whose training takes the steps of ``run``, and nothing else of a script.

    Where torch.optim has no class for the rule, a comment says which class of the exported script does it.
    """
    optimizer, schedule = run.resolved_optimizer, run.resolved_schedule
    scheduler = schedule_line(schedule, run.schedule_settings, run.settings["lr"], run.steps)
    follows = run.schedule != "constant"
    imports = ["import torch"]
    if follows:
        if schedule.key == OWN_SCHEDULE:
            imports.insert(0, "import math")
        imports.append(f"from torch.optim.lr_scheduler import {', '.join(sorted(called_classes(scheduler)))}")
    lines = ["\n".join(imports), ""]
    if schedule.key == OWN_SCHEDULE:
        lines += ["", factor_source(schedule), "", ""]
    lines += [*comment(_remark(run)), f"optimizer = {on_lines(torch_line(optimizer, run.settings, _PARAMETERS))}"]
    if follows:
        lines.append(f"scheduler = {on_lines(scheduler)}")
    return "\n".join([*lines, "", f"for step in range({run.steps}):", *(f"    {line}" for line in _loop(run))]) + "\n"


def _remark(run: Run) -> str:
    """What there is to know about the optimizer of these lines, if anything."""
    peer = run.resolved_optimizer.torch
    if peer is not None:
        return peer.note
    name = class_name(run.resolved_optimizer)
    clips = " It clips gradients by itself." if run.clip_norm is not None and _closes(run) else ""
    return (
        "torch.optim has no class for this rule. The class "
        f"{name} is written out in the PyTorch script of this run.{clips}"
    )


def _closes(run: Run) -> bool:
    """Whether the class asks for gradients by itself, and is handed the loss for it."""
    return run.resolved_optimizer.torch is None and needs_closure(run.resolved_optimizer.parsed)


def _loop(run: Run) -> list[str]:
    """What stands in the loop; a class that asks for gradients by itself also clips them."""
    clip = [] if run.clip_norm is None else [f"torch.nn.utils.clip_grad_norm_({_PARAMETERS}, {float(run.clip_norm)!r})"]
    told = "loss.item()" if run.resolved_schedule.follows_loss else ""
    follow = [f"scheduler.step({told})"] if run.schedule != "constant" else []
    if _closes(run):
        return ["loss = optimizer.step(lambda: loss_of(model))", *follow]
    return ["optimizer.zero_grad()", "loss = loss_of(model)", "loss.backward()", *clip, "optimizer.step()", *follow]
