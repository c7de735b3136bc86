"""The formula language and the engine against hand-written NumPy and torch, in one process.

python -m benchmarks.engine [--json]
"""

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.measure import Result, interleaved, report, seconds
from core import OBJECTIVES, Run, trace, trace_many
from core.formula import objective as parser
from core.formula import parse

Array = npt.NDArray[np.float64]

ROSENBROCK = OBJECTIVES["rosenbrock"].formula
# Twice the derivative of x²: the usual way to type it.
TYPICAL = "-20*exp(-0.2*sqrt((x**2 + y**2)/2)) - exp((cos(2*pi*x) + cos(2*pi*y))/2) + e + 20"
STEPS = 500
LR = 0.01
START = (-1.5, 2.0)


def _gradient_by_hand(point: Array) -> Array:
    x, y = point
    return np.array([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)])


def _compare(name: str, ours: float, peer: float, limit: float) -> Result:
    ratio = ours / peer
    return Result(name, ours, peer, ratio, f"at most {limit:g}", "× the peer's time", ratio <= limit)


def gradients() -> list[Result]:
    """Our generated gradient of Rosenbrock's valley against one written by hand."""
    formula = parse(ROSENBROCK)
    point = np.array(START)
    axes = np.meshgrid(np.linspace(-2, 2, 200), np.linspace(-1, 3, 200))
    grid = np.stack(axes)
    # Hand-written and generated code order their operations differently, hence not bit for bit.
    assert np.allclose(formula.grad(grid), _gradient_by_hand(grid), rtol=1e-12, atol=1e-9)
    return [
        _compare(
            f"gradient at {name}, by hand",
            seconds(lambda where=where: formula.grad(where)),
            seconds(lambda where=where: _gradient_by_hand(where)),
            2.0,
        )
        for name, where in (("one point", point), ("200×200 points", grid))
    ]


def compiling() -> Result:
    """Parsing, differentiating and compiling a typical formula."""

    def fresh() -> None:
        parser._parse.cache_clear()
        formula = parse(TYPICAL)
        formula.value(START)
        formula.grad(START)
        formula.hessian(START)

    taken = seconds(fresh)
    return Result(
        "parse and compile value, gradient, Hessian", taken, None, taken * 1e3, "at most 5", "ms", taken <= 5e-3
    )


def one_path() -> Result:
    """500 recorded Adam steps against a loop of ``torch.optim.Adam`` that records the same points."""
    run = Run("rosenbrock", "adam", START, STEPS, {"lr": LR})

    def peer() -> Array:
        point = torch.tensor(START, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.Adam([point], lr=LR)
        seen = [point.detach().numpy().copy()]
        for _ in range(STEPS):
            optimizer.zero_grad()
            ((1 - point[0]) ** 2 + 100 * (point[1] - point[0] ** 2) ** 2).backward()
            optimizer.step()
            seen.append(point.detach().numpy().copy())
        return np.array(seen)

    # Adam on this valley amplifies rounding; after 500 steps the paths still agree far better than a pixel.
    assert np.allclose(trace(run).x, peer(), atol=1e-8)
    ours, theirs = interleaved(lambda: trace(run), peer)
    ratio = theirs / ours
    return Result(
        "500 recorded Adam steps, torch.optim loop", ours, theirs, ratio, "at least 15", "× faster", ratio >= 15
    )


def _torch_sweep(starts: Array, summaries: bool) -> tuple[Array, Array | None]:
    """Adam from all ``starts`` at once, in place; with ``summaries`` also the best loss and which runs blew up."""
    points = torch.tensor(starts)
    x, y = points[0], points[1]
    m, v = torch.zeros_like(points), torch.zeros_like(points)
    gradient, scale = torch.empty_like(points), torch.empty_like(points)
    valley, slope, loss = torch.empty_like(x), torch.empty_like(x), torch.empty_like(x)
    best = torch.full_like(x, float("inf"))
    alive = torch.ones_like(x, dtype=torch.bool)
    beta1, beta2, eps = 0.9, 0.999, 1e-8

    def look() -> None:
        torch.mul(x, x, out=valley)
        torch.sub(y, valley, out=valley)
        torch.sub(x, 1, out=slope)
        if summaries:
            torch.mul(valley, valley, out=loss)
            loss.mul_(100).addcmul_(slope, slope)
            alive.logical_and_(loss.abs() <= 1e100)
            alive.logical_and_(x.abs() <= 1e12).logical_and_(y.abs() <= 1e12)
            torch.minimum(best, loss, out=best)

    for t in range(1, STEPS + 1):
        look()
        torch.mul(valley, 200, out=gradient[1])
        torch.mul(gradient[1], x, out=valley)
        torch.sub(slope, valley, out=gradient[0])
        gradient[0].mul_(2)
        m.lerp_(gradient, 1 - beta1)
        v.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        torch.sqrt(v, out=scale)
        scale.div_((1 - beta2**t) ** 0.5).add_(eps)
        points.addcdiv_(m, scale, value=-LR / (1 - beta1**t))
    look()
    return points.numpy(), best.numpy() if summaries else None


def many_paths() -> list[Result]:
    """200×200 starts × 500 Adam steps against in-place torch on whole arrays, with as many threads as it likes."""
    axes = np.meshgrid(np.linspace(-2, 2, 200), np.linspace(-1, 3, 200))
    starts = np.stack(axes).reshape(2, -1)
    run = Run("rosenbrock", "adam", START, STEPS, {"lr": LR})
    many = trace_many(run, starts=starts)
    ends, best = _torch_sweep(starts, summaries=True)
    # Some starts amplify rounding along the valley.
    assert np.allclose(many.x, ends, atol=1e-4)
    assert best is not None
    assert np.allclose(many.best_loss, best, atol=1e-4)
    ours, same, bare = interleaved(
        lambda: trace_many(run, starts=starts),
        lambda: _torch_sweep(starts, summaries=True),
        lambda: _torch_sweep(starts, summaries=False),
    )
    name = "200×200 starts × 500 Adam steps, torch in place"
    return [
        _compare(f"{name}, same results", ours, same, 2.0),
        _compare(f"{name}, ends only", ours, bare, 2.0),
    ]


if __name__ == "__main__":
    report([*gradients(), compiling(), one_path(), *many_paths()])
