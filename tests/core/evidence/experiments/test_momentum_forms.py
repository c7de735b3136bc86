"""The experiments about ways to write momentum: which of them agree, and where steps end."""

import pytest

from tests.core.evidence.experiments.findings import ask


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
