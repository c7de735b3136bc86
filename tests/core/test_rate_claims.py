"""What is said of the update rule and of the learning rate: told plainly, and every number is found by running."""

import re

import numpy as np
import pytest

from core import OBJECTIVES, SCHEDULES, Run, trace
from core.claim_texts import learning_rate, update_rule
from core.experiments import EXPERIMENTS
from core.network.initialisation import Initialisation
from core.worked.example import Convention, Example

CLAIMS = {claim.key: claim for claim in (*update_rule.ALL, *learning_rate.ALL)}
EXAMPLE = Example()

every = pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)


def _shown(key: str, *numbers: str) -> None:
    """Asserts that the correction of claim ``key`` contains ``numbers`` as whole numbers."""
    for number in numbers:
        text = number.replace("-", "−")
        assert re.search(rf"(?<![\d.−]){re.escape(text)}(?!\d|\.\d)", CLAIMS[key].correct), (key, number)


def test_the_worked_examples_numbers_are_those_of_the_example() -> None:
    done = EXAMPLE.step
    _shown("C012", *(f"{value:.4g}" for value in done.predictions))
    _shown("C017", *(f"{value:.4g}" for value in done.residuals))
    by_convention = [Example(convention=convention).step for convention in Convention]
    for key in ("C013", "C017"):
        _shown(key, *(f"{step.slope_w:.4g}" for step in by_convention))
    _shown("C018", *(f"{step.slope_b:.4g}" for step in by_convention[1:]), f"{done.residuals.sum():.4g}")
    assert f"is {by_convention[0].slope_w:.4g}".replace("-", "−") in CLAIMS["C017"].said
    assert f"is {by_convention[0].slope_b:.4g}".replace("-", "−") in CLAIMS["C018"].said
    assert f"to {done.next_w:.4g}." in CLAIMS["C019"].said
    assert f"to {done.next_b:.4g}." in CLAIMS["C020"].said
    _shown("C019", f"{done.loss:.6g}", f"{done.next_loss:.6g}")
    _shown("C020", *(f"{value:.4g}" for value in EXAMPLE.curvature.values), f"{EXAMPLE.curvature.condition:.3f}")
    _shown("C020", f"{EXAMPLE.limit:.6f}", f"{EXAMPLE.best.lr:.6f}")
    assert EXAMPLE.solution == pytest.approx((2, 0), abs=1e-12)


def test_differences_of_the_loss_are_as_far_off_as_told() -> None:
    far, tiny = (EXPERIMENTS["X05"].run({"h": h}).numbers["forward difference along w"] for h in (0.1, 1e-12))
    _shown("C014", f"{far:.4g}", f"{tiny:.6g}")


def test_first_weights_do_what_is_told_of_them() -> None:
    numbers = EXPERIMENTS["X07"].run().numbers
    assert f"so {numbers['different units, random']:.0f} of them count as" in CLAIMS["C011"].correct
    assert f"count as {numbers['different units, all 0']:.0f}." in CLAIMS["C011"].correct
    sizes = EXPERIMENTS["X08"].run().numbers
    _shown("C011", f"{sizes['size of the output, He']:.2f}", f"{sizes['size of the output, Xavier']:.6f}")
    _shown("C011", f"{EXPERIMENTS['X08'].settings[0].default:.0f} ReLU layers")
    assert Initialisation.PYTORCH.variance(5, 7) == 1 / (3 * 5)
    assert Initialisation.XAVIER.variance(5, 7) == 2 / (5 + 7)
    assert Initialisation.HE.variance(5, 7) == 2 / 5


def test_the_noise_floor_is_the_one_told() -> None:
    for lr in (0.1, 0.01):
        _shown("C016", f"{lr / (2 - lr):.3g}")
    measured = EXPERIMENTS["X14"].run({"lr": 0.1, "noise": 1.0}).numbers
    # The experiment's own mean is within five per cent of the closed form.
    assert any(value == pytest.approx(0.1 / 1.9, rel=0.05) for value in measured.values())


