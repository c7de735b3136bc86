"""Two balls on x³, which has no saddle, and a race away from one: with exact gradients, and once more with noise."""

import math
from collections.abc import Mapping

from core.catalogue.objectives import OBJECTIVES
from core.catalogue.optimizers import PALETTE
from core.catalogue.racers import RACERS
from core.engine.scenarios import RACES
from core.engine.summary import Race
from core.engine.trace import Path
from core.evidence.experiments.measure import first
from core.evidence.experiments.saddles import ESCAPED, FAR, escape, lost, predicted_escape
from core.formula.words import apart, counted, digits
from core.lessons.demo import Demo, hyper_turn, noise_turn, variant

# A popular demonstration has these two; from here momentum gets past the flat place, from a start nearer it does not.
CUBE_RATE = 0.01
_SCENARIO = RACES["saddle"]
# One learning rate for all, so that what differs is the rule.
RATES: Mapping[str, float] = {rule: hypers["lr"] for rule, hypers in _SCENARIO.rules.items()}


def crossings(race: Race) -> list[str]:
    """A sentence per racer on x³: whether it got past the flat place at 0, and where it is; then why, and the truth."""
    sentences = [f"**{racer.name}** {_crossing(path)}." for racer, path in race]
    sentences += [_bounded(path) for _, path in race if path.run.optimizer == "sgd" and path.run.start[0] > 0][:1]
    return [
        *sentences,
        "No run finds a minimum here, because x³ has none: at 0 it is only flat, and beyond 0 it falls for ever.",
    ]


def _crossing(path: Path) -> str:
    x, taken = path.x[:, 0], len(path.x) - 1
    crossed, fallen = first(x < 0), lost(path)
    if math.isinf(crossed):
        last = abs(x[-1] - x[-2]) if taken else 0.0
        return (
            f"has not passed 0 in {counted(taken)}: it is at x = {digits(x[-1])}, and its last step was {digits(last)} "
            "long"
        )
    how = f"gets past 0 at step {digits(crossed)}" if crossed else "starts below 0"
    if math.isinf(fallen):
        return f"{how} and is at x = {digits(x[-1])} after {counted(taken)}"
    return f"{how} and is below {digits(FAR)} after {counted(int(fallen))}"


def _bounded(path: Path) -> str:
    """What the learning rate of gradient descent on x³ makes of a start above 0."""
    share = 3 * path.run.settings["lr"] * path.run.start[0]
    begins, _ = apart(share, 1)
    result = "it never gets there, however long it runs" if share < 1 else "its first step already leads there"
    return (
        "A step of gradient descent is 3αx² long, less than the distance x to the flat place as long as 3αx is below "
        f"1. Here 3αx begins at {begins}, so {result}{', and beyond' if share > 1 else ''}."
    )


def escapes(race: Race) -> list[str]:
    """A sentence per racer: when it left the saddle's ridge; and one about the ridge where the start is on it."""
    sentences = []
    for racer, path in race:
        step = escape(path)
        left = f"has not left the saddle in {len(path.x) - 1} steps" if math.isinf(step) else _left(step)
        sentences.append(f"**{racer.name}** {left}; it is at y = {digits(path.x[-1, 1])}.")
    if race[0][1].run.start[1] == 0:
        sentences.append(
            "The start lies exactly on y = 0. There the slope along y is exactly 0 and stays so: no rule that sees "
            "only exact slopes can leave, whatever it remembers."
        )
    else:
        sentences.append(_predicted(race[0][1]))
    return sentences


def _left(step: float) -> str:
    return "starts away from the saddle" if step == 0 else f"leaves the saddle at step {digits(step)}"


def _predicted(path: Path) -> str:
    """How long theory says that gradient descent takes from a small distance."""
    offset, lr = abs(path.run.start[1]), path.run.settings["lr"]
    if offset >= ESCAPED or lr == 0:
        return "So far from the line y = 0, the saddle holds no run up."
    return (
        f"Near y = 0 each step of gradient descent multiplies y by 1 + α, so theory says "
        f"ln({digits(ESCAPED)}/{digits(offset)})/ln(1 + {digits(lr)}) = {digits(predicted_escape(offset, lr))} steps."
    )


CUBE = Demo(
    key="cube",
    title="Two balls on x³",
    look_for="Gradient descent stalls at 0 and momentum rolls on. That is often shown as a saddle, but x³ has none: "
    "beyond 0 it falls for ever, and no run finds a minimum.",
    objective=OBJECTIVES["cubic"],
    steps=200,
    entrants=((RACERS["sgd"], {}), (RACERS["momentum"], {})),
    turns=(hyper_turn("lr", CUBE_RATE, "sgd"), hyper_turn("lr", CUBE_RATE, "momentum")),
    tell=crossings,
    beside="norm",
)
SADDLE = Demo(
    key="saddle",
    title="Beside a saddle",
    look_for="Every run lingers at the saddle, where the slope is nearly 0, and then falls to one side. Put the "
    "start on y = 0, and only the run with noise gets away.",
    objective=_SCENARIO.resolved_objective,
    steps=_SCENARIO.steps,
    entrants=(
        *((RACERS[rule], {}) for rule in RATES),
        # Gradient descent once more: its colour would be mistaken for the other's.
        (variant("noisy", "With noise", "sgd", PALETTE[5], "dot"), {}),
    ),
    turns=(
        hyper_turn("lr", RATES["sgd"], "sgd", "noisy"),
        *(hyper_turn("lr", lr, rule) for rule, lr in RATES.items() if rule != "sgd"),
        noise_turn(0.01, 0.2, "noisy"),
    ),
    tell=escapes,
)
