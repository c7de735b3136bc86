"""Answers to the exercises of the lessons: sentences whose numbers come from the runs that the lessons open."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from core.engine.run import Run
from core.engine.scenarios import DESCENTS, RACES
from core.engine.status import point_text
from core.engine.trace import Path, trace
from core.formula.words import counted, digits, listed
from core.lessons.demo import Demo
from core.lessons.demos import CLIPPING, PLATEAU, WARMUP, WELLS
from core.lessons.pitfalls import SECTIONS
from core.problems.batches.data import dataset
from core.problems.batches.race import START, Ran, Settings, outlook, race
from core.problems.example import Example

BATCHES = Settings(32, 0.05, 500, START, False, 0, "constant")
"""What the lesson on batches runs, on the standardised table ``BATCH_DATA``."""
BATCH_DATA = "diabetes"

_ran = lru_cache(maxsize=64)(trace)


def _walk(rate: float, steps: int = 45) -> Path:
    """The walk that the first lesson opens with, at another learning rate."""
    return _ran(Run("parabola", "sgd", (-4.0,), steps, {"lr": rate}))


def _first(where: npt.NDArray[np.bool_]) -> int:
    """The first step at which something is so."""
    return int(np.argmax(where))


# --- Walking downhill ---


def first_steps() -> str:
    """Two steps on x²/2 at a learning rate of 0.3."""
    x = [digits(value) for value in _walk(0.3).x[:3, 0]]
    return (
        f"The slope of $x^2/2$ is $x$ itself. From {x[0]} the step is $-0.3 \\cdot ({x[0]})$, so the walk is at {x[1]} "
        f"after one step and at {x[2]} after two: each step leaves 0.7 of the distance, so each is shorter than the "
        "one before although the learning rate is the same."
    )


def which_arrive() -> str:
    """The walk at three learning rates."""
    ends = {rate: _walk(rate).x[-1, 0] for rate in (0.3, 1.9, 2.1)}
    words = listed([f"{digits(end)} at {rate}" for rate, end in ends.items()])
    return (
        f"All between 0 and 2. After 45 steps the walk is at {words}: a step multiplies $x$ by $1 - \\alpha$, and that "
        "shrinks only while it is between −1 and 1."
    )


# --- One step by hand ---


def by_hand() -> str:
    """The first step of the worked example."""
    step = Example().step
    predictions, residuals = (listed([digits(value) for value in row]) for row in (step.predictions, step.residuals))
    return (
        f"The predictions are {predictions}, the residuals {residuals}, and the mean of their squares is "
        f"{digits(step.loss)}. The slopes of the loss are {digits(step.slope_w)} along w and {digits(step.slope_b)} "
        f"along b; so w becomes {digits(step.next_w)} and b {digits(step.next_b)}, and the loss falls to "
        f"{digits(step.next_loss)}."
    )


def which_way() -> str:
    """Why a negative gradient makes the weight larger."""
    step, example = Example().step, Example()
    return (
        f"It grows, from {digits(example.w)} to {digits(step.next_w)}. The rule subtracts: w minus the learning rate "
        f"times {digits(step.slope_w)} is more than w."
    )


def rate_limit() -> str:
    """The largest learning rate of the worked example."""
    example = Example()
    beyond = Example(lr=1.05 * example.limit).path(100)
    return (
        f"Up to {digits(example.limit)}, which is 2 over the largest curvature of the loss. Five per cent above it the "
        f"loss after 100 steps is {digits(beyond.loss[-1])}, and it began at {digits(beyond.loss[0])}."
    )


# --- How large may the rate be ---


def halves() -> str:
    """Steps to a hundredth of the distance at three learning rates."""
    counts = {}
    for rate in (0.3, 1.0, 1.9):
        x = np.abs(_walk(rate, 200).x[:, 0])
        counts[rate] = _first(x <= 0.01 * x[0])
    words = listed([f"{counted(count)} at {digits(rate)}" for rate, count in counts.items()])
    return (
        f"{words[0].upper()}{words[1:]}. A step leaves the share |1 − α| of the distance, so 1 is best here and rates "
        "as far above it as another is below are just as slow."
    )


def steeper() -> str:
    """What ten times the function does to the limit."""
    run = Run("5*x**2", "sgd", (-4.0,), 45, {"lr": 0.3})
    return (
        "One tenth: the curvature is ten times as large, so the limit 2/L falls from 2 to 0.2. At 0.3, which was fine "
        f"before, the walk is at {digits(_ran(run).x[-1, 0])} after {counted(_ran(run).steps)}."
    )


# --- What a batch buys ---


@lru_cache(maxsize=1)
def _batch_runs() -> tuple[Ran, ...]:
    return tuple(race(dataset(BATCH_DATA).load().standardised(), BATCHES))


def batch_ends() -> str:
    """Where the three runs hover at the end."""
    tail = {ran.variant.name: float(np.mean(ran.excess[-100:])) for ran in _batch_runs()}
    words = listed([f"{digits(height)} for {name}" for name, height in tail.items()])
    return (
        f"Over the last 100 updates the loss stands above the lowest possible by {words}. The noise of small batches "
        "keeps a run moving about the minimum; only a smaller learning rate or a larger batch brings it lower."
    )


def batch_costs() -> str:
    """What the same number of samples buys."""
    pair = dataset(BATCH_DATA).load().standardised()
    runs = {ran.variant.key: ran for ran in _batch_runs()}
    full, single = runs["full"], runs["one"]
    return (
        f"One update with all samples looks at {digits(pair.x.size)} of them; one at a time that is "
        f"{digits(pair.x.size)} updates. After as many samples the loss is {digits(full.excess[1])} above the lowest "
        f"with all of them and {digits(single.excess[pair.x.size])} one at a time. The exact gradient is worth one "
        "step, however exact it is."
    )


def batch_limit() -> str:
    """The largest stable rates."""
    pair = dataset(BATCH_DATA).load().standardised()
    limits = {ran.variant.name: outlook(pair, ran.variant, BATCHES.rate).limit for ran in _batch_runs()}
    words = listed([f"{digits(limit)} for {name}" for name, limit in limits.items()])
    return f"No. The largest stable learning rate is {words}: the noise of a small batch grows with the distance."


# --- No rule wins everywhere ---


def _ends(scenario: str) -> dict[str, Path]:
    return {racer.name: _ran(run) for racer, run in zip(RACES[scenario].racers, RACES[scenario].runs(), strict=True)}


def winners() -> str:
    """Who wins a race when each rule has its own rate, and when all have one."""
    own, same = _ends("valley"), _ends("one_rate")
    first, second = (min(paths, key=lambda name: paths[name].loss[-1]) for paths in (own, same))
    return (
        f"{first}, at a loss of {digits(own[first].loss[-1])} after {counted(own[first].steps)}. With 0.0008 for all, "
        f"{first} is at {digits(same[first].loss[-1])} even after {counted(same[first].steps)}, and {second} ends "
        f"lowest, at {digits(same[second].loss[-1])}. A race compares learning rates as much as rules."
    )


def who_leaves() -> str:
    """Who runs away at a rate that is a little too large."""
    paths = _ends("too_fast")
    lost = [f"{name} at step {digits(path.status.step)}" for name, path in paths.items() if path.status.failed]
    left = [name for name, path in paths.items() if not path.status.failed]
    return (
        f"{listed(lost)} run away; {listed(left)} do not. Those divide by the size of past gradients, so their steps "
        "do not grow with the slope."
    )


def which_minimum() -> str:
    """Where four rules end from one start."""
    paths = _ends("basins")
    words = listed([f"{name} ends at {point_text(path.x[-1])}" for name, path in paths.items()])
    return f"{words}. All of these are minima of loss 0; the first steps decide which one a rule comes to."


# --- What momentum is for ---


def _descent(key: str) -> dict[str, Path]:
    scenario = DESCENTS[key]
    return {racer.key: _ran(run) for racer, run in zip(scenario.racers, scenario.runs(), strict=True)}


def stalled() -> str:
    """Where the run that never arrives stands."""
    (path,) = _descent("stall").values()
    more = _ran(Run("quartic", "sgd", (-0.5,), 5000, {"lr": 0.012}))
    return (
        f"At {digits(path.x[-1, 0])} after {counted(path.steps)}, where the slope is {digits(path.grad_norm[-1])}, and "
        f"at {digits(more.x[-1, 0])} after {counted(more.steps)}. A step is as short as the slope is small, and near 0 "
        "that is the square of a small number."
    )


def rolls() -> str:
    """Where the rules with memory end from the same start at the same rate."""
    paths = _descent("through")
    return (
        f"Momentum ends at {digits(paths['momentum'].x[-1, 0])} and Nesterov at {digits(paths['nesterov'].x[-1, 0])}, "
        f"at the minimum of 2.25; gradient descent stands at {digits(paths['sgd'].x[-1, 0])}. A velocity that was "
        "gathered on the slope carries them across the flat place."
    )


def rises() -> str:
    """How often momentum's loss rises on its way."""
    loss = _descent("through")["momentum"].loss
    return (
        f"No: in {digits(np.count_nonzero(np.diff(loss) > 0))} of {counted(len(loss) - 1)} it rises, and the run "
        "arrives all the same. A velocity does not turn round at once."
    )


