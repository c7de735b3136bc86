"""Experiments about the lines of a training loop: gradients gathered or never zeroed, schedulers stepped or stacked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import PALETTE
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.run import Run
from core.engine.trace import trace
from core.evidence.experiments.measure import curve
from core.evidence.experiments.telling import learning_rate, whole
from core.formula.words import apart, counted, digits
from core.problems.network.perceptron import Activation, Layer, Network, Norm, Reals, cross_entropy

if TYPE_CHECKING:
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler

_ITEMS = 256
_INPUTS, _UNITS, _CLASSES = 20, 64, 5
_NETWORKS = {
    norm: Network((Layer(_INPUTS, _UNITS, Activation.RELU, norm, biased=False), Layer(_UNITS, _CLASSES, biased=False)))
    for norm in Norm
}
# The weight of a part, given its number of items and the number of parts.
_Share = Callable[[int, int], float]


@dataclass(frozen=True, eq=False)
class _Task:
    """A network at its start and items with random classes, in float32."""

    weights: Reals
    x: Reals
    classes: npt.NDArray[np.integer]

    def gradient(self, norm: Norm, items: slice = slice(None)) -> Reals:
        return _NETWORKS[norm].loss_and_gradient(self.weights, self.x[items], self.classes[items], cross_entropy)[1]

    def gathered(self, norm: Norm, size: int, share: _Share) -> Reals:
        """The sum over parts of ``size`` items, each part's gradient times its share."""
        parts = [slice(at, min(at + size, _ITEMS)) for at in range(0, _ITEMS, size)]
        total = np.zeros_like(self.weights)
        for part in parts:
            total += self.gradient(norm, part) * np.float32(share(part.stop - part.start, len(parts)))
        return total


def _task(seed: int) -> _Task:
    random = np.random.default_rng(seed)
    x = random.standard_normal((_ITEMS, _INPUTS)).astype(np.float32)
    network = _NETWORKS[Norm.NONE]
    # Uniform within ±1/√(inputs), as PyTorch's linear layers start.
    weights = [random.uniform(-1, 1, layer.size) * layer.inputs**-0.5 for layer in network.layers]
    return _Task(np.concatenate(weights).astype(np.float32), x, random.integers(0, _CLASSES, _ITEMS))


def _by_items(items: int, parts: int) -> float:
    return items / _ITEMS


def _by_parts(items: int, parts: int) -> float:
    return 1 / parts


def _undivided(items: int, parts: int) -> float:
    return 1.0


def _apart(gradient: Reals, wanted: Reals) -> float:
    """The norm of the difference over the norm of ``wanted``."""
    wide = wanted.astype(np.float64)
    return float(np.linalg.norm(gradient - wide) / np.linalg.norm(wide))


