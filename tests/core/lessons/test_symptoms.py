"""The table of symptoms: told in sentences, and what each row says is what its experiment finds."""

from collections.abc import Callable

import numpy as np
import pytest

from core.evidence.experiments import EXPERIMENTS
from core.lessons import symptoms
from core.lessons.symptoms import SYMPTOMS, Symptom

every = pytest.mark.parametrize("symptom", SYMPTOMS.values(), ids=SYMPTOMS)
SECTIONS = {
    "minima",
    "saddles",
    "depth",
    "plateaus",
    "ravines",
    "decay",
    "cycles",
    "edge",
    "sharpness",
    "divergence",
}


def _numbers(key: str, **settings: float) -> dict[str, float]:
    return dict(EXPERIMENTS[key].run(settings).numbers)


def _exploding() -> None:
    enough = _numbers("X50", gain=2**0.5)
    assert enough["first layer, ReLU, He"] > 1e6
    sound = _numbers("X50")
    assert sound["first layer, residual ReLU, He"] > 1e6
    for cured in ("ReLU, He", "tanh, Xavier", "residual ReLU, He, scaled"):
        assert 0.01 < sound[f"first layer, {cured}"] < 100


def _vanishing() -> None:
    clipped = _numbers("X49", limit=0.001)
    assert clipped["first / last layer, after"] == pytest.approx(clipped["first / last layer, before"], rel=1e-9)
    layers = _numbers("X50")
    assert layers["first / last layer, sigmoid, Xavier"] < 1e-15
    for cured in ("ReLU, He", "tanh, Xavier", "residual sigmoid, Xavier", "BatchNorm ReLU, He"):
        assert layers[f"first / last layer, {cured}"] > 0.01


def _forgetting() -> None:
    kept = _numbers("X75", radius=1.0)
    for lost in ("tanh RNN", "LSTM, bias 0", "GRU, bias 0"):
        assert kept[f"first / last step, {lost}"] < 1e-6
    for held in ("LSTM, chosen bias", "GRU, chosen bias"):
        assert kept[f"first / last step, {held}"] > 0.01


def _diverging() -> None:
    assert _numbers("X09", rate=2.1)["factor per step, 1 − αL"] < -1
    assert abs(_numbers("X09", rate=0.21)["factor per step, 1 − αL"]) < 1


def _poisoned() -> None:
    clipped = _numbers("X49")
    assert clipped["entries lost to one that is not a number, by norm"] == 2
    assert clipped["entries lost to one that is not a number, by value"] == 1


def _underflow() -> None:
    # Halfway to the smallest number rounds to 0, a little more does not.
    for value, kept in ((2.9e-8, False), (3.1e-8, True)):
        assert (_numbers("X65", value=value)["in float16"] > 0) == kept
    rescued = _numbers("X65", value=2e-8)
    assert rescued["in float16, scaled and divided again"] == pytest.approx(2e-8, rel=1e-3)
    assert rescued["in bfloat16"] == pytest.approx(2e-8, rel=1e-2)


def _spiking() -> None:
    saved = _numbers("X48")
    assert saved["steps survived without clipping"] == 0
    assert saved["loss at the end, clipped"] < 1e-12
    assert _numbers("X48", lr=0.01)["loss at the end, clipped"] > 1e-3


def _zigzag() -> None:
    small, large = (_numbers("X19", kappa=kappa) for kappa in (100.0, 10_000.0))
    # κ grows a hundred times: plain descent takes as many times more steps, momentum about the root of that.
    assert large["steps, gradient descent"] / small["steps, gradient descent"] == pytest.approx(100, rel=0.05)
    assert large["steps, heavy ball"] / small["steps, heavy ball"] == pytest.approx(10, rel=0.3)


def _plateau() -> None:
    steps = _numbers("X55")
    plain = steps["steps, Gradient descent, constant"]
    assert steps["steps, Momentum, constant"] < plain / 3
    assert steps["steps, Adam, constant"] < plain / 3
    assert steps["steps, Gradient descent, cosine"] > plain


