"""A training taken home: one script that needs nothing of this guide. Nothing here imports torch."""

import re
from collections.abc import Mapping, Sequence
from textwrap import indent

from core.catalogue.hypers import complete
from core.catalogue.optimizers import OPTIMIZERS, Optimizer
from core.catalogue.schedules import OWN_SCHEDULE
from core.export.expressions import class_name, on_lines, schedule_line, torch_line
from core.export.script import comment, docstring
from core.export.training_parts import CLASSES, LOADED, class_sources, data_source, network_source, outer_layers
from core.formula.torch_class import argument_names, needs_closure, optimizer_definitions
from core.formula.update_source import array_lines, call_source, function_source
from core.problems.training.reports import Outcome, Report
from core.problems.training.settings import Training

# How far the loss of the script may be from that of the guide, relative. On the same machine, with one thread, both
# take the same steps; another one rounds differently, and a training in float32 amplifies that.
TOLERANCES: Mapping[bool, float] = {True: 1e-6, False: 1e-2}
_BESIDE = OPTIMIZERS["adamw"]


def training_script(training: Training, loss: float | None = None) -> str:
    """The source of a script that trains as ``training`` does: the same data, weights, batches and rule.

    It asserts that the training loss at the end is ``loss``, to ``TOLERANCES``, if that is given. It needs torch and
    NumPy, and scikit-learn for data that come from there; with TensorBoard installed it also writes event files.
    """
    measured = training.dataset in LOADED
    needs = "PyTorch, NumPy and scikit-learn" if measured else "PyTorch and NumPy"
    heading = [
        f"{training.resolved_optimizer.name} trains: {training.resolved_model.name.lower()} on "
        f"{training.resolved_dataset.name}, {training.steps} steps.",
        f"Needs {needs}. Trains as the gradient descent guide does and needs nothing of it. {_promise(training, loss)}",
    ]
    imports = ["import math", "", "import numpy as np", "import torch"]
    imports += [f"from sklearn.datasets import {LOADED[training.dataset][0]}"] if measured else []
    imports += ["from torch import Tensor, nn"]
    parts = [
        docstring(heading),
        "\n".join(imports),
        _settings(training),
        "# --- Data ---",
        data_source(training),
        "# --- Network ---",
        *(f"\n{source}\n" for source in class_sources(training)),
        network_source(training),
        "# --- Rule ---",
        *(f"\n{source.rstrip()}\n" for source in _rules(training)),
        _optimizer(training),
        *_schedule(training),
        "# --- Training ---",
        _losses(training),
        _TENSORBOARD.strip(),
        _loop(training),
        _end(training, loss),
    ]
    return re.sub(r"\n{4,}", "\n\n\n", "\n\n".join(part for part in parts if part)) + "\n"


def reached_loss(training: Training, reports: Sequence[Report]) -> float | None:
    """The training loss at the end of ``reports``, if the script of ``training`` reaches the same.

    ``None`` where it was not trained to its end, or its learning rate was or may have been changed by hand.
    """
    entry = training.resolved_schedule
    if not reports or reports[-1].end is None or reports[-1].end.outcome is not Outcome.FINISHED or entry.follows_loss:
        return None
    factors = entry.factors(training.steps, training.schedule_settings)
    if any(report.rate != training.settings["lr"] * factors[max(report.step, 1) - 1] for report in reports):
        return None
    return reports[-1].train_loss


def _promise(training: Training, loss: float | None) -> str:
    if loss is None:
        return "It prints the losses at the end."
    if training.float64:
        return f"It asserts the training loss at the end, to a relative {TOLERANCES[True]:g}."
    return (
        f"It asserts the training loss at the end, to a relative {TOLERANCES[False]:g}: on the machine of the guide it "
        "is the same to the last digit, but other machines round float32 differently, and training amplifies that."
    )


def _settings(training: Training) -> str:
    lines = [
        "# With one thread sums are always taken in the same order.",
        "torch.set_num_threads(1)",
        f"seed = {training.seed}",
        f"steps = {training.steps}",
    ]
    lines += [f"lr = {training.settings['lr']!r}"] if "lr" in training.settings else []
    if training.clip_norm is not None:
        lines.append(f"clip_norm = {training.clip_norm!r}  # the largest norm that all gradients together may have")
    return "\n".join([*lines, f"dtype = torch.{'float64' if training.float64 else 'float32'}"])


# --- The rule and the schedule ---


def _moved_beside(training: Training) -> bool:
    """Whether the rule moves only matrices, and AdamW the rest."""
    rule = training.resolved_optimizer.parsed
    return "orthogonalize" in rule.functions and not needs_closure(rule)