def _accumulation(settings: Mapping[str, float]) -> Finding:
    size, uneven = int(settings["size"]), int(settings["uneven"])
    task = _task(int(settings["seed"]))
    whole_batch = {norm: task.gradient(norm) for norm in Norm}
    apart = {norm: _apart(task.gathered(norm, size, _by_items), whole_batch[norm]) for norm in Norm}
    plain = whole_batch[Norm.NONE]
    naive, fair = (_apart(task.gathered(Norm.NONE, uneven, share), plain) for share in (_by_parts, _by_items))
    parts, last = -(-_ITEMS // size), _ITEMS % uneven or uneven
    too_long = float(np.linalg.norm(task.gathered(Norm.NONE, size, _undivided)) / np.linalg.norm(plain))
    numbers = {
        **{f"relative error, {norm.value}": error for norm, error in apart.items()},
        "relative error, uneven, divided by their number": naive,
        "relative error, uneven, weighted by items": fair,
        "length without division": too_long,
    }
    sentence = (
        f"Gathered over {parts} part{'s' * (parts > 1)} of at most {size} items, the gradient of 256 items is right to "
        f"{digits(apart[Norm.NONE])} without normalisation and wrong by {digits(100 * apart[Norm.BATCH])} % with "
        f"BatchNorm, which normalises each part by itself. In parts of {uneven}, the last of {last}, division by the "
        f"number of parts gives an error of {digits(100 * naive)} %, weights by items {digits(fair)}. Without division "
        f"the gradient is {digits(too_long)} times as long."
    )
    return Finding(numbers, sentence, _errors_by_size(task, plain, whole_batch[Norm.BATCH]))


def _errors_by_size(task: _Task, plain: Reals, normalised: Reals) -> Plot:
    sizes = np.unique(np.geomspace(2, _ITEMS, 30).round().astype(int))

    def errors(norm: Norm, share: _Share, wanted: Reals) -> Array:
        return np.array([_apart(task.gathered(norm, int(size), share), wanted) for size in sizes])

    at = sizes.astype(np.float64)
    series = (
        Series("BatchNorm, weighted by items", at, errors(Norm.BATCH, _by_items, normalised), PALETTE[1]),
        Series("divided by the number of parts", at, errors(Norm.NONE, _by_parts, plain), PALETTE[2], "dash"),
        Series("weighted by items", at, errors(Norm.NONE, _by_items, plain), PALETTE[0]),
    )
    return Plot("items in a part", "relative error of the gradient", series, log_x=True, log_y=True)


_ROUNDING = "Sums of float32 in another order: a few units of 6·10⁻⁸, whatever the order is."
_SEEDED = "Seeded and far above the rounding of float32."

_ACCUMULATION = Experiment(
    key="X47",
    question="Is the gradient gathered over several small batches the same as that of one large batch?",
    settings=(
        whole("size", "n_i", 32, (2, 128), "Items in each part of the 256."),
        whole("uneven", "n_u", 40, (2, 200), "Items in each part where the last one is smaller."),
        whole("seed", "s", 1, (0, 99), "Chooses the items, their classes and the weights."),
    ),
    find=_accumulation,
    expected=(
        Expected("relative error, no normalisation", 2e-7, 1e-7, _ROUNDING),
        Expected("relative error, LayerNorm", 2e-7, 1e-7, _ROUNDING),
        Expected("relative error, GroupNorm", 2e-7, 1e-7, _ROUNDING),
        Expected("relative error, BatchNorm", 0.1908, 0.0005, _SEEDED),
        Expected("relative error, uneven, divided by their number", 0.3221, 0.0005, _SEEDED),
        Expected("relative error, uneven, weighted by items", 2e-7, 1e-7, _ROUNDING),
        Expected("length without division", 8.0, 1e-5, "Eight equal parts; float32."),
    ),
)


# The share of a one-cycle schedule's peak at which it starts.
_ONE_CYCLE_START = 25
_WARMUP = 10


def _adamw(lr: float) -> "Optimizer":
    import torch

    return torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=lr)


def _rate(optimizer: "Optimizer") -> float:
    return float(optimizer.param_groups[0]["lr"])


def _driven(optimizer: "Optimizer", schedulers: "Sequence[LRScheduler]", steps: int) -> Array:
    """The learning rate at each of ``steps`` steps and after the last, all ``schedulers`` stepping every time."""
    rates = [_rate(optimizer)]
    for _ in range(steps):
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
        rates.append(_rate(optimizer))
    return np.array(rates)


def _stacked(optimizer: "Optimizer", epochs: int, peak: float, steps: int) -> "list[LRScheduler]":
    """The schedulers of a page of examples, run from top to bottom with one optimizer."""
    import torch

    lr_scheduler = torch.optim.lr_scheduler
    step_decay = lr_scheduler.StepLR(optimizer, step_size=30, gamma=0.1)
    cosine = lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    warmup = lr_scheduler.LinearLR(optimizer, start_factor=0.01, total_iters=_WARMUP)
    after = lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs - _WARMUP)
    both: LRScheduler = lr_scheduler.SequentialLR(optimizer, [warmup, after], milestones=[_WARMUP])
    one_cycle = lr_scheduler.OneCycleLR(optimizer, max_lr=peak, total_steps=steps)
    restarts = lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=2)
    return [step_decay, cosine, both, one_cycle, restarts]


