"""Pasted loss curves: what is read and refused, what is found in them, and no alarm where none is due."""

from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest

from core import Run, trace
from core.lessons.loss_curve import FEWEST, MOST, Curve, CurveFinding, Kind, curve_plot, diagnose_curve, read_curve
from core.lessons.symptoms import SYMPTOMS
from tests.numerals import misprints
from tests.work import at_most

Array = np.ndarray[tuple[int], np.dtype[np.float64]]

STEPS = np.arange(12)
LOSSES = [round(2.0 / (step + 1), 3) for step in STEPS]
COMMAS = [str(loss).replace(".", ",") for loss in LOSSES]


def _rows(*columns: list[str] | list[float], by: str = ",") -> str:
    return "\n".join(by.join(map(str, row)) for row in zip(*columns, strict=True))


# --- Reading ---


@pytest.mark.parametrize(
    "text",
    [
        _rows(LOSSES),
        _rows(LOSSES) + "\r\n\r\n",
        ", ".join(map(str, LOSSES)),
        " ".join(map(str, LOSSES)),
        "\t".join(map(str, LOSSES)),
        str(LOSSES),
        str(LOSSES).replace(", ", ",\n"),
        str(np.array(LOSSES)),
        repr(np.array(LOSSES)),
        f"tensor({[float(loss) for loss in LOSSES]})",
        str([float(loss) for loss in LOSSES]),
        ";".join(COMMAS),
        " ".join(COMMAS),
        "\n".join(COMMAS),
        _rows([f"{loss}," for loss in LOSSES]),
        "\ufeffloss\n" + _rows(LOSSES),
        "Training loss\n" + _rows(LOSSES),
        "step,loss\n" + _rows(list(STEPS), LOSSES),
        '"step","loss"\n' + _rows(list(STEPS), LOSSES),
        "step loss\n" + _rows(list(STEPS), LOSSES, by="  "),
        "Step;Train Loss;val_loss\n" + _rows(list(STEPS), COMMAS, [9] * 12, by=";"),
        "train/loss\tlr\n" + _rows(LOSSES, [0.1] * 12, by="\t"),
        "val_loss,loss_step,lr\n" + _rows([9] * 12, LOSSES, [0.1] * 12),
        "epoch,accuracy,train_error\n" + _rows(list(STEPS), [0.5] * 12, LOSSES),
        _rows(list(STEPS), LOSSES),
        _rows(list(STEPS), LOSSES, [""] * 12),
    ],
)
def test_a_curve_is_read_however_it_is_written(text: str) -> None:
    assert read_curve(text).losses.tolist() == LOSSES


def test_whole_numbers_below_a_header_of_two_names_are_two_columns() -> None:
    # 3,2 would else be three and a fifth.
    assert read_curve("step,loss\n" + _rows(list(STEPS), [3, 2] * 6)).losses.tolist() == [3, 2] * 6


def test_empty_cells_of_the_column_are_passed_over() -> None:
    text = "step,train_loss,val_loss\n" + _rows(list(STEPS) * 2, [*LOSSES, *[""] * 12], ["", *range(23)])
    curve = read_curve(text)
    assert curve.losses.tolist() == LOSSES
    assert curve.name == "train_loss"


