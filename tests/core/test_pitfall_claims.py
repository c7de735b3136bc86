"""What is said of pitfalls has the verdicts of the fact check, and its numbers are found by running."""

import re
from functools import cache

import numpy as np
import pytest

from core import OBJECTIVES, Run, trace
from core.claim_texts import pitfalls
from core.experiments import EXPERIMENTS
from core.findings import Finding

CLAIMS = {claim.key: claim for claim in pitfalls.ALL}
every = pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)

_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


@cache
def _found(key: str, settings: tuple[tuple[str, float], ...]) -> Finding:
    return EXPERIMENTS[key].run(dict(settings))


def _number(key: str, label: str, **settings: float) -> float:
    return _found(key, tuple(settings.items())).numbers[label]


def _read(shown: str) -> tuple[float, float]:
    """The number that ``shown`` writes and half a unit of its last digit."""
    mantissa, _, exponent = shown.replace(" ", "").replace("−", "-").partition("·10")
    factor = 10.0 ** int(exponent.translate(_POWERS) or 0)
    digits = len(mantissa.partition(".")[2])
    return float(mantissa) * factor, 0.5001 * 10.0**-digits * factor


@pytest.mark.parametrize(
    ("claim", "before", "shown", "experiment", "label", "settings"),
    [
        ("C114", "units fits, ", "95", "X04", "width 3: fitted (%)", {}),
        ("C115", "dimension, in ", "14.6", "X54", "minima in %, n = 2", {}),
        ("C115", "two, ", "2.5", "X54", "minima in %, n = 3", {}),
        ("C115", "three, ", "0.24", "X54", "minima in %, n = 4", {}),
        ("C115", "every curvature, ", "97", "X54", "minima in %, n = 6", {"shift": 4.0}),
        ("C116", "gets away in ", "139", "X53", "steps, Gradient descent", {}),
        ("C116", "momentum in ", "50", "X53", "steps, Momentum", {}),
        ("C116", "Adam in ", "6", "X53", "steps, Adam", {}),
        ("C117", "a gradient of ", "2.0·10⁻¹⁹", "X50", "first / last layer, sigmoid, Xavier", {}),
        ("C117", "tanh it is ", "1.2", "X50", "first / last layer, tanh, Xavier", {}),
        ("C117", "weights ", "0.65", "X50", "first / last layer, ReLU, He", {}),
        ("C118", "gradient is ", "3.7·10⁻¹³", "X49", "first / last layer, before", {}),
        ("C118", "gradient is ", "3.7·10⁻¹³", "X49", "first / last layer, after", {}),
        ("C118", "first gradient is ", "0.62", "X50", "first layer, ReLU, He", {}),
        ("C118", "weights and ", "7.3·10⁻⁶", "X50", "first layer, ReLU, Xavier", {}),
        ("C118", "layers from ", "2.0·10⁻¹⁹", "X50", "first / last layer, sigmoid, Xavier", {}),
        ("C118", "to ", "0.037", "X50", "first / last layer, residual sigmoid, Xavier", {}),
        ("C118", "gradient is ", "309", "X50", "first / last layer, BatchNorm ReLU, He", {}),
        ("C120", "is at ", "0.00332", "X52", "x after 10000 steps, Gradient descent", {}),
        ("C121", "some ", "4.9·10⁸", "X50", "first layer, ReLU, He", {"gain": 2**0.5}),
        ("C121", "give ", "0.62", "X50", "first layer, ReLU, He", {}),
        ("C122", "slope ", "−13.6", "X06", "slope along w, mean", {}),
        ("C122", "averaged and ", "−40.8", "X06", "slope along w, sum", {}),
        ("C124", "has norm ", "10.02", "X51", "norm of W", {}),
        ("C124", "has norm ", "8.9·10⁻¹³", "X51", "norm of the power 50", {}),
        ("C124", "here ", "0.5", "X51", "spectral radius of W", {}),
        ("C125", "gradient is ", "2.3·10⁻²²", "X75", "first / last step, LSTM, bias 0", {}),
        ("C125", "and ", "7.5", "X75", "first / last step, LSTM, chosen bias", {}),
        ("C125", "keeps ", "5.2·10⁻⁸", "X75", "first / last step, tanh RNN", {}),
        ("C125", "explodes to ", "3.0·10⁶", "X75", "first / last step, tanh RNN", {"radius": 2.0}),
        ("C125", "gradient of ", "1.2·10¹³", "X50", "first layer, residual ReLU, He", {}),
        ("C125", "and of ", "7.9", "X50", "first layer, residual ReLU, He, scaled", {}),
    ],
)
def test_a_number_in_a_claim_is_what_the_experiment_finds(
    claim: str, before: str, shown: str, experiment: str, label: str, settings: dict[str, float]
) -> None:
    assert re.search(rf"{re.escape(before + shown)}(?![\d.]\d|·)", CLAIMS[claim].correct)
    value, half = _read(shown)
    assert _number(experiment, label, **settings) == pytest.approx(value, abs=half)


