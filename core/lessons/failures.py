"""Runs that fail, and one that only looks like it: what each is, and the signs by which one tells them apart."""

import numpy as np

from core.catalogue.objectives import OBJECTIVES, Objective
from core.catalogue.racers import RACERS
from core.engine.summary import Race, retell
from core.engine.trace import Path
from core.evidence.experiments.divergence import ALARM, alarm_step
from core.formula.words import apart, counted, digits
from core.lessons.demo import Demo, hyper_turn
from core.problems.theory import stable_limit

# A loss whose logarithm ends where a weight is 0, as those of probabilities, rates and scales do.
_WITH_LOGARITHM = Objective(
    key="with_logarithm",
    name="Sum of logarithms",
    formula="x - log(x) + y - log(y)",
    domain=((0.05, 6.0), (0.05, 4.0)),
    start=(4.0, 0.5),
    minima=((1.0, 1.0),),
    minimum=2.0,
    idea="Left of x = 0 and below y = 0 there is no loss, and no wall either: a step may lead there.",
)


def signs(race: Race) -> list[str]:
    """What happened in a race of one rule of ``core.problems.theory.METHODS``, and what could be seen on the way."""
    ((_, path),) = race
    seen = [_rises(path), _alarm(path), _limit(path)] if path.status.step else []
    return [*retell(race), *seen]


def _rises(path: Path) -> str:
    taken = len(path.loss) - 1
    rises = int((np.diff(path.loss) > 0).sum())
    return (
        f"The loss rose in {rises} of {taken} steps, and was never above {digits(path.loss.max())}; it began at "
        f"{digits(path.loss[0])}."
    )


def _alarm(path: Path) -> str:
    alarm = alarm_step(path.loss)
    failed = path.status.failed
    if np.isinf(alarm):
        warning = "and gave no such warning before it failed" if failed else "and has no reason to"
        return f"It never passed {digits(ALARM)} times its first value, {warning}."
    left = path.status.step - int(alarm)
    tail = f", {counted(left)} before it failed" if failed else ""
    return f"It passed {digits(ALARM)} times its first value at step {digits(alarm)}{tail}."


def _limit(path: Path) -> str:
    run = path.run
    hessian = run.resolved_objective.parsed.hessian(np.array(run.start))
    if not np.isfinite(hessian).all():
        return "At the start there is no curvature to compare the learning rate with."
    largest = float(np.linalg.eigvalsh(hessian)[-1])
    limit = stable_limit(run.optimizer, largest, run.settings.get("beta", 0.0))
    percent, _ = apart(100 * run.settings["lr"] / limit, 100)
    return (
        f"At the start the largest curvature is {digits(largest)}, so {run.resolved_optimizer.name.lower()} on a bowl "
        f"like that is stable up to α = {digits(limit)}; here α is {percent} % of it."
    )


def _failure(key: str, title: str, objective: Objective, rule: str, lr: float, steps: int, look_for: str) -> Demo:
    """A run by ``rule`` at ``lr`` from the objective's own start."""
    return Demo(key, title, look_for, objective, steps, ((RACERS[rule], {}),), (hyper_turn("lr", lr, rule),), signs)


# In the order to look at them.
FAILURES = (
    _failure(
        "slow",
        "Slow divergence",
        OBJECTIVES["ravine"],
        "sgd",
        0.0205,
        600,
        "A straight line on the logarithmic axis: each step multiplies the loss by the same factor, because the rate "
        "is above 2/L in one direction only. The other direction looks perfectly healthy, so watch the loss and not a "
        "single weight.",
    ),
    _failure(
        "sudden",
        "Sudden divergence",
        OBJECTIVES["rosenbrock"],
        "sgd",
        0.003,
        60,
        "Curvature that grows with the distance: every step lands where the next is longer still. There is no trend "
        "to notice; the only warning is the size of the first gradient, or of the curvature at the start.",
    ),
    _failure(
        "undefined",
        "Undefined loss",
        _WITH_LOGARITHM,
        "momentum",
        0.3,
        100,
        "The loss is small and calm until a step leads to where a logarithm has no value. No threshold for the "
        "gradient or the loss would have warned you; the remedy is in the formula: softplus, log1p, a clamp, or a "
        "loss that takes logits.",
    ),
    _failure(
        "harmless",
        "Harmless swings",
        OBJECTIVES["ravine"],
        "momentum",
        0.02,
        300,
        "The loss rises again and again and still arrives: momentum swings. A rise is not a divergence, and a run "
        "stopped at the first one would have been stopped for nothing. What counts is whether the peaks grow.",
    ),
)
