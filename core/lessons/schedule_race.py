"""Schedules side by side: the same rule from the same start over a hundred epochs, and only the schedule differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import OPTIMIZERS, PALETTE, Optimizer
from core.catalogue.racers import Racer
from core.catalogue.schedules import SCHEDULES, Schedule
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.scenarios import Scenario
from core.formula.words import digits

EPOCHS = 100
"""Steps of the race, an epoch each."""

OPENING: tuple[str, ...] = ("constant", "step", "cosine", "warmup_cosine")
"""The schedules that race until others are chosen."""

RACE = Scenario(
    "schedules",
    "Schedules in a bowl",
    "With noise, what decides is how small the last steps are.",
    "bowl",
    {"momentum": {"lr": 0.05}, "adam": {"lr": 0.3}, "sgd": {"lr": 0.3}},
    steps=EPOCHS,
)
"""What the race begins on, and the learning rate that suits each rule there."""

NOISE = Hyper(
    "noise",
    r"\sigma",
    2.0,
    (0.0, 1000.0),
    (0.0, 10.0),
    "linear",
    "Standard deviation of the noise added to every coordinate of every gradient, as a mini-batch would.",
)
# The seventh draw ends near the middle of all for each of the opening schedules; many a draw tells another story.
SEED = Hyper(
    "seed",
    "s",
    7,
    (0, 1_000_000),
    (0, 99),
    "linear",
    ("Another seed draws other noise, the same for all runs."),
    whole=True,
)

SEEDS = 64
"""Draws of the noise that the middle of the results is taken from."""

# Declared defaults suit runs of some 500 steps; these suit a hundred. The decay is that of residual networks on
# ImageNet (a tenth every 30 epochs), and both cycles end with the run.
_SUITED: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "step": {"period": 30},
        "exponential": {"gamma": 0.95},
        "cosine_restarts": {"period": 25, "multiply": 3},
        "warmup_cosine": {"warmup": 10},
        "warmup_linear": {"warmup": 10},
        "inverse_sqrt": {"warmup": 10},
        "triangular": {"half": 25},
        "wsd": {"warmup": 10},
        "plateau": {"patience": 5},
    }
)


def schedule_hypers(schedule: Schedule) -> tuple[Hyper, ...]:
    """The hyperparameters of ``schedule`` with defaults and sliders that suit a hundred epochs."""
    suited = _SUITED.get(schedule.key, {})
    return tuple(
        replace(
            hyper,
            default=suited.get(hyper.name, hyper.default),
            slider=(hyper.slider[0], min(hyper.slider[1], EPOCHS)) if hyper.whole else hyper.slider,
        )
        for hyper in schedule.hypers
    )


def schedule_racer(schedule: Schedule, optimizer: Optimizer) -> Racer:
    """The racer that is ``optimizer`` under ``schedule``: named after the schedule, in a colour and dash of its own."""
    index = list(SCHEDULES).index(schedule.key)
    return Racer(
        schedule.key,
        schedule.name,
        optimizer,
        "solid" if index < len(PALETTE) else "dash",
        PALETTE[index % len(PALETTE)],
    )


def race_runs(
    objective: str,
    key: str,
    start: Sequence[float],
    lr: float,
    settings: Mapping[str, Mapping[str, float]],
    noise: float,
    seed: int,
) -> dict[str, Run]:
    """The run of the rule ``key`` for each schedule of ``settings``, which gives the schedules' hyperparameters."""
    return {
        name: Run(objective, key, tuple(start), EPOCHS, {"lr": lr}, name, hypers, noise=noise, seed=seed)
        for name, hypers in settings.items()
    }


@dataclass(frozen=True)
class Ends:
    """Where a run ends over many draws of its noise: the loss in the middle, and how many draws diverged."""

    median: float
    diverged: int


def ends(run: Run) -> Ends:
    """The loss at the end of ``run`` over ``SEEDS`` draws of its noise from its own seed on; infinity if lost."""
    many = trace_many(run, seeds=np.arange(run.seed, run.seed + SEEDS))
    lost = many.diverged_at >= 0
    return Ends(float(np.median(np.where(lost, np.inf, many.loss))), int(lost.sum()))


def ends_sentence(outcomes: Mapping[str, Ends]) -> str:
    """The schedules by their loss at the end over many draws, ``outcomes`` by the schedules' keys, in a sentence."""
    ranked = sorted(outcomes, key=lambda key: outcomes[key].median)
    parts = [f"{SCHEDULES[key].name} {_loss(outcomes[key])}" for key in ranked]
    return f"The median loss at the end over {SEEDS} draws of the noise: {'; '.join(parts)}."


def _loss(end: Ends) -> str:
    if not np.isfinite(end.median):
        return f"diverges in {end.diverged} of {SEEDS}"
    return f"**{digits(end.median)}**" + (f" ({end.diverged} of {SEEDS} diverge)" if end.diverged else "")


def optimizers() -> dict[str, Optimizer]:
    """The rules that the race can be run with, by name."""
    return {OPTIMIZERS[key].name: OPTIMIZERS[key] for key in RACE.rules}