def test_no_network_narrower_than_its_teacher_fits_and_every_wide_one_does() -> None:
    assert "no network of one or two units fits" in CLAIMS["C114"].correct
    assert "and all with ten" in CLAIMS["C114"].correct
    assert [_number("X04", f"width {width}: fitted (%)") for width in (1, 2, 10)] == [0, 0, 100]


def test_minima_are_as_rare_as_is_said() -> None:
    text = CLAIMS["C115"].correct
    assert "in half of all draws in one dimension" in text
    assert _number("X54", "minima in %, n = 1") == pytest.approx(50, abs=0.5)
    assert "about 1 in 100 000 in six" in text
    # Of five seeds, a million draws: about ten, so within a factor of two.
    found = [_number("X54", "minima in %, n = 6", seed=seed) for seed in range(5)]
    assert 0.5e-3 < np.mean(found) < 2e-3
    assert "3 to the power −n²/4" in text
    # From five dimensions to six the exponent predicts 3^(−11/4) = 0.049; lower orders bring it to about 0.1.
    fall = np.mean(found) / np.mean([_number("X54", "minima in %, n = 5", seed=seed) for seed in range(5)])
    assert 0.03 < fall < 0.2


def test_saddles_are_left_as_is_said() -> None:
    text = CLAIMS["C116"].correct
    assert "of 2000 random starts none ends there" in text
    assert _number("X53", "of 2000 random starts, ends at the saddle") == 0
    assert "no rule gets away without noise" in text
    assert _number("X53", "rules that never leave from y = 0") == 4
    assert "noise of 0.01 gradient descent does in about 68 steps" in text
    # "About": the median of seeded runs, whose crossings can move by a step.
    assert _number("X53", "steps with noise from y = 0, Gradient descent, median") == pytest.approx(68, abs=2)
    assert "Adam and RMSProp are still short of the inflection at 0 after 5000 steps" in text
    for rule in ("adam", "rmsprop"):
        assert -0.5 < trace(Run("quartic", rule, (-0.5,), 5000, {"lr": 0.012})).x[-1, 0] < 0


def test_a_plateau_takes_as_many_steps_as_is_said() -> None:
    text = CLAIMS["C119"].correct
    shown = [
        int(number)
        for number in re.findall(r"(?:needs|rate,|and) (\d+)|Adam (\d+)", text)
        for number in number
        if number
    ]
    labels = ("Gradient descent, constant", "Gradient descent, cosine", "Gradient descent, warm-up + cosine")
    found = [_number("X55", f"steps, {label}") for label in (*labels, "Momentum, constant", "Adam, constant")]
    # A crossing can move by a step.
    assert shown == pytest.approx(found, abs=1)


