"""The experiments about where momentum is safe: they agree with theory, and sentences say which case it is."""

import numpy as np
import pytest

from core.evidence.experiments import momentum
from core.formula import parse
from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("curvature", [0.01, 1.0, 100.0])
def test_measured_edges_of_stability_are_the_predicted_ones(beta: float, curvature: float) -> None:
    finding = ask("X20", beta=beta, curvature=curvature)
    ball, ball_theory, nag, nag_theory = finding.numbers.values()
    # The last grid resolves 4.4/200³ of 1/L; growth over 500 steps shows what is above it.
    assert ball * curvature == pytest.approx(ball_theory * curvature, abs=1e-4)
    assert nag * curvature == pytest.approx(nag_theory * curvature, abs=1e-4)
    assert ("the same" in finding.sentence) == (beta == 0)


@pytest.mark.parametrize(
    ("lr", "beta", "phrase"),
    [
        (0.1, 0.9, "which is less"),
        (1.0, 0.9, "Nesterov's method by 0, which is less"),
        (0.1, 0.0, "by 0 and Nesterov's method by 0, which makes no difference"),
        (1.3, 0.0, "by 0.3 and Nesterov's method by 0.3, which makes no difference"),
    ],
)
def test_who_overshoots_less_is_told(lr: float, beta: float, phrase: str) -> None:
    assert phrase in ask("X24", lr=lr, beta=beta).sentence


@pytest.mark.parametrize("joint", [1.0, 2.0])
def test_the_function_on_which_the_heavy_ball_cycles_is_smooth_where_its_pieces_meet(joint: float) -> None:
    pieces = parse(momentum.THREE_PIECES, ("x",))
    # The right piece holds at the joint itself; a curvature of 25 changes the slope by this much.
    left, right = np.array([joint - 1e-9]), np.array([joint])
    assert pieces.value(left) == pytest.approx(pieces.value(right), abs=1e-6)
    assert pieces.grad(left)[0] == pytest.approx(pieces.grad(right)[0], abs=1e-6)


@pytest.mark.parametrize("start", np.linspace(-10, 10, 41))
def test_the_heavy_ball_either_repeats_three_points_or_arrives(start: float) -> None:
    finding = ask("X25", start=start)
    assert finding.plot is not None
    points = [finding.numbers[f"last three points, {which}"] for which in ("lowest", "middle", "highest")]
    if "in a cycle" in finding.sentence:
        # The curve that is shown already goes through the same three points, whatever the start.
        assert points == pytest.approx([-1.80245, 0.64653, 2.11592], abs=1e-4)
        assert sorted(finding.plot.series[0].y[-3:]) == pytest.approx(points, abs=0.1)
    else:
        assert "reaches the minimum" in finding.sentence
        assert points == pytest.approx([0, 0, 0], abs=1e-9)
    assert abs(finding.numbers["end, gradient descent"]) < 1e-9
    assert abs(finding.numbers["end, Nesterov"]) < 1e-9
