"""Networks that differ in learning rate and seed alone, trained together on stacked weights. Imports torch."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
import numpy.typing as npt
import torch
from torch.func import functional_call, vmap

from core.formula.rule import Kind, Rule
from core.formula.torch_code import Stacked, stacked_rule
from core.problems.training.loop import Learner, Loss, batches, learner_of, train
from core.problems.training.rates import factors
from core.problems.training.reports import Outcome
from core.problems.training.settings import Training

Tensor = torch.Tensor
Array = npt.NDArray[np.float64]
# What torch's own clipping adds to a norm before it divides by it.
_CLIP_EPS = 1e-6


@dataclass(frozen=True, eq=False)
class Ends:
    """How trainings ended, each array of shape ``(seeds, rates)``.

    ``diverged_at`` is the step at which one diverged, 0 if it did not; the losses of those that did are NaN.
    """

    train_loss: Array
    valid_loss: Array
    diverged_at: npt.NDArray[np.int64]


def one_by_one(training: Training, rates: Sequence[float], seeds: Sequence[int]) -> Ends:
    """``training`` at each of ``rates``, of each of ``seeds``, one after the other."""
    rows = []
    for seed, rate in product(seeds, rates):
        *_, last = train(replace(at_rate(training, rate), seed=seed), every=training.steps)
        assert last.end is not None
        failed = last.end.outcome is Outcome.DIVERGED
        losses = (np.nan, np.nan) if failed else (last.train_loss, last.valid_loss)
        rows.append((*losses, last.end.step if failed else 0))
    learnt, judged, failed_at = (np.array(column).reshape(len(seeds), len(rates)) for column in zip(*rows, strict=True))
    return Ends(learnt, judged, failed_at.astype(np.int64))


def at_rate(training: Training, rate: float) -> Training:
    """``training`` with the learning rate ``rate``."""
    return replace(training, hypers={**dict(training.hypers), "lr": rate})


def together(training: Training, rates: Sequence[float], seeds: Sequence[int]) -> Ends:
    """``one_by_one`` at once: the losses by ``vmap``, the rule's own text on the stacked weights of all networks.

    The rule must treat each weight by itself and ask for nothing but the gradient where it is.
    """
    learners = [learner_of(replace(training, seed=seed)) for seed in seeds]
    stack = _Stack(training, learners, tuple(rates))
    first = learners[0].data
    (x, y), valid = (
        tuple(torch.stack([getattr(one.data, part)[side] for one in learners]) for side in (0, 1))
        for part in ("train", "valid")
    )
    picked = [batches(seed, first.dataset.rows, training.batch_rows) for seed in seeds]
    every = training.batch_rows == first.dataset.rows
    place = torch.arange(len(seeds))[:, None]
    diverged_at = np.zeros((len(seeds), len(rates)), dtype=np.int64)
    for step in range(1, training.steps + 1):
        stack.weights.requires_grad_()
        losses = []
        for _ in range(training.accumulation):
            rows = None if every else (place, torch.from_numpy(np.stack([next(one) for one in picked])))
            losses.append(stack.losses(first.minimised, *((x, y) if rows is None else (x[rows], y[rows]))))
        loss = torch.stack(losses).mean(dim=0)
        # The loss of one network does not depend on the weights of another.
        (gradients,) = torch.autograd.grad(loss.sum(), stack.weights)
        diverged_at[(diverged_at == 0) & ~np.isfinite(loss.detach().numpy())] = step
        if diverged_at.all():
            break
        stack.step(step, loss.detach(), gradients)
    learners[0].net.eval()
    with torch.no_grad():
        learnt, judged = (stack.losses(first.judged, *part).double().numpy() for part in ((x, y), valid))
    diverged_at[(diverged_at == 0) & ~np.isfinite(learnt)] = training.steps
    alive = diverged_at == 0
    return Ends(np.where(alive, learnt, np.nan), np.where(alive, judged, np.nan), diverged_at)


@dataclass(eq=False)
class _Stack:
    """The weights of all networks, of shape ``(networks, weights)``, and the state of the rule that moves them.

    The networks of a seed are beside each other, in the order of the rates.
    """

    training: Training
    learners: list[Learner]
    rates: tuple[float, ...]
    weights: Tensor = field(init=False)
    state: tuple[Tensor, ...] = field(init=False)

    def __post_init__(self) -> None:
        training = self.training
        self.net = self.learners[0].net
        self.named = {name: part.shape for name, part in self.net.named_parameters()}
        drawn = [torch.cat([part.detach().reshape(-1) for part in one.net.parameters()]) for one in self.learners]
        self.weights = torch.stack(drawn).repeat_interleave(len(self.rates), dim=0)
        self.rule: Rule = training.resolved_optimizer.parsed
        self.moved: Stacked = stacked_rule(self.rule)
        self.base = [*self.rates] * len(self.learners)
        # A schedule that follows the loss follows that of each network.
        self.factors = [
            factors(training.resolved_schedule, training.steps, training.schedule_settings) for _ in self.base
        ]
        self.state = tuple(self.moved.start(self.weights, *self._hypers(self.base)))

    def losses(self, loss: Loss, x: Tensor, y: Tensor) -> Tensor:
        """The loss of each network, of shape ``(seeds, rates)``; ``x`` and ``y`` begin with the seeds."""
        sizes = [shape.numel() for shape in self.named.values()]

        def one(weights: Tensor, x: Tensor, y: Tensor) -> Tensor:
            parts = zip(self.named.items(), torch.split(weights, sizes), strict=True)
            shaped = {name: part.reshape(shape) for (name, shape), part in parts}
            return loss(functional_call(self.net, shaped, (x,)), y)

        count = len(self.rates)
        rows = (part.repeat_interleave(count, dim=0) for part in (x, y))
        found: Tensor = vmap(one)(self.weights, *rows)
        return found.reshape(-1, count)

    @torch.no_grad()
    def step(self, t: int, losses: Tensor, gradients: Tensor) -> None:
        """Moves all weights, at the losses and gradients that they have."""
        if self.training.clip_norm is not None:
            norms = torch.linalg.vector_norm(gradients, dim=1, keepdim=True)
            gradients = gradients * (self.training.clip_norm / (norms + _CLIP_EPS)).clamp(max=1.0)
        pairs = zip(self.base, self.factors, losses.reshape(-1).tolist(), strict=True)
        hypers = self._hypers([rate * factor(t, loss) for rate, factor, loss in pairs])
        moments = (_number(t), _number(self.training.steps))
        moved, *state = self.moved.update(self.weights.detach(), gradients, *moments, *hypers, *self.state)
        self.weights = moved.to(self.weights.dtype)
        kinds = [self.rule.kinds[name] for name in self.rule.state]
        self.state = tuple(
            part.to(self.weights.dtype) if kind is Kind.TENSOR else part
            for kind, part in zip(kinds, state, strict=True)
        )

    def _hypers(self, rates: Sequence[float]) -> list[Tensor]:
        """What the rule is given, in its order."""
        values: Mapping[str, float] = self.training.settings
        # In the precision of the weights, as a single number beside them would be.
        lr = torch.tensor(rates, dtype=torch.float64).to(self.weights.dtype)[:, None]
        return [lr if name == "lr" else _number(values[name]) for name in self.rule.hypers]


def _number(value: float) -> Tensor:
    """A single number that becomes inf or nan where a float would raise."""
    return torch.tensor(float(value), dtype=torch.float64)


def rising(training: Training, rates: Array) -> Array:
    """The loss behind each step of ``training``, whose first is taken at ``rates[0]``, the next at ``rates[1]``….

    NaN behind the first that is not finite. The training has one step more than there are rates.
    """
    learner = learner_of(training)
    picked = batches(training.seed, learner.data.dataset.rows, training.batch_rows)
    losses = np.full(len(rates) + 1, np.nan)
    for step, rate in enumerate([*rates.tolist(), float(rates[-1])], start=1):
        rows = [next(picked) for _ in range(training.accumulation)]
        losses[step - 1] = learner.take(step, rate, rows, False).loss
        if not math.isfinite(losses[step - 1]):
            break
    return losses[1:]