# --- Where runs get stuck ---


def _demo(key: str) -> Demo:
    return next(demo for section in SECTIONS for demo in section.demos if demo.key == key)


def leaves() -> str:
    """When each run leaves the saddle."""
    race = _demo("saddle").race()
    steps = {racer.name: _first(np.abs(path.x[:, 1]) > 0.5) for racer, path in race}
    words = listed([f"{name} after {counted(step)}" for name, step in steps.items() if step])
    return (
        f"Half-way to a minimum come {words}. At a saddle the slope vanishes, so plain gradient descent creeps; a "
        "velocity, or a division by small gradients, gets away sooner. Noise may push a run either way, here back "
        "first; but it alone moves a run whose start is exactly on y = 0."
    )


def waits() -> str:
    """How long each run needs across the plateau."""
    race = PLATEAU.race()
    steps = {racer.name: _first(path.loss < 0.1 * path.loss[0]) for racer, path in race}
    words = listed([f"{name} {f'after {counted(step)}' if step else 'not at all'}" for name, step in steps.items()])
    return f"A tenth of the loss is left to {words}."


def wells() -> str:
    """In which well each run ends."""
    words = listed([f"{racer.name} ends at {digits(path.x[-1, 0])}" for racer, path in WELLS.race()])
    return (
        f"{words}. Without noise a run ends in the well on whose side it starts, however long it runs; noise may carry "
        "it across, and back."
    )


