"""A race in many variables: at the rates that are set or at tuned ones, seen in a plane, told in words with numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.catalogue.racers import Racer
from core.engine.run import Run
from core.engine.sensitivity import late
from core.engine.status import Status
from core.formula.words import counted, digits
from core.problems.many_variables import FAMILIES, SMALLEST, Problem, Quadratic, descend, plane

Array = npt.NDArray[np.float64]

# Rates that each rule tries where it is tuned: neighbours on a slider of four powers of ten differ by 1.8.
RATES = 16
# Steps that a page may spend, two or three seconds. With so many variables a step takes half as long again as with few,
# and a rule takes longer than others whose program on a bowl has more than so many operations. One that solves a system
# of equations takes so many times as long for each variable more.
_BUDGET, _HALF_MORE, _USUAL, _SOLVES = 105_000, 1000, 60, 12


@dataclass(frozen=True, eq=False)
class Lane:
    """What one racer did: at the learning rate ``lr``, its losses ``(steps+1,)``, and how it ended.

    ``points`` ``(n, 2)`` are its places in the plane of the race after the steps ``moments`` ``(n,)``, relative to the
    minimum; the plane was chosen by those in ``near``.
    """

    lr: float
    loss: Array
    evaluations: int
    status: Status
    moments: npt.NDArray[np.int64]
    points: Array
    near: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class WideRace:
    """A race on ``problem``: a lane for each racer, and the share of all movement along each axis of the plane.

    ``in_two`` are the losses at the end of the same race in two variables, NaN for a rule that fails there.
    """

    problem: Problem
    lanes: tuple[Lane, ...]
    shares: tuple[float, float]
    start: Array
    in_two: tuple[float, ...]


def too_dear(problem: Problem, runs: Sequence[Run], tuned: bool) -> str:
    """Why the race of ``runs`` costs more than a page may spend on it, and what to lower; empty if it does not."""
    steps = runs[0].steps
    each = (RATES + 1 if tuned else 1) * sum(_weight(problem, run) for run in runs)
    if each * steps <= _BUDGET:
        return ""
    tries = f", each tried at {RATES} rates," if tuned else ""
    fewer = int(_BUDGET / each) // 10 * 10
    others = ["fewer or simpler rules"] + ["fewer variables"] * (problem.dimension > _HALF_MORE / 10)
    others += ["the rates as above"] * tuned
    return (
        f"{counted(len(runs), 'rule')} with {counted(steps)} in {counted(problem.dimension, 'variable')}{tries} would "
        f"take more than a few seconds. This race is run for {counted(fewer)} or fewer, or with "
        f"{' or '.join(others)}."
    )


def _weight(problem: Problem, run: Run) -> float:
    """What a step of ``run`` costs, and one of the race in two variables that it is compared with."""
    size = replace(run, objective="bowl", start=(1.0, 1.0)).program(recording=False).size
    solves = _SOLVES if run.resolved_optimizer.parsed.needs_whole_hessian else 1
    return max(size / _USUAL, 1.0) * (2 + solves * problem.dimension / _HALF_MORE)


def wide_race(problem: Problem, runs: Sequence[Run], tuned: bool) -> WideRace:
    """The race of ``runs`` on ``problem``, at their own learning rates or at those that ``tuned_rate`` finds."""
    rated = [_rated(problem, run, tuned) for run in runs]
    descents = [descend(problem, run) for run in rated]
    seen = plane([descent.points for descent in descents], problem.surface.minimum)
    beside = [descend(problem.plane, _rated(problem.plane, run, tuned)) for run in runs]
    return WideRace(
        problem,
        tuple(
            Lane(run.settings["lr"], one.loss, one.evaluations, one.status, one.moments, points, near)
            for run, one, points, near in zip(rated, descents, seen.paths, seen.near, strict=True)
        ),
        seen.shares,
        seen.start,
        tuple(np.nan if one.status.failed else float(one.loss[-1]) for one in beside),
    )


def _rated(problem: Problem, run: Run, tuned: bool) -> Run:
    if not tuned:
        return run
    return replace(run, hypers={**run.settings, "lr": tuned_rate(problem, run)})


def tuned_rate(problem: Problem, run: Run) -> float:
    """The one of ``RATES`` learning rates on the slider of its rule at which ``run`` ends lowest on ``problem``.

    Judged by the median of the last fifth of the losses. A rule that bears none of them keeps its own.
    """
    (lr,) = (hyper for hyper in run.resolved_optimizer.hypers if hyper.name == "lr")
    # Short enough to be read.
    rates = [float(f"{rate:.2g}") for rate in np.geomspace(*lr.slider, RATES)]
    heights = [_height(problem, replace(run, hypers={**run.settings, "lr": rate})) for rate in rates]
    return rates[int(np.argmin(heights))] if np.isfinite(heights).any() else run.settings["lr"]


def _height(problem: Problem, run: Run) -> float:
    descent = descend(problem, run)
    return np.inf if descent.status.failed else float(np.median(descent.loss[-late(run.steps) :]))


def lane_sentences(racers: Sequence[Racer], runs: Sequence[Run], race: WideRace) -> list[str]:
    """What each racer did, best end first, those that failed last."""
    order = _ranking([np.nan if lane.status.failed else float(lane.loss[-1]) for lane in race.lanes])
    return [_lane(racers[place], runs[place], race.lanes[place], race.problem) for place in order]


def _lane(racer: Racer, run: Run, lane: Lane, problem: Problem) -> str:
    parts = [f"**{racer.name}**, at a learning rate of {digits(lane.lr)}. {lane.status}"]
    if lane.evaluations != len(lane.loss) - 1 and not lane.status.failed:
        parts.append(f"It needed {counted(lane.evaluations, 'gradient')}.")
    return " ".join([*parts, *_closed_form(run, lane, problem)])


def _closed_form(run: Run, lane: Lane, problem: Problem) -> list[str]:
    """What theory says of gradient descent on a quadratic, if that is what ``run`` is."""
    surface = problem.surface
    plain = run.resolved_optimizer.key == "sgd" and run.resolved_schedule.key == "constant"
    if not isinstance(surface, Quadratic) or not plain or run.noise or run.clip_norm is not None:
        return []
    low, high = surface.curvatures[[0, -1]]
    best = 2 / (low + high)
    step = len(lane.loss) - 1
    said = f"In closed form its loss is {digits(surface.descended(problem.start, lane.lr, step))} after {counted(step)}"
    there = digits(surface.descended(problem.start, best, run.steps))
    return [f"{said}. The rate with the best factor per step, 2/(L + μ) = {digits(best)}, would end at {there}."]


def dimension_sentence(racers: Sequence[Racer], race: WideRace) -> str:
    """What the number of variables changes: who ends lowest in two, and in as many as here."""
    here = [np.nan if lane.status.failed else float(lane.loss[-1]) for lane in race.lanes]
    many = counted(race.problem.dimension, "variable")
    if race.problem.dimension == SMALLEST:
        return f"These are {many}, so the picture holds everything; with more, see whether the order stays."
    first, now = (_ranking(losses)[0] for losses in (race.in_two, here))
    if np.isnan(race.in_two[first]) or np.isnan(here[now]):
        where = " and ".join(
            words
            for words, lost in (("two variables", np.isnan(race.in_two[first])), (many, np.isnan(here[now])))
            if lost
        )
        return f"In {where} no rule gets to the end at these settings, so there is nothing to compare."
    begun = f"In two variables {racers[first].name} ends lowest, at a loss of {digits(race.in_two[first])}"
    if len(racers) == 1:
        ends = f"{digits(race.in_two[0])} in two variables and {digits(here[0])} in {many}"
        return f"{racers[0].name} ends at a loss of {ends}."
    if first == now:
        return f"{begun}; in {many} it still does, at {digits(here[now])}."
    fate = "fails" if np.isnan(here[first]) else f"is left at {digits(here[first])}"
    return f"{begun}; in {many} it {fate}, and {racers[now].name} ends lowest, at {digits(here[now])}."


def _ranking(losses: Sequence[float]) -> list[int]:
    """The places of ``losses``, lowest first, NaN last."""
    return [int(place) for place in np.argsort(losses, kind="stable")]


def plane_sentence(race: WideRace) -> str:
    """How much of the movement the picture shows, and what it cannot."""
    first, second = race.shares
    shown = first + second
    if race.problem.dimension == SMALLEST or not shown:
        return ""
    parts = f"{_percent(first)} along its first direction and {_percent(second)} along its second"
    return (
        f"The plane of the picture holds {_percent(shown)} of the movement of all paths, {parts}. The rest goes into "
        "directions that it cannot show: paths that meet in it may be far apart, and one at the star need not be at "
        "the minimum."
    )


def _percent(share: float) -> str:
    return digits(share, ".1%")


def kappa_sentence(problem: Problem) -> str:
    """What the family keeps the same, whatever the number of variables; empty if it has no such number."""
    if FAMILIES[problem.family].kappa is None:
        return ""
    return (
        f"The curvatures lie between 1 and {digits(problem.kappa or 1)} for every number of variables, so the best "
        "rate and the factor per step of gradient descent are the same for all of them."
    )
