"""Experiments about gradient descent itself: where it goes, how far a step may be, what a slope is."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from core.catalogue.hypers import Hyper
from core.catalogue.objectives import OBJECTIVES
from core.catalogue.optimizers import PALETTE
from core.engine.findings import Expected, Experiment, Finding, Mark, Plot, Series
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.status import Outcome
from core.engine.trace import Path, trace
from core.evidence.experiments.edge import EDGE
from core.evidence.experiments.measure import curve, descend
from core.evidence.experiments.telling import learning_rate, listed, whole
from core.formula import parse
from core.problems.network.perceptron import Activation, Layer, Network, squares
from core.problems.theory.cycles import LONGEST_CYCLE, cycle_length

Array = npt.NDArray[np.float64]

_STEP = "step"
_POSITION = "position x"
_RATE = "learning rate α"

_HILL = OBJECTIVES["quartic"]
_HILL_MINIMUM = _HILL.minima[0][0]
_HILL_LIMIT = 2 / float(_HILL.parsed.hessian(np.array([_HILL_MINIMUM]))[0, 0])
_HILL_START = Hyper("start", "x_0", -0.5, (-1.0, 3.2), (-1.0, 3.2), "linear", "Where the descent starts.")
# How close to a minimum counts as having arrived, where a position is what is looked at.
_ARRIVED = 1e-6


def _stall(settings: Mapping[str, float]) -> Finding:
    lr, start, steps = settings["lr"], settings["start"], int(settings["steps"])
    path = trace(Run(_HILL.key, "sgd", (start,), steps, {"lr": lr}))
    x = path.x[:, 0]
    numbers = {
        "position": float(x[-1]),
        "loss": float(path.loss[-1]),
        "distance to the minimum": abs(float(x[-1]) - _HILL_MINIMUM),
    }
    series = [curve("gradient descent", x)]
    creeps = bool(x.max() < 0)
    if creeps:
        # Near 0 the slope is −9x², so 1/x changes by −9·lr at every step.
        predicted = 1 / (1 / start - 9 * lr * np.arange(steps + 1))
        numbers["predicted position"] = float(predicted[-1])
        series.append(curve("predicted: 1/(1/x₀ − 9αt)", predicted, dash="dot"))
    marks = (Mark("y", 0.0, "flat inflection"), Mark("y", _HILL_MINIMUM, "minimum"))
    plot = Plot(_STEP, _POSITION, tuple(series), marks=marks)
    return Finding(numbers, _stall_sentence(path, lr, numbers), plot)


def _stall_sentence(path: Path, lr: float, numbers: Mapping[str, float]) -> str:
    x, away = path.x[:, 0], numbers["distance to the minimum"]
    taken = f"After {path.run.steps} steps at lr = {lr:.4g}"
    if path.status.outcome is Outcome.DIVERGED:
        return f"At lr = {lr:.4g} the descent diverges at step {path.status.step}; its last place was {x[-1]:.4g}."
    if away <= _ARRIVED:
        since = int(np.flatnonzero(np.abs(x - _HILL_MINIMUM) > _ARRIVED).max(initial=-1)) + 1
        return (
            f"{taken} the descent has arrived: x = {x[-1]:.4g}, within {_ARRIVED:g} of the minimum since step {since}."
        )
    if "predicted position" in numbers:
        return (
            f"{taken} the descent has not arrived: it is at x = {x[-1]:.4g}, still left of the flat inflection at 0 "
            f"(a slope of −9x² alone would have led to {numbers['predicted position']:.4g}), and the minimum is "
            f"{away:.4g} away."
        )
    if (x == x[0]).all():
        return f"{taken} the descent is where it started, at x = {x[0]:.4g}: the slope there moves it nowhere."
    return f"{taken} the descent has not arrived: it is at x = {x[-1]:.4g}, {away:.4g} from the minimum."


_STALL = Experiment(
    key="X01",
    question="Does gradient descent on x⁴ − 3x³ + 2 reach the bottom from −0.5?",
    settings=(
        learning_rate(0.012, (1e-4, 0.3), (0.001, 0.2)),
        _HILL_START,
        whole("steps", "T", 1000, (10, 20_000), "Steps of gradient descent."),
    ),
    find=_stall,
    expected=(
        Expected("position", -0.00892, 5e-6, "The position is known to three digits."),
        Expected("loss", 2.0, 1e-4, "It approaches 2, the height of the inflection, from above."),
        Expected("predicted position", -1 / (9 * 0.012 * 1000 + 2), 1e-12, "The same closed form."),
    ),
)


_BOUNCES = 5000
_DRAWN_BOUNCES = 80


def _bounce(settings: Mapping[str, float]) -> Finding:
    lr, start = settings["lr"], settings["start"]
    path = trace(Run(_HILL.key, "sgd", (start,), _BOUNCES, {"lr": lr}))
    x = path.x[:, 0]
    tail = x[-2 * LONGEST_CYCLE :]
    diverged = path.status.outcome is Outcome.DIVERGED
    period = 0 if diverged else cycle_length(tail)
    side = "above" if lr > _HILL_LIMIT else "not above"
    numbers = {
        "cycle length in steps (0: none up to 64)": period,
        "lowest place at the end": float(tail.min()),
        "highest place at the end": float(tail.max()),
        "limit 2/f″ at the minimum": _HILL_LIMIT,
        "first place": float(x[min(1, len(x) - 1)]),
    }
    if diverged:
        told = f"the descent diverges at step {path.status.step}"
    elif period == 1:
        at = "the minimum" if abs(x[-1] - _HILL_MINIMUM) <= 1e-3 else "which is not the minimum"
        told = f"after {_BOUNCES} steps the descent moves by at most {_ARRIVED:g} a step, at x = {x[-1]:.4g}, {at}"
    elif period:
        told = (
            f"after {_BOUNCES} steps the descent repeats itself every {period} steps, between {tail.min():.4g} and "
            f"{tail.max():.4g}, to within {_ARRIVED:g}"
        )
    else:
        told = (
            f"after {_BOUNCES} steps the descent hops about between {tail.min():.4g} and {tail.max():.4g} "
            f"without repeating itself within {LONGEST_CYCLE} steps"
        )
    where = f"From {start:.4g} at lr = {lr:.4g}, {side} the stability limit {_HILL_LIMIT:.4g} at the minimum, "
    plot = Plot(
        _STEP,
        _POSITION,
        (Series("gradient descent", np.arange(float(len(x[:_DRAWN_BOUNCES]))), x[:_DRAWN_BOUNCES]),),
        marks=(Mark("y", _HILL_MINIMUM, "minimum"),),
    )
    return Finding(numbers, f"{where}{told}.", plot)


_BOUNCE = Experiment(
    key="X02",
    question="Does a learning rate above the stability limit make gradient descent diverge?",
    settings=(
        learning_rate(0.12, (0.001, 0.2), (0.01, 0.15)),
        Hyper("start", "x_0", 0.5, (-1.0, 3.2), (-1.0, 3.2), "linear", "Where the descent starts."),
    ),
    find=_bounce,
    expected=(
        Expected("cycle length in steps (0: none up to 64)", 2, 0, "A count."),
        Expected("limit 2/f″ at the minimum", 8 / 81, 1e-12, "An exact fraction."),
        Expected("lowest place at the end", 1.7706, 5e-5, "The cycle attracts, so rounding dies out."),
        Expected("highest place at the end", 2.4920, 5e-5, "The cycle attracts, so rounding dies out."),
    ),
)


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
    in_lower, in_higher = (np.abs(ends.x[0] - place) <= _NEAR for place in (lower, upper))
    share, other, rest = (100 * float(kind.mean()) for kind in (in_lower, in_higher, ~(in_lower | in_higher)))
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
        f"Of {_GRID.size} starts {share:.4g} % end in the lower minimum at x = {lower:.4g}, {other:.4g} % in the "
        f"higher one at {upper:.4g} and {rest:.4g} % in neither."
    )
    settled = np.where(ends.diverged_at < 0, ends.x[0], np.nan)
    plot = Plot(
        "start x₀",
        f"position after {_SETTLING} steps",
        (Series("end of the descent", _GRID[::5], settled[::5], mode="markers"),),
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
    told = listed([f"{share:.4g} % at width {width}" for width, share in zip(_WIDTHS, shares, strict=True)])
    sentence = (
        f"Of {networks} networks each, all but a thousandth of the variance is learned by {told}: a share that "
        f"{'never falls' if grows else 'does not always grow'} with the width. The worst network of width "
        f"{_WIDTHS[0]} leaves {worst[0]:.4g} of the variance, the worst of width {_WIDTHS[-1]} {worst[-1]:.4g}."
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


# Three points on the line through the origin with slope 2, fitted by w·x + b: the guide's worked example.
_DATA = ((1, 2), (2, 4), (3, 6))
_SQUARES = " + ".join(f"(w*{x} + b - {y})**2" for x, y in _DATA)
_EXAMPLE = parse(f"({_SQUARES})/{len(_DATA)}", variables=("w", "b"))
_EXAMPLE_CURVATURE = float(np.linalg.eigvalsh(_EXAMPLE.hessian(np.zeros(2))).max())
_WEIGHT = Hyper("w", "w", 0.5, (-5.0, 5.0), (-5.0, 5.0), "linear", "The slope of the line before the step.")
_BIAS = Hyper("b", "b", 0.1, (-5.0, 5.0), (-5.0, 5.0), "linear", "The intercept of the line before the step.")
_DIFFERENCES = np.geomspace(1e-12, 1.0, 61)


def _worked_example(settings: Mapping[str, float]) -> Finding:
    lr, h = settings["lr"], settings["h"]
    place = np.array([settings["w"], settings["b"]])
    exact = _EXAMPLE.grad(place)
    after = place - lr * exact
    before, then = float(_EXAMPLE.value(place)), float(_EXAMPLE.value(after))
    forward, central = (float(slope[0]) for slope in _differences(place, np.array([h])))
    numbers = {
        "exact slope along w": float(exact[0]),
        "exact slope along b": float(exact[1]),
        "central difference along w": central,
        "forward difference along w": forward,
        "w after one step": float(after[0]),
        "b after one step": float(after[1]),
        "loss before": before,
        "loss after": then,
    }
    sentence = (
        f"The exact slope along w is {exact[0]:.4g}; with h = {h:.4g} the central difference is off by "
        f"{abs(central - exact[0]):.4g} and the forward difference by {abs(forward - exact[0]):.4g}. A step with "
        f"lr = {lr:.4g} takes the loss from {before:.4g} to {then:.4g}."
    )
    missed = [np.abs(slope - exact[0]) for slope in _differences(place, _DIFFERENCES)]
    plot = Plot(
        "difference h",
        "error of the slope along w",
        (
            Series("forward", _DIFFERENCES, missed[0], mode="lines+markers"),
            Series("central", _DIFFERENCES, missed[1], mode="lines+markers"),
        ),
        log_x=True,
        log_y=True,
        marks=(Mark("x", h, "your h"),),
    )
    return Finding(numbers, sentence, plot)


def _differences(place: Array, h: Array) -> tuple[Array, Array]:
    """The forward and the central difference along w for each ``h``."""

    def at(offset: Array) -> Array:
        return _EXAMPLE.value(np.stack([place[0] + offset, np.full_like(offset, place[1])]))

    return (at(h) - at(np.zeros_like(h))) / h, (at(h) - at(-h)) / (2 * h)


_WORKED = Experiment(
    key="X05",
    question="Does the exact slope agree with what small differences of the loss say?",
    settings=(
        Hyper("h", "h", 1e-5, (1e-12, 1.0), (1e-12, 1.0), "log", "How far apart the two losses are measured."),
        learning_rate(0.01, (1e-4, 1.0)),
        _WEIGHT,
        _BIAS,
    ),
    find=_worked_example,
    expected=(
        Expected("exact slope along w", -13.6, 1e-12, "Exact apart from rounding."),
        Expected("exact slope along b", -5.8, 1e-12, "Exact apart from rounding."),
        Expected("central difference along w", -13.6, 1e-8, "On a parabola only rounding is left: about 1e-15/h."),
        Expected("forward difference along w", -13.6 + 14 / 3 * 1e-5, 1e-8, "It misses by h·14/3, half the curvature."),
        Expected("forward difference along w", -13.6 + 14 / 30, 1e-9, "The same; rounding is 1e-15/h.", {"h": 0.1}),
        Expected(
            "forward difference along w", -13.6033, 5e-5, "Rounding of losses near 10, 1.8e-15, over h.", {"h": 1e-12}
        ),
        Expected("w after one step", 0.636, 1e-12, "Exact apart from rounding."),
        Expected("b after one step", 0.158, 1e-12, "Exact apart from rounding."),
        Expected("loss before", 9.91, 1e-12, "Exact apart from rounding."),
        Expected("loss after", 7.84523, 5e-6, "Five decimals are known."),
    ),
)


# What each convention's loss is as a multiple of the mean of the squares.
_CONVENTIONS: Mapping[str, float] = {
    "mean": 1.0,
    "half the mean": 0.5,
    "sum": float(len(_DATA)),
    "half the sum": len(_DATA) / 2,
}
_FITTING = 20


def _conventions(settings: Mapping[str, float]) -> Finding:
    lr, place = settings["lr"], (settings["w"], settings["b"])
    # A run's variables are x and y.
    squares = " + ".join(f"(x*{x} + y - {y})**2" for x, y in _DATA)
    numbers: dict[str, float] = {}
    ends: dict[str, float] = {}
    slopes: list[str] = []
    series = []
    for name, factor in _CONVENTIONS.items():
        path = trace(Run(f"{factor / len(_DATA)!r}*({squares})", "sgd", place, _FITTING, {"lr": lr}))
        slope = float(path.terms["g"][0, 0])
        numbers[f"slope along w, {name}"] = slope
        slopes.append(f"{slope:.4g} ({name})")
        series.append(curve(name, path.loss / factor))
        ends[f"mean of the squares at the end, {name}"] = float(path.loss[-1] / factor)
    limits = {name: 2 / (factor * _EXAMPLE_CURVATURE) for name, factor in _CONVENTIONS.items()}
    numbers |= {f"limit 2/L, {name}": limit for name, limit in limits.items()} | ends
    beyond = [f"the {name} ({limit:.4g})" for name, limit in limits.items() if lr > limit]
    sentence = (
        f"The same line and the same data have the slope {listed(slopes)} along w, depending on how the squares are "
        f"added up; lr = {lr:.4g} is "
        + (
            f"above the stability limit for {listed(beyond)}."
            if beyond
            else "above the stability limit for none of them."
        )
    )
    plot = Plot(_STEP, "mean of the squares", tuple(series), log_y=True)
    return Finding(numbers, sentence, plot)


_CONVENTION = Experiment(
    key="X06",
    question="Does it matter for gradient descent whether squares are averaged, halved or summed?",
    settings=(learning_rate(0.1, (0.001, 1.0)), _WEIGHT, _BIAS),
    find=_conventions,
    expected=(
        Expected("slope along w, mean", -13.6, 1e-12, "Exact apart from rounding."),
        Expected("slope along w, half the mean", -6.8, 1e-12, "Exact apart from rounding."),
        Expected("slope along w, sum", -40.8, 1e-12, "Exact apart from rounding."),
        Expected("slope along w, half the sum", -20.4, 1e-12, "Exact apart from rounding."),
        Expected("limit 2/L, mean", 0.180295, 5e-7, "Six decimals are known."),
    ),
)


_REGIMES = (0.1, 0.5, 1.0, 1.5, 1.9, 2.0, 2.1)
# One of each kind; rates as far below 1 as others are above it would be hidden by them.
_DRAWN_REGIMES = (0.3, 1.5, 2.0, 2.1)


def _parabola(rate: float, steps: int) -> Array:
    """Distances to the minimum of x²/2, whose curvature is 1, from 1: shape ``(steps + 1,)``."""
    return np.abs(trace(Run("parabola", "sgd", (1.0,), steps, {"lr": rate})).x[:, 0])


def _regimes(settings: Mapping[str, float]) -> Finding:
    rate, steps = settings["rate"], int(settings["steps"])
    factor = 1 - rate
    own = _parabola(rate, steps)
    numbers = {
        "factor per step, 1 − αL": factor,
        "distance": float(own[-1]),
        "closed form": abs(factor) ** steps,
    }
    numbers |= {f"distance at αL = {known:g}": float(_parabola(known, steps)[-1]) for known in _REGIMES}
    if rate < 1:
        way = "approaches the minimum from one side"
    elif rate == 1:
        way = "reaches the minimum in one step"
    elif rate < 2:
        way = "hops from side to side and comes closer"
    elif rate == 2:
        way = "hops from side to side for ever"
    else:
        way = "hops from side to side and moves away"
    sentence = (
        f"At αL = {rate:.4g} every step multiplies the distance by {abs(factor):.4g}, so the descent {way}: from 1 it "
        f"is at a distance of {own[-1]:.4g} after {steps} step{'s' * (steps != 1)}."
    )
    series = [curve(f"αL = {known:g}", _parabola(known, steps), dash="dot") for known in _DRAWN_REGIMES]
    plot = Plot(_STEP, "distance to the minimum", (curve(f"yours: αL = {rate:.4g}", own), *series), log_y=True)
    return Finding(numbers, sentence, plot)


_REGIME = Experiment(
    key="X09",
    question="What does the product of learning rate and curvature decide on a parabola?",
    settings=(
        Hyper(
            "rate",
            r"\alpha L",
            1.9,
            (0.01, 2.5),
            (0.01, 2.5),
            "linear",
            "Learning rate times curvature: below 1 smooth, below 2 stable.",
        ),
        whole("steps", "T", 50, (1, 60), "Steps of gradient descent."),
    ),
    find=_regimes,
    expected=(
        *(
            Expected(
                f"distance at αL = {known:g}",
                abs(1 - known) ** 50,
                1e-12 * max(1.0, abs(1 - known) ** 50),
                "A closed form; 50 multiplications round by some 1e-14.",
            )
            for known in _REGIMES
        ),
        Expected("distance", 0.9**50, 1e-12, "A closed form; 50 multiplications round by some 1e-14."),
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
    rested = ends.status == Outcome.CONVERGED
    # Places of rest are more than half a unit apart.
    places = np.unique(x[rested].round(3))
    numbers = {
        "learning rates": _RATES,
        "of them at rest": int(rested.sum()),
        "different places of rest": places.size,
        "end at the smallest rate": float(x[0]),
        "end at the largest rate": float(x[-1]),
        "loss at the smallest rate": float(ends.loss[0]),
        "limit 2/L": 2 / _WAVES_CURVATURE,
    }
    between = f"From {start:.4g}, {_RATES} learning rates between {_SMALLEST_RATE:g} and {largest:.4g}"
    if rested.all() and places.size == 1:
        sentence = f"{between} all end at the same place, x = {x[0]:.4g} with loss {ends.loss[0]:.4g}."
    else:
        sentence = (
            f"{between} differ: {rested.sum()} of them come to rest, in {places.size} "
            f"place{'s' * (places.size != 1)}; the smallest is at {x[0]:.4g} in the end, the largest at {x[-1]:.4g}."
        )
    plot = Plot(
        _RATE,
        "position after 3000 steps",
        (Series("end of the descent", rates, x, mode="markers"),),
        log_x=True,
        marks=(
            Mark("x", 2 / _WAVES_CURVATURE, "2/L"),
            Mark("y", start, "start"),
            *(Mark("y", place, "lowest valley") for (place,) in _WAVES.minima),
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


def _steepest(settings: Mapping[str, float]) -> Finding:
    g = np.array([settings["gx"], settings["gy"]])
    largest = np.abs(g) == np.abs(g).max()
    # Of two equal coordinates the first is taken: both are steepest.
    single = np.where(np.arange(2) == largest.argmax(), -np.sign(g), 0.0)
    euclid = np.zeros(2) if not g.any() else -g / np.sqrt(g @ g)
    # Adding 0 turns −0 into 0.
    steps = {"ℓ2": euclid + 0, "ℓ∞": -np.sign(g) + 0, "ℓ1": single + 0}
    numbers: dict[str, float] = {}
    for norm, step in steps.items():
        numbers[f"{norm} step, x"], numbers[f"{norm} step, y"] = float(step[0]), float(step[1])
        numbers[f"{norm} decrease"] = float(-g @ step)
    if not g.any():
        sentence = "Where the gradient is 0, no direction is steepest: every step changes the loss by 0 at first order."
    else:
        told = [f"({step[0]:.4g}, {step[1]:.4g}) by the {norm} norm" for norm, step in steps.items()]
        tie = ", where the other coordinate would do as well" if largest.all() else ""
        sentence = f"For g = ({g[0]:.4g}, {g[1]:.4g}) the steepest step of length 1 is {listed(told)}{tie}."
    turn = np.linspace(0, 2 * np.pi, 121)
    circle, corner = np.array([np.cos(turn), np.sin(turn)]), np.array([[1, 1, -1, -1, 1], [1, -1, -1, 1, 1]])
    diamond = np.array([[1, 0, -1, 0, 1], [0, -1, 0, 1, 0]])
    outlines = (circle, corner.astype(np.float64), diamond.astype(np.float64))
    series = []
    for (norm, step), outline, color in zip(steps.items(), outlines, PALETTE, strict=False):
        series.append(Series("", outline[0], outline[1], color, "dot"))
        series.append(
            Series(f"steepest by {norm}", np.array([0, step[0]]), np.array([0, step[1]]), color, mode="lines+markers")
        )
    return Finding(numbers, sentence, Plot("step in x", "step in y", tuple(series)))


_STEEPEST = Experiment(
    key="X69",
    question="Is the negative gradient the direction of steepest descent?",
    settings=(
        Hyper("gx", "g_x", 3.0, (-10.0, 10.0), (-10.0, 10.0), "linear", "The slope along x."),
        Hyper("gy", "g_y", 1.0, (-10.0, 10.0), (-10.0, 10.0), "linear", "The slope along y."),
    ),
    find=_steepest,
    expected=(
        Expected("ℓ2 step, x", -0.949, 0.0005, "Three digits are known."),
        Expected("ℓ2 step, y", -0.316, 0.0005, "Three digits are known."),
        Expected("ℓ∞ step, x", -1, 0, "A sign."),
        Expected("ℓ∞ step, y", -1, 0, "A sign."),
        Expected("ℓ1 step, x", -1, 0, "A sign."),
        Expected("ℓ1 step, y", 0, 0, "The smaller coordinate does not move."),
    ),
)


ALL: tuple[Experiment, ...] = (
    _STALL,
    _BOUNCE,
    _BASINS,
    _WIDTH,
    _WORKED,
    _CONVENTION,
    _REGIME,
    _SAME_END,
    EDGE,
    _STEEPEST,
)
