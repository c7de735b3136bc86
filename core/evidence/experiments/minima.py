"""Which of several minima a descent ends in: what its start, its learning rate and the width of a network decide."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import OBJECTIVES
from core.engine.arrival import Known, arrived
from core.engine.findings import Array, Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.status import AT_REST
from core.evidence.experiments.measure import descend
from core.evidence.experiments.telling import learning_rate, whole
from core.formula import parse
from core.formula.words import apart, digits, listed
from core.problems.network.perceptron import Activation, Layer, Network, squares

_GRID = np.linspace(-2.0, 2.0, 4001)
_SETTLING = 2000
# Runs this close to a minimum have ended in it.
_NEAR = 1e-3


def _basins(settings: Mapping[str, float]) -> Finding:
    lr, tilt = settings["lr"], settings["tilt"]
    wells = f"x**4/4 - x**2/2 + {tilt!r}*x"
    ends = trace_many(Run(wells, "sgd", (0.0,), _SETTLING, {"lr": lr}), starts=_GRID.reshape(1, -1))
    # The slope x³ − x + tilt has three zeros: a minimum, the top between, a minimum. The tilt makes the left one lower.
    lower, top, upper = np.sort(np.roots([1.0, 0.0, -1.0, tilt]).real)
    heights = parse(wells, variables=("x",)).value(np.array([[lower, upper]]))
    at = arrived(Known(((lower,), (upper,)), (_NEAR,)), ends.x)
    share, other, rest = (100 * float((at == kind).mean()) for kind in (0, 1, -1))
    numbers = {
        "starts that end in the lower minimum (%)": share,
        "starts that end in the higher minimum (%)": other,
        "starts that end in neither (%)": rest,
        "lower minimum": float(lower),
        "its loss": float(heights[0]),
        "higher minimum": float(upper),
        "loss of the higher minimum": float(heights[1]),
    }
    sentence = (
        f"Of {_GRID.size} starts {digits(share)} % end in the lower minimum at x = {digits(lower)}, {digits(other)} % "
        f"in the higher one at {digits(upper)} and {digits(rest)} % in neither."
    )
    settled = np.where(ends.diverged_at < 0, ends.x[0], np.nan)
    plot = Plot(
        "start x₀",
        f"position after {_SETTLING} steps",
        (Series("end of the run", _GRID[::5], settled[::5], mode="markers"),),
        marks=(
            Mark("y", float(lower), "lower minimum"),
            Mark("y", float(upper), "higher minimum"),
            Mark("x", top, "top"),
        ),
    )
    return Finding(numbers, sentence, plot)


_BASINS = Experiment(
    key="X03",
    question="From how many starts does gradient descent find the lower of two minima?",
    settings=(
        learning_rate(0.1, (0.01, 1.0)),
        # At 2/(3√3) = 0.385 the higher minimum disappears.
        Hyper("tilt", "c", 0.1, (0.01, 0.35), (0.01, 0.35), "linear", "The slope c in x⁴/4 − x²/2 + c·x."),
    ),
    find=_basins,
    expected=(
        Expected("starts that end in the lower minimum (%)", 52.54, 0.03, "One start on the edge is 0.025 %."),
        Expected("lower minimum", -1.04668, 5e-6, "Five decimals are known."),
        Expected("its loss", -0.35239, 5e-6, "Five decimals are known."),
        Expected("higher minimum", 0.94565, 5e-6, "Five decimals are known."),
        Expected("loss of the higher minimum", -0.15264, 5e-6, "Five decimals are known."),
    ),
)


# A teacher of three tanh units, whose outputs networks of each width learn from 64 points in the plane.
_TEACHER_ANGLES = np.radians([0.0, 60.0, 120.0])
_TEACHER_WEIGHTS = 2 * np.array([np.cos(_TEACHER_ANGLES), np.sin(_TEACHER_ANGLES)])
_TEACHER_OUTPUTS = np.array([1.0, -1.0, 1.0])
_POINTS = 64
_WIDTHS = (1, 2, 3, 4, 6, 10)
_TRAINING = 1000
# A fit is as good as perfect if this share of the variance is left.
_FITTED = 1e-3


def _widths(settings: Mapping[str, float]) -> Finding:
    networks, lr = int(settings["networks"]), settings["lr"]
    left = [_leftover(width, networks, lr, int(settings["seed"])) for width in _WIDTHS]
    shares = [100 * float((rest < _FITTED).mean()) for rest in left]
    worst = [float(rest.max()) for rest in left]
    numbers = {f"width {width}: fitted (%)": share for width, share in zip(_WIDTHS, shares, strict=True)}
    numbers |= {f"width {width}: most left over": rest for width, rest in zip(_WIDTHS, worst, strict=True)}
    grows = all(wider >= narrower for narrower, wider in pairwise(shares))
    by_width = listed([f"{digits(share)} % at width {width}" for width, share in zip(_WIDTHS, shares, strict=True)])
    sentence = (
        f"Of {networks} networks at each width, all but a thousandth of the variance is learned by {by_width}: a share "
        f"that {'never falls' if grows else 'does not always grow'} with the width. The worst network of width "
        f"{_WIDTHS[0]} leaves {digits(worst[0])} of the variance, the worst of width {_WIDTHS[-1]} {digits(worst[-1])}."
    )
    plot = Plot(
        "hidden units",
        "networks that fit (%)",
        (Series("fitted", np.array(_WIDTHS, dtype=np.float64), np.array(shares), mode="lines+markers"),),
        marks=(Mark("x", float(len(_TEACHER_OUTPUTS)), "width of the teacher"),),
    )
    return Finding(numbers, sentence, plot)


def _leftover(width: int, networks: int, lr: float, seed: int) -> Array:
    """The share of the variance that each of ``networks`` networks leaves unexplained: shape ``(networks,)``.

    Full-batch Adam with a cosine schedule; all networks train at once.
    """
    points = np.random.default_rng(seed).normal(size=(_POINTS, 2))
    target = np.tanh(points @ _TEACHER_WEIGHTS) @ _TEACHER_OUTPUTS[:, None]
    rng = np.random.default_rng((seed, width))
    inner = rng.normal(size=(networks, 2, width))
    outer = rng.normal(size=(networks, width, 1)) / np.sqrt(width)
    student = Network((Layer(2, width, Activation.TANH, biased=False), Layer(width, 1, biased=False)))
    rates = lr * (1 + np.cos(np.pi * np.arange(_TRAINING) / _TRAINING)) / 2
    weights, _ = descend(
        "adam", student.start([inner, outer]), rates, lambda weights: student.loss_and_gradient(weights, points, target)
    )
    return np.asarray(squares(student.answers(weights, points), target)[0] / target.var())


_WIDTH = Experiment(
    key="X04",
    question="Do wider networks get stuck in bad minima less often?",
    settings=(
        whole("networks", "n", 40, (10, 40), "Networks trained at each width, from different random weights."),
        learning_rate(0.05, (0.005, 0.2)),
        whole("seed", "s", 0, (0, 999), "Draws other points and other first weights."),
    ),
    find=_widths,
    expected=(
        Expected("width 1: fitted (%)", 0, 0, "One unit cannot imitate three, whatever the draw."),
        Expected("width 2: fitted (%)", 0, 0, "Two units cannot imitate three, whatever the draw."),
        Expected("width 3: fitted (%)", 95, 2.5, "Rounding may turn a run at the edge of a basin; 1 of 40 networks."),
        Expected("width 10: fitted (%)", 100, 0, "No draw that was tried left a network of width 10 stuck."),
    ),
)


_WAVES = OBJECTIVES["wavy"]
# Curvature is 0.1 − 7.5·cos 5x, at most 7.6.
_WAVES_CURVATURE = 7.6
_SMALLEST_RATE = 0.01
_RATES = 25


def _same_end(settings: Mapping[str, float]) -> Finding:
    start, largest = settings["start"], settings["largest"]
    rates = np.geomspace(_SMALLEST_RATE, largest, _RATES)
    ends = trace_many(Run(_WAVES.key, "sgd", (start,), 3000), hypers={"lr": rates})
    x = ends.x[0]
    rested = np.isin(ends.status, AT_REST)
    # Places of rest are more than half a unit apart.
    rests = np.unique(x[rested].round(3))
    numbers = {
        "learning rates": _RATES,
        "of them at rest": int(rested.sum()),
        "different places of rest": rests.size,
        "end at the smallest rate": float(x[0]),
        "end at the largest rate": float(x[-1]),
        "loss at the smallest rate": float(ends.loss[0]),
        "limit 2/L": 2 / _WAVES_CURVATURE,
    }
    between = f"From {digits(start)}, {_RATES} learning rates between {' and '.join(apart(_SMALLEST_RATE, largest))}"
    if rested.all() and rests.size == 1:
        sentence = f"{between} all end at the same place, x = {digits(x[0])} with loss {digits(ends.loss[0])}."
    else:
        sentence = (
            f"{between} differ: {rested.sum()} of them come to rest, in {rests.size} "
            f"place{'s' * (rests.size != 1)}; the smallest is at {digits(x[0])} in the end, the largest at "
            f"{digits(x[-1])}."
        )
    plot = Plot(
        "learning rate α",
        "position after 3000 steps",
        (Series("end of the run", rates, x, mode="markers"),),
        log_x=True,
        marks=(
            Mark("x", 2 / _WAVES_CURVATURE, "2/L"),
            Mark("y", start, "start"),
            *(Mark("y", minimum, "lowest valley") for (minimum,) in _WAVES.minima),
        ),
    )
    return Finding(numbers, sentence, plot)


_SAME_END = Experiment(
    key="X10",
    question="Is a small learning rate the reason that gradient descent gets stuck in a shallow valley?",
    settings=(
        Hyper("start", "x_0", 4.0, (-5.0, 5.0), (-5.0, 5.0), "linear", "Where all of them start."),
        Hyper("largest", r"\alpha_{\max}", 0.25, (0.02, 2.0), (0.02, 2.0), "log", "The largest learning rate tried."),
    ),
    find=_same_end,
    expected=(
        Expected("different places of rest", 1, 0, "A count."),
        Expected("of them at rest", 25, 0, "A count."),
        Expected("end at the smallest rate", 4.3395, 5e-5, "Four decimals are known."),
        Expected("end at the largest rate", 4.3395, 5e-5, "Four decimals are known."),
        Expected("loss at the smallest rate", 0.6544, 5e-5, "Four decimals are known."),
        Expected("limit 2/L", 5 / 19, 1e-12, "An exact fraction."),
    ),
)


ALL: tuple[Experiment, ...] = (_BASINS, _WIDTH, _SAME_END)