def _saddle() -> None:
    steps = _numbers("X53", offset=1e-12)
    # Twice as many digits of offset take twice as long: a constant factor in each step.
    assert steps["steps, Gradient descent"] == pytest.approx(
        2 * _numbers("X53", offset=1e-6)["steps, Gradient descent"], rel=0.05
    )
    assert steps["steps, Adam"] < steps["steps, Momentum"] < steps["steps, Gradient descent"]
    assert steps["rules that never leave from y = 0"] == 4
    assert np.isfinite(steps["steps with noise from y = 0, Gradient descent, median"])


def _unlucky() -> None:
    fitted = _numbers("X04")
    assert 50 < fitted["width 3: fitted (%)"] < 100
    assert fitted["width 3: most left over"] > 0.1
    assert fitted["width 6: fitted (%)"] == 100


def _fading() -> None:
    rate = _numbers("X27")
    assert rate["effective rate after 1000 steps"] == pytest.approx(rate["effective rate after 500 steps"], rel=1e-6)
    noisy = rate["effective rate after 500 steps, noise"] / rate["effective rate after 4000 steps, noise"]
    # The root of a sum of that many squared normals varies by some per cent.
    assert noisy == pytest.approx(8**0.5, rel=0.1)


def _circling() -> None:
    for lr in (0.01, 0.005):
        swing = _numbers("X39", lr=lr)
        for coordinate in ("flat", "steep"):
            # Learning rates to each side, so half the rate is half the swing; rounding of many steps.
            assert swing[f"swing / α, {coordinate} coordinate"] == pytest.approx(1, rel=1e-6)


def _edge() -> None:
    small, large = (_numbers("X11", lr=lr) for lr in (0.1, 0.2))
    for hovering in (small, large):
        assert hovering["sharpness as a share of the limit"] == pytest.approx(1, abs=0.05)
        assert hovering["steps that raised the loss"] > 100
        assert hovering["loss at the end"] < 0.1
    assert small["sharpness at the end"] > 1.5 * small["sharpness at the start"]
    assert small["sharpness at the end"] > 1.5 * large["sharpness at the end"]


def _batch() -> None:
    right = _numbers("X58")
    assert right["spread in points, same rate"] > 3 * right["spread in points, own rate"]
    rates = [right[f"best rate, batch {batch}"] for batch in (4, 16, 64, 256)]
    assert rates == sorted(rates)
    assert rates[0] < rates[-1]


CHECKS: dict[str, Callable[[], None]] = {
    "exploding": _exploding,
    "vanishing": _vanishing,
    "forgetting": _forgetting,
    "diverging": _diverging,
    "poisoned": _poisoned,
    "underflow": _underflow,
    "spiking": _spiking,
    "zigzag": _zigzag,
    "plateau": _plateau,
    "saddle": _saddle,
    "unlucky": _unlucky,
    "fading": _fading,
    "circling": _circling,
    "edge": _edge,
    "batch": _batch,
}


def test_every_row_has_its_own_key_and_its_own_symptom() -> None:
    assert len(SYMPTOMS) == len(symptoms._ALL)
    assert len({row.symptom for row in SYMPTOMS.values()}) == len(SYMPTOMS)
    assert len({row.fix for row in SYMPTOMS.values()}) == len(SYMPTOMS)


@every
def test_a_row_is_told_in_plain_sentences(symptom: Symptom) -> None:
    for text in (symptom.symptom, symptom.cause, symptom.test, symptom.fix):
        assert text[0].isupper()
        assert text.endswith(".")
        assert "  " not in text
        # Cells show texts as Markdown, where these would be marks.
        assert not set("*_$`~|<>#\\") & set(text)


@every
def test_a_row_opens_an_experiment_in_a_section_of_the_page(symptom: Symptom) -> None:
    assert symptom.experiment in EXPERIMENTS
    assert symptom.page == "pitfalls"
    assert symptom.section in SECTIONS


def test_every_section_has_a_row() -> None:
    assert {symptom.section for symptom in SYMPTOMS.values()} == SECTIONS


@every
def test_what_a_row_says_is_what_experiments_find(symptom: Symptom) -> None:
    CHECKS[symptom.key]()