def _schedulers(settings: Mapping[str, float]) -> Finding:
    import torch

    lr_scheduler = torch.optim.lr_scheduler
    lr, peak = settings["lr"], settings["peak"]
    epochs, batches = int(settings["epochs"]), int(settings["batches"])
    steps = epochs * batches

    shared = _adamw(lr)
    stack = _stacked(shared, epochs, peak, steps)
    left, memory = _rate(shared), float(shared.param_groups[0]["betas"][0])
    together = _driven(shared, stack, epochs)

    alone = _adamw(lr)
    cosine = _driven(alone, [lr_scheduler.CosineAnnealingLR(alone, T_max=epochs)], 2 * epochs)
    # The last step of a one-cycle schedule is the last that it allows.
    by_batch, by_epoch = (_adamw(peak) for _ in range(2))
    often = _driven(by_batch, [lr_scheduler.OneCycleLR(by_batch, max_lr=peak, total_steps=steps)], steps - 1)
    seldom = _driven(by_epoch, [lr_scheduler.OneCycleLR(by_epoch, max_lr=peak, total_steps=steps)], epochs)

    numbers = {
        "learning rate after building all": left,
        "beta1 after building all": memory,
        "learning rate after the run, all stepped": float(together[-1]),
        "cosine at T_max": float(cosine[epochs]),
        "cosine at 2·T_max": float(cosine[-1]),
        "one-cycle, largest, by batch": float(often.max()),
        "one-cycle, largest, by epoch": float(seldom.max()),
    }
    sentence = (
        f"AdamW was given {digits(lr)}; with all schedulers built on it, and none stepped, it has {digits(left)} and a "
        f"beta1 of {digits(memory)}. A cosine alone is at {digits(cosine[epochs])} after its {epochs} epochs and back "
        f"at {digits(cosine[-1])} after as many again. One-cycle for {counted(steps)} reaches {digits(often.max())} "
        f"when stepped after every batch and {digits(seldom.max())} when stepped after every epoch."
    )
    series = (
        curve("cosine alone, run on after its end", cosine, color=PALETTE[0]),
        curve("one-cycle, stepped by batch", often, np.arange(steps) / batches, PALETTE[2]),
        curve("one-cycle, stepped by epoch", seldom, color=PALETTE[2], dash="dash"),
        curve("all on one optimizer", together, color=PALETTE[1]),
    )
    marks = (Mark("x", epochs, "planned end"),)
    return Finding(numbers, sentence, Plot("epoch", "learning rate α", series, marks=marks))


_EXACT = "A formula evaluated step by step by PyTorch; only rounding is left."

_SCHEDULERS = Experiment(
    key="X67",
    question="What happens to the learning rate when schedulers share an optimizer or are stepped at the wrong time?",
    settings=(
        learning_rate(3e-4, (1e-5, 0.1)),
        Hyper("peak", r"\alpha_{\max}", 0.01, (1e-4, 1.0), (1e-4, 1.0), "log", "Peak of the one-cycle schedule."),
        whole("epochs", "E", 100, (20, 200), "Epochs of the run, for which the cosine is planned."),
        whole("batches", "n", 10, (2, 50), "Batches in an epoch."),
    ),
    find=_schedulers,
    expected=(
        Expected("learning rate after building all", 0.01 / _ONE_CYCLE_START, 1e-12, _EXACT),
        Expected("beta1 after building all", 0.95, 1e-12, "The top of one-cycle's default range, written over 0.9."),
        Expected("cosine at T_max", 0.0, 1e-12, _EXACT),
        Expected("cosine at 2·T_max", 3e-4, 1e-12, _EXACT),
        Expected("one-cycle, largest, by batch", 0.01, 1e-12, _EXACT),
        # A cosine from 1/25 of the peak up to it over 299 steps, after 100 of them.
        Expected(
            "one-cycle, largest, by epoch", 0.01 * (1 - 0.96 * (1 + np.cos(np.pi * 100 / 299)) / 2), 1e-12, _EXACT
        ),
    ),
    needs_torch=True,
)


# Momentum's usual range while the rate cycles, PyTorch's own.
_MOMENTA = (0.8, 0.9)


def _cycle(settings: Mapping[str, float]) -> Finding:
    import torch

    lr_scheduler = torch.optim.lr_scheduler
    low, up = settings["low"], int(settings["up"])
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=low, momentum=_MOMENTA[1])
    scheduler = lr_scheduler.CyclicLR(optimizer, base_lr=low, max_lr=low * settings["ratio"], step_size_up=up)
    rates, momenta = [_rate(optimizer)], [_momentum(optimizer)]
    for _ in range(4 * up):
        optimizer.step()
        scheduler.step()
        rates.append(_rate(optimizer))
        momenta.append(_momentum(optimizer))
    top = int(np.argmax(rates))
    numbers = {
        "lowest rate": min(rates),
        "highest rate": max(rates),
        "steps up": top,
        "steps down": int(np.argmin(rates[top:])),
        "momentum at the lowest rate": momenta[0],
        "momentum at the highest rate": momenta[top],
    }
    sentence = (
        f"The rate climbs from {' to '.join(apart(numbers['lowest rate'], numbers['highest rate']))} in {top} steps "
        f"and falls back in {numbers['steps down']}, again and again. By default PyTorch moves the momentum the other "
        f"way, from {' to '.join(apart(momenta[0], momenta[top]))} and back."
    )
    series = (curve("learning rate", np.array(rates)),)
    return Finding(numbers, sentence, Plot("step", "learning rate α", series, marks=(Mark("y", low, "lowest"),)))