def test_x_cubed_does_what_is_said() -> None:
    text = CLAIMS["C120"].correct
    assert "below −1000 after 49 steps" in text
    # A crossing can move by a step.
    assert _number("X52", "steps to x < -1000, Momentum") == pytest.approx(49, abs=1)
    assert "From 0.3 momentum stops short of 0 as well" in text
    assert _number("X52", "x at the end, Momentum", start=0.3) > 0
    assert "from −0.1 every rule falls" in text
    rules = ("Gradient descent", "Momentum", "Nesterov", "Adam", "RMSProp")
    assert all(_number("X52", f"x at the end, {rule}", start=-0.1) < -1 for rule in rules)


def test_too_large_weights_raise_the_level_and_not_the_ratio() -> None:
    assert "the same 0.65 or so in both" in CLAIMS["C121"].correct
    for gain in (1.0, 2**0.5):
        assert _number("X50", "first / last layer, ReLU, He", gain=gain) == pytest.approx(0.65, abs=0.02)


def test_the_chain_rule_is_that_of_small_differences() -> None:
    random = np.random.default_rng(2)
    x, first, second = random.standard_normal(3), random.standard_normal((4, 3)), random.standard_normal((2, 4))

    def loss(matrix: np.ndarray) -> float:
        return float((np.tanh(second @ np.tanh(matrix @ x)) ** 2).sum() / 2)

    hidden = np.tanh(first @ x)
    out = np.tanh(second @ hidden)
    delta = (1 - hidden**2) * (second.T @ ((1 - out**2) * out))
    for place in np.ndindex(first.shape):
        step = np.zeros_like(first)
        step[place] = 1e-6
        slope = (loss(first + step) - loss(first - step)) / 2e-6
        # Central differences of 1e-6 are right to about 1e-9.
        assert np.outer(delta, x)[place] == pytest.approx(slope, abs=1e-8)
    assert "∂L/∂W₁ = δ₁xᵀ" in CLAIMS["C123"].correct
    assert "δ = φ′(z) ⊙ Wᵀδ" in CLAIMS["C123"].correct


@pytest.mark.parametrize(
    ("a", "shown"), [(1.0, "2 at a = 1,"), (10.0, "100.01 at a = 10 "), (100.0, "10 000 at a = 100.")]
)
def test_the_same_function_has_every_sharpness(a: float, shown: str) -> None:
    assert shown in CLAIMS["C126"].correct
    valley = OBJECTIVES["hyperbola_valley"].parsed
    point = np.array([a, 1 / a])
    assert valley.value(point) == pytest.approx(0.0, abs=1e-30)
    sharpness = np.linalg.eigvalsh(valley.hessian(point)).max()
    # At a = 100 the second term adds 1e-4.
    assert sharpness == pytest.approx(float(shown.split(" at")[0].replace(" ", "")), rel=1e-7)


@pytest.mark.parametrize(("curvature", "rise"), [(2.0, "0.01 where λ = 2 "), (100.0, "0.5 where λ = 100.")])
def test_a_change_of_weights_raises_the_loss_by_half_the_curvature(curvature: float, rise: str) -> None:
    assert f"by {rise}" in CLAIMS["C127"].correct
    assert curvature * 0.1**2 / 2 == pytest.approx(float(rise.split()[0]))


def test_the_numbers_about_batches_are_those_of_the_run() -> None:
    text = CLAIMS["C130"].correct
    assert "about 80 % right on new points against 84 % for 64 and 81 % for 256" in text
    assert "all get about 84 %" in text
    # "About": rounding grows in training and may change some answers.
    for batch, same in ((4, 80), (64, 84), (256, 81)):
        assert _number("X58", f"right in %, batch {batch}, same rate") == pytest.approx(same, abs=1)
    for batch in (4, 16, 64, 256):
        assert _number("X58", f"right in %, batch {batch}, own rate") == pytest.approx(84, abs=1)


def test_sharpness_follows_the_learning_rate() -> None:
    assert "experiment X11" in CLAIMS["C130"].correct
    for lr in (0.1, 0.2):
        # It hovers at 2/α.
        assert _number("X11", "sharpness as a share of the limit", lr=lr) == pytest.approx(1, abs=0.05)
