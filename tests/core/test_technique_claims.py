"""What is said of techniques has the verdicts of the fact check, and its numbers are found by running."""

from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

from core.claim_texts import techniques
from core.experiments import EXPERIMENTS
from core.findings import Finding
from core.lessons.techniques import TECHNIQUES

CLAIMS = {claim.key: claim for claim in techniques.ALL}


@cache
def _found(experiment: str, **settings: float) -> Finding:
    return EXPERIMENTS[experiment].run(settings)


def _number(experiment: str, label: str, **settings: float) -> float:
    return _found(experiment, **settings).numbers[label]


def _shown(key: str, *texts: str) -> None:
    """Asserts that the correction of claim ``key`` contains ``texts``."""
    for text in texts:
        assert text in CLAIMS[key].correct, (key, text)


@pytest.mark.parametrize(
    ("claim", "shown", "experiment", "label", "scale", "settings"),
    [
        ("C069", "leave 96.08 %", "X68", "worst case ((κ − 1)/(κ + 1))²", 100, {}),
        ("C070", "number of 46.6", "X44", "condition number, min–max", 1, {}),
        ("C070", "against 1.167", "X44", "condition number, standardised", 1, {}),
        ("C070", "and 172 steps", "X44", "steps, min–max", 1, {}),
        ("C070", "and 3 steps", "X44", "steps, standardised", 1, {}),
        ("C070", "number of 723", "X44", "condition number, standardised", 1, {"correlation": 0.997}),
        ("C070", "need 527 steps", "X44", "steps, standardised", 1, {"correlation": 0.997}),
        ("C071", "need 3 steps", "X44", "steps, standardised", 1, {"mean": 0, "spread": 4.24}),
        ("C071", "need 10 if", "X44", "steps, only centred", 1, {"mean": 0, "spread": 1.414}),
        ("C071", "103 if one", "X44", "steps, only centred", 1, {"mean": 0, "spread": 4.24}),
        ("C071", "1171 at ten", "X44", "steps, only centred", 1, {"mean": 0, "spread": 14.14}),
        ("C071", "10 545 at thirty", "X44", "steps, only centred", 1, {"mean": 0, "spread": 42.4}),
        ("C071", "need 3.2·10⁸", "X44", "steps, as they are", 1e-8, {}),
        ("C071", "4767 steps before", "X44", "steps of Adam, as they are", 1, {}),
        ("C071", "75 after", "X44", "steps of Adam, standardised", 1, {}),
        ("C073", "becomes 1.604", "X46", "your value, normalised", 1, {}),
        ("C073", "and −1.342 in", "X46", "your value with 7, 8 and 9", 1, {}),
        ("C074", "by 0.37 standard", "X45", "movement of the means, BatchNorm, disturbed", 1, {}),
        ("C074", "against 0.14", "X45", "movement of the means, He's start", 1, {}),
        ("C074", "rate of 3.2,", "X45", "largest rate that learns, BatchNorm, disturbed", 1, {}),
        ("C075", "rate of 3.2 with", "X45", "largest rate that learns, BatchNorm", 1, {}),
        ("C075", "and 0.32 without", "X45", "largest rate that learns, He's start", 1, {}),
        ("C078", "it is 3.5.", "X46", "variance that normalises", 1, {}),
        ("C078", "to 1.367.", "X46", "running variance", 1, {}),
        ("C079", "is 8 times", "X47", "length without division", 1, {}),
        ("C080", "is 19 %", "X47", "relative error, BatchNorm", 100, {}),
        ("C080", "is 32 %", "X47", "relative error, uneven, divided by their number", 100, {}),
        ("C082", "are 32 %", "X47", "relative error, uneven, divided by their number", 100, {}),
        ("C084", "to 0.355 from", "X24", "overshoot, Nesterov", 1, {}),
        ("C084", "ball's 0.604", "X24", "overshoot, heavy ball", 1, {}),
        ("C084", "to 1.357/L", "X20", "largest stable lr, Nesterov", 1, {}),
        ("C084", "to 3.8/L", "X20", "largest stable lr, heavy ball", 1, {}),
        ("C088", "of 3.5·10⁹", "X48", "gradient at the start", 1e-9, {}),
        ("C090", "of 3.5·10⁹", "X48", "gradient at the start", 1e-9, {}),
        ("C091", "(1, 0.4)", "X49", "by value, second entry", 1, {}),
        ("C091", "is 14.21 degrees", "X49", "turned by value, degrees", 1, {}),
        ("C131", "is 25.07;", "X57", "w₁² + w₂² at the end, gradient descent", 1, {}),
        ("C131", "to 2.03,", "X57", "w₁² + w₂² at the end, SAM", 1, {}),
    ],
)
def test_a_number_in_a_claim_is_what_the_experiment_finds(
    claim: str, shown: str, experiment: str, label: str, scale: float, settings: dict[str, float]
) -> None:
    assert shown in CLAIMS[claim].correct
    # The last number of what is shown, in which a space may part thousands.
    text = "".join(sign for sign in shown.partition("·")[0].replace("−", "-") if sign in "-.0123456789")
    text = {"(1, 0.4)": "0.4"}.get(shown, text).rstrip(".")
    # Half a unit of the last digit that is printed.
    digits = len(text.partition(".")[2])
    assert scale * _number(experiment, label, **settings) == pytest.approx(float(text), abs=0.5001 * 10**-digits)


def test_the_spreads_of_the_claim_are_multiples_of_that_of_bedrooms() -> None:
    # 1 to 5, equally likely, vary by √2; the settings are given to three or four digits.
    for spread, times in ((1.414, 1), (4.24, 3), (14.14, 10), (42.4, 30)):
        assert spread / 2**0.5 == pytest.approx(times, rel=0.001)


