"""A run as a script for PyTorch: with the class of ``torch.optim`` where there is one, else with a generated one."""

from textwrap import indent

from core.catalogue.optimizers import Optimizer, TorchPeer
from core.catalogue.schedules import OWN_SCHEDULE
from core.engine.gradients import CLIP_EPSILON
from core.engine.run import Run
from core.export.expressions import called_classes, class_name, factor_source, filled, on_lines, schedule_values
from core.export.script import (
    Facts,
    Parts,
    asked,
    box,
    comment,
    ending,
    facts,
    is_curved,
    moment,
    parts_mean,
    returned,
    script,
    setting_names,
    settings,
    watch,
)
from core.export.straight import gradient_source, hessian_source
from core.formula import Formula, derivatives
from core.formula import torch_class as generated
from core.formula.source import python_source
from core.formula.update_source import call_source

# What the script itself calls things.
_OWN = (
    *("start", "steps", "T", "clip_norm", "noise", "seed", "objective", "point", "optimizer", "scheduler", "step"),
    *("loss", "asserted", "drawn", "adjust", "number", "buffer", "np", "math", "torch"),
    *("value", "gradient", "hessian", "Objective", "Gradient", "part", "moment", "low", "high"),
)


def optimizer_source(optimizer: Optimizer) -> str:
    """The rule of ``optimizer`` as the source of a ``torch.optim.Optimizer``, with the declared defaults."""
    return generated.optimizer_source(optimizer.parsed, class_name(optimizer), optimizer.idea, _defaults(optimizer))


def torch_script(run: Run) -> str:
    """The source of a script that takes the steps of ``run`` and asserts the loss they lead to.

    It needs only torch, and NumPy if the run is noisy, because the noise is NumPy's. A run that diverged is exported up
    to the step before.
    """
    return script(facts(run), parts(run, is_curved(run)))


def parts(run: Run, curved: bool) -> Parts:
    """The script of ``run`` in parts; ``curved`` says whether second derivatives are among them."""
    known = facts(run)
    rule = run.resolved_optimizer.parsed
    names = setting_names(rule.hypers, (*_OWN, class_name(run.resolved_optimizer), *_schedulers(run)))
    peer, why = _peer(known)
    counts = (peer is None and "T" in rule.reads) or "T" in _schedule(run, names)
    imports = ["import math", "import torch", *(["import numpy as np"] if run.noise > 0 else [])]
    if _schedulers(run):
        imports.append(f"from torch.optim.lr_scheduler import {', '.join(_schedulers(run))}")
    functions = [factor_source(run.resolved_schedule)] if run.resolved_schedule.key == OWN_SCHEDULE else []
    if peer is None:
        optimizer = run.resolved_optimizer
        functions.append(
            generated.optimizer_definitions(rule, class_name(optimizer), optimizer.idea, _defaults(optimizer)).rstrip()
        )
        if generated.needs_closure(rule) and _adjusted(run):
            functions.append(_adjust(run))
    return Parts(
        ("PyTorch", "NumPy") if run.noise > 0 else ("PyTorch",),
        tuple(imports),
        "# The loss is asserted to more digits than float32 has.\ntorch.set_default_dtype(torch.float64)",
        tuple(_objective(run.resolved_objective.parsed, curved)),
        "\n".join([*settings(known, names, "{0}", counts), *box(run, "torch.tensor({0})")]),
        tuple(functions),
        "\n".join(_loop(known, names, peer, why)),
        "\n".join(_end(known, names, peer)),
    )


def _defaults(optimizer: Optimizer) -> dict[str, float]:
    return {hyper.name: hyper.default for hyper in optimizer.hypers}


# --- Which class ---


