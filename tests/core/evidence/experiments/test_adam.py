"""The experiments about Adam's memories: they agree with arithmetic by hand."""

import numpy as np
import pytest

from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize("beta1", [0.0, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("beta2", [0.5, 0.999, 0.9999])
def test_without_bias_correction_the_first_step_is_the_one_by_hand(beta1: float, beta2: float) -> None:
    finding = ask("X30", beta1=beta1, beta2=beta2)
    # ε is 1e-8 of the gradient, and up to a hundred times that of √v.
    assert finding.numbers["ratio at step 1"] == pytest.approx((1 - beta1) / np.sqrt(1 - beta2), rel=2e-6)
    assert finding.numbers["largest ratio"] >= finding.numbers["ratio at step 1"]


@pytest.mark.parametrize("large", [2.1, 3.0, 10.0])
def test_adam_walks_to_the_wrong_end_and_amsgrad_to_the_right_one(large: float) -> None:
    numbers = ask("X33", C=large).numbers
    # The last steps are 0.003 long.
    assert numbers["end, Adam"] == pytest.approx(1.0, abs=0.01)
    assert numbers["end, AMSGrad"] == pytest.approx(-1.0, abs=0.01)
    assert numbers["mean gradient"] > 0


@pytest.mark.parametrize(("silence", "multiple"), [(0, 1.0), (10, 0.48213), (1000, 2.5153)])
def test_the_jump_after_silence_grows_with_it_to_its_limit(silence: int, multiple: float) -> None:
    finding = ask("X34", silence=silence)
    assert finding.numbers["first step / lr"] == pytest.approx(multiple, rel=1e-4)
    assert finding.numbers["first step / lr"] <= max(1.0, finding.numbers["(1 − β₁)/√(1 − β₂)"])