def _rules(training: Training) -> list[str]:
    """The source of the classes that move the weights."""
    optimizers = [training.resolved_optimizer, *([_BESIDE] if _moved_beside(training) else [])]
    sources = [
        optimizer_definitions(one.parsed, _called(one), one.idea, {hyper.name: hyper.default for hyper in one.hypers})
        for one in optimizers
    ]
    if needs_closure(optimizers[0].parsed) and training.clip_norm is not None:
        sources.append(_ADJUST)
    return sources


_ADJUST = '''\
def adjust(gradients):
    """Every gradient that the rule asks for, clipped."""
    for parameter, gradient in zip(net.parameters(), gradients):
        parameter.grad = gradient
    nn.utils.clip_grad_norm_(net.parameters(), clip_norm)
    return [parameter.grad for parameter in net.parameters()]'''


def _called(optimizer: Optimizer) -> str:
    name = class_name(optimizer)
    return f"{name}Rule" if name in {part for parts in CLASSES.values() for part in parts} else name


def _made(optimizer: Optimizer, parameters: str, settings: Mapping[str, float], lr: str, adjusts: bool) -> str:
    rule = optimizer.parsed
    names = argument_names(rule)
    options = [f"{names[name]}={lr if name == 'lr' else repr(settings[name])}" for name in rule.hypers]
    options += ["T=steps"] if "T" in rule.reads else []
    options += ["adjust=adjust"] if adjusts else []
    return call_source(_called(optimizer), [parameters, *options])


def _optimizer(training: Training) -> str:
    optimizer, settings = training.resolved_optimizer, training.settings
    if _moved_beside(training):
        beside = complete(_BESIDE.hypers, {}, _BESIDE.name)
        return "\n".join(
            [
                f"# {optimizer.name} moves the matrices of hidden layers, {_BESIDE.name} the rest.",
                _MATRICES.format(outer=tuple(sorted(outer_layers()))),
                f"optimizer = {_made(optimizer, 'hidden', settings, 'lr', False)}",
                f"beside = {_made(_BESIDE, 'rest', beside, repr(beside['lr']), False)}",
            ]
        )
    adjusts = needs_closure(optimizer.parsed) and training.clip_norm is not None
    lines = []
    if (peer := optimizer.torch) and not peer.matrices_only and not peer.looks_ahead:
        line = torch_line(optimizer, settings, "net.parameters()")
        lines = comment(f"To rounding, torch.optim takes the same steps: optimizer = {line}")
    return "\n".join([*lines, f"optimizer = {_made(optimizer, 'net.parameters()', settings, 'lr', adjusts)}"])


_MATRICES = """\
found = {{name: parameter for name, parameter in net.named_parameters() if parameter.ndim >= 2}}
hidden = [parameter for name, parameter in found.items() if name.partition(".")[0] not in {outer}]
hidden = hidden or list(found.values())
rest = [parameter for parameter in net.parameters() if all(parameter is not one for one in hidden)]"""


def _schedule(training: Training) -> list[str]:
    """The function of the schedule's factor, and what it is called with; nothing for a constant learning rate."""
    if training.schedule == "constant":
        return []
    entry, settings = training.resolved_schedule, training.schedule_settings
    rule, lines = entry.parsed, array_lines(entry.parsed, "numpy")
    kept = list(rule.state) if entry.follows_loss else []
    given = ["t", "T", *(["loss"] if entry.follows_loss else []), *rule.hypers, *kept]
    results = f"float(factor), [{', '.join(kept)}]" if entry.follows_loss else "float(factor)"
    said = [f'"""The factor on the learning rate at step t of T: {entry.name.lower()}."""', *lines.update]
    parts = [f"\n{function_source('schedule', given, said, results)}\n"]
    values = "\n".join([f"settings = [{', '.join(f'np.float64({settings[name]!r})' for name in rule.hypers)}]"])
    if entry.follows_loss:
        start = function_source("schedule_start", rule.hypers, lines.start, f"[{', '.join(kept)}]")
        parts.append(f"\n{start}\n")
        values += "\nkept = schedule_start(*settings)"
    if entry.key != OWN_SCHEDULE:
        line = schedule_line(entry, settings, training.settings["lr"], training.steps)
        note = comment("torch.optim.lr_scheduler has the same factors, to rounding:")
        values = "\n".join([*note, *(f"# {part}" for part in on_lines(line).split("\n")), values])
    return [*parts, values]


# --- The training ---

_BATCHES = '''\
def batches(rows, size):
    """The rows of one batch after another: every epoch in an order of its own, without what does not fill a batch."""
    epoch = 0
    while True:
        order = np.arange(rows) if size == rows else np.random.default_rng((seed, epoch)).permutation(rows)
        for begin in range(0, rows - size + 1, size):
            yield order[begin : begin + size]
        epoch += 1'''