def _peer(known: Facts) -> tuple[TorchPeer | None, str]:
    """The class of ``torch.optim`` that takes the steps of this run, and what there is to say about it.

    Without one, the reason why a class is generated.
    """
    run, optimizer = known.run, known.run.resolved_optimizer
    peer = optimizer.torch
    if peer is None:
        return None, "torch.optim has no class for this rule; the one above is made from its lines."
    above = "the class above is made from the rule."
    if peer.matrices_only:
        return None, f"torch.optim.{peer.name} takes only matrices, and a point is a vector; {above}"
    if not peer.looks_ahead:
        return peer, peer.note
    if run.schedule != "constant":
        return None, (
            "torch.optim.SGD with nesterov=True multiplies its whole buffer by the present lr, so under a schedule it "
            f"takes other steps; {above}"
        )
    if run.resolved_objective.parsed.box is not None:
        return None, f"torch.optim.SGD stores another point than the one that is held in the box; {above}"
    if not run.settings["beta"]:
        return None, f"torch.optim.SGD refuses nesterov=True without momentum; {above}"
    if known.checked < max(known.steps, 1):
        return None, f"torch.optim.SGD stores another point than the one whose loss is asserted; {above}"
    return peer, "PyTorch stores the point where the next gradient is taken; the run's own point is ahead of it."


# --- The functions ---


def _objective(formula: Formula, curved: bool) -> list[str]:
    """The objective's functions; ``curved`` says whether the rule asks for second derivatives."""
    graph, value, point = formula.written(formula.variables, formula.timed)
    named = "part" if formula.timed else "objective"
    slopes = derivatives.gradient(graph, value, point)
    written = derivatives.differs_in_torch(graph, value)
    text = python_source(formula.tree, "torch")
    lines = [f"def {'value' if written else named}({', '.join(formula.parameters)}):"]
    if not any(graph.number(slope) != 0 for slope in slopes):
        lines.append("    # What does not change with the point still has a gradient, which is 0.")
        text = f"{text} + 0*{formula.variables[0]}"
    functions = ["\n".join([*lines, *(f"    {line}" for line in returned(text))])]
    if written:
        functions.append(gradient_source(formula, "torch"))
        # No slope is asked for along the step.
        step = " + (None,)" if formula.timed else ""
        functions += [hessian_source(formula, "torch"), _GRADIENT.format(step=step)] if curved else []
        gradient = "Gradient.apply" if curved else "gradient"
        functions.append(_WRITTEN_OUT.format(gradient=gradient, step=step, named=named))
    return [*functions, parts_mean(formula, "torch.tensor(float({0}))")] if formula.timed else functions


# Derivatives that torch is given, because its own are others; the second ones only where they are asked for.
_GRADIENT = """\
class Gradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, *point):
        ctx.save_for_backward(*point)
        return tuple(torch.as_tensor(slope) for slope in gradient(*point))

    @staticmethod
    def backward(ctx, *factors):
        rows = hessian(*ctx.saved_tensors)
        zero = torch.zeros(())
        return tuple(sum((factor*part for factor, part in zip(factors, row) if factor), zero) for row in rows){step}"""
_WRITTEN_OUT = '''\
class Objective(torch.autograd.Function):
    """The value with the gradient above, for torch's own is nan, or another one, where this function has a kink."""

    @staticmethod
    def forward(ctx, *point):
        ctx.save_for_backward(*point)
        return value(*point)

    @staticmethod
    def backward(ctx, factor):
        return tuple(factor*slope for slope in {gradient}(*ctx.saved_tensors)){step}


{named} = Objective.apply'''


def _adjusted(run: Run) -> bool:
    return run.noise > 0 or run.clip_norm is not None


def _adjust(run: Run) -> str:
    """The function that a generated class applies to every gradient it asks for."""
    lines = ["def adjust(gradients):", '    """Every gradient that the rule asks for, as the run makes it."""']
    if run.noise > 0:
        lines.append("    gradients = [gradient + drawn for gradient in gradients]")
    if run.clip_norm is not None:
        lines += [
            "    # As torch.nn.utils.clip_grad_norm_ does it.",
            "    norm = torch.linalg.vector_norm(torch.cat(gradients))",
            f"    factor = torch.clamp(clip_norm/(norm + {CLIP_EPSILON!r}), max=1.0)",
            "    gradients = [gradient*factor for gradient in gradients]",
        ]
    return "\n".join([*lines, "    return gradients"])


