"""The experiments about newer rules: they agree with the declarations, with arithmetic and with the shipped rules."""

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize("weights", [1e6, 7e9, 1e12])
def test_every_rule_is_counted_with_what_its_text_keeps(weights: float) -> None:
    finding = ask("X38", weights=weights)
    for optimizer in OPTIMIZERS.values():
        # Bytes of float32, in units of 10⁹.
        expected = optimizer.parsed.numbers_per_weight * weights * 4 / 1e9
        assert finding.numbers[f"state in GB, {optimizer.name}"] == pytest.approx(expected, rel=1e-12)
    assert "25 % less" in finding.sentence


def test_the_picture_of_memory_has_a_line_for_each_count() -> None:
    plot = ask("X38").plot
    assert plot is not None
    assert [series.name[:2] for series in plot.series] == ["1:", "2:", "3:", "4:"]
    assert "AMSGrad" in plot.series[2].name
    assert "Adan" in plot.series[3].name


@pytest.mark.parametrize("lr", [0.0005, 0.003, 0.01, 0.1])
def test_lions_steps_are_all_alike_and_end_in_a_cycle_of_their_size(lr: float) -> None:
    numbers = ask("X39", lr=lr).numbers
    assert numbers["shortest step"] == pytest.approx(lr * 2**0.5, rel=1e-9)
    assert numbers["longest step"] == pytest.approx(lr * 2**0.5, rel=1e-9)
    assert numbers["swing / α, flat coordinate"] == pytest.approx(1.0, rel=1e-6)
    assert numbers["swing / α, steep coordinate"] == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize(
    ("gamma", "phrase"), [(0.01, "needs 948 steps to bring"), (1.0, "needs more than 7000 steps to bring")]
)
def test_whether_sophia_arrives_is_told(gamma: float, phrase: str) -> None:
    finding = ask("X40", gamma=gamma)
    assert phrase in finding.sentence
    assert (finding.numbers["lowest loss"] <= 1e-3) == np.isfinite(finding.numbers["steps to 0.001"])


def test_smaller_gamma_clips_more() -> None:
    shares = [ask("X40", gamma=gamma).numbers["clipped in %"] for gamma in (0.001, 0.01, 0.1, 1.0)]
    assert shares == sorted(shares, reverse=True)


def test_estimates_of_the_diagonal_scatter_as_computed() -> None:
    numbers = ask("X40").numbers
    hessian = OBJECTIVES["rosenbrock"].parsed.hessian(np.array([-1.5, 2.0]))
    random = np.random.default_rng(1)
    signs, normal = random.choice([-1.0, 1.0], (2, 100_000)), random.standard_normal((2, 100_000))
    # The scatter of 100 000 signs is known to 0.3 %; squares of normal numbers have heavy tails, 0.6 %.
    assert (signs * (hessian @ signs))[0].std() == pytest.approx(numbers["scatter of one estimate, signs"], rel=0.02)
    assert (normal * (hessian @ normal))[0].std() == pytest.approx(numbers["scatter of one estimate, normal"], rel=0.03)
    assert (signs * (hessian @ signs))[0].mean() == pytest.approx(numbers["curvature along x at the start"], rel=0.01)


def test_a_vector_gets_the_length_that_the_shipped_muon_gives_it() -> None:
    path = trace(Run("x + 2*y", "muon", (0.0, 0.0), 1, {"lr": 1.0}))
    length = float(np.linalg.norm(path.x[1] - path.x[0]))
    assert ask("X41").numbers["length of a vector after"] == pytest.approx(length, rel=1e-9)


@pytest.mark.parametrize("weakest", [0.003, 0.03, 0.3, 1.0])
def test_muon_brings_singular_values_within_the_known_range(weakest: float) -> None:
    numbers = ask("X41", weakest=weakest).numbers
    # The polynomial maps [0.003, 1] into [0.68, 1.20]; division by the norm takes a little off the smallest.
    assert numbers["smallest singular value after"] > 0.67
    assert numbers["largest singular value after"] < 1.21
    assert numbers["cosine to UVᵀ after"] > 0.97


def test_a_singular_value_that_is_too_small_stays_small() -> None:
    assert ask("X41", weakest=1e-6).numbers["smallest singular value after"] < 0.01


@pytest.mark.parametrize(("rounds", "phrase"), [(1, "after 1 round of"), (5, "after 5 rounds of")])
def test_rounds_are_counted_in_words(rounds: int, phrase: str) -> None:
    assert phrase in ask("X41", rounds=rounds).sentence
