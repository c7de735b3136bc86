"""What experiments share: shipped rules edited or run on data, numbers in words, and curves thin enough to draw."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from core.catalogue.optimizers import OPTIMIZERS, Dash
from core.engine.findings import Array, Series, drawn_moments
from core.formula import emit
from core.formula.graph import Graph, Value
from core.formula.lower import Values
from core.formula.words import counted


def edited(key: str, *changes: tuple[str, str]) -> str:
    """The complete text of a shipped rule with each ``(old, new)`` replaced.

    Raises ``ValueError`` if the rule does not contain ``old``: an edit that does nothing would prove nothing.
    """
    text = OPTIMIZERS[key].text
    for old, new in changes:
        if old not in text:
            raise ValueError(f"{key} has no {old!r} to replace.")
        text = text.replace(old, new)
    return text


def seeing(key: str, signal: str, *hypers: str) -> str:
    """The text of a shipped rule that is given ``signal`` (an expression of ``g``, ``t``…) in place of the gradient.

    ``hypers`` are lines that declare further hyperparameters.
    """
    optimizer = OPTIMIZERS[key]
    lines = optimizer.text.removesuffix(optimizer.rule)
    return "\n".join([*hypers, f"{lines}seen = {signal}", re.sub(r"\bg\b", "seen", optimizer.rule)])


def batches(random: np.random.Generator, items: int, size: int) -> Iterator[npt.NDArray[np.intp]]:
    """Without end, the items of the next batch: passes over all, each in a new order, as far as whole batches go."""
    while True:
        yield from random.permutation(items)[: items // size * size].reshape(-1, size)


def first(condition: npt.NDArray[np.bool_]) -> float:
    """The index of the first true entry, infinity if there is none."""
    return float(condition.argmax()) if condition.any() else np.inf


def steps_text(steps: float, budget: int) -> str:
    """A number of steps in words; infinity is more than ``budget``."""
    return f"more than {counted(budget)}" if np.isinf(steps) else counted(steps)


def curve(
    name: str,
    y: Array,
    x: Array | None = None,
    color: str = "",
    dash: Dash = "solid",
) -> Series:
    """``y`` over ``x`` (by default over the steps from 0), thinned to what can be seen on a linear or log axis."""
    kept = drawn_moments(len(y) - 1)
    at = np.arange(len(y), dtype=np.float64) if x is None else x
    return Series(name, at[kept], y[kept], color, dash)


_POINT, _GRADIENT = f"{emit.Input.POINT}point", f"{emit.Input.POINT}gradient"


class _Given:
    """An oracle whose gradient is an input of the graph."""

    def loss(self, graph: Graph, point: Values) -> Value:
        return graph.input("loss")

    def gradient(self, graph: Graph, point: Values) -> Values:
        if tuple(point) != (graph.input(_POINT),):
            raise NotImplementedError("Rules that ask for gradients elsewhere cannot be given gradients from outside.")
        return (graph.input(_GRADIENT),)

    def hessian(self, graph: Graph, point: Values) -> Sequence[Values]:
        raise NotImplementedError("Rules that ask for curvature cannot be given gradients from outside.")


def descend(
    key: str, start: Array, rates: Iterable[float | Array], look: Callable[[Array], tuple[Any, Array]]
) -> tuple[Array, Array]:
    """Where the steps of a shipped elementwise rule lead, for gradients that come from data and not from a formula.

    ``look(x)`` returns what is to be recorded and the gradient, of the shape of ``start``. There is one step for each
    of ``rates``, which broadcast to that shape; hyperparameters besides ``lr`` have their defaults. The second return
    is what was recorded before each step.

    Raises ``NotImplementedError`` for a rule that needs more than the gradient at ``x`` or whose state starts at other
    values than 0.
    """
    step, x = _array_step(key), start
    state = [np.zeros_like(x) for _ in OPTIMIZERS[key].parsed.state]
    seen = []
    for t, rate in enumerate(rates, 1):
        noted, gradient = look(x)
        seen.append(noted)
        x, *state = step(x, gradient, float(t), rate, *state)
    return x, np.array(seen)


@cache
def _array_step(key: str) -> Callable[..., tuple[Array, ...]]:
    """``step(x, gradient, t, lr, *state)``, which returns the new point and the new state; it overwrites the old."""
    optimizer = OPTIMIZERS[key]
    if optimizer.parsed.initial:
        raise NotImplementedError(f"The state of {optimizer.name} does not start at 0.")
    graph = Graph()
    inputs = {name: f"{emit.Input.STATE}{name}" for name in optimizer.parsed.state}
    state = {name: (graph.input(written),) for name, written in inputs.items()}
    hypers = {hyper.name: (graph.constant(hyper.default),) for hyper in optimizer.hypers}
    given = {**hypers, **state, "lr": (graph.input("lr"),), "t": (graph.input("t"),)}
    done = optimizer.parsed.step(graph, (graph.input(_POINT),), given, _Given())
    updated = [done.names[name][0] for name in ("x", *state)]
    step: Callable[..., tuple[Array, ...]] = emit.function(
        graph, [_POINT, _GRADIENT, "t", "lr", *inputs.values()], updated, emit.ARRAY
    )
    return step
