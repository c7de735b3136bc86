"""What is said of batches and noise has the verdicts of the fact check, and its numbers are found by running."""

import pytest

from core.claim_texts import variants
from core.experiments import EXPERIMENTS

CLAIMS = {claim.key: claim for claim in variants.ALL}


def _number(experiment: str, label: str, **settings: float) -> float:
    return EXPERIMENTS[experiment].run(settings).numbers[label]


@pytest.mark.parametrize(
    ("claim", "shown", "experiment", "label", "scale", "settings"),
    [
        ("C032", "leaves 1.1 %", "X15", "left after one epoch, all samples", 100, {}),
        ("C033", "end at 0.00515", "X09", "distance at αL = 1.9", 1, {}),
        ("C033", "at 117", "X09", "distance at αL = 2.1", 1, {}),
        ("C035", "update 1.1 %", "X15", "left after one epoch, all samples", 100, {}),
        ("C041", "0.111 at 0.2", "X14", "theory α·σ²/(2 − α) at your rate", 1, {"lr": 0.2}),
        ("C041", "0.0526 at 0.1", "X14", "theory α·σ²/(2 − α) at your rate", 1, {"lr": 0.1}),
        ("C041", "0.00503 at 0.01", "X14", "theory α·σ²/(2 − α) at your rate", 1, {"lr": 0.01}),
    ],
)
def test_a_number_in_a_claim_is_what_the_experiment_finds(
    claim: str, shown: str, experiment: str, label: str, scale: float, settings: dict[str, float]
) -> None:
    assert shown in CLAIMS[claim].correct
    number = next(word for word in shown.split() if word[0].isdigit())
    # Half a unit of the last digit that is printed.
    digits = len(number.partition(".")[2])
    assert scale * _number(experiment, label, **settings) == pytest.approx(float(number), abs=0.5001 * 10**-digits)


def test_a_pass_in_batches_leaves_less_than_is_told_and_the_order_turns_around() -> None:
    assert "in batches of 1, 10 or 100 leaves less than 0.01 %" in CLAIMS["C035"].correct
    numbers = EXPERIMENTS["X15"].run().numbers
    for batch in (1, 10, 100):
        assert 100 * numbers[f"left after one epoch, B = {batch}"] < 0.01
    assert numbers["left at the end, all samples"] < numbers["left at the end, B = 10"]
    assert "few samples and much noise the one update may be the better pass" in CLAIMS["C035"].correct
    noisy = EXPERIMENTS["X15"].run({"samples": 200, "noise": 2.0}).numbers
    assert noisy["left after one epoch, all samples"] < noisy["left after one epoch, B = 1"]
    assert "1000 samples" in CLAIMS["C032"].correct
    assert "1000 samples makes 1000 updates" in CLAIMS["C038"].correct
    assert numbers["updates per epoch, B = 1"] == 1000


def test_the_sum_in_portions_agrees_as_closely_as_is_told() -> None:
    assert "50 samples at a time" in CLAIMS["C036"].correct
    assert "less than 2 parts in 10¹⁵" in CLAIMS["C036"].correct
    numbers = EXPERIMENTS["X16"].run({"portion": 50}).numbers
    assert numbers["largest difference, your portions"] < 2e-15 * numbers["largest component of the gradient"]


def test_noise_escapes_as_is_told() -> None:
    numbers = EXPERIMENTS["X17"].run().numbers
    for told in ("noise of 0.3 brings no run", "noise of 1 more than 90 %", "noise of 2 fewer again"):
        assert told in CLAIMS["C039"].correct
    assert numbers["in the lower basin in %, noise 0.3"] == 0
    assert numbers["in the lower basin in %, noise 1"] > 90
    assert numbers["in the lower basin in %, noise 2"] < numbers["in the lower basin in %, noise 1"]
    assert "At a rate of 0.02 noise of 1 brings none" in CLAIMS["C039"].correct
    assert _number("X17", "in the lower basin in %, noise 1", lr=0.02) == 0


def test_the_variance_agrees_as_closely_as_is_told() -> None:
    assert "Measured over 4000 batches both hold within 10 %" in CLAIMS["C040"].correct
    for kind in ("lowest", "highest"):
        assert _number("X13", f"{kind} measured / theory, all sizes") == pytest.approx(1, abs=0.1)
    assert "4000 batches" in EXPERIMENTS["X13"].run().sentence


def test_a_rate_that_falls_removes_the_noise_as_is_told() -> None:
    assert "falls as 1/t removes it" in CLAIMS["C041"].correct
    numbers = EXPERIMENTS["X12"].run().numbers
    assert numbers["mean of x², 1/t"] < 0.01 * numbers["mean of x², constant"]


def test_tuning_closes_the_gap_between_batch_sizes_as_is_told() -> None:
    assert "from several points to less than one" in CLAIMS["C129"].correct
    numbers = EXPERIMENTS["X58"].run().numbers
    assert numbers["spread in points, same rate"] > 2
    assert numbers["spread in points, own rate"] < 1
