"""The seven tips: their verdicts, and the numbers they give are what the experiments and the engine find."""

import numpy as np
import pytest

from core import Run, trace
from core.claim_texts import tips
from core.experiments import adaptive, batch_size, decay, training
from core.experiments import tips as tip_experiments
from core.findings import Finding

CLAIMS = {claim.key: claim for claim in tips.ALL}
EXPERIMENTS = {
    experiment.key: experiment
    for module in (adaptive, batch_size, decay, tip_experiments, training)
    for experiment in module.ALL
}


def _found(key: str, **settings: float) -> Finding:
    return EXPERIMENTS[key].run(settings)


@pytest.mark.parametrize(
    ("claim", "shown", "experiment", "label", "settings"),
    [
        ("C133", "0.08,", "X62", "largest rate, no warm-up", {}),
        ("C133", "3.5,", "X62", "largest rate, warm-up", {}),
        ("C134", "0.0092,", "X48", "loss at the end, clipped", {"lr": 0.01}),
        ("C138", "5.65 ", "X61", "error, λ = 0", {}),
        ("C138", "1.15;", "X61", "error, this λ", {}),
        ("C138", "0.095.", "X61", "error without noise, this λ", {}),
        ("C138", "231 049 ", "X61", "half-life in steps", {"weight_decay": 0.01}),
    ],
)
def test_a_number_in_a_tip_is_what_the_experiment_finds(
    claim: str, shown: str, experiment: str, label: str, settings: dict[str, float]
) -> None:
    assert shown in CLAIMS[claim].correct
    text = shown.replace(" ", "").strip(",;").rstrip(".")
    # Half a unit of the last digit that is printed.
    digits = len(text.partition(".")[2])
    assert _found(experiment, **settings).numbers[label] == pytest.approx(float(text), abs=0.5001 * 10**-digits)


def test_the_numbers_about_three_ten_thousandths_are_those_of_the_runs() -> None:
    assert "more than 20 times the loss" in CLAIMS["C132"].correct
    assert _found("X64").numbers["loss at the chosen rate / lowest"] > 20
    for steps, lr in ((18_333, 3e-4), (765, 0.1)):
        loss = trace(Run("rosenbrock", "adam", (-1.5, 2.0), 20_000, {"lr": lr})).loss
        assert f"{steps:,} steps".replace(",", " ") in CLAIMS["C132"].correct or f"{steps} at" in CLAIMS["C132"].correct
        # A crossing can move where a platform rounds differently.
        assert np.argmax(loss <= 1e-4) == pytest.approx(steps, rel=0.001)


@pytest.mark.parametrize(
    ("share", "warmup", "steps"),
    [
        ("4 %", 4000, 100_000),
        ("1 %", 10_000, 1_000_000),
        # 1.4·10¹² tokens in batches of 4·10⁶.
        ("0.6 %", 2000, 1.4e12 / 4e6),
        # Tokens.
        ("0.1 %", 375e6, 300e9),
    ],
)
def test_the_shares_of_warm_up_are_those_of_the_recipes(share: str, warmup: float, steps: float) -> None:
    assert share in CLAIMS["C133"].correct
    assert f"{100 * warmup / steps:.1f}".removesuffix(".0") == share.removesuffix(" %")


def test_warm_up_hardly_helps_on_a_parabola() -> None:
    ratio = _found("X62").numbers["ratio on the parabola"]
    assert f"by {100 * (ratio - 1):.1f} % only" in CLAIMS["C133"].correct


def test_the_numbers_about_clipping_are_those_of_the_runs() -> None:
    numbers = _found("X48").numbers
    assert f"{numbers['gradient at the start'] / 1e9:.1f}·10⁹" in CLAIMS["C134"].correct
    assert numbers["steps survived without clipping"] == 0
    assert numbers["w at the end, clipped"] == pytest.approx(numbers["minimum"], abs=1e-9)
    slope = 50 * 0.5 / numbers["minimum"]
    assert f"the limit of {2 / slope**2:.4f}" in CLAIMS["C134"].correct
    slow = _found("X48", lr=1e-4).numbers
    # PyTorch's clipping adds 1e-6 to the norm, a millionth of a millionth here.
    assert f"{1.2 - slow['w at the end, clipped']:.4g} far" in CLAIMS["C134"].correct
    assert _found("X31").numbers["largest change of Adam's points"] < 1e-8


def test_a_range_test_is_right_about_the_steepest_point_and_wrong_about_the_lowest() -> None:
    numbers = _found("X63").numbers
    assert "within a factor of 2" in CLAIMS["C136"].correct
    assert "more than 10 times too large" in CLAIMS["C136"].correct
    for rule in ("Gradient descent", "AdamW"):
        assert 0.5 <= numbers[f"steepest / best, {rule}"] <= 2
    assert numbers["lowest / best, AdamW"] > 10


def test_the_numbers_about_batch_sizes_are_those_of_the_runs() -> None:
    noisy, clean = _found("X58").numbers, _found("X58", noise=0.0).numbers
    assert "80, 82, 84 and 81 %" in CLAIMS["C137"].correct
    assert "all get about 84 %" in CLAIMS["C137"].correct
    assert "91 against 83 %" in CLAIMS["C137"].correct
    assert "about 91 % to all" in CLAIMS["C137"].correct
    # "About": rounding grows in training and may change some answers.
    for batch, same in zip((4, 16, 64, 256), (80, 82, 84, 81), strict=True):
        assert noisy[f"right in %, batch {batch}, same rate"] == pytest.approx(same, abs=1)
        assert noisy[f"right in %, batch {batch}, own rate"] == pytest.approx(84, abs=1)
        assert clean[f"right in %, batch {batch}, own rate"] == pytest.approx(91, abs=1)
    assert clean["right in %, batch 4, same rate"] == pytest.approx(91, abs=1)
    assert clean["right in %, batch 256, same rate"] == pytest.approx(83, abs=1)


def test_adamw_stays_within_the_box_of_its_decay() -> None:
    numbers = _found("X37").numbers
    assert numbers["end, AdamW"] <= numbers["1/λ"] < 20
