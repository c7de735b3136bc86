"""A tour of the guide: stops at its pages, each with one idea, one thing to try and one thing to notice."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.catalogue.objectives import OBJECTIVES

# Words that are read in a minute, slower than a story is.
_READ = 200
# Seconds in which a page that is gone to is there.
_LOAD = 3


@dataclass(frozen=True)
class Stop:
    """A page, by its path, with its controls set, by their keys in a link; and what is said there.

    ``seconds`` is how long it takes to try what it asks to.
    """

    path: str
    title: str
    idea: str
    attempt: str
    notice: str
    settings: Mapping[str, str | float | bool | list[str]] = field(default_factory=dict, hash=False)
    seconds: int = 30

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything that is to be read at it."""
        return (self.title, self.idea, self.attempt, self.notice)


_QUARTIC = OBJECTIVES["quartic"].name
# With a memory so short that the large slope of every third step is forgotten.
_FORGETFUL = {"lr": 0.01, "beta1": 0.0, "beta2": 0.1}

STOPS: tuple[Stop, ...] = (
    Stop(
        "foundations",
        "A walk downhill",
        "Look at the slope, step against it, look again. The rule does nothing else, and it knows nothing else.",
        "Press play. Then drag the ring to other places on the curve.",
        "Steps are long where it is steep and shrink towards the bottom, wherever you begin.",
    ),
    Stop(
        "foundations",
        "Ten times the rate",
        "The learning rate turns a slope into a step. The rule never checks whether that step was too long.",
        "Turn the learning rate down, in the row below the picture, until the run comes back.",
        "Below 2 every jump is shorter than the one before; above 2 every jump is longer.",
        {"dsgd_lr": 3.0},
    ),
    Stop(
        "foundations",
        "Stuck where it is flat",
        "Where the slope is nearly 0 a step is nearly 0 too, so a run can stall far from any minimum.",
        "Drag the ring from the left of 0 to the right of it.",
        "From the left 500 steps do not get past 0. From the right the same rate arrives at 2.25.",
        {"df": _QUARTIC, "dsgd_lr": 0.012, "dsteps": 500},
    ),
    Stop(
        "foundations",
        "Predict, then see",
        "You learn more from a run if you have first said what it will do.",
        "Say what becomes of this run, and then watch it.",
        "The answer is worked out from this very run. Other settings have other answers.",
        {"df": _QUARTIC, "dsgd_lr": 0.12, "dx": 0.5, "dsteps": 100, "dask": "fate"},
    ),
    Stop(
        "update_rule",
        "One step by hand",
        "A model is a formula with weights, and its loss is a landscape over them. One step is plain arithmetic.",
        "Go through the six parts of the step, from left to right.",
        "Nothing is hidden: every number of one part comes from the parts before it.",
        seconds=60,
    ),
    Stop(
        "learning_rate",
        "The limit",
        "What counts is the learning rate times the curvature. Below 2 a run settles, above 2 it cannot.",
        "Turn the learning rate from 1.9 up to 2.1. The curvature is 1 here.",
        "Every step lands on the other side: at 1.9 at 90 % of the distance before, at 2.1 at 110 %.",
    ),
    Stop(
        "learning_rate",
        "The price of a ravine",
        "With curvatures of 1 and 100, the steep direction sets the limit and the flat one has to wait.",
        "Press play, and see how fast each direction comes to rest.",
        "Across the ravine the zigzag dies away. Along it a step covers only 1.9 % of what is left.",
        {"lshape": "ravine"},
    ),
    Stop(
        "learning_rate",
        "A memory for slopes",
        "Momentum adds up slopes that agree, and slopes that take turns cancel in it.",
        "Press play, go back one stop, and compare where the runs end after 100 steps.",
        "Gradient descent still has 15 % of the way along the ravine to go. Momentum is there.",
        {"lshape": "ravine", "lrule": "Momentum"},
    ),
    Stop(
        "variants",
        "A few samples at a time",
        "The slope of a few samples is a noisy guess at the slope of all, for a fraction of the work.",
        "Above the picture, choose to see the loss against Samples and not Updates.",
        "Per update, all samples do well. Once each has seen 442 samples, that run is far behind.",
    ),
    Stop(
        "optimizers",
        "A race, and who decides it",
        "Every rule has learning rates that suit it, and those differ by factors of a hundred.",
        "See who wins. Then press “One learning rate for all”.",
        "Adam wins with a rate of 0.1 and comes last with 0.0008. The rate decides, more than the rule.",
    ),
    Stop(
        "optimizers",
        "Leaving a saddle",
        "At a saddle the slope is 0, although there is a way down. A run beside it leaves slowly.",
        "Press play and watch who turns away first.",
        "Adam divides by the size of the slope and turns first, then momentum, then gradient descent.",
        {
            "f": OBJECTIVES["saddle"].name,
            "rules": ["Gradient descent", "Momentum", "Adam"],
            "sgd_lr": 0.1,
            "momentum_lr": 0.1,
            "adam_lr": 0.1,
            "steps": 200,
        },
    ),
    Stop(
        "techniques",
        "One enormous step",
        "A single long gradient can throw a run out. Clipping keeps its direction and limits its length.",
        "Turn the learning rate, which both share, down to 0.0008.",
        "At 0.003 the run without a limit is lost at step 6. At 0.0008 it needs no limit.",
        {"qtopic": "clipping"},
    ),
    Stop(
        "techniques",
        "A slow start",
        "Where a run begins, the curvature is often larger than later, and so is the danger.",
        "Compare the two runs, of which one raises its rate over the first 50 steps.",
        "At the full rate the run is lost in 3 steps. The other comes down first, and then stands that rate.",
        {"qtopic": "warmup"},
    ),
    Stop(
        "pitfalls",
        "What NaN looks like",
        "A run that fails has usually been failing for a long time before it says NaN.",
        "Look at the loss. Then choose “Sudden divergence” and compare.",
        "A slow failure is a straight line on this axis for 571 steps. The sudden one is over after 6.",
        {"ztopic": "divergence"},
    ),
    Stop(
        "pitfalls",
        "Adam knows the axes",
        "Adam scales every coordinate by itself, which helps in a ravine only if it lies along an axis.",
        "Press play: this ravine lies diagonally.",
        "Gradient descent does not care about axes and arrives. Adam crawls and ends at a loss of 0.284.",
        {"ztopic": "ravines"},
    ),
    Stop(
        "playground",
        "Your own function",
        "The formula on the screen is the formula that runs, and you can change it.",
        "Write another formula of x and y, on the left, or drag the start. On a phone » opens that side.",
        "Picture, slopes and runs follow at once, and the address now holds your experiment.",
        {"pf": "Own formula", "pformula": "x**2 + 2*y**2 + 3*sin(2*x)"},
        seconds=60,
    ),
    Stop(
        "playground",
        "Adam at the wrong end",
        "No rule is always right. Here the slope is 3 at every third step and −1 at the others.",
        "Press play. On average, the way down leads to −1.",
        "Adam forgets the rare large slope too soon and ends at 0.997; AMSGrad remembers and ends at −0.997.",
        {
            "pf": "Own formula",
            "pformula": "where(t == 1, 3*x, -x); t: (1, 3); x: (-1, 1)",
            "px": 0.0,
            "psteps": 5000,
            "prules": ["Adam", "AMSGrad"],
            **{f"p{rule}_{name}": value for rule in ("adam", "amsgrad") for name, value in _FORGETFUL.items()},
        },
    ),
    Stop(
        "real_network",
        "A real network",
        "A network is the same walk with thousands of directions, which nobody can look at.",
        "Press “Train” and watch three rules at work.",
        "The same rules run here as in the pictures. What is left to see are curves, and what it learned.",
        seconds=60,
    ),
    Stop(
        "history",
        "How it came to this",
        "Each rule mended something that was wrong with the rules before it.",
        "Play the story for a few years.",
        "For more than a hundred years there was one rule. Most of those in the last race are from after 2010.",
        seconds=45,
    ),
    Stop(
        "reference",
        "Take it home",
        "Every rule is here with its formula, its memory and its class in PyTorch.",
        "Choose a row of the table, and look at the code below it.",
        "Adam keeps 2 numbers for each weight, and gradient descent none. Now you know what they are for.",
    ),
)
"""The stops, in the order of the tour."""


def minutes(stops: tuple[Stop, ...] = STOPS) -> int:
    """How long ``stops`` take to read and to try, in minutes, rounded up."""
    words = sum(len(text.split()) for stop in stops for text in stop.texts)
    return math.ceil(words / _READ + sum(stop.seconds + _LOAD for stop in stops) / 60)


def numbers(path: str) -> dict[str, Stop]:
    """The stops at the page with this path, by their numbers in the tour as a link says them."""
    return {str(number): stop for number, stop in enumerate(STOPS, 1) if stop.path == path}
