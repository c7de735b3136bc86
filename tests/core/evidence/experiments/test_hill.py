"""The experiments on the hill: their sentences say what happened, and what they show is so."""

import pytest

from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize(("steps", "position", "closeness"), [(100, -0.0724, 0.1), (10_000, -0.000921, 0.01)])
def test_the_stalled_descent_creeps_as_predicted(steps: int, position: float, closeness: float) -> None:
    finding = ask("X01", steps=steps)
    # The positions are known to three digits.
    assert finding.numbers["position"] == pytest.approx(position, rel=1e-3)
    # The prediction leaves out 4x³, which matters less the closer the point comes to 0.
    assert finding.numbers["predicted position"] == pytest.approx(position, rel=closeness)
    assert "has not arrived" in finding.sentence


def test_the_descent_from_the_other_side_arrives_in_74_steps() -> None:
    finding = ask("X01", start=0.5)
    assert "since step 74" in finding.sentence
    assert "predicted position" not in finding.numbers
    assert finding.numbers["distance to the minimum"] <= 1e-6


@pytest.mark.parametrize(
    ("settings", "phrase"),
    [
        ({"start": 0.0}, "is where it started"),
        ({"start": 2.25}, "since step 0"),
        ({"start": 3.2, "lr": 0.3}, "diverges at step"),
        ({"start": -1.0, "lr": 0.0769, "steps": 5000}, "still left of the flat inflection"),
        ({"start": -1.0, "lr": 0.077, "steps": 5000}, "has arrived"),
        ({"start": 0.5, "lr": 0.12}, "has not arrived"),
    ],
)
def test_the_sentence_of_the_stall_follows_what_happened(settings: dict[str, float], phrase: str) -> None:
    assert phrase in ask("X01", **settings).sentence


@pytest.mark.parametrize(
    ("lr", "period", "phrase"),
    [(0.098, 1, "the minimum"), (0.0995, 2, "every 2 steps"), (0.12, 2, "every 2 steps"), (0.13, 0, "hops about")],
)
def test_too_large_a_rate_makes_cycles_before_it_diverges(lr: float, period: int, phrase: str) -> None:
    finding = ask("X02", lr=lr)
    assert finding.numbers["cycle length in steps (0: none up to 64)"] == period
    assert phrase in finding.sentence
    assert ("not above the stability limit" in finding.sentence) == (lr < 8 / 81)


def test_the_places_of_the_cycle_are_the_known_ones() -> None:
    finding = ask("X02", lr=0.0995)
    # Four decimals are known.
    assert finding.numbers["highest place at the end"] == pytest.approx(2.3183, abs=5e-5)
    assert finding.numbers["lowest place at the end"] == pytest.approx(2.1722, abs=5e-5)


def test_irregular_hopping_stays_within_its_known_bounds() -> None:
    numbers = ask("X02", lr=0.13).numbers
    # The extremes of 50 000 places from three starts, to three decimals; 128 of them stay inside.
    assert 1.497 <= numbers["lowest place at the end"] <= 1.6
    assert 2.5 <= numbers["highest place at the end"] <= 2.562


def test_a_descent_may_end_its_moves_where_there_is_no_minimum() -> None:
    assert "which is not the minimum" in ask("X02", start=-0.5, lr=0.05).sentence
