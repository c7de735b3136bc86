"""Trains a network, step by step, and reports. Importing this module imports torch."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.formula.words import counted, digits
from core.problems.training.moving import Movers, movers
from core.problems.training.nets import build, layers
from core.problems.training.rates import factors
from core.problems.training.reports import Command, End, Facts, Outcome, Rate, Report, Result, Stop
from core.problems.training.settings import Training
from core.problems.training.split import Dataset, Split, shares_text
from core.problems.training.views import probabilities, view

Tensor = torch.Tensor
Loss = Callable[[Tensor, Tensor], Tensor]

# Reports of a whole training, and how many of them have something to look at.
REPORTS, VIEWS = 100, 25


def batches(seed: int, rows: int, size: int) -> Iterator[npt.NDArray[np.int64]]:
    """The rows of one batch after another: every epoch in an order of its own, without what does not fill a batch.

    The order follows from ``seed`` and the epoch alone, so that every configuration sees the same.
    """
    epoch = 0
    while True:
        order = np.arange(rows) if size == rows else np.random.default_rng((seed, epoch)).permutation(rows)
        for begin in range(0, rows - size + 1, size):
            yield order[begin : begin + size]
        epoch += 1


def loss_of(dataset: Dataset, single: bool, smoothing: float = 0.0) -> Loss:
    """The mean loss of scores, of which there is one for each row if ``single``, against answers."""
    if dataset.kind == "numbers":
        return lambda scores, wanted: nn.functional.mse_loss(scores[:, 0], wanted)
    if single:

        def two_classes(scores: Tensor, wanted: Tensor) -> Tensor:
            share = wanted.to(scores.dtype) * (1 - smoothing) + smoothing / 2
            return nn.functional.binary_cross_entropy_with_logits(scores[:, 0], share)

        return two_classes
    return lambda scores, wanted: nn.functional.cross_entropy(
        scores.reshape(-1, scores.shape[-1]), wanted.reshape(-1), label_smoothing=smoothing
    )


@dataclass(frozen=True, eq=False)
class _Data:
    """The rows as tensors, and the losses on them: to judge by, and to minimise."""

    dataset: Dataset
    split: Split
    train: tuple[Tensor, Tensor]
    valid: tuple[Tensor, Tensor]
    judged: Loss
    minimised: Loss


def _data(training: Training) -> _Data:
    dataset = training.resolved_dataset
    split = dataset.load(training.seed)
    dtype = torch.float64 if training.float64 else torch.float32

    def tensor(values: npt.NDArray[Any]) -> Tensor:
        return torch.tensor(values, dtype=dtype if values.dtype == np.float64 else torch.int64)

    single = training.model == "logistic"
    return _Data(
        dataset,
        split,
        (tensor(split.train_x), tensor(split.train_y)),
        (tensor(split.valid_x), tensor(split.valid_y)),
        loss_of(dataset, single),
        loss_of(dataset, single, training.smoothing),
    )


@dataclass(frozen=True, eq=False)
class _Clip:
    """Limits the norm of gradients, and keeps the first of a step as it was."""

    parameters: list[nn.Parameter]
    limit: float | None
    first: list[Tensor] = field(default_factory=list)

    def gradients(self, found: list[Tensor]) -> list[Tensor]:
        """``found``, one for each parameter, limited."""
        for parameter, gradient in zip(self.parameters, found, strict=True):
            parameter.grad = gradient
        if not self.first:
            self.keep()
        self.applied()
        return [parameter.grad for parameter in self.parameters if parameter.grad is not None]

    def keep(self) -> None:
        """Keeps the gradients that the parameters have."""
        self.first.extend(parameter.grad.clone() for parameter in self.parameters if parameter.grad is not None)

    def applied(self) -> None:
        """Limits the gradients that the parameters have."""
        if self.limit is not None:
            nn.utils.clip_grad_norm_(self.parameters, self.limit)


@dataclass(frozen=True)
class _Taken:
    """What a step did: its loss, the learning rate, and for each layer its gradient's norm and its share of change."""

    loss: float
    rate: float
    gradient_norms: tuple[float, ...] = ()
    ratios: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Learner:
    """A network, its data, and what moves it. Its steps change the network."""

    training: Training
    data: _Data
    net: nn.Sequential
    norms: list[nn.BatchNorm1d | nn.BatchNorm2d]
    clip: _Clip
    movers: Movers
    factor_at: Callable[[int, float], float]

    def facts(self) -> Facts:
        """What is known before the first step."""
        split = self.data.split
        notes = [split.standardised, shares_text(split) if split.labels else "", self.movers.note]
        return Facts(
            weights=sum(parameter.numel() for parameter in self.clip.parameters),
            layers=tuple(layers(self.net)),
            labels=split.labels,
            features=split.features,
            balance=split.balance,
            baseline=split.baseline,
            baseline_accuracy=split.baseline_accuracy,
            train_rows=len(split.train_x),
            valid_rows=len(split.valid_x),
            target_scale=split.target_scale,
            notes=tuple(note for note in notes if note),
        )

    def take(self, step: int, base: float, rows: Sequence[npt.NDArray[np.int64]], measured: bool) -> _Taken:
        """Takes one step on the batches ``rows``, at the learning rate ``base`` times the schedule's factor."""
        before = [parameter.detach().clone() for parameter in self.clip.parameters] if measured else []
        self._count_batches(True)
        self.clip.first.clear()
        closure = partial(self._loss, rows)
        if self.movers.closes:
            # Only a schedule that follows the loss is told it before the rule computes it.
            known = float(closure().detach()) if self.training.resolved_schedule.follows_loss else math.nan
            factor = self.factor_at(step, known)
            loss = self.movers.step(base * factor, factor, closure)
        else:
            self.movers.clear()
            loss = closure()
            loss.backward()  # type: ignore[no-untyped-call]
            if measured:
                self.clip.keep()
            self.clip.applied()
            factor = self.factor_at(step, float(loss.detach()))
            self.movers.step(base * factor, factor, closure)
        assert loss is not None
        taken = _Taken(float(loss.detach()), base * factor)
        if not measured:
            return taken
        # A rule may do without a gradient.
        slopes = self.clip.first or [torch.full_like(one, math.nan) for one in before]
        return replace(taken, gradient_norms=self._norms(slopes), ratios=self._ratios(before))

    def _loss(self, rows: Sequence[npt.NDArray[np.int64]]) -> Tensor:
        x, y = self.data.train
        losses = [self.data.minimised(self.net(x[some]), y[some]) for some in rows]
        self._count_batches(False)
        return losses[0] if len(losses) == 1 else torch.stack(losses).mean()

    def _count_batches(self, counted: bool) -> None:
        """Whether running means take in what passes: once in a step, however often its rule asks for gradients."""
        for norm in self.norms:
            norm.momentum = _MOMENTUM if counted else 0.0

    def _norms(self, tensors: Sequence[Tensor]) -> tuple[float, ...]:
        """The Euclidean norm over each layer, of tensors that belong to the parameters in order."""
        squares = {
            id(parameter): float((tensor.double() ** 2).sum())
            for parameter, tensor in zip(self.clip.parameters, tensors, strict=True)
        }
        return tuple(math.sqrt(sum(squares[id(one)] for one in part)) for part in layers(self.net).values())

    def _ratios(self, before: Sequence[Tensor]) -> tuple[float, ...]:
        moved = self._norms([now.detach() - then for now, then in zip(self.clip.parameters, before, strict=True)])
        return tuple(move / size if size else math.nan for move, size in zip(moved, self._norms(before), strict=True))

    def report(self, step: int, taken: _Taken, looks: bool) -> Report:
        """Where the network is after ``step`` steps, the last of which was ``taken``."""
        data, rows = self.data, self.training.batch_rows * self.training.accumulation
        self.net.eval()
        with torch.no_grad():
            learnt, judged = self.net(data.train[0]), self.net(data.valid[0])
            seen = view(self.net, data.dataset, data.split, judged, self.training.seed) if looks else None
        self.net.train()
        return Report(
            step=step,
            epoch=step * rows / data.dataset.rows,
            train_loss=float(data.judged(learnt, data.train[1])),
            valid_loss=float(data.judged(judged, data.valid[1])),
            train_accuracy=self._accuracy(learnt, data.train[1]),
            valid_accuracy=self._accuracy(judged, data.valid[1]),
            batch_loss=taken.loss,
            rate=taken.rate,
            gradient_norms=taken.gradient_norms,
            ratios=taken.ratios,
            view=seen,
        )

    def weights(self, wanted: bool) -> dict[str, npt.NDArray[Any]] | None:
        """A copy of what the network has learnt, by the names that torch gives it; nothing unless ``wanted``."""
        return {name: one.numpy().copy() for name, one in self.net.state_dict().items()} if wanted else None

    def _accuracy(self, scores: Tensor, wanted: Tensor) -> float | None:
        if self.data.dataset.kind == "numbers":
            return None
        return float((probabilities(scores).argmax(dim=-1) == wanted).double().mean())