# --- First aid ---


def clipped() -> str:
    """What clipping does to one enormous step."""
    (_, plain), (_, clipped) = CLIPPING.race()
    rate, limit = plain.run.settings["lr"], clipped.run.clip_norm or 0.0
    return (
        f"The first gradient is {digits(plain.grad_norm[0])} long. Times {digits(rate)} that is a step of "
        f"{digits(rate * plain.grad_norm[0])}, and the run is lost at step {digits(plain.status.step)}. Clipped to "
        f"{digits(limit)}, no step is longer than {digits(rate * limit)}; after {counted(clipped.steps)} the loss is "
        f"{digits(clipped.loss[-1])}, down from {digits(clipped.loss[0])}."
    )


def warmed() -> str:
    """What a warm-up does on a steep wall."""
    (_, plain), (_, warm) = WARMUP.race()
    return (
        f"Without it the run is lost at step {digits(plain.status.step)}. With it the loss ends at "
        f"{digits(warm.loss[-1])}: the run comes down while the rate is small, to where the full rate is stable."
    )


def grows() -> str:
    """The factor of a slow divergence."""
    ((_, path),) = _demo("slow").race()
    factor = path.loss[-1] / path.loss[-2]
    doubling = np.log(2) / np.log(factor)
    return (
        f"Each step multiplies the loss by {digits(factor)}, so it doubles every {digits(doubling)} steps: a straight "
        "line on a logarithmic axis, seen long before anything overflows."
    )


def swings() -> str:
    """A loss that rises and still arrives."""
    ((_, path),) = _demo("harmless").race()
    rising = np.count_nonzero(np.diff(path.loss) > 0)
    return (
        f"It rises in {digits(rising)} of {counted(path.steps)} and ends at {digits(path.loss[-1])}, from "
        f"{digits(path.loss[0])}. What counts is whether the peaks grow."
    )
