"""The experiments about momentum: what is measured agrees with theory, and sentences say which case it is."""

import numpy as np
import pytest

from core.evidence.experiments import momentum
from core.formula import parse
from tests.core.evidence.experiments.findings import ask


def test_momentum_saves_steps_in_proportion_to_the_root_of_the_condition_number() -> None:
    small, large = (ask("X19", kappa=kappa).numbers["gradient descent / heavy ball"] for kappa in (100, 10_000))
    # Ten times, but for logarithms: transients of the heavy ball grow slowly with κ.
    assert large / small == pytest.approx(10, rel=0.2)


@pytest.mark.parametrize(("kappa", "steps"), [(10, (69, 27, 43, 37)), (1000, (6908, 315, 508, 439))])
def test_the_steps_in_a_ravine_are_the_known_ones(kappa: float, steps: tuple[int, ...]) -> None:
    finding = ask("X19", kappa=kappa)
    # A crossing can move by one step where a platform rounds differently.
    assert list(finding.numbers.values())[:4] == pytest.approx(steps, abs=1)
    assert f"At κ = {kappa}, " in finding.sentence


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("curvature", [0.01, 1.0, 100.0])
def test_measured_edges_of_stability_are_the_predicted_ones(beta: float, curvature: float) -> None:
    finding = ask("X20", beta=beta, curvature=curvature)
    ball, ball_theory, nag, nag_theory = finding.numbers.values()
    # The last grid resolves 4.4/200³ of 1/L; growth over 500 steps shows what is above it.
    assert ball * curvature == pytest.approx(ball_theory * curvature, abs=1e-4)
    assert nag * curvature == pytest.approx(nag_theory * curvature, abs=1e-4)
    assert ("the same" in finding.sentence) == (beta == 0)


@pytest.mark.parametrize("lr", [1e-4, 0.01, 0.025])
@pytest.mark.parametrize("beta", [0.0, 0.9, 0.99])
def test_the_forms_of_nesterovs_method_agree_wherever_they_are_stable(lr: float, beta: float) -> None:
    numbers = ask("X21", lr=lr, beta=beta).numbers
    # Rounding over 200 steps.
    assert numbers["largest difference of three forms"] < 1e-12
    assert numbers["PyTorch's parameter from θ − βv"] < 1e-12
    assert (numbers["PyTorch's parameter from θ"] > 1e-3) == (beta > 0)


@pytest.mark.parametrize(("factor", "differs"), [(0.0, True), (0.5, True), (1.0, False)])
def test_where_the_rate_stands_matters_exactly_if_it_changes(factor: float, differs: bool) -> None:
    numbers = ask("X22", factor=factor).numbers
    assert numbers["largest difference, constant rate"] < 1e-12
    assert (numbers["largest difference, falling rate"] > 1e-3) == differs


@pytest.mark.parametrize("beta", [0.0, 0.9, 0.99])
@pytest.mark.parametrize("tau", [0.0, 0.5, 1.0])
def test_steps_on_a_steady_slope_end_at_the_predicted_length(beta: float, tau: float) -> None:
    numbers = ask("X23", beta=beta, tau=tau).numbers
    # 0.99^2000 of the way is left: 2e-9.
    assert numbers["last step, no dampening"] == pytest.approx(numbers["lr/(1 − β)"], rel=1e-8)
    assert numbers["last step, dampened"] == pytest.approx(numbers["lr(1 − τ)/(1 − β)"], rel=1e-8, abs=1e-8)


@pytest.mark.parametrize(
    ("lr", "beta", "told"),
    [
        (0.1, 0.9, "which is less"),
        (1.0, 0.9, "Nesterov's method by 0, which is less"),
        (0.1, 0.0, "by 0 and Nesterov's method by 0, which makes no difference"),
        (1.3, 0.0, "by 0.3 and Nesterov's method by 0.3, which makes no difference"),
    ],
)
def test_who_overshoots_less_is_told(lr: float, beta: float, told: str) -> None:
    assert told in ask("X24", lr=lr, beta=beta).sentence


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


@pytest.mark.parametrize(("size", "steps", "told"), [(200, 200, "Nesterov's method"), (3, 100, "gradient descent")])
def test_who_is_lower_on_the_chain_is_told(size: int, steps: int, told: str) -> None:
    assert ask("X26", size=size, steps=steps).sentence.endswith(f"; {told} is lower.")


@pytest.mark.parametrize("size", [2, 20, 400])
@pytest.mark.parametrize("steps", [10, 100, 2000])
def test_both_methods_keep_their_guarantees(size: int, steps: int) -> None:
    gd, nag, gd_bound, nag_bound = ask("X26", size=size, steps=steps).numbers.values()
    assert 0 <= gd <= gd_bound
    assert 0 <= nag <= nag_bound