_TWO_CLASSES = """\
    share = wanted.to(scores.dtype)*(1 - smoothing) + smoothing/2
    return nn.functional.binary_cross_entropy_with_logits(scores[:, 0], share)"""
_MANY_CLASSES = """\
    scores = scores.reshape(-1, scores.shape[-1])
    return nn.functional.cross_entropy(scores, wanted.reshape(-1), label_smoothing=smoothing)"""
_CLOSURE = '''\
def closure():
    """The loss that the step minimises."""
    losses = [loss_of(net(train_x[rows]), train_y[rows]{smoothing}) for rows in chosen]{stop}
    return torch.stack(losses).mean()'''
_MEANS = '''\
def take_in(momentum):
    """How much of a batch the running means take in: something once in a step, however often the rule looks."""
    for part in net.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            part.momentum = momentum'''
_WHOLE = '''\
def whole_loss(x, y):
    """The loss on all rows, as the network is used."""
    net.eval()
    with torch.no_grad():
        loss = loss_of(net(x), y).item()
    net.train()
    return loss'''
_TENSORBOARD = """\
try:
    from torch.utils.tensorboard import SummaryWriter
except ImportError:
    writer = None
    print("Without TensorBoard no event files are written: pip install tensorboard")
else:
    writer = SummaryWriter()
"""


def _counts(training: Training) -> bool:
    """Whether a step may look at a batch more often than running means may."""
    return needs_closure(training.resolved_optimizer.parsed) and training.model_values.get("normalisation") == "batch"


def _losses(training: Training) -> str:
    numbers = training.resolved_dataset.kind == "numbers"
    body = _TWO_CLASSES if training.model == "logistic" else _MANY_CLASSES
    if numbers:
        body = "    return nn.functional.mse_loss(scores[:, 0], wanted)"
    head = f"def loss_of(scores, wanted{'' if numbers else ', smoothing=0.0'}):"
    smoothing = "" if numbers or not training.smoothing else f", {training.smoothing!r}"
    stop = "\n    take_in(0.0)" if _counts(training) else ""
    functions = [_BATCHES, f"{head}\n{body}", _CLOSURE.format(smoothing=smoothing, stop=stop), _WHOLE]
    return "\n" + "\n\n\n".join([*functions, *([_MEANS] if _counts(training) else [])]) + "\n"


def _loop(training: Training) -> str:
    entry, closes = training.resolved_schedule, needs_closure(training.resolved_optimizer.parsed)
    scheduled = training.schedule != "constant"
    known = "np.float64(step), np.float64(steps)"
    factor = [f"factor = schedule({known}, *settings)"]
    if entry.follows_loss:
        factor = [f"factor, kept = schedule({known}, np.float64(loss.item()), *settings, *kept)"]
    rates = [*factor, 'optimizer.param_groups[0]["lr"] = lr*factor'] if scheduled else []
    if scheduled and _moved_beside(training):
        rates.append('beside.param_groups[0]["lr"] = beside.defaults["lr"]*factor')
    body = [f"chosen = [next(picked) for _ in range({training.accumulation})]"]
    body += ["take_in(0.1)"] if _counts(training) else []
    if closes:
        body += ["loss = closure()"] if entry.follows_loss else []
        body += [*rates, "loss = optimizer.step(closure)"]
    else:
        body += ["net.zero_grad()", "loss = closure()", "loss.backward()"]
        body += ["nn.utils.clip_grad_norm_(net.parameters(), clip_norm)"] if training.clip_norm is not None else []
        body += [*rates, "optimizer.step()", *(["beside.step()"] if _moved_beside(training) else [])]
    body += [
        "if step % every == 0 or step == steps:",
        "    now = whole_loss(train_x, train_y), whole_loss(valid_x, valid_y)",
        '    print(f"step {step}: training loss {now[0]:.6g}, validation loss {now[1]:.6g}")',
        "    if writer is not None:",
        '        for name, value in zip(("loss/training", "loss/validation", "loss/batch"), (*now, loss.item())):',
        "            writer.add_scalar(name, value, step)",
        '        writer.add_scalar("lr", optimizer.param_groups[0]["lr"], step)',
    ]
    lines = [
        f"picked = batches(len(train_x), {training.batch or 'len(train_x)'})",
        "every = math.ceil(steps/20)",
        "for step in range(1, steps + 1):",
        indent("\n".join(body), "    "),
        "if writer is not None:",
        "    writer.close()",
    ]
    return "\n".join(lines)


def _end(training: Training, loss: float | None) -> str:
    if loss is None:
        return ""
    close = f"math.isclose(now[0], {float(loss)!r}, rel_tol={TOLERANCES[training.float64]!r}, abs_tol=1e-9)"
    return f"assert {close}, now[0]"
