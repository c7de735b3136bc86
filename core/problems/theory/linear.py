"""The stability of any rule near a minimum: its step on a parabola, linearised from its graph at rest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from core.catalogue.optimizers import Optimizer
from core.engine.findings import Mark, Plot, Series
from core.engine.summary import Race
from core.formula import derivatives, emit
from core.formula.graph import Graph, Value
from core.formula.lower import Values
from core.formula.words import digits
from core.problems.theory.curvature import curvature as curvature_at

Array = npt.NDArray[np.float64]

# From 0.01: at 0 nothing moves.
_PRODUCTS = np.linspace(0.01, 5.0, 500)
_HIGHEST = 1.5
# The place of a limit is refined to so many parts of one of these steps.
_FINER = 201
_MIXING = frozenset({"sum", "orthogonalize"})
# What shrinks with the step has gone by the first of these; what still changes between them goes on changing.
_LATE = (1e6, 1e6 + 1, 4e6)
_RUN = 1e7
_REST, _CHANGE = 1e-12, 1e-9
_STEPS = 400
# How far from rest a step is compared with its linear part, and how well it must agree, relative to what it moves.
_AWAY, _AGREE = 1e-7, 1e-4


@dataclass(frozen=True)
class _Parabola:
    """The oracle of a parabola with its minimum at 0."""

    curvature: float

    def loss(self, graph: Graph, point: Values) -> Value:
        return graph.apply("mul", graph.constant(self.curvature / 2), graph.power(point[0], 2))

    def gradient(self, graph: Graph, point: Values) -> Values:
        return (graph.apply("mul", graph.constant(self.curvature), point[0]),)

    def hessian(self, graph: Graph, point: Values) -> Sequence[Values]:
        return ((graph.constant(self.curvature),),)


class _Step:
    """A step of a rule in one coordinate, the step t: where a point and a state go, and how they change that."""

    def __init__(self, optimizer: Optimizer, hypers: Mapping[str, float], curvature: float) -> None:
        rule = optimizer.parsed
        graph = Graph()
        self.size = 1 + len(rule.state)
        inputs = [f"at{index}" for index in range(self.size)]
        values = [graph.input(name) for name in inputs]
        lr, t = graph.input("lr"), graph.input("t")
        names = {name: (lr if name == "lr" else graph.constant(hypers[name]),) for name in rule.hypers}
        names |= {"t": (t,), "T": (graph.constant(_RUN),)}
        done = rule.step(
            graph,
            (values[0],),
            names | {name: (values[1 + i],) for i, name in enumerate(rule.state)},
            _Parabola(curvature),
        )
        after = [done.names["x"][0], *(done.names[name][0] for name in rule.state)]
        slopes = [slope for value in after for slope in derivatives.gradient(graph, value, values)]
        begun = rule.start(graph, (graph.constant(0.0),), names)
        self._go = emit.function(graph, [*inputs, "lr", "t"], after, emit.ARRAY)
        self._slopes = emit.function(graph, [*inputs, "lr", "t"], slopes, emit.ARRAY)
        self._start = emit.function(graph, ["lr"], [begun[name][0] for name in rule.state], emit.ARRAY)

    def start(self, lr: float) -> Array:
        """The state before the first step, after the point 0."""
        return np.array([0.0, *(float(value) for value in self._start(np.float64(lr)))])

    def go(self, at: Array, lr: float, t: float) -> Array:
        """The point and the state after the step ``t`` from ``at``."""
        return np.array([float(value) for value in self._go(*map(np.float64, [*at, lr, t]))])

    def slopes(self, at: Array, lr: Array, t: float) -> Array:
        """The derivatives of the step ``t`` at ``at``, of shape ``(*lr.shape, size, size)``."""
        found = self._slopes(*map(np.float64, at), lr, np.float64(t))
        rows = [np.broadcast_to(np.asarray(value, dtype=np.float64), lr.shape) for value in found]
        return np.stack(rows, axis=-1).reshape(*lr.shape, self.size, self.size)


@np.errstate(all="ignore")
def step_factors(optimizer: Optimizer, hypers: Mapping[str, float], products: Array, curvature: float = 1.0) -> Array:
    """The factor per step on a small distance to a minimum in the long run, at each of ``products``.

    It is the largest size of an eigenvalue of the linearised step, of the shape of ``products``, which are learning
    rate times ``curvature``; below 1 the rule comes back to the minimum. Most rules answer to the product alone.
    ``hypers`` gives the other hyperparameters. Raises ``ValueError`` with a sentence for a rule that no such factor
    describes.
    """
    name, rates = optimizer.name, products / curvature
    if optimizer.parsed.functions & _MIXING:
        raise ValueError(f"{name} mixes the weights, so no direction can be judged by itself.")
    step, (first, *others) = _Step(optimizer, hypers, curvature), _LATE
    middle = float(np.median(rates))
    rest = before = step.start(middle)
    for _ in range(_STEPS):
        before, rest = rest, step.go(rest, middle, first)
    if not np.allclose(rest, before, rtol=_REST, atol=_REST):
        raise ValueError(
            f"{name} does not come to rest at a minimum: even there its state or its point goes on changing."
        )
    slopes = step.slopes(rest, rates, first)
    if not np.isfinite(slopes).all() or not _is_smooth(step, rest, middle, first):
        raise ValueError(
            f"The step of {name} has no derivative at a minimum: however near, it is not proportional to the distance."
        )
    if any(not np.allclose(step.slopes(rest, rates, t), slopes, rtol=_CHANGE, atol=_CHANGE) for t in others):
        raise ValueError(f"The step of {name} goes on changing with t, so no single factor describes it.")
    return np.asarray(np.abs(np.linalg.eigvals(_of_the_point(slopes))).max(axis=-1))


def _of_the_point(slopes: Array) -> Array:
    """``slopes`` of the point and of the states that hear of it and act on it; the others go their own way."""
    paths = (slopes != 0).reshape(-1, *slopes.shape[-2:]).any(axis=0)
    for _ in range(len(paths)):
        paths |= paths @ paths
    felt = paths[0] & paths[:, 0]
    felt[0] = True
    return slopes[..., felt, :][..., felt]


def _is_smooth(step: _Step, rest: Array, lr: float, t: float) -> bool:
    """Whether small steps away from ``rest``, to either side, go where the derivatives say."""
    slopes, still = step.slopes(rest, np.array(lr), t), step.go(rest, lr, t)
    for index, side in product(range(step.size), (_AWAY, -_AWAY)):
        moved = rest.copy()
        moved[index] += side
        change = (step.go(moved, lr, t) - still) / side
        if not np.allclose(change, slopes[:, index], rtol=_AGREE, atol=_AGREE):
            return False
    return True


def stability(race: Race) -> tuple[Plot, tuple[str, ...]]:
    """The factor of every racer against learning rate × curvature, with a dot where it stands, and a sentence for each.

    The curvature is the largest one at the known minimum, or else where the lowest path ended. Without a
    positive one the curves are those of a curvature of 1, and no dot stands on them.
    """
    known = _largest_curvature(race)
    largest = known or 1.0
    series: list[Series] = []
    said: list[str] = []
    for racer, path in race:
        settings = path.run.settings
        here = settings["lr"] * largest

        def factors(products: Array, curvature: float = largest) -> Array:
            return step_factors(racer.optimizer, settings, products, curvature)  # noqa: B023

        try:
            found = factors(np.append(_PRODUCTS, here))
        except ValueError as error:
            said.append(str(error))
            continue
        curve, dot = found[:-1], found[-1:]
        series.append(Series(racer.name, _PRODUCTS, _shown(curve), racer.color, racer.dash))
        place = np.array([here if known and here <= _PRODUCTS[-1] else np.nan])
        series.append(Series("", place, _shown(dot), racer.color, mode="markers"))
        alone = np.allclose(factors(_PRODUCTS, 2 * largest), curve, rtol=_CHANGE, atol=_CHANGE)
        where = "" if alone else f" at a curvature of {digits(largest)}"
        sentence = f"{racer.name} is stable {_limit(curve, factors)}{where}."
        if known:
            product = f"{digits(settings['lr'])} × {digits(known)} = {digits(here)}"
            sentence += f" Here it stands at {product}: {'stable' if dot[0] < 1 else 'not stable'}."
        said.append(sentence)
    if not known:
        said.append("This loss has no positive curvature at its lowest point, so none of this is promised here.")
    marks = (Mark("y", 1.0, "nothing shrinks"),)
    return Plot("learning rate × curvature", "factor per step", tuple(series), marks=marks), tuple(said)


def _largest_curvature(race: Race) -> float | None:
    """The largest curvature at the minimum, or else at the end of the lowest path; ``None`` where none is positive."""
    objective = race[0][1].run.resolved_objective
    if objective.kink:
        return None
    ends = [path for _, path in race if not path.status.failed]
    if objective.minima:
        bottom = np.asarray(objective.minima[0], dtype=np.float64)
    elif ends:
        bottom = min(ends, key=lambda path: path.loss[-1]).x[-1]
    else:
        return None
    try:
        largest = curvature_at(objective.parsed, bottom).largest
    except ValueError:
        return None
    return largest if largest > 0 else None


def _shown(factors: Array) -> Array:
    """``factors`` with gaps where they are too large to draw beside 1."""
    return np.where(factors <= _HIGHEST, factors, np.nan)


def _limit(curve: Array, factors: Callable[[Array], Array]) -> str:
    unstable = np.flatnonzero(curve >= 1)
    if not unstable.size:
        return f"up to a product of at least {digits(_PRODUCTS[-1])}"
    first = unstable[0]
    if not first:
        return f"at no product from {digits(_PRODUCTS[0])} on"
    between = np.linspace(_PRODUCTS[first - 1], _PRODUCTS[first], _FINER)
    return f"up to a product of {digits(between[factors(between) < 1][-1])}"
