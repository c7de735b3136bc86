"""The experiments about dividing by past gradients: they agree with arithmetic by hand and say which case it is."""

import numpy as np
import pytest

from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize(("lr", "phrase"), [(0.1, "it has settled"), (1.0, "it has settled"), (0.01, "still falling")])
def test_whether_adagrads_rate_has_settled_is_told(lr: float, phrase: str) -> None:
    assert phrase in ask("X27", lr=lr).sentence


@pytest.mark.parametrize("noise", [1.0, 10.0])
def test_under_noise_adagrads_rate_falls_as_one_over_the_root_of_time(noise: float) -> None:
    rate = ask("X27", noise=noise).numbers["effective rate after 4000 steps, noise"]
    # A sum of 4000 squared normals varies by 2 %, its root by 1 %.
    assert rate * noise * 4000**0.5 == pytest.approx(0.1, rel=0.05)


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("noise", [0.5, 1.0])
def test_adagrad_learns_rare_features_best_from_noisy_answers(power: float, noise: float) -> None:
    finding = ask("X28", power=power, noise=noise)
    assert finding.numbers["loss, second best / AdaGrad"] > 1.1
    assert finding.sentence.endswith("Lowest is AdaGrad.")


def test_another_winner_is_told_where_features_are_common_and_answers_exact() -> None:
    finding = ask("X28", power=0.5, noise=0.0)
    assert finding.numbers["loss, second best / AdaGrad"] < 1
    assert finding.sentence.endswith("Lowest is Gradient descent.")


def test_rates_at_which_a_rule_diverged_are_not_drawn() -> None:
    plot = ask("X28").plot
    assert plot is not None
    sizes = {series.name: series.x.max() for series in plot.series}
    assert sizes["Gradient descent"] < 1 < sizes["AdaGrad"]
    assert all(np.isfinite(series.y).all() for series in plot.series)


@pytest.mark.parametrize("gradient", [1e-10, 1e-8, 1e-6, 1e-4, 1.0])
@pytest.mark.parametrize("eps", [1e-12, 1e-8, 1e-2])
def test_the_first_step_with_either_epsilon_is_the_one_by_hand(gradient: float, eps: float) -> None:
    numbers = ask("X29", gradient=gradient, eps=eps).numbers
    # The step is a difference of two points, which leaves about 1e-16 of the gradient and of the step.
    assert numbers["step / lr, √G + ε"] == pytest.approx(gradient / (gradient + eps), rel=1e-7)
    assert numbers["step / lr, √(G + ε)"] == pytest.approx(gradient / np.sqrt(gradient**2 + eps), rel=1e-7)
