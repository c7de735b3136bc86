"""What the home page shows of each page: a small picture of runs, by the path of the page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.catalogue.optimizers import OPTIMIZERS, PALETTE
from core.engine.findings import Mark, Plot, Series
from core.engine.run import Run
from core.engine.scenarios import DESCENTS, RACES
from core.engine.trace import trace
from core.evidence.experiments.measure import curve
from core.lessons import pitfalls, techniques
from core.lessons.gallery import GALLERY
from core.lessons.history import known_by, years
from core.lessons.sections import Section
from core.problems.batches.data import dataset
from core.problems.batches.race import START, Settings, race
from core.problems.example import Example
from core.problems.training.data import DATASETS

# Updates on batches, few enough to be seen apart.
_UPDATES = 60


@dataclass(frozen=True, eq=False)
class Card:
    """A picture, computed when it is drawn, and in words what it shows."""

    picture: Callable[[], Plot]
    alt: str


def _walk() -> Plot:
    """The curve with the points of the walk that Foundations opens with."""
    (run,) = DESCENTS["walk"].runs()
    path, objective = trace(run), run.resolved_objective
    x = np.linspace(*objective.domain[0], 200)
    walked = Series("", path.x[:, 0], path.loss, OPTIMIZERS["sgd"].color, mode="lines+markers")
    return Plot("x", "f(x)", (Series("", x, objective.parsed.value(x[None]), PALETTE[-1]), walked))


def _line() -> Plot:
    """The points of the worked example with the line before and after it was fitted."""
    example = Example()
    ends = np.array([example.x.min(), example.x.max()])
    first, *_, last = example.path(100).x
    lines = (
        Series(name, ends, w * ends + b, color)
        for name, (w, b), color in (("before", first, PALETTE[-1]), ("after", last, PALETTE[0]))
    )
    return Plot("x", "y", (*lines, Series("", example.x, example.y, PALETTE[1], mode="markers")))


def _rates() -> Plot:
    """A walk on a parabola at three learning rates, of which the last is beyond the limit of 2."""
    runs = (Run("parabola", "sgd", (-4.0,), 12, {"lr": rate}) for rate in (0.1, 1.0, 2.1))
    names = ("α = 0.1", "α = 1", "α = 2.1")
    return Plot("step", "x", tuple(curve(name, trace(run).x[:, 0]) for name, run in zip(names, runs, strict=True)))


def _batches() -> Plot:
    """The loss while one line is fitted with all samples, a few and one at a time."""
    runs = race(dataset("known_line").load(), Settings(8, 0.05, _UPDATES, START, False, 0, "constant"))
    series = (curve(ran.variant.name, ran.excess, color=ran.variant.color) for ran in reversed(runs))
    return Plot("update", "loss above the lowest", tuple(series), log_y=True)


def _race() -> Plot:
    """The losses of three rules in the race that Optimizers opens with."""
    runs = (run for run in RACES["valley"].runs() if run.optimizer != "rmsprop")
    series = (curve(run.resolved_optimizer.name, trace(run).loss, color=run.resolved_optimizer.color) for run in runs)
    return Plot("step", "loss", tuple(series), log_y=True)


def _parted() -> Plot:
    """Where Adam and AMSGrad walk on the line that breaks Adam."""
    scenario = GALLERY["breaking-adam"]
    paths = zip(scenario.racers, map(trace, scenario.runs()), strict=True)
    return Plot("step", "x", tuple(curve(racer.name, path.x[:, 0], color=racer.color) for racer, path in paths))


def _moons() -> Plot:
    """Samples of two classes that a network is to tell apart."""
    split = DATASETS["moons"].load(0)
    series = []
    for label, color in enumerate(PALETTE[:2]):
        x, y = split.train_x[split.train_y == label].T
        series.append(Series("", x, y, color, mode="markers"))
    return Plot("", "", tuple(series))


def _known() -> Plot:
    """How many rules were known by each year."""
    counts = [float(len(known_by(year))) for year in years()]
    return Plot("year", "rules", (Series("", np.array(years(), float), np.array(counts), mode="lines+markers"),))


def _memory() -> Plot:
    """The numbers that each rule keeps for each weight, fewest first."""
    kept = sorted(float(optimizer.parsed.numbers_per_weight) for optimizer in OPTIMIZERS.values())
    dots = Series("", np.arange(1.0, len(kept) + 1), np.array(kept), mode="markers")
    return Plot("rules", "numbers per weight", (dots,), marks=(Mark("y", 2.0, "Adam"),))


def _of(sections: Sequence[Section], key: str) -> Card:
    (section,) = (one for one in sections if one.key == key)
    return Card(section.preview, section.alt)


CARDS: Mapping[str, Card] = {
    "foundations": Card(_walk, "A point walks down a parabola to its bottom, in steps that get shorter"),
    "update_rule": Card(_line, "Three points with the line before and after gradient descent has fitted it"),
    "learning_rate": Card(_rates, "The same walk at three learning rates: slow, in one step, running away"),
    "variants": Card(_batches, "The loss of all samples falls smoothly, that of a few and of one at a time jitters"),
    "optimizers": Card(_race, "The losses of three update rules on one landscape over the steps"),
    "techniques": _of(techniques.TECHNIQUES, "clipping"),
    "pitfalls": _of(pitfalls.SECTIONS, "saddles"),
    "playground": Card(_parted, "On one line Adam walks to the worst point, and AMSGrad to the best"),
    "real_network": Card(_moons, "Samples of two classes, each a half circle, that reach into each other"),
    "history": Card(_known, "The number of known update rules by year, which grows fastest after 2010"),
    "reference": Card(_memory, "How many numbers the rules keep for each weight, from none to several"),
}