# The share of each batch that a batch norm's running means take in: torch's own.
_MOMENTUM = 0.1


def learner_of(training: Training) -> Learner:
    """A network before its first step, and what moves it."""
    data = _data(training)
    net = build(training.model, training.model_values, data.dataset, training.seed)
    if training.float64:
        net.double()
    clip = _Clip(list(net.parameters()), training.clip_norm)
    factor_at = factors(training.resolved_schedule, training.steps, training.schedule_settings)
    norms = [part for part in net.modules() if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d)]
    return Learner(training, data, net, norms, clip, movers(training, net, clip.gradients), factor_at)


def train(
    training: Training,
    commands: Callable[[], Iterable[Command]] = tuple,
    every: int | None = None,
    weights: bool = False,
    snapshots: bool = False,
) -> Iterator[Report]:
    """Trains, and yields a report before the first step, after every ``every`` steps (a hundredth) and at the end.

    ``commands`` is asked before each step for what is to be changed. ``weights`` puts the final weights into the last
    report, ``snapshots`` the present ones into every other. A training that diverges is a result with a sentence.
    """
    every = every or math.ceil(training.steps / REPORTS)
    looking = every * math.ceil(training.steps / every / VIEWS)
    learner = learner_of(training)
    picked = batches(training.seed, learner.data.dataset.rows, training.batch_rows)
    base = training.settings["lr"]
    taken = _Taken(math.nan, base * _first_factor(training))
    yield replace(learner.report(0, taken, True), facts=learner.facts(), weights=learner.weights(snapshots))
    end = End(Outcome.FINISHED, training.steps, f"Done after {counted(training.steps)}.")
    for step in range(1, training.steps + 1):
        for command in commands():
            match command:
                case Rate(lr):
                    base = lr
                case Stop():
                    end = End(Outcome.STOPPED, step - 1, f"Stopped after {counted(step - 1)}.")
        if end.outcome is Outcome.STOPPED:
            break
        rows = [next(picked) for _ in range(training.accumulation)]
        reported = step % every == 0 or step == training.steps
        taken = learner.take(step, base, rows, reported)
        if not math.isfinite(taken.loss):
            end = _diverged(step, "the loss of its batch", taken.loss)
            break
        if reported and step < training.steps:
            yield replace(learner.report(step, taken, step % looking == 0), weights=learner.weights(snapshots))
    last = learner.report(end.step, taken, True)
    if end.outcome is Outcome.FINISHED and not math.isfinite(last.train_loss):
        end = _diverged(end.step, "the loss after it", last.train_loss)
    yield replace(last, end=end, weights=learner.weights(weights))


def _first_factor(training: Training) -> float:
    return factors(training.resolved_schedule, training.steps, training.schedule_settings)(1, math.nan)


def _diverged(step: int, what: str, loss: float) -> End:
    return End(Outcome.DIVERGED, step, f"Diverged at step {step}: {what} is {digits(loss)}.")


def final(training: Training, every: int | None = None) -> Result:
    """The whole training, with the final weights."""
    return Result(tuple(train(training, every=every, weights=True)))