# --- The schedule ---


def _scheduler(run: Run) -> str:
    return run.resolved_schedule.torch_for(run.steps, run.schedule_settings)


def _schedulers(run: Run) -> list[str]:
    return sorted(called_classes(_scheduler(run))) if run.schedule != "constant" else []


def _schedule(run: Run, names: dict[str, str]) -> str:
    """The expression that builds the scheduler; empty for a constant learning rate."""
    if run.schedule == "constant":
        return ""
    return filled(_scheduler(run), schedule_values(run.resolved_schedule, run.schedule_settings) | {"lr": names["lr"]})


# --- The loop ---


def _loop(known: Facts, names: dict[str, str], peer: TorchPeer | None, why: str) -> list[str]:
    run = known.run
    rule = run.resolved_optimizer.parsed
    lines = ["point = torch.tensor(start, requires_grad=True)", *comment(why)]
    if peer is not None:
        lines.append("optimizer = " + filled(f"torch.optim.{peer.name}([point], {peer.arguments})", names))
    else:
        lines.append(f"optimizer = {_made(run, names)}")
    if run.schedule != "constant":
        lines.append(f"scheduler = {on_lines(_schedule(run, names))}")
    timed = run.resolved_objective.parsed.timed
    # The loss of a step is not the one to assert.
    body = [
        *moment(run, "torch.tensor(float({0}))"),
        *(watch(known, "step - 1", "objective(*point).item()") if timed else []),
    ]
    if run.noise > 0:
        body.append("drawn = torch.from_numpy(noise*np.random.default_rng((seed, step)).standard_normal(len(start)))")
    if peer is None and generated.needs_closure(rule):
        body.append(f"loss = optimizer.step(lambda: {asked(run, 'point')})")
    else:
        body += ["optimizer.zero_grad()", f"loss = {asked(run, 'point')}", "loss.backward()"]
        if run.noise > 0:
            body.append("point.grad += drawn")
        if run.clip_norm is not None:
            body.append("torch.nn.utils.clip_grad_norm_([point], clip_norm)")
        body.append("optimizer.step()")
    if run.resolved_objective.parsed.box is not None:
        body += ["with torch.no_grad():", "    point.clamp_(low, high)"]
    body += [] if timed else watch(known, "step - 1", "loss.item()")
    if run.schedule != "constant":
        body.append("scheduler.step(loss.item())" if run.resolved_schedule.follows_loss else "scheduler.step()")
    return [*lines, "for step in range(1, steps + 1):", indent("\n".join(body), "    ")]


def _made(run: Run, names: dict[str, str]) -> str:
    """The call that makes the generated class."""
    optimizer = run.resolved_optimizer
    rule = optimizer.parsed
    arguments = [f"{theirs}={names[name]}" for name, theirs in generated.argument_names(rule).items() if name in names]
    if "T" in rule.reads:
        arguments.append("T=T")
    if generated.needs_closure(rule) and _adjusted(run):
        arguments.append("adjust=adjust")
    if "hessian_diag" in generated.oracles(rule):
        arguments.append("exact=True")
    return call_source(class_name(optimizer), ["[point]", *arguments])


def _end(known: Facts, names: dict[str, str], peer: TorchPeer | None) -> list[str]:
    lines = ["loss = objective(*point).item()"]
    why = ""
    if peer is not None and peer.looks_ahead:
        lines = [
            'buffer = optimizer.state[point]["momentum_buffer"]',
            f"point = (point + {names['beta']}*{names['lr']}*buffer).detach()",
            *lines,
        ]
        why = "It is the loss at the run's own point, which has just been recovered from what PyTorch stores."
    print_line = 'print(f"After {steps} steps: point = {point.tolist()}, loss = {loss}")'
    return [*lines, print_line, *ending(known, why)]