def test_the_race_has_the_winners_told() -> None:
    sentence = EXPERIMENTS["X42"].run().sentence
    for rule, rate in (("Nesterov", "0.0008"), ("RMSProp", "0.003"), ("Adam", "0.01")):
        assert f"{rule} at {rate}" in sentence
        assert re.search(rf"{rule}('s)? at {re.escape(rate)}[,.]", CLAIMS["C021"].correct)


@pytest.mark.parametrize(
    ("key", "lr", "steps"),
    [
        ("C022", 0.001, "17 645"),
        ("C022", 0.01, "1763"),
        ("C022", 0.1, "175"),
        ("C024", 0.1, "175"),
        ("C024", 0.18, "1494"),
    ],
)
def test_the_steps_to_the_best_line_are_those_told(key: str, lr: float, steps: str) -> None:
    count = int(steps.replace(" ", ""))
    away = np.linalg.norm(Example(lr=lr).path(count).x - EXAMPLE.solution, axis=1)
    assert away[count] <= 0.01 < away[count - 1]
    _shown(key, steps)


def test_the_shallow_valley_is_the_one_told() -> None:
    numbers = EXPERIMENTS["X10"].run().numbers
    assert numbers["different places of rest"] == 1
    _shown("C023", f"{numbers['end at the largest rate']:.4f}", f"{numbers['limit 2/L']:.3f}")
    largest = next(hyper.default for hyper in EXPERIMENTS["X10"].settings if hyper.name == "largest")
    _shown("C023", f"{largest:g}")


def test_the_regimes_end_where_told() -> None:
    for rate in (1.9, 2.0, 2.1):
        _shown("C025", f"{EXPERIMENTS['X09'].run({'rate': rate}).numbers['distance']:.3g}")


def test_a_rate_beyond_the_limit_stays_between_the_places_told() -> None:
    numbers = EXPERIMENTS["X02"].run({"lr": 0.12}).numbers
    _shown("C026", *(f"{numbers[f'{which} place at the end']:.2f}" for which in ("lowest", "highest")))
    _shown("C026", f"{numbers['limit 2/f″ at the minimum']:.4f}")
    curved = OBJECTIVES["quartic"].parsed.hessian(np.array([2.25]))[0, 0]
    assert numbers["limit 2/f″ at the minimum"] == pytest.approx(2 / curved)
    assert trace(Run("parabola", "sgd", (1.0,), 2000, {"lr": 2.1})).status.outcome == "diverged"


def test_the_cosine_of_pytorch_climbs_again() -> None:
    numbers = EXPERIMENTS["X67"].run().numbers
    given = next(hyper.default for hyper in EXPERIMENTS["X67"].settings if hyper.name == "lr")
    assert numbers["cosine at T_max"] == pytest.approx(0, abs=1e-15)
    assert numbers["cosine at 2·T_max"] == pytest.approx(given)


def test_warm_up_buys_the_peak_told() -> None:
    experiment = EXPERIMENTS["X62"].run()
    assert any(f"{value:.2g}" == "0.08" for value in experiment.numbers.values())
    assert any(f"{value:.2g}" == "3.5" for value in experiment.numbers.values())
    _shown("C029", "0.08", "3.5")


@pytest.mark.parametrize(
    ("schedule", "given", "epochs", "told"),
    [
        ("step", {"gamma": 0.1, "period": 30}, (30, 60, 90), "0.1 0.01 0.001"),
        ("cosine", {}, (25, 50, 75), "0.854 0.5 0.146"),
        (
            "warmup_cosine",
            {"warmup": 10},
            (0, 1, 5, 9, 10, 55, 99),
            "0.01 0.109 0.505 0.901 1 0.5 0.000305",
        ),
    ],
)
def test_the_schedules_have_the_values_told(
    schedule: str, given: dict[str, float], epochs: tuple[int, ...], told: str
) -> None:
    settings = {hyper.name: hyper.default for hyper in SCHEDULES[schedule].hypers} | given
    factors = SCHEDULES[schedule].factors(100, settings)[list(epochs)]
    assert [f"{factor:.3g}" for factor in factors] == told.split()
    _shown("C104", *told.split())
    if schedule == "step":
        # One epoch before each fall the rate is still what it was.
        before = SCHEDULES[schedule].factors(100, settings)[[29, 59, 89]]
        assert before == pytest.approx([1, 0.1, 0.01])