def _momentum(optimizer: "Optimizer") -> float:
    return float(optimizer.param_groups[0]["momentum"])


_CYCLE = Experiment(
    key="X79",
    question="How does a cyclical learning rate move, and what does PyTorch do to the momentum meanwhile?",
    settings=(
        Hyper("low", r"\alpha_{\min}", 0.001, (1e-4, 0.1), (1e-4, 0.1), "log", "The lower bound of the rate."),
        Hyper("ratio", "r", 10.0, (2.0, 100.0), (2.0, 100.0), "log", "The upper bound over the lower one."),
        whole("up", "n", 50, (5, 200), "Steps from the lower bound to the upper one."),
    ),
    find=_cycle,
    expected=(
        Expected("lowest rate", 0.001, 1e-15, _EXACT),
        Expected("highest rate", 0.01, 1e-15, _EXACT),
        Expected("steps up", 50, 0, "A count."),
        Expected("steps down", 50, 0, "A count."),
        Expected("momentum at the lowest rate", _MOMENTA[1], 1e-15, "PyTorch's default."),
        Expected("momentum at the highest rate", _MOMENTA[0], 1e-15, "PyTorch's default."),
    ),
    needs_torch=True,
)


_LOOP_STEPS, _PEAK = 50, 3e-4
# Plain descent, and the same loop without a line that zeroes what backward adds to.
_ZEROED, _ADDED_UP = "x = x - lr*g", "total = total + g\nx = x - lr*total"


def _forgotten(settings: Mapping[str, float]) -> Finding:
    import torch

    lr_scheduler = torch.optim.lr_scheduler
    lr, passes, epochs = settings["lr"], int(settings["passes"]), int(settings["epochs"])
    zeroed, added_up = (trace(Run("parabola", rule, (1.0,), _LOOP_STEPS, {"lr": lr})) for rule in (_ZEROED, _ADDED_UP))
    # On a line every pass has the same gradient, as one batch has while nothing moves.
    still = trace(Run("x", _ADDED_UP, (1.0,), passes, {"lr": lr}))
    optimizer = _adamw(_PEAK)
    rates = _driven(optimizer, [lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)], epochs)
    numbers = {
        "gradient after the passes / after one": float(still.terms["total"][-1, 0] / still.terms["total"][0, 0]),
        f"distance after {counted(_LOOP_STEPS)}, zeroed": abs(float(zeroed.x[-1, 0])),
        "furthest in the last half, never zeroed": float(np.abs(added_up.x[_LOOP_STEPS // 2 :]).max()),
        "rate in the first epoch": float(rates[0]),
        "rate in the last epoch": float(rates[epochs - 1]),
        "rate printed after it": float(rates[-1]),
    }
    sentence = (
        f"Without the zeroing, {passes} backward passes over one batch leave "
        f"{digits(numbers['gradient after the passes / after one'])} times its gradient. On a parabola from 1 at lr = "
        f"{digits(lr)}, {counted(_LOOP_STEPS)} with it end {digits(abs(zeroed.x[-1, 0]))} away, and without it the "
        f"point still swings out to {digits(numbers['furthest in the last half, never zeroed'])}. A cosine over "
        f"{epochs} epochs, stepped after each, trains the last one at {digits(rates[epochs - 1])} and prints "
        f"{digits(rates[-1])}."
    )
    series = (curve("zeroed", zeroed.x[:, 0]), curve("never zeroed", added_up.x[:, 0], dash="dash"))
    return Finding(numbers, sentence, Plot("step", "position x", series, marks=(Mark("y", 0.0, "minimum"),)))


_FORGOTTEN = Experiment(
    key="X82",
    question="What happens to a training loop without the line that zeroes the gradients?",
    settings=(
        learning_rate(0.1, (0.001, 1.0)),
        whole("passes", "k", 3, (1, 20), "Backward passes over one batch."),
        whole("epochs", "E", 3, (2, 50), "Epochs of a cosine that is stepped once in each."),
    ),
    find=_forgotten,
    expected=(
        Expected("gradient after the passes / after one", 3.0, 0.0, "A sum of three equal numbers."),
        Expected("rate in the first epoch", 3e-4, 1e-15, _EXACT),
        Expected("rate in the last epoch", 7.5e-5, 1e-15, _EXACT),
        Expected("rate printed after it", 0.0, 1e-15, _EXACT),
    ),
    needs_torch=True,
)


ALL: tuple[Experiment, ...] = (_ACCUMULATION, _SCHEDULERS, _CYCLE, _FORGOTTEN)