def test_what_is_not_a_number_any_more_is_a_value() -> None:
    losses = read_curve(_rows([*LOSSES, "nan", "NaN", "inf", "-Infinity"])).losses
    np.testing.assert_equal(losses[-4:], [np.nan, np.nan, np.inf, -np.inf])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The text is empty; paste 10 losses"),
        (" \n\t\n", "The text is empty"),
        ("[]", "There is nothing between the brackets"),
        ("hello", "Row 1 is not a number: hello. Allowed are digits"),
        ("1 2 3", "The curve has 3 losses; 10 are needed"),
        (_rows([*LOSSES, "0.1.2"]), "Row 13 is not a number: 0.1.2. Allowed are digits"),
        (_rows([*LOSSES, "1_000"]), "Row 13 is not a number: 1_000."),
        (_rows([*LOSSES, "١"]), "Row 13 is not a number"),
        ("step,loss\n" + _rows(list(STEPS), [*LOSSES[:-1], "x"]), "Row 13, column 2 (loss) is not a number: x."),
        ("step,loss\n" + _rows(list(STEPS), LOSSES) + "\n1,2,3", "Row 14 has 3 columns and row 1 has 2"),
        ("loss\n" + "1\n" * (MOST + 1), "The text has 20 002 rows; up to 20 000 are allowed"),
        (",".join(["1"] * (MOST + 1)), "The curve has 20 001 losses; up to 20 000 are allowed"),
        ('loss\n"1\n' + _rows(LOSSES), "Row 2 has a quote that is not closed"),
        (_rows([*LOSSES, "1\x00"]), "Row 13 has a control character"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^[A-Z].*[.]$") as refused:
        read_curve(text)
    assert str(refused.value).startswith(sentence)


def test_any_text_is_read_or_refused() -> None:
    random = np.random.default_rng(5)
    signs = list("0123456789.,;-+ \t\n\r\"'[]()eEnainfx|<>\x07−")
    for _ in range(500):
        text = "".join(random.choice(signs, int(random.integers(1, 200))))
        with suppress(ValueError):
            losses = read_curve(text).losses
            assert losses.size >= FEWEST
            assert diagnose_curve(losses)


# --- Curves that were made ---

T = np.arange(1.0, 1001.0)


def _noise(size: float, seed: int = 0) -> Array:
    return np.exp(size * np.random.default_rng(seed).standard_normal(T.size))


def _spiked() -> Array:
    losses = (np.exp(-T / 300) + 0.05) * _noise(0.02)
    losses[[300, 600]] *= 5
    return losses


MADE: dict[str, tuple[Array, list[Kind]]] = {
    "exponential": (np.exp(-T / 100), [Kind.FALLING]),
    "1/t": (1 / T, [Kind.FALLING]),
    "1/sqrt(t)": (T**-0.5, [Kind.FALLING]),
    "towards 3": (3 + 7 * T**-0.3, [Kind.FALLING]),
    "noisy": (np.exp(-T / 200) * _noise(0.3), [Kind.FALLING]),
    "negative": (-T / 100 + np.log(_noise(0.1)), [Kind.FALLING]),
    "floor": ((np.exp(-T / 50) + 0.3) * _noise(0.1), [Kind.FLOOR]),
    "clean floor": (np.exp(-T / 50) + 0.3, [Kind.FLOOR]),
    "zero": (np.maximum(1 - T / 300, 0.0), [Kind.FLOOR]),
    "jumps": (_spiked(), [Kind.SPIKES, Kind.FALLING]),
    "plateau": (np.where(T < 500, 2.0, 2 * np.exp(-(T - 500) / 100)) * _noise(0.02), [Kind.FALLING]),
    "stands": (2.3 * _noise(0.02), [Kind.STANDS]),
    "constant": (np.full(T.size, 0.5), [Kind.STANDS]),
    "diverges": (np.exp(T / 200) * _noise(0.1), [Kind.DIVERGING]),
    "rises": (np.exp(-np.minimum(T, 500) / 100 + np.maximum(T - 500, 0) / 300), [Kind.RISING]),
    "lost": (np.where(T > 700, np.nan, np.exp(-T / 300)), [Kind.NOT_A_NUMBER]),
    "burst": (np.where(T > 700, np.inf, np.exp(T / 100)), [Kind.NOT_A_NUMBER, Kind.DIVERGING]),
    "all lost": (np.full(20, np.nan), [Kind.NOT_A_NUMBER]),
    "short": (np.exp(-np.arange(10) / 5), [Kind.FALLING]),
    "huge": (np.concatenate([np.ones(20), [1e308, -1e308], np.ones(20)]), [Kind.SPIKES, Kind.STANDS]),
}


@pytest.mark.parametrize("name", MADE)
def test_a_curve_that_was_made_shows_what_it_was_made_to(name: str) -> None:
    losses, kinds = MADE[name]
    assert [finding.kind for finding in diagnose_curve(losses)] == kinds


def _found(name: str, kind: Kind) -> CurveFinding:
    (one,) = [finding for finding in diagnose_curve(MADE[name][0]) if finding.kind is kind]
    return one


def test_places_and_paces_are_those_that_curves_were_made_with() -> None:
    assert _found("jumps", Kind.SPIKES).at == (301, 601)
    assert _found("lost", Kind.NOT_A_NUMBER).at == (701,)
    assert (
        "Value 701 is NaN, and 299 of those behind it are no number either"
        in _found("lost", Kind.NOT_A_NUMBER).evidence
    )
    # ln 2 · 100
    assert "halves every 69 values" in _found("exponential", Kind.FALLING).evidence
    assert "1/t to the power of 1," in _found("1/t", Kind.FALLING).evidence
    assert (
        "1/t to the power of 0.5, so that twice as many values leave 71 % of it"
        in _found("1/sqrt(t)", Kind.FALLING).evidence
    )
    (bottom,) = _found("rises", Kind.RISING).at
    assert abs(bottom - 500) <= 25


# --- Curves that were run ---


def _run(objective: str, rule: str, start: tuple[float, ...], steps: int, lr: float, noise: float = 0.0) -> Array:
    return trace(Run(objective, rule, start, steps, {"lr": lr}, noise=noise)).loss


RAN: dict[str, tuple[Callable[[], Array], list[Kind]]] = {
    "descent": (lambda: _run("bowl", "sgd", (-2.5, 2.0), 100, 0.05), [Kind.FALLING]),
    "valley": (lambda: _run("rosenbrock", "sgd", (-1.5, 2.0), 2000, 8e-4), [Kind.FALLING]),
    "swings": (lambda: _run("ravine", "momentum", (-2.7, 0.83), 300, 0.02), [Kind.FALLING]),
    "divergence": (lambda: _run("ravine", "sgd", (-2.7, 0.83), 500, 0.0205), [Kind.DIVERGING]),
    "noise": (lambda: _run("bowl", "sgd", (-2.5, 2.0), 1000, 0.1, noise=1.0), [Kind.FLOOR]),
    "signs": (lambda: _run("ravine", "lion", (-2.7, 0.83), 500, 0.05), [Kind.FLOOR]),
    "saddle": (lambda: _run("saddle", "sgd", (1.0, 1e-6), 400, 0.1) + 1.25, [Kind.FLOOR]),
    "Adam for too long": (
        lambda: _run("(x**2+30*y**2)/2", "adam", (1.0, 1.0), MOST - 1, 0.01),
        [Kind.SPIKES, Kind.FLOOR],
    ),
}


@pytest.mark.parametrize("name", RAN)
def test_a_curve_of_a_run_shows_what_the_run_did(name: str) -> None:
    make, kinds = RAN[name]
    assert [finding.kind for finding in diagnose_curve(make())] == kinds


def test_the_burst_of_adam_is_found_where_the_report_saw_it() -> None:
    jumps = diagnose_curve(RAN["Adam for too long"][0]())[0]
    # Step 14 083 is value 14 084.
    assert 14_084 in jumps.at


# --- No alarm ---


def test_falling_curves_raise_no_alarm() -> None:
    random = np.random.default_rng(11)
    alarms = []
    for _ in range(300):
        count = int(random.choice([10, 30, 100, 300, 1000]))
        share = np.arange(count) / count
        curve = [np.exp(-share * random.uniform(2, 20)), (1 + share * count / random.uniform(0.5, 3)) ** -1.0][
            int(random.integers(2))
        ]
        clean = random.random() < 0.5
        losses = curve if clean else curve * np.exp(0.1 * random.standard_normal(count))
        kinds = [finding.kind for finding in diagnose_curve(losses)]
        if kinds != [Kind.FALLING]:
            alarms.append((clean, count, kinds))
    assert not [alarm for alarm in alarms if alarm[0]]
    # Noise may hide the fall of a short curve.
    assert len(alarms) <= 9, alarms


def test_any_numbers_get_a_finding_and_a_picture_without_a_warning() -> None:
    random = np.random.default_rng(13)
    odd = [1.0, 0.0, -1.0, np.nan, np.inf, -np.inf, 1e300, -1e308, 1e-300, 5e-324]
    for _ in range(200):
        count = int(random.choice([FEWEST, 11, 13, 57, 300]))
        walk = np.cumsum(random.standard_normal(count)) * 10 ** random.uniform(-300, 300)
        losses = random.choice(odd, count) if random.random() < 0.5 else walk
        found = diagnose_curve(losses)
        assert found
        assert all(finding.evidence.endswith(".") for finding in found)
        curve_plot(losses, found)


# --- What is said and drawn ---


@pytest.mark.parametrize("name", MADE)
def test_findings_are_sentences_and_lead_to_rows_that_exist(name: str) -> None:
    losses, _ = MADE[name]
    for finding in diagnose_curve(losses):
        for text in (finding.evidence, finding.next):
            assert text[0].isupper() or text[0].isdigit()
            assert text.endswith(".")
            assert "  " not in text
            assert not misprints(text)
            assert "nan" not in text.lower().replace("value 1 is nan", "").replace("value 701 is nan", "")
        assert finding.symptom in {*SYMPTOMS, ""}
        assert all(1 <= place <= len(losses) for place in finding.at)


@pytest.mark.parametrize("name", MADE)
def test_a_picture_has_the_curve_its_running_median_and_marks(name: str) -> None:
    losses, _ = MADE[name]
    found = diagnose_curve(losses)
    picture = curve_plot(losses, found)
    curve, smooth = picture.series
    np.testing.assert_equal(curve.y, losses)
    assert smooth.x.shape == smooth.y.shape
    assert {mark.value for mark in picture.marks} <= {place for finding in found for place in finding.at}


def test_a_long_curve_is_thinned_and_keeps_its_jumps() -> None:
    losses = RAN["Adam for too long"][0]()
    found = diagnose_curve(losses)
    curve, _ = curve_plot(losses, found).series
    assert curve.x.size <= 2000
    assert set(found[0].at) <= set(curve.x)


def test_the_longest_curve_is_read_and_judged_at_once() -> None:
    random = np.random.default_rng(0)
    losses = np.exp(-np.arange(MOST) / 8000) * np.exp(0.3 * random.standard_normal(MOST))
    text = "step,loss\n" + _rows(list(range(MOST)), losses.tolist())
    # Three times as many as it takes, and few for each number.
    with at_most(100 * MOST):
        curve: Curve = read_curve(text)
        found = diagnose_curve(curve.losses)
    assert [finding.kind for finding in found] == [Kind.FALLING]


@pytest.mark.parametrize(("count", "wide"), [(120, 1), (120, 3), (120, 5), (300, 1), (300, 5)])
def test_a_jump_is_found_in_a_short_curve_too(count: int, wide: int) -> None:
    steps, random = np.arange(count), np.random.default_rng(0)
    losses = 2.3 * np.exp(-4 * steps / count) + 0.3 + 0.02 * random.standard_normal(count)
    jump = slice(2 * count // 3, 2 * count // 3 + wide)
    # Six times the loss before it, at least.
    losses[jump] = np.linspace(3, 20, wide)
    (found,) = [one for one in diagnose_curve(losses) if one.kind is Kind.SPIKES]
    assert found.at == (jump.stop,)
