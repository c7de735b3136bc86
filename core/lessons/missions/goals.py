"""What missions ask for: judges that find a number in a race, the lower the better, or say what it lacks."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from core.catalogue.objectives import OBJECTIVES, Objective
from core.catalogue.optimizers.declaration import OWN_KEY
from core.catalogue.racers import Racer
from core.engine.fairness import RATES, tried_rates
from core.engine.likeness import known_as
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.scenarios import Scenario
from core.engine.summary import Race
from core.engine.trace import Path, trace
from core.formula.words import counted, digits, listed
from core.lessons.missions.mission import Goal, Lock, Verdict

Array = npt.NDArray[np.float64]

# How near the end of a run a minimum must be to be the one it went to.
_NEAR = 0.01
# How far a function is moved, along each axis, to see whether a rule goes by its slopes.
_MOVED = 0.37


def _heights(path: Path) -> Array:
    """The losses of ``path`` above the lowest that its objective has."""
    return path.loss - (path.run.resolved_objective.minimum or 0.0)


def _rank(verdict: Verdict) -> tuple[bool, float]:
    return not verdict.solved, verdict.value


def _lowest(judge: Callable[[Racer, Path], Verdict]) -> Callable[[Race], Verdict]:
    """The verdict on the run that does best, one that lacks nothing before all others."""
    return lambda race: min((judge(*pair) for pair in race), key=_rank)


def arrive(limit: int, within: float, exactly: bool = False) -> Goal:
    """A loss ``within`` so much of the lowest, or a point of the minimum, by ``limit`` gradient evaluations at most.

    A rule of one's own must also do it where function and start are moved, so that it cannot know where the minimum is.
    """

    def apart(path: Path, objective: Objective, moved: float) -> Array:
        if not exactly:
            return path.loss - (objective.minimum or 0.0)
        return np.asarray(np.linalg.norm(path.x[:, None] - moved - objective.minima, axis=2).min(axis=1))

    def gradients(path: Path, gap: Array) -> float:
        there = np.flatnonzero(gap <= within)
        return float(path.gradients[there[0]]) if there.size else math.inf

    def judge(racer: Racer, path: Path) -> Verdict:
        run, objective = path.run, path.run.resolved_objective
        gap = apart(path, objective, 0.0)
        count = gradients(path, gap)
        if math.isinf(count):
            what = "distance from the minimum" if exactly else "loss above the minimum"
            lacks = f"The smallest {what} of {racer.name} is {digits(np.nanmin(gap))}; asked for is {digits(within)}."
            return Verdict(count, "", lacks)
        words = counted(count, "gradient evaluation")
        if count > limit:
            return Verdict(count, words, f"{racer.name} needs {words}; at most {digits(limit)} are allowed.")
        if run.resolved_optimizer.key == OWN_KEY:
            again = trace(_moved(run))
            if gradients(again, apart(again, objective, _MOVED)) > limit:
                return Verdict(count, words, f"{racer.name} does not arrive once function and start are moved aside.")
        return Verdict(count, words)

    return Goal(_lowest(judge), {"limit": limit, "within": within})


def _moved(run: Run) -> Run:
    """``run`` with its objective and its start moved by ``_MOVED`` along each axis."""
    formula = re.sub(r"\b[xy]\b", rf"(\g<0> - {_MOVED})", run.resolved_objective.formula)
    return replace(run, objective=formula, start=tuple(number + _MOVED for number in run.start))


def end(limit: float, last: int = 1) -> Goal:
    """A loss of at most ``limit`` above the lowest at the end, on average over the ``last`` points."""

    def judge(racer: Racer, path: Path) -> Verdict:
        if path.status.failed:
            return Verdict(math.inf, "", f"{racer.name} fails. {path.status}")
        height = float(_heights(path)[-last:].mean())
        words = f"a loss of {digits(height)} at the end"
        return Verdict(height, words, _above(f"{racer.name} has {words}", height, limit))

    return Goal(_lowest(judge), {"limit": limit, "last": last})


def _above(said: str, value: float, limit: float) -> str:
    return "" if value <= limit else f"{said}; asked for is at most {digits(limit)}."


def duel(limit: float) -> Goal:
    """Gradient descent ends lower than Adam at the same rate, and at a loss of at most ``limit``."""

    def judge(descent: Path, adam: Path) -> Verdict:
        ends = [math.inf if path.status.failed else float(path.loss[-1]) for path in (descent, adam)]
        told = ["diverges" if math.isinf(one) else f"ends at a loss of {digits(one)}" for one in ends]
        words = f"at {digits(descent.run.settings['lr'])} gradient descent {told[0]} and Adam {told[1]}"
        said = f"{words[0].upper()}{words[1:]}"
        return Verdict(ends[0], words, _above(said, ends[0], limit) if ends[0] < ends[1] else f"{said}.")

    def judged(race: Race) -> Verdict:
        descents, adams = ([path for _, path in race if path.run.optimizer == rule] for rule in ("sgd", "adam"))
        pairs = [(one, two) for one in descents for two in adams if one.run.settings["lr"] == two.run.settings["lr"]]
        lacks = "Gradient descent and Adam must both run, and at the same learning rate."
        return min((judge(*pair) for pair in pairs), key=_rank, default=Verdict(math.inf, "", lacks))

    return Goal(judged, {"limit": limit})


def all_minima(scenario: Scenario) -> Goal:
    """A run of the race ends in each of the minima that the objective of ``scenario`` has."""
    minima = np.array(scenario.resolved_objective.minima)

    def judge(race: Race) -> Verdict:
        costs: dict[int, int] = {}
        for _, path in race:
            apart = np.linalg.norm(path.x[:, None] - minima, axis=2)
            place = int(apart[-1].argmin())
            if apart[-1, place] <= _NEAR and not path.status.failed:
                cost = int(path.gradients[np.flatnonzero(apart[:, place] <= _NEAR)[0]])
                costs[place] = min(cost, costs.get(place, cost))
        if len(costs) < len(minima):
            return Verdict(math.inf, "", f"The runs end in {len(costs)} of the {len(minima)} minima.")
        total = sum(costs.values())
        return Verdict(total, f"{counted(total, 'gradient evaluation')} to all {len(minima)} minima together")

    return Goal(judge, {"minima": len(minima), "near": _NEAR})


def repair(scenario: Scenario, limit: float) -> Goal:
    """Each run of ``scenario`` ends at ``limit`` above the minimum or lower, with one of its settings changed."""
    wrong = {run.optimizer: run.completed for run in scenario.runs()}

    def judge(race: Race) -> Verdict:
        best: dict[str, float] = {}
        for _, path in race:
            rule, changed = path.run.optimizer, 0
            if rule in wrong:
                changed = _changes(path.run.completed, wrong[rule])
            if changed == 1 and not path.status.failed:
                best[rule] = min(float(_heights(path)[-1]), best.get(rule, math.inf))
        mended = [rule for rule, height in best.items() if height <= limit]
        if len(mended) < len(wrong):
            left = listed([racer.name for racer in scenario.racers if racer.key not in mended])
            lacks = f"{len(mended)} of {len(wrong)} runs arrive with one setting changed; still to do: {left}."
            return Verdict(math.inf, "", lacks)
        worst = max(best.values())
        return Verdict(worst, f"all {len(wrong)} runs arrive, the last of them at a loss of {digits(worst)}")

    return Goal(judge, {"limit": limit, "runs": len(wrong)})


def _changes(run: Run, other: Run) -> int:
    """In how many settings two completed runs of one rule differ; a schedule is one, with all its numbers."""
    numbers = sum(value != other.settings[name] for name, value in run.settings.items())
    schedules = [(one.schedule, one.schedule_hypers) for one in (run, other)]
    return numbers + (schedules[0] != schedules[1])


def settle(limit: float) -> Goal:
    """The expected loss of gradient descent on a parabola under noise, over all noise there is, is at most ``limit``.

    With curvature h a step of rate a turns the expected squared distance d into (1 − ah)²d + (aσ)².
    """

    def judge(racer: Racer, path: Path) -> Verdict:
        run, objective = path.run, path.run.resolved_objective
        if run.resolved_schedule.follows_loss:
            lacks = f"{racer.name} follows the loss, so its rates depend on the noise; choose another schedule."
            return Verdict(math.inf, "", lacks)
        curvature = float(objective.parsed.hessian(run.start)[0, 0])
        apart = (run.start[0] - objective.minima[0][0]) ** 2
        for rate in run.settings["lr"] * run.factors:
            apart = (1 - rate * curvature) ** 2 * apart + (rate * run.noise) ** 2
        value = float(curvature * apart / 2)
        words = f"an expected loss of {digits(value)} at the end"
        return Verdict(value, words, _above(f"{racer.name} has {words}", value, limit))

    return Goal(_lowest(judge), {"limit": limit})


def mislead(limit: float, end_of_box: float) -> Goal:
    """In the second half of a run the mean distance from the wrong end of the box is at most ``limit``."""

    def judge(racer: Racer, path: Path) -> Verdict:
        value = float(np.abs(path.x[len(path.x) // 2 :, 0] - end_of_box).mean())
        words = f"a mean distance of {digits(value)} from x = {digits(end_of_box)}"
        return Verdict(value, words, _above(f"{racer.name} keeps {words}", value, limit))

    return Goal(_lowest(judge), {"limit": limit, "end": end_of_box})


def beat_everywhere(landscapes: Sequence[str], gradients: int) -> Goal:
    """After ``gradients`` an own rule is lower than Adam at the best of many rates, on each of ``landscapes``."""

    def judge(racer: Racer, path: Path) -> Verdict:
        shares, lost = [], []
        for key in landscapes:
            objective = OBJECTIVES[key]
            own = _height(replace(path.run, objective=key, start=objective.start, steps=gradients), gradients)
            adam = tuned_adam(key, gradients)
            shares.append(own / adam)
            if own >= adam:
                how = "fails" if math.isinf(own) else f"ends {digits(own)} above the minimum"
                lost.append(f"on {objective.name} it {how}, and Adam {digits(adam)}")
        lacks = f"{racer.name} does not win everywhere: {'; '.join(lost)}." if lost else ""
        return Verdict(max(shares), f"at most {digits(max(shares))} of Adam's loss on each landscape", lacks)

    return Goal(
        _lowest(judge),
        {"gradients": gradients, "rates": RATES, "landscapes": listed([OBJECTIVES[key].name for key in landscapes])},
    )


@lru_cache(maxsize=64)
def _height(run: Run, gradients: int) -> float:
    """The loss above the minimum after so many ``gradients`` at most; infinite if the run fails."""
    path = trace(run)
    last = int(np.searchsorted(path.gradients, gradients, side="right")) - 1
    return math.inf if path.status.failed else max(float(_heights(path)[last]), 0.0)


@lru_cache(maxsize=8)
def tuned_adam(key: str, steps: int) -> float:
    """How far above the minimum Adam ends on an objective, at the best of the rates that a tuning tries."""
    objective = OBJECTIVES[key]
    run = Run(key, "adam", objective.start, steps)
    many = trace_many(run, hypers={"lr": np.array(tried_rates(run, RATES))})
    return float(np.where(many.diverged_at >= 0, np.inf, many.loss).min() - (objective.minimum or 0.0))


def _linear(run: Run) -> bool:
    """Whether the average function of ``run`` rises evenly over the whole of a box from −1 to 1."""
    formula = run.resolved_objective.parsed
    slopes = formula.grad(np.linspace(-1, 1, 9).reshape(1, -1)) if len(run.start) == 1 else np.zeros(1)
    return formula.box == ((-1.0, 1.0),) and bool((slopes > 0).all()) and float(np.ptp(slopes)) <= 1e-9 * slopes.max()


def declared(*names: str) -> Lock:
    """The hyperparameters ``names`` have their defaults."""

    def holds(run: Run) -> bool:
        defaults: Mapping[str, float] = {one.name: one.default for one in run.resolved_optimizer.hypers}
        return all(run.settings.get(name) == defaults.get(name) for name in names)

    return Lock(f"{listed(names)} as declared", holds)


LINEAR = Lock("a function held between −1 and 1 whose average is a straight line that rises", _linear)
NO_HESSIAN = Lock(
    "a rule that asks for no Hessian",
    lambda run: not {"hessian_diag", "newton_direction"} & run.resolved_optimizer.parsed.functions,
)
OWN = Lock(
    "a rule of your own that takes other steps than every shipped one",
    lambda run: run.resolved_optimizer.key == OWN_KEY and known_as(run.optimizer) is None,
)
