"""The experiments about schedules: what they measure agrees with plain loops."""

import numpy as np
import pytest

from tests.core.evidence.experiments.findings import ask


def _steps_by_hand(start: float, factor: list[float], lr: float) -> float:
    x = start
    for step, part in enumerate(factor):
        if abs(x) < 1:
            return step
        x -= lr * part * x * np.exp(-(x**2) / 2)
    return np.inf


@pytest.mark.parametrize(("lr", "start"), [(0.5, 4.0), (0.2, 3.0), (1.0, 4.5)])
def test_schedules_are_those_of_a_plain_loop_and_never_help_across_a_plateau(lr: float, start: float) -> None:
    numbers = ask("X55", lr=lr, start=start).numbers
    n = np.arange(2000)
    shapes = {
        "constant": np.ones(2000),
        "cosine": (1 + np.cos(np.pi * n / 2000)) / 2,
        "warm-up + cosine": np.where(n + 1 < 200, (n + 1) / 200, (1 + np.cos(np.pi * (n + 1 - 200) / 1800)) / 2),
    }
    for name, shape in shapes.items():
        # A crossing can move by a step.
        by_hand = _steps_by_hand(start, list(shape), lr)
        assert numbers[f"steps, Gradient descent, {name}"] == pytest.approx(by_hand, abs=1)
    for rule in ("Gradient descent", "Momentum", "Adam"):
        assert numbers[f"steps, {rule}, constant"] <= numbers[f"steps, {rule}, cosine"]
        assert numbers[f"steps, {rule}, cosine"] < numbers[f"steps, {rule}, warm-up + cosine"] or np.isinf(
            numbers[f"steps, {rule}, cosine"]
        )
    assert numbers["steps, Momentum, constant"] < numbers["steps, Gradient descent, constant"] / 3


def _ends_lower(lr: float, warmup: float, start: float) -> bool:
    x = start
    for t in range(1, 1001):
        x -= lr * min(t / warmup, 1) * x**3
        if abs(x) > 1e12:
            return False
    return abs(x) < start


@pytest.mark.parametrize("start", [1.0, 5.0, 10.0])
@pytest.mark.parametrize("warmup", [1, 20, 200])
def test_the_largest_rate_is_where_a_plain_loop_begins_to_fail(start: float, warmup: int) -> None:
    numbers = ask("X62", start=start, warmup=warmup).numbers
    limit = numbers["largest rate, warm-up"]
    assert _ends_lower(0.999 * limit, warmup, start)
    assert not _ends_lower(1.001 * limit, warmup, start)
    # By hand; the search is this fine.
    assert numbers["largest rate, no warm-up"] == pytest.approx(2 / start**2, rel=0.0005)


def test_a_longer_warm_up_allows_more_on_the_quartic_and_little_on_the_parabola() -> None:
    plot = ask("X62").plot
    assert plot is not None
    quartic, parabola = (series.y for series in plot.series)
    assert (np.diff(quartic) > 0).all()
    assert quartic[-1] > 100 * quartic[0]
    assert parabola[-1] < 1.5 * parabola[0]


def test_no_warm_up_is_called_so() -> None:
    assert "With no warm-up the peak" in ask("X62", warmup=1).sentence
    assert "With 2 steps of linear warm-up the peak" in ask("X62", warmup=2).sentence


@pytest.mark.parametrize(
    ("epochs", "period", "falls"), [(90, 30, 2), (91, 30, 3), (30, 30, 0), (31, 30, 1), (10, 5, 1)]
)
def test_falls_are_counted_as_they_happen(epochs: int, period: int, falls: int) -> None:
    numbers = ask("X78", epochs=epochs, period=period).numbers
    assert numbers["falls"] == falls
    assert numbers["last rate / first rate"] == pytest.approx(0.1**falls)