def test_a_floor_area_weighs_as_much_as_is_told() -> None:
    _shown("C068", "A floor area of 2000 weighs about 700 times as much in it as 3 bedrooms")
    assert round(2000 / 3, -2) == 700


def test_standardised_features_have_equal_curvatures() -> None:
    random = np.random.default_rng(0)
    features = random.normal((5, 100, -3), (0.1, 30, 2), (300, 3))
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    # Rounding of means of 300 numbers.
    assert np.diag(scaled.T @ scaled / 300) == pytest.approx(np.ones(3), rel=1e-12)


def test_the_plain_network_reaches_less_than_half_the_loss_and_nothing_from_pytorchs_start() -> None:
    _shown("C075", "less than half as much", "From PyTorch's own smaller start it learns at no rate")
    numbers = _found("X45").numbers
    assert numbers["lowest loss, He's start"] < numbers["lowest loss, BatchNorm"] / 2
    assert numbers["largest rate that learns, PyTorch's start"] == 0
    # Ten times, on a grid of half decades.
    ratio = numbers["largest rate that learns, BatchNorm, disturbed"] / numbers["largest rate that learns, He's start"]
    _shown("C074", "ten times as far as without")
    assert ratio == pytest.approx(10)


def test_batchnorm_in_pytorch_is_as_told() -> None:
    layer = nn.BatchNorm1d(1)
    assert (layer.eps, layer.momentum) == (1e-5, 0.1)
    _shown("C078", "takes a tenth of the unbiased one, 4.667,", "ε is 1e-5")
    assert np.var([1, 2, 3, 6], ddof=1) == pytest.approx(4.667, abs=0.0005)
    with pytest.raises(ValueError, match="more than 1 value"):
        layer(torch.ones(1, 1))
    numbers = _found("X46").numbers
    # Exact but for the 1e-5 in the root.
    assert numbers["gradient's length over the multiplied one's"] == pytest.approx(10, rel=1e-5)


def test_the_chance_of_a_batch_fades_as_it_grows() -> None:
    _shown("C076", "The larger the batch, the less of it is left")
    random = np.random.default_rng(0)
    items = random.standard_normal((400, 256))
    moved = []
    for size in (8, 64, 256):
        batches = items[:, :size]
        first = (batches[:, 0] - batches.mean(axis=1)) / batches.std(axis=1)
        moved.append(float(np.std(first - items[:, 0])))
    # 400 draws: a standard deviation is known to 4 %.
    assert moved[0] > 2 * moved[1] > 3 * moved[2]


def test_accumulation_is_right_to_rounding_where_it_is_told_to_be() -> None:
    numbers = _found("X47").numbers
    exact = ("no normalisation", "LayerNorm", "GroupNorm", "uneven, weighted by items")
    for key in ("C080", "C082"):
        _shown(key, "2e-7")
    for name in exact:
        # A few units of float32's 6e-8.
        assert numbers[f"relative error, {name}"] == pytest.approx(2e-7, abs=1e-7)


def test_accumulation_leaves_weights_gradients_and_state_as_they_are() -> None:
    # AdamW: weight, gradient and two numbers of state are four numbers; X38 counts the state.
    numbers = _found("X38").numbers
    assert numbers["state in GB, AdamW"] == pytest.approx(8)
    _shown("C081", "It does not reduce what weights, gradients and the optimizer's state take")


def test_the_forms_of_nesterov_agree_to_rounding() -> None:
    numbers = _found("X21").numbers
    for label in ("largest difference of three forms", "PyTorch's parameter from θ − βv"):
        assert numbers[label] < 1e-12
    assert numbers["PyTorch's parameter from θ"] > 0.1
    apart = _found("X22").numbers
    assert apart["largest difference, constant rate"] < 1e-12
    assert apart["largest difference, falling rate"] > 0.1


def test_an_infinite_gradient_becomes_no_number_and_one_that_is_none_stays() -> None:
    for bad in (float("inf"), float("nan")):
        weight = nn.Parameter(torch.zeros(2))
        weight.grad = torch.tensor([bad, 1.0])
        nn.utils.clip_grad_norm_([weight], 1.0)
        assert torch.isnan(weight.grad[0])


def test_clipping_shortens_the_one_bad_step_as_told() -> None:
    finding = _found("X48")
    _shown("C090", "at a rate of 0.001 throws the weight out of all bounds", "Clipped at 1, that step is 0.001 long")
    assert finding.numbers["steps survived without clipping"] == 0
    assert "such a step is 0.001 long" in finding.sentence
    assert finding.numbers["w at the end, clipped"] == pytest.approx(finding.numbers["minimum"], abs=1e-9)


def test_a_long_memory_makes_adam_slow_to_notice_as_told() -> None:
    _shown("C093", "a β₂ so close to 1 that Adam is slow to notice")
    assert _number("X34", "first step / lr") > 3


def test_sam_in_one_variable_is_as_told() -> None:
    numbers = _found("X57").numbers
    assert numbers["in the wide minimum in %, SAM"] < numbers["in the wide minimum in %, gradient descent"]
    assert numbers["on top in %, SAM"] > 1
    assert numbers["gradients, SAM"] == 2 * numbers["gradients, gradient descent"]
    _shown("C131", "fewer runs reach the wider minimum, and some stay on top", "so a step costs two")


def test_every_topic_has_a_section() -> None:
    # What is about no single technique has no section.
    assert {claim.topic for claim in techniques.ALL} - {"all"} <= {section.key for section in TECHNIQUES}
