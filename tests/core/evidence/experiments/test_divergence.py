"""The experiment about formats: its loop is PyTorch's, and its steps are those that arithmetic by hand gives."""

import numpy as np
import pytest
import torch

from core.engine.findings import Finding
from core.evidence.experiments import EXPERIMENTS, divergence


def _found(**settings: float) -> Finding:
    return EXPERIMENTS["X76"].run(settings)


@pytest.mark.parametrize(("power", "rate", "start"), [(2, 2.1, 1.0), (2, 3.7, 40.0), (4, 2.1, 1.0), (2, 1.9, 1.0)])
def test_the_loop_in_float32_is_pytorchs(power: int, rate: float, start: float) -> None:
    with np.errstate(all="ignore"):
        weights, _ = divergence._descent(np.float32, power, rate, start)
    weight = torch.nn.Parameter(torch.tensor(start, dtype=torch.float32))
    optimizer = torch.optim.SGD([weight], lr=rate)
    seen = []
    for _ in range(300):
        seen.append(weight.item())
        optimizer.zero_grad()
        (weight.abs() ** power / power).backward()
        optimizer.step()
    # Both round to float32, but not always in the same order: differences add up over 300 steps.
    np.testing.assert_allclose(weights[:300], seen, rtol=1e-4)


@pytest.mark.parametrize("rate", [2.05, 2.1, 2.5, 4.0])
def test_on_a_parabola_the_steps_are_those_of_the_logarithm(rate: float) -> None:
    numbers = _found(rate=rate).numbers
    factor = np.log(rate - 1)
    for name, form in (("float32", np.float32), ("float16", np.float16)):
        largest = float(np.finfo(form).max)
        # Rounding in float16 shifts every step by up to 0.05 %.
        assert numbers[f"loss above 1000 times its start, {name}"] == pytest.approx(
            np.log(1000) / 2 / factor, abs=1 + 0.02 * np.log(1000) / factor
        )
        assert numbers[f"first infinite loss, {name}"] == pytest.approx(
            np.log(largest) / 2 / factor, abs=1.5 + 0.02 * np.log(largest) / factor
        )
        assert numbers[f"first infinite loss, {name}"] < numbers[f"first weight that is NaN, {name}"]


def test_below_the_limit_nothing_happens_and_the_sentence_says_so() -> None:
    finding = _found(rate=1.9)
    assert finding.sentence.count("nothing of the kind happens") == 2
    assert np.isinf(finding.numbers["first infinite loss, float32"])


def test_steeper_than_a_parabola_it_is_a_matter_of_a_few_steps() -> None:
    parabola, quartic = _found(), _found(power=4)
    key = "first weight that is NaN, float32"
    assert quartic.numbers[key] < 0.02 * parabola.numbers[key]
