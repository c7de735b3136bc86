"""The experiments about runs that diverge: loop and steps are PyTorch's and those by hand; what clipping can do."""

import numpy as np
import pytest
import torch

from core.evidence.experiments import divergence
from core.formula.words import digits
from tests.core.evidence.experiments.findings import ask


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
    numbers = ask("X76", rate=rate).numbers
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
    finding = ask("X76", rate=1.9)
    assert finding.sentence.count("nothing of the kind happens") == 2
    assert np.isinf(finding.numbers["first infinite loss, float32"])


def test_steeper_than_a_parabola_it_is_a_matter_of_a_few_steps() -> None:
    parabola, quartic = ask("X76"), ask("X76", power=4)
    key = "first weight that is NaN, float32"
    assert quartic.numbers[key] < 0.02 * parabola.numbers[key]


@pytest.mark.parametrize("lr", [1e-4, 1e-3, 1e-2])
def test_a_chain_explodes_without_clipping_and_travels_at_most_its_steps_with_it(lr: float) -> None:
    finding = ask("X48", lr=lr)
    numbers = finding.numbers
    assert f"such a step is {digits(3 * lr)} long" in ask("X48", lr=lr, clip_norm=3.0).sentence
    assert numbers["gradient at the start"] == pytest.approx((1.2**50 - 0.5) * 50 * 1.2**49, rel=1e-12)
    assert numbers["steps survived without clipping"] == 0
    assert "gradient descent leaves every bound at step 1." in finding.sentence
    assert f"such a step is {digits(lr)} long" in finding.sentence
    assert abs(1.2 - numbers["w at the end, clipped"]) <= 300 * lr


def test_where_nothing_explodes_clipping_changes_nothing() -> None:
    finding = ask("X48", depth=2, clip_norm=100.0, lr=0.1)
    assert finding.numbers["clipped steps in %"] == 0
    assert finding.numbers["steps survived without clipping"] == 300
    assert finding.sentence.count("ends at w = 0.7071") == 2


def test_clipping_at_too_large_a_norm_saves_nothing() -> None:
    finding = ask("X48", depth=60, clip_norm=100.0, lr=0.1)
    assert finding.sentence.count("leaves every bound at step 1") == 2
    assert finding.numbers["clipped steps in %"] == 100


def test_clipping_does_not_make_too_large_a_rate_stable() -> None:
    # Near the minimum the limit is 2/642 = 0.0031.
    for lr, stable in ((0.001, True), (0.003, True), (0.01, False), (0.1, False)):
        assert (ask("X48", lr=lr).numbers["loss at the end, clipped"] < 1e-12) == stable
