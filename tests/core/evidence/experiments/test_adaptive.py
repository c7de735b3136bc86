"""The experiments about adaptive rules: they agree with arithmetic by hand, and sentences say which case it is."""

import numpy as np
import pytest

from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize(("lr", "told"), [(0.1, "it has settled"), (1.0, "it has settled"), (0.01, "still falling")])
def test_whether_adagrads_rate_has_settled_is_told(lr: float, told: str) -> None:
    assert told in ask("X27", lr=lr).sentence


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


@pytest.mark.parametrize("beta1", [0.0, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("beta2", [0.5, 0.999, 0.9999])
def test_without_bias_correction_the_first_step_is_the_one_by_hand(beta1: float, beta2: float) -> None:
    finding = ask("X30", beta1=beta1, beta2=beta2)
    # ε is 1e-8 of the gradient, and up to a hundred times that of √v.
    assert finding.numbers["ratio at step 1"] == pytest.approx((1 - beta1) / np.sqrt(1 - beta2), rel=2e-6)
    assert finding.numbers["largest ratio"] >= finding.numbers["ratio at step 1"]


@pytest.mark.parametrize(
    ("scale", "told"),
    [(1000.0, "diverges at step 3"), (1.0, "points move by up to 0."), (0.001, "points move by up to 2")],
)
def test_what_scaling_does_to_gradient_descent_is_told(scale: float, told: str) -> None:
    finding = ask("X31", scale=scale)
    assert told in finding.sentence
    # ε is 1e-8, and matters more for small losses.
    assert finding.numbers["largest change of Adam's points"] < 1e-5


@pytest.mark.parametrize(("angle", "steps"), [(0, 305), (15, 2326), (30, 3106), (90, 305)])
def test_adam_needs_the_known_steps_on_a_turned_ravine(angle: float, steps: int) -> None:
    numbers = ask("X32", angle=angle).numbers
    # Rounding in cos and sin can shift a slow crossing.
    assert numbers["steps, Adam, turned"] == pytest.approx(steps, abs=10)
    assert numbers["steps, gradient descent, turned"] == pytest.approx(444, abs=1)


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
